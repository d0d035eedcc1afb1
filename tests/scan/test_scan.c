/* The promises of scan.h. */

#include "render.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct scan_result result;

static struct scan *open_default(void)
{
    struct scan_options options = scan_options_default();
    struct scan *scan = NULL;

    assert_int_equal(scan_open(&options, &scan), 0);
    return scan;
}

static void senseless_options_are_refused(void **state)
{
    struct scan_options options = scan_options_default();
    struct scan *scan = NULL;

    (void)state;
    options.max_width = 3;
    assert_int_equal(scan_open(&options, &scan), -EINVAL);
    options = scan_options_default();
    options.qr = options.one_d = false;
    assert_int_equal(scan_open(&options, &scan), -EINVAL);
    assert_null(scan);
    scan_close(NULL);
}

static void senseless_frames_are_refused_and_nothing_is_written(void **state)
{
    static uint8_t grey[2000];
    static const struct {
        struct scan_image image;
        int error;
    } cases[] = {
        {{NULL, 10, 10, 10}, -EINVAL}, {{grey, 0, 10, 10}, -EINVAL},       {{grey, 10, 0, 10}, -EINVAL},
        {{grey, 20, 10, 10}, -EINVAL}, {{grey, 1281, 1, 1281}, -EMSGSIZE}, {{grey, 1, 721, 1}, -EMSGSIZE},
    };
    struct scan *scan = open_default();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(&result, 0x5a, sizeof(result));
        assert_int_equal(scan_frame(scan, &cases[i].image, 0, &result), cases[i].error);
        assert_int_equal(result.count, 0x5a5a5a5a);
    }
    scan_close(scan);
}

static void any_small_frame_is_taken(void **state)
{
    static uint8_t grey[40 * 40];
    struct scan *scan = open_default();

    (void)state;
    for (int side = 1; side <= 40; side++) {
        struct scan_image image = {grey, side, 41 - side, 40};

        for (size_t i = 0; i < sizeof(grey); i++)
            grey[i] = (uint8_t)(i * 97 % 251);
        assert_int_equal(scan_still(scan, &image, &result), 0);
        assert_int_equal(result.count, 0);
    }
    scan_close(scan);
}

static void rows_may_be_longer_than_the_picture(void **state)
{
    static uint8_t grey[480 * 700];
    struct render_view view = render_view_default();
    QRcode *code = QRcode_encodeString8bit("stride", 0, QR_ECLEVEL_M);
    struct scan_image image = render_qrcode(code, &view), padded = {grey, 640, 480, 700};
    struct scan *scan = open_default();

    (void)state;
    for (int y = 0; y < 480; y++)
        memcpy(grey + y * 700, image.grey + y * 640, 640);
    assert_int_equal(scan_frame(scan, &padded, 0, &result), 0);
    assert_int_equal(result.count, 1);
    assert_string_equal(result.codes[0].text, "stride");
    scan_close(scan);
    render_finish(&image);
    QRcode_free(code);
}

static void hint_on(uint8_t level, enum scan_hint hint, int brightness)
{
    static uint8_t grey[320 * 240];
    struct scan_image image = {grey, 320, 240, 320};
    struct scan *scan = open_default();

    memset(grey, level, sizeof(grey));
    assert_int_equal(scan_frame(scan, &image, 0, &result), 0);
    assert_int_equal(result.guidance.hint, hint);
    assert_int_equal(result.guidance.brightness, brightness);
    assert_false(result.something_seen);
    scan_close(scan);
}

static void the_light_is_told(void **state)
{
    (void)state;
    hint_on(5, SCAN_HINT_TOO_DARK, 5);
    hint_on(120, SCAN_HINT_NONE, 120);
}

/* A symbol with three finders but scrambled data: seen, never read. */
static void what_is_seen_but_not_read_is_told_with_its_place(void **state)
{
    struct render_view view = render_view_default();
    QRcode *code = QRcode_encodeString8bit("https://shop.example/coupon/1", 0, QR_ECLEVEL_L);
    struct scan *scan = open_default();

    (void)state;
    for (int row = 9; row < code->width; row++)
        for (int column = 9; column < code->width; column++)
            if ((row < code->width - 9 || column < code->width - 9) && (row * 7 + column * 3) % 5 < 2)
                code->data[row * code->width + column] ^= 1;
    struct scan_image image = render_qrcode(code, &view);
    assert_int_equal(scan_frame(scan, &image, 0, &result), 0);
    assert_int_equal(result.count, 0);
    assert_true(result.something_seen);
    float half = (float)code->width * view.module / 2;
    assert_float_equal(result.seen[0].x, 320 - half, 4);
    assert_float_equal(result.seen[2].y, 240 + half, 8);
    assert_int_equal(result.guidance.hint, SCAN_HINT_HOLD_STILL);
    scan_close(scan);
    render_finish(&image);
    QRcode_free(code);
}

struct worker {
    pthread_t thread;
    const struct scan_image *image;
    int read;
};

static void *work(void *argument)
{
    struct worker *worker = argument;
    struct scan_options options = scan_options_default();
    struct scan_result *own = malloc(sizeof(*own));
    struct scan *scan = NULL;

    if (own && scan_open(&options, &scan) == 0)
        for (int i = 0; i < 20; i++)
            worker->read += scan_still(scan, worker->image, own) == 0 && own->count == 1;
    scan_close(scan);
    free(own);
    return NULL;
}

static void two_threads_read_side_by_side(void **state)
{
    struct render_view view = render_view_default();
    QRcode *code = QRcode_encodeString8bit("threads", 0, QR_ECLEVEL_M);
    struct scan_image image = render_qrcode(code, &view);
    struct worker workers[2] = {{.image = &image}, {.image = &image}};

    (void)state;
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    for (int i = 0; i < 2; i++) {
        pthread_join(workers[i].thread, NULL);
        assert_int_equal(workers[i].read, 20);
    }
    render_finish(&image);
    QRcode_free(code);
}

static void every_symbology_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(scan_symbology_name(SCAN_QR), "QR-Code");
    for (int i = 0; i < SCAN_SYMBOLOGY_COUNT; i++)
        assert_string_not_equal(scan_symbology_name((enum scan_symbology)i), "unknown");
}

static bool lit_after(struct scan_lamp *lamp, int brightness, int frames)
{
    struct scan_guidance guidance = {.brightness = brightness};
    bool lit = lamp->on;

    for (int i = 0; i < frames; i++)
        lit = scan_lamp_step(lamp, &guidance);
    return lit;
}

static void the_lamp_goes_by_what_lasts(void **state)
{
    struct scan_lamp lamp = {0};

    (void)state;
    assert_false(lit_after(&lamp, 20, 3)); /* a hand before the lens */
    assert_false(lit_after(&lamp, 120, 3));
    assert_true(lit_after(&lamp, 20, 10));
    assert_true(lit_after(&lamp, 110, 300)); /* what the lamp itself makes */
    assert_true(lit_after(&lamp, 230, 30));  /* a bright phone, soon gone */
    assert_true(lit_after(&lamp, 110, 10));
    assert_false(lit_after(&lamp, 200, 60)); /* day */
}

/* A phone held out in bad light: no frame shows enough, all of them do. */
static void frames_are_read_together(void **state)
{
    static const char text[] = "https://shop.example/r/Zk3?c=0123456789abcdef";
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L);
    struct scan *held = open_default(), *alone = open_default();
    bool read = false;

    (void)state;
    assert_non_null(code);
    for (int frame = 0; frame < 8 && !read; frame++) {
        struct render_view view = render_view_default();

        view.module = 2.6f;
        view.dark = 90;
        view.light = 150;
        view.noise = 34;
        view.turn = 3.0f + 1.3f * (float)frame;
        struct scan_image image = render_qrcode(code, &view);
        assert_int_equal(scan_still(alone, &image, &result), 0);
        assert_int_equal(result.count, 0);
        assert_int_equal(scan_frame(held, &image, 0, &result), 0);
        read = result.count == 1 && strcmp(result.codes[0].text, text) == 0;
        render_finish(&image);
    }
    assert_true(read);
    scan_close(alone);
    scan_close(held);
    QRcode_free(code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lamp_goes_by_what_lasts),
        cmocka_unit_test(frames_are_read_together),
        cmocka_unit_test(senseless_options_are_refused),
        cmocka_unit_test(senseless_frames_are_refused_and_nothing_is_written),
        cmocka_unit_test(any_small_frame_is_taken),
        cmocka_unit_test(rows_may_be_longer_than_the_picture),
        cmocka_unit_test(the_light_is_told),
        cmocka_unit_test(what_is_seen_but_not_read_is_told_with_its_place),
        cmocka_unit_test(two_threads_read_side_by_side),
        cmocka_unit_test(every_symbology_has_a_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
