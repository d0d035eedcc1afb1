#ifndef CENTRAL_STORE_PEOPLE_MEMBER_H
#define CENTRAL_STORE_PEOPLE_MEMBER_H

/*
 * Members: a random number, where they were won, and nothing that names a person. What a store needs of them goes into
 * the feed of their home store (FEED_MEMBER). Functions that change things journal central's record and publish in
 * the same transaction.
 */

#include "central/store/store.h"
#include "domain/clerk.h"
#include "domain/feed.h"

/* Who won the member. Zeros and "": unattributed. */
struct attribution {
    uint32_t touchpoint, store, terminal, clerk, campaign;
    char shelf[FEED_NAME_MAX];
};

struct member {
    uint64_t id; /* 63 random bits, never 0 */
    uint32_t brand;
    uint8_t tier;
    uint32_t home_store;
    bool has_pin;
    uint8_t pin_salt[PIN_SALT_LEN], pin_hash[PIN_HASH_LEN]; /* argon2id of domain/clerk.h */
    int64_t joined_ms;
    struct attribution won_by;
    bool erased;          /* gone, or part of another one */
    uint64_t merged_into; /* the number that this one became part of; 0: it is one of its own (people_merge.h) */
};

#define CONSENT_VERSION_MAX 24

/* id and joined_ms are given. consent_version: of the text that was agreed to, NULL when an operator enters a member
 * who consented elsewhere. Journals RECORD_MEMBER_JOINED. */
MUST_CHECK int people_add_member(struct store_tx *tx, const struct member *member, const char *consent_version,
                                 uint64_t *out_id);
MUST_CHECK int people_find_member(struct store_tx *tx, uint64_t id, struct member *out_member);
/* Newest first, at most limit, until visit returns non-zero, which is passed on. */
typedef int (*people_member_visit)(void *context, const struct member *member);
MUST_CHECK int people_each_member(struct store_tx *tx, uint32_t limit, people_member_visit visit, void *context);
/* For people_privacy.c: one line of the consent log. */
MUST_CHECK int people_log_consent(struct store_tx *tx, uint64_t member, const char *version, bool given);
/* Tells a store, or the home store, how the member stands (FEED_MEMBER). */
MUST_CHECK int people_tell_store(struct store_tx *tx, const struct member *member, uint32_t store);
MUST_CHECK int people_publish_member(struct store_tx *tx, const struct member *member);
MUST_CHECK int people_count_members(struct store_tx *tx, uint64_t *out_count);

/* A correction of who won a member: a new record with its reason (RECORD_ATTRIBUTION), the old ones stay. */
struct attribution_change {
    uint64_t member;
    struct attribution won_by;
    const char *who, *why; /* why is required */
};
MUST_CHECK int people_correct_attribution(struct store_tx *tx, const struct attribution_change *change);

#endif
