#include "central/api/api.h"
#include "central/api/nonces.h"
#include "central/store/terminal_clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SKEW_S 300
#define TAG        "tillside"

struct lookup {
    struct store_tx tx;
    struct terminal terminal;
    int64_t off_ms; /* how far from now it was signed, when that was too far */
};

struct off_note {
    uint32_t terminal;
    int64_t off_ms;
};

static int find_key(void *context, const char *key_id, uint8_t out_public_key[KEY_PUBLIC_LEN])
{
    struct lookup *lookup = context;
    int rc = identity_find_by_key_id(&lookup->tx, key_id, &lookup->terminal);
    if (rc == 0)
        memcpy(out_public_key, lookup->terminal.public_key, KEY_PUBLIC_LEN);
    return rc;
}

static bool copy_headers(const struct central_request *request, struct signature_headers *headers)
{
    int digest = snprintf(headers->content_digest, sizeof(headers->content_digest), "%s", request->content_digest);
    int input = snprintf(headers->signature_input, sizeof(headers->signature_input), "%s", request->signature_input);
    int value = snprintf(headers->signature, sizeof(headers->signature), "%s", request->signature);
    return (size_t)digest < sizeof(headers->content_digest) && (size_t)input < sizeof(headers->signature_input) &&
           (size_t)value < sizeof(headers->signature);
}

static int verify(struct api_call *call, struct lookup *lookup, enum signature_verdict *out_verdict)
{
    const struct central_request *request = call->request;
    struct signature_headers headers;
    if (request->doubled_header || !copy_headers(request, &headers)) {
        *out_verdict = SIGNATURE_MALFORMED;
        return 0;
    }
    struct signature_message message = {request->method, request->target, request->body};
    struct signature_policy policy = {
        .now_s = api_now_ms(call) / 1000,
        .max_skew_s = MAX_SKEW_S,
        .tag = TAG,
        .lookup = find_key,
        .context = lookup,
    };
    struct signature_params params;
    enum signature_verdict verdict;
    int rc = signature_verify(&message, &headers, &policy, &params, &verdict);
    if (rc == 0 && verdict == SIGNATURE_VALID) {
        snprintf(call->key_id, sizeof(call->key_id), "%s", params.key_id);
        rc = nonce_table_check(call->central->nonces, lookup->terminal.id, &params, &policy, &verdict);
    }
    if (rc == 0 && verdict == SIGNATURE_STALE)
        lookup->off_ms = params.created_s * 1000 - api_now_ms(call);
    if (rc == 0)
        *out_verdict = verdict;
    return rc;
}

static int run_off(void *arg, struct store_tx *tx)
{
    const struct off_note *note = arg;
    return terminal_clock_note_said(tx, note->terminal, note->off_ms);
}

static void done_off(void *arg, int result)
{
    (void)result; /* the next request of that sort notes it */
    free(arg);
}

/* Its key signed this, with a clock that is not ours or long ago. Looked at before anything is written: the same may
 * come often. */
static bool is_off_news(struct lookup *lookup)
{
    struct terminal_clock clock;
    return lookup->terminal.state == TERMINAL_CONFIRMED && llabs(lookup->off_ms) > TERMINAL_CLOCK_LIMIT_MS &&
           terminal_clock_find(&lookup->tx, lookup->terminal.id, &clock) == 0 &&
           terminal_clock_is_news(&clock.said, lookup->off_ms, lookup->tx.now_ms);
}

static void note_off(const struct api_call *call, const struct lookup *lookup)
{
    struct off_note *note = malloc(sizeof(*note));
    if (!note)
        return;
    *note = (struct off_note){lookup->terminal.id, lookup->off_ms};
    struct writer_job job = {.lane = WRITER_LIVE, .run = run_off, .done = done_off, .arg = note};
    if (writer_submit(call->central->writer, &job) < 0)
        free(note);
}

int api_authenticate(struct api_call *call, enum api_auth auth, const char **out_reason)
{
    struct lookup lookup = {.off_ms = 0};
    int rc = store_read_begin(call->central->store, &lookup.tx);
    if (rc < 0) {
        *out_reason = "books_unavailable";
        return 503;
    }
    enum signature_verdict verdict = SIGNATURE_MISSING;
    rc = verify(call, &lookup, &verdict);
    bool off = rc == 0 && lookup.off_ms != 0 && is_off_news(&lookup);
    store_read_end(&lookup.tx);
    if (off)
        note_off(call, &lookup);
    if (rc < 0) {
        *out_reason = "books_unavailable";
        return 503;
    }
    if (verdict != SIGNATURE_VALID) {
        *out_reason = signature_verdict_name(verdict);
        return 401;
    }
    call->terminal = lookup.terminal;
    if (auth == API_TERMINAL && (lookup.terminal.state != TERMINAL_CONFIRMED || call->key_id[0] != 't')) {
        *out_reason = lookup.terminal.state == TERMINAL_REMOVED ? "removed" : "not_confirmed";
        return 403;
    }
    return 0;
}
