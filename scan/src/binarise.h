#ifndef SCAN_SRC_BINARISE_H
#define SCAN_SRC_BINARISE_H

/* Local-mean threshold. Pure but for the caller's memory. */

#include "plane.h"

#define BINARISE_CELL 4 /* pixels a side of the cells whose means make the threshold */

/* bits: 1 dark, 0 light, width * height; threshold: one a cell, (width / 4 + 1) * (height / 4 + 1). */
struct binary {
    uint8_t *bits, *threshold;
    uint32_t *sums; /* (width / 4 + 1) * (height / 4 + 1) */
    int width, height;
    int columns, rows; /* cells */
};

/* The sums of the cells; once a picture. The members bits, threshold and sums are set by the owner. */
void binarise_prepare(struct binary *binary, const struct plane *plane);

/*
 * bits from the mean over (2 * radius + 1) cells a side; bias is taken from the mean so that flat ground is light.
 * Any number of times after binarise_prepare.
 */
void binarise(struct binary *binary, const struct plane *plane, int radius, int bias);

static inline int binary_threshold_at(const struct binary *binary, int x, int y)
{
    int column = x / BINARISE_CELL, row = y / BINARISE_CELL;

    column = column < binary->columns ? column : binary->columns - 1;
    row = row < binary->rows ? row : binary->rows - 1;
    return binary->threshold[row * binary->columns + column];
}

#endif
