#include "central/brand_keys.h"
#include "platform/file.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_CAP 640

struct kind {
    enum key_purpose purpose;
    const char *name;
};

static const struct kind kinds[] = {{KEY_COUPON, "coupon"}, {KEY_MEMBER, "member"}, {KEY_BADGE, "badge"}};

static int path_in(const char *folder, const char *name, char out_path[PATH_CAP])
{
    return (size_t)snprintf(out_path, PATH_CAP, "%s/%s", folder, name) < PATH_CAP ? 0 : -ENAMETOOLONG;
}

static int key_path(const char *folder, const struct kind *kind, uint8_t kid, char out_path[PATH_CAP])
{
    char name[32];
    snprintf(name, sizeof(name), "%s-%u.key", kind->name, kid);
    return path_in(folder, name, out_path);
}

static struct key_pair *pair_of(struct brand_keys *keys, enum key_purpose purpose, uint8_t **out_kid)
{
    switch (purpose) {
    case KEY_COUPON:
        *out_kid = &keys->coupon_kid;
        return &keys->coupon;
    case KEY_MEMBER:
        *out_kid = &keys->member_kid;
        return &keys->member;
    case KEY_BADGE:
        *out_kid = &keys->badge_kid;
        return &keys->badge;
    }
    return NULL;
}

static int write_in(const char *folder, const char *name, const void *data, size_t len)
{
    char path[PATH_CAP];
    int rc = path_in(folder, name, path);
    return rc < 0 ? rc : file_write_atomic(path, data, len, 0600);
}

static int seal(const char *folder, const struct keyset *set, const struct key_pair *root, struct brand_keys *keys)
{
    size_t len = 0;
    int rc = keyset_seal(set, root->secret_key, keys->sealed, sizeof(keys->sealed), &len);
    if (rc < 0)
        return rc;
    keys->sealed_len = len;
    keys->set = *set;
    return write_in(folder, "keyset.bin", keys->sealed, len);
}

static int make_signing_keys(const char *folder, struct random *random, struct keyset *set)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct key_pair pair;
        char path[PATH_CAP];
        uint8_t kid = (uint8_t)(KID_COUPON_FIRST + i);
        key_pair_make(&pair, random);
        int rc = key_path(folder, &kinds[i], kid, path);
        if (rc == 0)
            rc = key_pair_save(&pair, path);
        struct keyset_key *key = &set->keys[set->count++];
        *key = (struct keyset_key){.kid = kid, .purpose = (uint8_t)kinds[i].purpose};
        memcpy(key->public_key, pair.public_key, PUBLIC_KEY_LEN);
        key_pair_finish(&pair);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int brand_keys_make(const char *folder, uint32_t brand, struct random *random)
{
    struct key_pair root;
    char path[PATH_CAP];
    int rc = file_make_dirs(folder, 0700);
    if (rc == 0)
        rc = path_in(folder, "root.key", path);
    if (rc < 0)
        return rc;
    key_pair_make(&root, random);
    struct keyset set = {.brand = brand, .version = 1};
    struct brand_keys keys = {.set = set};
    rc = key_pair_save(&root, path);
    if (rc == 0)
        rc = write_in(folder, "root.pub", root.public_key, PUBLIC_KEY_LEN);
    if (rc == 0)
        rc = make_signing_keys(folder, random, &set);
    if (rc == 0)
        rc = seal(folder, &set, &root, &keys);
    key_pair_finish(&root);
    return rc;
}

static int read_exact(const char *folder, const char *name, uint8_t *out, size_t cap, size_t *out_len)
{
    char path[PATH_CAP];
    struct buffer buffer;
    buffer_init(&buffer, cap);
    int rc = path_in(folder, name, path);
    if (rc == 0)
        rc = file_read(path, &buffer);
    if (rc == 0 && buffer.len > 0)
        memcpy(out, buffer.data, buffer.len);
    if (rc == 0)
        *out_len = buffer.len;
    buffer_finish(&buffer);
    return rc;
}

/* The newest key of each purpose that is not revoked signs. */
static int load_signing_keys(const char *folder, struct brand_keys *keys)
{
    for (uint32_t i = 0; i < keys->set.count; i++) {
        const struct keyset_key *key = &keys->set.keys[i];
        const struct kind *kind = NULL;
        for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
            if ((uint8_t)kinds[k].purpose == key->purpose)
                kind = &kinds[k];
        }
        if (!kind || key->revoked)
            continue;
        char path[PATH_CAP];
        uint8_t *kid = NULL;
        struct key_pair *pair = pair_of(keys, kind->purpose, &kid);
        int rc = key_path(folder, kind, key->kid, path);
        if (rc == 0)
            rc = key_pair_load(pair, path);
        if (rc == 0 && memcmp(pair->public_key, key->public_key, PUBLIC_KEY_LEN) != 0)
            rc = -EBADMSG;
        if (rc < 0)
            return rc;
        *kid = key->kid;
    }
    return 0;
}

int brand_keys_load(const char *folder, struct brand_keys *out_keys)
{
    struct brand_keys keys = {0};
    size_t len = 0;
    int rc = read_exact(folder, "root.pub", keys.root_public, sizeof(keys.root_public), &len);
    if (rc == 0 && len != PUBLIC_KEY_LEN)
        rc = -EBADMSG;
    if (rc == 0)
        rc = read_exact(folder, "keyset.bin", keys.sealed, sizeof(keys.sealed), &keys.sealed_len);
    if (rc == 0)
        rc = keyset_open(keys.sealed, keys.sealed_len, keys.root_public, &keys.set);
    if (rc == 0)
        rc = load_signing_keys(folder, &keys);
    if (rc == 0)
        *out_keys = keys;
    brand_keys_finish(&keys);
    return rc;
}

void brand_keys_finish(struct brand_keys *keys)
{
    if (!keys)
        return;
    key_pair_finish(&keys->coupon);
    key_pair_finish(&keys->member);
    key_pair_finish(&keys->badge);
}

static int seal_with_root(const char *folder, const struct keyset *set, struct brand_keys *keys)
{
    struct key_pair root;
    char path[PATH_CAP];
    int rc = path_in(folder, "root.key", path);
    if (rc == 0)
        rc = key_pair_load(&root, path);
    if (rc < 0)
        return rc;
    rc = seal(folder, set, &root, keys);
    key_pair_finish(&root);
    return rc;
}

int brand_keys_revoke(const char *folder, uint8_t kid, struct brand_keys *keys)
{
    struct keyset set = keys->set;
    uint32_t i = 0;
    while (i < set.count && set.keys[i].kid != kid)
        i++;
    if (i == set.count)
        return -EINVAL;
    set.keys[i].revoked = true;
    set.version++;
    return seal_with_root(folder, &set, keys);
}

int brand_keys_put_back(const char *folder, const struct brand_keys *keys)
{
    return write_in(folder, "keyset.bin", keys->sealed, keys->sealed_len);
}

static const struct kind *kind_of(enum key_purpose purpose)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (kinds[i].purpose == purpose)
            return &kinds[i];
    }
    return NULL;
}

int brand_keys_add(const char *folder, enum key_purpose purpose, struct random *random, struct brand_keys *keys,
                   uint8_t *out_kid)
{
    struct keyset set = keys->set;
    struct key_pair pair;
    char path[PATH_CAP];
    unsigned kid = 1;
    for (uint32_t i = 0; i < set.count; i++)
        kid = set.keys[i].kid >= kid ? set.keys[i].kid + 1u : kid;
    if (set.count == KEYSET_KEYS_MAX || kid > UINT8_MAX)
        return -ERANGE;
    int rc = key_path(folder, kind_of(purpose), (uint8_t)kid, path);
    if (rc < 0)
        return rc;
    key_pair_make(&pair, random);
    rc = key_pair_save(&pair, path); /* a key without its keyset is harmless, the other way round is not */
    if (rc == -EEXIST)
        rc = key_pair_load(&pair, path); /* of a time before that was refused */
    struct keyset_key *key = &set.keys[set.count++];
    *key = (struct keyset_key){.kid = (uint8_t)kid, .purpose = (uint8_t)purpose};
    memcpy(key->public_key, pair.public_key, PUBLIC_KEY_LEN);
    set.version++;
    key_pair_finish(&pair);
    if (rc == 0)
        rc = seal_with_root(folder, &set, keys);
    if (rc == 0)
        *out_kid = (uint8_t)kid;
    return rc;
}
