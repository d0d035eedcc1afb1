#include <stdio.h>

#include "desk.h"

/* The factory reset at the screen: who may, what is said first, how it is confirmed. */

static struct desk d;

static struct view_reset seen(void)
{
    static struct view_model view;
    view_make(&d.flow, &view);
    assert_int_equal(view.screen, SCREEN_RESET);
    return view.reset;
}

static void unsent(uint64_t records)
{
    struct event event = desk_event_of(&d, EVENT_SYNC);
    event.sync.waiting = records;
    desk_step(&d, &event);
}

static void open_reset(uint8_t role, uint64_t records)
{
    desk_open(&d, true);
    desk_sign_in(&d);
    d.flow.clerk.role = role;
    unsent(records);
    desk_touch(&d, INTENT_SERVICE, 0);
    desk_touch(&d, INTENT_RESET, 0);
}

static void later(int64_t ms)
{
    d.now_ms += ms;
    struct event event = desk_event_of(&d, EVENT_TICK);
    desk_step(&d, &event);
}

/* True: the device is told to forget all. */
static bool hold(int64_t ms)
{
    desk_touch(&d, INTENT_HOLD, 1);
    later(ms);
    bool resets = desk_find(&d, EFFECT_RESET) != NULL;
    desk_touch(&d, INTENT_HOLD, 0);
    return resets;
}

static void only_a_manager_comes_there_and_only_by_pin(void **state)
{
    (void)state;
    desk_open(&d, false);
    desk_touch(&d, INTENT_SERVICE, 0);
    desk_touch(&d, INTENT_RESET, 0); /* it is nobody's: there is nothing to forget */
    assert_int_equal(d.flow.screen, SCREEN_SERVICE);
    desk_open(&d, true);
    desk_touch(&d, INTENT_SERVICE, 0);
    desk_touch(&d, INTENT_RESET, 0);
    assert_int_equal(d.flow.screen, SCREEN_SIGN_IN);
    open_reset(CLERK_CASHIER, 0);
    assert_int_equal(d.flow.screen, SCREEN_SERVICE);
    assert_int_equal(d.flow.stick.outcome, STICK_NOT_ALLOWED);
    d.flow.clerk.role = CLERK_MANAGER;
    d.flow.clerk.by_pin = false;
    desk_touch(&d, INTENT_RESET, 0);
    assert_int_equal(d.flow.screen, SCREEN_SIGN_IN);
    open_reset(CLERK_MANAGER, 0);
    assert_int_equal(d.flow.screen, SCREEN_RESET);
    desk_touch(&d, INTENT_BACK, 0);
    assert_int_equal(d.flow.screen, SCREEN_SERVICE);
}

static void a_button_that_is_let_go_too_early_does_nothing(void **state)
{
    (void)state;
    open_reset(CLERK_MANAGER, 0);
    assert_int_equal(seen().unsent, 0);
    desk_touch(&d, INTENT_HOLD, 1);
    assert_int_equal(seen().hold_s, 3);
    assert_int_equal(flow_deadline(&d.flow), d.flow.now.mono_ms + 1000); /* the seconds are counted down */
    later(1000);
    assert_int_equal(seen().hold_s, 2);
    desk_touch(&d, INTENT_HOLD, 0);
    assert_int_equal(seen().hold_s, 0);
    later(5000);
    assert_null(desk_find(&d, EFFECT_RESET));
    assert_false(hold(2999));
    assert_true(hold(3000));
    assert_true(seen().under_way);
    assert_false(hold(3000)); /* once */
}

static void records_that_are_nowhere_else_are_given_up_by_their_number(void **state)
{
    (void)state;
    open_reset(CLERK_MANAGER, 12);
    assert_int_equal(seen().unsent, 12);
    assert_false(hold(3000));
    assert_int_equal(seen().given_up, 12);
    unsent(13); /* one more than the question named */
    assert_false(hold(3000));
    assert_int_equal(seen().given_up, 13);
    unsent(5);
    assert_true(hold(3000));
}

static void the_books_own_count_counts_where_the_network_has_not_told(void **state)
{
    static struct health health = {.last_seq = 40, .durable_through = 33, .unsent = 9};
    (void)state;
    open_reset(CLERK_MANAGER, 0);
    assert_non_null(desk_find(&d, EFFECT_HEALTH));
    struct event event = desk_event_of(&d, EVENT_HEALTH);
    event.health = &health;
    desk_step(&d, &event);
    assert_int_equal(seen().unsent, 9);
    assert_false(hold(3000));
}

static void what_an_ill_disk_does_not_say_is_asked_for_again(void **state)
{
    static struct health health = {.unsent_unknown = true};
    (void)state;
    open_reset(CLERK_MANAGER, 0);
    struct event event = desk_event_of(&d, EVENT_HEALTH);
    event.health = &health;
    desk_step(&d, &event);
    assert_int_equal(seen().unsent, 1);
    assert_false(hold(3000));
    assert_true(hold(3000));
}

static void saving_them_first_is_one_touch_away(void **state)
{
    (void)state;
    open_reset(CLERK_MANAGER, 12);
    desk_touch(&d, INTENT_ACTS, 0);
    assert_non_null(desk_find(&d, EFFECT_ACTS));
    assert_int_equal(d.flow.screen, SCREEN_SERVICE);
}

static void open_reset_while_saving(void)
{
    open_reset(CLERK_MANAGER, 0);
    desk_touch(&d, INTENT_BACK, 0);
    desk_touch(&d, INTENT_ACTS, 0);
    desk_touch(&d, INTENT_RESET, 0);
}

static void stick_ends(enum stick_outcome outcome)
{
    struct event event = desk_event_of(&d, EVENT_STICK);
    event.stick.outcome = outcome;
    desk_step(&d, &event);
}

static void while_the_stick_is_in_use_the_button_waits_and_the_screen_says_so(void **state)
{
    (void)state;
    open_reset_while_saving();
    later(240000);
    assert_true(seen().stick_reading);
    assert_false(hold(3000));
    stick_ends(STICK_SAVED);
    assert_false(seen().stick_reading);
    assert_true(hold(3000));
    open_reset_while_saving();
    stick_ends(STICK_SAVED);
    later(240000);
    assert_int_equal(d.flow.screen, SCREEN_COUNTER);
}

static void what_could_not_be_saved_is_said_before_anything_is_deleted(void **state)
{
    (void)state;
    open_reset_while_saving();
    stick_ends(STICK_NONE);
    assert_int_equal(d.flow.screen, SCREEN_SERVICE);
    assert_int_equal(d.flow.stick.outcome, STICK_NONE);
}

static void whoever_goes_away_is_asked_anew(void **state)
{
    (void)state;
    open_reset(CLERK_MANAGER, 12);
    assert_false(hold(3000));
    desk_touch(&d, INTENT_HOLD, 1);
    desk_touch(&d, INTENT_BACK, 0);
    later(3000);
    assert_null(desk_find(&d, EFFECT_RESET));
    desk_touch(&d, INTENT_RESET, 0);
    assert_int_equal(seen().given_up, 0);
}

static void while_it_is_under_way_nothing_is_taken_that_would_be_lost(void **state)
{
    (void)state;
    open_reset(CLERK_MANAGER, 0);
    assert_true(hold(3000));
    later(3600000); /* an update may be written first */
    desk_touch(&d, INTENT_BACK, 0);
    desk_touch(&d, INTENT_SCAN, 0);
    assert_true(seen().under_way);
    desk_scan(&d, COUPON);
    assert_null(desk_asked(&d, TILL_REDEEM));
    assert_int_equal(desk_find(&d, EFFECT_SOUND)->sound, SOUND_WARN);
}

static void a_reset_that_cannot_be_begun_says_why(void **state)
{
    (void)state;
    open_reset(CLERK_MANAGER, 0);
    assert_true(hold(3000));
    struct event event = desk_event_of(&d, EVENT_RESET);
    snprintf(event.reset_failed, sizeof(event.reset_failed), "the disk cannot be written");
    desk_step(&d, &event);
    assert_false(seen().under_way);
    assert_string_equal(seen().reason, "the disk cannot be written");
    assert_true(d.flow.deadline_mono_ms > 0); /* nobody has to stay before it */
    assert_true(hold(3000));
    assert_string_equal(seen().reason, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_a_manager_comes_there_and_only_by_pin),
        cmocka_unit_test(a_button_that_is_let_go_too_early_does_nothing),
        cmocka_unit_test(while_the_stick_is_in_use_the_button_waits_and_the_screen_says_so),
        cmocka_unit_test(what_could_not_be_saved_is_said_before_anything_is_deleted),
        cmocka_unit_test(records_that_are_nowhere_else_are_given_up_by_their_number),
        cmocka_unit_test(the_books_own_count_counts_where_the_network_has_not_told),
        cmocka_unit_test(what_an_ill_disk_does_not_say_is_asked_for_again),
        cmocka_unit_test(saving_them_first_is_one_touch_away),
        cmocka_unit_test(whoever_goes_away_is_asked_anew),
        cmocka_unit_test(while_it_is_under_way_nothing_is_taken_that_would_be_lost),
        cmocka_unit_test(a_reset_that_cannot_be_begun_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
