#ifndef CENTRAL_STORE_JOURNAL_ROW_H
#define CENTRAL_STORE_JOURNAL_ROW_H

/* A row of the table journal, for the modules that read it. */

#include "central/store/journal.h"
#include "platform/db.h"

#define JOURNAL_ENTRY_COLUMNS "terminal, incarnation, seq, store, version, hlc, kind, received_ms, body, hash"

/* Columns from `first` on, in that order; body points into the row, prev_hash is not filled. -EUCLEAN when one of them
 * holds what no record has. */
MUST_CHECK int journal_entry_from_row(struct db_stmt *stmt, int first, struct journal_entry *out_entry);

#endif
