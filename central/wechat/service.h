#ifndef CENTRAL_WECHAT_SERVICE_H
#define CENTRAL_WECHAT_SERVICE_H

/* What the WeChat side keeps in memory while central runs: central_part.open of part.c. Any thread. */

#include "central/server.h"
#include "central/store/wechat_keys.h"
#include "central/wechat/channel.h"
#include "central/wechat/guard.h"

#include <pthread.h>

struct wechat_service {
    struct central *central;
    struct guard *guard;
    struct wechat_sender sender;
    struct outbox_channel channels[1];
    struct outbox *outbox;
    _Atomic int64_t rotate_due_ms, vest_due_ms; /* the clockwork's */
    _Atomic unsigned sweeps_wanted;             /* > 0: a sweep of the inbox is queued or running */
    pthread_mutex_t mutex;                      /* guards what follows */
    bool keys_loaded;
    struct channel_keys keys;
};

/* NULL: this central runs without (tests of the core). */
struct wechat_service *wechat_service_of(const struct central *central);

/* The channel's keys from DATA/keys: read (or made) once, then from memory. As channel_keys_load_or_make. */
MUST_CHECK int wechat_work_keys(const struct central *central, struct channel_keys *out_keys);

MUST_CHECK int wechat_service_open(struct central *central, void **out_service);
void wechat_service_stop(void *service);
void wechat_service_close(void *service);

#endif
