#ifndef APP_SCREENS_GEOMETRY_H
#define APP_SCREENS_GEOMETRY_H

/* Rectangles cut into smaller ones: every layout is made of these cuts. Pure. */

#include <stdbool.h>

#include "hal/rect.h"

struct rect rect_make(int x, int y, int width, int height);
bool rect_empty(struct rect r);
int rect_right(struct rect r);
int rect_bottom(struct rect r);
bool rect_equal(struct rect a, struct rect b);
bool rect_contains(struct rect r, int x, int y);
bool rect_overlap(struct rect a, struct rect b);
struct rect rect_union(struct rect a, struct rect b); /* an empty one adds nothing */
struct rect rect_intersect(struct rect a, struct rect b);

struct rect rect_inset(struct rect r, int dx, int dy); /* negative grows */
struct rect rect_centred(struct rect outer, int width, int height);

/* Cut a piece off and shrink what is left; the piece is never larger than what is there. */
struct rect rect_cut_top(struct rect *r, int height);
struct rect rect_cut_bottom(struct rect *r, int height);
struct rect rect_cut_left(struct rect *r, int width);
struct rect rect_cut_right(struct rect *r, int width);

/* Cell i of a grid that fills r; gaps lie between the cells and pixels are shared out without a remainder. */
struct grid {
    int columns, rows, gap;
};
struct rect rect_cell(struct rect r, struct grid grid, int column, int row);

#endif
