#include "finder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MARKS_SIDE = 9 }; /* the pattern, seven modules, with the light ring around it */

/* What is seen of a pattern: grey levels in sixteenths. */
struct view {
    uint32_t sum, squares, product; /* product: of the dark places only */
};

static inline void view_add(struct view *view, int row, int column, uint32_t grey)
{
    int ring = abs(row) > abs(column) ? abs(row) : abs(column);

    view->sum += grey;
    view->squares += grey * grey;
    view->product += ring <= 1 || ring == 3 ? grey : 0;
}

/* Near the edge, where the border of the picture goes on. */
static void look_carefully(const struct plane *plane, const struct finder *finder, struct view *view)
{
    for (int r = -4; r <= 4; r++) {
        float x = finder->at.x + (float)r * finder->v.x - 4 * finder->u.x;
        float y = finder->at.y + (float)r * finder->v.y - 4 * finder->u.y;

        for (int c = -4; c <= 4; c++, x += finder->u.x, y += finder->u.y)
            view_add(view, r, c, (uint32_t)(plane_sample(plane, x, y) * 16.0f));
    }
}

/* In fixed point, sixteen bits behind the point: most of the time is spent here. */
static void look_quickly(const struct plane *plane, const struct finder *finder, struct view *view)
{
    const float one = 65536.0f;
    int32_t ux = (int32_t)(finder->u.x * one), uy = (int32_t)(finder->u.y * one);
    ptrdiff_t stride = plane->stride;

    for (int r = -4; r <= 4; r++) {
        int32_t x = (int32_t)((finder->at.x + (float)r * finder->v.x - 4 * finder->u.x - 0.5f) * one);
        int32_t y = (int32_t)((finder->at.y + (float)r * finder->v.y - 4 * finder->u.y - 0.5f) * one);

        for (int c = -4; c <= 4; c++, x += ux, y += uy) {
            const uint8_t *p = plane->at + (y >> 16) * stride + (x >> 16);
            uint32_t tx = (uint32_t)x >> 8 & 255, ty = (uint32_t)y >> 8 & 255;
            uint32_t top = p[0] * (256 - tx) + p[1] * tx, bottom = p[stride] * (256 - tx) + p[stride + 1] * tx;

            view_add(view, r, c, (top * (256 - ty) + bottom * ty) >> 12);
        }
    }
}

static bool is_well_inside(const struct plane *plane, const struct finder *finder)
{
    float reach_x = 4 * (fabsf(finder->u.x) + fabsf(finder->v.x)) + 2;
    float reach_y = 4 * (fabsf(finder->u.y) + fabsf(finder->v.y)) + 2;

    return finder->at.x > reach_x && finder->at.x + reach_x < (float)plane->width && finder->at.y > reach_y &&
           finder->at.y + reach_y < (float)plane->height;
}

float finder_score(const struct plane *plane, const struct finder *finder)
{
    struct view view = {0, 0, 0};

    if (is_well_inside(plane, finder))
        look_quickly(plane, finder, &view);
    else
        look_carefully(plane, finder, &view);
    /* 33 of the 81 are dark. The 4 a point keep flat ground at nothing. */
    const float count = MARKS_SIDE * MARKS_SIDE, dark = 33;
    float sum = (float)view.sum / 16.0f, product = (float)view.product / 16.0f;
    float covariance = product - sum * dark / count;
    float variance = (float)view.squares / 256.0f - sum * sum / count + count * 4.0f;
    float marks = dark - dark * dark / count;
    float score = -covariance / sqrtf(most(variance, 1.0f) * marks);

    return finder->inverted ? -score : score;
}

static struct scan_point turn_scale(struct scan_point p, float sine, float scale)
{
    float cosine = sqrtf(1 - sine * sine) * scale;

    sine *= scale;
    return (struct scan_point){p.x * cosine - p.y * sine, p.x * sine + p.y * cosine};
}

/* One of the moves that keep a parallelogram a parallelogram, forth (sign 1) or back (-1). */
static struct finder moved(const struct finder *finder, int move, float size, float sign)
{
    struct finder m = *finder;
    float step = size * sign;

    switch (move) {
    case 0:
        m.at = (struct scan_point){m.at.x + step * m.u.x, m.at.y + step * m.u.y};
        break;
    case 1:
        m.at = (struct scan_point){m.at.x + step * m.v.x, m.at.y + step * m.v.y};
        break;
    case 2:
        m.u = turn_scale(m.u, 0, 1 + step * 0.3f);
        break;
    case 3:
        m.v = turn_scale(m.v, 0, 1 + step * 0.3f);
        break;
    case 4:
        m.u = turn_scale(m.u, step * 0.35f, 1);
        m.v = turn_scale(m.v, step * 0.35f, 1);
        break;
    default:
        m.u = turn_scale(m.u, step * 0.35f, 1);
        break;
    }
    return m;
}

void finder_climb(const struct plane *plane, struct finder *finder)
{
    static const float sizes[3] = {0.5f, 0.25f, 0.1f};

    finder->score = finder_score(plane, finder);
    for (int s = finder->score > 0.85f ? 1 : 0; s < 3; s++) {
        for (int round = 0; round < 2; round++) {
            bool better = false;

            for (int move = 0; move < 6; move++) {
                for (int back = 0; back < 2; back++) {
                    struct finder trial = moved(finder, move, sizes[s], back ? -1 : 1);

                    trial.score = finder_score(plane, &trial);
                    if (trial.score > finder->score) {
                        *finder = trial;
                        better = true;
                        break;
                    }
                }
            }
            if (!better)
                break;
        }
    }
}

void finders_add(struct finder_list *list, const struct finder *finder)
{
    float reach = 2.0f * most(hypotf(finder->u.x, finder->u.y), hypotf(finder->v.x, finder->v.y));
    int at;

    for (int i = 0; i < list->count; i++) {
        const struct finder *known = &list->items[i];

        if (known->inverted != finder->inverted || point_distance(known->at, finder->at) > reach)
            continue;
        if (known->score >= finder->score)
            return;
        memmove(&list->items[i], &list->items[i + 1], (size_t)(list->count - i - 1) * sizeof(list->items[0]));
        list->count--;
        i--;
    }
    if (list->count == FINDERS_MAX) {
        if (list->items[FINDERS_MAX - 1].score >= finder->score)
            return;
        list->count--;
    }
    for (at = list->count; at > 0 && list->items[at - 1].score < finder->score; at--)
        list->items[at] = list->items[at - 1];
    list->items[at] = *finder;
    list->count++;
}

/*
 * A parallelogram with sides in the given directions (degrees), stretched so that cuts across and down through its
 * middle are as long as the candidate's.
 */
static struct finder shaped(const struct finder_candidate *candidate, float turn, float shear)
{
    float a = turn * 0.017453293f, b = (turn + 90 + shear) * 0.017453293f;
    struct scan_point u = {cosf(a), sinf(a)}, v = {cosf(b), sinf(b)};
    float area = fabsf(u.x * v.y - u.y * v.x);
    float sx = candidate->across, sy = candidate->down;

    if (!candidate->turned) {
        sx *= most(fabsf(u.y), fabsf(v.y)) / area;
        sy *= most(fabsf(u.x), fabsf(v.x)) / area;
    }
    return (struct finder){
        candidate->at, {u.x * sx, u.y * sy}, {v.x * sx, v.y * sy}, 0, candidate->inverted, true, false, false};
}

static void try_shape(const struct plane *plane, const struct finder_candidate *candidate, float turn, float shear,
                      struct finder *best)
{
    struct finder trial = shaped(candidate, turn, shear);

    trial.score = finder_score(plane, &trial);
    if (trial.score > best->score)
        *best = trial;
}

static struct finder best_turn(const struct plane *plane, const struct finder_candidate *candidate)
{
    struct finder best = {.score = -1};

    for (int turn = 0; turn < 4; turn++)
        try_shape(plane, candidate, 22.5f * (float)(turn - 1), 0, &best);
    return best;
}

/* What a steep view shears; the climb does not find there from a square. */
static struct finder best_sheared(const struct plane *plane, const struct finder_candidate *candidate)
{
    static const float shears[4] = {-40, -22, 22, 40};
    struct finder best = {.score = -1};

    for (int turn = 0; turn < 8; turn++)
        for (int i = 0; i < 4; i++)
            try_shape(plane, candidate, 22.5f * (float)(turn - 3), shears[i], &best);
    return best;
}

enum {
    CLIMBS_MAX = 48, /* of the likeliest candidates: each climb takes some 40 us */
    SHEARS_MAX = 16,
};

struct start {
    struct finder finder;
    const struct finder_candidate *candidate;
};

/* Keeps the likeliest starts, best first; returns the new count. */
static int insert_start(struct start *starts, int count, const struct start *start)
{
    int at = count < CLIMBS_MAX ? count : CLIMBS_MAX;

    while (at > 0 && starts[at - 1].finder.score < start->finder.score) {
        if (at < CLIMBS_MAX)
            starts[at] = starts[at - 1];
        at--;
    }
    if (at < CLIMBS_MAX)
        starts[at] = *start;
    return count < CLIMBS_MAX ? count + 1 : CLIMBS_MAX;
}

void finders_fit(const struct plane *plane, const struct candidate_list *candidates, struct finder_list *list)
{
    struct start starts[CLIMBS_MAX];
    int count = 0, shears = 0;

    for (int i = 0; i < candidates->count; i++) {
        struct start start = {best_turn(plane, &candidates->items[i]), &candidates->items[i]};

        if (start.finder.score >= 0.3f)
            count = insert_start(starts, count, &start);
    }
    for (int i = 0; i < count; i++) {
        struct finder finder = starts[i].finder;

        finder_climb(plane, &finder);
        if (finder.score > 0.5f && finder.score < 0.85f && !starts[i].candidate->turned && shears++ < SHEARS_MAX) {
            struct finder sheared = best_sheared(plane, starts[i].candidate);

            finder_climb(plane, &sheared);
            if (sheared.score > finder.score)
                finder = sheared;
        }
        finder.fresh = true;
        if (finder.score >= 0.55f)
            finders_add(list, &finder);
    }
}
