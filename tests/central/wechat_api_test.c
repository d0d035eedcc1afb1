#include "wechat_fixture.h"
#include "wechat_platform.h"

#include "central/store/people_member.h"
#include "central/store/wechat_budget.h"
#include "central/store/wechat_token.h"
#include "central/wechat/api.h"
#include "central/wechat/order.h"
#include "central/wechat/reconcile.h"
#include "central/wechat/rotate.h"
#include "central/wechat/service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE_MS INT64_C(60000)
#define DAY_MS    INT64_C(86400000)
#define ONE       "oFollowerOneOfTheApiTest00001"
#define TWO       "oFollowerTwoOfTheApiTest00002"

/* The API client against a platform that does what the test says: the token, QR codes, followers, menus. */

static struct people_fixture f;
static struct platform p;

static int open_all(void **state)
{
    (void)state;
    platform_open_shop(&p, &f);
    json_decref(admin_do(&f, "store add", "{\"zh\":\"松江路店\",\"en\":\"Songjiang\"}"));
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    platform_close_shop(&p, &f);
    return 0;
}

static void find_shop(struct wechat_account *out_account)
{
    struct store_tx tx;
    struct channel_keys keys;
    assert_int_equal(wechat_work_keys(f.central, &keys), 0);
    assert_int_equal(store_read_begin(f.central->store, &tx), 0);
    assert_int_equal(wechat_find_account(&tx, &keys, "shop", out_account), 0);
    store_read_end(&tx);
}

/* One call; the errcode, or -errno. */
static int call_once(void)
{
    struct wechat_account account;
    struct wechat_api *api = NULL;
    struct wechat_answer answer = {0};
    json_t *body = json_pack("{s:s}", "x", "y");
    find_shop(&account);
    assert_int_equal(wechat_api_open(f.central, &api), 0);
    int rc = wechat_api_call(api, &(struct wechat_call){&account, "tags/create", body}, &answer);
    json_decref(answer.body);
    json_decref(body);
    wechat_api_close(api);
    return rc ? rc : answer.code;
}

static void one_token_serves_all_calls_and_a_restart(void **state)
{
    (void)state;
    assert_int_equal(call_once(), 0);
    assert_int_equal(call_once(), 0);
    people_restart(&f);
    assert_int_equal(call_once(), 0);
    assert_int_equal(p.tokens, 1);
    assert_false(folder_holds(f.dir, "token-1"));
}

static void a_token_is_renewed_before_its_end(void **state)
{
    (void)state;
    assert_int_equal(call_once(), 0);
    sim_clock_advance(&f.clock, 114 * MINUTE_MS);
    assert_int_equal(call_once(), 0);
    assert_int_equal(p.tokens, 1);
    sim_clock_advance(&f.clock, 2 * MINUTE_MS);
    assert_int_equal(call_once(), 0);
    assert_int_equal(p.tokens, 2);
}

static void a_refused_token_is_replaced_once_and_the_call_repeated(void **state)
{
    (void)state;
    assert_int_equal(call_once(), 0);
    p.serial = 7; /* somebody took another one: ours is out of date */
    assert_int_equal(call_once(), 0);
    assert_int_equal(p.tokens, 2);
    assert_int_equal(p.forced, 0);
}

/* The platform refuses the very token it gives. Forcing another is allowed 20 times a day, 30 s apart. */
static void a_storm_of_refusals_keeps_the_platform_s_rules(void **state)
{
    (void)state;
    p.stubborn = true;
    for (int i = 0; i < 3600; i += 10) {
        int code = call_once();
        assert_true(code == 40001 || code == -EAGAIN);
        sim_clock_advance(&f.clock, 10000);
    }
    assert_int_equal(p.forced, 20);
    p.stubborn = false;
    assert_int_equal(call_once(), 0);
}

static int claim_token(void *arg, struct store_tx *tx)
{
    (void)arg;
    return wechat_token_claim(tx, "shop", MINUTE_MS);
}

static void only_one_fetches_and_the_others_use_what_still_works(void **state)
{
    (void)state;
    assert_int_equal(writer_call(f.central->writer, claim_token, NULL), 0);
    assert_int_equal(writer_call(f.central->writer, claim_token, NULL), -EBUSY);
    assert_int_equal(call_once(), -EAGAIN);
    assert_int_equal(p.tokens, 0);
    sim_clock_advance(&f.clock, MINUTE_MS + 1); /* whoever claimed it died */
    assert_int_equal(call_once(), 0);
    sim_clock_advance(&f.clock, 116 * MINUTE_MS);
    assert_int_equal(writer_call(f.central->writer, claim_token, NULL), 0);
    assert_int_equal(call_once(), 0);
    assert_int_equal(p.tokens, 1);
}

static void an_answer_that_is_not_the_platform_s_counts_as_trouble(void **state)
{
    (void)state;
    p.down = true;
    assert_int_equal(call_once(), -1);
}

static void every_code_of_the_table_says_what_to_do(void **state)
{
    static const struct {
        int code;
        enum wechat_act act;
    } cases[] = {
        {0, WECHAT_DONE},        {-1, WECHAT_REST},           {40001, WECHAT_TOKEN},
        {40014, WECHAT_TOKEN},   {42001, WECHAT_TOKEN},       {40013, WECHAT_SETUP},
        {40164, WECHAT_SETUP},   {45009, WECHAT_TOMORROW},    {45011, WECHAT_NEXT_MINUTE},
        {48001, WECHAT_CLOSED},  {43004, WECHAT_NEVER},       {45015, WECHAT_NEVER},
        {45047, WECHAT_NEVER},   {45065, WECHAT_DONE_BEFORE}, {47003, WECHAT_NEVER},
        {12345, WECHAT_UNKNOWN},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(wechat_error_find(cases[i].code)->act, cases[i].act);
    }
}

/* ---- QR codes */

static const char *touchpoint_url(char out[160], json_int_t *out_valid_to)
{
    json_t *answer = admin_do(&f, "touchpoint list", "");
    json_t *row = json_array_get(json_object_get(json_object_get(answer, "result"), "rows"), 0);
    snprintf(out, 160, "%s", json_string_value(json_object_get(row, "url")));
    *out_valid_to = json_integer_value(json_object_get(row, "valid_to_s"));
    json_decref(answer);
    return out;
}

static void a_screen_s_temporary_code_is_replaced_before_its_end(void **state)
{
    char first[160], url[160];
    json_int_t valid_to = 0, next = 0;
    (void)state;
    json_decref(admin_do(&f, "touchpoint add", "{\"store\":1,\"terminal\":7,\"rotate\":true}"));
    touchpoint_url(first, &valid_to);
    assert_int_equal(valid_to, PEOPLE_START_MS / 1000 + 30 * 86400);
    assert_int_equal(platform_saw(&p, "QR_STR_SCENE"), 1);
    for (int day = 0; day < 26; day++) {
        sim_clock_advance(&f.clock, DAY_MS);
        central_tick(f.central);
    }
    assert_string_equal(touchpoint_url(url, &next), first);
    for (int day = 0; day < 2; day++) {
        sim_clock_advance(&f.clock, DAY_MS);
        central_tick(f.central);
    }
    assert_string_not_equal(touchpoint_url(url, &next), first);
    assert_true(next > valid_to + 20 * 86400);
    assert_int_equal(platform_saw(&p, "qrcode/create"), 2);
}

static void a_printed_code_is_permanent_and_is_not_replaced(void **state)
{
    char first[160], url[160];
    json_int_t valid_to = 0;
    (void)state;
    json_decref(admin_do(&f, "touchpoint add", "{\"store\":1,\"shelf\":\"冷饮柜\",\"rotate\":true}"));
    touchpoint_url(first, &valid_to);
    assert_int_equal(valid_to, 0);
    assert_int_equal(platform_saw(&p, "QR_LIMIT_STR_SCENE"), 1);
    sim_clock_advance(&f.clock, 60 * DAY_MS);
    central_tick(f.central);
    assert_string_equal(touchpoint_url(url, &valid_to), first);
    assert_int_equal(platform_saw(&p, "qrcode/create"), 1);
}

struct spend {
    uint32_t from, to;
};

static int note_many(void *arg, struct store_tx *tx)
{
    const struct spend *spend = arg;
    int rc = 0;
    for (uint32_t i = spend->from; rc == 0 && i < spend->to; i++) {
        rc = budget_note(tx, "shop", 1000000 + i, TICKET_PERMANENT);
    }
    return rc;
}

static void permanent_codes_are_kept_for_what_is_printed(void **state)
{
    (void)state;
    assert_int_equal(writer_call(f.central->writer, note_many, &(struct spend){0, BUDGET_LOW}), 0);
    json_decref(admin_do(&f, "touchpoint add", "{\"store\":1,\"terminal\":7}"));
    assert_int_equal(platform_saw(&p, "\"QR_STR_SCENE\""), 1);
    json_decref(admin_do(&f, "touchpoint add", "{\"store\":1}"));
    assert_int_equal(platform_saw(&p, "QR_LIMIT_STR_SCENE"), 1);
    assert_int_equal(writer_call(f.central->writer, note_many, &(struct spend){BUDGET_LOW, BUDGET_PERMANENT}), 0);
    assert_non_null(strstr(admin_refused(&f, "touchpoint add", "{\"store\":1}"), "permanent QR codes"));
    assert_int_equal(platform_saw(&p, "QR_LIMIT_STR_SCENE"), 1);
}

/* ---- followers */

struct arrival {
    const char *openid;
    uint64_t identity, member;
    bool join;
};

static int arrive(void *arg, struct store_tx *tx)
{
    struct arrival *arrival = arg;
    struct channel_keys keys;
    struct channel_identity identity;
    struct member member = {.brand = f.central->brand, .home_store = 1, .tier = 1};
    int rc = wechat_work_keys(f.central, &keys);
    rc = rc ? rc
            : wechat_meet(tx, &keys, &(struct channel_person){.account = "shop", .openid = arrival->openid}, &identity);
    rc = rc ? rc : people_count_step(tx, 0, FUNNEL_FOLLOW, 0);
    if (rc == 0 && arrival->join) {
        rc = people_add_member(tx, &member, "2026-11", &arrival->member);
        rc = rc ? rc : wechat_link_member(tx, identity.id, arrival->member);
    }
    arrival->identity = identity.id;
    return rc ? rc
              : wechat_order_info(tx, &keys, &(struct wechat_order){.account = "shop", .key = arrival->openid},
                                  &(struct wechat_people){&arrival->identity, 1});
}

static json_int_t follows_of(json_int_t touchpoint)
{
    size_t i;
    json_t *row, *answer = admin_do(&f, "touchpoint report", "");
    json_int_t follows = 0;
    json_array_foreach(json_object_get(json_object_get(answer, "result"), "rows"), i, row)
    {
        if (json_integer_value(json_object_get(row, "touchpoint")) == touchpoint) {
            follows = json_integer_value(json_object_get(row, "follows"));
        }
    }
    json_decref(answer);
    return follows;
}

static void a_follow_without_its_key_is_attributed_by_asking(void **state)
{
    struct arrival arrival = {.openid = ONE, .join = true};
    char args[64];
    (void)state;
    json_decref(admin_do(&f, "touchpoint add", "{\"store\":1,\"terminal\":7}"));
    snprintf(p.info, sizeof(p.info),
             "{\"user_info_list\":[{\"subscribe\":1,\"openid\":\"" ONE "\",\"qr_scene_str\":\"t1\"}]}");
    assert_int_equal(writer_call(f.central->writer, arrive, &arrival), 0);
    assert_int_equal(follows_of(0), 1);
    central_tick(f.central);
    assert_int_equal(platform_saw(&p, "{\"user_list\":[{\"openid\":\"" ONE "\"}]}"), 1);
    assert_int_equal(follows_of(0), 0);
    assert_int_equal(follows_of(1), 1);
    snprintf(args, sizeof(args), "{\"member\":%llu}", (unsigned long long)arrival.member);
    assert_int_equal(number_of(admin_do(&f, "member show", args), "touchpoint"), 1);
}

static void who_left_unseen_is_forgotten(void **state)
{
    struct arrival arrival = {.openid = ONE};
    struct store_tx tx;
    struct channel_identity identity;
    (void)state;
    snprintf(p.info, sizeof(p.info), "{\"user_info_list\":[{\"subscribe\":0,\"openid\":\"" ONE "\"}]}");
    assert_int_equal(writer_call(f.central->writer, arrive, &arrival), 0);
    central_tick(f.central);
    assert_int_equal(store_read_begin(f.central->store, &tx), 0);
    assert_int_equal(wechat_find_identity(&tx, arrival.identity, &identity), -ENOENT);
    store_read_end(&tx);
}

static void a_follower_whose_push_was_lost_is_found(void **state)
{
    struct arrival arrival = {.openid = ONE};
    (void)state;
    json_decref(admin_do(&f, "touchpoint add", "{\"store\":1,\"terminal\":7}"));
    snprintf(p.info, sizeof(p.info),
             "{\"user_info_list\":[{\"subscribe\":1,\"openid\":\"" TWO "\",\"qr_scene_str\":\"t1\"}]}");
    snprintf(p.followers, sizeof(p.followers),
             "{\"total\":2,\"count\":2,\"data\":{\"openid\":[\"" ONE "\",\"" TWO "\"]},\"next_openid\":\"" TWO "\"}");
    assert_int_equal(writer_call(f.central->writer, arrive, &arrival), 0);
    json_t *answer = admin_do(&f, "wechat reconcile", "{\"name\":\"shop\"}");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(answer, "result"), "followers")), 2);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(answer, "result"), "found")), 1);
    json_decref(answer);
    central_tick(f.central);
    assert_int_equal(follows_of(1), 1);
    assert_int_equal(number_of(admin_do(&f, "wechat reconcile", "{\"name\":\"shop\"}"), "found"), 0);
}

/* ---- what else can be ordered */

static void a_menu_the_platform_would_refuse_is_not_ordered(void **state)
{
    static const struct {
        const char *file, *words;
    } cases[] = {
        {"{}", "1 to 3 entries"},
        {"{\\\"button\\\":[]}", "1 to 3 entries"},
        {"{\\\"button\\\":[{\\\"type\\\":\\\"click\\\"}]}", "needs a name"},
        {"{\\\"button\\\":[{\\\"name\\\":\\\"a\\\"}]}", "needs a type"},
        {"{\\\"button\\\":[{\\\"name\\\":\\\"a\\\",\\\"sub_button\\\":[]}]}", "1 to 5 entries"},
        {"{\\\"button\\\":[{\\\"name\\\":\\\"a\\\",\\\"sub_button\\\":[{\\\"name\\\":\\\"b\\\",\\\"sub_button\\\":[]}]}"
         "]}",
         "two levels"},
    };
    char args[512];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        snprintf(args, sizeof(args), "{\"name\":\"shop\",\"file\":\"%s\"}", cases[i].file);
        assert_non_null(strstr(admin_refused(&f, "wechat menu", args), cases[i].words));
    }
    json_decref(admin_do(&f, "wechat menu",
                         "{\"name\":\"shop\",\"file\":\"{\\\"button\\\":[{\\\"type\\\":\\\"click\\\",\\\"name\\\":"
                         "\\\"会员\\\",\\\"key\\\":\\\"m\\\"}]}\"}"));
    central_tick(f.central);
    assert_int_equal(platform_saw(&p, "menu/create {\"button\":[{\"type\":\"click\",\"name\":\"会员\""), 1);
}

static int order_lists(void *arg, struct store_tx *tx)
{
    struct arrival *people = arg;
    uint64_t ids[2] = {people[0].identity, people[1].identity};
    struct channel_keys keys;
    struct wechat_people list = {ids, 2};
    int rc = wechat_work_keys(f.central, &keys);
    assert_int_equal(wechat_order_mass(tx, &keys, &(struct wechat_order){.account = "shop", .key = "x"},
                                       &(struct wechat_people){ids, 1}, "to one"),
                     -ERANGE);
    rc = rc ? rc
            : wechat_order_mass(tx, &keys, &(struct wechat_order){.account = "shop", .key = "mass/1"}, &list, "新品");
    rc = rc ? rc
            : wechat_order_tag(tx, &keys, &(struct wechat_order){.account = "shop", .key = "tag/1"}, &list, 101, false);
    json_t *data = json_pack("{s:s, s:{}}", "template_id", "T1", "data");
    rc = rc ? rc
            : wechat_order_template(
                  tx, &keys, &(struct wechat_order){.account = "shop", .key = "receipt/1", .identity = ids[0]}, data);
    json_decref(data);
    return rc;
}

static void lists_and_templates_carry_their_people_and_keys(void **state)
{
    struct arrival people[2] = {{.openid = ONE}, {.openid = TWO}};
    (void)state;
    snprintf(p.info, sizeof(p.info), "{\"user_info_list\":[]}");
    assert_int_equal(writer_call(f.central->writer, arrive, &people[0]), 0);
    assert_int_equal(writer_call(f.central->writer, arrive, &people[1]), 0);
    assert_int_equal(writer_call(f.central->writer, order_lists, people), 0);
    central_tick(f.central);
    assert_int_equal(platform_saw(&p, "message/mass/send {"), 1);
    assert_int_equal(platform_saw(&p, "\"touser\":[\"" ONE "\",\"" TWO "\"]"), 1);
    assert_int_equal(platform_saw(&p, "\"clientmsgid\":\"mass/1\""), 1);
    assert_int_equal(platform_saw(&p, "\"openid_list\":[\"" ONE "\",\"" TWO "\"]"), 1);
    assert_int_equal(platform_saw(&p, "\"client_msg_id\":\"receipt/1\""), 1);
}

#define API_TEST(name) cmocka_unit_test_setup_teardown(name, open_all, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        API_TEST(one_token_serves_all_calls_and_a_restart),
        API_TEST(a_token_is_renewed_before_its_end),
        API_TEST(a_refused_token_is_replaced_once_and_the_call_repeated),
        API_TEST(a_storm_of_refusals_keeps_the_platform_s_rules),
        API_TEST(only_one_fetches_and_the_others_use_what_still_works),
        API_TEST(an_answer_that_is_not_the_platform_s_counts_as_trouble),
        API_TEST(every_code_of_the_table_says_what_to_do),
        API_TEST(a_screen_s_temporary_code_is_replaced_before_its_end),
        API_TEST(a_printed_code_is_permanent_and_is_not_replaced),
        API_TEST(permanent_codes_are_kept_for_what_is_printed),
        API_TEST(a_follow_without_its_key_is_attributed_by_asking),
        API_TEST(who_left_unseen_is_forgotten),
        API_TEST(a_follower_whose_push_was_lost_is_found),
        API_TEST(a_menu_the_platform_would_refuse_is_not_ordered),
        API_TEST(lists_and_templates_carry_their_people_and_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
