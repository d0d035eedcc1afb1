#ifndef SCAN_SRC_LEARN_H
#define SCAN_SRC_LEARN_H

/*
 * How this very picture smears a module over its neighbours is learned from the modules that every symbol has, then
 * undone; decisions on the others are learned from in turn. Frames of one symbol are laid over each other before that.
 * Pure but for the caller's memory.
 */

#include "sampler.h"

/* Samples lie half a module apart, with two of them around the symbol. */
#define LEARN_BORDER   2
#define LEARN_SIDE_MAX (2 * QR_SIDE_MAX + 2 * LEARN_BORDER + 1)

/* A symbol's samples, evened out: -1 light, 1 dark, with how much each is to be trusted; 0 not at all. */
struct learn_sheet {
    int version;
    bool inverted;
    float level[LEARN_SIDE_MAX * LEARN_SIDE_MAX];
    float weight[LEARN_SIDE_MAX * LEARN_SIDE_MAX];
};

/* Working memory, about 2 MB; no need to clear it. */
struct learn {
    int side;                                /* of the symbol, modules */
    struct learn_sheet sheet;                /* of the picture at hand */
    float wanted[QR_SIDE_MAX * QR_SIDE_MAX]; /* -1 light .. 1 dark, 0 unknown */
    float out[QR_SIDE_MAX * QR_SIDE_MAX];
    uint8_t known[QR_SIDE_MAX * QR_SIDE_MAX]; /* what the standard fixes */
};

/* Fills learn->sheet. The sampler has taken the same fit and decided plainly. warp may be NULL. */
void learn_take(struct learn *learn, const struct sampler *sampler, const struct plane *plane, const struct fit *fit,
                const struct fit_warp *warp);

/*
 * Decides on every module of a sheet. Twelve of out_soft are one unit of the logarithm of the odds. Returns how much of
 * what is known comes out, 0..1; 0 when nothing could be learned, and out_soft is untouched.
 */
float learn_decide(struct learn *learn, const struct learn_sheet *sheet, struct qr_soft *out_soft);

/* Frames of one symbol laid over each other. All zero is none. */
struct learn_sum {
    struct learn_sheet sheet;
    int frames;
    unsigned last; /* frame */
    struct scan_point centre;
    float reach; /* pixels: another symbol of that size is farther away from one frame to the next */
};

/*
 * Lays the sheet at hand, which is of fit, over the others, weighed by what learn_decide returned for it. Begins anew
 * when it is of another symbol or the last one is long past; frame counts up.
 */
void learn_add(struct learn_sum *sum, const struct learn *learn, const struct fit *fit, float agreed, unsigned frame);

/* Whether fit in this frame is of the symbol that was laid over each other. */
bool learn_knows(const struct learn_sum *sum, const struct fit *fit, unsigned frame);

/*
 * What a sharp picture of the symbol would be, by what was decided on last: edges halfway between the modules at either
 * hand, each sample weighed by how sure these are.
 */
void learn_model(const struct learn *learn, struct learn_sheet *out_model);

/* The sheet's modules as a picture, for another sampler than that which took it. */
void learn_show(const struct learn_sheet *sheet, struct sampler *out_sampler);

#endif
