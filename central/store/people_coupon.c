#include "central/store/people_coupon.h"

#include "central/store/campaign_issue.h"
#include "central/store/identity.h"
#include "central/store/people_touchpoint.h"
#include "domain/shortcode.h"

#include <stdio.h>
#include <string.h>

#define SHORTCODE_ATTEMPTS 8
#define SHORTCODE_MASK     ((UINT64_C(1) << 50) - 1)
#define RELEASE_LEAD_S     (48 * 3600)
#define RELEASE_LAG_S      (24 * 3600)

static uint32_t exclusive_until(enum release_rule rule, const struct coupon *coupon, uint32_t now_s)
{
    switch (rule) {
    case RELEASE_NONE:
        return 0;
    case RELEASE_BEFORE_EXPIRY_48H:
        return coupon->expiry_s > RELEASE_LEAD_S ? coupon->expiry_s - RELEASE_LEAD_S : 0;
    case RELEASE_AFTER_ISSUE_24H:
        return now_s + RELEASE_LAG_S;
    }
    return 0;
}

bool people_runs_in_store(const struct campaign *rules, uint32_t store)
{
    bool found = rules->store_count == 0;
    for (uint32_t i = 0; i < rules->store_count && i < CAMPAIGN_STORES_MAX; i++) {
        found = found || rules->stores[i] == store;
    }
    return found;
}

static int set_validity(const struct campaign_entry *campaign, const struct coupon_order *order, uint32_t now_s,
                        struct coupon *coupon)
{
    const struct campaign *rules = &campaign->rules;
    coupon->valid_from_s = order->valid_from_s ? order->valid_from_s : now_s;
    if (!order->valid_from_s && rules->valid_from_s > now_s) {
        coupon->valid_from_s = rules->valid_from_s;
    }
    uint32_t end_s = campaign->life_s ? coupon->valid_from_s + campaign->life_s : rules->valid_to_s;
    if (rules->valid_to_s && end_s > rules->valid_to_s) {
        end_s = rules->valid_to_s;
    }
    coupon->expiry_s = order->expiry_s ? order->expiry_s : end_s;
    if (coupon->expiry_s <= coupon->valid_from_s) {
        return -ERANGE;
    }
    enum release_rule rule = order->stays_private ? RELEASE_NONE : (enum release_rule)rules->release;
    coupon->exclusive_until_s = exclusive_until(rule, coupon, now_s);
    return 0;
}

static int set_home(struct store_tx *tx, const struct coupon_order *order, struct coupon *coupon)
{
    struct member member;
    struct shop shop;
    coupon->home_store = order->store;
    if (order->member) {
        int rc = people_find_member(tx, order->member, &member);
        if (rc < 0) {
            return rc;
        }
        if (member.erased) {
            return -EPERM;
        }
        coupon->home_store = member.home_store;
    }
    int rc = identity_find_shop(tx, coupon->home_store, &shop);
    if (rc == 0) {
        coupon->store_epoch = shop.store_epoch;
        rc = shop.brand == coupon->brand ? 0 : -EXDEV;
    }
    return rc;
}

static int issue_with_shortcode(struct store_tx *tx, struct coupon *coupon, enum campaign_mode mode)
{
    int rc = -EEXIST;
    for (int i = 0; rc == -EEXIST && i < SHORTCODE_ATTEMPTS; i++) {
        char code[SHORTCODE_LEN + 1];
        shortcode_from_value(random_u64(store_random(tx->store)) & SHORTCODE_MASK, code);
        memcpy(coupon->shortcode, code, sizeof(code));
        rc = rights_issue_coupon(tx, coupon, mode, &coupon->id);
    }
    return rc;
}

int people_issue_coupon(struct store_tx *tx, const struct coupon_order *order, struct coupon *out_coupon)
{
    struct campaign_entry campaign;
    int rc = catalogue_find_campaign(tx, order->campaign, &campaign);
    if (rc < 0) {
        return rc;
    }
    if (campaign.rules.state != CAMPAIGN_LIVE) {
        return -EPERM;
    }
    struct coupon coupon = {
        .id.campaign = order->campaign, .brand = campaign.brand, .member = order->member, .issued_ms = tx->now_ms};
    rc = set_home(tx, order, &coupon);
    if (rc == 0 && !people_runs_in_store(&campaign.rules, coupon.home_store)) {
        rc = -EXDEV;
    }
    rc = rc ? rc : set_validity(&campaign, order, (uint32_t)(tx->now_ms / 1000), &coupon);
    rc = rc ? rc : issue_with_shortcode(tx, &coupon, (enum campaign_mode)campaign.rules.mode);
    return rc ? rc : rights_find_coupon(tx, coupon.id, out_coupon);
}

static int greet(struct store_tx *tx, const struct touchpoint *touchpoint, const struct joined *joined)
{
    struct greeting greeting = {.brand = touchpoint->brand,
                                .store = touchpoint->store,
                                .touchpoint = touchpoint->id,
                                .member = joined->member,
                                .issued_coupons = joined->coupons};
    return touchpoint->id ? people_greet(tx, &greeting) : 0;
}

int people_join(struct store_tx *tx, const struct joining *joining, struct joined *out_joined)
{
    struct touchpoint touchpoint = {.store = joining->store};
    struct shop shop;
    int rc = joining->touchpoint ? people_find_touchpoint(tx, joining->touchpoint, &touchpoint) : 0;
    rc = rc ? rc : identity_find_shop(tx, touchpoint.store, &shop);
    if (rc < 0) {
        return rc;
    }
    struct member member = {.brand = joining->brand,
                            .tier = 1,
                            .home_store = touchpoint.store,
                            .won_by = {.touchpoint = touchpoint.id,
                                       .store = touchpoint.id ? touchpoint.store : 0,
                                       .terminal = touchpoint.terminal,
                                       .clerk = touchpoint.clerk,
                                       .campaign = touchpoint.campaign}};
    snprintf(member.won_by.shelf, sizeof(member.won_by.shelf), "%s", touchpoint.shelf);
    struct joined joined = {0};
    rc = people_add_member(tx, &member, joining->consent_version, &joined.member);
    struct campaign_arrival arrival = {joining->brand, touchpoint.id, joined.member};
    rc = rc ? rc : campaign_welcome(tx, &arrival, &joined.coupons);
    rc = rc ? rc : people_count_step(tx, touchpoint.id, FUNNEL_JOIN, 0);
    rc = rc ? rc : greet(tx, &touchpoint, &joined);
    if (rc == 0) {
        *out_joined = joined;
    }
    return rc;
}
