#ifndef PLATFORM_DB_INTERNAL_H
#define PLATFORM_DB_INTERNAL_H

/* What the files of the SQLite wrapper share. */

#include "platform/db.h"

#include <sqlite3.h>

#define DB_STMT_BUCKETS 64 /* a power of two */

struct db {
    sqlite3 *handle;
    enum db_mode mode;
    bool failed; /* see db.h; never cleared */
    int checkpoint_pages;
    atomic_ullong *commits; /* NULL, or counted up after each commit */
    size_t idle_count;
    uint64_t uses;                               /* of statements */
    struct db_stmt *statements[DB_STMT_BUCKETS]; /* open and idle ones, last used first */
    char message[256];
};

/* The one place where SQLite's result codes become -errno; SQLITE_OK, ROW and DONE are 0. Marks and notes failures. */
MUST_CHECK int db_result(struct db *db, int code);

/* One cached statement without parameters or results. */
MUST_CHECK int db_run(struct db *db, const char *sql);

/* Before the first checkpoint of a writer: the log as it can be read is on the medium. */
MUST_CHECK int db_log_settle(struct db *db);

void db_stmt_close_all(struct db *db);

#endif
