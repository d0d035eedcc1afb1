#ifndef CENTRAL_STORE_ANEW_H
#define CENTRAL_STORE_ANEW_H

/*
 * The books made anew from the journal, record by record in the order of arrival, by the code that takes them in, and
 * compared with the running ones (docs/decisions/2026-11-24-central-made-anew.md). What central decided is read from
 * its own records, never decided again.
 *
 * Made anew and compared: redemptions, their conflicts and those of credit, voids, voids that wait, every posting,
 * every balance, and of coupons whether they are revoked and used. In books that were never restored also where each
 * coupon's right is, its next use number, the grant log, and the shares of credit by store.
 *
 * Taken over as facts that stand in no record: brands, stores, terminals, what was noted as a problem; of a coupon what
 * its token says; of a grant its lease, its store epoch and its place in the feed; of a move of credit who owes it; the
 * kind of a conflict. Not looked at: open moves, what is asked of stores, feeds, the people's side.
 */

#include "central/store/store.h"

struct anew_finding {
    char table[32];  /* "" = no difference */
    char where[160]; /* the key of its first row that differs, or what of a record cannot be */
    uint64_t records;
    bool rights; /* rights, grants and shares were compared: the books were never restored */
};

/*
 * books: a snapshot. scratch: a file that may be made and is removed. 0; -EUCLEAN with the first difference; else as
 * db.h. *out_finding is filled in both of the first cases.
 */
MUST_CHECK int anew_compare(struct store_tx *books, const char *scratch, struct anew_finding *out_finding);

#endif
