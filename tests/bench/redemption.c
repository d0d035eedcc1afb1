#include "desk.h"

#include "platform/db.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS 1000

/* The till's commit of a redemption beside a bare insert of as many bytes, in turn, on the same file system. */

static int bare_insert(struct db *db, struct db_stmt *insert, const uint8_t *bytes, size_t len)
{
    int result = db_begin(db);
    if (result != 0)
        return result;
    db_bind_blob(insert, 1, bytes, len);
    result = db_stmt_run(insert);
    return result == 0 ? db_commit(db) : result;
}

struct pair_run {
    struct bench_desk *desk;
    struct db *bare;
    struct db_stmt *insert;
    double ours_us[ROUNDS], bare_us[ROUNDS];
};

static int rounds(struct pair_run *run, const struct bench_store *store, size_t bytes)
{
    uint8_t row[512] = {0x5a};
    char coupon[TOKEN_TEXT_MAX];
    for (int i = 0; i < ROUNDS; i++) {
        int result = bench_coupon(store, 1000000ULL + (uint64_t)i, coupon);
        if (result != 0)
            return result;
        int64_t start = bench_now_ns();
        result = bench_desk_redeem(run->desk, &(struct bench_act){.coupon = coupon}, NULL);
        run->ours_us[i] = (double)(bench_now_ns() - start) / 1e3;
        if (result != 0)
            return result;
        start = bench_now_ns();
        result = bare_insert(run->bare, run->insert, row, bytes);
        run->bare_us[i] = (double)(bench_now_ns() - start) / 1e3;
        if (result != 0)
            return result;
    }
    return 0;
}

static int open_bare(struct pair_run *run, const struct bench_store *store)
{
    char path[160];
    snprintf(path, sizeof(path), "%s/bare.db", store->data);
    struct db_options options = {.mode = DB_WRITER};
    int result = db_open(path, &options, &run->bare);
    if (result == 0)
        result = db_exec(run->bare, "CREATE TABLE row(id INTEGER PRIMARY KEY, body BLOB NOT NULL)");
    if (result == 0)
        result = db_stmt_open(run->bare, "INSERT INTO row(body) VALUES(?1)", &run->insert);
    return result;
}

/* What a redemption's journal row holds: its body and the two hashes, as measured in the seeded books. */
#define REDEMPTION_ROW_BYTES (64 + 32 + 32)

bool bench_redemption(const struct bench_store *store)
{
    struct pair_run *run = calloc(1, sizeof(*run));
    if (run == NULL)
        return false;
    int result = bench_desk_open(store->data, clock_real(), &run->desk);
    if (result == 0)
        result = open_bare(run, store);
    if (result == 0)
        result = rounds(run, store, REDEMPTION_ROW_BYTES);
    bench_desk_close(run->desk);
    db_stmt_close(run->insert);
    db_close(run->bare);
    bool ok = result == 0;
    if (!ok)
        fprintf(stderr, "tillside-bench: redemption: %s\n", strerror(-result));
    double p99 = ok ? bench_percentile(run->ours_us, ROUNDS, 0.99) : NAN;
    double median = ok ? bench_percentile(run->ours_us, ROUNDS, 0.5) : NAN;
    double bare = ok ? bench_percentile(run->bare_us, ROUNDS, 0.5) : NAN;
    ok &= bench_print(&(struct bench_line){"redemption_commit_p99", p99 / 1e3, "ms", NAN, NAN, GOAL_AT_MOST});
    ok &= bench_print(
        &(struct bench_line){"redemption_commit_median", median / 1e3, "ms", bare / 1e3, 1.5, GOAL_RATIO_AT_MOST});
    free(run);
    return ok;
}
