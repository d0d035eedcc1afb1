#include "wechat_fixture.h"

#include "central/admin/command.h"
#include "central/brand_keys.h"
#include "central/store/feed.h"
#include "central/store/records.h"
#include "domain/enrolment.h"
#include "domain/token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct people_fixture f;

static int open_shop(void **state)
{
    (void)state;
    people_open_store(&f);
    return 0;
}

static int close_shop(void **state)
{
    (void)state;
    people_close(&f);
    return 0;
}

#define RULES(rest)                                                                                                    \
    "{\"file\":\"{\\\"name_zh\\\":\\\"十元券\\\",\\\"mode\\\":\\\"home\\\",\\\"discount\\\":\\\"amount\\\"," rest "}"  \
    "\""                                                                                                               \
    "}"
#define PLAN    "\\\"total_limit\\\":1000,\\\"budget\\\":\\\"9000.00\\\",\\\"terms_zh\\\":\\\"不找零\\\","
#define TEN_OFF RULES(PLAN "\\\"value\\\":\\\"10.00\\\",\\\"life_days\\\":60,\\\"state\\\":\\\"live\\\"")

static const json_t *result_of(const json_t *answer)
{
    return json_object_get(answer, "result");
}

static const char *picture_text(const json_t *answer)
{
    return json_string_value(json_object_get(json_array_get(json_object_get(answer, "pictures"), 0), "text"));
}

static void every_command_has_a_readable_spec_and_one_way_to_run(void **state)
{
    (void)state;
    const struct admin_command *command;
    for (size_t i = 0; (command = admin_command_at(i)); i++) {
        const char *spec = command->args;
        struct admin_argument argument;
        while (admin_argument_next(&spec, &argument)) {
            assert_true(argument.name[0] != '\0');
        }
        assert_int_equal(
            (command->read != NULL) + (command->write != NULL) + (command->run != NULL) + (command->client != NULL), 1);
        assert_ptr_equal(admin_command_find(command->name), command);
        assert_true(command->internal || command->help[0] != '\0');
    }
}

static void a_line_that_is_no_command_is_refused(void **state)
{
    static const char *const lines[] = {"",
                                        "{",
                                        "[]",
                                        "{}",
                                        "{\"command\":7}",
                                        "{\"command\":\"demo\"}",
                                        "{\"command\":\"drop table\"}",
                                        "{\"command\":\"store add\"}",
                                        "{\"command\":\"store add\",\"args\":7}"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        struct buffer reply;
        buffer_init(&reply, 4096);
        assert_int_equal(central_people.admin_line(f.central, lines[i], strlen(lines[i]), &reply), 0);
        assert_non_null(strstr(buffer_text(&reply), "\"ok\":false"));
        buffer_finish(&reply);
    }
}

static void refusals_say_what_is_wrong(void **state)
{
    static const struct {
        const char *command, *args, *word;
    } cases[] = {
        {"store add", "{\"zh\":\"x\"}", "en is missing"},
        {"store add", "{\"zh\":\"x\",\"en\":\"x\",\"credit_owner\":\"me\"}", "credit-owner"},
        {"store add", "{\"zh\":\"x\",\"en\":\"x\",\"earn_permille\":1001}", "earn-permille"},
        {"store add", "{\"zh\":\"x\",\"en\":\"x\",\"credit_term_days\":1097}", "credit-term-days"},
        {"brand set", "{\"accent\":\"green\"}", "accent"},
        {"enrol-ticket", "{\"store\":1,\"role\":\"boss\"}", "ROLE"},
        {"enrol-ticket", "{\"store\":1,\"role\":\"both\",\"hours\":25}", "24 hours"},
        {"confirm", "{\"code\":\"123456\"}", "123456"},
        {"clerk add", "{\"store\":9,\"name\":\"x\",\"pin\":\"1234\"}", "no store 9"},
        {"clerk add", "{\"store\":1,\"name\":\"x\",\"pin\":\"12\"}", "PIN"},
        {"clerk add", "{\"store\":1,\"name\":\"x\",\"pin\":\"12345\",\"role\":\"manager\"}", "at least 6"},
        {"clerk add", "{\"store\":1,\"name\":\"x\",\"pin\":\"1234\",\"role\":\"owner\"}", "cashier or manager"},
        {"touchpoint add", "{\"store\":9}", "no store 9"},
        {"touchpoint add", "{\"store\":1,\"clerk\":5}", "no clerk 5"},
        {"touchpoint add", "{\"store\":1,\"days\":31}", "30 days"},
        {"campaign add", "{\"file\":\"nonsense\"}", "line 1"},
        {"campaign add", "{\"file\":\"[]\"}", "object"},
        {"campaign add", RULES("\\\"value\\\":10"), "value"},
        {"campaign add", RULES(PLAN "\\\"value\\\":\\\"10.00\\\",\\\"state\\\":\\\"live\\\""), "no_validity"},
        {"campaign add", RULES("\\\"value\\\":\\\"10.00\\\",\\\"life_day\\\":3"), "life_day"},
        {"campaign add", RULES("\\\"value\\\":\\\"0.00\\\",\\\"life_days\\\":3,\\\"state\\\":\\\"checked\\\""),
         "no_discount"},
        {"campaign add",
         RULES("\\\"value\\\":\\\"1.00\\\",\\\"life_days\\\":3,\\\"fallback_budget\\\":true,\\\"offline_count\\\":3"),
         "bound"},
        {"campaign add", RULES("\\\"value\\\":\\\"1.00\\\",\\\"valid_to\\\":\\\"2026-02-30\\\""), "valid_to"},
        {"campaign add", RULES("\\\"value\\\":\\\"1.00\\\",\\\"weekdays\\\":[\\\"someday\\\"]"), "weekdays"},
        {"campaign add", RULES("\\\"value\\\":\\\"1.00\\\",\\\"valid_to\\\":\\\"2106-02-07\\\""),
         "before February 2106"},
        {"campaign add", RULES("\\\"value\\\":\\\"1.00\\\",\\\"stores\\\":[1,97]"), "no store 97"},
        {"campaign add", RULES("\\\"value\\\":\\\"1.00\\\",\\\"segment\\\":98"), "no segment 98"},
        {"campaign add", RULES("\\\"value\\\":\\\"1.00\\\",\\\"touchpoints\\\":[99]"), "no touchpoint 99"},
        {"campaign set-state", "{\"campaign\":1001,\"state\":\"glorious\"}", "STATE"},
        {"coupon issue", "{\"campaign\":1001,\"store\":1}", "no such campaign"},
        {"coupon issue", "{\"campaign\":1001}", "--store"},
        {"coupon issue", "{\"campaign\":1001,\"store\":1,\"count\":501}", "500"},
        {"store add", "{\"zh\":\"x\\u001b[31m\",\"en\":\"x\"}", "control character"},
        {"coupon list", "{\"campaign\":-1}", "negative"},
        {"coupon issue", "{\"campaign\":4294968307,\"store\":1}", "no such campaign"},
        {"survey add",
         "{\"brand\":1,\"zh\":\"?\",\"en\":\"?\",\"answers_zh\":\"a|b\",\"answers_en\":\"a|b\",\"campaign\":-1}",
         "negative"},
        {"coupon show", "{\"coupon\":\"what\"}", "neither"},
        {"coupon show", "{\"coupon\":\"1001-7\"}", "no coupon"},
        {"member add", "{\"store\":7}", "no store 7"},
        {"member show", "{\"member\":77}", "not found: member 77 (there is none yet)"},
        {"enrol-ticket", "{\"store\":9,\"role\":\"both\"}", "not found: store 9 (there are 1)"},
        {"terminal primary", "{\"terminal\":5}", "not found: terminal 5"},
        {"touchpoint report", "{\"by\":\"moon\"}", "--by"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *words = admin_refused(&f, cases[i].command, cases[i].args);
        if (!strstr(words, cases[i].word)) {
            fail_msg("%s %s: %s", cases[i].command, cases[i].args, words);
        }
    }
}

static void a_refused_command_leaves_nothing_behind(void **state)
{
    (void)state;
    size_t before = row_count(admin_do(&f, "journal tail", "{\"limit\":500}"));
    admin_refused(&f, "clerk add", "{\"store\":1,\"name\":\"x\",\"pin\":\"12345\",\"role\":\"manager\"}");
    assert_int_equal(row_count(admin_do(&f, "clerk list", "")), 0);
    assert_int_equal(row_count(admin_do(&f, "journal tail", "{\"limit\":500}")), before);
}

static void a_touchpoint_stands_without_a_qr_when_wechat_does_not_answer(void **state)
{
    (void)state;
    json_decref(admin_do(&f, "wechat account", "{\"name\":\"shop\",\"token\":\"x\",\"api\":\"http://127.0.0.1:1\"}"));
    assert_non_null(strstr(admin_refused(&f, "touchpoint add", "{\"store\":1}"), "touchpoint ticket 1"));
    json_t *answer = admin_do(&f, "touchpoint list", "");
    const json_t *row = json_array_get(json_object_get(result_of(answer), "rows"), 0);
    assert_string_equal(json_string_value(json_object_get(row, "state")), "no ticket");
    json_decref(answer);
    json_decref(admin_do(&f, "wechat account", "{\"name\":\"shop\",\"token\":\"x\"}"));
    answer = admin_do(&f, "touchpoint ticket", "{\"touchpoint\":1}");
    assert_string_equal(picture_text(answer), "http://weixin.qq.com/q/t1");
    json_decref(answer);
}

static void an_enrolment_ticket_can_be_read_by_a_terminal(void **state)
{
    struct enrol_ticket ticket;
    (void)state;
    json_t *answer = admin_do(&f, "enrol-ticket", "{\"store\":1,\"role\":\"counter\"}");
    assert_int_equal(enrol_ticket_decode(picture_text(answer), &ticket), 0);
    assert_int_equal(ticket.store, 1);
    assert_int_equal(ticket.role, ROLE_COUNTER);
    assert_string_equal(ticket.url, "https://127.0.0.1:8443");
    json_decref(answer);
}

static void an_issued_coupon_carries_a_token_the_keyset_accepts(void **state)
{
    struct coupon_token token;
    (void)state;
    json_decref(admin_do(&f, "campaign add", TEN_OFF));
    json_t *answer = admin_do(&f, "coupon issue", "{\"campaign\":1001,\"store\":1,\"count\":3}");
    const char *text = picture_text(answer);
    assert_int_equal(json_array_size(json_object_get(answer, "pictures")), 3);
    assert_int_equal(token_coupon_open(text, &f.central->keys.set, &token), TOKEN_GOOD);
    assert_int_equal(strlen(text), 145);
    assert_int_equal(token.coupon.campaign, 1001);
    assert_int_equal(token.home_store, 1);
    assert_int_equal(token.expiry_s, PEOPLE_START_MS / 1000 + 60 * 86400);
    json_decref(answer);
}

static void a_coupon_is_found_by_its_short_code_and_revoked_with_a_reason(void **state)
{
    char args[200];
    (void)state;
    json_decref(admin_do(&f, "campaign add", TEN_OFF));
    json_t *answer = admin_do(&f, "coupon issue", "{\"campaign\":1001,\"store\":1}");
    const json_t *row = json_array_get(json_object_get(result_of(answer), "rows"), 0);
    snprintf(args, sizeof(args), "{\"coupon\":\"%s\"}", json_string_value(json_object_get(row, "shortcode")));
    json_t *shown = admin_do(&f, "coupon show", args);
    assert_string_equal(json_string_value(json_object_get(result_of(shown), "coupon")), "1001-1");
    assert_string_equal(json_string_value(json_object_get(result_of(shown), "state")), "good");
    assert_string_equal(picture_text(shown), picture_text(answer));
    json_decref(admin_do(&f, "coupon revoke", "{\"coupon\":\"1001-1\",\"why\":\"misprint\"}"));
    json_decref(shown);
    shown = admin_do(&f, "coupon show", "{\"coupon\":\"1001-1\"}");
    assert_string_equal(json_string_value(json_object_get(result_of(shown), "state")), "revoked");
    json_decref(shown);
    json_decref(answer);
}

static void a_campaign_only_takes_steps_that_exist(void **state)
{
    (void)state;
    json_decref(admin_do(&f, "campaign add", RULES(PLAN "\\\"value\\\":\\\"1.00\\\",\\\"life_days\\\":3")));
    admin_refused(&f, "campaign set-state", "{\"campaign\":1001,\"state\":\"live\"}");
    admin_refused(&f, "coupon issue", "{\"campaign\":1001,\"store\":1}");
    json_decref(admin_do(&f, "campaign set-state", "{\"campaign\":1001,\"state\":\"checked\"}"));
    json_decref(admin_do(&f, "campaign set-state", "{\"campaign\":1001,\"state\":\"live\"}"));
    json_decref(admin_do(&f, "coupon issue", "{\"campaign\":1001,\"store\":1}"));
    json_decref(admin_do(&f, "campaign set-state", "{\"campaign\":1001,\"state\":\"ended\"}"));
    admin_refused(&f, "campaign set-state", "{\"campaign\":1001,\"state\":\"live\"}");
}

static void a_member_code_is_fresh_and_a_card_never_spends(void **state)
{
    struct member_token token;
    char args[80];
    (void)state;
    json_int_t id = number_of(admin_do(&f, "member add", "{\"store\":1}"), "member");
    assert_true(id > 0);
    snprintf(args, sizeof(args), "{\"member\":%lld}", (long long)id);
    json_t *code = admin_do(&f, "member code", args), *card = admin_do(&f, "member card", args);
    assert_int_equal(token_member_open(picture_text(code), &f.central->keys.set, &token), TOKEN_GOOD);
    assert_int_equal(token.kind, MEMBER_CODE_ROTATING);
    assert_int_equal(token.issued_s, PEOPLE_START_MS / 1000);
    assert_int_equal(token.member, id);
    assert_true(token.nonce != 0);
    assert_int_equal(token_member_open(picture_text(card), &f.central->keys.set, &token), TOKEN_GOOD);
    assert_int_equal(token.kind, MEMBER_CARD_STATIC);
    assert_true(token.nonce == 0);
    json_decref(code);
    json_decref(card);
}

static void a_new_badge_makes_the_one_before_void(void **state)
{
    struct badge_token first, second;
    struct feed_clerk clerk;
    uint8_t body[FEED_BODY_MAX];
    size_t len = 0;
    struct store_tx tx;
    (void)state;
    json_decref(admin_do(&f, "clerk add", "{\"store\":1,\"name\":\"王强\",\"pin\":\"1357\"}"));
    json_t *a = admin_do(&f, "clerk badge", "{\"clerk\":1}"), *b = admin_do(&f, "clerk badge", "{\"clerk\":1}");
    assert_int_equal(token_badge_open(picture_text(a), &f.central->keys.set, &first), TOKEN_GOOD);
    assert_int_equal(token_badge_open(picture_text(b), &f.central->keys.set, &second), TOKEN_GOOD);
    assert_true(second.badge_serial > first.badge_serial);
    assert_int_equal(store_read_begin(f.central->store, &tx), 0);
    struct feed_target target = {.brand = f.central->brand, .store = 1};
    assert_int_equal(feed_find(&tx, target, FEED_CLERK, "1", body, sizeof(body), &len), 0);
    store_read_end(&tx);
    assert_int_equal(feed_clerk_decode((struct slice){body, len}, &clerk), 0);
    assert_int_equal(clerk.badge_serial, second.badge_serial);
    json_decref(a);
    json_decref(b);
}

static void rows_of_a_catalogue_are_taken_one_by_one(void **state)
{
    (void)state;
    const char *args = "{\"rows\":[[2,\"6921168509256\",\"W1\",\"水\",\"Water\",\"2.00\",\"1.80\",\"550ml\"],"
                       "[3,\"6921168509257\",\"\",\"坏\",\"\",\"2.00\",\"\",\"\"],[4,\"69019388\",\"\",\"糖\",\"\",\"1."
                       "5\",\"\",\"\"]]}";
    json_t *answer = admin_do(&f, "product rows", args);
    assert_int_equal(json_integer_value(json_object_get(result_of(answer), "changed")), 2);
    const json_t *fault = json_array_get(json_object_get(result_of(answer), "faults"), 0);
    assert_int_equal(json_integer_value(json_object_get(fault, "line")), 3);
    json_decref(answer);
    assert_int_equal(number_of(admin_do(&f, "product rows", args), "changed"), 0);
    assert_int_equal(number_of(admin_do(&f, "product list", ""), "products"), 2);
}

static void the_books_of_an_empty_central_balance(void **state)
{
    (void)state;
    json_t *answer = admin_do(&f, "books", "{\"verify\":true}");
    assert_true(json_is_true(json_object_get(result_of(answer), "balanced")));
    assert_true(json_is_true(json_object_get(result_of(answer), "verified")));
    json_decref(answer);
    assert_int_equal(number_of(admin_do(&f, "redemptions", ""), "unexplained"), 0);
    assert_int_equal(row_count(admin_do(&f, "conflicts", "")), 0);
    assert_int_equal(row_count(admin_do(&f, "sync status", "")), 0);
    assert_int_equal(row_count(admin_do(&f, "feed status", "")), 1);
}

static int take_in_garbage(void *arg, struct store_tx *tx)
{
    const struct record garbage = {.id = {7, 1, 9}, .kind = RECORD_SALE, .body = {(const uint8_t *)"\xff", 1}};
    (void)arg;
    return records_apply(tx, &garbage, 1);
}

static void a_record_that_is_not_in_the_books_is_shown_with_its_reason(void **state)
{
    (void)state;
    assert_int_equal(row_count(admin_do(&f, "problems", "")), 0);
    assert_int_equal(writer_call(f.central->writer, take_in_garbage, NULL), 0);
    json_t *answer = admin_do(&f, "problems", "");
    const json_t *row = json_array_get(json_object_get(result_of(answer), "rows"), 0);
    assert_string_equal(json_string_value(json_object_get(row, "record")), "7.1.9");
    assert_string_equal(json_string_value(json_object_get(row, "kind")), "sale");
    assert_string_equal(json_string_value(json_object_get(row, "reason")), "unreadable body");
    json_decref(answer);
}

static void an_erased_member_gets_no_coupons(void **state)
{
    char args[120];
    (void)state;
    json_decref(admin_do(&f, "campaign add", TEN_OFF));
    json_int_t id = number_of(admin_do(&f, "member add", "{\"store\":1,\"pin\":\"112233\"}"), "member");
    snprintf(args, sizeof(args), "{\"member\":%lld,\"why\":\"asked for it\"}", (long long)id);
    json_decref(admin_do(&f, "member erase", args));
    snprintf(args, sizeof(args), "{\"campaign\":1001,\"member\":%lld}", (long long)id);
    assert_non_null(strstr(admin_refused(&f, "coupon issue", args), "erased"));
}

static void the_tail_of_the_journal_is_its_newest_records_in_their_order(void **state)
{
    (void)state;
    json_decref(admin_do(&f, "brand set", "{\"en\":\"Songhe\"}"));
    json_decref(admin_do(&f, "brand set", "{\"en\":\"Shanhe\"}"));
    json_t *all = admin_do(&f, "journal tail", ""), *two = admin_do(&f, "journal tail", "{\"limit\":2}");
    const json_t *every = json_object_get(result_of(all), "rows"), *newest = json_object_get(result_of(two), "rows");
    size_t count = json_array_size(every);
    assert_true(count > 2);
    assert_int_equal(json_array_size(newest), 2);
    assert_true(json_equal(json_array_get(newest, 0), json_array_get(every, count - 2)));
    assert_true(json_equal(json_array_get(newest, 1), json_array_get(every, count - 1)));
    json_decref(two);
    json_decref(all);
}

#define SHOP_TEST(name) cmocka_unit_test_setup_teardown(name, open_shop, close_shop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_has_a_readable_spec_and_one_way_to_run),
        SHOP_TEST(a_line_that_is_no_command_is_refused),
        SHOP_TEST(refusals_say_what_is_wrong),
        SHOP_TEST(a_refused_command_leaves_nothing_behind),
        SHOP_TEST(a_touchpoint_stands_without_a_qr_when_wechat_does_not_answer),
        SHOP_TEST(an_enrolment_ticket_can_be_read_by_a_terminal),
        SHOP_TEST(an_issued_coupon_carries_a_token_the_keyset_accepts),
        SHOP_TEST(a_coupon_is_found_by_its_short_code_and_revoked_with_a_reason),
        SHOP_TEST(a_campaign_only_takes_steps_that_exist),
        SHOP_TEST(a_member_code_is_fresh_and_a_card_never_spends),
        SHOP_TEST(a_new_badge_makes_the_one_before_void),
        SHOP_TEST(rows_of_a_catalogue_are_taken_one_by_one),
        SHOP_TEST(the_books_of_an_empty_central_balance),
        SHOP_TEST(a_record_that_is_not_in_the_books_is_shown_with_its_reason),
        SHOP_TEST(the_tail_of_the_journal_is_its_newest_records_in_their_order),
        SHOP_TEST(an_erased_member_gets_no_coupons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
