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

/* Triples with at least one fresh finder. */
void triples_find(const struct finder_list *finders, struct triple_list *out_triples);

/* The triple in the coordinates of the full picture. */
struct fit_triple triple_place(const struct finder_list *finders, const struct triple *triple, float scale);

/* Looks for the finders of a symbol about where it was a moment ago and adds them. Returns how many. */
int finders_track(const struct plane *plane, const struct fit *before, struct finder_list *finders);

/*
 * Looks where two finders say that the third must be; with follow also along the sides of single ones that are beyond
 * doubt. What is found is put at the end of the list, out of order, and alone is fresh then. Returns how many.
 */
int finders_complete(const struct plane *plane, bool follow, struct finder_list *finders);

#endif
