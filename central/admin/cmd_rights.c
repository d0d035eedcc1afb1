#include "central/admin/groups.h"
#include "central/store/feed.h"
#include "central/store/rights.h"
#include "central/store/settle.h"
#include "central/store/succession.h"
#include "domain/campaign.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define OPERATOR "admin" /* who, in records: the one with access to the admin socket */

struct list {
    struct admin_call *call;
    struct store_tx *tx;
    int64_t exposure_minor;
    struct admin_limit limit;
};

int cmd_right_write_off(struct admin_call *call, struct store_tx *tx)
{
    struct coupon_id coupon;
    struct shop shop;
    uint32_t store = admin_u32(call, "store");
    if (coupon_id_parse(admin_text(call, "coupon", ""), &coupon) < 0)
        return admin_refuse(call, -EINVAL, "COUPON is an id like 1001-12");
    int rc = identity_find_shop(tx, store, &shop);
    if (rc == -ENOENT)
        return admin_refuse(call, rc, "store %" PRIu32 " is not known", store);
    rc = rc ? rc : rights_write_off(tx, coupon, store, OPERATOR, admin_text(call, "why", ""));
    if (rc == -EINVAL)
        return admin_refuse(call, rc, "it was used or revoked: there is no right to give on");
    return rc == -ENOENT ? admin_refuse(call, rc, "no such coupon") : rc;
}

/* What its discount costs, where the campaign alone says so. */
static int value_of(struct store_tx *tx, const struct write_off *write_off, int64_t *out_minor)
{
    uint8_t body[FEED_BODY_MAX];
    char key[16];
    size_t len = 0;
    struct campaign rules;
    struct shop shop;
    *out_minor = 0;
    snprintf(key, sizeof(key), "%" PRIu32, write_off->coupon.campaign);
    int rc = identity_find_shop(tx, write_off->store, &shop);
    if (rc == 0)
        rc = feed_find(tx, (struct feed_target){.brand = shop.brand}, FEED_CAMPAIGN, key, body, sizeof(body), &len);
    if (rc == 0 && campaign_decode((struct slice){body, len}, &rules) == 0 && rules.discount == DISCOUNT_AMOUNT)
        *out_minor = rules.value_minor;
    return rc == -ENOENT ? 0 : rc;
}

static int add_write_off_row(void *context, const struct write_off *write_off)
{
    struct list *list = context;
    char coupon[ID_TEXT_MAX];
    int64_t value_minor = 0;
    if (admin_limit_reached(&list->limit))
        return 1;
    int rc = value_of(list->tx, write_off, &value_minor);
    if (rc < 0)
        return rc;
    coupon_id_format(write_off->coupon, coupon, sizeof(coupon));
    admin_add_row(list->call,
                  json_pack("{s:I, s:s, s:I, s:I, s:I, s:b, s:I, s:I}", "write_off", (json_int_t)write_off->transfer,
                            "coupon", coupon, "epoch", (json_int_t)write_off->epoch, "store",
                            (json_int_t)write_off->store, "value_minor", (json_int_t)value_minor, "used",
                            write_off->used, "conflicts", (json_int_t)write_off->conflicts, "granted_ms",
                            (json_int_t)write_off->granted_ms));
    list->exposure_minor += value_minor;
    return 0;
}

int cmd_write_offs(struct admin_call *call, struct store_tx *tx)
{
    struct list list = {.call = call, .tx = tx, .limit = admin_limit_of(call)};
    struct rights_range range = {(uint64_t)admin_number(call, "after", 0), list.limit.left + 1};
    struct rights_totals totals;
    int rc = rights_list_write_offs(tx, range, add_write_off_row, &list);
    rc = rc < 0 ? rc : rights_totals(tx, &totals);
    if (rc < 0)
        return rc;
    admin_set(call, "write_offs", json_integer((json_int_t)totals.write_offs));
    admin_set(call, "exposure_minor", json_integer(list.exposure_minor)); /* of the rows shown */
    admin_limit_tell(call, &list.limit);
    return 0;
}

int cmd_terminal_lost(struct admin_call *call, struct store_tx *tx)
{
    int rc = succession_lost(tx, admin_u32(call, "terminal"), OPERATOR, admin_text(call, "why", ""));
    return rc == -EINVAL ? admin_refuse(call, rc, "it was never confirmed: refuse it") : rc;
}

int cmd_store_primary(struct admin_call *call, struct store_tx *tx)
{
    int rc = succession_hand_over(tx, admin_u32(call, "store"), admin_u32(call, "terminal"), OPERATOR);
    if (rc == -EOVERFLOW)
        return admin_refuse(call, rc, "the store has used up its store epochs: open a new store for its terminals");
    return rc == -EINVAL ? admin_refuse(call, rc, "it is not a confirmed terminal of that store") : rc;
}

int cmd_store_alone(struct admin_call *call, struct store_tx *tx)
{
    const char *on = admin_text(call, "on", "");
    if (strcmp(on, "on") != 0 && strcmp(on, "off") != 0)
        return admin_refuse(call, -EINVAL, "on or off, not \"%s\"", on);
    return succession_order_alone(tx, admin_u32(call, "store"), strcmp(on, "on") == 0);
}

static int add_succession_row(void *context, const struct succession *succession)
{
    admin_add_row(context, json_pack("{s:I, s:I, s:s, s:b, s:I}", "store", (json_int_t)succession->store, "after",
                                     (json_int_t)succession->old_terminal, "state",
                                     succession->waits ? "waits for its end" : "gives its rights on", "risk",
                                     succession->risk, "left", (json_int_t)succession->left));
    return 0;
}

int cmd_successions(struct admin_call *call, struct store_tx *tx)
{
    return succession_each(tx, add_succession_row, call);
}

static int add_missing_row(void *context, const struct settle_missing *missing)
{
    admin_add_row(context,
                  json_pack("{s:I, s:I, s:I, s:I}", "terminal", (json_int_t)missing->terminal, "store",
                            (json_int_t)missing->store, "durable_through", (json_int_t)missing->durable_through,
                            "last_contact_ms", (json_int_t)missing->last_contact_ms));
    return 0;
}

int cmd_restore_status(struct admin_call *call, struct store_tx *tx)
{
    struct settle_status status = {0};
    char words[SETTLE_WORDS_MAX];
    int rc = settle_status(tx, &status);
    rc = rc ? rc : settle_each_missing(tx, add_missing_row, call);
    settle_words(&status, words);
    admin_set(call, "restore", json_string(words));
    admin_set(call, "waits", json_boolean(status.waits));
    admin_set(call, "grants_at_risk", json_boolean(status.at_risk));
    return rc;
}

int cmd_restore_settle(struct admin_call *call, struct store_tx *tx)
{
    int rc = settle_force(tx, admin_u32(call, "terminal"), OPERATOR, admin_text(call, "why", ""));
    return rc == -EALREADY ? admin_refuse(call, rc, "nothing is waited for") : rc;
}
