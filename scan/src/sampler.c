#include "sampler.h"

#include <math.h>
#include <string.h>

void sampler_warp(const struct fit_warp *warp, float u, float v, float *out_du, float *out_dv)
{
    int i = 0, j = 0;

    while (i + 2 < warp->count && v > warp->axis[i + 1])
        i++;
    while (j + 2 < warp->count && u > warp->axis[j + 1])
        j++;
    float ty = (v - warp->axis[i]) / (warp->axis[i + 1] - warp->axis[i]);
    float tx = (u - warp->axis[j]) / (warp->axis[j + 1] - warp->axis[j]);
    float a = (1 - tx) * (1 - ty), b = tx * (1 - ty), c = (1 - tx) * ty, d = tx * ty;

    *out_du = a * warp->du[i][j] + b * warp->du[i][j + 1] + c * warp->du[i + 1][j] + d * warp->du[i + 1][j + 1];
    *out_dv = a * warp->dv[i][j] + b * warp->dv[i][j + 1] + c * warp->dv[i + 1][j] + d * warp->dv[i + 1][j + 1];
}

static float median_of_9(float values[9])
{
    for (int i = 1; i < 9; i++) {
        float value = values[i];
        int k = i;

        for (; k > 0 && values[k - 1] > value; k--)
            values[k] = values[k - 1];
        values[k] = value;
    }
    return values[4];
}

static float sample_spread(const struct plane *plane, const struct perspective *map, float u, float v,
                           const struct sampling *sampling)
{
    float spread = sampling->spread, grey[9];
    struct scan_point p = perspective_apply(map, u, v);

    if (spread <= 0)
        return plane_sample(plane, p.x, p.y);
    struct scan_point q = perspective_apply(map, u + spread, v), r = perspective_apply(map, u, v + spread);
    float ax = q.x - p.x, ay = q.y - p.y, bx = r.x - p.x, by = r.y - p.y, sum = 0;
    int count = 0;

    for (int j = -1; j <= 1; j++)
        for (int i = -1; i <= 1; i++)
            grey[count++] =
                plane_sample(plane, p.x + (float)i * ax + (float)j * bx, p.y + (float)i * ay + (float)j * by);
    if (sampling->median)
        return median_of_9(grey);
    for (int k = 0; k < 9; k++)
        sum += grey[k];
    return sum / 9.0f;
}

void sampler_take(struct sampler *sampler, const struct plane *plane, const struct fit *fit,
                  const struct sampling *sampling, const struct fit_warp *warp)
{
    int side = qr_side(fit->version), wide = side + 2;

    sampler->side = side;
    for (int row = 0; row < wide; row++) {
        for (int column = 0; column < wide; column++) {
            float u = (float)column - 0.5f, v = (float)row - 0.5f, du = 0, dv = 0;

            if (warp && warp->count > 1)
                sampler_warp(warp, u, v, &du, &dv);
            float grey = sample_spread(plane, &fit->map, u + du, v + dv, sampling);
            sampler->grey[row * wide + column] = fit->inverted ? 255.0f - grey : grey;
        }
    }
}

static void equalise(struct sampler *sampler, float strength)
{
    int wide = sampler->side + 2;

    memcpy(sampler->even, sampler->grey, (size_t)wide * (size_t)wide * sizeof(float));
    if (strength <= 0)
        return;
    for (int row = 1; row <= sampler->side; row++) {
        const float *g = &sampler->grey[(ptrdiff_t)row * wide];
        float *out = &sampler->even[(ptrdiff_t)row * wide];

        for (int c = 1; c <= sampler->side; c++)
            out[c] = g[c] + 2 * strength * (g[c] - 0.25f * (g[c - 1] + g[c + 1] + g[c - wide] + g[c + wide]));
    }
}

/* Table of sums of even[] over the symbol, of one class only when threshold is given: its values and its count. */
static void sum_table(const struct sampler *sampler, float *table)
{
    int side = sampler->side, wide = side + 2;

    memset(table, 0, (size_t)(side + 1) * sizeof(float));
    for (int row = 0; row < side; row++) {
        const float *from = &sampler->even[(row + 1) * wide + 1];
        float *to = &table[(ptrdiff_t)(row + 1) * (side + 1)], along = 0;

        to[0] = 0;
        for (int c = 0; c < side; c++) {
            along += from[c];
            to[c + 1] = along + to[c - side];
        }
    }
}

struct window {
    int top, left, bottom, right; /* the last two not included */
};

static struct window window_at(int side, int row, int column, int reach)
{
    struct window w = {row - reach, column - reach, row + reach + 1, column + reach + 1};

    w.top = w.top < 0 ? 0 : w.top;
    w.left = w.left < 0 ? 0 : w.left;
    w.bottom = w.bottom > side ? side : w.bottom;
    w.right = w.right > side ? side : w.right;
    return w;
}

static float window_sum(const float *table, int side, const struct window *w)
{
    int pitch = side + 1;

    return table[w->bottom * pitch + w->right] - table[w->top * pitch + w->right] - table[w->bottom * pitch + w->left] +
           table[w->top * pitch + w->left];
}

static float window_mean(const float *table, int side, int row, int column, int reach)
{
    struct window w = window_at(side, row, column, reach);

    return window_sum(table, side, &w) / (float)((w.bottom - w.top) * (w.right - w.left));
}

/* Splits by the local mean of sums[0] and sums up the dark ones: their values in sums[1], their number in sums[2]. */
static void sum_dark(struct sampler *sampler, int reach)
{
    int side = sampler->side, wide = side + 2, pitch = side + 1;

    memset(sampler->sums[1], 0, (size_t)pitch * sizeof(float));
    memset(sampler->sums[2], 0, (size_t)pitch * sizeof(float));
    for (int row = 0; row < side; row++) {
        const float *even = &sampler->even[(row + 1) * wide + 1];
        float *values = &sampler->sums[1][(ptrdiff_t)(row + 1) * pitch],
              *counts = &sampler->sums[2][(ptrdiff_t)(row + 1) * pitch];
        float value = 0, count = 0;

        values[0] = counts[0] = 0;
        for (int c = 0; c < side; c++) {
            if (even[c] < window_mean(sampler->sums[0], side, row, c, reach)) {
                value += even[c];
                count += 1;
            }
            values[c + 1] = value + values[c + 1 - pitch];
            counts[c + 1] = count + counts[c + 1 - pitch];
        }
    }
}

/* The middle between the means of dark and light near by, and how far apart these are. */
static float local_threshold(const struct sampler *sampler, int row, int column, int reach, float *out_contrast)
{
    int side = sampler->side;
    struct window w = window_at(side, row, column, reach);
    float total = window_sum(sampler->sums[0], side, &w), cells = (float)((w.bottom - w.top) * (w.right - w.left));
    float dark = window_sum(sampler->sums[1], side, &w), darks = window_sum(sampler->sums[2], side, &w);

    if (darks < 1 || cells - darks < 1) {
        *out_contrast = 0;
        return total / cells;
    }
    float low = dark / darks, high = (total - dark) / (cells - darks);
    *out_contrast = high - low;
    return (low + high) / 2;
}

float sampler_decide(struct sampler *sampler, const struct fit *fit, const struct decision *decision,
                     struct qr_soft *out_soft)
{
    int side = sampler->side, wide = side + 2, reach = decision->reach;
    float typical = 0, certainty = 0;

    equalise(sampler, decision->strength);
    sum_table(sampler, sampler->sums[0]);
    sum_dark(sampler, reach);
    local_threshold(sampler, side / 2, side / 2, side, &typical);
    sampler->typical = most(typical, 2.0f);
    out_soft->version = fit->version;
    for (int row = 0; row < side; row++) {
        const float *even = &sampler->even[(row + 1) * wide + 1];

        for (int c = 0; c < side; c++) {
            float contrast, threshold = local_threshold(sampler, row, c, reach, &contrast);
            /* Where dark and light are hardly apart (glare) nothing is sure. */
            contrast = most(most(contrast, 0.25f * typical), 2.0f);
            float scale = 2.0f * 100.0f / contrast;
            float soft = (threshold - even[c]) * scale;

            sampler->level[row * side + c] = soft * 0.01f;
            sampler->middle[row * side + c] = threshold;
            sampler->contrast[row * side + c] = contrast;
            sampler->trust[row * side + c] = 1;
            soft = soft > 127 ? 127 : soft < -127 ? -127 : soft;
            out_soft->at[row * side + c] = (int8_t)(soft > 0 && soft < 1 ? 1 : soft);
            certainty += fabsf(soft);
        }
    }
    return certainty / (float)(side * side);
}
