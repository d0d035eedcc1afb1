#include "binarise.h"

#include <assert.h>
#include <string.h>

/* sums becomes a table of sums over everything above and left, each cell included. */
void binarise_prepare(struct binary *binary, const struct plane *plane)
{
    assert(plane->width >= BINARISE_CELL && plane->height >= BINARISE_CELL);
    binary->width = plane->width;
    binary->height = plane->height;
    binary->columns = plane->width / BINARISE_CELL;
    binary->rows = plane->height / BINARISE_CELL;
    for (int row = 0; row < binary->rows; row++) {
        const uint8_t *p = plane->at + (size_t)(row * BINARISE_CELL) * (size_t)plane->stride;
        uint32_t *restrict sums = binary->sums + (size_t)row * (size_t)binary->columns, along = 0;
        const uint32_t *above = row ? sums - binary->columns : NULL;
        size_t s = (size_t)plane->stride;

        for (int column = 0; column < binary->columns; column++) {
            const uint8_t *q = p + (ptrdiff_t)column * BINARISE_CELL;
            uint32_t sum = 0;

            for (int j = 0; j < BINARISE_CELL; j++)
                sum += (uint32_t)q[j * s] + q[j * s + 1] + q[j * s + 2] + q[j * s + 3];
            along += sum;
            sums[column] = along + (above ? above[column] : 0);
        }
    }
}

static uint32_t sum_to(const struct binary *binary, int column, int row)
{
    return column < 0 || row < 0 ? 0 : binary->sums[row * binary->columns + column];
}

static void threshold_row(struct binary *binary, int row, int radius, int bias)
{
    int top = row - radius - 1, bottom = row + radius;
    uint8_t *out = binary->threshold + (size_t)row * (size_t)binary->columns;

    top = top < -1 ? -1 : top;
    bottom = bottom < binary->rows ? bottom : binary->rows - 1;
    for (int column = 0; column < binary->columns; column++) {
        int left = column - radius - 1, right = column + radius;

        left = left < -1 ? -1 : left;
        right = right < binary->columns ? right : binary->columns - 1;
        uint32_t sum = sum_to(binary, right, bottom) - sum_to(binary, left, bottom) - sum_to(binary, right, top) +
                       sum_to(binary, left, top);
        uint32_t pixels = (uint32_t)((right - left) * (bottom - top)) * BINARISE_CELL * BINARISE_CELL;
        int mean = (int)(sum / pixels);

        out[column] = (uint8_t)(mean > bias ? mean - bias : 1);
    }
}

void binarise(struct binary *binary, const struct plane *plane, int radius, int bias)
{
    uint8_t line[SCAN_WIDTH_MAX] = {0};

    for (int row = 0; row < binary->rows; row++) {
        threshold_row(binary, row, radius, bias);
        const uint8_t *threshold = binary->threshold + (size_t)row * (size_t)binary->columns;
        int last = row == binary->rows - 1 ? binary->height : (row + 1) * BINARISE_CELL;

        for (int column = 0; column < binary->columns; column++)
            memset(line + (ptrdiff_t)column * BINARISE_CELL, threshold[column], BINARISE_CELL);
        for (int x = binary->columns * BINARISE_CELL; x < binary->width; x++)
            line[x] = threshold[binary->columns - 1];
        for (int y = row * BINARISE_CELL; y < last; y++) {
            const uint8_t *restrict from = plane->at + (size_t)y * (size_t)plane->stride;
            uint8_t *restrict to = binary->bits + (size_t)y * (size_t)binary->width;

            for (int x = 0; x < binary->width; x++)
                to[x] = from[x] < line[x];
        }
    }
}
