#ifndef CENTRAL_BRAND_KEYS_H
#define CENTRAL_BRAND_KEYS_H

/*
 * The brand's keys as files in DATA/keys: root.key (signs keysets; made by `init`; move it offline afterwards and leave
 * root.pub), coupon-<kid>.key, member-<kid>.key, badge-<kid>.key (central signs tokens with them), and keyset.bin, the
 * sealed keyset that terminals get. Central runs without root.key; only a new keyset needs it.
 */

#include "domain/keyset.h"
#include "platform/keys.h"

struct brand_keys {
    struct keyset set;
    uint8_t root_public[PUBLIC_KEY_LEN];
    uint8_t sealed[KEYSET_ENCODED_MAX];
    size_t sealed_len;
    struct key_pair coupon, member, badge; /* the newest of each purpose */
    uint8_t coupon_kid, member_kid, badge_kid;
};

/* kids of a fresh brand */
enum { KID_COUPON_FIRST = 1, KID_MEMBER_FIRST = 2, KID_BADGE_FIRST = 3 };

/* -EEXIST when there are keys. */
MUST_CHECK int brand_keys_make(const char *folder, uint32_t brand, struct random *random);
/* -ENOENT, -EPERM (others may read a key), -EKEYREJECTED (keyset not signed by the root), -EBADMSG. */
MUST_CHECK int brand_keys_load(const char *folder, struct brand_keys *out_keys);
void brand_keys_finish(struct brand_keys *keys); /* wipes them; NULL-safe */

/* Marks a kid revoked, raises the version and seals anew; needs root.key in the folder (-ENOENT). */
MUST_CHECK int brand_keys_revoke(const char *folder, uint8_t kid, struct brand_keys *keys);
/* The keyset as it was when these were loaded: what came after it was refused. */
MUST_CHECK int brand_keys_put_back(const char *folder, const struct brand_keys *keys);
/* Another key of a purpose, under the next free kid; it signs from the next brand_keys_load on. Needs root.key
 * (-ENOENT). -ERANGE: no more fit. */
MUST_CHECK int brand_keys_add(const char *folder, enum key_purpose purpose, struct random *random,
                              struct brand_keys *keys, uint8_t *out_kid);

#endif
