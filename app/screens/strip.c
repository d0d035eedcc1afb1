#include <stdio.h>

#include "screens/strip.h"

struct strip_ink {
    uint32_t ground, ink, muted;
};

static void way_back(struct scene *scene, struct rect *left, struct strip_ink ink)
{
    const struct theme *theme = scene->theme;
    struct rect area = rect_cut_left(left, theme->strip);
    int side = theme->text[TEXT_LEAD];
    if (scene_pressed(scene, "back")) {
        scene_fill(scene, area, colour_mix(ink.ground, 0xFF000000u, 120));
    }
    scene_icon(scene, rect_centred(area, side, side), ICON_BACK, ink.ink);
    scene_hit(scene, area, hit_of("back", INTENT_BACK, 0));
}

/* The brand's first character in its colour, then its name and the store's. */
static void brand_name(struct scene *scene, const struct view_brand *brand, struct rect left, struct strip_ink ink)
{
    const struct theme *theme = scene->theme;
    struct rect area = left;
    int side = theme->text[TEXT_LEAD] * 5 / 4;
    if (brand->name[0] == '\0') {
        return;
    }
    char first[8] = {brand->name[0]};
    for (int i = 1; i < 6 && ((unsigned char)brand->name[i] & 0xC0) == 0x80; i++) {
        first[i] = brand->name[i];
    }
    struct rect tile = rect_centred(rect_cut_left(&area, side), side, side);
    scene_box(scene, tile, (struct box_style){.fill = theme->accent, .radius = side / 4});
    scene_text(scene, tile, style_centred(style_lines(style_bold(scene, TEXT_BODY, theme->on_accent), 1)), first);
    rect_cut_left(&area, theme->unit * 3 / 2);
    struct text_style style = style_lines(style_bold(scene, TEXT_BODY, ink.ink), 1);
    int width = scene_text_width(scene, style, brand->name) + 2;
    scene_text(scene, rect_cut_left(&area, width), style, brand->name);
    rect_cut_left(&area, theme->unit * 3 / 2);
    struct text_style store = style_lines(style_text(scene, TEXT_CAPTION, ink.muted), 1);
    store.may_cut = true;
    if (area.width > theme->unit * 10) {
        scene_text(scene, area, store, brand->store);
    }
}

static void language_button(struct scene *scene, enum language language, struct rect *right, struct strip_ink ink)
{
    const struct theme *theme = scene->theme;
    struct text_style style = style_centred(style_lines(style_bold(scene, TEXT_CAPTION, ink.ink), 1));
    const char *label = language == LANGUAGE_EN ? "\xE4\xB8\xAD\xE6\x96\x87" : "English";
    int width = scene_text_width(scene, style, label) + theme->unit * 3;
    struct rect area = rect_cut_right(right, width > theme->strip ? width : theme->strip);
    bool pressed = scene_pressed(scene, "language");
    struct rect pill = rect_inset(area, theme->unit / 2, (area.height - theme->unit * 4) / 2);
    scene_box(scene, pill,
              (struct box_style){.fill = pressed ? colour_mix(ink.ground, 0xFF000000u, 120) : 0,
                                 .edge = colour_alpha(ink.ink, 70),
                                 .radius = pill.height / 2});
    scene_text(scene, pill, style, label);
    scene_hit(scene, area, hit_of("language", INTENT_LANGUAGE, 0));
}

static void staff_button(struct scene *scene, struct rect *right, struct strip_ink ink)
{
    struct rect area = rect_cut_right(right, scene->theme->strip);
    int side = scene->theme->text[TEXT_BODY];
    uint32_t colour = scene_pressed(scene, "staff") ? ink.ink : ink.muted;
    scene_icon(scene, rect_centred(area, side, side), ICON_CLERK, colour);
    scene_hit(scene, area, hit_of("staff", INTENT_STAFF, 0));
}

/* With its words if there is room beside what stands at the start of the line, else with the shorter ones. */
static void put_pill(struct scene *scene, struct rect *right, struct pill pill, const char *shorter, int start_width)
{
    int height = scene->theme->text[TEXT_CAPTION] * 17 / 10;
    int width = widget_pill_width(scene, &pill, height);
    if (right->width - width < start_width) {
        pill.text = shorter;
        width = widget_pill_width(scene, &pill, height);
    }
    struct rect area = rect_cut_right(right, width);
    widget_pill(scene, rect_centred(area, area.width, height), &pill);
    rect_cut_right(right, scene->theme->unit);
}

/* In words that a clerk understands: is it safe, and how much is still here. */
static void sync_pill(struct scene *scene, const struct view_status *status, struct rect *right, int start_width)
{
    const struct theme *theme = scene->theme;
    char text[96];
    char count[16];
    snprintf(count, sizeof(count), "%u", status->waiting);
    const struct word words[] = {{"n", count}};
    struct pill pill = {ICON_NETWORK_OFF, text, theme->ask, theme->on_ask};
    if (!status->enrolled) {
        snprintf(text, sizeof(text), "%s", say(scene, N_("Not set up yet")));
        pill.icon = ICON_STORE;
    } else if (!status->online && status->waiting > 0) {
        words_fill(
            text, sizeof(text),
            say_plural(scene, "Offline: {n} record kept here", "Offline: {n} records kept here", status->waiting),
            words, 1);
    } else if (!status->online) {
        snprintf(text, sizeof(text), "%s", say(scene, N_("Offline")));
    } else if (status->waiting > 0) {
        words_fill(text, sizeof(text), say_plural(scene, "Sending {n} record", "Sending {n} records", status->waiting),
                   words, 1);
        pill = (struct pill){ICON_UPLOAD, text, theme->sunken, theme->muted};
    } else {
        return;
    }
    put_pill(scene, right, pill, status->waiting > 0 ? count : "", start_width);
}

/* The store's other terminals: only when staff has to know. A touch leads to what can be done. */
static void store_pill(struct scene *scene, const struct view_status *status, struct rect *right, int start_width)
{
    const struct theme *theme = scene->theme;
    struct pill pill = {ICON_STORE, "", theme->ask, theme->on_ask};
    switch (status->store) {
    case STORE_VIEW_FINE:
        return;
    case STORE_VIEW_AWAY:
        pill.text = say(scene, N_("Other terminal away"));
        break;
    case STORE_VIEW_WAITING:
        pill.icon = ICON_CLOCK;
        pill.text = say(scene, N_("Waiting for the other terminal"));
        break;
    case STORE_VIEW_ALONE:
        pill.text = say(scene, N_("Working alone"));
        break;
    }
    int before = right->width;
    struct rect touch = *right;
    /* What is said of central stands beside it. */
    put_pill(scene, right, pill, "", start_width + (status->online && status->waiting == 0 ? 0 : theme->unit * 24));
    touch = rect_cut_right(&touch, before - right->width);
    scene_hit(scene, touch, hit_of("store_state", INTENT_STORE, 0));
}

static void device_icons(struct scene *scene, const struct view_status *status, struct rect *right)
{
    static const struct {
        enum hal_device device;
        enum icon icon;
    } shown[] = {{HAL_PRINTER, ICON_PRINTER},
                 {HAL_DRAWER, ICON_DRAWER},
                 {HAL_SCANNER, ICON_SCANNER},
                 {HAL_CAMERA, ICON_CAMERA_OFF},
                 {HAL_STORAGE, ICON_STORAGE}};
    const struct theme *theme = scene->theme;
    int side = theme->text[TEXT_BODY];
    for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
        if (status->device_down[shown[i].device]) {
            struct rect area = rect_cut_right(right, side + theme->unit);
            widget_disc(scene, rect_centred(area, side * 3 / 2, side * 3 / 2), shown[i].icon, theme->ask,
                        theme->on_ask);
            rect_cut_right(right, theme->unit);
        }
    }
}

static void clerk_name(struct scene *scene, const char *name, struct rect *right, struct strip_ink ink)
{
    const struct theme *theme = scene->theme;
    struct text_style style = style_lines(style_text(scene, TEXT_CAPTION, ink.ink), 1);
    int most = theme->unit * (theme->compact ? 14 : 22);
    int width = scene_text_width(scene, style, name) + 2;
    style.may_cut = true;
    scene_text(scene, rect_cut_right(right, width < most ? width : most), style, name);
    rect_cut_right(right, theme->unit / 2);
    struct rect icon = rect_cut_right(right, theme->text[TEXT_CAPTION] * 5 / 4);
    scene_icon(scene, icon, ICON_CLERK, ink.muted);
    rect_cut_right(right, theme->unit * 3 / 2);
}

static void clock_text(struct scene *scene, const struct view_status *status, struct rect *right, struct strip_ink ink)
{
    struct text_style style = style_end(style_lines(style_text(scene, TEXT_BODY, ink.ink), 1));
    int width = scene_text_width(scene, style, "00:00") + 2;
    scene_text(scene, rect_cut_right(right, width), style, status->clock);
    rect_cut_right(right, scene->theme->unit * 2);
}

/* What the way back, the title or the brand's name take at the start of the line. */
static int start_of(const struct scene *scene, const struct view_model *view, const struct strip *strip)
{
    const struct theme *theme = scene->theme;
    if (strip->title != NULL) {
        return theme->strip + scene_text_width(scene, style_bold(scene, TEXT_LEAD, theme->ink), strip->title);
    }
    return theme->margin + theme->unit * 8 +
           scene_text_width(scene, style_bold(scene, TEXT_BODY, theme->ink), view->brand.name);
}

/* What the device has to say, from the end of the line inwards. */
static void status_part(struct scene *scene, const struct view_model *view, const struct strip *strip,
                        struct rect *right, struct strip_ink ink)
{
    int start_width = start_of(scene, view, strip);
    rect_cut_right(right, scene->theme->unit);
    clock_text(scene, &view->status, right, ink);
    if (view->status.clerk[0] != '\0' && strip->devices) {
        clerk_name(scene, view->status.clerk, right, ink);
    }
    if (strip->devices) {
        device_icons(scene, &view->status, right);
    }
    if (view->status.date_unsure && strip->devices) {
        put_pill(
            scene, right,
            (struct pill){ICON_CALENDAR, say(scene, N_("Check the date")), scene->theme->ask, scene->theme->on_ask}, "",
            start_width + scene->theme->unit * 24);
    }
    if (strip->devices && view->screen != SCREEN_STORE) {
        store_pill(scene, &view->status, right, start_width);
    }
    sync_pill(scene, &view->status, right, start_width);
}

struct rect strip_draw(struct scene *scene, const struct view_model *view, const struct strip *strip)
{
    const struct theme *theme = scene->theme;
    struct strip_ink ink = {strip->ground != 0 ? strip->ground : theme->paper,
                            strip->ink != 0 ? strip->ink : theme->ink, theme->muted};
    if (strip->ink != 0) {
        ink.muted = colour_mix(strip->ink, ink.ground, 250);
    }
    struct rect body = rect_make(0, 0, theme->width, theme->height);
    scene_fill(scene, body, ink.ground);
    struct rect bar = rect_cut_top(&body, theme->strip);
    rect_cut_right(&bar, theme->unit);
    language_button(scene, view->language, &bar, ink);
    if (strip->staff) {
        staff_button(scene, &bar, ink);
    }
    if (!strip->bare) {
        status_part(scene, view, strip, &bar, ink);
    }
    if (strip->back) {
        way_back(scene, &bar, ink);
    } else {
        rect_cut_left(&bar, theme->margin);
    }
    if (strip->title != NULL) {
        scene_text(scene, bar, style_lines(style_bold(scene, TEXT_LEAD, ink.ink), 1), strip->title);
    } else {
        brand_name(scene, &view->brand, bar, ink);
    }
    body.x += theme->margin;
    body.width -= 2 * theme->margin;
    body.height -= theme->margin;
    return body;
}
