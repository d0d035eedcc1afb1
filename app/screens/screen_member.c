#include <stdio.h>

#include "screens/screens.h"

/* What other stores hold, with the key to have it moved here. The rest of the area is left for the other keys. */
static void elsewhere_row(struct scene *scene, const struct view_member *member, struct rect area)
{
    const struct theme *theme = scene->theme;
    char text[96], amount[MONEY_LABEL_MAX];
    struct text_style style = style_lines(style_text(scene, TEXT_BODY, theme->muted), 2);
    if (member->elsewhere_minor > 0) {
        struct rect key = rect_cut_right(&area, area.width / 2);
        widget_button(scene, key,
                      &(struct button){.kind = BUTTON_PLAIN,
                                       .icon = ICON_CREDIT,
                                       .label = say(scene, N_("Move here")),
                                       .hit = hit_of("fetch", INTENT_FETCH_CREDIT, 0)});
        rect_cut_right(&area, theme->unit * 2);
    }
    if (member->elsewhere == ELSEWHERE_OFFLINE) {
        scene_text(scene, area, style, say(scene, N_("Offline: credit at other stores cannot be seen now.")));
        return;
    }
    bool arrived = member->elsewhere == ELSEWHERE_ARRIVED;
    money_label(arrived ? member->arrived_minor : member->elsewhere_minor, false, amount);
    words_fill(text, sizeof(text),
               arrived ? say(scene, N_("{amount} has arrived")) : say(scene, N_("At other stores: {amount}")),
               (struct word[]){{"amount", amount}}, 1);
    style.colour = arrived ? theme->good : theme->ink;
    scene_text(scene, area, style, text);
}

static void staff_actions(struct scene *scene, const struct view_member *member, struct rect area)
{
    if (member->elsewhere != ELSEWHERE_NOTHING) {
        struct rect row = rect_cut_top(&area, scene->theme->button);
        rect_cut_top(&area, scene->theme->gap);
        elsewhere_row(scene, member, row);
    }
    const struct grid grid = {2, 1, scene->theme->unit * 2};
    bool tall = area.height > scene->theme->button * 3 / 2;
    widget_button(scene, rect_cell(area, grid, 0, 0),
                  &(struct button){.kind = BUTTON_PRIMARY,
                                   .icon = ICON_SALE,
                                   .label = say(scene, N_("Sale")),
                                   .tall = tall,
                                   .hit = hit_of("earn", INTENT_EARN, 0)});
    widget_button(scene, rect_cell(area, grid, 1, 0),
                  &(struct button){.kind = BUTTON_PLAIN,
                                   .icon = ICON_CREDIT,
                                   .label = say(scene, N_("Pay with credit")),
                                   .tall = tall,
                                   .disabled = !member->can_spend || member->credit_minor <= 0,
                                   .hit = hit_of("spend", INTENT_SPEND, 0)});
}

static void how_to_use(struct scene *scene, struct rect area)
{
    const struct theme *theme = scene->theme;
    struct text_style style = style_centred(style_lines(style_text(scene, TEXT_BODY, theme->muted), 3));
    struct rect inner = rect_inset(area, theme->pad, 0);
    int disc = theme->text[TEXT_TITLE] * 3 / 2;
    if (inner.height < disc * 3) {
        scene_text(scene, inner, style, say(scene, N_("Show the member code at the counter to use them.")));
        return;
    }
    struct rect stack = rect_centred(inner, inner.width, disc + theme->unit * 2 + block_of_lines(scene, TEXT_BODY, 2));
    widget_disc(scene, rect_cut_top(&stack, disc), ICON_PHONE_CODE, theme->accent_soft, theme->accent_ink);
    rect_cut_top(&stack, theme->unit * 2);
    scene_text(scene, stack, style_place(style, PLACE_TOP),
               say(scene, N_("Show the member code at the counter to use them.")));
}

static void credit_card(struct scene *scene, const struct view_member *member, struct rect area)
{
    const struct theme *theme = scene->theme;
    char label[MONEY_LABEL_MAX];
    scene_box(scene, area,
              (struct box_style){.fill = theme->accent,
                                 .fill_end = colour_mix(theme->accent, 0xFF000000u, 180),
                                 .radius = theme->radius});
    struct rect inner = rect_inset(area, theme->pad, theme->pad);
    uint32_t ink = theme->on_accent;
    struct rect head = rect_cut_top(&inner, block_of_lines(scene, TEXT_BODY, 1));
    char text[64];
    words_fill(text, sizeof(text), say(scene, N_("Member ending {tail}")), (struct word[]){{"tail", member->tail}}, 1);
    scene_icon(scene, rect_cut_left(&head, theme->text[TEXT_BODY] * 5 / 4), ICON_MEMBER, ink);
    rect_cut_left(&head, theme->unit);
    scene_text(scene, head, style_lines(style_text(scene, TEXT_BODY, ink), 1), text);
    if (member->ends_minor > 0) {
        struct rect line = rect_cut_bottom(&inner, block_of_lines(scene, TEXT_CAPTION, 1));
        words_fill(text, sizeof(text), say(scene, N_("{amount} of it until {date}")),
                   (struct word[]){{"amount", money_label(member->ends_minor, false, label)}, {"date", member->ends}},
                   2);
        scene_text(scene, line, style_lines(style_text(scene, TEXT_CAPTION, colour_alpha(ink, 220)), 1), text);
    }
    struct rect figure = rect_cut_bottom(&inner, block_of_lines(scene, TEXT_DISPLAY, 1));
    struct text_style money = style_lines(style_bold(scene, TEXT_DISPLAY, ink), 1);
    money.money = true;
    scene_text(scene, figure, money, money_label(member->credit_minor, false, label));
    struct rect caption = rect_cut_bottom(&inner, block_of_lines(scene, TEXT_BODY, 1));
    scene_text(scene, caption, style_lines(style_text(scene, TEXT_BODY, colour_alpha(ink, 220)), 1),
               say(scene, N_("Credit to spend here")));
}

static void coupon_row(struct scene *scene, const struct view_coupon_row *row, struct rect area)
{
    const struct theme *theme = scene->theme;
    char text[96];
    int disc = theme->text[TEXT_LEAD];
    widget_disc(scene, rect_cut_left(&area, disc), ICON_COUPON, theme->accent_soft, theme->accent_ink);
    rect_cut_left(&area, theme->unit * 2);
    words_fill(text, sizeof(text), say(scene, N_("until {date}")), (struct word[]){{"date", row->expiry}}, 1);
    if (row->soon) {
        struct pill pill = {ICON_CLOCK, text, theme->ask, theme->on_ask};
        int height = theme->text[TEXT_CAPTION] * 17 / 10;
        int width = widget_pill_width(scene, &pill, height);
        widget_pill(scene, rect_centred(rect_cut_right(&area, width), width, height), &pill);
    } else {
        struct text_style date = style_lines(style_text(scene, TEXT_CAPTION, theme->muted), 1);
        int width = scene_text_width(scene, date, text) + 2;
        scene_text(scene, rect_cut_right(&area, width), date, text);
    }
    rect_cut_right(&area, theme->unit);
    struct text_style name = style_lines(style_text(scene, TEXT_BODY, theme->ink), 2);
    name.least = (uint16_t)(theme->text[TEXT_CAPTION] * 4 / 5);
    scene_text(scene, area, name, row->name);
}

/* What the list has no room for: nobody may think that it is gone. */
static void more_line(struct scene *scene, uint32_t more, struct rect area)
{
    char count[16], text[96];
    struct text_style style = style_centred(style_lines(style_text(scene, TEXT_CAPTION, scene->theme->muted), 1));
    snprintf(count, sizeof(count), "%u", more);
    words_fill(text, sizeof(text), say_plural(scene, "and {n} more", "and {n} more", more),
               (struct word[]){{"n", count}}, 1);
    scene_text(scene, area, style, text);
}

static void coupon_list(struct scene *scene, const struct view_member *member, struct rect area)
{
    const struct theme *theme = scene->theme;
    int most = theme->text[TEXT_BODY] * 7 / 2;
    uint32_t more = member->coupon_count > member->row_count ? member->coupon_count - member->row_count : 0;
    int last = more > 0 ? block_of_lines(scene, TEXT_CAPTION, 1) : 0;
    if (theme->portrait && member->row_count > 0) {
        int wanted =
            theme->pad * 2 + block_of_lines(scene, TEXT_LEAD, 1) + theme->unit + most * (int)member->row_count + last;
        area.height = wanted < area.height ? wanted : area.height;
    }
    struct rect inner = widget_card(scene, area);
    char count[16];
    char text[96];
    snprintf(count, sizeof(count), "%u", member->coupon_count);
    words_fill(text, sizeof(text), say_plural(scene, "{n} coupon", "{n} coupons", member->coupon_count),
               (struct word[]){{"n", count}}, 1);
    struct rect head = rect_cut_top(&inner, block_of_lines(scene, TEXT_LEAD, 1));
    if (member->row_count == 0) {
        struct text_style style = style_centred(style_text(scene, TEXT_BODY, theme->muted));
        struct rect middle = rect_inset(inner, theme->pad, 0);
        scene_text(scene, head, style_lines(style_bold(scene, TEXT_LEAD, theme->ink), 1), say(scene, N_("Coupons")));
        scene_text(scene, middle, style, say(scene, N_("No coupons at the moment; new ones come to the phone.")));
        return;
    }
    struct text_style order = style_end(style_lines(style_text(scene, TEXT_CAPTION, theme->muted), 1));
    scene_text(scene, head, style_lines(style_bold(scene, TEXT_LEAD, theme->ink), 1), text);
    scene_text(scene, rect_cut_right(&head, head.width / 2), order, say(scene, N_("ending soonest first")));
    rect_cut_top(&inner, theme->unit);
    int share = (inner.height - last) / (int)member->row_count;
    for (uint32_t i = 0; i < member->row_count; i++) {
        struct rect row = rect_cut_top(&inner, share < most ? share : most);
        widget_line(scene, row);
        coupon_row(scene, &member->rows[i], row);
    }
    if (more > 0)
        more_line(scene, more, rect_cut_top(&inner, last));
}

static int staff_height(const struct theme *theme, const struct view_member *member)
{
    return theme->button + (member->elsewhere == ELSEWHERE_NOTHING ? 0 : theme->button + theme->gap);
}

void screen_member(struct scene *scene, const struct view_model *view)
{
    const struct theme *theme = scene->theme;
    const struct view_member *member = &view->member;
    struct strip strip = {.back = true, .title = say(scene, N_("Member card")), .devices = member->staff};
    struct rect body = strip_draw(scene, view, &strip);
    struct rect bottom = {0};
    if (member->staff && theme->portrait) {
        bottom = rect_cut_bottom(&body, staff_height(theme, member));
        rect_cut_bottom(&body, theme->gap);
    }
    struct halves halves = screen_split(scene, body, theme->portrait ? 300 : 440);
    if (!theme->portrait) {
        /* Shaped like a bank card; below it what can be done with it. */
        int tall = halves.first.width * 10 / 16;
        int least = (member->staff ? staff_height(theme, member) : theme->button) + theme->gap;
        tall = tall < halves.first.height - least ? tall : halves.first.height - least;
        bottom = halves.first;
        halves.first = rect_cut_top(&bottom, tall);
        rect_cut_top(&bottom, theme->gap);
    }
    credit_card(scene, member, halves.first);
    coupon_list(scene, member, halves.second);
    if (member->staff) {
        staff_actions(scene, member, bottom);
    } else if (!theme->portrait) {
        how_to_use(scene, bottom);
    }
}
