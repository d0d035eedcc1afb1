#include "sync_internal.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CONFIRM_POLL_MS 2000
#define PATH_SUFFIX_MAX 16

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

void sync_enrol_resume(struct sync *sync)
{
    struct till_enrolment kept;
    struct till_backlog backlog;
    struct feed_cursor cursor;

    if (till_enrolment_load(sync->options.till, &kept) < 0 || kept.answer.state == ENROL_REFUSED)
        return;
    if (key_pair_load(&sync->key, sync->options.key_path) < 0) {
        /* An enrolment without its key is no use: the QR has to be shown again. */
        mark_stage(sync, ENROL_STAGE_FAILED, ENROL_BOOKS);
        return;
    }
    aim(sync, &kept.ticket);
    if (kept.answer.state == ENROL_WAITING) {
        sync->pending = kept;
        mark_stage(sync, ENROL_STAGE_CONFIRM, ENROL_OK);
        return;
    }
    if (till_feed_cursor(sync->options.till, &cursor) == 0)
        sync->cursor = cursor;
    if (till_backlog(sync->options.till, &backlog) == 0)
        sync->status.quarantined = backlog.forked;
    go_live(sync, &kept);
}

/* What stood before goes on. */
static void fail(struct sync *sync, enum enrol_error error)
{
    explicit_bzero(&sync->pending.ticket.secret, sizeof(sync->pending.ticket.secret));
    if (sync->replacing) {
        aim(sync, &sync->enrolment.ticket);
        pthread_mutex_lock(&sync->loops.mutex);
        sync->enrolled = true;
        pthread_mutex_unlock(&sync->loops.mutex);
        sync->replacing = false;
    }
    set_stage(sync, ENROL_STAGE_FAILED, error);
}

/* A history that forked is nobody's to go on with. */
static bool goes_on(struct sync *sync)
{
    struct till_backlog backlog;

    return sync->replacing && till_backlog(sync->options.till, &backlog) == 0 && !backlog.forked;
}

static bool same_house(const struct enrol_ticket *a, const struct enrol_ticket *b)
{
    return memcmp(a->root_hash, b->root_hash, HASH_LEN) == 0;
}

/* Numbers are the house's: another one's central has its own. */
static void claim_own_number(struct sync *sync, const struct enrol_ticket *ticket, struct enrol_request *request)
{
    if (!goes_on(sync) || !same_house(ticket, &sync->enrolment.ticket))
        return;
    request->terminal = sync->enrolment.answer.terminal;
    request->incarnation = sync->enrolment.answer.incarnation;
}

static int make_request(struct sync *sync, const struct enrol_ticket *ticket, uint8_t *out, size_t cap, size_t *out_len)
{
    struct enrol_request request = {0};

    memcpy(request.public_key, sync->key.public_key, PUBLIC_KEY_LEN);
    sync_random(sync, request.nonce, sizeof(request.nonce));
    snprintf(request.hardware, sizeof(request.hardware), "%s", sync->options.incarnation.hardware_serial);
    claim_own_number(sync, ticket, &request);
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

static void confirmed(struct sync *sync)
{
    struct feed_cursor cursor;

    if (till_enrolment_store(sync->options.till, &sync->pending, &sync->options.incarnation) < 0) {
        fail(sync, ENROL_BOOKS);
        return;
    }
    explicit_bzero(&sync->pending.ticket.secret, sizeof(sync->pending.ticket.secret));
    sync->replacing = false;
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

static void use_key(struct sync *sync, const struct key_pair *key)
{
    pthread_mutex_lock(&sync->loops.mutex);
    sync->key = *key;
    pthread_mutex_unlock(&sync->loops.mutex);
}

static bool prepare(struct sync *sync, const char *ticket_text)
{
    struct enrol_ticket ticket;
    struct key_pair key;

    if (enrol_ticket_decode(ticket_text, &ticket) < 0) {
        set_stage(sync, ENROL_STAGE_FAILED, ENROL_BAD_QR);
        return false;
    }
    if (key_pair_load_or_make(&key, sync->options.key_path, (struct random *)sync->options.random, NULL) < 0) {
        set_stage(sync, ENROL_STAGE_FAILED, ENROL_BOOKS);
        return false;
    }
    pthread_mutex_lock(&sync->loops.mutex);
    sync->replacing |= sync->enrolled;
    sync->enrolled = false;
    pthread_mutex_unlock(&sync->loops.mutex);
    use_key(sync, &key);
    key_pair_finish(&key);
    /* A move to another store of the house is not the technician's to make: what this one holds would stay behind. */
    if (goes_on(sync) && same_house(&ticket, &sync->enrolment.ticket) && ticket.store != sync->enrolment.answer.store) {
        fail(sync, ENROL_ELSEWHERE);
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
    if (r == 0) {
        call.body = (struct slice){encoded, len};
        r = sync_send(sync, &call, &response);
    }
    error = error_of(r, &response);
    *out_known = error == ENROL_REJECTED && refused_for(&response, "key_known");
    return error == ENROL_OK ? read_answer(&sync->pending.ticket, &response, out_answer) : error;
}

/* In the place of the old one, which stays beside it: what was signed with it can still be told. */
static int keep_key(struct sync *sync, const struct key_pair *key)
{
    const char *path = sync->options.key_path;
    char fresh[PATH_MAX + PATH_SUFFIX_MAX], before[PATH_MAX + PATH_SUFFIX_MAX];
    int r;

    snprintf(fresh, sizeof(fresh), "%s.new", path);
    snprintf(before, sizeof(before), "%s.before", path);
    if ((unlink(fresh) < 0 && errno != ENOENT) || (unlink(before) < 0 && errno != ENOENT))
        return -errno;
    r = key_pair_save(key, fresh);
    if (r == 0 && (link(path, before) < 0 || rename(fresh, path) < 0))
        r = -errno;
    return r;
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
    if (error == ENROL_OK && keep_key(sync, &key) < 0)
        error = ENROL_BOOKS;
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
    bool known = false;

    if (!prepare(sync, ticket_text))
        return;
    error = ask(sync, &answer, &known);
    if (known && !goes_on(sync))
        error = ask_with_another_key(sync, &answer);
    if (error == ENROL_OK)
        advance(sync, &answer);
    else
        fail(sync, error);
}

/* A refusal is final, and after a restart nobody should wait for it again. */
static void forget(struct sync *sync, enum enrol_error error)
{
    sync->pending.answer.state = ENROL_REFUSED;
    if (!sync->replacing && unlink(sync->options.key_path) < 0 &&
        errno != ENOENT) /* central never takes this key again */
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
