#ifndef CENTRAL_STORE_EPOCH_H
#define CENTRAL_STORE_EPOCH_H

/*
 * The server epoch. Every start writes one random generation into the books and into a file beside them. Books whose
 * generation differs from the file's come from somewhere else – a backup (whose generation is 0), an older copy – so
 * central may know less than its terminals were told: a new epoch, and they upload again from archived_through.
 * The new number is higher than both old ones by a random step, so that two restores of one backup differ.
 */

#include "central/store/store.h"

/* A value of meta: serials of coupons up to it may have been given out by books that a restore lost. */
#define META_SERIAL_FLOOR "serial_floor"

/* Another: the epoch in which central waits for its terminals' journals (settle.h); 0 or absent = it does not. */
#define META_SETTLING "settling"

/* From the books; 0 before the first start. */
MUST_CHECK int epoch_read(struct db *db, uint32_t *out_epoch);

/*
 * Once per start of the writing process, before the writer runs: compares, raises the epoch if it must, writes the next
 * generation to both places (file first written last: a crash in between costs a needless new epoch, never a missed
 * one). *out_restored: the books came from elsewhere.
 */
MUST_CHECK int epoch_start(struct store *store, const char *path, bool *out_restored);

/* Whether the next epoch_start will find that the books came from elsewhere. Only reads. */
MUST_CHECK int epoch_is_foreign(struct db *db, const char *path, bool *out_foreign);

/* Marks a copy as one. db: writing connection of the copy. */
MUST_CHECK int epoch_mark_copy(struct db *db);

#endif
