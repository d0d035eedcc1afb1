#include "central/people.h"

#include "central/message/plan.h"
#include "central/store/wechat.h"
#include "domain/body.h"
#include "platform/log.h"

#include <stdlib.h>

#define FORGET_EVERY_MS INT64_C(86400000)

struct message_service {
    _Atomic int64_t forget_due_ms; /* the clockwork's */
};

/* Who paid with WeChat may be written to for two days. */
static int applied(struct store_tx *tx, const struct record *record, uint32_t store)
{
    struct body body;
    struct channel_identity identity;
    (void)store;
    if (record->kind != RECORD_SALE || body_decode(record->kind, record->body, &body) < 0 || !body.sale.member ||
        body.sale.tender != TENDER_WECHAT || body.sale.paid_minor <= 0) {
        return 0;
    }
    int rc = wechat_find_member(tx, body.sale.member, &identity);
    rc = rc ? rc : message_note(tx, identity.id, WINDOW_PAYMENT, body.sale.business_ms);
    return rc == -ENOENT ? 0 : rc;
}

static int run_forget(void *arg, struct store_tx *tx)
{
    (void)arg;
    return message_forget_old(tx);
}

static void forget_when_due(struct central *central)
{
    struct message_service *service = central_state(central, &central_message);
    int64_t now_ms = clock_mono_ms(central->clock);
    if (!service || now_ms < service->forget_due_ms) {
        return;
    }
    service->forget_due_ms = now_ms + FORGET_EVERY_MS;
    int rc = writer_call(central->writer, run_forget, NULL);
    if (rc < 0 && rc != -EPIPE) {
        log_error("message", "old rows of the quota ledger could not be dropped errno=%d", -rc);
    }
}

static void tick(struct central *central)
{
    plan_tick(central);
    forget_when_due(central);
}

static int open_service(struct central *central, void **out_service)
{
    (void)central;
    struct message_service *service = calloc(1, sizeof(*service));
    *out_service = service;
    return service ? 0 : -ENOMEM;
}

static void stop_service(void *service)
{
    (void)service;
}

const struct central_part central_message = {.name = "message",
                                             .schema = &store_schema_message,
                                             .applied = applied,
                                             .tick = tick,
                                             .open = open_service,
                                             .stop = stop_service,
                                             .close = free};
