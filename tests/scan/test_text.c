/* Bytes that nobody said anything about, and bytes that somebody did. */

#include "../../scan/src/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct text_converters *converters;
static struct text_parts parts;
static struct scan_code code;

static void assert_text(int eci, const char *bytes, const char *utf8)
{
    text_parts_reset(&parts);
    assert_int_equal(text_parts_add(&parts, eci, (const uint8_t *)bytes, (int)strlen(bytes)), 0);
    assert_int_equal(text_to_utf8(converters, &parts, &code), 0);
    assert_string_equal(code.text, utf8);
    assert_int_equal(code.text_len, strlen(utf8));
}

static void unnamed_bytes_are_taken_as_what_they_look_like(void **state)
{
    static const struct {
        const char *bytes, *utf8;
    } cases[] = {
        {"plain", "plain"},
        {"\xe5\x84\xaa\xe6\x83\xa0\xe5\x88\xb8", "\xe5\x84\xaa\xe6\x83\xa0\xe5\x88\xb8"},         /* UTF-8 */
        {"\xd3\xc5\xbb\xdd\xc8\xaf 20%", "\xe4\xbc\x98\xe6\x83\xa0\xe5\x88\xb8 20%"},             /* GB 18030 */
        {"\x83\x4e\x81\x5b\x83\x7c\x83\x93", "\xe3\x82\xaf\xe3\x83\xbc\xe3\x83\x9d\xe3\x83\xb3"}, /* Shift-JIS */
        {"\xc3\xde\xbb\xde\xb2\xdd", "\xef\xbe\x83\xef\xbe\x9e\xef\xbd\xbb\xef\xbe\x9e\xef\xbd\xb2\xef\xbe\x9d"},
        {"Caf\xe9 Z\xfcrich", "Caf\xc3\xa9 Z\xc3\xbcrich"}, /* Latin-1 */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_text(TEXT_ECI_NONE, cases[i].bytes, cases[i].utf8);
}

static void named_bytes_are_taken_at_their_word(void **state)
{
    (void)state;
    assert_text(TEXT_ECI_SJIS, "\xb1\xb2", "\xef\xbd\xb1\xef\xbd\xb2");
    assert_text(TEXT_ECI_GB, "\xc4\xe3", "\xe4\xbd\xa0");
    assert_text(22, "\xcf\xf0", "\xd0\x9f\xd1\x80");
    assert_text(3, "\xe9", "\xc3\xa9");
}

/* The C library's converter lets them pass; no text may hold them. */
static void code_points_beyond_unicode_are_taken_as_single_bytes(void **state)
{
    (void)state;
    assert_text(TEXT_ECI_UTF8, "\xf6\x80\xb8\xad", "\xc3\xb6\xc2\x80\xc2\xb8\xc2\xad");
    assert_true(code.flags & SCAN_FLAG_BINARY);
}

static void utf8_under_a_latin1_sign_stays_utf8(void **state)
{
    (void)state;
    assert_text(3, "\xe5\x84\xaa", "\xe5\x84\xaa");
}

static void parts_of_different_sets_follow_each_other(void **state)
{
    (void)state;
    text_parts_reset(&parts);
    assert_int_equal(text_parts_add(&parts, TEXT_ECI_NONE, (const uint8_t *)"A", 1), 0);
    assert_int_equal(text_parts_add(&parts, TEXT_ECI_SJIS, (const uint8_t *)"\x93\xfa", 2), 0);
    assert_int_equal(text_parts_add(&parts, 22, (const uint8_t *)"\xcf", 1), 0);
    assert_int_equal(text_to_utf8(converters, &parts, &code), 0);
    assert_string_equal(code.text, "A\xe6\x97\xa5\xd0\x9f");
}

static void what_is_no_text_is_marked_as_binary(void **state)
{
    (void)state;
    assert_text(TEXT_ECI_NONE, "\x81\x80\xff\x01", "\xc2\x81\xc2\x80\xc3\xbf\x01");
    assert_true(code.flags & SCAN_FLAG_BINARY);
}

static void nothing_is_no_text(void **state)
{
    (void)state;
    text_parts_reset(&parts);
    assert_int_not_equal(text_to_utf8(converters, &parts, &code), 0);
}

static void the_longest_text_fits(void **state)
{
    static uint8_t kana[2953];

    (void)state;
    memset(kana, 0xb1, sizeof(kana));
    text_parts_reset(&parts);
    assert_int_equal(text_parts_add(&parts, TEXT_ECI_SJIS, kana, sizeof(kana)), 0);
    assert_int_equal(text_to_utf8(converters, &parts, &code), 0);
    assert_int_equal(code.text_len, 3 * sizeof(kana));
}

static int set_up(void **state)
{
    (void)state;
    return text_converters_open(&converters);
}

static int tear_down(void **state)
{
    (void)state;
    text_converters_close(converters);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unnamed_bytes_are_taken_as_what_they_look_like),
        cmocka_unit_test(named_bytes_are_taken_at_their_word),
        cmocka_unit_test(code_points_beyond_unicode_are_taken_as_single_bytes),
        cmocka_unit_test(utf8_under_a_latin1_sign_stays_utf8),
        cmocka_unit_test(parts_of_different_sets_follow_each_other),
        cmocka_unit_test(what_is_no_text_is_marked_as_binary),
        cmocka_unit_test(nothing_is_no_text),
        cmocka_unit_test(the_longest_text_fits),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
