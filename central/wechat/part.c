#include "central/people.h"

#include "central/store/wechat.h"
#include "central/wechat/callback.h"
#include "central/wechat/message.h"
#include "central/wechat/service.h"
#include "central/wechat/work.h"

static const struct http_route routes[] = {
    {.method = "GET", .pattern = "/wechat/{account}", .handler = wechat_callback_verify},
    {.method = "POST", .pattern = "/wechat/{account}", .handler = wechat_callback_push, .max_body = WECHAT_BODY_MAX},
};

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
}

const struct central_part central_wechat = {.name = "wechat",
                                            .schema = &store_schema_wechat,
                                            .public_routes = routes,
                                            .public_route_count = ARRAY_LEN(routes),
                                            .tick = tick,
                                            .open = wechat_service_open,
                                            .stop = wechat_service_stop,
                                            .close = wechat_service_close};
