/* What is damaged beyond reading is not read as something else: neither noise nor symbols with ever more of them wrong.
 */

#include "../../scan/src/qr_decode.h"

#include <qrencode.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct qr_decoder decoder;
static struct qr_content content, truth;
static struct qr_soft soft;
static uint32_t seed = 20261122;

static int prepare(void **state)
{
    (void)state;
    qr_decoder_init(&decoder);
    return 0;
}

static uint32_t random_below(uint32_t limit)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed % limit;
}

static void noise_is_never_read(void **state)
{
    struct qr_reading reading;

    (void)state;
    for (int trial = 0; trial < 2000; trial++) {
        soft.version = 1 + (int)random_below(4);
        int count = qr_side(soft.version) * qr_side(soft.version);
        for (int i = 0; i < count; i++)
            soft.at[i] = (int8_t)((int)random_below(255) - 127);
        assert_int_not_equal(qr_decode_thoroughly(&decoder, &soft, &content, &reading), 0);
    }
}

static void take(const QRcode *code)
{
    soft.version = code->version;
    for (int i = 0; i < code->width * code->width; i++)
        soft.at[i] = code->data[i] & 1 ? 127 : -127;
}

/* Wrong modules are as sure as they like to be; right ones, too. */
static void spread(const QRcode *code, uint32_t per_mille)
{
    for (int i = 0; i < code->width * code->width; i++) {
        int sure = 1 + (int)random_below(127);
        bool dark = soft.at[i] > 0;

        if (random_below(1000) < per_mille) {
            dark = !dark;
            sure = 1 + (int)random_below((uint32_t)sure);
        }
        soft.at[i] = (int8_t)(dark ? sure : -sure);
    }
}

/* As glare and dirt do: of one colour, and sure of it, hardly sure, or blind. */
static void patch(const QRcode *code)
{
    int width = code->width, across = (int)random_below((uint32_t)width), down = (int)random_below((uint32_t)width);
    int reach = 2 + (int)random_below((uint32_t)width / 2);
    int sure = random_below(3) ? (int)random_below(4) : 20 + (int)random_below(108);
    bool dark = random_below(4) == 0;

    for (int y = 0; y < width; y++)
        for (int x = 0; x < width; x++)
            if ((x - across) * (x - across) + (y - down) * (y - down) < reach * reach)
                soft.at[y * width + x] = (int8_t)(dark ? sure : -sure);
}

enum damage { SPREAD, PATCHES, BOTH };

static void damage(const QRcode *code, enum damage kind, uint32_t per_mille)
{
    take(code);
    spread(code, kind == SPREAD ? per_mille : kind == BOTH ? per_mille / 3 : 0);
    for (uint32_t i = random_below(3) + 1; kind != SPREAD && i > 0; i--)
        patch(code);
}

static QRcode *some_symbol(int trial)
{
    static const char *const texts[] = {"7",
                                        "BON 42",
                                        "https://shop.example/c?1",
                                        "TSC1:100V503009QT000900000V50380HC0",
                                        "2565334804538",
                                        "NKEHFKHPTJY5PPZ05X8MLALG8H8PPUELM6"};
    const char *text = texts[trial % 6];
    QRecLevel level = (QRecLevel)(trial / 6 % 4);

    return trial / 24 % 2 ? QRcode_encodeString(text, 0, level, QR_MODE_8, 1) : QRcode_encodeString8bit(text, 0, level);
}

static void hold(enum damage kind, int trials)
{
    struct qr_reading reading;
    int right = 0, none = 0;

    for (int trial = 0; trial < trials; trial++) {
        QRcode *code = some_symbol(trial);
        assert_non_null(code);
        take(code);
        assert_int_equal(qr_decode(&decoder, &soft, &truth, &reading), 0);
        damage(code, kind, 2 + (uint32_t)trial % 250);
        if (qr_decode_thoroughly(&decoder, &soft, &content, &reading) == 0) {
            assert_int_equal(content.text.len, truth.text.len);
            assert_memory_equal(content.text.bytes, truth.text.bytes, (size_t)truth.text.len);
            right++;
        } else {
            none++;
        }
        QRcode_free(code);
    }
    assert_true(right > trials / 20);
    assert_true(none > trials / 20);
}

static void a_damaged_symbol_is_read_right_or_not_at_all(void **state)
{
    (void)state;
    hold(SPREAD, 1500);
    hold(PATCHES, 1500);
    hold(BOTH, 1500);
}

/* Of version 1-L: the modules of all correction words. */
static bool is_correction(int row, int column)
{
    return row >= 9 && column <= 10;
}

static void without_correction_nothing_is_believed(void **state)
{
    QRcode *code = QRcode_encodeString8bit("N", 1, QR_ECLEVEL_L);
    struct qr_reading reading;

    (void)state;
    assert_non_null(code);
    assert_int_equal(code->version, 1);
    take(code);
    assert_int_equal(qr_decode(&decoder, &soft, &truth, &reading), 0);
    for (int wrong = 0; wrong < 21 * 21; wrong++) {
        take(code);
        for (int at = 0; at < 21 * 21; at++)
            soft.at[at] = (int8_t)(is_correction(at / 21, at % 21) ? 0 : soft.at[at]);
        soft.at[wrong] = (int8_t)-soft.at[wrong];
        assert_int_not_equal(qr_decode_thoroughly(&decoder, &soft, &content, &reading), 0);
    }
    QRcode_free(code);
}

/* Three of seven correction words left are not enough; but that padding is wanted there is known. */
static void padding_helps_to_correct(void **state)
{
    QRcode *code = QRcode_encodeString8bit("2565334804538", 1, QR_ECLEVEL_L);
    struct qr_reading reading;
    int wrong = 0;

    (void)state;
    assert_non_null(code);
    assert_int_equal(code->version, 1);
    take(code);
    for (int at = 0; at < 21 * 21; at++) {
        /* All four words of padding, more dark than light. */
        bool hidden = at / 21 <= 8 && at % 21 >= 9 && at % 21 <= 12 && at / 21 != 6;
        wrong += hidden && soft.at[at] < 0;
        soft.at[at] = (int8_t)(hidden ? 2 : soft.at[at]);
    }
    assert_true(wrong > 10);
    assert_int_equal(qr_decode_thoroughly(&decoder, &soft, &content, &reading), 0);
    assert_int_equal(content.text.len, 13);
    assert_memory_equal(content.text.bytes, "2565334804538", 13);
    QRcode_free(code);
}

/* Too many words have a wrong bit to be corrected; but each of these bits was hardly seen. */
static void a_doubtful_bit_in_many_words_is_searched_for(void **state)
{
    QRcode *code = QRcode_encodeString8bit("https://shop.example/c?A1B2C3D4E5F6G7H8I9", 3, QR_ECLEVEL_M);
    struct qr_reading reading;
    int width;

    (void)state;
    assert_non_null(code);
    width = code->width;
    assert_int_equal(code->version, 3);
    take(code);
    assert_int_equal(qr_decode(&decoder, &soft, &truth, &reading), 0);
    for (int y = 9; y < width; y++)
        for (int x = 9; x < width; x++)
            if ((x * 7 + y * 3) % 8 == 0)
                soft.at[y * width + x] = (int8_t)(soft.at[y * width + x] > 0 ? -3 : 3);
    assert_int_not_equal(qr_decode(&decoder, &soft, &content, &reading), 0);
    assert_int_equal(qr_decode_thoroughly(&decoder, &soft, &content, &reading), 0);
    assert_int_equal(content.text.len, truth.text.len);
    assert_memory_equal(content.text.bytes, truth.text.bytes, (size_t)truth.text.len);
    QRcode_free(code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_is_never_read),
        cmocka_unit_test(a_damaged_symbol_is_read_right_or_not_at_all),
        cmocka_unit_test(without_correction_nothing_is_believed),
        cmocka_unit_test(padding_helps_to_correct),
        cmocka_unit_test(a_doubtful_bit_in_many_words_is_searched_for),
    };

    return cmocka_run_group_tests(tests, prepare, NULL);
}
