#ifndef CENTRAL_STORE_MERGE_CREDIT_H
#define CENTRAL_STORE_MERGE_CREDIT_H

/*
 * Credit of one member that becomes another's, because both are one person. A store that holds a share of it may be
 * spending it at this moment, so central takes nothing away: it asks (FEED_SHARE_REQUEST), and what the store releases
 * goes back to the same store under the other number (FEED_SHARE_GRANT), with a posting from the one credit account to
 * the other (RECORD_MEMBER_MERGED, what "credit"). Until a store has answered, the share stays where it is, and what it
 * says of it is booked as it says. Shares are the balances at every moment.
 */

#include "central/store/store.h"
#include "domain/ids.h"
#include "domain/ledger.h"
#include "domain/record.h"

/* Asks every store for all that it holds of `from`; stores that are being asked already are left alone. */
MUST_CHECK int merge_credit_ask(struct store_tx *tx, uint64_t from, uint64_t to);

/* The two are two again: what came from `back_to` and is still there goes back; what is on its way stays. */
MUST_CHECK int merge_credit_undo(struct store_tx *tx, uint64_t from, uint64_t back_to);

/* What the number still has at stores, over all who owe it: asked for, and not answered yet. */
MUST_CHECK int merge_credit_left(struct store_tx *tx, uint64_t member, int64_t *out_minor);

/* Into which number this one was merged; 0: into none, or there is no such number. */
#define MERGE_CHAIN_MAX 16 /* merges after each other that are followed */
MUST_CHECK int merge_credit_heir(struct store_tx *tx, uint64_t member, uint64_t *out_next);

/* Credit that is at an absorbed number after all (a record that came late named it) is asked for, from number to
 * number. */
MUST_CHECK int merge_credit_follow(struct store_tx *tx, uint64_t member);

/* For rights_share.c: a store has released what it was asked for; its share is reduced already. */
struct transfer;
MUST_CHECK int merge_credit_arrived(struct store_tx *tx, struct transfer *transfer, const struct body_share *released);

/* The postings of such a record; none when it moves no value. For records_postings. */
void merge_credit_postings(const struct record *record, struct postings *out_postings);
/* The same record: the share that goes on under another number, where books are made anew. */
struct journal_fact;
MUST_CHECK int merge_credit_take_fact(struct store_tx *tx, const struct journal_fact *fact);

#endif
