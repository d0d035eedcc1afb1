#ifndef SCAN_SRC_EAN_H
#define SCAN_SRC_EAN_H

/*
 * EAN-13 and UPC-A by matching whole digits against the equalised grey profile of a line: reads what edges no longer
 * show, down to some 1.2 pixels a module. ISO/IEC 15420. Pure.
 */

#include "plane.h"

#define EAN_VALUES_MAX 8

/* A value with the lines that said it. */
struct ean_value {
    char digits[14]; /* 13 and NUL; UPC-A starts with 0 */
    int lines;
    float fit;                   /* mean over its lines, 0..1 */
    struct scan_point low, high; /* box around the lines */
};

struct ean_values {
    struct ean_value items[EAN_VALUES_MAX];
    int count;
};

/* Along rows, or along columns; every step-th line. Adds to values. */
void ean_read(const struct plane *plane, bool columns, int step, struct ean_values *values);

#endif
