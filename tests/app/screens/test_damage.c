/* Drawing only what changed gives the same picture as drawing everything. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rig.h"

static const struct sample_size small = {800, 480};

static void equal_models_draw_nothing(void **state)
{
    (void)state;
    struct rig rig;
    struct view_model view;
    rig_open(&rig, small);
    for (size_t i = 0; i < sample_count(); i++) {
        sample_make(sample_at(i), LANGUAGE_ZH_CN, &view);
        rig_draw(&rig, &view, NULL, 0);
        struct view_model same = view;
        memset(rig.frame.pixels, 0x5A, rig_bytes(&rig));
        const struct scene *before = ui_scene(rig.ui);
        assert_int_equal(rig_draw(&rig, &same, NULL, 1000), 0);
        assert_ptr_equal(ui_scene(rig.ui), before); /* not even laid out again */
        assert_int_equal(rig.frame.pixels[0], 0x5A5A5A5A);
        ui_invalidate(rig.ui);
    }
    rig_close(&rig);
}

/* Cairo rounds the edge of a curve differently by a step or three when its clip is another one. */
#define EDGE_STEPS 4

static size_t first_difference(const struct display_frame *a, const struct display_frame *b)
{
    size_t count = (size_t)a->width * (size_t)a->height;
    for (size_t i = 0; i < count; i++) {
        for (int shift = 0; a->pixels[i] != b->pixels[i] && shift <= 16; shift += 8) {
            int x = (int)(a->pixels[i] >> shift & 0xFF);
            int y = (int)(b->pixels[i] >> shift & 0xFF);
            if (abs(x - y) > EDGE_STEPS) {
                return i;
            }
        }
    }
    return SIZE_MAX;
}

/* Draws `to` over `from` in one rig and afresh in the other, and compares every pixel. */
static void assert_same_picture(struct rig *rig, struct rig *fresh, const struct view_model *from,
                                const struct view_model *to, const char *what)
{
    rig_draw(rig, from, NULL, 0);
    int count = rig_draw(rig, to, NULL, 0);
    assert_in_range(count, 0, UI_DAMAGE_MAX);
    for (int i = 0; i < count; i++) {
        struct rect whole = rect_make(0, 0, rig->frame.width, rig->frame.height);
        assert_true(rect_equal(rect_intersect(rig->damage[i], whole), rig->damage[i]));
    }
    ui_invalidate(fresh->ui);
    rig_draw(fresh, to, NULL, 0);
    size_t wrong = first_difference(&rig->frame, &fresh->frame);
    if (wrong != SIZE_MAX) {
        fail_msg("%s: first difference at %zu, %zu", what, wrong % (size_t)rig->frame.width,
                 wrong / (size_t)rig->frame.width);
    }
}

static void every_change_of_screen_leaves_no_trace(void **state)
{
    (void)state;
    struct rig rig;
    struct rig fresh;
    struct view_model from;
    struct view_model to;
    rig_open(&rig, small);
    rig_open(&fresh, small);
    for (size_t i = 0; i < sample_count(); i++) {
        size_t next = (i + 1) % sample_count();
        sample_make(sample_at(i), LANGUAGE_ZH_CN, &from);
        sample_make(sample_at(next), LANGUAGE_ZH_CN, &to);
        assert_same_picture(&rig, &fresh, &from, &to, sample_at(next)->name);
        sample_make(sample_at(next), LANGUAGE_EN, &from);
        assert_same_picture(&rig, &fresh, &to, &from, sample_at(next)->name);
    }
    rig_close(&rig);
    rig_close(&fresh);
}

static void small_changes_leave_no_trace_at_any_size(void **state)
{
    (void)state;
    static const char *const names[] = {"attract", "counter", "service", "verdict_good", "member"};
    for (int size = 0; size < SAMPLE_SIZES; size++) {
        struct rig rig;
        struct rig fresh;
        rig_open(&rig, sample_sizes[size]);
        rig_open(&fresh, sample_sizes[size]);
        for (size_t i = 0; i < ARRAY_LEN(names); i++) {
            struct view_model from;
            sample_make(sample_named(names[i]), LANGUAGE_ZH_CN, &from);
            struct view_model to = from;
            snprintf(to.status.clock, sizeof(to.status.clock), "09:59");
            to.status.waiting = 41;
            to.status.online = false;
            assert_same_picture(&rig, &fresh, &from, &to, names[i]);
        }
        rig_close(&rig);
        rig_close(&fresh);
    }
}

static void a_minute_touches_only_the_clock(void **state)
{
    (void)state;
    struct rig rig;
    struct view_model view;
    rig_open(&rig, sample_sizes[0]);
    sample_make(sample_named("attract"), LANGUAGE_ZH_CN, &view);
    rig_draw(&rig, &view, NULL, 0);
    snprintf(view.status.clock, sizeof(view.status.clock), "18:06");
    int count = rig_draw(&rig, &view, NULL, 0);
    assert_int_equal(count, 1);
    assert_true(rig_damaged_pixels(&rig, count) < 1280 * 800 / 100);
    rig_close(&rig);
}

static void a_carousel_page_leaves_the_code_alone(void **state)
{
    (void)state;
    struct rig rig;
    struct view_model view;
    rig_open(&rig, sample_sizes[0]);
    sample_make(sample_named("attract"), LANGUAGE_ZH_CN, &view);
    rig_draw(&rig, &view, NULL, 0);
    view.attract.page_index = 1;
    int count = rig_draw(&rig, &view, NULL, 0);
    assert_true(count > 0);
    for (size_t i = 0; i < ui_scene(rig.ui)->item_count; i++) {
        const struct item *item = &ui_scene(rig.ui)->items[i];
        for (int d = 0; item->kind == ITEM_QR && d < count; d++) {
            assert_false(rect_overlap(item->area, rig.damage[d]));
        }
    }
    rig_close(&rig);
}

static void a_new_camera_picture_touches_only_the_viewfinder(void **state)
{
    (void)state;
    static uint8_t pixels[SAMPLE_PICTURE_WIDTH * SAMPLE_PICTURE_HEIGHT];
    struct ui_picture picture;
    struct rig rig;
    struct view_model view;
    sample_picture(pixels, &picture);
    picture.has_outline = false;
    rig_open(&rig, sample_sizes[0]);
    sample_make(sample_named("viewfinder"), LANGUAGE_ZH_CN, &view);
    rig_draw(&rig, &view, &picture, 0);
    assert_int_equal(rig_draw(&rig, &view, &picture, 0), 0);
    view.viewfinder.frame_no++;
    assert_int_equal(rig_draw(&rig, &view, &picture, 0), 1);
    bool found = false;
    for (size_t i = 0; i < ui_scene(rig.ui)->item_count; i++) {
        const struct item *item = &ui_scene(rig.ui)->items[i];
        found = found || (item->kind == ITEM_PICTURE && rect_equal(item->area, rig.damage[0]));
    }
    assert_true(found);
    rig_close(&rig);
}

static void an_invalidated_display_is_drawn_whole(void **state)
{
    (void)state;
    struct rig rig;
    struct view_model view;
    rig_open(&rig, small);
    sample_make(sample_named("counter"), LANGUAGE_ZH_CN, &view);
    rig_draw(&rig, &view, NULL, 0);
    ui_invalidate(rig.ui);
    assert_int_equal(rig_draw(&rig, &view, NULL, 0), 1);
    assert_int_equal(rig_damaged_pixels(&rig, 1), 800 * 480);
    rig_close(&rig);
}

static void a_tap_shows_the_pressed_button_and_then_lets_go(void **state)
{
    (void)state;
    struct rig rig;
    struct view_model view;
    int64_t argument = -1;
    rig_open(&rig, small);
    sample_make(sample_named("counter"), LANGUAGE_ZH_CN, &view);
    rig_draw(&rig, &view, NULL, 0);
    struct rect area = rig_hit(&rig, "sale")->area;
    assert_int_equal(ui_next_ms(rig.ui, 0), -1);

    ui_pointer_down(rig.ui, area.x + 5, area.y + 5);
    assert_int_equal(ui_next_ms(rig.ui, 10), 0);
    int count = rig_draw(&rig, &view, NULL, 10);
    assert_true(count > 0);
    for (int i = 0; i < count; i++) {
        assert_true(rect_equal(rect_union(rig.damage[i], area), area));
    }
    assert_int_equal(ui_pointer_up(rig.ui, area.x + 9, area.y + 9, &argument), INTENT_SALE);
    assert_int_equal(ui_next_ms(rig.ui, 20), 80);
    assert_int_equal(rig_draw(&rig, &view, NULL, 20), 0);
    assert_true(rig_draw(&rig, &view, NULL, 100) > 0);
    assert_int_equal(ui_next_ms(rig.ui, 101), -1);
    rig_close(&rig);
}

static void a_finger_that_slides_off_means_nothing(void **state)
{
    (void)state;
    struct rig rig;
    struct view_model view;
    int64_t argument = 77;
    rig_open(&rig, small);
    sample_make(sample_named("amount_sale"), LANGUAGE_ZH_CN, &view);
    rig_draw(&rig, &view, NULL, 0);
    struct rect seven = rig_hit(&rig, "key_7")->area;
    struct rect eight = rig_hit(&rig, "key_8")->area;
    ui_pointer_down(rig.ui, seven.x + 2, seven.y + 2);
    assert_int_equal(ui_pointer_up(rig.ui, eight.x + 2, eight.y + 2, &argument), INTENT_NONE);
    assert_int_equal(argument, 77);
    ui_pointer_down(rig.ui, seven.x + 2, seven.y + 2);
    assert_int_equal(ui_pointer_up(rig.ui, seven.x + 2, seven.y + 2, &argument), INTENT_KEY);
    assert_int_equal(argument, '7');
    rig_close(&rig);
}

static void a_held_button_counts_from_the_touch_until_it_is_let_go_anywhere(void **state)
{
    (void)state;
    struct rig rig;
    struct view_model view;
    int64_t argument = 77;
    rig_open(&rig, small);
    sample_make(sample_named("reset_sent"), LANGUAGE_ZH_CN, &view);
    rig_draw(&rig, &view, NULL, 0);
    struct rect hold = rig_hit(&rig, "hold")->area;
    assert_int_equal(ui_pointer_down(rig.ui, hold.x + 2, hold.y + 2), INTENT_HOLD);
    view.reset.hold_s = 3;
    rig_draw(&rig, &view, NULL, 10);
    assert_int_equal(ui_pointer_up(rig.ui, 0, 0, &argument), INTENT_HOLD);
    assert_int_equal(argument, 0);
    assert_int_equal(ui_pointer_up(rig.ui, 0, 0, &argument), INTENT_NONE);
    struct rect no = rig_hit(&rig, "no")->area;
    assert_int_equal(ui_pointer_down(rig.ui, no.x + 2, no.y + 2), INTENT_NONE);
    assert_int_equal(ui_pointer_up(rig.ui, no.x + 2, no.y + 2, &argument), INTENT_BACK);
    sample_make(sample_named("reset_waits"), LANGUAGE_ZH_CN, &view);
    rig_draw(&rig, &view, NULL, 20);
    assert_null(rig_hit(&rig, "hold"));
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_models_draw_nothing),
        cmocka_unit_test(every_change_of_screen_leaves_no_trace),
        cmocka_unit_test(small_changes_leave_no_trace_at_any_size),
        cmocka_unit_test(a_minute_touches_only_the_clock),
        cmocka_unit_test(a_carousel_page_leaves_the_code_alone),
        cmocka_unit_test(a_new_camera_picture_touches_only_the_viewfinder),
        cmocka_unit_test(an_invalidated_display_is_drawn_whole),
        cmocka_unit_test(a_tap_shows_the_pressed_button_and_then_lets_go),
        cmocka_unit_test(a_finger_that_slides_off_means_nothing),
        cmocka_unit_test(a_held_button_counts_from_the_touch_until_it_is_let_go_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
