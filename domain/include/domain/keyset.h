#ifndef DOMAIN_KEYSET_H
#define DOMAIN_KEYSET_H

#include "domain/crypto.h"

/*
 * The brand's keys. A root key (kept offline) signs a versioned list; a terminal pins the root at enrolment and accepts
 * only higher versions. Unknown kid → "needs connection"; wrong purpose → as if forged.
 */

enum key_purpose { KEY_COUPON = 1, KEY_MEMBER = 2, KEY_BADGE = 3 };

struct keyset_key {
    uint8_t kid;     /* 1..255, never reused within a brand */
    uint8_t purpose; /* enum key_purpose */
    uint8_t public_key[PUBLIC_KEY_LEN];
    uint32_t campaign_from, campaign_to; /* 0,0 = any */
    uint32_t valid_from_s, valid_to_s;   /* Unix seconds, of what it signs; 0 = open */
    bool revoked;
};

#define KEYSET_KEYS_MAX 32

struct keyset {
    uint32_t brand;
    uint32_t version;
    uint32_t count;
    struct keyset_key keys[KEYSET_KEYS_MAX];
};

#define KEYSET_ENCODED_MAX 4096

enum key_status { KEY_GOOD, KEY_UNKNOWN, KEY_WRONG_PURPOSE, KEY_REVOKED };

/* CBOR of the keyset followed by the root's signature over it. */
MUST_CHECK int keyset_seal(const struct keyset *set, const uint8_t root_secret[SECRET_KEY_LEN], uint8_t *out,
                           size_t cap, size_t *out_len);
/* -EKEYREJECTED when the signature is not the root's, -EBADMSG when malformed. */
MUST_CHECK int keyset_open(const void *sealed, size_t len, const uint8_t root[PUBLIC_KEY_LEN], struct keyset *out_set);
enum key_status keyset_find(const struct keyset *set, uint8_t kid, enum key_purpose purpose,
                            const struct keyset_key **out_key);

#endif
