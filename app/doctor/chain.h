#ifndef APP_DOCTOR_CHAIN_H
#define APP_DOCTOR_CHAIN_H

/*
 * The till's journal read row by row in the order of the file, sharing no code with the till: each record's own hash,
 * its link to the one before, its number, the type of every column. Any thread that owns db; reads only.
 */

#include "domain/record.h"
#include "platform/db.h"

struct chain_finding {
    struct record_id at; /* the first record that is not as it was written, or is missing */
    uint64_t records;    /* sound before it */
};

/* One sound record; its body lives during the call. Non-zero ends the reading and is passed on. */
typedef int (*chain_visit)(void *context, const struct record *record);

/*
 * 0 when every record is sound, -EUCLEAN with the first that is not, else as db.h. Records may be missing only where
 * the till pruned them. visit may be NULL.
 */
MUST_CHECK int chain_read(struct db *db, chain_visit visit, void *context, struct chain_finding *out_finding);

#endif
