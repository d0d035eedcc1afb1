/* Everything libqrencode can make is read when clean: versions, levels, modes, and the ways a symbol can lie. */

#include "render.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct scan *scan;
static struct scan_result result;

static int open_scan(void **state)
{
    struct scan_options options = scan_options_default();

    (void)state;
    options.max_width = options.max_height = 1000;
    return scan_open(&options, &scan);
}

static int close_scan(void **state)
{
    (void)state;
    scan_close(scan);
    return 0;
}

static void read_code(QRcode *code, const struct render_view *view)
{
    assert_non_null(code);
    struct scan_image image = render_qrcode(code, view);
    assert_int_equal(scan_still(scan, &image, &result), 0);
    render_finish(&image);
}

static void assert_reads(QRcode *code, const struct render_view *view, const char *text, size_t len)
{
    read_code(code, view);
    if (result.count != 1)
        fail_msg("version %d: %d codes", code->version, result.count);
    assert_int_equal(result.codes[0].symbology, SCAN_QR);
    assert_int_equal(result.codes[0].text_len, len);
    assert_memory_equal(result.codes[0].text, text, len);
    assert_int_equal(result.codes[0].version, code->version);
    QRcode_free(code);
}

static struct render_view close_up(int side)
{
    struct render_view view = render_view_default();

    view.module = side > 100 ? 3 : 4;
    view.width = view.height = (int)((float)(side + 10) * view.module);
    return view;
}

/* As much as the strictest level holds, bytes that differ from one to the next. */
static void check_version(int version, QRecLevel level)
{
    char text[1300];
    int len = ((16 * version + 128) * version + 64) / 8 * 28 / 100;
    QRinput *input = QRinput_new2(version, level);

    assert_non_null(input);
    for (int i = 0; i < len; i++)
        text[i] = (char)('!' + (i * 37 + version * 11 + i / 7) % 90);
    assert_int_equal(QRinput_append(input, QR_MODE_8, len, (const unsigned char *)text), 0);
    QRcode *code = QRcode_encodeInput(input);
    QRinput_free(input);
    assert_non_null(code);
    assert_int_equal(code->version, version);
    struct render_view view = close_up(code->width);
    assert_reads(code, &view, text, (size_t)len);
}

static void every_version_is_read_at_every_level(void **state)
{
    (void)state;
    for (int version = 1; version <= 40; version++)
        for (int level = QR_ECLEVEL_L; level <= QR_ECLEVEL_H; level++)
            check_version(version, (QRecLevel)level);
}

static void every_mask_is_read(void **state)
{
    (void)state;
    /* libqrencode picks the mask by the content; some hundred contents meet all eight. */
    unsigned masks = 0;
    for (int i = 0; i < 120; i++) {
        char text[32];

        snprintf(text, sizeof(text), "MASK %d %d", i * 7919 % 1000, i);
        QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
        assert_non_null(code);
        int mask = 0;
        static const int columns[3] = {2, 3, 4}; /* of row 8: the mask's bits of the format word */
        for (int k = 0; k < 3; k++)
            mask = mask << 1 | (code->data[8 * code->width + columns[k]] & 1);
        masks |= 1u << (mask ^ 5); /* the pattern 101 lies over them */
        struct render_view view = close_up(code->width);
        assert_reads(code, &view, text, strlen(text));
    }
    assert_int_equal(masks, 0xff);
}

static QRcode *encode(QRencodeMode mode, const char *bytes, int len)
{
    QRinput *input = QRinput_new2(0, QR_ECLEVEL_M);

    assert_non_null(input);
    assert_int_equal(QRinput_append(input, mode, len, (const unsigned char *)bytes), 0);
    QRcode *code = QRcode_encodeInput(input);
    QRinput_free(input);
    return code;
}

static void every_mode_is_read(void **state)
{
    static const struct {
        QRencodeMode mode;
        const char *bytes, *text;
    } cases[] = {
        {QR_MODE_NUM, "1", "1"},
        {QR_MODE_NUM, "01234567890", "01234567890"},
        {QR_MODE_NUM, "000000000000", "000000000000"},
        {QR_MODE_AN, "AC-42 $%*+./:", "AC-42 $%*+./:"},
        {QR_MODE_AN, "A", "A"},
        {QR_MODE_8, "https://shop.example/c/aB3?c=9", "https://shop.example/c/aB3?c=9"},
        {QR_MODE_8, "\xe4\xbd\xa0\xe5\xa5\xbd", "\xe4\xbd\xa0\xe5\xa5\xbd"},
        {QR_MODE_8, "\xc4\xe3\xba\xc3\xa3\xac\xca\xc0\xbd\xe7",
         "\xe4\xbd\xa0\xe5\xa5\xbd\xef\xbc\x8c\xe4\xb8\x96\xe7\x95\x8c"},
        {QR_MODE_KANJI, "\x93\xfa\x96\x7b\x8c\xea", "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e"},
    };
    struct render_view view = render_view_default();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_reads(encode(cases[i].mode, cases[i].bytes, (int)strlen(cases[i].bytes)), &view, cases[i].text,
                     strlen(cases[i].text));
}

static void modes_mix_in_one_symbol(void **state)
{
    QRinput *input = QRinput_new2(0, QR_ECLEVEL_Q);
    struct render_view view = render_view_default();

    (void)state;
    assert_non_null(input);
    assert_int_equal(QRinput_append(input, QR_MODE_AN, 4, (const unsigned char *)"BON:"), 0);
    assert_int_equal(QRinput_append(input, QR_MODE_NUM, 9, (const unsigned char *)"123456789"), 0);
    assert_int_equal(QRinput_append(input, QR_MODE_8, 4, (const unsigned char *)"/a-b"), 0);
    QRcode *code = QRcode_encodeInput(input);
    QRinput_free(input);
    assert_reads(code, &view, "BON:123456789/a-b", 17);
}

static void a_stated_character_set_is_obeyed(void **state)
{
    QRinput *input = QRinput_new2(0, QR_ECLEVEL_M);
    struct render_view view = render_view_default();

    (void)state;
    assert_non_null(input);
    assert_int_equal(QRinput_appendECIheader(input, 7), 0); /* ISO 8859-5 */
    assert_int_equal(QRinput_append(input, QR_MODE_8, 3, (const unsigned char *)"\xb4\xd0!"), 0);
    QRcode *code = QRcode_encodeInput(input);
    QRinput_free(input);
    assert_reads(code, &view, "\xd0\x94\xd0\xb0!", 5);
}

static void structured_append_is_told(void **state)
{
    QRinput *input = QRinput_new2(1, QR_ECLEVEL_L);
    struct render_view view = render_view_default();
    char text[60];

    (void)state;
    memset(text, 'x', sizeof(text));
    assert_non_null(input);
    assert_int_equal(QRinput_append(input, QR_MODE_8, sizeof(text), (const unsigned char *)text), 0);
    QRinput_Struct *parts = QRinput_splitQRinputToStruct(input);
    QRinput_free(input);
    assert_non_null(parts);
    QRcode_List *list = QRcode_encodeInputStructured(parts), *item = list;
    QRinput_Struct_free(parts);
    assert_non_null(list);
    int total = QRcode_List_size(list);
    assert_true(total > 1);
    for (int i = 0; i < total; i++, item = item->next) {
        read_code(item->code, &view);
        assert_int_equal(result.count, 1);
        assert_true(result.codes[0].flags & SCAN_FLAG_APPENDED);
        assert_int_equal(result.codes[0].append_index, i);
        assert_int_equal(result.codes[0].append_total, total);
    }
    QRcode_List_free(list);
}

static void every_way_of_lying_is_read(void **state)
{
    static const char text[] = "https://shop.example/r/Zk3?c=0123456789abcdef";

    (void)state;
    for (int i = 0; i < 64; i++) {
        struct render_view view = render_view_default();

        view.inverted = i & 1;
        view.mirrored = i & 2;
        view.turn = (float)(i / 4) * 22.5f;
        view.tilt = (float)(i % 8) * 5.0f;
        assert_reads(QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M), &view, text, strlen(text));
        assert_int_equal((result.codes[0].flags & SCAN_FLAG_INVERTED) != 0, view.inverted);
        assert_int_equal((result.codes[0].flags & SCAN_FLAG_MIRRORED) != 0, view.mirrored);
    }
}

static void noise_is_overcome(void **state)
{
    static const char text[] = "https://shop.example/r/Zk3?c=0123456789abcdef";

    (void)state;
    for (int i = 0; i < 5; i++) {
        struct render_view view = render_view_default();

        view.noise = 10.0f * (float)(i + 1);
        view.turn = 10.0f * (float)i;
        assert_reads(QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M), &view, text, strlen(text));
    }
}

static void a_symbol_that_fills_a_large_picture_is_read(void **state)
{
    struct render_view view = render_view_default();

    (void)state;
    view.width = view.height = 900;
    view.module = 30;
    view.turn = 20;
    view.noise = 8;
    assert_reads(QRcode_encodeString8bit("close", 1, QR_ECLEVEL_L), &view, "close", 5);
}

static void the_corners_are_where_the_symbol_is(void **state)
{
    struct render_view view = render_view_default();
    QRcode *code = QRcode_encodeString8bit("corners", 0, QR_ECLEVEL_M);

    (void)state;
    read_code(code, &view);
    assert_int_equal(result.count, 1);
    float half = (float)code->width * view.module / 2;
    const struct scan_point *c = result.codes[0].corners;
    static const float signs[4][2] = {{-1, -1}, {1, -1}, {1, 1}, {-1, 1}};
    for (int i = 0; i < 4; i++) {
        assert_float_equal(c[i].x, 320 + signs[i][0] * half, 2.5f);
        assert_float_equal(c[i].y, 240 + signs[i][1] * half, 2.5f);
    }
    QRcode_free(code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_version_is_read_at_every_level),
        cmocka_unit_test(every_mask_is_read),
        cmocka_unit_test(every_mode_is_read),
        cmocka_unit_test(modes_mix_in_one_symbol),
        cmocka_unit_test(a_stated_character_set_is_obeyed),
        cmocka_unit_test(structured_append_is_told),
        cmocka_unit_test(every_way_of_lying_is_read),
        cmocka_unit_test(noise_is_overcome),
        cmocka_unit_test(a_symbol_that_fills_a_large_picture_is_read),
        cmocka_unit_test(the_corners_are_where_the_symbol_is),
    };

    return cmocka_run_group_tests(tests, open_scan, close_scan);
}
