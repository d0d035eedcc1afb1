#ifndef CENTRAL_WECHAT_CHANNEL_H
#define CENTRAL_WECHAT_CHANNEL_H

/* How the outbox's orders for WeChat leave: outbox_channel of the service. One thread. */

#include "central/outbox/outbox.h"
#include "central/wechat/api.h"

struct wechat_sender {
    struct central *central;
    struct wechat_api *api;
};

MUST_CHECK int wechat_sender_init(struct wechat_sender *sender, struct central *central);
void wechat_sender_finish(struct wechat_sender *sender); /* NULL-safe, safe on zeros */

/* The channel of this sender, which must outlive it. */
struct outbox_channel wechat_channel(struct wechat_sender *sender);

#endif
