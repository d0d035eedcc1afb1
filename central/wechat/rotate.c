#include "central/wechat/rotate.h"

#include "central/store/people_touchpoint.h"
#include "central/wechat/order.h"

#include <stdio.h>
#include <string.h>

#define OPERATOR "wechat"
#define DUE_MAX  64

int rotate_order_due(struct store_tx *tx, const struct channel_keys *keys, unsigned *out_ordered)
{
    struct ticket_due due[DUE_MAX];
    size_t count = 0;
    unsigned ordered = 0;
    int rc = budget_due(tx, tx->now_ms / 1000 + ROTATE_BEFORE_S, due, DUE_MAX, &count);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        char key[OUTBOX_KEY_MAX];
        struct wechat_order order = {.account = due[i].account, .key = key};
        snprintf(key, sizeof(key), "rotate/%u/%u", due[i].touchpoint, due[i].valid_to_s);
        rc = wechat_order_ticket(tx, keys, &order, due[i].touchpoint);
        ordered += rc == 0;
        rc = rc == -EEXIST ? 0 : rc; /* it waits already */
    }
    if (rc == 0) {
        *out_ordered = ordered;
    }
    return rc;
}

int rotate_take(struct store_tx *tx, uint32_t touchpoint, const json_t *answer)
{
    struct touchpoint t;
    const char *url = json_string_value(json_object_get(answer, "url"));
    json_int_t life_s = json_integer_value(json_object_get(answer, "expire_seconds"));
    if (!url || strlen(url) >= sizeof(t.url) || life_s <= 0 || life_s > ROTATE_LIFE_S) {
        return -EBADMSG;
    }
    int rc = people_find_touchpoint(tx, touchpoint, &t);
    if (rc < 0) {
        return rc;
    }
    snprintf(t.url, sizeof(t.url), "%s", url);
    t.valid_to_s = (uint32_t)(tx->now_ms / 1000 + life_s);
    return people_update_touchpoint(tx, &t, OPERATOR);
}
