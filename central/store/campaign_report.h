#ifndef CENTRAL_STORE_CAMPAIGN_REPORT_H
#define CENTRAL_STORE_CAMPAIGN_REPORT_H

/* What a campaign did: what was given and what became of it, in both arms, and the lift between them (domain/lift.h).
 */

#include "central/store/campaign.h"
#include "domain/lift.h"

struct campaign_stand {
    uint64_t given; /* revoked ones not */
    uint64_t open, used, revoked, expired;
    uint64_t released, claimed; /* became public; were claimed by somebody else */
    int64_t committed_minor;
};
MUST_CHECK int campaign_stand(struct store_tx *tx, uint32_t campaign, struct campaign_stand *out_stand);

struct campaign_arm_report {
    uint64_t members;
    uint64_t coupons, coupons_used; /* given to them, and used by whomever */
    uint64_t used;                  /* members with a coupon of theirs used, by whomever */
    uint64_t bought;                /* members who bought anything while it ran for them */
};
/* With a release rule the outcome is the use of the coupons; without one, the holdout has none, and it is buying. */
struct campaign_report {
    struct campaign_arm_report treated, holdout;
    bool by_use;
    struct lift lift;
};
MUST_CHECK int campaign_report(struct store_tx *tx, uint32_t campaign, struct campaign_report *out_report);

#endif
