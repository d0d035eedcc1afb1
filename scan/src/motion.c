#include "scan/scan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    SAMPLES_A_SIDE = 4, /* of each cell; enough to average sensor noise down to about 2 grey levels */
    CELL_STEP = 12,     /* grey levels: what counts as a changed cell */
    CELLS_CHANGED = 6,  /* a phone at arm's length covers more than this */
};

static uint8_t cell_mean(const struct scan_image *image, int column, int row)
{
    int x0 = image->width * column / SCAN_MOTION_COLUMNS, x1 = image->width * (column + 1) / SCAN_MOTION_COLUMNS;
    int y0 = image->height * row / SCAN_MOTION_ROWS, y1 = image->height * (row + 1) / SCAN_MOTION_ROWS;
    int sum = 0;

    for (int j = 0; j < SAMPLES_A_SIDE; j++) {
        int y = y0 + (y1 - y0) * (2 * j + 1) / (2 * SAMPLES_A_SIDE);
        const uint8_t *line = image->grey + (size_t)y * (size_t)image->stride;

        for (int i = 0; i < SAMPLES_A_SIDE; i++)
            sum += line[x0 + (x1 - x0) * (2 * i + 1) / (2 * SAMPLES_A_SIDE)];
    }
    return (uint8_t)(sum / (SAMPLES_A_SIDE * SAMPLES_A_SIDE));
}

bool scan_motion_step(struct scan_motion *motion, const struct scan_image *image)
{
    enum { CELLS = SCAN_MOTION_COLUMNS * SCAN_MOTION_ROWS };
    uint8_t grid[CELLS];
    int shift = 0, changed = 0;

    assert(motion && image && image->grey && image->width > 0 && image->height > 0);
    for (int row = 0; row < SCAN_MOTION_ROWS; row++)
        for (int column = 0; column < SCAN_MOTION_COLUMNS; column++)
            grid[row * SCAN_MOTION_COLUMNS + column] = cell_mean(image, column, row);

    for (int i = 0; i < CELLS; i++)
        shift += grid[i] - motion->grid[i];
    shift /= CELLS;
    for (int i = 0; i < CELLS; i++)
        changed += abs(grid[i] - motion->grid[i] - shift) > CELL_STEP;

    bool moved = motion->primed && changed >= CELLS_CHANGED;
    memcpy(motion->grid, grid, sizeof(grid));
    motion->primed = true;
    return moved;
}
