#ifndef SCAN_SRC_FINDER_H
#define SCAN_SRC_FINDER_H

/* Finder patterns in a thresholded picture: five runs of 1:1:3:1:1 across and down, of either polarity. */

#include "binarise.h"

#define FINDERS_MAX 96

struct finder {
    struct scan_point at; /* in the coordinates of the picture that was searched */
    float across, down;   /* module size by the two cuts, pixels */
    int hits;             /* lines that met it */
    bool inverted;
    uint8_t threshold; /* the grey level that separated it */
};

struct finder_list {
    struct finder items[FINDERS_MAX];
    int count;
};

/* Looks at every row_step-th row. Adds to the list; a pattern met again counts one hit more. */
void finders_search(const struct binary *binary, int row_step, struct finder_list *list);

#endif
