#include "platform/queue.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

int queue_init(struct queue *queue, const struct queue_options *options)
{
    assert(options->item_size > 0 && options->capacity > 0);
    struct queue made = {.item_size = options->item_size, .capacity = options->capacity, .fd = -1};
    pthread_condattr_t attributes;
    made.items = calloc(options->capacity, options->item_size);
    if (!made.items)
        return -ENOMEM;
    if (options->with_fd) {
        made.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (made.fd < 0) {
            int error = -errno;
            free(made.items);
            return error;
        }
    }
    *queue = made;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&queue->filled, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&queue->mutex, NULL);
    return 0;
}

void queue_finish(struct queue *queue)
{
    if (!queue || !queue->items)
        return;
    pthread_cond_destroy(&queue->filled);
    pthread_mutex_destroy(&queue->mutex);
    if (queue->fd >= 0)
        close(queue->fd);
    free(queue->items);
    *queue = (struct queue){.fd = -1};
}

/* The eventfd is readable exactly while items wait or the queue is closed; callers hold the mutex. */
static void queue_fd_raise(struct queue *queue)
{
    uint64_t one = 1;
    if (queue->fd >= 0 && write(queue->fd, &one, sizeof(one)) < 0)
        assert(errno == EAGAIN);
}

static void queue_fd_lower(struct queue *queue)
{
    uint64_t value;
    if (queue->fd >= 0 && !queue->closed && read(queue->fd, &value, sizeof(value)) < 0)
        assert(errno == EAGAIN);
}

int queue_push(struct queue *queue, const void *item)
{
    int error = 0;
    pthread_mutex_lock(&queue->mutex);
    if (queue->closed) {
        error = -EPIPE;
    } else if (queue->count == queue->capacity) {
        queue->refused++;
        error = -ENOSPC;
    } else {
        size_t slot = (queue->head + queue->count) % queue->capacity;
        memcpy(queue->items + slot * queue->item_size, item, queue->item_size);
        if (queue->count++ == 0)
            queue_fd_raise(queue);
        pthread_cond_signal(&queue->filled);
    }
    pthread_mutex_unlock(&queue->mutex);
    return error;
}

/* Caller holds the mutex. */
static int queue_take(struct queue *queue, void *out_item)
{
    if (queue->count == 0)
        return queue->closed ? -EPIPE : -EAGAIN;
    memcpy(out_item, queue->items + queue->head * queue->item_size, queue->item_size);
    queue->head = (queue->head + 1) % queue->capacity;
    if (--queue->count == 0)
        queue_fd_lower(queue);
    return 0;
}

int queue_try_pop(struct queue *queue, void *out_item)
{
    pthread_mutex_lock(&queue->mutex);
    int error = queue_take(queue, out_item);
    pthread_mutex_unlock(&queue->mutex);
    return error;
}

static struct timespec deadline_after(int timeout_ms)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    at.tv_sec += timeout_ms / 1000;
    at.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (at.tv_nsec >= 1000000000) {
        at.tv_sec++;
        at.tv_nsec -= 1000000000;
    }
    return at;
}

int queue_pop(struct queue *queue, int timeout_ms, void *out_item)
{
    struct timespec deadline = deadline_after(timeout_ms < 0 ? 0 : timeout_ms);
    int waited = 0;
    pthread_mutex_lock(&queue->mutex);
    while (queue->count == 0 && !queue->closed && waited != ETIMEDOUT) {
        if (timeout_ms < 0)
            waited = pthread_cond_wait(&queue->filled, &queue->mutex);
        else
            waited = pthread_cond_timedwait(&queue->filled, &queue->mutex, &deadline);
    }
    int error = queue_take(queue, out_item);
    pthread_mutex_unlock(&queue->mutex);
    return error == -EAGAIN ? -ETIMEDOUT : error;
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    if (!queue->closed) {
        queue->closed = true;
        queue_fd_raise(queue);
        pthread_cond_broadcast(&queue->filled);
    }
    pthread_mutex_unlock(&queue->mutex);
}

int queue_fd(const struct queue *queue)
{
    return queue->fd;
}

size_t queue_count(struct queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    size_t count = queue->count;
    pthread_mutex_unlock(&queue->mutex);
    return count;
}

uint64_t queue_refused(struct queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    uint64_t refused = queue->refused;
    pthread_mutex_unlock(&queue->mutex);
    return refused;
}
