#ifndef CENTRAL_WECHAT_ORDER_H
#define CENTRAL_WECHAT_ORDER_H

/*
 * What central wants of the platform, put into the outbox in the transaction that decides it: messages to a person,
 * mass messages, tags, menus, QR codes, questions about followers. A recipient is the number of a channel_identity; the
 * openid is looked up when the call is made, and a call whose recipient has left by then is dead ("has left").
 *
 * All of them: -EEXIST when an order of that key was made before (mostly to be read as done), -E2BIG when it is too
 * long.
 */

#include "central/store/outbox.h"
#include "central/store/wechat.h"

#include <jansson.h>

#define WECHAT_CHANNEL "wechat"

/* The longest reply window: later a customer-service message is out of date. */
#define WECHAT_WINDOW_MS (48 * INT64_C(3600000))

struct wechat_order {
    const char *account;
    const char *key;                   /* says what it is for: "answer/812", "receipt/3-1-77"; at most OUTBOX_KEY_MAX */
    uint64_t identity;                 /* to whom; 0: nobody, or a list */
    int64_t not_before_ms, expires_ms; /* as in the outbox */
    bool unasked;                      /* nobody waits for it: never in the account's quiet hours */
};

/* Customer service: leaves only within a reply window, and is counted on it (central/message/door.h). */
MUST_CHECK int wechat_order_text(struct store_tx *tx, const struct channel_keys *keys, const struct wechat_order *order,
                                 const char *text);
/* data: {"template_id", "url"?, "data": {…}}; no marketing. The key becomes client_msg_id: repeated calls send once. */
MUST_CHECK int wechat_order_template(struct store_tx *tx, const struct channel_keys *keys,
                                     const struct wechat_order *order, const json_t *data);
/* One-time subscriptions: {"template_id", "page"?, "data": {…}}. */
MUST_CHECK int wechat_order_subscribe(struct store_tx *tx, const struct channel_keys *keys,
                                      const struct wechat_order *order, const json_t *data);

struct wechat_people { /* a list of identities */
    const uint64_t *identities;
    size_t count;
};
#define WECHAT_MASS_MIN 2
#define WECHAT_MASS_MAX 1000 /* the platform takes 10,000; an order's body holds this many numbers */
#define WECHAT_TAG_MAX  50
#define WECHAT_INFO_MAX 100
/* A text to 2 … 1,000 people (-ERANGE): 4 a person and month. The key becomes clientmsgid. */
MUST_CHECK int wechat_order_mass(struct store_tx *tx, const struct channel_keys *keys, const struct wechat_order *order,
                                 const struct wechat_people *people, const char *text);
MUST_CHECK int wechat_order_new_tag(struct store_tx *tx, const struct channel_keys *keys,
                                    const struct wechat_order *order, const char *name);
/* 1 … 50 people (-ERANGE). off: the tag is taken away. */
MUST_CHECK int wechat_order_tag(struct store_tx *tx, const struct channel_keys *keys, const struct wechat_order *order,
                                const struct wechat_people *people, int tag, bool off);
/* Asks by which QR people came; what the answer says is booked (reconcile.h). 1 … 100 people (-ERANGE). */
MUST_CHECK int wechat_order_info(struct store_tx *tx, const struct channel_keys *keys, const struct wechat_order *order,
                                 const struct wechat_people *people);
/* {"button": […]}: -EINVAL when the platform would not take it (3 by 5 entries, keys of 128 bytes), *out_why says why.
 */
MUST_CHECK int wechat_order_menu(struct store_tx *tx, const struct channel_keys *keys, const struct wechat_order *order,
                                 const json_t *menu, const char **out_why);
/* A fresh temporary QR for a touchpoint that has one; the store hears of it when it is there. */
MUST_CHECK int wechat_order_ticket(struct store_tx *tx, const struct channel_keys *keys,
                                   const struct wechat_order *order, uint32_t touchpoint);

/* ---- for the channel that sends them */

/* {"path", "body", "to"?: field, "list"?: {"field", "ids"}, "touchpoint"?, "unasked"?: true}. */
#define ORDER_PATH       "path"
#define ORDER_BODY       "body"
#define ORDER_TO         "to"
#define ORDER_LIST       "list"
#define ORDER_UNASKED    "unasked"
#define ORDER_API_CUSTOM "custom"
#define ORDER_API_MASS   "mass"

#endif
