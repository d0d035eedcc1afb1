#ifndef CENTRAL_STORE_PEOPLE_COUPON_H
#define CENTRAL_STORE_PEOPLE_COUPON_H

/* Giving coupons to people, and people becoming members. The right itself is rights.h's. */

#include "central/store/catalogue.h"
#include "central/store/people_member.h"
#include "central/store/rights.h"

struct coupon_order {
    uint32_t campaign;
    uint64_t member;       /* 0: printed, for whoever holds it */
    uint32_t store;        /* home of a printed one; a member's coupon lives at the member's home store */
    uint32_t valid_from_s; /* 0: now, or the campaign's start if that is later */
    uint32_t expiry_s;     /* 0: by the campaign's rules */
    bool stays_private;    /* its release rule does not apply: the holdout */
};

/*
 * One coupon of a live campaign. Only campaign_issue calls this: it knows limits, budget and holdout. -ENOENT: no such
 * campaign, member or store; -EPERM: the campaign is not live, or the member was erased; -EXDEV: the home store is not
 * one of the campaign's; -ERANGE: it would end before it begins.
 */
MUST_CHECK int people_issue_coupon(struct store_tx *tx, const struct coupon_order *order, struct coupon *out_coupon);

/* A campaign that names no stores runs in all of them. */
bool people_runs_in_store(const struct campaign *rules, uint32_t store);

struct joining {
    uint32_t brand;
    uint32_t touchpoint; /* 0: unattributed */
    uint32_t store;      /* home store of an unattributed member; ignored when the touchpoint has one */
    const char *consent_version;
};

/*
 * The shopper agreed: a member, attributed to the touchpoint's store, terminal, shelf and clerk; a welcome coupon of
 * each live joining campaign (a reward of membership, never of the follow); a greeting on the touchpoint's screen.
 * -ENOENT: store or touchpoint unknown.
 */
struct joined {
    uint64_t member;
    uint32_t coupons;
};
MUST_CHECK int people_join(struct store_tx *tx, const struct joining *joining, struct joined *out_joined);

#endif
