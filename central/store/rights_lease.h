#ifndef CENTRAL_STORE_RIGHTS_LEASE_H
#define CENTRAL_STORE_RIGHTS_LEASE_H

/*
 * The end of a lease (docs/decisions/2026-11-23-the-end-of-a-lease.md). A right that was moved away from the coupon's
 * home may be used where it went for the hours that the campaign says. Then its holder redeems nothing more with it,
 * and central asks for it back. Until the holder's release is in its journal, or a manager wrote the holder off, nobody
 * else is given it, whatever any clock says.
 */

#include "central/store/rights.h"

/* Until when a grant to that store may be used, in seconds; 0 = until the coupon ends: at home, and where the campaign
 * sets no hours. Another terminal of the store that holds it goes on with what is left. */
MUST_CHECK int lease_of_grant(struct store_tx *tx, const struct coupon *coupon, uint32_t store, uint32_t *out_until_s);

/* Over, or as good as over: a holder that asks now, whose clock may lead a little, gets it anew. */
bool lease_ends(const struct coupon *coupon, int64_t now_ms);

#define LEASES_A_RUN 200 /* in one transaction: others wait no longer than that takes */

/* Asks the holders of rights whose lease is over, once each, at most LEASES_A_RUN of them. Released, they go home;
 * under `strict` back into central's hand. */
MUST_CHECK int rights_run_leases(struct store_tx *tx, unsigned *out_asked);
/* Whether there is anybody to ask; never while a restored central waits. */
MUST_CHECK int rights_leases_due(struct store_tx *tx, bool *out_due);
/* Rights whose lease is over and that are not back, of coupons that could still be used. */
MUST_CHECK int rights_leases_over(struct store_tx *tx, uint64_t *out_count);

#endif
