#include "wechat_stage.h"

#include "central/wechat/work.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOUR_MS INT64_C(3600000)
#define DAY_MS  (24 * HOUR_MS)

/* Automatic replies: versions, switches, who got which, and putting a wrong one right (F8, F12). */

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

static json_int_t set_reply(const char *word, const char *text, const char *more)
{
    char args[512];
    snprintf(args, sizeof(args), "{\"account\":\"shop\",\"word\":\"%s\",\"text\":\"%s\",\"by\":\"anna\"%s}", word, text,
             more);
    return stage_number(&s, "keyword set", args, "keyword");
}

static void expect_reply(unsigned person, const char *text, const char *wanted)
{
    char reply[WECHAT_REPLY_MAX];
    stage_write(&s, person, text, reply);
    if (!strstr(reply, wanted)) {
        fail_msg("\"%s\" was answered with \"%s\", not \"%s\"", text, reply, wanted);
    }
}

static json_int_t affected(json_int_t keyword, const char *more)
{
    char args[128];
    snprintf(args, sizeof(args), "{\"keyword\":%lld%s}", (long long)keyword, more);
    return stage_number(&s, "keyword affected", args, "people");
}

static void the_word_itself_goes_before_one_that_holds_it(void **state)
{
    (void)state;
    set_reply("营业", "part", "");
    set_reply("营业时间", "longer part", "");
    set_reply("时间", "whole", ",\"exact\":true");
    expect_reply(1, "你们营业吗", "part");
    expect_reply(1, "请问营业时间", "longer part");
    expect_reply(1, "时间", "whole");
    expect_reply(1, "什么时间开", "/m/"); /* whole words only, so: the usual answer */
    expect_reply(1, "@follow", "/m/");
}

static void a_follow_and_a_menu_entry_have_their_own(void **state)
{
    char reply[WECHAT_REPLY_MAX];
    (void)state;
    set_reply("@follow", "new here", "");
    set_reply("@menu/hours", "8 to 22", "");
    assert_non_null(
        strstr(admin_refused(&s.f, "keyword set", "{\"account\":\"shop\",\"word\":\"@other\",\"text\":\"x\"}"),
               "@follow and @menu/KEY"));
    assert_non_null(
        strstr(admin_refused(&s.f, "keyword set", "{\"account\":\"shpo\",\"word\":\"x\",\"text\":\"x\"}"), "shpo"));
    stage_click(&s, 1, "hours", reply);
    assert_string_equal(reply, "8 to 22");
    stage_click(&s, 1, "else", reply);
    assert_string_equal(reply, "");
}

static void a_switch_counts_from_the_next_push_on(void **state)
{
    (void)state;
    json_int_t hours = set_reply("营业", "8 to 22", "");
    char off[96], on[64];
    snprintf(off, sizeof(off), "{\"keyword\":%lld,\"why\":\"wrong\",\"by\":\"bo\"}", (long long)hours);
    snprintf(on, sizeof(on), "{\"keyword\":%lld}", (long long)hours);
    expect_reply(1, "营业", "8 to 22");
    json_decref(admin_do(&s.f, "keyword off", off));
    expect_reply(1, "营业", "/m/");
    json_decref(admin_do(&s.f, "keyword on", on));
    json_decref(admin_do(&s.f, "keyword stop", "{\"account\":\"shop\",\"why\":\"all wrong\",\"by\":\"bo\"}"));
    expect_reply(1, "营业", "/m/");
    json_decref(admin_do(&s.f, "keyword resume", "{\"account\":\"shop\"}"));
    expect_reply(1, "营业", "8 to 22");
    assert_int_equal(affected(hours, ""), 1);
}

static void a_reply_goes_stale_and_ends(void **state)
{
    char args[128];
    (void)state;
    snprintf(args, sizeof(args), ",\"until\":%lld", (long long)((PEOPLE_START_MS + 2 * DAY_MS) / 1000));
    set_reply("活动", "spring sale", args);
    json_int_t hours = set_reply("营业", "8 to 22", "");
    expect_reply(1, "活动", "spring sale");
    sim_clock_advance(&s.f.clock, 31 * DAY_MS);
    expect_reply(1, "活动", "/m/");
    expect_reply(1, "营业", "8 to 22"); /* stale is a warning, not a switch */
    json_t *rows = stage_rows(&s, "keyword list", "{\"account\":\"shop\"}"), *row;
    size_t i;
    unsigned stale = 0;
    json_array_foreach(rows, i, row)
    {
        stale += json_string_value(json_object_get(row, "stale"))[0] != '\0';
    }
    assert_int_equal(stale, 2);
    json_decref(rows);
    snprintf(args, sizeof(args), "{\"keyword\":%lld}", (long long)hours);
    json_decref(admin_do(&s.f, "keyword looked", args));
    rows = stage_rows(&s, "keyword list", "{\"account\":\"shop\"}");
    json_array_foreach(rows, i, row)
    {
        stale -= json_string_value(json_object_get(row, "stale"))[0] == '\0';
    }
    assert_int_equal(stale, 1);
    json_decref(rows);
}

/* Three got the wrong one, one of them only that; one got the right one later; one leaves; one's window has shut. */
static void a_wrong_reply_is_put_right_for_everybody_who_got_it(void **state)
{
    char args[256];
    json_int_t plan;
    (void)state;
    json_int_t hours = set_reply("营业", "we are closed", "");
    expect_reply(1, "营业", "closed");
    sim_clock_advance(&s.f.clock, 49 * HOUR_MS); /* her window shuts */
    for (unsigned person = 2; person <= 4; person++) {
        expect_reply(person, "营业吗", "closed");
    }
    set_reply("营业", "8 to 22", "");
    expect_reply(2, "营业", "8 to 22");
    expect_reply(5, "营业", "8 to 22");
    stage_leave(&s, 4);
    assert_int_equal(affected(hours, ",\"version\":1"), 3);
    assert_int_equal(affected(hours, ",\"version\":2"), 2);
    snprintf(args, sizeof(args), "{\"keyword\":%lld,\"version\":1,\"text\":\"we are open: 8 to 22\"}",
             (long long)hours);
    plan = stage_number(&s, "keyword correct", args, "plan");
    stage_wait(&s, 1000);
    assert_int_equal(platform_saw(&s.p, "we are open"), 2);
    snprintf(args, sizeof(args), "{\"plan\":%lld}", (long long)plan);
    assert_int_equal(stage_number(&s, "message plan-show", args, "sent"), 2);
    assert_int_equal(stage_number(&s, "message plan-show", args, "cannot"), 1);
    stage_wait(&s, 1000);
    assert_int_equal(platform_saw(&s.p, "we are open"), 2);
}

/* "+30d" and "-2h" arrive as distances, in seconds. */
static void days_may_be_said_from_now_on(void **state)
{
    char args[128];
    (void)state;
    json_int_t hours = set_reply("营业", "we are closed", ",\"until\":2592000");
    expect_reply(1, "营业", "closed");
    sim_clock_advance(&s.f.clock, 3 * HOUR_MS);
    expect_reply(2, "营业", "closed");
    assert_int_equal(affected(hours, ""), 2);
    assert_int_equal(affected(hours, ",\"from\":-7200"), 1);
    assert_int_equal(affected(hours, ",\"to\":-7200"), 1);
    snprintf(args, sizeof(args), "{\"keyword\":%lld,\"from\":-7200,\"text\":\"open: 8 to 22\"}", (long long)hours);
    stage_number(&s, "keyword correct", args, "plan");
    stage_wait(&s, 1000);
    assert_int_equal(platform_saw(&s.p, "open: 8 to 22"), 1);
    snprintf(args, sizeof(args), "{\"keyword\":%lld,\"from\":-99999999999,\"text\":\"x\"}", (long long)hours);
    assert_non_null(strstr(admin_refused(&s.f, "keyword correct", args), "no day of this era"));
    sim_clock_advance(&s.f.clock, 31 * DAY_MS);
    expect_reply(1, "营业", "/m/");
}

static void every_version_stays_with_who_wrote_it(void **state)
{
    char args[64];
    (void)state;
    json_int_t hours = set_reply("营业", "8 to 20", "");
    set_reply("营业", "8 to 22", "");
    snprintf(args, sizeof(args), "{\"keyword\":%lld}", (long long)hours);
    json_t *rows = stage_rows(&s, "keyword versions", args);
    assert_int_equal(json_array_size(rows), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(rows, 1), "text")), "8 to 20");
    assert_string_equal(json_string_value(json_object_get(json_array_get(rows, 1), "by")), "anna");
    json_decref(rows);
}

#define STAGE_TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_TEST(the_word_itself_goes_before_one_that_holds_it),
        STAGE_TEST(a_follow_and_a_menu_entry_have_their_own),
        STAGE_TEST(a_switch_counts_from_the_next_push_on),
        STAGE_TEST(a_reply_goes_stale_and_ends),
        STAGE_TEST(days_may_be_said_from_now_on),
        STAGE_TEST(a_wrong_reply_is_put_right_for_everybody_who_got_it),
        STAGE_TEST(every_version_stays_with_who_wrote_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
