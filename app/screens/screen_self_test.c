#include <stdio.h>

#include "screens/screens.h"

/* The technician's round: one device at a time, what to look at and what to answer; at the end all of it and a code. */

struct item_words {
    enum icon icon;
    const char *label, *words;
};

static const struct item_words items[SELF_TEST_ITEMS + 1] = {
    [SELF_TEST_SCREEN] = {ICON_DISPLAY, N_("Screen"), N_("Are all bars even, without spots, lines or dead points?")},
    [SELF_TEST_TOUCH] = {ICON_TOUCH, N_("Touch"), N_("Touch the four marks in the corners")},
    [SELF_TEST_CAMERA] = {ICON_CAMERA, N_("Camera"), N_("Waiting for a picture")},
    [SELF_TEST_LAMP] = {ICON_GPIO, N_("Lamp"), N_("Does the lamp change its colour every second?")},
    [SELF_TEST_BUTTONS] = {ICON_GPIO, N_("Keys"), N_("Press a key on the case")},
    [SELF_TEST_PRINTER] = {ICON_PRINTER, N_("Printer"), N_("A test page is being printed")},
    [SELF_TEST_DRAWER] = {ICON_DRAWER, N_("Drawer"), N_("The drawer should open now")},
    [SELF_TEST_NETWORK] = {ICON_NETWORK, N_("Network"), N_("Looking for a network")},
    [SELF_TEST_CLOCK] = {ICON_CLOCK, N_("Clock"), N_("Comparing the clock with head office")},
    [SELF_TEST_DISK] = {ICON_STORAGE, N_("Storage"), N_("Trying to write, and looking how much room is left")},
    [SELF_TEST_STORAGE] = {ICON_SEARCH, N_("Books"), N_("Reading the books through; this may take a minute")},
    [SELF_TEST_SOUND] = {ICON_SOUND, N_("Sound"), N_("Did you hear a chime?")},
};

static bool person_answers(uint32_t item)
{
    return item == SELF_TEST_SCREEN || item == SELF_TEST_LAMP || item == SELF_TEST_SOUND;
}

static void step_words(const struct scene *scene, uint32_t item, char *out, size_t cap)
{
    char number[16];
    char all[16];
    snprintf(number, sizeof(number), "%u", item);
    snprintf(all, sizeof(all), "%d", SELF_TEST_ITEMS);
    words_fill(out, cap, say(scene, N_("{n} of {all}")), (struct word[]){{"n", number}, {"all", all}}, 2);
}

/* Works, does not, goes on without it; as buttons beside each other, on a tall panel one above the other. */
static void answer_buttons(struct scene *scene, bool can_pass, struct rect area)
{
    const struct theme *theme = scene->theme;
    const struct button buttons[] = {
        {.kind = BUTTON_PRIMARY,
         .icon = ICON_CHECK,
         .label = say(scene, N_("Yes")),
         .hit = hit_of("yes", INTENT_ANSWER, 1)},
        {.kind = BUTTON_DANGER,
         .icon = ICON_CROSS,
         .label = can_pass ? say(scene, N_("No")) : say(scene, N_("It does not work")),
         .hit = hit_of("no", INTENT_ANSWER, 0)},
        {.kind = BUTTON_PLAIN,
         .icon = ICON_NEXT,
         .label = say(scene, N_("Leave out")),
         .hit = hit_of("skip", INTENT_ANSWER, 2)},
    };
    int first = can_pass ? 0 : 1;
    const struct grid grid = {3 - first, 1, theme->gap};
    for (int i = first; i < 3; i++) {
        widget_button(scene, rect_cell(area, grid, i - first, 0), &buttons[i]);
    }
}

static void item_card(struct scene *scene, const struct view_self_test *test, struct rect area)
{
    const struct theme *theme = scene->theme;
    const struct item_words *words = &items[test->item];
    char step[48];
    struct rect inner = widget_card(scene, area);
    struct rect buttons = rect_cut_bottom(&inner, theme->button);
    rect_cut_bottom(&inner, theme->unit);
    step_words(scene, test->item, step, sizeof(step));
    struct text_style quiet = style_centred(style_lines(style_text(scene, TEXT_CAPTION, theme->muted), 1));
    struct text_style title = style_centred(style_lines(style_bold(scene, TEXT_TITLE, theme->ink), 1));
    struct text_style sentence = style_sentence(style_centred(style_text(scene, TEXT_LEAD, theme->ink)));
    scene_text(scene, rect_cut_top(&inner, block_of_lines(scene, TEXT_CAPTION, 1)), quiet, step);
    int disc = theme->text[TEXT_DISPLAY] * 3 / 2;
    int label = block_of_lines(scene, TEXT_TITLE, 1);
    int tall = block_of_lines(scene, TEXT_LEAD, 2);
    bool roomy = inner.height >= disc + label + tall + 2 * theme->unit;
    int wanted = (roomy ? disc + 2 * theme->unit : 0) + label + tall;
    struct rect stack = rect_centred(inner, inner.width, wanted < inner.height ? wanted : inner.height);
    if (roomy) {
        widget_disc(scene, rect_cut_top(&stack, disc), words->icon, theme->accent_soft, theme->accent_ink);
        rect_cut_top(&stack, theme->unit * 2);
    }
    scene_text(scene, rect_cut_top(&stack, label), title, say(scene, words->label));
    scene_text(scene, stack, sentence, say(scene, words->words));
    answer_buttons(scene, person_answers(test->item), buttons);
}

/* Pure colours and a grey scale from edge to edge; the question stands on a card before them. */
static void colour_bars(struct scene *scene, struct rect area)
{
    static const uint32_t bars[] = {0xFFFFFFFFu, 0xFFFF0000u, 0xFF00FF00u, 0xFF0000FFu,
                                    0xFF808080u, 0xFF404040u, 0xFF000000u};
    const struct grid grid = {(int)ARRAY_LEN(bars), 1, 0};
    for (int i = 0; i < (int)ARRAY_LEN(bars); i++) {
        struct rect bar = rect_cell(area, grid, i, 0);
        if (i == (int)ARRAY_LEN(bars) - 1) {
            bar.width = area.x + area.width - bar.x;
        }
        scene_fill(scene, bar, bars[i]);
    }
}

static void corner_marks(struct scene *scene, const struct view_self_test *test, struct rect body)
{
    const struct theme *theme = scene->theme;
    int side = theme->touch * 3 / 2;
    for (int i = 0; i < SELF_TEST_CORNERS; i++) {
        char name[16];
        bool touched = (test->corners & (1u << i)) != 0;
        struct rect area = rect_make(i % 2 == 0 ? body.x : body.x + body.width - side,
                                     i / 2 == 0 ? body.y : body.y + body.height - side, side, side);
        snprintf(name, sizeof(name), "corner_%d", i);
        scene_box(scene, area,
                  (struct box_style){.fill = touched ? theme->good : theme->card,
                                     .edge = touched ? theme->good : theme->accent,
                                     .edge_width = theme->hairline * 2,
                                     .radius = side / 2});
        scene_icon(scene, rect_centred(area, side / 2, side / 2), touched ? ICON_CHECK : ICON_TOUCH,
                   touched ? 0xFFFFFFFFu : theme->accent_ink);
        if (!touched) {
            scene_hit(scene, area, hit_of(name, INTENT_CORNER, i));
        }
    }
}

static void result_row(struct scene *scene, const struct view_self_test *test, uint32_t item, struct rect area)
{
    static const char *const words[] = {[SELF_TEST_OPEN] = "",
                                        [SELF_TEST_PASSED] = N_("Works"),
                                        [SELF_TEST_FAILED] = N_("Does not work"),
                                        [SELF_TEST_SKIPPED] = N_("Left out"),
                                        [SELF_TEST_ABSENT] = N_("None here")};
    const struct theme *theme = scene->theme;
    uint8_t outcome = test->outcomes[item];
    bool good = outcome == SELF_TEST_PASSED;
    bool bad = outcome == SELF_TEST_FAILED;
    int side = theme->text[TEXT_BODY];
    side = side < area.height ? side : area.height;
    struct rect mark = rect_cut_left(&area, side);
    scene_icon(scene, mark,
               good  ? ICON_MARK_GOOD
               : bad ? ICON_MARK_REFUSE
                     : ICON_MARK_ASK,
               good  ? theme->good
               : bad ? theme->refuse
                     : theme->muted);
    rect_cut_left(&area, theme->unit);
    widget_pair(scene, area,
                &(struct pair_row){say(scene, items[item].label), outcome ? say(scene, words[outcome]) : "",
                                   bad ? theme->refuse : theme->muted, false, bad, TEXT_CAPTION});
}

static void result_list(struct scene *scene, const struct view_self_test *test, struct rect area)
{
    struct rect inner = widget_card(scene, area);
    const struct grid grid = {1, SELF_TEST_ITEMS, 0};
    for (uint32_t item = 1; item <= SELF_TEST_ITEMS; item++) {
        result_row(scene, test, item, rect_cell(inner, grid, 0, (int)item - 1));
    }
}

static void report_card(struct scene *scene, const struct view_self_test *test, struct rect area)
{
    const struct theme *theme = scene->theme;
    struct rect button = rect_cut_bottom(&area, theme->button);
    rect_cut_bottom(&area, theme->gap);
    struct rect inner = widget_card(scene, area);
    const struct text_style title = style_centred(style_lines(
        style_bold(scene, TEXT_LEAD, test->all_well ? theme->good : theme->refuse), theme->compact ? 1 : 2));
    const struct text_style sentence =
        style_sentence(style_centred(style_lines(style_text(scene, TEXT_CAPTION, theme->ink), 2)));
    scene_text(scene, rect_cut_top(&inner, block_of_lines(scene, TEXT_LEAD, theme->compact ? 1 : 2)), title,
               test->all_well ? say(scene, N_("Everything that was tried works"))
                              : say(scene, N_("Something does not work")));
    const char *words = test->kept
                            ? say(scene, N_("Head office gets this result by itself; or send this code by phone"))
                            : say(scene, N_("Scan this code with a phone and send it to head office"));
    scene_text(scene, rect_cut_bottom(&inner, block_of_lines(scene, TEXT_CAPTION, 2)), sentence, words);
    rect_cut_bottom(&inner, theme->unit);
    if (test->report[0] != '\0') {
        int side = inner.width < inner.height ? inner.width : inner.height;
        scene_qr(scene, rect_centred(inner, side, side), test->report);
    }
    struct rect again = rect_cut_left(&button, (button.width - theme->gap) / 2);
    rect_cut_left(&button, theme->gap);
    widget_button(scene, again,
                  &(struct button){.kind = BUTTON_PLAIN,
                                   .label = say(scene, N_("Once more")),
                                   .hit = hit_of("again", INTENT_SELF_TEST, 0)});
    widget_button(scene, button,
                  &(struct button){.kind = BUTTON_PRIMARY,
                                   .icon = ICON_CHECK,
                                   .label = say(scene, N_("Done")),
                                   .hit = hit_of("done", INTENT_BACK, 0)});
}

void screen_self_test(struct scene *scene, const struct view_model *view)
{
    const struct theme *theme = scene->theme;
    const struct view_self_test *test = &view->self_test;
    struct strip strip = {.back = true, .title = say(scene, N_("Self-test"))};
    struct rect body = strip_draw(scene, view, &strip);
    if (test->item == 0) {
        struct halves halves = screen_split(scene, body, theme->portrait ? 400 : 440);
        result_list(scene, test, halves.first);
        report_card(scene, test, halves.second);
        return;
    }
    struct rect card = body;
    if (test->item == SELF_TEST_SCREEN) {
        struct rect whole = rect_make(0, body.y - theme->unit, theme->width, theme->height - body.y + theme->unit);
        colour_bars(scene, whole);
        card = rect_centred(body, body.width * (theme->portrait ? 96 : 80) / 100, body.height * 62 / 100);
    } else if (test->item == SELF_TEST_TOUCH) {
        corner_marks(scene, test, body);
        int side = theme->touch * 3 / 2 + theme->gap;
        card = theme->portrait ? rect_inset(body, 0, side) : rect_inset(body, side, 0);
    }
    item_card(scene, test, card);
}
