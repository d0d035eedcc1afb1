#ifndef SCAN_SRC_FIT_H
#define SCAN_SRC_FIT_H

/* From three finder patterns to the map of a whole symbol. Pure but for the caller's memory. */

#include "finder.h"
#include "geometry.h"
#include "plane.h"
#include "qr_tables.h"

/*
 * Top left, top right, bottom left in full resolution, turned so that the symbol is not mirrored. right and down: one
 * module there, towards the second and towards the third.
 */
struct fit_triple {
    struct scan_point at[3], right[3], down[3];
    bool inverted;
    int guessed; /* which of the three is not seen, or -1 */
};

/* Where a symbol is thought to be. */
struct fit {
    int version;
    bool inverted;
    float score;                  /* correlation with what every symbol has; 1 is perfect */
    struct scan_point corners[4]; /* of the finder centres' square: clockwise from the top left */
    struct perspective map;       /* modules to pixels */
};

#define FIT_POINTS_MAX 1600

/* What every symbol of a version shows: finders, timing, alignment. Groups are correlated one by one. */
struct fit_pattern {
    int version, groups, count;
    int group_ends[64];
    struct fit_mark {
        float u, v;
        float dark; /* 1 or -1, less the mean of its group */
    } marks[FIT_POINTS_MAX];
};

void fit_pattern_make(struct fit_pattern *pattern, int version);

/*
 * The likeliest sizes by what the finders' own sizes and the timing patterns say, best first; at most max. Scores are
 * set from the timing alone.
 */
int fit_sizes(const struct plane *plane, const struct fit_triple *triple, struct fit *out_fits, int max);

/* Recomputes map from corners. False when they make no square. */
bool fit_update(struct fit *fit);

float fit_score(const struct plane *plane, const struct fit_pattern *pattern, const struct fit *fit);

/* Looks for the last alignment pattern around where fit expects it and bends fit to it. False when it is not seen. */
bool fit_alignment(const struct plane *plane, float reach, struct fit *fit);

/* Puts a finder that is not seen, one of the three of a triple, where the score, which is set, is best. */
void fit_guessed(const struct plane *plane, const struct fit_pattern *pattern, int guessed, struct fit *fit);

/* Climbs to the best score near by. */
void fit_refine(const struct plane *plane, const struct fit_pattern *pattern, struct fit *fit);

/* How far the middle of each alignment pattern is from where the map says, in modules; between them it is interpolated.
 */
struct fit_warp {
    int count;
    float axis[QR_ALIGN_AXIS_MAX];
    float du[QR_ALIGN_AXIS_MAX][QR_ALIGN_AXIS_MAX], dv[QR_ALIGN_AXIS_MAX][QR_ALIGN_AXIS_MAX];
};

void fit_measure_warp(const struct plane *plane, const struct fit *fit, struct fit_warp *out_warp);

#endif
