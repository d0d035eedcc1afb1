#include "overlay.h"

#include <math.h>

/* A frame, and what it is laid over. */
struct overlay {
    const struct learn_sheet *sheet;
    const struct sampler *sampler;
    const struct plane *plane;
    int side, step; /* modules; samples from one that is looked at to the next */
};

enum { LOOKED_AT = 2500 }; /* samples: more tell nothing new */

/* Correlation of the picture under a fit with the sheet, each sample weighed as there. */
static float likeness(const struct overlay *overlay, const struct fit *fit)
{
    const struct learn_sheet *sheet = overlay->sheet;
    int side = overlay->side, pitch = 2 * side + 2 * LEARN_BORDER + 1;
    float product = 0, squares = 1e-6f;

    for (int at = 0; at < pitch * pitch; at += overlay->step) {
        int row = at / pitch, column = at % pitch;
        float u = 0.5f * (float)(column - LEARN_BORDER), v = 0.5f * (float)(row - LEARN_BORDER);
        int i = v < 0 ? 0 : (int)v, j = u < 0 ? 0 : (int)u;
        int module = (i < side ? i : side - 1) * side + (j < side ? j : side - 1);

        if (sheet->weight[at] <= 0)
            continue;
        struct scan_point p = perspective_apply(&fit->map, u, v);
        float grey = plane_sample(overlay->plane, p.x, p.y);
        float level = overlay->sampler->middle[module] - (fit->inverted ? 255.0f - grey : grey);
        level *= 2.0f / overlay->sampler->contrast[module];
        product += sheet->weight[at] * level * sheet->level[at];
        squares += sheet->weight[at] * level * level;
    }
    return product / sqrtf(squares);
}

static bool try_corner(const struct overlay *overlay, int corner, struct scan_point by, float *best, struct fit *fit)
{
    struct fit trial = *fit;

    trial.corners[corner].x += by.x;
    trial.corners[corner].y += by.y;
    if (!fit_update(&trial))
        return false;
    float alike = likeness(overlay, &trial);
    if (alike <= *best)
        return false;
    *best = alike;
    *fit = trial;
    return true;
}

void overlay_fit(const struct learn_sheet *sheet, const struct sampler *sampler, const struct plane *plane,
                 struct fit *fit)
{
    static const float steps[3] = {0.3f, 0.15f, 0.08f};
    int side = qr_side(fit->version), pitch = 2 * side + 2 * LEARN_BORDER + 1;
    struct overlay overlay = {sheet, sampler, plane, side, 1 + pitch * pitch / LOOKED_AT};
    float best = likeness(&overlay, fit);

    for (int s = 0; s < 3; s++) {
        float step = steps[s] / (float)(side - 7);

        for (int k = 0; k < 4; k++) {
            int corner = (k + 2) & 3; /* the far one first: nothing else holds it */
            struct scan_point at = fit->corners[corner], next = fit->corners[(corner + 1) & 3],
                              before = fit->corners[(corner + 3) & 3];
            struct scan_point along = {(next.x - at.x) * step, (next.y - at.y) * step};
            struct scan_point back = {(before.x - at.x) * step, (before.y - at.y) * step};

            if (!try_corner(&overlay, corner, along, &best, fit))
                try_corner(&overlay, corner, (struct scan_point){-along.x, -along.y}, &best, fit);
            if (!try_corner(&overlay, corner, back, &best, fit))
                try_corner(&overlay, corner, (struct scan_point){-back.x, -back.y}, &best, fit);
        }
    }
}
