#ifndef SCAN_SRC_FINDER_H
#define SCAN_SRC_FINDER_H

/*
 * Finder patterns: candidates come from cuts through a thresholded picture (runs of 1:1:3:1:1) or from rings in the
 * grey one (rings.h); each is then fitted to the grey picture, which tells its place, size and turn, and weeds out the
 * rest.
 */

#include "binarise.h"
#include "geometry.h"

#define FINDERS_MAX    32
#define CANDIDATES_MAX 256

struct finder {
    struct scan_point at;   /* in the coordinates of the picture that was searched */
    struct scan_point u, v; /* one module along its sides; which side is which is not known */
    float score;            /* correlation with a perfect one, 0..1 */
    bool inverted;
    bool fresh;    /* no triple with it was tried yet */
    bool followed; /* its sides were searched */
    bool guessed;  /* nothing is seen of it: two others say that it must be there */
};

/* Best first. */
struct finder_list {
    struct finder items[FINDERS_MAX];
    int count;
};

/* Where one may be. */
struct finder_candidate {
    struct scan_point at;
    float across, down; /* module size by the two cuts, pixels */
    int hits;           /* lines that met it */
    bool inverted;
    bool turned; /* the sizes are those of the pattern, not of cuts, whatever its turn */
};

struct candidate_list {
    struct finder_candidate items[CANDIDATES_MAX];
    int count;
};

/* Looks at every row_step-th row. Adds to the list; a pattern met again counts one hit more. */
void finder_candidates(const struct binary *binary, int row_step, struct candidate_list *list);

/* Fits every candidate and adds those that pass to the list, each place once. */
void finders_fit(const struct plane *plane, const struct candidate_list *candidates, struct finder_list *list);

/* Correlation of the picture with a finder there. */
float finder_score(const struct plane *plane, const struct finder *finder);

/* Climbs to the best place, size and turn near by and sets the score. */
void finder_climb(const struct plane *plane, struct finder *finder);

/* Adds, keeping the order; of two at one place the better stays. */
void finders_add(struct finder_list *list, const struct finder *finder);

#endif
