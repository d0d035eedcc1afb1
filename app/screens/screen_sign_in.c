#include <stdio.h>
#include <string.h>

#include "screens/screens.h"

#define PIN_SHOWN 6 /* places shown before any digit; a longer PIN adds its own */

static const char *picked_name(const struct view_sign_in *sign_in)
{
    for (uint32_t i = 0; i < sign_in->row_count; i++) {
        if (sign_in->rows[i].clerk == sign_in->picked) {
            return sign_in->rows[i].name;
        }
    }
    return "";
}

static void pin_words(const struct scene *scene, const struct view_sign_in *sign_in, char *out, size_t cap)
{
    char number[24];
    const struct word word = {"n", number};
    switch (sign_in->state) {
    case PIN_VIEW_ENTER:
        snprintf(out, cap, "%s", say(scene, N_("Enter your PIN")));
        return;
    case PIN_VIEW_WRONG:
        snprintf(number, sizeof(number), "%u", sign_in->tries_left);
        words_fill(out, cap,
                   say_plural(scene, "That is not the PIN; {n} try left", "That is not the PIN; {n} tries left",
                              sign_in->tries_left),
                   &word, 1);
        return;
    case PIN_VIEW_LOCKED:
        snprintf(number, sizeof(number), "%u", (sign_in->locked_s + 59) / 60);
        words_fill(out, cap,
                   say_plural(scene, "Too many tries; wait {n} minute or call the manager",
                              "Too many tries; wait {n} minutes or call the manager", (sign_in->locked_s + 59) / 60),
                   &word, 1);
        return;
    case PIN_VIEW_BADGE_UNKNOWN:
        snprintf(out, cap, "%s", say(scene, N_("This badge is not known here; choose your name")));
        return;
    case PIN_VIEW_CHECKING:
        snprintf(out, cap, "%s", say(scene, N_("One moment")));
        return;
    }
}

static void clerk_tile(struct scene *scene, const struct view_clerk_row *row, struct rect area, bool picked)
{
    const struct theme *theme = scene->theme;
    char name[32];
    snprintf(name, sizeof(name), "pick_clerk_%u", row->clerk);
    bool pressed = scene_pressed(scene, name);
    scene_box(scene, area,
              (struct box_style){.fill = picked    ? theme->accent_soft
                                         : pressed ? theme->sunken
                                                   : theme->card,
                                 .edge = picked ? theme->accent : theme->line,
                                 .edge_width = picked ? theme->hairline * 2 : 0,
                                 .radius = theme->radius});
    struct rect inner = rect_inset(area, theme->unit * 3 / 2, theme->unit / 2);
    int disc = inner.height < theme->text[TEXT_TITLE] ? inner.height : theme->text[TEXT_TITLE];
    widget_disc(scene, rect_cut_left(&inner, disc), ICON_CLERK, theme->sunken, theme->muted);
    rect_cut_left(&inner, theme->unit * 3 / 2);
    scene_text(scene, inner, style_lines(style_bold(scene, TEXT_BODY, theme->ink), 2), row->name);
    scene_hit(scene, area, hit_of(name, INTENT_PICK_CLERK, row->clerk));
}

static void clerk_grid(struct scene *scene, const struct view_sign_in *sign_in, struct rect area, int columns)
{
    const struct theme *theme = scene->theme;
    int rows = ((int)sign_in->row_count + columns - 1) / columns;
    int most = theme->touch * (theme->portrait ? 5 : 4) / 2;
    if (rows == 0) {
        return;
    }
    int tall = rows * most + (rows - 1) * theme->unit;
    const struct grid grid = {columns, rows, theme->unit};
    struct rect field = rect_cut_top(&area, tall);
    for (uint32_t i = 0; i < sign_in->row_count; i++) {
        clerk_tile(scene, &sign_in->rows[i], rect_cell(field, grid, (int)i % columns, (int)i / columns),
                   sign_in->rows[i].clerk == sign_in->picked);
    }
}

static void choose(struct scene *scene, const struct view_sign_in *sign_in, struct rect body)
{
    const struct theme *theme = scene->theme;
    char words[160];
    bool unknown = sign_in->state == PIN_VIEW_BADGE_UNKNOWN;
    rect_cut_top(&body, theme->compact ? 0 : theme->unit);
    struct rect head = rect_cut_top(&body, block_of_lines(scene, TEXT_LEAD, 1));
    struct text_style title = style_lines(style_bold(scene, TEXT_LEAD, unknown ? theme->refuse : theme->ink), 1);
    pin_words(scene, sign_in, words, sizeof(words));
    scene_text(scene, head, title, unknown ? words : say(scene, N_("Who is working here?")));
    struct rect foot = rect_cut_bottom(&body, block_of_lines(scene, TEXT_BODY, 1));
    scene_icon(scene, rect_cut_left(&foot, theme->text[TEXT_BODY] * 5 / 4), ICON_BADGE, theme->muted);
    rect_cut_left(&foot, theme->unit);
    scene_text(scene, foot, style_lines(style_text(scene, TEXT_BODY, theme->muted), 1),
               sign_in->row_count == 0 ? say(scene, N_("No clerks are known yet; hold a badge in front of the camera"))
                                       : say(scene, N_("Or hold your badge in front of the camera")));
    rect_cut_top(&body, theme->compact ? theme->unit : theme->unit * 2);
    rect_cut_bottom(&body, theme->unit);
    clerk_grid(scene, sign_in, body, theme->portrait ? 2 : 3);
}

static void enter(struct scene *scene, const struct view_sign_in *sign_in, struct rect body)
{
    const struct theme *theme = scene->theme;
    char words[160];
    struct halves halves = screen_split(scene, body, theme->portrait ? 300 : 460);
    pin_words(scene, sign_in, words, sizeof(words));
    bool bad = sign_in->state == PIN_VIEW_WRONG || sign_in->state == PIN_VIEW_LOCKED;
    struct rect inner = widget_card(scene, halves.first);
    int disc = theme->text[TEXT_DISPLAY] * (theme->compact ? 8 : 10) / 10;
    int name = block_of_lines(scene, TEXT_LEAD, 1);
    int line = block_of_lines(scene, TEXT_BODY, 2);
    int dots = theme->text[TEXT_BODY] * 2;
    int wanted = disc + name + line + dots + theme->unit * 3;
    struct rect stack = rect_centred(inner, inner.width, wanted < inner.height ? wanted : inner.height);
    widget_disc(scene, rect_cut_top(&stack, disc), sign_in->state == PIN_VIEW_LOCKED ? ICON_LOCK : ICON_CLERK,
                bad ? theme->refuse : theme->accent_soft, bad ? 0xFFFFFFFFu : theme->accent_ink);
    rect_cut_top(&stack, theme->unit);
    scene_text(scene, rect_cut_top(&stack, name),
               style_centred(style_lines(style_bold(scene, TEXT_LEAD, theme->ink), 1)), picked_name(sign_in));
    scene_text(
        scene, rect_cut_top(&stack, line),
        style_sentence(style_centred(style_lines(style_text(scene, TEXT_BODY, bad ? theme->refuse : theme->muted), 2))),
        words);
    widget_dots(scene, stack, sign_in->digits, PIN_SHOWN);
    struct rect ok = rect_cut_bottom(&halves.second, theme->button);
    rect_cut_bottom(&halves.second, theme->unit);
    widget_pad(scene, halves.second);
    bool closed = sign_in->state == PIN_VIEW_LOCKED || sign_in->state == PIN_VIEW_CHECKING;
    widget_button(scene, ok,
                  &(struct button){.kind = BUTTON_PRIMARY,
                                   .icon = ICON_CHECK,
                                   .label = say(scene, N_("Sign in")),
                                   .disabled = closed || sign_in->digits < 4,
                                   .hit = hit_of("ok", INTENT_OK, 0)});
}

void screen_sign_in(struct scene *scene, const struct view_model *view)
{
    struct strip strip = {.back = true, .title = say(scene, N_("Sign in"))};
    struct rect body = strip_draw(scene, view, &strip);
    if (view->sign_in.picked == 0) {
        choose(scene, &view->sign_in, body);
    } else {
        enter(scene, &view->sign_in, body);
    }
}
