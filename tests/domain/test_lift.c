/* Use rates by arm, their difference, and who is in which. */
#include "support.h"

#include "domain/lift.h"

#include <math.h>

static void assert_near(double got, double want)
{
    if (fabs(got - want) > 0.00006)
        fail_msg("%f is not %f", got, want);
}

/* Newcombe 1998, table II, method 10 ("score, no continuity correction"). */
static void published_intervals_come_out(void **state)
{
    (void)state;
    static const struct {
        struct lift_arm a, b;
        double low, high;
    } rows[] = {
        {{70, 56}, {80, 48}, 0.0524, 0.3339}, {{10, 9}, {10, 3}, 0.1705, 0.8090},  {{7, 6}, {7, 2}, 0.0582, 0.8062},
        {{56, 5}, {29, 0}, -0.0381, 0.1926},  {{10, 0}, {20, 0}, -0.1611, 0.2775}, {{10, 10}, {10, 0}, 0.6075, 1.0000},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct lift lift = lift_measure(rows[i].a, rows[i].b);
        assert_true(lift.measured);
        assert_near(lift.difference.low, rows[i].low);
        assert_near(lift.difference.high, rows[i].high);
        assert_int_equal(lift.proven, rows[i].low > 0);
    }
}

static void an_empty_arm_measures_nothing(void **state)
{
    (void)state;
    struct lift lift = lift_measure((struct lift_arm){100, 30}, (struct lift_arm){0, 0});
    assert_false(lift.measured || lift.proven);
    assert_near(lift.treated.value, 0.3);
    assert_near(lift.holdout.low, 0);
    assert_near(lift.holdout.high, 1);
    assert_near(lift.difference.low, -1);
}

static void arms_are_drawn_once_and_in_proportion(void **state)
{
    (void)state;
    uint32_t held = 0, both = 0;
    for (uint64_t member = 1; member <= 20000; member++) {
        bool first = lift_held_out(7, member, 100);
        assert_int_equal(first, lift_held_out(7, member, 100));
        held += first;
        both += first && lift_held_out(8, member, 100);
        assert_false(lift_held_out(7, member, 0));
        assert_true(lift_held_out(7, member, 1000));
    }
    assert_in_range(held, 1850, 2150); /* 2000 ± 3.5 standard deviations; the draw is fixed */
    assert_in_range(both, 150, 250);   /* campaigns draw for themselves */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_intervals_come_out),
        cmocka_unit_test(an_empty_arm_measures_nothing),
        cmocka_unit_test(arms_are_drawn_once_and_in_proportion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
