#include "fuzz.h"

#include "platform/signature.h"

#include <stdio.h>

/* Lines: Content-Digest, Signature-Input, Signature, method, target; then the body. */

#define NOW_S 1795000000

static struct key_pair pair;

static int find(void *context, const char *key_id, uint8_t out_public_key[KEY_PUBLIC_LEN])
{
    (void)context;
    MUST(strlen(key_id) <= SIGNATURE_KEY_ID_MAX);
    if (strcmp(key_id, "nobody") == 0)
        return -ENOENT;
    memcpy(out_public_key, pair.public_key, KEY_PUBLIC_LEN);
    return 0;
}

/* What is valid was signed by the key, so signing the same again says the same. */
static void check_valid(const struct signature_message *message, const struct signature_headers *headers,
                        const struct signature_params *params)
{
    struct signature_headers again;
    MUST(params->created_s >= NOW_S - 300 && params->created_s <= NOW_S + 300);
    MUST(strcmp(params->tag, "tillside") == 0 && params->nonce[0] != '\0');
    MUST(signature_sign(message, params, &pair, &again) == 0);
    MUST(strcmp(again.content_digest, headers->content_digest) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct nonce_entry entries[4];
    struct slice rest = {data, size};
    struct signature_headers headers;
    struct signature_params params;
    enum signature_verdict verdict;
    char method[32], target[256];
    if (pair.id[0] == '\0')
        key_pair_from_seed(&pair, (const uint8_t[32]){7});
    fuzz_text(fuzz_part(&rest, '\n'), headers.content_digest, sizeof headers.content_digest);
    fuzz_text(fuzz_part(&rest, '\n'), headers.signature_input, sizeof headers.signature_input);
    fuzz_text(fuzz_part(&rest, '\n'), headers.signature, sizeof headers.signature);
    fuzz_text(fuzz_part(&rest, '\n'), method, sizeof method);
    fuzz_text(fuzz_part(&rest, '\n'), target, sizeof target);
    const struct signature_message message = {method, target, rest};
    const struct signature_policy policy = {.now_s = NOW_S, .max_skew_s = 300, .tag = "tillside", .lookup = find};
    MUST(signature_verify(&message, &headers, &policy, &params, &verdict) == 0);
    MUST(verdict != SIGNATURE_REPLAYED && signature_verdict_name(verdict)[0] != '\0');
    if (verdict != SIGNATURE_VALID)
        return 0;
    check_valid(&message, &headers, &params);
    struct nonce_window window;
    nonce_window_init(&window, entries, ARRAY_LEN(entries), INT64_MIN);
    MUST(nonce_window_check(&window, &params, &policy) == SIGNATURE_VALID);
    MUST(nonce_window_check(&window, &params, &policy) == SIGNATURE_REPLAYED);
    return 0;
}
