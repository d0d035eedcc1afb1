#ifndef CENTRAL_STORE_WRITER_H
#define CENTRAL_STORE_WRITER_H

/*
 * The one writer, with group commit: jobs that wait together run in one transaction, each within its own SAVEPOINT, and
 * are answered after the one commit. A job that refuses (run returns < 0) is rolled back alone; its neighbours stand.
 *
 * When the commit itself fails, every job of the group is answered with that error, nothing of them happened as far as
 * anyone was told, and the store is closed, opened and verified before the next group (store_reopen).
 *
 * A threaded writer runs jobs on its own thread. One that is not (for simulations) runs them within writer_submit, or,
 * when called from inside a job or an answer, right after it.
 */

#include "central/store/store.h"

struct writer;

/* Live requests go before the bulk (journals that catch up), however long the bulk is. */
enum writer_lane { WRITER_LIVE, WRITER_BULK };

struct writer_job { /* copied */
    enum writer_lane lane;
    /* Writer's thread. 0, or -errno to refuse. Must not block on anything but the database, must not submit. */
    int (*run)(void *arg, struct store_tx *tx);
    /* Writer's thread, exactly once, after the commit is durable (result = what run returned) or has failed. May
     * submit. */
    void (*done)(void *arg, int result);
    void *arg;
};

/* Post-commit hook: the feed lanes that the committed jobs touched. Writer's thread, before the jobs' answers; must not
 * block. all: more than fit were touched. */
typedef void (*writer_touched)(void *context, const struct store_touch *touches, size_t count, bool all);

struct writer_options {
    struct store *store;
    bool inline_jobs;                         /* true: no thread */
    unsigned queue_max;                       /* jobs waiting per lane; 0: 1024 */
    unsigned group_max;                       /* jobs per commit; 0: 256 */
    unsigned group_ms;                        /* after this long a group commits even when more wait; 0: 30 */
    writer_touched touched;                   /* NULL: nobody waits */
    void (*failed)(void *context, int error); /* NULL, or: a group's commit failed. Writer's thread; for the log */
    void *context;
};

MUST_CHECK int writer_open(const struct writer_options *options, struct writer **out_writer);
void writer_close(struct writer *writer); /* runs and answers what is queued, then stops; NULL-safe */

/* Copies the job. 0: done will be called, with -EIO while the store is failed. -EAGAIN: queue full (answer 503).
 * -EPIPE: closing. */
MUST_CHECK int writer_submit(struct writer *writer, const struct writer_job *job);

/* Submits and waits for the durable result; for admin and for jobs of the clockwork. Never from the writer's thread. */
MUST_CHECK int writer_call(struct writer *writer, int (*run)(void *arg, struct store_tx *tx), void *arg);

struct writer_stats {
    uint64_t groups, jobs, refused, failed_groups;
    uint64_t commit_ms_total; /* from begin to durable */
    uint64_t commit_ms_max;
    uint32_t waiting; /* jobs in both lanes now */
};
void writer_stats(struct writer *writer, struct writer_stats *out_stats);

#endif
