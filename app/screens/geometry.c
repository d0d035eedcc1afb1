#include "screens/geometry.h"

static int least(int a, int b)
{
    return a < b ? a : b;
}

static int most(int a, int b)
{
    return a > b ? a : b;
}

struct rect rect_make(int x, int y, int width, int height)
{
    return (struct rect){x, y, width, height};
}

bool rect_empty(struct rect r)
{
    return r.width <= 0 || r.height <= 0;
}

int rect_right(struct rect r)
{
    return r.x + r.width;
}

int rect_bottom(struct rect r)
{
    return r.y + r.height;
}

bool rect_equal(struct rect a, struct rect b)
{
    return a.x == b.x && a.y == b.y && a.width == b.width && a.height == b.height;
}

bool rect_contains(struct rect r, int x, int y)
{
    return x >= r.x && y >= r.y && x < rect_right(r) && y < rect_bottom(r);
}

bool rect_overlap(struct rect a, struct rect b)
{
    return !rect_empty(rect_intersect(a, b));
}

struct rect rect_union(struct rect a, struct rect b)
{
    if (rect_empty(a)) {
        return b;
    }
    if (rect_empty(b)) {
        return a;
    }
    int x = least(a.x, b.x);
    int y = least(a.y, b.y);
    return rect_make(x, y, most(rect_right(a), rect_right(b)) - x, most(rect_bottom(a), rect_bottom(b)) - y);
}

struct rect rect_intersect(struct rect a, struct rect b)
{
    int x = most(a.x, b.x);
    int y = most(a.y, b.y);
    struct rect r = rect_make(x, y, least(rect_right(a), rect_right(b)) - x, least(rect_bottom(a), rect_bottom(b)) - y);
    return rect_empty(r) ? rect_make(x, y, 0, 0) : r;
}

struct rect rect_inset(struct rect r, int dx, int dy)
{
    return rect_make(r.x + dx, r.y + dy, most(r.width - 2 * dx, 0), most(r.height - 2 * dy, 0));
}

struct rect rect_centred(struct rect outer, int width, int height)
{
    return rect_make(outer.x + (outer.width - width) / 2, outer.y + (outer.height - height) / 2, width, height);
}

struct rect rect_cut_top(struct rect *r, int height)
{
    int cut = most(least(height, r->height), 0);
    struct rect piece = rect_make(r->x, r->y, r->width, cut);
    r->y += cut;
    r->height -= cut;
    return piece;
}

struct rect rect_cut_bottom(struct rect *r, int height)
{
    int cut = most(least(height, r->height), 0);
    r->height -= cut;
    return rect_make(r->x, r->y + r->height, r->width, cut);
}

struct rect rect_cut_left(struct rect *r, int width)
{
    int cut = most(least(width, r->width), 0);
    struct rect piece = rect_make(r->x, r->y, cut, r->height);
    r->x += cut;
    r->width -= cut;
    return piece;
}

struct rect rect_cut_right(struct rect *r, int width)
{
    int cut = most(least(width, r->width), 0);
    r->width -= cut;
    return rect_make(r->x + r->width, r->y, cut, r->height);
}

struct rect rect_cell(struct rect r, struct grid grid, int column, int row)
{
    int across = r.width + grid.gap;
    int down = r.height + grid.gap;
    int x0 = across * column / grid.columns;
    int x1 = across * (column + 1) / grid.columns;
    int y0 = down * row / grid.rows;
    int y1 = down * (row + 1) / grid.rows;
    return rect_make(r.x + x0, r.y + y0, x1 - x0 - grid.gap, y1 - y0 - grid.gap);
}
