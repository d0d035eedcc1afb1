/*
 * Ed25519 would be a fifth of a simulated day, and libsodium's is not what is tried here. A signature is a keyed hash
 * of the message under the secret key; who verifies has only the public key, and the secret one is looked up among
 * those that signed anything in this process. So a signature over other bytes, or by another key, is refused as ever,
 * and the same seed gives the same bytes. A key that never signed here is left to libsodium. The linker puts these two
 * before its own.
 */

#include "signed.h"

#include <assert.h>
#include <sodium.h>
#include <stdint.h>
#include <string.h>

#define KEYS_MAX 4096 /* a power of two; more than all machines of a run ever have */
#define PUBLIC   crypto_sign_PUBLICKEYBYTES
#define SECRET   crypto_sign_SECRETKEYBYTES

static_assert(crypto_sign_BYTES % crypto_shorthash_BYTES == 0, "a signature is the hash, over and over");
static_assert(SECRET >= crypto_shorthash_KEYBYTES, "the key of the hash is cut from the secret one");

/* Found by the public key, with which a secret one ends; all zero: free. */
static uint8_t signers[KEYS_MAX][SECRET];

void signed_forget(void)
{
    memset(signers, 0, sizeof(signers));
}

static const uint8_t *public_of(const uint8_t *secret)
{
    return secret + crypto_sign_SEEDBYTES;
}

static uint8_t *find_signer(const uint8_t *public_key)
{
    uint32_t at;
    memcpy(&at, public_key, sizeof(at));
    for (unsigned tries = 0; tries < KEYS_MAX; tries++) {
        uint8_t *signer = signers[(at + tries) % KEYS_MAX];
        if (memcmp(public_of(signer), public_key, PUBLIC) == 0 || sodium_is_zero(signer, SECRET))
            return signer;
    }
    assert(!"too many keys");
    return NULL;
}

static void stamp(uint8_t *out, const uint8_t *message, unsigned long long len, const uint8_t *secret)
{
    crypto_shorthash(out, message, len, secret);
    for (size_t at = crypto_shorthash_BYTES; at < crypto_sign_BYTES; at += crypto_shorthash_BYTES)
        memcpy(out + at, out, crypto_shorthash_BYTES);
}

int __real_crypto_sign_verify_detached(const unsigned char *sig, const unsigned char *m, unsigned long long mlen,
                                       const unsigned char *pk);

int __wrap_crypto_sign_detached(unsigned char *sig, unsigned long long *siglen_p, const unsigned char *m,
                                unsigned long long mlen, const unsigned char *sk)
{
    memcpy(find_signer(public_of(sk)), sk, SECRET);
    stamp(sig, m, mlen, sk);
    if (siglen_p)
        *siglen_p = crypto_sign_BYTES;
    return 0;
}

int __wrap_crypto_sign_verify_detached(const unsigned char *sig, const unsigned char *m, unsigned long long mlen,
                                       const unsigned char *pk)
{
    uint8_t expected[crypto_sign_BYTES];
    const uint8_t *signer = find_signer(pk);
    if (sodium_is_zero(signer, SECRET))
        return __real_crypto_sign_verify_detached(sig, m, mlen, pk);
    stamp(expected, m, mlen, signer);
    return memcmp(expected, sig, sizeof(expected)) == 0 ? 0 : -1;
}
