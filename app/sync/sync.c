#include "sync_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WAIT_SLICE_MS_MAX (60 * 60 * INT64_C(1000))
#define JOIN_RETRY_MS     50

int64_t sync_mono_ms(const struct sync *sync)
{
    return clock_mono_ms(sync->options.clock);
}

/* The deadline is of the sync's clock, the sleep of the machine's: under a simulated clock a caller looks again. */
void sync_wait_locked(struct sync *sync, int64_t until_mono_ms)
{
    struct timespec end;
    int64_t left_ms = until_mono_ms - sync_mono_ms(sync);

    if (sync->runner.ops != NULL) {
        pthread_mutex_unlock(&sync->mutex);
        sync->runner.ops->wait(sync->runner.self, until_mono_ms);
        pthread_mutex_lock(&sync->mutex);
        return;
    }
    if (until_mono_ms == INT64_MAX) {
        pthread_cond_wait(&sync->changed, &sync->mutex);
        return;
    }
    if (left_ms <= 0)
        return;
    if (left_ms > WAIT_SLICE_MS_MAX)
        left_ms = WAIT_SLICE_MS_MAX;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += left_ms / 1000;
    end.tv_nsec += left_ms % 1000 * 1000000;
    if (end.tv_nsec >= 1000000000) {
        end.tv_sec++;
        end.tv_nsec -= 1000000000;
    }
    pthread_cond_timedwait(&sync->changed, &sync->mutex, &end);
}

void sync_changed_locked(struct sync *sync)
{
    pthread_cond_broadcast(&sync->changed);
    if (sync->runner.ops != NULL)
        sync->runner.ops->changed(sync->runner.self);
}

static struct sync_status snapshot_locked(struct sync *sync)
{
    struct sync_status status = sync->status;

    for (int i = 0; i < SYNC_BACKOFFS; i++) {
        int64_t next = sync->next_try_mono_ms[i];
        if (next != 0 && (status.next_try_mono_ms == 0 || next < status.next_try_mono_ms))
            status.next_try_mono_ms = next;
    }
    status.link = sync->link;
    status.online =
        sync->link && sync->contact_ok && sync_mono_ms(sync) - sync->contact_mono_ms < SYNC_ONLINE_MS && sync->enrolled;
    return status;
}

void sync_publish(struct sync *sync)
{
    struct sync_status status;

    pthread_mutex_lock(&sync->publish_mutex);
    pthread_mutex_lock(&sync->mutex);
    status = snapshot_locked(sync);
    pthread_mutex_unlock(&sync->mutex);
    if (memcmp(&status, &sync->published, sizeof(status)) != 0) {
        sync->published = status;
        if (sync->options.status_changed != NULL)
            sync->options.status_changed(sync->options.context, &status);
    }
    pthread_mutex_unlock(&sync->publish_mutex);
}

void sync_note_failure(struct sync *sync, const char *what, int error, int http_status)
{
    const char *name = error < 0 ? strerrorname_np(-error) : NULL;
    char text[sizeof(sync->status.error)] = "";

    if (http_status != 0)
        snprintf(text, sizeof(text), "%s: HTTP %d", what, http_status);
    else if (error < 0)
        snprintf(text, sizeof(text), "%s: %s", what, name != NULL ? name : "error");
    pthread_mutex_lock(&sync->mutex);
    /* A success clears what its own loop had said, not what another has to say. */
    if (text[0] != '\0' || strncmp(sync->status.error, what, strlen(what)) == 0) {
        memset(sync->status.error, 0, sizeof(sync->status.error));
        memcpy(sync->status.error, text, strlen(text));
    }
    pthread_mutex_unlock(&sync->mutex);
}

void sync_random(struct sync *sync, void *out, size_t len)
{
    pthread_mutex_lock(&sync->mutex);
    random_fill((struct random *)sync->options.random, out, len);
    pthread_mutex_unlock(&sync->mutex);
}

uint32_t sync_backoff_limit_ms(uint32_t attempt)
{
    uint32_t limit = 500;

    while (attempt-- > 1 && limit < 60000)
        limit *= 2;
    return limit < 60000 ? limit : 60000;
}

static bool pause_over_locked(const struct sync *sync, int64_t until, uint64_t link_ups, uint64_t recoveries)
{
    return sync->closing || sync->ticket_scanned || sync->link_ups != link_ups || sync->recoveries != recoveries ||
           sync_mono_ms(sync) >= until;
}

void sync_back_off(struct sync *sync, struct sync_backoff *backoff, int retry_after_s)
{
    int64_t delay_ms, until, asked_ms = (int64_t)retry_after_s * 1000;
    uint64_t link_ups, recoveries, random;

    sync_random(sync, &random, sizeof(random));
    backoff->attempt++;
    delay_ms = (int64_t)(random % (sync_backoff_limit_ms(backoff->attempt) + 1));
    if (delay_ms < asked_ms)
        delay_ms = asked_ms;
    pthread_mutex_lock(&sync->mutex);
    link_ups = sync->link_ups;
    recoveries = sync->recoveries;
    until = sync_mono_ms(sync) + delay_ms;
    sync->next_try_mono_ms[backoff->of] = until;
    pthread_mutex_unlock(&sync->mutex);
    sync_publish(sync);
    pthread_mutex_lock(&sync->mutex);
    while (!pause_over_locked(sync, until, link_ups, asked_ms > 0 ? sync->recoveries : recoveries))
        sync_wait_locked(sync, until);
    if (sync->link_ups != link_ups)
        backoff->attempt = 0;
    sync->next_try_mono_ms[backoff->of] = 0;
    pthread_mutex_unlock(&sync->mutex);
}

static int allocate(struct sync *sync)
{
    sync->packed_cap = compress_bound(BATCH_BYTES_MAX);
    sync->batch = malloc(BATCH_BYTES_MAX);
    sync->packed = malloc(sync->packed_cap);
    sync->page = malloc(FEED_PAGE_BYTES_MAX);
    if (sync->batch == NULL || sync->packed == NULL || sync->page == NULL)
        return -ENOMEM;
    return compress_open(3, &sync->compress);
}

static void release(struct sync *sync)
{
    compress_close(sync->compress);
    free(sync->page);
    free(sync->packed);
    free(sync->batch);
    pthread_cond_destroy(&sync->changed);
    pthread_mutex_destroy(&sync->mutex);
    pthread_mutex_destroy(&sync->publish_mutex);
    key_pair_finish(&sync->key);
    explicit_bzero(&sync->pending, sizeof(sync->pending));
    free(sync);
}

static void init_locks(struct sync *sync)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&sync->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&sync->mutex, NULL);
    pthread_mutex_init(&sync->publish_mutex, NULL);
}

static void stop(struct sync *sync)
{
    const struct sync_transport *transport = &sync->options.transport;

    pthread_mutex_lock(&sync->mutex);
    sync->closing = true;
    sync_changed_locked(sync);
    pthread_mutex_unlock(&sync->mutex);
    if (sync->runner.ops != NULL) {
        transport->ops->cancel(transport->self);
        sync->runner.ops->join(sync->runner.self);
    }
    for (uint32_t i = 0; i < sync->thread_count; i++) {
        struct timespec end;
        do { /* a call may have begun just after it was told to end */
            transport->ops->cancel(transport->self);
            clock_gettime(CLOCK_REALTIME, &end);
            end.tv_nsec += JOIN_RETRY_MS * 1000000;
            end.tv_sec += end.tv_nsec / 1000000000;
            end.tv_nsec %= 1000000000;
        } while (pthread_timedjoin_np(sync->threads[i], NULL, &end) != 0);
    }
}

static int start_loop(struct sync *sync, void *(*loop)(void *))
{
    int r;

    if (sync->runner.ops != NULL)
        return sync->runner.ops->start(sync->runner.self, loop, sync);
    r = -pthread_create(&sync->threads[sync->thread_count], NULL, loop, sync);
    if (r == 0)
        sync->thread_count++;
    return r;
}

static int start(struct sync *sync)
{
    static void *(*const loops[SYNC_LOOPS])(void *) = {sync_upload_loop, sync_feed_loop, sync_ask_loop};
    int r;

    for (uint32_t i = 0; i < SYNC_LOOPS; i++) {
        r = start_loop(sync, loops[i]);
        if (r < 0) {
            stop(sync);
            return r;
        }
    }
    return 0;
}

int sync_open(const struct sync_options *options, struct sync **out_sync)
{
    struct sync *sync = calloc(1, sizeof(*sync));
    int r;

    assert(options->till != NULL && options->clock != NULL && options->random != NULL && options->link_up != NULL);
    if (sync == NULL)
        return -ENOMEM;
    sync->options = *options;
    if (options->runner != NULL)
        sync->runner = *options->runner;
    sync->options.runner = NULL;
    init_locks(sync);
    sync->link = options->link_up(options->context);
    r = allocate(sync);
    if (r == 0) {
        sync_enrol_resume(sync);
        r = start(sync);
    }
    if (r < 0) {
        release(sync);
        return r;
    }
    *out_sync = sync;
    return 0;
}

void sync_close(struct sync *sync)
{
    if (sync == NULL)
        return;
    stop(sync);
    sync->options.transport.ops->close(sync->options.transport.self);
    release(sync);
}

void sync_wake(struct sync *sync)
{
    bool link = sync->options.link_up(sync->options.context), turned;

    pthread_mutex_lock(&sync->mutex);
    turned = link != sync->link;
    sync->link = link;
    if (turned && link)
        sync->link_ups++;
    if (turned)
        sync->contact_ok = false;
    sync->wakes++;
    sync_changed_locked(sync);
    pthread_mutex_unlock(&sync->mutex);
    /* A call that began on another network answers late or never. */
    if (turned)
        sync->options.transport.ops->cancel(sync->options.transport.self);
}

void sync_enrol(struct sync *sync, const char *ticket_text)
{
    pthread_mutex_lock(&sync->mutex);
    snprintf(sync->ticket_text, sizeof(sync->ticket_text), "%s", ticket_text);
    sync->ticket_scanned = true;
    sync_changed_locked(sync);
    pthread_mutex_unlock(&sync->mutex);
}

void sync_lan_address(struct sync *sync, const char *address)
{
    bool news;

    pthread_mutex_lock(&sync->mutex);
    news = strcmp(sync->lan_address, address) != 0;
    snprintf(sync->lan_address, sizeof(sync->lan_address), "%s", address);
    pthread_mutex_unlock(&sync->mutex);
    /* The request for the feed that waits now does not say it, and may wait for long. */
    if (news)
        sync->options.transport.ops->cancel(sync->options.transport.self);
}

void sync_status_copy(struct sync *sync, struct sync_status *out_status)
{
    pthread_mutex_lock(&sync->mutex);
    *out_status = snapshot_locked(sync);
    pthread_mutex_unlock(&sync->mutex);
    out_status->link = out_status->link && sync->options.link_up(sync->options.context);
    out_status->online = out_status->online && out_status->link;
}
