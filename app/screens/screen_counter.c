#include <stdio.h>

#include "screens/screens.h"

/* What the till is holding for the next scan: the purchase's amount and the member. */
static void now_card(struct scene *scene, const struct view_counter *counter, struct rect area)
{
    const struct theme *theme = scene->theme;
    char label[MONEY_LABEL_MAX];
    char text[96];
    struct rect inner = widget_card(scene, area);
    struct rect head = rect_cut_top(&inner, block_of_lines(scene, TEXT_BODY, 1));
    scene_text(scene, head, style_lines(style_bold(scene, TEXT_BODY, theme->ink), 1), say(scene, N_("This customer")));
    if (!counter->member_set && counter->sale_minor == 0) {
        scene_text(scene, inner, style_sentence(style_text(scene, TEXT_BODY, theme->muted)),
                   say(scene, N_("Scan a coupon or a member card, or enter the amount of a sale.")));
        return;
    }
    struct text_style money = style_lines(style_bold(scene, TEXT_TITLE, theme->ink), 1);
    money.money = true;
    rect_cut_top(&inner, theme->compact ? 0 : theme->unit);
    if (counter->sale_minor > 0) {
        scene_text(scene, rect_cut_top(&inner, block_of_lines(scene, TEXT_TITLE, 1)), money,
                   money_label(counter->sale_minor, false, label));
        rect_cut_top(&inner, theme->compact ? 0 : theme->unit);
    }
    if (counter->member_set) {
        char credit[96];
        words_fill(text, sizeof(text), say(scene, N_("Member ending {tail}")),
                   (struct word[]){{"tail", counter->member_tail}}, 1);
        words_fill(credit, sizeof(credit), say(scene, N_("Credit {amount}")),
                   (struct word[]){{"amount", money_label(counter->member_credit_minor, false, label)}}, 1);
        widget_pair(scene, rect_cut_top(&inner, block_of_lines(scene, TEXT_BODY, 1)),
                    &(struct pair_row){text, credit, theme->accent_ink, false, true, TEXT_BODY});
    }
    int hint = block_of_lines(scene, TEXT_BODY, 1);
    if (counter->sale_minor > 0 && inner.height >= hint) {
        struct rect line = rect_cut_bottom(&inner, hint);
        scene_icon(scene, rect_cut_left(&line, theme->text[TEXT_BODY] * 5 / 4), ICON_SCAN, theme->muted);
        rect_cut_left(&line, theme->unit);
        scene_text(scene, line, style_lines(style_text(scene, TEXT_BODY, theme->muted), 1),
                   say(scene, N_("Now scan the coupon")));
    }
}

static void last_card(struct scene *scene, const struct view_counter *counter, struct rect area)
{
    const struct theme *theme = scene->theme;
    char label[MONEY_LABEL_MAX];
    struct rect inner = widget_card(scene, area);
    struct rect head = rect_cut_top(&inner, block_of_lines(scene, TEXT_BODY, 1));
    struct text_style quiet = style_lines(style_text(scene, TEXT_CAPTION, theme->muted), 1);
    scene_text(scene, head, style_lines(style_bold(scene, TEXT_BODY, theme->ink), 1), say(scene, N_("Last")));
    if (!counter->has_last) {
        scene_text(scene, inner, style_text(scene, TEXT_BODY, theme->muted), say(scene, N_("Nothing yet today")));
        return;
    }
    scene_text(scene, head, style_end(quiet), counter->last_clock);
    int roomy = theme->text[TEXT_BODY] * 9 / 4;
    struct rect button = rect_cut_bottom(&inner, roomy > theme->touch ? roomy : theme->touch);
    rect_cut_bottom(&inner, theme->compact ? 0 : theme->unit);
    int rows = block_of_lines(scene, TEXT_BODY, 2);
    struct rect stack = rect_centred(inner, inner.width, rows < inner.height ? rows : inner.height);
    struct rect foot = rect_cut_bottom(&stack, block_of_lines(scene, TEXT_BODY, 1));
    struct text_style title = style_lines(style_text(scene, TEXT_BODY, theme->ink), 1);
    title.least = (uint16_t)(theme->text[TEXT_CAPTION] * 4 / 5);
    scene_text(scene, stack, title, counter->last_title[0] != '\0' ? counter->last_title : say(scene, N_("Sale")));
    scene_text(scene, foot, style_lines(style_bold(scene, TEXT_BODY, theme->ink), 1),
               money_label(counter->last_paid_minor, false, label));
    if (counter->last_discount_minor > 0) {
        scene_text(scene, foot, style_end(style_lines(style_bold(scene, TEXT_BODY, theme->accent_ink), 1)),
                   money_label(-counter->last_discount_minor, true, label));
    }
    widget_button(scene, button,
                  &(struct button){.kind = BUTTON_PLAIN,
                                   .icon = ICON_PRINTER,
                                   .label = say(scene, N_("Print again")),
                                   .hit = hit_of("reprint", INTENT_REPRINT, 0)});
}

struct act {
    enum icon icon;
    const char *label, *name;
    enum intent intent;
};

/* With an amount entered, the sale's place is taken by ending it without a coupon. */
static void acts(struct scene *scene, struct rect area, int columns, bool sale_open)
{
    static const struct act finish = {ICON_SALE, N_("No coupon: take payment"), "ok", INTENT_OK};
    static const struct act all[] = {
        {ICON_SALE, N_("Sale"), "sale", INTENT_SALE},
        {ICON_KEYPAD, N_("Type a code"), "type_code", INTENT_TYPE_CODE},
        {ICON_VOID, N_("Undo"), "void", INTENT_VOID},
        {ICON_DRAWER, N_("Open drawer"), "drawer", INTENT_DRAWER},
        {ICON_SERVICE, N_("Service"), "service", INTENT_SERVICE},
        {ICON_SIGN_OUT, N_("Sign out"), "sign_out", INTENT_SIGN_OUT},
    };
    const struct grid grid = {columns, (int)ARRAY_LEN(all) / columns, scene->theme->unit * 3 / 2};
    for (int i = 0; i < (int)ARRAY_LEN(all); i++) {
        const struct act *act = i == 0 && sale_open ? &finish : &all[i];
        widget_button(scene, rect_cell(area, grid, i % columns, i / columns),
                      &(struct button){.kind = BUTTON_PLAIN,
                                       .icon = act->icon,
                                       .label = say(scene, act->label),
                                       .tall = true,
                                       .hit = hit_of(act->name, act->intent, 0)});
    }
}

/* Scanning takes the whole width, unless there is something to give away as well. */
static void first_row(struct scene *scene, const struct view_counter *counter, struct rect area)
{
    char count[16], text[64];
    if (counter->pool_here > 0) {
        snprintf(count, sizeof(count), "%u", counter->pool_here);
        words_fill(text, sizeof(text), say_plural(scene, "{n} here now", "{n} here now", counter->pool_here),
                   (struct word[]){{"n", count}}, 1);
        widget_button(scene, rect_cut_right(&area, area.width / 3),
                      &(struct button){.kind = BUTTON_PLAIN,
                                       .icon = ICON_COUPON,
                                       .label = say(scene, N_("For everybody")),
                                       .hint = text,
                                       .tall = true,
                                       .hit = hit_of("pool", INTENT_POOL, 0)});
        rect_cut_right(&area, scene->theme->unit * 3 / 2);
    }
    widget_button(scene, area,
                  &(struct button){.kind = BUTTON_PRIMARY,
                                   .icon = ICON_SCAN,
                                   .label = say(scene, N_("Scan")),
                                   .hint = say(scene, N_("Coupon, member card or product")),
                                   .tall = true,
                                   .hit = hit_of("scan", INTENT_SCAN, 0)});
}

void screen_counter(struct scene *scene, const struct view_model *view)
{
    const struct theme *theme = scene->theme;
    struct strip strip = {.back = true, .title = say(scene, N_("Counter")), .devices = true};
    struct rect body = strip_draw(scene, view, &strip);
    struct halves halves = screen_split(scene, body, theme->portrait ? 560 : 600);
    struct rect main = halves.first;
    struct rect scan = rect_cut_top(&main, (main.height - theme->unit * 3 / 2) * 400 / 1000);
    rect_cut_top(&main, theme->unit * 3 / 2);
    first_row(scene, &view->counter, scan);
    acts(scene, main, 3, view->counter.sale_minor > 0);
    const struct grid grid = {1, 2, theme->gap};
    now_card(scene, &view->counter, rect_cell(halves.second, grid, 0, 0));
    last_card(scene, &view->counter, rect_cell(halves.second, grid, 0, 1));
}
