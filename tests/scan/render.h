#ifndef TESTS_SCAN_RENDER_H
#define TESTS_SCAN_RENDER_H

/* Draws symbols into grey frames: what a camera would see of them. */

#include <qrencode.h>

#include "scan/scan.h"

struct render_view {
    int width, height;
    float module;     /* pixels, before tilting */
    float turn, tilt; /* degrees in the picture plane and out of it */
    float noise;      /* standard deviation, grey levels */
    bool inverted, mirrored;
    uint8_t dark, light;
};

struct render_view render_view_default(void); /* 640x480, 4 px a module, 30 on 220 */

/* Square modules of side * side bytes, 1 dark, into a frame the caller frees with render_finish. Asserts on no memory.
 */
struct scan_image render_modules(const uint8_t *modules, int side, const struct render_view *view);

/* As above, from libqrencode. */
struct scan_image render_qrcode(const QRcode *code, const struct render_view *view);

/* Bars of one row, 1 dark: each that many pixels wide, 100 rows high with quiet zones around. */
struct scan_image render_bars(const char *bars, int pixels);

void render_finish(struct scan_image *image);

#endif
