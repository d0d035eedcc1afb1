#ifndef HAL_PIXELS_H
#define HAL_PIXELS_H

/* Pixel work that several cameras and displays share. Pure; nothing allocates. XRGB is 0x00RRGGBB, native order. */

#include "domain/base.h"
#include "hal/rect.h"

/* What surrounds a letterboxed picture, and what an empty scene looks like: a bright wall. */
#define PIXELS_GROUND 0xD0

struct pixels {
    uint32_t *xrgb;
    int width;
    int height;
    int stride_bytes;
};

/* Studio-range YCbCr (BT.601, what cameras send) to XRGB. */
uint32_t pixels_from_yuv(int y, int u, int v);

void pixels_yuyv_to_grey(const uint8_t *yuyv, int yuyv_stride, struct rect size, uint8_t *out_grey, int grey_stride);
void pixels_yuyv_to_xrgb(const uint8_t *yuyv, int yuyv_stride, const struct pixels *out_target);
void pixels_nv12_to_xrgb(const uint8_t *nv12, int stride, const struct pixels *out_target);
void pixels_grey_to_xrgb(const uint8_t *grey, int stride, const struct pixels *out_target);
void pixels_xrgb_to_grey(const struct pixels *source, uint8_t *out_grey, int grey_stride);

void pixels_fill(const struct pixels *target, uint32_t xrgb);

/* The largest centred rectangle with the source's proportions inside the target. */
struct rect pixels_letterbox_rect(int width, int height, int into_width, int into_height);

/* Scales the source into the target, ground around it: averaged when shrinking, interpolated when growing. */
void pixels_letterbox(const struct pixels *source, const struct pixels *out_target);

#endif
