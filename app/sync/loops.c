#include "sync/loops.h"

#include <assert.h>
#include <time.h>

#define WAIT_SLICE_MS_MAX (60 * 60 * INT64_C(1000))
#define JOIN_RETRY_MS     50

void loops_init(struct loops *loops, const struct clock *clock, const struct sync_runner *runner)
{
    pthread_condattr_t attributes;

    *loops = (struct loops){.clock = clock};
    if (runner != NULL)
        loops->runner = *runner;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&loops->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&loops->mutex, NULL);
}

void loops_finish(struct loops *loops)
{
    pthread_cond_destroy(&loops->changed);
    pthread_mutex_destroy(&loops->mutex);
}

int loops_start(struct loops *loops, void *(*loop)(void *argument), void *argument)
{
    int r;

    if (loops->runner.ops != NULL)
        return loops->runner.ops->start(loops->runner.self, loop, argument);
    assert(loops->thread_count < LOOPS_MAX);
    r = -pthread_create(&loops->threads[loops->thread_count], NULL, loop, argument);
    loops->thread_count += r == 0;
    return r;
}

static struct timespec machine_time(clockid_t clock, int64_t from_now_ms)
{
    struct timespec at;

    clock_gettime(clock, &at);
    at.tv_sec += from_now_ms / 1000;
    at.tv_nsec += from_now_ms % 1000 * 1000000;
    at.tv_sec += at.tv_nsec / 1000000000;
    at.tv_nsec %= 1000000000;
    return at;
}

/* The deadline is of the room's clock, the sleep of the machine's: under a simulated clock a caller looks again. */
void loops_wait_locked(struct loops *loops, int64_t until_mono_ms)
{
    int64_t left_ms = until_mono_ms - clock_mono_ms(loops->clock);
    struct timespec end;

    if (loops->runner.ops != NULL) {
        pthread_mutex_unlock(&loops->mutex);
        loops->runner.ops->wait(loops->runner.self, until_mono_ms);
        pthread_mutex_lock(&loops->mutex);
        return;
    }
    if (left_ms <= 0)
        return;
    end = machine_time(CLOCK_MONOTONIC, left_ms < WAIT_SLICE_MS_MAX ? left_ms : WAIT_SLICE_MS_MAX);
    pthread_cond_timedwait(&loops->changed, &loops->mutex, &end);
}

void loops_changed_locked(struct loops *loops)
{
    pthread_cond_broadcast(&loops->changed);
    if (loops->runner.ops != NULL)
        loops->runner.ops->changed(loops->runner.self);
}

void loops_join(struct loops *loops, void (*cancel)(void *context), void *context)
{
    cancel(context);
    if (loops->runner.ops != NULL)
        loops->runner.ops->join(loops->runner.self);
    for (uint32_t i = 0; i < loops->thread_count; i++) {
        struct timespec end = machine_time(CLOCK_REALTIME, JOIN_RETRY_MS);
        while (pthread_timedjoin_np(loops->threads[i], NULL, &end) != 0) {
            cancel(context);
            end = machine_time(CLOCK_REALTIME, JOIN_RETRY_MS);
        }
    }
    loops->thread_count = 0;
}
