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

/* An act is a handful of records; its redemption stands within this many before its sale. */
#define RECORDS_ACT_MAX 16

/* Applies one record that was just stored. < 0 only when the books themselves fail. */
MUST_CHECK int records_apply(struct store_tx *tx, const struct record *record, uint32_t store);

/* The postings that a stored record has by now: none for problems, waiting or second voids. Redemptions that lost
 * against another one post to risk/<campaign> instead of discount/<campaign>; so does what comes after it of the act of
 * one that was displaced (rights_displace.h). */
MUST_CHECK int records_postings(struct store_tx *tx, const struct record *record, uint32_t store,
                                struct postings *out_postings);

/* Books them. Once only. */
MUST_CHECK int records_post(struct store_tx *tx, const struct record *record, uint32_t store);

/* Reasons of problems that records_retry takes up again: such a record changed nothing. */
#define PROBLEM_LATER_VERSION "of a later version"
#define PROBLEM_UNREADABLE    "unreadable body"
#define PROBLEM_OWNER         "earned credit that the store may not owe for another"

struct record_problem {
    struct record_id id;
    uint16_t kind;
    const char *reason; /* valid during the visit */
};
typedef int (*record_problem_visit)(void *context, const struct record_problem *problem);
MUST_CHECK int records_each_problem(struct store_tx *tx, record_problem_visit visit, void *context);
struct records_range {
    struct record_id after; /* zeros = from the first */
    int64_t limit;
};
MUST_CHECK int records_list_problems(struct store_tx *tx, const struct records_range *range, record_problem_visit visit,
                                     void *context);
/* Hands them to sink->applied as if they had just come, after an upgrade or a changed setting. */
MUST_CHECK int records_retry(struct store_tx *tx, const struct journal_sink *sink, uint64_t *out_tried);

#endif
