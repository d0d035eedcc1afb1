#include "central/people.h"

#include "central/store/wechat.h"
#include "central/store/wechat_acquisition.h"
#include "central/wechat/callback.h"
#include "central/wechat/message.h"
#include "central/wechat/rotate.h"
#include "central/wechat/service.h"
#include "central/wechat/work.h"
#include "platform/log.h"

static const struct http_route routes[] = {
    {.method = "GET", .pattern = "/wechat/{account}", .handler = wechat_callback_verify},
    {.method = "POST", .pattern = "/wechat/{account}", .handler = wechat_callback_push, .max_body = WECHAT_BODY_MAX},
};

#define ROTATE_EVERY_MS INT64_C(3600000)
#define VEST_EVERY_MS   INT64_C(60000)
#define VEST_MAX        200 /* in one transaction */
#define RUN_MAX         1000

static int run_rotate(void *arg, struct store_tx *tx)
{
    struct channel_keys keys;
    unsigned ordered = 0;
    int rc = wechat_work_keys(arg, &keys);
    rc = rc ? rc : rotate_order_due(tx, &keys, &ordered);
    channel_keys_finish(&keys);
    return rc;
}

static void rotate_when_due(struct central *central, struct wechat_service *service)
{
    int64_t now_ms = clock_mono_ms(central->clock);
    if (now_ms < service->rotate_due_ms) {
        return;
    }
    service->rotate_due_ms = now_ms + ROTATE_EVERY_MS;
    int rc = writer_call(central->writer, run_rotate, central);
    if (rc < 0 && rc != -EPIPE) {
        log_error("wechat", "QR codes that end could not be ordered anew errno=%d", -rc);
    }
}

static int run_vesting(void *arg, struct store_tx *tx)
{
    return vesting_settle(tx, VEST_MAX, arg);
}

static void vest_when_due(struct central *central, struct wechat_service *service)
{
    unsigned done = VEST_MAX;
    int64_t now_ms = clock_mono_ms(central->clock);
    int rc = 0;
    if (now_ms < service->vest_due_ms) {
        return;
    }
    service->vest_due_ms = now_ms + VEST_EVERY_MS;
    while (rc == 0 && done == VEST_MAX) {
        rc = writer_call(central->writer, run_vesting, &done);
    }
    if (rc < 0 && rc != -EPIPE) {
        log_error("wechat", "acquisition credit that is due could not be settled errno=%d", -rc);
    }
}

/* Without threads the outbox is emptied here. */
static void run_inline(struct central *central, struct wechat_service *service)
{
    unsigned done = 0;
    int rc = central->inline_jobs ? outbox_run(service->outbox, RUN_MAX, &done) : 0;
    if (rc < 0) {
        log_error("outbox", "what waits cannot leave errno=%d", -rc);
    }
}

/* Messages whose work was cut off by a restart or a busy writer. */
static void tick(struct central *central)
{
    struct store_tx tx;
    uint64_t waiting = 0;
    int rc = store_read_begin(central->store, &tx);
    if (rc == 0) {
        rc = wechat_next_waiting(&tx, &waiting);
        store_read_end(&tx);
    }
    if (rc == 0) {
        wechat_work_wake(central);
    }
    struct wechat_service *service = wechat_service_of(central);
    if (service) {
        rotate_when_due(central, service);
        vest_when_due(central, service);
        run_inline(central, service);
    }
}

const struct central_part central_wechat = {.name = "wechat",
                                            .schema = &store_schema_wechat,
                                            .public_routes = routes,
                                            .public_route_count = ARRAY_LEN(routes),
                                            .tick = tick,
                                            .open = wechat_service_open,
                                            .stop = wechat_service_stop,
                                            .close = wechat_service_close};
