#ifndef SCAN_SRC_SAMPLER_H
#define SCAN_SRC_SAMPLER_H

/* From a picture and a fit to the modules of the symbol, each with how sure it is. */

#include "fit.h"
#include "qr_decode.h"

/* With a border of one module around, which equalising looks at. */
#define SAMPLER_SIDE_MAX (QR_SIDE_MAX + 2)
#define SAMPLER_CELLS    (SAMPLER_SIDE_MAX * SAMPLER_SIDE_MAX)

/* Working memory, about 800 KB; no need to clear it. */
struct sampler {
    int side; /* of the symbol, without border */
    float grey[SAMPLER_CELLS];
    float even[SAMPLER_CELLS];
    float sums[3][(SAMPLER_SIDE_MAX + 1) * (SAMPLER_SIDE_MAX + 1)];
};

/* Reads the middle of every module; spread > 0 (modules) averages 3 x 3 points that far apart. warp may be NULL. */
void sampler_take(struct sampler *sampler, const struct plane *plane, const struct fit *fit, float spread,
                  const struct fit_warp *warp);

/*
 * Decides. strength k takes out what neighbours shed on each other: v + 2k(v - mean of 4). Returns the mean certainty,
 * 0..127: the eye opening.
 */
float sampler_decide(struct sampler *sampler, const struct fit *fit, float strength, struct qr_soft *out_soft);

#endif
