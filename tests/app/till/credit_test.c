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

static struct till_sold earn(struct shop *shop, int64_t gross_minor)
{
    return shop_sell(shop, &(struct till_sale){.gross_minor = gross_minor, .member = SHOP_MEMBER});
}

static void a_sale_earns_at_the_stores_rate(void **state)
{
    struct shop *shop = *state;

    struct till_sold sold = earn(shop, 12345);

    assert_int_equal(sold.verdict, CREDIT_OK);
    assert_int_equal(sold.paid_minor, 12345);
    assert_int_equal(sold.earned_minor, 1235); /* 10 %, half rounds up */
    assert_int_equal(sold.balance_minor, 1235);
    assert_int_not_equal(sold.group, 0);
}

static void a_sale_without_a_member_earns_nothing(void **state)
{
    struct shop *shop = *state;

    struct till_sold sold = shop_sell(shop, &(struct till_sale){.gross_minor = 1000});

    assert_int_equal(sold.earned_minor, 0);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM journal WHERE kind = 6"), 0);
}

static void impossible_amounts_are_refused(void **state)
{
    struct shop *shop = *state;

    earn(shop, 10000);
    struct till_sale sale = {.gross_minor = 0, .member = SHOP_MEMBER};
    assert_int_equal(shop_sell(shop, &sale).verdict, CREDIT_BAD_AMOUNT);
    sale = (struct till_sale){.gross_minor = 500, .credit_minor = 501, .member = SHOP_MEMBER, .pin = "1357"};
    assert_int_equal(shop_sell(shop, &sale).verdict, CREDIT_BAD_AMOUNT);
    sale.credit_minor = -1;
    assert_int_equal(shop_sell(shop, &sale).verdict, CREDIT_BAD_AMOUNT);
}

static void a_fresh_code_spends_once_and_offline(void **state)
{
    struct shop *shop = *state;
    struct till_sale sale = {.gross_minor = 1500, .credit_minor = 400, .member = SHOP_MEMBER};

    earn(shop, 10000);
    shop_member_text(shop, SHOP_MEMBER, true, sale.member_code);
    struct till_sold first = shop_sell(shop, &sale);
    struct till_sold second = shop_sell(shop, &sale);

    assert_int_equal(first.verdict, CREDIT_OK);
    assert_int_equal(first.paid_minor, 1100);
    assert_int_equal(first.earned_minor, 110);
    assert_int_equal(first.balance_minor, 1000 - 400 + 110);
    assert_int_equal(second.verdict, CREDIT_CODE_USED);
    assert_int_equal(second.group, 0);
    assert_int_equal(shop_query(shop, "SELECT sum(amount_minor) FROM balance"), 0);
}

static void a_used_code_stays_used_after_a_restart(void **state)
{
    struct shop *shop = *state;
    struct till_sale sale = {.gross_minor = 1500, .credit_minor = 400, .member = SHOP_MEMBER};

    earn(shop, 10000);
    shop_member_text(shop, SHOP_MEMBER, true, sale.member_code);
    assert_int_equal(shop_sell(shop, &sale).verdict, CREDIT_OK);
    shop_stop(shop);
    shop_start(shop);

    assert_int_equal(shop_sell(shop, &sale).verdict, CREDIT_CODE_USED);
}

static void an_old_code_and_a_static_card_never_spend(void **state)
{
    struct shop *shop = *state;
    struct till_sale sale = {.gross_minor = 1500, .credit_minor = 400, .member = SHOP_MEMBER};

    earn(shop, 10000);
    shop_member_text(shop, SHOP_MEMBER, false, sale.member_code);
    assert_int_equal(shop_sell(shop, &sale).verdict, CREDIT_NEEDS_CODE);
    shop_member_text(shop, SHOP_MEMBER, true, sale.member_code);
    sim_clock_advance(&shop->clock, (MEMBER_CODE_LIFE_S + 1) * 1000);

    assert_int_equal(shop_sell(shop, &sale).verdict, CREDIT_NEEDS_CODE);
}

static void another_members_code_proves_nothing(void **state)
{
    struct shop *shop = *state;
    struct till_sale sale = {.gross_minor = 1500, .credit_minor = 400, .member = SHOP_MEMBER};

    earn(shop, 10000);
    shop_member_text(shop, SHOP_MEMBER + 1, true, sale.member_code);

    assert_int_equal(shop_sell(shop, &sale).verdict, CREDIT_NEEDS_CODE);
}

static void without_trusted_time_the_pin_spends_instead(void **state)
{
    struct shop *shop = *state;
    struct till_sale sale = {.gross_minor = 1500, .credit_minor = 400, .member = SHOP_MEMBER};

    earn(shop, 10000);
    shop_member_text(shop, SHOP_MEMBER, true, sale.member_code);
    shop_stop(shop);
    shop->boot_id = "boot-2";
    shop_start(shop);
    assert_int_equal(shop_sell(shop, &sale).verdict, CREDIT_CLOCK_UNSURE);
    snprintf(sale.pin, sizeof(sale.pin), "1357");

    assert_int_equal(shop_sell(shop, &sale).verdict, CREDIT_OK);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM nonce_used"), 0);
}

static void more_than_the_share_here_is_refused(void **state)
{
    struct shop *shop = *state;
    struct till_sale sale = {.gross_minor = 5000, .credit_minor = 1001, .member = SHOP_MEMBER, .pin = "1357"};

    earn(shop, 10000);

    assert_int_equal(shop_sell(shop, &sale).verdict, CREDIT_NOT_ENOUGH);
    sale.credit_minor = 1000;
    assert_int_equal(shop_sell(shop, &sale).verdict, CREDIT_OK);
}

static void nobody_known_cannot_spend(void **state)
{
    struct shop *shop = *state;
    struct till_sale sale = {.gross_minor = 5000, .credit_minor = 100, .pin = "1357"};

    assert_int_equal(shop_sell(shop, &sale).verdict, CREDIT_NO_MEMBER);
    sale.member = 999;
    assert_int_equal(shop_sell(shop, &sale).verdict, CREDIT_NO_MEMBER);
}

static void a_members_pin_locks_after_five_tries_and_stays_locked_over_a_restart(void **state)
{
    struct shop *shop = *state;
    struct till_sale sale = {.gross_minor = 1500, .credit_minor = 100, .member = SHOP_MEMBER, .pin = "0000"};

    earn(shop, 10000);
    for (int i = 0; i < PIN_TRIES; i++)
        assert_int_equal(shop_sell(shop, &sale).verdict, CREDIT_WRONG_PIN);
    shop_stop(shop);
    shop_start(shop);
    snprintf(sale.pin, sizeof(sale.pin), "1357");
    enum credit_verdict locked = shop_sell(shop, &sale).verdict;
    sim_clock_advance(&shop->clock, PIN_LOCK_MS + 1);

    assert_int_equal(locked, CREDIT_WRONG_PIN);
    assert_int_equal(shop_sell(shop, &sale).verdict, CREDIT_OK);
}

static void credit_moved_here_by_central_can_be_spent(void **state)
{
    struct shop *shop = *state;
    struct feed_share grant = {.member = 555, .owner = {OWNER_STORE, SHOP_STORE}, .amount_minor = 300, .transfer = 12};
    struct till_sale sale = {.gross_minor = 300, .credit_minor = 300, .member = 555};

    shop_item_share(shop, FEED_SHARE_GRANT, &grant);
    shop_item_share(shop, FEED_SHARE_GRANT, &grant); /* the same transfer under another position */
    shop_give(shop);
    assert_int_equal(shop_query(shop, "SELECT amount_minor FROM share WHERE member = 555"), 300);
    shop_member_text(shop, 555, true, sale.member_code);
    struct till_sold sold = shop_sell(shop, &sale);

    assert_int_equal(sold.verdict, CREDIT_OK);
    assert_int_equal(sold.paid_minor, 0);
    assert_int_equal(sold.balance_minor, 0);
}

static void central_gets_back_what_is_there_and_no_more(void **state)
{
    struct shop *shop = *state;
    struct feed_share request = {
        .member = SHOP_MEMBER, .owner = {OWNER_STORE, SHOP_STORE}, .amount_minor = 5000, .transfer = 13};

    earn(shop, 10000);
    shop_item_share(shop, FEED_SHARE_REQUEST, &request);
    shop_item_share(shop, FEED_SHARE_REQUEST, &request);
    shop_give(shop);

    assert_int_equal(shop_query(shop, "SELECT amount_minor FROM share"), 0);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM journal WHERE kind = 12"), 1);
}

static struct till_member member_of(struct shop *shop, bool rotating)
{
    struct till_request request = {.op = TILL_MEMBER, .ticket = 9};

    shop_member_text(shop, SHOP_MEMBER, rotating, request.text);
    struct till_answer answer = shop_ask(shop, &request);
    assert_int_equal(answer.error, 0);
    return answer.member;
}

static void a_member_card_shows_credit_and_coupons_that_expire_first(void **state)
{
    struct shop *shop = *state;
    struct feed_coupon row = {.coupon = {SHOP_CAMPAIGN, 1}, .member = SHOP_MEMBER, .expiry_s = SHOP_EXPIRY_S};

    earn(shop, 10000);
    shop_item_coupon(shop, &row);
    row.coupon.serial = 2;
    row.expiry_s = (uint32_t)(SHOP_START_MS / 1000) + 3600;
    shop_item_coupon(shop, &row);
    row.coupon.serial = 3;
    row.revoked = true;
    shop_item_coupon(shop, &row);
    shop_give(shop);
    struct till_member card = member_of(shop, false);
    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 2).verdict, COUPON_OK);
    struct till_member after = member_of(shop, true);

    assert_int_equal(card.token, TOKEN_GOOD);
    assert_true(card.known && card.has_pin && !card.rotating && !card.fresh);
    assert_int_equal(card.share_minor, 1000);
    assert_int_equal(card.coupon_count, 2);
    assert_true(card.coupons[0].soon && !card.coupons[1].soon);
    assert_true(after.rotating && after.fresh);
    assert_int_equal(after.coupon_count, 1);
}

/* ---- a member that became part of another one */

#define SHOP_OTHER (SHOP_MEMBER + 7)

static void tell_merged(struct shop *shop, uint64_t member, uint64_t survivor)
{
    struct feed_member row = {.member = member, .tier = 1, .home_store = SHOP_STORE, .gone = survivor != 0};
    uint8_t body[FEED_BODY_MAX];
    size_t len;

    row.merged_into = survivor;
    assert_int_equal(feed_member_encode(&row, body, sizeof(body), &len), 0);
    shop_item(shop, FEED_MEMBER, body, len);
    shop_give(shop);
}

static void a_merged_members_card_and_code_stand_for_the_survivor(void **state)
{
    struct shop *shop = *state;
    struct till_request request = {.op = TILL_MEMBER, .ticket = 9};
    struct till_sale sale = {.gross_minor = 1500, .credit_minor = 400, .member = SHOP_OTHER};

    earn(shop, 10000);
    tell_merged(shop, SHOP_OTHER, SHOP_OTHER + 1); /* a chain, told from its beginning */
    tell_merged(shop, SHOP_OTHER + 1, SHOP_MEMBER);
    shop_member_text(shop, SHOP_OTHER, false, request.text);
    struct till_answer card = shop_ask(shop, &request);
    shop_member_text(shop, SHOP_OTHER, true, sale.member_code);
    struct till_sold sold = shop_sell(shop, &sale);

    assert_int_equal(card.member.member, SHOP_MEMBER);
    assert_true(card.member.known);
    assert_int_equal(card.member.share_minor, 1000);
    assert_int_equal(sold.verdict, CREDIT_OK);
    assert_int_equal(sold.member, SHOP_MEMBER);
    assert_int_equal(sold.balance_minor, 1000 - 400 + 110);
}

static void a_merge_gives_no_second_use_at_the_till(void **state)
{
    struct shop *shop = *state;
    struct till_redeem first = {.sale_minor = 5000, .member = SHOP_OTHER}, second = first;

    shop_coupon_text(SHOP_PERCENT, 1, SHOP_STORE, first.text);
    shop_coupon_text(SHOP_PERCENT, 2, SHOP_STORE, second.text);
    second.member = SHOP_MEMBER;
    assert_int_equal(shop_redeem(shop, &first, false).verdict, COUPON_OK);
    tell_merged(shop, SHOP_OTHER, SHOP_MEMBER);

    assert_int_equal(shop_redeem(shop, &second, false).verdict, COUPON_MEMBER_LIMIT);
    tell_merged(shop, SHOP_OTHER, 0); /* they were two after all */
    assert_int_equal(shop_redeem(shop, &second, false).verdict, COUPON_OK);
}

#define WITH_SHOP(test) cmocka_unit_test_setup_teardown(test, open_shop, close_shop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SHOP(a_sale_earns_at_the_stores_rate),
        WITH_SHOP(a_merged_members_card_and_code_stand_for_the_survivor),
        WITH_SHOP(a_merge_gives_no_second_use_at_the_till),
        WITH_SHOP(a_sale_without_a_member_earns_nothing),
        WITH_SHOP(impossible_amounts_are_refused),
        WITH_SHOP(a_fresh_code_spends_once_and_offline),
        WITH_SHOP(a_used_code_stays_used_after_a_restart),
        WITH_SHOP(an_old_code_and_a_static_card_never_spend),
        WITH_SHOP(another_members_code_proves_nothing),
        WITH_SHOP(without_trusted_time_the_pin_spends_instead),
        WITH_SHOP(more_than_the_share_here_is_refused),
        WITH_SHOP(nobody_known_cannot_spend),
        WITH_SHOP(a_members_pin_locks_after_five_tries_and_stays_locked_over_a_restart),
        WITH_SHOP(credit_moved_here_by_central_can_be_spent),
        WITH_SHOP(central_gets_back_what_is_there_and_no_more),
        WITH_SHOP(a_member_card_shows_credit_and_coupons_that_expire_first),
    };

    return cmocka_run_group_tests_name("till_credit", tests, NULL, NULL);
}
