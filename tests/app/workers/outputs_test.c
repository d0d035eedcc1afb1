#include "bench.h"

#include <string.h>

static void print(struct bench *bench, uint64_t group)
{
    struct output job = {.kind = OUTPUT_PRINT,
                         .receipt = {.kind = RECEIPT_OF_SALE, .group = group, .brand = "Tillside", .paid_minor = 100}};
    assert_int_equal(workers_output(&bench->workers, &job), 0);
}

static void expect_printed(struct bench *bench, uint64_t group, enum view_receipt outcome)
{
    struct event event = bench_wait(bench, EVENT_PRINTED);
    assert_int_equal(event.printed.group, group);
    assert_int_equal(event.printed.outcome, outcome);
}

static unsigned receipts(struct bench *bench)
{
    struct sim_outputs outputs;
    sim_outputs(bench->sim, &outputs);
    return outputs.receipts;
}

static void a_receipt_is_printed_once_and_told(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, NULL);
    bench_start(&b);
    print(&b, 7);
    expect_printed(&b, 7, RECEIPT_DONE);
    assert_int_equal(receipts(&b), 1);
    bench_close(&b);
}

static void each_trouble_of_the_printer_has_its_own_words(void **state)
{
    (void)state;
    static const struct {
        enum sim_fault fault;
        enum view_receipt outcome;
    } rows[] = {{SIM_FAULT_PAPER_END, RECEIPT_NO_PAPER},
                {SIM_FAULT_COVER_OPEN, RECEIPT_COVER},
                {SIM_FAULT_UNPLUG, RECEIPT_NO_PRINTER},
                {SIM_FAULT_ERROR, RECEIPT_NO_PRINTER},
                {SIM_FAULT_NEAR_END, RECEIPT_DONE}};
    struct bench b;
    bench_open(&b, NULL);
    bench_start(&b);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(sim_fail(b.sim, HAL_PRINTER, rows[i].fault), 0);
        print(&b, i + 1);
        expect_printed(&b, i + 1, rows[i].outcome);
    }
    assert_int_equal(receipts(&b), 1);
    bench_close(&b);
}

static void paper_that_was_put_in_is_noticed_without_a_receipt(void **state)
{
    (void)state;
    struct bench b;
    bench_open(&b, NULL);
    bench_start(&b);
    assert_int_equal(sim_fail(b.sim, HAL_PRINTER, SIM_FAULT_PAPER_END), 0);
    print(&b, 1);
    bench_wait_device(&b, HAL_PRINTER, false);
    sim_restore(b.sim, HAL_PRINTER);
    bench_wait_device(&b, HAL_PRINTER, true);
    assert_int_equal(receipts(&b), 0); /* never printed again by itself */
    bench_close(&b);
}

static void a_drawer_that_was_plugged_in_again_opens(void **state)
{
    (void)state;
    struct bench b;
    struct output kick = {.kind = OUTPUT_DRAWER};
    bench_open(&b, NULL);
    bench_start(&b);
    assert_int_equal(sim_fail(b.sim, HAL_DRAWER, SIM_FAULT_UNPLUG), 0);
    assert_int_equal(workers_output(&b.workers, &kick), 0);
    assert_int_equal(bench_wait(&b, EVENT_DRAWER).drawer.error, -ENODEV);
    sim_restore(b.sim, HAL_DRAWER);
    assert_int_equal(workers_output(&b.workers, &kick), 0);
    assert_int_equal(bench_wait(&b, EVENT_DRAWER).drawer.error, 0);
    struct sim_outputs outputs;
    sim_outputs(b.sim, &outputs);
    assert_int_equal(outputs.drawer_pulses, 1);
    bench_close(&b);
}

static void a_board_without_printer_and_drawer_misses_nothing(void **state)
{
    (void)state;
    static const char *const without[] = {"printer=none", "drawer=none", NULL};
    struct bench b;
    struct event event;
    struct output kick = {.kind = OUTPUT_DRAWER};
    bench_open(&b, without);
    bench_start(&b);
    print(&b, 1);
    assert_int_equal(workers_output(&b.workers, &kick), 0);
    do { /* nothing but the two answers */
        assert_int_equal(queue_pop(&b.events, PATIENCE_MS, &event), 0);
        assert_int_not_equal(event.kind, EVENT_DEVICE);
        if (event.kind == EVENT_PRINTED)
            assert_int_equal(event.printed.outcome, RECEIPT_NONE);
    } while (event.kind != EVENT_DRAWER);
    assert_int_equal(event.drawer.error, -ENOTSUP);
    bench_close(&b);
}

static void a_failing_disk_shows_on_the_service_screen_and_comes_back(void **state)
{
    (void)state;
    struct bench b;
    struct output health = {.kind = OUTPUT_HEALTH};
    struct health facts;
    bench_open(&b, NULL);
    bench_start(&b);
    assert_int_equal(workers_output(&b.workers, &health), 0);
    bench_wait(&b, EVENT_HEALTH);
    workers_health(&b.workers, &facts);
    assert_true(facts.free_mb > 0);
    assert_int_equal(sim_fail(b.sim, HAL_STORAGE, SIM_FAULT_UNPLUG), 0);
    assert_int_equal(workers_output(&b.workers, &health), 0);
    bench_wait_device(&b, HAL_STORAGE, false);
    sim_restore(b.sim, HAL_STORAGE);
    bench_wait_device(&b, HAL_STORAGE, true);
    bench_close(&b);
}

static void a_full_queue_of_jobs_refuses_and_keeps_what_it_has(void **state)
{
    (void)state;
    struct bench b;
    struct output kick = {.kind = OUTPUT_DRAWER};
    bench_open(&b, NULL); /* not started: nobody takes a job */
    for (int i = 0; i < OUTPUT_QUEUE_MAX; i++)
        assert_int_equal(workers_output(&b.workers, &kick), 0);
    assert_int_equal(workers_output(&b.workers, &kick), -ENOSPC);
    bench_start(&b);
    for (int i = 0; i < OUTPUT_QUEUE_MAX; i++)
        assert_int_equal(bench_wait(&b, EVENT_DRAWER).drawer.error, 0);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_receipt_is_printed_once_and_told),
        cmocka_unit_test(each_trouble_of_the_printer_has_its_own_words),
        cmocka_unit_test(paper_that_was_put_in_is_noticed_without_a_receipt),
        cmocka_unit_test(a_drawer_that_was_plugged_in_again_opens),
        cmocka_unit_test(a_board_without_printer_and_drawer_misses_nothing),
        cmocka_unit_test(a_failing_disk_shows_on_the_service_screen_and_comes_back),
        cmocka_unit_test(a_full_queue_of_jobs_refuses_and_keeps_what_it_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
