#include "books.h"
#include "projection.h"

#include <string.h>

/*
 * The store's public pool, from its own books: what its member let lie until nobody has it alone any more, whose right
 * is here. The moment says who may have it, never where its right is, so no connection is needed and no clock decides
 * whether it can be used twice. docs/decisions/2026-11-23-a-public-coupon-stays-where-its-right-is.md
 */

#define CLOCK_LOOK_MS 5000 /* a clock that is not the system's may be set on */

uint32_t public_from_s(const struct feed_coupon *coupon)
{
    bool ends = coupon->expiry_s != 0 && coupon->expiry_s > coupon->exclusive_until_s;

    return ends && !coupon->revoked ? coupon->exclusive_until_s : 0;
}

int public_mark(struct db *db, struct coupon_id coupon, bool used)
{
    return RUN(db,
               used ? "UPDATE coupon SET public_from_s = -public_from_s WHERE campaign = ? AND serial = ?"
                      " AND public_from_s > 0"
                    : "UPDATE coupon SET public_from_s = -public_from_s WHERE campaign = ? AND serial = ?"
                      " AND public_from_s < 0",
               coupon.campaign, (int64_t)coupon.serial);
}

int public_forget_uses(struct db *db)
{
    return db_exec(db, "UPDATE coupon SET public_from_s = -public_from_s WHERE public_from_s < 0");
}

int public_note_right(struct db *db, struct coupon_id coupon)
{
    return RUN(
        db,
        "UPDATE coupon SET public_from_s = CASE (SELECT state FROM held_right WHERE campaign = ?1 AND serial = ?2)"
        " WHEN ?3 THEN -abs(public_from_s) ELSE abs(public_from_s) END"
        " WHERE campaign = ?1 AND serial = ?2 AND public_from_s != 0",
        coupon.campaign, (int64_t)coupon.serial, HELD_RELEASED);
}

/* ---- rows that were there before this version looked at them: some at a time, while nobody waits */

#define READ_AT_ONCE 500

static bool is_away(const struct coupon_use *use, const struct held_right *held)
{
    return (use->found && !use->voided) || held->state == HELD_RELEASED;
}

static int read_row(struct db *db, struct slice body)
{
    struct feed_coupon row;
    struct coupon_use use;
    struct held_right held;
    int64_t from_s;
    int r = feed_coupon_decode(body, &row);

    if (r < 0 || public_from_s(&row) == 0)
        return r < 0 ? -EUCLEAN : 0;
    from_s = public_from_s(&row);
    r = coupon_last_use(db, row.coupon, &use);
    if (r == 0)
        r = coupon_held_right(db, row.coupon, &held);
    if (r < 0)
        return r;
    return RUN(db, "UPDATE coupon SET public_from_s = ?3 WHERE campaign = ?1 AND serial = ?2", row.coupon.campaign,
               (int64_t)row.coupon.serial, is_away(&use, &held) ? -from_s : from_s);
}

static int read_rows(struct db *db, struct coupon_id *at, int *out_count)
{
    struct db_stmt *stmt;
    int step, count = 0;
    int r = db_stmt_open(
        db,
        "SELECT campaign, serial, body FROM coupon WHERE (campaign, serial) > (?, ?) ORDER BY campaign, serial LIMIT ?",
        &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, at->campaign);
    db_bind_int64(stmt, 2, (int64_t)at->serial);
    db_bind_int64(stmt, 3, READ_AT_ONCE);
    for (; r == 0 && (step = db_stmt_step(stmt)) != DB_DONE; count++) {
        *at = (struct coupon_id){(uint32_t)db_column_int64(stmt, 0), (uint64_t)db_column_int64(stmt, 1)};
        r = step < 0 ? step : read_row(db, db_column_blob(stmt, 2));
    }
    db_stmt_close(stmt);
    *out_count = count;
    return r;
}

/* Where it stands is in the books: a start in between goes on from there. */
static int read_some(struct db *db, bool *out_more)
{
    int64_t campaign, serial;
    struct coupon_id at;
    int count, r = config_get_int(db, "public_campaign", &campaign);

    if (r == 0)
        r = config_get_int(db, "public_serial", &serial);
    if (r < 0)
        return r;
    at = (struct coupon_id){(uint32_t)campaign, (uint64_t)serial};
    r = read_rows(db, &at, &count);
    if (r == 0)
        r = config_set_int(db, "public_campaign", at.campaign);
    if (r == 0)
        r = config_set_int(db, "public_serial", (int64_t)at.serial);
    *out_more = count == READ_AT_ONCE;
    if (r < 0 || *out_more)
        return r;
    return db_exec(db, "DELETE FROM config WHERE key IN ('public_unread', 'public_campaign', 'public_serial')");
}

int public_read_more(struct books *b)
{
    bool more = false;
    int r = books_begin(b);

    if (r < 0)
        return r;
    r = read_some(b->db, &more);
    if (r < 0) {
        books_abort(b);
        return r;
    }
    r = books_commit(b);
    if (r == 0)
        b->public.unread = more;
    return r;
}

/* ---- what is in the pool */

/* Nobody takes a member's coupon early, and nobody an expired one: the clock's uncertainty counts against both, also
 * where a clerk confirmed the date. */
struct sure {
    int64_t past_s;   /* this moment is surely over */
    int64_t future_s; /* and what ends later than this is surely still good */
};

static struct sure sure_of(const struct business_time *now)
{
    int64_t past_ms, future_ms;

    if (__builtin_sub_overflow(now->wall_ms, now->uncertainty_ms, &past_ms) || past_ms < 0)
        past_ms = 0;
    if (__builtin_add_overflow(now->wall_ms, now->uncertainty_ms, &future_ms))
        future_ms = INT64_MAX;
    return (struct sure){past_ms / 1000, future_ms / 1000};
}

/* Under `strict` only central can say yes, and to one coupon at a time. A budget is for people who come with a coupon:
 * the pool gives nothing without its right. */
static bool has_pool(const struct campaign *campaign, uint32_t store)
{
    bool runs = campaign->store_count == 0;

    for (uint32_t i = 0; i < campaign->store_count; i++)
        runs |= campaign->stores[i] == store;
    return runs && campaign->state == CAMPAIGN_LIVE && (campaign->mode == MODE_HOME || campaign->mode == MODE_BUDGET);
}

typedef bool (*public_visit)(void *context, const struct feed_coupon *row); /* false: enough */

/* The right is this terminal's, or, for what a screen shows, the store's, and its lease has surely not ended. */
static int held_here(struct books *b, const struct feed_coupon *row, bool of_store, bool *out_held)
{
    struct business_time now = books_now(b);
    struct coupon_use use;
    struct held_right held;
    int r = coupon_last_use(b->db, row->coupon, &use);

    if (r == 0)
        r = coupon_held_right(b->db, row->coupon, &held);
    if (r == 0)
        *out_held = redeem_right(b, row, &use, &held, of_store) == RIGHT_HERE &&
                    (held.lease_until_s == 0 || held.lease_until_s > sure_of(&now).future_s);
    return r;
}

static int visit_row(struct books *b, struct slice body, bool of_store, public_visit visit, void *context)
{
    struct feed_coupon row;
    bool held = false;
    int r = feed_coupon_decode(body, &row) < 0 ? -EUCLEAN : held_here(b, &row, of_store, &held);

    return r < 0 ? r : held && !visit(context, &row);
}

/* In the order in which they end. The inner look is bounded, and the index alone answers it: what is not public yet
 * ends after what is, by either rule of release. */
static int each(struct books *b, uint32_t campaign, bool of_store, public_visit visit, void *context)
{
    struct business_time now = books_now(b);
    struct sure sure = sure_of(&now);
    struct db_stmt *stmt;
    int step, r = db_stmt_open(b->db,
                               "SELECT c.body FROM (SELECT serial, public_from_s FROM coupon INDEXED BY coupon_public"
                               " WHERE campaign = ?1 AND public_from_s > 0 AND expiry_s > ?2 ORDER BY expiry_s, serial"
                               " LIMIT ?4) AS p CROSS JOIN coupon AS c ON c.campaign = ?1 AND c.serial = p.serial"
                               " WHERE p.public_from_s <= ?3",
                               &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, campaign);
    db_bind_int64(stmt, 2, sure.future_s);
    db_bind_int64(stmt, 3, sure.past_s);
    db_bind_int64(stmt, 4, TILL_POOL_COUNT_MAX);
    while (r == 0 && (step = db_stmt_step(stmt)) != DB_DONE)
        r = step < 0 ? step : visit_row(b, db_column_blob(stmt, 0), of_store, visit, context);
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}

static bool take_first(void *context, const struct feed_coupon *row)
{
    *(struct feed_coupon *)context = *row;
    return false;
}

int public_first(struct books *b, uint32_t campaign, struct feed_coupon *out_row)
{
    struct campaign rules;
    struct feed_coupon row = {.coupon = {.campaign = 0}};
    int r = coupon_campaign(b->db, campaign, &rules);

    if (r < 0)
        return r;
    if (!has_pool(&rules, b->enrolment.answer.store))
        return -ENOENT;
    r = each(b, campaign, false, take_first, &row);
    if (r < 0 || row.coupon.campaign == 0)
        return r < 0 ? r : -ENOENT;
    *out_row = row;
    return 0;
}

/* ---- what screens show of it */

static bool count(void *context, const struct feed_coupon *row)
{
    struct till_pool *pool = context;

    pool->here++;
    pool->here_until_s = row->expiry_s;
    return true;
}

/* How many there are elsewhere only central can tell. */
static int add_elsewhere(struct books *b, struct till_pool *pool)
{
    int64_t now_s = books_now(b).wall_ms / 1000;
    struct feed_pool told = {.campaign = 0};
    struct db_stmt *stmt;
    int r = db_stmt_open(b->db, "SELECT body FROM pool WHERE campaign = ? AND until_s > ?", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, pool->campaign);
    db_bind_int64(stmt, 2, now_s);
    r = db_stmt_step(stmt);
    if (r == DB_ROW)
        r = feed_pool_decode(db_column_blob(stmt, 0), &told) < 0 ? -EUCLEAN : 0;
    db_stmt_close(stmt);
    if (r < 0 || told.elsewhere == 0)
        return r < 0 ? r : 0;
    pool->elsewhere = told.elsewhere;
    memcpy(pool->only_zh, told.only_zh, sizeof(pool->only_zh));
    memcpy(pool->only_en, told.only_en, sizeof(pool->only_en));
    pool->elsewhere_until_s = told.until_s;
    return 0;
}

static uint32_t last_end_s(const struct till_pool *pool)
{
    return pool->here_until_s > pool->elsewhere_until_s ? pool->here_until_s : pool->elsewhere_until_s;
}

/* Those that end first stand first; of those that find no room the last to end goes. */
static void keep(struct till_reference *out, const struct till_pool *pool)
{
    uint32_t at = out->pool_count;

    while (at > 0 && last_end_s(&out->pools[at - 1]) > last_end_s(pool))
        at--;
    if (at == TILL_POOLS_MAX)
        return;
    out->pool_count += out->pool_count < TILL_POOLS_MAX;
    memmove(&out->pools[at + 1], &out->pools[at], (out->pool_count - at - 1) * sizeof(*pool));
    out->pools[at] = *pool;
}

static int look_at(struct books *b, struct slice body, struct till_reference *out)
{
    struct campaign rules;
    struct till_pool pool = {0};
    int r = campaign_decode(body, &rules) < 0 ? -EUCLEAN : 0;

    if (r < 0 || rules.state != CAMPAIGN_LIVE)
        return r;
    pool.campaign = rules.id;
    memcpy(pool.name_zh, rules.name_zh, sizeof(pool.name_zh));
    memcpy(pool.name_en, rules.name_en, sizeof(pool.name_en));
    if (has_pool(&rules, b->enrolment.answer.store))
        r = each(b, rules.id, true, count, &pool);
    if (r == 0)
        r = add_elsewhere(b, &pool);
    if (r == 0 && pool.here + pool.elsewhere > 0)
        keep(out, &pool);
    return r;
}

/* Something becomes public by itself, or ends: time is to be looked at. */
static int note_due(struct books *b)
{
    int64_t any = 0;
    bool found;
    int r = projection_find(b->db,
                            "SELECT EXISTS (SELECT 1 FROM coupon INDEXED BY coupon_public WHERE public_from_s > 0 AND"
                            " campaign > ?1) OR EXISTS (SELECT 1 FROM pool)",
                            0, &any, &found);

    b->public.changes = any != 0;
    b->public.looked_mono_ms = clock_mono_ms(b->clock);
    return r;
}

int public_load(struct books *b, struct till_reference *out)
{
    struct db_stmt *stmt;
    int step, r = note_due(b);

    if (r < 0 || !b->public.changes)
        return r;
    r = db_stmt_open(b->db, "SELECT body FROM campaign ORDER BY campaign", &stmt);
    if (r < 0)
        return r;
    while (r == 0 && (step = db_stmt_step(stmt)) != DB_DONE)
        r = step < 0 ? step : look_at(b, db_column_blob(stmt, 0), out);
    db_stmt_close(stmt);
    return r;
}

int public_due_ms(const struct books *b)
{
    int64_t left = b->public.looked_mono_ms + PUBLIC_LOOK_MS - clock_mono_ms(b->clock);

    if (!b->public.changes)
        return -1;
    if (left <= 0)
        return 0;
    return left < CLOCK_LOOK_MS ? (int)left : CLOCK_LOOK_MS;
}
