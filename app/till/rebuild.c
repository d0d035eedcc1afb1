#include "books.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Every projection, in the order of its key, so that two databases can be read side by side. */
static const char redemptions[] =
    "SELECT campaign, serial, use_no, epoch, record, member, discount_minor, business_ms, by_budget, voided"
    " FROM redemption ORDER BY campaign, serial, use_no";
static const char *const projections[] = {
    redemptions,
    "SELECT campaign, serial, epoch, use_no, state FROM held_right ORDER BY campaign, serial",
    "SELECT member, scope, owner, amount_minor FROM share ORDER BY member, scope, owner",
    "SELECT kind, transfer FROM share_transfer ORDER BY kind, transfer",
    "SELECT account, unit, amount_minor FROM balance ORDER BY account, unit",
    "SELECT campaign, member, uses FROM member_use ORDER BY campaign, member",
    "SELECT nonce FROM nonce_used ORDER BY nonce",
    "SELECT record FROM voided ORDER BY record",
};
static const int columns[] = {10, 5, 4, 2, 3, 3, 1, 1};

static void remove_scratch(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char *name;

    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        if (asprintf(&name, "%s%s", path, ends[i]) < 0)
            return;
        unlink(name);
        free(name);
    }
}

static int replay_row(struct projection *p, struct db_stmt *stmt)
{
    int64_t id = db_column_int64(stmt, 0);
    struct body body;
    int r = body_decode((uint16_t)db_column_int64(stmt, 2), db_column_blob(stmt, 1), &body);

    if (r == -ENOTSUP)
        return 0;
    p->store = (uint32_t)db_column_int64(stmt, 3);
    return r < 0 ? -EUCLEAN : projection_apply(p, id, &body);
}

static int replay(struct books *b, struct db *scratch)
{
    struct projection p = {.db = scratch, .source = b->db};
    struct db_stmt *stmt;
    int step, r = db_stmt_open(b->db,
                               "SELECT j.id, j.body, j.kind, e.store FROM journal j JOIN era e"
                               " ON e.terminal = j.terminal AND e.incarnation = j.incarnation ORDER BY j.id",
                               &stmt);

    if (r < 0)
        return r;
    while (r == 0 && (step = db_stmt_step(stmt)) != DB_DONE)
        r = step < 0 ? step : replay_row(&p, stmt);
    db_stmt_close(stmt);
    return r;
}

static int compare_rows(struct db_stmt *running, struct db_stmt *rebuilt, int column_count)
{
    int a, b;

    do {
        a = db_stmt_step(running);
        b = db_stmt_step(rebuilt);
        if (a < 0 || b < 0)
            return a < 0 ? a : b;
        if (a != b)
            return -EUCLEAN;
        for (int i = 0; a == DB_ROW && i < column_count; i++) {
            if (strcmp(db_column_text(running, i), db_column_text(rebuilt, i)) != 0)
                return -EUCLEAN;
        }
    } while (a == DB_ROW);
    return 0;
}

static int compare(struct db *running, struct db *rebuilt, const char *sql, int column_count)
{
    struct db_stmt *a = NULL, *b = NULL;
    int r = db_stmt_open(running, sql, &a);

    if (r == 0)
        r = db_stmt_open(rebuilt, sql, &b);
    if (r == 0)
        r = compare_rows(a, b, column_count);
    db_stmt_close(a);
    db_stmt_close(b);
    return r;
}

static int rebuild(struct books *b, struct db *scratch)
{
    int r = schema_migrate(scratch);

    if (r == 0)
        r = db_begin(scratch);
    if (r < 0)
        return r;
    r = replay(b, scratch);
    if (r == 0)
        r = db_commit(scratch);
    for (size_t i = 0; i < ARRAY_LEN(projections) && r == 0; i++)
        r = compare(b->db, scratch, projections[i], columns[i]);
    return r;
}

int rebuild_compare(struct books *b)
{
    const struct db_options options = {.mode = DB_WRITER, .sync = DB_SYNC_NORMAL, .vfs = b->vfs};
    struct db *scratch = NULL;
    char *path;
    int r;

    if (asprintf(&path, "%s.rebuild", b->path) < 0)
        return -ENOMEM;
    remove_scratch(path);
    r = db_open(path, &options, &scratch);
    if (r == 0)
        r = rebuild(b, scratch);
    db_close(scratch);
    remove_scratch(path);
    free(path);
    return r;
}
