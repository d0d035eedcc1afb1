#include "cases.h"

#include "hal/escpos.h"

#define BYTES(text) ((const uint8_t *)(text)), sizeof(text) - 1

static uint8_t buffer[8192];

/* What the encoder wrote after its start sequence. */
static void expect(struct escpos *e, const uint8_t *bytes, size_t length)
{
    size_t got = 0;

    assert_int_equal(escpos_finish(e, &got), 0);
    assert_int_equal(got, length + 4);
    assert_memory_equal(buffer, "\x1B\x40\x1C\x26", 4);
    assert_memory_equal(buffer + 4, bytes, length);
}

static struct escpos start(void)
{
    struct escpos e;

    escpos_init(&e, buffer, sizeof(buffer), 48);
    return e;
}

static void chinese_text_leaves_as_gb18030(void **state)
{
    struct escpos e = start();

    (void)state;
    escpos_line(&e, "优惠券 8折");
    expect(&e, BYTES("\xD3\xC5\xBB\xDD\xC8\xAF 8\xD5\xDB\n"));
}

static void both_yuan_signs_leave_in_two_bytes(void **state)
{
    struct escpos e = start();

    (void)state;
    escpos_text(&e, "¥￥");
    expect(&e, BYTES("\xA3\xA4\xA3\xA4"));
}

static void a_character_no_printer_has_leaves_as_a_question_mark(void **state)
{
    struct escpos e = start();

    (void)state;
    escpos_text(&e, "a😀é\x01"
                    "b");
    expect(&e, BYTES("a\xA3\xBF\xA8\xA6"
                     "b"));
}

static void styles_are_their_documented_bytes(void **state)
{
    struct escpos e = start();

    (void)state;
    escpos_align(&e, ESCPOS_CENTRE);
    escpos_bold(&e, true);
    escpos_size(&e, 2, 3);
    escpos_feed(&e, 4);
    escpos_cut(&e);
    escpos_drawer(&e, 1, 120);
    expect(&e, BYTES("\x1B\x61\x01\x1B\x45\x01\x1D\x21\x12\x1B\x64\x04\x1D\x56\x42\x00\x1B\x70\x01\x3C\x3C"));
}

static void a_qr_code_is_stored_and_printed(void **state)
{
    struct escpos e = start();

    (void)state;
    escpos_qr(&e, "TSC1:A", 6, ESCPOS_QR_Q);
    expect(&e, BYTES("\x1D\x28\x6B\x04\x00\x31\x41\x32\x00"
                     "\x1D\x28\x6B\x03\x00\x31\x43\x06"
                     "\x1D\x28\x6B\x03\x00\x31\x45\x32"
                     "\x1D\x28\x6B\x09\x00\x31\x50\x30TSC1:A"
                     "\x1D\x28\x6B\x03\x00\x31\x51\x30"));
}

static void an_ean_leaves_as_twelve_digits(void **state)
{
    struct escpos e = start();

    (void)state;
    escpos_ean13(&e, "6901234567892");
    expect(&e, BYTES("\x1D\x48\x02\x1D\x68\x60\x1D\x77\x03\x1D\x6B\x43\x0C"
                     "690123456789"));
}

static void an_ean_with_a_wrong_check_digit_is_refused(void **state)
{
    struct escpos e = start();
    size_t length = 77;

    (void)state;
    escpos_ean13(&e, "6901234567893");
    assert_int_equal(escpos_finish(&e, &length), -EINVAL);
    assert_int_equal(length, 77);
}

static void columns_count_chinese_as_two(void **state)
{
    struct escpos e;
    size_t length;

    (void)state;
    escpos_init(&e, buffer, sizeof(buffer), 12);
    escpos_columns(&e, "苹果", "3.50");
    assert_int_equal(escpos_finish(&e, &length), 0);
    assert_int_equal(length, 4 + 12 + 1);
    assert_memory_equal(buffer + 4, "\xC6\xBB\xB9\xFB    3.50\n", 13);
}

static void a_long_name_is_cut_and_the_price_stays_whole(void **state)
{
    struct escpos e;
    size_t length;

    (void)state;
    escpos_init(&e, buffer, sizeof(buffer), 12);
    escpos_columns(&e, "a苹果苹果苹果", "13.50");
    assert_int_equal(escpos_finish(&e, &length), 0);
    assert_memory_equal(buffer + 4, "a\xC6\xBB\xB9\xFB  13.50\n", 13);
    assert_int_equal(length, 4 + 13);
}

static void double_width_halves_the_columns(void **state)
{
    struct escpos e;
    size_t length;

    (void)state;
    escpos_init(&e, buffer, sizeof(buffer), 12);
    escpos_size(&e, 2, 1);
    escpos_columns(&e, "ab", "9");
    escpos_rule(&e, '-');
    assert_int_equal(escpos_finish(&e, &length), 0);
    assert_memory_equal(buffer + 7, "ab   9\n------\n", 14);
}

static void a_full_buffer_is_said_once_and_nothing_is_written_past_it(void **state)
{
    struct escpos e;
    size_t length = 77;

    (void)state;
    memset(buffer, 0xEE, sizeof(buffer));
    escpos_init(&e, buffer, 10, 48);
    escpos_line(&e, "a line that does not fit");
    escpos_cut(&e);
    assert_int_equal(escpos_finish(&e, &length), -ENOSPC);
    assert_int_equal(length, 77);
    assert_int_equal(buffer[10], 0xEE);
}

static void broken_utf8_is_refused(void **state)
{
    struct escpos e = start();
    size_t length;

    (void)state;
    escpos_text(&e, "\xE4\xBC");
    assert_int_equal(escpos_finish(&e, &length), -EILSEQ);
    assert_int_equal(escpos_width("\xE4\xBC"), -1);
}

static void widths_are_columns(void **state)
{
    (void)state;
    assert_int_equal(escpos_width("abc"), 3);
    assert_int_equal(escpos_width("优惠8折"), 7);
    assert_int_equal(escpos_width(""), 0);
    assert_int_equal(escpos_width("a\tb"), 2);
}

static void a_raster_carries_its_size(void **state)
{
    const uint8_t bits[6] = {1, 2, 3, 4, 5, 6};
    struct escpos e = start();

    (void)state;
    escpos_raster(&e, bits, 2, 3);
    expect(&e, BYTES("\x1D\x76\x30\x00\x02\x00\x03\x00\x01\x02\x03\x04\x05\x06"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chinese_text_leaves_as_gb18030),
        cmocka_unit_test(both_yuan_signs_leave_in_two_bytes),
        cmocka_unit_test(a_character_no_printer_has_leaves_as_a_question_mark),
        cmocka_unit_test(styles_are_their_documented_bytes),
        cmocka_unit_test(a_qr_code_is_stored_and_printed),
        cmocka_unit_test(an_ean_leaves_as_twelve_digits),
        cmocka_unit_test(an_ean_with_a_wrong_check_digit_is_refused),
        cmocka_unit_test(columns_count_chinese_as_two),
        cmocka_unit_test(a_long_name_is_cut_and_the_price_stays_whole),
        cmocka_unit_test(double_width_halves_the_columns),
        cmocka_unit_test(a_full_buffer_is_said_once_and_nothing_is_written_past_it),
        cmocka_unit_test(broken_utf8_is_refused),
        cmocka_unit_test(widths_are_columns),
        cmocka_unit_test(a_raster_carries_its_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
