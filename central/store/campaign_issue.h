#ifndef CENTRAL_STORE_CAMPAIGN_ISSUE_H
#define CENTRAL_STORE_CAMPAIGN_ISSUE_H

/*
 * The one door through which a campaign's coupons are given: limits, budget and holdout are settled here, in the
 * transaction that makes the coupon. What was given is followed: used, voided, revoked, expired. Who asked when nothing
 * was to be had is counted (unmet demand).
 */

#include "central/store/campaign.h"
#include "central/store/people_coupon.h"
#include "domain/record.h"

/* In order of precedence. The numbers are kept in the books. */
enum issue_verdict {
    ISSUE_GIVEN = 0,
    ISSUE_NOT_LIVE = 1, /* not yet, or paused */
    ISSUE_OVER = 2,     /* ended, or its validity has passed */
    ISSUE_NOBODY = 3,   /* no such member or store, or the member was erased or is another brand's */
    ISSUE_WRONG_STORE = 4,
    ISSUE_HAD_ALREADY = 5, /* for this very cause */
    ISSUE_MEMBER_LIMIT = 6,
    ISSUE_NONE_LEFT = 7, /* total limit, or nothing in the pool */
    ISSUE_BUDGET_SPENT = 8,
    ISSUE_HELD_OUT = 9,
    ISSUE_HAS_ONE = 10,   /* claims: an unused one of the same campaign is theirs */
    ISSUE_TAKEN = 11,     /* claims: the store had redeemed it before its right could move */
    ISSUE_CAME_LATE = 12, /* at the counter: expired, or the campaign was over */
};
const char *issue_verdict_name(enum issue_verdict verdict); /* "none_left" */

#define ISSUE_CAUSE_MAX 64

struct issue_order {
    struct coupon_order coupon;
    uint8_t occasion; /* enum issue_occasion */
    /* What it is given for: the same cause gives a member one coupon of a campaign, however often it is heard of. "" =
     * none, by hand. */
    char cause[ISSUE_CAUSE_MAX];
    bool asked; /* the member asked: what cannot be given is unmet demand */
};
struct issued {
    enum issue_verdict verdict;
    struct coupon coupon; /* ISSUE_GIVEN only */
};
/* A refusal is no error and leaves nothing behind but its count. -ENOENT: no such campaign. */
MUST_CHECK int campaign_issue(struct store_tx *tx, const struct issue_order *order, struct issued *out_issued);

/* Everybody who becomes a member: each live joining campaign, and those of the touchpoint (0 = none). Counts coupons.
 */
struct campaign_arrival {
    uint32_t brand, touchpoint;
    uint64_t member;
};
MUST_CHECK int campaign_welcome(struct store_tx *tx, const struct campaign_arrival *arrival, uint32_t *out_coupons);
/* A member scans a touchpoint: its campaigns, once for each member and touchpoint. */
MUST_CHECK int campaign_at_touchpoint(struct store_tx *tx, const struct campaign_arrival *arrival,
                                      uint32_t *out_coupons);

/* ---- segments: who is in it when the campaign goes live is written down, then given in batches */
/* A campaign whose segment is to be entered; -ENOENT. */
MUST_CHECK int campaign_opening_next(struct store_tx *tx, uint32_t *out_campaign, uint32_t *out_segment);
MUST_CHECK int campaign_opening_add(struct store_tx *tx, uint32_t campaign, const uint64_t *members, size_t count);
MUST_CHECK int campaign_opening_end(struct store_tx *tx, uint32_t campaign);
MUST_CHECK int campaign_run_targets(struct store_tx *tx, unsigned limit, unsigned *out_done);

/* ---- what becomes of them */
/* After a terminal's record was taken in: redemptions, voids, sales, refused scans. */
MUST_CHECK int campaign_take_record(struct store_tx *tx, const struct record *record, uint32_t store);
/* After a coupon was revoked by whomever: its place and its budget are free again. Unknown coupons are nothing. */
MUST_CHECK int campaign_note_revoked(struct store_tx *tx, struct coupon_id id);
/* Coupons that ended unused give back what was set aside for them. */
MUST_CHECK int campaign_run_expiry(struct store_tx *tx, unsigned limit, unsigned *out_done);

struct unmet_row {
    uint32_t campaign;
    enum issue_verdict reason;
    uint64_t members, asked; /* different members (0 counts as one), times */
    int64_t last_ms;
};
typedef int (*unmet_visit)(void *context, const struct unmet_row *row);
/* campaign 0 = all. */
MUST_CHECK int campaign_each_unmet(struct store_tx *tx, uint32_t campaign, unmet_visit visit, void *context);

#endif
