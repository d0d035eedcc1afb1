#ifndef CENTRAL_STORE_CAMPAIGN_INTERNAL_H
#define CENTRAL_STORE_CAMPAIGN_INTERNAL_H

/* Between the files of campaign.h. */

#include "central/store/campaign.h"
#include "central/store/campaign_issue.h"
#include "central/store/journal.h"
#include "central/store/query.h"

MUST_CHECK int campaign_brief_write(struct store_tx *tx, const struct campaign_entry *entry,
                                    const struct campaign_brief *brief);

enum given_state { GIVEN_OPEN = 0, GIVEN_USED = 1, GIVEN_REVOKED = 2, GIVEN_EXPIRED = 3 };

struct given {
    struct coupon_id id;
    uint64_t member; /* whom it was given to first; claims do not change it */
    enum given_state state;
    int64_t committed_minor; /* of the campaign's budget: what it cost, or may cost */
    int64_t used_ms, released_ms;
    uint32_t expiry_s;
    uint64_t claimed_by;
};
MUST_CHECK int given_find(struct store_tx *tx, struct coupon_id id, struct given *out_given);
/* Brings it to the state, and the campaign's sums with it. */
MUST_CHECK int given_become(struct store_tx *tx, const struct given *given, enum given_state state,
                            int64_t committed_minor);

MUST_CHECK int campaign_note_unmet(struct store_tx *tx, uint32_t campaign, uint64_t member, enum issue_verdict reason);
/* Targets that the job has work with: of campaigns to a segment that are live or ended. From the briefs, which are few,
 * never through the targets of all. */
#define CAMPAIGN_TARGETS_WAITING                                                                                       \
    "FROM campaign_brief AS b CROSS JOIN campaign_target AS t INDEXED BY campaign_target_waiting ON t.campaign = "     \
    "b.campaign WHERE b.occasion = 3 AND b.state IN (3, 5) AND t.verdict IS NULL"

/* Its pool is told to the stores anew. */
MUST_CHECK int campaign_touch_pool(struct store_tx *tx, uint32_t campaign);

#endif
