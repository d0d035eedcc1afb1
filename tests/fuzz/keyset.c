#include "fuzz.h"
#include "support.h"

#include "domain/keyset.h"

/* As it came, and with a genuine signature: a root key in the wrong hands may not crash a terminal either. */
static void check(const uint8_t *data, size_t len)
{
    uint8_t again[KEYSET_ENCODED_MAX];
    const struct test_key root = test_key_make(99);
    const struct keyset_key *key;
    struct keyset set, second;
    size_t again_len;
    if (keyset_open(data, len, root.public_key, &set) != 0)
        return;
    MUST(set.count <= KEYSET_KEYS_MAX && set.brand != 0 && set.version != 0);
    MUST(keyset_seal(&set, root.secret, again, sizeof again, &again_len) == 0);
    MUST(keyset_open(again, again_len, root.public_key, &second) == 0);
    for (unsigned kid = 0; kid < 256; kid++)
        MUST(keyset_find(&set, (uint8_t)kid, KEY_COUPON, &key) == keyset_find(&second, (uint8_t)kid, KEY_COUPON, &key));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t sealed[KEYSET_ENCODED_MAX];
    check(data, size);
    if (size > sizeof sealed - SIGNATURE_LEN)
        return 0;
    if (size > 0)
        memcpy(sealed, data, size);
    crypto_sign_message(test_key_make(99).secret, sealed, size, sealed + size);
    check(sealed, size + SIGNATURE_LEN);
    return 0;
}
