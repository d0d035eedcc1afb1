#include "central/clockwork.h"
#include "central/api/waiting.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define TICK_MS  1000
#define SLEEP_MS 1000

struct clockwork {
    struct central *central;
    pthread_t answering, working;
    bool answering_runs, working_runs;
    pthread_mutex_t mutex; /* guards stopping */
    pthread_cond_t changed;
    bool stopping;
};

static bool is_stopping(struct clockwork *clockwork)
{
    pthread_mutex_lock(&clockwork->mutex);
    bool stopping = clockwork->stopping;
    pthread_mutex_unlock(&clockwork->mutex);
    return stopping;
}

static void *answer_waiting(void *arg)
{
    struct clockwork *clockwork = arg;
    struct waiting *waiting = clockwork->central->waiting;
    while (!is_stopping(clockwork)) {
        waiting_run(waiting);
        waiting_sleep(waiting, SLEEP_MS);
    }
    return NULL;
}

static bool sleep_a_tick(struct clockwork *clockwork)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += TICK_MS / 1000;
    pthread_mutex_lock(&clockwork->mutex);
    int rc = 0;
    while (!clockwork->stopping && rc == 0)
        rc = pthread_cond_timedwait(&clockwork->changed, &clockwork->mutex, &until);
    bool go_on = !clockwork->stopping;
    pthread_mutex_unlock(&clockwork->mutex);
    return go_on;
}

static void *do_work(void *arg)
{
    struct clockwork *clockwork = arg;
    do
        central_work(clockwork->central);
    while (sleep_a_tick(clockwork));
    return NULL;
}

int clockwork_start(struct central *central, struct clockwork **out_clockwork)
{
    struct clockwork *clockwork = calloc(1, sizeof(*clockwork));
    if (!clockwork)
        return -ENOMEM;
    clockwork->central = central;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&clockwork->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&clockwork->mutex, NULL);
    int rc = -pthread_create(&clockwork->answering, NULL, answer_waiting, clockwork);
    clockwork->answering_runs = rc == 0;
    if (rc == 0)
        rc = -pthread_create(&clockwork->working, NULL, do_work, clockwork);
    clockwork->working_runs = rc == 0;
    if (rc < 0)
        clockwork_stop(clockwork);
    else
        *out_clockwork = clockwork;
    return rc;
}

void clockwork_stop(struct clockwork *clockwork)
{
    if (!clockwork)
        return;
    pthread_mutex_lock(&clockwork->mutex);
    clockwork->stopping = true;
    pthread_cond_broadcast(&clockwork->changed);
    pthread_mutex_unlock(&clockwork->mutex);
    waiting_stop(clockwork->central->waiting);
    if (clockwork->answering_runs)
        pthread_join(clockwork->answering, NULL);
    if (clockwork->working_runs)
        pthread_join(clockwork->working, NULL);
    pthread_cond_destroy(&clockwork->changed);
    pthread_mutex_destroy(&clockwork->mutex);
    free(clockwork);
}
