#include "sync_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HOT_MS 1000 /* an empty answer to a long poll that came sooner did not wait at all */

/* Waits until there is somebody to ask; false when the sync closes. */
static bool ready(struct sync *sync)
{
    bool open;

    pthread_mutex_lock(&sync->loops.mutex);
    while (!sync->closing && !(sync->enrolled && sync->link))
        loops_wait_locked(&sync->loops, INT64_MAX);
    open = !sync->closing;
    pthread_mutex_unlock(&sync->loops.mutex);
    return open;
}

/*
 * Where the journal ends, when all of it was sent, and what is held of terminals that are gone as well: a central that
 * was restored waits to hear that from everybody.
 * epoch: of the last page in the books, and read before the journal's end, so that nothing of an earlier epoch comes
 * after it.
 */
static void put_end(struct sync *sync, uint32_t epoch, char *out, size_t cap)
{
    struct till_backlog backlog;

    if (epoch == 0 || till_backlog(sync->options.till, &backlog) < 0 || backlog.waiting > 0 || backlog.carried > 0)
        return;
    snprintf(out, cap, "&epoch=%" PRIu32 "&seq=%" PRIu64, epoch, backlog.last_seq);
}

/* Where the store's other terminals reach this one. */
static void put_lan(struct sync *sync, char *out, size_t cap)
{
    pthread_mutex_lock(&sync->loops.mutex);
    if (sync->lan_address[0] != '\0')
        snprintf(out, cap, "&lan=%s", sync->lan_address);
    pthread_mutex_unlock(&sync->loops.mutex);
}

/* Central reads the place from the request: what this terminal has taken of each lane. */
static int fetch(struct sync *sync, int wait_s, uint32_t epoch, struct sync_response *response)
{
    struct sync_call call = {.method = "GET", .timeout_ms = wait_s * 1000 + SYNC_TIMEOUT_MS};
    struct feed_cursor cursor;
    char path[256], key_id[SIGNATURE_KEY_ID_MAX + 1];
    size_t len;
    int r = till_feed_cursor(sync->options.till, &cursor);

    if (r < 0)
        return r;
    len = (size_t)snprintf(path, sizeof(path), "/v1/feed?store=%" PRIu64 "&brand=%" PRIu64 "&wait=%d", cursor.store,
                           cursor.brand, wait_s);
    put_end(sync, epoch, path + len, sizeof(path) - len);
    len = strlen(path);
    put_lan(sync, path + len, sizeof(path) - len);
    pthread_mutex_lock(&sync->loops.mutex);
    sync_key_id_terminal(sync->enrolment.answer.terminal, key_id);
    pthread_mutex_unlock(&sync->loops.mutex);
    call.path = path;
    call.key_id = key_id;
    r = sync_send(sync, &call, response);
    return r < 0 ? r : sync_status_error(response->status);
}

static int apply(struct sync *sync, const struct sync_response *response, struct feed_page_head *out_head)
{
    struct feed_cursor cursor;
    int r = till_feed_apply(sync->options.till, (struct slice){response->body, response->len}, out_head);

    if (r == 0)
        r = till_feed_cursor(sync->options.till, &cursor);
    if (r < 0)
        return r;
    pthread_mutex_lock(&sync->loops.mutex);
    if (cursor.store != sync->cursor.store || cursor.brand != sync->cursor.brand) {
        sync->cursor = cursor;
        loops_changed_locked(&sync->loops);
    }
    pthread_mutex_unlock(&sync->loops.mutex);
    return 0;
}

static struct feed_cursor cursor_of(struct sync *sync)
{
    struct feed_cursor cursor;

    pthread_mutex_lock(&sync->loops.mutex);
    cursor = sync->cursor;
    pthread_mutex_unlock(&sync->loops.mutex);
    return cursor;
}

/* One page: *epoch is that of the last one, *wait_s what to wait for the next. -EAGAIN also when central does not wait.
 */
static int step(struct sync *sync, struct sync_response *response, uint32_t *epoch, int *wait_s)
{
    struct feed_cursor before = cursor_of(sync), after;
    int64_t begun = sync_mono_ms(sync);
    struct feed_page_head head;
    int asked_s = *wait_s, r = fetch(sync, asked_s, *epoch, response);

    if (r == 0)
        r = apply(sync, response, &head);
    if (r < 0)
        return r;
    *epoch = head.server_epoch;
    after = cursor_of(sync);
    *wait_s = head.more ? 0 : SYNC_WAIT_S;
    if (asked_s == 0 && !head.more)
        return 0;
    if (before.store == after.store && before.brand == after.brand && sync_mono_ms(sync) - begun < HOT_MS)
        return -EAGAIN;
    return 0;
}

void *sync_feed_loop(void *argument)
{
    struct sync *sync = argument;
    struct sync_backoff backoff = {.of = BACKOFF_FEED};
    uint32_t epoch = 0;
    int wait_s = 0;

    while (ready(sync)) {
        struct sync_response response = {.body = sync->page, .cap = FEED_PAGE_BYTES_MAX};
        int r = step(sync, &response, &epoch, &wait_s);
        if (r == 0) {
            backoff.attempt = 0;
            sync_note_failure(sync, "feed", 0, 0);
            continue;
        }
        if (r == -ECANCELED) { /* the network changed: nothing to wait for, and nothing wrong with central */
            wait_s = 0;
            continue;
        }
        sync_note_failure(sync, "feed", r, response.status != 200 ? response.status : 0);
        sync_back_off(sync, &backoff, response.retry_after_s);
        wait_s = 0; /* the first answer after a break should come at once */
    }
    return NULL;
}
