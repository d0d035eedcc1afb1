#include "wechat_fixture.h"

#include "central/phone/codes.h"
#include "central/phone/qr_picture.h"
#include "central/store/people_member.h"
#include "central/store/wechat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What a page's link may do as it grows old, and what joining says when it cannot be. */

#define FOLLOW "<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe]]></Event>"
#define DAY_MS INT64_C(86400000)
#define CAP    160

static struct people_fixture f;
static char page[128];

static int open_one(void **state)
{
    struct phone_answer answer;
    (void)state;
    people_open(&f, true);
    json_decref(admin_do(&f, "store add", "{\"zh\":\"松江路店\",\"en\":\"Songjiang\"}"));
    json_decref(admin_do(&f, "wechat account", "{\"name\":\"shop\",\"token\":\"" TOKEN "\"}"));
    wechat_push(&f, &(struct push){.openid = "oOnlyFollower000000000000001", .fields = FOLLOW, .created_s = 1795000001},
                &answer);
    page_path(&answer, page);
    phone_answer_finish(&answer);
    wechat_settle(&f);
    return 0;
}

static int close_one(void **state)
{
    (void)state;
    people_close(&f);
    return 0;
}

static int join(const char *form, const char *words)
{
    char target[CAP];
    struct phone_answer answer;
    snprintf(target, sizeof(target), "%s/join", page);
    phone_call(&f, "POST", target, form, &answer);
    int status = answer.status;
    assert_true(!words || strstr(buffer_text(&answer.body), words));
    phone_answer_finish(&answer);
    return status;
}

static uint64_t member(void)
{
    struct store_tx tx;
    struct channel_identity identity;
    assert_int_equal(store_read_begin(f.central->store, &tx), 0);
    assert_int_equal(wechat_find_identity(&tx, 1, &identity), 0);
    store_read_end(&tx);
    return identity.member;
}

/* The picture of the card that says who it is, as it would be now. */
static bool shows_the_card(void)
{
    char text[TOKEN_TEXT_MAX], target[CAP];
    struct buffer card;
    struct phone_answer answer;
    struct qr_picture picture = {.text = text, .format = QR_PNG};
    uint32_t now_s = (uint32_t)(clock_wall_ms(&f.clock.base) / 1000);
    assert_int_equal(codes_member_card(&f.central->keys, member(), now_s, text), 0);
    buffer_init(&card, QR_PICTURE_MAX);
    assert_int_equal(qr_picture_draw(&picture, &card), 0);
    snprintf(target, sizeof(target), "%s/code.png", page);
    phone_call(&f, "GET", target, "", &answer);
    assert_int_equal(answer.status, 200);
    bool same = answer.body.len == card.len && memcmp(answer.body.data, card.data, card.len) == 0;
    phone_answer_finish(&answer);
    buffer_finish(&card);
    return same;
}

static bool page_says(const char *words)
{
    struct phone_answer answer;
    phone_call(&f, "GET", page, "", &answer);
    bool found = strstr(buffer_text(&answer.body), words) != NULL;
    phone_answer_finish(&answer);
    return found;
}

static void a_link_of_last_week_identifies_and_no_longer_spends(void **state)
{
    (void)state;
    assert_int_equal(join("consent=2026-11-22&store=1", NULL), 303);
    assert_false(shows_the_card());
    assert_true(page_says("每分钟自动更新"));
    sim_clock_advance(&f.clock, 7 * DAY_MS - 3600000);
    assert_false(shows_the_card());
    sim_clock_advance(&f.clock, 2 * 3600000);
    assert_true(shows_the_card());
    assert_true(page_says("要用积分付款"));
}

static void joining_that_cannot_be_says_how_it_can(void **state)
{
    (void)state;
    assert_int_equal(join("consent=2026-11-22&store=77", "请返回上一页"), 400); /* no such store */
    sim_clock_advance(&f.clock, 60000);
    assert_int_equal(join("consent=2026-11-22", "请返回上一页"), 400);
    assert_int_equal(join("store=1", "请返回上一页"), 400); /* agreed to nothing */
    assert_int_equal(member(), 0);
    sim_clock_advance(&f.clock, 60000);
    assert_int_equal(join("consent=2026-11-22&store=1", NULL), 303);
    assert_int_not_equal(member(), 0);
}

static void joining_has_a_minutes_allowance(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(join("consent=2026-11-22&store=77", NULL), 400);
    }
    assert_int_equal(join("consent=2026-11-22&store=1", "try again in a minute"), 429);
    sim_clock_advance(&f.clock, 60000);
    assert_int_equal(join("consent=2026-11-22&store=1", NULL), 303);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_one, close_one)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_link_of_last_week_identifies_and_no_longer_spends),
        TEST(joining_that_cannot_be_says_how_it_can),
        TEST(joining_has_a_minutes_allowance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
