#include "central/admin/groups.h"
#include "central/phone/codes.h"
#include "central/phone/page.h"
#include "central/store/campaign_issue.h"
#include "domain/shortcode.h"
#include "domain/time.h"

#include <stdio.h>
#include <string.h>

#define OPERATOR   "admin"
#define LIST_LIMIT 100
#define ISSUE_MAX  500 /* at a time: the answer carries every code */

static const char *coupon_state(const struct coupon *coupon, int64_t now_ms)
{
    if (coupon->uses > 0) {
        return "used";
    }
    if (coupon->revoked) {
        return "revoked";
    }
    if (now_ms / 1000 > coupon->expiry_s) {
        return "expired";
    }
    return now_ms / 1000 < coupon->valid_from_s ? "not yet" : "good";
}

static json_t *coupon_row(const struct coupon *coupon, int64_t now_ms)
{
    char id[ID_TEXT_MAX], shown[SHORTCODE_SHOWN_LEN + 1];
    coupon_id_format(coupon->id, id, sizeof(id));
    shortcode_shown(coupon->shortcode, shown);
    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:s, s:I, s:I}", "coupon", id, "shortcode", shown, "member",
                     (json_int_t)coupon->member, "home_store", (json_int_t)coupon->home_store, "valid_from_s",
                     (json_int_t)coupon->valid_from_s, "expiry_s", (json_int_t)coupon->expiry_s, "state",
                     coupon_state(coupon, now_ms), "right_store", (json_int_t)coupon->right_store, "right_epoch",
                     (json_int_t)coupon->right_epoch);
}

struct listing {
    struct admin_call *call;
    int64_t now_ms;
};

static int add_coupon_row(void *context, const struct coupon *coupon)
{
    struct listing *listing = context;
    admin_add_row(listing->call, coupon_row(coupon, listing->now_ms));
    return 0;
}

int cmd_coupon_list(struct admin_call *call, struct store_tx *tx)
{
    struct listing listing = {call, tx->now_ms};
    struct rights_coupon_filter filter = {.campaign = admin_u32(call, "campaign"),
                                          .member = (uint64_t)admin_number(call, "member", 0),
                                          .limit = (uint32_t)admin_number(call, "limit", LIST_LIMIT)};
    return rights_each_coupon(tx, &filter, add_coupon_row, &listing);
}

/* The picture says what the coupon gives, its short code, and how long it is good. */
static int give_picture(struct admin_call *call, struct store_tx *tx, const struct coupon *coupon)
{
    struct campaign_entry campaign;
    char text[TOKEN_TEXT_MAX], id[ID_TEXT_MAX], name[ID_TEXT_MAX + 8], shown[SHORTCODE_SHOWN_LEN + 1];
    char benefit[FEED_NAME_MAX + 32], condition[64], title[FEED_NAME_MAX + 100], until[24], note[112];
    int rc = catalogue_find_campaign(tx, coupon->id.campaign, &campaign);
    rc = rc ? rc : codes_coupon(&call->central->keys, coupon, text);
    if (rc < 0) {
        return rc;
    }
    coupon_id_format(coupon->id, id, sizeof(id));
    snprintf(name, sizeof(name), "coupon-%s", id);
    shortcode_shown(coupon->shortcode, shown);
    page_benefit(&campaign.rules, benefit, sizeof(benefit));
    page_condition(&campaign.rules, condition, sizeof(condition));
    snprintf(title, sizeof(title), "%s · %s", benefit, condition);
    time_format_day((int64_t)coupon->expiry_s * 1000, until, sizeof(until));
    snprintf(note, sizeof(note), "%s · 有效期至 %s", id, until);
    admin_set(call, "text", json_string(text));
    admin_add_picture(
        call, &(struct admin_picture){.name = name, .text = text, .title = title, .caption = shown, .note = note});
    return 0;
}

static int explain_verdict(struct admin_call *call, const struct issue_order *order, enum issue_verdict verdict)
{
    uint32_t campaign = order->coupon.campaign;
    switch (verdict) {
    case ISSUE_GIVEN:
        return 0;
    case ISSUE_NOT_LIVE:
        return admin_refuse(call, -EPERM, "campaign %u is not live", campaign);
    case ISSUE_OVER:
        return admin_refuse(call, -EPERM, "campaign %u is over, or the coupon would end before it begins", campaign);
    case ISSUE_NOBODY:
        return admin_refuse(call, -ENOENT, "no such member or store, or the member was erased");
    case ISSUE_WRONG_STORE:
        return admin_refuse(call, -EXDEV, "campaign %u does not run in the coupon's home store", campaign);
    case ISSUE_MEMBER_LIMIT:
        return admin_refuse(call, -EDQUOT, "the member has had as many of campaign %u as it allows", campaign);
    case ISSUE_NONE_LEFT:
        return admin_refuse(call, -EDQUOT, "campaign %u has given all its coupons", campaign);
    case ISSUE_BUDGET_SPENT:
        return admin_refuse(call, -EDQUOT, "campaign %u has no budget left for one more", campaign);
    case ISSUE_HAD_ALREADY:
    case ISSUE_HELD_OUT:
    case ISSUE_HAS_ONE:
    case ISSUE_TAKEN:
    case ISSUE_CAME_LATE:
        break;
    }
    return admin_refuse(call, -EPERM, "not given: %s", issue_verdict_name(verdict));
}

static int issue_one(struct admin_call *call, struct store_tx *tx, const struct issue_order *order,
                     struct coupon *out_coupon)
{
    struct issued issued;
    int rc = campaign_issue(tx, order, &issued);
    if (rc < 0) {
        return rc == -ENOENT ? admin_refuse(call, rc, "no such campaign") : rc;
    }
    *out_coupon = issued.coupon;
    return explain_verdict(call, order, issued.verdict);
}

/* The end of 32 bits (2106) is later than any coupon's. */
static uint32_t in_seconds(const struct admin_call *call, const char *name)
{
    int64_t moment_s = admin_moment_ms(call, name) / 1000;
    return moment_s < UINT32_MAX ? (uint32_t)moment_s : UINT32_MAX;
}

int cmd_coupon_issue(struct admin_call *call, struct store_tx *tx)
{
    struct issue_order order = {.coupon = {.campaign = admin_u32(call, "campaign"),
                                           .member = (uint64_t)admin_number(call, "member", 0),
                                           .store = admin_u32(call, "store"),
                                           .valid_from_s = in_seconds(call, "valid_from"),
                                           .expiry_s = in_seconds(call, "expiry")}};
    int64_t count = admin_number(call, "count", 1);
    if (count < 1 || count > ISSUE_MAX) {
        return admin_refuse(call, -ERANGE, "count is 1 to %d at a time", ISSUE_MAX);
    }
    if (!order.coupon.member && !order.coupon.store) {
        return admin_refuse(call, -EINVAL, "a printed coupon needs its home: --store");
    }
    for (int64_t i = 0; i < count; i++) {
        struct coupon coupon;
        int rc = issue_one(call, tx, &order, &coupon);
        rc = rc ? rc : give_picture(call, tx, &coupon);
        if (rc < 0) {
            return rc;
        }
        admin_add_row(call, coupon_row(&coupon, tx->now_ms));
    }
    return 0;
}

static int find_wanted(struct admin_call *call, struct store_tx *tx, struct coupon *out_coupon)
{
    const char *text = admin_text(call, "coupon", "");
    char code[SHORTCODE_LEN + 1];
    struct coupon_id id;
    int rc = coupon_id_parse(text, &id);
    if (rc == 0) {
        rc = rights_find_coupon(tx, id, out_coupon);
    } else if (shortcode_parse(text, code) == 0) {
        rc = rights_find_shortcode(tx, code, out_coupon);
    } else {
        return admin_refuse(call, -EINVAL, "\"%s\" is neither a coupon like 1001-12 nor a short code", text);
    }
    return rc == -ENOENT ? admin_refuse(call, rc, "there is no coupon %s", text) : rc;
}

int cmd_coupon_show(struct admin_call *call, struct store_tx *tx)
{
    struct coupon coupon;
    int rc = find_wanted(call, tx, &coupon);
    if (rc == 0) {
        json_t *row = coupon_row(&coupon, tx->now_ms);
        json_object_update(call->result, row);
        json_decref(row);
        rc = give_picture(call, tx, &coupon);
    }
    return rc;
}

int cmd_coupon_revoke(struct admin_call *call, struct store_tx *tx)
{
    struct coupon coupon;
    int rc = find_wanted(call, tx, &coupon);
    rc = rc ? rc : rights_revoke_coupon(tx, coupon.id, OPERATOR, admin_text(call, "why", ""));
    return rc ? rc : campaign_note_revoked(tx, coupon.id);
}
