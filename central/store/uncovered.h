#ifndef CENTRAL_STORE_UNCOVERED_H
#define CENTRAL_STORE_UNCOVERED_H

/*
 * Credit that a store gave away and that nothing in these books covers
 * (docs/decisions/2026-11-22-credit-that-nothing-covers.md). The journals of a store's terminals come up in any order,
 * so a share below nothing says little: what covers it may still be on its way. It is a question, put to the store by
 * FEED_SHOW_END. Once every terminal of the store has taken that item and shown the end of its journal since, nothing
 * can come any more; what is missing then was spent twice, is a conflict, and the risk account bears it. The share
 * stays what the store's terminals say; what was written off is the member's in central's hand (the share of store 0),
 * and given to the store that asks. So the outcome does not depend on the order in which journals came.
 */

#include "central/store/journal.h"
#include "central/store/rights.h"
#include "central/store/succession.h"

/* For rights_share_add: the share of the store went below nothing. */
MUST_CHECK int uncovered_ask(struct store_tx *tx, uint64_t member, struct owner owner, uint32_t store);

/* From feed requests. is_due only reads; note_end settles what can be settled by now. */
MUST_CHECK int uncovered_is_due(struct store_tx *tx, const struct succession_sign *sign, bool *out_due);
MUST_CHECK int uncovered_note_end(struct store_tx *tx, const struct succession_sign *sign);

/* A terminal of the store is gone: whoever holds its journal shows an end anew, after carrying it up. */
MUST_CHECK int uncovered_ask_again(struct store_tx *tx, uint32_t store);

/* A spend that was written off in parts, or whole, was voided. */
MUST_CHECK int uncovered_voided(struct store_tx *tx, uint32_t store, const struct body_credit *spend,
                                int64_t written_off_minor);

/*
 * After a record raised the share at store. A journal may come in by hand long after its terminal was given up; what a
 * successor had in its copy of it covers that one's spend after all, and the conflict shrinks or goes.
 */
struct cover {
    struct record_id by;
    uint32_t store;
    uint64_t member;
    struct owner owner;
    int64_t amount_minor; /* brought; not above 0: nothing to do */
};
MUST_CHECK int uncovered_cover(struct store_tx *tx, const struct cover *cover);

/* What was written off for a member, and is still in central's hand, to the store that asks: at most as much as it
 * needs for `wanted_minor`. *out_minor 0: nothing. */
MUST_CHECK int uncovered_take(struct store_tx *tx, const struct cover *wanted, int64_t *out_minor);

/* Of a record of central's own that says what was written off, or covered after all: the conflict as it made it, where
 * books are made anew. -EUCLEAN when it says neither. */
MUST_CHECK int uncovered_take_fact(struct store_tx *tx, const struct journal_fact *fact);

/* Of RECORD_CONFLICT. */
void uncovered_postings(const struct record *record, struct postings *out_postings);

#endif
