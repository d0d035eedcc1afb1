#ifndef CENTRAL_STORE_RIGHTS_DISPLACE_H
#define CENTRAL_STORE_RIGHTS_DISPLACE_H

/*
 * A redemption made without the right came first, and counted; then the one comes whose right is in the grant log
 * (docs/decisions/2026-11-24-who-is-canonical.md). It takes the other's place, once: a use number is settled by its
 * first conflict, or by the void of the redemption that counts, and does not flip after that.
 */

#include "central/store/journal.h"
#include "central/store/rights_internal.h"
#include "domain/ledger.h"

/* Whether the rightful one takes the place of the one that counts so far. */
MUST_CHECK int displace_prevails(struct store_tx *tx, const struct coupon_row *row, const struct redemption *first,
                                 bool *out_prevails);

/*
 * What the displaced act has under discount goes over to risk, by a record of central's own: those of the terminal are
 * what they were. Sets conflict->displaced. Of its act what comes later is booked to risk by itself (records.h).
 */
MUST_CHECK int displace_move(struct store_tx *tx, struct conflict *conflict);

/* The redemption that `by` displaced, for whoever counts redemptions. -ENOENT. */
MUST_CHECK int displace_find(struct store_tx *tx, struct record_id by, struct record_id *out_displaced);

/* Whether a record of an act, whose redemption does not count, belongs to the risk account by itself; false where it
 * was booked before its redemption was displaced. target: what it voids, else the record itself. */
struct displace_look {
    struct record_id redemption, record, target;
};
MUST_CHECK int displace_is_risk(struct store_tx *tx, const struct displace_look *look, bool *out_risk);

/* Whether this is central's record of such a move. */
bool displace_is_told(const struct record *record);

/* Of RECORD_CONFLICT; none of one that moves nothing. */
void displace_postings(const struct record *record, struct postings *out_postings);

/* What every record of a conflict says of it; evidence and `what` are the caller's. */
struct journal_fact conflict_fact(const struct conflict *conflict);

#endif
