#ifndef SCAN_SRC_BOXES_H
#define SCAN_SRC_BOXES_H

/*
 * Finder candidates from the grey picture, for small modules under noise: at every pixel the correlation with four
 * squares within each other, by sums over all their pixels, which evens noise out as single samples do not. For
 * finders turned by less than about 20 degrees from upright.
 */

#include "finder.h"

/* A picture with more numbers, (width + 1) * (height + 1), is not looked at. */
#define BOXES_NUMBERS_MAX ((size_t)1281 * 721)

/* Memory of the owner: room for that many numbers each. */
struct boxes {
    uint32_t *sums, *squares; /* of all that is above and to the left */
};

/* Adds the best to the list. About 4 ms at 640x480. */
void box_candidates(struct boxes *boxes, const struct plane *plane, struct candidate_list *list);

#endif
