#include <stdio.h>

#include "screens/screens.h"

static const char *where(struct scene *scene, const struct view_pool_row *row)
{
    if (row->here > 0 && row->elsewhere > 0)
        return say(scene, N_("{n} here now, {m} elsewhere, until {day}"));
    if (row->here > 0)
        return say_plural(scene, "{n} here now, until {day}", "{n} here now, until {day}", row->here);
    if (row->only[0] != '\0')
        return say_plural(scene, "{m} at {store} only, until {day}", "{m} at {store} only, until {day}",
                          row->elsewhere);
    return say_plural(scene, "{m} at other stores, until {day}", "{m} at other stores, until {day}", row->elsewhere);
}

void screen_pool_words(struct scene *scene, const struct view_pool_row *row, struct rect area)
{
    const struct theme *theme = scene->theme;
    char here[16], elsewhere[16], text[VIEW_TEXT_MAX * 2];
    struct rect name = rect_cut_top(&area, area.height * 5 / 9);
    struct text_style line = style_place(style_lines(style_text(scene, TEXT_BODY, theme->muted), 1), PLACE_TOP);
    scene_text(scene, name, style_place(style_lines(style_bold(scene, TEXT_LEAD, theme->ink), 1), PLACE_BOTTOM),
               row->name);
    snprintf(here, sizeof(here), "%u", row->here);
    snprintf(elsewhere, sizeof(elsewhere), "%u", row->elsewhere);
    words_fill(text, sizeof(text), where(scene, row),
               (struct word[]){{"n", here}, {"m", elsewhere}, {"store", row->only}, {"day", row->until}}, 4);
    line.may_cut = row->here == 0 && row->only[0] != '\0'; /* a store's name */
    scene_text(scene, area, line, text);
}

/* What is only elsewhere is told, not given. */
static void row_card(struct scene *scene, const struct view_pool_row *row, struct rect area, int number)
{
    const struct theme *theme = scene->theme;
    bool here = row->here > 0;
    char name[32];
    snprintf(name, sizeof(name), "pool_%d", number);
    uint32_t fill = !here ? theme->sunken : scene_pressed(scene, name) ? theme->accent_soft : theme->card;
    scene_box(scene, area, (struct box_style){.fill = fill, .edge = here ? theme->line : 0, .radius = theme->radius});
    struct rect inner = rect_inset(area, theme->unit * 2, theme->unit / 2 + 1);
    int disc = theme->text[TEXT_TITLE];
    disc = disc < inner.height ? disc : inner.height;
    widget_disc(scene, rect_cut_left(&inner, disc), ICON_COUPON, here ? theme->accent_soft : theme->sunken,
                here ? theme->accent_ink : theme->muted);
    rect_cut_left(&inner, theme->unit * 3 / 2);
    screen_pool_words(scene, row, inner);
    if (here)
        scene_hit(scene, area, hit_of(name, INTENT_POOL, row->campaign));
}

void screen_pool(struct scene *scene, const struct view_model *view)
{
    const struct theme *theme = scene->theme;
    const struct view_pool *pool = &view->pool;
    struct strip strip = {.back = true, .title = say(scene, N_("Which one for this customer?")), .devices = true};
    struct rect body = strip_draw(scene, view, &strip);
    if (pool->row_count == 0) { /* given away since */
        scene_text(scene, body, style_centred(style_lines(style_bold(scene, TEXT_LEAD, theme->ink), 2)),
                   say(scene, N_("There is none any more.")));
        return;
    }
    int most = theme->text[TEXT_LEAD] * 5;
    const struct grid grid = {1, VIEW_POOL_MAX, theme->unit * 3 / 2};
    int tall = VIEW_POOL_MAX * most + (VIEW_POOL_MAX - 1) * grid.gap;
    struct rect field = rect_cut_top(&body, tall < body.height ? tall : body.height);
    for (int i = 0; i < (int)pool->row_count; i++)
        row_card(scene, &pool->rows[i], rect_cell(field, grid, 0, i), i);
}
