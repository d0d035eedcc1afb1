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

int wechat_service_open(struct central *central, void **out_service)
{
    struct wechat_service *service = calloc(1, sizeof(*service));
    if (!service) {
        return -ENOMEM;
    }
    service->central = central;
    pthread_mutex_init(&service->mutex, NULL);
    int rc = guard_open(&service->guard);
    if (rc < 0) {
        wechat_service_close(service);
        return rc;
    }
    *out_service = service;
    return 0;
}

void wechat_service_stop(void *context)
{
    (void)context; /* no thread of its own yet to end */
}

void wechat_service_close(void *context)
{
    struct wechat_service *service = context;
    guard_close(service->guard);
    channel_keys_finish(&service->keys);
    pthread_mutex_destroy(&service->mutex);
    free(service);
}
