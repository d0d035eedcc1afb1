#include "pixels.h"

#include <assert.h>
#include <string.h>

static uint32_t *row_of(const struct pixels *pixels, int y)
{
    return (uint32_t *)(void *)((uint8_t *)pixels->xrgb + (ptrdiff_t)y * pixels->stride_bytes);
}

static uint32_t clamp_byte(int value)
{
    return value < 0 ? 0 : value > 255 ? 255 : (uint32_t)value;
}

uint32_t pixels_from_yuv(int y, int u, int v)
{
    int luma = 298 * (y - 16) + 128;
    int blue = u - 128;
    int red = v - 128;

    return clamp_byte((luma + 409 * red) >> 8) << 16 | clamp_byte((luma - 100 * blue - 208 * red) >> 8) << 8 |
           clamp_byte((luma + 516 * blue) >> 8);
}

void pixels_yuyv_to_grey(const uint8_t *yuyv, int yuyv_stride, struct rect size, uint8_t *out_grey, int grey_stride)
{
    for (int y = 0; y < size.height; y++) {
        const uint8_t *from = yuyv + (ptrdiff_t)y * yuyv_stride;
        uint8_t *to = out_grey + (ptrdiff_t)y * grey_stride;

        for (int x = 0; x < size.width; x++) {
            to[x] = from[2 * (ptrdiff_t)x];
        }
    }
}

void pixels_yuyv_to_xrgb(const uint8_t *yuyv, int yuyv_stride, const struct pixels *out_target)
{
    for (int y = 0; y < out_target->height; y++) {
        const uint8_t *from = yuyv + (ptrdiff_t)y * yuyv_stride;
        uint32_t *to = row_of(out_target, y);

        for (int x = 0; x < out_target->width; x++) {
            const uint8_t *pair = from + 4 * (ptrdiff_t)(x / 2);

            to[x] = pixels_from_yuv(from[2 * (ptrdiff_t)x], pair[1], pair[3]);
        }
    }
}

void pixels_nv12_to_xrgb(const uint8_t *nv12, int stride, const struct pixels *out_target)
{
    const uint8_t *chroma = nv12 + (ptrdiff_t)stride * out_target->height;

    for (int y = 0; y < out_target->height; y++) {
        const uint8_t *luma = nv12 + (ptrdiff_t)y * stride;
        const uint8_t *uv = chroma + (ptrdiff_t)(y / 2) * stride;
        uint32_t *to = row_of(out_target, y);

        for (int x = 0; x < out_target->width; x++) {
            to[x] = pixels_from_yuv(luma[x], uv[x & ~1], uv[x | 1]);
        }
    }
}

void pixels_grey_to_xrgb(const uint8_t *grey, int stride, const struct pixels *out_target)
{
    for (int y = 0; y < out_target->height; y++) {
        const uint8_t *from = grey + (ptrdiff_t)y * stride;
        uint32_t *to = row_of(out_target, y);

        for (int x = 0; x < out_target->width; x++) {
            to[x] = from[x] * 0x010101U;
        }
    }
}

void pixels_xrgb_to_grey(const struct pixels *source, uint8_t *out_grey, int grey_stride)
{
    for (int y = 0; y < source->height; y++) {
        const uint32_t *from = row_of(source, y);
        uint8_t *to = out_grey + (ptrdiff_t)y * grey_stride;

        for (int x = 0; x < source->width; x++) {
            uint32_t p = from[x];

            to[x] = (uint8_t)((77 * (p >> 16 & 0xFF) + 150 * (p >> 8 & 0xFF) + 29 * (p & 0xFF) + 128) >> 8);
        }
    }
}

void pixels_fill(const struct pixels *target, uint32_t xrgb)
{
    for (int y = 0; y < target->height; y++) {
        uint32_t *to = row_of(target, y);

        for (int x = 0; x < target->width; x++) {
            to[x] = xrgb;
        }
    }
}

struct rect pixels_letterbox_rect(int width, int height, int into_width, int into_height)
{
    struct rect rect = {0, 0, into_width, into_height};

    assert(width > 0 && height > 0 && into_width > 0 && into_height > 0);
    if ((int64_t)width * into_height > (int64_t)height * into_width) {
        rect.height = (int)((int64_t)height * into_width / width);
        rect.height = rect.height < 1 ? 1 : rect.height;
        rect.y = (into_height - rect.height) / 2;
    } else {
        rect.width = (int)((int64_t)width * into_height / height);
        rect.width = rect.width < 1 ? 1 : rect.width;
        rect.x = (into_width - rect.width) / 2;
    }
    return rect;
}

/* The mean of a block of source pixels. */
static uint32_t block_mean(const struct pixels *source, int x0, int x1, int y0, int y1)
{
    uint64_t red = 0;
    uint64_t green = 0;
    uint64_t blue = 0;
    uint64_t count = (uint64_t)(x1 - x0) * (uint64_t)(y1 - y0);

    for (int y = y0; y < y1; y++) {
        const uint32_t *row = row_of(source, y);

        for (int x = x0; x < x1; x++) {
            red += row[x] >> 16 & 0xFF;
            green += row[x] >> 8 & 0xFF;
            blue += row[x] & 0xFF;
        }
    }
    return (uint32_t)(red / count) << 16 | (uint32_t)(green / count) << 8 | (uint32_t)(blue / count);
}

static uint32_t mix(uint32_t a, uint32_t b, uint32_t part)
{
    uint32_t out = 0;

    for (int shift = 0; shift <= 16; shift += 8) {
        uint32_t from = a >> shift & 0xFF;
        uint32_t to = b >> shift & 0xFF;

        out |= ((from * (256 - part) + to * part) >> 8) << shift;
    }
    return out;
}

/* The source at a point in 1/256 pixel, interpolated. */
static uint32_t sample(const struct pixels *source, int64_t fx, int64_t fy)
{
    int x = (int)(fx >> 8);
    int y = (int)(fy >> 8);
    int right = x + 1 < source->width ? x + 1 : x;
    int below = y + 1 < source->height ? y + 1 : y;
    const uint32_t *upper = row_of(source, y);
    const uint32_t *lower = row_of(source, below);

    return mix(mix(upper[x], upper[right], (uint32_t)(fx & 0xFF)), mix(lower[x], lower[right], (uint32_t)(fx & 0xFF)),
               (uint32_t)(fy & 0xFF));
}

static void shrink(const struct pixels *source, const struct pixels *target, struct rect at)
{
    for (int y = 0; y < at.height; y++) {
        int y0 = (int)((int64_t)y * source->height / at.height);
        int y1 = (int)((int64_t)(y + 1) * source->height / at.height);
        uint32_t *to = row_of(target, at.y + y) + at.x;

        for (int x = 0; x < at.width; x++) {
            int x0 = (int)((int64_t)x * source->width / at.width);
            int x1 = (int)((int64_t)(x + 1) * source->width / at.width);

            to[x] = block_mean(source, x0, x1, y0, y1);
        }
    }
}

static int64_t grown(int at, int from, int to)
{
    int64_t position = ((2 * (int64_t)at + 1) * from * 128) / to - 128;
    int64_t last = ((int64_t)from - 1) << 8;

    return position < 0 ? 0 : position > last ? last : position;
}

static void grow(const struct pixels *source, const struct pixels *target, struct rect at)
{
    for (int y = 0; y < at.height; y++) {
        int64_t fy = grown(y, source->height, at.height);
        uint32_t *to = row_of(target, at.y + y) + at.x;

        for (int x = 0; x < at.width; x++) {
            to[x] = sample(source, grown(x, source->width, at.width), fy);
        }
    }
}

void pixels_letterbox(const struct pixels *source, const struct pixels *out_target)
{
    struct rect at = pixels_letterbox_rect(source->width, source->height, out_target->width, out_target->height);

    if (at.width != out_target->width || at.height != out_target->height) {
        pixels_fill(out_target, PIXELS_GROUND * 0x010101U);
    }
    if (at.width <= source->width && at.height <= source->height) {
        shrink(source, out_target, at);
    } else {
        grow(source, out_target, at);
    }
}
