#include "cmocka_all.h"
#include "platform/clock.h"
#include "platform/random.h"

#include <string.h>

/* The contract every clock keeps. */
static void check_clock(const struct clock *clock)
{
    int64_t mono = clock_mono_ms(clock);
    for (int i = 0; i < 1000; i++) {
        int64_t next = clock_mono_ms(clock);
        assert_true(next >= mono);
        mono = next;
    }
    (void)clock_wall_ms(clock);
}

static void every_clock_has_a_mono_time_that_never_goes_back(void **state)
{
    (void)state;
    struct sim_clock sim;
    struct offset_clock offset;
    sim_clock_init(&sim, 1000);
    offset_clock_init(&offset, &sim.base);
    offset_clock_set(&offset, -5000);
    check_clock(clock_real());
    check_clock(&sim.base);
    check_clock(&offset.base);
}

static void the_real_clock_is_of_this_century(void **state)
{
    (void)state;
    assert_true(clock_wall_ms(clock_real()) > INT64_C(1700000000000));
}

static void a_simulated_clock_moves_only_when_told(void **state)
{
    (void)state;
    struct sim_clock sim;
    sim_clock_init(&sim, INT64_C(1700000000000));
    sim_clock_advance(&sim, 250);
    assert_int_equal(clock_wall_ms(&sim.base), INT64_C(1700000000250));
    assert_int_equal(clock_mono_ms(&sim.base), 250);
    sim_clock_set_wall(&sim, -1);
    assert_int_equal(clock_wall_ms(&sim.base), -1);
    assert_int_equal(clock_mono_ms(&sim.base), 250);
}

static void an_offset_clock_shifts_the_wall_and_leaves_mono(void **state)
{
    (void)state;
    struct sim_clock sim;
    struct offset_clock offset;
    sim_clock_init(&sim, 5000);
    offset_clock_init(&offset, &sim.base);
    offset_clock_set(&offset, -86400000);
    sim_clock_advance(&sim, 10);
    assert_int_equal(clock_wall_ms(&offset.base), 5010 - 86400000);
    assert_int_equal(clock_mono_ms(&offset.base), 10);
    assert_int_equal(offset_clock_get(&offset), -86400000);
}

static void the_same_seed_gives_the_same_bytes_and_another_does_not(void **state)
{
    (void)state;
    struct sim_random a, b, c;
    uint8_t from_a[64], from_b[64], from_c[64];
    sim_random_init(&a, 7);
    sim_random_init(&b, 7);
    sim_random_init(&c, 8);
    for (int i = 0; i < 3; i++) {
        random_fill(&a.base, from_a, sizeof(from_a));
        random_fill(&b.base, from_b, sizeof(from_b));
        random_fill(&c.base, from_c, sizeof(from_c));
        assert_memory_equal(from_a, from_b, sizeof(from_a));
        assert_memory_not_equal(from_a, from_c, sizeof(from_a));
    }
    assert_int_not_equal(random_u64(&a.base), random_u64(&a.base));
}

static void real_randomness_does_not_repeat(void **state)
{
    (void)state;
    uint8_t first[32], second[32];
    random_fill(random_real(), first, sizeof(first));
    random_fill(random_real(), second, sizeof(second));
    assert_memory_not_equal(first, second, sizeof(first));
}

static void random_below_reaches_every_value_and_never_the_bound(void **state)
{
    (void)state;
    struct sim_random random;
    int seen[6] = {0};
    sim_random_init(&random, 1);
    for (int i = 0; i < 6000; i++) {
        uint64_t value = random_below(&random.base, 6);
        assert_true(value < 6);
        seen[value]++;
    }
    for (int i = 0; i < 6; i++)
        assert_in_range(seen[i], 850, 1150);
    assert_int_equal(random_below(&random.base, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_clock_has_a_mono_time_that_never_goes_back),
        cmocka_unit_test(the_real_clock_is_of_this_century),
        cmocka_unit_test(a_simulated_clock_moves_only_when_told),
        cmocka_unit_test(an_offset_clock_shifts_the_wall_and_leaves_mono),
        cmocka_unit_test(the_same_seed_gives_the_same_bytes_and_another_does_not),
        cmocka_unit_test(real_randomness_does_not_repeat),
        cmocka_unit_test(random_below_reaches_every_value_and_never_the_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
