#ifndef SCAN_SRC_TRIPLES_H
#define SCAN_SRC_TRIPLES_H

/* Which three finders belong to one symbol, and where a third must be when only two were found. Pure. */

#include "finder.h"
#include "fit.h"

#define TRIPLES_MAX 20

struct triple {
    int index[3]; /* in the finder list: top left, top right, bottom left */
    float score;  /* lower is likelier */
};

/* Best first. */
struct triple_list {
    struct triple items[TRIPLES_MAX];
    int count;
};

/* Triples with at least one finder from fresh on; fresh 0: all. */
void triples_find(const struct finder_list *finders, int fresh, struct triple_list *out_triples);

/* The triple in the coordinates of the full picture. */
struct fit_triple triple_place(const struct finder_list *finders, const struct triple *triple, float scale);

/*
 * Looks where two finders say that the third must be and appends what is found to the end of the list, out of order.
 * Returns how many.
 */
int finders_complete(const struct plane *plane, struct finder_list *finders);

#endif
