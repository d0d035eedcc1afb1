#include "device.h"

#include "platform/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define BOARD "tillside-sim"
#define HOUR  INT64_C(3600000)

static struct device d;
static char reason[96], version[24];

static int open_device(void **state)
{
    (void)state;
    device_open(&d);
    return 0;
}

static int close_device(void **state)
{
    (void)state;
    device_close(&d);
    return 0;
}

static void assert_runs(const char *wanted)
{
    device_runs(&d, version);
    assert_string_equal(version, wanted);
}

static void assert_ended(uint64_t order, uint8_t outcome, const char *words)
{
    assert_int_equal(device_outcome(&d, order, reason), outcome);
    assert_string_equal(reason, words);
}

/* ---- updates by order */

static void an_update_is_fetched_installed_started_and_told_step_by_step(void **state)
{
    (void)state;
    device_bundle(&d, BOARD, "9.2.0", 600000);
    device_order_update(&d, 10, "9.2.0");
    assert_true(device_settle(&d));
    assert_runs("9.2.0");
    for (uint8_t step = ORDER_DOWNLOADING; step <= ORDER_BOOTED; step++)
        assert_true(device_told_step(&d, 10, step));
    assert_ended(10, ORDER_DONE, "");
    assert_int_equal(d.parts, 3);
    assert_int_equal(d.installs, 1);
    assert_int_equal(d.restarts, 1);
    assert_false(device_holds(&d, UPDATER_BUNDLE));
    assert_true(device_settle(&d)); /* the order still stands in the feed: nothing more happens */
    assert_int_equal(d.installs, 1);
}

static void a_version_that_does_not_stay_up_is_told_as_such(void **state)
{
    (void)state;
    device_bundle(&d, BOARD, "9.2.0~crash", 1000);
    device_order_update(&d, 10, "9.2.0~crash");
    assert_true(device_settle(&d));
    assert_runs(TILLSIDE_VERSION);
    assert_ended(10, ORDER_BACK, "it did not stay up");
    assert_int_equal(d.restarts, 1);
}

static void a_download_goes_on_where_it_was_cut_off(void **state)
{
    (void)state;
    device_bundle(&d, BOARD, "9.2.0", 600000);
    device_order_update(&d, 10, "9.2.0");
    assert_int_equal(service_step(d.service), 0);
    assert_int_equal(service_step(d.service), 0);
    assert_int_equal(d.parts, 1);
    d.link = false;
    assert_true(device_settle(&d));
    device_start(&d);
    d.link = true;
    assert_true(device_settle(&d));
    assert_ended(10, ORDER_DONE, "");
    assert_int_equal(d.fetched, d.file_len);
}

static void the_restart_waits_for_its_window_and_for_nobody_at_the_screen(void **state)
{
    (void)state;
    device_bundle(&d, BOARD, "9.2.0", 1000);
    struct feed_order *order = device_order_update(&d, 10, "9.2.0");
    order->from_min = 9 * 60; /* it is eight */
    order->to_min = 10 * 60;
    assert_true(device_settle(&d));
    assert_int_equal(d.installs, 1);
    assert_int_equal(d.restarts, 0);
    d.idle = false;
    sim_clock_advance(&d.clock, HOUR);
    assert_true(device_settle(&d));
    assert_int_equal(d.restarts, 0);
    d.idle = true;
    assert_true(device_settle(&d));
    assert_int_equal(d.restarts, 1);
    assert_ended(10, ORDER_DONE, "");
}

static void an_order_that_a_stick_overtook_brings_nothing_back(void **state)
{
    (void)state;
    device_bundle(&d, BOARD, "0.0.9", 1000);
    device_order_update(&d, 10, "0.0.9");
    assert_true(device_settle(&d));
    assert_int_equal(d.installs, 0);
    assert_ended(10, ORDER_OVER, "a newer version runs here");
    assert_runs(TILLSIDE_VERSION);
}

/* The program starts anew, and its updater does not listen yet: nothing is known of the machine. */
static void nobody_at_the_updater_s_socket_is_no_fall_back(void **state)
{
    (void)state;
    device_bundle(&d, BOARD, "9.2.0", 1000);
    struct feed_order *order = device_order_update(&d, 10, "9.2.0");
    order->from_min = 9 * 60; /* it is eight: installed, it waits */
    order->to_min = 10 * 60;
    assert_true(device_settle(&d));
    assert_int_equal(d.installs, 1);
    d.deaf = true;
    device_start(&d);
    assert_true(device_settle(&d));
    assert_int_equal(device_outcome(&d, 10, NULL), 0);
    d.deaf = false;
    assert_true(device_settle(&d));
    assert_ended(10, ORDER_DONE, "");
}

static void nor_is_it_a_restart(void **state)
{
    (void)state;
    device_order(&d, 10, ORDER_REBOOT);
    d.idle = false;
    assert_true(device_settle(&d));
    d.deaf = true;
    device_start(&d);
    assert_true(device_settle(&d));
    assert_int_equal(device_outcome(&d, 10, NULL), 0);
    d.deaf = false;
    assert_true(device_settle(&d));
    assert_ended(10, ORDER_DONE, "");
}

static void a_paused_roll_out_neither_begins_nor_installs_nor_restarts(void **state)
{
    (void)state;
    device_bundle(&d, BOARD, "9.2.0", 1000);
    struct feed_order *order = device_order_update(&d, 10, "9.2.0");
    order->held = true;
    assert_true(device_settle(&d));
    assert_int_equal(d.note_count, 0);
    order->held = false;
    order->from_min = 1;
    order->to_min = 2;
    assert_true(device_settle(&d));
    assert_int_equal(d.installs, 1);
    order->held = true;
    order->to_min = 1;
    assert_true(device_settle(&d));
    assert_int_equal(d.restarts, 0);
    order->held = false;
    assert_true(device_settle(&d));
    assert_ended(10, ORDER_DONE, "");
}

static void what_is_taken_back_before_it_is_installed_is_not_installed(void **state)
{
    (void)state;
    device_bundle(&d, BOARD, "9.2.0", 600000);
    struct feed_order *order = device_order_update(&d, 10, "9.2.0");
    assert_int_equal(service_step(d.service), 0);
    assert_int_equal(service_step(d.service), 0);
    order->gone = true;
    assert_true(device_settle(&d));
    assert_ended(10, ORDER_OVER, "taken back");
    assert_int_equal(d.installs, 0);
    assert_runs(TILLSIDE_VERSION);
}

static void an_order_that_is_over_is_not_begun(void **state)
{
    (void)state;
    device_order(&d, 10, ORDER_REBOOT)->expires_s -= 2 * 86400;
    device_order(&d, 11, 77);
    assert_true(device_settle(&d));
    assert_ended(10, ORDER_OVER, "its time was over");
    assert_ended(11, ORDER_REFUSED, "this version does not know such an order");
    assert_int_equal(d.restarts, 0);
}

/* What stands in an order is somebody's word: each is refused with a sentence, nothing is installed. */
static void orders_that_are_not_for_this_device_are_refused(void **state)
{
    static const struct {
        const char *compatible, *version;
        uint64_t size;
        uint8_t outcome;
        const char *words;
    } rows[] = {
        {"tillside-rk3399", "9.2.0", 0, ORDER_REFUSED, "for another board: tillside-rk3399"},
        {"", "9.2.0", 0, ORDER_REFUSED, "for another board: "},
        {"tillside-sim/../x", "9.2.0", 0, ORDER_REFUSED, "for another board: tillside-sim/../x"},
        {BOARD, "latest", 0, ORDER_REFUSED, "it names no version"},
        {BOARD, "", 0, ORDER_REFUSED, "it names no version"},
        {BOARD, "0.0.1", 0, ORDER_REFUSED, "below the floor 0.0.5 of this device"},
        {BOARD, "9.2.0", UINT64_MAX, ORDER_REFUSED, "of an impossible size"},
        {BOARD, "9.2.0", (UINT64_C(1) << 30) + 1, ORDER_REFUSED, "of an impossible size"},
        {BOARD, TILLSIDE_VERSION, 0, ORDER_DONE, ""},
    };
    (void)state;
    static const char slots[] = "A A 0.0.5 " TILLSIDE_VERSION " " TILLSIDE_VERSION " 1\n";
    device_write(&d, UPDATER_SIM_SLOTS, slots, sizeof(slots) - 1);
    device_bundle(&d, BOARD, "9.2.0", 1000);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct feed_order *order = device_order_update(&d, 100 + i, rows[i].version);
        strcpy(order->compatible, rows[i].compatible);
        if (rows[i].size)
            order->size = rows[i].size;
        assert_true(device_settle(&d));
        assert_ended(100 + i, rows[i].outcome, rows[i].words);
        d.order_count = 0;
    }
    assert_int_equal(d.installs, 0);
    assert_int_equal(d.parts, 0);
}

static void bundles_that_are_not_what_the_order_said_are_not_installed(void **state)
{
    (void)state;
    device_bundle(&d, BOARD, "9.3.0", 1000); /* rightly hashed, another version */
    device_order_update(&d, 10, "9.2.0");
    assert_true(device_settle(&d));
    assert_ended(10, ORDER_REFUSED, "it is another one than was ordered");
    device_bundle(&d, "tillside-rk3399", "9.2.0", 1000);
    device_order_update(&d, 11, "9.2.0");
    assert_true(device_settle(&d));
    assert_ended(11, ORDER_REFUSED, "it is another one than was ordered");
    device_bundle(&d, BOARD, "9.2.0", 1000);
    memcpy(d.file, "xxxx", 4); /* nobody signed that */
    device_order_update(&d, 12, "9.2.0");
    assert_true(device_settle(&d));
    assert_ended(12, ORDER_REFUSED, "signature verification failed: no such bundle");
    device_bundle(&d, BOARD, "9.2.0", 1000);
    device_order_update(&d, 13, "9.2.0")->sha256[5] ^= 1;
    assert_true(device_settle(&d));
    assert_ended(13, ORDER_FAILED, "what came was never the file that was ordered");
    device_order_update(&d, 14, "9.2.0")->release = 4;
    assert_true(device_settle(&d));
    assert_ended(14, ORDER_OVER, "central has it no longer");
    assert_int_equal(d.installs, 0);
    assert_false(device_holds(&d, UPDATER_BUNDLE));
}

static void what_the_updater_refuses_or_cannot_do_is_told_in_its_words(void **state)
{
    (void)state;
    device_bundle(&d, BOARD, "9.2.0~refuse", 1000);
    device_order_update(&d, 10, "9.2.0~refuse");
    assert_true(device_settle(&d));
    assert_ended(10, ORDER_REFUSED, "the bundle was refused");
    device_bundle(&d, BOARD, "9.2.0~fail", 1000);
    device_order_update(&d, 11, "9.2.0~fail");
    assert_true(device_settle(&d));
    assert_ended(11, ORDER_FAILED, "the slot could not be written");
}

static void a_state_that_was_damaged_is_none(void **state)
{
    (void)state;
    for (size_t len = 0; len < 80; len++) {
        char bytes[80];
        memset(bytes, (int)(len * 7 + 0x8c), sizeof(bytes));
        service_close(d.service);
        d.service = NULL;
        device_write(&d, "service.state", bytes, len);
        device_start(&d);
    }
    device_bundle(&d, BOARD, "9.2.0", 1000);
    device_order_update(&d, 10, "9.2.0");
    assert_true(device_settle(&d));
    assert_ended(10, ORDER_DONE, "");
}

/* ---- the plug */

/* Everything at once, with the plug pulled at one moment: the same end as without. */
static unsigned run_with_cut(const char *to, unsigned at)
{
    device_open(&d);
    device_bundle(&d, BOARD, to, 600000);
    device_order_update(&d, 10, to);
    device_order(&d, 11, ORDER_LOGS);
    device_order(&d, 12, ORDER_REBOOT);
    d.cut_at = at;
    for (int i = 0; i < 4; i++)
        assert_true(device_settle(&d));
    bool crash = strstr(to, "crash") != NULL;
    assert_runs(crash ? TILLSIDE_VERSION : to);
    assert_int_equal(device_outcome(&d, 10, reason), crash ? ORDER_BACK : ORDER_DONE);
    assert_int_equal(device_outcome(&d, 11, reason), ORDER_DONE);
    assert_int_equal(device_outcome(&d, 12, reason), ORDER_DONE);
    assert_in_range(d.installs, 1, 2);
    assert_in_range(d.restarts, 0, 2); /* a cut is a restart too */
    assert_in_range(d.fetched, d.file_len, d.file_len + SERVICE_PART_BYTES);
    assert_false(device_holds(&d, UPDATER_BUNDLE));
    unsigned notes = d.note_count, acts = d.acts;
    device_start(&d);
    assert_true(device_settle(&d));
    assert_int_equal(d.note_count, notes); /* and then nothing more */
    device_close(&d);
    return acts;
}

static void a_power_cut_at_any_moment_changes_nothing_in_the_end(void **state)
{
    (void)state;
    unsigned moments = run_with_cut("9.2.0", 0);
    assert_true(moments > 20);
    for (unsigned at = 1; at <= moments; at++)
        run_with_cut("9.2.0", at);
}

static void nor_does_one_while_a_version_falls_back(void **state)
{
    (void)state;
    unsigned moments = run_with_cut("9.2.0~crash", 0);
    for (unsigned at = 1; at <= moments; at++)
        run_with_cut("9.2.0~crash", at);
}

/* ---- restarts and logs */

static void a_restart_is_done_once_and_when_nobody_is_there(void **state)
{
    (void)state;
    d.idle = false;
    device_order(&d, 10, ORDER_REBOOT);
    assert_true(device_settle(&d));
    assert_int_equal(d.restarts, 0);
    d.idle = true;
    assert_true(device_settle(&d));
    assert_int_equal(d.restarts, 1);
    assert_ended(10, ORDER_DONE, "");
    assert_true(device_settle(&d));
    assert_int_equal(d.restarts, 1);
}

static void logs_say_who_it_is_and_name_nobody(void **state)
{
    static const char log[] = "2026-11-22 WARN call 13812345678 openid oABCDEFGHIJKLMNOPQRSTUV12345 card "
                              "4111 1111 1111 1111 code TSC1:ABCDEF\x01\n";
    (void)state;
    device_write(&d, "terminal.log", log, sizeof(log) - 1);
    device_order(&d, 10, ORDER_LOGS);
    assert_true(device_settle(&d));
    assert_ended(10, ORDER_DONE, "");
    assert_int_equal(d.logs_sent, 1);
    assert_non_null(strstr(d.logs, "board sim, version " TILLSIDE_VERSION ", slot A"));
    assert_non_null(strstr(d.logs, "WARN call ***********"));
    assert_non_null(strstr(d.logs, "simulated machine, start 1"));
    assert_null(strstr(d.logs, "13812345678"));
    assert_null(strstr(d.logs, "oABC"));
    assert_null(strstr(d.logs, "4111"));
    assert_null(strstr(d.logs, "ABCDEF"));
    assert_null(strchr(d.logs, '\x01'));
}

static void a_line_that_was_cut_tells_nothing_of_whom_it_named(void **state)
{
    static char log[70000];
    (void)state;
    /* Its end begins within a number: ten digits are left of it. */
    memset(log, 'x', sizeof(log));
    size_t own = 64 * 1024 - 1;
    memcpy(log + sizeof(log) - own - 1, "13812345678 called\nWARN the next line\n", 37);
    log[sizeof(log) - 1] = '\n';
    device_write(&d, "terminal.log", log, sizeof(log));
    device_order(&d, 10, ORDER_LOGS);
    assert_true(device_settle(&d));
    assert_ended(10, ORDER_DONE, "");
    assert_non_null(strstr(d.logs, "--- terminal\nWARN the next line"));
    assert_null(strstr(d.logs, "3812345678"));
}

static void an_update_that_waits_holds_up_neither_logs_nor_a_restart(void **state)
{
    (void)state;
    device_bundle(&d, BOARD, "9.2.0", 1000);
    struct feed_order *order = device_order_update(&d, 10, "9.2.0");
    order->from_min = 1;
    order->to_min = 2;
    assert_true(device_settle(&d));
    device_order(&d, 11, ORDER_LOGS);
    assert_true(device_settle(&d));
    assert_ended(11, ORDER_DONE, "");
    assert_int_equal(d.restarts, 0);
    device_order(&d, 12, ORDER_REBOOT);
    assert_true(device_settle(&d));
    assert_int_equal(d.restarts, 1);
    assert_ended(12, ORDER_DONE, "");
    assert_ended(10, ORDER_DONE, ""); /* it started into it by the way */
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_device, close_device)
    const struct CMUnitTest tests[] = {
        TEST(an_update_is_fetched_installed_started_and_told_step_by_step),
        TEST(a_version_that_does_not_stay_up_is_told_as_such),
        TEST(a_download_goes_on_where_it_was_cut_off),
        TEST(the_restart_waits_for_its_window_and_for_nobody_at_the_screen),
        TEST(an_order_that_a_stick_overtook_brings_nothing_back),
        TEST(nobody_at_the_updater_s_socket_is_no_fall_back),
        TEST(nor_is_it_a_restart),
        TEST(a_paused_roll_out_neither_begins_nor_installs_nor_restarts),
        TEST(what_is_taken_back_before_it_is_installed_is_not_installed),
        TEST(an_order_that_is_over_is_not_begun),
        TEST(orders_that_are_not_for_this_device_are_refused),
        TEST(bundles_that_are_not_what_the_order_said_are_not_installed),
        TEST(what_the_updater_refuses_or_cannot_do_is_told_in_its_words),
        TEST(a_state_that_was_damaged_is_none),
        cmocka_unit_test(a_power_cut_at_any_moment_changes_nothing_in_the_end),
        cmocka_unit_test(nor_does_one_while_a_version_falls_back),
        TEST(a_restart_is_done_once_and_when_nobody_is_there),
        TEST(logs_say_who_it_is_and_name_nobody),
        TEST(a_line_that_was_cut_tells_nothing_of_whom_it_named),
        TEST(an_update_that_waits_holds_up_neither_logs_nor_a_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
