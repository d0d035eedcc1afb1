#include <stdio.h>

#include "screens/screens.h"

/* What to do, the code, and what one gets as a member; following alone is never rewarded. */
static void follow_card(struct scene *scene, const struct view_attract *attract, struct rect area)
{
    const struct theme *theme = scene->theme;
    widget_card_only(scene, area);
    /* The code brings its own quiet zone: it may come nearer to the edge than words. */
    struct rect inner = rect_inset(area, theme->unit * 3 / 2, theme->pad);
    struct text_style title = style_centred(style_lines(style_bold(scene, TEXT_LEAD, theme->ink), 2));
    struct text_style reason = style_centred(style_lines(style_text(scene, TEXT_BODY, theme->muted), 2));
    struct text_style note = style_centred(style_lines(style_text(scene, TEXT_CAPTION, theme->muted), 2));
    const char *title_text = say(scene, N_("Follow us on WeChat"));
    const char *reason_text = say(scene, N_("Members get member prices and coupons"));
    const char *note_text = say(scene, N_("Joining is free. Coupons work without following."));
    int title_height = scene_text_height(scene, title, title_text, inner.width);
    int reason_height = scene_text_height(scene, reason, reason_text, inner.width);
    int note_height = scene_text_height(scene, note, note_text, inner.width);
    int words = title_height + reason_height + note_height + theme->unit * 2;
    int room = inner.height - words;
    int side = qr_side(scene->qr, attract->follow_url, room < inner.width ? room : inner.width);
    struct rect stack = rect_centred(inner, inner.width, side + words);
    scene_text(scene, rect_cut_top(&stack, title_height), title, title_text);
    scene_text(scene, rect_cut_top(&stack, reason_height), reason, reason_text);
    rect_cut_top(&stack, theme->unit);
    scene_qr(scene, rect_centred(rect_cut_top(&stack, side), side, side), attract->follow_url);
    scene_text(scene, rect_cut_bottom(&stack, note_height), note, note_text);
}

static uint32_t page_count(const struct view_attract *attract)
{
    return attract->offer_count + (attract->pool.row_count > 0) + (attract->survey.answer_count > 0);
}

static void page_dots(struct scene *scene, const struct view_attract *attract, struct rect area, uint32_t ink)
{
    int side = scene->theme->unit;
    uint32_t pages = page_count(attract);
    struct rect row = rect_make(area.x, area.y, area.width, side);
    for (uint32_t i = 0; pages > 1 && i < pages; i++) {
        bool here = i == attract->page_index;
        struct rect dot = rect_cut_left(&row, here ? side * 3 : side);
        scene_box(scene, dot, (struct box_style){.fill = colour_alpha(ink, here ? 255 : 90), .radius = side / 2});
        rect_cut_left(&row, side);
    }
}

static void offer_prices(struct scene *scene, const struct view_offer *offer, struct rect area, uint32_t ink)
{
    const struct theme *theme = scene->theme;
    char label[MONEY_LABEL_MAX];
    bool for_members = offer->member_price_minor > 0;
    int64_t big = for_members ? offer->member_price_minor : offer->price_minor;
    if (big <= 0) {
        return;
    }
    struct text_style price = style_lines(style_bold(scene, TEXT_DISPLAY, ink), 1);
    price.money = true;
    price.place = PLACE_BOTTOM;
    int tall = theme->text[TEXT_DISPLAY] * 6 / 5;
    struct rect line = rect_cut_bottom(&area, tall);
    int width = scene_text_width(scene, price, money_label(big, false, label)) + 2;
    scene_text(scene, rect_cut_left(&line, width), price, label);
    if (!for_members) {
        return;
    }
    struct pill pill = {ICON_MEMBER, say(scene, N_("Member price")), ink, colour_on(ink)};
    int height = theme->text[TEXT_CAPTION] * 17 / 10;
    struct rect above = rect_cut_bottom(&area, height);
    int pill_width = widget_pill_width(scene, &pill, height);
    widget_pill(scene, rect_cut_left(&above, pill_width), &pill);
    if (offer->price_minor > 0) {
        char text[96];
        words_fill(text, sizeof(text), say(scene, N_("Usual price {price}")),
                   (struct word[]){{"price", money_label(offer->price_minor, false, label)}}, 1);
        rect_cut_left(&above, theme->unit * 3 / 2);
        scene_text(scene, above, style_lines(style_text(scene, TEXT_BODY, colour_alpha(ink, 225)), 1), text);
    }
}

/* A poster: one colour, large type, the price largest. */
static void offer_card(struct scene *scene, const struct view_attract *attract, struct rect area)
{
    static const enum icon art[] = {ICON_TAG, ICON_GIFT, ICON_COUPON, ICON_STAR};
    const struct theme *theme = scene->theme;
    uint32_t index = attract->page_index;
    const struct view_offer *offer = &attract->offers[index];
    uint32_t tint = 0xFF000000u | (offer->tint != 0 ? offer->tint : theme->accent);
    uint32_t ink = colour_on(tint);
    scene_box(scene, area,
              (struct box_style){.fill = tint,
                                 .fill_end = colour_mix(tint, ink == 0xFFFFFFFFu ? 0xFF000000u : 0xFFFFFFFFu, 200),
                                 .radius = theme->radius});
    struct rect inner = rect_inset(area, theme->pad + theme->unit, theme->pad);
    int side = inner.height * 2 / 3 < inner.width / 2 ? inner.height * 2 / 3 : inner.width / 2;
    struct rect picture = rect_make(rect_right(inner) - side, inner.y + (inner.height - side) / 2, side, side);
    scene_box(scene, picture, (struct box_style){.fill = colour_alpha(ink, 24), .radius = side / 2});
    scene_box(scene, rect_inset(picture, side / 8, side / 8),
              (struct box_style){.fill = colour_alpha(ink, 26), .radius = side * 3 / 8});
    scene_icon(scene, rect_inset(picture, side / 4, side / 4), art[index % ARRAY_LEN(art)], colour_alpha(ink, 150));
    struct rect dots = rect_cut_bottom(&inner, theme->unit);
    page_dots(scene, attract, dots, ink);
    rect_cut_bottom(&inner, theme->unit * (theme->compact ? 1 : 2));
    struct text_style title = style_lines(style_bold(scene, TEXT_TITLE, ink), 2);
    struct text_style text = style_lines(style_text(scene, TEXT_BODY, colour_alpha(ink, 230)), 3);
    int title_height = scene_text_height(scene, title, offer->title, inner.width);
    int most = block_of_lines(scene, TEXT_TITLE, 2);
    title_height = title_height < most ? title_height : most;
    scene_text(scene, rect_cut_top(&inner, title_height), style_place(title, PLACE_TOP), offer->title);
    rect_cut_top(&inner, theme->unit / 2);
    struct rect words = rect_cut_top(&inner, block_of_lines(scene, TEXT_BODY, theme->compact ? 3 : 2));
    scene_text(scene, rect_cut_left(&words, inner.width - side * 3 / 4), style_place(text, PLACE_TOP), offer->text);
    offer_prices(scene, offer, inner, ink);
}

static void pool_row(struct scene *scene, const struct view_pool_row *row, struct rect area)
{
    int side = area.height * 3 / 5;
    struct rect icon = rect_cut_left(&area, side);
    scene_icon(scene, rect_centred(icon, side, side), ICON_COUPON, scene->theme->accent);
    rect_cut_left(&area, scene->theme->unit * 2);
    screen_pool_words(scene, row, area);
}

/* Coupons that others let lie: whoever is a member takes one on the phone, and the clerk gives away what is here. */
static void pool_card(struct scene *scene, const struct view_attract *attract, struct rect area)
{
    const struct theme *theme = scene->theme;
    widget_card_only(scene, area);
    struct rect inner = rect_inset(area, theme->pad + theme->unit, theme->pad);
    page_dots(scene, attract, rect_cut_bottom(&inner, theme->unit), theme->accent);
    rect_cut_bottom(&inner, theme->unit);
    struct text_style title = style_lines(style_bold(scene, TEXT_TITLE, theme->ink), 1);
    scene_text(scene, rect_cut_top(&inner, block_of_lines(scene, TEXT_TITLE, 1)), title,
               say(scene, N_("Coupons for everybody")));
    struct text_style how = style_place(style_lines(style_text(scene, TEXT_BODY, theme->muted), 2), PLACE_BOTTOM);
    scene_text(scene, rect_cut_bottom(&inner, block_of_lines(scene, TEXT_BODY, 2)), how,
               say(scene, N_("Ask at the counter for one that is here, or take one on the phone: scan the code.")));
    int least = block_of_lines(scene, TEXT_LEAD, 1) + block_of_lines(scene, TEXT_BODY, 1) + theme->unit;
    int room = inner.height / (int)attract->pool.row_count;
    int height = room < least * 3 / 2 ? room : least * 3 / 2;
    for (uint32_t i = 0; i < attract->pool.row_count && inner.height >= least; i++) {
        pool_row(scene, &attract->pool.rows[i], rect_cut_top(&inner, height < least ? least : height));
    }
}

static void answer_buttons(struct scene *scene, const struct view_survey *survey, struct rect area)
{
    const struct theme *theme = scene->theme;
    const struct grid grid = {survey->answer_count > 2 ? 2 : 1, 2, theme->gap};
    for (uint32_t i = 0; i < survey->answer_count; i++) {
        char name[32];
        snprintf(name, sizeof(name), "answer_%u", i + 1);
        struct rect cell = rect_cell(area, grid, (int)i % grid.columns, (int)i / grid.columns);
        int height = cell.height < theme->button * 3 / 2 ? cell.height : theme->button * 3 / 2;
        widget_button(scene, rect_centred(cell, cell.width, height),
                      &(struct button){.kind = BUTTON_PLAIN,
                                       .label = survey->answers[i],
                                       .hit = hit_of(name, INTENT_SURVEY, i + 1)});
    }
}

static void survey_card(struct scene *scene, const struct view_attract *attract, struct rect area)
{
    const struct theme *theme = scene->theme;
    const struct view_survey *survey = &attract->survey;
    widget_card_only(scene, area);
    struct rect inner = rect_inset(area, theme->pad + theme->unit, theme->pad);
    page_dots(scene, attract, rect_cut_bottom(&inner, theme->unit), theme->accent);
    rect_cut_bottom(&inner, theme->unit);
    struct text_style title = style_lines(style_bold(scene, TEXT_TITLE, theme->ink), 2);
    if (survey->thanked) {
        scene_text(scene, inner, style_centred(title), say(scene, N_("Thank you: that helps us.")));
        return;
    }
    int height = scene_text_height(scene, title, survey->question, inner.width);
    scene_text(scene, rect_cut_top(&inner, height), style_place(title, PLACE_TOP), survey->question);
    rect_cut_top(&inner, theme->unit);
    struct text_style how = style_place(style_lines(style_text(scene, TEXT_BODY, theme->muted), 1), PLACE_BOTTOM);
    scene_text(scene, rect_cut_bottom(&inner, block_of_lines(scene, TEXT_BODY, 1)), how,
               say(scene, N_("One tap, without a name.")));
    answer_buttons(scene, survey, inner);
}

/* A page of the carousel; a touch shows the next, but where the page has buttons of its own. */
static void page_card(struct scene *scene, const struct view_attract *attract, struct rect area)
{
    char name[32];
    uint32_t pages = page_count(attract), next = (attract->page_index + 1) % pages;
    bool asks = false;
    if (attract->page_index < attract->offer_count) {
        offer_card(scene, attract, area);
    } else if (attract->page_index == attract->offer_count && attract->pool.row_count > 0) {
        pool_card(scene, attract, area);
    } else {
        survey_card(scene, attract, area);
        asks = !attract->survey.thanked;
    }
    if (pages > 1 && !asks) {
        snprintf(name, sizeof(name), "page_%u", next);
        scene_hit(scene, area, hit_of(name, INTENT_PAGE, next));
    }
}

static void actions(struct scene *scene, const struct view_attract *attract, struct rect area)
{
    const struct grid grid = {attract->scan_button ? 2 : 1, 1, scene->theme->gap};
    if (attract->scan_button) {
        widget_button(scene, rect_cell(area, grid, 0, 0),
                      &(struct button){.kind = BUTTON_PRIMARY,
                                       .icon = ICON_SCAN,
                                       .label = say(scene, N_("Scan coupon or item")),
                                       .hit = hit_of("scan", INTENT_SCAN, 0)});
    }
    widget_button(scene, rect_cell(area, grid, grid.columns - 1, 0),
                  &(struct button){.kind = BUTTON_PLAIN,
                                   .icon = ICON_KEYPAD,
                                   .label = say(scene, N_("Type a code")),
                                   .hit = hit_of("type_code", INTENT_TYPE_CODE, 0)});
}

static void welcome_card(struct scene *scene, const struct view_brand *brand, struct rect area)
{
    const struct theme *theme = scene->theme;
    scene_box(scene, area, (struct box_style){.fill = theme->accent, .radius = theme->radius});
    struct rect inner = rect_inset(area, theme->pad, theme->pad);
    char text[VIEW_TEXT_MAX + 64];
    words_fill(text, sizeof(text), say(scene, N_("Welcome to {store}")),
               (struct word[]){{"store", brand->store[0] != '\0' ? brand->store : brand->name}}, 1);
    struct text_style style = style_centred(style_lines(style_bold(scene, TEXT_TITLE, theme->on_accent), 3));
    scene_text(scene, inner, style, text);
}

void screen_attract(struct scene *scene, const struct view_model *view)
{
    const struct theme *theme = scene->theme;
    const struct view_attract *attract = &view->attract;
    struct rect body = strip_draw(scene, view, &(struct strip){.staff = attract->staff_button});
    bool code = attract->follow_url[0] != '\0' && qr_side(scene->qr, attract->follow_url, theme->height) > 0;
    struct rect bottom = {0};
    if (theme->portrait) {
        bottom = rect_cut_bottom(&body, theme->button + theme->unit * 2);
        rect_cut_bottom(&body, theme->gap);
    }
    struct halves halves = {.second = body};
    if (code && theme->portrait) {
        halves = screen_split(scene, body, 420);
        follow_card(scene, attract, halves.second);
        halves.second = halves.first;
    } else if (code) {
        halves = screen_split(scene, body, theme->compact ? 385 : 370);
        follow_card(scene, attract, halves.first);
    }
    if (!theme->portrait) {
        bottom = rect_cut_bottom(&halves.second, theme->button + (theme->compact ? 0 : theme->unit));
        rect_cut_bottom(&halves.second, theme->gap);
    }
    if (page_count(attract) > 0) {
        page_card(scene, attract, halves.second);
    } else {
        welcome_card(scene, &view->brand, halves.second);
    }
    actions(scene, attract, bottom);
}
