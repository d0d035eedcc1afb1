#include "central/wechat/channel.h"

#include "central/message/door.h"
#include "central/store/message.h"
#include "central/store/people_touchpoint.h"
#include "central/wechat/order.h"
#include "central/wechat/reconcile.h"
#include "central/wechat/rotate.h"
#include "central/wechat/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE_MS      INT64_C(60000)
#define CLOSED_MS      INT64_C(600000) /* an operator has to see to it; meanwhile it is looked at now and then */
#define UNKNOWN_TRIES  8
#define SCENE_TEXT_MAX SCENE_MAX

int wechat_sender_init(struct wechat_sender *sender, struct central *central)
{
    *sender = (struct wechat_sender){.central = central};
    return wechat_api_open(central, &sender->api);
}

void wechat_sender_finish(struct wechat_sender *sender)
{
    if (sender) {
        wechat_api_close(sender->api);
        sender->api = NULL;
    }
}

/* ---- filling in what an order leaves open */

struct filling {
    struct store_tx *tx;
    struct channel_keys keys;
    const struct outbox_item *item;
    json_t *order;
    struct wechat_account account;
    json_t *body; /* the call's; borrowed from order */
};

/* Only who was counted at the door gets a message. */
static int fill_checked(struct filling *f, uint64_t identity, char out_openid[OPENID_CAP])
{
    bool out = true;
    int rc = message_door_guards(f->item) ? message_let_out(f->tx, f->item->id, identity, &out) : 0;
    return rc ? rc : out ? wechat_open_identity(f->tx, &f->keys, identity, out_openid) : -ENOENT;
}

static int fill_recipient(struct filling *f)
{
    char openid[OPENID_CAP];
    const char *field = json_string_value(json_object_get(f->order, ORDER_TO));
    if (!field) {
        return 0;
    }
    int rc = fill_checked(f, f->item->lane, openid);
    if (rc == 0) {
        json_object_set_new(f->body, field, json_string(openid));
    }
    return rc;
}

/* batchget wants objects, everything else bare openids. */
static json_t *list_entry(const char *field, const char *openid)
{
    return strcmp(field, "user_list") == 0 ? json_pack("{s:s}", "openid", openid) : json_string(openid);
}

static int fill_list(struct filling *f)
{
    char openid[OPENID_CAP];
    const json_t *list = json_object_get(f->order, ORDER_LIST);
    const char *field = json_string_value(json_object_get(list, "field"));
    json_t *people = field ? json_array() : NULL, *id;
    size_t i;
    int rc = 0;
    if (!field) {
        return 0;
    }
    json_array_foreach(json_object_get(list, "ids"), i, id)
    {
        rc = fill_checked(f, (uint64_t)json_integer_value(id), openid);
        if (rc == 0) {
            json_array_append_new(people, list_entry(field, openid));
        } else if (rc != -ENOENT) {
            break;
        }
    }
    rc = rc == -ENOENT ? 0 : rc;
    bool enough = json_array_size(people) >= (strcmp(field, "touser") == 0 ? WECHAT_MASS_MIN : 1);
    json_object_set_new(f->body, field, people);
    return rc ? rc : enough ? 0 : -ENOENT;
}

static int fill_ticket(struct filling *f)
{
    struct touchpoint touchpoint;
    uint32_t id = (uint32_t)json_integer_value(json_object_get(f->order, "touchpoint"));
    if (!id) {
        return 0;
    }
    int rc = people_find_touchpoint(f->tx, id, &touchpoint);
    if (rc < 0 || touchpoint.gone) {
        return rc ? rc : -ENOENT;
    }
    json_t *body = wechat_ticket_body(&(struct wechat_ticket_order){touchpoint.scene, ROTATE_LIFE_S});
    json_object_update(f->body, body);
    json_decref(body);
    return 0;
}

static int fill(struct filling *f)
{
    f->body = json_object_get(f->order, ORDER_BODY);
    int rc = json_is_object(f->body) ? 0 : -EBADMSG;
    rc = rc ? rc : wechat_find_account(f->tx, &f->keys, f->item->account, &f->account);
    rc = rc ? rc : fill_recipient(f);
    rc = rc ? rc : fill_list(f);
    return rc ? rc : fill_ticket(f);
}

static int fill_from_books(struct wechat_sender *sender, struct filling *f)
{
    struct store_tx tx;
    int rc = wechat_work_keys(sender->central, &f->keys);
    rc = rc ? rc : store_read_begin(sender->central->store, &tx);
    if (rc == 0) {
        f->tx = &tx;
        rc = fill(f);
        store_read_end(&tx);
    }
    channel_keys_finish(&f->keys);
    return rc;
}

/* ---- the door */

static int admit_order(void *context, struct store_tx *tx, const struct outbox_item *item, struct slice body,
                       struct outbox_outcome *out_outcome)
{
    (void)context;
    json_t *order = message_door_guards(item) ? json_loadb((const char *)body.data, body.len, 0, NULL) : NULL;
    int rc = order ? message_door_admit(tx, item, order, out_outcome) : 0; /* unreadable: send_order says so */
    json_decref(order);
    return rc;
}

static int unsent_order(void *context, struct store_tx *tx, const struct outbox_item *item)
{
    (void)context;
    return message_door_guards(item) ? message_take_back(tx, item->id) : 0;
}

/* ---- what the platform said */

static enum outbox_verdict judge(enum wechat_act act, const struct outbox_item *item, int64_t now_ms,
                                 struct outbox_outcome *outcome)
{
    switch (act) {
    case WECHAT_DONE:
    case WECHAT_DONE_BEFORE:
        return OUTBOX_DONE;
    case WECHAT_REST:
    case WECHAT_TOKEN:
    case WECHAT_SETUP:
        return OUTBOX_HOLD_ALL;
    case WECHAT_TOMORROW:
        outcome->until_ms = outbox_next_day_ms(now_ms);
        return OUTBOX_HOLD_API;
    case WECHAT_NEXT_MINUTE:
        outcome->until_ms = now_ms + MINUTE_MS;
        return OUTBOX_HOLD_API;
    case WECHAT_CLOSED:
        outcome->until_ms = now_ms + CLOSED_MS;
        return OUTBOX_HOLD_API;
    case WECHAT_NEVER:
        return OUTBOX_NEVER;
    case WECHAT_UNKNOWN:
        return item->attempts < UNKNOWN_TRIES ? OUTBOX_LATER : OUTBOX_NEVER;
    }
    return OUTBOX_LATER;
}

static void call(struct wechat_sender *sender, const struct filling *f, struct outbox_outcome *outcome)
{
    struct wechat_answer answer;
    struct wechat_call wanted = {
        .account = &f->account, .path = json_string_value(json_object_get(f->order, ORDER_PATH)), .body = f->body};
    int rc = wanted.path ? wechat_api_call(sender->api, &wanted, &answer) : -ENOENT;
    if (rc == -ENOENT) {
        snprintf(outcome->reason, sizeof(outcome->reason), "the account has no API");
        return;
    }
    snprintf(outcome->reason, sizeof(outcome->reason), "%.100s",
             rc == -EAGAIN ? "no new token may be asked for yet" : answer.words);
    outcome->verdict = OUTBOX_HOLD_ALL;
    if (rc == 0) {
        outcome->verdict = judge(answer.error->act, f->item, clock_wall_ms(sender->central->clock), outcome);
        outcome->result = answer.body;
    }
}

static void send_order(void *context, const struct outbox_item *item, struct slice body, struct outbox_outcome *outcome)
{
    struct wechat_sender *sender = context;
    struct filling f = {.item = item, .order = json_loadb((const char *)body.data, body.len, 0, NULL)};
    int rc = f.order ? fill_from_books(sender, &f) : -EBADMSG;
    outcome->verdict = OUTBOX_NEVER;
    if (rc == -ENOENT) {
        snprintf(outcome->reason, sizeof(outcome->reason), "the recipient, touchpoint or account has left");
    } else if (rc == -EBADMSG) {
        snprintf(outcome->reason, sizeof(outcome->reason), "the order cannot be read");
    } else if (rc < 0) {
        outcome->verdict = OUTBOX_LATER;
        snprintf(outcome->reason, sizeof(outcome->reason), "the books could not be read: %s", strerror(-rc));
    } else {
        call(sender, &f, outcome);
    }
    json_decref(f.order);
}

/* ---- booking what came back */

static int settle_order(void *context, struct store_tx *tx, const struct outbox_item *item, struct slice body,
                        void *result)
{
    struct wechat_sender *sender = context;
    struct channel_keys keys;
    json_t *order = json_loadb((const char *)body.data, body.len, 0, NULL);
    const char *path = json_string_value(json_object_get(order, ORDER_PATH));
    int rc = wechat_work_keys(sender->central, &keys);
    if (rc == 0 && path && strcmp(path, "user/info/batchget") == 0) {
        rc = reconcile_people(tx, &keys, item->account, result);
    } else if (rc == 0 && path && strcmp(path, "qrcode/create") == 0) {
        rc = rotate_take(tx, (uint32_t)json_integer_value(json_object_get(order, "touchpoint")), result);
    }
    channel_keys_finish(&keys);
    json_decref(order);
    return rc;
}

static void release_answer(void *context, void *result)
{
    (void)context;
    json_decref(result);
}

struct outbox_channel wechat_channel(struct wechat_sender *sender)
{
    return (struct outbox_channel){.name = WECHAT_CHANNEL,
                                   .admit = admit_order,
                                   .unsent = unsent_order,
                                   .send = send_order,
                                   .settled = settle_order,
                                   .release = release_answer,
                                   .context = sender};
}
