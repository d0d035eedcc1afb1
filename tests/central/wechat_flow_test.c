#include "wechat_fixture.h"

#include "central/store/feed.h"
#include "central/store/people_member.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OPENID    "oTestPersonNumberOne000000001"
#define SUBSCRIBE "<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[subscribe]]></Event>"
#define SCAN      "<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[SCAN]]></Event>"
#define BY_T1     SUBSCRIBE "<EventKey><![CDATA[qrscene_t1]]></EventKey><Ticket><![CDATA[gQ]]></Ticket>"
#define LEAVE     "<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[unsubscribe]]></Event>"

static struct people_fixture f;

/* Two stores, a clerk, a touchpoint of store 1 (terminal 7, shelf, clerk 1), a welcome campaign, the account. */
static int open_shop(void **state)
{
    (void)state;
    people_open(&f, true);
    json_decref(admin_do(&f, "store add", "{\"zh\":\"松江路店\",\"en\":\"Songjiang\"}"));
    json_decref(admin_do(&f, "store add", "{\"zh\":\"望海街店\",\"en\":\"Wanghai\"}"));
    json_decref(admin_do(&f, "clerk add", "{\"store\":1,\"name\":\"王强\",\"pin\":\"1357\"}"));
    json_decref(admin_do(&f, "wechat account", "{\"name\":\"shop\",\"token\":\"" TOKEN "\"}"));
    json_decref(admin_do(&f, "touchpoint add", "{\"store\":1,\"terminal\":7,\"clerk\":1,\"shelf\":\"冷饮柜\"}"));
    json_decref(admin_do(
        &f, "campaign add",
        "{\"file\":\"{\\\"name_zh\\\":\\\"见面礼\\\",\\\"mode\\\":\\\"home\\\",\\\"discount\\\":\\\"amount\\\","
        "\\\"value\\\":\\\"5.00\\\",\\\"life_days\\\":30,"
        "\\\"total_limit\\\":1000,\\\"budget\\\":\\\"5000.00\\\",\\\"terms_zh\\\":\\\"会员专享，每人一张\\\","
        "\\\"joining\\\":true,\\\"state\\\":\\\"live\\\"}\"}"));
    return 0;
}

static int close_shop(void **state)
{
    (void)state;
    people_close(&f);
    return 0;
}

static void push(const char *fields, int64_t created_s, char out_path[128])
{
    struct phone_answer answer;
    wechat_push(&f, &(struct push){.openid = OPENID, .fields = fields, .created_s = created_s}, &answer);
    assert_int_equal(answer.status, 200);
    page_path(&answer, out_path);
    phone_answer_finish(&answer);
    wechat_settle(&f);
}

static void join(const char *path, const char *form)
{
    char target[160];
    struct phone_answer answer;
    snprintf(target, sizeof(target), "%s/join", path);
    phone_call(&f, "POST", target, form, &answer);
    assert_int_equal(answer.status, 303);
    assert_string_equal(answer.location, path);
    phone_answer_finish(&answer);
}

static void open_page(const char *path, int status, const char *words)
{
    struct phone_answer answer;
    phone_call(&f, "GET", path, "", &answer);
    assert_int_equal(answer.status, status);
    assert_string_equal(answer.cache, "no-store");
    assert_non_null(strstr(buffer_text(&answer.body), words));
    phone_answer_finish(&answer);
}

static json_t *first_row(json_t *answer)
{
    json_t *row = json_incref(json_array_get(json_object_get(json_object_get(answer, "result"), "rows"), 0));
    json_decref(answer);
    return row;
}

static json_int_t funnel(const char *name)
{
    json_t *row = first_row(admin_do(&f, "touchpoint report", ""));
    json_int_t value = json_integer_value(json_object_get(row, name));
    json_decref(row);
    return value;
}

static int read_greeting(struct feed_greeting *out_greeting)
{
    struct store_tx tx;
    uint8_t body[FEED_BODY_MAX];
    size_t len = 0;
    int rc = -ENOENT;
    struct feed_target target = {.brand = f.central->brand, .store = 1};
    assert_int_equal(store_read_begin(f.central->store, &tx), 0);
    for (int id = 9; rc == -ENOENT && id > 0; id--) {
        char key[FEED_KEY_MAX];
        snprintf(key, sizeof(key), "%d", id);
        rc = feed_find(&tx, target, FEED_GREETING, key, body, sizeof(body), &len);
    }
    store_read_end(&tx);
    return rc ? rc : feed_greeting_decode((struct slice){body, len}, out_greeting);
}

static void the_url_check_answers_the_echo_only_to_the_right_signature(void **state)
{
    struct phone_answer answer;
    (void)state;
    phone_call(&f, "GET",
               "/wechat/shop?signature=0000000000000000000000000000000000000000&timestamp=1&nonce=2&echostr=hello", "",
               &answer);
    assert_int_equal(answer.status, 403);
    phone_answer_finish(&answer);
    phone_call(&f, "GET", "/wechat/nobody?signature=1&timestamp=1&nonce=2&echostr=hello", "", &answer);
    assert_int_equal(answer.status, 404);
    phone_answer_finish(&answer);
}

static void a_malformed_push_is_refused_and_nothing_is_kept(void **state)
{
    struct phone_answer answer;
    (void)state;
    wechat_push(&f, &(struct push){.openid = "o1", .fields = "<broken>", .created_s = 1}, &answer);
    assert_int_equal(answer.status, 400);
    phone_answer_finish(&answer);
    assert_int_equal(number_of(admin_do(&f, "wechat inbox", ""), "messages"), 0);
}

static void a_follow_is_answered_with_the_member_page(void **state)
{
    char path[128];
    (void)state;
    push(BY_T1, 1795000001, path);
    assert_int_equal(strncmp(path, "/m/", 3), 0);
    open_page(path, 200, "成为会员");
    open_page(path, 200, "松江路店");
    assert_int_equal(funnel("follows"), 1);
    assert_int_equal(row_count(admin_do(&f, "member list", "")), 0);
}

static void the_same_push_again_counts_once_and_gets_the_same_answer(void **state)
{
    char first[128], again[128];
    (void)state;
    push(BY_T1, 1795000001, first);
    push(BY_T1, 1795000001, again);
    assert_string_equal(first, again);
    assert_int_equal(funnel("follows"), 1);
    assert_int_equal(number_of(admin_do(&f, "wechat inbox", ""), "messages"), 1);
}

static void joining_wins_the_member_for_store_terminal_shelf_and_clerk(void **state)
{
    char path[128];
    struct feed_greeting greeting;
    (void)state;
    push(BY_T1, 1795000001, path);
    join(path, "consent=2026-11");
    json_t *member = first_row(admin_do(&f, "member list", ""));
    assert_int_equal(json_integer_value(json_object_get(member, "store")), 1);
    assert_int_equal(json_integer_value(json_object_get(member, "touchpoint")), 1);
    assert_int_equal(json_integer_value(json_object_get(member, "terminal")), 7);
    assert_int_equal(json_integer_value(json_object_get(member, "clerk")), 1);
    assert_string_equal(json_string_value(json_object_get(member, "shelf")), "冷饮柜");
    assert_int_equal(read_greeting(&greeting), 0);
    assert_int_equal(greeting.member, json_integer_value(json_object_get(member, "member")));
    assert_int_equal(greeting.touchpoint, 1);
    assert_int_equal(greeting.issued_coupons, 1);
    assert_int_equal(row_count(admin_do(&f, "coupon list", "")), 1);
    assert_int_equal(funnel("joins"), 1);
    open_page(path, 200, "减 5 元");
    json_decref(member);
}

static void pressing_the_button_twice_makes_one_member(void **state)
{
    char path[128];
    (void)state;
    push(BY_T1, 1795000001, path);
    join(path, "consent=2026-11");
    join(path, "consent=2026-11");
    assert_int_equal(row_count(admin_do(&f, "member list", "")), 1);
    assert_int_equal(row_count(admin_do(&f, "coupon list", "")), 1);
}

static void refuse(const char *path, const char *form)
{
    char target[160];
    struct phone_answer answer;
    snprintf(target, sizeof(target), "%s/join", path);
    phone_call(&f, "POST", target, form, &answer);
    assert_int_equal(answer.status, 400);
    phone_answer_finish(&answer);
    assert_int_equal(row_count(admin_do(&f, "member list", "")), 0);
}

/* As often as a page is answered within a minute. */
static void nobody_joins_without_consent(void **state)
{
    char path[128];
    (void)state;
    push(BY_T1, 1795000001, path);
    refuse(path, "");
    refuse(path, "consent=");
    refuse(path, "store=1");
}

static void nobody_joins_by_words_that_are_not_ours(void **state)
{
    char path[128];
    (void)state;
    push(BY_T1, 1795000001, path);
    refuse(path, "consent=1999-01");
}

static void without_a_scene_the_member_is_unattributed_and_chooses_a_store(void **state)
{
    char path[128];
    (void)state;
    push(SUBSCRIBE, 1795000001, path);
    open_page(path, 200, "常去的门店");
    join(path, "consent=2026-11&store=2");
    json_t *member = first_row(admin_do(&f, "member list", ""));
    assert_int_equal(json_integer_value(json_object_get(member, "store")), 2);
    assert_int_equal(json_integer_value(json_object_get(member, "touchpoint")), 0);
    assert_int_equal(json_integer_value(json_object_get(member, "won_by_store")), 0);
    json_decref(member);
}

static void an_attribution_is_corrected_by_a_record_with_a_reason(void **state)
{
    char path[128], args[160];
    (void)state;
    push(SUBSCRIBE, 1795000001, path);
    join(path, "consent=2026-11&store=1");
    json_t *member = first_row(admin_do(&f, "member list", ""));
    json_int_t id = json_integer_value(json_object_get(member, "member"));
    json_decref(member);
    size_t before = row_count(admin_do(&f, "journal tail", "{\"limit\":500}"));
    snprintf(args, sizeof(args), "{\"member\":%lld,\"touchpoint\":1,\"why\":\"scanned at the shelf\"}", (long long)id);
    json_decref(admin_do(&f, "member attribute", args));
    member = first_row(admin_do(&f, "member list", ""));
    assert_int_equal(json_integer_value(json_object_get(member, "clerk")), 1);
    json_decref(member);
    assert_int_equal(row_count(admin_do(&f, "journal tail", "{\"limit\":500}")),
                     before + 2); /* and its clerk's credit */
}

static void a_member_who_scans_again_is_greeted_there(void **state)
{
    char path[128];
    struct feed_greeting first, second;
    (void)state;
    push(BY_T1, 1795000001, path);
    join(path, "consent=2026-11");
    assert_int_equal(read_greeting(&first), 0);
    push(SCAN "<EventKey><![CDATA[t1]]></EventKey>", 1795000050, path);
    assert_int_equal(read_greeting(&second), 0);
    assert_int_equal(second.member, first.member);
    assert_true(second.greeting > first.greeting);
    assert_int_equal(second.issued_coupons, 0);
    assert_int_equal(funnel("scans"), 1);
}

static void the_page_gives_pictures_to_its_owner_only(void **state)
{
    char path[128], target[200];
    struct phone_answer answer;
    (void)state;
    push(BY_T1, 1795000001, path);
    snprintf(target, sizeof(target), "%s/code.png", path);
    open_page(target, 404, "链接已失效");
    join(path, "consent=2026-11");
    phone_call(&f, "GET", target, "", &answer);
    assert_int_equal(answer.status, 200);
    assert_memory_equal(answer.body.data, "\x89PNG", 4);
    phone_answer_finish(&answer);
    snprintf(target, sizeof(target), "%s/coupon/1001-1.png", path);
    phone_call(&f, "GET", target, "", &answer);
    assert_int_equal(answer.status, 200);
    phone_answer_finish(&answer);
    json_decref(admin_do(&f, "coupon issue", "{\"campaign\":1001,\"store\":1}"));
    snprintf(target, sizeof(target), "%s/coupon/1001-2.png", path);
    open_page(target, 404, "链接已失效");
}

static void a_guessed_link_leads_nowhere(void **state)
{
    char path[128];
    (void)state;
    push(BY_T1, 1795000001, path);
    path[strlen(path) - 2] ^= 1;
    open_page(path, 404, "链接已失效");
    open_page("/m/AAAAAAAAAAEAAAAAAAAAAAAAAAAAAAAA", 404, "链接已失效");
    open_page("/m/x", 404, "链接已失效");
}

static void a_personal_id_stands_nowhere_in_the_clear(void **state)
{
    char path[128];
    (void)state;
    push(BY_T1, 1795000001, path);
    join(path, "consent=2026-11");
    push("<MsgType>text</MsgType><Content>你好</Content><MsgId>77</MsgId>", 1795000002, path);
    assert_false(folder_holds(f.dir, OPENID));
}

static void unsubscribing_erases_the_person_and_leaves_the_books(void **state)
{
    char path[128], none[128];
    (void)state;
    push(BY_T1, 1795000001, path);
    join(path, "consent=2026-11");
    push(LEAVE, 1795000060, none);
    assert_string_equal(none, "");
    open_page(path, 404, "链接已失效");
    assert_int_equal(funnel("unfollows"), 1);
    assert_int_equal(row_count(admin_do(&f, "member list", "")), 1);
    assert_int_equal(row_count(admin_do(&f, "coupon list", "")), 1);
    people_restart(&f);
    assert_false(folder_holds(f.dir, OPENID));
    /* nothing sealed is left either: the person who returns is somebody new */
    push(BY_T1, 1795000120, path);
    open_page(path, 200, "成为会员");
}

static json_int_t acquisition(const char *name)
{
    json_t *row = first_row(admin_do(&f, "acquisition report", ""));
    json_int_t value = json_integer_value(json_object_get(row, name));
    json_decref(row);
    return value;
}

/* Central's clockwork looks once a minute of its own time; here it is made to look. */
static void after_days(int days)
{
    sim_clock_advance(&f.clock, days * INT64_C(86400000));
    central_work(f.central);
}

static void a_clerk_s_credit_for_a_member_is_pending_and_vests_at_day_21(void **state)
{
    char path[128];
    (void)state;
    push(BY_T1, 1795000001, path);
    join(path, "consent=2026-11");
    assert_int_equal(acquisition("pending"), 1);
    assert_int_equal(acquisition("pending_minor"), 100);
    after_days(20);
    assert_int_equal(acquisition("pending"), 1);
    after_days(2);
    assert_int_equal(acquisition("pending"), 0);
    assert_int_equal(acquisition("vested_minor"), 100);
    json_t *row = first_row(admin_do(&f, "books", "{\"account\":\"acquisition/s1/c1\",\"verify\":true}"));
    assert_string_equal(json_string_value(json_object_get(row, "account")), "acquisition/s1/c1");
    json_decref(row);
}

static void a_member_who_leaves_before_day_21_earns_the_clerk_nothing(void **state)
{
    char path[128];
    (void)state;
    push(BY_T1, 1795000001, path);
    join(path, "consent=2026-11");
    push(LEAVE, 1795000060, path);
    after_days(22);
    assert_int_equal(acquisition("forfeited"), 1);
    assert_int_equal(acquisition("vested"), 0);
    assert_int_equal(acquisition("pending_minor"), 0);
    json_decref(admin_do(&f, "books", "{\"verify\":true}"));
}

static void unknown_kinds_are_kept_and_acknowledged(void **state)
{
    char path[128];
    (void)state;
    push("<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[brand_new]]></Event><Extra><A>1</A></Extra>", 1795000001,
         path);
    assert_string_equal(path, "");
    assert_int_equal(number_of(admin_do(&f, "wechat inbox", ""), "messages"), 1);
}

static void the_key_file_is_for_its_owner_only_and_read_once(void **state)
{
    char path[128], command[200];
    struct phone_answer answer;
    (void)state;
    push(BY_T1, 1795000001, path);
    snprintf(command, sizeof(command), "chmod 644 '%s/data/keys/channel.key'", f.dir);
    assert_int_equal(system(command), 0);
    push(BY_T1, 1795000008, path);
    people_restart(&f);
    wechat_push(&f, &(struct push){.openid = OPENID, .fields = BY_T1, .created_s = 1795000009}, &answer);
    assert_int_equal(answer.status, 503);
    phone_answer_finish(&answer);
}

#define SHOP_TEST(name) cmocka_unit_test_setup_teardown(name, open_shop, close_shop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHOP_TEST(the_url_check_answers_the_echo_only_to_the_right_signature),
        SHOP_TEST(a_malformed_push_is_refused_and_nothing_is_kept),
        SHOP_TEST(a_follow_is_answered_with_the_member_page),
        SHOP_TEST(the_same_push_again_counts_once_and_gets_the_same_answer),
        SHOP_TEST(joining_wins_the_member_for_store_terminal_shelf_and_clerk),
        SHOP_TEST(pressing_the_button_twice_makes_one_member),
        SHOP_TEST(nobody_joins_without_consent),
        SHOP_TEST(nobody_joins_by_words_that_are_not_ours),
        SHOP_TEST(without_a_scene_the_member_is_unattributed_and_chooses_a_store),
        SHOP_TEST(an_attribution_is_corrected_by_a_record_with_a_reason),
        SHOP_TEST(a_member_who_scans_again_is_greeted_there),
        SHOP_TEST(the_page_gives_pictures_to_its_owner_only),
        SHOP_TEST(a_guessed_link_leads_nowhere),
        SHOP_TEST(a_personal_id_stands_nowhere_in_the_clear),
        SHOP_TEST(unsubscribing_erases_the_person_and_leaves_the_books),
        SHOP_TEST(a_clerk_s_credit_for_a_member_is_pending_and_vests_at_day_21),
        SHOP_TEST(a_member_who_leaves_before_day_21_earns_the_clerk_nothing),
        SHOP_TEST(unknown_kinds_are_kept_and_acknowledged),
        SHOP_TEST(the_key_file_is_for_its_owner_only_and_read_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
