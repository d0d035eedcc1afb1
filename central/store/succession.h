#ifndef CENTRAL_STORE_SUCCESSION_H
#define CENTRAL_STORE_SUCCESSION_H

/*
 * One terminal after another at the head of a store (docs/decisions/2026-11-22-who-follows-a-primary.md). A store's
 * rights and credit shares are one number at central, whoever of its terminals holds them; what changes hands inside
 * the store is known here by the store epoch. Rights held under an epoch before the store's `since_epoch` ended with
 * who held them: central gives them to the store anew, under the next epoch of each coupon.
 */

#include "central/store/identity.h"
#include "domain/body.h"

/* A peer took the primary's place (RECORD_PROMOTION in its journal). *out_problem: NULL, or what cannot be. */
MUST_CHECK int succession_promoted(struct store_tx *tx, const struct record *record, uint32_t store,
                                   const struct body_promotion *body, const char **out_problem);
/* The primary answers without a peer, or no longer; a record of its journal. */
MUST_CHECK int succession_went_alone(struct store_tx *tx, uint32_t store, bool on);

/* A terminal begins anew (RECORD_INCARNATION): it holds nothing. When it is the primary, its store's rights are given
 * to it again, as after a loss. */
MUST_CHECK int succession_new_incarnation(struct store_tx *tx, struct record_id id, uint32_t store);

/*
 * Planned: another terminal of the store becomes primary. The old one's rights are given anew when it has shown that it
 * took the news and where its journal ended then. -EINVAL when the terminal is not a confirmed one of the store.
 */
MUST_CHECK int succession_hand_over(struct store_tx *tx, uint32_t store, uint32_t terminal, const char *who);
MUST_CHECK int succession_order_alone(struct store_tx *tx, uint32_t store, bool on);

/*
 * A terminal will not come back: removed. When it was the primary, the store has none until the next one is confirmed
 * or promoted, and its rights and credit are given to the store anew, at risk unless its journal came in through its
 * signed end. Idempotent.
 */
MUST_CHECK int succession_lost(struct store_tx *tx, uint32_t terminal, const char *who, const char *why);

/* From feed requests: the terminal has taken its store's lane up to `position`, and its journal of `seq` records went
 * up whole. Only reads; *out_due: succession_go_on has something to do. */
struct succession_sign {
    uint32_t terminal, store;
    uint64_t position;
    bool shows_end;
    uint64_t seq;
};
MUST_CHECK int succession_is_due(struct store_tx *tx, const struct succession_sign *sign, bool *out_due);
/* Gives the next SUCCESSION_STEP rights anew, if it may by now. */
#define SUCCESSION_STEP 2000
MUST_CHECK int succession_go_on(struct store_tx *tx, const struct succession_sign *sign);
/* Its journal came in by hand through its signed end: what it held is given on without risk. */
MUST_CHECK int succession_note_ended(struct store_tx *tx, uint32_t terminal, uint64_t seq);

/* Whether a record of a former primary is one that its successor could not know: beyond the copy, or after a write-off.
 */
MUST_CHECK int succession_explains(struct store_tx *tx, struct record_id id, bool *out_explains);
/* Whether that is so of one of the two records of a double, or of the release by which one of their stores had given
 * away the very right that another of its terminals used: a copy that ends before it shows the right as still there. */
MUST_CHECK int succession_explains_double(struct store_tx *tx, struct record_id a, struct record_id b,
                                          bool *out_explains);

/* Whether a terminal of the store was followed without its last word, or went on without a peer, so that credit may
 * have been spent twice. Reads journals: only when a conflict was found. */
MUST_CHECK int succession_at_risk(struct store_tx *tx, uint32_t store, bool *out_risk);

struct succession {
    uint32_t store, old_terminal;
    bool risk, waits; /* waits: for the old one's end */
    uint64_t left;    /* rights still to be given */
};
typedef int (*succession_visit)(void *context, const struct succession *succession);
MUST_CHECK int succession_each(struct store_tx *tx, succession_visit visit, void *context);

#endif
