#include "gather.h"

#include <string.h>

enum { FRAMES_MAX = 8 }; /* then the oldest fade */

static struct scan_point centre_of(const struct fit *fit)
{
    return (struct scan_point){(fit->corners[0].x + fit->corners[2].x) / 2,
                               (fit->corners[0].y + fit->corners[2].y) / 2};
}

/* A phone held out moves less than half a code from one frame to the next. */
static bool is_same(const struct gather *gather, const struct fit *fit)
{
    return gather->version == fit->version && gather->inverted == fit->inverted &&
           point_distance(gather->centre, centre_of(fit)) < gather->reach;
}

void gather_add(struct gather *gather, const struct fit *fit, const struct qr_soft *soft)
{
    int side = qr_side(fit->version), count = side * side;

    if (!is_same(gather, fit)) {
        gather->frames = 0;
        memset(gather->at, 0, (size_t)count * sizeof(gather->at[0]));
    }
    gather->version = fit->version;
    gather->inverted = fit->inverted;
    gather->centre = centre_of(fit);
    gather->reach = point_distance(fit->corners[0], fit->corners[2]) / 2;
    if (gather->frames == FRAMES_MAX) {
        for (int i = 0; i < count; i++)
            gather->at[i] = (int16_t)(gather->at[i] * (FRAMES_MAX - 1) / FRAMES_MAX);
        gather->frames--;
    }
    for (int i = 0; i < count; i++)
        gather->at[i] = (int16_t)(gather->at[i] + soft->at[i]);
    gather->frames++;
}

bool gather_mean(const struct gather *gather, struct qr_soft *out_soft)
{
    if (gather->frames < 2)
        return false;
    int side = qr_side(gather->version), count = side * side;

    out_soft->version = gather->version;
    for (int i = 0; i < count; i++)
        out_soft->at[i] = (int8_t)(gather->at[i] / gather->frames);
    return true;
}
