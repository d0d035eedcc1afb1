#include "screens/screens.h"

struct guide {
    enum icon icon;
    const char *words;
};

static const struct guide guides[] = {
    [GUIDE_SHOW_CODE] = {ICON_PHONE_CODE, N_("Hold the code in front of the camera")},
    [GUIDE_CLOSER] = {ICON_CLOSER, N_("A little closer")},
    [GUIDE_FARTHER] = {ICON_FARTHER, N_("A little further away")},
    [GUIDE_DARK] = {ICON_DARK, N_("It is dark: turn up the phone's brightness")},
    [GUIDE_GLARE] = {ICON_GLARE, N_("The light dazzles: tilt the code a little")},
    [GUIDE_HOLD_STILL] = {ICON_STEADY, N_("Hold still")},
    [GUIDE_READING] = {ICON_CHECK, N_("Got it, one moment")},
};

static void guide_panel(struct scene *scene, const struct view_viewfinder *finder, struct rect area)
{
    const struct theme *theme = scene->theme;
    struct guide guide = guides[finder->guidance];
    if (!finder->camera_ok) {
        guide =
            (struct guide){ICON_CAMERA_OFF, N_("The camera is taking a break: use the hand scanner or type the code")};
    }
    struct rect button = rect_cut_bottom(&area, theme->button);
    rect_cut_bottom(&area, theme->gap);
    widget_button(scene, button,
                  &(struct button){.kind = finder->camera_ok ? BUTTON_PLAIN : BUTTON_PRIMARY,
                                   .icon = ICON_KEYPAD,
                                   .label = say(scene, N_("Type a code")),
                                   .hit = hit_of("type_code", INTENT_TYPE_CODE, 0)});
    struct rect inner = widget_card(scene, area);
    bool done = finder->camera_ok && finder->guidance == GUIDE_READING;
    uint32_t fill = done ? theme->good : theme->accent_soft;
    struct text_style style = style_sentence(style_centred(style_bold(scene, TEXT_LEAD, theme->ink)));
    int disc = theme->text[TEXT_DISPLAY];
    int words = scene_text_height(scene, style, say(scene, guide.words), inner.width);
    struct rect stack = inner;
    if (inner.height > disc + words + theme->gap) {
        stack = rect_centred(inner, inner.width, disc + words + theme->gap);
    }
    disc = stack.height / 2 < disc ? stack.height / 2 : disc;
    widget_disc(scene, rect_cut_top(&stack, disc), guide.icon, fill, done ? 0xFFFFFFFFu : theme->accent_ink);
    rect_cut_top(&stack, theme->gap);
    scene_text(scene, stack, style, say(scene, guide.words));
}

void screen_viewfinder(struct scene *scene, const struct view_model *view)
{
    const struct theme *theme = scene->theme;
    const struct view_viewfinder *finder = &view->viewfinder;
    struct strip strip = {.back = true, .title = say(scene, N_("Scan"))};
    struct rect body = strip_draw(scene, view, &strip);
    struct halves halves = screen_split(scene, body, theme->portrait ? 620 : theme->compact ? 600 : 680);
    if (finder->camera_ok) {
        scene_picture(scene, halves.first, theme->paper);
    } else {
        widget_panel(scene, halves.first, theme->sunken);
        int side = theme->text[TEXT_DISPLAY] * 3 / 2;
        scene_icon(scene, rect_centred(halves.first, side, side), ICON_CAMERA_OFF,
                   colour_mix(theme->muted, theme->sunken, 500));
    }
    guide_panel(scene, finder, halves.second);
}
