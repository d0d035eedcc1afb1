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
    for (int trial = 0; trial < 12000; trial++) {
        soft.version = 1 + (int)random_below(4);
        int count = qr_side(soft.version) * qr_side(soft.version);
        for (int i = 0; i < count; i++)
            soft.at[i] = (int8_t)((int)random_below(255) - 127);
        assert_int_not_equal(qr_decode(&decoder, &soft, &content, &reading), 0);
    }
}

static void take(const QRcode *code)
{
    soft.version = code->version;
    for (int i = 0; i < code->width * code->width; i++)
        soft.at[i] = code->data[i] & 1 ? 127 : -127;
}

/* Wrong modules are as sure as they like to be; right ones, too. */
static void damage(const QRcode *code, uint32_t per_mille)
{
    take(code);
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

static void a_damaged_symbol_is_read_right_or_not_at_all(void **state)
{
    static const char *const texts[] = {"7", "BON 42", "https://shop.example/c?1",
                                        "TSC1:100V503009QT000900000V50380HC0"};
    struct qr_reading reading;
    int right = 0, none = 0;

    (void)state;
    for (int trial = 0; trial < 12000; trial++) {
        QRcode *code = QRcode_encodeString8bit(texts[trial % 4], 0, (QRecLevel)(trial / 4 % 4));
        assert_non_null(code);
        take(code);
        assert_int_equal(qr_decode(&decoder, &soft, &truth, &reading), 0);
        damage(code, 2 + (uint32_t)trial % 250);
        if (qr_decode(&decoder, &soft, &content, &reading) == 0) {
            assert_int_equal(content.text.len, truth.text.len);
            assert_memory_equal(content.text.bytes, truth.text.bytes, (size_t)truth.text.len);
            right++;
        } else {
            none++;
        }
        QRcode_free(code);
    }
    assert_true(right > 1000);
    assert_true(none > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_is_never_read),
        cmocka_unit_test(a_damaged_symbol_is_read_right_or_not_at_all),
    };

    return cmocka_run_group_tests(tests, prepare, NULL);
}
