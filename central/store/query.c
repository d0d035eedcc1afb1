#include "central/store/query.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

int query_open(struct db *db, const char *sql, struct query_values values, struct db_stmt **out_stmt)
{
    struct db_stmt *stmt = NULL;
    int rc = db_stmt_open(db, sql, &stmt);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < values.count; i++) {
        const struct query_value *value = &values.items[i];
        int index = (int)i + 1;
        if (value->type == 'i')
            db_bind_int64(stmt, index, value->number);
        else if (value->type == 't')
            db_bind_text(stmt, index, value->data);
        else
            db_bind_blob(stmt, index, value->data, value->len);
    }
    *out_stmt = stmt;
    return 0;
}

int query_run(struct db *db, const char *sql, struct query_values values)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(db, sql, values, &stmt);
    if (rc < 0)
        return rc;
    rc = db_stmt_run(stmt);
    db_stmt_close(stmt);
    return rc;
}

int query_first(struct db *db, const char *sql, struct query_values values, struct db_stmt **out_stmt)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(db, sql, values, &stmt);
    if (rc < 0)
        return rc;
    rc = db_stmt_step(stmt);
    if (rc == DB_ROW) {
        *out_stmt = stmt;
        return 0;
    }
    db_stmt_close(stmt);
    return rc == DB_DONE ? -ENOENT : rc;
}

int query_number(struct db *db, const char *sql, struct query_values values, int64_t *out_number)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(db, sql, values, &stmt);
    if (rc < 0)
        return rc;
    int64_t number = db_column_int64(stmt, 0);
    rc = db_stmt_run(stmt);
    db_stmt_close(stmt);
    if (rc == 0)
        *out_number = number;
    return rc;
}

void query_column_text(struct db_stmt *stmt, int column, char *out, size_t cap)
{
    snprintf(out, cap, "%s", db_column_text(stmt, column));
}

int query_column_fixed(struct db_stmt *stmt, int column, void *out, size_t len)
{
    struct slice blob = db_column_blob(stmt, column);
    if (blob.len != len)
        return -EUCLEAN;
    memcpy(out, blob.data, len);
    return 0;
}
