#include "rings.h"

#include <math.h>
#include <string.h>

enum {
    RING_POINTS = 12,
    QUARTERS = 4,
    KEPT = 32,        /* a scale */
    LEAST = 12 * 5,   /* twelve samples of five grey levels: less is noise */
    SOFTEN = 12 * 10, /* added to the contrast that the response is measured against */
};

/* Offsets from the middle to the samples, in bytes; weights make each group count as twelve samples. */
struct ring_shape {
    ptrdiff_t core[4], inner[RING_POINTS], outer[RING_POINTS];
    int reach; /* pixels */
};

struct peak {
    int x, y;
    float score;
    bool inverted;
};

struct peaks {
    struct peak items[KEPT];
    int count;
    float module;
};

static ptrdiff_t offset_at(const struct plane *plane, float radius, float degrees)
{
    float angle = degrees * 0.017453293f;

    return (ptrdiff_t)lroundf(radius * sinf(angle)) * plane->stride + (ptrdiff_t)lroundf(radius * cosf(angle));
}

static struct ring_shape shape_for(const struct plane *plane, float module)
{
    struct ring_shape shape = {.reach = (int)ceilf(3.1f * module) + 1};

    for (int i = 0; i < 4; i++)
        shape.core[i] = offset_at(plane, 0.8f * module, 90.0f * (float)i);
    for (int i = 0; i < RING_POINTS; i++) {
        shape.inner[i] = offset_at(plane, 2.1f * module, 30.0f * (float)i);
        shape.outer[i] = offset_at(plane, 3.1f * module, 30.0f * (float)i);
    }
    return shape;
}

/* Of two at one place the better stays. */
static void add_peak(struct peaks *peaks, const struct peak *peak)
{
    int at = -1;

    for (int i = 0; i < peaks->count; i++) {
        const struct peak *known = &peaks->items[i];
        float reach = 2.5f * peaks->module;

        if (known->inverted == peak->inverted && fabsf((float)(known->x - peak->x)) < reach &&
            fabsf((float)(known->y - peak->y)) < reach) {
            if (known->score >= peak->score)
                return;
            at = i;
            break;
        }
    }
    if (at < 0 && peaks->count < KEPT) {
        at = peaks->count++;
    } else if (at < 0) {
        at = 0;
        for (int i = 1; i < KEPT; i++)
            if (peaks->items[i].score < peaks->items[at].score)
                at = i;
        if (peaks->items[at].score >= peak->score)
            return;
    }
    peaks->items[at] = *peak;
}

/* The response of a row, dark finders in dark[], inverted ones in light[]. Plain loops over the row, for the
 * vectoriser. */
static void row_response(const uint8_t *restrict p, int count, const struct ring_shape *shape, int16_t *restrict dark,
                         int16_t *restrict light)
{
    const ptrdiff_t *c = shape->core, *n = shape->inner, *o = shape->outer;

    for (int x = 0; x < count; x++) {
        const uint8_t *q = p + x;
        int16_t core = (int16_t)(4 * q[0] + 2 * (q[c[0]] + q[c[1]] + q[c[2]] + q[c[3]]));
        int16_t outer = (int16_t)(q[o[0]] + q[o[1]] + q[o[2]] + q[o[3]] + q[o[4]] + q[o[5]] + q[o[6]] + q[o[7]] +
                                  q[o[8]] + q[o[9]] + q[o[10]] + q[o[11]]);
        int16_t a = (int16_t)(4 * (q[n[0]] + q[n[1]] + q[n[2]])), b = (int16_t)(4 * (q[n[3]] + q[n[4]] + q[n[5]]));
        int16_t d = (int16_t)(4 * (q[n[6]] + q[n[7]] + q[n[8]])), e = (int16_t)(4 * (q[n[9]] + q[n[10]] + q[n[11]]));
        int16_t ab_low = a < b ? a : b, de_low = d < e ? d : e, ab_high = a > b ? a : b, de_high = d > e ? d : e;
        int16_t low = ab_low < de_low ? ab_low : de_low, high = ab_high > de_high ? ab_high : de_high;
        int16_t most = core > outer ? core : outer, least = core < outer ? core : outer;

        dark[x] = (int16_t)(low - most);
        light[x] = (int16_t)(least - high);
    }
}

/* How clear the ring is against all that varies around there: 1 is perfect. */
static float clearness(const uint8_t *q, const struct ring_shape *shape, int response)
{
    int low = 255, high = 0;

    for (int i = 0; i < RING_POINTS; i++) {
        int a = q[shape->inner[i]], b = q[shape->outer[i]];

        low = a < low ? a : low;
        low = b < low ? b : low;
        high = a > high ? a : high;
        high = b > high ? b : high;
    }
    return (float)response / (float)(12 * (high - low) + SOFTEN);
}

struct row {
    const uint8_t *at; /* its pixel x0 */
    int x0, y, count;
};

static void collect(const struct row *row, const struct ring_shape *shape, const int16_t *responses, bool inverted,
                    struct peaks *peaks)
{
    for (int x = 1; x + 1 < row->count; x++) {
        int response = responses[x];

        if (response < LEAST || response < responses[x - 1] || response < responses[x + 1])
            continue;
        struct peak peak = {row->x0 + x, row->y, clearness(row->at + x, shape, response), inverted};
        add_peak(peaks, &peak);
    }
}

void ring_candidates(const struct plane *plane, float module, struct candidate_list *list)
{
    int16_t dark[SCAN_WIDTH_MAX], light[SCAN_WIDTH_MAX];
    struct ring_shape shape = shape_for(plane, module);
    struct peaks peaks = {.module = module};
    int count = plane->width - 2 * shape.reach, step = module >= 2 ? 2 : 1;

    if (count < 3)
        return;
    for (int y = shape.reach; y < plane->height - shape.reach; y += step) {
        const uint8_t *p = plane->at + (size_t)y * (size_t)plane->stride + shape.reach;

        struct row row = {p, shape.reach, y, count};

        row_response(p, count, &shape, dark, light);
        collect(&row, &shape, dark, false, &peaks);
        collect(&row, &shape, light, true, &peaks);
    }
    for (int i = 0; i < peaks.count && list->count < CANDIDATES_MAX; i++)
        list->items[list->count++] =
            (struct finder_candidate){{(float)peaks.items[i].x + 0.5f, (float)peaks.items[i].y + 0.5f},
                                      module,
                                      module,
                                      1,
                                      peaks.items[i].inverted,
                                      true};
}
