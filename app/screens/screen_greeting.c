#include <stdio.h>

#include "screens/screens.h"

static void coupons_line(struct scene *scene, const struct view_greeting *greeting, struct rect area)
{
    const struct theme *theme = scene->theme;
    char count[16];
    char text[160];
    snprintf(count, sizeof(count), "%u", greeting->coupons);
    words_fill(text, sizeof(text),
               greeting->coupons == 0
                   ? say(scene, N_("Show your member code at the counter for member prices."))
                   : say_plural(scene, "{n} coupon is waiting on your phone; show it at the counter.",
                                "{n} coupons are waiting on your phone; show them at the counter.", greeting->coupons),
               (struct word[]){{"n", count}}, 1);
    struct rect inner = widget_card(scene, area);
    int side = theme->text[TEXT_TITLE];
    widget_disc(scene, rect_cut_left(&inner, side * 3 / 2), ICON_COUPON, theme->accent_soft, theme->accent_ink);
    rect_cut_left(&inner, theme->unit * 3);
    scene_text(scene, inner, style_sentence(style_lines(style_text(scene, TEXT_LEAD, theme->ink), 3)), text);
}

void screen_greeting(struct scene *scene, const struct view_model *view)
{
    const struct theme *theme = scene->theme;
    const struct view_greeting *greeting = &view->greeting;
    struct rect body = strip_draw(scene, view, &(struct strip){.back = true, .title = ""});
    int width = theme->portrait ? body.width : body.width * 4 / 5;
    int disc = theme->compact ? theme->text[TEXT_DISPLAY] : theme->text[TEXT_DISPLAY] * 3 / 2;
    int card = theme->text[TEXT_LEAD] * (theme->compact ? 3 : 4);
    int title = block_of_lines(scene, TEXT_TITLE, 1);
    int sub = block_of_lines(scene, TEXT_LEAD, 1);
    int wanted = disc + title + sub + card + theme->button + theme->gap * 3 + theme->unit * 2;
    struct rect stack = rect_centred(body, width, wanted < body.height ? wanted : body.height);
    widget_disc(scene, rect_cut_top(&stack, disc), greeting->returning ? ICON_STAR : ICON_CHECK, theme->accent,
                theme->on_accent);
    rect_cut_top(&stack, theme->gap);
    scene_text(scene, rect_cut_top(&stack, title),
               style_centred(style_lines(style_bold(scene, TEXT_TITLE, theme->ink), 1)),
               greeting->returning ? say(scene, N_("Welcome back")) : say(scene, N_("Welcome, new member")));
    char text[64];
    words_fill(text, sizeof(text), say(scene, N_("Member ending {tail}")), (struct word[]){{"tail", greeting->tail}},
               1);
    scene_text(scene, rect_cut_top(&stack, sub),
               style_centred(style_lines(style_text(scene, TEXT_LEAD, theme->muted), 1)), text);
    rect_cut_top(&stack, theme->gap);
    struct rect buttons = rect_cut_bottom(&stack, theme->button);
    rect_cut_bottom(&stack, theme->gap);
    coupons_line(scene, greeting, stack);
    int button = theme->unit * 40 < stack.width ? theme->unit * 40 : stack.width;
    widget_button(scene, rect_centred(buttons, button, buttons.height),
                  &(struct button){.kind = BUTTON_PRIMARY,
                                   .icon = ICON_SCAN,
                                   .label = say(scene, N_("Scan coupon or item")),
                                   .hit = hit_of("scan", INTENT_SCAN, 0)});
}
