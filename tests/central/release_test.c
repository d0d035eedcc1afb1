#include "release_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- who gets it */

static void nobody_is_asked_before_the_roll_out_begins(void **state)
{
    (void)state;
    add_release("0.2.0");
    a_round();
    assert_int_equal(ordered(), 0);
    say("release roll", "{\"release\":1}");
    a_round();
    assert_int_equal(ordered(), DEVICES);
}

static void an_order_says_what_is_to_be_fetched_and_when_it_may_restart(void **state)
{
    struct feed_order item;
    (void)state;
    add_release("0.2.0");
    say("release roll", "{\"release\":1,\"window\":\"02:00-05:30\"}");
    a_round();
    assert_true(feed_of(3, &item));
    assert_int_equal(item.terminal, 3);
    assert_int_equal(item.what, ORDER_UPDATE);
    assert_string_equal(item.compatible, "tillside-rk3399");
    assert_string_equal(item.version, "0.2.0");
    assert_true(item.size > 2500000);
    assert_int_equal(item.from_min, 120);
    assert_int_equal(item.to_min, 330);
    assert_false(item.held);
    assert_int_equal(item.expires_s, (clock_wall_ms(&f.clock.base) + FLEET_ORDER_LIFE_MS) / 1000);
}

static void the_canary_goes_first_and_the_rings_follow(void **state)
{
    struct fleet_order order;
    (void)state;
    add_release("0.2.0");
    say("fleet ring", "{\"ring\":\"canary\",\"terminal\":2}");
    say("fleet ring", "{\"ring\":\"early\",\"store\":1}");
    say("release roll", "{\"release\":1,\"ring\":\"canary\"}");
    a_round();
    assert_int_equal(ordered(), 1);
    assert_true(order_of(2, &order));
    say("release roll", "{\"release\":1,\"ring\":\"early\"}");
    a_round();
    assert_int_equal(ordered(), 4);
    say("release roll", "{\"release\":1,\"ring\":\"all\"}");
    a_round();
    assert_int_equal(ordered(), DEVICES);
}

static void what_is_not_said_again_stays_as_it_was(void **state)
{
    (void)state;
    add_release("0.2.0");
    say("fleet ring", "{\"ring\":\"canary\",\"terminal\":3}");
    say("release roll", "{\"release\":1,\"ring\":\"canary\",\"store\":1,\"percent\":40,\"max_failures\":1}");
    say("release roll", "{\"release\":1,\"window\":\"02:00-05:30\"}");
    assert_state("ring", "canary");
    assert_state("percent", "40");
    assert_state("store", "1");
    assert_state("pauses_at", "1");
    assert_state("window", "02:00-05:30");
    say("release roll", "{\"release\":1,\"store\":0}");
    assert_state("store", "0");
}

static void a_wider_percentage_keeps_what_the_narrower_one_took(void **state)
{
    struct fleet_order order;
    char args[64];
    (void)state;
    add_release("0.2.0");
    for (uint32_t percent = 10; percent <= 100; percent += 30) {
        snprintf(args, sizeof(args), "{\"release\":1,\"percent\":%u}", percent);
        say("release roll", args);
        a_round();
        for (uint32_t terminal = 1; terminal <= DEVICES; terminal++)
            assert_int_equal(order_of(terminal, &order), rollout_place(1, terminal) < percent * 100);
    }
}

static void only_devices_of_its_board_below_its_version_are_asked(void **state)
{
    struct fleet_order order;
    (void)state;
    runs(1, "qemu-arm64", "0.1.0");
    runs(2, "rk3399", "0.2.0");
    runs(3, "rk3399", "0.10.0");
    runs(4, "rk3399", "0.2.0~rc1");
    add_release("0.2.0");
    say("release roll", "{\"release\":1,\"store\":1}");
    a_round();
    assert_int_equal(ordered(), 1);
    assert_true(order_of(4, &order));
}

static void one_update_at_a_time_and_the_same_never_twice_by_itself(void **state)
{
    struct fleet_order order, again;
    (void)state;
    add_release("0.2.0");
    say("release roll", "{\"release\":1,\"max_failures\":5}");
    a_round();
    assert_true(order_of(1, &order));
    says_end(1, ORDER_FAILED, "no room");
    a_round();
    assert_true(order_of(1, &again));
    assert_true(again.id == order.id);
    say("release pause", "{\"release\":1}");
    say("release resume", "{\"release\":1,\"again\":true}");
    a_round();
    assert_true(order_of(1, &again));
    assert_true(again.id > order.id);
}

static void who_was_away_for_longer_than_an_order_lives_is_asked_again_and_not_at_once(void **state)
{
    struct fleet_order order, again;
    (void)state;
    add_release("0.2.0");
    say("release roll", "{\"release\":1,\"max_failures\":5}");
    a_round();
    assert_true(order_of(1, &order));
    says_end(1, ORDER_OVER, "its time was over"); /* its clock is wrong */
    a_round();
    assert_true(order_of(1, &again));
    assert_true(again.id == order.id);
    sim_clock_advance(&f.clock, FLEET_ORDER_LIFE_MS + 25 * INT64_C(3600000));
    a_round(); /* the others' orders are over */
    a_round();
    assert_true(order_of(1, &again));
    assert_true(again.id > order.id);
    assert_true(order_of(2, &again));
    assert_int_equal(again.outcome, 0);
}

/* ---- what comes back */

static void the_fleet_shows_how_far_each_device_is(void **state)
{
    struct feed_order item;
    (void)state;
    add_release("0.2.0");
    say("release roll", "{\"release\":1}");
    a_round();
    says_step(1, ORDER_DOWNLOADED);
    says_step(1, ORDER_DOWNLOADING); /* a copy of the journal came late */
    says_step(2, ORDER_INSTALLED);
    says_end(3, ORDER_BACK, "it did not stay up");
    json_t *answer = admin_do(&f, "fleet list", "");
    const json_t *rows = json_object_get(json_object_get(answer, "result"), "rows");
    static const char *const wanted[] = {"0.2.0 downloaded", "0.2.0 installed", "0.2.0 back: it did not stay up",
                                         "0.2.0 waiting"};
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        assert_string_equal(json_string_value(json_object_get(json_array_get(rows, i), "update")), wanted[i]);
    json_decref(answer);
    assert_false(feed_of(3, &item)); /* an order that ended is nobody's business any more */
    assert_true(feed_of(4, &item));
}

static void a_device_speaks_of_its_own_orders_only(void **state)
{
    struct fleet_order order;
    (void)state;
    add_release("0.2.0");
    say("release roll", "{\"release\":1}");
    a_round();
    assert_true(order_of(1, &order));
    struct body body = {.kind = RECORD_ORDER_DONE, .order_done = {order.id, ORDER_UPDATE, ORDER_DONE, "9", ""}};
    note(2, &body);
    body.order_done.order = UINT64_MAX;
    note(1, &body);
    body.order_done.order = order.id;
    body.order_done.outcome = 77;
    note(1, &body);
    assert_true(order_of(1, &order));
    assert_int_equal(order.outcome, 0);
}

static void too_many_failures_stop_the_roll_out_by_themselves(void **state)
{
    struct feed_order item;
    (void)state;
    add_release("0.2.0");
    say("release roll", "{\"release\":1,\"max_failures\":2}");
    a_round();
    says_end(1, ORDER_BACK, "it did not stay up");
    a_round();
    assert_state("state", "rolling");
    says_end(2, ORDER_REFUSED, "below the floor");
    a_round();
    assert_state("state", "paused");
    assert_state("why", "2 devices refused it, failed, fell back or fell silent");
    assert_true(feed_of(5, &item));
    assert_true(item.held);
    say("release resume", "{\"release\":1}"); /* forgiven */
    a_round();
    assert_state("state", "rolling");
    assert_true(feed_of(5, &item));
    assert_false(item.held);
}

static void a_device_that_fell_silent_after_it_installed_counts_too(void **state)
{
    (void)state;
    add_release("0.2.0");
    say("release roll", "{\"release\":1,\"max_failures\":1}");
    a_round();
    says_step(1, ORDER_INSTALLED);
    sim_clock_advance(&f.clock, FLEET_STALE_MS / 2);
    for (uint32_t terminal = 2; terminal <= DEVICES; terminal++)
        runs(terminal, "rk3399", "0.1.0");
    a_round();
    assert_state("state", "rolling");
    sim_clock_advance(&f.clock, FLEET_STALE_MS / 2);
    a_round();
    assert_state("state", "paused");
}

static void what_is_withdrawn_is_taken_back_from_whom_it_can_be(void **state)
{
    struct fleet_order order;
    struct feed_order item;
    (void)state;
    add_release("0.2.0");
    say("release roll", "{\"release\":1}");
    a_round();
    says_step(1, ORDER_INSTALLED);
    say("release withdraw", "{\"release\":1,\"why\":\"drawers stay shut\"}");
    assert_true(feed_of(2, &item));
    assert_true(item.gone);
    assert_true(order_of(2, &order));
    assert_int_equal(order.outcome, ORDER_OVER);
    assert_true(order_of(1, &order));
    assert_int_equal(order.outcome, 0); /* the device will say what it did */
    assert_non_null(admin_refused(&f, "release roll", "{\"release\":1}"));
    a_round();
    assert_state("state", "withdrawn");
}

static void an_order_that_nobody_answers_is_over_one_day(void **state)
{
    struct fleet_order order;
    (void)state;
    say("fleet reboot", "{\"terminal\":1,\"hours\":1}");
    sim_clock_advance(&f.clock, 24 * 3600000);
    a_round();
    assert_true(order_of(1, &order));
    assert_int_equal(order.outcome, 0);
    sim_clock_advance(&f.clock, 2 * 3600000);
    a_round();
    assert_true(order_of(1, &order));
    assert_int_equal(order.outcome, ORDER_OVER);
}

static void orders_by_hand_are_few_and_for_devices_that_exist(void **state)
{
    (void)state;
    assert_non_null(admin_refused(&f, "fleet reboot", "{\"terminal\":99}"));
    assert_non_null(admin_refused(&f, "fleet reboot", "{\"terminal\":1,\"hours\":0}"));
    for (int i = 0; i < FLEET_ORDERS_OPEN_MAX; i++)
        say("fleet ask-logs", "{\"terminal\":1}");
    assert_non_null(admin_refused(&f, "fleet ask-logs", "{\"terminal\":1}"));
    assert_non_null(admin_refused(&f, "fleet ring", "{\"ring\":\"canary\"}"));
    assert_non_null(admin_refused(&f, "fleet ring", "{\"ring\":\"late\",\"terminal\":1}"));
    assert_non_null(admin_refused(&f, "release roll", "{\"release\":1}"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_fleet, close_fleet)
    const struct CMUnitTest tests[] = {
        TEST(nobody_is_asked_before_the_roll_out_begins),
        TEST(an_order_says_what_is_to_be_fetched_and_when_it_may_restart),
        TEST(the_canary_goes_first_and_the_rings_follow),
        TEST(what_is_not_said_again_stays_as_it_was),
        TEST(who_was_away_for_longer_than_an_order_lives_is_asked_again_and_not_at_once),
        TEST(a_wider_percentage_keeps_what_the_narrower_one_took),
        TEST(only_devices_of_its_board_below_its_version_are_asked),
        TEST(one_update_at_a_time_and_the_same_never_twice_by_itself),
        TEST(the_fleet_shows_how_far_each_device_is),
        TEST(a_device_speaks_of_its_own_orders_only),
        TEST(too_many_failures_stop_the_roll_out_by_themselves),
        TEST(a_device_that_fell_silent_after_it_installed_counts_too),
        TEST(what_is_withdrawn_is_taken_back_from_whom_it_can_be),
        TEST(an_order_that_nobody_answers_is_over_one_day),
        TEST(orders_by_hand_are_few_and_for_devices_that_exist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
