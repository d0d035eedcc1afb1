#ifndef CENTRAL_STORE_ACQUISITION_H
#define CENTRAL_STORE_ACQUISITION_H

/*
 * What a clerk earns for winning a member: booked as pending when the member joins, vested at day 21 if the member is
 * still there, taken back if not. Accounts, in credit points:
 *   acquisition/pending/s<store>/c<clerk>   pending (positive)
 *   acquisition/s<store>/c<clerk>           vested (positive)
 *   issued/acquisition/s<store>             the other side (negative)
 */

#include "central/store/journal.h"
#include "domain/ledger.h"

enum acquisition_step { ACQUISITION_PENDING = 0, ACQUISITION_VESTED = 1, ACQUISITION_FORFEITED = 2 };

struct acquisition {
    uint32_t brand, store, clerk;
    uint64_t member;
    int64_t amount_minor; /* > 0 */
};

/* Journals one step (RECORD_ACQUISITION) and posts it. */
MUST_CHECK int acquisition_book(struct store_tx *tx, enum acquisition_step step, const struct acquisition *acquisition);

/* The postings of such a record; none when its body cannot be read. For records_postings. */
void acquisition_postings(const struct record *record, uint32_t store, struct postings *out_postings);

#endif
