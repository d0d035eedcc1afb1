#include "sync_internal.h"

#include <string.h>

#define RELAY_MS 5000 /* who calls has other terminals to talk to */

static void refresh_backlog(struct sync *sync)
{
    struct till_backlog backlog;

    if (till_backlog(sync->options.till, &backlog) < 0)
        return;
    pthread_mutex_lock(&sync->loops.mutex);
    sync->status.waiting = backlog.waiting;
    sync->status.oldest_ms = backlog.oldest_ms;
    pthread_mutex_unlock(&sync->loops.mutex);
}

static void quarantine(struct sync *sync)
{
    pthread_mutex_lock(&sync->loops.mutex);
    sync->status.quarantined = true;
    pthread_mutex_unlock(&sync->loops.mutex);
}

/* Central's answer into the books; 1 when the next batch is another one. */
static int take_answer(struct sync *sync, const struct journal_answer *answer)
{
    struct till_backlog before, after;
    int r = till_backlog(sync->options.till, &before);

    if (r < 0)
        return r;
    r = till_marks_store(sync->options.till, answer);
    if (r == -ESTALE) /* a fork, or central has records that this disk does not */
        quarantine(sync);
    if (r < 0)
        return r;
    r = till_backlog(sync->options.till, &after);
    if (r < 0)
        return r;
    if (answer->status == JOURNAL_REFUSED)
        return -EACCES;
    return before.durable_through != after.durable_through || after.waiting == 0 ? 1 : -EPROTO;
}

static int post_batch(struct sync *sync, struct slice batch, struct journal_answer *out_answer,
                      struct sync_response *response)
{
    struct sync_call call = {
        .method = "POST", .path = "/v1/journal", .compressed = true, .timeout_ms = 2 * SYNC_TIMEOUT_MS};
    char key_id[SIGNATURE_KEY_ID_MAX + 1];
    size_t len;
    int r = compress_pack(sync->compress, batch, sync->packed, sync->packed_cap, &len);

    if (r < 0)
        return r;
    sync_key_id_terminal(sync->enrolment.answer.terminal, key_id);
    call.key_id = key_id;
    call.body = (struct slice){sync->packed, len};
    r = sync_send(sync, &call, response);
    if (r < 0)
        return r;
    if (response->status != 409) {
        r = sync_status_error(response->status);
        if (r < 0)
            return r;
    }
    return journal_answer_decode(response->body, response->len, out_answer);
}

int sync_relay(struct sync *sync, struct slice packed, struct journal_answer *out_answer)
{
    uint8_t body[SYNC_SMALL_BODY_MAX];
    char key_id[SIGNATURE_KEY_ID_MAX + 1];
    struct sync_response response = {.body = body, .cap = sizeof(body)};
    struct sync_call call = {.method = "POST",
                             .path = "/v1/journal",
                             .body = packed,
                             .compressed = true,
                             .key_id = key_id,
                             .timeout_ms = RELAY_MS};
    bool reachable;
    int r;

    pthread_mutex_lock(&sync->loops.mutex);
    reachable = sync->enrolled && sync->link && !sync->closing;
    sync_key_id_terminal(sync->enrolment.answer.terminal, key_id);
    pthread_mutex_unlock(&sync->loops.mutex);
    if (!reachable)
        return -ENETDOWN;
    r = sync_send(sync, &call, &response);
    if (r == 0 && response.status != 409)
        r = sync_status_error(response.status);
    return r < 0 ? r : journal_answer_decode(response.body, response.len, out_answer);
}

/* One batch: 1 go on, 0 nothing waits, or an error. */
static int upload_once(struct sync *sync, struct sync_response *response)
{
    struct journal_answer answer;
    size_t len;
    int r = till_next_batch(sync->options.till, sync->key.secret_key, sync->batch, BATCH_BYTES_MAX, &len);

    if (r < 0 || len == 0)
        return r;
    r = post_batch(sync, (struct slice){sync->batch, len}, &answer, response);
    return r < 0 ? r : take_answer(sync, &answer);
}

enum duty { DUTY_NONE, DUTY_CLOSE, DUTY_TICKET, DUTY_CONFIRM, DUTY_UPLOAD };

static enum duty next_duty(struct sync *sync, char out_ticket[ENROL_TEXT_MAX], uint64_t *out_wakes)
{
    enum duty duty = DUTY_NONE;

    pthread_mutex_lock(&sync->loops.mutex);
    *out_wakes = sync->wakes;
    if (sync->closing) {
        duty = DUTY_CLOSE;
    } else if (sync->ticket_scanned) {
        sync->ticket_scanned = false;
        memcpy(out_ticket, sync->ticket_text, ENROL_TEXT_MAX);
        duty = DUTY_TICKET;
    } else if (sync->link && sync->status.enrol == ENROL_STAGE_CONFIRM) {
        duty = DUTY_CONFIRM;
    } else if (sync->link && sync->enrolled && !sync->status.quarantined) {
        duty = DUTY_UPLOAD;
    }
    pthread_mutex_unlock(&sync->loops.mutex);
    return duty;
}

static void idle(struct sync *sync, uint64_t wakes)
{
    pthread_mutex_lock(&sync->loops.mutex);
    while (!sync->closing && !sync->ticket_scanned && sync->wakes == wakes)
        loops_wait_locked(&sync->loops, INT64_MAX);
    pthread_mutex_unlock(&sync->loops.mutex);
}

/* true: there may be more at once. */
static bool upload(struct sync *sync, struct sync_backoff *backoff)
{
    uint8_t body[SYNC_SMALL_BODY_MAX];
    struct sync_response response = {.body = body, .cap = sizeof(body)};
    int r = upload_once(sync, &response);

    refresh_backlog(sync);
    sync_note_failure(sync, "upload", r < 0 ? r : 0, r < 0 && response.status != 200 ? response.status : 0);
    sync_publish(sync);
    if (r >= 0) {
        backoff->attempt = 0;
        return r == 1;
    }
    sync_back_off(sync, backoff, response.retry_after_s);
    return true;
}

void *sync_upload_loop(void *argument)
{
    struct sync *sync = argument;
    struct sync_backoff backoff = {.of = BACKOFF_UPLOAD};
    char ticket[ENROL_TEXT_MAX];
    uint64_t wakes;
    enum duty duty;

    refresh_backlog(sync);
    while ((duty = next_duty(sync, ticket, &wakes)) != DUTY_CLOSE) {
        bool again = false;
        switch (duty) {
        case DUTY_TICKET:
            sync_enrol_begin(sync, ticket);
            again = true;
            break;
        case DUTY_CONFIRM:
            again = sync_enrol_poll(sync, &backoff);
            break;
        case DUTY_UPLOAD:
            again = upload(sync, &backoff);
            break;
        case DUTY_NONE:
        case DUTY_CLOSE:
            break;
        }
        if (!again) {
            refresh_backlog(sync);
            sync_publish(sync);
            idle(sync, wakes);
        }
    }
    return NULL;
}
