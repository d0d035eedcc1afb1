#include "platform/signature.h"

#include "domain/crypto.h"
#include "platform/buffer.h"
#include "platform/encoding.h"
#include "signature_input.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define BASE_MAX    (16 << 10) /* bytes of a signature base; a longer target is refused */
#define LABEL       "sig"
#define NONCE_BYTES 16

static_assert(SIGNATURE_DIGEST_CAP > sizeof("sha-256=::") + BASE64_CAP(32), "the digest fits");
static_assert(SIGNATURE_VALUE_CAP > sizeof(LABEL "=::") + BASE64_CAP(KEY_SIGNATURE_LEN), "the signature fits");
static_assert(SIGNATURE_INPUT_CAP > sizeof(LABEL "=" SIGNATURE_COMPONENTS ";created=;keyid=\"\";nonce=\"\";tag=\"\"") +
                                        20 + SIGNATURE_KEY_ID_MAX + SIGNATURE_NONCE_MAX + SIGNATURE_TAG_MAX,
              "the longest input fits");

void signature_nonce_make(struct random *random, char out_nonce[SIGNATURE_NONCE_MAX + 1])
{
    uint8_t bytes[NONCE_BYTES];
    random_fill(random, bytes, sizeof(bytes));
    base64url_encode(bytes, sizeof(bytes), out_nonce, SIGNATURE_NONCE_MAX + 1);
}

void signature_content_digest(struct slice body, char out_digest[SIGNATURE_DIGEST_CAP])
{
    uint8_t hash[HASH_LEN];
    char base64[BASE64_CAP(sizeof(hash))];
    crypto_sha256(body.data, body.len, hash);
    base64_encode(hash, sizeof(hash), base64, sizeof(base64));
    snprintf(out_digest, SIGNATURE_DIGEST_CAP, "sha-256=:%s:", base64);
}

int signature_base(const struct signature_component *components, size_t count, const char *params,
                   struct buffer *buffer)
{
    int error = 0;
    for (size_t i = 0; i < count && !error; i++) {
        const char *const pieces[] = {"\"", components[i].name, "\": ", components[i].value, "\n"};
        for (size_t at = 0; at < ARRAY_LEN(pieces) && !error; at++)
            error = buffer_append_text(buffer, pieces[at]);
    }
    if (!error)
        error = buffer_append_text(buffer, "\"@signature-params\": ");
    if (!error)
        error = buffer_append_text(buffer, params);
    return error;
}

/* Visible ASCII only: anything else would let two messages share one signature base, or is not HTTP. */
static bool is_visible(const char *text)
{
    for (; *text; text++)
        if (*text <= ' ' || *text > '~')
            return false;
    return true;
}

static int message_base(const struct signature_message *message, const char *digest, const char *params,
                        struct buffer *buffer)
{
    const char *query = strchr(message->target, '?');
    size_t path_len = query ? (size_t)(query - message->target) : strlen(message->target);
    char path[2048];
    if (message->target[0] != '/' || !is_visible(message->target) || !is_visible(message->method))
        return -EINVAL;
    if (path_len >= sizeof(path))
        return -EINVAL;
    memcpy(path, message->target, path_len);
    path[path_len] = '\0';
    const struct signature_component components[] = {
        {"@method", message->method},
        {"@path", path},
        {"@query", query ? query : "?"},
        {"content-digest", digest},
    };
    int error = signature_base(components, ARRAY_LEN(components), params, buffer);
    return error == -E2BIG ? -EINVAL : error;
}

static bool params_are_sound(const struct signature_params *params)
{
    return params->created_s >= 0 && signature_nonce_is_sound(params->nonce) &&
           signature_text_is_sound(params->key_id) && signature_text_is_sound(params->tag);
}

int signature_sign(const struct signature_message *message, const struct signature_params *params,
                   const struct key_pair *pair, struct signature_headers *out_headers)
{
    struct signature_params full = *params;
    struct signature_headers made;
    struct buffer base;
    uint8_t signature[KEY_SIGNATURE_LEN];
    char base64[BASE64_CAP(KEY_SIGNATURE_LEN)];
    if (!full.key_id[0])
        memcpy(full.key_id, pair->id, sizeof(pair->id));
    if (!params_are_sound(&full))
        return -EINVAL;
    signature_content_digest(message->body, made.content_digest);
    snprintf(made.signature_input, sizeof(made.signature_input),
             LABEL "=" SIGNATURE_COMPONENTS ";created=%lld;keyid=\"%s\";nonce=\"%s\";tag=\"%s\"",
             (long long)full.created_s, full.key_id, full.nonce, full.tag);
    buffer_init(&base, BASE_MAX);
    int error = message_base(message, made.content_digest, made.signature_input + strlen(LABEL "="), &base);
    if (!error) {
        key_sign(pair, base.data, base.len, signature);
        base64_encode(signature, sizeof(signature), base64, sizeof(base64));
        snprintf(made.signature, sizeof(made.signature), LABEL "=:%s:", base64);
        *out_headers = made;
    }
    buffer_finish(&base);
    return error;
}

static enum signature_verdict verify_bytes(const struct signature_message *message,
                                           const struct signature_headers *headers, const struct signature_input *input,
                                           const uint8_t *public_key)
{
    struct buffer base;
    buffer_init(&base, BASE_MAX);
    int error = message_base(message, headers->content_digest, input->params_text, &base);
    bool valid = !error && key_verify(public_key, base.data, base.len, input->signature);
    buffer_finish(&base);
    return valid ? SIGNATURE_VALID : SIGNATURE_INVALID;
}

static bool is_stale(int64_t created_s, const struct signature_policy *policy)
{
    assert(policy->max_skew_s >= 0 && policy->now_s > INT64_MIN / 2 && policy->now_s < INT64_MAX / 2);
    return created_s < policy->now_s - policy->max_skew_s || created_s > policy->now_s + policy->max_skew_s;
}

int signature_verify(const struct signature_message *message, const struct signature_headers *headers,
                     const struct signature_policy *policy, struct signature_params *out_params,
                     enum signature_verdict *out_verdict)
{
    struct signature_input input;
    char digest[SIGNATURE_DIGEST_CAP];
    uint8_t public_key[KEY_PUBLIC_LEN];
    if (!headers->content_digest[0] || !headers->signature_input[0] || !headers->signature[0]) {
        *out_verdict = SIGNATURE_MISSING;
        return 0;
    }
    if (!signature_input_parse(headers, &input)) {
        *out_verdict = SIGNATURE_MALFORMED;
        return 0;
    }
    *out_params = input.params;
    if (strcmp(input.params.tag, policy->tag) != 0) {
        *out_verdict = SIGNATURE_WRONG_TAG;
        return 0;
    }
    int error = policy->lookup(policy->context, input.params.key_id, public_key);
    if (error == -ENOENT) {
        *out_verdict = SIGNATURE_UNKNOWN_KEY;
        return 0;
    }
    if (error)
        return error;
    signature_content_digest(message->body, digest);
    enum signature_verdict verdict = SIGNATURE_DIGEST_MISMATCH;
    if (strcmp(digest, headers->content_digest) == 0)
        verdict = verify_bytes(message, headers, &input, public_key);
    if (verdict == SIGNATURE_VALID && is_stale(input.params.created_s, policy))
        verdict = SIGNATURE_STALE;
    *out_verdict = verdict;
    return 0;
}

const char *signature_verdict_name(enum signature_verdict verdict)
{
    switch (verdict) {
    case SIGNATURE_MISSING:
        return "missing";
    case SIGNATURE_MALFORMED:
        return "malformed";
    case SIGNATURE_WRONG_TAG:
        return "wrong_tag";
    case SIGNATURE_UNKNOWN_KEY:
        return "unknown_key";
    case SIGNATURE_DIGEST_MISMATCH:
        return "digest_mismatch";
    case SIGNATURE_INVALID:
        return "invalid";
    case SIGNATURE_STALE:
        return "stale";
    case SIGNATURE_REPLAYED:
        return "replayed";
    case SIGNATURE_VALID:
        return "valid";
    }
    assert(!"verdict");
    return "";
}
