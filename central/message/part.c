#include "central/people.h"

#include "central/message/inbox.h"
#include "central/message/plan.h"
#include "central/store/campaign_message.h"
#include "central/store/message_keyword.h"
#include "central/store/message_plan.h"
#include "central/store/wechat.h"
#include "domain/body.h"
#include "domain/time.h"
#include "platform/log.h"

#include <inttypes.h>
#include <stdlib.h>

struct message_service {
    _Atomic int64_t daily_due_ms; /* the clockwork's */
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
    struct follower_act act = {.identity = identity.id,
                               .member = identity.member,
                               .account = identity.account,
                               .kind = WINDOW_PAYMENT,
                               .at_ms = body.sale.business_ms};
    rc = rc ? rc : campaign_follower_acted(tx, &act);
    return rc == -ENOENT ? 0 : rc;
}

struct daily {
    uint64_t stale; /* automatic replies */
};

static int run_daily(void *arg, struct store_tx *tx)
{
    struct daily *daily = arg;
    int rc = message_forget_old(tx);
    return rc ? rc : keyword_count_stale(tx, &daily->stale);
}

static void daily_when_due(struct central *central)
{
    struct message_service *service = central_state(central, &central_message);
    int64_t now_ms = clock_mono_ms(central->clock);
    if (!service || now_ms < service->daily_due_ms) {
        return;
    }
    service->daily_due_ms = now_ms + TIME_DAY_MS;
    struct daily daily = {0};
    int rc = writer_call(central->writer, run_daily, &daily);
    if (rc < 0 && rc != -EPIPE) {
        log_error("message", "the day's work on messages failed errno=%d", -rc);
    }
    if (rc == 0 && daily.stale) {
        log_warn("message",
                 "automatic replies that nobody has looked at for long, or that have ended: %" PRIu64 " (keyword list)",
                 daily.stale);
    }
}

static void tick(struct central *central)
{
    plan_tick(central);
    inbox_tick(central);
    daily_when_due(central);
}

static int run_start(void *arg, struct store_tx *tx)
{
    (void)arg;
    return message_plan_drop_half_made(tx);
}

static int open_service(struct central *central, void **out_service)
{
    struct message_service *service = calloc(1, sizeof(*service));
    *out_service = service;
    return service ? writer_call(central->writer, run_start, NULL) : -ENOMEM;
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
