#include "wechat_stage.h"

#include "central/store/message_plan.h"
#include "domain/time.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS   INT64_C(3600000)
#define DAY_MS    (24 * HOUR_MS)

/* The quota ledger and the planner, from what followers do to what leaves. PEOPLE_START_MS is 19:06 in China. */

static struct stage s;

static int open_all(void **state)
{
    (void)state;
    stage_open(&s);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    stage_close(&s);
    return 0;
}

static void arrive(unsigned person)
{
    stage_follow(&s, person);
    stage_join(&s, person);
    central_tick(s.f.central); /* the platform is asked how they came */
}

static void write_to(unsigned person, const char *text)
{
    char args[256];
    snprintf(args, sizeof(args), "{\"member\":%llu,\"text\":\"%s\"}", (unsigned long long)s.members[person], text);
    json_decref(admin_do(&s.f, "wechat send", args));
    central_tick(s.f.central);
}

static json_int_t outbox(const char *name)
{
    return stage_number(&s, "outbox status", "", name);
}

static unsigned texts(void)
{
    return platform_saw(&s.p, "message/custom/send");
}

/* How many messages of a channel ("customer service", "mass") a member could get now; -1: none, any number. */
static json_int_t left_of(unsigned person, size_t row)
{
    char args[64];
    snprintf(args, sizeof(args), "{\"member\":%llu}", (unsigned long long)s.members[person]);
    json_t *rows = stage_rows(&s, "message facts", args);
    const json_t *left = json_object_get(json_array_get(rows, row), "left");
    json_int_t number = left ? json_integer_value(left) : -1;
    json_decref(rows);
    return number;
}

static void a_follow_opens_a_minute_for_three_messages(void **state)
{
    (void)state;
    arrive(1);
    assert_int_equal(left_of(1, 0), 3);
    for (int i = 0; i < 4; i++) {
        write_to(1, "hello");
    }
    assert_int_equal(texts(), 3);
    assert_int_equal(outbox("dead"), 1);
    assert_int_equal(s.p.calls, 1 + 3); /* the platform was not even asked for the fourth */
    stage_wait(&s, 2000);
    stage_click(&s, 1, "menu_1", NULL);
    stage_wait(&s, MINUTE_MS);
    write_to(1, "in time");
    assert_int_equal(texts(), 4);
    stage_wait(&s, 1);
    write_to(1, "too late");
    assert_int_equal(outbox("dead"), 2);
}

static void a_message_of_the_member_opens_two_days_for_five(void **state)
{
    (void)state;
    arrive(1);
    stage_wait(&s, 2 * MINUTE_MS);
    stage_write(&s, 1, "有货吗", NULL);
    stage_wait(&s, 47 * HOUR_MS);
    for (int i = 0; i < 6; i++) {
        write_to(1, "answer");
    }
    assert_int_equal(texts(), 5);
    assert_int_equal(left_of(1, 0), -1);
    stage_write(&s, 1, "还有吗", NULL); /* opens it afresh */
    assert_int_equal(left_of(1, 0), 5);
}

static void the_platform_s_trouble_takes_nothing_off_the_member(void **state)
{
    static const int codes[] = {-1, 45009, 43004};
    (void)state;
    arrive(1);
    stage_wait(&s, 2 * MINUTE_MS);
    stage_write(&s, 1, "问题", NULL);
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        platform_script(&s.p, &codes[i], 1);
        write_to(1, "x");
        assert_int_equal(left_of(1, 0), 5 - (json_int_t)i);
        stage_wait(&s, i < 2 ? 20 * HOUR_MS : 0); /* past midnight: whatever held it is over */
    }
    assert_int_equal(texts(), 2);
    assert_int_equal(outbox("dead"), 1);
    assert_int_equal(left_of(1, 0), 3);
}

static void a_kill_between_counting_and_sending_counts_once(void **state)
{
    (void)state;
    arrive(1);
    stage_wait(&s, 2 * MINUTE_MS);
    stage_write(&s, 1, "问题", NULL);
    s.p.down = true;
    write_to(1, "x");
    people_restart(&s.f);
    s.p.down = false;
    stage_wait(&s, 2 * MINUTE_MS);
    assert_int_equal(texts(), 1);
    assert_int_equal(left_of(1, 0), 4);
}

static void who_leaves_takes_their_rows_along(void **state)
{
    char args[64];
    (void)state;
    arrive(1);
    write_to(1, "x");
    snprintf(args, sizeof(args), "{\"member\":%llu}", (unsigned long long)s.members[1]);
    stage_leave(&s, 1);
    assert_non_null(strstr(admin_refused(&s.f, "message facts", args), "not any more"));
    assert_int_equal(stage_number(&s, "message hours", "{\"account\":\"shop\"}", "followers"), 0);
}

/* ---- planning */

static json_int_t plan(const char *more)
{
    char args[512];
    snprintf(args, sizeof(args), "{\"account\":\"shop\",\"all\":true,\"text\":\"新品上市\"%s}", more);
    return stage_number(&s, "message plan", args, "plan");
}

static json_int_t plan_tells(json_int_t number, const char *name)
{
    char args[64];
    snprintf(args, sizeof(args), "{\"plan\":%lld}", (long long)number);
    return stage_number(&s, "message plan-show", args, name);
}

/* A member's moment of a mass message planned now. */
static struct local_time mass_moment(void)
{
    json_t *rows = stage_rows(&s, "message who", "{\"account\":\"shop\",\"all\":true,\"channel\":\"mass\"}");
    struct local_time at = time_local(json_integer_value(json_object_get(json_array_get(rows, 0), "at_ms")));
    json_decref(rows);
    return at;
}

static void four_mass_messages_a_month_and_not_one_more(void **state)
{
    (void)state;
    arrive(1);
    arrive(2);
    for (int i = 0; i < 4; i++) {
        json_int_t number = plan(",\"channel\":\"mass\"");
        stage_wait(&s, DAY_MS);
        assert_int_equal(plan_tells(number, "sent"), 2);
    }
    assert_int_equal(platform_saw(&s.p, "message/mass/send"), 4);
    assert_int_equal(left_of(1, 1), -1);
    /* The fifth is planned for the month that follows. */
    json_int_t number = plan(",\"channel\":\"mass\"");
    stage_wait(&s, DAY_MS);
    assert_int_equal(plan_tells(number, "waits"), 2);
    stage_wait(&s, 31 * DAY_MS);
    assert_int_equal(plan_tells(number, "sent"), 2);
}

static void planned_mass_messages_count_before_they_leave(void **state)
{
    (void)state;
    arrive(1);
    arrive(2);
    stage_wait(&s, 5 * HOUR_MS); /* 0:06: everything waits for the morning */
    for (int i = 0; i < 4; i++) {
        plan(",\"channel\":\"mass\"");
    }
    assert_int_equal(mass_moment().day, 1);
}

static void nothing_planned_leaves_at_night_and_each_has_their_hour(void **state)
{
    char args[96];
    (void)state;
    arrive(1);
    arrive(2);
    stage_wait(&s, 2 * HOUR_MS); /* 21:06: the second one's hour */
    for (int i = 0; i < 3; i++) {
        stage_write(&s, 2, "晚上好", NULL);
    }
    stage_wait(&s, 15 * HOUR_MS); /* 12:06 of the next day: the first one's */
    for (int i = 0; i < 3; i++) {
        stage_write(&s, 1, "早上好", NULL);
    }
    stage_wait(&s, 11 * HOUR_MS); /* 23:06 */
    json_int_t number = plan(",\"channel\":\"window\"");
    stage_wait(&s, 8 * HOUR_MS); /* 7:06 */
    assert_int_equal(plan_tells(number, "waits"), 2);
    stage_wait(&s, 6 * HOUR_MS); /* 13:06 */
    assert_int_equal(plan_tells(number, "sent"), 1);
    stage_wait(&s, 8 * HOUR_MS); /* 21:06 */
    assert_int_equal(plan_tells(number, "sent"), 2);
    snprintf(args, sizeof(args), "{\"account\":\"shop\",\"member\":%llu}", (unsigned long long)s.members[1]);
    assert_int_equal(stage_number(&s, "message hours", args, "best_hour"), 12);
}

static void what_an_outage_held_past_bedtime_waits_for_the_morning(void **state)
{
    (void)state;
    arrive(1);
    stage_write(&s, 1, "你好", NULL);
    s.p.down = true;
    json_int_t number = plan(",\"channel\":\"window\"");
    stage_wait(&s, 4 * HOUR_MS); /* 23:06 */
    s.p.down = false;
    stage_wait(&s, HOUR_MS);
    assert_int_equal(platform_saw(&s.p, "新品上市"), 0);
    stage_wait(&s, 9 * HOUR_MS); /* 9:06 */
    assert_int_equal(plan_tells(number, "sent"), 1);
}

static void the_report_says_who_cannot_be_reached_and_why(void **state)
{
    json_t *rows, *row;
    size_t i;
    unsigned shut = 0;
    (void)state;
    for (unsigned person = 1; person <= 3; person++) {
        arrive(person);
    }
    stage_wait(&s, 2 * MINUTE_MS);
    stage_write(&s, 2, "在吗", NULL);
    json_int_t number = plan(",\"channel\":\"window\"");
    stage_leave(&s, 2);
    stage_wait(&s, MINUTE_MS);
    assert_int_equal(plan_tells(number, "cannot"), 3);
    char args[64];
    snprintf(args, sizeof(args), "{\"plan\":%lld}", (long long)number);
    rows = stage_rows(&s, "message plan-show", args);
    json_array_foreach(rows, i, row)
    {
        shut += strstr(json_string_value(json_object_get(row, "why")), "only after the member acts") != NULL;
    }
    assert_int_equal(shut, 2);
    json_decref(rows);
}

static void an_end_may_be_said_as_days_from_now(void **state)
{
    (void)state;
    arrive(1);
    stage_write(&s, 1, "在吗", NULL);
    json_int_t number = plan(",\"channel\":\"window\",\"until\":604800"); /* "+7d" */
    assert_int_equal(plan_tells(number, "cannot"), 0);
    stage_wait(&s, DAY_MS);
    assert_int_equal(plan_tells(number, "sent"), 1);
}

static void cancelled_plans_give_the_month_back(void **state)
{
    char args[64];
    (void)state;
    arrive(1);
    arrive(2);
    stage_wait(&s, 5 * HOUR_MS); /* 0:06: everything waits for the morning */
    for (int i = 0; i < 4; i++) {
        json_int_t number = plan(",\"channel\":\"mass\"");
        snprintf(args, sizeof(args), "{\"plan\":%lld}", (long long)number);
        json_decref(admin_do(&s.f, "message plan-cancel", args));
        assert_int_equal(plan_tells(number, "waits"), 0);
        assert_int_equal(plan_tells(number, "cannot"), 2);
    }
    assert_int_not_equal(mass_moment().day, 1);
}

static int half_make_plans(void *arg, struct store_tx *tx)
{
    struct message_plan half = {.account = "shop", .channel = PLAN_MASS, .text = "half", .made_by = "anna"};
    struct planned_message_row row = {.channel = MESSAGE_MASS, .due_ms = tx->now_ms + HOUR_MS};
    int rc = message_find_follower(tx, "shop", s.members[1], &row.identity);
    for (int i = 0; rc == 0 && i < 4; i++) {
        rc = message_plan_begin(tx, &half, arg);
        row.plan = *(uint64_t *)arg;
        rc = rc ? rc : message_plan_add(tx, &row);
    }
    return rc;
}

/* Central stopped between two pieces: nobody goes on with them, and they cost nobody a month's messages. */
static void half_made_plans_are_dropped_at_the_start(void **state)
{
    uint64_t half = 0;
    (void)state;
    arrive(1);
    stage_wait(&s, 5 * HOUR_MS);
    assert_int_equal(writer_call(s.f.central->writer, half_make_plans, &half), 0);
    assert_int_equal(mass_moment().day, 1);
    people_restart(&s.f);
    assert_int_equal(plan_tells((json_int_t)half, "waits"), 0);
    assert_int_equal(plan_tells((json_int_t)half, "cannot"), 1);
    assert_int_not_equal(mass_moment().day, 1);
}

static void an_hour_that_is_none_is_refused(void **state)
{
    (void)state;
    assert_non_null(strstr(admin_refused(&s.f, "message quiet", "{\"account\":\"shop\",\"from\":30,\"to\":8}"),
                           "hours are 0 to 24"));
    json_decref(admin_do(&s.f, "message quiet", "{\"account\":\"shop\",\"from\":24,\"to\":6}"));
}

static void a_cancelled_plan_sends_nothing(void **state)
{
    char args[64];
    (void)state;
    arrive(1);
    stage_write(&s, 1, "在吗", NULL);
    snprintf(args, sizeof(args), "{\"plan\":%lld}", (long long)plan(",\"channel\":\"window\""));
    json_decref(admin_do(&s.f, "message plan-cancel", args));
    stage_wait(&s, 20 * HOUR_MS);
    assert_int_equal(platform_saw(&s.p, "新品上市"), 0);
}

#define STAGE_TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_TEST(a_follow_opens_a_minute_for_three_messages),
        STAGE_TEST(a_message_of_the_member_opens_two_days_for_five),
        STAGE_TEST(the_platform_s_trouble_takes_nothing_off_the_member),
        STAGE_TEST(a_kill_between_counting_and_sending_counts_once),
        STAGE_TEST(who_leaves_takes_their_rows_along),
        STAGE_TEST(four_mass_messages_a_month_and_not_one_more),
        STAGE_TEST(planned_mass_messages_count_before_they_leave),
        STAGE_TEST(nothing_planned_leaves_at_night_and_each_has_their_hour),
        STAGE_TEST(what_an_outage_held_past_bedtime_waits_for_the_morning),
        STAGE_TEST(the_report_says_who_cannot_be_reached_and_why),
        STAGE_TEST(a_cancelled_plan_sends_nothing),
        STAGE_TEST(an_hour_that_is_none_is_refused),
        STAGE_TEST(an_end_may_be_said_as_days_from_now),
        STAGE_TEST(cancelled_plans_give_the_month_back),
        STAGE_TEST(half_made_plans_are_dropped_at_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
