#include "boxes.h"

#include <math.h>

enum { KEPT = 48 }; /* a scale */

/* Sides of the squares, pixels: the core, with the light ring, with the dark one, with the light around. */
struct box_shape {
    float module;
    int core, inner, ring, outer;
};

static const struct box_shape shapes[] = {
    {1.3f, 3, 7, 9, 11}, {1.5f, 5, 7, 11, 13}, {1.75f, 5, 9, 13, 15}, {2.1f, 7, 11, 15, 19}, {2.6f, 7, 13, 19, 23},
};

/* Of the correlation squared: half of what a clear finder comes to. */
#define LIKELY 0.12f

struct peak {
    int x, y;
    float score;
    bool inverted;
};

struct peaks {
    struct peak items[KEPT];
    int count;
    float reach;
    float least; /* what a further one must beat: 0 while there is room */
};

static void sum_up(struct boxes *boxes, const struct plane *plane)
{
    int pitch = plane->width + 1;

    for (int x = 0; x < pitch; x++)
        boxes->sums[x] = boxes->squares[x] = 0;
    for (int y = 0; y < plane->height; y++) {
        const uint8_t *from = plane->at + (size_t)y * (size_t)plane->stride;
        uint32_t *sums = boxes->sums + (size_t)(y + 1) * (size_t)pitch;
        uint32_t *squares = boxes->squares + (size_t)(y + 1) * (size_t)pitch;
        uint32_t sum = 0, square = 0;

        sums[0] = squares[0] = 0;
        for (int x = 0; x < plane->width; x++) {
            sum += from[x];
            square += (uint32_t)from[x] * from[x];
            sums[x + 1] = sums[x + 1 - pitch] + sum;
            squares[x + 1] = squares[x + 1 - pitch] + square;
        }
    }
}

/* One row of a table of sums: what is above and below the squares with their middle in the row. */
struct band {
    const uint32_t *top, *bottom;
    int side;
};

static struct band band_at(const uint32_t *table, int pitch, int y, int outer, int side)
{
    int reach = side / 2, left = outer / 2 - reach;

    return (struct band){table + (ptrdiff_t)(y - reach) * pitch + left,
                         table + (ptrdiff_t)(y + reach + 1) * pitch + left, side};
}

/* Wraps around as the tables do; what comes out is small. */
static inline float box_sum(const struct band *band, int x)
{
    return (float)(int32_t)(band->bottom[x + band->side] - band->bottom[x] - band->top[x + band->side] + band->top[x]);
}

/* Signed squares of the correlation: positive is a dark finder. Plain loops over the row, for the vectoriser. */
static void row_scores(const struct boxes *boxes, const struct plane *plane, const struct box_shape *shape, int y,
                       float *restrict out)
{
    int pitch = plane->width + 1, count = plane->width - shape->outer + 1;
    struct band core = band_at(boxes->sums, pitch, y, shape->outer, shape->core);
    struct band inner = band_at(boxes->sums, pitch, y, shape->outer, shape->inner);
    struct band ring = band_at(boxes->sums, pitch, y, shape->outer, shape->ring);
    struct band outer = band_at(boxes->sums, pitch, y, shape->outer, shape->outer);
    struct band squares = band_at(boxes->squares, pitch, y, shape->outer, shape->outer);
    float all = (float)(shape->outer * shape->outer);
    float dark = (float)(shape->core * shape->core + shape->ring * shape->ring - shape->inner * shape->inner);
    float share = dark / all, marks = dark - dark * share;

    for (int x = 0; x < count; x++) {
        float total = box_sum(&outer, x);
        float low = box_sum(&core, x) + box_sum(&ring, x) - box_sum(&inner, x);
        float covariance = total * share - low;
        /* The 16 a pixel keep flat ground at nothing. */
        float variance = box_sum(&squares, x) - total * total / all + 16 * all;

        out[x] = covariance * fabsf(covariance) / (variance * marks);
    }
}

static float least_score(const struct peaks *peaks)
{
    float least = peaks->items[0].score;

    if (peaks->count < KEPT)
        return 0;
    for (int i = 1; i < KEPT; i++)
        least = fminf(least, peaks->items[i].score);
    return least;
}

/* Of two at one place the better stays. */
static void add_peak(struct peaks *peaks, const struct peak *peak)
{
    int at = -1, worst = 0;

    for (int i = 0; i < peaks->count && at < 0; i++) {
        const struct peak *known = &peaks->items[i];

        if (known->inverted == peak->inverted && fabsf((float)(known->x - peak->x)) < peaks->reach &&
            fabsf((float)(known->y - peak->y)) < peaks->reach)
            at = i;
        worst = known->score < peaks->items[worst].score ? i : worst;
    }
    if (at < 0 && peaks->count < KEPT) {
        peaks->items[peaks->count++] = *peak;
        peaks->least = least_score(peaks);
        return;
    }
    at = at < 0 ? worst : at;
    if (peaks->items[at].score < peak->score) {
        peaks->items[at] = *peak;
        peaks->least = least_score(peaks);
    }
}

static void find_peaks(const struct boxes *boxes, const struct plane *plane, const struct box_shape *shape,
                       struct peaks *peaks)
{
    float scores[SCAN_WIDTH_MAX];
    int reach = shape->outer / 2, count = plane->width - shape->outer + 1, step = shape->module < 1.6f ? 1 : 2;

    for (int y = reach; y + reach < plane->height; y += step) {
        row_scores(boxes, plane, shape, y, scores);
        for (int x = 1; x + 1 < count; x++) {
            float score = fabsf(scores[x]);

            if (score < LIKELY || score <= peaks->least || score < fabsf(scores[x - 1]) || score < fabsf(scores[x + 1]))
                continue;
            struct peak peak = {x + reach, y, score, scores[x] < 0};
            add_peak(peaks, &peak);
        }
    }
}

void box_candidates(struct boxes *boxes, const struct plane *plane, struct candidate_list *list)
{
    if ((size_t)(plane->width + 1) * (size_t)(plane->height + 1) > BOXES_NUMBERS_MAX)
        return;
    sum_up(boxes, plane);
    for (size_t s = 0; s < sizeof(shapes) / sizeof(shapes[0]); s++) {
        struct peaks peaks = {.reach = 2.5f * shapes[s].module};

        if (plane->width <= shapes[s].outer + 2)
            break;
        find_peaks(boxes, plane, &shapes[s], &peaks);
        for (int i = 0; i < peaks.count && list->count < CANDIDATES_MAX; i++)
            list->items[list->count++] =
                (struct finder_candidate){{(float)peaks.items[i].x + 0.5f, (float)peaks.items[i].y + 0.5f},
                                          shapes[s].module,
                                          shapes[s].module,
                                          1,
                                          peaks.items[i].inverted,
                                          true};
    }
}
