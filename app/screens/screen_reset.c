#include <stdio.h>

#include "screens/screens.h"

/* Factory reset: first what head office does not have yet, then what is deleted, then the button that has to be held.
 */

static void unsent_lines(struct scene *scene, const struct view_reset *reset, struct rect *inner)
{
    const struct theme *theme = scene->theme;
    char number[16];
    char age[64];
    char text[256];
    struct rect area = rect_cut_top(inner, block_of_lines(scene, TEXT_LEAD, theme->compact ? 2 : 3));
    if (reset->unsent == 0) {
        scene_text(scene, area, style_place(style_sentence(style_bold(scene, TEXT_LEAD, theme->good)), PLACE_TOP),
                   say(scene, N_("Head office has every record of this terminal.")));
        return;
    }
    snprintf(number, sizeof(number), "%u", reset->unsent);
    words_fill(text, sizeof(text),
               say_plural(scene, "{n} record has not reached head office and would be lost for good.",
                          "{n} records have not reached head office and would be lost for good.", reset->unsent),
               (struct word[]){{"n", number}}, 1);
    scene_text(scene, area, style_place(style_sentence(style_bold(scene, TEXT_LEAD, theme->refuse)), PLACE_TOP), text);
    if (reset->oldest_age_s == 0)
        return;
    screen_age_words(scene, reset->oldest_age_s, age, sizeof(age));
    widget_pair(scene, rect_cut_top(inner, block_of_lines(scene, TEXT_BODY, 1)),
                &(struct pair_row){say(scene, N_("The oldest of them")), age, theme->refuse, false, true, TEXT_BODY});
}

static void loss_card(struct scene *scene, const struct view_reset *reset, struct rect area)
{
    const struct theme *theme = scene->theme;
    char number[16];
    char text[256];
    struct text_style style = style_place(style_sentence(style_text(scene, TEXT_BODY, theme->ink)), PLACE_TOP);
    struct rect inner = widget_card(scene, area);
    unsent_lines(scene, reset, &inner);
    rect_cut_top(&inner, theme->unit);
    scene_text(
        scene, rect_cut_top(&inner, block_of_lines(scene, TEXT_BODY, 4)), style,
        say(scene, N_("Deleted are the books, the key and the network settings: all that is on this terminal.")));
    snprintf(number, sizeof(number), "%u", reset->terminal);
    words_fill(text, sizeof(text),
               say(scene, N_("It then starts like a new one, and is enrolled again in the place of no. {number}.")),
               (struct word[]){{"number", number}}, 1);
    scene_text(scene, inner, style, text);
}

static const char *hold_words(const struct scene *scene, const struct view_reset *reset, char *out, size_t cap)
{
    char number[16];
    const struct word words[] = {{"n", number}};
    if (reset->under_way)
        return say(scene, N_("One moment"));
    if (reset->hold_s > 0) {
        snprintf(number, sizeof(number), "%u", reset->hold_s);
        words_fill(out, cap, say(scene, N_("Keep holding: {n}")), words, 1);
    } else if (reset->given_up > 0) {
        snprintf(number, sizeof(number), "%u", reset->given_up);
        words_fill(
            out, cap,
            say_plural(scene, "Hold again: give up {n} record", "Hold again: give up {n} records", reset->given_up),
            words, 1);
    } else {
        return say(scene, N_("Hold 3 seconds to reset"));
    }
    return out;
}

/* What is said about the trying itself. */
static void said(struct scene *scene, const struct view_reset *reset, struct rect area)
{
    const struct theme *theme = scene->theme;
    char text[256];
    const char *words = "";
    uint32_t ink = theme->refuse;
    if (reset->reason[0] != '\0') {
        words_fill(text, sizeof(text), say(scene, N_("Nothing was deleted: {reason}")),
                   (struct word[]){{"reason", reset->reason}}, 1);
        words = text;
    } else if (reset->under_way) {
        words = say(scene, N_("The terminal forgets all and restarts."));
        ink = theme->ink;
    } else if (reset->stick_reading) {
        words = say(scene, N_("The stick is in use; this may take minutes."));
        ink = theme->ink;
    } else if (reset->given_up > 0) {
        words = say(scene, N_("Bring the network back, or save the records to a stick first. Else hold once more."));
    }
    struct text_style style = style_place(style_sentence(style_text(scene, TEXT_BODY, ink)), PLACE_TOP);
    style.may_cut = true;
    if (words[0] != '\0')
        scene_text(scene, area, style, words);
}

static void choices(struct scene *scene, const struct view_reset *reset, struct rect area)
{
    const struct theme *theme = scene->theme;
    char text[160];
    bool waits = reset->under_way || reset->stick_reading;
    struct button hold = {.kind = BUTTON_DANGER,
                          .label = hold_words(scene, reset, text, sizeof(text)),
                          .disabled = waits,
                          .hit = hit_of("hold", INTENT_HOLD, 1)};
    hold.hit.held = true;
    hold.ground = waits ? 0 : theme->refuse;
    widget_button(scene, rect_cut_bottom(&area, theme->button), &hold);
    rect_cut_bottom(&area, theme->unit * 2);
    widget_button(scene, rect_cut_bottom(&area, theme->button),
                  &(struct button){.kind = BUTTON_PLAIN,
                                   .label = say(scene, N_("No, leave it as it is")),
                                   .disabled = reset->under_way,
                                   .hit = hit_of("no", INTENT_BACK, 0)});
    rect_cut_bottom(&area, theme->unit);
    if (reset->unsent > 0) {
        widget_button(scene, rect_cut_bottom(&area, theme->button),
                      &(struct button){.kind = BUTTON_PLAIN,
                                       .icon = ICON_STORAGE,
                                       .label = say(scene, N_("Save records to a stick")),
                                       .disabled = waits,
                                       .hit = hit_of("acts", INTENT_ACTS, 0)});
        rect_cut_bottom(&area, theme->unit);
    }
    said(scene, reset, area);
}

void screen_reset(struct scene *scene, const struct view_model *view)
{
    const struct theme *theme = scene->theme;
    const struct view_reset *reset = &view->reset;
    struct strip strip = {.back = true, .title = say(scene, N_("Factory reset")), .devices = true};
    struct rect body = strip_draw(scene, view, &strip);
    struct halves halves = screen_split(scene, body, theme->portrait ? 480 : 520);
    loss_card(scene, reset, halves.first);
    choices(scene, reset, halves.second);
}
