/* The flow as a table of what people do: the clerk and the technician. */

#include "desk.h"

static void press_key(struct desk *d, bool escape)
{
    struct event event = desk_event_of(d, EVENT_KEY);
    event.key.escape = escape;
    event.key.enter = !escape;
    desk_step(d, &event);
}

static void a_redeemed_coupon_prints_and_opens_the_drawer_only_after_the_answer(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, true);
    desk_sign_in(&d);
    desk_scan(&d, COUPON);
    assert_null(desk_find(&d, EFFECT_PRINT));
    struct event event = desk_answer_to(&d, TILL_REDEEM);
    event.answer.redeemed.group = 42;
    event.answer.redeemed.paid_minor = 7800;
    event.answer.redeemed.discount_minor = 1000;
    desk_step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_VERDICT);
    assert_int_equal(d.flow.verdict.tone, TONE_GOOD);
    assert_int_equal(desk_find(&d, EFFECT_PRINT)->receipt.group, 42);
    assert_non_null(desk_find(&d, EFFECT_DRAWER));
    assert_int_equal(desk_asked(&d, TILL_NOTE)->note.kind, RECORD_DRAWER_KICK);
    assert_int_equal(flow_lamp(&d.flow), LAMP_GREEN);
}

static void reference_has_a_pool(struct desk *d, uint32_t here, uint32_t elsewhere)
{
    d->reference.pool_count = 1;
    d->reference.pools[0] =
        (struct till_pool){.campaign = 7, .name_en = "Ten off", .here = here, .elsewhere = elsewhere};
    struct event changed = desk_event_of(d, EVENT_REFERENCE);
    changed.reference = &d->reference;
    desk_step(d, &changed);
}

/* Two taps more than a scan needs: what anybody may have, and which of it. */
static void a_clerk_gives_one_of_the_pool_away_with_two_taps(void **state)
{
    (void)state;
    struct desk d;
    struct view_model view;
    desk_open(&d, true);
    reference_has_a_pool(&d, 2, 0);
    desk_touch(&d, INTENT_POOL, 0);
    assert_int_equal(d.flow.screen, SCREEN_ATTRACT); /* a shopper looks; a clerk gives */
    desk_sign_in(&d);
    view_make(&d.flow, &view);
    assert_int_equal(view.counter.pool_here, 2);
    desk_touch(&d, INTENT_POOL, 7);
    assert_null(desk_asked(&d, TILL_REDEEM)); /* not from here */
    desk_touch(&d, INTENT_POOL, 0);
    view_make(&d.flow, &view);
    assert_int_equal(view.pool.row_count, 1);
    assert_int_equal(view.pool.rows[0].campaign, 7);
    desk_touch(&d, INTENT_POOL, 7);
    assert_int_equal(desk_asked(&d, TILL_REDEEM)->redeem.pool, 7);
    assert_string_equal(desk_asked(&d, TILL_REDEEM)->redeem.text, "");
    assert_false(desk_asked(&d, TILL_REDEEM)->redeem.check_only);
    struct event event = desk_answer_to(&d, TILL_REDEEM);
    desk_touch(&d, INTENT_POOL, 7);
    assert_null(desk_asked(&d, TILL_REDEEM)); /* one at a time */
    event.answer.redeemed.verdict = COUPON_NEEDS_AMOUNT;
    desk_step(&d, &event);
    desk_type(&d, "6000");
    desk_touch(&d, INTENT_OK, 0);
    assert_int_equal(desk_asked(&d, TILL_REDEEM)->redeem.pool, 7);
    assert_int_equal(desk_asked(&d, TILL_REDEEM)->redeem.sale_minor, 6000);
    event = desk_answer_to(&d, TILL_REDEEM);
    event.answer.redeemed.group = 42;
    desk_step(&d, &event);
    assert_int_equal(d.flow.verdict.tone, TONE_GOOD);
    assert_int_equal(desk_find(&d, EFFECT_PRINT)->receipt.group, 42);
}

static void a_pool_that_is_only_elsewhere_is_shown_while_central_can_be_asked(void **state)
{
    (void)state;
    struct desk d;
    struct view_model view;
    desk_open(&d, true);
    reference_has_a_pool(&d, 0, 3);
    desk_set_online(&d, true);
    view_make(&d.flow, &view);
    assert_int_equal(view.attract.pool.rows[0].elsewhere, 3);
    desk_touch(&d, INTENT_PAGE, d.reference.offer_count);
    desk_set_online(&d, false);
    view_make(&d.flow, &view);
    assert_int_equal(view.attract.pool.row_count, 0);
    assert_int_equal(view.attract.page_index, 0);
    desk_sign_in(&d);
    view_make(&d.flow, &view);
    assert_int_equal(view.counter.pool_here, 0);
}

static void a_badge_signs_in_but_a_void_still_needs_the_pin(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, true);
    desk_scan(&d, "TSB1:BADGE");
    struct event event = desk_answer_to(&d, TILL_SIGN_IN);
    event.answer.signed_in.clerk = 12;
    desk_step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_COUNTER);
    desk_touch(&d, INTENT_VOID, 0);
    assert_int_equal(d.flow.screen, SCREEN_SIGN_IN);
    assert_int_equal(d.flow.picked_clerk, 12);
    desk_type(&d, "1357");
    desk_touch(&d, INTENT_OK, 0);
    event = desk_answer_to(&d, TILL_SIGN_IN);
    event.answer.signed_in.clerk = 12;
    desk_step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_VOID_LIST);
    assert_non_null(desk_asked(&d, TILL_RECENT));
}

static void a_void_takes_a_row_and_a_reason(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, true);
    desk_sign_in(&d);
    desk_touch(&d, INTENT_VOID, 0);
    struct event event = desk_answer_to(&d, TILL_RECENT);
    event.answer.recent.count = 2;
    event.answer.recent.acts[0].group = 9;
    event.answer.recent.acts[0].voided = true;
    event.answer.recent.acts[1].group = 8;
    desk_step(&d, &event);
    desk_touch(&d, INTENT_PICK_ACT, 0);
    assert_int_equal(d.flow.screen, SCREEN_VOID_LIST);
    desk_touch(&d, INTENT_PICK_ACT, 1);
    assert_int_equal(d.flow.screen, SCREEN_VOID_REASON);
    desk_touch(&d, INTENT_PICK_REASON, REASON_GOODS_RETURNED);
    assert_int_equal(desk_asked(&d, TILL_VOID)->voided.group, 8);
    assert_string_equal(desk_asked(&d, TILL_VOID)->voided.reason, "goods returned");
}

static void a_wrong_pin_leaves_the_clerk_out_and_a_lock_ends_by_time(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, true);
    desk_touch(&d, INTENT_STAFF, 0);
    desk_touch(&d, INTENT_PICK_CLERK, 11);
    desk_type(&d, "0000");
    desk_touch(&d, INTENT_OK, 0);
    struct event event = desk_answer_to(&d, TILL_SIGN_IN);
    event.answer.signed_in.verdict = PIN_LOCKED;
    event.answer.signed_in.locked_ms = 5000;
    desk_step(&d, &event);
    assert_int_equal(d.flow.pin_state, PIN_VIEW_LOCKED);
    desk_type(&d, "2468");
    desk_touch(&d, INTENT_OK, 0);
    assert_null(desk_asked(&d, TILL_SIGN_IN));
    d.now_ms += 5001;
    event = desk_event_of(&d, EVENT_TICK);
    desk_step(&d, &event);
    assert_int_equal(d.flow.pin_state, PIN_VIEW_ENTER);
}

static void credit_is_spent_with_a_fresh_code_and_never_above_the_share(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, true);
    desk_sign_in(&d);
    desk_scan(&d, "TSM1:CARD");
    struct event event = desk_answer_to(&d, TILL_MEMBER);
    event.answer.member = (struct till_member){
        .token = TOKEN_GOOD, .known = true, .member = 77, .rotating = true, .fresh = true, .share_minor = 500};
    desk_step(&d, &event);
    desk_touch(&d, INTENT_SPEND, 0);
    desk_type(&d, "2000");
    desk_touch(&d, INTENT_OK, 0);
    assert_int_equal(d.flow.purpose, AMOUNT_SPEND);
    assert_string_equal(d.flow.typed, "500");
    desk_type(&d, "0");
    desk_touch(&d, INTENT_OK, 0);
    assert_true(d.flow.typed_wrong);
    desk_touch(&d, INTENT_ERASE, 0);
    desk_touch(&d, INTENT_OK, 0);
    const struct till_request *request = desk_asked(&d, TILL_SALE);
    assert_int_equal(request->sale.gross_minor, 2000);
    assert_int_equal(request->sale.credit_minor, 500);
    assert_string_equal(request->sale.member_code, "TSM1:CARD");
}

static void a_greeting_shows_only_where_its_code_was_scanned_and_not_over_a_clerk(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, true);
    struct event event = desk_event_of(&d, EVENT_GREETING);
    event.greeting.touchpoint = 6;
    desk_step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_ATTRACT);
    event.greeting.touchpoint = 5;
    desk_step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_GREETING);
    d.now_ms += 60000;
    event = desk_event_of(&d, EVENT_TICK);
    desk_step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_ATTRACT);
    desk_sign_in(&d);
    event = desk_event_of(&d, EVENT_GREETING);
    event.greeting.touchpoint = 5;
    desk_step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_COUNTER);
}

static void an_idle_counter_signs_the_clerk_out(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, true);
    desk_sign_in(&d);
    d.now_ms = flow_deadline(&d.flow);
    struct event event = desk_event_of(&d, EVENT_TICK);
    desk_step(&d, &event);
    assert_non_null(desk_asked(&d, TILL_SIGN_OUT));
    assert_int_equal(d.flow.screen, SCREEN_ATTRACT);
    assert_int_equal(d.flow.clerk.id, 0);
}

static void nothing_leads_out_of_service_but_the_service_screen(void **state)
{
    (void)state;
    static const char *const buttons[] = {"ok", "back", "scan", "staff"};
    struct desk d;
    desk_open(&d, true);
    desk_sign_in(&d);
    struct event event = desk_event_of(&d, EVENT_SYNC);
    event.sync.quarantined = true;
    desk_step(&d, &event);
    assert_int_equal(d.flow.outage, OUTAGE_FORK);
    for (int intent = 0; intent < INTENT_COUNT; intent++) {
        desk_touch(&d, (enum intent)intent, 0);
        assert_true(d.flow.screen == SCREEN_OUT_OF_SERVICE || d.flow.screen == SCREEN_SERVICE);
        assert_null(desk_find(&d, EFFECT_TILL));
    }
    press_key(&d, true);
    press_key(&d, false);
    for (size_t i = 0; i < ARRAY_LEN(buttons); i++) {
        event = desk_event_of(&d, EVENT_BUTTON);
        strcpy(event.button, buttons[i]);
        desk_step(&d, &event);
    }
    desk_type(&d, "ABC");
    desk_scan(&d, COUPON);
    assert_null(desk_find(&d, EFFECT_TILL));
    assert_int_equal(d.flow.screen, SCREEN_OUT_OF_SERVICE);
}

static void the_drawer_is_not_tested_behind_the_clerks_back(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, true);
    d.flow.clerk.id = 11; /* by badge */
    desk_touch(&d, INTENT_SERVICE, 0);
    desk_touch(&d, INTENT_TEST_DEVICE, HAL_DRAWER);
    assert_null(desk_find(&d, EFFECT_TEST));
    assert_null(desk_find(&d, EFFECT_DRAWER));
    assert_int_equal(d.flow.screen, SCREEN_SIGN_IN);

    d.flow.clerk.by_pin = true;
    desk_touch(&d, INTENT_BACK, 0);
    desk_touch(&d, INTENT_SERVICE, 0);
    desk_touch(&d, INTENT_TEST_DEVICE, HAL_DRAWER);
    assert_non_null(desk_find(&d, EFFECT_DRAWER));
    assert_int_equal(desk_asked(&d, TILL_NOTE)->note.kind, RECORD_DRAWER_KICK);

    struct event event = desk_event_of(&d, EVENT_OUTAGE);
    desk_step(&d, &event);
    desk_touch(&d, INTENT_SERVICE, 0);
    desk_touch(&d, INTENT_TEST_DEVICE, HAL_DRAWER);
    assert_int_equal(d.effects.count, 0);
    desk_touch(&d, INTENT_TEST_DEVICE, HAL_PRINTER);
    assert_non_null(desk_find(&d, EFFECT_TEST));

    desk_open(&d, false); /* who sets it up may try everything */
    desk_touch(&d, INTENT_SERVICE, 0);
    desk_touch(&d, INTENT_TEST_DEVICE, HAL_DRAWER);
    assert_non_null(desk_find(&d, EFFECT_TEST));
}

static void a_forked_terminal_takes_nothing_but_a_new_enrolment(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, true);
    struct event event = desk_event_of(&d, EVENT_SYNC);
    event.sync.quarantined = true;
    event.sync.link = true;
    desk_step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_OUT_OF_SERVICE);
    desk_scan(&d, COUPON);
    assert_int_equal(d.effects.count, 0);
    desk_scan(&d, "TSE1:ABC");
    assert_non_null(desk_find(&d, EFFECT_ENROL));
    assert_int_equal(d.flow.screen, SCREEN_ENROLMENT);
    event.sync.quarantined = false;
    desk_step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_ATTRACT);
}

/* Central came back without it: a manager shows a code where the technician stands; nobody else's code does anything.
 */
static void a_manager_enrols_a_terminal_at_work_anew(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, true);
    struct event event = desk_event_of(&d, EVENT_SYNC);
    event.sync.link = true;
    event.sync.enrol = ENROL_STAGE_DONE;
    desk_step(&d, &event);
    desk_sign_in(&d);
    d.flow.clerk.role = CLERK_CASHIER;
    desk_touch(&d, INTENT_SERVICE, 0);
    desk_scan(&d, "TSE1:ABC");
    assert_null(desk_find(&d, EFFECT_ENROL));
    d.flow.clerk.role = CLERK_MANAGER;
    desk_touch(&d, INTENT_BACK, 0);
    desk_scan(&d, "TSE1:ABC"); /* not between two shoppers */
    assert_null(desk_find(&d, EFFECT_ENROL));
    desk_touch(&d, INTENT_SERVICE, 0);
    desk_scan(&d, "TSE1:ABC");
    assert_non_null(desk_find(&d, EFFECT_ENROL));
    assert_int_equal(d.flow.screen, SCREEN_ENROLMENT);
    event.sync.enrol = ENROL_STAGE_FAILED;
    desk_step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_ENROLMENT);
    desk_scan(&d, "TSE1:ABD");
    assert_non_null(desk_find(&d, EFFECT_ENROL));
    event.sync.enrol = ENROL_STAGE_DONE;
    desk_step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_COUNTER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_redeemed_coupon_prints_and_opens_the_drawer_only_after_the_answer),
        cmocka_unit_test(a_clerk_gives_one_of_the_pool_away_with_two_taps),
        cmocka_unit_test(a_pool_that_is_only_elsewhere_is_shown_while_central_can_be_asked),
        cmocka_unit_test(a_badge_signs_in_but_a_void_still_needs_the_pin),
        cmocka_unit_test(a_void_takes_a_row_and_a_reason),
        cmocka_unit_test(a_wrong_pin_leaves_the_clerk_out_and_a_lock_ends_by_time),
        cmocka_unit_test(credit_is_spent_with_a_fresh_code_and_never_above_the_share),
        cmocka_unit_test(a_greeting_shows_only_where_its_code_was_scanned_and_not_over_a_clerk),
        cmocka_unit_test(an_idle_counter_signs_the_clerk_out),
        cmocka_unit_test(the_drawer_is_not_tested_behind_the_clerks_back),
        cmocka_unit_test(nothing_leads_out_of_service_but_the_service_screen),
        cmocka_unit_test(a_forked_terminal_takes_nothing_but_a_new_enrolment),
        cmocka_unit_test(a_manager_enrols_a_terminal_at_work_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
