#include "central/store/writer.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE_DEFAULT    1024
#define GROUP_DEFAULT    256
#define GROUP_MS_DEFAULT 30
#define LANES            2

struct lane {
    struct writer_job *jobs; /* ring */
    unsigned head, count;
};

struct member {
    struct writer_job job;
    int result;
};

struct writer {
    struct writer_options options;
    bool threaded;
    pthread_t thread;
    struct store_tx tx;    /* writer's thread, while a group runs */
    struct member *group;  /* writer's thread */
    unsigned group_count;  /* writer's thread */
    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t filled;
    struct lane lanes[LANES];
    bool closing;
    bool running; /* inline only: a group is being worked on */
    struct writer_stats stats;
};

static bool lane_push(struct lane *lane, unsigned cap, const struct writer_job *job)
{
    if (lane->count == cap)
        return false;
    lane->jobs[(lane->head + lane->count++) % cap] = *job;
    return true;
}

static bool lane_pop(struct lane *lane, unsigned cap, struct writer_job *out_job)
{
    if (lane->count == 0)
        return false;
    *out_job = lane->jobs[lane->head];
    lane->head = (lane->head + 1) % cap;
    lane->count--;
    return true;
}

static bool take_job(struct writer *writer, bool bulk_too, struct writer_job *out_job)
{
    unsigned cap = writer->options.queue_max;
    pthread_mutex_lock(&writer->mutex);
    bool taken = lane_pop(&writer->lanes[WRITER_LIVE], cap, out_job) ||
                 (bulk_too && lane_pop(&writer->lanes[WRITER_BULK], cap, out_job));
    pthread_mutex_unlock(&writer->mutex);
    return taken;
}

static int64_t mono_ms(const struct writer *writer)
{
    return clock_mono_ms(store_clock(writer->options.store));
}

/* One job within its savepoint. 0: go on; < 0: the transaction itself is gone. */
static int run_job(struct writer *writer, struct member *member)
{
    struct store_tx *tx = &writer->tx;
    size_t touches = tx->touch_count;
    int rc = db_savepoint(tx->db, "job");
    if (rc < 0)
        return rc;
    member->result = member->job.run(member->job.arg, tx);
    if (member->result >= 0) {
        rc = db_savepoint_release(tx->db, "job");
        if (rc == 0)
            return 0;
        member->result = rc;
    }
    tx->touch_count = touches;
    if (!db_in_transaction(tx->db) || db_failed(tx->db))
        return member->result;
    rc = db_savepoint_rollback(tx->db, "job");
    return rc;
}

/* A group that somebody waits for takes one bulk job at most, so that its commit is near and the bulk never starves. */
static int run_jobs(struct writer *writer, int64_t started_ms)
{
    int rc = 0;
    bool live = false;
    unsigned bulk = 0;
    while (rc == 0 && writer->group_count < writer->options.group_max) {
        struct member *member = &writer->group[writer->group_count];
        if (!take_job(writer, !live || bulk == 0, &member->job))
            break;
        live |= member->job.lane == WRITER_LIVE;
        bulk += member->job.lane == WRITER_BULK;
        member->result = 0;
        writer->group_count++;
        rc = run_job(writer, member);
        if (mono_ms(writer) - started_ms >= writer->options.group_ms)
            break;
    }
    return rc;
}

static int begin_group(struct writer *writer)
{
    struct store *store = writer->options.store;
    if (store_failed(store)) {
        int rc = store_reopen(store); /* the disk may have room again, or be back */
        if (rc < 0)
            return rc;
    }
    writer->tx = (struct store_tx){
        .db = store_writer_db(store),
        .store = store,
        .writable = true,
        .now_ms = clock_wall_ms(store_clock(store)),
    };
    return db_begin(writer->tx.db);
}

/* Nothing of the group happened; nobody knows what a failed sync left on the disk, so look before going on. */
static void fail_group(struct writer *writer, int error)
{
    if (writer->group_count == 0 && take_job(writer, true, &writer->group[0].job))
        writer->group_count = 1;
    for (unsigned i = 0; i < writer->group_count; i++)
        writer->group[i].result = error;
    struct store *store = writer->options.store;
    if (store_failed(store))
        return;
    db_rollback(writer->tx.db);
    int rc = store_reopen(store);
    (void)rc; /* then the store is failed, and the next group tries again */
}

static void count_group(struct writer *writer, bool failed, int64_t took_ms)
{
    pthread_mutex_lock(&writer->mutex);
    struct writer_stats *stats = &writer->stats;
    stats->groups++;
    stats->failed_groups += failed;
    stats->jobs += writer->group_count;
    for (unsigned i = 0; i < writer->group_count; i++)
        stats->refused += writer->group[i].result < 0;
    stats->commit_ms_total += (uint64_t)took_ms;
    if ((uint64_t)took_ms > stats->commit_ms_max)
        stats->commit_ms_max = (uint64_t)took_ms;
    pthread_mutex_unlock(&writer->mutex);
}

static void run_group(struct writer *writer)
{
    writer->group_count = 0;
    int64_t started_ms = mono_ms(writer);
    int rc = begin_group(writer);
    if (rc == 0) {
        rc = run_jobs(writer, started_ms);
        if (rc == 0)
            rc = db_commit(writer->tx.db);
    }
    if (rc < 0)
        fail_group(writer, rc);
    if (rc < 0 && writer->options.failed)
        writer->options.failed(writer->options.context, rc);
    count_group(writer, rc < 0, mono_ms(writer) - started_ms);
    struct store_tx *tx = &writer->tx;
    if (rc == 0 && writer->options.touched && (tx->touch_count > 0 || tx->touched_all))
        writer->options.touched(writer->options.context, tx->touches, tx->touch_count, tx->touched_all);
    for (unsigned i = 0; i < writer->group_count; i++) {
        const struct member *member = &writer->group[i];
        member->job.done(member->job.arg, member->result);
    }
}

static bool has_jobs(const struct writer *writer)
{
    return writer->lanes[WRITER_LIVE].count + writer->lanes[WRITER_BULK].count > 0;
}

static void *writer_main(void *arg)
{
    struct writer *writer = arg;
    for (;;) {
        pthread_mutex_lock(&writer->mutex);
        while (!has_jobs(writer) && !writer->closing)
            pthread_cond_wait(&writer->filled, &writer->mutex);
        bool more = has_jobs(writer);
        pthread_mutex_unlock(&writer->mutex);
        if (!more)
            return NULL;
        run_group(writer);
    }
}

static void run_inline(struct writer *writer)
{
    if (writer->running)
        return; /* the outer call goes on with it */
    writer->running = true;
    while (has_jobs(writer))
        run_group(writer);
    writer->running = false;
}

static int allocate(struct writer *writer)
{
    struct writer_options *options = &writer->options;
    writer->group = calloc(options->group_max, sizeof(*writer->group));
    for (int i = 0; i < LANES; i++)
        writer->lanes[i].jobs = calloc(options->queue_max, sizeof(struct writer_job));
    return writer->group && writer->lanes[0].jobs && writer->lanes[1].jobs ? 0 : -ENOMEM;
}

static void release(struct writer *writer)
{
    for (int i = 0; i < LANES; i++)
        free(writer->lanes[i].jobs);
    free(writer->group);
    pthread_cond_destroy(&writer->filled);
    pthread_mutex_destroy(&writer->mutex);
    free(writer);
}

int writer_open(const struct writer_options *options, struct writer **out_writer)
{
    struct writer *writer = calloc(1, sizeof(*writer));
    if (!writer)
        return -ENOMEM;
    writer->options = *options;
    if (options->queue_max == 0)
        writer->options.queue_max = QUEUE_DEFAULT;
    if (options->group_max == 0)
        writer->options.group_max = GROUP_DEFAULT;
    if (options->group_ms == 0)
        writer->options.group_ms = GROUP_MS_DEFAULT;
    pthread_mutex_init(&writer->mutex, NULL);
    pthread_cond_init(&writer->filled, NULL);
    int rc = allocate(writer);
    if (rc == 0 && !options->inline_jobs) {
        rc = -pthread_create(&writer->thread, NULL, writer_main, writer);
        writer->threaded = rc == 0;
    }
    if (rc < 0) {
        release(writer);
        return rc;
    }
    *out_writer = writer;
    return 0;
}

void writer_close(struct writer *writer)
{
    if (!writer)
        return;
    pthread_mutex_lock(&writer->mutex);
    writer->closing = true;
    pthread_cond_broadcast(&writer->filled);
    pthread_mutex_unlock(&writer->mutex);
    if (writer->threaded)
        pthread_join(writer->thread, NULL);
    release(writer);
}

int writer_submit(struct writer *writer, const struct writer_job *job)
{
    assert(job->run && job->done);
    pthread_mutex_lock(&writer->mutex);
    int rc = 0;
    if (writer->closing)
        rc = -EPIPE;
    else if (!lane_push(&writer->lanes[job->lane], writer->options.queue_max, job))
        rc = -EAGAIN;
    else
        pthread_cond_signal(&writer->filled);
    pthread_mutex_unlock(&writer->mutex);
    if (rc == 0 && !writer->threaded)
        run_inline(writer);
    return rc;
}

struct call {
    int (*run)(void *arg, struct store_tx *tx);
    void *arg;
    pthread_mutex_t mutex;
    pthread_cond_t answered;
    bool done;
    int result;
};

static int call_run(void *arg, struct store_tx *tx)
{
    struct call *call = arg;
    return call->run(call->arg, tx);
}

static void call_done(void *arg, int result)
{
    struct call *call = arg;
    pthread_mutex_lock(&call->mutex);
    call->result = result;
    call->done = true;
    pthread_cond_signal(&call->answered);
    pthread_mutex_unlock(&call->mutex);
}

int writer_call(struct writer *writer, int (*run)(void *arg, struct store_tx *tx), void *arg)
{
    assert(!writer->threaded || !pthread_equal(pthread_self(), writer->thread));
    struct call call = {.run = run, .arg = arg};
    pthread_mutex_init(&call.mutex, NULL);
    pthread_cond_init(&call.answered, NULL);
    struct writer_job job = {.lane = WRITER_LIVE, .run = call_run, .done = call_done, .arg = &call};
    int rc = writer_submit(writer, &job);
    if (rc == 0) {
        pthread_mutex_lock(&call.mutex);
        while (!call.done)
            pthread_cond_wait(&call.answered, &call.mutex);
        pthread_mutex_unlock(&call.mutex);
        rc = call.result;
    }
    pthread_cond_destroy(&call.answered);
    pthread_mutex_destroy(&call.mutex);
    return rc;
}

void writer_stats(struct writer *writer, struct writer_stats *out_stats)
{
    pthread_mutex_lock(&writer->mutex);
    *out_stats = writer->stats;
    out_stats->waiting = writer->lanes[WRITER_LIVE].count + writer->lanes[WRITER_BULK].count;
    pthread_mutex_unlock(&writer->mutex);
}
