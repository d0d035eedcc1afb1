#include "db_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUSY_TIMEOUT_MS_DEFAULT  5000
#define CACHE_KIB_DEFAULT        2048
#define CHECKPOINT_PAGES_DEFAULT 1000

static int errno_of_constraint(int code)
{
    switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID:
        return -EEXIST;
    default:
        return -EINVAL;
    }
}

static int errno_of(int code)
{
    if (code == SQLITE_IOERR_NOMEM)
        return -ENOMEM;
    switch (code & 0xFF) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return 0;
    case SQLITE_CONSTRAINT:
        return errno_of_constraint(code);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EBUSY;
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_IOERR:
        return -EIO;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return -EUCLEAN;
    case SQLITE_READONLY:
        return -EROFS;
    case SQLITE_CANTOPEN:
        return -ENOENT;
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_TOOBIG:
        return -E2BIG;
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return -EPERM;
    case SQLITE_INTERRUPT:
        return -ECANCELED;
    default:
        return -EPROTO;
    }
}

int db_result(struct db *db, int code)
{
    int error = errno_of(code);
    if (!error)
        return 0;
    snprintf(db->message, sizeof(db->message), "%s (SQLite %d)", sqlite3_errmsg(db->handle), code);
    if (error == -EIO && db->mode == DB_WRITER)
        db->failed = true;
    return error;
}

static void count_commit(struct db *db)
{
    if (db->commits)
        atomic_fetch_add(db->commits, 1);
}

/*
 * Stands in for SQLite's own automatic checkpoint, which swallows errors. A sync that fails in it leaves pages that the
 * kernel takes for written; going on would let a later checkpoint drop them from the log. The commit itself is safe.
 */
static int on_commit(void *context, sqlite3 *handle, const char *name, int pages)
{
    struct db *db = context;
    count_commit(db);
    if (pages < db->checkpoint_pages)
        return SQLITE_OK;
    int code = sqlite3_wal_checkpoint_v2(handle, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    if (errno_of(code) == -EIO) {
        db->failed = true;
        snprintf(db->message, sizeof(db->message), "checkpoint failed (SQLite %d)", code);
    }
    return SQLITE_OK;
}

static void configure(struct db *db, const struct db_options *options)
{
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    sqlite3_busy_timeout(db->handle, options->busy_timeout_ms ? options->busy_timeout_ms : BUSY_TIMEOUT_MS_DEFAULT);
}

static int set_pragmas(struct db *db, const struct db_options *options)
{
    char sql[320];
    snprintf(sql, sizeof(sql),
             "PRAGMA foreign_keys=ON; PRAGMA cell_size_check=ON; PRAGMA trusted_schema=OFF;"
             "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-%d; PRAGMA synchronous=%s;",
             options->cache_kib ? options->cache_kib : CACHE_KIB_DEFAULT,
             options->sync == DB_SYNC_FULL ? "FULL" : "NORMAL");
    return db_exec(db, sql);
}

static int require_wal(struct db *db)
{
    struct db_stmt *stmt = NULL;
    int error = db_stmt_open(db, "PRAGMA journal_mode=WAL", &stmt);
    if (error)
        return error;
    int step = db_stmt_step(stmt);
    if (step < 0)
        error = step;
    else if (step == DB_DONE || strcmp(db_column_text(stmt, 0), "wal") != 0)
        error = -EPROTO; /* a file system without shared memory */
    db_stmt_close(stmt);
    return error;
}

static int set_up_writer(struct db *db, const struct db_options *options)
{
    db->checkpoint_pages = options->checkpoint_pages ? options->checkpoint_pages : CHECKPOINT_PAGES_DEFAULT;
    db->commits = options->commits;
    int error = db_log_settle(db); /* first, since on a full disk this is as far as it goes, again and again */
    error = error ? error : set_pragmas(db, options);
    error = error ? error : require_wal(db);
    if (error)
        return error;
    sqlite3_wal_hook(db->handle, on_commit, db);
    error = db_exec(db, "PRAGMA secure_delete=ON;"); /* what was erased is overwritten, not only unlinked */
    error = error ? error : db_checkpoint(db);
    if (error == -ENOSPC) /* the log is sound and stays: the books can be read, and later commits try again */
        error = 0;
    count_commit(db);
    return error;
}

static int set_up_reader(struct db *db, const struct db_options *options)
{
    sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    int error = set_pragmas(db, options);
    error = error ? error : db_exec(db, "PRAGMA query_only=ON; PRAGMA wal_autocheckpoint=0;");
    if (error)
        return error;
    return db_exec(db, "SELECT 1 FROM sqlite_schema LIMIT 1"); /* SQLite opens lazily; this looks at the file */
}

static int set_up(struct db *db, const struct db_options *options)
{
    configure(db, options);
    switch (options->mode) {
    case DB_WRITER:
        return set_up_writer(db, options);
    case DB_READER:
        return set_up_reader(db, options);
    }
    assert(!"mode");
    return -EINVAL;
}

int db_open(const char *path, const struct db_options *options, struct db **out_db)
{
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    flags |= options->mode == DB_WRITER ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    struct db *db = calloc(1, sizeof(*db));
    if (!db)
        return -ENOMEM;
    db->mode = options->mode;
    int error = db_result(db, sqlite3_open_v2(path, &db->handle, flags, options->vfs));
    if (!error)
        error = set_up(db, options);
    if (error) {
        db_close(db);
        return error;
    }
    *out_db = db;
    return 0;
}

void db_close(struct db *db)
{
    if (!db)
        return;
    db_stmt_close_all(db);
    if (db->failed) /* nothing more is written through it; the next opening sorts the log out */
        sqlite3_db_config(db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    int code = sqlite3_close(db->handle);
    assert(code == SQLITE_OK);
    free(db);
}

bool db_failed(const struct db *db)
{
    return db->failed;
}

const char *db_message(const struct db *db)
{
    return db->message;
}

int db_exec(struct db *db, const char *sql)
{
    if (db->failed)
        return -EIO;
    return db_result(db, sqlite3_exec(db->handle, sql, NULL, NULL, NULL));
}

int64_t db_changes(const struct db *db)
{
    return sqlite3_changes64(db->handle);
}

int64_t db_last_rowid(const struct db *db)
{
    return sqlite3_last_insert_rowid(db->handle);
}

int db_checkpoint(struct db *db)
{
    assert(db->mode == DB_WRITER);
    if (db->failed)
        return -EIO;
    return db_result(db, sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL));
}

int db_version_number(void)
{
    return sqlite3_libversion_number();
}

enum db_version_verdict db_version_verdict(int version_number)
{
    bool fixed = version_number >= 3051003 || (version_number >= 3050007 && version_number < 3051000) ||
                 (version_number >= 3044006 && version_number < 3045000);
    return fixed ? DB_VERSION_SOUND : DB_VERSION_WAL_RESET_BUG;
}
