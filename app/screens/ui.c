#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "screens/canvas.h"
#include "screens/screens.h"
#include "screens/ui_inside.h"

#define PRESS_SHOWN_MS 90 /* a tap is seen for at least this long */

struct ui {
    struct theme theme;
    struct words *words[LANGUAGE_COUNT];
    struct text_engine *engine;
    struct icons *icons;
    struct qr *qr;
    struct canvas canvas;
    struct scene scenes[2];
    int current; /* the one that is on the display */
    bool whole;  /* nothing of it can be relied upon */

    struct view_model view; /* as last drawn */
    uint32_t picture_no;
    bool had_picture;

    char pressed[32]; /* name of the hit under the finger or just released; "" = none */
    bool released;
    enum intent held;      /* of the area that is held; INTENT_NONE = none is */
    bool press_moved;      /* pressed changed since the last draw */
    int64_t press_mono_ms; /* when it was drawn; -1 = not yet */
};

static const screen_function screens[SCREEN_COUNT] = {
    [SCREEN_STARTING] = screen_starting,
    [SCREEN_ATTRACT] = screen_attract,
    [SCREEN_GREETING] = screen_greeting,
    [SCREEN_VIEWFINDER] = screen_viewfinder,
    [SCREEN_VERDICT] = screen_verdict,
    [SCREEN_MEMBER] = screen_member,
    [SCREEN_PRICE] = screen_price,
    [SCREEN_SIGN_IN] = screen_sign_in,
    [SCREEN_COUNTER] = screen_counter,
    [SCREEN_AMOUNT] = screen_amount,
    [SCREEN_CODE_ENTRY] = screen_code_entry,
    [SCREEN_VOID_LIST] = screen_void_list,
    [SCREEN_VOID_REASON] = screen_void_reason,
    [SCREEN_POOL] = screen_pool,
    [SCREEN_ENROLMENT] = screen_enrolment,
    [SCREEN_SERVICE] = screen_service,
    [SCREEN_SELF_TEST] = screen_self_test,
    [SCREEN_STORE] = screen_store,
    [SCREEN_RESET] = screen_reset,
    [SCREEN_OUT_OF_SERVICE] = screen_out_of_service,
};

int ui_open(const struct ui_options *options, struct ui **out_ui, bool *out_missing_font)
{
    struct ui *ui = calloc(1, sizeof(*ui));
    if (ui == NULL) {
        return -ENOMEM;
    }
    theme_init(&ui->theme, options->width, options->height);
    ui->whole = true;
    ui->press_mono_ms = -1;
    int error = 0;
    for (int i = 0; i < LANGUAGE_COUNT && error == 0; i++) {
        error = words_open(options->assets_dir, (enum language)i, &ui->words[i]);
    }
    if (error == 0) {
        error = icons_open(options->assets_dir, &ui->icons);
    }
    if (error == 0) {
        error = text_open(options->font_family, &ui->engine);
    }
    if (error == 0) {
        error = qr_open(&ui->qr);
    }
    if (error != 0) {
        ui_close(ui);
        return error;
    }
    canvas_init(&ui->canvas, ui->icons);
    *out_missing_font = !text_has_chinese(ui->engine);
    *out_ui = ui;
    return 0;
}

void ui_close(struct ui *ui)
{
    if (ui == NULL) {
        return;
    }
    canvas_finish(&ui->canvas);
    qr_close(ui->qr);
    text_close(ui->engine);
    icons_close(ui->icons);
    for (int i = 0; i < LANGUAGE_COUNT; i++) {
        words_close(ui->words[i]);
    }
    free(ui);
}

void ui_invalidate(struct ui *ui)
{
    ui->whole = true;
}

static void build(struct ui *ui, struct scene *scene, const struct view_model *view, const struct ui_picture *picture)
{
    theme_set_accent(&ui->theme, view->brand.accent);
    text_set_language(ui->engine, view->language);
    scene_clear(scene);
    scene->theme = &ui->theme;
    scene->words = ui->words[view->language];
    scene->engine = ui->engine;
    scene->qr = ui->qr;
    scene->pressed = ui->pressed;
    scene->picture = picture;
    scene->picture_no = picture != NULL ? view->viewfinder.frame_no + 1 : 0;
    assert((unsigned)view->screen < SCREEN_COUNT);
    screens[view->screen](scene, view);
}

/* Ends the pressed look once it has been seen long enough. */
static void settle_press(struct ui *ui, enum screen screen, int64_t now_mono_ms)
{
    bool seen = ui->press_mono_ms >= 0 && now_mono_ms - ui->press_mono_ms >= PRESS_SHOWN_MS;
    bool elsewhere = screen != ui->view.screen;
    if (ui->pressed[0] != '\0' && (elsewhere || (ui->released && seen))) {
        ui->pressed[0] = '\0';
        ui->released = false;
        ui->press_mono_ms = -1;
        ui->press_moved = true;
    }
}

/* Models are compared bytewise: whoever makes one clears it first (view_model.h). */
static bool same_bytes(const void *a, const void *b, size_t len)
{
    return memcmp(a, b, len) == 0;
}

static bool same_as_drawn(const struct ui *ui, const struct view_model *view, const struct ui_picture *picture)
{
    return !ui->whole && !ui->press_moved && ui->had_picture == (picture != NULL) &&
           same_bytes(&ui->view, view, sizeof(*view));
}

static int paint(struct ui *ui, const struct scene *next, struct rect out_damage[UI_DAMAGE_MAX])
{
    struct rect frame = rect_make(0, 0, ui->canvas.frame.width, ui->canvas.frame.height);
    int count = 1;
    if (ui->whole) {
        out_damage[0] = frame;
    } else {
        count = scene_compare(&ui->scenes[ui->current], next, frame, out_damage);
    }
    for (int i = 0; i < count; i++) {
        canvas_paint(&ui->canvas, next, out_damage[i]);
    }
    cairo_surface_flush(ui->canvas.surface);
    return count;
}

int ui_draw(struct ui *ui, const struct view_model *view, const struct ui_picture *picture, int64_t now_mono_ms,
            const struct display_frame *frame, struct rect out_damage[UI_DAMAGE_MAX])
{
    const struct ui_picture *shown = view->screen == SCREEN_VIEWFINDER ? picture : NULL;
    settle_press(ui, view->screen, now_mono_ms);
    if (!canvas_is_on(&ui->canvas, frame)) {
        ui->whole = true;
    }
    if (same_as_drawn(ui, view, shown) || canvas_target(&ui->canvas, frame) != 0) {
        return 0;
    }
    struct scene *next = &ui->scenes[1 - ui->current];
    build(ui, next, view, shown);
    int count = paint(ui, next, out_damage);
    ui->current = 1 - ui->current;
    ui->whole = false;
    ui->press_moved = false;
    ui->had_picture = shown != NULL;
    ui->view = *view;
    if (ui->pressed[0] != '\0' && ui->press_mono_ms < 0) {
        ui->press_mono_ms = now_mono_ms;
    }
    next->picture = NULL; /* the caller's, and only for this call */
    return count;
}

int64_t ui_next_ms(const struct ui *ui, int64_t now_mono_ms)
{
    if (ui->press_moved) {
        return 0;
    }
    if (ui->pressed[0] == '\0' || !ui->released || ui->press_mono_ms < 0) {
        return -1;
    }
    int64_t left = ui->press_mono_ms + PRESS_SHOWN_MS - now_mono_ms;
    return left > 0 ? left : 0;
}

static const struct ui_hit *hit_at(const struct ui *ui, int x, int y)
{
    const struct scene *scene = &ui->scenes[ui->current];
    for (size_t i = 0; i < scene->hit_count; i++) {
        if (rect_contains(scene->hits[i].area, x, y)) {
            return &scene->hits[i];
        }
    }
    return NULL;
}

enum intent ui_pointer_down(struct ui *ui, int x, int y)
{
    const struct ui_hit *hit = hit_at(ui, x, y);
    ui->held = hit != NULL && hit->held ? hit->intent : INTENT_NONE;
    ui->released = false;
    ui->press_mono_ms = -1;
    ui->press_moved = true;
    snprintf(ui->pressed, sizeof(ui->pressed), "%s", hit != NULL ? hit->name : "");
    return ui->held;
}

enum intent ui_pointer_up(struct ui *ui, int x, int y, int64_t *out_argument)
{
    const struct ui_hit *hit = hit_at(ui, x, y);
    bool same = hit != NULL && ui->pressed[0] != '\0' && !ui->released && strcmp(hit->name, ui->pressed) == 0;
    enum intent held = ui->held;
    ui->held = INTENT_NONE;
    ui->released = true;
    if (held != INTENT_NONE) {
        *out_argument = 0;
        return held;
    }
    if (!same) {
        ui->press_moved = ui->press_moved || ui->pressed[0] != '\0';
        ui->pressed[0] = '\0';
        return INTENT_NONE;
    }
    *out_argument = hit->argument;
    return hit->intent;
}

const struct ui_hit *ui_hits(const struct ui *ui, size_t *out_count)
{
    *out_count = ui->scenes[ui->current].hit_count;
    return ui->scenes[ui->current].hits;
}

const struct scene *ui_scene(const struct ui *ui)
{
    return &ui->scenes[ui->current];
}
