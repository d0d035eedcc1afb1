#ifndef APP_DOCTOR_EXPORT_H
#define APP_DOCTOR_EXPORT_H

/* The journal as a signed file (domain/export.h), made from outside: the till may run or never run again. */

#include "doctor/chain.h"
#include "platform/buffer.h"
#include "platform/keys.h"

struct export_result {
    uint64_t records, batches;
    struct record_id last; /* of this terminal's own records; terminal 0 = none */
    bool damaged;          /* what comes before `finding.at` was exported all the same, without the signed end */
    struct chain_finding finding;
};

/*
 * Appends to *out every record that no backup of central is known to hold; with `all` every one that is still here.
 * -E2BIG when out is full, else as db.h.
 */
MUST_CHECK int export_journal(struct db *db, const struct key_pair *key, bool all, struct buffer *out,
                              struct export_result *out_result);
/* The same of the books in that file, on a connection of its own that only reads. */
MUST_CHECK int export_books(const char *books, const struct key_pair *key, bool all, struct buffer *out,
                            struct export_result *out_result);

#endif
