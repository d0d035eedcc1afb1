/* The flow as a table of what people do: scan, touch, type; and what must follow. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "flow/flow.h"
#include "view/view.h"

#define COUPON "TSC1:0123456789"

struct desk {
    struct flow flow;
    struct effects effects;
    struct till_reference reference;
    int64_t now_ms;
};

static struct event event_of(struct desk *d, enum event_kind kind)
{
    struct event event = {.kind = kind, .at = {1770000000000 + d->now_ms, d->now_ms}};
    return event;
}

static void step(struct desk *d, struct event *event)
{
    flow_step(&d->flow, event, &d->effects);
}

static void open_desk(struct desk *d, bool enrolled)
{
    memset(d, 0, sizeof(*d));
    d->now_ms = 1000;
    struct flow_config config = {.language = LANGUAGE_ZH_CN, .role = ROLE_BOTH, .boot_id = 7};
    flow_init(&d->flow, &config);
    d->flow.sync.link = true;
    d->reference.enrolled = enrolled;
    d->reference.terminal = 3;
    d->reference.clerk_count = 2;
    d->reference.clerks[0].clerk = 11;
    d->reference.clerks[1].clerk = 12;
    strcpy(d->reference.touchpoint.url, "http://example.test/q");
    d->reference.touchpoint.touchpoint = 5;
    struct event event = event_of(d, EVENT_REFERENCE);
    event.reference = &d->reference;
    step(d, &event);
}

static void scan(struct desk *d, const char *text)
{
    struct event event = event_of(d, EVENT_SCANNED);
    strcpy(event.scanned.text, text);
    step(d, &event);
}

static void touch(struct desk *d, enum intent intent, int64_t argument)
{
    struct event event = event_of(d, EVENT_INTENT);
    event.touched.intent = intent;
    event.touched.argument = argument;
    step(d, &event);
}

static void type(struct desk *d, const char *text)
{
    for (; *text != '\0'; text++)
        touch(d, INTENT_KEY, *text);
}

static const struct effect *find(const struct desk *d, enum effect_kind kind)
{
    for (uint32_t i = 0; i < d->effects.count; i++)
        if (d->effects.items[i].kind == kind)
            return &d->effects.items[i];
    return NULL;
}

static const struct till_request *asked(const struct desk *d, enum till_op op)
{
    for (uint32_t i = 0; i < d->effects.count; i++)
        if (d->effects.items[i].kind == EFFECT_TILL && d->effects.items[i].till.op == op)
            return &d->effects.items[i].till;
    return NULL;
}

static struct event answer_to(struct desk *d, enum till_op op)
{
    const struct till_request *request = asked(d, op);
    assert_non_null(request);
    struct event event = event_of(d, EVENT_TILL);
    event.answer.op = op;
    event.answer.ticket = request->ticket;
    return event;
}

static void sign_in(struct desk *d)
{
    touch(d, INTENT_STAFF, 0);
    touch(d, INTENT_PICK_CLERK, 11);
    type(d, "2468");
    touch(d, INTENT_OK, 0);
    struct event event = answer_to(d, TILL_SIGN_IN);
    event.answer.signed_in.clerk = 11;
    event.answer.signed_in.verdict = PIN_OK;
    step(d, &event);
}

static void set_online(struct desk *d, bool online)
{
    struct event event = event_of(d, EVENT_SYNC);
    event.sync.online = online;
    event.sync.last_contact_ms = 1770000000000;
    step(d, &event);
}

static void a_blank_terminal_only_takes_an_enrolment_code(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, false);
    assert_int_equal(d.flow.screen, SCREEN_ENROLMENT);
    scan(&d, COUPON);
    assert_int_equal(d.flow.sync.enrol, ENROL_STAGE_FAILED);
    assert_null(asked(&d, TILL_REDEEM));
    scan(&d, "TSE1:ABC");
    assert_non_null(find(&d, EFFECT_ENROL));
    assert_string_equal(find(&d, EFFECT_ENROL)->enrol_text, "TSE1:ABC");
}

static void an_enrolment_without_a_network_says_so_at_once(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, false);
    d.flow.sync.link = false;
    scan(&d, "TSE1:ABC");
    assert_null(find(&d, EFFECT_ENROL));
    assert_int_equal(d.flow.sync.enrol, ENROL_STAGE_FAILED);
    assert_int_equal(d.flow.sync.enrol_error, ENROL_NO_NETWORK);
}

static void what_was_committed_is_shown_though_somebody_went_back(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, true);
    sign_in(&d);
    scan(&d, COUPON);
    struct event event = answer_to(&d, TILL_REDEEM);
    event.answer.redeemed.group = 42;
    touch(&d, INTENT_BACK, 0);
    step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_VERDICT);
    assert_int_equal(d.flow.verdict.tone, TONE_GOOD);
    assert_int_equal(find(&d, EFFECT_PRINT)->receipt.group, 42);
}

static void a_coupon_before_nobody_is_only_checked(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, true);
    scan(&d, COUPON);
    assert_true(asked(&d, TILL_REDEEM)->redeem.check_only);
    struct event event = answer_to(&d, TILL_REDEEM);
    step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_VERDICT);
    assert_null(find(&d, EFFECT_PRINT));
    assert_null(find(&d, EFFECT_DRAWER));
}

static void a_redeemed_coupon_prints_and_opens_the_drawer_only_after_the_answer(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, true);
    sign_in(&d);
    scan(&d, COUPON);
    assert_null(find(&d, EFFECT_PRINT));
    struct event event = answer_to(&d, TILL_REDEEM);
    event.answer.redeemed.group = 42;
    event.answer.redeemed.paid_minor = 7800;
    event.answer.redeemed.discount_minor = 1000;
    step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_VERDICT);
    assert_int_equal(d.flow.verdict.tone, TONE_GOOD);
    assert_int_equal(find(&d, EFFECT_PRINT)->receipt.group, 42);
    assert_non_null(find(&d, EFFECT_DRAWER));
    assert_int_equal(asked(&d, TILL_NOTE)->note.kind, RECORD_DRAWER_KICK);
    assert_int_equal(flow_lamp(&d.flow), LAMP_GREEN);
}

static void a_late_answer_to_an_old_question_changes_nothing(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, true);
    sign_in(&d);
    scan(&d, COUPON);
    struct event event = answer_to(&d, TILL_REDEEM);
    event.answer.ticket--;
    step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_COUNTER);
    assert_int_equal(d.effects.count, 0);
}

static void a_second_code_waits_until_the_first_is_answered(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, true);
    sign_in(&d);
    scan(&d, COUPON);
    scan(&d, COUPON "X");
    assert_null(asked(&d, TILL_REDEEM));
}

static void a_coupon_that_needs_an_amount_asks_for_it_and_goes_on(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, true);
    sign_in(&d);
    scan(&d, COUPON);
    struct event event = answer_to(&d, TILL_REDEEM);
    event.answer.redeemed.verdict = COUPON_NEEDS_AMOUNT;
    step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_AMOUNT);
    type(&d, "008800");
    struct view_model view;
    view_make(&d.flow, &view);
    assert_int_equal(view.amount.amount_minor, 8800);
    touch(&d, INTENT_OK, 0);
    assert_int_equal(asked(&d, TILL_REDEEM)->redeem.sale_minor, 8800);
    assert_string_equal(asked(&d, TILL_REDEEM)->redeem.text, COUPON);
}

static void refuse(struct desk *d, enum coupon_verdict verdict, bool may_ask)
{
    scan(d, COUPON);
    struct event event = answer_to(d, TILL_REDEEM);
    event.answer.redeemed.verdict = verdict;
    event.answer.redeemed.may_ask_central = may_ask;
    step(d, &event);
}

static void a_coupon_held_elsewhere_is_asked_for_online_and_refused_offline(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, true);
    sign_in(&d);
    refuse(&d, COUPON_HELD_ELSEWHERE, true);
    assert_int_equal(d.flow.verdict.tone, TONE_REFUSE);
    set_online(&d, true);
    refuse(&d, COUPON_HELD_ELSEWHERE, true);
    assert_int_equal(d.flow.verdict.tone, TONE_WAIT);
    assert_int_equal(find(&d, EFFECT_ASK)->ask.kind, ASK_RIGHT);

    struct event event = event_of(&d, EVENT_ASKED);
    event.asked.ticket = d.flow.pending_ticket;
    event.asked.answer.verdict = AUTHORITY_GRANTED;
    step(&d, &event);
    assert_true(asked(&d, TILL_REDEEM)->redeem.central_agreed);
}

static void the_same_question_keeps_its_request_id(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, true);
    sign_in(&d);
    set_online(&d, true);
    refuse(&d, COUPON_HELD_ELSEWHERE, true);
    struct authority_request first = find(&d, EFFECT_ASK)->ask.request;
    struct event event = event_of(&d, EVENT_ASKED);
    event.asked.ticket = d.flow.pending_ticket;
    event.asked.answer.verdict = AUTHORITY_WAITING;
    step(&d, &event);
    assert_int_equal(d.flow.verdict.action, INTENT_ASK_CENTRAL);
    touch(&d, INTENT_ASK_CENTRAL, 0);
    assert_memory_equal(find(&d, EFFECT_ASK)->ask.request.request_id, first.request_id, REQUEST_ID_LEN);
}

static void codes_of_others_each_end_in_their_own_verdict(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum scancode_kind kind;
    } cases[] = {{"https://example.test/x", SCANCODE_URL},
                 {"134567890123456789", SCANCODE_PAYMENT},
                 {"hello", SCANCODE_UNKNOWN},
                 {"bad\x01"
                  "byte",
                  SCANCODE_EMPTY},
                 {"TSE1:AAAA", SCANCODE_ENROL}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct desk d;
        open_desk(&d, true);
        scan(&d, cases[i].text);
        assert_int_equal(d.flow.screen, SCREEN_VERDICT);
        assert_int_equal(d.flow.verdict.subject, SUBJECT_CODE);
        assert_int_equal(d.flow.verdict.code, cases[i].kind);
        assert_int_equal(d.flow.verdict.tone, TONE_REFUSE);
    }
}

static void a_badge_signs_in_but_a_void_still_needs_the_pin(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, true);
    scan(&d, "TSB1:BADGE");
    struct event event = answer_to(&d, TILL_SIGN_IN);
    event.answer.signed_in.clerk = 12;
    step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_COUNTER);
    touch(&d, INTENT_VOID, 0);
    assert_int_equal(d.flow.screen, SCREEN_SIGN_IN);
    assert_int_equal(d.flow.picked_clerk, 12);
    type(&d, "1357");
    touch(&d, INTENT_OK, 0);
    event = answer_to(&d, TILL_SIGN_IN);
    event.answer.signed_in.clerk = 12;
    step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_VOID_LIST);
    assert_non_null(asked(&d, TILL_RECENT));
}

static void a_void_takes_a_row_and_a_reason(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, true);
    sign_in(&d);
    touch(&d, INTENT_VOID, 0);
    struct event event = answer_to(&d, TILL_RECENT);
    event.answer.recent.count = 2;
    event.answer.recent.acts[0].group = 9;
    event.answer.recent.acts[0].voided = true;
    event.answer.recent.acts[1].group = 8;
    step(&d, &event);
    touch(&d, INTENT_PICK_ACT, 0);
    assert_int_equal(d.flow.screen, SCREEN_VOID_LIST);
    touch(&d, INTENT_PICK_ACT, 1);
    assert_int_equal(d.flow.screen, SCREEN_VOID_REASON);
    touch(&d, INTENT_PICK_REASON, REASON_GOODS_RETURNED);
    assert_int_equal(asked(&d, TILL_VOID)->voided.group, 8);
    assert_string_equal(asked(&d, TILL_VOID)->voided.reason, "goods returned");
}

static void a_wrong_pin_leaves_the_clerk_out_and_a_lock_ends_by_time(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, true);
    touch(&d, INTENT_STAFF, 0);
    touch(&d, INTENT_PICK_CLERK, 11);
    type(&d, "0000");
    touch(&d, INTENT_OK, 0);
    struct event event = answer_to(&d, TILL_SIGN_IN);
    event.answer.signed_in.verdict = PIN_LOCKED;
    event.answer.signed_in.locked_ms = 5000;
    step(&d, &event);
    assert_int_equal(d.flow.pin_state, PIN_VIEW_LOCKED);
    type(&d, "2468");
    touch(&d, INTENT_OK, 0);
    assert_null(asked(&d, TILL_SIGN_IN));
    d.now_ms += 5001;
    event = event_of(&d, EVENT_TICK);
    step(&d, &event);
    assert_int_equal(d.flow.pin_state, PIN_VIEW_ENTER);
}

static void credit_is_spent_with_a_fresh_code_and_never_above_the_share(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, true);
    sign_in(&d);
    scan(&d, "TSM1:CARD");
    struct event event = answer_to(&d, TILL_MEMBER);
    event.answer.member = (struct till_member){
        .token = TOKEN_GOOD, .known = true, .member = 77, .rotating = true, .fresh = true, .share_minor = 500};
    step(&d, &event);
    touch(&d, INTENT_SPEND, 0);
    type(&d, "2000");
    touch(&d, INTENT_OK, 0);
    assert_int_equal(d.flow.purpose, AMOUNT_SPEND);
    assert_string_equal(d.flow.typed, "500");
    type(&d, "0");
    touch(&d, INTENT_OK, 0);
    assert_true(d.flow.typed_wrong);
    touch(&d, INTENT_ERASE, 0);
    touch(&d, INTENT_OK, 0);
    const struct till_request *request = asked(&d, TILL_SALE);
    assert_int_equal(request->sale.gross_minor, 2000);
    assert_int_equal(request->sale.credit_minor, 500);
    assert_string_equal(request->sale.member_code, "TSM1:CARD");
}

static void a_greeting_shows_only_where_its_code_was_scanned_and_not_over_a_clerk(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, true);
    struct event event = event_of(&d, EVENT_GREETING);
    event.greeting.touchpoint = 6;
    step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_ATTRACT);
    event.greeting.touchpoint = 5;
    step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_GREETING);
    d.now_ms += 60000;
    event = event_of(&d, EVENT_TICK);
    step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_ATTRACT);
    sign_in(&d);
    event = event_of(&d, EVENT_GREETING);
    event.greeting.touchpoint = 5;
    step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_COUNTER);
}

static void an_idle_counter_signs_the_clerk_out(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, true);
    sign_in(&d);
    d.now_ms = flow_deadline(&d.flow);
    struct event event = event_of(&d, EVENT_TICK);
    step(&d, &event);
    assert_non_null(asked(&d, TILL_SIGN_OUT));
    assert_int_equal(d.flow.screen, SCREEN_ATTRACT);
    assert_int_equal(d.flow.clerk.id, 0);
}

static void press_key(struct desk *d, bool escape)
{
    struct event event = event_of(d, EVENT_KEY);
    event.key.escape = escape;
    event.key.enter = !escape;
    step(d, &event);
}

static void nothing_leads_out_of_service_but_the_service_screen(void **state)
{
    (void)state;
    static const char *const buttons[] = {"ok", "back", "scan", "staff"};
    struct desk d;
    open_desk(&d, true);
    sign_in(&d);
    struct event event = event_of(&d, EVENT_SYNC);
    event.sync.quarantined = true;
    step(&d, &event);
    assert_int_equal(d.flow.outage, OUTAGE_FORK);
    for (int intent = 0; intent < INTENT_COUNT; intent++) {
        touch(&d, (enum intent)intent, 0);
        assert_true(d.flow.screen == SCREEN_OUT_OF_SERVICE || d.flow.screen == SCREEN_SERVICE);
        assert_null(find(&d, EFFECT_TILL));
    }
    press_key(&d, true);
    press_key(&d, false);
    for (size_t i = 0; i < ARRAY_LEN(buttons); i++) {
        event = event_of(&d, EVENT_BUTTON);
        strcpy(event.button, buttons[i]);
        step(&d, &event);
    }
    type(&d, "ABC");
    scan(&d, COUPON);
    assert_null(find(&d, EFFECT_TILL));
    assert_int_equal(d.flow.screen, SCREEN_OUT_OF_SERVICE);
}

static void the_drawer_is_not_tested_behind_the_clerks_back(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, true);
    d.flow.clerk.id = 11; /* by badge */
    touch(&d, INTENT_SERVICE, 0);
    touch(&d, INTENT_TEST_DEVICE, HAL_DRAWER);
    assert_null(find(&d, EFFECT_TEST));
    assert_null(find(&d, EFFECT_DRAWER));
    assert_int_equal(d.flow.screen, SCREEN_SIGN_IN);

    d.flow.clerk.by_pin = true;
    touch(&d, INTENT_BACK, 0);
    touch(&d, INTENT_SERVICE, 0);
    touch(&d, INTENT_TEST_DEVICE, HAL_DRAWER);
    assert_non_null(find(&d, EFFECT_DRAWER));
    assert_int_equal(asked(&d, TILL_NOTE)->note.kind, RECORD_DRAWER_KICK);

    struct event event = event_of(&d, EVENT_OUTAGE);
    step(&d, &event);
    touch(&d, INTENT_SERVICE, 0);
    touch(&d, INTENT_TEST_DEVICE, HAL_DRAWER);
    assert_int_equal(d.effects.count, 0);
    touch(&d, INTENT_TEST_DEVICE, HAL_PRINTER);
    assert_non_null(find(&d, EFFECT_TEST));

    open_desk(&d, false); /* who sets it up may try everything */
    touch(&d, INTENT_SERVICE, 0);
    touch(&d, INTENT_TEST_DEVICE, HAL_DRAWER);
    assert_non_null(find(&d, EFFECT_TEST));
}

static void a_failing_till_is_told_and_nothing_is_printed(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, true);
    sign_in(&d);
    scan(&d, COUPON);
    struct event event = answer_to(&d, TILL_REDEEM);
    event.answer.error = -ENOSPC;
    step(&d, &event);
    assert_int_equal(d.flow.verdict.subject, SUBJECT_BUSY);
    assert_int_equal(d.flow.verdict.code, ENOSPC);
    assert_null(find(&d, EFFECT_PRINT));
}

static void a_forked_terminal_takes_nothing_but_a_new_enrolment(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, true);
    struct event event = event_of(&d, EVENT_SYNC);
    event.sync.quarantined = true;
    event.sync.link = true;
    step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_OUT_OF_SERVICE);
    scan(&d, COUPON);
    assert_int_equal(d.effects.count, 0);
    scan(&d, "TSE1:ABC");
    assert_non_null(find(&d, EFFECT_ENROL));
    assert_int_equal(d.flow.screen, SCREEN_ENROLMENT);
    event.sync.quarantined = false;
    step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_ATTRACT);
}

static void every_intent_on_every_screen_leaves_a_view_that_can_be_made(void **state)
{
    (void)state;
    struct desk d;
    struct view_model view;
    for (int screen = 0; screen < SCREEN_COUNT; screen++)
        for (int intent = 0; intent < INTENT_COUNT; intent++)
            for (int64_t argument = -1; argument < 3; argument++) {
                open_desk(&d, true);
                d.flow.clerk.id = 11;
                d.flow.screen = (enum screen)screen;
                touch(&d, (enum intent)intent, argument);
                view_make(&d.flow, &view);
                assert_true(view.screen < SCREEN_COUNT);
            }
}

static void a_failed_print_is_shown_and_noted_but_undoes_nothing(void **state)
{
    (void)state;
    struct desk d;
    open_desk(&d, true);
    sign_in(&d);
    scan(&d, COUPON);
    struct event event = answer_to(&d, TILL_REDEEM);
    event.answer.redeemed.group = 42;
    step(&d, &event);
    event = event_of(&d, EVENT_PRINTED);
    event.printed.group = 42;
    event.printed.outcome = RECEIPT_NO_PAPER;
    step(&d, &event);
    assert_int_equal(d.flow.verdict.receipt, RECEIPT_NO_PAPER);
    assert_int_equal(d.flow.verdict.tone, TONE_GOOD);
    assert_int_equal(asked(&d, TILL_NOTE)->note.receipt.outcome, RECEIPT_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blank_terminal_only_takes_an_enrolment_code),
        cmocka_unit_test(an_enrolment_without_a_network_says_so_at_once),
        cmocka_unit_test(what_was_committed_is_shown_though_somebody_went_back),
        cmocka_unit_test(a_coupon_before_nobody_is_only_checked),
        cmocka_unit_test(a_redeemed_coupon_prints_and_opens_the_drawer_only_after_the_answer),
        cmocka_unit_test(a_late_answer_to_an_old_question_changes_nothing),
        cmocka_unit_test(a_second_code_waits_until_the_first_is_answered),
        cmocka_unit_test(a_coupon_that_needs_an_amount_asks_for_it_and_goes_on),
        cmocka_unit_test(a_coupon_held_elsewhere_is_asked_for_online_and_refused_offline),
        cmocka_unit_test(the_same_question_keeps_its_request_id),
        cmocka_unit_test(codes_of_others_each_end_in_their_own_verdict),
        cmocka_unit_test(a_badge_signs_in_but_a_void_still_needs_the_pin),
        cmocka_unit_test(a_void_takes_a_row_and_a_reason),
        cmocka_unit_test(a_wrong_pin_leaves_the_clerk_out_and_a_lock_ends_by_time),
        cmocka_unit_test(credit_is_spent_with_a_fresh_code_and_never_above_the_share),
        cmocka_unit_test(a_greeting_shows_only_where_its_code_was_scanned_and_not_over_a_clerk),
        cmocka_unit_test(an_idle_counter_signs_the_clerk_out),
        cmocka_unit_test(a_failing_till_is_told_and_nothing_is_printed),
        cmocka_unit_test(the_drawer_is_not_tested_behind_the_clerks_back),
        cmocka_unit_test(nothing_leads_out_of_service_but_the_service_screen),
        cmocka_unit_test(a_forked_terminal_takes_nothing_but_a_new_enrolment),
        cmocka_unit_test(every_intent_on_every_screen_leaves_a_view_that_can_be_made),
        cmocka_unit_test(a_failed_print_is_shown_and_noted_but_undoes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
