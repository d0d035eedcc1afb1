#include "cmocka_all.h"
#include "sync_internal.h"

static void the_wait_doubles_from_half_a_second_up_to_a_minute(void **state)
{
    static const uint32_t limits[] = {500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};

    (void)state;
    for (uint32_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
        assert_int_equal(sync_backoff_limit_ms(i + 1), limits[i]);
    assert_int_equal(sync_backoff_limit_ms(UINT32_MAX), 60000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_wait_doubles_from_half_a_second_up_to_a_minute),
    };

    return cmocka_run_group_tests_name("sync_backoff", tests, NULL, NULL);
}
