#include "wechat_stage.h"

#include "domain/lift.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS   INT64_C(3600000)
#define DAY_MS    (24 * HOUR_MS)

/* A campaign's messages, from going live to who got them. The stage begins on 2026-11-18 at 19:06 in China. */

static struct stage s;

static int open_all(void **state)
{
    (void)state;
    stage_open(&s);
    for (unsigned person = 1; person <= 4; person++) {
        stage_follow(&s, person);
        stage_join(&s, person);
    }
    central_tick(s.f.central);
    stage_wait(&s, 2 * MINUTE_MS); /* the minute after the follow is over */
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    stage_close(&s);
    return 0;
}

#define MASS(at) "{\"channel\":\"mass\",\"at\":\"" at "\",\"text_zh\":\"新品到店\"}"

/* A live campaign with these messages; more: further keys. */
static uint32_t live(const char *messages, const char *more)
{
    char file[2048];
    snprintf(
        file, sizeof(file),
        "{\"name_zh\":\"会员券\",\"name_en\":\"Members\",\"mode\":\"home\",\"discount\":\"amount\",\"value\":\"5.00\","
        "\"min_spend\":\"20.00\",\"life_days\":14,\"total_limit\":100,\"terms_zh\":\"单笔满 20 元可用。\","
        "\"valid_to\":\"2026-11-29\",\"release\":\"none\",\"messages\":[%s],%s\"state\":"
        "\"live\"}",
        messages, more);
    json_t *args = json_pack("{s:s}", "file", file);
    char *text = json_dumps(args, JSON_COMPACT);
    json_t *answer = admin_do(&s.f, "campaign add", text);
    free(text);
    json_decref(args);
    uint32_t id = (uint32_t)number_of(answer, "campaign");
    central_tick(s.f.central);
    return id;
}

static void set_state(uint32_t campaign, const char *state)
{
    char args[96];
    snprintf(args, sizeof(args), "{\"campaign\":%u,\"state\":\"%s\"}", campaign, state);
    json_decref(admin_do(&s.f, "campaign set-state", args));
}

static void become(uint32_t campaign, const char *state)
{
    set_state(campaign, state);
    central_tick(s.f.central);
}

static void assert_messages(uint32_t campaign, json_int_t sent, json_int_t waits, json_int_t cannot)
{
    char args[48];
    snprintf(args, sizeof(args), "{\"campaign\":%u}", campaign);
    json_t *answer = admin_do(&s.f, "campaign messages", args);
    const json_t *result = json_object_get(answer, "result");
    assert_int_equal(json_integer_value(json_object_get(result, "sent")), sent);
    assert_int_equal(json_integer_value(json_object_get(result, "waits")), waits);
    assert_int_equal(json_integer_value(json_object_get(result, "cannot")), cannot);
    json_decref(answer);
}

/* A text of one row of the report. */
static void assert_row_says(uint32_t campaign, size_t row, const char *name, const char *part)
{
    char args[48];
    snprintf(args, sizeof(args), "{\"campaign\":%u}", campaign);
    json_t *rows = stage_rows(&s, "campaign messages", args);
    const char *text = json_string_value(json_object_get(json_array_get(rows, row), name));
    assert_non_null(text);
    assert_non_null(strstr(text, part));
    json_decref(rows);
}

static void going_live_plans_for_everybody_and_the_report_tells_who_got_it(void **state)
{
    (void)state;
    uint32_t c = live(MASS("2026-11-20 10:00"), "");
    assert_messages(c, 0, 4, 0);
    assert_row_says(c, 0, "state", "planned");
    stage_wait(&s, HOUR_MS);
    assert_int_equal(platform_saw(&s.p, "message/mass/send"), 0); /* not before its moment */
    stage_wait(&s, 3 * DAY_MS);
    assert_int_equal(platform_saw(&s.p, "message/mass/send"), 1);
    assert_messages(c, 4, 0, 0);
}

static void a_pause_cancels_and_going_on_plans_for_those_who_did_not_get_it(void **state)
{
    (void)state;
    uint32_t c = live(MASS("2026-11-20 10:00"), "");
    become(c, "paused");
    assert_messages(c, 0, 0, 4);
    assert_row_says(c, 0, "why", "4 the plan was cancelled");
    stage_wait(&s, 3 * DAY_MS);
    assert_int_equal(platform_saw(&s.p, "message/mass/send"), 0);
    become(c, "live");
    stage_wait(&s, DAY_MS);
    assert_int_equal(platform_saw(&s.p, "message/mass/send"), 1);
    assert_messages(c, 4, 0, 4); /* the cancelled plan stays in sight */
    become(c, "paused");
    become(c, "live");
    stage_wait(&s, DAY_MS);
    assert_int_equal(platform_saw(&s.p, "message/mass/send"), 1); /* nobody hears it twice */
}

static void the_end_cancels_what_waits(void **state)
{
    (void)state;
    uint32_t c = live(MASS("2026-11-20 10:00"), "");
    become(c, "ended");
    stage_wait(&s, 5 * DAY_MS);
    assert_int_equal(platform_saw(&s.p, "message/mass/send"), 0);
    assert_messages(c, 0, 0, 4);
}

static void a_restart_in_between_makes_no_second_plan(void **state)
{
    (void)state;
    uint32_t c = live(MASS("2026-11-20 10:00") "," MASS("2026-11-24 10:00"), "");
    people_restart(&s.f);
    stage_wait(&s, MINUTE_MS);
    assert_messages(c, 0, 8, 0);
    stage_wait(&s, 9 * DAY_MS);
    assert_int_equal(platform_saw(&s.p, "message/mass/send"), 2);
}

static void who_has_had_the_month_s_messages_cannot_and_the_report_says_why(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        json_decref(admin_do(&s.f, "message plan",
                             "{\"account\":\"shop\",\"all\":true,\"channel\":\"mass\",\"text\":\"周报\"}"));
    }
    uint32_t c = live(MASS("2026-11-20 10:00"), "");
    assert_messages(c, 0, 0, 4);
    assert_row_says(c, 0, "why", "4 has had the month's mass messages");
}

static unsigned held_out(uint32_t campaign, unsigned people, uint32_t permille)
{
    unsigned held = 0;
    for (unsigned person = 1; person <= people; person++)
        held += lift_held_out(campaign, s.members[person], permille);
    return held;
}

static void who_is_kept_out_hears_nothing(void **state)
{
    (void)state;
    uint32_t first = 1001; /* where operators' campaigns begin */
    unsigned people = 4, held = held_out(first, people, 500);
    for (; held == 0 || held == people; held = held_out(first, people, 500)) {
        assert_in_range(++people, 1, STAGE_PEOPLE); /* members' numbers are random: until there are both */
        stage_follow(&s, people);
        stage_join(&s, people);
    }
    uint32_t c = live(MASS("2026-11-20 10:00"), "\"holdout_permille\":500,");
    assert_int_equal(c, first);
    assert_messages(c, 0, people - held, held);
    assert_row_says(c, 0, "why", "kept out, to measure the lift");
}

static void a_reply_is_planned_when_a_member_acts_once(void **state)
{
    (void)state;
    uint32_t c =
        live("{\"channel\":\"customer_service\",\"after\":\"action\",\"delay_s\":10,\"text_zh\":\"券在会员页\"}", "");
    assert_messages(c, 0, 0, 0);
    stage_follow(&s, 5); /* has not joined */
    stage_click(&s, 1, "menu_1", NULL);
    assert_messages(c, 0, 1, 0);
    assert_int_equal(platform_saw(&s.p, "message/custom/send"), 0);
    stage_wait(&s, 11000);
    assert_int_equal(platform_saw(&s.p, "message/custom/send"), 1);
    assert_messages(c, 1, 0, 0);
    stage_wait(&s, MINUTE_MS);
    stage_click(&s, 1, "menu_1", NULL);
    stage_wait(&s, 11000);
    assert_int_equal(platform_saw(&s.p, "message/custom/send"), 1);
    become(c, "paused");
    stage_click(&s, 2, "menu_1", NULL);
    stage_wait(&s, 11000);
    assert_int_equal(platform_saw(&s.p, "message/custom/send"), 1);
    become(c, "live");
    stage_wait(&s, MINUTE_MS);
    stage_click(&s, 1, "menu_1", NULL);
    stage_click(&s, 2, "menu_1", NULL);
    stage_wait(&s, 11000);
    assert_int_equal(platform_saw(&s.p, "message/custom/send"), 2); /* the second member's first */
}

/* Both before the clockwork looks: what was planned before the pause goes, and what answers an act comes back. */
static void a_pause_that_is_over_at_once_leaves_one_plan_that_works(void **state)
{
    (void)state;
    uint32_t c = live(MASS("2026-11-20 10:00") ",{\"channel\":\"customer_service\",\"after\":\"action\",\"delay_s\":10,"
                                               "\"text_zh\":\"券在会员页\"}",
                      "");
    set_state(c, "paused");
    set_state(c, "live");
    central_tick(s.f.central);
    assert_messages(c, 0, 4, 4);
    stage_click(&s, 1, "menu_1", NULL);
    stage_wait(&s, 11000);
    assert_int_equal(platform_saw(&s.p, "message/custom/send"), 1);
    stage_wait(&s, 3 * DAY_MS);
    assert_int_equal(platform_saw(&s.p, "message/mass/send"), 1);
    assert_messages(c, 5, 0, 4);
}

static void a_reply_of_hours_waits_for_the_morning(void **state)
{
    (void)state;
    uint32_t c = live(
        "{\"channel\":\"customer_service\",\"after\":\"message\",\"delay_s\":14400,\"text_zh\":\"券在会员页\"}", "");
    stage_write(&s, 1, "有券吗", NULL); /* 19:08: four hours later it is night */
    stage_wait(&s, 6 * HOUR_MS);
    assert_messages(c, 0, 1, 0);
    stage_wait(&s, 8 * HOUR_MS);
    assert_messages(c, 1, 0, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(going_live_plans_for_everybody_and_the_report_tells_who_got_it),
        TEST(a_pause_cancels_and_going_on_plans_for_those_who_did_not_get_it),
        TEST(the_end_cancels_what_waits),
        TEST(a_restart_in_between_makes_no_second_plan),
        TEST(who_has_had_the_month_s_messages_cannot_and_the_report_says_why),
        TEST(who_is_kept_out_hears_nothing),
        TEST(a_reply_is_planned_when_a_member_acts_once),
        TEST(a_pause_that_is_over_at_once_leaves_one_plan_that_works),
        TEST(a_reply_of_hours_waits_for_the_morning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
