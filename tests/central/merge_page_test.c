#include "wechat_fixture.h"

#include "central/store/people_merge.h"
#include "central/store/wechat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* One person with two followers' pages joins them: a code of the one, typed on the other, confirmed on the first. */

#define FOLLOW "<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe]]></Event>"
#define CAP    160

static struct people_fixture f;
static char first[128], second[128]; /* pages; the first one joined before the other */

static void follow(const char *openid, int64_t created_s, char out_page[128])
{
    struct phone_answer answer;
    char target[CAP];
    wechat_push(&f, &(struct push){.openid = openid, .fields = FOLLOW, .created_s = created_s}, &answer);
    page_path(&answer, out_page);
    phone_answer_finish(&answer);
    wechat_settle(&f);
    snprintf(target, sizeof(target), "%s/join", out_page);
    phone_call(&f, "POST", target, "consent=2026-11-22&store=1", &answer);
    assert_int_equal(answer.status, 303);
    phone_answer_finish(&answer);
    sim_clock_advance(&f.clock, 1000);
}

static int open_both(void **state)
{
    (void)state;
    people_open(&f, true);
    json_decref(admin_do(&f, "store add", "{\"zh\":\"松江路店\",\"en\":\"Songjiang\"}"));
    json_decref(admin_do(&f, "wechat account", "{\"name\":\"shop\",\"token\":\"" TOKEN "\"}"));
    follow("oTheFirstFollower000000000001", 1795000001, first);
    follow("oTheOtherFollower000000000002", 1795000002, second);
    return 0;
}

static int close_both(void **state)
{
    (void)state;
    people_close(&f);
    return 0;
}

/* What the page says then. */
static void act(const char *page, const char *form, const char *done)
{
    char target[CAP];
    struct phone_answer answer;
    snprintf(target, sizeof(target), "%s/merge", page);
    phone_call(&f, "POST", target, form, &answer);
    assert_int_equal(answer.status, 303);
    snprintf(target, sizeof(target), "%s/privacy%s%s", page, done[0] ? "?done=" : "", done);
    assert_string_equal(answer.location, target);
    phone_answer_finish(&answer);
}

static bool says(const char *page, const char *what, const char *words)
{
    char target[CAP];
    struct phone_answer answer;
    snprintf(target, sizeof(target), "%s%s", page, what);
    phone_call(&f, "GET", target, "", &answer);
    bool found = strstr(buffer_text(&answer.body), words) != NULL;
    phone_answer_finish(&answer);
    return found;
}

/* The form with the code that the page shows. */
static void read_code(const char *page, char out_form[64])
{
    char target[CAP];
    struct phone_answer answer;
    snprintf(target, sizeof(target), "%s/privacy", page);
    phone_call(&f, "GET", target, "", &answer);
    const char *at = strstr(buffer_text(&answer.body), "<p class=\"short\">");
    assert_non_null(at);
    snprintf(out_form, 64, "step=give&code=%.14s", at + strlen("<p class=\"short\">"));
    phone_answer_finish(&answer);
}

static size_t members(void)
{
    return (size_t)number_of(admin_do(&f, "member list", ""), "members");
}

static void both_pages_say_yes_and_are_one_member(void **state)
{
    char form[64];
    (void)state;
    act(second, "step=offer", "");
    read_code(second, form);
    act(first, form, "given");
    assert_int_equal(members(), 2); /* not before the second page has confirmed */
    assert_true(says(second, "/privacy", "都是我，合并"));
    act(second, "step=yes", "merged");
    assert_int_equal(members(), 1);
    json_t *list = admin_do(&f, "member merges", "");
    json_t *row = json_array_get(json_object_get(json_object_get(list, "result"), "rows"), 0);
    assert_string_equal(json_string_value(json_object_get(row, "who")), "member");
    struct store_tx tx;
    struct channel_identity older;
    assert_int_equal(store_read_begin(f.central->store, &tx), 0);
    assert_int_equal(wechat_find_identity(&tx, 1, &older), 0);
    store_read_end(&tx);
    char number[24];
    snprintf(number, sizeof(number), "%llu", (unsigned long long)older.member);
    assert_string_equal(json_string_value(json_object_get(row, "member")), number); /* who joined first stays */
    json_decref(list);
    snprintf(form, sizeof(form), "data-member=\"%s\"", number);
    assert_true(says(first, "", form));
    assert_true(says(second, "", form));
}

static void a_no_ends_it(void **state)
{
    char form[64];
    (void)state;
    act(first, "step=offer", "");
    read_code(first, form);
    act(second, form, "given");
    act(first, "step=no", "");
    act(first, "step=yes", "nocode");
    assert_int_equal(members(), 2);
    act(second, form, "nocode"); /* and the code with it */
}

static void nobody_can_say_yes_for_the_other(void **state)
{
    char form[64];
    (void)state;
    act(first, "step=offer", "");
    read_code(first, form);
    act(first, "step=yes", "nocode"); /* nobody gave the code yet */
    act(second, form, "given");
    act(second, "step=yes", "nocode");
    act(first, form, "nocode"); /* one's own code proves nothing */
    assert_int_equal(members(), 2);
}

/* Whoever saw it over a shoulder cannot take the place of the one that the first page is asked about. */
static void a_code_is_given_once(void **state)
{
    char form[64], third[128];
    (void)state;
    follow("oTheThirdFollower000000000003", 1795000003, third);
    act(first, "step=offer", "");
    read_code(first, form);
    act(second, form, "given");
    act(third, form, "nocode");
    act(first, "step=yes", "merged");
    snprintf(form, sizeof(form), "data-member=\"");
    assert_true(says(second, "", form));
    assert_int_equal(members(), 2);
    act(first, "step=offer", "");
    act(second, "step=yes", "nocode"); /* one member's pages now, each with its own codes */
}

static void a_code_lives_for_ten_minutes(void **state)
{
    char form[64];
    (void)state;
    act(first, "step=offer", "");
    read_code(first, form);
    sim_clock_advance(&f.clock, MERGE_OFFER_MS);
    act(second, form, "nocode");
    assert_false(says(first, "/privacy", "class=\"short\""));
    act(second, "step=give&code=AAAA-BBBB-CCCC", "nocode");
    act(second, "step=give", "nocode");
}

static void a_form_that_says_nothing_is_refused(void **state)
{
    char target[CAP];
    struct phone_answer answer;
    (void)state;
    snprintf(target, sizeof(target), "%s/merge", first);
    phone_call(&f, "POST", target, "step=maybe", &answer);
    assert_int_equal(answer.status, 400);
    phone_answer_finish(&answer);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_both, close_both)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(both_pages_say_yes_and_are_one_member), TEST(a_no_ends_it),
        TEST(nobody_can_say_yes_for_the_other),      TEST(a_code_is_given_once),
        TEST(a_code_lives_for_ten_minutes),          TEST(a_form_that_says_nothing_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
