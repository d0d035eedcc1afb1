#include "device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A technician's stick: bundles from it, acts onto it. And the end of it all: a factory reset. */

#define BOARD "tillside-sim"

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

static void put_on_stick(const char *name)
{
    char path[200];
    snprintf(path, sizeof(path), "%s/%s", d.folder, UPDATER_SIM_STICK);
    int made = mkdir(path, 0700);
    (void)made;
    snprintf(path, sizeof(path), "%s/%s", UPDATER_SIM_STICK, name);
    device_write(&d, path, (const char *)d.file, d.file_len);
}

static const struct stick_result *read_stick(void)
{
    memset(&d.stick, 0, sizeof(d.stick));
    service_read_stick(d.service);
    assert_int_equal(service_step(d.service), 0);
    return &d.stick;
}

static void a_stick_says_what_is_wrong_with_it(void **state)
{
    (void)state;
    assert_int_equal(read_stick()->outcome, STICK_NONE);
    d.file_len = 5;
    put_on_stick("holiday.jpg");
    assert_int_equal(read_stick()->outcome, STICK_EMPTY);
    assert_true(d.stick.logs_written);
    device_bundle(&d, BOARD, TILLSIDE_VERSION, 1000);
    put_on_stick("a.raucb");
    assert_int_equal(read_stick()->outcome, STICK_NO_NEWER);
    device_bundle(&d, "tillside-rk3399", "9.2.0", 1000);
    put_on_stick("a.raucb");
    assert_int_equal(read_stick()->outcome, STICK_REFUSED);
    assert_string_equal(d.stick.reason, "for another board: tillside-rk3399");
    assert_string_equal(d.stick.file, "a.raucb");
    memcpy(d.file, "xxxx", 4);
    put_on_stick("a.raucb");
    assert_int_equal(read_stick()->outcome, STICK_REFUSED);
    assert_string_equal(d.stick.reason, "signature verification failed: no such bundle");
    device_bundle(&d, BOARD, "9.2.0~fail", 1000);
    put_on_stick("a.raucb");
    assert_int_equal(read_stick()->outcome, STICK_FAILED);
    d.file_len = 0;
    put_on_stick("a.raucb");
    assert_int_equal(read_stick()->outcome, STICK_REFUSED);
    assert_false(device_holds(&d, UPDATER_BUNDLE));
    assert_true(device_settle(&d));
    assert_int_equal(d.restarts, 0);
}

static void the_first_bundle_that_fits_is_installed_at_once_and_told(void **state)
{
    (void)state;
    device_bundle(&d, "tillside-rk3399", "9.2.0", 1000);
    put_on_stick("a.raucb");
    device_bundle(&d, BOARD, "9.2.0", 600000);
    put_on_stick("b.raucb");
    d.idle = false; /* the technician stands before it */
    assert_int_equal(read_stick()->outcome, STICK_INSTALLED);
    assert_string_equal(d.stick.file, "b.raucb");
    assert_string_equal(d.stick.version, "9.2.0");
    assert_true(d.stick.logs_written);
    assert_true(device_settle(&d));
    device_runs(&d, version);
    assert_string_equal(version, "9.2.0");
    assert_int_equal(device_outcome(&d, 0, reason), ORDER_DONE);
    assert_string_equal(reason, "");
}

static void of_many_bundles_the_first_by_name_are_tried(void **state)
{
    char name[16];
    (void)state;
    for (int i = 40; i > 0; i--) { /* more than are looked at, in a folder's own order */
        snprintf(name, sizeof(name), "%02d.raucb", i);
        device_bundle(&d, BOARD, i == 16 ? "9.2.0" : TILLSIDE_VERSION, 1000);
        put_on_stick(name);
    }
    assert_int_equal(read_stick()->outcome, STICK_INSTALLED);
    assert_string_equal(d.stick.file, "16.raucb");
}

static void what_is_no_plain_file_is_no_bundle(void **state)
{
    char path[200];
    (void)state;
    device_bundle(&d, BOARD, "9.2.0", 1000);
    put_on_stick("z");
    snprintf(path, sizeof(path), "%s/%s/a.raucb", d.folder, UPDATER_SIM_STICK);
    assert_int_equal(mkfifo(path, 0600), 0); /* nobody writes: who opened it as a file would wait for ever */
    assert_int_equal(read_stick()->outcome, STICK_REFUSED);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("z", path), 0);
    assert_int_equal(read_stick()->outcome, STICK_FAILED);
}

static const struct stick_result *save_acts(void)
{
    memset(&d.stick, 0, sizeof(d.stick));
    service_save_acts(d.service);
    assert_int_equal(service_step(d.service), 0);
    assert_false(device_holds(&d, UPDATER_ACTS)); /* nothing of it stays behind */
    return &d.stick;
}

static void acts_are_saved_under_the_number_of_the_last_one(void **state)
{
    (void)state;
    assert_int_equal(save_acts()->outcome, STICK_NOTHING);
    d.books = (struct service_acts){.records = 12, .terminal = 7, .incarnation = 2, .last_seq = 30};
    assert_int_equal(save_acts()->outcome, STICK_NONE);
    put_on_stick("holiday.jpg");
    assert_int_equal(save_acts()->outcome, STICK_SAVED);
    assert_int_equal(d.stick.records, 12);
    assert_string_equal(d.stick.file, "acts-7-2-30.tsj");
    assert_true(device_holds(&d, UPDATER_SIM_STICK "/acts-7-2-30.tsj"));
    d.books.damaged = true;
    assert_int_equal(save_acts()->outcome, STICK_DAMAGED);
    assert_int_equal(d.stick.records, 12);
    assert_string_equal(d.stick.file, "acts-7-2-30.tsj");
    d.books.records = 0;
    assert_int_equal(save_acts()->outcome, STICK_DAMAGED); /* not: there is nothing to save */
    assert_int_equal(d.stick.records, 0);
    d.acts_error = -EUCLEAN;
    assert_int_equal(save_acts()->outcome, STICK_NOT_SAVED);
    assert_string_equal(d.stick.reason, "the books are damaged");
}

static void after_a_reset_nothing_more_is_done(void **state)
{
    (void)state;
    d.locked = true;
    service_reset(d.service);
    assert_int_equal(service_step(d.service), 0);
    assert_string_equal(d.reset_failed, "the disk cannot be written");
    d.locked = false;
    service_reset(d.service);
    assert_int_equal(service_step(d.service), 0);
    assert_int_equal(d.resets, 1);
    d.books.records = 1;
    service_save_acts(d.service);
    assert_true(service_step(d.service) > 0);
    assert_int_equal(d.stick.outcome, 0);
}

static void a_stick_waits_while_centrals_own_update_is_under_way(void **state)
{
    (void)state;
    device_bundle(&d, BOARD, "9.2.0", 1000);
    struct feed_order *order = device_order_update(&d, 10, "9.2.0");
    order->from_min = 1;
    order->to_min = 2;
    put_on_stick("a.raucb");
    assert_true(device_settle(&d));
    assert_int_equal(read_stick()->outcome, STICK_BUSY);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_device, close_device)
    const struct CMUnitTest tests[] = {
        TEST(a_stick_says_what_is_wrong_with_it),
        TEST(the_first_bundle_that_fits_is_installed_at_once_and_told),
        TEST(of_many_bundles_the_first_by_name_are_tried),
        TEST(what_is_no_plain_file_is_no_bundle),
        TEST(acts_are_saved_under_the_number_of_the_last_one),
        TEST(after_a_reset_nothing_more_is_done),
        TEST(a_stick_waits_while_centrals_own_update_is_under_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
