/* The flow in a store of several terminals: what waits for another, what a manager decides. */

#include "desk.h"

static void tell(struct desk *d, struct lan_status status)
{
    struct event event = desk_event_of(d, EVENT_LAN);
    event.lan = status;
    desk_step(d, &event);
}

static void open_peer(struct desk *d, uint8_t role)
{
    desk_open(d, true);
    d->reference.settings.store = 5;
    struct event event = desk_event_of(d, EVENT_REFERENCE);
    event.reference = &d->reference;
    desk_step(d, &event);
    desk_sign_in(d);
    d->flow.clerk.role = role;
    tell(d, (struct lan_status){.role = LAN_PEER, .primary = 1, .peers = 1, .live = 1, .primary_live = true});
}

static struct view_model seen(const struct desk *d)
{
    struct view_model view;
    view_make(&d->flow, &view);
    return view;
}

static uint32_t scan_and_wait(struct desk *d)
{
    desk_scan(d, COUPON);
    uint32_t ticket = desk_asked(d, TILL_REDEEM)->ticket;
    struct event event = desk_answer_to(d, TILL_REDEEM);
    event.answer.error = -EINPROGRESS;
    desk_step(d, &event);
    return ticket;
}

static void what_is_not_confirmed_is_neither_done_nor_printed(void **state)
{
    (void)state;
    struct desk d;
    open_peer(&d, CLERK_CASHIER);
    scan_and_wait(&d);
    struct view_model view = seen(&d);
    assert_int_equal(view.screen, SCREEN_VERDICT);
    assert_int_equal(view.verdict.subject, SUBJECT_BUSY);
    assert_int_equal(view.verdict.error, EINPROGRESS);
    assert_int_equal(view.verdict.tone, TONE_WAIT);
    assert_null(desk_find(&d, EFFECT_PRINT));
    assert_null(desk_find(&d, EFFECT_DRAWER));
}

static struct event late_answer(struct desk *d, uint32_t ticket)
{
    struct event event = desk_event_of(d, EVENT_TILL);
    event.answer = (struct till_answer){.op = TILL_REDEEM, .ticket = ticket, .by = 1};
    return event;
}

static void the_answer_that_comes_later_is_shown_and_printed_and_leaves_the_next_customer_alone(void **state)
{
    (void)state;
    struct desk d;
    open_peer(&d, CLERK_CASHIER);
    uint32_t ticket = scan_and_wait(&d);
    desk_touch(&d, INTENT_BACK, 0);
    assert_int_equal(d.flow.screen, SCREEN_COUNTER);
    d.flow.sale_minor = 4200; /* the next customer's */
    d.flow.shopper.member = 77;
    struct event event = late_answer(&d, ticket);
    event.answer.redeemed = (struct till_redeemed){.verdict = COUPON_OK, .group = 9, .paid_minor = 100};
    desk_step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_VERDICT);
    assert_int_equal(d.flow.verdict.tone, TONE_GOOD);
    assert_int_equal(desk_find(&d, EFFECT_PRINT)->receipt.group, 9);
    assert_int_equal(desk_find(&d, EFFECT_PRINT)->receipt.terminal, 1); /* in the main terminal's journal */
    assert_int_equal(desk_asked(&d, TILL_NOTE)->note.drawer.terminal, 1);
    assert_int_equal(d.flow.sale_minor, 4200);
    assert_int_equal(d.flow.shopper.member, 77);
    assert_int_equal(d.flow.late_tickets[0], 0);
}

static void a_late_refusal_is_told_too(void **state)
{
    (void)state;
    struct desk d;
    open_peer(&d, CLERK_CASHIER);
    uint32_t ticket = scan_and_wait(&d);
    desk_touch(&d, INTENT_BACK, 0);
    struct event event = late_answer(&d, ticket);
    event.answer.redeemed.verdict = COUPON_ALREADY_USED;
    desk_step(&d, &event);
    assert_int_equal(d.flow.verdict.code, COUPON_ALREADY_USED);
    assert_null(desk_find(&d, EFFECT_PRINT));
    /* A refusal of something that nobody waits for says nothing. */
    desk_touch(&d, INTENT_NEXT, 0);
    event.answer.ticket = 4711;
    desk_step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_COUNTER);
}

static void what_was_pending_before_a_restart_is_told_when_it_comes(void **state)
{
    (void)state;
    struct desk d;
    open_peer(&d, CLERK_CASHIER);
    struct event event = late_answer(&d, 0);
    event.answer.redeemed.verdict = COUPON_ALREADY_USED;
    desk_step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_VERDICT);
    struct event note = desk_event_of(&d, EVENT_TILL);
    note.answer.op = TILL_NOTE; /* has no ticket either */
    desk_touch(&d, INTENT_NEXT, 0);
    desk_step(&d, &note);
    assert_int_equal(d.flow.screen, SCREEN_COUNTER);
}

static void a_right_at_the_absent_main_terminal_is_not_called_another_stores(void **state)
{
    (void)state;
    struct desk d;
    open_peer(&d, CLERK_CASHIER);
    desk_set_online(&d, true);
    tell(&d, (struct lan_status){.role = LAN_PEER, .primary = 1, .peers = 1});
    desk_scan(&d, COUPON);
    struct event event = desk_answer_to(&d, TILL_REDEEM);
    event.answer.redeemed.verdict = COUPON_HELD_ELSEWHERE;
    event.answer.redeemed.home_store = 5;
    event.answer.redeemed.may_ask_central = true;
    desk_step(&d, &event);
    assert_int_equal(seen(&d).verdict.subject, SUBJECT_BUSY);
    assert_int_equal(seen(&d).verdict.error, EHOSTDOWN);
    assert_null(desk_find(&d, EFFECT_ASK));
    desk_touch(&d, INTENT_NEXT, 0);
    desk_scan(&d, COUPON);
    event = desk_answer_to(&d, TILL_REDEEM);
    event.answer.redeemed.verdict = COUPON_HELD_ELSEWHERE;
    event.answer.redeemed.home_store = 6;
    event.answer.redeemed.may_ask_central = true;
    desk_step(&d, &event);
    assert_non_null(desk_find(&d, EFFECT_ASK)); /* that one is central's to move */
}

static void the_strip_says_what_staff_must_know(void **state)
{
    (void)state;
    struct desk d;
    open_peer(&d, CLERK_CASHIER);
    const struct {
        struct lan_status status;
        enum view_store_state state;
    } table[] = {
        {{.role = LAN_SINGLE}, STORE_VIEW_FINE},
        {{.role = LAN_PEER, .live = 2, .primary_live = true}, STORE_VIEW_FINE},
        {{.role = LAN_PEER, .live = 1}, STORE_VIEW_AWAY},
        {{.role = LAN_PEER, .live = 1, .primary_live = true, .pending_count = 1}, STORE_VIEW_WAITING},
        {{.role = LAN_PRIMARY, .live = 1}, STORE_VIEW_FINE},
        {{.role = LAN_PRIMARY}, STORE_VIEW_AWAY},
        {{.role = LAN_PRIMARY, .live = 1, .waiting = true}, STORE_VIEW_WAITING},
        {{.role = LAN_PRIMARY, .alone = true}, STORE_VIEW_ALONE},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        tell(&d, table[i].status);
        assert_int_equal(seen(&d).status.store, table[i].state);
    }
}

static void the_store_screen_lists_what_waits_and_how_long(void **state)
{
    (void)state;
    struct desk d;
    open_peer(&d, CLERK_CASHIER);
    struct lan_status status = {.role = LAN_PEER, .primary = 1, .peers = 2, .live = 1, .pending_count = 1};
    status.pending[0] =
        (struct lan_pending_view){.op = LAN_VOID, .since_ms = 1770000000000 + d.now_ms - 90000, .amount_minor = 6850};
    tell(&d, status);
    desk_touch(&d, INTENT_STORE, 0);
    struct view_model view = seen(&d);
    assert_int_equal(view.screen, SCREEN_STORE);
    assert_int_equal(view.store.pending_count, 1);
    assert_int_equal(view.store.pending[0].what, PENDING_VOID);
    assert_int_equal(view.store.pending[0].age_s, 90);
    assert_int_equal(view.store.terminal, 3);
    assert_int_equal(view.store.main_terminal, 1);
    assert_false(view.store.main_live);
}

static void a_promotion_is_asked_once_and_goes_to_the_till_only_after_yes(void **state)
{
    (void)state;
    struct desk d;
    open_peer(&d, CLERK_MANAGER);
    tell(&d, (struct lan_status){.role = LAN_PEER, .primary = 1, .peers = 1});
    desk_touch(&d, INTENT_STORE, 0);
    desk_touch(&d, INTENT_PROMOTE, 0);
    assert_int_equal(seen(&d).store.ask, STORE_ASK_PROMOTE);
    desk_touch(&d, INTENT_BACK, 0);
    assert_int_equal(seen(&d).store.ask, STORE_ASK_NOTHING);
    desk_touch(&d, INTENT_OK, 0);
    assert_null(desk_find(&d, EFFECT_TILL)); /* no question stands */
    desk_touch(&d, INTENT_PROMOTE, 0);
    desk_touch(&d, INTENT_OK, 0);
    assert_true(desk_asked(&d, TILL_PROMOTE)->promote.old_is_off);
    assert_true(seen(&d).store.busy);
    struct event event = desk_answer_to(&d, TILL_PROMOTE);
    event.answer.store = STORE_STILL_ON;
    desk_step(&d, &event);
    assert_int_equal(seen(&d).verdict.subject, SUBJECT_STORE);
    assert_int_equal(seen(&d).verdict.code, STORE_STILL_ON);
    assert_int_equal(seen(&d).verdict.tone, TONE_REFUSE);
}

static void only_a_manager_with_the_pin_decides(void **state)
{
    (void)state;
    struct desk d;
    open_peer(&d, CLERK_CASHIER);
    desk_touch(&d, INTENT_STORE, 0);
    desk_touch(&d, INTENT_PROMOTE, 0);
    assert_int_equal(seen(&d).verdict.code, STORE_NOT_ALLOWED);
    open_peer(&d, CLERK_MANAGER);
    d.flow.clerk.by_pin = false; /* a badge identifies, no more */
    desk_touch(&d, INTENT_STORE, 0);
    desk_touch(&d, INTENT_PROMOTE, 0);
    assert_int_equal(d.flow.screen, SCREEN_SIGN_IN);
}

static void the_main_terminal_goes_alone_and_together_again(void **state)
{
    (void)state;
    struct desk d;
    open_peer(&d, CLERK_MANAGER);
    tell(&d, (struct lan_status){.role = LAN_PRIMARY, .primary = 3, .peers = 1});
    desk_touch(&d, INTENT_STORE, 0);
    desk_touch(&d, INTENT_PROMOTE, 0);
    assert_int_equal(seen(&d).store.ask, STORE_ASK_NOTHING); /* it is the main one */
    desk_touch(&d, INTENT_ALONE, 1);
    assert_int_equal(seen(&d).store.ask, STORE_ASK_ALONE);
    desk_touch(&d, INTENT_OK, 0);
    assert_true(desk_asked(&d, TILL_ALONE)->alone.on);
    struct event event = desk_answer_to(&d, TILL_ALONE);
    desk_step(&d, &event);
    assert_int_equal(seen(&d).verdict.store_ask, STORE_ASK_ALONE);
    assert_int_equal(seen(&d).verdict.tone, TONE_GOOD);
    tell(&d, (struct lan_status){.role = LAN_PRIMARY, .primary = 3, .peers = 1, .alone = true});
    desk_touch(&d, INTENT_STORE, 0);
    desk_touch(&d, INTENT_ALONE, 0);
    assert_int_equal(seen(&d).store.ask, STORE_ASK_TOGETHER);
    desk_touch(&d, INTENT_OK, 0);
    assert_false(desk_asked(&d, TILL_ALONE)->alone.on);
}

static void an_undo_names_the_terminal_whose_act_it_is(void **state)
{
    (void)state;
    struct desk d;
    open_peer(&d, CLERK_CASHIER);
    desk_touch(&d, INTENT_VOID, 0);
    struct event event = desk_answer_to(&d, TILL_RECENT);
    event.answer.recent.count = 1;
    event.answer.recent.acts[0].group = 7;
    event.answer.recent.acts[0].terminal = 2;
    desk_step(&d, &event);
    desk_touch(&d, INTENT_PICK_ACT, 0);
    desk_touch(&d, INTENT_PICK_REASON, REASON_MISTAKE);
    assert_int_equal(desk_asked(&d, TILL_VOID)->voided.group, 7);
    assert_int_equal(desk_asked(&d, TILL_VOID)->voided.terminal, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_confirmed_is_neither_done_nor_printed),
        cmocka_unit_test(the_answer_that_comes_later_is_shown_and_printed_and_leaves_the_next_customer_alone),
        cmocka_unit_test(a_late_refusal_is_told_too),
        cmocka_unit_test(what_was_pending_before_a_restart_is_told_when_it_comes),
        cmocka_unit_test(a_right_at_the_absent_main_terminal_is_not_called_another_stores),
        cmocka_unit_test(the_strip_says_what_staff_must_know),
        cmocka_unit_test(the_store_screen_lists_what_waits_and_how_long),
        cmocka_unit_test(a_promotion_is_asked_once_and_goes_to_the_till_only_after_yes),
        cmocka_unit_test(only_a_manager_with_the_pin_decides),
        cmocka_unit_test(the_main_terminal_goes_alone_and_together_again),
        cmocka_unit_test(an_undo_names_the_terminal_whose_act_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
