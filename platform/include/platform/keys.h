#ifndef PLATFORM_KEYS_H
#define PLATFORM_KEYS_H

/* Ed25519 keys (RFC 8032, by libsodium): made on the device, kept in a file that only its owner can read. */

#include "domain/base.h"
#include "platform/random.h"

#define KEY_PUBLIC_LEN    32
#define KEY_SECRET_LEN    64 /* seed and public key, as libsodium keeps them */
#define KEY_SIGNATURE_LEN 64
#define KEY_ID_LEN        22 /* characters: base64url of the first 16 bytes of SHA-256 of the public key */

struct key_pair {
    uint8_t public_key[KEY_PUBLIC_LEN];
    uint8_t secret_key[KEY_SECRET_LEN];
    char id[KEY_ID_LEN + 1];
};

void key_pair_make(struct key_pair *out_pair, struct random *random);
void key_pair_from_seed(struct key_pair *out_pair, const uint8_t seed[32]);
void key_pair_finish(struct key_pair *pair); /* wipes it; NULL-safe */

/*
 * The file holds the seed as 64 hex digits and a newline, mode 0600. Loading refuses a file of another owner or one
 * that others may read (-EPERM), a link or anything but a plain file (-ELOOP, -EINVAL), and a wrong content (-EBADMSG).
 */
MUST_CHECK int key_pair_load(struct key_pair *out_pair, const char *path);
MUST_CHECK int key_pair_save(const struct key_pair *pair, const char *path); /* -EEXIST: never overwrites a key */

/* Loads, or makes and saves when there is no file. *out_made (may be NULL) says which. */
MUST_CHECK int key_pair_load_or_make(struct key_pair *out_pair, const char *path, struct random *random,
                                     bool *out_made);

void key_sign(const struct key_pair *pair, const void *message, size_t len, uint8_t out_signature[KEY_SIGNATURE_LEN]);
bool key_verify(const uint8_t public_key[KEY_PUBLIC_LEN], const void *message, size_t len,
                const uint8_t signature[KEY_SIGNATURE_LEN]);
void key_id(const uint8_t public_key[KEY_PUBLIC_LEN], char out_id[KEY_ID_LEN + 1]);

#endif
