/* What is hard to see: small modules under noise, a finder that is hidden, and modules under glare. */

#include "../../scan/src/boxes.h"
#include "../../scan/src/feedback.h"
#include "../../scan/src/fit.h"
#include "../../scan/src/learn.h"
#include "render.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct sampler sampler;
static struct learn learn;
static struct qr_soft soft;
static struct fit_pattern pattern;

static QRcode *some_code(void)
{
    QRcode *code = QRcode_encodeString8bit("https://shop.example/c?0123456789", 3, QR_ECLEVEL_M);

    assert_non_null(code);
    return code;
}

/* Where render_qrcode draws a code that is neither turned nor tilted. */
static struct fit fit_of(const QRcode *code, const struct render_view *view)
{
    float half = ((float)code->width / 2 - 3.5f) * view->module;
    float x = (float)view->width / 2, y = (float)view->height / 2;
    struct fit fit = {
        .version = code->version,
        .corners = {{x - half, y - half}, {x + half, y - half}, {x + half, y + half}, {x - half, y + half}}};

    assert_true(fit_update(&fit));
    return fit;
}

static bool is_among(const struct candidate_list *list, struct scan_point at, float reach)
{
    for (int i = 0; i < list->count; i++)
        if (point_distance(list->items[i].at, at) < reach && !list->items[i].inverted)
            return true;
    return false;
}

static void squares_show_small_finders_under_noise(void **state)
{
    static const float modules[] = {1.4f, 1.7f, 2.1f, 2.6f};
    static struct candidate_list list;
    struct boxes boxes = {malloc(BOXES_NUMBERS_MAX * sizeof(uint32_t)), malloc(BOXES_NUMBERS_MAX * sizeof(uint32_t))};
    QRcode *code = some_code();

    (void)state;
    assert_non_null(boxes.sums);
    assert_non_null(boxes.squares);
    for (int i = 0; i < 4; i++) {
        struct render_view view = render_view_default();

        view.module = modules[i];
        view.turn = 8;
        view.dark = 60;
        view.light = 130;
        view.noise = 15;
        struct scan_image image = render_qrcode(code, &view);
        struct plane plane = plane_of(&image);
        struct fit fit = fit_of(code, &view);
        struct scan_point middle = {320, 240};

        list.count = 0;
        box_candidates(&boxes, &plane, &list);
        for (int corner = 0; corner < 4; corner++) {
            struct scan_point at = fit.corners[corner];
            float x = at.x - middle.x, y = at.y - middle.y, c = cosf(8 * 0.017453293f), s = sinf(8 * 0.017453293f);
            struct scan_point turned = {middle.x + x * c - y * s, middle.y + x * s + y * c};

            if (corner != 2)
                assert_true(is_among(&list, turned, 1.5f * view.module));
        }
        render_finish(&image);
    }
    QRcode_free(code);
    free(boxes.sums);
    free(boxes.squares);
}

static void a_picture_too_small_or_too_large_has_no_squares(void **state)
{
    static uint8_t grey[64 * 8];
    static struct candidate_list list;
    struct boxes boxes = {malloc(BOXES_NUMBERS_MAX * sizeof(uint32_t)), malloc(BOXES_NUMBERS_MAX * sizeof(uint32_t))};
    struct plane low = {grey, 64, 8, 64}, narrow = {grey, 8, 64, 8}, large = {grey, 2000, 2000, 2000};

    (void)state;
    assert_non_null(boxes.sums);
    assert_non_null(boxes.squares);
    list.count = 0;
    box_candidates(&boxes, &low, &list);
    box_candidates(&boxes, &narrow, &list);
    box_candidates(&boxes, &large, &list);
    assert_int_equal(list.count, 0);
    free(boxes.sums);
    free(boxes.squares);
}

static void a_hidden_finder_is_put_where_the_rest_fits(void **state)
{
    QRcode *code = some_code();
    struct render_view view = render_view_default();

    (void)state;
    view.noise = 10;
    struct scan_image image = render_qrcode(code, &view);
    struct plane plane = plane_of(&image);
    struct fit right = fit_of(code, &view);

    fit_pattern_make(&pattern, code->version);
    for (int guessed = 1; guessed < 3; guessed++) {
        struct fit fit = right;
        int corner = guessed == 2 ? 3 : 1;
        struct scan_point off = {2 * view.module, -3 * view.module};

        fit.corners[corner] = (struct scan_point){fit.corners[corner].x + off.x, fit.corners[corner].y + off.y};
        fit.corners[2] = (struct scan_point){fit.corners[2].x + off.x, fit.corners[2].y + off.y};
        assert_true(fit_update(&fit));
        fit.score = fit_score(&plane, &pattern, &fit);
        assert_true(fit.score < 0.6f);
        fit_guessed(&plane, &pattern, guessed, &fit);
        assert_true(fit.score > 0.8f);
        for (int k = 0; k < 4; k++)
            assert_true(point_distance(fit.corners[k], right.corners[k]) < 0.5f * view.module);
    }
    render_finish(&image);
    QRcode_free(code);
}

static void shine(struct scan_image *image, float x, float y, float reach)
{
    uint8_t *grey = (uint8_t *)image->grey;

    for (int row = 0; row < image->height; row++) {
        for (int c = 0; c < image->width; c++) {
            float dx = ((float)c - x) / reach, dy = ((float)row - y) / reach;
            float value = (float)grey[row * image->stride + c] + 200 * expf(-1.6f * (dx * dx + dy * dy));

            grey[row * image->stride + c] = (uint8_t)(value > 255 ? 255 : value);
        }
    }
}

static int wrong_modules(const QRcode *code)
{
    int wrong = 0;

    for (int i = 0; i < code->width * code->width; i++)
        wrong += (soft.at[i] > 0) != (code->data[i] & 1);
    return wrong;
}

static float learn_again(const struct plane *plane, const struct fit *fit)
{
    learn_take(&learn, &sampler, plane, fit, NULL);
    return learn_decide(&learn, &learn.sheet, &soft);
}

static void the_light_about_modules_is_told_by_decisions(void **state)
{
    static const struct sampling mean = {0.25f, false};
    static const struct decision plain = {0, 4};
    QRcode *code = some_code();
    struct render_view view = render_view_default();

    (void)state;
    view.noise = 4;
    view.light = 160;
    struct scan_image image = render_qrcode(code, &view);
    shine(&image, 330, 250, 25);
    struct plane plane = plane_of(&image);
    struct fit fit = fit_of(code, &view);

    sampler_take(&sampler, &plane, &fit, &mean, NULL);
    sampler_decide(&sampler, &fit, &plain, &soft);
    assert_true(learn_again(&plane, &fit) > 0.5f);
    int before = wrong_modules(code);
    for (int round = 0; round < 2; round++) {
        feedback_light(&sampler, &soft);
        assert_true(learn_again(&plane, &fit) > 0.5f);
    }
    assert_true(before > 10);
    assert_true(wrong_modules(code) < 3);
    render_finish(&image);
    QRcode_free(code);
}

/* A crack: what is seen there is neither dark nor light by any rule. */
static void scratch(struct scan_image *image, int left, int top, int size)
{
    uint8_t *grey = (uint8_t *)image->grey;
    uint32_t seed = 1;

    for (int row = top; row < top + size; row++) {
        for (int c = left; c < left + size; c++) {
            seed = seed * 1664525u + 1013904223u;
            grey[row * image->stride + c] = (uint8_t)(seed >> 24);
        }
    }
}

static void modules_in_noise_are_trusted_less(void **state)
{
    static const struct sampling point = {0, false};
    static const struct decision plain = {0, 4};
    QRcode *code = some_code();
    struct render_view view = render_view_default();

    (void)state;
    view.noise = 4;
    struct scan_image image = render_qrcode(code, &view);
    scratch(&image, 320, 240, 28);
    struct plane plane = plane_of(&image);
    struct fit fit = fit_of(code, &view);
    int side = code->width, within = (side / 2 + 3) * side + side / 2 + 3, outside = (side / 2 + 3) * side + 3;

    sampler_take(&sampler, &plane, &fit, &point, NULL);
    sampler_decide(&sampler, &fit, &plain, &soft);
    assert_true(sampler.trust[within] == 1 && sampler.trust[outside] == 1);
    feedback_light(&sampler, &soft);
    assert_true(sampler.trust[within] < 0.5f * sampler.trust[outside]);
    render_finish(&image);
    QRcode_free(code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(squares_show_small_finders_under_noise),
        cmocka_unit_test(a_picture_too_small_or_too_large_has_no_squares),
        cmocka_unit_test(a_hidden_finder_is_put_where_the_rest_fits),
        cmocka_unit_test(the_light_about_modules_is_told_by_decisions),
        cmocka_unit_test(modules_in_noise_are_trusted_less),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
