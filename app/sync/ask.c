#include "sync_internal.h"

#define ASK_GRANT_MS  (30 * 1000) /* for a grant to come in by the feed once central said so */
#define ASK_SHARED_S  3           /* a wait while others queue behind it */
#define ASK_PATH(end) "/v1/authority/" end

static const char *path_of(enum ask_kind kind)
{
    switch (kind) {
    case ASK_RIGHT:
        return ASK_PATH("right");
    case ASK_CREDIT:
        return ASK_PATH("credit");
    case ASK_CODE:
        return ASK_PATH("code");
    case ASK_BALANCE:
        return ASK_PATH("balance");
    }
    return "";
}

int sync_ask(struct sync *sync, enum ask_kind kind, uint32_t ticket, const struct authority_request *request)
{
    int64_t wait_s = request->wait_s != 0 && request->wait_s < SYNC_WAIT_S ? request->wait_s : SYNC_WAIT_S;
    int r = -ENOSPC;

    pthread_mutex_lock(&sync->loops.mutex);
    for (int i = 0; i < SYNC_ASKS_MAX && r < 0; i++) {
        struct sync_ask_slot *slot = &sync->asks[i];
        if (slot->state != ASK_FREE)
            continue;
        *slot = (struct sync_ask_slot){.state = ASK_CALLING,
                                       .kind = kind,
                                       .ticket = ticket,
                                       .request = *request,
                                       .deadline_mono_ms = sync_mono_ms(sync) + wait_s * 1000};
        loops_changed_locked(&sync->loops);
        r = 0;
    }
    pthread_mutex_unlock(&sync->loops.mutex);
    return r;
}

static bool granted_arrived_locked(const struct sync *sync, const struct sync_ask_slot *slot)
{
    return slot->answer.feed_position <= sync->cursor.store;
}

/* Frees the slot before the caller hears of it, so that it may ask again at once. */
static void report(struct sync *sync, int index, int error, const struct authority_answer *answer)
{
    uint32_t ticket;

    pthread_mutex_lock(&sync->loops.mutex);
    ticket = sync->asks[index].ticket;
    sync->asks[index].state = ASK_FREE;
    pthread_mutex_unlock(&sync->loops.mutex);
    if (sync->options.asked != NULL)
        sync->options.asked(sync->options.context, ticket, error, answer);
}

static int exchange(struct sync *sync, const struct sync_ask_slot *slot, uint16_t wait_s,
                    struct authority_answer *out_answer)
{
    uint8_t encoded[SYNC_SMALL_BODY_MAX], body[SYNC_SMALL_BODY_MAX];
    char key_id[SIGNATURE_KEY_ID_MAX + 1];
    struct authority_request request = slot->request;
    struct sync_call call = {
        .method = "POST", .path = path_of(slot->kind), .key_id = key_id, .timeout_ms = wait_s * 1000 + SYNC_TIMEOUT_MS};
    struct sync_response response = {.body = body, .cap = sizeof(body)};
    size_t len;
    bool reachable;
    int r;

    pthread_mutex_lock(&sync->loops.mutex);
    reachable = sync->enrolled && sync->link;
    sync_key_id_terminal(sync->enrolment.answer.terminal, key_id);
    pthread_mutex_unlock(&sync->loops.mutex);
    if (!reachable)
        return -ENETDOWN;
    request.wait_s = wait_s;
    r = authority_request_encode(&request, encoded, sizeof(encoded), &len);
    if (r < 0)
        return r;
    call.body = (struct slice){encoded, len};
    r = sync_send(sync, &call, &response);
    if (r == 0)
        r = sync_status_error(response.status);
    return r < 0 ? r : authority_answer_decode(response.body, response.len, out_answer);
}

static void call_central(struct sync *sync, int index, const struct sync_ask_slot *slot, bool shared)
{
    int64_t left_ms = slot->deadline_mono_ms - sync_mono_ms(sync);
    struct authority_answer answer = {0};
    uint16_t wait_s = left_ms > 0 ? (uint16_t)(left_ms / 1000) : 0;
    bool arrived;
    int r;

    if (shared && wait_s > ASK_SHARED_S)
        wait_s = ASK_SHARED_S;
    r = exchange(sync, slot, wait_s, &answer);
    if (r < 0) {
        report(sync, index, r, &answer);
        return;
    }
    if (answer.verdict == AUTHORITY_WAITING && wait_s > 0 && sync_mono_ms(sync) < slot->deadline_mono_ms)
        return; /* again, under the same request id */
    if (answer.verdict != AUTHORITY_GRANTED) {
        report(sync, index, 0, &answer);
        return;
    }
    pthread_mutex_lock(&sync->loops.mutex);
    sync->asks[index].answer = answer;
    sync->asks[index].state = ASK_GRANTED;
    sync->asks[index].deadline_mono_ms = sync_mono_ms(sync) + ASK_GRANT_MS;
    arrived = granted_arrived_locked(sync, &sync->asks[index]);
    pthread_mutex_unlock(&sync->loops.mutex);
    if (arrived)
        report(sync, index, 0, &answer);
}

/* The oldest business first: a grant that arrived, one that never did, then a call. -1: nothing to do now, and until
 * when. */
static int choose_locked(struct sync *sync, struct sync_ask_slot *out_slot, int64_t *out_until)
{
    int calling = -1;

    *out_until = INT64_MAX;
    for (int i = 0; i < SYNC_ASKS_MAX; i++) {
        const struct sync_ask_slot *slot = &sync->asks[i];
        if (slot->state == ASK_CALLING &&
            (calling < 0 || slot->deadline_mono_ms < sync->asks[calling].deadline_mono_ms))
            calling = i;
        if (slot->state != ASK_GRANTED)
            continue;
        if (granted_arrived_locked(sync, slot) || sync_mono_ms(sync) >= slot->deadline_mono_ms) {
            *out_slot = *slot;
            return i;
        }
        if (slot->deadline_mono_ms < *out_until)
            *out_until = slot->deadline_mono_ms;
    }
    if (calling >= 0)
        *out_slot = sync->asks[calling];
    return calling;
}

static int busy_locked(const struct sync *sync)
{
    int busy = 0;

    for (int i = 0; i < SYNC_ASKS_MAX; i++)
        busy += sync->asks[i].state != ASK_FREE;
    return busy;
}

void *sync_ask_loop(void *argument)
{
    struct sync *sync = argument;

    while (true) {
        struct sync_ask_slot slot;
        int64_t until;
        int index = -1;
        bool shared, arrived;

        pthread_mutex_lock(&sync->loops.mutex);
        while (!sync->closing && (index = choose_locked(sync, &slot, &until)) < 0)
            loops_wait_locked(&sync->loops, until);
        if (sync->closing) {
            pthread_mutex_unlock(&sync->loops.mutex);
            return NULL;
        }
        shared = busy_locked(sync) > 1;
        arrived = granted_arrived_locked(sync, &slot);
        pthread_mutex_unlock(&sync->loops.mutex);
        if (slot.state == ASK_GRANTED)
            report(sync, index, arrived ? 0 : -ETIMEDOUT, &slot.answer);
        else
            call_central(sync, index, &slot, shared);
    }
}
