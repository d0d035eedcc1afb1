#ifndef CENTRAL_STORE_PEOPLE_ACTIVITY_H
#define CENTRAL_STORE_PEOPLE_ACTIVITY_H

/*
 * What a member did, as far as choosing and serving them needs it, and the tier that follows from it. Facts are kept as
 * records come in, voids taken back; a terminal's wrong clock cannot make a visit lie in the future.
 */

#include "central/store/people_member.h"
#include "central/store/segment_query.h"
#include "domain/record.h"

/* Times in Unix ms, 0 = never. A visit is a sale or a redemption, also one that was voided later. */
struct activity {
    uint64_t purchases, redemptions; /* without what was voided */
    int64_t spent_minor;             /* gross less discount, the same */
    int64_t visited_ms, bought_ms, redeemed_ms;
    int64_t acted_ms; /* the last act of any kind: its hour of the day is when the member is there */
};
/* Zeros for who has done nothing yet. */
MUST_CHECK int people_find_activity(struct store_tx *tx, uint64_t member, struct activity *out_activity);

/* After the core took in a terminal's record (central_part.applied). */
MUST_CHECK int people_note_record(struct store_tx *tx, const struct record *record);
/* Any other act: a message, a click, a tag taken. Unknown and erased members are passed over. */
MUST_CHECK int people_note_act(struct store_tx *tx, uint64_t member);

/*
 * Tiers (F14): joined less than new_days ago: new; else visited less than keep_days ago: keep; else visited, or joined,
 * less than gone_days ago: to activate; else gone.
 */
struct tier_rule {
    uint32_t new_days, keep_days, gone_days; /* keep_days < gone_days */
};
#define TIER_RULE_DEFAULT ((struct tier_rule){.new_days = 30, .keep_days = 60, .gone_days = 180})
enum member_tier people_tier_of(const struct tier_rule *rule, int64_t joined_ms, int64_t visited_ms, int64_t now_ms);

/* Takes effect with the next people_run_tiers. -ERANGE. */
MUST_CHECK int people_set_tier_rule(struct store_tx *tx, uint32_t brand, const struct tier_rule *rule, const char *who);
MUST_CHECK int people_tier_rule(struct store_tx *tx, uint32_t brand, struct tier_rule *out_rule);

/* A brand whose tiers are older than today (China Standard Time); -ENOENT: none. For looking from a snapshot. */
MUST_CHECK int people_next_tiers(struct store_tx *tx, uint32_t *out_brand);
/*
 * The next `limit` members of the brand: who has another tier now gets it, in the books and in the store's feed. Where
 * it stands is kept in the books, so several nodes may call it and each member is looked at once a day. *out_more:
 * call again.
 */
MUST_CHECK int people_run_tiers(struct store_tx *tx, uint32_t brand, uint32_t limit, bool *out_more);

/* ---- what a tier gives, in words, for the page and for staff */
struct privilege {
    uint32_t id, brand;
    enum member_tier tier;
    char name_zh[FEED_NAME_MAX], name_en[FEED_NAME_MAX];
};
MUST_CHECK int people_add_privilege(struct store_tx *tx, const struct privilege *privilege, const char *who,
                                    uint32_t *out_id);
MUST_CHECK int people_remove_privilege(struct store_tx *tx, uint32_t id, const char *who); /* -ENOENT */
typedef int (*people_privilege_visit)(void *context, const struct privilege *privilege);
/* tier TIER_NONE: of all tiers. */
MUST_CHECK int people_each_privilege(struct store_tx *tx, uint32_t brand, enum member_tier tier,
                                     people_privilege_visit visit, void *context);

#endif
