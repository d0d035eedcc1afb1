#include "desk.h"

/* Who may update a device from a stick, and what the technician is told. */

static void tell(struct desk *d, enum stick_outcome outcome)
{
    struct event event = desk_event_of(d, EVENT_STICK);
    event.stick =
        (struct stick_result){.outcome = outcome, .file = "a.raucb", .records = 12, .reason = "below the floor"};
    desk_step(d, &event);
}

static void before_it_is_enrolled_anybody_who_stands_there_may(void **state)
{
    static struct desk d;
    (void)state;
    desk_open(&d, false);
    desk_touch(&d, INTENT_STICK, 0); /* only on the service screen */
    assert_null(desk_find(&d, EFFECT_STICK));
    desk_touch(&d, INTENT_SERVICE, 0);
    desk_touch(&d, INTENT_STICK, 0);
    assert_non_null(desk_find(&d, EFFECT_STICK));
    desk_touch(&d, INTENT_STICK, 0); /* it is being read */
    assert_null(desk_find(&d, EFFECT_STICK));
}

static void in_a_shop_it_is_a_managers_act(void **state)
{
    static struct desk d;
    static struct view_model view;
    (void)state;
    desk_open(&d, true);
    desk_touch(&d, INTENT_SERVICE, 0);
    desk_touch(&d, INTENT_STICK, 0);
    assert_null(desk_find(&d, EFFECT_STICK));
    assert_int_equal(d.flow.screen, SCREEN_SIGN_IN);
    desk_touch(&d, INTENT_BACK, 0);
    desk_sign_in(&d);
    d.flow.clerk.role = CLERK_CASHIER;
    desk_touch(&d, INTENT_SERVICE, 0);
    desk_touch(&d, INTENT_STICK, 0);
    assert_null(desk_find(&d, EFFECT_STICK));
    view_make(&d.flow, &view);
    assert_int_equal(view.service.stick, STICK_NOT_ALLOWED);
    d.flow.clerk.role = CLERK_MANAGER;
    desk_touch(&d, INTENT_STICK, 0);
    assert_non_null(desk_find(&d, EFFECT_STICK));
    assert_int_equal(d.flow.screen, SCREEN_SERVICE);
    view_make(&d.flow, &view);
    assert_true(view.service.stick_reading);
    tell(&d, STICK_REFUSED);
    view_make(&d.flow, &view);
    assert_false(view.service.stick_reading);
    assert_int_equal(view.service.stick, STICK_REFUSED);
    assert_string_equal(view.service.stick_file, "a.raucb");
    assert_string_equal(view.service.stick_reason, "below the floor");
}

static void acts_are_saved_by_the_manager_and_only_where_there_are_some(void **state)
{
    static struct desk d;
    static struct view_model view;
    (void)state;
    desk_open(&d, false);
    desk_touch(&d, INTENT_SERVICE, 0);
    desk_touch(&d, INTENT_ACTS, 0);
    assert_null(desk_find(&d, EFFECT_ACTS));
    view_make(&d.flow, &view);
    assert_false(view.service.shop);
    desk_open(&d, true);
    desk_sign_in(&d);
    d.flow.clerk.role = CLERK_CASHIER;
    desk_touch(&d, INTENT_SERVICE, 0);
    desk_touch(&d, INTENT_ACTS, 0);
    assert_null(desk_find(&d, EFFECT_ACTS));
    d.flow.clerk.role = CLERK_MANAGER;
    desk_touch(&d, INTENT_ACTS, 0);
    assert_non_null(desk_find(&d, EFFECT_ACTS));
    desk_touch(&d, INTENT_STICK, 0); /* one thing after the other */
    assert_null(desk_find(&d, EFFECT_STICK));
    tell(&d, STICK_SAVED);
    view_make(&d.flow, &view);
    assert_true(view.service.shop);
    assert_int_equal(view.service.stick, STICK_SAVED);
    assert_int_equal(view.service.stick_records, 12);
}

static void a_badge_alone_is_not_enough(void **state)
{
    static struct desk d;
    (void)state;
    desk_open(&d, true);
    desk_sign_in(&d);
    d.flow.clerk.role = CLERK_MANAGER;
    d.flow.clerk.by_pin = false;
    desk_touch(&d, INTENT_SERVICE, 0);
    desk_touch(&d, INTENT_STICK, 0);
    assert_null(desk_find(&d, EFFECT_STICK));
    assert_int_equal(d.flow.screen, SCREEN_SIGN_IN);
}

static void a_machine_restarts_only_when_nobody_is_there(void **state)
{
    static struct desk d;
    (void)state;
    desk_open(&d, true);
    assert_true(flow_nobody_there(&d.flow));
    desk_touch(&d, INTENT_SCAN, 0);
    assert_false(flow_nobody_there(&d.flow));
    desk_touch(&d, INTENT_BACK, 0);
    desk_sign_in(&d);
    assert_false(flow_nobody_there(&d.flow));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_it_is_enrolled_anybody_who_stands_there_may),
        cmocka_unit_test(in_a_shop_it_is_a_managers_act),
        cmocka_unit_test(acts_are_saved_by_the_manager_and_only_where_there_are_some),
        cmocka_unit_test(a_badge_alone_is_not_enough),
        cmocka_unit_test(a_machine_restarts_only_when_nobody_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
