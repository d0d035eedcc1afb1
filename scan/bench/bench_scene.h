#ifndef SCAN_BENCH_BENCH_SCENE_H
#define SCAN_BENCH_BENCH_SCENE_H

/* What a counter's camera sees while nobody is there: a photograph without codes, out of focus and in weak light. */

#include <stdint.h>

#include "scan/scan.h"

enum { BENCH_SCENE_WIDTH = 640, BENCH_SCENE_HEIGHT = 480 };

/* out_pixels: BENCH_SCENE_WIDTH * BENCH_SCENE_HEIGHT of the caller's, which the returned image is of. */
struct scan_image bench_scene_empty(const struct scan_image *photograph, uint8_t *out_pixels);

#endif
