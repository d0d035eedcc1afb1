#ifndef SCAN_SRC_PLANE_H
#define SCAN_SRC_PLANE_H

/* A grey picture at some scale and its points. Points as in scan.h: the centre of the top left pixel is (0.5, 0.5). */

#include <stddef.h>
#include <stdint.h>

#include "scan/scan.h"

struct plane {
    const uint8_t *at;
    int width, height, stride;
};

/* fminf and fmaxf are calls, for the sake of what is not a number; nothing here is that. */
static inline float least(float a, float b)
{
    return a < b ? a : b;
}

static inline float most(float a, float b)
{
    return a > b ? a : b;
}

/* Bilinear; outside the picture its border goes on. */
static inline float plane_sample(const struct plane *plane, float x, float y)
{
    float fx = x - 0.5f, fy = y - 0.5f;

    fx = fx < 0 ? 0 : fx > (float)(plane->width - 1) ? (float)(plane->width - 1) : fx;
    fy = fy < 0 ? 0 : fy > (float)(plane->height - 1) ? (float)(plane->height - 1) : fy;
    int ix = (int)fx, iy = (int)fy;
    int right = ix + 1 < plane->width, down = iy + 1 < plane->height ? plane->stride : 0;
    const uint8_t *p = plane->at + (size_t)iy * (size_t)plane->stride + ix;
    float tx = fx - (float)ix, ty = fy - (float)iy;
    float top = (float)p[0] + tx * (float)(p[right] - p[0]);
    float bottom = (float)p[down] + tx * (float)(p[down + right] - p[down]);

    return top + ty * (bottom - top);
}

static inline struct plane plane_of(const struct scan_image *image)
{
    return (struct plane){image->grey, image->width, image->height, image->stride};
}

/* Half the sides, each pixel the mean of four. out needs (width / 2) * (height / 2) bytes. */
struct plane plane_halve(const struct plane *plane, uint8_t *out);

/* The same size, each pixel evened out over 3 x 3 (1:2:1 each way); the border as it was. out needs width * height. */
struct plane plane_smooth(const struct plane *plane, uint8_t *out);

/* Twice the sides, interpolated, with a white border all around: a quiet zone for pictures cut too close. */
#define PLANE_BORDER 12
struct plane plane_double(const struct plane *plane, uint8_t *out);

#endif
