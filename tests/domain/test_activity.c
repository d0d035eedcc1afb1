/* Hours in which members are awake, and hours in which nobody is written to. */
#include "support.h"

#include "domain/activity.h"
#include "domain/time.h"

#define MIDNIGHT_MS INT64_C(1795190400000) /* 2026-11-21 00:00 in China */
#define HOUR_MS     INT64_C(3600000)

static const struct quiet_hours night = {22, 8}, none = {0, 0}, late = {0, 8};

static void note(struct activity *activity, int hour, int times)
{
    for (int i = 0; i < times; i++) {
        activity_note(activity, MIDNIGHT_MS + hour * HOUR_MS + 5);
    }
}

static void a_member_is_written_to_in_their_own_hour(void **state)
{
    (void)state;
    struct activity activity = {0};
    note(&activity, 12, 2);
    assert_int_equal(activity_best_hour(&activity, &night), -1); /* two acts say nothing yet */
    note(&activity, 20, 3);
    assert_int_equal(activity_best_hour(&activity, &night), 20);
    assert_int_equal(activity_next_ms(&night, 20, MIDNIGHT_MS), MIDNIGHT_MS + 20 * HOUR_MS);
    assert_int_equal(activity_next_ms(&night, 20, MIDNIGHT_MS + 20 * HOUR_MS + 1), MIDNIGHT_MS + 20 * HOUR_MS + 1);
    assert_int_equal(activity_next_ms(&night, 20, MIDNIGHT_MS + 21 * HOUR_MS), MIDNIGHT_MS + 44 * HOUR_MS);
}

static void nobody_is_written_to_in_quiet_hours_however_awake(void **state)
{
    (void)state;
    struct activity activity = {0};
    note(&activity, 23, 40);
    note(&activity, 9, 1);
    assert_int_equal(activity_best_hour(&activity, &night), 9);
    assert_int_equal(activity_best_hour(&activity, &late), 23); /* a chain that knows its night owls */
    assert_int_equal(activity_next_ms(&night, -1, MIDNIGHT_MS + 23 * HOUR_MS), MIDNIGHT_MS + 32 * HOUR_MS);
    assert_int_equal(activity_next_ms(&night, 23, MIDNIGHT_MS), 0);
    assert_int_equal(activity_next_ms(&none, -1, MIDNIGHT_MS + 1), MIDNIGHT_MS + 1);
}

static void old_habits_fade(void **state)
{
    (void)state;
    struct activity activity = {0};
    note(&activity, 9, 255);
    note(&activity, 9, 1);
    assert_int_equal(activity.hours[9], 128);
    assert_int_equal(activity_total(&activity), 128);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_member_is_written_to_in_their_own_hour),
        cmocka_unit_test(nobody_is_written_to_in_quiet_hours_however_awake),
        cmocka_unit_test(old_habits_fade),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
