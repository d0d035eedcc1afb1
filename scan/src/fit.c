#include "fit.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- the marks every symbol has ---- */

static void add_mark(struct fit_pattern *pattern, int row, int column, bool dark)
{
    assert(pattern->count < FIT_POINTS_MAX);
    pattern->marks[pattern->count++] = (struct fit_mark){(float)column + 0.5f, (float)row + 0.5f, dark ? 1 : -1};
}

static void end_group(struct fit_pattern *pattern)
{
    int start = pattern->groups ? pattern->group_ends[pattern->groups - 1] : 0;
    float mean = 0;

    for (int i = start; i < pattern->count; i++)
        mean += pattern->marks[i].dark / (float)(pattern->count - start);
    for (int i = start; i < pattern->count; i++)
        pattern->marks[i].dark -= mean;
    pattern->group_ends[pattern->groups++] = pattern->count;
}

/* Rings around a middle: dark at even distances, and the finder's core is full. */
static void add_rings(struct fit_pattern *pattern, int row, int column, int reach)
{
    int side = qr_side(pattern->version);

    for (int r = row - reach; r <= row + reach; r++) {
        for (int c = column - reach; c <= column + reach; c++) {
            int ring = abs(r - row) > abs(c - column) ? abs(r - row) : abs(c - column);

            if (r < 0 || c < 0 || r >= side || c >= side)
                continue;
            add_mark(pattern, r, c, reach == 4 ? ring <= 1 || ring == 3 : ring != 1);
        }
    }
    end_group(pattern);
}

void fit_pattern_make(struct fit_pattern *pattern, int version)
{
    int side = qr_side(version), axis[QR_ALIGN_AXIS_MAX];
    int count = qr_align_axis(version, axis);

    *pattern = (struct fit_pattern){.version = version};
    add_rings(pattern, 3, 3, 4);
    add_rings(pattern, 3, side - 4, 4);
    add_rings(pattern, side - 4, 3, 4);
    for (int i = 8; i < side - 8; i++)
        add_mark(pattern, 6, i, i % 2 == 0);
    end_group(pattern);
    for (int i = 8; i < side - 8; i++)
        add_mark(pattern, i, 6, i % 2 == 0);
    end_group(pattern);
    for (int i = count - 1; i > 0; i--)
        for (int j = count - 1; j > 0; j--)
            add_rings(pattern, axis[i], axis[j], 2);
}

/* ---- correlation ---- */

struct correlation {
    float sum, squares, product;
    float mark_squares;
    int count;
};

static inline void correlate(struct correlation *c, float grey, float mark)
{
    c->sum += grey;
    c->squares += grey * grey;
    c->product += grey * mark;
    c->mark_squares += mark * mark;
    c->count++;
}

/* Dark is low: a perfect fit gives 1. Flat ground gives 0, not a division by nothing. */
static float correlation_value(const struct correlation *c, bool inverted)
{
    float variance = c->squares - c->sum * c->sum / (float)c->count;
    float value = -c->product / sqrtf((variance + (float)c->count * 4.0f) * c->mark_squares);

    return inverted ? -value : value;
}

static float group_score(const struct plane *plane, const struct fit_mark *marks, int count, const struct fit *fit)
{
    struct correlation c = {0};

    for (int i = 0; i < count; i++) {
        struct scan_point p = perspective_apply(&fit->map, marks[i].u, marks[i].v);

        correlate(&c, plane_sample(plane, p.x, p.y), marks[i].dark);
    }
    return correlation_value(&c, fit->inverted);
}

/* The last alignment pattern counts as much as a finder; all the others together as one more. */
float fit_score(const struct plane *plane, const struct fit_pattern *pattern, const struct fit *fit)
{
    float total = 0, weights = 0;
    int start = 0;

    assert(pattern->version == fit->version);
    for (int g = 0; g < pattern->groups; g++) {
        float weight = g < 6 ? 1.0f : 1.0f / (float)(pattern->groups - 6);

        total += weight * group_score(plane, pattern->marks + start, pattern->group_ends[g] - start, fit);
        weights += weight;
        start = pattern->group_ends[g];
    }
    return total / weights;
}

/* ---- size ---- */

/* One side between two finders: how many modules, and how much farther away (w) its end is than its start. */
struct side {
    float modules, w;
};

static struct side measure_side(const struct fit_triple *triple, int to)
{
    const struct scan_point *steps = to == 1 ? triple->right : triple->down;
    float near = hypotf(steps[0].x, steps[0].y), far = hypotf(steps[to].x, steps[to].y);
    float w = sqrtf(near / far);

    return (struct side){point_distance(triple->at[0], triple->at[to]) / sqrtf(near * far), w < 0.7f   ? 0.7f
                                                                                            : w > 1.4f ? 1.4f
                                                                                                       : w};
}

bool fit_update(struct fit *fit)
{
    float near = 3.5f, far = (float)qr_side(fit->version) - 3.5f;
    const struct scan_point modules[4] = {{near, near}, {far, near}, {far, far}, {near, far}};

    return perspective_from_points(modules, fit->corners, &fit->map);
}

static float timing_score(const struct plane *plane, const struct fit *fit)
{
    int side = qr_side(fit->version), count = side - 16;
    struct correlation across = {0}, down = {0};
    float mean = 1.0f / (float)count; /* one dark more than light */

    for (int i = 8; i < side - 8; i++) {
        float mark = (i % 2 == 0 ? 1.0f : -1.0f) - mean;
        struct scan_point p = perspective_apply(&fit->map, (float)i + 0.5f, 6.5f);
        struct scan_point q = perspective_apply(&fit->map, 6.5f, (float)i + 0.5f);

        correlate(&across, plane_sample(plane, p.x, p.y), mark);
        correlate(&down, plane_sample(plane, q.x, q.y), mark);
    }
    return (correlation_value(&across, fit->inverted) + correlation_value(&down, fit->inverted)) / 2;
}

/* Keeps the best max fits, best first. */
static int insert_fit(struct fit *fits, int count, int max, const struct fit *fit)
{
    int at = count < max ? count : max;

    while (at > 0 && fits[at - 1].score < fit->score) {
        if (at < max)
            fits[at] = fits[at - 1];
        at--;
    }
    if (at < max)
        fits[at] = *fit;
    return count < max ? count + 1 : max;
}

int fit_sizes(const struct plane *plane, const struct fit_triple *triple, struct fit *out_fits, int max)
{
    struct side right = measure_side(triple, 1), down = measure_side(triple, 2);
    float ratio = right.modules / down.modules, w = right.w + down.w - 1;
    int count = 0;

    if (ratio < 0.66f || ratio > 1.5f || w < 0.4f)
        return 0;
    float guess = sqrtf(right.modules * down.modules) + 7.0f;
    int middle = (int)lroundf((guess - 17.0f) / 4.0f), spread = 1 + (int)(guess * 0.04f);
    const struct scan_point *a = triple->at;
    struct scan_point far = {(right.w * a[1].x + down.w * a[2].x - a[0].x) / w,
                             (right.w * a[1].y + down.w * a[2].y - a[0].y) / w};

    for (int version = middle - spread; version <= middle + spread; version++) {
        struct fit fit = {version, triple->inverted, 0, {a[0], a[1], far, a[2]}, {.a = 0}};

        if (version < 1 || version > QR_VERSION_MAX || !fit_update(&fit))
            continue;
        fit.score = timing_score(plane, &fit) - 0.04f * fabsf(guess - (float)qr_side(version)) / 4.0f;
        count = insert_fit(out_fits, count, max, &fit);
    }
    return count;
}

/* ---- alignment ---- */

/* Correlation with an alignment pattern whose middle is (u, v). */
static float alignment_score(const struct plane *plane, const struct fit *fit, float u, float v)
{
    struct correlation c = {0};

    for (int r = -2; r <= 2; r++) {
        for (int q = -2; q <= 2; q++) {
            int ring = abs(r) > abs(q) ? abs(r) : abs(q);
            struct scan_point p = perspective_apply(&fit->map, u + (float)q, v + (float)r);

            correlate(&c, plane_sample(plane, p.x, p.y), ring != 1 ? 8.0f / 25.0f : -17.0f / 25.0f);
        }
    }
    return correlation_value(&c, fit->inverted);
}

/* The best place within reach of (u, v), moved there. Distance costs a little, so that equals stay near. */
static float search_alignment(const struct plane *plane, const struct fit *fit, float reach, float *u, float *v)
{
    float best = -2, best_u = *u, best_v = *v;
    const float step = 0.5f;
    int steps = (int)(reach / step);

    for (int j = -steps; j <= steps; j++) {
        for (int i = -steps; i <= steps; i++) {
            float du = (float)i * step, dv = (float)j * step;
            float score = alignment_score(plane, fit, *u + du, *v + dv) - 0.01f * hypotf(du, dv);

            if (score > best) {
                best = score;
                best_u = *u + du;
                best_v = *v + dv;
            }
        }
    }
    for (int i = 0; i < 8; i++) {
        static const float around[8][2] = {{.25f, 0}, {-.25f, 0}, {0, .25f}, {0, -.25f},
                                           {.12f, 0}, {-.12f, 0}, {0, .12f}, {0, -.12f}};
        float score = alignment_score(plane, fit, best_u + around[i][0], best_v + around[i][1]);

        if (score > best) {
            best = score;
            best_u += around[i][0];
            best_v += around[i][1];
        }
    }
    *u = best_u;
    *v = best_v;
    return best;
}

bool fit_alignment(const struct plane *plane, float reach, struct fit *fit)
{
    float near = 3.5f, far = (float)qr_side(fit->version) - 3.5f, u = far - 3, v = far - 3;

    if (fit->version < 2 || search_alignment(plane, fit, reach, &u, &v) < 0.55f)
        return false;
    const struct scan_point modules[4] = {{near, near}, {far, near}, {far - 3, far - 3}, {near, far}};
    const struct scan_point pixels[4] = {fit->corners[0], fit->corners[1], perspective_apply(&fit->map, u, v),
                                         fit->corners[3]};
    struct perspective map;

    if (!perspective_from_points(modules, pixels, &map))
        return false;
    fit->map = map;
    fit->corners[2] = perspective_apply(&map, far, far);
    return true;
}

static bool is_finder_corner(int i, int j, int count)
{
    return (i == 0 && j == 0) || (i == 0 && j == count - 1) || (i == count - 1 && j == 0);
}

void fit_measure_warp(const struct plane *plane, const struct fit *fit, struct fit_warp *out_warp)
{
    int axis[QR_ALIGN_AXIS_MAX];
    int count = qr_align_axis(fit->version, axis);

    memset(out_warp, 0, sizeof(*out_warp));
    out_warp->count = count;
    for (int i = 0; i < count; i++)
        out_warp->axis[i] = (float)axis[i] + 0.5f;
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < count; j++) {
            /* Neighbours tell where to look: paper bends slowly. */
            float du = 0, dv = 0;

            if (is_finder_corner(i, j, count))
                continue;
            if (i > 0 && j > 0) {
                du = (out_warp->du[i - 1][j] + out_warp->du[i][j - 1]) / 2;
                dv = (out_warp->dv[i - 1][j] + out_warp->dv[i][j - 1]) / 2;
            } else if (i + j > 0) {
                du = i ? out_warp->du[i - 1][j] : out_warp->du[i][j - 1];
                dv = i ? out_warp->dv[i - 1][j] : out_warp->dv[i][j - 1];
            }
            float u = out_warp->axis[j] + du, v = out_warp->axis[i] + dv;
            bool seen = search_alignment(plane, fit, 1.5f, &u, &v) >= 0.5f;
            out_warp->du[i][j] = seen ? u - out_warp->axis[j] : du;
            out_warp->dv[i][j] = seen ? v - out_warp->axis[i] : dv;
        }
    }
}

/* ---- a finder that is not seen ---- */

enum { GUESSED_REACH = 3 }; /* modules: two finders tell no better where the third is */

void fit_guessed(const struct plane *plane, const struct fit_pattern *pattern, int guessed, struct fit *fit)
{
    const struct fit first = *fit;
    int corner = guessed == 2 ? 3 : guessed;
    float modules = (float)qr_side(fit->version) - 7, far = corner == 0 ? -1 : 1;
    const struct scan_point *c = first.corners;
    struct scan_point right = {(c[1].x - c[0].x) / modules, (c[1].y - c[0].y) / modules};
    struct scan_point down = {(c[3].x - c[0].x) / modules, (c[3].y - c[0].y) / modules};

    for (int j = -GUESSED_REACH; j <= GUESSED_REACH; j++) {
        for (int i = -GUESSED_REACH; i <= GUESSED_REACH; i++) {
            struct fit trial = first;
            float x = (float)i * right.x + (float)j * down.x, y = (float)i * right.y + (float)j * down.y;

            trial.corners[corner] = (struct scan_point){c[corner].x + x, c[corner].y + y};
            trial.corners[2] = (struct scan_point){c[2].x + far * x, c[2].y + far * y};
            if (!fit_update(&trial))
                continue;
            trial.score = fit_score(plane, pattern, &trial);
            if (trial.score > fit->score)
                *fit = trial;
        }
    }
}

/* ---- climbing ---- */

static bool try_move(const struct plane *plane, const struct fit_pattern *pattern, struct fit *fit, int corner,
                     struct scan_point by)
{
    struct fit trial = *fit;

    trial.corners[corner].x += by.x;
    trial.corners[corner].y += by.y;
    if (!fit_update(&trial))
        return false;
    trial.score = fit_score(plane, pattern, &trial);
    if (trial.score <= fit->score)
        return false;
    *fit = trial;
    return true;
}

void fit_refine(const struct plane *plane, const struct fit_pattern *pattern, struct fit *fit)
{
    static const int order[4] = {2, 1, 3, 0};
    static const float steps[4] = {1.0f, 0.5f, 0.25f, 0.12f};
    float modules = (float)qr_side(fit->version) - 7;

    fit->score = fit_score(plane, pattern, fit);
    for (int s = 0; s < 4; s++) {
        for (int round = 0; round < 2; round++) {
            bool moved = false;

            for (int k = 0; k < (s == 0 ? 1 : 4); k++) {
                int corner = order[k];
                struct scan_point next = fit->corners[(corner + 1) & 3], before = fit->corners[(corner + 3) & 3];
                struct scan_point at = fit->corners[corner];
                float step = steps[s] / modules;
                struct scan_point along = {(next.x - at.x) * step, (next.y - at.y) * step};
                struct scan_point back = {(before.x - at.x) * step, (before.y - at.y) * step};

                moved |= try_move(plane, pattern, fit, corner, along) ||
                         try_move(plane, pattern, fit, corner, (struct scan_point){-along.x, -along.y});
                moved |= try_move(plane, pattern, fit, corner, back) ||
                         try_move(plane, pattern, fit, corner, (struct scan_point){-back.x, -back.y});
            }
            if (!moved)
                break;
        }
    }
}
