#include "support.h"

#include "domain/scancode.h"
#include "domain/shortcode.h"

static void codes_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum scancode_kind kind;
    } rows[] = {
        {"TSC1:", SCANCODE_COUPON},
        {"TSC1:ABC", SCANCODE_COUPON},
        {"TSM1:ABC", SCANCODE_MEMBER},
        {"TSB1:ABC", SCANCODE_BADGE},
        {"TSE1:ABC", SCANCODE_ENROL},
        {"tsc1:ABC", SCANCODE_UNKNOWN},
        {"TSC2:ABC", SCANCODE_UNKNOWN},
        {"100000000000000000", SCANCODE_PAYMENT},
        {"159999999999999999", SCANCODE_PAYMENT},
        {"160000000000000000", SCANCODE_UNKNOWN},
        {"13000000000000000", SCANCODE_UNKNOWN},   /* 17 digits */
        {"1300000000000000000", SCANCODE_UNKNOWN}, /* 19 digits, no card */
        {"https://example.com/x", SCANCODE_URL},
        {"HTTP://WEIXIN.QQ.COM/Q/ABC", SCANCODE_URL},
        {"https://", SCANCODE_UNKNOWN},
        {"javascript:alert(1)", SCANCODE_UNKNOWN},
        {"4006381333931", SCANCODE_EAN}, /* EAN-13 */
        {"4006381333930", SCANCODE_UNKNOWN},
        {"73513537", SCANCODE_EAN},     /* EAN-8 */
        {"036000291452", SCANCODE_EAN}, /* UPC-A */
        {"036000291453", SCANCODE_UNKNOWN},
        {"4111111111111111", SCANCODE_CARD_LIKE},
        {"4111 1111 1111 1111", SCANCODE_CARD_LIKE},
        {"4111-1111-1111-1111", SCANCODE_CARD_LIKE},
        {"6222020000000000001", SCANCODE_UNKNOWN},
        {"378282246310005", SCANCODE_CARD_LIKE},
        {"6011000990139424", SCANCODE_CARD_LIKE},
        {"4111111111111112", SCANCODE_UNKNOWN},
        {"", SCANCODE_EMPTY},
        {"0", SCANCODE_UNKNOWN},
        {"'; DROP TABLE coupon; --", SCANCODE_UNKNOWN},
        {"%s%s%s%n", SCANCODE_UNKNOWN},
        {"../../etc/passwd", SCANCODE_UNKNOWN},
        {"<script>", SCANCODE_UNKNOWN},
        {"龙井", SCANCODE_UNKNOWN},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        enum scancode_kind got = scancode_classify(rows[i].text);
        if (got != rows[i].kind)
            fail_msg("%s: %s", rows[i].text, scancode_kind_name(got));
    }
}

static void short_codes_are_known_by_their_check(void **state)
{
    (void)state;
    char code[SHORTCODE_LEN + 1], shown[SHORTCODE_SHOWN_LEN + 1];
    shortcode_from_value(UINT64_C(0x2f00d5eed1234), code);
    shortcode_shown(code, shown);
    assert_int_equal(scancode_classify(code), SCANCODE_SHORTCODE);
    assert_int_equal(scancode_classify(shown), SCANCODE_SHORTCODE);
    code[3] = code[3] == 'A' ? 'B' : 'A';
    assert_int_equal(scancode_classify(code), SCANCODE_UNKNOWN);
}

/* One product code in a thousand also is a short code: the product must win, or it could never be looked up. */
static void a_product_is_never_taken_for_a_short_code(void **state)
{
    (void)state;
    char digits[13], parsed[SHORTCODE_LEN + 1];
    int both = 0;
    for (int i = 0; i < 200000; i++) {
        snprintf(digits, sizeof digits, "%012d", 36000000 + i);
        if (!ean_valid(digits))
            continue;
        both += shortcode_parse(digits, parsed) == 0;
        assert_int_equal(scancode_classify(digits), SCANCODE_EAN);
    }
    assert_true(both > 0);
}

static void texts_are_cleaned(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"TSC1:ABC", "TSC1:ABC"},
        {"  4006381333931\r\n", "4006381333931"},
        {"\t]E04006381333931", "4006381333931"},
        {"]Q3 abc ", "abc"},
        {"]C1", ""},
        {"]x", "]x"},
        {"]1A23", "]1A23"},
        {"]E", "]E"},
        {"", ""},
        {" \r\n\t ", ""},
        {"a b", "a b"},
        {"柜台 é", "柜台 é"},
        {"%s%n", "%s%n"},
        {"'; DROP TABLE", "'; DROP TABLE"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char out[SCANCODE_TEXT_MAX];
        assert_int_equal(scancode_clean(rows[i].in, strlen(rows[i].in), out), 0);
        assert_string_equal(out, rows[i].out);
    }
}

struct hostile {
    const char *name, *text;
    size_t len;
};

#define HOSTILE(name, text)                                                                                            \
    {                                                                                                                  \
        name, text, sizeof(text) - 1                                                                                   \
    }

static void hostile_texts_are_refused(void **state)
{
    (void)state;
    static const struct hostile rows[] = {
        HOSTILE("NUL inside", "TSC1:\0ABC"),
        HOSTILE("bell", "a\ab"),
        HOSTILE("escape sequence", "a\033[2Jb"),
        HOSTILE("line break inside", "a\nb"),
        HOSTILE("tab inside", "a\tb"),
        HOSTILE("GS", "01\x1d"
                      "17"),
        HOSTILE("delete", "a\x7f"),
        HOSTILE("C1 control", "a\xc2\x9b"
                              "31m"),
        HOSTILE("right-to-left override", "abc\xe2\x80\xae"
                                          "def"),
        HOSTILE("right-to-left mark", "abc\xe2\x80\x8f"),
        HOSTILE("arabic letter mark", "abc\xd8\x9c"),
        HOSTILE("isolate", "abc\xe2\x81\xa7"),
        HOSTILE("zero-width space", "TSC1:\xe2\x80\x8b"
                                    "ABC"),
        HOSTILE("zero-width joiner", "a\xe2\x80\x8d"
                                     "b"),
        HOSTILE("word joiner", "a\xe2\x81\xa0"
                               "b"),
        HOSTILE("byte order mark", "\xef\xbb\xbf"
                                   "TSC1:ABC"),
        HOSTILE("line separator", "a\xe2\x80\xa8"
                                  "b"),
        HOSTILE("soft hyphen", "a\xc2\xad"
                               "b"),
        HOSTILE("tag character", "a\xf3\xa0\x81\x81"),
        HOSTILE("private use", "a\xee\x80\x80"),
        HOSTILE("noncharacter", "a\xef\xbf\xbf"),
        HOSTILE("noncharacter of a higher plane", "a\xf0\x9f\xbf\xbe"),
        HOSTILE("not UTF-8", "a\xff"),
        HOSTILE("overlong slash", "a\xc0\xaf"),
        HOSTILE("surrogate", "a\xed\xa0\x80"),
        HOSTILE("cut character", "a\xe6\x9f"),
        HOSTILE("GB18030", "\xc4\xe3\xba\xc3"),
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char out[SCANCODE_TEXT_MAX] = "unset";
        if (scancode_clean(rows[i].text, rows[i].len, out) != -EINVAL)
            fail_msg("accepted: %s", rows[i].name);
        assert_string_equal(out, "unset");
    }
}

static void oversize_is_refused_and_never_read_beyond(void **state)
{
    (void)state;
    static char big[4000];
    char out[SCANCODE_TEXT_MAX] = "unset";
    memset(big, 'A', sizeof big);
    assert_int_equal(scancode_clean(big, sizeof big, out), -E2BIG);
    assert_int_equal(scancode_clean(big, SCANCODE_TEXT_MAX, out), -E2BIG);
    assert_string_equal(out, "unset");
    assert_int_equal(scancode_clean(big, SCANCODE_TEXT_MAX - 1, out), 0);
    assert_int_equal(strlen(out), SCANCODE_TEXT_MAX - 1);
    assert_int_equal(scancode_classify(big), SCANCODE_EMPTY);
    memset(big, '4', sizeof big);
    assert_int_equal(scancode_classify(big), SCANCODE_EMPTY);
}

static void product_codes_are_checked_and_widened(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } rows[] = {{"4006381333931", "4006381333931"}, {"73513537", "0000073513537"}, {"036000291452", "0036000291452"}};
    static const char *const wrong[] = {"",
                                        "7351353",
                                        "73513538",
                                        "400638133393",
                                        "4006381333932",
                                        "04006381333931",
                                        "40063813339 1",
                                        "４００６３８１３３３９３１",
                                        "735135372",
                                        "-73513537"};
    char out[14] = "unset";
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_false(ean_valid(wrong[i]));
        assert_int_equal(ean_normalise(wrong[i], out), -EINVAL);
    }
    assert_string_equal(out, "unset");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_true(ean_valid(rows[i].in));
        assert_int_equal(ean_normalise(rows[i].in, out), 0);
        assert_string_equal(out, rows[i].out);
        assert_true(ean_valid(out)); /* leading zeros change no weight */
    }
}

static void luhn_finds_single_errors(void **state)
{
    (void)state;
    char card[] = "4111111111111111";
    assert_true(luhn_valid(card, 16));
    assert_true(luhn_valid("79927398713", 11));
    assert_false(luhn_valid("79927398710", 11));
    assert_false(luhn_valid("", 0));
    assert_false(luhn_valid("7992739871x", 11));
    for (size_t at = 0; at < 16; at++) {
        char right = card[at];
        for (int c = '0'; c <= '9'; c++) {
            card[at] = (char)c;
            assert_int_equal(luhn_valid(card, 16), c == right);
        }
        card[at] = right;
    }
}

static void kinds_have_names(void **state)
{
    (void)state;
    assert_string_equal(scancode_kind_name(SCANCODE_EMPTY), "empty");
    assert_string_equal(scancode_kind_name(SCANCODE_CARD_LIKE), "card_like");
    assert_string_equal(scancode_kind_name(SCANCODE_UNKNOWN), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_told_apart),
        cmocka_unit_test(short_codes_are_known_by_their_check),
        cmocka_unit_test(a_product_is_never_taken_for_a_short_code),
        cmocka_unit_test(texts_are_cleaned),
        cmocka_unit_test(hostile_texts_are_refused),
        cmocka_unit_test(oversize_is_refused_and_never_read_beyond),
        cmocka_unit_test(product_codes_are_checked_and_widened),
        cmocka_unit_test(luhn_finds_single_errors),
        cmocka_unit_test(kinds_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
