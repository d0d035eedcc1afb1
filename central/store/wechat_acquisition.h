#ifndef CENTRAL_STORE_WECHAT_ACQUISITION_H
#define CENTRAL_STORE_WECHAT_ACQUISITION_H

/* Which members' acquisition credit is pending, since when and for whom; what has become of it. */

#include "central/store/acquisition.h"

#include "domain/time.h"

#define VESTING_MS (21 * TIME_DAY_MS)

/* What one member is worth, in credit minor units; 0: nothing is booked. */
MUST_CHECK int vesting_set_amount(struct store_tx *tx, int64_t amount_minor);
#define VESTING_DEFAULT_MINOR 100
MUST_CHECK int vesting_amount(struct store_tx *tx, int64_t *out_minor);

/* Books it as pending for whoever won the member. Nothing happens without a clerk, for an erased member, or twice. */
MUST_CHECK int vesting_begin(struct store_tx *tx, uint64_t member);

/* Settles what is due, at most limit: vested when the member is there and can still be reached where it joined. */
MUST_CHECK int vesting_settle(struct store_tx *tx, unsigned limit, unsigned *out_done);

struct vesting_row {
    uint32_t store, clerk;
    uint64_t pending, vested, forfeited; /* members */
    int64_t pending_minor, vested_minor;
};
typedef int (*vesting_visit)(void *context, const struct vesting_row *row);
MUST_CHECK int vesting_each(struct store_tx *tx, vesting_visit visit, void *context);

#endif
