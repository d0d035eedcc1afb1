/* A frame is laid over what was decided on others to a fraction of a module. */

#include "../../scan/src/overlay.h"
#include "render.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct sampler sampler;
static struct learn learn;
static struct learn_sheet model;
static struct qr_soft soft;

/* Where render_qrcode draws a code that is neither turned nor tilted, moved at one corner by so many modules. */
static struct fit fit_of(const QRcode *code, const struct render_view *view, int corner, float right, float down)
{
    float side = (float)code->width, half = (side / 2 - 3.5f) * view->module;
    float x = (float)view->width / 2, y = (float)view->height / 2;
    struct fit fit = {
        .version = code->version,
        .corners = {{x - half, y - half}, {x + half, y - half}, {x + half, y + half}, {x - half, y + half}}};

    fit.corners[corner].x += right * view->module;
    fit.corners[corner].y += down * view->module;
    assert_true(fit_update(&fit));
    return fit;
}

static void decide(const struct plane *plane, const struct fit *fit)
{
    static const struct sampling mean = {0.25f, false};
    static const struct decision plain = {0, 4};

    sampler_take(&sampler, plane, fit, &mean, NULL);
    sampler_decide(&sampler, fit, &plain, &soft);
}

static void a_corner_that_is_off_comes_back(void **state)
{
    QRcode *code = QRcode_encodeString8bit("https://shop.example/c?0123456789", 3, QR_ECLEVEL_M);
    struct render_view view = render_view_default();

    (void)state;
    assert_non_null(code);
    view.noise = 10;
    struct scan_image image = render_qrcode(code, &view);
    struct plane plane = plane_of(&image);
    struct fit right = fit_of(code, &view, 0, 0, 0);

    decide(&plane, &right);
    learn_take(&learn, &sampler, &plane, &right, NULL);
    assert_true(learn_decide(&learn, &learn.sheet, &soft) > 0.5f);
    learn_model(&learn, &model);
    for (int corner = 0; corner < 4; corner++) {
        struct fit off = fit_of(code, &view, corner, 0.4f, -0.3f);

        decide(&plane, &off);
        overlay_fit(&model, &sampler, &plane, &off);
        for (int k = 0; k < 4; k++)
            assert_true(point_distance(off.corners[k], right.corners[k]) < 0.2f * view.module);
    }
    render_finish(&image);
    QRcode_free(code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_corner_that_is_off_comes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
