#include "sync_internal.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CONFIRM_POLL_MS 2000

static void mark_stage(struct sync *sync, enum enrol_stage stage, enum enrol_error error)
{
    pthread_mutex_lock(&sync->loops.mutex);
    sync->status.enrol = stage;
    sync->status.enrol_error = error;
    memset(sync->status.digits, 0, sizeof(sync->status.digits));
    if (stage == ENROL_STAGE_CONFIRM)
        crypto_confirm_code(sync->key.public_key, sync->status.digits);
    loops_changed_locked(&sync->loops);
    pthread_mutex_unlock(&sync->loops.mutex);
}

static void set_stage(struct sync *sync, enum enrol_stage stage, enum enrol_error error)
{
    mark_stage(sync, stage, error);
    sync_publish(sync);
}

static void aim(struct sync *sync, const struct enrol_ticket *ticket)
{
    const struct sync_transport *transport = &sync->options.transport;

    transport->ops->target(transport->self, ticket->url, ticket->server_pin);
}

static void go_live(struct sync *sync, const struct till_enrolment *enrolment)
{
    pthread_mutex_lock(&sync->loops.mutex);
    sync->enrolment = *enrolment;
    sync->enrolled = true;
    pthread_mutex_unlock(&sync->loops.mutex);
    mark_stage(sync, ENROL_STAGE_DONE, ENROL_OK);
}

static void use_key(struct sync *sync, const struct key_pair *key)
{
    pthread_mutex_lock(&sync->loops.mutex);
    sync->key = *key;
    pthread_mutex_unlock(&sync->loops.mutex);
}

/* What the books know of the enrolment that stands. */
static void take_up(struct sync *sync, const struct till_enrolment *kept)
{
    struct till_backlog backlog;
    struct feed_cursor cursor;
    bool has_cursor = till_feed_cursor(sync->options.till, &cursor) == 0;
    bool has_backlog = till_backlog(sync->options.till, &backlog) == 0;

    pthread_mutex_lock(&sync->loops.mutex);
    sync->enrolment = *kept;
    if (has_cursor)
        sync->cursor = cursor;
    if (has_backlog)
        sync->status.quarantined = backlog.forked;
    pthread_mutex_unlock(&sync->loops.mutex);
}

/* Another key waits for the operator's yes: what stood before goes on when it is no. */
static bool resume_rotated(struct sync *sync, const struct till_enrolment *stands)
{
    struct enrol_ticket ticket;
    struct key_pair key;

    if (enrol_key_waiting(sync->options.key_path, &key, &ticket) < 0)
        return false;
    if (stands != NULL)
        take_up(sync, stands);
    sync->replacing = stands != NULL;
    sync->rotated = true;
    use_key(sync, &key);
    key_pair_finish(&key);
    sync->pending = (struct till_enrolment){.ticket = ticket, .answer.state = ENROL_WAITING};
    aim(sync, &ticket);
    mark_stage(sync, ENROL_STAGE_CONFIRM, ENROL_OK);
    return true;
}

void sync_enrol_resume(struct sync *sync)
{
    struct till_enrolment kept;
    struct key_pair key;
    int r = till_enrolment_load(sync->options.till, &kept);

    sync->unread = r < 0 && r != -ENOENT;
    if (sync->unread)
        return;
    if (resume_rotated(sync, r == 0 && kept.answer.state == ENROL_CONFIRMED ? &kept : NULL))
        return;
    if (r < 0 || kept.answer.state == ENROL_REFUSED)
        return;
    if (key_pair_load(&key, sync->options.key_path) < 0) {
        /* An enrolment without its key is no use: the QR has to be shown again. */
        mark_stage(sync, ENROL_STAGE_FAILED, ENROL_BOOKS);
        return;
    }
    use_key(sync, &key);
    key_pair_finish(&key);
    aim(sync, &kept.ticket);
    if (kept.answer.state == ENROL_WAITING) {
        sync->pending = kept;
        mark_stage(sync, ENROL_STAGE_CONFIRM, ENROL_OK);
        return;
    }
    take_up(sync, &kept);
    go_live(sync, &kept);
}

/* The key at its place is what the rotated one would have replaced. */
static bool take_key_back(struct sync *sync)
{
    struct key_pair key;

    if (!sync->rotated)
        return true;
    sync->rotated = false;
    if (key_pair_load(&key, sync->options.key_path) < 0)
        return false;
    use_key(sync, &key);
    key_pair_finish(&key);
    return true;
}

/* What stood before goes on. */
static void fail(struct sync *sync, enum enrol_error error)
{
    bool has_key = take_key_back(sync);

    explicit_bzero(&sync->pending.ticket.secret, sizeof(sync->pending.ticket.secret));
    if (sync->replacing && has_key) {
        aim(sync, &sync->enrolment.ticket);
        pthread_mutex_lock(&sync->loops.mutex);
        sync->enrolled = true;
        pthread_mutex_unlock(&sync->loops.mutex);
        sync->replacing = false;
    }
    set_stage(sync, ENROL_STAGE_FAILED, error);
}

/* A history that forked is nobody's to go on with. An error: the books cannot be asked, and nothing is proven. */
static int goes_on(struct sync *sync, bool *out_goes_on)
{
    struct till_backlog backlog = {.forked = true};
    int r = sync->replacing ? till_backlog(sync->options.till, &backlog) : 0;

    *out_goes_on = r == 0 && !backlog.forked;
    return r;
}

static bool same_house(const struct enrol_ticket *a, const struct enrol_ticket *b)
{
    return memcmp(a->root_hash, b->root_hash, HASH_LEN) == 0;
}

static int claim_own_number(struct sync *sync, struct enrol_request *request)
{
    bool own;
    int r = goes_on(sync, &own);

    if (r < 0 || !own)
        return r;
    request->terminal = sync->enrolment.answer.terminal;
    request->incarnation = sync->enrolment.answer.incarnation;
    return 0;
}

static int make_request(struct sync *sync, const struct enrol_ticket *ticket, uint8_t *out, size_t cap, size_t *out_len)
{
    struct enrol_request request = {0};
    int r = claim_own_number(sync, &request);

    if (r < 0)
        return r;
    memcpy(request.public_key, sync->key.public_key, PUBLIC_KEY_LEN);
    sync_random(sync, request.nonce, sizeof(request.nonce));
    snprintf(request.hardware, sizeof(request.hardware), "%s", sync->options.incarnation.hardware_serial);
    enrol_request_seal(&request, ticket->secret, sync->key.secret_key);
    return enrol_request_encode(&request, out, cap, out_len);
}

static bool refused_for(const struct sync_response *response, const char *wanted)
{
    char reason[SYNC_REASON_MAX];
    uint64_t server_ms;

    sync_refusal_read(response, reason, &server_ms);
    return strcmp(reason, wanted) == 0;
}

/* A ticket is over after its day, or once it was used: then a new one has to be made. */
static enum enrol_error refusal_of(const struct sync_response *response)
{
    static const struct {
        const char *reason;
        enum enrol_error error;
    } refusals[] = {
        {"ticket_over", ENROL_EXPIRED},
        {"ticket_used", ENROL_EXPIRED},
        {"key_elsewhere", ENROL_ELSEWHERE},
        {"terminal_removed", ENROL_REMOVED},
    };

    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        if (refused_for(response, refusals[i].reason))
            return refusals[i].error;
    }
    return ENROL_REJECTED;
}

static enum enrol_error error_of(int r, const struct sync_response *response)
{
    int http_status = response->status;

    if (r == -EKEYREJECTED)
        return ENROL_NOT_CENTRAL;
    /* 401: a signature of the very second in which central started, or a clock that is being corrected: asked again. */
    if (r < 0 || http_status == 401 || http_status == 429 || http_status >= 500)
        return ENROL_NO_NETWORK;
    switch (http_status) {
    case 200:
        return ENROL_OK;
    case 400:
        return ENROL_BAD_QR;
    case 404:
    case 410:
        return ENROL_EXPIRED;
    default:
        return refusal_of(response);
    }
}

/* Nothing central says is believed before its root is the one that the technician's QR named. */
static enum enrol_error read_answer(const struct enrol_ticket *ticket, const struct sync_response *response,
                                    struct enrol_answer *out_answer)
{
    uint8_t hash[HASH_LEN];

    if (enrol_answer_decode(response->body, response->len, out_answer) < 0)
        return ENROL_NOT_CENTRAL;
    if (out_answer->state == ENROL_REFUSED)
        return ENROL_REJECTED;
    crypto_sha256(out_answer->root_key, PUBLIC_KEY_LEN, hash);
    if (!crypto_equal(hash, ticket->root_hash, HASH_LEN) || out_answer->store != ticket->store)
        return ENROL_NOT_CENTRAL;
    return ENROL_OK;
}

/* The key first: nobody is to sign as the new terminal with the old one's. */
static int put_in_place(struct sync *sync)
{
    int r = sync->rotated ? enrol_key_swap(sync->options.key_path) : 0;

    if (r == 0)
        r = till_enrolment_store(sync->options.till, &sync->pending, &sync->options.incarnation);
    return r == 0 && sync->rotated ? enrol_key_drop(sync->options.key_path) : r;
}

static void confirmed(struct sync *sync)
{
    struct feed_cursor cursor;

    if (put_in_place(sync) < 0) {
        /* The key at its place may be the new one already: it is asked for again at the next start. */
        if (sync->rotated)
            set_stage(sync, ENROL_STAGE_FAILED, ENROL_BOOKS);
        else
            fail(sync, ENROL_BOOKS);
        return;
    }
    explicit_bzero(&sync->pending.ticket.secret, sizeof(sync->pending.ticket.secret));
    sync->replacing = sync->rotated = false;
    /* The books forgot it when a new history began; who was confirmed anew reads on. */
    if (till_feed_cursor(sync->options.till, &cursor) < 0)
        cursor = (struct feed_cursor){0};
    pthread_mutex_lock(&sync->loops.mutex);
    sync->cursor = cursor;
    sync->status.quarantined = false;
    pthread_mutex_unlock(&sync->loops.mutex);
    go_live(sync, &sync->pending);
    sync_publish(sync);
}

/* After central's answer to either request. */
static void advance(struct sync *sync, const struct enrol_answer *answer)
{
    bool first = sync->pending.answer.state != ENROL_WAITING;

    sync->pending.answer = *answer;
    if (answer->state == ENROL_CONFIRMED) {
        confirmed(sync);
        return;
    }
    /* A store that is running keeps its enrolment on the disk until the new one is confirmed. */
    if (first && !sync->replacing && till_enrolment_store(sync->options.till, &sync->pending, NULL) < 0) {
        fail(sync, ENROL_BOOKS);
        return;
    }
    if (first)
        set_stage(sync, ENROL_STAGE_CONFIRM, ENROL_OK);
}

/* What this device holds would stay behind, or go where it does not belong: neither is the technician's to decide. */
static enum enrol_error may_use(struct sync *sync, const struct enrol_ticket *ticket)
{
    bool own;

    /* Numbers are the house's: another one's central would take these books for those of its own terminal. */
    if (sync->replacing && !same_house(ticket, &sync->enrolment.ticket))
        return ENROL_ELSEWHERE;
    if (goes_on(sync, &own) < 0)
        return ENROL_BOOKS;
    return own && ticket->store != sync->enrolment.answer.store ? ENROL_ELSEWHERE : ENROL_OK;
}

static bool prepare(struct sync *sync, const char *ticket_text)
{
    struct enrol_ticket ticket;
    struct key_pair key;
    enum enrol_error error;

    if (enrol_ticket_decode(ticket_text, &ticket) < 0) {
        set_stage(sync, ENROL_STAGE_FAILED, ENROL_BAD_QR);
        return false;
    }
    if (sync->unread)
        sync_enrol_resume(sync);
    if (sync->unread ||
        key_pair_load_or_make(&key, sync->options.key_path, (struct random *)sync->options.random, NULL) < 0) {
        set_stage(sync, ENROL_STAGE_FAILED, ENROL_BOOKS);
        return false;
    }
    pthread_mutex_lock(&sync->loops.mutex);
    sync->replacing |= sync->enrolled;
    sync->enrolled = false;
    pthread_mutex_unlock(&sync->loops.mutex);
    use_key(sync, &key);
    sync->rotated = false;
    key_pair_finish(&key);
    error = may_use(sync, &ticket);
    if (error != ENROL_OK) {
        fail(sync, error);
        return false;
    }
    sync->pending = (struct till_enrolment){.ticket = ticket};
    aim(sync, &ticket);
    set_stage(sync, ENROL_STAGE_CALLING, ENROL_OK);
    return true;
}

/* *out_known: central knows the key, but not as that of a terminal whose books these are. */
static enum enrol_error ask(struct sync *sync, struct enrol_answer *out_answer, bool *out_known)
{
    uint8_t encoded[SYNC_SMALL_BODY_MAX], body[SYNC_SMALL_BODY_MAX];
    struct sync_call call = {.method = "POST", .path = "/v1/enrol", .timeout_ms = SYNC_TIMEOUT_MS};
    struct sync_response response = {.body = body, .cap = sizeof(body)};
    enum enrol_error error;
    size_t len;
    int r;

    r = make_request(sync, &sync->pending.ticket, encoded, sizeof(encoded), &len);
    if (r < 0)
        return ENROL_BOOKS;
    call.body = (struct slice){encoded, len};
    r = sync_send(sync, &call, &response);
    error = error_of(r, &response);
    *out_known = error == ENROL_REJECTED && refused_for(&response, "key_known");
    return error == ENROL_OK ? read_answer(&sync->pending.ticket, &response, out_answer) : error;
}

/* Books that are gone, or a history that forked: another key makes another terminal of the device. */
static enum enrol_error ask_with_another_key(struct sync *sync, struct enrol_answer *out_answer)
{
    struct key_pair before = sync->key, key;
    enum enrol_error error;
    bool known = false;

    key_pair_make(&key, (struct random *)sync->options.random);
    use_key(sync, &key);
    error = ask(sync, out_answer, &known);
    if (error == ENROL_OK && enrol_key_keep(sync->options.key_path, &key, &sync->pending.ticket) < 0)
        error = ENROL_BOOKS;
    sync->rotated = error == ENROL_OK;
    if (error != ENROL_OK)
        use_key(sync, &before);
    key_pair_finish(&key);
    key_pair_finish(&before);
    return error;
}

void sync_enrol_begin(struct sync *sync, const char *ticket_text)
{
    struct enrol_answer answer = {0};
    enum enrol_error error;
    bool known = false, own = false;

    if (!prepare(sync, ticket_text))
        return;
    error = ask(sync, &answer, &known);
    if (known && goes_on(sync, &own) < 0)
        error = ENROL_BOOKS;
    else if (known && !own)
        error = ask_with_another_key(sync, &answer);
    /* Of an earlier ticket one may still wait. */
    if (error == ENROL_OK && !sync->rotated && enrol_key_drop(sync->options.key_path) < 0)
        error = ENROL_BOOKS;
    if (error == ENROL_OK)
        advance(sync, &answer);
    else
        fail(sync, error);
}

/* Central never takes it again. */
static int drop_refused_key(struct sync *sync)
{
    if (sync->rotated)
        return enrol_key_drop(sync->options.key_path);
    return !sync->replacing && unlink(sync->options.key_path) < 0 && errno != ENOENT ? -errno : 0;
}

/* A refusal is final, and after a restart nobody should wait for it again. */
static void forget(struct sync *sync, enum enrol_error error)
{
    sync->pending.answer.state = ENROL_REFUSED;
    if (drop_refused_key(sync) < 0)
        error = ENROL_BOOKS;
    if (!sync->replacing && till_enrolment_store(sync->options.till, &sync->pending, NULL) < 0)
        error = ENROL_BOOKS;
    fail(sync, error);
}

static void pause_poll(struct sync *sync)
{
    int64_t until = sync_mono_ms(sync) + CONFIRM_POLL_MS;

    pthread_mutex_lock(&sync->loops.mutex);
    while (!sync->closing && !sync->ticket_scanned && sync->link && sync_mono_ms(sync) < until)
        loops_wait_locked(&sync->loops, until);
    pthread_mutex_unlock(&sync->loops.mutex);
}

bool sync_enrol_poll(struct sync *sync, struct sync_backoff *backoff)
{
    uint8_t body[SYNC_SMALL_BODY_MAX];
    char key_id[SIGNATURE_KEY_ID_MAX + 1], path[SIGNATURE_KEY_ID_MAX + 16];
    struct sync_call call = {.method = "GET", .path = path, .key_id = key_id, .timeout_ms = SYNC_TIMEOUT_MS};
    struct sync_response response = {.body = body, .cap = sizeof(body)};
    struct enrol_answer answer = {0};
    enum enrol_error error;
    int r;

    sync_key_id_waiting(sync->key.public_key, key_id);
    snprintf(path, sizeof(path), "/v1/enrol/%s", key_id);
    r = sync_send(sync, &call, &response);
    error = error_of(r, &response);
    if (error == ENROL_NO_NETWORK) {
        sync_back_off(sync, backoff, response.retry_after_s);
        return true;
    }
    backoff->attempt = 0;
    if (error == ENROL_OK)
        error = read_answer(&sync->pending.ticket, &response, &answer);
    if (error != ENROL_OK)
        forget(sync, error);
    else
        advance(sync, &answer);
    if (error == ENROL_OK && answer.state == ENROL_WAITING)
        pause_poll(sync);
    return true;
}
