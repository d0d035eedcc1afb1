#include "central/people.h"

#include "central/webhook/deliver.h"
#include "platform/log.h"

/* Without threads events are told here. */
static void tick(struct central *central)
{
    unsigned sent = 0;
    struct webhook_service *service = central_state(central, &central_webhook);
    int rc = central->inline_jobs && service ? webhook_run(service, &sent) : 0;
    if (rc < 0) {
        log_error("webhook", "events cannot be told errno=%d", -rc);
    }
}

static int open_service(struct central *central, void **out_state)
{
    struct webhook_service *service = NULL;
    int rc = webhook_open(central, &service);
    *out_state = service;
    return rc;
}

static void stop_service(void *state)
{
    webhook_stop(state);
}

static void close_service(void *state)
{
    webhook_close(state);
}

const struct central_part central_webhook = {.name = "webhook",
                                             .schema = &store_schema_webhook,
                                             .tick = tick,
                                             .open = open_service,
                                             .stop = stop_service,
                                             .close = close_service};
