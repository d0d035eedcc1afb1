#ifndef SYNC_LOOPS_H
#define SYNC_LOOPS_H

#include "domain/base.h"
#include "platform/clock.h"

#include <pthread.h>

/*
 * A room's endless loops and what they share: one mutex, one condition "something changed". On threads of their own, or
 * on a simulator's runner. Functions named _locked want the mutex held.
 */

/*
 * Who runs the loops instead of threads: a simulator, each as a coroutine on virtual time. Every slot is
 * mandatory. One thread; wait is only called from within a loop, so is the transport's exchange.
 */
struct sync_runner_ops {
    int (*start)(void *self, void *(*loop)(void *argument), void *argument); /* takes a loop, runs it from now on */
    void (*wait)(void *self, int64_t until_mono_ms); /* of the room's clock, INT64_MAX = no end; may end too early */
    void (*changed)(void *self);                     /* every loop that waits should look again */
    void (*join)(void *self);                        /* returns when every loop has returned */
};
struct sync_runner {
    const struct sync_runner_ops *ops;
    void *self;
};

#define LOOPS_MAX 3

struct loops {
    struct sync_runner runner; /* ops NULL: threads */
    const struct clock *clock;
    pthread_t threads[LOOPS_MAX];
    uint32_t thread_count;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
};

/* runner NULL: threads. The clock must outlive the loops. */
void loops_init(struct loops *loops, const struct clock *clock, const struct sync_runner *runner);
void loops_finish(struct loops *loops); /* after loops_join */

/* Runs loop(argument) from now on, at most LOOPS_MAX of them. -EAGAIN, -ENOMEM: no thread to be had. */
MUST_CHECK int loops_start(struct loops *loops, void *(*loop)(void *argument), void *argument);
/* Until something changes or the deadline passed (INT64_MAX: none); may return too early, so callers look again. */
void loops_wait_locked(struct loops *loops, int64_t until_mono_ms);
void loops_changed_locked(struct loops *loops);
/* Returns when every loop has returned, which they were told before. cancel ends their calls under way, again and again
 * because one may have begun just after. */
void loops_join(struct loops *loops, void (*cancel)(void *context), void *context);

#endif
