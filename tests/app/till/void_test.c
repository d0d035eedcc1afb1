#include "shop.h"

#include <stdio.h>

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

static struct till_redeemed redeem_with_sale(struct shop *shop, uint64_t serial, int64_t sale_minor)
{
    struct till_redeem redeem = {.sale_minor = sale_minor, .member = SHOP_MEMBER};

    shop_coupon_text(SHOP_CAMPAIGN, serial, SHOP_STORE, redeem.text);
    return shop_redeem(shop, &redeem, false);
}

static struct till_recent recent(struct shop *shop)
{
    struct till_request request = {.op = TILL_RECENT, .ticket = 3};
    struct till_answer answer = shop_ask(shop, &request);

    assert_int_equal(answer.error, 0);
    return answer.recent;
}

static void a_voided_coupon_can_be_redeemed_again_as_the_next_use(void **state)
{
    struct shop *shop = *state;

    struct till_redeemed first = shop_scan(shop, SHOP_CAMPAIGN, 1);
    struct till_voided voided = shop_void(shop, first.group);
    struct till_redeemed second = shop_scan(shop, SHOP_CAMPAIGN, 1);
    struct till_redeemed third = shop_scan(shop, SHOP_CAMPAIGN, 1);

    assert_int_equal(voided.verdict, VOID_OK);
    assert_int_equal(voided.discount_minor, 500);
    assert_int_equal(second.verdict, COUPON_OK);
    assert_int_equal(third.verdict, COUPON_ALREADY_USED);
    assert_int_equal(shop_query(shop, "SELECT max(use_no) FROM redemption"), 2);
}

static void the_whole_act_is_undone_in_reverse_order(void **state)
{
    struct shop *shop = *state;

    struct till_redeemed done = redeem_with_sale(shop, 1, 2500);
    struct till_voided voided = shop_void(shop, done.group);

    assert_int_equal(voided.paid_minor, 2000);
    assert_int_equal(voided.earned_minor, 200);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM journal WHERE kind = 8"), 3);
    assert_int_equal(shop_query(shop, "SELECT coalesce(sum(abs(amount_minor)), 0) FROM balance"), 0);
    assert_int_equal(shop_query(shop, "SELECT sum(amount_minor) FROM share"), 0);
    assert_int_equal(shop_query(shop, "SELECT uses FROM member_use"), 0);
}

static void a_spent_earn_becomes_a_receivable_that_later_earns_set_off(void **state)
{
    struct shop *shop = *state;
    struct till_sale spend = {.gross_minor = 150, .credit_minor = 150, .member = SHOP_MEMBER, .pin = "1357"};

    struct till_redeemed done = redeem_with_sale(shop, 1, 2500); /* earns 200 */
    assert_int_equal(shop_sell(shop, &spend).verdict, CREDIT_OK);
    assert_int_equal(shop_void(shop, done.group).verdict, VOID_OK);
    int64_t owed = shop_query(shop, "SELECT amount_minor FROM balance WHERE account = 'receivable/s3/700001'");
    struct till_sold small = shop_sell(shop, &(struct till_sale){.gross_minor = 1000, .member = SHOP_MEMBER});
    struct till_sold large = shop_sell(shop, &(struct till_sale){.gross_minor = 1000, .member = SHOP_MEMBER});

    assert_int_equal(owed, -150);
    assert_int_equal(small.earned_minor, 100);
    assert_int_equal(small.balance_minor, 0);
    assert_int_equal(large.balance_minor, 50);
    assert_int_equal(shop_query(shop, "SELECT amount_minor FROM balance WHERE account = 'receivable/s3/700001'"), 0);
    assert_int_equal(shop_query(shop, "SELECT sum(amount_minor) FROM balance"), 0);
}

static void voiding_an_earn_that_set_off_a_receivable_brings_it_back(void **state)
{
    struct shop *shop = *state;
    struct till_sale spend = {.gross_minor = 200, .credit_minor = 200, .member = SHOP_MEMBER, .pin = "1357"};

    struct till_redeemed done = redeem_with_sale(shop, 1, 2500);
    assert_int_equal(shop_sell(shop, &spend).verdict, CREDIT_OK);
    assert_int_equal(shop_void(shop, done.group).verdict, VOID_OK);
    struct till_sold later = shop_sell(shop, &(struct till_sale){.gross_minor = 3000, .member = SHOP_MEMBER});
    assert_int_equal(later.balance_minor, 100);
    assert_int_equal(shop_void(shop, later.group).verdict, VOID_OK);

    assert_int_equal(shop_query(shop, "SELECT amount_minor FROM balance WHERE account = 'receivable/s3/700001'"), -200);
    assert_int_equal(shop_query(shop, "SELECT amount_minor FROM share"), 0);
}

static void a_voided_spend_gives_the_credit_back(void **state)
{
    struct shop *shop = *state;
    struct till_sale spend = {.gross_minor = 500, .credit_minor = 300, .member = SHOP_MEMBER, .pin = "1357"};

    shop_sell(shop, &(struct till_sale){.gross_minor = 4000, .member = SHOP_MEMBER});
    struct till_sold sold = shop_sell(shop, &spend);
    assert_int_equal(sold.balance_minor, 400 - 300 + 20);
    struct till_voided voided = shop_void(shop, sold.group);

    assert_int_equal(voided.credit_minor, 300);
    assert_int_equal(shop_query(shop, "SELECT amount_minor FROM share"), 400);
}

static void only_an_act_can_be_voided_and_only_once(void **state)
{
    struct shop *shop = *state;
    struct till_request nobody = {.op = TILL_VOID, .ticket = 7};

    struct till_redeemed done = redeem_with_sale(shop, 1, 2500);
    nobody.voided.group = done.group;
    assert_int_equal(shop_ask(shop, &nobody).voided.verdict, VOID_NOT_ALLOWED);
    nobody.clerk = 404;
    assert_int_equal(shop_ask(shop, &nobody).voided.verdict, VOID_NOT_ALLOWED);
    assert_int_equal(shop_void(shop, done.group + 1).verdict, VOID_UNKNOWN); /* the sale within the act */
    assert_int_equal(shop_void(shop, 1).verdict, VOID_UNKNOWN);              /* the incarnation */
    assert_int_equal(shop_void(shop, 9999).verdict, VOID_UNKNOWN);
    assert_int_equal(shop_void(shop, done.group).verdict, VOID_OK);
    assert_int_equal(shop_void(shop, done.group).verdict, VOID_ALREADY);
}

static void a_right_that_moved_on_is_not_voided_back(void **state)
{
    struct shop *shop = *state;
    struct feed_right grant = {.coupon = {SHOP_CAMPAIGN, 1}, .epoch = 1, .use_no = 2, .transfer = 5};

    struct till_redeemed done = shop_scan(shop, SHOP_CAMPAIGN, 1);
    shop_item_right(shop, FEED_RIGHT_GRANT, &grant);
    shop_give(shop);

    assert_int_equal(shop_void(shop, done.group).verdict, VOID_MOVED_ON);
}

static void the_void_list_shows_whole_acts_newest_first(void **state)
{
    struct shop *shop = *state;

    struct till_redeemed done = redeem_with_sale(shop, 1, 2500);
    struct till_sold sold = shop_sell(shop, &(struct till_sale){.gross_minor = 700});
    shop_void(shop, done.group);
    struct till_recent list = recent(shop);

    assert_int_equal(list.count, 2);
    assert_int_equal(list.acts[0].group, sold.group);
    assert_int_equal(list.acts[0].gross_minor, 700);
    assert_string_equal(list.acts[0].campaign_en, "");
    assert_false(list.acts[0].voided);
    assert_int_equal(list.acts[1].group, done.group);
    assert_string_equal(list.acts[1].campaign_en, "5 off");
    assert_int_equal(list.acts[1].earned_minor, 200);
    assert_true(list.acts[1].voided);
    for (uint64_t serial = 10; serial < 20; serial++)
        shop_scan(shop, SHOP_CAMPAIGN, serial);
    assert_int_equal(recent(shop).count, TILL_RECENT_MAX);
}

static void a_card_number_in_a_reason_is_starred_out(void **state)
{
    struct shop *shop = *state;
    struct till_request request = {.op = TILL_VOID, .ticket = 7, .clerk = SHOP_CLERK};

    request.voided.group = shop_scan(shop, SHOP_CAMPAIGN, 1).group;
    snprintf(request.voided.reason, sizeof(request.voided.reason), "paid by 4111 1111 1111 1111");
    assert_int_equal(shop_ask(shop, &request).voided.verdict, VOID_OK);
    shop_stop(shop);

    assert_false(shop_file_contains(shop->path, "1111 1111", 9));
    assert_true(shop_file_contains(shop->path, "paid by ", 8));
}

#define WITH_SHOP(test) cmocka_unit_test_setup_teardown(test, open_shop, close_shop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SHOP(a_voided_coupon_can_be_redeemed_again_as_the_next_use),
        WITH_SHOP(the_whole_act_is_undone_in_reverse_order),
        WITH_SHOP(a_spent_earn_becomes_a_receivable_that_later_earns_set_off),
        WITH_SHOP(voiding_an_earn_that_set_off_a_receivable_brings_it_back),
        WITH_SHOP(a_voided_spend_gives_the_credit_back),
        WITH_SHOP(only_an_act_can_be_voided_and_only_once),
        WITH_SHOP(a_right_that_moved_on_is_not_voided_back),
        WITH_SHOP(the_void_list_shows_whole_acts_newest_first),
        WITH_SHOP(a_card_number_in_a_reason_is_starred_out),
    };

    return cmocka_run_group_tests_name("till_void", tests, NULL, NULL);
}
