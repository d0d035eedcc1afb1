#include "screens/screens.h"

#define PIN_SHOWN 6

static const char *title_of(const struct scene *scene, enum view_amount_purpose purpose)
{
    switch (purpose) {
    case AMOUNT_SALE:
        return say(scene, N_("Sale"));
    case AMOUNT_COUPON_SALE:
        return say(scene, N_("Purchase with coupon"));
    case AMOUNT_SPEND:
        return say(scene, N_("Pay with credit"));
    case AMOUNT_MEMBER_PIN:
        return say(scene, N_("Member's PIN"));
    }
    return "";
}

static const char *question_of(const struct scene *scene, enum view_amount_purpose purpose)
{
    switch (purpose) {
    case AMOUNT_SALE:
    case AMOUNT_COUPON_SALE:
        return say(scene, N_("What does the purchase come to?"));
    case AMOUNT_SPEND:
        return say(scene, N_("How much is paid with credit?"));
    case AMOUNT_MEMBER_PIN:
        return say(scene, N_("Please let the member enter the PIN"));
    }
    return "";
}

/* The line below the figure: what limits it, or what is wrong with it. */
static void limit_line(struct scene *scene, const struct view_amount *amount, struct rect area)
{
    const struct theme *theme = scene->theme;
    char label[MONEY_LABEL_MAX];
    char text[192] = "";
    if (amount->purpose == AMOUNT_SPEND) {
        words_fill(text, sizeof(text),
                   amount->too_much ? say(scene, N_("Too much: at most {limit}")) : say(scene, N_("At most {limit}")),
                   (struct word[]){{"limit", money_label(amount->limit_minor, false, label)}}, 1);
    } else if (amount->too_much) {
        words_fill(text, sizeof(text), say(scene, N_("This is more than the till takes")), NULL, 0);
    } else if (amount->min_spend_minor > 0) {
        words_fill(text, sizeof(text), say(scene, N_("The coupon needs {minimum} or more")),
                   (struct word[]){{"minimum", money_label(amount->min_spend_minor, false, label)}}, 1);
    }
    struct text_style style = style_lines(style_text(scene, TEXT_BODY, theme->muted), 2);
    if (amount->too_much) {
        style.colour = theme->refuse;
        style.bold = true;
    }
    scene_text(scene, area, style, text);
}

static void figure_card(struct scene *scene, const struct view_amount *amount, struct rect area)
{
    const struct theme *theme = scene->theme;
    char label[MONEY_LABEL_MAX];
    struct rect inner = widget_card(scene, area);
    int line = block_of_lines(scene, TEXT_BODY, 1);
    int figure = theme->text[TEXT_DISPLAY] * 5 / 4;
    if (amount->campaign[0] != '\0') {
        struct rect head = rect_cut_top(&inner, line * 3 / 2);
        scene_icon(scene, rect_cut_left(&head, theme->text[TEXT_BODY] * 5 / 4), ICON_COUPON, theme->accent_ink);
        rect_cut_left(&head, theme->unit);
        struct text_style style = style_lines(style_bold(scene, TEXT_BODY, theme->ink), 2);
        style.least = (uint16_t)(theme->text[TEXT_CAPTION] * 4 / 5);
        scene_text(scene, head, style, amount->campaign);
    }
    int wanted = line + figure + line * 2;
    struct rect stack = rect_centred(inner, inner.width, wanted < inner.height ? wanted : inner.height);
    scene_text(scene, rect_cut_top(&stack, line), style_lines(style_text(scene, TEXT_BODY, theme->muted), 1),
               question_of(scene, amount->purpose));
    struct rect field = rect_cut_top(&stack, figure);
    if (amount->purpose == AMOUNT_MEMBER_PIN) {
        widget_dots(scene, field, amount->digits, PIN_SHOWN);
    } else {
        uint32_t ink = amount->too_much ? theme->refuse : amount->amount_minor == 0 ? theme->muted : theme->ink;
        struct text_style money = style_lines(style_bold(scene, TEXT_DISPLAY, ink), 1);
        money.money = true;
        money.least = (uint16_t)theme->text[TEXT_LEAD];
        scene_text(scene, field, money, money_label(amount->amount_minor, false, label));
    }
    limit_line(scene, amount, stack);
}

void screen_amount(struct scene *scene, const struct view_model *view)
{
    const struct theme *theme = scene->theme;
    const struct view_amount *amount = &view->amount;
    bool pin = amount->purpose == AMOUNT_MEMBER_PIN;
    struct strip strip = {.back = true, .title = title_of(scene, amount->purpose), .devices = !pin};
    struct rect body = strip_draw(scene, view, &strip);
    struct halves halves = screen_split(scene, body, theme->portrait ? 330 : 520);
    figure_card(scene, amount, halves.first);
    struct rect ok = rect_cut_bottom(&halves.second, theme->button);
    rect_cut_bottom(&halves.second, theme->unit);
    widget_pad(scene, halves.second);
    widget_button(
        scene, ok,
        &(struct button){.kind = BUTTON_PRIMARY,
                         .icon = ICON_CHECK,
                         .label = say(scene, N_("Confirm")),
                         .disabled = amount->too_much || (pin ? amount->digits < 4 : amount->amount_minor <= 0),
                         .hit = hit_of("ok", INTENT_OK, 0)});
}
