#include "bench.h"

#include <sched.h>
#include <string.h>
#include <time.h>

static void scan(struct bench *bench, const char *text)
{
    assert_int_equal(sim_scan(bench->sim, text), 0);
}

static void a_shaking_hand_reads_a_code_once(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, NULL);
    bench_start(&b);
    scan(&b, "TWICE");
    scan(&b, "TWICE");
    scan(&b, "OTHER");
    assert_int_equal(bench_wait_code(&b, "TWICE"), 0);
    assert_int_equal(bench_wait_code(&b, "OTHER"), 0);
    scan(&b, "TWICE");
    assert_int_equal(bench_wait_code(&b, "TWICE"), 0);
    sim_clock_advance(&b.clock, 1200);
    scan(&b, "TWICE");
    assert_int_equal(bench_wait_code(&b, "TWICE"), 0);
    bench_close(&b);
}

static void a_text_that_is_too_long_for_us_arrives_empty(void **state)
{
    (void)state;
    struct bench b;
    char text[801];
    memset(text, 'A', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    bench_open(&b, NULL);
    bench_start(&b);
    scan(&b, text);
    struct event event = bench_wait(&b, EVENT_SCANNED);
    assert_string_equal(event.scanned.text, "");
    assert_int_equal(event.scanned.source, SOURCE_SCANNER);
    bench_close(&b);
}

static void an_unplugged_scanner_is_told_and_reads_again(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, NULL);
    bench_start(&b);
    assert_int_equal(sim_fail(b.sim, HAL_SCANNER, SIM_FAULT_UNPLUG), 0);
    bench_wait_device(&b, HAL_SCANNER, false);
    sim_restore(b.sim, HAL_SCANNER);
    bench_wait_device(&b, HAL_SCANNER, true);
    scan(&b, "AGAIN");
    assert_int_equal(bench_wait_code(&b, "AGAIN"), 0);
    bench_close(&b);
}

static void buttons_count_when_pressed_and_presence_both_ways(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, NULL);
    bench_start(&b);
    assert_int_equal(sim_button(b.sim, "ok", true), 0);
    assert_int_equal(sim_button(b.sim, "ok", false), 0);
    assert_int_equal(sim_presence(b.sim, true), 0);
    assert_string_equal(bench_wait(&b, EVENT_BUTTON).button, "ok");
    assert_true(bench_wait(&b, EVENT_PRESENCE).somebody);
    assert_int_equal(sim_presence(b.sim, false), 0);
    assert_false(bench_wait(&b, EVENT_PRESENCE).somebody);
    bench_close(&b);
}

static void lamps_wait_while_the_gpio_is_away_and_harm_nothing(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, NULL);
    bench_start(&b);
    assert_int_equal(sim_fail(b.sim, HAL_GPIO, SIM_FAULT_UNPLUG), 0);
    bench_wait_device(&b, HAL_GPIO, false);
    workers_lamp(&b.workers, LAMP_GREEN);
    sim_restore(b.sim, HAL_GPIO);
    bench_wait_device(&b, HAL_GPIO, true);
    assert_int_equal(sim_button(b.sim, "staff", true), 0);
    assert_string_equal(bench_wait(&b, EVENT_BUTTON).button, "staff");
    bench_close(&b);
}

static void wait_link(struct bench *bench, bool up)
{
    struct timespec begun, now;
    clock_gettime(CLOCK_MONOTONIC, &begun);
    while (bench->workers.link_up != up) {
        sched_yield();
        clock_gettime(CLOCK_MONOTONIC, &now);
        assert_true(now.tv_sec - begun.tv_sec < PATIENCE_MS / 1000);
    }
}

static void the_link_is_followed_also_when_there_are_no_books_to_sync(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, NULL);
    sim_network_set(b.sim, true);
    bench_start(&b);
    wait_link(&b, true);
    sim_network_set(b.sim, false);
    wait_link(&b, false);
    sim_network_set(b.sim, true);
    wait_link(&b, true);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shaking_hand_reads_a_code_once),
        cmocka_unit_test(a_text_that_is_too_long_for_us_arrives_empty),
        cmocka_unit_test(an_unplugged_scanner_is_told_and_reads_again),
        cmocka_unit_test(buttons_count_when_pressed_and_presence_both_ways),
        cmocka_unit_test(lamps_wait_while_the_gpio_is_away_and_harm_nothing),
        cmocka_unit_test(the_link_is_followed_also_when_there_are_no_books_to_sync),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
