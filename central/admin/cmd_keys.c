#include "central/admin/groups.h"
#include "central/store/feed.h"
#include "central/store/journal.h"
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
static int publish(struct admin_call *call, struct store_tx *tx, const struct brand_keys *keys, const char *what,
                   uint8_t kid)
{
    struct journal_fact fact = {
        .who = OPERATOR, .what = what, .why = admin_text(call, "why", NULL), .brand = keys->set.brand, .number = kid};
    int rc = central_publish_keyset(keys, tx);
    rc = rc ? rc : journal_append_central(tx, RECORD_ADMIN, &fact);
    admin_set(call, "kid", json_integer(kid));
    admin_set(call, "version", json_integer(keys->set.version));
    admin_set(call, "central", json_string("signs with its other keys from its next start: restart serve"));
    return rc;
}

int cmd_keys_revoke(struct admin_call *call, struct store_tx *tx)
{
    char folder[STORE_PATH_MAX];
    struct brand_keys keys = {.set = {.count = 0}};
    uint32_t kid = admin_u32(call, "kid");
    int rc = central_config_path(&call->central->config, CENTRAL_KEYS_DIR, folder, sizeof(folder));
    rc = rc ? rc : brand_keys_load(folder, &keys);
    rc = rc ? rc : kid > UINT8_MAX ? -EINVAL : brand_keys_revoke(folder, (uint8_t)kid, &keys);
    if (rc == -EINVAL)
        rc = admin_refuse(call, rc, "no key has this number");
    else if (rc == -ENOENT)
        rc = admin_refuse(call, rc, "root.key is not in the keys folder: bring it back for this");
    rc = rc ? rc : publish(call, tx, &keys, "key revoked", (uint8_t)kid);
    brand_keys_finish(&keys);
    return rc;
}

int cmd_keys_add(struct admin_call *call, struct store_tx *tx)
{
    static const enum key_purpose purposes[] = {KEY_COUPON, KEY_MEMBER, KEY_BADGE};
    char folder[STORE_PATH_MAX];
    struct brand_keys keys = {.set = {.count = 0}};
    const char *text = admin_text(call, "purpose", "");
    size_t i = 0;
    uint8_t kid = 0;
    while (i < ARRAY_LEN(purposes) && strcmp(purpose_name((uint8_t)purposes[i]), text) != 0)
        i++;
    if (i == ARRAY_LEN(purposes))
        return admin_refuse(call, -EINVAL, "PURPOSE is coupon, member or badge, not \"%s\"", text);
    int rc = central_config_path(&call->central->config, CENTRAL_KEYS_DIR, folder, sizeof(folder));
    rc = rc ? rc : brand_keys_load(folder, &keys);
    rc = rc ? rc : brand_keys_add(folder, purposes[i], call->central->random, &keys, &kid);
    if (rc == -ENOENT)
        rc = admin_refuse(call, rc, "root.key is not in the keys folder: bring it back for this");
    rc = rc ? rc : publish(call, tx, &keys, "key added", kid);
    brand_keys_finish(&keys);
    return rc;
}
