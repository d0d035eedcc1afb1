#ifndef SCAN_SRC_SAMPLER_H
#define SCAN_SRC_SAMPLER_H

/* From a picture and a fit to the modules of the symbol, each with how sure it is. */

#include "fit.h"
#include "qr_decode.h"

/* With a border of one module around, which equalising looks at. */
#define SAMPLER_SIDE_MAX (QR_SIDE_MAX + 2)
#define SAMPLER_CELLS    (SAMPLER_SIDE_MAX * SAMPLER_SIDE_MAX)

/* Working memory, about 1 MB; no need to clear it. */
struct sampler {
    int side; /* of the symbol, without border */
    float grey[SAMPLER_CELLS];
    float even[SAMPLER_CELLS];
    float level[QR_SIDE_MAX * QR_SIDE_MAX];    /* -1 light .. 1 dark as last decided, not cut off */
    float middle[QR_SIDE_MAX * QR_SIDE_MAX];   /* between dark and light near by, as last decided */
    float contrast[QR_SIDE_MAX * QR_SIDE_MAX]; /* of dark and light near by, as last decided */
    float trust[QR_SIDE_MAX * QR_SIDE_MAX];    /* 1; less where more noise is than elsewhere, once feedback.h told */
    float typical;                             /* the contrast over the whole symbol */
    int8_t first[QR_SIDE_MAX * QR_SIDE_MAX];   /* room for feedback.h */
    float sums[3][(SAMPLER_SIDE_MAX + 1) * (SAMPLER_SIDE_MAX + 1)];
};

/* How a module is read: its middle alone (spread 0), or of 3 x 3 points that far apart, in modules, mean or median. */
struct sampling {
    float spread;
    bool median;
};

/* Reads every module. warp may be NULL. */
void sampler_take(struct sampler *sampler, const struct plane *plane, const struct fit *fit,
                  const struct sampling *sampling, const struct fit_warp *warp);

/* How far the warp moves (u, v). */
void sampler_warp(const struct fit_warp *warp, float u, float v, float *out_du, float *out_dv);

/* How modules are told apart. */
struct decision {
    float strength; /* takes out what neighbours shed on each other: v + 2k(v - mean of 4) */
    int reach;      /* modules each way whose dark and light make the threshold: fewer where light changes fast */
};

/* Returns the mean certainty, 0..127: the eye opening. */
float sampler_decide(struct sampler *sampler, const struct fit *fit, const struct decision *decision,
                     struct qr_soft *out_soft);

#endif
