#include "desk.h"
#include "sync.h"

#include "domain/shortcode.h"
#include "platform/db.h"
#include "platform/file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUPONS     5000000
#define CAMPAIGN    1001 /* as bench_seed makes it */
#define ROUNDS      2000
#define LIMIT_MS    50
#define SPREAD      2654435761ULL
#define CODE_SPREAD 0x9e3779b97f4aULL

/* The till's own tables, filled past the till as its feed would have in hours; what is measured is the till. */

static int run_all(struct db *db, const char *const *statements, size_t count)
{
    int result = 0;
    for (size_t i = 0; i < count && result == 0; i++)
        result = db_exec(db, statements[i]);
    return result;
}

static int insert_one(struct db_stmt *insert, uint64_t serial)
{
    uint8_t body[FEED_BODY_MAX];
    size_t len = 0;
    struct feed_coupon coupon = {
        .coupon = {CAMPAIGN, serial}, .member = 1 + serial * SPREAD % 1000000, .home_store = 1, .store_epoch = 1};
    shortcode_from_value(serial * CODE_SPREAD & ((UINT64_C(1) << 50) - 1), coupon.shortcode);
    int result = feed_coupon_encode(&coupon, body, sizeof(body), &len);
    if (result != 0)
        return result;
    db_bind_int64(insert, 1, CAMPAIGN);
    db_bind_int64(insert, 2, (int64_t)serial);
    db_bind_text(insert, 3, coupon.shortcode);
    db_bind_int64(insert, 4, (int64_t)coupon.member);
    db_bind_int64(insert, 5, coupon.expiry_s);
    db_bind_blob(insert, 6, body, len);
    return db_stmt_run(insert);
}

static int insert_all(struct db *db)
{
    struct db_stmt *insert = NULL;
    int result = db_stmt_open(db,
                              "INSERT INTO coupon(campaign, serial, shortcode, member, expiry_s, body)"
                              " VALUES(?, ?, ?, ?, ?, ?)",
                              &insert);
    if (result == 0)
        result = db_begin(db);
    for (uint64_t serial = 1; serial <= COUPONS && result == 0; serial++)
        result = insert_one(insert, serial);
    db_stmt_close(insert);
    return result == 0 ? db_commit(db) : result;
}

#define KEEP_INDEXES                                                                                                   \
    "CREATE TEMP TABLE kept AS SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'coupon'"       \
    " AND sql IS NOT NULL"

/* The indexes once at the end, by the schema's own words: five million random inserts into them would take an hour. */
static int fill(const char *books)
{
    static const char *const before[] = {
        "PRAGMA temp_store = FILE",
        KEEP_INDEXES,
        "DROP INDEX coupon_shortcode",
        "DROP INDEX coupon_member",
    };
    struct db *db = NULL;
    struct db_stmt *kept = NULL;
    char statements[4][256] = {""};
    size_t count = 0;
    int step = 0;
    struct db_options options = {.mode = DB_WRITER, .sync = DB_SYNC_NORMAL, .cache_kib = 262144};
    int result = db_open(books, &options, &db);
    if (result == 0)
        result = run_all(db, before, ARRAY_LEN(before));
    if (result == 0)
        result = insert_all(db);
    if (result == 0)
        result = db_stmt_open(db, "SELECT sql FROM kept", &kept);
    while (result == 0 && count < ARRAY_LEN(statements) && (step = db_stmt_step(kept)) == DB_ROW)
        snprintf(statements[count++], sizeof(statements[0]), "%s", db_column_text(kept, 0));
    db_stmt_close(kept);
    for (size_t i = 0; i < count && result == 0; i++)
        result = db_exec(db, statements[i]);
    if (result == 0)
        result = step < 0 ? step : db_checkpoint(db);
    db_close(db);
    return result == 0 && count != 2 ? -EPROTO : result;
}

/* The keys of the prepared store are kept beside it. */
static int keep_store(const struct bench_store *store, const char *path)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return -errno;
    size_t written = fwrite(store, sizeof(*store), 1, file);
    return fclose(file) == 0 && written == 1 ? 0 : -EIO;
}

static int find_store(struct bench_store *store, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return -errno;
    size_t got = fread(store, sizeof(*store), 1, file);
    fclose(file);
    return got == 1 ? 0 : -EIO;
}

static int prepare(struct bench_store *store, const char *folder)
{
    char data[112], books[160], kept[160];
    snprintf(data, sizeof(data), "%s/millions", folder);
    snprintf(books, sizeof(books), "%s/terminal.db", data);
    snprintf(kept, sizeof(kept), "%s/prepared", data);
    if (find_store(store, kept) == 0)
        return 0;
    bench_remove_tree(data);
    int result = bench_seed(store, data, 1000, 1000);
    if (result == 0)
        result = fill(books);
    return result == 0 ? keep_store(store, kept) : result;
}

struct rounds {
    double ours_ms[ROUNDS], bare_ms[ROUNDS];
};

static int bare_insert(struct db *db, struct db_stmt *insert)
{
    static const uint8_t row[128] = {0x5a};
    int result = db_begin(db);
    if (result != 0)
        return result;
    db_bind_blob(insert, 1, row, sizeof(row));
    result = db_stmt_run(insert);
    return result == 0 ? db_commit(db) : result;
}

/* Coupons of the table, no two near each other; another thousand each run, or the cache would make them used ones. */
static int measure(const struct bench_store *store, struct db *db, struct rounds *rounds)
{
    char text[TOKEN_TEXT_MAX];
    struct bench_desk *desk = NULL;
    struct db_stmt *insert = NULL;
    struct till_backlog backlog = {0};
    int result = bench_desk_open(store->data, clock_real(), &desk);
    if (result == 0)
        result = till_backlog(bench_desk_till(desk), &backlog);
    if (result == 0)
        result = db_stmt_open(db, "INSERT INTO row(body) VALUES(?1)", &insert);
    for (uint64_t i = 0; i < ROUNDS && result == 0; i++) {
        uint64_t serial = 1 + (backlog.last_seq + i) * 1000003 % COUPONS;
        result = bench_coupon(store, serial, text);
        int64_t start = bench_now_ns();
        if (result == 0)
            result = bench_desk_redeem(desk, &(struct bench_act){.coupon = text}, NULL);
        rounds->ours_ms[i] = bench_seconds_since(start) * 1000;
        start = bench_now_ns();
        if (result == 0)
            result = bare_insert(db, insert);
        rounds->bare_ms[i] = bench_seconds_since(start) * 1000;
    }
    db_stmt_close(insert);
    bench_desk_close(desk);
    return result;
}

bool bench_coupons(const struct bench_sync_options *options)
{
    char path[160];
    struct bench_store store;
    struct db *db = NULL;
    struct rounds *rounds = calloc(1, sizeof(*rounds));
    const char *folder = options->cache != NULL ? options->cache : options->work;
    if (rounds == NULL)
        return bench_failed("coupons", -ENOMEM);
    snprintf(path, sizeof(path), "%s/bare-one.db", options->work);
    struct db_options writer = {.mode = DB_WRITER};
    int64_t start = bench_now_ns();
    int result = file_make_dirs(folder, 0700);
    if (result == 0)
        result = prepare(&store, folder);
    double prepared_s = bench_seconds_since(start);
    if (result == 0)
        result = db_open(path, &writer, &db);
    if (result == 0)
        result = db_exec(db, "CREATE TABLE row(id INTEGER PRIMARY KEY, body BLOB NOT NULL)");
    if (result == 0)
        result = measure(&store, db, rounds);
    db_close(db);
    bool ok = result == 0 || bench_failed("coupons", result);
    double ours = ok ? bench_percentile(rounds->ours_ms, ROUNDS, 0.99) : NAN;
    double bare = ok ? bench_percentile(rounds->bare_ms, ROUNDS, 0.99) : NAN;
    double median = ok ? bench_percentile(rounds->ours_ms, ROUNDS, 0.5) : NAN;
    double bare_median = ok ? bench_percentile(rounds->bare_ms, ROUNDS, 0.5) : NAN;
    ok &= bench_print(&(struct bench_line){"coupons_5m_prepared", prepared_s, "s", NAN, NAN, GOAL_AT_MOST});
    ok &= bench_print(&(struct bench_line){"redemption_p99_of_5m_coupons", ours, "ms", bare, LIMIT_MS, GOAL_AT_MOST});
    ok &= bench_print(
        &(struct bench_line){"redemption_median_of_5m_coupons", median, "ms", bare_median, NAN, GOAL_AT_MOST});
    free(rounds);
    return ok;
}
