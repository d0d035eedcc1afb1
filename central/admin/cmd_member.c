#include "central/admin/groups.h"
#include "central/phone/codes.h"
#include "central/store/identity.h"
#include "central/store/ledger.h"
#include "central/store/people_activity.h"
#include "central/store/people_coupon.h"
#include "central/store/people_tag.h"
#include "central/store/people_touchpoint.h"
#include "central/store/wechat_acquisition.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define OPERATOR   "admin"
#define LIST_LIMIT 100
#define MANY_MAX   5000

static uint64_t wanted_member(const struct admin_call *call)
{
    return (uint64_t)admin_number(call, "member", 0);
}

static json_t *member_row(const struct member *member)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:s, s:I, s:s}", "member", (json_int_t)member->id, "store",
                     (json_int_t)member->home_store, "joined_ms", (json_int_t)member->joined_ms, "touchpoint",
                     (json_int_t)member->won_by.touchpoint, "won_by_store", (json_int_t)member->won_by.store,
                     "terminal", (json_int_t)member->won_by.terminal, "shelf", member->won_by.shelf, "clerk",
                     (json_int_t)member->won_by.clerk, "state",
                     member->merged_into ? "merged"
                     : member->erased    ? "erased"
                                         : "active");
}

static int add_member_row(void *context, const struct member *member)
{
    admin_add_row(context, member_row(member));
    return 0;
}

int cmd_member_list(struct admin_call *call, struct store_tx *tx)
{
    uint64_t count = 0;
    int rc = people_each_member(tx, (uint32_t)admin_number(call, "limit", LIST_LIMIT), add_member_row, call);
    rc = rc ? rc : people_count_members(tx, &count);
    admin_set(call, "members", json_integer((json_int_t)count));
    return rc;
}

static int fill_attribution(struct admin_call *call, struct store_tx *tx, struct attribution *out)
{
    struct touchpoint touchpoint;
    uint32_t id = admin_u32(call, "touchpoint");
    int rc = id ? people_find_touchpoint(tx, id, &touchpoint) : -ENODATA;
    if (rc == -ENOENT) {
        return admin_refuse(call, rc, "there is no touchpoint %u", id);
    }
    if (rc == 0) {
        *out = (struct attribution){.touchpoint = id,
                                    .store = touchpoint.store,
                                    .terminal = touchpoint.terminal,
                                    .clerk = touchpoint.clerk,
                                    .campaign = touchpoint.campaign};
        memcpy(out->shelf, touchpoint.shelf, sizeof(out->shelf));
    }
    return rc == -ENODATA ? 0 : rc;
}

int cmd_member_add(struct admin_call *call, struct store_tx *tx)
{
    struct member member = {.home_store = admin_u32(call, "store"), .tier = 1, .has_pin = call->pin.given};
    struct shop shop;
    uint64_t id = 0;
    int64_t count = admin_number(call, "count", 1);
    if (count < 1 || count > MANY_MAX) {
        return admin_refuse(call, -ERANGE, "count is 1 to %d at a time", MANY_MAX);
    }
    int rc = identity_find_shop(tx, member.home_store, &shop);
    if (rc == -ENOENT) {
        return admin_refuse(call, rc, "there is no store %u", member.home_store);
    }
    member.brand = shop.brand;
    memcpy(member.pin_salt, call->pin.salt, sizeof(member.pin_salt));
    memcpy(member.pin_hash, call->pin.hash, sizeof(member.pin_hash));
    rc = rc ? rc : fill_attribution(call, tx, &member.won_by);
    for (int64_t i = 0; rc == 0 && i < count; i++) {
        rc = people_add_member(tx, &member, "paper", &id);
    }
    admin_set(call, "member", json_integer((json_int_t)id));
    admin_set(call, "added", json_integer(count));
    return rc;
}

static int add_tag_text(void *context, const struct member_tag *tag)
{
    json_array_append_new(context, json_string(tag->tag.name));
    return 0;
}

/* What the tier follows from, and what was said of the member. */
static int show_activity(struct admin_call *call, struct store_tx *tx, const struct member *member)
{
    struct activity activity;
    json_t *tags = json_array();
    int rc = people_find_activity(tx, member->id, &activity);
    rc = rc ? rc : people_each_member_tag(tx, member->id, add_tag_text, tags);
    if (rc == 0) {
        admin_set(call, "tier", json_string(tier_name((enum member_tier)member->tier)));
        admin_set(call, "purchases", json_integer((json_int_t)activity.purchases));
        admin_set(call, "spent_minor", json_integer(activity.spent_minor));
        admin_set(call, "redemptions", json_integer((json_int_t)activity.redemptions));
        admin_set(call, "last_visit_ms", json_integer(activity.visited_ms));
        admin_set(call, "last_act_ms", json_integer(activity.acted_ms));
        admin_set(call, "tags", json_incref(tags));
    }
    json_decref(tags);
    return rc;
}

static int add_coupon_text(void *context, const struct coupon *coupon)
{
    char id[ID_TEXT_MAX];
    coupon_id_format(coupon->id, id, sizeof(id));
    json_array_append_new(context, json_string(id));
    return 0;
}

int cmd_member_show(struct admin_call *call, struct store_tx *tx)
{
    struct member member;
    struct shop shop;
    char account[ACCOUNT_MAX];
    int64_t credit_minor = 0;
    json_t *coupons = json_array();
    struct rights_coupon_filter filter = {.member = wanted_member(call), .limit = LIST_LIMIT};
    int rc = people_find_member(tx, filter.member, &member);
    rc = rc ? rc : identity_find_shop(tx, member.home_store, &shop);
    if (rc == 0) {
        struct owner owner =
            shop.credit_owner.scope ? shop.credit_owner : (struct owner){.scope = OWNER_STORE, .id = shop.id};
        ledger_account_credit(owner, member.id, account);
        rc = ledger_balance(tx, account, UNIT_CREDIT, &credit_minor);
    }
    rc = rc ? rc : rights_each_coupon(tx, &filter, add_coupon_text, coupons);
    if (rc == 0) {
        json_t *row = member_row(&member);
        json_object_update(call->result, row);
        json_decref(row);
        admin_set(call, "credit_account", json_string(account));
        admin_set(call, "credit_minor", json_integer(credit_minor));
        admin_set(call, "coupons", json_incref(coupons));
    }
    json_decref(coupons);
    return rc ? rc : show_activity(call, tx, &member);
}

static void give_code(struct admin_call *call, uint64_t member, const char *name, const char *text)
{
    char tail[MEMBER_TAIL_LEN + 1], title[64];
    member_id_tail(member, tail);
    snprintf(title, sizeof(title), "会员 尾号 %s", tail);
    admin_set(call, "member", json_integer((json_int_t)member));
    admin_set(call, "text", json_string(text));
    admin_add_picture(call, &(struct admin_picture){.name = name, .text = text, .title = title});
}

int cmd_member_card(struct admin_call *call, struct store_tx *tx)
{
    struct member member;
    char text[TOKEN_TEXT_MAX];
    int rc = people_find_member(tx, wanted_member(call), &member);
    rc = rc ? rc : codes_member_card(&call->central->keys, member.id, (uint32_t)(tx->now_ms / 1000), text);
    if (rc == 0) {
        give_code(call, member.id, "member-card", text);
    }
    return rc;
}

int cmd_member_code(struct admin_call *call, struct store_tx *tx)
{
    struct member member;
    char text[TOKEN_TEXT_MAX];
    struct member_code code = {
        .member = wanted_member(call), .nonce = random_u64(random_real()) | 1, .now_s = (uint32_t)(tx->now_ms / 1000)};
    int rc = people_find_member(tx, code.member, &member);
    rc = rc ? rc : codes_member_code(&call->central->keys, &code, text);
    if (rc == 0) {
        give_code(call, member.id, "member-code", text);
        admin_set(call, "valid_to_ms", json_integer(((json_int_t)code.now_s + MEMBER_CODE_LIFE_S) * 1000));
    }
    return rc;
}

int cmd_member_attribute(struct admin_call *call, struct store_tx *tx)
{
    struct attribution_change change = {
        .member = wanted_member(call), .who = OPERATOR, .why = admin_text(call, "why", "")};
    int rc = fill_attribution(call, tx, &change.won_by);
    rc = rc ? rc : people_correct_attribution(tx, &change);
    return rc ? rc : vesting_begin(tx, change.member); /* whoever won the member gets its credit from now on */
}
