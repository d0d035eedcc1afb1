#ifndef PLATFORM_DB_H
#define PLATFORM_DB_H

/*
 * The one wrapper around SQLite. Every connection runs in WAL mode with foreign keys, cell size checks and untrusted
 * schema; SQLite's codes become -errno here and nowhere else:
 *   -EEXIST   unique or primary key taken          -EINVAL  any other constraint
 *   -EBUSY    another connection holds the lock    -ENOSPC  disk full
 *   -EIO      input/output error, or handle failed -EUCLEAN damaged, or not a database
 *   -EROFS    writing through a reader             -ENOENT  cannot be opened
 *   -ENOMEM, -E2BIG, -EPERM, -ECANCELED (interrupted), -EPROTO (all else: wrong SQL, misuse)
 *
 * A writer that meets an input/output error – in a statement, a commit or the checkpoint that follows one – is marked
 * failed: every later use answers -EIO until it was closed and opened again, because after a failed fsync nobody
 * knows what reached the disk. Opening a writer writes the log out once more and syncs it, then copies all of it into
 * the database: what an earlier failure left in the log can neither swallow a later commit nor come back, after a power
 * cut, over a newer database. Where only the room for that copy is missing the writer opens all the same, on the log.
 *
 * SQLite before 3.51.3 (3.50.7, 3.44.6) may corrupt a database when two connections write and checkpoint at once
 * (https://sqlite.org/wal.html#walresetbug). So a database has one writer, in one process, and only the writer
 * checkpoints; readers never do, not even when they are the last to close.
 *
 * A struct db and its statements belong to one thread at a time.
 */

#include "domain/base.h"

#include <stdatomic.h>

struct db;
struct db_stmt;

enum db_mode { DB_WRITER, DB_READER };
enum db_sync { DB_SYNC_FULL, DB_SYNC_NORMAL }; /* NORMAL may lose acknowledged commits: for tests and caches only */

struct db_options {
    enum db_mode mode; /* a writer creates the file, a reader needs it to exist */
    enum db_sync sync;
    const char *vfs;      /* SQLite VFS by name, NULL: the default; the hook for fault injection */
    int busy_timeout_ms;  /* 0: 5000 */
    int cache_kib;        /* 0: 2048 */
    int checkpoint_pages; /* log pages after which a commit checkpoints; 0: 1000 */
    /* A writer counts its opening and each commit here, after it, from its own thread: others in the process that keep
     * what they read note the count before they read. NULL: nobody does. */
    atomic_ullong *commits;
};

/* A writer's opening answers -EBUSY while a reader still holds an old snapshot: close readers, or end their reads. */
MUST_CHECK int db_open(const char *path, const struct db_options *options, struct db **out_db);
void db_close(struct db *db); /* NULL-safe; statements still open are closed with it */

bool db_failed(const struct db *db);         /* marked failed, see above */
const char *db_message(const struct db *db); /* SQLite's words on the last error, for the log; never NULL */

/* Runs one or several statements without results (schema, pragmas). */
MUST_CHECK int db_exec(struct db *db, const char *sql);

/*
 * Statements. Opening borrows a compiled statement from the connection's cache (or compiles it), closing gives it
 * back. So `db_stmt_open … db_stmt_close` around each use is cheap and the usual way. The same SQL may be open twice.
 */
MUST_CHECK int db_stmt_open(struct db *db, const char *sql, struct db_stmt **out_stmt);
void db_stmt_close(struct db_stmt *stmt); /* NULL-safe; resets it and clears its bindings */

/*
 * Index counts from 1. An index out of range is a programming mistake and asserts; any other failure (memory, size) is
 * kept and answered by the next step. Text and blobs are copied. text NULL binds NULL; a blob with len 0 is empty, not
 * NULL.
 */
void db_bind_int64(struct db_stmt *stmt, int index, int64_t value);
void db_bind_text(struct db_stmt *stmt, int index, const char *text);
void db_bind_blob(struct db_stmt *stmt, int index, const void *data, size_t len);
void db_bind_null(struct db_stmt *stmt, int index);

/* DB_ROW: a row can be read; DB_DONE: the statement is finished and reset; else -errno (and reset). */
enum { DB_DONE = 0, DB_ROW = 1 };
MUST_CHECK int db_stmt_step(struct db_stmt *stmt);

/* Steps to the end, ignoring rows, and resets so that it can be bound and run again. 0 or -errno. */
MUST_CHECK int db_stmt_run(struct db_stmt *stmt);

/* Column counts from 0. Valid after DB_ROW until the next step or close. Text is never NULL ("" for NULL). */
int64_t db_column_int64(struct db_stmt *stmt, int column);
const char *db_column_text(struct db_stmt *stmt, int column);
struct slice db_column_blob(struct db_stmt *stmt, int column);
bool db_column_is_null(struct db_stmt *stmt, int column);
/* What the column holds as it is stored; ask before it is read as something else. */
bool db_column_is_int64(struct db_stmt *stmt, int column);
bool db_column_is_blob(struct db_stmt *stmt, int column);

int64_t db_changes(const struct db *db); /* rows changed by the last finished INSERT, UPDATE or DELETE */
int64_t db_last_rowid(const struct db *db);

/*
 * Transactions. A writer begins IMMEDIATE (it has the lock or -EBUSY), a reader begins a snapshot at its first read.
 * A commit that fails has changed nothing, or after -EIO nobody knows; it is rolled back either way. db_rollback
 * without a transaction is harmless. After -ENOSPC, -ENOMEM or -EIO SQLite may have ended the transaction itself: then
 * commits and savepoints answer -ESTALE, and db_in_transaction says so.
 * Savepoints nest by name (a plain identifier), one per request in a group commit; rolling one back also ends it.
 */
MUST_CHECK int db_begin(struct db *db);
MUST_CHECK int db_commit(struct db *db);
void db_rollback(struct db *db);
bool db_in_transaction(const struct db *db);
MUST_CHECK int db_savepoint(struct db *db, const char *name);
MUST_CHECK int db_savepoint_release(struct db *db, const char *name);
MUST_CHECK int db_savepoint_rollback(struct db *db, const char *name);

/*
 * Brings the schema to step_count: PRAGMA user_version says how many steps were applied, each missing one runs in its
 * own transaction together with the new number. A database that has more steps than we know is -ENOTSUP.
 */
MUST_CHECK int db_migrate(struct db *db, const char *const *steps, size_t step_count);

/* PRAGMA integrity_check (or quick_check) and foreign_key_check. -EUCLEAN with the first finding in out_finding. */
MUST_CHECK int db_check(struct db *db, bool quick, char *out_finding, size_t cap);

/* Copies the whole log into the database now and empties it. Writer only. -EBUSY when a reader is in the way. */
MUST_CHECK int db_checkpoint(struct db *db);

/* What `doctor` says of the SQLite in use, e.g. number 3040001. */
enum db_version_verdict { DB_VERSION_SOUND, DB_VERSION_WAL_RESET_BUG };
int db_version_number(void);
enum db_version_verdict db_version_verdict(int version_number);

#endif
