#include "cmocka_all.h"

#include "platform/random.h"
#include "sync_internal.h"

static void assert_spread(uint32_t attempt, int retry_after_s, int64_t least_ms, uint64_t spread_ms)
{
    assert_int_equal(sync_backoff_ms(attempt, retry_after_s, 0), least_ms);
    assert_int_equal(sync_backoff_ms(attempt, retry_after_s, spread_ms), least_ms + (int64_t)spread_ms);
    assert_int_equal(sync_backoff_ms(attempt, retry_after_s, spread_ms + 1), least_ms);
}

static void the_wait_doubles_from_half_a_second_up_to_a_minute(void **state)
{
    static const uint32_t limits[] = {500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};

    (void)state;
    for (uint32_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
        assert_spread(i + 1, 0, 0, limits[i]);
    assert_spread(UINT32_MAX, 0, 0, 60000);
}

static void what_central_asks_for_is_the_least_and_is_spread_over_as_much_again(void **state)
{
    (void)state;
    assert_spread(1, 1, 1000, 1000);
    assert_spread(4, 1, 1000, 4000);
    assert_spread(1, 40, 40000, 40000);
    assert_spread(1, 3600, 3600000, 60000);
    assert_spread(9, 5, 5000, 60000);
}

#define CHAIN   200
#define SLOTS   10
#define AT_ONCE (CHAIN / SLOTS * 2)

/* All of a chain were sent away in the same moment, with the same number. */
static void a_chain_that_was_asked_for_patience_does_not_come_back_at_once(void **state)
{
    struct sim_random random;
    unsigned slots[SLOTS + 1] = {0};

    (void)state;
    sim_random_init(&random, 5);
    for (int i = 0; i < CHAIN; i++)
        slots[(sync_backoff_ms(1, 1, random_u64(&random.base)) - 1000) / (1000 / SLOTS)]++;
    for (int i = 0; i <= SLOTS; i++)
        assert_true(slots[i] <= AT_ONCE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_wait_doubles_from_half_a_second_up_to_a_minute),
        cmocka_unit_test(what_central_asks_for_is_the_least_and_is_spread_over_as_much_again),
        cmocka_unit_test(a_chain_that_was_asked_for_patience_does_not_come_back_at_once),
    };

    return cmocka_run_group_tests_name("sync_backoff", tests, NULL, NULL);
}
