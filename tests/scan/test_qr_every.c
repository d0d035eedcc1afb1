/*
 * Every symbol that libqrencode can make is read when clean: 40 versions, 4 levels and 4 modes, filled to the brim, as
 * pictures; and each of those under all 8 masks, as modules, since libqrencode chooses the mask itself.
 */

#include "../../scan/src/qr_decode.h"
#include "../../scan/src/text.h"
#include "render.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CONTENT_MAX = 7200, MASKS = 8 };

struct symbol {
    QRcode *code;
    char text[3 * CONTENT_MAX]; /* what must be read */
    size_t text_len;
};

static struct scan *scan;
static struct scan_result result;
static struct qr_decoder decoder;
static struct text_converters *converters;
static struct symbol symbol;

static int open_all(void **state)
{
    struct scan_options options = scan_options_default();

    (void)state;
    options.max_width = options.max_height = 640;
    qr_decoder_init(&decoder);
    return scan_open(&options, &scan) || text_converters_open(&converters);
}

static int close_all(void **state)
{
    (void)state;
    text_converters_close(converters);
    scan_close(scan);
    return 0;
}

/* libqrencode's levels L M Q H in the order of the format bits. */
static enum qr_level level_of(QRecLevel level)
{
    static const enum qr_level levels[4] = {QR_LEVEL_L, QR_LEVEL_M, QR_LEVEL_Q, QR_LEVEL_H};

    return levels[level];
}

/* How many characters of a mode fit. */
static int room_for(int version, QRecLevel level, QRencodeMode mode)
{
    struct qr_blocks blocks = qr_blocks_of(version, level_of(level));
    int bits = 8 * (blocks.total - blocks.ecc * blocks.count) - 20; /* less mode and length */

    switch (mode) {
    case QR_MODE_NUM:
        return bits * 3 / 10;
    case QR_MODE_AN:
        return bits * 2 / 11;
    case QR_MODE_KANJI:
        return bits / 13;
    default:
        return bits / 8;
    }
}

static void make(int version, QRecLevel level, QRencodeMode mode)
{
    static const char alphanumeric[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    static const char *const kanji[5] = {"\x93\xfa", "\x96\x7b", "\x8c\xea", "\x8a\xbf", "\x8e\x9a"};
    static const char *const kanji_utf8[5] = {"\xe6\x97\xa5", "\xe6\x9c\xac", "\xe8\xaa\x9e", "\xe6\xbc\xa2",
                                              "\xe5\xad\x97"};
    static char content[2 * CONTENT_MAX];
    int count = room_for(version, level, mode), len = 0;
    QRinput *input = QRinput_new2(version, level);

    assert_non_null(input);
    symbol.text_len = 0;
    for (int i = 0; i < count; i++) {
        int pick = i * 37 + version * 11 + i / 7;

        if (mode == QR_MODE_KANJI) {
            memcpy(content + len, kanji[pick % 5], 2);
            memcpy(symbol.text + symbol.text_len, kanji_utf8[pick % 5], 3);
            len += 2;
            symbol.text_len += 3;
            continue;
        }
        char c = mode == QR_MODE_NUM  ? (char)('0' + pick % 10)
                 : mode == QR_MODE_AN ? alphanumeric[pick % 45]
                                      : (char)('!' + pick % 90);
        content[len++] = symbol.text[symbol.text_len++] = c;
    }
    assert_int_equal(QRinput_append(input, mode, len, (const unsigned char *)content), 0);
    symbol.code = QRcode_encodeInput(input);
    QRinput_free(input);
    assert_non_null(symbol.code);
    assert_int_equal(symbol.code->version, version);
}

static void check(const char *what, const struct scan_code *code)
{
    if (code->text_len != symbol.text_len || memcmp(code->text, symbol.text, symbol.text_len) != 0)
        fail_msg("version %d, %s: read otherwise", symbol.code->version, what);
}

static void check_picture(void)
{
    struct render_view view = render_view_default();

    view.module = symbol.code->width > 100 ? 3 : 4;
    view.width = view.height = (int)((float)(symbol.code->width + 10) * view.module);
    struct scan_image image = render_qrcode(symbol.code, &view);
    assert_int_equal(scan_still(scan, &image, &result), 0);
    render_finish(&image);
    if (result.count != 1)
        fail_msg("version %d: %d codes in the picture", symbol.code->version, result.count);
    check("picture", &result.codes[0]);
    assert_int_equal(result.codes[0].version, symbol.code->version);
}

static int mask_of(void)
{
    int side = symbol.code->width, mask = 0;

    for (int k = 2; k <= 4; k++) /* of row 8: the mask's bits of the format word */
        mask = mask << 1 | (symbol.code->data[8 * side + k] & 1);
    return mask ^ 5; /* the pattern 101 lies over them */
}

static void set_module(struct qr_soft *soft, int row, int column, bool dark)
{
    soft->at[row * qr_side(soft->version) + column] = dark ? 127 : -127;
}

static void set_format(struct qr_soft *soft, uint32_t word)
{
    int side = qr_side(soft->version);

    for (int i = 0; i < 15; i++) {
        bool dark = word >> i & 1;
        int row = i < 6 ? i : i == 6 ? 7 : 8, column = i < 8 ? 8 : i == 8 ? 7 : 14 - i;

        set_module(soft, row, column, dark);
        if (i < 8)
            set_module(soft, 8, side - 1 - i, dark);
        else
            set_module(soft, side - 15 + i, 8, dark);
    }
}

static void check_mask(QRecLevel level, int mask)
{
    static struct qr_soft soft;
    static struct qr_content content;
    static struct scan_code code;
    static uint8_t map[QR_SIDE_MAX * QR_SIDE_MAX];
    int version = symbol.code->version, side = symbol.code->width, was = mask_of();
    struct qr_reading reading;

    soft.version = version;
    qr_function_map(version, map);
    for (int row = 0; row < side; row++) {
        for (int c = 0; c < side; c++) {
            bool dark = symbol.code->data[row * side + c] & 1;

            if (!map[row * side + c])
                dark ^= qr_mask_bit(was, row, c) ^ qr_mask_bit(mask, row, c);
            set_module(&soft, row, c, dark);
        }
    }
    set_format(&soft, qr_format_word((int)level_of(level) << 3 | mask));
    assert_int_equal(qr_decode(&decoder, &soft, &content, &reading), 0);
    assert_int_equal(reading.level, level_of(level));
    assert_false(reading.mirrored);
    code.symbology = SCAN_QR;
    assert_int_equal(text_to_utf8(converters, &content.text, &code), 0);
    check("mask", &code);
}

static void check_all(QRencodeMode mode)
{
    for (int version = 1; version <= QR_VERSION_MAX; version++) {
        for (int level = QR_ECLEVEL_L; level <= QR_ECLEVEL_H; level++) {
            make(version, (QRecLevel)level, mode);
            check_picture();
            for (int mask = 0; mask < MASKS; mask++)
                check_mask((QRecLevel)level, mask);
            QRcode_free(symbol.code);
        }
    }
}

static void every_symbol_of_digits_is_read(void **state)
{
    (void)state;
    check_all(QR_MODE_NUM);
}

static void every_symbol_of_letters_and_digits_is_read(void **state)
{
    (void)state;
    check_all(QR_MODE_AN);
}

static void every_symbol_of_bytes_is_read(void **state)
{
    (void)state;
    check_all(QR_MODE_8);
}

static void every_symbol_of_kanji_is_read(void **state)
{
    (void)state;
    check_all(QR_MODE_KANJI);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_symbol_of_digits_is_read),
        cmocka_unit_test(every_symbol_of_letters_and_digits_is_read),
        cmocka_unit_test(every_symbol_of_bytes_is_read),
        cmocka_unit_test(every_symbol_of_kanji_is_read),
    };

    return cmocka_run_group_tests(tests, open_all, close_all);
}
