#include "central/admin/groups.h"
#include "central/store/feed.h"
#include "central/store/journal.h"
#include "central/store/writer.h"
#include "platform/encoding.h"

#include <string.h>

#define OPERATOR "admin"

static const char *purpose_name(uint8_t purpose)
{
    switch ((enum key_purpose)purpose) {
    case KEY_COUPON:
        return "coupon";
    case KEY_MEMBER:
        return "member";
    case KEY_BADGE:
        return "badge";
    }
    return "unknown";
}

/* As on disk: what a revocation changed counts for the terminals at once, for central's own signing from its next
 * start. */
static int load(struct admin_call *call, struct brand_keys *out_keys)
{
    char folder[STORE_PATH_MAX];
    int rc = central_config_path(&call->central->config, CENTRAL_KEYS_DIR, folder, sizeof(folder));
    return rc < 0 ? rc : brand_keys_load(folder, out_keys);
}

int cmd_keys_list(struct admin_call *call, struct store_tx *tx)
{
    struct brand_keys keys = {.set = {.count = 0}};
    (void)tx;
    int rc = load(call, &keys);
    for (uint32_t i = 0; i < keys.set.count && rc == 0; i++) {
        const struct keyset_key *key = &keys.set.keys[i];
        char public_key[2 * PUBLIC_KEY_LEN + 1];
        hex_encode(key->public_key, PUBLIC_KEY_LEN, public_key, sizeof(public_key));
        bool signs = key->kid == keys.coupon_kid || key->kid == keys.member_kid || key->kid == keys.badge_kid;
        admin_add_row(call, json_pack("{s:I, s:s, s:s, s:s}", "kid", (json_int_t)key->kid, "purpose",
                                      purpose_name(key->purpose), "state",
                                      key->revoked ? "revoked"
                                      : signs      ? "signs"
                                                   : "good",
                                      "public_key", public_key));
    }
    admin_set(call, "version", json_integer(keys.set.version));
    brand_keys_finish(&keys);
    return rc;
}

/* A new keyset, sealed by the root key, to every terminal of the brand. */
struct change {
    struct admin_call *call;
    struct brand_keys keys;
    uint8_t kid;
    const char *what;
};

static int publish(void *arg, struct store_tx *tx)
{
    const struct change *change = arg;
    struct journal_fact fact = {.who = OPERATOR,
                                .what = change->what,
                                .why = admin_text(change->call, "why", NULL),
                                .brand = change->keys.set.brand,
                                .number = change->kid};
    int rc = central_publish_keyset(&change->keys, tx);
    return rc ? rc : journal_append_central(tx, RECORD_ADMIN, &fact);
}

/* -EALREADY: the books hold this very keyset. */
static int look(void *arg, struct store_tx *tx)
{
    const struct change *change = arg;
    uint8_t sealed[KEYSET_ENCODED_MAX];
    size_t len = 0;
    int rc = feed_find(tx, (struct feed_target){.brand = change->keys.set.brand}, FEED_KEYSET, "keyset", sealed,
                       sizeof(sealed), &len);
    if (rc < 0)
        return rc == -ENOENT ? 0 : rc;
    bool same = len == change->keys.sealed_len && memcmp(sealed, change->keys.sealed, len) == 0;
    return same ? -EALREADY : 0;
}

/*
 * The file comes first: what a start finds there it publishes, so that a crash in between loses no revocation. What
 * was refused must not come that way; it is taken back unless a disk that failed kept it after all, or does not say.
 */
static int announce(const char *folder, const struct brand_keys *before, struct change *change)
{
    struct admin_call *call = change->call;
    int rc = writer_call(call->central->writer, publish, change);
    if (rc < 0) {
        if (writer_call(call->central->writer, look, change) == 0 && brand_keys_put_back(folder, before) < 0)
            return admin_refuse(call, -EIO, "keys/keyset.bin cannot be put back: the next start of serve publishes it");
        return rc;
    }
    admin_set(call, "kid", json_integer(change->kid));
    admin_set(call, "version", json_integer(change->keys.set.version));
    admin_set(call, "central", json_string("signs with its other keys from its next start: restart serve"));
    return 0;
}

typedef int (*change_files)(const char *folder, struct change *change);

/* One at a time: each begins with the keyset that the one before left. */
static int change_keys(struct admin_call *call, change_files files, struct change *change)
{
    char folder[STORE_PATH_MAX];
    struct brand_keys before = {.set = {.count = 0}};
    int rc = central_config_path(&call->central->config, CENTRAL_KEYS_DIR, folder, sizeof(folder));
    pthread_mutex_lock(&call->central->keys_mutex);
    rc = rc ? rc : brand_keys_load(folder, &before);
    rc = rc ? rc : brand_keys_load(folder, &change->keys);
    rc = rc ? rc : files(folder, change);
    if (rc == -EINVAL)
        rc = admin_refuse(call, rc, "no key has this number");
    else if (rc == -ENOENT)
        rc = admin_refuse(call, rc, "root.key is not in the keys folder: bring it back for this");
    rc = rc ? rc : announce(folder, &before, change);
    pthread_mutex_unlock(&call->central->keys_mutex);
    brand_keys_finish(&before);
    brand_keys_finish(&change->keys);
    return rc;
}

static int revoke(const char *folder, struct change *change)
{
    uint32_t kid = admin_u32(change->call, "kid");
    change->kid = (uint8_t)kid;
    return kid > UINT8_MAX ? -EINVAL : brand_keys_revoke(folder, change->kid, &change->keys);
}

int cmd_keys_revoke(struct admin_call *call)
{
    struct change change = {.call = call, .what = "key revoked"};
    return change_keys(call, revoke, &change);
}

static int purpose_of(struct admin_call *call, enum key_purpose *out_purpose)
{
    static const enum key_purpose purposes[] = {KEY_COUPON, KEY_MEMBER, KEY_BADGE};
    const char *text = admin_text(call, "purpose", "");
    for (size_t i = 0; i < ARRAY_LEN(purposes); i++) {
        if (strcmp(purpose_name((uint8_t)purposes[i]), text) == 0) {
            *out_purpose = purposes[i];
            return 0;
        }
    }
    return admin_refuse(call, -EINVAL, "PURPOSE is coupon, member or badge, not \"%s\"", text);
}

static int add(const char *folder, struct change *change)
{
    enum key_purpose purpose = KEY_COUPON;
    int rc = purpose_of(change->call, &purpose); /* was looked at before */
    return rc ? rc : brand_keys_add(folder, purpose, change->call->central->random, &change->keys, &change->kid);
}

int cmd_keys_add(struct admin_call *call)
{
    struct change change = {.call = call, .what = "key added"};
    enum key_purpose purpose;
    int rc = purpose_of(call, &purpose);
    return rc ? rc : change_keys(call, add, &change);
}
