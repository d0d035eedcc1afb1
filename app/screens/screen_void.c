#include <stdio.h>

#include "screens/screens.h"

static void act_amounts(struct scene *scene, const struct view_act_row *act, struct rect area)
{
    const struct theme *theme = scene->theme;
    char paid[MONEY_LABEL_MAX];
    struct text_style big = style_end(style_lines(style_bold(scene, TEXT_BODY, theme->ink), 1));
    struct text_style small = style_end(style_lines(style_text(scene, TEXT_CAPTION, theme->accent_ink), 1));
    if (act->voided) {
        big.colour = theme->muted;
        small.colour = theme->muted;
    }
    struct rect upper = rect_cut_top(&area, area.height / 2);
    int64_t off = act->discount_minor > 0 ? act->discount_minor : act->credit_minor;
    if (off > 0 && act->paid_minor == 0) { /* redeemed without a stated sale: the discount is all there is */
        scene_text(scene, rect_union(upper, area), big, money_label(-off, true, paid));
        return;
    }
    scene_text(scene, off > 0 ? upper : rect_union(upper, area), big, money_label(act->paid_minor, false, paid));
    if (off > 0)
        scene_text(scene, area, small, money_label(-off, true, paid));
}

static void act_words(struct scene *scene, const struct view_act_row *act, struct rect area)
{
    const struct theme *theme = scene->theme;
    char text[VIEW_TEXT_MAX + 64];
    struct rect upper = rect_cut_top(&area, area.height * 3 / 5);
    struct text_style title = style_lines(style_bold(scene, TEXT_BODY, act->voided ? theme->muted : theme->ink), 2);
    title.least = (uint16_t)(theme->text[TEXT_CAPTION] * 4 / 5);
    scene_text(scene, upper, title, act->title[0] != '\0' ? act->title : say(scene, N_("Sale")));
    words_fill(text, sizeof(text), act->voided ? say(scene, N_("{clock}  undone")) : "{clock}  {clerk}",
               (struct word[]){{"clock", act->clock}, {"clerk", act->clerk}}, 2);
    struct text_style line = style_lines(style_text(scene, TEXT_CAPTION, theme->muted), 1);
    line.may_cut = true;
    scene_text(scene, area, line, text);
}

static void act_row(struct scene *scene, const struct view_act_row *act, struct rect area, int row)
{
    const struct theme *theme = scene->theme;
    char name[32];
    snprintf(name, sizeof(name), "act_%d", row);
    uint32_t fill = act->voided ? theme->sunken : scene_pressed(scene, name) ? theme->accent_soft : theme->card;
    scene_box(scene, area,
              (struct box_style){.fill = fill, .edge = act->voided ? 0 : theme->line, .radius = theme->radius});
    struct rect inner = rect_inset(area, theme->unit * 2, theme->unit / 2 + 1);
    int disc = theme->text[TEXT_TITLE] * 9 / 10;
    disc = disc < inner.height ? disc : inner.height;
    widget_disc(scene, rect_cut_left(&inner, disc), act->voided ? ICON_VOID : ICON_RECEIPT,
                act->voided ? theme->sunken : theme->accent_soft, act->voided ? theme->muted : theme->accent_ink);
    rect_cut_left(&inner, theme->unit * 3 / 2);
    act_amounts(scene, act, rect_cut_right(&inner, inner.width / 3));
    rect_cut_right(&inner, theme->unit);
    act_words(scene, act, inner);
    if (!act->voided) {
        scene_hit(scene, area, hit_of(name, INTENT_PICK_ACT, row));
    }
}

static void empty_list(struct scene *scene, const struct view_void *voids, struct rect body)
{
    const struct theme *theme = scene->theme;
    int disc = theme->text[TEXT_DISPLAY];
    int line = block_of_lines(scene, TEXT_LEAD, 2);
    struct rect stack = rect_centred(body, body.width, disc + theme->gap + line);
    widget_disc(scene, rect_cut_top(&stack, disc), voids->loading ? ICON_CLOCK : ICON_RECEIPT, theme->accent_soft,
                theme->accent_ink);
    rect_cut_top(&stack, theme->gap);
    scene_text(scene, stack, style_centred(style_lines(style_bold(scene, TEXT_LEAD, theme->ink), 2)),
               voids->loading ? say(scene, N_("One moment")) : say(scene, N_("There is nothing to undo today.")));
}

void screen_void_list(struct scene *scene, const struct view_model *view)
{
    const struct theme *theme = scene->theme;
    const struct view_void *voids = &view->voids;
    struct strip strip = {.back = true, .title = say(scene, N_("What shall be undone?")), .devices = true};
    struct rect body = strip_draw(scene, view, &strip);
    if (voids->loading || voids->row_count == 0) {
        empty_list(scene, voids, body);
        return;
    }
    int columns = theme->portrait ? 1 : 2;
    int rows = ((int)ARRAY_LEN(voids->rows) + columns - 1) / columns;
    int most = theme->text[TEXT_BODY] * 9 / 2;
    const struct grid grid = {columns, rows, theme->unit * 3 / 2};
    int tall = rows * most + (rows - 1) * grid.gap;
    struct rect field = rect_cut_top(&body, tall < body.height ? tall : body.height);
    for (int i = 0; i < (int)voids->row_count; i++) {
        act_row(scene, &voids->rows[i], rect_cell(field, grid, i % columns, i / columns), i);
    }
}

static const char *const reasons[REASON_COUNT] = {
    [REASON_MISTAKE] = N_("Booked by mistake"),
    [REASON_CUSTOMER_CHANGED] = N_("The customer changed their mind"),
    [REASON_WRONG_AMOUNT] = N_("The amount was wrong"),
    [REASON_GOODS_RETURNED] = N_("Goods were returned"),
    [REASON_TEST] = N_("It was a test"),
};

static void picked_card(struct scene *scene, const struct view_act_row *act, struct rect area)
{
    const struct theme *theme = scene->theme;
    int line = block_of_lines(scene, TEXT_BODY, 2);
    int wanted = theme->pad * 2 + theme->text[TEXT_BODY] * 4 + theme->unit * 2 + line;
    struct rect card = rect_cut_top(&area, wanted < area.height ? wanted : area.height);
    struct rect inner = widget_card(scene, card);
    struct rect note = rect_cut_bottom(&inner, line + theme->unit);
    struct rect row =
        rect_cut_top(&inner, theme->text[TEXT_BODY] * 4 < inner.height ? theme->text[TEXT_BODY] * 4 : inner.height);
    act_amounts(scene, act, rect_cut_right(&row, row.width / 3));
    rect_cut_right(&row, theme->unit);
    act_words(scene, act, row);
    scene_text(scene, note,
               style_sentence(style_place(style_lines(style_text(scene, TEXT_BODY, theme->muted), 2), PLACE_BOTTOM)),
               say(scene, N_("Money is given back by hand; the coupon and the credit are as before.")));
}

void screen_void_reason(struct scene *scene, const struct view_model *view)
{
    const struct theme *theme = scene->theme;
    const struct view_void *voids = &view->voids;
    struct strip strip = {.back = true, .title = say(scene, N_("Why is it undone?")), .devices = true};
    struct rect body = strip_draw(scene, view, &strip);
    uint32_t picked = voids->picked < ARRAY_LEN(voids->rows) ? voids->picked : 0;
    struct halves halves = screen_split(scene, body, theme->portrait ? 250 : 450);
    picked_card(scene, &voids->rows[picked], halves.first);
    int most = REASON_COUNT * theme->touch * (theme->portrait ? 12 : 9) / 5;
    struct rect field = rect_cut_top(&halves.second, most < halves.second.height ? most : halves.second.height);
    const struct grid grid = {1, REASON_COUNT, theme->unit * 3 / 2};
    for (int i = 0; i < REASON_COUNT; i++) {
        char name[32];
        snprintf(name, sizeof(name), "reason_%d", i);
        widget_button(scene, rect_cell(field, grid, 0, i),
                      &(struct button){.kind = BUTTON_PLAIN,
                                       .label = say(scene, reasons[i]),
                                       .hit = hit_of(name, INTENT_PICK_REASON, i)});
    }
}
