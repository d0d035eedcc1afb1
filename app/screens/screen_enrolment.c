#include <string.h>

#include "screens/screens.h"
#include "sync/sync.h"

struct step {
    enum icon icon;
    const char *title, *words;
};

static const struct step steps[] = {
    {ICON_PHONE_CODE, N_("Show the code"),
     N_("Open this device in the console and hold its code in front of the camera")},
    {ICON_NETWORK, N_("It calls home"), N_("The device makes its own key and calls head office")},
    {ICON_COMPARE, N_("Compare the digits"), N_("Confirm in the console that the same six digits stand there")},
};

static int step_of(const struct view_enrolment *enrolment)
{
    switch ((enum enrol_stage)enrolment->stage) {
    case ENROL_STAGE_NONE:
    case ENROL_STAGE_FAILED:
        return 0;
    case ENROL_STAGE_CALLING:
        return 1;
    case ENROL_STAGE_CONFIRM:
        return 2;
    case ENROL_STAGE_DONE:
        return 3;
    }
    return 0;
}

static const char *failure_words(const struct scene *scene, enum enrol_error error)
{
    switch (error) {
    case ENROL_OK:
    case ENROL_REJECTED:
        return say(scene, N_("Head office did not confirm this device; ask there and show a new code."));
    case ENROL_BAD_QR:
        return say(scene, N_("This is not a set-up code; show the one from the console."));
    case ENROL_NO_NETWORK:
        return say(scene, N_("Head office cannot be reached; check the network, then show the code again."));
    case ENROL_NOT_CENTRAL:
        return say(scene, N_("Whoever answered is not your head office; stop and call the support."));
    case ENROL_EXPIRED:
        return say(scene, N_("This code is too old or was used before; make a new one in the console."));
    case ENROL_BOOKS:
        return say(scene, N_("The device could not keep its papers; check its storage and call the support."));
    case ENROL_ELSEWHERE:
        return say(scene, N_("It belongs elsewhere: head office removes it there; then reset it, show a new code."));
    case ENROL_REMOVED:
        return say(scene, N_("Head office took this device out of service: reset it, then show a new code."));
    }
    return "";
}

static void step_card(struct scene *scene, int index, int current, struct rect area)
{
    const struct theme *theme = scene->theme;
    bool done = index < current;
    bool now = index == current;
    if (now) {
        widget_card_only(scene, area);
        scene_box(
            scene, area,
            (struct box_style){.edge = theme->accent, .edge_width = theme->hairline * 2, .radius = theme->radius});
    } else {
        widget_panel(scene, area, theme->sunken);
    }
    struct rect inner = rect_inset(area, theme->pad, theme->compact ? theme->unit : theme->pad);
    bool flat = theme->portrait || theme->compact;
    int disc = flat ? theme->text[TEXT_TITLE] * 5 / 4 : theme->text[TEXT_DISPLAY];
    disc = disc < inner.height ? disc : inner.height;
    uint32_t fill = done ? theme->good : now ? theme->accent : theme->card;
    uint32_t ink = done ? 0xFFFFFFFFu : now ? theme->on_accent : theme->muted;
    struct text_style title = style_lines(style_bold(scene, TEXT_LEAD, now ? theme->ink : theme->muted), 1);
    struct text_style words =
        style_lines(style_text(scene, theme->compact ? TEXT_CAPTION : TEXT_BODY, theme->muted), 4);
    words.least = (uint16_t)(theme->text[TEXT_CAPTION] * 4 / 5);
    struct rect mark;
    if (theme->portrait) {
        mark = rect_cut_left(&inner, disc);
        rect_cut_left(&inner, theme->gap);
    } else {
        /* Three lines of words, whether they are filled or not: the steps stand in line. */
        int wanted = disc + theme->unit + block_of_lines(scene, TEXT_LEAD, 1) + text_block_height(3, words.size);
        inner = rect_centred(inner, inner.width, wanted < inner.height ? wanted : inner.height);
        mark = rect_cut_top(&inner, disc);
        rect_cut_top(&inner, theme->unit);
        title = style_centred(title);
        words = style_centred(words);
    }
    widget_disc(scene, mark, done ? ICON_CHECK : steps[index].icon, fill, ink);
    int head = block_of_lines(scene, TEXT_LEAD, 1);
    int tall = scene_text_height(scene, words, say(scene, steps[index].words), inner.width);
    struct rect stack = inner;
    if (theme->portrait) {
        stack = rect_centred(inner, inner.width, head + tall < inner.height ? head + tall : inner.height);
    }
    words.place = PLACE_TOP;
    scene_text(scene, rect_cut_top(&stack, head), title, say(scene, steps[index].title));
    scene_text(scene, stack, words, say(scene, steps[index].words));
}

/* Six digits in two groups, to be read out loud. */
static void six_digits(struct scene *scene, const char *digits, struct rect area)
{
    const struct theme *theme = scene->theme;
    int side = area.height * 3 / 4;
    int gap = theme->unit;
    side = side * 6 + gap * 8 > area.width ? (area.width - gap * 8) / 6 : side;
    int tall = side * 5 / 4 < area.height ? side * 5 / 4 : area.height;
    struct rect row = rect_centred(area, side * 6 + gap * 8, tall);
    for (size_t i = 0; i < strlen(digits); i++) {
        struct rect box = rect_cut_left(&row, side);
        rect_cut_left(&row, i == 2 ? gap * 4 : gap);
        char text[2] = {digits[i], '\0'};
        struct text_style style = style_centred(style_lines(style_bold(scene, TEXT_DISPLAY, theme->ink), 1));
        style.least = (uint16_t)theme->text[TEXT_LEAD];
        scene_box(scene, box, (struct box_style){.fill = theme->card, .edge = theme->line, .radius = theme->radius});
        scene_text(scene, box, style, text);
    }
}

static void state_line(struct scene *scene, const struct view_enrolment *enrolment, struct rect area)
{
    const struct theme *theme = scene->theme;
    enum icon icon = ICON_CLOCK;
    uint32_t fill = theme->accent_soft;
    uint32_t ink = theme->ink;
    const char *words = say(scene, N_("The camera is looking for the set-up code."));
    if (enrolment->stage == ENROL_STAGE_FAILED) {
        icon = ICON_EXCLAMATION;
        fill = theme->refuse;
        ink = 0xFFFFFFFFu;
        words = failure_words(scene, (enum enrol_error)enrolment->error);
    } else if (enrolment->stage == ENROL_STAGE_CALLING) {
        words = say(scene, N_("Calling head office, one moment."));
    } else if (enrolment->stage == ENROL_STAGE_DONE) {
        icon = ICON_CHECK;
        fill = theme->good;
        ink = 0xFFFFFFFFu;
        words = say(scene, N_("Set up. The store opens in a moment."));
    } else if (!enrolment->camera_ok) {
        icon = ICON_CAMERA_OFF;
        fill = theme->ask;
        ink = theme->on_ask;
        words = say(scene, N_("No camera is found; plug one in, or use the hand scanner."));
    } else if (!enrolment->network_ok) {
        icon = ICON_NETWORK_OFF;
        fill = theme->ask;
        ink = theme->on_ask;
        words = say(scene, N_("No network is found; plug in the cable first."));
    } else {
        icon = ICON_CAMERA;
    }
    widget_panel(scene, area, fill);
    struct rect inner = rect_inset(area, theme->pad, theme->unit);
    int side = theme->text[TEXT_TITLE];
    scene_icon(scene, rect_cut_left(&inner, side), icon, ink);
    rect_cut_left(&inner, theme->unit * 2);
    scene_text(scene, inner, style_sentence(style_lines(style_bold(scene, TEXT_LEAD, ink), 2)), words);
}

void screen_enrolment(struct scene *scene, const struct view_model *view)
{
    const struct theme *theme = scene->theme;
    const struct view_enrolment *enrolment = &view->enrolment;
    struct rect body = strip_draw(scene, view, &(struct strip){.title = say(scene, N_("Set up this device"))});
    struct rect foot = rect_cut_bottom(&body, theme->button);
    rect_cut_bottom(&body, theme->unit);
    int button = theme->unit * 24;
    widget_button(scene, rect_cut_right(&foot, button),
                  &(struct button){.kind = BUTTON_QUIET,
                                   .icon = ICON_SERVICE,
                                   .label = say(scene, N_("Service")),
                                   .hit = hit_of("service", INTENT_SERVICE, 0)});
    bool digits = enrolment->stage == ENROL_STAGE_CONFIRM && enrolment->digits[0] != '\0';
    struct rect upper = rect_cut_top(&body, body.height * (theme->portrait ? 55 : 58) / 100);
    rect_cut_top(&body, theme->gap);
    const struct grid grid = {theme->portrait ? 1 : 3, theme->portrait ? 3 : 1, theme->gap};
    for (int i = 0; i < 3; i++) {
        step_card(scene, i, step_of(enrolment),
                  rect_cell(upper, grid, theme->portrait ? 0 : i, theme->portrait ? i : 0));
    }
    if (digits) {
        six_digits(scene, enrolment->digits, body);
    } else {
        int tall = theme->text[TEXT_LEAD] * 4;
        state_line(scene, enrolment, rect_centred(body, body.width, tall < body.height ? tall : body.height));
    }
}
