#ifndef CENTRAL_STORE_BACKUP_H
#define CENTRAL_STORE_BACKUP_H

/* Verified copies of the books, made while they are in use. */

#include "central/store/journal.h"
#include "central/store/store.h"

/*
 * Copies a snapshot of the books to path (beside it first, renamed when good): copied, marked as a copy, checked whole,
 * synced. -EUCLEAN when the copy does not check, -EEXIST when there is a file, else as db.h. From any thread but the
 * writer's; readers and the writer go on meanwhile.
 */
MUST_CHECK int store_backup(struct store *store, const char *path);

/* What a backup holds of each journal; the caller frees out_list->items. */
MUST_CHECK int store_backup_marks(const char *path, struct journal_mark_list *out_list);

#endif
