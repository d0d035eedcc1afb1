#include "books.h"

#include <string.h>

int config_get(struct db *db, const char *key, void *out, size_t cap, size_t *out_len)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(db, "SELECT value FROM config WHERE key = ?", &stmt);

    if (r < 0) {
        return r;
    }
    db_bind_text(stmt, 1, key);
    r = db_stmt_step(stmt);
    if (r == DB_ROW) {
        struct slice value = db_column_blob(stmt, 0);
        r = value.len <= cap ? 0 : -EUCLEAN;
        if (r == 0) {
            if (value.len > 0) {
                memcpy(out, value.data, value.len);
            }
            *out_len = value.len;
        }
    } else if (r == DB_DONE) {
        r = -ENOENT;
    }
    db_stmt_close(stmt);
    return r;
}

static const char set_sql[] = "INSERT INTO config(key, value) VALUES(?, ?)"
                              " ON CONFLICT(key) DO UPDATE SET value = excluded.value";

int config_set(struct db *db, const char *key, const void *data, size_t len)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(db, set_sql, &stmt);

    if (r < 0) {
        return r;
    }
    db_bind_text(stmt, 1, key);
    db_bind_blob(stmt, 2, data, len);
    r = db_stmt_run(stmt);
    db_stmt_close(stmt);
    return r;
}

int config_get_int(struct db *db, const char *key, int64_t *out_value)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(db, "SELECT value FROM config WHERE key = ?", &stmt);

    if (r < 0) {
        return r;
    }
    db_bind_text(stmt, 1, key);
    r = db_stmt_step(stmt);
    if (r >= 0) {
        *out_value = r == DB_ROW ? db_column_int64(stmt, 0) : 0;
        r = 0;
    }
    db_stmt_close(stmt);
    return r;
}

int config_set_int(struct db *db, const char *key, int64_t value)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(db, set_sql, &stmt);

    if (r < 0) {
        return r;
    }
    db_bind_text(stmt, 1, key);
    db_bind_int64(stmt, 2, value);
    r = db_stmt_run(stmt);
    db_stmt_close(stmt);
    return r;
}
