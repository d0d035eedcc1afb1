#include "books.h"

/*
 * Credit that has ended leaves the share of whoever holds it, by a record of its own: periodically, and before anything
 * of the share is spent or released. It destroys value, so it waits until the end has surely passed by this clock;
 * until then the credit can be spent.
 */

#define OF_ONE_TURN 20 /* shares, in one transaction: somebody may come to the counter meanwhile */

#define OF_SHARE " FROM share_part WHERE member = ?1 AND scope = ?2 AND owner = ?3 AND "

static int open_rows(struct db *db, const char *sql, uint64_t member, struct owner owner, struct db_stmt **out_stmt)
{
    int r = db_stmt_open(db, sql, out_stmt);

    if (r < 0)
        return r;
    db_bind_int64(*out_stmt, 1, (int64_t)member);
    db_bind_int64(*out_stmt, 2, owner.scope);
    db_bind_int64(*out_stmt, 3, owner.id);
    return 0;
}

static int begin_rows(struct db *db, uint64_t member, struct owner owner, struct credit_rows *rows)
{
    struct db_stmt *stmt;
    int64_t share_minor = 0;
    int r = share_get(db, member, owner, &share_minor);

    if (r == 0)
        r = open_rows(db,
                      "SELECT coalesce(sum(amount_minor), 0), coalesce(sum(max(amount_minor, 0)), 0)" OF_SHARE
                      "amount_minor <> 0",
                      member, owner, &stmt);
    if (r < 0)
        return r;
    r = db_stmt_step(stmt);
    if (r == DB_ROW)
        credit_rows_begin(rows, share_minor, db_column_int64(stmt, 0), db_column_int64(stmt, 1));
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}

int share_parts(struct db *db, uint64_t member, struct owner owner, struct credit_rows *out_rows)
{
    struct credit_rows rows = {0};
    struct db_stmt *stmt;
    int r = begin_rows(db, member, owner, &rows);

    if (r == 0)
        r = open_rows(db, "SELECT ends_s, amount_minor" OF_SHARE "amount_minor > 0 ORDER BY ends_s", member, owner,
                      &stmt);
    if (r < 0)
        return r;
    while ((r = db_stmt_step(stmt)) == DB_ROW)
        credit_rows_add(&rows, (struct credit_part){db_column_int64(stmt, 0), db_column_int64(stmt, 1)});
    db_stmt_close(stmt);
    if (r >= 0)
        *out_rows = rows;
    return r < 0 ? r : 0;
}

/* Credit that ends here or before has surely ended; 0 = nobody can tell. */
static int64_t surely_s(struct business_time now)
{
    return now.uncertainty_ms < now.wall_ms ? (now.wall_ms - now.uncertainty_ms) / 1000 : 0;
}

int64_t expire_not_before_ms(const struct books *b)
{
    int64_t now_ms = books_now(b).wall_ms;

    return now_ms > b->trust.trusted_wall_ms ? now_ms : b->trust.trusted_wall_ms;
}

bool expire_has_ended(const struct books *b, int64_t ends_s)
{
    return surely_s(books_now(b)) >= ends_s || b->trust.trusted_wall_ms / 1000 >= ends_s;
}

static int find_ended(struct books *b, uint64_t member, struct owner owner, struct business_time now,
                      struct credit_parts *out_ended)
{
    struct credit_rows rows = {0};
    int r = share_parts(b->db, member, owner, &rows);

    out_ended->count = 0;
    if (r == 0)
        credit_parts_take_ended(&rows.parts, surely_s(now), out_ended);
    return r;
}

int expire_spendable(struct books *b, uint64_t member, struct owner owner, int64_t *out_amount_minor)
{
    struct credit_parts ended;
    int64_t share_minor = 0;
    int r = share_get(b->db, member, owner, &share_minor);

    if (r == 0 && share_minor > 0)
        r = find_ended(b, member, owner, books_now(b), &ended);
    if (r == 0)
        *out_amount_minor = share_minor > 0 ? share_minor - credit_parts_sum(&ended) : share_minor;
    return r;
}

int expire_next(struct books *b, uint64_t member, struct owner owner, struct credit_part *out_part)
{
    struct credit_rows rows = {0};
    struct credit_parts ended = {0};
    int r = share_parts(b->db, member, owner, &rows);

    credit_parts_take_ended(&rows.parts, surely_s(books_now(b)), &ended);
    *out_part = rows.parts.count > 0 ? rows.parts.items[0] : (struct credit_part){0};
    return r;
}

int expire_share(struct books *b, uint64_t member, struct owner owner, struct business_time now)
{
    struct body body = {.kind = RECORD_CREDIT_EXPIRED};
    uint64_t seq;
    int r = find_ended(b, member, owner, now, &body.expired.parts);

    if (r < 0 || body.expired.parts.count == 0)
        return r;
    body.expired.member = member;
    body.expired.owner = owner;
    body.expired.amount_minor = credit_parts_sum(&body.expired.parts);
    body.expired.business_ms = now.wall_ms;
    return journal_append(b, &body, &seq);
}

struct due {
    uint64_t member;
    struct owner owner;
};

static int find_due(struct books *b, int64_t through_s, struct due out_due[OF_ONE_TURN], uint32_t *out_count)
{
    struct db_stmt *stmt;
    uint32_t count = 0;
    int step = DB_DONE,
        r = db_stmt_open(
            b->db,
            "SELECT DISTINCT p.member, p.scope, p.owner FROM share_part p JOIN share s USING(member, scope,"
            " owner) WHERE p.ends_s <= ? AND p.amount_minor > 0 AND s.amount_minor > 0 LIMIT ? OFFSET ?",
            &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, through_s);
    db_bind_int64(stmt, 2, OF_ONE_TURN);
    db_bind_int64(stmt, 3, b->expire_passed_over);
    while (count < OF_ONE_TURN && (step = db_stmt_step(stmt)) == DB_ROW)
        out_due[count++] =
            (struct due){.member = (uint64_t)db_column_int64(stmt, 0),
                         .owner = {(uint8_t)db_column_int64(stmt, 1), (uint32_t)db_column_int64(stmt, 2)}};
    db_stmt_close(stmt);
    if (step >= 0)
        *out_count = count;
    return step < 0 ? step : 0;
}

/* As a share that central asks for. */
static bool may_expire(const struct books *b)
{
    return b->enrolled && !b->role.forked && books_is_primary(b) && b->unconfirmed_from == 0 &&
           !store_is_contested(b) && successor_holds_shares(b) && (!books_needs_peer(b) || books_peer_live(b));
}

static int expire_some(struct books *b, const struct due *due, uint32_t count, struct business_time now)
{
    uint64_t before = b->head.seq;
    int r = books_begin(b);

    if (r < 0)
        return r;
    for (uint32_t i = 0; i < count && r == 0; i++)
        r = expire_share(b, due[i].member, due[i].owner, now);
    if (r < 0) {
        books_abort(b);
        return r;
    }
    /* Where a copy is missing, parts may say more than the share holds: these are looked at again after the others. */
    b->expire_passed_over = count < OF_ONE_TURN ? 0 : b->expire_passed_over + (count - (b->head.seq - before));
    return books_commit(b);
}

int expire_waits(struct books *b, bool *out_waits)
{
    struct db_stmt *stmt;
    int r;

    *out_waits = false;
    if (b->unconfirmed_from == 0)
        return 0;
    r = db_stmt_open(b->db, "SELECT 1 FROM journal WHERE id >= ? AND id < ? AND kind <> ? LIMIT 1", &stmt);
    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, journal_id(b->era, b->unconfirmed_from));
    db_bind_int64(stmt, 2, journal_id(b->era + 1, 0));
    db_bind_int64(stmt, 3, RECORD_CREDIT_EXPIRED);
    r = db_stmt_step(stmt);
    *out_waits = r == DB_DONE;
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}

int expire_run(struct books *b, bool *out_more)
{
    struct business_time now = books_now(b);
    struct due due[OF_ONE_TURN];
    uint32_t count = 0;
    int r = 0;

    *out_more = false;
    if (surely_s(now) == 0 || !may_expire(b))
        return 0;
    r = find_due(b, surely_s(now), due, &count);
    if (r < 0)
        return r;
    if (count == 0) {
        b->expire_passed_over = 0;
        return 0;
    }
    *out_more = count == OF_ONE_TURN;
    return expire_some(b, due, count, now);
}
