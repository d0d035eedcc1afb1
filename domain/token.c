#include "domain/token.h"

#include "domain/base45.h"

#include <assert.h>
#include <string.h>

#define PREFIX_LEN        5
#define COUPON_PAYLOAD    29
#define MEMBER_PAYLOAD    24
#define BADGE_PAYLOAD     18
#define PAYLOAD_MAX       COUPON_PAYLOAD
#define STORE_MAX         0xffffffu
#define SERIAL_MAX        ((UINT64_C(1) << 40) - 1)
#define SIGNED_BYTES(len) (PREFIX_LEN + (len))

/* prefix ‖ payload ‖ signature, in this order, so that what is signed is one run of bytes. */
struct token_bytes {
    uint8_t data[PREFIX_LEN + PAYLOAD_MAX + SIGNATURE_LEN];
    size_t pos;
};

static_assert(PREFIX_LEN + BASE45_TEXT_LEN(PAYLOAD_MAX + SIGNATURE_LEN) < TOKEN_TEXT_MAX, "the longest token fits");

static void put(struct token_bytes *t, uint64_t value, size_t size)
{
    while (size-- > 0)
        t->data[t->pos++] = (uint8_t)(value >> (8 * size));
}

static uint64_t take(struct token_bytes *t, size_t size)
{
    uint64_t value = 0;
    while (size-- > 0)
        value = value << 8 | t->data[t->pos++];
    return value;
}

static struct token_bytes begin(const char *prefix)
{
    struct token_bytes t = {.pos = PREFIX_LEN};
    assert(strlen(prefix) == PREFIX_LEN);
    memcpy(t.data, prefix, PREFIX_LEN);
    return t;
}

static int sign(struct token_bytes *t, const uint8_t secret[SECRET_KEY_LEN], char out_text[TOKEN_TEXT_MAX])
{
    crypto_sign_message(secret, t->data, t->pos, t->data + t->pos);
    int rc = base45_encode(t->data + PREFIX_LEN, t->pos - PREFIX_LEN + SIGNATURE_LEN, out_text + PREFIX_LEN,
                           TOKEN_TEXT_MAX - PREFIX_LEN);
    if (rc == 0)
        memcpy(out_text, t->data, PREFIX_LEN);
    return rc;
}

/* Exactly one payload and one signature behind the right prefix, or nothing. */
static bool unpack(const char *text, const char *prefix, size_t payload_len, struct token_bytes *out_bytes)
{
    struct token_bytes t = begin(prefix);
    size_t len = strnlen(text, TOKEN_TEXT_MAX), got;
    if (len != PREFIX_LEN + BASE45_TEXT_LEN(payload_len + SIGNATURE_LEN) || memcmp(text, prefix, PREFIX_LEN) != 0)
        return false;
    if (base45_decode(text + PREFIX_LEN, len - PREFIX_LEN, t.data + PREFIX_LEN, sizeof t.data - PREFIX_LEN, &got) < 0)
        return false;
    *out_bytes = t;
    return got == payload_len + SIGNATURE_LEN;
}

/* What every token says about who made it, and what of the key's limits applies to it. */
struct claim {
    uint16_t brand;
    uint8_t kid;
    enum key_purpose purpose;
    uint32_t campaign;     /* 0 = not of one */
    uint32_t from_s, to_s; /* the time that it covers */
    size_t payload_len;
};

static bool within_key(const struct claim *claim, const struct keyset_key *key)
{
    bool any_campaign = key->campaign_from == 0 && key->campaign_to == 0;
    if (!any_campaign && (claim->campaign < key->campaign_from || claim->campaign > key->campaign_to))
        return false;
    if (claim->from_s < key->valid_from_s)
        return false;
    return key->valid_to_s == 0 || (claim->to_s != 0 && claim->to_s <= key->valid_to_s);
}

static enum token_status check(const struct token_bytes *t, const struct claim *claim, const struct keyset *set)
{
    const struct keyset_key *key = NULL;
    if (claim->brand != set->brand)
        return TOKEN_OTHER_BRAND;
    enum key_status status = keyset_find(set, claim->kid, claim->purpose, &key);
    if (status == KEY_UNKNOWN)
        return TOKEN_KEY_UNKNOWN;
    if (status == KEY_WRONG_PURPOSE || !within_key(claim, key))
        return TOKEN_FORGED;
    if (!crypto_verify(key->public_key, t->data, SIGNED_BYTES(claim->payload_len),
                       t->data + SIGNED_BYTES(claim->payload_len)))
        return TOKEN_FORGED;
    return status == KEY_REVOKED ? TOKEN_KEY_REVOKED : TOKEN_GOOD;
}

static bool coupon_sane(const struct coupon_token *token)
{
    return token->coupon.campaign != 0 && token->coupon.serial <= SERIAL_MAX && token->home_store != 0 &&
           token->home_store <= STORE_MAX;
}

int token_coupon_sign(const struct coupon_token *token, const uint8_t secret[SECRET_KEY_LEN],
                      char out_text[TOKEN_TEXT_MAX])
{
    if (!coupon_sane(token))
        return -EINVAL;
    struct token_bytes t = begin(TOKEN_COUPON_PREFIX);
    put(&t, token->brand, 2);
    put(&t, token->kid, 1);
    put(&t, token->coupon.campaign, 4);
    put(&t, token->coupon.serial, 5);
    put(&t, token->home_store, 3);
    put(&t, token->store_epoch, 2);
    put(&t, token->valid_from_s, 4);
    put(&t, token->expiry_s, 4);
    put(&t, token->exclusive_until_s, 4);
    assert(t.pos == SIGNED_BYTES(COUPON_PAYLOAD));
    return sign(&t, secret, out_text);
}

enum token_status token_coupon_open(const char *text, const struct keyset *set, struct coupon_token *out_token)
{
    struct token_bytes t;
    if (!unpack(text, TOKEN_COUPON_PREFIX, COUPON_PAYLOAD, &t))
        return TOKEN_MALFORMED;
    struct coupon_token token = {0};
    token.brand = (uint16_t)take(&t, 2);
    token.kid = (uint8_t)take(&t, 1);
    token.coupon.campaign = (uint32_t)take(&t, 4);
    token.coupon.serial = take(&t, 5);
    token.home_store = (uint32_t)take(&t, 3);
    token.store_epoch = (uint16_t)take(&t, 2);
    token.valid_from_s = (uint32_t)take(&t, 4);
    token.expiry_s = (uint32_t)take(&t, 4);
    token.exclusive_until_s = (uint32_t)take(&t, 4);
    if (!coupon_sane(&token))
        return TOKEN_MALFORMED;
    *out_token = token;
    struct claim claim = {token.brand,        token.kid,      KEY_COUPON,    token.coupon.campaign,
                          token.valid_from_s, token.expiry_s, COUPON_PAYLOAD};
    return check(&t, &claim, set);
}

static bool member_sane(const struct member_token *token)
{
    bool is_static = token->kind == MEMBER_CARD_STATIC && token->nonce == 0;
    bool is_rotating = token->kind == MEMBER_CODE_ROTATING && token->nonce != 0;
    return token->member != 0 && token->member <= INT64_MAX && (is_static || is_rotating);
}

int token_member_sign(const struct member_token *token, const uint8_t secret[SECRET_KEY_LEN],
                      char out_text[TOKEN_TEXT_MAX])
{
    if (!member_sane(token))
        return -EINVAL;
    struct token_bytes t = begin(TOKEN_MEMBER_PREFIX);
    put(&t, token->brand, 2);
    put(&t, token->kid, 1);
    put(&t, token->kind, 1);
    put(&t, token->member, 8);
    put(&t, token->issued_s, 4);
    put(&t, token->nonce, 8);
    assert(t.pos == SIGNED_BYTES(MEMBER_PAYLOAD));
    return sign(&t, secret, out_text);
}

enum token_status token_member_open(const char *text, const struct keyset *set, struct member_token *out_token)
{
    struct token_bytes t;
    if (!unpack(text, TOKEN_MEMBER_PREFIX, MEMBER_PAYLOAD, &t))
        return TOKEN_MALFORMED;
    struct member_token token = {0};
    token.brand = (uint16_t)take(&t, 2);
    token.kid = (uint8_t)take(&t, 1);
    token.kind = (uint8_t)take(&t, 1);
    token.member = take(&t, 8);
    token.issued_s = (uint32_t)take(&t, 4);
    token.nonce = take(&t, 8);
    if (!member_sane(&token))
        return TOKEN_MALFORMED;
    *out_token = token;
    struct claim claim = {token.brand, token.kid, KEY_MEMBER, 0, token.issued_s, token.issued_s, MEMBER_PAYLOAD};
    return check(&t, &claim, set);
}

static bool badge_sane(const struct badge_token *token)
{
    return token->store != 0 && token->store <= STORE_MAX && token->clerk != 0 && token->badge_serial != 0;
}

int token_badge_sign(const struct badge_token *token, const uint8_t secret[SECRET_KEY_LEN],
                     char out_text[TOKEN_TEXT_MAX])
{
    if (!badge_sane(token))
        return -EINVAL;
    struct token_bytes t = begin(TOKEN_BADGE_PREFIX);
    put(&t, token->brand, 2);
    put(&t, token->kid, 1);
    put(&t, token->store, 3);
    put(&t, token->clerk, 4);
    put(&t, token->badge_serial, 4);
    put(&t, token->expiry_s, 4);
    assert(t.pos == SIGNED_BYTES(BADGE_PAYLOAD));
    return sign(&t, secret, out_text);
}

enum token_status token_badge_open(const char *text, const struct keyset *set, struct badge_token *out_token)
{
    struct token_bytes t;
    if (!unpack(text, TOKEN_BADGE_PREFIX, BADGE_PAYLOAD, &t))
        return TOKEN_MALFORMED;
    struct badge_token token = {0};
    token.brand = (uint16_t)take(&t, 2);
    token.kid = (uint8_t)take(&t, 1);
    token.store = (uint32_t)take(&t, 3);
    token.clerk = (uint32_t)take(&t, 4);
    token.badge_serial = (uint32_t)take(&t, 4);
    token.expiry_s = (uint32_t)take(&t, 4);
    if (!badge_sane(&token))
        return TOKEN_MALFORMED;
    *out_token = token;
    /* A badge says only when it ends. */
    struct claim claim = {token.brand, token.kid, KEY_BADGE, 0, UINT32_MAX, token.expiry_s, BADGE_PAYLOAD};
    return check(&t, &claim, set);
}
