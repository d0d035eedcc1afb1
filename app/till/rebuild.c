#include "books.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Every projection, in the order of its key, so that two databases can be read side by side. Sums that came to nothing
 * may stand as a row or not. */
static const char redemptions[] =
    "SELECT campaign, serial, use_no, epoch, record, member, discount_minor, business_ms, by_budget, voided"
    " FROM redemption ORDER BY campaign, serial, use_no";
static const struct {
    const char *sql;
    int columns;
} projections[] = {
    {redemptions, 10},
    {"SELECT campaign, record, discount_minor FROM budget_use ORDER BY campaign, record", 3},
    {"SELECT campaign, serial, epoch, use_no, state, store_epoch, lease_until_s FROM held_right"
     " ORDER BY campaign, serial",
     7},
    {"SELECT member, scope, owner, amount_minor FROM share WHERE amount_minor <> 0 ORDER BY member, scope, owner", 4},
    {"SELECT member, scope, owner, ends_s, amount_minor, gone_minor, expired_minor FROM share_part WHERE"
     " amount_minor <> 0 OR gone_minor <> 0 OR expired_minor <> 0 ORDER BY member, scope, owner, ends_s",
     7},
    {"SELECT kind, transfer, record, amount_minor FROM share_transfer ORDER BY kind, transfer", 4},
    {"SELECT account, unit, amount_minor FROM balance WHERE amount_minor <> 0 ORDER BY account, unit", 3},
    {"SELECT campaign, member, uses FROM member_use WHERE uses <> 0 ORDER BY campaign, member", 3},
    {"SELECT nonce FROM nonce_used ORDER BY nonce", 1},
    {"SELECT record FROM voided ORDER BY record", 1},
    {"SELECT record, void FROM record_voided ORDER BY record", 2},
    {"SELECT terminal, incarnation, seq, void FROM void_waiting ORDER BY terminal, incarnation, seq, void", 4},
    {"SELECT record, store_epoch, terminal, old_terminal, old_incarnation, copy_through, complete, behind"
     " FROM promotion ORDER BY record",
     8},
    {"SELECT hex(request_id), record FROM request_done ORDER BY request_id", 2},
};

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

/* What another terminal wrote and this version cannot read moves nothing. */
static int replay_row(struct projection *p, struct db_stmt *stmt)
{
    int64_t id = db_column_int64(stmt, 0);
    struct body body;
    int r = body_decode((uint16_t)db_column_int64(stmt, 2), db_column_blob(stmt, 1), &body);

    if (r == -ENOTSUP || (r == -EBADMSG && p->copy))
        return 0;
    return r < 0 ? -EUCLEAN : projection_apply(p, id, &body);
}

static int replay_era(struct projection *p, int64_t era)
{
    struct db_stmt *stmt;
    int step,
        r = db_stmt_open(p->source, "SELECT id, body, kind FROM journal WHERE id >= ? AND id < ? ORDER BY id", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, journal_id((uint32_t)era, 0));
    db_bind_int64(stmt, 2, journal_id((uint32_t)era + 1, 0));
    while (r == 0 && (step = db_stmt_step(stmt)) != DB_DONE)
        r = step < 0 ? step : replay_row(p, stmt);
    db_stmt_close(stmt);
    return r;
}

/* Own journals first: a new incarnation lets go of what came before it, and of no copy. */
static int replay(struct books *b, struct db *target)
{
    struct projection p = {.db = target, .source = b->db};
    struct db_stmt *stmt;
    int step, r = db_stmt_open(b->db, "SELECT era, store, own FROM era ORDER BY own DESC, era", &stmt);

    if (r < 0)
        return r;
    while (r == 0 && (step = db_stmt_step(stmt)) != DB_DONE) {
        p.store = (uint32_t)db_column_int64(stmt, 1);
        p.copy = db_column_int64(stmt, 2) == 0;
        r = step < 0 ? step : replay_era(&p, db_column_int64(stmt, 0));
    }
    db_stmt_close(stmt);
    return r;
}

int rebuild_in_place(struct books *b)
{
    int r = db_exec(b->db, "DELETE FROM redemption; DELETE FROM held_right; DELETE FROM share;"
                           "DELETE FROM share_part;"
                           "DELETE FROM share_transfer; DELETE FROM balance; DELETE FROM member_use;"
                           "DELETE FROM nonce_used; DELETE FROM voided; DELETE FROM record_voided;"
                           "DELETE FROM void_waiting; DELETE FROM promotion; DELETE FROM request_done;"
                           "DELETE FROM budget_use");

    if (r == 0)
        r = public_forget_uses(b->db);
    return r < 0 ? r : replay(b, b->db);
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
        r = compare(b->db, scratch, projections[i].sql, projections[i].columns);
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
    if (r == 0)
        r = upload_compare(b->upload);
    db_close(scratch);
    remove_scratch(path);
    free(path);
    return r;
}
