#include "central/api/waiting.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct slot {
    struct waiting_entry entry;
    bool woken;
};

struct waiting {
    const struct clock *clock;
    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t changed;
    struct slot *slots;
    size_t count, max;
    uint64_t version;
    bool woken; /* somebody is */
    bool stopped;
};

int waiting_open(unsigned max, const struct clock *clock, struct waiting **out_waiting)
{
    struct waiting *waiting = calloc(1, sizeof(*waiting));
    if (!waiting)
        return -ENOMEM;
    waiting->slots = calloc(max, sizeof(*waiting->slots));
    if (!waiting->slots) {
        free(waiting);
        return -ENOMEM;
    }
    waiting->max = max;
    waiting->clock = clock;
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&waiting->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&waiting->mutex, NULL);
    *out_waiting = waiting;
    return 0;
}

void waiting_close(struct waiting *waiting)
{
    if (!waiting)
        return;
    for (size_t i = 0; i < waiting->count; i++)
        api_refuse(waiting->slots[i].entry.call, 503, "closing");
    pthread_cond_destroy(&waiting->changed);
    pthread_mutex_destroy(&waiting->mutex);
    free(waiting->slots);
    free(waiting);
}

uint64_t waiting_version(struct waiting *waiting)
{
    pthread_mutex_lock(&waiting->mutex);
    uint64_t version = waiting->version;
    pthread_mutex_unlock(&waiting->mutex);
    return version;
}

int waiting_add(struct waiting *waiting, const struct waiting_entry *entry)
{
    pthread_mutex_lock(&waiting->mutex);
    int rc = waiting->count < waiting->max && !waiting->stopped ? 0 : -ENOSPC;
    if (rc == 0) {
        bool missed = waiting->version != entry->version;
        waiting->slots[waiting->count++] = (struct slot){*entry, missed};
        waiting->woken |= missed;
        pthread_cond_signal(&waiting->changed); /* its deadline may be the next one */
    }
    pthread_mutex_unlock(&waiting->mutex);
    return rc;
}

static bool looks_at(const struct waiting_entry *entry, const struct store_touch *touch)
{
    return touch->brand ? entry->brand == touch->id : entry->store == touch->id;
}

static bool is_touched(const struct waiting_entry *entry, const struct store_touch *touches, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (looks_at(entry, &touches[i]))
            return true;
    }
    return false;
}

void waiting_touched(struct waiting *waiting, const struct store_touch *touches, size_t count, bool all)
{
    pthread_mutex_lock(&waiting->mutex);
    waiting->version++;
    for (size_t i = 0; i < waiting->count; i++) {
        struct slot *slot = &waiting->slots[i];
        if (all || is_touched(&slot->entry, touches, count)) {
            slot->woken = true;
            waiting->woken = true;
        }
    }
    if (waiting->woken)
        pthread_cond_signal(&waiting->changed);
    pthread_mutex_unlock(&waiting->mutex);
}

/* Takes one entry out that is woken or over time. */
static bool take_due(struct waiting *waiting, struct waiting_entry *out_entry, bool *out_last)
{
    int64_t now_ms = clock_mono_ms(waiting->clock);
    bool found = false;
    pthread_mutex_lock(&waiting->mutex);
    for (size_t i = 0; i < waiting->count && !found; i++) {
        struct slot *slot = &waiting->slots[i];
        bool last = now_ms >= slot->entry.deadline_ms;
        if (!slot->woken && !last)
            continue;
        *out_entry = slot->entry;
        *out_last = last;
        waiting->slots[i] = waiting->slots[--waiting->count];
        out_entry->version = waiting->version;
        found = true;
    }
    if (!found)
        waiting->woken = false;
    pthread_mutex_unlock(&waiting->mutex);
    return found;
}

size_t waiting_run(struct waiting *waiting)
{
    size_t answered = 0;
    struct waiting_entry entry;
    bool last = false;
    while (take_due(waiting, &entry, &last)) {
        if (entry.retry(entry.call, last)) {
            answered++;
            continue;
        }
        int rc = waiting_add(waiting, &entry);
        if (rc < 0) { /* stopping, or somebody took the place */
            api_refuse(entry.call, 503, "busy");
            answered++;
        }
    }
    return answered;
}

static int64_t next_deadline(const struct waiting *waiting)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < waiting->count; i++) {
        if (waiting->slots[i].entry.deadline_ms < next)
            next = waiting->slots[i].entry.deadline_ms;
    }
    return next;
}

static void sleep_for(struct waiting *waiting, int64_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t nanoseconds = until.tv_nsec + ms % 1000 * 1000000;
    until.tv_sec += ms / 1000 + nanoseconds / 1000000000;
    until.tv_nsec = nanoseconds % 1000000000;
    pthread_cond_timedwait(&waiting->changed, &waiting->mutex, &until);
}

void waiting_sleep(struct waiting *waiting, int64_t max_ms)
{
    pthread_mutex_lock(&waiting->mutex);
    int64_t left = next_deadline(waiting) - clock_mono_ms(waiting->clock);
    if (left > max_ms)
        left = max_ms;
    if (!waiting->woken && !waiting->stopped && left > 0)
        sleep_for(waiting, left);
    pthread_mutex_unlock(&waiting->mutex);
}

void waiting_stop(struct waiting *waiting)
{
    pthread_mutex_lock(&waiting->mutex);
    waiting->stopped = true;
    pthread_cond_signal(&waiting->changed);
    pthread_mutex_unlock(&waiting->mutex);
}

size_t waiting_count(struct waiting *waiting)
{
    pthread_mutex_lock(&waiting->mutex);
    size_t count = waiting->count;
    pthread_mutex_unlock(&waiting->mutex);
    return count;
}
