#include "domain/keyset.h"

#include "domain/fields.h"

#include <string.h>

/* [brand, version, [key…]], each key a map; then the root's signature over these bytes. */

#define KEY(k, t, must, m) FIELD_AT(k, t, must, keyset_key, m)

static const struct field key_fields[] = {
    KEY(1, FIELD_UINT, true, kid),          KEY(2, FIELD_UINT, true, purpose),
    KEY(3, FIELD_BYTES, true, public_key),  KEY(4, FIELD_UINT, false, campaign_from),
    KEY(5, FIELD_UINT, false, campaign_to), KEY(6, FIELD_UINT, false, valid_from_s),
    KEY(7, FIELD_UINT, false, valid_to_s),  KEY(8, FIELD_BOOL, false, revoked),
};
static const struct field_table key_table = FIELD_TABLE(key_fields, keyset_key);

static bool key_sane(const struct keyset *set, uint32_t index)
{
    const struct keyset_key *key = &set->keys[index];
    if (key->kid == 0 || key->purpose < KEY_COUPON || key->purpose > KEY_BADGE)
        return false;
    for (uint32_t i = 0; i < index; i++) {
        if (set->keys[i].kid == key->kid)
            return false;
    }
    return true;
}

static bool keyset_sane(const struct keyset *set)
{
    if (set->brand == 0 || set->version == 0 || set->count > KEYSET_KEYS_MAX)
        return false;
    for (uint32_t i = 0; i < set->count; i++) {
        if (!key_sane(set, i))
            return false;
    }
    return true;
}

int keyset_seal(const struct keyset *set, const uint8_t root_secret[SECRET_KEY_LEN], uint8_t *out, size_t cap,
                size_t *out_len)
{
    if (!keyset_sane(set))
        return -EINVAL;
    struct cbor_writer w;
    cbor_writer_init(&w, out, cap);
    cbor_write_array(&w, 3);
    cbor_write_uint(&w, set->brand);
    cbor_write_uint(&w, set->version);
    cbor_write_array(&w, set->count);
    for (uint32_t i = 0; i < set->count; i++)
        fields_write(&w, &key_table, &set->keys[i]);
    size_t len;
    int rc = cbor_writer_finish(&w, &len);
    if (rc < 0)
        return rc;
    if (cap - len < SIGNATURE_LEN)
        return -ENOSPC;
    crypto_sign_message(root_secret, out, len, out + len);
    *out_len = len + SIGNATURE_LEN;
    return 0;
}

static int keyset_parse(const uint8_t *data, size_t len, struct keyset *out_set)
{
    struct cbor_reader r;
    cbor_reader_init(&r, data, len);
    struct keyset set = {0};
    if (cbor_read_array(&r) != 3)
        return -EBADMSG;
    set.brand = cbor_read_u32(&r);
    set.version = cbor_read_u32(&r);
    size_t count = cbor_read_array(&r);
    if (count > KEYSET_KEYS_MAX)
        return -EBADMSG;
    set.count = (uint32_t)count;
    for (uint32_t i = 0; i < set.count; i++)
        fields_read(&r, &key_table, &set.keys[i]);
    int rc = cbor_reader_finish(&r);
    if (rc < 0)
        return rc;
    if (!keyset_sane(&set))
        return -EBADMSG;
    *out_set = set;
    return 0;
}

int keyset_open(const void *sealed, size_t len, const uint8_t root[PUBLIC_KEY_LEN], struct keyset *out_set)
{
    const uint8_t *bytes = sealed;
    if (len <= SIGNATURE_LEN || len > KEYSET_ENCODED_MAX)
        return -EBADMSG;
    size_t signed_len = len - SIGNATURE_LEN;
    if (!crypto_verify(root, bytes, signed_len, bytes + signed_len))
        return -EKEYREJECTED;
    return keyset_parse(bytes, signed_len, out_set);
}

enum key_status keyset_find(const struct keyset *set, uint8_t kid, enum key_purpose purpose,
                            const struct keyset_key **out_key)
{
    for (uint32_t i = 0; i < set->count; i++) {
        const struct keyset_key *key = &set->keys[i];
        if (key->kid != kid)
            continue;
        *out_key = key;
        if (key->purpose != (uint8_t)purpose)
            return KEY_WRONG_PURPOSE;
        return key->revoked ? KEY_REVOKED : KEY_GOOD;
    }
    return KEY_UNKNOWN;
}
