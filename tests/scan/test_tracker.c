/* One verdict per code, and the eye that notices movement. */

#include "scan/scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct scan_result result;
static struct scan_tracker tracker;

static void show(int count, ...)
{
    va_list texts;

    memset(&result, 0, sizeof(result));
    va_start(texts, count);
    for (int i = 0; i < count; i++) {
        const char *text = va_arg(texts, const char *);
        struct scan_code *code = &result.codes[i];

        code->symbology = SCAN_QR;
        code->text_len = strlen(text);
        memcpy(code->text, text, code->text_len);
        for (int k = 0; k < 4; k++)
            code->corners[k] = (struct scan_point){100 + (k == 1 || k == 2 ? 80.0f : 0), 100 + (k > 1 ? 80.0f : 0)};
    }
    va_end(texts);
    result.count = count;
    result.something_seen = count > 0;
    if (count > 0)
        memcpy(result.seen, result.codes[0].corners, sizeof(result.seen));
}

static int start(void **state)
{
    (void)state;
    scan_tracker_init(&tracker, 1000);
    return 0;
}

static void a_code_is_new_once(void **state)
{
    (void)state;
    show(1, "BON");
    assert_int_equal(scan_tracker_step(&tracker, &result, 0), 1);
    for (int64_t t = 33; t < 5000; t += 33)
        assert_int_equal(scan_tracker_step(&tracker, &result, t), 0);
}

static void a_code_that_left_is_new_again(void **state)
{
    (void)state;
    show(1, "BON");
    assert_int_equal(scan_tracker_step(&tracker, &result, 0), 1);
    show(0);
    for (int64_t t = 50; t < 1000; t += 50)
        assert_int_equal(scan_tracker_step(&tracker, &result, t), 0);
    show(1, "BON");
    assert_int_equal(scan_tracker_step(&tracker, &result, 1000), 1);
}

static void time_without_frames_is_no_leaving(void **state)
{
    (void)state;
    show(1, "BON");
    assert_int_equal(scan_tracker_step(&tracker, &result, 0), 1);
    assert_int_equal(scan_tracker_step(&tracker, &result, 60000), 0);
    show(0);
    for (int64_t t = 61000; t < 70000; t += 1000)
        assert_int_equal(scan_tracker_step(&tracker, &result, t), 0);
    show(1, "BON");
    assert_int_equal(scan_tracker_step(&tracker, &result, 70000), 0);
}

static void many_frames_at_once_are_no_leaving(void **state)
{
    (void)state;
    show(1, "BON");
    assert_int_equal(scan_tracker_step(&tracker, &result, 0), 1);
    show(0);
    for (int64_t t = 1; t < 100; t++)
        assert_int_equal(scan_tracker_step(&tracker, &result, t), 0);
    show(1, "BON");
    assert_int_equal(scan_tracker_step(&tracker, &result, 999), 0);
}

static void whether_a_code_left_is_unsure_only_until_it_did(void **state)
{
    (void)state;
    assert_false(scan_tracker_unsure(&tracker));
    show(1, "BON");
    assert_int_equal(scan_tracker_step(&tracker, &result, 0), 1);
    assert_false(scan_tracker_unsure(&tracker));
    show(0);
    for (int64_t t = 50; t < 1000; t += 50) {
        assert_int_equal(scan_tracker_step(&tracker, &result, t), 0);
        assert_true(scan_tracker_unsure(&tracker));
    }
    assert_int_equal(scan_tracker_step(&tracker, &result, 1000), 0);
    assert_false(scan_tracker_unsure(&tracker));
}

static void an_unread_code_in_its_place_has_not_left(void **state)
{
    struct scan_point place[4];

    (void)state;
    show(1, "BON");
    assert_int_equal(scan_tracker_step(&tracker, &result, 0), 1);
    memcpy(place, result.seen, sizeof(place));
    show(0);
    result.something_seen = true;
    memcpy(result.seen, place, sizeof(place));
    for (int64_t t = 100; t <= 3000; t += 100)
        assert_int_equal(scan_tracker_step(&tracker, &result, t), 0);
    show(1, "BON");
    assert_int_equal(scan_tracker_step(&tracker, &result, 3100), 0);
}

static void another_code_is_new_beside_a_known_one(void **state)
{
    (void)state;
    show(1, "A");
    assert_int_equal(scan_tracker_step(&tracker, &result, 0), 1);
    show(2, "A", "B");
    assert_int_equal(scan_tracker_step(&tracker, &result, 50), 2);
}

static void when_full_the_longest_unseen_is_given_up(void **state)
{
    char text[2] = "a";

    (void)state;
    for (int i = 0; i <= SCAN_TRACKER_PLACES; i++, text[0]++) {
        show(1, text);
        assert_int_equal(scan_tracker_step(&tracker, &result, i), 1);
    }
    show(1, "c");
    assert_int_equal(scan_tracker_step(&tracker, &result, 20), 0);
    show(1, "a");
    assert_int_equal(scan_tracker_step(&tracker, &result, 21), 1);
}

static void forgetting_makes_everything_new(void **state)
{
    (void)state;
    show(1, "BON");
    assert_int_equal(scan_tracker_step(&tracker, &result, 0), 1);
    scan_tracker_forget(&tracker);
    assert_int_equal(scan_tracker_step(&tracker, &result, 1), 1);
}

/* ---- movement ---- */

static uint8_t grey[640 * 480];
static const struct scan_image frame = {grey, 640, 480, 640};

static void paint(int left, int size, int level)
{
    for (int y = 100; y < 100 + size; y++)
        memset(grey + y * 640 + left, level, (size_t)size);
}

static void a_hand_is_movement_and_stillness_is_not(void **state)
{
    struct scan_motion motion = {.primed = false};

    (void)state;
    memset(grey, 90, sizeof(grey));
    assert_false(scan_motion_step(&motion, &frame));
    assert_false(scan_motion_step(&motion, &frame));
    paint(200, 120, 180);
    assert_true(scan_motion_step(&motion, &frame));
    assert_false(scan_motion_step(&motion, &frame));
}

static void the_lamp_is_no_movement(void **state)
{
    struct scan_motion motion = {.primed = false};

    (void)state;
    memset(grey, 60, sizeof(grey));
    assert_false(scan_motion_step(&motion, &frame));
    memset(grey, 130, sizeof(grey));
    assert_false(scan_motion_step(&motion, &frame));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_code_is_new_once, start),
        cmocka_unit_test_setup(a_code_that_left_is_new_again, start),
        cmocka_unit_test_setup(time_without_frames_is_no_leaving, start),
        cmocka_unit_test_setup(many_frames_at_once_are_no_leaving, start),
        cmocka_unit_test_setup(whether_a_code_left_is_unsure_only_until_it_did, start),
        cmocka_unit_test_setup(an_unread_code_in_its_place_has_not_left, start),
        cmocka_unit_test_setup(another_code_is_new_beside_a_known_one, start),
        cmocka_unit_test_setup(when_full_the_longest_unseen_is_given_up, start),
        cmocka_unit_test_setup(forgetting_makes_everything_new, start),
        cmocka_unit_test(a_hand_is_movement_and_stillness_is_not),
        cmocka_unit_test(the_lamp_is_no_movement),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
