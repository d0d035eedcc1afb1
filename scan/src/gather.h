#ifndef SCAN_SRC_GATHER_H
#define SCAN_SRC_GATHER_H

/*
 * The same symbol in several frames, none of which could be read: its modules add up, while noise and smear do not.
 * Pure but for the caller's memory; all zero is the start.
 */

#include "fit.h"
#include "qr_decode.h"

struct gather {
    int version; /* 0: nothing yet */
    int frames;
    bool inverted;
    struct scan_point centre; /* where it was last, pixels */
    float reach;
    int16_t at[QR_SIDE_MAX * QR_SIDE_MAX];
};

/* Adds a frame's modules, in place of what was gathered when that was another symbol. */
void gather_add(struct gather *gather, const struct fit *fit, const struct qr_soft *soft);

/* The mean of what was gathered; false with fewer than two frames. */
bool gather_mean(const struct gather *gather, struct qr_soft *out_soft);

#endif
