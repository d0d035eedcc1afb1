#include "render.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct render_view render_view_default(void)
{
    return (struct render_view){.width = 640, .height = 480, .module = 4, .dark = 30, .light = 220};
}

/* A camera three code sides away: pixel (x, y) from the middle to the plane of the code, in pixels before tilting. */
static void to_code(const struct render_view *view, float span, float x, float y, float *out_u, float *out_v)
{
    if (view->turn == 0 && view->tilt == 0) {
        *out_u = x;
        *out_v = y;
        return;
    }
    float turn = view->turn * 0.017453293f, tilt = view->tilt * 0.017453293f, far = 3 * span;
    float depth = far * cosf(tilt) - y * sinf(tilt);
    float py = y * far / depth, px = x * far * cosf(tilt) / depth;

    /* px: what tilting about the x axis leaves of the distance */
    px = x * (1 + py * sinf(tilt) / far);
    *out_u = px * cosf(turn) + py * sinf(turn);
    *out_v = -px * sinf(turn) + py * cosf(turn);
}

static float gauss(uint32_t *seed)
{
    float sum = -6;

    for (int i = 0; i < 12; i++) {
        *seed = *seed * 1664525u + 1013904223u;
        sum += (float)(*seed >> 8) / 16777216.0f;
    }
    return sum;
}

static float shade(const uint8_t *modules, int side, const struct render_view *view, float x, float y)
{
    enum { FINE = 2 }; /* samples a side of each pixel */
    float span = (float)side * view->module, sum = 0;

    for (int k = 0; k < FINE * FINE; k++) {
        float u, v;

        to_code(view, span, x + ((float)(k % FINE) + 0.5f) / FINE - (float)view->width / 2,
                y + ((float)(k / FINE) + 0.5f) / FINE - (float)view->height / 2, &u, &v);
        int column = (int)floorf(u / view->module + (float)side / 2),
            row = (int)floorf(v / view->module + (float)side / 2);
        if (view->mirrored)
            column = side - 1 - column;
        bool dark = column >= 0 && row >= 0 && column < side && row < side && modules[row * side + column];
        sum += dark != view->inverted ? view->dark : view->light;
    }
    return sum / (FINE * FINE);
}

struct scan_image render_modules(const uint8_t *modules, int side, const struct render_view *view)
{
    uint8_t *grey = malloc((size_t)view->width * (size_t)view->height);
    uint32_t seed = 7;

    assert(grey);
    for (int y = 0; y < view->height; y++) {
        for (int x = 0; x < view->width; x++) {
            float value = shade(modules, side, view, (float)x, (float)y);

            if (view->noise > 0)
                value += view->noise * gauss(&seed);
            grey[y * view->width + x] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
        }
    }
    return (struct scan_image){grey, view->width, view->height, view->width};
}

struct scan_image render_qrcode(const QRcode *code, const struct render_view *view)
{
    size_t count = (size_t)code->width * (size_t)code->width;
    uint8_t *modules = malloc(count);

    assert(modules);
    for (size_t i = 0; i < count; i++)
        modules[i] = code->data[i] & 1;
    struct scan_image image = render_modules(modules, code->width, view);
    free(modules);
    return image;
}

struct scan_image render_bars(const char *bars, int pixels)
{
    enum { QUIET = 12, HEIGHT = 160, MARGIN = 30 };
    int count = (int)strlen(bars), width = (count + 2 * QUIET) * pixels;
    uint8_t *grey = malloc((size_t)width * HEIGHT);

    assert(grey);
    memset(grey, 230, (size_t)width * HEIGHT);
    for (int y = MARGIN; y < HEIGHT - MARGIN; y++)
        for (int x = 0; x < count * pixels; x++)
            if (bars[x / pixels] == '1')
                grey[y * width + QUIET * pixels + x] = 25;
    return (struct scan_image){grey, width, HEIGHT, width};
}

void render_finish(struct scan_image *image)
{
    free((void *)(uintptr_t)image->grey);
    image->grey = NULL;
}
