#include "line.h"

static void a_grant_is_reported_only_when_it_came_by_the_feed(void **state)
{
    struct line *line = *state;
    struct authority_request request = {.request_id = {1, 2, 3}, .coupon = {SHOP_CAMPAIGN, 9}, .wait_s = 20};
    struct feed_right grant = {.coupon = {SHOP_CAMPAIGN, 9}, .epoch = 1, .use_no = 1, .transfer = 4};

    line_enrol(line);
    shop_item_settings(&line->shop, SHOP_TERMINAL);
    fake_central_publish(&line->central);
    line_until(line, line_sees_settings, 0);
    COMMAND(line, line->central.ask_verdict = AUTHORITY_GRANTED; line->central.ask_position = 2);
    assert_int_equal(sync_ask(line->sync, ASK_RIGHT, 31, &request), 0);
    line_until(line, line_was_called, 0);
    assert_false(line_was_asked(line));
    shop_item_right(&line->shop, FEED_RIGHT_GRANT, &grant);
    fake_central_publish(&line->central);
    line_until(line, line_was_asked, 0);

    assert_int_equal(line->asked_ticket, 31);
    assert_int_equal(line->asked_error, 0);
    assert_int_equal(line->asked_answer.verdict, AUTHORITY_GRANTED);
    assert_int_equal(line->central.last_wait_s, 20);
    assert_int_equal(shop_query(&line->shop, "SELECT count(*) FROM held_right"), 1);
}

static void a_grant_that_never_comes_times_out(void **state)
{
    struct line *line = *state;
    struct authority_request request = {.wait_s = 5};

    line_enrol(line);
    COMMAND(line, line->central.ask_verdict = AUTHORITY_GRANTED; line->central.ask_position = 99);
    assert_int_equal(sync_ask(line->sync, ASK_CREDIT, 32, &request), 0);
    line_until(line, line_was_asked, 1000);

    assert_int_equal(line->asked_error, -ETIMEDOUT);
}

static void an_unanswered_ask_is_repeated_under_its_id_until_its_time_is_up(void **state)
{
    struct line *line = *state;
    struct authority_request request = {.request_id = {9, 9}, .wait_s = 5};

    line_enrol(line);
    COMMAND(line, line->central.ask_verdict = AUTHORITY_WAITING);
    assert_int_equal(sync_ask(line->sync, ASK_RIGHT, 33, &request), 0);
    line_until(line, line_was_asked, 100);

    assert_int_equal(line->asked_error, 0);
    assert_int_equal(line->asked_answer.verdict, AUTHORITY_WAITING);
    assert_true(line->central.ask_calls > 1);
    assert_memory_equal(line->central.last_request_id, request.request_id, REQUEST_ID_LEN);
}

static void asking_offline_fails_at_once(void **state)
{
    struct line *line = *state;
    struct authority_request request = {.wait_s = 5};

    line_enrol(line);
    line_until(line, line_is_online, 0);
    line_set_link(line, false);
    assert_int_equal(sync_ask(line->sync, ASK_CODE, 34, &request), 0);
    line_until(line, line_was_asked, 0);

    assert_int_equal(line->asked_error, -ENETDOWN);
}

static void a_fifth_ask_is_refused(void **state)
{
    struct line *line = *state;
    struct authority_request request = {.wait_s = 5};

    line_enrol(line);
    COMMAND(line, line->central.hold_asks = true);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(sync_ask(line->sync, ASK_CODE, i, &request), 0);

    assert_int_equal(sync_ask(line->sync, ASK_CODE, 5, &request), -ENOSPC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LINE(a_grant_is_reported_only_when_it_came_by_the_feed),
        WITH_LINE(a_grant_that_never_comes_times_out),
        WITH_LINE(an_unanswered_ask_is_repeated_under_its_id_until_its_time_is_up),
        WITH_LINE(asking_offline_fails_at_once),
        WITH_LINE(a_fifth_ask_is_refused),
    };

    return cmocka_run_group_tests_name("sync_ask", tests, NULL, NULL);
}
