#include "support.h"

#include "domain/device.h"
#include "domain/time.h"

static void versions_are_ordered_as_debian_orders_them(void **state)
{
    static const struct {
        const char *a, *b;
        int sign;
    } rows[] = {
        {"0.1.0", "0.1.0", 0},
        {"0.1.9", "0.1.10", -1},
        {"0.2", "0.10", -1},
        {"1.0~rc1", "1.0", -1},
        {"1.0~rc1", "1.0~rc2", -1},
        {"1.0", "1.0+fix", -1},
        {"1.0-1", "1.0-2", -1},
        {"1.01", "1.1", 0},
        {"1.0a", "1.0b", -1},
        {"1.0a", "1.0+", -1},
        {"2", "10", -1},
        {"1.0", "1.0.0", -1},
        {"99999999999999999999", "100000000000000000000", -1},
        {"", "0", 0},
        {"", "~", 1},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int forth = version_compare(rows[i].a, rows[i].b), back = version_compare(rows[i].b, rows[i].a);
        if ((forth > 0) - (forth < 0) != rows[i].sign || (back > 0) - (back < 0) != -rows[i].sign)
            fail_msg("%s against %s: %d and %d", rows[i].a, rows[i].b, forth, back);
    }
}

static void a_version_is_a_digit_and_what_may_follow(void **state)
{
    (void)state;
    assert_true(version_valid("0"));
    assert_true(version_valid("0.2.0+a1~rc-3"));
    assert_false(version_valid(""));
    assert_false(version_valid("v1"));
    assert_false(version_valid("1 0"));
    assert_false(version_valid("1/0"));
    assert_false(version_valid("1\n"));
}

static uint32_t below(uint64_t release, uint32_t percent)
{
    uint32_t count = 0;
    for (uint32_t terminal = 1; terminal <= 2000; terminal++)
        count += rollout_place(release, terminal) < percent * 100;
    return count;
}

/* 2000 places of a fair hash: four standard deviations are 90 of them at one half. */
static void a_part_of_the_terminals_is_near_its_percentage(void **state)
{
    (void)state;
    assert_int_equal(below(1, 0), 0);
    assert_int_equal(below(1, 100), 2000);
    assert_in_range(below(1, 50), 910, 1090);
    assert_in_range(below(1, 5), 60, 140);
    assert_in_range(below(2, 50), 910, 1090);
}

static void every_release_begins_with_other_terminals_and_always_the_same(void **state)
{
    uint32_t both = 0;
    (void)state;
    for (uint32_t terminal = 1; terminal <= 2000; terminal++) {
        assert_int_equal(rollout_place(7, terminal), rollout_place(7, terminal));
        both += rollout_place(7, terminal) < 1000 && rollout_place(8, terminal) < 1000;
    }
    assert_in_range(both, 4, 40);                /* a tenth of a tenth */
    assert_int_equal(rollout_place(1, 1), 6182); /* the same in every version of this program */
}

static void a_window_is_of_the_stores_own_day(void **state)
{
    const int64_t midnight_utc = INT64_C(1795219200000), hour = 3600000; /* 08:00 in the store */
    (void)state;
    assert_true(rollout_window_open(0, 0, midnight_utc));
    assert_true(rollout_window_open(8 * 60, 9 * 60, midnight_utc));
    assert_false(rollout_window_open(8 * 60, 9 * 60, midnight_utc + hour));
    assert_false(rollout_window_open(8 * 60, 9 * 60, midnight_utc - 1));
    assert_true(rollout_window_open(23 * 60, 5 * 60, midnight_utc - 4 * hour));  /* 04:00 */
    assert_true(rollout_window_open(23 * 60, 5 * 60, midnight_utc - 9 * hour));  /* 23:00 */
    assert_false(rollout_window_open(23 * 60, 5 * 60, midnight_utc - 3 * hour)); /* 05:00 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_are_ordered_as_debian_orders_them),
        cmocka_unit_test(a_version_is_a_digit_and_what_may_follow),
        cmocka_unit_test(a_part_of_the_terminals_is_near_its_percentage),
        cmocka_unit_test(every_release_begins_with_other_terminals_and_always_the_same),
        cmocka_unit_test(a_window_is_of_the_stores_own_day),
    };
    return crypto_start() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
