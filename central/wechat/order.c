#include "central/wechat/order.h"

#include "central/wechat/api.h"

#include <stdlib.h>
#include <string.h>

/* Which quota a path counts against, and how much a new account has a day. */
static const struct quota {
    const char *prefix, *api;
    uint32_t per_day;
} quotas[] = {
    {"message/custom/", ORDER_API_CUSTOM, 500000},
    {"message/template/", "template", 100000},
    {"message/subscribe/", "subscribe", 100000},
    {"message/mass/", ORDER_API_MASS, 100},
    {"qrcode/", "qrcode", 100000},
    {"user/info", "user_info", 5000000},
    {"user/get", "user_get", 500},
    {"tags/", "tags", 100000},
    {"menu/", "menu", 1000},
};

static const struct quota *find_quota(const char *path)
{
    for (size_t i = 0; i < ARRAY_LEN(quotas); i++) {
        if (strncmp(path, quotas[i].prefix, strlen(quotas[i].prefix)) == 0) {
            return &quotas[i];
        }
    }
    return NULL;
}

static int start_quota(struct store_tx *tx, const char *account, const struct quota *quota)
{
    uint32_t used = 0, limit = 0;
    int rc = outbox_quota_used(tx, account, quota->api, &used, &limit);
    return rc == -ENOENT ? outbox_set_quota(tx, account, quota->api, quota->per_day) : rc;
}

/* Takes the reference to item. */
static int put(struct store_tx *tx, const struct channel_keys *keys, const struct wechat_order *order, json_t *item)
{
    if (order->unasked) {
        json_object_set_new(item, ORDER_UNASKED, json_true());
    }
    char *text = item ? json_dumps(item, JSON_COMPACT) : NULL;
    if (!text) {
        json_decref(item);
        return -ENOMEM;
    }
    const struct quota *quota = find_quota(json_string_value(json_object_get(item, ORDER_PATH)));
    uint64_t id = 0;
    struct outbox_order out = {.channel = WECHAT_CHANNEL,
                               .account = order->account,
                               .api = quota->api,
                               .key = order->key,
                               .lane = order->identity,
                               .not_before_ms = order->not_before_ms,
                               .expires_ms = order->expires_ms,
                               .body = {(const uint8_t *)text, strlen(text)}};
    int rc = start_quota(tx, order->account, quota);
    rc = rc ? rc : outbox_put(tx, keys, &out, &id);
    free(text);
    json_decref(item);
    return rc;
}

int wechat_order_text(struct store_tx *tx, const struct channel_keys *keys, const struct wechat_order *order,
                      const char *text)
{
    return put(tx, keys, order,
               json_pack("{s:s, s:s, s:{s:s, s:{s:s}}}", ORDER_PATH, "message/custom/send", ORDER_TO, "touser",
                         ORDER_BODY, "msgtype", "text", "text", "content", text));
}

int wechat_order_template(struct store_tx *tx, const struct channel_keys *keys, const struct wechat_order *order,
                          const json_t *data)
{
    json_t *body = json_deep_copy(data);
    json_object_set_new(body, "client_msg_id", json_string(order->key));
    return put(tx, keys, order,
               json_pack("{s:s, s:s, s:o}", ORDER_PATH, "message/template/send", ORDER_TO, "touser", ORDER_BODY, body));
}

int wechat_order_subscribe(struct store_tx *tx, const struct channel_keys *keys, const struct wechat_order *order,
                           const json_t *data)
{
    return put(tx, keys, order,
               json_pack("{s:s, s:s, s:o}", ORDER_PATH, "message/subscribe/bizsend", ORDER_TO, "touser", ORDER_BODY,
                         json_deep_copy(data)));
}

static json_t *people_list(const struct wechat_people *people, const char *field)
{
    json_t *ids = json_array();
    for (size_t i = 0; i < people->count; i++) {
        json_array_append_new(ids, json_integer((json_int_t)people->identities[i]));
    }
    return json_pack("{s:s, s:o}", "field", field, "ids", ids);
}

int wechat_order_mass(struct store_tx *tx, const struct channel_keys *keys, const struct wechat_order *order,
                      const struct wechat_people *people, const char *text)
{
    if (people->count < WECHAT_MASS_MIN || people->count > WECHAT_MASS_MAX) {
        return -ERANGE;
    }
    return put(tx, keys, order,
               json_pack("{s:s, s:o, s:{s:s, s:{s:s}, s:s}}", ORDER_PATH, "message/mass/send", ORDER_LIST,
                         people_list(people, "touser"), ORDER_BODY, "msgtype", "text", "text", "content", text,
                         "clientmsgid", order->key));
}

int wechat_order_new_tag(struct store_tx *tx, const struct channel_keys *keys, const struct wechat_order *order,
                         const char *name)
{
    return put(tx, keys, order,
               json_pack("{s:s, s:{s:{s:s}}}", ORDER_PATH, "tags/create", ORDER_BODY, "tag", "name", name));
}

int wechat_order_tag(struct store_tx *tx, const struct channel_keys *keys, const struct wechat_order *order,
                     const struct wechat_people *people, int tag, bool off)
{
    if (people->count < 1 || people->count > WECHAT_TAG_MAX) {
        return -ERANGE;
    }
    const char *path = off ? "tags/members/batchuntagging" : "tags/members/batchtagging";
    return put(tx, keys, order,
               json_pack("{s:s, s:o, s:{s:i}}", ORDER_PATH, path, ORDER_LIST, people_list(people, "openid_list"),
                         ORDER_BODY, "tagid", tag));
}

int wechat_order_info(struct store_tx *tx, const struct channel_keys *keys, const struct wechat_order *order,
                      const struct wechat_people *people)
{
    if (people->count < 1 || people->count > WECHAT_INFO_MAX) {
        return -ERANGE;
    }
    return put(tx, keys, order,
               json_pack("{s:s, s:o, s:{}}", ORDER_PATH, "user/info/batchget", ORDER_LIST,
                         people_list(people, "user_list"), ORDER_BODY));
}

int wechat_order_ticket(struct store_tx *tx, const struct channel_keys *keys, const struct wechat_order *order,
                        uint32_t touchpoint)
{
    return put(tx, keys, order,
               json_pack("{s:s, s:i, s:{}}", ORDER_PATH, "qrcode/create", "touchpoint", (int)touchpoint, ORDER_BODY));
}

/* ---- menus */

static const char *check_button(const json_t *button)
{
    const char *name = json_string_value(json_object_get(button, "name"));
    const char *key = json_string_value(json_object_get(button, "key"));
    if (!name || !name[0]) {
        return "every entry needs a name";
    }
    if (key && strlen(key) > 128) {
        return "a key has at most 128 bytes";
    }
    if (!json_object_get(button, "sub_button") && !json_object_get(button, "type")) {
        return "an entry without entries of its own needs a type";
    }
    return NULL;
}

static const char *check_level(const json_t *buttons, size_t max, bool top)
{
    size_t i;
    json_t *button;
    const char *why = NULL;
    if (!json_is_array(buttons) || json_array_size(buttons) < 1 || json_array_size(buttons) > max) {
        return top ? "a menu has 1 to 3 entries (\"button\")" : "an entry has 1 to 5 entries of its own";
    }
    json_array_foreach(buttons, i, button)
    {
        const json_t *below = json_object_get(button, "sub_button");
        why = check_button(button);
        if (!why && below) {
            why = top ? check_level(below, 5, false) : "a menu has two levels";
        }
        if (why) {
            break;
        }
    }
    return why;
}

int wechat_order_menu(struct store_tx *tx, const struct channel_keys *keys, const struct wechat_order *order,
                      const json_t *menu, const char **out_why)
{
    const char *why = check_level(json_object_get(menu, "button"), 3, true);
    if (why) {
        *out_why = why;
        return -EINVAL;
    }
    return put(tx, keys, order, json_pack("{s:s, s:o}", ORDER_PATH, "menu/create", ORDER_BODY, json_deep_copy(menu)));
}
