#include "campaign_rig.h"

#include "central/store/campaign_survey.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct rig rig;
static uint32_t campaign;
static json_int_t survey;
static uint64_t user, idle, stranger;

static int open_asked(void **state)
{
    char args[256];
    (void)state;
    rig_open(&rig, 1);
    campaign = rig_campaign(&rig, "release-with-holdout", "{\"holdout_permille\":0}");
    user = rig_member(&rig, 1);
    idle = rig_member(&rig, 1);
    stranger = rig_member(&rig, 1);
    struct issued given = rig_issue(&rig, campaign, user);
    rig_issue(&rig, campaign, idle);
    rig_redeem(&rig, 1, given.coupon.id, user);
    snprintf(args, sizeof(args), "{\"zh\":\"为什么没用这张券？\",\"answers_zh\":\"忘了|太远|不需要\",\"campaign\":%u}",
             campaign);
    survey = number_of(admin_do(&rig.p, "survey add", args), "survey");
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    rig_close(&rig);
    return 0;
}

static const char *reply_args(uint64_t member, int answer)
{
    static char args[128];
    snprintf(args, sizeof(args), "{\"survey\":%lld,\"member\":%llu,\"answer\":%d}", (long long)survey,
             (unsigned long long)member, answer);
    return args;
}

static json_int_t counted(const char *answer, const char *what)
{
    char args[48];
    snprintf(args, sizeof(args), "{\"survey\":%lld}", (long long)survey);
    json_t *report = admin_do(&rig.p, "survey report", args);
    json_int_t value = answer[0] ? rig_row(report, "zh", answer, what) : rig_result(report, what);
    json_decref(report);
    return value;
}

static void tap(uint64_t member, uint8_t answer)
{
    struct body body = {.kind = RECORD_SURVEY_ANSWER,
                        .survey_answer = {(uint32_t)survey, answer, member, clock_wall_ms(&rig.f.clock.base)}};
    terminal_record(&rig.terminals[0], &body);
}

static void answers_stand_beside_what_became_of_the_coupons(void **state)
{
    (void)state;
    json_decref(admin_do(&rig.p, "survey answer", reply_args(user, 2)));
    tap(idle, 1);
    assert_int_equal(counted("太远", "used"), 1);
    assert_int_equal(counted("忘了", "unused"), 1);
    assert_int_equal(counted("不需要", "total"), 0);
    assert_int_equal(counted("", "given"), 2);
    assert_int_equal(counted("", "used"), 1);
}

static void a_member_is_heard_once_and_only_of_the_audience(void **state)
{
    (void)state;
    json_decref(admin_do(&rig.p, "survey answer", reply_args(user, 2)));
    assert_non_null(strstr(admin_refused(&rig.p, "survey answer", reply_args(user, 1)), "already"));
    assert_non_null(strstr(admin_refused(&rig.p, "survey answer", reply_args(stranger, 1)), "not for"));
    assert_non_null(strstr(admin_refused(&rig.p, "survey answer", reply_args(idle, 4)), "answer"));
    tap(user, 1); /* again, at the screen */
    assert_int_equal(counted("忘了", "total"), 0);
}

static void whoever_taps_unknown_is_counted_apart(void **state)
{
    (void)state;
    tap(0, 1);
    tap(0, 1);
    tap(stranger, 1);
    tap(0, 9); /* no such answer: the record stays, nothing is counted */
    assert_int_equal(counted("忘了", "total"), 3);
    assert_int_equal(counted("忘了", "others"), 3);
}

static void the_stores_hear_the_question_and_its_end(void **state)
{
    char args[48];
    struct feed_found found = {.kind = FEED_SURVEY};
    struct feed_survey item;
    (void)state;
    terminal_find_in_feed(&rig.terminals[0], FEED_SURVEY, &found);
    assert_int_equal(feed_survey_decode((struct slice){found.body, found.len}, &item), 0);
    assert_string_equal(item.answers_zh[1], "太远");
    assert_false(item.gone);
    snprintf(args, sizeof(args), "{\"survey\":%lld}", (long long)survey);
    json_decref(admin_do(&rig.p, "survey close", args));
    found = (struct feed_found){.kind = FEED_SURVEY};
    terminal_find_in_feed(&rig.terminals[0], FEED_SURVEY, &found);
    assert_int_equal(feed_survey_decode((struct slice){found.body, found.len}, &item), 0);
    assert_true(item.gone);
    assert_non_null(strstr(admin_refused(&rig.p, "survey answer", reply_args(user, 1)), "closed"));
}

static int count_open(void *context, const struct survey *asked)
{
    assert_int_equal(asked->asked.survey, survey);
    (*(unsigned *)context)++;
    return 0;
}

static unsigned open_for(uint64_t member)
{
    struct store_tx tx;
    unsigned count = 0;
    assert_int_equal(store_read_begin(rig.f.central->store, &tx), 0);
    assert_int_equal(survey_each_open(&tx, member, count_open, &count), 0);
    store_read_end(&tx);
    return count;
}

static void the_member_page_asks_whom_it_concerns_until_they_answered(void **state)
{
    (void)state;
    assert_int_equal(open_for(user), 1);
    assert_int_equal(open_for(stranger), 0);
    json_decref(admin_do(&rig.p, "survey answer", reply_args(user, 3)));
    assert_int_equal(open_for(user), 0);
}

static void what_every_member_is_asked_is_not_for_another_brands(void **state)
{
    (void)state;
    survey = number_of(admin_do(&rig.p, "survey add", "{\"zh\":\"还来吗？\",\"answers_zh\":\"来|不来\"}"), "survey");
    assert_non_null(strstr(admin_refused(&rig.p, "survey answer", reply_args(rig_foreigner(&rig), 1)), "not for"));
    json_decref(admin_do(&rig.p, "survey answer", reply_args(stranger, 1)));
    assert_int_equal(counted("来", "total"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_asked, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(answers_stand_beside_what_became_of_the_coupons),
        TEST(a_member_is_heard_once_and_only_of_the_audience),
        TEST(whoever_taps_unknown_is_counted_apart),
        TEST(the_stores_hear_the_question_and_its_end),
        TEST(what_every_member_is_asked_is_not_for_another_brands),
        TEST(the_member_page_asks_whom_it_concerns_until_they_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
