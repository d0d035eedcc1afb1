#include "learn.h"

#include <math.h>
#include <string.h>

enum {
    REACH = 2, /* half modules each way */
    TAPS = (2 * REACH + 1) * (2 * REACH + 1),
    PARTS = TAPS + 1, /* and a constant */
    ROUNDS = 4,
    SATURATED = 252,   /* grey */
    TAUGHT_MAX = 1500, /* modules learned from: more tell nothing new */
    FRAMES_PAST = 15,
};

#define FADING 0.97f /* of what earlier frames weigh, a frame */

/* Normal equations of the least squares; only the lower triangle of m is kept. */
struct equations {
    float m[PARTS][PARTS], v[PARTS];
};

static int pitch_of(int side)
{
    return 2 * side + 2 * LEARN_BORDER + 1;
}

/* The sample in the middle of a module. */
static int middle_of(int side, int row, int column)
{
    return (2 * row + 1 + LEARN_BORDER) * pitch_of(side) + 2 * column + 1 + LEARN_BORDER;
}

/* ---- what is known ---- */

static void know(struct learn *learn, int row, int column, bool dark)
{
    learn->known[row * learn->side + column] = 1;
    learn->wanted[row * learn->side + column] = dark ? 1.0f : -1.0f;
}

static void know_rings(struct learn *learn, int row, int column, int reach)
{
    for (int r = row - reach; r <= row + reach; r++) {
        for (int c = column - reach; c <= column + reach; c++) {
            int down = r < row ? row - r : r - row, across = c < column ? column - c : c - column;
            int ring = down > across ? down : across;

            if (r >= 0 && c >= 0 && r < learn->side && c < learn->side)
                know(learn, r, c, reach == 4 ? ring <= 1 || ring == 3 : ring != 1);
        }
    }
}

static void know_fixed(struct learn *learn, int version)
{
    int side = learn->side, axis[QR_ALIGN_AXIS_MAX];
    int count = qr_align_axis(version, axis);

    memset(learn->known, 0, (size_t)side * (size_t)side);
    memset(learn->wanted, 0, (size_t)side * (size_t)side * sizeof(float));
    for (int i = 8; i < side - 8; i++) {
        know(learn, 6, i, i % 2 == 0);
        know(learn, i, 6, i % 2 == 0);
    }
    for (int i = 0; i < count; i++)
        for (int j = 0; j < count; j++)
            if ((i > 0 && j > 0) || (i + j > 0 && i < count - 1 && j < count - 1))
                know_rings(learn, axis[i], axis[j], 2);
    know_rings(learn, 3, 3, 4);
    know_rings(learn, 3, side - 4, 4);
    know_rings(learn, side - 4, 3, 4);
}

/* ---- sampling ---- */

static float grey_at(const struct plane *plane, const struct fit *fit, float u, float v, float spread)
{
    float grey = 0;

    for (int k = 0; k < 4; k++) {
        struct scan_point p =
            perspective_apply(&fit->map, u + (k & 1 ? spread : -spread), v + (k & 2 ? spread : -spread));
        float value = plane_sample(plane, p.x, p.y);

        if (spread <= 0)
            return value;
        grey += value;
    }
    return grey / 4;
}

void learn_take(struct learn *learn, const struct sampler *sampler, const struct plane *plane, const struct fit *fit,
                const struct fit_warp *warp)
{
    int side = qr_side(fit->version), pitch = pitch_of(side);
    float module = point_distance(fit->corners[0], fit->corners[1]) / ((float)side - 7);
    float spread = module > 3 ? 0.125f : 0;
    struct learn_sheet *sheet = &learn->sheet;

    sheet->version = fit->version;
    sheet->inverted = fit->inverted;
    for (int row = 0; row < pitch; row++) {
        for (int c = 0; c < pitch; c++) {
            float u = 0.5f * (float)(c - LEARN_BORDER), v = 0.5f * (float)(row - LEARN_BORDER), du = 0, dv = 0;
            int i = v < 0 ? 0 : (int)v, j = u < 0 ? 0 : (int)u;

            if (warp && warp->count > 1)
                sampler_warp(warp, u, v, &du, &dv);
            float grey = grey_at(plane, fit, u + du, v + dv, spread);
            int at = (i < side ? i : side - 1) * side + (j < side ? j : side - 1);
            float share = sampler->contrast[at] / sampler->typical;
            float level = sampler->middle[at] - (fit->inverted ? 255.0f - grey : grey);
            level *= 2.0f / sampler->contrast[at];
            sheet->level[row * pitch + c] = level > 2.5f ? 2.5f : level < -2.5f ? -2.5f : level;
            share = share > 1 ? 1 : share;
            sheet->weight[row * pitch + c] = grey >= SATURATED ? 0 : share * share * sampler->trust[at];
        }
    }
}

static struct scan_point centre_of(const struct fit *fit)
{
    return (struct scan_point){(fit->corners[0].x + fit->corners[2].x) / 2,
                               (fit->corners[0].y + fit->corners[2].y) / 2};
}

bool learn_knows(const struct learn_sum *sum, const struct fit *fit, unsigned frame)
{
    return sum->frames > 0 && frame - sum->last <= FRAMES_PAST && sum->sheet.version == fit->version &&
           sum->sheet.inverted == fit->inverted && point_distance(sum->centre, centre_of(fit)) < sum->reach;
}

void learn_add(struct learn_sum *sum, const struct learn *learn, const struct fit *fit, float agreed, unsigned frame)
{
    const struct learn_sheet *sheet = &learn->sheet;
    struct learn_sheet *all = &sum->sheet;
    int pitch = pitch_of(qr_side(fit->version)), count = pitch * pitch;
    float trust = agreed / (1 - agreed);
    bool same = learn_knows(sum, fit, frame);

    trust *= trust;
    for (int i = 0; i < count; i++) {
        float weight = sheet->weight[i] * trust, before = same ? all->weight[i] * FADING : 0;

        all->level[i] = before + weight > 0
                            ? ((before > 0 ? before * all->level[i] : 0) + weight * sheet->level[i]) / (before + weight)
                            : 0;
        all->weight[i] = before + weight;
    }
    all->version = sheet->version;
    all->inverted = sheet->inverted;
    sum->frames = same ? sum->frames + 1 : 1;
    sum->last = frame;
    sum->centre = centre_of(fit);
    sum->reach = point_distance(fit->corners[0], fit->corners[2]) / 2;
}

/* ---- least squares ---- */

static void parts_at(const struct learn_sheet *sheet, int middle, int pitch, float out[PARTS])
{
    for (int j = -REACH; j <= REACH; j++)
        for (int i = -REACH; i <= REACH; i++) {
            int at = middle + j * pitch + i;
            *out++ = sheet->weight[at] > 0 ? sheet->level[at] : 0;
        }
    *out = 1;
}

static void gather_equation(struct equations *eq, const float parts[PARTS], float wanted, float weight)
{
    for (int i = 0; i < PARTS; i++) {
        float scaled = parts[i] * weight;

        for (int j = 0; j <= i; j++)
            eq->m[i][j] += scaled * parts[j];
        eq->v[i] += scaled * wanted;
    }
}

/* Cholesky; ridge keeps what the picture does not tell at what a sharp one would need: the middle alone. */
static bool solve(struct equations *eq, float ridge, float out[PARTS])
{
    float trace = 0;

    for (int i = 0; i < PARTS; i++)
        trace += eq->m[i][i];
    ridge *= trace / PARTS;
    for (int i = 0; i < PARTS; i++)
        eq->m[i][i] += ridge;
    eq->v[TAPS / 2] += ridge;
    for (int i = 0; i < PARTS; i++) {
        for (int j = 0; j <= i; j++) {
            float sum = eq->m[i][j];

            for (int k = 0; k < j; k++)
                sum -= eq->m[i][k] * eq->m[j][k];
            if (i == j && sum <= 1e-6f)
                return false;
            eq->m[i][j] = i == j ? sqrtf(sum) : sum / eq->m[j][j];
        }
    }
    for (int i = 0; i < PARTS; i++) {
        for (int k = 0; k < i; k++)
            eq->v[i] -= eq->m[i][k] * eq->v[k];
        eq->v[i] /= eq->m[i][i];
    }
    for (int i = PARTS - 1; i >= 0; i--) {
        for (int k = i + 1; k < PARTS; k++)
            eq->v[i] -= eq->m[k][i] * eq->v[k];
        eq->v[i] /= eq->m[i][i];
        out[i] = eq->v[i];
    }
    return true;
}

static bool learn_weights(const struct learn *learn, const struct learn_sheet *sheet, float ridge, float out[PARTS])
{
    struct equations eq = {{{0}}, {0}};
    float parts[PARTS];
    int side = learn->side, pitch = pitch_of(side), step = 1 + side * side / TAUGHT_MAX;

    for (int row = 0; row < side; row++) {
        for (int c = 0; c < side; c++) {
            int at = row * side + c, middle = middle_of(side, row, c);
            float weight = sheet->weight[middle] * (learn->known[at] ? 2.0f : 1.0f);

            if (learn->wanted[at] == 0 || weight <= 0 || at % step != 0)
                continue;
            parts_at(sheet, middle, pitch, parts);
            gather_equation(&eq, parts, learn->wanted[at], weight);
        }
    }
    return solve(&eq, ridge, out);
}

/* Returns how much of what is known comes out. */
static float apply(struct learn *learn, const struct learn_sheet *sheet, const float weights[PARTS])
{
    float parts[PARTS], agreed = 0, total = 1e-6f;
    int side = learn->side, pitch = pitch_of(side);

    for (int row = 0; row < side; row++) {
        for (int c = 0; c < side; c++) {
            int at = row * side + c, middle = middle_of(side, row, c);
            float sum = 0, weight = sheet->weight[middle];

            parts_at(sheet, middle, pitch, parts);
            for (int i = 0; i < PARTS && weight > 0; i++)
                sum += weights[i] * parts[i];
            learn->out[at] = sum;
            if (learn->known[at]) {
                float right = sum * learn->wanted[at];
                agreed += weight * (right > 1 ? 1 : right);
                total += weight;
            }
        }
    }
    agreed /= total;
    return agreed < 0.02f ? 0.02f : agreed > 0.97f ? 0.97f : agreed;
}

static float heaviest(const struct learn_sheet *sheet, int pitch)
{
    float heaviest = 1e-6f;

    for (int i = 0; i < pitch * pitch; i++)
        heaviest = most(heaviest, sheet->weight[i]);
    return heaviest;
}

float learn_decide(struct learn *learn, const struct learn_sheet *sheet, struct qr_soft *out_soft)
{
    float weights[PARTS], agreed = 0;
    int side = qr_side(sheet->version);
    float full = heaviest(sheet, pitch_of(side));

    learn->side = side;
    know_fixed(learn, sheet->version);
    for (int round = 0; round < ROUNDS; round++) {
        if (!learn_weights(learn, sheet, round == 0 ? 0.05f : 0.01f, weights))
            return 0;
        agreed = apply(learn, sheet, weights);
        for (int at = 0; at < side * side; at++)
            if (!learn->known[at])
                learn->wanted[at] = most(-1, least(1, learn->out[at] / agreed));
    }
    float scale = 12.0f * 2.0f / (1 - agreed);
    out_soft->version = sheet->version;
    for (int row = 0; row < side; row++) {
        for (int c = 0; c < side; c++) {
            float share = sqrtf(sheet->weight[middle_of(side, row, c)] / full);
            float value = learn->out[row * side + c] * scale * share;

            out_soft->at[row * side + c] = (int8_t)(value > 127 ? 127 : value < -127 ? -127 : value);
        }
    }
    return agreed;
}

void learn_model(const struct learn *learn, struct learn_sheet *out_model)
{
    int side = learn->side, pitch = pitch_of(side);

    for (int row = 0; row < pitch; row++) {
        for (int c = 0; c < pitch; c++) {
            float sum = 0, least_sure = 1;

            for (int k = 0; k < 4; k++) {
                /* On either hand; the same module twice where the sample is its middle. */
                int y = k & 1 ? row / 2 - 1 : (row + 1) / 2 - 2;
                int x = k & 2 ? c / 2 - 1 : (c + 1) / 2 - 2;
                bool inside = y >= 0 && x >= 0 && y < side && x < side;
                float wanted = inside ? learn->wanted[y * side + x] : -1;

                sum += wanted / 4;
                least_sure = least(least_sure, fabsf(wanted));
            }
            out_model->level[row * pitch + c] = sum;
            out_model->weight[row * pitch + c] = least_sure;
        }
    }
}

void learn_show(const struct learn_sheet *sheet, struct sampler *out_sampler)
{
    int side = qr_side(sheet->version), wide = side + 2;

    out_sampler->side = side;
    for (int row = 0; row < wide; row++) {
        for (int c = 0; c < wide; c++) {
            int at = middle_of(side, row - 1, c - 1);

            out_sampler->grey[row * wide + c] = 128.0f - (sheet->weight[at] > 0 ? 50.0f * sheet->level[at] : 0);
        }
    }
}
