#include "screens/screens.h"

static void unknown_product(struct scene *scene, const struct view_price *price, struct rect area)
{
    const struct theme *theme = scene->theme;
    struct rect inner = widget_card(scene, area);
    struct text_style style = style_sentence(style_centred(style_lines(style_bold(scene, TEXT_LEAD, theme->ink), 3)));
    const char *words = say(scene, N_("We do not know this product yet; please ask a clerk for its price."));
    int disc = theme->text[TEXT_DISPLAY];
    int tall = scene_text_height(scene, style, words, inner.width);
    int code = block_of_lines(scene, TEXT_BODY, 1);
    int wanted = disc + theme->gap + tall + theme->unit + code;
    struct rect stack = rect_centred(inner, inner.width, wanted < inner.height ? wanted : inner.height);
    widget_disc(scene, rect_cut_top(&stack, disc), ICON_SEARCH, theme->accent_soft, theme->accent_ink);
    rect_cut_top(&stack, theme->gap);
    struct rect below = rect_cut_bottom(&stack, code);
    scene_text(scene, stack, style, words);
    scene_text(scene, below, style_centred(style_lines(style_text(scene, TEXT_BODY, theme->muted), 1)), price->ean);
}

static void price_block(struct scene *scene, struct rect area, const char *label, int64_t minor, uint32_t ink)
{
    const struct theme *theme = scene->theme;
    char figure[MONEY_LABEL_MAX];
    struct text_style money = style_lines(style_bold(scene, TEXT_DISPLAY, ink), 1);
    money.money = true;
    struct rect head = rect_cut_top(&area, block_of_lines(scene, TEXT_BODY, 1));
    scene_text(scene, head, style_lines(style_text(scene, TEXT_BODY, theme->muted), 1), label);
    scene_text(scene, rect_cut_top(&area, block_of_lines(scene, TEXT_DISPLAY, 1)), money,
               money_label(minor, false, figure));
}

static void known_product(struct scene *scene, const struct view_price *price, struct rect area)
{
    const struct theme *theme = scene->theme;
    struct rect inner = rect_inset(widget_card(scene, area), theme->unit * 2, 0);
    bool for_members = price->member_price_minor > 0;
    struct text_style name = style_lines(style_bold(scene, TEXT_TITLE, theme->ink), 3);
    char text[64];
    struct rect code = rect_cut_bottom(&inner, block_of_lines(scene, TEXT_BODY, 1));
    words_fill(text, sizeof(text), say(scene, N_("Item {ean}")), (struct word[]){{"ean", price->ean}}, 1);
    scene_text(scene, code, style_lines(style_text(scene, TEXT_BODY, theme->muted), 1), text);
    int tall = block_of_lines(scene, TEXT_BODY, 1) + block_of_lines(scene, TEXT_DISPLAY, 1);
    int title = scene_text_height(scene, name, price->name, inner.width);
    int most = inner.height - tall - block_of_lines(scene, TEXT_BODY, 1) - theme->unit;
    title = title < most ? title : most;
    int spare = most - title;
    rect_cut_top(&inner, spare / 4);
    scene_text(scene, rect_cut_top(&inner, title), name, price->name);
    scene_text(scene, rect_cut_top(&inner, block_of_lines(scene, TEXT_BODY, 1)),
               style_lines(style_text(scene, TEXT_BODY, theme->muted), 1), price->unit);
    rect_cut_top(&inner, theme->unit + spare / 4);
    const struct grid grid = {2, 1, theme->gap};
    price_block(scene, for_members ? rect_cell(inner, grid, 0, 0) : inner, say(scene, N_("Price")), price->price_minor,
                theme->ink);
    if (for_members) {
        price_block(scene, rect_cell(inner, grid, 1, 0), say(scene, N_("Member price")), price->member_price_minor,
                    theme->accent_ink);
    }
}

void screen_price(struct scene *scene, const struct view_model *view)
{
    const struct theme *theme = scene->theme;
    struct rect body = strip_draw(scene, view, &(struct strip){.back = true, .title = say(scene, N_("Price check"))});
    struct rect bottom = rect_cut_bottom(&body, theme->button);
    rect_cut_bottom(&body, theme->gap);
    int most = body.width * 23 / 20;
    body.height = body.height < most ? body.height : most;
    if (view->price.found) {
        known_product(scene, &view->price, body);
    } else {
        unknown_product(scene, &view->price, body);
    }
    const struct grid grid = {2, 1, theme->gap};
    widget_button(scene, rect_cell(bottom, grid, 0, 0),
                  &(struct button){.kind = BUTTON_PRIMARY,
                                   .icon = ICON_SCAN,
                                   .label = say(scene, N_("Scan the next one")),
                                   .hit = hit_of("scan", INTENT_SCAN, 0)});
    widget_button(scene, rect_cell(bottom, grid, 1, 0),
                  &(struct button){.kind = BUTTON_PLAIN,
                                   .icon = ICON_KEYPAD,
                                   .label = say(scene, N_("Type a code")),
                                   .hit = hit_of("type_code", INTENT_TYPE_CODE, 0)});
}
