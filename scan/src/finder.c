#include "finder.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Where the colour changes along one row: ends[0] = 0, the last is the width. */
struct row_runs {
    int count;
    uint16_t ends[SCAN_WIDTH_MAX + 2];
};

static void find_runs(const uint8_t *bits, int width, struct row_runs *out)
{
    int count = 0, x = 1;

    out->ends[count++] = 0;
    for (; x + 8 <= width; x += 8) {
        uint64_t here, before;

        memcpy(&here, bits + x, 8);
        memcpy(&before, bits + x - 1, 8);
        for (uint64_t change = here ^ before; change; change &= change - 1)
            out->ends[count++] = (uint16_t)(x + (__builtin_ctzll(change) >> 3));
    }
    for (; x < width; x++)
        if (bits[x] != bits[x - 1])
            out->ends[count++] = (uint16_t)x;
    out->ends[count++] = (uint16_t)width;
    out->count = count;
}

/*
 * Pairs of neighbouring runs keep their length when blooming or a wrong threshold feeds one colour to the other; so the
 * pairs (2:4:4:2 modules) are held to a narrow tolerance and the single runs to a wide one.
 */
static bool is_finder_cut(const int runs[5])
{
    int total = runs[0] + runs[1] + runs[2] + runs[3] + runs[4];

    if (total < 8)
        return false;
    float module = (float)total / 7.0f, slack = 0.5f * module + 0.8f;

    if (fabsf((float)(runs[0] + runs[1]) - 2 * module) > slack ||
        fabsf((float)(runs[3] + runs[4]) - 2 * module) > slack)
        return false;
    if (fabsf((float)(runs[1] + runs[2]) - 4 * module) > slack * 1.4f ||
        fabsf((float)(runs[2] + runs[3]) - 4 * module) > slack * 1.4f)
        return false;
    if ((float)runs[2] < 1.7f * module || (float)runs[2] > 4.4f * module)
        return false;
    for (int i = 0; i < 5; i++)
        if (i != 2 && ((float)runs[i] < 0.3f * module || (float)runs[i] > 1.9f * module + 0.7f))
            return false;
    return true;
}

struct line {
    const uint8_t *bits;
    ptrdiff_t step; /* from one pixel to the next */
    int length;
};

/* The five runs around position at along the line; their common centre, or a negative number. */
static float cut_around(const struct line *line, int at, int limit, int runs[5])
{
    int ends[6], i;
    const uint8_t *bits = line->bits;
    uint8_t colour = bits[at * line->step];

    for (i = at; i > 0 && bits[(i - 1) * line->step] == colour; i--)
        ;
    ends[2] = i;
    for (int k = 1; k >= 0; k--) {
        int from = i;

        if (i == 0)
            return -1;
        uint8_t c = bits[(i - 1) * line->step];
        for (; i > 0 && bits[(i - 1) * line->step] == c && from - i <= limit; i--)
            ;
        ends[k] = i;
    }
    for (i = at + 1; i < line->length && bits[i * line->step] == colour; i++)
        ;
    ends[3] = i;
    for (int k = 4; k <= 5; k++) {
        int from = i;

        if (i == line->length)
            return -1;
        uint8_t c = bits[i * line->step];
        for (; i < line->length && bits[i * line->step] == c && i - from <= limit; i++)
            ;
        ends[k] = i;
    }
    for (int k = 0; k < 5; k++)
        runs[k] = ends[k + 1] - ends[k];
    return is_finder_cut(runs) ? (float)(ends[2] + ends[3]) * 0.5f : -1;
}

static int sum_of(const int runs[5])
{
    return runs[0] + runs[1] + runs[2] + runs[3] + runs[4];
}

static void add(struct candidate_list *list, const struct finder_candidate *found)
{
    float size = most(found->across, found->down);

    for (int i = 0; i < list->count; i++) {
        struct finder_candidate *known = &list->items[i];
        float reach = 1.5f * most(size, most(known->across, known->down));

        if (known->inverted != found->inverted || fabsf(known->at.x - found->at.x) > reach ||
            fabsf(known->at.y - found->at.y) > reach)
            continue;
        float share = 1.0f / (float)(known->hits + 1);
        known->at.x += (found->at.x - known->at.x) * share;
        known->at.y += (found->at.y - known->at.y) * share;
        known->across += (found->across - known->across) * share;
        known->down += (found->down - known->down) * share;
        known->hits++;
        return;
    }
    if (list->count < CANDIDATES_MAX) {
        list->items[list->count++] = *found;
        return;
    }
    for (int i = 0; i < list->count; i++) {
        if (list->items[i].hits <= 1) {
            list->items[i] = *found;
            return;
        }
    }
}

/* A cut across at row y with its middle at x: does the cut down agree, and the cut across through that one's middle? */
static void check_candidate(const struct binary *binary, float x, int y, const int runs[5], struct candidate_list *list)
{
    int total = sum_of(runs), down[5] = {0}, across[5] = {0}, column = (int)x;
    struct line vertical = {binary->bits + column, binary->width, binary->height};
    float cy = cut_around(&vertical, y, total, down);

    if (cy < 0 || sum_of(down) * 3 < total || sum_of(down) > total * 3)
        return;
    struct line horizontal = {binary->bits + (size_t)(int)cy * (size_t)binary->width, 1, binary->width};
    if (horizontal.bits[column] != vertical.bits[(ptrdiff_t)y * binary->width])
        return;
    float cx = cut_around(&horizontal, column, total, across);
    if (cx < 0)
        return;
    struct finder_candidate found = {{cx, cy}, (float)sum_of(across) / 7.0f, (float)sum_of(down) / 7.0f,
                                     1,        horizontal.bits[column] == 0, false};
    add(list, &found);
}

void finder_candidates(const struct binary *binary, int row_step, struct candidate_list *list)
{
    struct row_runs row;

    for (int y = row_step / 2; y < binary->height; y += row_step) {
        find_runs(binary->bits + (size_t)y * (size_t)binary->width, binary->width, &row);
        for (int k = 0; k + 5 < row.count; k++) {
            const uint16_t *e = row.ends + k;
            int runs[5] = {e[1] - e[0], e[2] - e[1], e[3] - e[2], e[4] - e[3], e[5] - e[4]};

            /* Most places fail here, cheaply. */
            if (runs[2] < runs[1] || runs[2] < runs[3] || !is_finder_cut(runs))
                continue;
            check_candidate(binary, (float)(e[2] + e[3]) * 0.5f, y, runs, list);
        }
    }
}
