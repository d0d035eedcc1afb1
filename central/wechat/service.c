#include "central/wechat/service.h"

#include "central/people.h"

#include <stdlib.h>

struct wechat_service *wechat_service_of(const struct central *central)
{
    return central_state(central, &central_wechat);
}

static int load_keys(const struct central *central, struct channel_keys *out_keys)
{
    char path[STORE_PATH_MAX];
    int rc = central_config_path(&central->config, CENTRAL_KEYS_DIR "/channel.key", path, sizeof(path));
    return rc ? rc : channel_keys_load_or_make(path, central->random, out_keys);
}

int wechat_work_keys(const struct central *central, struct channel_keys *out_keys)
{
    struct wechat_service *service = wechat_service_of(central);
    if (!service) {
        return load_keys(central, out_keys);
    }
    pthread_mutex_lock(&service->mutex);
    int rc = service->keys_loaded ? 0 : load_keys(central, &service->keys);
    if (rc == 0) {
        service->keys_loaded = true;
        *out_keys = service->keys;
    }
    pthread_mutex_unlock(&service->mutex);
    return rc;
}

static int open_outbox(struct wechat_service *service)
{
    struct outbox_options options = {.central = service->central,
                                     .channels = service->channels,
                                     .channel_count = ARRAY_LEN(service->channels),
                                     .keys = wechat_work_keys};
    service->channels[0] = wechat_channel(&service->sender);
    return outbox_open(&options, &service->outbox);
}

int wechat_service_open(struct central *central, void **out_service)
{
    struct wechat_service *service = calloc(1, sizeof(*service));
    if (!service) {
        return -ENOMEM;
    }
    service->central = central;
    pthread_mutex_init(&service->mutex, NULL);
    *out_service = service; /* before any thread looks for it; central closes it whatever follows */
    int rc = guard_open(&service->guard);
    rc = rc ? rc : wechat_sender_init(&service->sender, central);
    return rc ? rc : open_outbox(service);
}

void wechat_service_stop(void *context)
{
    struct wechat_service *service = context;
    if (service->sender.api) {
        wechat_api_cancel(service->sender.api);
    }
    outbox_stop(service->outbox);
}

void wechat_service_close(void *context)
{
    struct wechat_service *service = context;
    outbox_close(service->outbox);
    wechat_sender_finish(&service->sender);
    guard_close(service->guard);
    channel_keys_finish(&service->keys);
    pthread_mutex_destroy(&service->mutex);
    free(service);
}
