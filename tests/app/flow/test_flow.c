/* The flow as a table of what people do: what follows a scan, an answer, a greeting. */

#include "desk.h"

static void refuse(struct desk *d, enum coupon_verdict verdict, bool may_ask)
{
    desk_scan(d, COUPON);
    struct event event = desk_answer_to(d, TILL_REDEEM);
    event.answer.redeemed.verdict = verdict;
    event.answer.redeemed.may_ask_central = may_ask;
    desk_step(d, &event);
}

static void a_blank_terminal_only_takes_an_enrolment_code(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, false);
    assert_int_equal(d.flow.screen, SCREEN_ENROLMENT);
    desk_scan(&d, COUPON);
    assert_int_equal(d.flow.sync.enrol, ENROL_STAGE_FAILED);
    assert_null(desk_asked(&d, TILL_REDEEM));
    desk_scan(&d, "TSE1:ABC");
    assert_non_null(desk_find(&d, EFFECT_ENROL));
    assert_string_equal(desk_find(&d, EFFECT_ENROL)->enrol_text, "TSE1:ABC");
}

static void an_enrolment_without_a_network_says_so_at_once(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, false);
    d.flow.sync.link = false;
    desk_scan(&d, "TSE1:ABC");
    assert_null(desk_find(&d, EFFECT_ENROL));
    assert_int_equal(d.flow.sync.enrol, ENROL_STAGE_FAILED);
    assert_int_equal(d.flow.sync.enrol_error, ENROL_NO_NETWORK);
}

static void what_was_committed_is_shown_though_somebody_went_back(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, true);
    desk_sign_in(&d);
    desk_scan(&d, COUPON);
    struct event event = desk_answer_to(&d, TILL_REDEEM);
    event.answer.redeemed.group = 42;
    desk_touch(&d, INTENT_BACK, 0);
    desk_step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_VERDICT);
    assert_int_equal(d.flow.verdict.tone, TONE_GOOD);
    assert_int_equal(desk_find(&d, EFFECT_PRINT)->receipt.group, 42);
}

static void a_coupon_before_nobody_is_only_checked(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, true);
    desk_scan(&d, COUPON);
    assert_true(desk_asked(&d, TILL_REDEEM)->redeem.check_only);
    struct event event = desk_answer_to(&d, TILL_REDEEM);
    desk_step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_VERDICT);
    assert_null(desk_find(&d, EFFECT_PRINT));
    assert_null(desk_find(&d, EFFECT_DRAWER));
}

static void a_late_answer_to_an_old_question_changes_nothing(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, true);
    desk_sign_in(&d);
    desk_scan(&d, COUPON);
    struct event event = desk_answer_to(&d, TILL_REDEEM);
    event.answer.ticket--;
    desk_step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_COUNTER);
    assert_int_equal(d.effects.count, 0);
}

static void a_second_code_before_the_first_is_answered_is_heard_not_taken(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, true);
    desk_sign_in(&d);
    desk_scan(&d, COUPON);
    desk_scan(&d, COUPON "X");
    assert_null(desk_asked(&d, TILL_REDEEM));
    assert_non_null(desk_find(&d, EFFECT_SOUND));
    assert_int_equal(desk_find(&d, EFFECT_SOUND)->sound, SOUND_WARN);
}

static void a_coupon_that_needs_an_amount_asks_for_it_and_goes_on(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, true);
    desk_sign_in(&d);
    desk_scan(&d, COUPON);
    struct event event = desk_answer_to(&d, TILL_REDEEM);
    event.answer.redeemed.verdict = COUPON_NEEDS_AMOUNT;
    desk_step(&d, &event);
    assert_int_equal(d.flow.screen, SCREEN_AMOUNT);
    desk_type(&d, "008800");
    struct view_model view;
    view_make(&d.flow, &view);
    assert_int_equal(view.amount.amount_minor, 8800);
    desk_touch(&d, INTENT_OK, 0);
    assert_int_equal(desk_asked(&d, TILL_REDEEM)->redeem.sale_minor, 8800);
    assert_string_equal(desk_asked(&d, TILL_REDEEM)->redeem.text, COUPON);
}

static void a_coupon_held_elsewhere_is_asked_for_online_and_refused_offline(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, true);
    desk_sign_in(&d);
    refuse(&d, COUPON_HELD_ELSEWHERE, true);
    assert_int_equal(d.flow.verdict.tone, TONE_REFUSE);
    desk_set_online(&d, true);
    refuse(&d, COUPON_HELD_ELSEWHERE, true);
    assert_int_equal(d.flow.verdict.tone, TONE_WAIT);
    assert_int_equal(desk_find(&d, EFFECT_ASK)->ask.kind, ASK_RIGHT);

    struct event event = desk_event_of(&d, EVENT_ASKED);
    event.asked.ticket = d.flow.pending_ticket;
    event.asked.answer.verdict = AUTHORITY_GRANTED;
    desk_step(&d, &event);
    assert_true(desk_asked(&d, TILL_REDEEM)->redeem.central_agreed);
}

static void the_same_question_keeps_its_request_id(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, true);
    desk_sign_in(&d);
    desk_set_online(&d, true);
    refuse(&d, COUPON_HELD_ELSEWHERE, true);
    struct authority_request first = desk_find(&d, EFFECT_ASK)->ask.request;
    struct event event = desk_event_of(&d, EVENT_ASKED);
    event.asked.ticket = d.flow.pending_ticket;
    event.asked.answer.verdict = AUTHORITY_WAITING;
    desk_step(&d, &event);
    assert_int_equal(d.flow.verdict.action, INTENT_ASK_CENTRAL);
    desk_touch(&d, INTENT_ASK_CENTRAL, 0);
    assert_memory_equal(desk_find(&d, EFFECT_ASK)->ask.request.request_id, first.request_id, REQUEST_ID_LEN);
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
        desk_open(&d, true);
        desk_scan(&d, cases[i].text);
        assert_int_equal(d.flow.screen, SCREEN_VERDICT);
        assert_int_equal(d.flow.verdict.subject, SUBJECT_CODE);
        assert_int_equal(d.flow.verdict.code, cases[i].kind);
        assert_int_equal(d.flow.verdict.tone, TONE_REFUSE);
    }
}

static void a_failing_till_is_told_and_nothing_is_printed(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, true);
    desk_sign_in(&d);
    desk_scan(&d, COUPON);
    struct event event = desk_answer_to(&d, TILL_REDEEM);
    event.answer.error = -ENOSPC;
    desk_step(&d, &event);
    assert_int_equal(d.flow.verdict.subject, SUBJECT_BUSY);
    assert_int_equal(d.flow.verdict.code, ENOSPC);
    assert_null(desk_find(&d, EFFECT_PRINT));
}

static void every_intent_on_every_screen_leaves_a_view_that_can_be_made(void **state)
{
    (void)state;
    struct desk d;
    struct view_model view;
    for (int screen = 0; screen < SCREEN_COUNT; screen++)
        for (int intent = 0; intent < INTENT_COUNT; intent++)
            for (int64_t argument = -1; argument < 3; argument++) {
                desk_open(&d, true);
                d.flow.clerk.id = 11;
                d.flow.screen = (enum screen)screen;
                desk_touch(&d, (enum intent)intent, argument);
                view_make(&d.flow, &view);
                assert_true(view.screen < SCREEN_COUNT);
            }
}

static void a_failed_print_is_shown_and_noted_but_undoes_nothing(void **state)
{
    (void)state;
    struct desk d;
    desk_open(&d, true);
    desk_sign_in(&d);
    desk_scan(&d, COUPON);
    struct event event = desk_answer_to(&d, TILL_REDEEM);
    event.answer.redeemed.group = 42;
    desk_step(&d, &event);
    event = desk_event_of(&d, EVENT_PRINTED);
    event.printed.group = 42;
    event.printed.outcome = RECEIPT_NO_PAPER;
    desk_step(&d, &event);
    assert_int_equal(d.flow.verdict.receipt, RECEIPT_NO_PAPER);
    assert_int_equal(d.flow.verdict.tone, TONE_GOOD);
    assert_int_equal(desk_asked(&d, TILL_NOTE)->note.receipt.outcome, RECEIPT_FAILED);
}

/* One tap is one record; the page thanks until it turns, and takes no second tap meanwhile. */
static void a_survey_is_answered_with_one_tap(void **state)
{
    struct desk d;
    struct view_model view;
    (void)state;
    desk_open(&d, true);
    d.reference.survey = (struct feed_survey){.survey = 9, .question_en = "Coffee?"};
    strcpy(d.reference.survey.answers_zh[0], "喝");
    strcpy(d.reference.survey.answers_zh[1], "不喝");
    struct event changed = desk_event_of(&d, EVENT_REFERENCE);
    changed.reference = &d.reference;
    desk_step(&d, &changed);
    desk_touch(&d, INTENT_SURVEY, 3); /* there is no third answer */
    assert_null(desk_find(&d, EFFECT_TILL));
    desk_touch(&d, INTENT_SURVEY, 2);
    const struct till_request *note = desk_asked(&d, TILL_NOTE);
    assert_int_equal(note->note.kind, RECORD_SURVEY_ANSWER);
    assert_int_equal(note->note.survey_answer.survey, 9);
    assert_int_equal(note->note.survey_answer.answer, 2);
    assert_int_equal(note->note.survey_answer.member, 0);
    view_make(&d.flow, &view);
    assert_true(view.attract.survey.thanked);
    assert_int_equal(view.attract.survey.answer_count, 2);
    desk_touch(&d, INTENT_SURVEY, 1);
    assert_null(desk_find(&d, EFFECT_TILL));
    d.now_ms = flow_deadline(&d.flow);
    struct event tick = desk_event_of(&d, EVENT_TICK);
    desk_step(&d, &tick); /* the only page turns back to its question */
    assert_false(d.flow.survey_thanked);
}

/* The public pool is the carousel's last page, as long as there is something in it. */
static void the_carousel_ends_with_the_public_pool(void **state)
{
    struct desk d;
    struct view_model view;
    (void)state;
    desk_open(&d, true);
    d.reference.offer_count = 1;
    d.reference.pool_count = 1;
    d.reference.pools[0] = (struct till_pool){.campaign = 7, .name_en = "Ten off", .here = 2, .elsewhere = 1};
    struct event changed = desk_event_of(&d, EVENT_REFERENCE);
    changed.reference = &d.reference;
    desk_step(&d, &changed);
    desk_touch(&d, INTENT_PAGE, 1);
    view_make(&d.flow, &view);
    assert_int_equal(view.attract.page_index, 1);
    assert_int_equal(view.attract.pool.row_count, 1);
    assert_int_equal(view.attract.pool.rows[0].here, 2);
    assert_int_equal(view.attract.pool.rows[0].elsewhere, 0); /* nobody can be asked for it */
    desk_touch(&d, INTENT_PAGE, 2);                           /* there is none */
    assert_int_equal(d.flow.page_index, 1);
    d.reference.pool_count = 0;
    desk_step(&d, &changed);
    assert_int_equal(d.flow.page_index, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_blank_terminal_only_takes_an_enrolment_code),
        cmocka_unit_test(an_enrolment_without_a_network_says_so_at_once),
        cmocka_unit_test(what_was_committed_is_shown_though_somebody_went_back),
        cmocka_unit_test(a_coupon_before_nobody_is_only_checked),
        cmocka_unit_test(a_late_answer_to_an_old_question_changes_nothing),
        cmocka_unit_test(a_second_code_before_the_first_is_answered_is_heard_not_taken),
        cmocka_unit_test(a_coupon_that_needs_an_amount_asks_for_it_and_goes_on),
        cmocka_unit_test(a_coupon_held_elsewhere_is_asked_for_online_and_refused_offline),
        cmocka_unit_test(the_same_question_keeps_its_request_id),
        cmocka_unit_test(codes_of_others_each_end_in_their_own_verdict),
        cmocka_unit_test(a_survey_is_answered_with_one_tap),
        cmocka_unit_test(the_carousel_ends_with_the_public_pool),
        cmocka_unit_test(a_failing_till_is_told_and_nothing_is_printed),
        cmocka_unit_test(every_intent_on_every_screen_leaves_a_view_that_can_be_made),
        cmocka_unit_test(a_failed_print_is_shown_and_noted_but_undoes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
