#ifndef CENTRAL_STORE_RECORDS_H
#define CENTRAL_STORE_RECORDS_H

/*
 * From journal records to projections: rights, shares, ledger. A record is a fact and never refused; one that says what
 * cannot be (unreadable body, contradicting amounts, a void of nothing) stays in the journal, is noted as a problem and
 * changes nothing else.
 */

#include "central/store/journal.h"
#include "central/store/store.h"
#include "domain/ledger.h"

/* Applies one record that was just stored. < 0 only when the books themselves fail. */
MUST_CHECK int records_apply(struct store_tx *tx, const struct record *record, uint32_t store);

/* The postings that a stored record has by now: none for problems, waiting or second voids. Redemptions that lost
 * against another one post to risk/<campaign> instead of discount/<campaign>. */
MUST_CHECK int records_postings(struct store_tx *tx, const struct record *record, uint32_t store,
                                struct postings *out_postings);

struct record_problem {
    struct record_id id;
    uint16_t kind;
    const char *reason; /* valid during the visit */
};
typedef int (*record_problem_visit)(void *context, const struct record_problem *problem);
MUST_CHECK int records_each_problem(struct store_tx *tx, record_problem_visit visit, void *context);

#endif
