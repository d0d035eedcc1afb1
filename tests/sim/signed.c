/*
 * Ed25519 is most of a simulated day. A signature that this very process made over the same bytes with the same key is
 * known to be good, so it is looked up (by all of it) instead of computed; every other one, a forged or changed one
 * among them, is verified as ever. The linker puts these two before libsodium's.
 */

#include "signed.h"

#include <sodium.h>
#include <stdint.h>
#include <string.h>

#define KEPT   (1u << 15)
#define PUBLIC crypto_sign_PUBLICKEYBYTES

struct made {
    uint8_t signature[crypto_sign_BYTES], key[PUBLIC];
    uint8_t print[crypto_shorthash_siphashx24_BYTES];
};

static struct made known[KEPT];

int __real_crypto_sign_detached(unsigned char *sig, unsigned long long *siglen_p, const unsigned char *m,
                                unsigned long long mlen, const unsigned char *sk);
int __real_crypto_sign_verify_detached(const unsigned char *sig, const unsigned char *m, unsigned long long mlen,
                                       const unsigned char *pk);

static void print_of(const uint8_t *message, unsigned long long len,
                     uint8_t out_print[crypto_shorthash_siphashx24_BYTES])
{
    static const uint8_t key[crypto_shorthash_siphashx24_KEYBYTES] = {0x51};
    crypto_shorthash_siphashx24(out_print, message, len, key);
}

static struct made *place_of(const uint8_t *signature)
{
    uint32_t word;
    memcpy(&word, signature, sizeof(word));
    return &known[word % KEPT];
}

int __wrap_crypto_sign_detached(unsigned char *sig, unsigned long long *siglen_p, const unsigned char *m,
                                unsigned long long mlen, const unsigned char *sk)
{
    int rc = __real_crypto_sign_detached(sig, siglen_p, m, mlen, sk);
    if (rc != 0)
        return rc;
    struct made *made = place_of(sig);
    memcpy(made->signature, sig, sizeof(made->signature));
    memcpy(made->key, sk + crypto_sign_SEEDBYTES, PUBLIC); /* a secret key ends with its public one */
    print_of(m, mlen, made->print);
    return 0;
}

int __wrap_crypto_sign_verify_detached(const unsigned char *sig, const unsigned char *m, unsigned long long mlen,
                                       const unsigned char *pk)
{
    const struct made *made = place_of(sig);
    if (memcmp(made->signature, sig, sizeof(made->signature)) == 0 && memcmp(made->key, pk, PUBLIC) == 0) {
        uint8_t print[sizeof(made->print)];
        print_of(m, mlen, print);
        if (memcmp(print, made->print, sizeof(print)) == 0)
            return 0;
    }
    return __real_crypto_sign_verify_detached(sig, m, mlen, pk);
}
