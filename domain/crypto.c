#include "domain/crypto.h"

#include <assert.h>
#include <nettle/sha2.h>
#include <sodium.h>
#include <stdio.h>

static_assert(HASH_LEN == SHA256_DIGEST_SIZE, "SHA-256");
static_assert(PUBLIC_KEY_LEN == crypto_sign_PUBLICKEYBYTES, "Ed25519");
static_assert(SECRET_KEY_LEN == crypto_sign_SECRETKEYBYTES, "Ed25519");
static_assert(SIGNATURE_LEN == crypto_sign_BYTES, "Ed25519");

int crypto_start(void)
{
    return sodium_init() < 0 ? -EIO : 0;
}

/* Nettle's uses what the processor has for it, and is five times as fast as libsodium's. */
void crypto_sha256(const void *data, size_t len, uint8_t out_hash[HASH_LEN])
{
    struct sha256_ctx context;
    sha256_init(&context);
    sha256_update(&context, len, data);
    sha256_digest(&context, HASH_LEN, out_hash);
}

void crypto_hmac_sha256(const void *key, size_t key_len, const void *data, size_t len, uint8_t out_mac[HASH_LEN])
{
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key, key_len);
    crypto_auth_hmacsha256_update(&state, data, len);
    crypto_auth_hmacsha256_final(&state, out_mac);
    sodium_memzero(&state, sizeof state);
}

void crypto_sign_message(const uint8_t secret[SECRET_KEY_LEN], const void *data, size_t len,
                         uint8_t out_signature[SIGNATURE_LEN])
{
    int failed = crypto_sign_detached(out_signature, NULL, data, len, secret);
    assert(failed == 0);
}

bool crypto_verify(const uint8_t key[PUBLIC_KEY_LEN], const void *data, size_t len,
                   const uint8_t signature[SIGNATURE_LEN])
{
    return crypto_sign_verify_detached(signature, data, len, key) == 0;
}

bool crypto_equal(const void *a, const void *b, size_t len)
{
    return sodium_memcmp(a, b, len) == 0;
}

void crypto_confirm_code(const uint8_t key[PUBLIC_KEY_LEN], char out_digits[7])
{
    /* The context keeps the code apart from every other hash of the key. */
    static const char context[] = "tillside confirm";
    uint8_t mac[HASH_LEN];
    crypto_hmac_sha256(context, sizeof context - 1, key, PUBLIC_KEY_LEN, mac);
    uint64_t value = 0;
    for (size_t i = 0; i < 8; i++)
        value = value << 8 | mac[i];
    int written = snprintf(out_digits, 7, "%06u", (unsigned)(value % 1000000));
    assert(written == 6);
}
