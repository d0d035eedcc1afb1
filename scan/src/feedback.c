#include "feedback.h"

#include <math.h>
#include <string.h>

/* What a module's grey is made of: a constant, itself, and four pairs of neighbours: across, down, the diagonals. */
enum { PARTS = 6, ROUNDS = 4 };

/* The symbol with a light border: decisions from -1 light to 1 dark. */
static float *with_border(struct sampler *sampler, const struct qr_soft *soft)
{
    int side = sampler->side, wide = side + 2;
    float *decided = sampler->even; /* free by now */

    for (int i = 0; i < wide * wide; i++)
        decided[i] = -1;
    for (int row = 0; row < side; row++)
        for (int c = 0; c < side; c++) {
            float value = (float)soft->at[row * side + c] / 50.0f;
            decided[(row + 1) * wide + c + 1] = value > 1 ? 1 : value < -1 ? -1 : value;
        }
    return decided;
}

static void parts_at(const float *d, int wide, float out[PARTS])
{
    out[0] = 1;
    out[1] = d[0];
    out[2] = d[-1] + d[1];
    out[3] = d[-wide] + d[wide];
    out[4] = d[-wide - 1] + d[wide + 1];
    out[5] = d[-wide + 1] + d[wide - 1];
}

/* Least squares by elimination; false when the decisions tell nothing. */
static bool solve(float m[PARTS][PARTS + 1], float out[PARTS])
{
    for (int k = 0; k < PARTS; k++) {
        if (fabsf(m[k][k]) < 1e-3f)
            return false;
        for (int i = k + 1; i < PARTS; i++) {
            float factor = m[i][k] / m[k][k];

            for (int j = k; j <= PARTS; j++)
                m[i][j] -= factor * m[k][j];
        }
    }
    for (int k = PARTS - 1; k >= 0; k--) {
        out[k] = m[k][PARTS];
        for (int j = k + 1; j < PARTS; j++)
            out[k] -= m[k][j] * out[j];
        out[k] /= m[k][k];
    }
    return true;
}

static bool fit_parts(const struct sampler *sampler, const float *decided, float out[PARTS])
{
    int side = sampler->side, wide = side + 2;
    float m[PARTS][PARTS + 1] = {{0}};

    for (int row = 0; row < side; row++) {
        for (int c = 0; c < side; c++) {
            float parts[PARTS], level = sampler->level[row * side + c];

            parts_at(&decided[(row + 1) * wide + c + 1], wide, parts);
            for (int i = 0; i < PARTS; i++) {
                for (int j = i; j < PARTS; j++)
                    m[i][j] += parts[i] * parts[j];
                m[i][PARTS] += parts[i] * level;
            }
        }
    }
    for (int i = 0; i < PARTS; i++)
        for (int j = 0; j < i; j++)
            m[i][j] = m[j][i];
    return solve(m, out) && out[1] > 0.05f;
}

static void decide_again(const struct sampler *sampler, const float *decided, const float weights[PARTS],
                         struct qr_soft *soft)
{
    int side = sampler->side, wide = side + 2;

    for (int row = 0; row < side; row++) {
        for (int c = 0; c < side; c++) {
            float parts[PARTS], rest = sampler->level[row * side + c];

            parts_at(&decided[(row + 1) * wide + c + 1], wide, parts);
            for (int i = 0; i < PARTS; i++)
                rest -= i == 1 ? 0 : weights[i] * parts[i];
            float value = rest / weights[1] * 100.0f;
            soft->at[row * side + c] = (int8_t)(value > 127 ? 127 : value < -127 ? -127 : value);
        }
    }
}

void feedback_decide(struct sampler *sampler, const struct fit *fit, struct qr_soft *soft)
{
    static const struct decision plain = {0, 4};
    int8_t *first = sampler->first;
    size_t count = (size_t)sampler->side * (size_t)sampler->side;
    float weights[PARTS];

    memcpy(first, soft->at, count);
    sampler_decide(sampler, fit, &plain, soft); /* sets level */
    memcpy(soft->at, first, count);
    for (int round = 0; round < ROUNDS; round++) {
        float *decided = with_border(sampler, soft);

        if (!fit_parts(sampler, decided, weights))
            return;
        decide_again(sampler, decided, weights, soft);
    }
}

/* ---- light ---- */

enum {
    NEAR = 2,    /* modules each way that tell the light about one */
    UNKNOWN = 4, /* the light, how it changes across and down, the contrast */
};

/* How many modules' worth the contrast of the whole symbol weighs against what is seen near by. */
#define EXPECTED 5.0f

/* What the modules would look like under even light, from the decisions, in sums[0]. */
static bool expect(struct sampler *sampler, const float *decided)
{
    int side = sampler->side, wide = side + 2;
    float weights[PARTS], parts[PARTS];

    if (!fit_parts(sampler, decided, weights))
        return false;
    for (int row = 0; row < side; row++) {
        for (int c = 0; c < side; c++) {
            float sum = 0;

            parts_at(&decided[(row + 1) * wide + c + 1], wide, parts);
            for (int i = 1; i < PARTS; i++)
                sum += weights[i] * parts[i];
            sampler->sums[0][row * side + c] = sum;
        }
    }
    return true;
}

/* Symmetric, and positive by what was added to the diagonal. */
static void solve_light(float m[UNKNOWN][UNKNOWN + 1], float out[UNKNOWN])
{
    for (int k = 0; k < UNKNOWN; k++) {
        for (int i = k + 1; i < UNKNOWN; i++) {
            float factor = m[i][k] / m[k][k];

            for (int j = k; j <= UNKNOWN; j++)
                m[i][j] -= factor * m[k][j];
        }
    }
    for (int k = UNKNOWN - 1; k >= 0; k--) {
        out[k] = m[k][UNKNOWN];
        for (int j = k + 1; j < UNKNOWN; j++)
            out[k] -= m[k][j] * out[j];
        out[k] /= m[k][k];
    }
}

static void light_at(struct sampler *sampler, int row, int column)
{
    int side = sampler->side, wide = side + 2;
    float m[UNKNOWN][UNKNOWN + 1] = {{0}}, out[UNKNOWN], usual = sampler->typical / 2;

    for (int dy = -NEAR; dy <= NEAR; dy++) {
        for (int dx = -NEAR; dx <= NEAR; dx++) {
            int y = row + dy, x = column + dx;

            if (y < 0 || x < 0 || y >= side || x >= side)
                continue;
            float weight = 1.0f - (float)(dx * dx + dy * dy) / (float)(2 * (NEAR + 1) * (NEAR + 1));
            float parts[UNKNOWN + 1] = {1, (float)dx, (float)dy, -sampler->sums[0][y * side + x],
                                        sampler->grey[(y + 1) * wide + x + 1]};
            for (int i = 0; i < UNKNOWN; i++)
                for (int j = 0; j <= UNKNOWN; j++)
                    m[i][j] += weight * parts[i] * parts[j];
        }
    }
    for (int i = 1; i < UNKNOWN; i++)
        m[i][i] += EXPECTED;
    m[UNKNOWN - 1][UNKNOWN] += EXPECTED * usual;
    solve_light(m, out);
    sampler->middle[row * side + column] = out[0];
    sampler->contrast[row * side + column] = 2 * most(most(out[UNKNOWN - 1], 0.05f * usual), 1.0f);
}

/* The mean of squares[] about a module. */
static float near_mean(const float *squares, int side, int row, int column)
{
    float sum = 0;
    int count = 0;

    for (int y = row - NEAR; y <= row + NEAR; y++) {
        for (int x = column - NEAR; x <= column + NEAR; x++) {
            if (y < 0 || x < 0 || y >= side || x >= side)
                continue;
            sum += squares[y * side + x];
            count++;
        }
    }
    return sum / (float)count;
}

/* By how far what is seen about each module is from what is expected there, against all the others. */
static void tell_trust(struct sampler *sampler)
{
    int side = sampler->side, wide = side + 2;
    float mean = 0, *squares = sampler->sums[1];

    for (int row = 0; row < side; row++) {
        for (int c = 0; c < side; c++) {
            int at = row * side + c;
            float wanted = sampler->middle[at] - sampler->sums[0][at] * sampler->contrast[at] / 2;
            float off = sampler->grey[(row + 1) * wide + c + 1] - wanted;

            squares[at] = off * off;
            mean += squares[at] / (float)(side * side);
        }
    }
    for (int row = 0; row < side; row++)
        for (int c = 0; c < side; c++)
            sampler->trust[row * side + c] = least(2, mean / (near_mean(squares, side, row, c) + 0.1f * mean + 1.0f));
}

void feedback_light(struct sampler *sampler, const struct qr_soft *soft)
{
    int side = sampler->side;

    if (!expect(sampler, with_border(sampler, soft)))
        return;
    for (int row = 0; row < side; row++)
        for (int c = 0; c < side; c++)
            light_at(sampler, row, c);
    tell_trust(sampler);
}
