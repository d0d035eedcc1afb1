#include "sync_internal.h"

#include "domain/cbor.h"
#include "platform/encoding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAG                "tillside"
#define SKEW_WORTH_MS      1000
#define REFUSAL_REASON_KEY 0
#define REFUSAL_MS_KEY     1
#define KEY_ID_HASH_LEN    8

void sync_key_id_terminal(uint32_t terminal, char out_id[SIGNATURE_KEY_ID_MAX + 1])
{
    snprintf(out_id, SIGNATURE_KEY_ID_MAX + 1, "t%u", (unsigned)terminal);
}

void sync_key_id_waiting(const uint8_t public_key[PUBLIC_KEY_LEN], char out_id[SIGNATURE_KEY_ID_MAX + 1])
{
    uint8_t hash[HASH_LEN];

    crypto_sha256(public_key, PUBLIC_KEY_LEN, hash);
    out_id[0] = 'k';
    hex_encode(hash, KEY_ID_HASH_LEN, out_id + 1, SIGNATURE_KEY_ID_MAX);
}

int sync_status_error(int http_status)
{
    if (http_status == 200)
        return 0;
    if (http_status == 401 || http_status == 403)
        return -EACCES;
    return http_status == 429 || http_status >= 500 ? -EAGAIN : -EPROTO;
}

static int64_t skew_ms(struct sync *sync)
{
    int64_t skew;

    pthread_mutex_lock(&sync->loops.mutex);
    skew = sync->skew_ms;
    pthread_mutex_unlock(&sync->loops.mutex);
    return skew;
}

static int sign(struct sync *sync, const struct sync_call *call, int64_t skew, struct signature_headers *out_headers)
{
    const struct signature_message message = {call->method, call->path, call->body};
    struct signature_params params = {.created_s = (clock_wall_ms(sync->options.clock) + skew) / 1000, .tag = TAG};
    struct key_pair key;
    uint8_t nonce[16];
    int r;

    pthread_mutex_lock(&sync->loops.mutex);
    key = sync->key;
    pthread_mutex_unlock(&sync->loops.mutex);
    sync_random(sync, nonce, sizeof(nonce));
    base64url_encode(nonce, sizeof(nonce), params.nonce, sizeof(params.nonce));
    snprintf(params.key_id, sizeof(params.key_id), "%s", call->key_id);
    r = signature_sign(&message, &params, &key, out_headers);
    key_pair_finish(&key);
    return r;
}

void sync_refusal_read(const struct sync_response *response, char out_reason[SYNC_REASON_MAX], uint64_t *out_server_ms)
{
    struct cbor_reader r;
    struct cbor_map map;
    uint32_t key;
    uint64_t server_ms = 0;
    char reason[SYNC_REASON_MAX] = "";

    cbor_reader_init(&r, response->body, response->len);
    map = cbor_map_begin(&r);
    while (cbor_map_next(&r, &map, &key)) {
        if (key == REFUSAL_REASON_KEY)
            cbor_read_text_into(&r, reason, sizeof(reason));
        else if (key == REFUSAL_MS_KEY)
            server_ms = cbor_read_uint(&r);
        else
            cbor_read_raw(&r);
    }
    if (cbor_reader_finish(&r) < 0) {
        reason[0] = '\0';
        server_ms = 0;
    }
    memcpy(out_reason, reason, SYNC_REASON_MAX);
    *out_server_ms = response->server_ms != 0 ? response->server_ms : server_ms;
}

static uint64_t refusal_time(const struct sync_response *response)
{
    char reason[SYNC_REASON_MAX];
    uint64_t server_ms;

    sync_refusal_read(response, reason, &server_ms);
    return server_ms;
}

static void learn_time(struct sync *sync, uint64_t server_ms)
{
    struct clock_reading at = {clock_wall_ms(sync->options.clock), sync_mono_ms(sync)};

    if (server_ms == 0 || server_ms > INT64_MAX / 2)
        return;
    pthread_mutex_lock(&sync->loops.mutex);
    sync->skew_ms = (int64_t)server_ms - at.wall_ms;
    pthread_mutex_unlock(&sync->loops.mutex);
    /* Only worth keeping: a till that cannot write says so at the next act. */
    if (till_time_trust(sync->options.till, (int64_t)server_ms, at) < 0)
        return;
}

static void note_contact(struct sync *sync, int error, int http_status)
{
    bool worked = error == 0 && http_status < 500 && http_status != 401 && http_status != 403 && http_status != 429;

    pthread_mutex_lock(&sync->loops.mutex);
    if (worked && !sync->contact_ok) {
        sync->recoveries++;
        loops_changed_locked(&sync->loops);
    }
    sync->contact_ok = worked;
    if (worked) {
        sync->contact_mono_ms = sync_mono_ms(sync);
        sync->status.last_contact_ms = clock_wall_ms(sync->options.clock) + sync->skew_ms;
    }
    pthread_mutex_unlock(&sync->loops.mutex);
}

static int send_once(struct sync *sync, const struct sync_call *call, int64_t skew, struct sync_response *response)
{
    const struct sync_transport *transport = &sync->options.transport;
    struct signature_headers headers;
    struct sync_request request = {.method = call->method,
                                   .path = call->path,
                                   .range = call->range,
                                   .body = call->body,
                                   .compressed = call->compressed,
                                   .timeout_ms = call->timeout_ms};
    int r;

    if (call->key_id != NULL) {
        r = sign(sync, call, skew, &headers);
        if (r < 0)
            return r;
        request.signature_input = headers.signature_input;
        request.signature = headers.signature;
        request.content_digest = headers.content_digest;
    }
    response->status = 0;
    response->server_ms = 0;
    response->retry_after_s = 0;
    response->len = 0;
    return transport->ops->exchange(transport->self, &request, response);
}

int sync_send(struct sync *sync, const struct sync_call *call, struct sync_response *response)
{
    int64_t used = skew_ms(sync);
    int r = send_once(sync, call, used, response);

    if (r == 0) {
        bool refused = response->status == 401;
        learn_time(sync, refused ? refusal_time(response) : response->server_ms);
        if (refused && call->key_id != NULL && llabs(skew_ms(sync) - used) > SKEW_WORTH_MS) {
            r = send_once(sync, call, skew_ms(sync), response);
            if (r == 0)
                learn_time(sync, response->server_ms);
        }
    }
    note_contact(sync, r, response->status);
    sync_publish(sync);
    return r;
}
