#include "sync_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t sync_mono_ms(const struct sync *sync)
{
    return clock_mono_ms(sync->options.clock);
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
    pthread_mutex_lock(&sync->loops.mutex);
    status = snapshot_locked(sync);
    pthread_mutex_unlock(&sync->loops.mutex);
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
    pthread_mutex_lock(&sync->loops.mutex);
    /* A success clears what its own loop had said, not what another has to say. */
    if (text[0] != '\0' || strncmp(sync->status.error, what, strlen(what)) == 0) {
        memset(sync->status.error, 0, sizeof(sync->status.error));
        memcpy(sync->status.error, text, strlen(text));
    }
    pthread_mutex_unlock(&sync->loops.mutex);
}

void sync_random(struct sync *sync, void *out, size_t len)
{
    pthread_mutex_lock(&sync->loops.mutex);
    random_fill((struct random *)sync->options.random, out, len);
    pthread_mutex_unlock(&sync->loops.mutex);
}

#define BACKOFF_MIN_MS 500
#define BACKOFF_MAX_MS 60000

int64_t sync_backoff_ms(uint32_t attempt, int retry_after_s, uint64_t random)
{
    int64_t asked = (int64_t)retry_after_s * 1000, spread = BACKOFF_MIN_MS;

    while (attempt-- > 1 && spread < BACKOFF_MAX_MS)
        spread *= 2;
    if (spread < asked)
        spread = asked;
    if (spread > BACKOFF_MAX_MS)
        spread = BACKOFF_MAX_MS;
    return asked + (int64_t)(random % ((uint64_t)spread + 1));
}

static bool pause_over_locked(const struct sync *sync, int64_t until, uint64_t link_ups, uint64_t recoveries)
{
    return sync->closing || sync->ticket_scanned || sync->link_ups != link_ups || sync->recoveries != recoveries ||
           sync_mono_ms(sync) >= until;
}

void sync_back_off(struct sync *sync, struct sync_backoff *backoff, int retry_after_s)
{
    uint64_t link_ups, recoveries, random;
    int64_t until;

    sync_random(sync, &random, sizeof(random));
    backoff->attempt++;
    pthread_mutex_lock(&sync->loops.mutex);
    link_ups = sync->link_ups;
    recoveries = sync->recoveries;
    until = sync_mono_ms(sync) + sync_backoff_ms(backoff->attempt, retry_after_s, random);
    sync->next_try_mono_ms[backoff->of] = until;
    pthread_mutex_unlock(&sync->loops.mutex);
    sync_publish(sync);
    pthread_mutex_lock(&sync->loops.mutex);
    while (!pause_over_locked(sync, until, link_ups, retry_after_s > 0 ? sync->recoveries : recoveries))
        loops_wait_locked(&sync->loops, until);
    if (sync->link_ups != link_ups)
        backoff->attempt = 0;
    sync->next_try_mono_ms[backoff->of] = 0;
    pthread_mutex_unlock(&sync->loops.mutex);
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
    loops_finish(&sync->loops);
    pthread_mutex_destroy(&sync->publish_mutex);
    key_pair_finish(&sync->key);
    explicit_bzero(&sync->pending, sizeof(sync->pending));
    free(sync);
}

static void cancel_calls(void *context)
{
    struct sync *sync = context;

    sync->options.transport.ops->cancel(sync->options.transport.self);
}

static void stop(struct sync *sync)
{
    pthread_mutex_lock(&sync->loops.mutex);
    sync->closing = true;
    loops_changed_locked(&sync->loops);
    pthread_mutex_unlock(&sync->loops.mutex);
    loops_join(&sync->loops, cancel_calls, sync);
}

static int start(struct sync *sync)
{
    static void *(*const loops[SYNC_LOOPS])(void *) = {sync_upload_loop, sync_feed_loop, sync_ask_loop};
    int r;

    for (uint32_t i = 0; i < SYNC_LOOPS; i++) {
        r = loops_start(&sync->loops, loops[i], sync);
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
    loops_init(&sync->loops, options->clock, options->runner);
    sync->options.runner = NULL;
    pthread_mutex_init(&sync->publish_mutex, NULL);
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

    pthread_mutex_lock(&sync->loops.mutex);
    turned = link != sync->link;
    sync->link = link;
    if (turned && link)
        sync->link_ups++;
    if (turned)
        sync->contact_ok = false;
    sync->wakes++;
    loops_changed_locked(&sync->loops);
    pthread_mutex_unlock(&sync->loops.mutex);
    /* A call that began on another network answers late or never. */
    if (turned)
        sync->options.transport.ops->cancel(sync->options.transport.self);
}

void sync_enrol(struct sync *sync, const char *ticket_text)
{
    pthread_mutex_lock(&sync->loops.mutex);
    snprintf(sync->ticket_text, sizeof(sync->ticket_text), "%s", ticket_text);
    sync->ticket_scanned = true;
    loops_changed_locked(&sync->loops);
    pthread_mutex_unlock(&sync->loops.mutex);
}

void sync_lan_address(struct sync *sync, const char *address)
{
    bool news;

    pthread_mutex_lock(&sync->loops.mutex);
    news = strcmp(sync->lan_address, address) != 0;
    snprintf(sync->lan_address, sizeof(sync->lan_address), "%s", address);
    pthread_mutex_unlock(&sync->loops.mutex);
    /* The request for the feed that waits now does not say it, and may wait for long. */
    if (news)
        sync->options.transport.ops->cancel(sync->options.transport.self);
}

void sync_status_copy(struct sync *sync, struct sync_status *out_status)
{
    pthread_mutex_lock(&sync->loops.mutex);
    *out_status = snapshot_locked(sync);
    pthread_mutex_unlock(&sync->loops.mutex);
    out_status->link = out_status->link && sync->options.link_up(sync->options.context);
    out_status->online = out_status->online && out_status->link;
}
