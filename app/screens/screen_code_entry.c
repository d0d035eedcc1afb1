#include <stdio.h>
#include <string.h>

#include "screens/screens.h"

/* Crockford's base 32: without I, L, O and U, which are mistaken for others. */
static const char keys[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
#define KEY_COUNT ((int)sizeof(keys) - 1)

static void key_button(struct scene *scene, struct rect area, char key)
{
    const struct theme *theme = scene->theme;
    char name[32];
    char label[2] = {key, '\0'};
    snprintf(name, sizeof(name), "key_%c", key);
    scene_box(scene, area,
              (struct box_style){.fill = scene_pressed(scene, name) ? theme->sunken : theme->card,
                                 .edge = theme->line,
                                 .radius = theme->radius * 3 / 4});
    scene_text(scene, area, style_centred(style_lines(style_bold(scene, TEXT_LEAD, theme->ink), 1)), label);
    scene_hit(scene, area, hit_of(name, INTENT_KEY, key));
}

static void keyboard(struct scene *scene, struct rect area, int columns)
{
    const struct grid grid = {columns, (KEY_COUNT + columns - 1) / columns, scene->theme->unit};
    for (int i = 0; i < KEY_COUNT; i++) {
        key_button(scene, rect_cell(area, grid, i % columns, i / columns), keys[i]);
    }
}

static void typed_card(struct scene *scene, const struct view_code_entry *entry, struct rect area)
{
    const struct theme *theme = scene->theme;
    struct rect inner = rect_inset(area, theme->pad, theme->unit);
    uint32_t edge = entry->wrong ? theme->refuse : entry->complete ? theme->good : theme->line;
    widget_card_only(scene, area);
    scene_box(scene, area,
              (struct box_style){.edge = edge,
                                 .edge_width = entry->wrong || entry->complete ? theme->hairline * 2 : 0,
                                 .radius = theme->radius});
    struct rect hint = rect_cut_bottom(&inner, block_of_lines(scene, TEXT_CAPTION, 1));
    struct text_style quiet = style_lines(style_text(scene, TEXT_CAPTION, theme->muted), 1);
    quiet.colour = entry->wrong ? theme->refuse : theme->muted;
    scene_text(scene, hint, style_centred(quiet),
               entry->wrong      ? say(scene, N_("One character is not right; compare with the coupon"))
               : entry->complete ? say(scene, N_("The code is complete"))
                                 : say(scene, N_("The 12 characters below the coupon's code, or a product's number")));
    bool empty = entry->typed[0] == '\0';
    uint32_t ink = empty ? colour_mix(theme->muted, theme->card, 550) : theme->ink;
    struct text_style code = style_centred(style_lines(style_bold(scene, TEXT_TITLE, ink), 1));
    scene_text(scene, inner, code, empty ? "____-____-____" : entry->typed);
}

static void editing(struct scene *scene, const struct view_code_entry *entry, struct rect area, bool beside)
{
    const struct grid grid = {beside ? 1 : 3, beside ? 3 : 1, scene->theme->unit};
    const struct button buttons[3] = {
        {.kind = BUTTON_PLAIN,
         .icon = ICON_ERASE,
         .label = say(scene, N_("Erase")),
         .hit = hit_of("erase", INTENT_ERASE, 0)},
        {.kind = BUTTON_PLAIN,
         .icon = ICON_CROSS,
         .label = say(scene, N_("Clear")),
         .hit = hit_of("clear", INTENT_CLEAR, 0)},
        {.kind = BUTTON_PRIMARY,
         .icon = ICON_CHECK,
         .label = say(scene, N_("Confirm")),
         .disabled = entry->typed[0] == '\0' || entry->wrong,
         .hit = hit_of("ok", INTENT_OK, 0)},
    };
    for (int i = 0; i < 3; i++) {
        struct button button = buttons[i];
        button.tall = beside && !scene->theme->compact;
        widget_button(scene, rect_cell(area, grid, beside ? 0 : i, beside ? i : 0), &button);
    }
}

void screen_code_entry(struct scene *scene, const struct view_model *view)
{
    const struct theme *theme = scene->theme;
    struct strip strip = {.back = true, .title = say(scene, N_("Type a code"))};
    struct rect body = strip_draw(scene, view, &strip);
    int head = theme->text[TEXT_TITLE] * (theme->compact ? 2 : 5) / 2 + theme->text[TEXT_CAPTION] * 2;
    typed_card(scene, &view->code_entry, rect_cut_top(&body, head));
    rect_cut_top(&body, theme->gap);
    if (theme->portrait) {
        struct rect below = rect_cut_bottom(&body, theme->button + theme->unit);
        rect_cut_bottom(&body, theme->gap);
        int tall = theme->touch * 14;
        keyboard(scene, rect_cut_bottom(&body, tall), 8);
        editing(scene, &view->code_entry, below, false);
        return;
    }
    struct rect beside = rect_cut_right(&body, body.width / 5);
    rect_cut_right(&body, theme->gap);
    keyboard(scene, body, 8);
    editing(scene, &view->code_entry, beside, true);
}
