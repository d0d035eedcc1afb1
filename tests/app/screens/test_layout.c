/* On every screen, at every size, in both languages: nothing cut off, nothing too small or in the way to touch. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"
#include "screens/verdict_words.h"

/* Lays out every sample at every size in both languages. Nothing is painted twice: one draw each. */
static void each_scene(void (*check)(const struct scene *scene, const char *what), bool stuffed)
{
    for (int size = 0; size < SAMPLE_SIZES; size++) {
        struct rig rig;
        rig_open(&rig, sample_sizes[size]);
        for (size_t i = 0; i < sample_count() * LANGUAGE_COUNT; i++) {
            struct view_model view;
            char what[96];
            const struct sample *sample = sample_at(i / LANGUAGE_COUNT);
            sample_make(sample, (enum language)(i % LANGUAGE_COUNT), &view);
            if (stuffed) {
                sample_stuff(&view);
            }
            rig_draw(&rig, &view, NULL, 0);
            snprintf(what, sizeof(what), "%s %s %dx%d", sample->name, i % LANGUAGE_COUNT ? "en" : "zh",
                     sample_sizes[size].width, sample_sizes[size].height);
            check(ui_scene(rig.ui), what);
        }
        rig_close(&rig);
    }
}

static int cut_count; /* every one is named before the test fails */

static void check_texts(const struct scene *scene, const char *what)
{
    struct rect whole = rect_make(0, 0, scene->theme->width, scene->theme->height);
    for (size_t i = 0; i < scene->item_count; i++) {
        const struct item *item = &scene->items[i];
        if (!rect_equal(rect_intersect(item->area, whole), item->area)) {
            fail_msg("%s: an item stands outside the display (%s)", what, item->text != NULL ? item->text : "");
        }
        if (item->kind != ITEM_TEXT || item->style.may_cut) {
            continue;
        }
        struct text_fit fit =
            text_measure(scene->engine, &item->style, item->text, item->area.width, item->area.height);
        if (fit.cut) {
            fail_msg("%s: \"%s\" is cut off in %d × %d at %d px", what, item->text, item->area.width, item->area.height,
                     fit.size);
        }
    }
}

static void no_essential_text_is_cut_off(void **state)
{
    (void)state;
    cut_count = 0;
    each_scene(check_texts, false);
    assert_int_equal(cut_count, 0);
}

/* Every line of the table, with all that it may name, as every tone it may have. */
static void every_verdict_fits_at_every_size(void **state)
{
    (void)state;
    cut_count = 0;
    for (int size = 0; size < SAMPLE_SIZES; size++) {
        struct rig rig;
        rig_open(&rig, sample_sizes[size]);
        for (size_t i = 0; verdict_line_at(i) != NULL; i++) {
            for (int language = 0; language < LANGUAGE_COUNT; language++) {
                struct view_model view;
                sample_make(sample_named("verdict_good_offline"), (enum language)language, &view);
                const struct verdict_line *line = verdict_line_at(i);
                view.verdict.subject = line->subject;
                view.verdict.code = line->code;
                view.verdict.error = line->code > 0 ? (uint32_t)line->code : 0;
                view.verdict.tone = i % 2 == 0 ? TONE_GOOD : TONE_REFUSE;
                view.verdict.min_spend_minor = 888888;
                view.verdict.action = INTENT_ASK_CENTRAL;
                snprintf(view.verdict.when, sizeof(view.verdict.when), "2026-11-20 18:05");
                snprintf(view.verdict.where, sizeof(view.verdict.where), "%s", view.brand.store);
                rig_draw(&rig, &view, NULL, 0);
                check_texts(ui_scene(rig.ui), line->title);
            }
        }
        rig_close(&rig);
    }
    assert_int_equal(cut_count, 0);
}

static void check_inside(const struct scene *scene, const char *what)
{
    struct rect whole = rect_make(0, 0, scene->theme->width, scene->theme->height);
    for (size_t i = 0; i < scene->item_count; i++) {
        if (!rect_equal(rect_intersect(scene->items[i].area, whole), scene->items[i].area)) {
            fail_msg("%s: an item stands outside the display", what);
        }
    }
}

static void the_longest_texts_overrun_nothing(void **state)
{
    (void)state;
    each_scene(check_inside, true);
}

static void check_hits(const struct scene *scene, const char *what)
{
    struct rect whole = rect_make(0, 0, scene->theme->width, scene->theme->height);
    for (size_t i = 0; i < scene->hit_count; i++) {
        const struct ui_hit *hit = &scene->hits[i];
        if (hit->area.width < scene->theme->touch || hit->area.height < scene->theme->touch) {
            fail_msg("%s: %s is %d × %d, smaller than 9 mm (%d px)", what, hit->name, hit->area.width, hit->area.height,
                     scene->theme->touch);
        }
        if (!rect_equal(rect_intersect(hit->area, whole), hit->area)) {
            fail_msg("%s: %s reaches outside the display", what, hit->name);
        }
        for (size_t j = 0; j < i; j++) {
            if (rect_overlap(hit->area, scene->hits[j].area)) {
                fail_msg("%s: %s lies over %s", what, hit->name, scene->hits[j].name);
            }
            if (strcmp(hit->name, scene->hits[j].name) == 0) {
                fail_msg("%s: two are named %s", what, hit->name);
            }
        }
    }
}

static void what_can_be_touched_is_large_enough_and_apart(void **state)
{
    (void)state;
    each_scene(check_hits, false);
}

static void check_icons_square(const struct scene *scene, const char *what)
{
    for (size_t i = 0; i < scene->item_count; i++) {
        const struct item *item = &scene->items[i];
        int least = item->area.width < item->area.height ? item->area.width : item->area.height;
        if (item->kind == ITEM_ICON && least < scene->theme->unit * 3 / 2) {
            fail_msg("%s: the icon %s has shrunk to %d px", what, icon_file(item->icon), least);
        }
    }
}

static void no_icon_shrinks_to_a_dot(void **state)
{
    (void)state;
    each_scene(check_icons_square, true);
}

static void a_touch_target_is_nine_millimetres(void **state)
{
    (void)state;
    static const int least[SAMPLE_SIZES] = {53, 50, 50, 48};
    for (int i = 0; i < SAMPLE_SIZES; i++) {
        struct theme theme;
        theme_init(&theme, sample_sizes[i].width, sample_sizes[i].height);
        assert_in_range(theme.touch, least[i] - 1, least[i] + 2);
    }
}

static void any_accent_leaves_its_words_readable(void **state)
{
    (void)state;
    static const uint32_t accents[] = {0x0B7A5B, 0xFFD400, 0xFFFFFF, 0x000001, 0xE60012, 0x7FB2FF, 0xF3A6C8};
    struct theme theme;
    theme_init(&theme, 1280, 800);
    for (size_t i = 0; i < ARRAY_LEN(accents); i++) {
        theme_set_accent(&theme, accents[i]);
        assert_true(colour_contrast(theme.accent, theme.on_accent) >= 300);
        assert_true(colour_contrast(theme.accent_ink, theme.paper) >= 450);
    }
}

static void verdict_tones_differ_in_brightness_or_shape(void **state)
{
    (void)state;
    struct theme theme;
    theme_init(&theme, 1280, 800);
    for (int tone = TONE_GOOD; tone <= TONE_WAIT; tone++) {
        assert_true(colour_contrast(theme_tone(&theme, tone), theme_on_tone(&theme, tone)) >= 600);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_essential_text_is_cut_off),
        cmocka_unit_test(every_verdict_fits_at_every_size),
        cmocka_unit_test(the_longest_texts_overrun_nothing),
        cmocka_unit_test(what_can_be_touched_is_large_enough_and_apart),
        cmocka_unit_test(no_icon_shrinks_to_a_dot),
        cmocka_unit_test(a_touch_target_is_nine_millimetres),
        cmocka_unit_test(any_accent_leaves_its_words_readable),
        cmocka_unit_test(verdict_tones_differ_in_brightness_or_shape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
