#include "desk.h"

#include <errno.h>

/* Credit that another store holds: seen by the clerk, asked for with one key, and never moved twice. */

#define CARD "TSM1:0123456789"

/* A member's card is up at a counter of a chain whose stores share their credit. */
static void open_card(struct desk *d, bool online)
{
    desk_open(d, true);
    desk_sign_in(d);
    desk_set_online(d, online);
    d->flow.reference.settings.credit_owner = (struct owner){OWNER_BRAND, 1};
    desk_scan(d, CARD);
    struct event event = desk_answer_to(d, TILL_MEMBER);
    event.answer.member = (struct till_member){
        .token = TOKEN_GOOD, .member = 77, .known = true, .rotating = true, .fresh = true, .share_minor = 500};
    desk_step(d, &event);
}

static struct event answer_to_ask(struct desk *d, enum ask_kind kind, uint8_t verdict, int64_t minor)
{
    const struct effect *asked = desk_find(d, EFFECT_ASK);
    assert_non_null(asked);
    assert_int_equal(asked->ask.kind, kind);
    struct event event = desk_event_of(d, EVENT_ASKED);
    event.asked.ticket = asked->ask.ticket;
    event.asked.answer = (struct authority_answer){.verdict = verdict, .amount_minor = minor};
    return event;
}

static void hold_elsewhere(struct desk *d, int64_t minor)
{
    struct event event = answer_to_ask(d, ASK_BALANCE, AUTHORITY_GRANTED, minor);
    desk_step(d, &event);
}

static struct view_model seen(const struct desk *d)
{
    struct view_model view;
    view_make(&d->flow, &view);
    return view;
}

static void the_card_shows_what_other_stores_hold(void **state)
{
    (void)state;
    struct desk d;
    open_card(&d, true);
    const struct effect *asked = desk_find(&d, EFFECT_ASK);
    assert_int_equal(asked->ask.request.member, 77);
    assert_int_equal(asked->ask.request.owner.scope, OWNER_BRAND);
    assert_int_equal(seen(&d).member.elsewhere, ELSEWHERE_NOTHING);
    hold_elsewhere(&d, 1200);
    assert_int_equal(d.flow.screen, SCREEN_MEMBER);
    assert_int_equal(seen(&d).member.elsewhere, ELSEWHERE_SOME);
    assert_int_equal(seen(&d).member.elsewhere_minor, 1200);
}

static void credit_of_the_store_itself_is_nowhere_else(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, true);
    desk_sign_in(&d);
    desk_set_online(&d, true);
    d.flow.reference.settings.credit_owner = (struct owner){OWNER_STORE, 1};
    desk_scan(&d, CARD);
    struct event event = desk_answer_to(&d, TILL_MEMBER);
    event.answer.member = (struct till_member){.token = TOKEN_GOOD, .member = 77, .known = true};
    desk_step(&d, &event);
    assert_null(desk_find(&d, EFFECT_ASK));
    desk_touch(&d, INTENT_FETCH_CREDIT, 0);
    assert_null(desk_find(&d, EFFECT_ASK));
    assert_int_equal(d.flow.screen, SCREEN_MEMBER);
}

static void a_shopper_s_own_look_asks_nothing(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, true);
    desk_set_online(&d, true);
    d.flow.reference.settings.credit_owner = (struct owner){OWNER_BRAND, 1};
    desk_scan(&d, CARD);
    struct event event = desk_answer_to(&d, TILL_MEMBER);
    event.answer.member = (struct till_member){.token = TOKEN_GOOD, .member = 77, .known = true};
    desk_step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_MEMBER);
    assert_null(desk_find(&d, EFFECT_ASK));
    assert_int_equal(seen(&d).member.elsewhere, ELSEWHERE_NOTHING);
}

static void one_key_has_it_moved_and_the_card_is_read_once_more(void **state)
{
    (void)state;
    struct desk d;
    open_card(&d, true);
    hold_elsewhere(&d, 1200);
    desk_touch(&d, INTENT_FETCH_CREDIT, 0);
    const struct authority_request *request = &desk_find(&d, EFFECT_ASK)->ask.request;
    assert_int_equal(request->amount_minor, 1200);
    assert_int_equal(request->member, 77);
    assert_int_equal(d.flow.verdict.tone, TONE_WAIT);
    struct event granted = answer_to_ask(&d, ASK_CREDIT, AUTHORITY_GRANTED, 0);
    desk_step(&d, &granted);
    assert_string_equal(desk_asked(&d, TILL_MEMBER)->text, CARD);
    struct event event = desk_answer_to(&d, TILL_MEMBER);
    event.answer.member = (struct till_member){
        .token = TOKEN_GOOD, .member = 77, .known = true, .rotating = true, .fresh = true, .share_minor = 1700};
    desk_step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_MEMBER);
    assert_int_equal(seen(&d).member.elsewhere, ELSEWHERE_ARRIVED);
    assert_int_equal(seen(&d).member.arrived_minor, 1200);
    hold_elsewhere(&d, 0);
    assert_int_equal(seen(&d).member.elsewhere, ELSEWHERE_ARRIVED);
    assert_int_equal(seen(&d).member.elsewhere_minor, 0);
}

/* The code is old by the time that the credit is here: whoever's card comes next has received nothing. */
static void what_came_for_one_member_is_not_told_to_the_next(void **state)
{
    (void)state;
    struct desk d;
    open_card(&d, true);
    hold_elsewhere(&d, 1200);
    desk_touch(&d, INTENT_FETCH_CREDIT, 0);
    struct event granted = answer_to_ask(&d, ASK_CREDIT, AUTHORITY_GRANTED, 0);
    desk_step(&d, &granted);
    struct event event = desk_answer_to(&d, TILL_MEMBER);
    event.answer.member = (struct till_member){.token = TOKEN_FORGED};
    desk_step(&d, &event);
    assert_int_equal(d.flow.verdict.subject, SUBJECT_MEMBER);
    desk_touch(&d, INTENT_NEXT, 0);
    desk_scan(&d, "TSM1:9876543210");
    event = desk_answer_to(&d, TILL_MEMBER);
    event.answer.member = (struct till_member){.token = TOKEN_GOOD, .member = 78, .known = true, .share_minor = 9000};
    desk_step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_MEMBER);
    assert_int_equal(seen(&d).member.elsewhere, ELSEWHERE_NOTHING);
}

static void a_holder_that_is_offline_is_told_and_asked_under_the_same_id(void **state)
{
    (void)state;
    struct desk d;
    open_card(&d, true);
    hold_elsewhere(&d, 1200);
    desk_touch(&d, INTENT_FETCH_CREDIT, 0);
    struct authority_request first = desk_find(&d, EFFECT_ASK)->ask.request;
    struct event waiting = answer_to_ask(&d, ASK_CREDIT, AUTHORITY_WAITING, 0);
    desk_step(&d, &waiting);
    assert_int_equal(d.flow.screen, SCREEN_VERDICT);
    assert_int_equal(d.flow.verdict.subject, SUBJECT_CREDIT);
    assert_int_equal(d.flow.verdict.code, AUTHORITY_WAITING);
    desk_touch(&d, INTENT_ASK_CENTRAL, 0);
    assert_memory_equal(desk_find(&d, EFFECT_ASK)->ask.request.request_id, first.request_id, REQUEST_ID_LEN);
    assert_int_equal(desk_find(&d, EFFECT_ASK)->ask.kind, ASK_CREDIT);
}

static void nothing_left_to_move_is_said(void **state)
{
    (void)state;
    struct desk d;
    open_card(&d, true);
    hold_elsewhere(&d, 1200);
    desk_touch(&d, INTENT_FETCH_CREDIT, 0);
    struct event refused = answer_to_ask(&d, ASK_CREDIT, AUTHORITY_REFUSED, 0);
    desk_step(&d, &refused);
    assert_int_equal(d.flow.verdict.tone, TONE_REFUSE);
    assert_int_equal(d.flow.verdict.code, AUTHORITY_REFUSED);
}

static void without_a_line_a_sentence_says_so(void **state)
{
    (void)state;
    struct desk d;
    open_card(&d, false);
    assert_null(desk_find(&d, EFFECT_ASK));
    assert_int_equal(seen(&d).member.elsewhere, ELSEWHERE_OFFLINE);
    desk_touch(&d, INTENT_BACK, 0);

    open_card(&d, true);
    hold_elsewhere(&d, 1200);
    desk_set_online(&d, false);
    desk_touch(&d, INTENT_FETCH_CREDIT, 0);
    assert_null(desk_find(&d, EFFECT_ASK));
    assert_int_equal(d.flow.verdict.subject, SUBJECT_CREDIT);
    assert_int_equal(d.flow.verdict.code, 0);

    open_card(&d, true);
    hold_elsewhere(&d, 1200);
    desk_touch(&d, INTENT_FETCH_CREDIT, 0);
    struct event lost = answer_to_ask(&d, ASK_CREDIT, 0, 0);
    lost.asked.error = -ENETDOWN;
    desk_step(&d, &lost);
    assert_int_equal(d.flow.verdict.code, 0);
    assert_int_equal(d.flow.verdict.action, INTENT_ASK_CENTRAL);
}

static void an_answer_for_a_card_that_is_gone_changes_nothing(void **state)
{
    (void)state;
    struct desk d;
    open_card(&d, true);
    struct event event = answer_to_ask(&d, ASK_BALANCE, AUTHORITY_GRANTED, 1200);
    desk_touch(&d, INTENT_BACK, 0);
    desk_step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_COUNTER);
    open_card(&d, true);
    assert_int_equal(seen(&d).member.elsewhere_minor, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_card_shows_what_other_stores_hold),
        cmocka_unit_test(credit_of_the_store_itself_is_nowhere_else),
        cmocka_unit_test(a_shopper_s_own_look_asks_nothing),
        cmocka_unit_test(one_key_has_it_moved_and_the_card_is_read_once_more),
        cmocka_unit_test(what_came_for_one_member_is_not_told_to_the_next),
        cmocka_unit_test(a_holder_that_is_offline_is_told_and_asked_under_the_same_id),
        cmocka_unit_test(nothing_left_to_move_is_said),
        cmocka_unit_test(without_a_line_a_sentence_says_so),
        cmocka_unit_test(an_answer_for_a_card_that_is_gone_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
