#include "shop.h"

#include "domain/shortcode.h"

#include <stdio.h>
#include <string.h>

static int open_shop(void **state)
{
    static struct shop shop;

    shop_open(&shop);
    *state = &shop;
    return 0;
}

static int close_shop(void **state)
{
    shop_finish(*state);
    return 0;
}

static void a_coupon_of_this_store_is_redeemed_once(void **state)
{
    struct shop *shop = *state;

    struct till_redeemed first = shop_scan(shop, SHOP_CAMPAIGN, 1);
    sim_clock_advance(&shop->clock, 5000);
    struct till_redeemed second = shop_scan(shop, SHOP_CAMPAIGN, 1);

    assert_int_equal(first.verdict, COUPON_OK);
    assert_int_equal(first.discount_minor, 500);
    assert_string_equal(first.campaign_en, "5 off");
    assert_true(first.offline);
    assert_int_not_equal(first.group, 0);
    assert_int_equal(second.verdict, COUPON_ALREADY_USED);
    assert_int_equal(second.used_ms, SHOP_START_MS);
    assert_int_equal(second.group, 0);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM journal WHERE kind = 4"), 1);
}

static void a_redemption_survives_a_restart(void **state)
{
    struct shop *shop = *state;

    uint64_t group = shop_scan(shop, SHOP_CAMPAIGN, 1).group;
    shop_stop(shop);
    shop_start(shop);

    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 1).verdict, COUPON_ALREADY_USED);
    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 2).group, group + 2); /* the refusal lies between */
}

static void another_stores_coupon_waits_for_central(void **state)
{
    struct shop *shop = *state;
    struct till_redeem redeem = {.typed = false};

    shop_coupon_text(SHOP_CAMPAIGN, 1, SHOP_OTHER_STORE, redeem.text);
    struct till_redeemed offline = shop_redeem(shop, &redeem, false);
    struct till_redeemed online = shop_redeem(shop, &redeem, true);
    redeem.central_asked = true;
    struct till_redeemed asked = shop_redeem(shop, &redeem, true);

    assert_int_equal(offline.verdict, COUPON_HELD_ELSEWHERE);
    assert_int_equal(offline.home_store, SHOP_OTHER_STORE);
    assert_false(offline.may_ask_central);
    assert_true(online.may_ask_central);
    assert_false(asked.may_ask_central);
}

static void a_granted_right_makes_it_redeemable_here_once(void **state)
{
    struct shop *shop = *state;
    struct till_redeem redeem = {.typed = false};
    struct feed_right grant = {.coupon = {SHOP_CAMPAIGN, 1}, .epoch = 3, .use_no = 2, .transfer = 77};

    shop_coupon_text(SHOP_CAMPAIGN, 1, SHOP_OTHER_STORE, redeem.text);
    shop_item_right(shop, FEED_RIGHT_GRANT, &grant);
    shop_give(shop);
    struct till_redeemed first = shop_redeem(shop, &redeem, false);
    struct till_redeemed second = shop_redeem(shop, &redeem, false);

    assert_int_equal(first.verdict, COUPON_OK);
    assert_int_equal(second.verdict, COUPON_ALREADY_USED);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM journal WHERE kind = 9"), 1);
    assert_int_equal(shop_query(shop, "SELECT use_no * 100 + epoch FROM redemption"), 203);
}

static void a_right_that_central_asks_back_is_gone(void **state)
{
    struct shop *shop = *state;
    struct feed_right request = {.coupon = {SHOP_CAMPAIGN, 1}, .epoch = 0, .use_no = 1, .transfer = 78};

    shop_item_right(shop, FEED_RIGHT_REQUEST, &request);
    shop_give(shop);

    assert_int_equal(shop_query(shop, "SELECT count(*) FROM journal WHERE kind = 10"), 1);
    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 1).verdict, COUPON_HELD_ELSEWHERE);
}

static void a_used_right_is_not_given_back(void **state)
{
    struct shop *shop = *state;
    struct feed_right request = {.coupon = {SHOP_CAMPAIGN, 1}, .epoch = 0, .use_no = 1, .transfer = 78};

    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 1).verdict, COUPON_OK);
    shop_item_right(shop, FEED_RIGHT_REQUEST, &request);
    request.coupon.serial = 2;
    request.epoch = 4; /* not the epoch that is held here */
    shop_item_right(shop, FEED_RIGHT_REQUEST, &request);
    shop_give(shop);

    assert_int_equal(shop_query(shop, "SELECT count(*) FROM journal WHERE kind = 10"), 0);
    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 2).verdict, COUPON_OK);
}

static void only_the_primary_redeems_by_the_token(void **state)
{
    struct shop *shop = *state;
    struct feed_right grant = {.coupon = {SHOP_CAMPAIGN, 1}, .epoch = 1, .use_no = 1, .transfer = 79};

    shop_item_settings(shop, SHOP_TERMINAL + 1);
    shop_item_right(shop, FEED_RIGHT_GRANT, &grant);
    shop_give(shop);

    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 1).verdict, COUPON_HELD_ELSEWHERE);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM held_right"), 0);
}

static void a_token_of_an_earlier_store_epoch_carries_no_right(void **state)
{
    struct shop *shop = *state;
    struct till_redeem redeem = {.typed = false};
    struct coupon_token token = {.brand = SHOP_BRAND,
                                 .kid = 1,
                                 .coupon = {SHOP_CAMPAIGN, 1},
                                 .home_store = SHOP_STORE,
                                 .store_epoch = SHOP_STORE_EPOCH - 1,
                                 .expiry_s = SHOP_EXPIRY_S};
    uint8_t public_key[PUBLIC_KEY_LEN], secret[SECRET_KEY_LEN];

    shop_secret(1, public_key, secret);
    assert_int_equal(token_coupon_sign(&token, secret, redeem.text), 0);

    assert_int_equal(shop_redeem(shop, &redeem, false).verdict, COUPON_HELD_ELSEWHERE);
}

static void a_sale_in_the_same_act_earns_for_the_owner(void **state)
{
    struct shop *shop = *state;
    struct till_redeem redeem = {.sale_minor = 2500};
    struct feed_coupon row = {.coupon = {SHOP_CAMPAIGN, 1}, .shortcode = "", .member = SHOP_MEMBER};

    shop_item_coupon(shop, &row);
    shop_give(shop);
    shop_coupon_text(SHOP_CAMPAIGN, 1, SHOP_STORE, redeem.text);
    struct till_redeemed done = shop_redeem(shop, &redeem, true);

    assert_int_equal(done.verdict, COUPON_OK);
    assert_int_equal(done.member, SHOP_MEMBER);
    assert_int_equal(done.paid_minor, 2000);
    assert_int_equal(done.earned_minor, 200);
    assert_int_equal(done.balance_minor, 200);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM journal WHERE kind IN (4, 5, 6)"), 3);
    assert_int_equal(shop_query(shop, "SELECT amount_minor FROM balance WHERE account = 'discount/1001'"), 500);
    assert_int_equal(shop_query(shop, "SELECT amount_minor FROM balance WHERE account = 'sales/s3'"), -2500);
    assert_int_equal(shop_query(shop, "SELECT sum(amount_minor) FROM balance"), 0);
}

static void a_percent_coupon_asks_for_the_amount_and_counts_its_member(void **state)
{
    struct shop *shop = *state;
    struct till_redeem redeem = {.member = SHOP_MEMBER};

    shop_coupon_text(SHOP_PERCENT, 1, SHOP_STORE, redeem.text);
    assert_int_equal(shop_redeem(shop, &redeem, false).verdict, COUPON_NEEDS_AMOUNT);
    redeem.sale_minor = 1500;
    struct till_redeemed below = shop_redeem(shop, &redeem, false);
    redeem.sale_minor = 3000;
    struct till_redeemed done = shop_redeem(shop, &redeem, false);
    shop_coupon_text(SHOP_PERCENT, 2, SHOP_STORE, redeem.text);
    struct till_redeemed again = shop_redeem(shop, &redeem, false);

    assert_int_equal(below.verdict, COUPON_BELOW_MINIMUM);
    assert_int_equal(below.min_spend_minor, 2000);
    assert_int_equal(done.discount_minor, 300);
    assert_int_equal(again.verdict, COUPON_MEMBER_LIMIT);
}

static void a_typed_code_is_looked_up_in_the_stores_own_table(void **state)
{
    struct shop *shop = *state;
    struct feed_coupon row = {.coupon = {SHOP_CAMPAIGN, 9},
                              .member = SHOP_MEMBER,
                              .home_store = SHOP_STORE,
                              .store_epoch = SHOP_STORE_EPOCH,
                              .expiry_s = SHOP_EXPIRY_S};
    struct till_redeem redeem = {.typed = true};

    shortcode_from_value(123456789, row.shortcode);
    shop_item_coupon(shop, &row);
    shop_give(shop);
    shortcode_from_value(987654321, redeem.text);
    struct till_redeemed unknown = shop_redeem(shop, &redeem, true);
    shortcode_from_value(123456789, redeem.text);
    struct till_redeemed known = shop_redeem(shop, &redeem, true);

    assert_int_equal(unknown.verdict, COUPON_UNKNOWN_CODE);
    assert_true(unknown.may_ask_central);
    assert_int_equal(known.verdict, COUPON_OK);
    assert_int_equal(known.member, SHOP_MEMBER);
    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 9).verdict, COUPON_ALREADY_USED);
}

static void guessing_codes_is_stopped_for_a_minute(void **state)
{
    struct shop *shop = *state;
    struct feed_coupon row = {.coupon = {SHOP_CAMPAIGN, 9}, .home_store = SHOP_STORE, .store_epoch = SHOP_STORE_EPOCH};
    struct till_redeem redeem = {.typed = true};

    shortcode_from_value(1, row.shortcode);
    shop_item_coupon(shop, &row);
    shop_give(shop);
    for (uint64_t guess = 100; guess < 110; guess++) {
        shortcode_from_value(guess, redeem.text);
        assert_int_equal(shop_redeem(shop, &redeem, false).verdict, COUPON_UNKNOWN_CODE);
    }
    shortcode_from_value(1, redeem.text);
    enum coupon_verdict at_once = shop_redeem(shop, &redeem, false).verdict;
    sim_clock_advance(&shop->clock, 61 * 1000);

    assert_int_equal(at_once, COUPON_UNKNOWN_CODE);
    assert_int_equal(shop_redeem(shop, &redeem, false).verdict, COUPON_OK);
}

static void every_wrong_code_has_its_own_verdict(void **state)
{
    struct shop *shop = *state;
    struct till_redeem redeem = {.typed = false};
    struct coupon_token token = {.brand = SHOP_BRAND, .kid = 1, .coupon = {SHOP_CAMPAIGN, 1}, .home_store = SHOP_STORE};
    uint8_t public_key[PUBLIC_KEY_LEN], secret[SECRET_KEY_LEN];

    shop_secret(50, public_key, secret);
    assert_int_equal(token_coupon_sign(&token, secret, redeem.text), 0);
    assert_int_equal(shop_redeem(shop, &redeem, false).verdict, COUPON_FORGED);
    token.kid = 200;
    assert_int_equal(token_coupon_sign(&token, secret, redeem.text), 0);
    assert_int_equal(shop_redeem(shop, &redeem, false).verdict, COUPON_KEY_UNKNOWN);
    token.brand = 8;
    assert_int_equal(token_coupon_sign(&token, secret, redeem.text), 0);
    assert_int_equal(shop_redeem(shop, &redeem, false).verdict, COUPON_OTHER_BRAND);
    snprintf(redeem.text, sizeof(redeem.text), "TSC1:HELLO");
    assert_int_equal(shop_redeem(shop, &redeem, false).verdict, COUPON_MALFORMED);
    snprintf(redeem.text, sizeof(redeem.text), "https://example.com/");
    assert_int_equal(shop_redeem(shop, &redeem, false).verdict, COUPON_NOT_OURS);
    shop_coupon_text(9999, 1, SHOP_STORE, redeem.text);
    assert_int_equal(shop_redeem(shop, &redeem, false).verdict, COUPON_CAMPAIGN_UNKNOWN);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM journal WHERE kind = 13"), 6);
}

static void a_revoked_coupon_is_refused(void **state)
{
    struct shop *shop = *state;
    struct feed_coupon row = {.coupon = {SHOP_CAMPAIGN, 1}, .revoked = true};

    shop_item_coupon(shop, &row);
    shop_give(shop);

    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 1).verdict, COUPON_REVOKED);
}

static void a_code_held_before_the_camera_is_noted_once_a_minute(void **state)
{
    struct shop *shop = *state;
    struct till_redeem redeem = {.text = "hello"};

    for (int i = 0; i < 20; i++)
        shop_redeem(shop, &redeem, false);
    int64_t in_a_minute = shop_query(shop, "SELECT count(*) FROM journal WHERE kind = 13");
    sim_clock_advance(&shop->clock, 60 * 1000);
    shop_redeem(shop, &redeem, false);

    assert_int_equal(in_a_minute, 1);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM journal WHERE kind = 13"), 2);
}

static void payment_codes_and_cards_leave_no_trace(void **state)
{
    struct shop *shop = *state;
    static const char *const secrets[] = {"134567890123456789", "4111111111111111"};

    for (size_t i = 0; i < ARRAY_LEN(secrets); i++) {
        struct till_redeem redeem = {.typed = false};
        uint8_t hash[HASH_LEN];
        snprintf(redeem.text, sizeof(redeem.text), "%s", secrets[i]);
        assert_int_equal(shop_redeem(shop, &redeem, false).verdict, COUPON_NOT_OURS);
        shop_stop(shop); /* everything is in the one file then */
        crypto_sha256(secrets[i], strlen(secrets[i]), hash);
        assert_false(shop_file_contains(shop->path, secrets[i], strlen(secrets[i])));
        assert_false(shop_file_contains(shop->path, hash, 8));
        shop_start(shop);
    }
}

static void the_budget_bounds_what_is_redeemed_without_the_right(void **state)
{
    struct shop *shop = *state;
    struct till_redeem redeem = {.typed = false};
    enum coupon_verdict verdicts[4];
    struct journal_answer answer = {.status = JOURNAL_STORED, .server_epoch = 1};

    for (uint64_t i = 0; i < 3; i++) {
        shop_coupon_text(SHOP_BUDGET, i + 1, SHOP_OTHER_STORE, redeem.text);
        verdicts[i] = shop_redeem(shop, &redeem, false).verdict;
    }
    answer.durable_through = (uint64_t)shop_query(shop, "SELECT max(seq) FROM journal");
    assert_int_equal(till_marks_store(shop->till, &answer), 0);
    verdicts[3] = shop_redeem(shop, &redeem, false).verdict;

    assert_int_equal(verdicts[0], COUPON_OK);
    assert_int_equal(verdicts[1], COUPON_OK);
    assert_int_equal(verdicts[2], COUPON_BUDGET_SPENT);
    assert_int_equal(verdicts[3], COUPON_OK); /* central has the others: the exposure is its to settle */
}

static void strict_needs_central_to_agree(void **state)
{
    struct shop *shop = *state;
    struct till_redeem redeem = {.typed = false};

    shop_coupon_text(SHOP_STRICT, 1, SHOP_STORE, redeem.text);
    struct till_redeemed alone = shop_redeem(shop, &redeem, true);
    redeem.central_agreed = true;
    struct till_redeemed agreed = shop_redeem(shop, &redeem, true);

    assert_int_equal(alone.verdict, COUPON_NEEDS_CONNECTION);
    assert_true(alone.may_ask_central);
    assert_int_equal(agreed.verdict, COUPON_OK);
}

static void after_a_reboot_the_clerk_confirms_the_date(void **state)
{
    struct shop *shop = *state;
    struct till_redeem redeem = {.typed = false};

    shop_stop(shop);
    shop_start(shop);
    shop_coupon_text(SHOP_CAMPAIGN, 1, SHOP_STORE, redeem.text);
    enum coupon_verdict same_boot = shop_redeem(shop, &redeem, false).verdict;
    shop_stop(shop);
    shop->boot_id = "boot-2";
    shop_start(shop);
    shop_coupon_text(SHOP_CAMPAIGN, 2, SHOP_STORE, redeem.text);
    enum coupon_verdict next_boot = shop_redeem(shop, &redeem, false).verdict;
    redeem.date_confirmed = true;

    assert_int_equal(same_boot, COUPON_OK);
    assert_int_equal(next_boot, COUPON_DATE_UNSURE);
    assert_int_equal(shop_redeem(shop, &redeem, false).verdict, COUPON_OK);
}

#define WITH_SHOP(test) cmocka_unit_test_setup_teardown(test, open_shop, close_shop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SHOP(a_coupon_of_this_store_is_redeemed_once),
        WITH_SHOP(a_redemption_survives_a_restart),
        WITH_SHOP(another_stores_coupon_waits_for_central),
        WITH_SHOP(a_granted_right_makes_it_redeemable_here_once),
        WITH_SHOP(a_right_that_central_asks_back_is_gone),
        WITH_SHOP(a_used_right_is_not_given_back),
        WITH_SHOP(only_the_primary_redeems_by_the_token),
        WITH_SHOP(a_token_of_an_earlier_store_epoch_carries_no_right),
        WITH_SHOP(a_sale_in_the_same_act_earns_for_the_owner),
        WITH_SHOP(a_percent_coupon_asks_for_the_amount_and_counts_its_member),
        WITH_SHOP(a_typed_code_is_looked_up_in_the_stores_own_table),
        WITH_SHOP(guessing_codes_is_stopped_for_a_minute),
        WITH_SHOP(every_wrong_code_has_its_own_verdict),
        WITH_SHOP(a_revoked_coupon_is_refused),
        WITH_SHOP(a_code_held_before_the_camera_is_noted_once_a_minute),
        WITH_SHOP(payment_codes_and_cards_leave_no_trace),
        WITH_SHOP(the_budget_bounds_what_is_redeemed_without_the_right),
        WITH_SHOP(strict_needs_central_to_agree),
        WITH_SHOP(after_a_reboot_the_clerk_confirms_the_date),
    };

    return cmocka_run_group_tests_name("till_redeem", tests, NULL, NULL);
}
