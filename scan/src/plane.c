#include "plane.h"

#include <string.h>

struct plane plane_halve(const struct plane *plane, uint8_t *out)
{
    int width = plane->width / 2, height = plane->height / 2;

    for (int y = 0; y < height; y++) {
        const uint8_t *restrict a = plane->at + (size_t)(2 * y) * (size_t)plane->stride;
        const uint8_t *restrict b = a + plane->stride;
        uint8_t *restrict to = out + (size_t)y * (size_t)width;

        for (ptrdiff_t x = 0; x < width; x++)
            to[x] = (uint8_t)((a[2 * x] + a[2 * x + 1] + b[2 * x] + b[2 * x + 1] + 2) >> 2);
    }
    return (struct plane){out, width, height, width};
}

struct plane plane_smooth(const struct plane *plane, uint8_t *out)
{
    ptrdiff_t s = plane->stride, width = plane->width;

    for (int y = 0; y < plane->height; y++) {
        const uint8_t *restrict p = plane->at + y * s;
        uint8_t *restrict to = out + y * width;

        memcpy(to, p, (size_t)width);
        if (y == 0 || y == plane->height - 1)
            continue;
        for (ptrdiff_t x = 1; x < width - 1; x++)
            to[x] = (uint8_t)((p[x - s - 1] + 2 * p[x - s] + p[x - s + 1] + 2 * p[x - 1] + 4 * p[x] + 2 * p[x + 1] +
                               p[x + s - 1] + 2 * p[x + s] + p[x + s + 1] + 8) >>
                              4);
    }
    return (struct plane){out, plane->width, plane->height, plane->width};
}

struct plane plane_double(const struct plane *plane, uint8_t *out)
{
    int width = 2 * plane->width + 2 * PLANE_BORDER, height = 2 * plane->height + 2 * PLANE_BORDER;

    memset(out, 255, (size_t)width * (size_t)height);
    for (int y = 0; y < 2 * plane->height; y++) {
        uint8_t *to = out + (size_t)(y + PLANE_BORDER) * (size_t)width + PLANE_BORDER;

        for (int x = 0; x < 2 * plane->width; x++)
            to[x] = (uint8_t)plane_sample(plane, ((float)x + 0.5f) * 0.5f, ((float)y + 0.5f) * 0.5f);
    }
    return (struct plane){out, width, height, width};
}
