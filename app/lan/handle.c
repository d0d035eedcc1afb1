#include "lan_internal.h"

#include "answer.h"
#include "domain/cbor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One request of a peer: whose it is, then what it wants. */

#define REFUSAL_REASON_KEY 0
#define REFUSAL_MS_KEY     1

static void refuse(struct sync_response *response, int status, const char *reason)
{
    struct cbor_writer w;
    size_t len = 0;

    cbor_writer_init(&w, response->body, response->cap);
    cbor_write_map(&w, 2);
    cbor_write_uint(&w, REFUSAL_REASON_KEY);
    cbor_write_text(&w, reason);
    cbor_write_uint(&w, REFUSAL_MS_KEY);
    cbor_write_uint(&w, response->server_ms);
    response->status = status;
    response->len = cbor_writer_finish(&w, &len) == 0 ? len : 0;
}

/* ---- the signature */

struct lookup {
    struct lan *lan;
    uint32_t terminal;
};

static int find_key(void *context, const char *key_id, uint8_t out_public_key[KEY_PUBLIC_LEN])
{
    struct lookup *lookup = context;
    const struct lan_peer *peer;
    char *end;
    unsigned long terminal;

    if (key_id[0] != 't' || key_id[1] < '1' || key_id[1] > '9')
        return -ENOENT;
    terminal = strtoul(key_id + 1, &end, 10);
    if (*end != '\0' || terminal > UINT32_MAX)
        return -ENOENT;
    lookup->terminal = (uint32_t)terminal;
    peer = lan_peer_locked(lookup->lan, lookup->terminal);
    if (peer == NULL)
        return -ENOENT;
    memcpy(out_public_key, peer->info.public_key, KEY_PUBLIC_LEN);
    return 0;
}

static bool copy_header(char *out, size_t cap, const char *value)
{
    int len = snprintf(out, cap, "%s", value != NULL ? value : "");
    return len >= 0 && (size_t)len < cap;
}

static enum signature_verdict verify(struct lan *lan, const struct lan_request *request, uint32_t *out_terminal)
{
    const struct signature_message message = {"POST", request->path, request->body};
    struct lookup lookup = {.lan = lan};
    const struct signature_policy policy = {.now_s = clock_wall_ms(lan->options.clock) / 1000,
                                            .max_skew_s = LAN_SKEW_MAX_S,
                                            .tag = LAN_TAG,
                                            .lookup = find_key,
                                            .context = &lookup};
    struct signature_headers headers;
    struct signature_params params;
    enum signature_verdict verdict;

    if (!copy_header(headers.content_digest, sizeof(headers.content_digest), request->content_digest) ||
        !copy_header(headers.signature_input, sizeof(headers.signature_input), request->signature_input) ||
        !copy_header(headers.signature, sizeof(headers.signature), request->signature))
        return SIGNATURE_MALFORMED;
    pthread_mutex_lock(&lan->loops.mutex);
    if (signature_verify(&message, &headers, &policy, &params, &verdict) < 0)
        verdict = SIGNATURE_INVALID;
    if (verdict == SIGNATURE_VALID)
        verdict = nonce_window_check(&lan_peer_locked(lan, lookup.terminal)->window, &params, &policy);
    pthread_mutex_unlock(&lan->loops.mutex);
    *out_terminal = lookup.terminal;
    return verdict;
}

/* ---- hello */

static void on_hello(struct lan *lan, uint32_t from, struct slice body, struct sync_response *response)
{
    struct lan_hello hello, mine;
    struct lan_peer *peer;
    size_t len;

    if (lan_hello_decode(body.data, body.len, &hello) < 0 || hello.terminal != from) {
        refuse(response, 400, "malformed");
        return;
    }
    if (lan_hello_take(lan, &hello) == -EPROTO) {
        refuse(response, 403, "other_store");
        return;
    }
    if (lan_hello_make(lan, &mine) < 0 || lan_hello_encode(&mine, response->body, response->cap, &len) < 0) {
        refuse(response, 503, "books_unavailable");
        return;
    }
    response->status = 200;
    response->len = len;
    pthread_mutex_lock(&lan->loops.mutex);
    peer = lan_peer_locked(lan, from);
    if (peer != NULL && !lan_peer_live_locked(lan, peer)) {
        peer->next_hello_mono_ms = 0; /* it is back */
        lan->wakes++;
        loops_changed_locked(&lan->loops);
    }
    pthread_mutex_unlock(&lan->loops.mutex);
}

/* ---- a copy */

static int store_copy(struct lan *lan, struct slice packed, struct journal_answer *out_answer)
{
    size_t len;
    int r;

    pthread_mutex_lock(&lan->unpack_mutex);
    r = compress_unpack(lan->unpack, packed, lan->unpacked, BATCH_BYTES_MAX, &len);
    if (r == 0)
        r = till_copy_store(lan->options.till, (struct slice){lan->unpacked, len}, out_answer);
    else
        r = -EBADMSG;
    pthread_mutex_unlock(&lan->unpack_mutex);
    return r;
}

static void on_journal(struct lan *lan, struct slice body, struct sync_response *response)
{
    struct journal_answer answer = {0};
    size_t len;
    int r = store_copy(lan, body, &answer);

    if (r == 0)
        r = journal_answer_encode(&answer, response->body, response->cap, &len);
    if (r == 0) {
        response->status = answer.status == JOURNAL_FORK ? 409 : 200;
        response->len = len;
        lan_wake(lan); /* who is primary may have changed, and others may lack it too */
    } else if (r == -EBADMSG || r == -EINVAL || r == -ENOENT) {
        refuse(response, 400, "malformed");
    } else {
        refuse(response, 503, "books_unavailable");
    }
}

/* ---- an act */

static void answer_act(struct sync_response *response, const struct lan_answer *answer)
{
    size_t len;

    if (lan_answer_encode(answer, response->body, response->cap, &len) < 0) {
        refuse(response, 503, "too_large");
        return;
    }
    response->status = 200;
    response->len = len;
}

static void answer_done(struct sync_response *response, const struct till_answer *done)
{
    uint8_t encoded[LAN_ANSWER_MAX - 64];
    struct lan_answer answer = {.state = LAN_DONE};
    size_t len = 0;

    if (done->error == -EINPROGRESS)
        answer.state = LAN_PENDING;
    else if (done->error == -EREMOTE)
        answer.state = LAN_NOT_PRIMARY;
    else if (done->error == -EAGAIN || done->error == -EBUSY)
        answer.state = LAN_BUSY;
    else if (done->error != 0)
        answer.error = done->error;
    else if (lan_till_answer_encode(done, encoded, sizeof(encoded), &len) < 0)
        answer.error = -EPROTO;
    answer.answer = (struct slice){encoded, len};
    answer_act(response, &answer);
}

/* The till's answer, or -EINPROGRESS when it takes longer than the peer should wait. */
static void await_deed(struct lan *lan, uint32_t ticket, struct till_answer *out_answer)
{
    int64_t until = lan_mono_ms(lan) + LAN_ACT_WAIT_MS;
    struct lan_deed *deed;

    pthread_mutex_lock(&lan->loops.mutex);
    deed = lan_deed_locked(lan, ticket);
    while (deed != NULL && !deed->done && !lan->closing && lan->loops.runner.ops == NULL && lan_mono_ms(lan) < until)
        loops_wait_locked(&lan->loops, until);
    *out_answer = (struct till_answer){.error = -EINPROGRESS};
    if (deed != NULL && deed->done)
        *out_answer = deed->answer;
    if (deed != NULL)
        deed->ticket = 0; /* a later answer is fetched under the same request id */
    pthread_mutex_unlock(&lan->loops.mutex);
}

/*
 * "No other terminal answers" in an answer to one that just asked: this one has not said hello to it yet. It does so
 * now, and is asked again. false: it is live, so the till had its reason.
 */
static bool wake_for(struct lan *lan, uint32_t from)
{
    struct lan_peer *peer;
    bool unknown;

    pthread_mutex_lock(&lan->loops.mutex);
    peer = lan_peer_locked(lan, from);
    unknown = peer != NULL && !lan_peer_live_locked(lan, peer);
    if (unknown) {
        peer->next_hello_mono_ms = 0;
        lan->wakes++;
        loops_changed_locked(&lan->loops);
    }
    pthread_mutex_unlock(&lan->loops.mutex);
    return unknown;
}

static void on_act(struct lan *lan, uint32_t from, struct slice body, struct sync_response *response)
{
    struct till_request request;
    struct till_answer answer;
    struct lan_act act;
    uint32_t ticket;
    bool primary;
    int r;

    if (lan_act_decode(body.data, body.len, &act) < 0) {
        refuse(response, 400, "malformed");
        return;
    }
    pthread_mutex_lock(&lan->loops.mutex);
    primary = lan_role_locked(lan) == LAN_PRIMARY;
    pthread_mutex_unlock(&lan->loops.mutex);
    if (!primary) {
        answer_act(response, &(struct lan_answer){.state = LAN_NOT_PRIMARY});
        return;
    }
    lan_request_of(&act, &request);
    explicit_bzero(&act, sizeof(act));
    request.via = from;
    request.sync_age_s = UINT32_MAX;
    if (lan->options.central != NULL)
        request.online = lan->options.central(lan->options.context, &request.sync_age_s);
    r = lan_deed_submit(lan, &request, -1, &ticket);
    explicit_bzero(&request, sizeof(request));
    if (r < 0) {
        answer_act(response, &(struct lan_answer){.state = LAN_BUSY});
        return;
    }
    await_deed(lan, ticket, &answer);
    if (answer.error == -EHOSTDOWN && wake_for(lan, from))
        answer.error = -EAGAIN;
    answer_done(response, &answer);
}

void lan_handle(struct lan *lan, const struct lan_request *request, struct sync_response *response)
{
    enum signature_verdict verdict;
    uint32_t from = 0;

    response->server_ms = (uint64_t)clock_wall_ms(lan->options.clock);
    response->retry_after_s = 0;
    response->len = 0;
    verdict = verify(lan, request, &from);
    if (verdict != SIGNATURE_VALID)
        refuse(response, 401, signature_verdict_name(verdict));
    else if (strcmp(request->path, LAN_PATH_HELLO) == 0)
        on_hello(lan, from, request->body, response);
    else if (strcmp(request->path, LAN_PATH_JOURNAL) == 0)
        on_journal(lan, request->body, response);
    else if (strcmp(request->path, LAN_PATH_ACT) == 0)
        on_act(lan, from, request->body, response);
    else
        refuse(response, 404, "not_found");
}
