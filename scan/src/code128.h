#ifndef SCAN_SRC_CODE128_H
#define SCAN_SRC_CODE128_H

/*
 * Code 128 along one line, ISO/IEC 15417, with what zbar leaves out: FNC4, the upper half of Latin-1. Only for lines on
 * which zbar has found one. Pure.
 */

#include "plane.h"

#define CODE128_TEXT_MAX 256

/* Reads between two points of a line, both outside the bars. The length of the UTF-8 text, or 0. */
int code128_read(const struct plane *plane, struct scan_point from, struct scan_point to,
                 char out_text[CODE128_TEXT_MAX]);

#endif
