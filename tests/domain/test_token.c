#include "support.h"

#include "domain/base45.h"
#include "domain/token.h"

static const struct coupon_token coupon = {7, 1, {1001, 123456}, 12, 3, 1795255200, 1797847200, 1797674400};
static const struct member_token member = {7, 2, MEMBER_CODE_ROTATING, 4611686018427387903, 1795255200, 0xfeedface};
static const struct badge_token badge = {7, 3, 12, 5, 9, 1797847200};

static void sign_coupon(struct coupon_token token, uint8_t seed, char out_text[TOKEN_TEXT_MAX])
{
    assert_int_equal(token_coupon_sign(&token, test_key_make(seed).secret, out_text), 0);
}

static void tokens_open_as_they_were_signed(void **state)
{
    (void)state;
    struct keyset set = test_keyset();
    char text[TOKEN_TEXT_MAX];
    struct coupon_token c;
    struct member_token m;
    struct badge_token b;
    memset(&c, 0, sizeof c);
    memset(&m, 0, sizeof m);
    memset(&b, 0, sizeof b);
    sign_coupon(coupon, 1, text);
    assert_int_equal(strlen(text), 145);
    assert_int_equal(token_coupon_open(text, &set, &c), TOKEN_GOOD);
    assert_true(coupon_id_equal(c.coupon, coupon.coupon) && c.home_store == 12 && c.store_epoch == 3);
    assert_true(c.valid_from_s == 1795255200 && c.expiry_s == 1797847200 && c.exclusive_until_s == 1797674400);
    assert_golden("token_coupon_v1", text, strlen(text));

    assert_int_equal(token_member_sign(&member, test_key_make(2).secret, text), 0);
    assert_int_equal(strlen(text), 137);
    assert_int_equal(token_member_open(text, &set, &m), TOKEN_GOOD);
    assert_true(m.member == member.member && m.nonce == member.nonce && m.issued_s == member.issued_s);
    assert_golden("token_member_v1", text, strlen(text));

    assert_int_equal(token_badge_sign(&badge, test_key_make(3).secret, text), 0);
    assert_int_equal(strlen(text), 128);
    assert_int_equal(token_badge_open(text, &set, &b), TOKEN_GOOD);
    assert_true(b.store == 12 && b.clerk == 5 && b.badge_serial == 9 && b.expiry_s == badge.expiry_s);
    assert_golden("token_badge_v1", text, strlen(text));
}

static void old_tokens_still_open(void **state)
{
    (void)state;
    struct keyset set = test_keyset();
    uint8_t text[TOKEN_TEXT_MAX];
    struct coupon_token c;
    size_t len = golden_read("token_coupon_v1", text, sizeof text - 1);
    text[len] = 0;
    assert_int_equal(token_coupon_open((char *)text, &set, &c), TOKEN_GOOD);
    assert_true(coupon_id_equal(c.coupon, coupon.coupon));
}

static void each_fault_of_a_coupon_has_its_status(void **state)
{
    (void)state;
    struct coupon_token other_brand = coupon, unknown = coupon, purpose = coupon, revoked = coupon, late = coupon;
    other_brand.brand = 8;
    unknown.kid = 9;
    purpose.kid = 2;
    revoked.kid = 4;
    late.expiry_s = UINT32_MAX;
    const struct {
        const char *name;
        struct coupon_token token;
        uint8_t seed;
        enum token_status want;
    } rows[] = {
        {"another brand", other_brand, 1, TOKEN_OTHER_BRAND},
        {"another brand under our key", other_brand, 9, TOKEN_OTHER_BRAND},
        {"a key that is not in the list", unknown, 9, TOKEN_KEY_UNKNOWN},
        {"kid 0", {7, 0, {1001, 1}, 12, 0, 0, 0, 0}, 1, TOKEN_KEY_UNKNOWN},
        {"a member key's kid", purpose, 2, TOKEN_FORGED},
        {"somebody else's key", coupon, 9, TOKEN_FORGED},
        {"a revoked key", revoked, 4, TOKEN_KEY_REVOKED},
        {"forged under a revoked kid", revoked, 9, TOKEN_FORGED},
        {"within the key's limits", coupon, 1, TOKEN_GOOD},
        {"beyond the key's time", late, 1, TOKEN_FORGED},
        {"before the key's time", {7, 1, {1001, 1}, 12, 0, 1795255199, 1797847200, 0}, 1, TOKEN_FORGED},
        {"without an end", {7, 1, {1001, 1}, 12, 0, 1795255200, 0, 0}, 1, TOKEN_FORGED},
        {"beneath the key's campaigns", {7, 1, {999, 1}, 12, 0, 1795255200, 1797847200, 0}, 1, TOKEN_FORGED},
        {"above the key's campaigns", {7, 1, {2001, 1}, 12, 0, 1795255200, 1797847200, 0}, 1, TOKEN_FORGED},
    };
    struct keyset set = test_keyset();
    set.keys[0].campaign_from = 1000;
    set.keys[0].campaign_to = 2000;
    set.keys[0].valid_from_s = 1795255200;
    set.keys[0].valid_to_s = 1797847200;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[TOKEN_TEXT_MAX];
        struct coupon_token out;
        sign_coupon(rows[i].token, rows[i].seed, text);
        enum token_status got = token_coupon_open(text, &set, &out);
        if (got != rows[i].want)
            fail_msg("%s: %d", rows[i].name, got);
        assert_true(coupon_id_equal(out.coupon, rows[i].token.coupon));
    }
}

static void no_flipped_bit_passes(void **state)
{
    (void)state;
    struct keyset set = test_keyset();
    char text[TOKEN_TEXT_MAX], damaged[TOKEN_TEXT_MAX];
    uint8_t bytes[128];
    size_t len;
    struct coupon_token out;
    sign_coupon(coupon, 1, text);
    assert_int_equal(base45_decode(text + 5, strlen(text) - 5, bytes, sizeof bytes, &len), 0);
    memcpy(damaged, text, 5);
    for (size_t bit = 0; bit < len * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(base45_encode(bytes, len, damaged + 5, sizeof damaged - 5), 0);
        assert_int_not_equal(token_coupon_open(damaged, &set, &out), TOKEN_GOOD);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}

static void what_is_not_whole_is_malformed(void **state)
{
    (void)state;
    struct keyset set = test_keyset();
    char text[TOKEN_TEXT_MAX], longer[TOKEN_TEXT_MAX * 2];
    struct coupon_token out = {.home_store = 99};
    struct member_token m;
    sign_coupon(coupon, 1, text);
    size_t len = strlen(text);
    for (size_t cut = 0; cut < len; cut++) {
        memcpy(longer, text, len + 1);
        longer[cut] = 0;
        assert_int_equal(token_coupon_open(longer, &set, &out), TOKEN_MALFORMED);
    }
    snprintf(longer, sizeof longer, "%sA", text);
    assert_int_equal(token_coupon_open(longer, &set, &out), TOKEN_MALFORMED);
    snprintf(longer, sizeof longer, "%s%s", text, text);
    assert_int_equal(token_coupon_open(longer, &set, &out), TOKEN_MALFORMED);
    memset(longer, ':', sizeof longer - 1);
    longer[sizeof longer - 1] = 0;
    memcpy(longer, "TSC1:", 5);
    assert_int_equal(token_coupon_open(longer, &set, &out), TOKEN_MALFORMED);
    assert_int_equal(token_member_open(text, &set, &m), TOKEN_MALFORMED);
    assert_int_equal(out.home_store, 99);
    text[0] = 't';
    assert_int_equal(token_coupon_open(text, &set, &out), TOKEN_MALFORMED);
}

static void a_token_of_one_kind_never_passes_as_another(void **state)
{
    (void)state;
    struct keyset set = test_keyset();
    char text[TOKEN_TEXT_MAX];
    struct member_token m;
    /* A badge key that signs member codes: right signature, wrong purpose. */
    struct member_token forged = member;
    forged.kid = 3;
    assert_int_equal(token_member_sign(&forged, test_key_make(3).secret, text), 0);
    assert_int_equal(token_member_open(text, &set, &m), TOKEN_FORGED);
}

static void senseless_tokens_are_not_signed(void **state)
{
    (void)state;
    char text[TOKEN_TEXT_MAX] = "unset";
    struct test_key key = test_key_make(1);
    const struct coupon_token coupons[] = {
        {7, 1, {0, 1}, 12, 0, 0, 0, 0},
        {7, 1, {1, UINT64_C(1) << 40}, 12, 0, 0, 0, 0},
        {7, 1, {1, 1}, 1 << 24, 0, 0, 0, 0},
        {7, 1, {1, 1}, 0, 0, 0, 0, 0},
    };
    const struct member_token members[] = {
        {7, 2, MEMBER_CODE_ROTATING, 0, 1, 1},
        {7, 2, MEMBER_CODE_ROTATING, 1, 1, 0},
        {7, 2, MEMBER_CARD_STATIC, 1, 1, 1},
        {7, 2, 3, 1, 1, 1},
        {7, 2, MEMBER_CODE_ROTATING, UINT64_C(1) << 63, 1, 1},
    };
    const struct badge_token badges[] = {{7, 3, 0, 1, 1, 1}, {7, 3, 1, 0, 1, 1}, {7, 3, 1, 1, 0, 1}};
    for (size_t i = 0; i < ARRAY_LEN(coupons); i++)
        assert_int_equal(token_coupon_sign(&coupons[i], key.secret, text), -EINVAL);
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        assert_int_equal(token_member_sign(&members[i], key.secret, text), -EINVAL);
    for (size_t i = 0; i < ARRAY_LEN(badges); i++)
        assert_int_equal(token_badge_sign(&badges[i], key.secret, text), -EINVAL);
    assert_string_equal(text, "unset");
}

static void a_keyset_opens_only_under_its_root(void **state)
{
    (void)state;
    struct keyset set = test_keyset(), out = {.brand = 99};
    struct test_key root = test_key_make(200), other = test_key_make(201);
    uint8_t sealed[KEYSET_ENCODED_MAX];
    size_t len = 0;
    set.keys[1].campaign_from = 5;
    set.keys[1].valid_to_s = UINT32_MAX;
    assert_int_equal(keyset_seal(&set, root.secret, sealed, sizeof sealed, &len), 0);
    assert_int_equal(keyset_open(sealed, len, other.public_key, &out), -EKEYREJECTED);
    for (size_t i = 0; i < len; i++) {
        sealed[i] ^= 0x10;
        assert_true(keyset_open(sealed, len, root.public_key, &out) < 0);
        sealed[i] ^= 0x10;
    }
    for (size_t cut = 0; cut < len; cut++)
        assert_true(keyset_open(sealed, cut, root.public_key, &out) < 0);
    assert_int_equal(out.brand, 99);
    assert_int_equal(keyset_open(sealed, len, root.public_key, &out), 0);
    assert_int_equal(out.count, 4);
    assert_int_equal(out.keys[1].campaign_from, 5);
    assert_true(out.keys[3].revoked && !out.keys[2].revoked);
    assert_memory_equal(out.keys[2].public_key, set.keys[2].public_key, PUBLIC_KEY_LEN);
    assert_golden("keyset_v1", sealed, len);
}

static void a_full_keyset_fits_and_a_senseless_one_is_refused(void **state)
{
    (void)state;
    struct keyset set = {.brand = UINT32_MAX, .version = UINT32_MAX, .count = KEYSET_KEYS_MAX};
    struct keyset out;
    struct test_key root = test_key_make(200);
    uint8_t sealed[KEYSET_ENCODED_MAX];
    size_t len;
    for (uint8_t i = 0; i < KEYSET_KEYS_MAX; i++)
        set.keys[i] = (struct keyset_key){(uint8_t)(255 - i), KEY_COUPON, {i},        UINT32_MAX,
                                          UINT32_MAX,         UINT32_MAX, UINT32_MAX, true};
    assert_int_equal(keyset_seal(&set, root.secret, sealed, sizeof sealed, &len), 0);
    assert_int_equal(keyset_open(sealed, len, root.public_key, &out), 0);
    assert_int_equal(keyset_seal(&set, root.secret, sealed, len - 1, &len), -ENOSPC);
    assert_int_equal(keyset_seal(&set, root.secret, sealed, 40, &len), -ENOSPC);
    struct keyset bad = test_keyset();
    bad.keys[1].kid = 1;
    assert_int_equal(keyset_seal(&bad, root.secret, sealed, sizeof sealed, &len), -EINVAL);
    bad = test_keyset();
    bad.keys[0].purpose = 4;
    assert_int_equal(keyset_seal(&bad, root.secret, sealed, sizeof sealed, &len), -EINVAL);
    bad = test_keyset();
    bad.version = 0;
    assert_int_equal(keyset_seal(&bad, root.secret, sealed, sizeof sealed, &len), -EINVAL);
}

static int start(void **state)
{
    (void)state;
    return crypto_start();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_open_as_they_were_signed),
        cmocka_unit_test(old_tokens_still_open),
        cmocka_unit_test(each_fault_of_a_coupon_has_its_status),
        cmocka_unit_test(no_flipped_bit_passes),
        cmocka_unit_test(what_is_not_whole_is_malformed),
        cmocka_unit_test(a_token_of_one_kind_never_passes_as_another),
        cmocka_unit_test(senseless_tokens_are_not_signed),
        cmocka_unit_test(a_keyset_opens_only_under_its_root),
        cmocka_unit_test(a_full_keyset_fits_and_a_senseless_one_is_refused),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
