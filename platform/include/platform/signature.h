#ifndef PLATFORM_SIGNATURE_H
#define PLATFORM_SIGNATURE_H

/*
 * HTTP message signatures (RFC 9421) with Ed25519 over a content digest (RFC 9530, sha-256). Our profile, exactly:
 *
 *   Content-Digest:  sha-256=:<base64>:            of the body as sent, the empty body included
 *   Signature-Input: sig=("@method" "@path" "@query" "content-digest");created=…;keyid="…";nonce="…";tag="…"
 *   Signature:       sig=:<base64>:
 *
 * @path and @query are the request target as it goes over the wire, percent-encoding untouched; a target without a
 * query gives "?". (@path and @query rather than @target-uri, because the latter names the host, which differs between
 * the two ends behind a forwarder; TLS with a pinned key ties the request to its server.) One signature and one digest
 * per message, these components in this order; parameters in any order, each exactly once, no others.
 */

#include "domain/base.h"
#include "platform/keys.h"

#define SIGNATURE_NONCE_MAX  43 /* characters of the base64url alphabet; we send 22 (16 random bytes) */
#define SIGNATURE_TAG_MAX    32
#define SIGNATURE_KEY_ID_MAX 64
#define SIGNATURE_DIGEST_CAP 64 /* sha-256=:44:            */
#define SIGNATURE_INPUT_CAP  384
#define SIGNATURE_VALUE_CAP  112

struct signature_message {
    const char *method;
    const char *target; /* origin form: "/v1/feed?after=3" */
    struct slice body;  /* as sent, that is compressed if it is */
};

/* Header values to send, or as received. */
struct signature_headers {
    char content_digest[SIGNATURE_DIGEST_CAP];
    char signature_input[SIGNATURE_INPUT_CAP];
    char signature[SIGNATURE_VALUE_CAP];
};

struct signature_params {
    int64_t created_s; /* Unix seconds */
    char nonce[SIGNATURE_NONCE_MAX + 1];
    char key_id[SIGNATURE_KEY_ID_MAX + 1];
    char tag[SIGNATURE_TAG_MAX + 1]; /* what the signature is for, e.g. "tillside-sync" */
};

/* Fills a nonce from 16 random bytes. */
void signature_nonce_make(struct random *random, char out_nonce[SIGNATURE_NONCE_MAX + 1]);

/* params->key_id is the pair's id if it is "". -EINVAL when a parameter or the target has forbidden characters. */
MUST_CHECK int signature_sign(const struct signature_message *message, const struct signature_params *params,
                              const struct key_pair *pair, struct signature_headers *out_headers);

/* In order of precedence: the first that applies is the answer. */
enum signature_verdict {
    SIGNATURE_MISSING,         /* a header is absent */
    SIGNATURE_MALFORMED,       /* not our profile, or a header came twice */
    SIGNATURE_WRONG_TAG,       /* made for another purpose */
    SIGNATURE_UNKNOWN_KEY,     /* the lookup does not know the key id */
    SIGNATURE_DIGEST_MISMATCH, /* the body is not the one that was digested */
    SIGNATURE_INVALID,         /* the key did not sign this */
    SIGNATURE_STALE,           /* created too far from now, either way; the sender may correct its clock */
    SIGNATURE_REPLAYED,        /* from the nonce window: this nonce was used */
    SIGNATURE_VALID,
};

const char *signature_verdict_name(enum signature_verdict verdict); /* "digest_mismatch"; for answers and logs */

/* 0 with the key, -ENOENT if unknown; any other -errno is passed through by signature_verify. */
typedef int (*signature_lookup)(void *context, const char *key_id, uint8_t out_public_key[KEY_PUBLIC_LEN]);

struct signature_policy {
    int64_t now_s;
    int64_t max_skew_s;
    const char *tag;
    signature_lookup lookup;
    void *context;
};

/*
 * 0 with a verdict (never SIGNATURE_REPLAYED: ask the key's nonce window when valid), or the lookup's -errno.
 * An empty header value counts as absent. *out_params is set from SIGNATURE_WRONG_TAG on.
 */
MUST_CHECK int signature_verify(const struct signature_message *message, const struct signature_headers *headers,
                                const struct signature_policy *policy, struct signature_params *out_params,
                                enum signature_verdict *out_verdict);

/* The signature base of RFC 9421 §2.5 for any components; lower-case names, params as in Signature-Input. */
struct signature_component {
    const char *name;
    const char *value;
};
struct buffer;
MUST_CHECK int signature_base(const struct signature_component *components, size_t count, const char *params,
                              struct buffer *buffer);

/* Content-Digest of a body. */
void signature_content_digest(struct slice body, char out_digest[SIGNATURE_DIGEST_CAP]);

/*
 * Replay window of one key: the caller's array of entries bounds it. When full, the oldest second is forgotten and
 * everything created up to then counts as stale, so a replay is never accepted, at worst a latecomer has to sign again.
 * A clock that turns out to have been ahead, by more than the skew, begins the window anew at the second it now says,
 * as a start does; a window that kept its floor would refuse everybody until that time comes.
 * One thread at a time.
 */
struct nonce_entry {
    int64_t created_s;
    uint8_t hash[16];
};

struct nonce_window {
    struct nonce_entry *entries;
    size_t capacity;
    size_t count;
    int64_t floor_s;  /* created must be later than this */
    int64_t latest_s; /* of the last check, INT64_MIN = none */
};

/* floor_s: INT64_MIN, or the second of the program's start, so that a restart does not open the window again. */
void nonce_window_init(struct nonce_window *window, struct nonce_entry *entries, size_t capacity, int64_t floor_s);

/* Remembers a valid request's nonce. SIGNATURE_VALID, SIGNATURE_REPLAYED or SIGNATURE_STALE. */
enum signature_verdict nonce_window_check(struct nonce_window *window, const struct signature_params *params,
                                          const struct signature_policy *policy);

#endif
