#include "linux/hid_text.h"

#include "cases.h"

#include "linux/keymap.h"
#include "scan_text.h"

static int end_of(const char *bytes, struct scanner_text *out_text)
{
    struct scan_text text;

    scan_text_start(&text);
    for (const char *at = bytes; *at; at++) {
        scan_text_add(&text, (uint8_t)*at);
    }
    return scan_text_end(&text, 5, out_text);
}

static void identifiers_are_told_from_text(void **state)
{
    static const struct {
        const char *sent;
        const char *aim;
        const char *text;
    } table[] = {
        {"6901234567892", "", "6901234567892"},
        {"]E06901234567892", "]E0", "6901234567892"},
        {"]Q3https://x", "]Q3", "https://x"},
        {"]C1010690", "]C1", "010690"},
        {"]d2x", "]d2", "x"},
        {"]", "", "]"},
        {"]E", "", "]E"},
        {"]]0x", "", "]]0x"},
        {"]5ax", "", "]5ax"},
        {"]E-x", "", "]E-x"},
        {"x]E0", "", "x]E0"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct scanner_text text;

        assert_int_equal(end_of(table[i].sent, &text), 0);
        assert_string_equal(text.aim, table[i].aim);
        assert_string_equal(text.text, table[i].text);
        assert_int_equal(text.length, strlen(table[i].text));
        assert_int_equal(text.at_ns, 5);
    }
}

static void only_well_formed_printable_text_passes(void **state)
{
    static const struct {
        const char *sent;
        const char *text;
        size_t dropped;
    } table[] = {
        {"优惠券", "优惠券", 0},
        {"a\xFF"
         "b",
         "ab", 1},
        {"a\xE4\xBC", "a", 2},
        {"a\xC0\x80"
         "b",
         "ab", 2},                     /* a NUL in disguise */
        {"\xED\xA0\x80x", "x", 3},     /* half a surrogate pair */
        {"\xF4\x90\x80\x80x", "x", 4}, /* beyond Unicode */
        {"\xC2\x9Bx", "x", 2},         /* a C1 control: CSI */
        {"1\x1D"
         "2",
         "1\xE2\x90\x9D"
         "2",
         0}, /* the GS1 separator is made visible */
        {"\x01\x1b[2Jx\x7F", "[2Jx", 3},
        {"😀", "😀", 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        struct scanner_text text;

        assert_int_equal(end_of(table[i].sent, &text), 0);
        assert_string_equal(text.text, table[i].text);
        assert_int_equal(text.dropped, table[i].dropped);
    }
}

static void nothing_printable_is_no_code(void **state)
{
    struct scanner_text text;

    (void)state;
    assert_int_equal(end_of("\x01\x02", &text), -ENODATA);
    assert_int_equal(end_of("", &text), -ENODATA);
    assert_int_equal(end_of("]E0", &text), -ENODATA);
    assert_int_equal(end_of("\xFF", &text), -ENODATA);
}

static void the_longest_code_fits_and_one_more_does_not(void **state)
{
    char longest[SCANNER_TEXT_MAX + 1];
    struct scanner_text text;

    (void)state;
    memset(longest, 'x', sizeof(longest));
    longest[SCANNER_TEXT_MAX - 1] = '\0';
    assert_int_equal(end_of(longest, &text), 0);
    assert_int_equal(text.length, SCANNER_TEXT_MAX - 1);
    longest[SCANNER_TEXT_MAX - 1] = 'x';
    longest[SCANNER_TEXT_MAX] = '\0';
    assert_int_equal(end_of(longest, &text), -EMSGSIZE);
}

/* Types keys into a HID translator; true when the last one ended a code. */
static bool key(struct hid_text *hid, unsigned code, int value)
{
    struct kernel_input_event event = {.type = EV_KEY, .code = (uint16_t)code, .value = value};

    return hid_text_add(hid, &event);
}

static void press(struct hid_text *hid, unsigned code)
{
    assert_false(key(hid, code, 1));
    assert_false(key(hid, code, 0));
}

static void a_keyboard_scanner_types_both_cases(void **state)
{
    struct hid_text hid = {0};
    struct scanner_text text;

    (void)state;
    key(&hid, KEY_LEFTSHIFT, 1);
    press(&hid, KEY_T);
    press(&hid, KEY_SEMICOLON);
    key(&hid, KEY_LEFTSHIFT, 0);
    press(&hid, KEY_T);
    press(&hid, KEY_KP7);
    press(&hid, KEY_F1);
    press(&hid, KEY_LEFT);
    key(&hid, KEY_A, 1);
    key(&hid, KEY_A, 2); /* autorepeat is no second character */
    key(&hid, KEY_A, 0);
    assert_true(key(&hid, KEY_ENTER, 1));
    assert_int_equal(scan_text_end(&hid.text, 1, &text), 0);
    assert_string_equal(text.text, "T:t7a");
}

static void caps_lock_turns_letters_only(void **state)
{
    struct hid_text hid = {0};
    struct scanner_text text;

    (void)state;
    press(&hid, KEY_CAPSLOCK);
    press(&hid, KEY_A);
    press(&hid, KEY_1);
    key(&hid, KEY_RIGHTSHIFT, 1);
    press(&hid, KEY_B);
    key(&hid, KEY_RIGHTSHIFT, 0);
    assert_true(key(&hid, KEY_KPENTER, 1));
    assert_int_equal(scan_text_end(&hid.text, 1, &text), 0);
    assert_string_equal(text.text, "A1b");
}

static void chords_type_nothing_but_the_separator(void **state)
{
    struct hid_text hid = {0};
    struct scanner_text text;

    (void)state;
    press(&hid, KEY_1);
    key(&hid, KEY_LEFTCTRL, 1);
    press(&hid, KEY_C);
    press(&hid, KEY_RIGHTBRACE);
    key(&hid, KEY_LEFTCTRL, 0);
    press(&hid, KEY_2);
    assert_true(key(&hid, KEY_ENTER, 1));
    assert_int_equal(scan_text_end(&hid.text, 1, &text), 0);
    assert_string_equal(text.text, "1\xE2\x90\x9D"
                                   "2");
}

static void enter_alone_is_no_code(void **state)
{
    struct hid_text hid = {0};

    (void)state;
    assert_false(key(&hid, KEY_ENTER, 1));
    assert_false(key(&hid, KEY_ENTER, 0));
}

static void every_printable_character_has_a_key(void **state)
{
    (void)state;
    for (char c = 0x20; c < 0x7F; c++) {
        bool found = false;

        for (unsigned code = 0; code < KEY_CNT; code++) {
            found |= keymap_char(code, false) == c || keymap_char(code, true) == c;
        }
        assert_true(found);
    }
    assert_int_equal(keymap_key(KEY_F12), INPUT_KEY_F12);
    assert_int_equal(keymap_key(KEY_SYSRQ), INPUT_KEY_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identifiers_are_told_from_text),
        cmocka_unit_test(only_well_formed_printable_text_passes),
        cmocka_unit_test(nothing_printable_is_no_code),
        cmocka_unit_test(the_longest_code_fits_and_one_more_does_not),
        cmocka_unit_test(a_keyboard_scanner_types_both_cases),
        cmocka_unit_test(caps_lock_turns_letters_only),
        cmocka_unit_test(chords_type_nothing_but_the_separator),
        cmocka_unit_test(enter_alone_is_no_code),
        cmocka_unit_test(every_printable_character_has_a_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
