#ifndef PLATFORM_QUEUE_H
#define PLATFORM_QUEUE_H

/*
 * Bounded queue of fixed-size values: any number of producers, one consumer. Everything is allocated by queue_init;
 * pushing never allocates and never blocks beyond a short mutex.
 */

#include "domain/base.h"

#include <pthread.h>

struct queue_options {
    size_t item_size;
    size_t capacity; /* items */
    bool with_fd;    /* an eventfd that is readable while items wait, or for ever once closed */
};

/* Fields are private; all but the first four are guarded by mutex. */
struct queue {
    size_t item_size;
    size_t capacity;
    uint8_t *items;
    int fd;
    pthread_mutex_t mutex;
    pthread_cond_t filled;
    size_t head;
    size_t count;
    uint64_t refused;
    bool closed;
};

MUST_CHECK int queue_init(struct queue *queue, const struct queue_options *options);

/* Only when no thread can touch the queue any more. NULL-safe. */
void queue_finish(struct queue *queue);

/* Copies *item in. -ENOSPC when full (counted in queue_refused), -EPIPE when closed. */
MUST_CHECK int queue_push(struct queue *queue, const void *item);

/* Copies the oldest item out. -EAGAIN when empty, -EPIPE when closed and drained. */
MUST_CHECK int queue_try_pop(struct queue *queue, void *out_item);

/* Waits for an item; timeout_ms < 0 waits without end. -ETIMEDOUT, or -EPIPE when closed and drained. */
MUST_CHECK int queue_pop(struct queue *queue, int timeout_ms, void *out_item);

/* Refuses further pushes and wakes the consumer; items already queued can still be popped. */
void queue_close(struct queue *queue);

int queue_fd(const struct queue *queue); /* for poll(POLLIN) by the consumer; -1 without with_fd; never read it */
size_t queue_count(struct queue *queue);
uint64_t queue_refused(struct queue *queue); /* pushes answered -ENOSPC since the start */

#endif
