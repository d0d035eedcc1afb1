/* ids, money, base45, short codes, crypto: small pure modules. */
#include "support.h"

#include "domain/base45.h"
#include "domain/money.h"
#include "domain/shortcode.h"

static void ids_read_back_what_they_print(void **state)
{
    (void)state;
    char text[ID_TEXT_MAX];
    struct coupon_id coupon = {UINT32_MAX, (UINT64_C(1) << 40) - 1}, coupon_back;
    assert_int_equal(coupon_id_format(coupon, text, sizeof text), strlen("4294967295-1099511627775"));
    assert_int_equal(coupon_id_parse(text, &coupon_back), 0);
    assert_true(coupon_id_equal(coupon, coupon_back));
    record_id_format((struct record_id){UINT32_MAX, UINT32_MAX, UINT64_MAX}, text, sizeof text);
    assert_string_equal(text, "4294967295.4294967295.18446744073709551615");
    static const char *const owners[] = {"s1", "b7", "p4294967295"};
    for (size_t i = 0; i < ARRAY_LEN(owners); i++) {
        struct owner owner;
        assert_int_equal(owner_parse(owners[i], &owner), 0);
        owner_format(owner, text, sizeof text);
        assert_string_equal(text, owners[i]);
    }
}

static void ids_refuse_every_other_spelling(void **state)
{
    (void)state;
    static const char *const coupons[] = {"",
                                          "1",
                                          "1-",
                                          "-1",
                                          "1-1 ",
                                          "1--1",
                                          "01-1",
                                          "1-01",
                                          "+1-1",
                                          "1-1x",
                                          "1.1",
                                          "4294967296-1",
                                          "1-1099511627776",
                                          "99999999999999999999-1",
                                          "1-99999999999999999999999"};
    static const char *const owners[] = {"", "s", "x1", "S1", "s01", "s1 ", "s4294967296", "s-1"};
    struct coupon_id coupon = {9, 9};
    struct owner owner = {9, 9};
    for (size_t i = 0; i < ARRAY_LEN(coupons); i++)
        assert_int_equal(coupon_id_parse(coupons[i], &coupon), -EINVAL);
    for (size_t i = 0; i < ARRAY_LEN(owners); i++)
        assert_int_equal(owner_parse(owners[i], &owner), -EINVAL);
    assert_int_equal(coupon.campaign, 9);
    assert_int_equal(owner.id, 9);
}

static void a_member_tail_has_four_digits(void **state)
{
    (void)state;
    char tail[MEMBER_TAIL_LEN + 1];
    member_id_tail(7, tail);
    assert_string_equal(tail, "0007");
    member_id_tail(UINT64_MAX, tail);
    assert_string_equal(tail, "1615");
}

static void money_is_checked(void **state)
{
    (void)state;
    int64_t out = 42;
    assert_int_equal(money_add(INT64_MAX, 1, &out), -EOVERFLOW);
    assert_int_equal(money_sub(INT64_MIN, 1, &out), -EOVERFLOW);
    assert_int_equal(money_permille(INT64_MAX, 1001, &out), -EOVERFLOW);
    assert_int_equal(out, 42);
    assert_int_equal(money_add(-5, 3, &out), 0);
    assert_int_equal(out, -2);
}

static void permille_rounds_half_away_from_zero(void **state)
{
    (void)state;
    static const struct {
        int64_t amount;
        uint32_t permille;
        int64_t want;
    } rows[] = {
        {1000, 50, 50},
        {10, 50, 1},
        {9, 50, 0},
        {-10, 50, -1},
        {-9, 50, 0},
        {1, 500, 1},
        {-1, 500, -1},
        {1, 499, 0},
        {999, 1000, 999},
        {0, 1000000, 0},
        {INT64_MAX, 1000, INT64_MAX},
        {INT64_MIN, 1000, INT64_MIN},
        {INT64_MAX, 0, 0},
        {12345, 1000000, 12345000},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t out;
        assert_int_equal(money_permille(rows[i].amount, rows[i].permille, &out), 0);
        assert_true(out == rows[i].want);
    }
}

static void money_texts(void **state)
{
    (void)state;
    static const struct {
        int64_t minor;
        const char *text;
    } shown[] = {{0, "0.00"},
                 {5, "0.05"},
                 {123405, "1234.05"},
                 {-50, "-0.50"},
                 {INT64_MIN, "-92233720368547758.08"},
                 {INT64_MAX, "92233720368547758.07"}};
    static const struct {
        const char *text;
        int rc;
        int64_t minor;
    } read[] = {
        {"12", 0, 1200},
        {"12.3", 0, 1230},
        {"12.34", 0, 1234},
        {"0", 0, 0},
        {"00.01", 0, 1},
        {"", -EINVAL, 0},
        {".5", -EINVAL, 0},
        {"5.", -EINVAL, 0},
        {"1.234", -EINVAL, 0},
        {"-1", -EINVAL, 0},
        {"1 ", -EINVAL, 0},
        {"1,0", -EINVAL, 0},
        {"٣", -EINVAL, 0},
        {"999999999.99", 0, 99999999999},
        {"1000000000", -ERANGE, 0},
        {"99999999999999999999999999", -ERANGE, 0},
        {"999999999999999999999x", -EINVAL, 0},
    };
    char text[MONEY_TEXT_MAX];
    for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
        assert_int_equal(money_format(shown[i].minor, text, sizeof text), strlen(shown[i].text));
        assert_string_equal(text, shown[i].text);
    }
    for (size_t i = 0; i < ARRAY_LEN(read); i++) {
        int64_t out = 77;
        assert_int_equal(money_parse(read[i].text, &out), read[i].rc);
        assert_true(out == (read[i].rc == 0 ? read[i].minor : 77));
    }
}

static void base45_follows_the_examples_of_rfc_9285(void **state)
{
    (void)state;
    static const struct {
        const char *bytes, *text;
    } rows[] = {{"AB", "BB8"}, {"Hello!!", "%69 VD92EX0"}, {"base-45", "UJCLQE7W581"}, {"ietf!", "QED8WEX0"}, {"", ""}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[32];
        uint8_t bytes[32];
        size_t len = 0;
        assert_int_equal(base45_encode(rows[i].bytes, strlen(rows[i].bytes), text, sizeof text), 0);
        assert_string_equal(text, rows[i].text);
        assert_int_equal(base45_decode(text, strlen(text), bytes, sizeof bytes, &len), 0);
        assert_int_equal(len, strlen(rows[i].bytes));
        assert_memory_equal(bytes, rows[i].bytes, len);
    }
}

static void base45_refuses_the_rest(void **state)
{
    (void)state;
    static const char *const rows[] = {"A", "AAAA", "GGW", ":::", "::", "V5", "bb8", "BB\x01", "B,8", "BB8\xc3"};
    uint8_t bytes[8] = {7};
    char text[8];
    size_t len = 9;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(base45_decode(rows[i], strlen(rows[i]), bytes, sizeof bytes, &len), -EBADMSG);
    assert_int_equal(base45_decode("BB8BB8", 6, bytes, 3, &len), -ENOSPC);
    assert_int_equal(base45_encode("ABCDEF", 5, text, sizeof text), -ENOSPC);
    assert_int_equal(base45_encode("", 0, text, 0), -ENOSPC);
    assert_int_equal(len, 9);
    assert_int_equal(bytes[0], 7);
}

static const char crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static void assert_damage_found(const char code[SHORTCODE_LEN + 1])
{
    char damaged[SHORTCODE_LEN + 1], parsed[SHORTCODE_LEN + 1];
    for (size_t at = 0; at < SHORTCODE_LEN; at++) {
        for (size_t c = 0; c < 32; c++) {
            memcpy(damaged, code, sizeof damaged);
            damaged[at] = crockford[c];
            assert_int_equal(shortcode_parse(damaged, parsed), damaged[at] == code[at] ? 0 : -EBADMSG);
        }
        for (size_t other = at + 1; other < SHORTCODE_LEN; other++) {
            memcpy(damaged, code, sizeof damaged);
            damaged[at] = code[other];
            damaged[other] = code[at];
            assert_int_equal(shortcode_parse(damaged, parsed), code[at] == code[other] ? 0 : -EBADMSG);
        }
    }
}

/* The code is linear, so that one sample would prove it; many also prove the arithmetic. */
static void every_wrong_character_and_every_swap_is_found(void **state)
{
    (void)state;
    uint64_t value = 1;
    for (int i = 0; i < 400; i++) {
        char code[SHORTCODE_LEN + 1];
        value = value * 6364136223846793005u + 1442695040888963407u;
        shortcode_from_value(value >> 14, code);
        assert_damage_found(code);
    }
}

static void any_two_wrong_characters_are_found(void **state)
{
    (void)state;
    char code[SHORTCODE_LEN + 1], damaged[SHORTCODE_LEN + 1], parsed[SHORTCODE_LEN + 1];
    shortcode_from_value(UINT64_C(0x1a2b3c4d5e6f7), code);
    for (size_t pair = 0; pair < SHORTCODE_LEN * SHORTCODE_LEN; pair++) {
        size_t a = pair / SHORTCODE_LEN, b = pair % SHORTCODE_LEN;
        for (size_t c = 0; a < b && c < 1024; c++) {
            memcpy(damaged, code, sizeof damaged);
            damaged[a] = crockford[c / 32];
            damaged[b] = crockford[c % 32];
            assert_int_equal(shortcode_parse(damaged, parsed), strcmp(damaged, code) == 0 ? 0 : -EBADMSG);
        }
    }
}

static void short_codes_fold_what_people_type(void **state)
{
    (void)state;
    char code[SHORTCODE_LEN + 1], shown[SHORTCODE_SHOWN_LEN + 1], parsed[SHORTCODE_LEN + 1] = "unset";
    shortcode_from_value(UINT64_C(0x10), code); /* 0s, one G */
    shortcode_shown(code, shown);
    assert_int_equal(shown[4], '-');
    assert_int_equal(shortcode_parse(shown, parsed), 0);
    assert_string_equal(parsed, code);
    for (size_t i = 0; shown[i]; i++)
        shown[i] = shown[i] == '0' ? 'o' : shown[i] == '-' ? ' ' : shown[i];
    assert_int_equal(shortcode_parse(shown, parsed), 0);
    assert_string_equal(parsed, code);
    shortcode_from_value((UINT64_C(1) << 45) | 1, code);
    for (size_t i = 0; code[i]; i++)
        code[i] = code[i] == '1' ? (i % 2 ? 'l' : 'I') : code[i];
    assert_int_equal(shortcode_parse(code, parsed), 0);
    assert_int_equal(parsed[0], '1');
    static const char *const wrong[] = {"", "0", "00000000000", "0000000000000", "00000000000U", "0000;0000000", "零"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_int_equal(shortcode_parse(wrong[i], parsed), -EINVAL);
}

static void hashes_match_published_vectors(void **state)
{
    (void)state;
    static const uint8_t abc[] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea};  /* FIPS 180-2 */
    static const uint8_t jefe[] = {0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e}; /* RFC 4231, case 2 */
    static const char what[] = "what do ya want for nothing?";
    uint8_t hash[HASH_LEN];
    crypto_sha256("abc", 3, hash);
    assert_memory_equal(hash, abc, sizeof abc);
    crypto_hmac_sha256("Jefe", 4, what, sizeof what - 1, hash);
    assert_memory_equal(hash, jefe, sizeof jefe);
}

static void signatures_and_confirm_codes_depend_on_every_byte(void **state)
{
    (void)state;
    struct test_key key = test_key_make(1), other = test_key_make(2);
    uint8_t signature[SIGNATURE_LEN];
    char digits[7], others[7];
    crypto_sign_message(key.secret, "till", 4, signature);
    assert_true(crypto_verify(key.public_key, "till", 4, signature));
    assert_false(crypto_verify(key.public_key, "tilt", 4, signature));
    assert_false(crypto_verify(other.public_key, "till", 4, signature));
    for (size_t i = 0; i < SIGNATURE_LEN; i++) {
        signature[i] ^= 1;
        assert_false(crypto_verify(key.public_key, "till", 4, signature));
        signature[i] ^= 1;
    }
    crypto_confirm_code(key.public_key, digits);
    crypto_confirm_code(other.public_key, others);
    assert_int_equal(strlen(digits), 6);
    assert_int_equal(strspn(digits, "0123456789"), 6);
    assert_string_not_equal(digits, others);
    assert_true(crypto_equal("abc", "abc", 3));
    assert_false(crypto_equal("abc", "abd", 3));
}

static int start(void **state)
{
    (void)state;
    return crypto_start();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_read_back_what_they_print),
        cmocka_unit_test(ids_refuse_every_other_spelling),
        cmocka_unit_test(a_member_tail_has_four_digits),
        cmocka_unit_test(money_is_checked),
        cmocka_unit_test(permille_rounds_half_away_from_zero),
        cmocka_unit_test(money_texts),
        cmocka_unit_test(base45_follows_the_examples_of_rfc_9285),
        cmocka_unit_test(base45_refuses_the_rest),
        cmocka_unit_test(every_wrong_character_and_every_swap_is_found),
        cmocka_unit_test(any_two_wrong_characters_are_found),
        cmocka_unit_test(short_codes_fold_what_people_type),
        cmocka_unit_test(hashes_match_published_vectors),
        cmocka_unit_test(signatures_and_confirm_codes_depend_on_every_byte),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
