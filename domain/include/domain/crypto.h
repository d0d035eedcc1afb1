#ifndef DOMAIN_CRYPTO_H
#define DOMAIN_CRYPTO_H

#include "domain/base.h"

/* Sizes and pure functions over libsodium: no randomness, no files. crypto_start() once per process before anything
 * else. */

#define HASH_LEN       32
#define PUBLIC_KEY_LEN 32
#define SECRET_KEY_LEN 64
#define SIGNATURE_LEN  64

MUST_CHECK int crypto_start(void);
void crypto_sha256(const void *data, size_t len, uint8_t out_hash[HASH_LEN]);
void crypto_hmac_sha256(const void *key, size_t key_len, const void *data, size_t len, uint8_t out_mac[HASH_LEN]);
void crypto_sign_message(const uint8_t secret[SECRET_KEY_LEN], const void *data, size_t len,
                         uint8_t out_signature[SIGNATURE_LEN]);
bool crypto_verify(const uint8_t key[PUBLIC_KEY_LEN], const void *data, size_t len,
                   const uint8_t signature[SIGNATURE_LEN]);
bool crypto_equal(const void *a, const void *b, size_t len); /* constant time */
/* The six digits a terminal shows and central confirms: made from its public key. */
void crypto_confirm_code(const uint8_t key[PUBLIC_KEY_LEN], char out_digits[7]);

#endif
