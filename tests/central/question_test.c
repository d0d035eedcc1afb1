#include "wechat_stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS   (60 * MINUTE_MS)

/* The inbox: every question stays open until its answer has left (F8, F11). */

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

static json_int_t count(const char *name)
{
    return stage_number(&s, "question list", "", name);
}

static void answer(int question, const char *text)
{
    char args[128];
    snprintf(args, sizeof(args), "{\"question\":%d,\"text\":\"%s\",\"by\":\"anna\"}", question, text);
    stage_wait(&s, 1000);
    json_decref(admin_do(&s.f, "question answer", args));
    stage_wait(&s, 1000);
    stage_wait(&s, 1000);
}

/* A field of one question, valid until the next call. */
static const char *field(int question, const char *name)
{
    static char text[160];
    char args[48];
    snprintf(args, sizeof(args), "{\"question\":%d}", question);
    json_t *answered = admin_do(&s.f, "question show", args);
    snprintf(text, sizeof(text), "%s", json_string_value(json_object_get(json_object_get(answered, "result"), name)));
    json_decref(answered);
    return text;
}

static void a_question_is_open_until_its_answer_has_left(void **state)
{
    (void)state;
    stage_write(&s, 1, "有没有大号？", NULL);
    stage_write(&s, 1, "红色的", NULL); /* belongs to it */
    assert_int_equal(count("open"), 1);
    s.p.down = true;
    answer(1, "有的");
    assert_string_equal(field(1, "state"), "answer under way");
    assert_int_equal(count("open"), 1);
    s.p.down = false;
    stage_wait(&s, 2 * MINUTE_MS);
    stage_wait(&s, 1000);
    assert_string_equal(field(1, "state"), "answered");
    assert_string_equal(field(1, "by"), "anna");
    assert_int_equal(count("open"), 0);
    json_t *rows = stage_rows(&s, "question show", "{\"question\":1}");
    assert_int_equal(json_array_size(rows), 3);
    json_decref(rows);
    assert_false(folder_holds(s.f.dir, "大号"));
    assert_false(folder_holds(s.f.dir, "有的"));
}

static void after_a_quarter_of_an_hour_it_is_late_and_says_so(void **state)
{
    (void)state;
    stage_write(&s, 1, "有人吗", NULL);
    stage_wait(&s, 15 * MINUTE_MS - 1);
    assert_int_equal(count("late"), 0);
    stage_wait(&s, 1);
    assert_int_equal(count("late"), 1);
    stage_wait(&s, MINUTE_MS);
    assert_int_equal(s.f.central->metrics.questions_escalated, 1); /* once */
    assert_int_equal(s.f.central->metrics.questions_late, 1);
    assert_true(folder_holds(s.f.dir, "quarter of an hour"));
    json_decref(admin_do(&s.f, "question assign", "{\"question\":1,\"who\":\"bo\"}"));
    assert_int_equal(row_count(admin_do(&s.f, "question list", "{\"late\":true,\"assigned\":\"bo\"}")), 1);
    assert_int_equal(row_count(admin_do(&s.f, "question list", "{\"assigned\":\"anna\"}")), 0);
}

static void an_answer_that_does_not_arrive_opens_it_again(void **state)
{
    static const int refused = 45047;
    (void)state;
    stage_write(&s, 1, "在吗", NULL);
    platform_script(&s.p, &refused, 1);
    answer(1, "在");
    assert_string_equal(field(1, "state"), "open");
    assert_non_null(strstr(field(1, "reason"), "used"));
    answer(1, "在的");
    assert_string_equal(field(1, "state"), "answered");
}

static void who_writes_after_the_answer_asks_again(void **state)
{
    (void)state;
    stage_write(&s, 1, "在吗", NULL);
    s.p.down = true;
    answer(1, "在");
    stage_wait(&s, MINUTE_MS);
    stage_write(&s, 1, "还有一个问题", NULL);
    s.p.down = false;
    stage_wait(&s, 2 * MINUTE_MS);
    stage_wait(&s, 1000);
    assert_string_equal(field(1, "state"), "open");
    answer(1, "请讲");
    assert_string_equal(field(1, "state"), "answered");
    stage_write(&s, 1, "第三个", NULL);
    assert_int_equal(count("open"), 1);
    assert_string_equal(field(2, "state"), "open");
}

static void without_a_window_an_answer_is_refused_and_nothing_is_lost(void **state)
{
    (void)state;
    stage_write(&s, 1, "在吗", NULL);
    stage_wait(&s, 49 * HOUR_MS);
    assert_non_null(strstr(admin_refused(&s.f, "question answer", "{\"question\":1,\"text\":\"x\"}"),
                           "only after the member acts"));
    assert_string_equal(field(1, "state"), "late");
    json_decref(admin_do(&s.f, "question close", "{\"question\":1,\"why\":\"came to the shop\",\"by\":\"bo\"}"));
    assert_string_equal(field(1, "state"), "closed");
    assert_non_null(strstr(admin_refused(&s.f, "question close", "{\"question\":1,\"why\":\"x\"}"), "not open"));
}

static void what_a_word_answers_asks_nobody(void **state)
{
    (void)state;
    json_decref(admin_do(&s.f, "keyword set", "{\"account\":\"shop\",\"word\":\"营业\",\"text\":\"8 to 22\"}"));
    stage_write(&s, 1, "营业时间", NULL);
    assert_int_equal(count("open"), 0);
    stage_click(&s, 1, "menu", NULL);
    assert_int_equal(count("open"), 0);
}

static void messages_are_found_by_their_words(void **state)
{
    (void)state;
    stage_write(&s, 1, "有没有大号？", NULL);
    stage_write(&s, 2, "小号还有吗", NULL);
    stage_write(&s, 3, "大号缺货吗", NULL);
    assert_int_equal(row_count(admin_do(&s.f, "question search", "{\"account\":\"shop\",\"words\":\"大号\"}")), 2);
    stage_leave(&s, 3);
    assert_int_equal(row_count(admin_do(&s.f, "question search", "{\"account\":\"shop\",\"words\":\"大号\"}")), 1);
    sim_clock_advance(&s.f.clock, 31 * 24 * HOUR_MS);
    assert_int_equal(row_count(admin_do(&s.f, "question search", "{\"account\":\"shop\",\"words\":\"大号\"}")), 0);
    assert_int_equal(
        row_count(admin_do(&s.f, "question search", "{\"account\":\"shop\",\"words\":\"大号\",\"days\":40}")), 1);
}

static void who_leaves_closes_their_question(void **state)
{
    (void)state;
    stage_write(&s, 1, "在吗", NULL);
    answer(1, "在");
    stage_write(&s, 1, "好", NULL);
    stage_leave(&s, 1);
    assert_int_equal(count("open"), 0);
    assert_string_equal(field(2, "state"), "left");
    assert_int_equal(row_count(admin_do(&s.f, "question show", "{\"question\":1}")), 0);
}

#define STAGE_TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STAGE_TEST(a_question_is_open_until_its_answer_has_left),
        STAGE_TEST(after_a_quarter_of_an_hour_it_is_late_and_says_so),
        STAGE_TEST(an_answer_that_does_not_arrive_opens_it_again),
        STAGE_TEST(who_writes_after_the_answer_asks_again),
        STAGE_TEST(without_a_window_an_answer_is_refused_and_nothing_is_lost),
        STAGE_TEST(what_a_word_answers_asks_nobody),
        STAGE_TEST(messages_are_found_by_their_words),
        STAGE_TEST(who_leaves_closes_their_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
