#include <stdio.h>

#include "screens/screens.h"
#include "screens/verdict_words.h"

struct tone_ink {
    uint32_t ground, ink, quiet, sunken;
};

static struct tone_ink ink_of(const struct theme *theme, enum view_tone tone)
{
    struct tone_ink ink = {theme_tone(theme, tone), theme_on_tone(theme, tone), 0, 0};
    ink.quiet = colour_mix(ink.ink, ink.ground, 140);
    ink.sunken = colour_mix(ink.ground, 0xFF000000u, tone == TONE_ASK ? 90 : 200);
    return ink;
}

static enum icon shape_of(enum view_tone tone)
{
    switch (tone) {
    case TONE_GOOD:
        return ICON_MARK_GOOD;
    case TONE_ASK:
        return ICON_MARK_ASK;
    case TONE_REFUSE:
        return ICON_MARK_REFUSE;
    case TONE_WAIT:
        return ICON_MARK_WAIT;
    }
    return ICON_MARK_ASK;
}

static void sentence_of(const struct scene *scene, const struct view_model *view, char *out, size_t cap)
{
    const struct view_verdict *verdict = &view->verdict;
    char paid[MONEY_LABEL_MAX];
    char discount[MONEY_LABEL_MAX];
    char minimum[MONEY_LABEL_MAX];
    char missing[MONEY_LABEL_MAX];
    char balance[MONEY_LABEL_MAX];
    const struct word words[] = {
        {"when", verdict->when},
        {"where", verdict->where},
        {"gift", verdict->gift},
        {"today", view->status.date},
        {"paid", money_label(verdict->paid_minor, false, paid)},
        {"discount", money_label(verdict->discount_minor, false, discount)},
        {"minimum", money_label(verdict->min_spend_minor, false, minimum)},
        {"missing", money_label(verdict->min_spend_minor - verdict->sale_minor, false, missing)},
        {"balance", money_label(verdict->balance_minor, false, balance)},
    };
    words_fill(out, cap, say(scene, verdict_line_of(verdict)->sentence), words, ARRAY_LEN(words));
}

/* What the button says for each intent that a verdict may ask for. */
static struct button action_button(const struct scene *scene, const struct view_verdict *verdict)
{
    switch (verdict->action) {
    case INTENT_ASK_CENTRAL:
        return (struct button){.icon = ICON_UPLOAD,
                               .label = say(scene, N_("Have it sent here")),
                               .hit = hit_of("ask_central", INTENT_ASK_CENTRAL, 0)};
    case INTENT_CONFIRM_DATE:
        return (struct button){.icon = ICON_CALENDAR,
                               .label = say(scene, N_("The date is right")),
                               .hit = hit_of("confirm_date", INTENT_CONFIRM_DATE, 0)};
    case INTENT_SALE:
        return (struct button){
            .icon = ICON_SALE, .label = say(scene, N_("Enter the amount")), .hit = hit_of("sale", INTENT_SALE, 0)};
    case INTENT_SPEND:
        return (struct button){
            .icon = ICON_CREDIT, .label = say(scene, N_("Another amount")), .hit = hit_of("spend", INTENT_SPEND, 0)};
    case INTENT_TYPE_CODE:
        return (struct button){.icon = ICON_KEYPAD,
                               .label = say(scene, N_("Type a code")),
                               .hit = hit_of("type_code", INTENT_TYPE_CODE, 0)};
    case INTENT_SCAN:
        return (struct button){
            .icon = ICON_SCAN, .label = say(scene, N_("Scan again")), .hit = hit_of("scan", INTENT_SCAN, 0)};
    case INTENT_STAFF:
        return (struct button){
            .icon = ICON_CLERK, .label = say(scene, N_("Sign in")), .hit = hit_of("staff", INTENT_STAFF, 0)};
    case INTENT_REPRINT:
        return (struct button){
            .icon = ICON_PRINTER, .label = say(scene, N_("Print again")), .hit = hit_of("reprint", INTENT_REPRINT, 0)};
    default: /* every other intent leaves the verdict */
        return (struct button){.icon = ICON_NEXT,
                               .label = verdict->tone == TONE_GOOD && !verdict->check_only
                                            ? say(scene, N_("Done, next"))
                                            : say(scene, N_("Understood")),
                               .hit = hit_of("next", INTENT_NEXT, 0)};
    }
}

static const char *receipt_words(const struct scene *scene, enum view_receipt receipt)
{
    switch (receipt) {
    case RECEIPT_NONE:
        return NULL;
    case RECEIPT_PRINTING:
        return say(scene, N_("The receipt is printing"));
    case RECEIPT_DONE:
        return say(scene, N_("Receipt printed"));
    case RECEIPT_NO_PAPER:
        return say(scene, N_("No paper: put in a new roll"));
    case RECEIPT_COVER:
        return say(scene, N_("Close the printer's cover"));
    case RECEIPT_NO_PRINTER:
        return say(scene, N_("Printer off: print again later"));
    }
    return NULL;
}

static void note_line(struct scene *scene, struct rect *stack, enum icon icon, const char *words, struct tone_ink ink)
{
    const struct theme *theme = scene->theme;
    struct rect line = rect_cut_top(stack, block_of_lines(scene, TEXT_BODY, 1) + theme->unit / 2);
    scene_icon(scene, rect_cut_left(&line, theme->text[TEXT_BODY] * 6 / 5), icon, ink.quiet);
    rect_cut_left(&line, theme->unit * 3 / 2);
    scene_text(scene, line, style_lines(style_text(scene, TEXT_BODY, ink.quiet), 1), words);
}

static void money_line(struct scene *scene, struct rect *stack, const char *label, const char *value,
                       struct tone_ink ink)
{
    struct rect line = rect_cut_top(stack, block_of_lines(scene, TEXT_BODY, 1) + scene->theme->unit / 2);
    struct text_style style = style_lines(style_text(scene, TEXT_BODY, ink.quiet), 1);
    scene_text(scene, line, style, label);
    style.bold = true;
    style.colour = ink.ink;
    scene_text(scene, line, style_end(style), value);
}

/* The largest figure: what is to be collected, given back or taken off. */
static bool big_amount(const struct scene *scene, const struct view_verdict *verdict, const char **out_label,
                       int64_t *out_minor)
{
    if (verdict->tone != TONE_GOOD) {
        return false;
    }
    if (verdict->subject == SUBJECT_VOID) {
        *out_label = say(scene, N_("To give back"));
        *out_minor = verdict->paid_minor;
        return verdict->paid_minor > 0;
    }
    if (verdict->sale_minor > 0) {
        *out_label = say(scene, N_("To collect"));
        *out_minor = verdict->paid_minor;
        return true;
    }
    *out_label = say(scene, N_("Discount"));
    *out_minor = verdict->discount_minor;
    return verdict->discount_minor > 0;
}

struct money_row {
    const char *label;
    int64_t minor;
    bool with_sign;
};

static size_t money_rows(const struct scene *scene, const struct view_verdict *verdict, struct money_row out[5])
{
    size_t n = 0;
    if (verdict->tone != TONE_GOOD) {
        return 0;
    }
    if (verdict->sale_minor > 0) {
        out[n++] = (struct money_row){say(scene, N_("Purchase")), verdict->sale_minor, false};
        if (verdict->discount_minor > 0) {
            out[n++] = (struct money_row){say(scene, N_("Coupon")), -verdict->discount_minor, true};
        }
        if (verdict->credit_minor > 0) {
            out[n++] = (struct money_row){say(scene, N_("Paid with credit")), -verdict->credit_minor, true};
        }
    }
    if (verdict->earned_minor > 0) {
        out[n++] = (struct money_row){say(scene, N_("Credit earned")), verdict->earned_minor, true};
    }
    if (verdict->balance_minor > 0) {
        out[n++] = (struct money_row){say(scene, N_("Credit now")), verdict->balance_minor, false};
    }
    return n;
}

static int note_count(const struct view_verdict *verdict)
{
    return (verdict->receipt != RECEIPT_NONE ? 1 : 0) + (verdict->drawer_open ? 1 : 0) +
           (verdict->offline && verdict->tone == TONE_GOOD ? 1 : 0);
}

static void notes(struct scene *scene, const struct view_verdict *verdict, struct rect *stack, struct tone_ink ink)
{
    const char *receipt = receipt_words(scene, verdict->receipt);
    if (receipt != NULL) {
        note_line(scene, stack, ICON_PRINTER, receipt, ink);
    }
    if (verdict->drawer_open) {
        note_line(scene, stack, ICON_DRAWER, say(scene, N_("The drawer is open")), ink);
    }
    if (verdict->offline && verdict->tone == TONE_GOOD) {
        note_line(scene, stack, ICON_NETWORK_OFF, say(scene, N_("Booked here; sent when online")), ink);
    }
}

/* The bill: amounts in a darker field, the largest figure at its foot. */
static void bill(struct scene *scene, const struct view_verdict *verdict, struct rect area, struct tone_ink ink)
{
    const struct theme *theme = scene->theme;
    struct money_row rows[5];
    char label[MONEY_LABEL_MAX];
    size_t count = money_rows(scene, verdict, rows);
    const char *big_label;
    int64_t big;
    bool has_big = big_amount(scene, verdict, &big_label, &big);
    int line = block_of_lines(scene, TEXT_BODY, 1) + theme->unit / 2;
    int wanted = theme->pad * 2 + (int)count * line + note_count(verdict) * line;
    wanted += has_big ? block_of_lines(scene, TEXT_BODY, 1) + theme->text[TEXT_DISPLAY] * 5 / 4 + theme->unit : 0;
    wanted += count > 0 && note_count(verdict) > 0 ? theme->unit * 3 : 0;
    area = rect_centred(area, area.width, wanted < area.height ? wanted : area.height);
    widget_panel(scene, area, ink.sunken);
    struct rect inner = rect_inset(area, theme->pad, theme->pad);
    if (has_big) {
        struct rect head = rect_cut_top(&inner, block_of_lines(scene, TEXT_BODY, 1));
        scene_text(scene, head, style_lines(style_text(scene, TEXT_BODY, ink.quiet), 1), big_label);
        struct text_style money = style_lines(style_bold(scene, TEXT_DISPLAY, ink.ink), 1);
        money.money = true;
        scene_text(scene, rect_cut_top(&inner, theme->text[TEXT_DISPLAY] * 5 / 4), money,
                   money_label(big, false, label));
        rect_cut_top(&inner, theme->unit);
    }
    for (size_t i = 0; i < count; i++) {
        money_line(scene, &inner, rows[i].label, money_label(rows[i].minor, rows[i].with_sign, label), ink);
    }
    struct rect foot = inner;
    int tall = note_count(verdict) * (block_of_lines(scene, TEXT_BODY, 1) + theme->unit / 2);
    if (foot.height > tall) {
        foot = rect_cut_bottom(&inner, tall);
    }
    notes(scene, verdict, &foot, ink);
}

/* The sentence as large as it can be: large when it stands alone, but never cut. */
static struct text_style sentence_style(struct scene *scene, const char *sentence, struct rect room, uint32_t ink)
{
    struct text_style style = style_sentence(style_text(scene, TEXT_TITLE, ink));
    int least = scene->theme->text[TEXT_LEAD];
    while (style.size > least && scene_text_height(scene, style, sentence, room.width) > room.height) {
        style.size = (uint16_t)(style.size * 15 / 16);
    }
    style.least = (uint16_t)(scene->theme->text[TEXT_BODY] * 9 / 10);
    return style;
}

/* Shape, title, sentence and the coupon's name. */
static void message(struct scene *scene, const struct view_model *view, struct rect area, struct tone_ink ink,
                    bool centred)
{
    const struct theme *theme = scene->theme;
    const struct view_verdict *verdict = &view->verdict;
    char sentence[512];
    sentence_of(scene, view, sentence, sizeof(sentence));
    struct text_style title = style_lines(style_bold(scene, TEXT_DISPLAY, ink.ink), 1);
    struct text_style name = style_lines(style_text(scene, TEXT_BODY, ink.quiet), 2);
    title.size = (uint16_t)(title.size * 4 / 5);
    title.least = (uint16_t)theme->text[TEXT_LEAD];
    name.least = (uint16_t)(theme->text[TEXT_CAPTION] * 9 / 10);
    int mark = theme->text[TEXT_DISPLAY] * (centred && !theme->compact ? 19 : 13) / 10;
    mark = mark < area.height * 3 / 10 ? mark : area.height * 3 / 10;
    int heading_tall = text_block_height(1, title.size);
    int name_tall = verdict->campaign[0] != '\0' ? block_of_lines(scene, TEXT_BODY, 1) + theme->unit : 0;
    struct rect room = area;
    room.height = area.height - mark - heading_tall - name_tall - theme->unit * 3;
    struct text_style words = sentence_style(scene, sentence, room, ink.ink);
    int words_tall = scene_text_height(scene, words, sentence, area.width);
    words_tall = words_tall < room.height ? words_tall : room.height;
    if (centred) {
        title = style_centred(title);
        words = style_centred(words);
        name = style_centred(name);
    }
    struct rect stack = rect_centred(area, area.width, area.height - room.height + words_tall);
    struct rect shape = rect_cut_top(&stack, mark);
    scene_icon(scene, centred ? shape : rect_cut_left(&shape, mark), shape_of(verdict->tone), ink.ink);
    rect_cut_top(&stack, theme->unit * 2);
    scene_text(scene, rect_cut_top(&stack, heading_tall), title, say(scene, verdict_line_of(verdict)->title));
    rect_cut_top(&stack, theme->unit);
    scene_text(scene, rect_cut_top(&stack, words_tall), words, sentence);
    rect_cut_top(&stack, theme->unit);
    scene_text(scene, stack, name, verdict->campaign);
}

void screen_verdict(struct scene *scene, const struct view_model *view)
{
    const struct theme *theme = scene->theme;
    const struct view_verdict *verdict = &view->verdict;
    struct tone_ink ink = ink_of(theme, verdict->tone);
    struct strip strip = {.title = "",
                          .devices = view->status.clerk[0] != '\0',
                          .ground = ink.ground,
                          .ink = ink.ink,
                          .back = verdict->action != INTENT_NEXT && verdict->action != INTENT_NONE};
    strip.back = strip.back || verdict->tone == TONE_WAIT;
    struct rect body = strip_draw(scene, view, &strip);
    struct rect bottom = rect_cut_bottom(&body, theme->button + (theme->compact ? 0 : theme->unit * 2));
    rect_cut_bottom(&body, theme->gap);
    struct money_row rows[5];
    const char *label;
    int64_t big;
    int width = theme->portrait ? bottom.width : theme->unit * 60;
    bool has_bill =
        money_rows(scene, verdict, rows) > 0 || big_amount(scene, verdict, &label, &big) || note_count(verdict) > 0;
    if (has_bill) {
        struct halves halves = screen_split(scene, body, theme->portrait ? 480 : 560);
        message(scene, view, halves.first, ink, theme->portrait);
        bill(scene, verdict, halves.second, ink);
        width = theme->portrait ? width : halves.second.width;
    } else {
        int column = theme->portrait ? body.width : body.width * 17 / 20;
        message(scene, view, rect_centred(body, column, body.height), ink, true);
    }
    if (verdict->tone == TONE_WAIT) {
        return;
    }
    struct button button = action_button(scene, verdict);
    button.ground = ink.ink;
    struct rect place =
        has_bill && !theme->portrait ? rect_cut_right(&bottom, width) : rect_centred(bottom, width, bottom.height);
    widget_button(scene, place, &button);
}
