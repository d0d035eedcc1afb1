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
