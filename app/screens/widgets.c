#include <stdio.h>

#include "screens/widgets.h"

struct text_style style_text(const struct scene *scene, enum text_size size, uint32_t colour)
{
    return (struct text_style){.colour = colour, .size = (uint16_t)scene->theme->text[size]};
}

struct text_style style_bold(const struct scene *scene, enum text_size size, uint32_t colour)
{
    struct text_style style = style_text(scene, size, colour);
    style.bold = true;
    return style;
}

struct text_style style_centred(struct text_style style)
{
    style.align = ALIGN_CENTRE;
    return style;
}

struct text_style style_end(struct text_style style)
{
    style.align = ALIGN_END;
    return style;
}

struct text_style style_lines(struct text_style style, int lines)
{
    style.lines = (uint8_t)lines;
    return style;
}

struct text_style style_sentence(struct text_style style)
{
    style.sentence = true;
    return style;
}

struct text_style style_place(struct text_style style, enum text_place place)
{
    style.place = (uint8_t)place;
    return style;
}

int block_of_lines(const struct scene *scene, enum text_size size, int lines)
{
    return text_block_height(lines, scene->theme->text[size]);
}

void widget_card_only(struct scene *scene, struct rect area)
{
    const struct theme *theme = scene->theme;
    struct rect shade = area;
    shade.y += theme->unit / 4 + 1;
    scene_box(scene, shade, (struct box_style){.fill = 0x12302820u, .radius = theme->radius});
    scene_box(scene, area, (struct box_style){.fill = theme->card, .edge = theme->line, .radius = theme->radius});
}

struct rect widget_card(struct scene *scene, struct rect area)
{
    widget_card_only(scene, area);
    return rect_inset(area, scene->theme->pad, scene->theme->pad);
}

void widget_panel(struct scene *scene, struct rect area, uint32_t fill)
{
    scene_box(scene, area, (struct box_style){.fill = fill, .radius = scene->theme->radius});
}

struct ui_hit hit_of(const char *name, enum intent intent, int64_t argument)
{
    struct ui_hit hit = {.intent = intent, .argument = argument};
    snprintf(hit.name, sizeof(hit.name), "%s", name);
    return hit;
}

struct button_look {
    uint32_t fill, edge, ink, icon_ink;
};

static struct button_look look_of(const struct scene *scene, const struct button *button)
{
    const struct theme *t = scene->theme;
    struct button_look look = {0, 0, t->ink, t->accent_ink};
    switch (button->kind) {
    case BUTTON_PRIMARY:
        look = (struct button_look){t->accent, 0, t->on_accent, t->on_accent};
        break;
    case BUTTON_PLAIN:
        look.fill = t->card;
        look.edge = t->line;
        break;
    case BUTTON_QUIET:
        break;
    case BUTTON_DANGER:
        look = (struct button_look){t->card, t->line, t->refuse, t->refuse};
        break;
    }
    if (button->ground != 0) {
        uint32_t on = colour_on(button->ground);
        look = (struct button_look){button->ground, 0, on, on};
    }
    if (button->disabled) {
        look = (struct button_look){t->sunken, 0, colour_mix(t->muted, t->sunken, 400),
                                    colour_mix(t->muted, t->sunken, 400)};
    } else if (scene_pressed(scene, button->hit.name)) {
        look.fill = look.fill >> 24 == 0 ? t->sunken : colour_mix(look.fill, 0xFF000000u, 160);
    }
    return look;
}

/* Icon beside the label, both in the middle. */
static void button_row(struct scene *scene, struct rect area, const struct button *button,
                       const struct button_look *look)
{
    const struct theme *theme = scene->theme;
    struct text_style style = style_lines(style_bold(scene, TEXT_BODY, look->ink), 1);
    struct rect inner = rect_inset(area, theme->unit * (theme->compact ? 1 : 2), 0);
    int icon = button->icon == ICON_NONE ? 0 : theme->text[TEXT_BODY] * 5 / 4;
    int gap = icon > 0 ? theme->unit : 0;
    int room = inner.width - icon - gap;
    int width = scene_text_width(scene, style, button->label);
    width = width > room ? room : width;
    struct rect row = rect_centred(inner, icon + gap + width, area.height);
    scene_icon(scene, rect_cut_left(&row, icon), button->icon, look->icon_ink);
    rect_cut_left(&row, gap);
    row.width = rect_right(inner) - row.x;
    if (width == room || icon > 0) {
        scene_text(scene, row, style, button->label);
    } else {
        scene_text(scene, inner, style_centred(style), button->label);
    }
}

static void button_tall(struct scene *scene, struct rect area, const struct button *button,
                        const struct button_look *look)
{
    const struct theme *theme = scene->theme;
    bool large = area.width > theme->unit * 44;
    struct text_style label =
        style_centred(style_lines(style_bold(scene, large ? TEXT_TITLE : TEXT_BODY, look->ink), large ? 1 : 2));
    uint32_t quiet = colour_mix(look->ink, look->fill >> 24 != 0 ? look->fill : theme->paper, 120);
    struct text_style hint = style_centred(style_lines(style_text(scene, large ? TEXT_BODY : TEXT_CAPTION, quiet), 2));
    struct rect inner = rect_inset(area, theme->unit, theme->unit);
    int icon = theme->text[TEXT_TITLE] * (large ? 3 : 2) / 2;
    icon = icon < inner.height / 2 ? icon : inner.height / 2;
    int line = scene_text_height(scene, label, button->label, inner.width);
    int more = button->hint != NULL ? scene_text_height(scene, hint, button->hint, inner.width) : 0;
    int wanted = icon + theme->unit + line + more;
    if (wanted > inner.height) {
        icon = icon - (wanted - inner.height) > theme->unit * 3 ? icon - (wanted - inner.height) : theme->unit * 3;
        wanted = icon + theme->unit / 2 + line + more;
    }
    struct rect stack = rect_centred(inner, inner.width, wanted < inner.height ? wanted : inner.height);
    scene_icon(scene, rect_cut_top(&stack, icon), button->icon, look->icon_ink);
    rect_cut_top(&stack, theme->unit / 2);
    struct rect below = rect_cut_bottom(&stack, more);
    scene_text(scene, stack, label, button->label);
    if (button->hint != NULL) {
        scene_text(scene, below, hint, button->hint);
    }
}

void widget_button(struct scene *scene, struct rect area, const struct button *button)
{
    const struct theme *theme = scene->theme;
    struct button_look look = look_of(scene, button);
    int radius = button->tall ? theme->radius : theme->radius * 3 / 4;
    scene_box(scene, area, (struct box_style){.fill = look.fill, .edge = look.edge, .radius = radius});
    if (button->label == NULL) {
        int side = theme->text[TEXT_LEAD];
        scene_icon(scene, rect_centred(area, side, side), button->icon, look.icon_ink);
    } else if (button->tall) {
        button_tall(scene, area, button, &look);
    } else {
        button_row(scene, area, button, &look);
    }
    if (!button->disabled) {
        scene_hit(scene, area, button->hit);
    }
}

static int pill_icon(const struct scene *scene)
{
    return scene->theme->text[TEXT_CAPTION] * 5 / 4;
}

int widget_pill_width(const struct scene *scene, const struct pill *pill, int height)
{
    struct text_style style = style_text(scene, TEXT_CAPTION, pill->ink);
    int icon = pill->icon != ICON_NONE ? pill_icon(scene) + scene->theme->unit / 2 : 0;
    return icon + scene_text_width(scene, style, pill->text) + height * 4 / 5 + 2;
}

void widget_pill(struct scene *scene, struct rect area, const struct pill *pill)
{
    struct text_style style = style_lines(style_text(scene, TEXT_CAPTION, pill->ink), 1);
    scene_box(scene, area, (struct box_style){.fill = pill->fill, .radius = area.height / 2});
    struct rect inner = rect_inset(area, area.height * 2 / 5, 0);
    if (pill->icon != ICON_NONE) {
        scene_icon(scene, rect_cut_left(&inner, pill_icon(scene)), pill->icon, pill->ink);
        rect_cut_left(&inner, scene->theme->unit / 2);
    }
    scene_text(scene, inner, style, pill->text);
}

void widget_disc(struct scene *scene, struct rect area, enum icon icon, uint32_t fill, uint32_t ink)
{
    int side = area.width < area.height ? area.width : area.height;
    struct rect disc = rect_centred(area, side, side);
    scene_box(scene, disc, (struct box_style){.fill = fill, .radius = side / 2});
    scene_icon(scene, rect_centred(disc, side * 11 / 20, side * 11 / 20), icon, ink);
}

void widget_line(struct scene *scene, struct rect area)
{
    scene_fill(scene, rect_make(area.x, area.y, area.width, scene->theme->hairline), scene->theme->line);
}

void widget_pair(struct scene *scene, struct rect area, const struct pair_row *row)
{
    const struct theme *theme = scene->theme;
    struct text_style value = style_end(style_lines(style_text(scene, row->size, theme->ink), 1));
    struct text_style label = style_lines(style_text(scene, row->size, theme->muted), 1);
    if (row->ink != 0) {
        value.colour = row->ink;
    }
    value.bold = row->strong;
    value.money = row->money;
    int width = scene_text_width(scene, value, row->value) + 2;
    int most = area.width * 2 / 3;
    struct rect end = rect_cut_right(&area, width < most ? width : most);
    rect_cut_right(&area, theme->unit);
    scene_text(scene, area, label, row->label);
    scene_text(scene, end, value, row->value);
}

static void pad_digit(struct scene *scene, struct rect area, int digit)
{
    const struct theme *theme = scene->theme;
    char name[32];
    char label[2] = {(char)('0' + digit), '\0'};
    snprintf(name, sizeof(name), "key_%d", digit);
    bool pressed = scene_pressed(scene, name);
    struct box_style box = {
        .fill = pressed ? theme->sunken : theme->card, .edge = theme->line, .radius = theme->radius * 3 / 4};
    scene_box(scene, area, box);
    struct text_style style = style_centred(style_lines(style_bold(scene, TEXT_LEAD, theme->ink), 1));
    scene_text(scene, area, style, label);
    scene_hit(scene, area, hit_of(name, INTENT_KEY, '0' + digit));
}

void widget_pad(struct scene *scene, struct rect area)
{
    const struct grid grid = {3, 4, scene->theme->unit};
    for (int digit = 1; digit <= 9; digit++) {
        pad_digit(scene, rect_cell(area, grid, (digit - 1) % 3, (digit - 1) / 3), digit);
    }
    widget_button(scene, rect_cell(area, grid, 0, 3),
                  &(struct button){
                      .kind = BUTTON_QUIET, .label = say(scene, N_("Clear")), .hit = hit_of("clear", INTENT_CLEAR, 0)});
    pad_digit(scene, rect_cell(area, grid, 1, 3), 0);
    widget_button(scene, rect_cell(area, grid, 2, 3),
                  &(struct button){.kind = BUTTON_QUIET, .icon = ICON_ERASE, .hit = hit_of("erase", INTENT_ERASE, 0)});
}

void widget_dots(struct scene *scene, struct rect area, uint32_t filled, uint32_t total)
{
    const struct theme *theme = scene->theme;
    int side = theme->text[TEXT_BODY];
    int gap = side * 3 / 4;
    int count = (int)(filled > total ? filled : total);
    struct rect row = rect_centred(area, count * (side + gap) - gap, side);
    for (int i = 0; i < count; i++) {
        struct rect dot = rect_cut_left(&row, side);
        rect_cut_left(&row, gap);
        bool on = i < (int)filled;
        scene_box(scene, dot,
                  (struct box_style){
                      .fill = on ? theme->ink : theme->sunken, .edge = on ? 0 : theme->line, .radius = side / 2});
    }
}
