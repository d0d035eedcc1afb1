#include "bench.h"

#include "platform/db.h"
#include "till/till.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS 1000

/* The till's commit of a redemption beside a bare insert of as many bytes, in turn, on the same file system. */

struct waiter {
    pthread_mutex_t mutex;
    pthread_cond_t answered;
    bool done;
    int error;
    enum coupon_verdict verdict;
};

static void on_answer(void *context, const struct till_answer *answer)
{
    struct waiter *w = context;
    pthread_mutex_lock(&w->mutex);
    w->done = true;
    w->error = answer->error;
    w->verdict = answer->redeemed.verdict;
    pthread_cond_signal(&w->answered);
    pthread_mutex_unlock(&w->mutex);
}

static void on_nothing(void *context)
{
    (void)context;
}

static void on_greeting(void *context, const struct feed_greeting *greeting)
{
    (void)context;
    (void)greeting;
}

static int redeem(struct till *till, struct waiter *w, const char *coupon)
{
    struct till_request request = {.op = TILL_REDEEM, .ticket = 1, .clerk = 1};
    memcpy(request.redeem.text, coupon, strlen(coupon) + 1);
    w->done = false;
    int result = till_submit(till, &request);
    pthread_mutex_lock(&w->mutex);
    while (result == 0 && !w->done)
        pthread_cond_wait(&w->answered, &w->mutex);
    pthread_mutex_unlock(&w->mutex);
    if (result == 0)
        result = w->error;
    return result == 0 && w->verdict != COUPON_OK ? -EPROTO : result;
}

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
    struct till *till;
    struct waiter waiter;
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
        result = redeem(run->till, &run->waiter, coupon);
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
    char books[160], pepper[160];
    struct pair_run *run = calloc(1, sizeof(*run));
    if (run == NULL)
        return false;
    pthread_mutex_init(&run->waiter.mutex, NULL);
    pthread_cond_init(&run->waiter.answered, NULL);
    snprintf(books, sizeof(books), "%s/terminal.db", store->data);
    snprintf(pepper, sizeof(pepper), "%s/pepper", store->data);
    struct till_options options = {.path = books,
                                   .pepper_path = pepper,
                                   .clock = clock_real(),
                                   .answered = on_answer,
                                   .changed = on_nothing,
                                   .greeted = on_greeting,
                                   .appended = on_nothing,
                                   .context = &run->waiter};
    int result = till_open(&options, &run->till);
    if (result == 0)
        result = open_bare(run, store);
    if (result == 0)
        result = rounds(run, store, REDEMPTION_ROW_BYTES);
    if (run->till != NULL)
        till_close(run->till);
    db_stmt_close(run->insert);
    db_close(run->bare);
    bool ok = result == 0;
    if (!ok)
        fprintf(stderr, "tillside-bench: redemption: %s\n", strerror(-result));
    double p99 = ok ? bench_percentile(run->ours_us, ROUNDS, 0.99) : NAN;
    double median = ok ? bench_percentile(run->ours_us, ROUNDS, 0.5) : NAN;
    double bare = ok ? bench_percentile(run->bare_us, ROUNDS, 0.5) : NAN;
    ok &= bench_print(&(struct bench_line){"redemption_commit_p99", p99 / 1e3, "ms", NAN, NAN, false});
    ok &= bench_print(&(struct bench_line){"redemption_commit_median", median / 1e3, "ms", bare / 1e3, 1.5, true});
    free(run);
    return ok;
}
