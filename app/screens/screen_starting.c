#include "screens/screens.h"

struct halves screen_split(const struct scene *scene, struct rect area, int first_permille)
{
    const struct theme *theme = scene->theme;
    struct halves halves;
    if (theme->portrait) {
        halves.first = rect_cut_top(&area, (area.height - theme->gap) * first_permille / 1000);
        rect_cut_top(&area, theme->gap);
    } else {
        halves.first = rect_cut_left(&area, (area.width - theme->gap) * first_permille / 1000);
        rect_cut_left(&area, theme->gap);
    }
    halves.second = area;
    return halves;
}

/*
 * The house's mark, of plain boxes: a counter seen from the front with a code on it. Nothing is loaded for it, so the
 * first frame stands before fonts and icons are there.
 */
void screen_starting(struct scene *scene, const struct view_model *view)
{
    (void)view;
    const struct theme *theme = scene->theme;
    struct rect whole = rect_make(0, 0, theme->width, theme->height);
    int cell = theme->unit * 3;
    scene_fill(scene, whole, theme->paper);
    struct rect tile = rect_centred(whole, cell * 8, cell * 8);
    scene_box(scene, tile, (struct box_style){.fill = theme->accent, .radius = cell * 2});
    uint32_t on = theme->on_accent;
    struct rect bar = rect_make(tile.x + cell * 3 / 2, tile.y + cell * 2, cell * 5, cell);
    scene_box(scene, bar, (struct box_style){.fill = on, .radius = cell / 2});
    struct rect post = rect_make(tile.x + cell * 7 / 2, tile.y + cell * 2, cell, cell * 4);
    scene_box(scene, post, (struct box_style){.fill = on, .radius = cell / 2});
    struct rect dot = rect_make(tile.x + cell * 11 / 2, tile.y + cell * 5, cell, cell);
    scene_box(scene, dot, (struct box_style){.fill = on, .radius = cell / 4});
}
