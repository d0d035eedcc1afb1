#include "central/wechat/work.h"

#include "central/store/identity.h"
#include "central/store/people_touchpoint.h"
#include "platform/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SWEEP_MAX 64

int wechat_work_keys(const struct central *central, struct channel_keys *out_keys)
{
    char path[STORE_PATH_MAX];
    int rc = central_config_path(&central->config, CENTRAL_KEYS_DIR "/channel.key", path, sizeof(path));
    return rc ? rc : channel_keys_load_or_make(path, central->random, out_keys);
}

/* ---- the answer */

static int find_scene(struct store_tx *tx, const struct wechat_message *message, struct touchpoint *out_touchpoint)
{
    char scene[WECHAT_SCENE_MAX];
    struct touchpoint touchpoint = {0};
    wechat_message_scene(message, scene);
    int rc = scene[0] ? people_find_scene(tx, scene, &touchpoint) : 0;
    if (rc == 0 || rc == -ENOENT) {
        *out_touchpoint = touchpoint;
    }
    return rc == -ENOENT ? 0 : rc;
}

static int write_reply(struct store_tx *tx, const struct wechat_push *push, const struct channel_identity *identity,
                       char out_text[WECHAT_REPLY_MAX])
{
    struct brand brand;
    char ticket[PAGE_TICKET_CAP];
    const char *words = identity->member ? "会员码、优惠券和积分都在您的会员页："
                                         : "加入会员完全自愿，不加入也可以使用优惠券。点开即可查看会员权益：";
    int rc = identity_find_brand(tx, push->account->brand, &brand);
    if (rc < 0) {
        return rc;
    }
    channel_ticket_make(push->keys, identity->id, ticket);
    bool follows = wechat_message_kind(push->message) == WECHAT_SUBSCRIBE;
    snprintf(out_text, WECHAT_REPLY_MAX, "%s%s\n%s\n%s/m/%s", follows ? "欢迎关注" : "您好，这里是", brand.name_zh,
             words, push->public_url, ticket);
    return 0;
}

static int meet_and_reply(struct store_tx *tx, const struct wechat_push *push, char out_text[WECHAT_REPLY_MAX])
{
    struct touchpoint touchpoint;
    struct channel_identity identity;
    int rc = find_scene(tx, push->message, &touchpoint);
    struct channel_person person = {
        .account = push->account->name, .openid = push->message->from, .scene_touchpoint = touchpoint.id};
    rc = rc ? rc : wechat_meet(tx, push->keys, &person, &identity);
    return rc ? rc : write_reply(tx, push, &identity, out_text);
}

int wechat_work_take_in(struct store_tx *tx, const struct wechat_push *push, char out_text[WECHAT_REPLY_MAX])
{
    char identity[WECHAT_IDENTITY_MAX];
    enum wechat_kind kind = wechat_message_kind(push->message);
    wechat_message_identity(push->message, identity, sizeof(identity));
    struct inbox_entry entry = {.account = push->account->name,
                                .identity = identity,
                                .kind = wechat_kind_name(kind),
                                .openid = push->message->from,
                                .message = push->verbatim};
    uint64_t id = 0;
    int rc = wechat_store_message(tx, push->keys, &entry, &id);
    if (rc < 0 && rc != -EEXIST) {
        return rc;
    }
    out_text[0] = '\0';
    switch (kind) {
    case WECHAT_SUBSCRIBE:
    case WECHAT_SCAN:
    case WECHAT_TEXT:
        return meet_and_reply(tx, push, out_text);
    case WECHAT_UNSUBSCRIBE:
    case WECHAT_OTHER:
        return 0;
    }
    return 0;
}

/* ---- the work */

static int greet_member(struct store_tx *tx, const struct touchpoint *touchpoint, uint64_t member)
{
    struct greeting greeting = {
        .brand = touchpoint->brand, .store = touchpoint->store, .touchpoint = touchpoint->id, .member = member};
    return touchpoint->id && member ? people_greet(tx, &greeting) : 0;
}

static int work_arrival(struct store_tx *tx, const struct channel_keys *keys, const char *account,
                        const struct wechat_message *message)
{
    struct touchpoint touchpoint;
    struct channel_identity identity;
    bool follows = wechat_message_kind(message) == WECHAT_SUBSCRIBE;
    int rc = find_scene(tx, message, &touchpoint);
    struct channel_person person = {.account = account, .openid = message->from};
    rc = rc ? rc : wechat_meet(tx, keys, &person, &identity);
    rc = rc ? rc : people_count_step(tx, touchpoint.id, follows ? FUNNEL_FOLLOW : FUNNEL_SCAN, 0);
    return rc ? rc : greet_member(tx, &touchpoint, identity.member);
}

static int work_departure(struct store_tx *tx, const struct inbox_item *item)
{
    struct channel_identity identity;
    int rc = wechat_forget(tx, item->account, item->who, &identity);
    return rc || identity.id == 0 ? rc : people_count_step(tx, identity.touchpoint, FUNNEL_UNFOLLOW, 0);
}

static int work_message(struct store_tx *tx, const struct channel_keys *keys, const struct inbox_item *item,
                        struct slice verbatim)
{
    struct wechat_message message;
    int rc = wechat_message_parse(verbatim, &message);
    if (rc < 0) {
        return rc;
    }
    switch (wechat_message_kind(&message)) {
    case WECHAT_SUBSCRIBE:
    case WECHAT_SCAN:
        return work_arrival(tx, keys, item->account, &message);
    case WECHAT_UNSUBSCRIBE:
        return work_departure(tx, item);
    case WECHAT_TEXT:
    case WECHAT_OTHER:
        return 0;
    }
    return 0;
}

static int work_one(struct store_tx *tx, const struct channel_keys *keys, uint64_t id)
{
    struct inbox_item item;
    struct buffer verbatim;
    buffer_init(&verbatim, WECHAT_BODY_MAX + 64);
    int rc = wechat_read_message(tx, keys, id, &item, &verbatim);
    rc = rc ? rc : work_message(tx, keys, &item, (struct slice){verbatim.data, verbatim.len});
    buffer_finish(&verbatim);
    if (rc == -EIO || rc == -ENOSPC || rc == -ENOMEM) {
        return rc;
    }
    return wechat_settle_message(tx, id, rc == 0 ? INBOX_DONE : INBOX_FAILED);
}

int wechat_work_sweep(struct store_tx *tx, const struct channel_keys *keys, unsigned limit)
{
    uint64_t id = 0;
    int rc = 0;
    for (unsigned i = 0; rc == 0 && i < limit; i++) {
        rc = wechat_next_waiting(tx, &id);
        rc = rc ? rc : work_one(tx, keys, id);
    }
    return rc == -ENOENT ? 0 : rc;
}

struct sweep {
    struct channel_keys keys;
};

static int run_sweep(void *arg, struct store_tx *tx)
{
    struct sweep *sweep = arg;
    return wechat_work_sweep(tx, &sweep->keys, SWEEP_MAX);
}

static void finish_sweep(void *arg, int result)
{
    struct sweep *sweep = arg;
    if (result < 0) {
        log_error("wechat", "waiting messages could not be worked on errno=%d", -result);
    }
    channel_keys_finish(&sweep->keys);
    free(sweep);
}

void wechat_work_wake(struct central *central)
{
    struct sweep *sweep = calloc(1, sizeof(*sweep));
    int rc = sweep ? wechat_work_keys(central, &sweep->keys) : -ENOMEM;
    struct writer_job job = {.lane = WRITER_LIVE, .run = run_sweep, .done = finish_sweep, .arg = sweep};
    rc = rc ? rc : writer_submit(central->writer, &job);
    if (rc < 0) {
        /* -EAGAIN and -EPIPE: the messages wait in the inbox, the clockwork comes back to them. */
        if (sweep) {
            channel_keys_finish(&sweep->keys);
        }
        free(sweep);
    }
} // NOLINT(clang-analyzer-unix.Malloc): once submitted, finish_sweep frees it
