#ifndef CENTRAL_STORE_CAMPAIGN_POOL_H
#define CENTRAL_STORE_CAMPAIGN_POOL_H

/*
 * The public pool (reliability.md, "Public release"): coupons that their holders let lie and that others may have now.
 * exclusive_until changes who may use a coupon, never where its right is: the store that holds it redeems it for
 * anybody, offline too; a claim for another store asks the holder for an ordinary release, and until it answers the
 * coupon stays good there. So nothing here can double a coupon.
 */

#include "central/store/campaign_issue.h"

/* Coupons whose release moment has passed become public. */
MUST_CHECK int campaign_run_release(struct store_tx *tx, unsigned limit, unsigned *out_done);

/* Tells every store of a campaign what is in its pool, ten seconds at the earliest after it was told before. limit:
 * campaigns. */
MUST_CHECK int campaign_run_pools(struct store_tx *tx, unsigned limit, unsigned *out_done);

/* One look whether any of the campaigns' jobs has something to do. */
MUST_CHECK int campaign_work_due(struct store_tx *tx, bool *out_due);

struct public_offer {
    struct campaign rules;
    uint32_t here;      /* held by the store that was asked about */
    uint32_t elsewhere; /* and by others, or by central (strict) */
    uint32_t until_s;
    uint32_t only_store; /* the one that holds those elsewhere; 0 = several, or central */
};
typedef int (*public_visit)(void *context, const struct public_offer *offer);
/* What a member at home in that store may claim, live campaigns only, in order of campaign. As campaign_run_pools last
 * counted it, less what was claimed since. */
MUST_CHECK int campaign_each_public(struct store_tx *tx, uint32_t brand, uint32_t store, public_visit visit,
                                    void *context);

struct claim {
    uint32_t campaign;
    uint64_t member;
};
struct claimed {
    enum issue_verdict verdict;
    struct coupon coupon; /* ISSUE_GIVEN: theirs from now on */
    bool ready;           /* its right is where the member is at home; else the holder is asked for it */
};
/*
 * The member takes one out of the pool; those at the member's own store first, then those that end first. Refusals as
 * campaign_issue's; nothing in the pool is unmet demand. -ENOENT: no such campaign.
 */
MUST_CHECK int campaign_claim(struct store_tx *tx, const struct claim *claim, struct claimed *out_claimed);

/*
 * The store that holds it gave it to somebody else before it heard of the claim: the claim is over, the coupon is as it
 * was, and the claimer has another one of the campaign's when there is one. The unmet wish is noted (ISSUE_TAKEN).
 */
struct given;
MUST_CHECK int campaign_lose_claim(struct store_tx *tx, const struct given *given);
/* Campaigns of which the member lost a claim since then and has none to use now; visit as above, without counts. */
MUST_CHECK int campaign_each_lost(struct store_tx *tx, uint64_t member, int64_t since_ms, public_visit visit,
                                  void *context);

#endif
