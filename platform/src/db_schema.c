#include "db_internal.h"

#include <stdio.h>
#include <string.h>

static int read_user_version(struct db *db, int64_t *out_version)
{
    struct db_stmt *stmt = NULL;
    int error = db_stmt_open(db, "PRAGMA user_version", &stmt);
    if (error)
        return error;
    int step = db_stmt_step(stmt);
    if (step == DB_ROW)
        *out_version = db_column_int64(stmt, 0);
    db_stmt_close(stmt);
    return step < 0 ? step : 0;
}

static int apply_step(struct db *db, const char *sql, size_t version)
{
    char mark[64];
    snprintf(mark, sizeof(mark), "PRAGMA user_version=%zu", version);
    int error = db_begin(db);
    if (error)
        return error;
    error = db_exec(db, sql);
    if (!error)
        error = db_exec(db, mark);
    if (!error)
        return db_commit(db);
    db_rollback(db);
    return error;
}

int db_migrate(struct db *db, const char *const *steps, size_t step_count)
{
    int64_t version = 0;
    int error = read_user_version(db, &version);
    if (error)
        return error;
    if (version < 0)
        return -EUCLEAN;
    if ((uint64_t)version > step_count)
        return -ENOTSUP;
    for (size_t i = (size_t)version; i < step_count && !error; i++)
        error = apply_step(db, steps[i], i + 1);
    return error;
}

static int check_integrity(struct db *db, const char *pragma, char *out_finding, size_t cap)
{
    struct db_stmt *stmt = NULL;
    int error = db_stmt_open(db, pragma, &stmt);
    if (error)
        return error;
    int step = db_stmt_step(stmt);
    if (step < 0) {
        error = step;
    } else if (step == DB_ROW && strcmp(db_column_text(stmt, 0), "ok") != 0) {
        snprintf(out_finding, cap, "%s", db_column_text(stmt, 0));
        error = -EUCLEAN;
    }
    db_stmt_close(stmt);
    return error;
}

static int check_foreign_keys(struct db *db, char *out_finding, size_t cap)
{
    struct db_stmt *stmt = NULL;
    int error = db_stmt_open(db, "PRAGMA foreign_key_check", &stmt);
    if (error)
        return error;
    int step = db_stmt_step(stmt);
    if (step < 0) {
        error = step;
    } else if (step == DB_ROW) {
        snprintf(out_finding, cap, "row %lld of table %s refers to a row of table %s that is not there",
                 (long long)db_column_int64(stmt, 1), db_column_text(stmt, 0), db_column_text(stmt, 2));
        error = -EUCLEAN;
    }
    db_stmt_close(stmt);
    return error;
}

int db_check(struct db *db, bool quick, char *out_finding, size_t cap)
{
    const char *pragma = quick ? "PRAGMA quick_check(1)" : "PRAGMA integrity_check(1)";
    char finding[256] = "";
    int error = check_integrity(db, pragma, finding, sizeof(finding));
    if (!error && !quick)
        error = check_foreign_keys(db, finding, sizeof(finding));
    if (error == -EUCLEAN) /* damage that SQLite already stumbles over leaves its message only */
        snprintf(out_finding, cap, "%s", finding[0] ? finding : db_message(db));
    return error;
}
