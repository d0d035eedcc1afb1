#ifndef CENTRAL_STORE_FLEET_RELEASE_H
#define CENTRAL_STORE_FLEET_RELEASE_H

/*
 * Releases and their staged roll-out. The file lies in DATA/releases/<sha256>.raucb; here stands what it is and who
 * gets it: by ring (canary first, then early, then all), by a percentage of the terminals in it (rollout_place), in one
 * store or everywhere. A roll-out stops by itself once too many devices refused it, failed, fell back, or fell silent
 * after they installed it.
 */

#include "central/store/fleet_order.h"

enum release_state { RELEASE_READY, RELEASE_ROLLING, RELEASE_PAUSED, RELEASE_WITHDRAWN };
enum release_ring { RING_CANARY = 1, RING_EARLY = 2, RING_ALL = 3 };

#define RELEASE_SIZE_MAX (INT64_C(1) << 30)

struct release {
    uint32_t id;
    char compatible[48], version[24];
    int64_t size;
    uint8_t sha256[HASH_LEN];
    bool checked; /* its signature, when it was added */
    int64_t added_ms;
    uint8_t state, ring;
    uint32_t percent;
    uint32_t store; /* 0 = all */
    uint32_t from_min, to_min;
    uint32_t failures_max; /* pauses at so many */
    int64_t counted_ms;    /* failures before it are forgiven */
    int64_t again_ms;      /* devices that failed before it are asked once more */
    char reason[96];       /* paused, withdrawn: why */
};

MUST_CHECK int release_add(struct store_tx *tx, const struct release *release, uint32_t *out_id); /* -EEXIST */
MUST_CHECK int release_find(struct store_tx *tx, uint32_t id, struct release *out_release);       /* -ENOENT */
typedef int (*release_visit)(void *context, const struct release *release);
MUST_CHECK int release_each(struct store_tx *tx, release_visit visit, void *context);

/* Changes what may change of it (state, ring, percent, store, window, limit, counted, again, reason), tells the devices
 * that have an order, and journals `what`. -EALREADY: it was withdrawn. */
MUST_CHECK int release_set(struct store_tx *tx, const struct release *release, const char *what);

/* terminal 0: the whole store; ring 0: as before (all). */
MUST_CHECK int release_ring_set(struct store_tx *tx, uint32_t store, uint32_t terminal, uint8_t ring);
MUST_CHECK int release_ring_of(struct store_tx *tx, uint32_t store, uint32_t terminal, uint8_t *out_ring);
const char *release_ring_name(uint32_t ring);   /* "canary"; "unknown" */
const char *release_state_name(uint32_t state); /* "ready"; "unknown" */

struct release_counts {
    uint32_t ordered, open, done, bad, silent; /* bad: refused, failed, fell back; silent: installed, then nothing */
    uint32_t bad_counted;                      /* bad and silent since counted_ms */
};
MUST_CHECK int release_count(struct store_tx *tx, const struct release *release, struct release_counts *out_counts);

/* Whether the roll-out, as it stands, takes this device in: board, version below it, ring, place, store. */
MUST_CHECK int release_takes(struct store_tx *tx, const struct release *release, const struct fleet_device *device,
                             bool *out_takes);
/* One round: pauses what failed too often, then orders at most limit updates. true: there is something to do. */
MUST_CHECK int release_run(struct store_tx *tx, uint32_t limit);
bool release_any_rolling(struct store_tx *tx);

/* Whether this terminal has an open order for it: only then may it fetch the file. */
MUST_CHECK int release_ordered(struct store_tx *tx, uint32_t id, uint32_t terminal, bool *out_ordered);

#endif
