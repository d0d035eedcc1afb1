#include "several.h"

#include <string.h>

/* A right that was granted for some hours: nothing new is redeemed with it after its end; all else goes on. */

#define LEASE_S  (2 * 3600)
#define LEASE_MS (INT64_C(1000) * LEASE_S)
#define UNTIL_S  ((uint32_t)(SHOP_START_MS / 1000 + LEASE_S))
#define YEAR_MS  (INT64_C(365) * 86400 * 1000)

static int open_shop(void **state)
{
    static struct shop shop;

    shop_open(&shop);
    shop_trust_time(&shop);
    *state = &shop;
    return 0;
}

static int close_shop(void **state)
{
    shop_finish(*state);
    return 0;
}

static void grant(struct shop *shop, uint64_t serial, uint32_t epoch, uint32_t until_s)
{
    const struct feed_right right = {.coupon = {SHOP_CAMPAIGN, serial},
                                     .epoch = epoch,
                                     .use_no = 1,
                                     .transfer = 90 + epoch,
                                     .lease_until_s = until_s};

    shop_item_right(shop, FEED_RIGHT_GRANT, &right);
    shop_give(shop);
}

static void ask_back(struct shop *shop, uint32_t campaign, uint64_t serial)
{
    const struct feed_right right = {.coupon = {campaign, serial}, .epoch = 1, .use_no = 1, .transfer = 200};

    shop_item_right(shop, FEED_RIGHT_REQUEST, &right);
    shop_give(shop);
}

/* Another store's coupon. */
static struct till_redeemed show(struct shop *shop, uint64_t serial, bool online)
{
    struct till_redeem redeem = {.typed = false};

    shop_coupon_text(SHOP_CAMPAIGN, serial, SHOP_OTHER_STORE, redeem.text);
    return shop_redeem(shop, &redeem, online);
}

static int64_t released(struct shop *shop)
{
    return shop_query(shop, "SELECT count(*) FROM journal WHERE kind = 10");
}

static void a_right_is_used_until_its_lease_surely_may_have_ended(void **state)
{
    struct shop *shop = *state;

    for (uint64_t serial = 1; serial <= 3; serial++)
        grant(shop, serial, 1, UNTIL_S);
    sim_clock_advance(&shop->clock, LEASE_MS - 1000); /* ± 0.72 s by now */
    assert_int_equal(show(shop, 1, false).verdict, COUPON_OK);
    sim_clock_advance(&shop->clock, 500);
    assert_int_equal(show(shop, 2, false).verdict, COUPON_NEEDS_CONNECTION);
    shop_trust_time(shop); /* now it is known to the millisecond */
    assert_int_equal(show(shop, 2, false).verdict, COUPON_OK);
    sim_clock_advance(&shop->clock, 500);
    assert_int_equal(show(shop, 3, false).verdict, COUPON_NEEDS_CONNECTION);
    assert_false(show(shop, 3, false).may_ask_central);
    assert_true(show(shop, 3, true).may_ask_central);
    assert_int_equal(till_rebuild_compare(shop->till), 0);
}

static void a_right_without_a_lease_stays(void **state)
{
    struct shop *shop = *state;

    grant(shop, 1, 1, 0);
    sim_clock_advance(&shop->clock, 10 * LEASE_MS);
    assert_int_equal(show(shop, 1, false).verdict, COUPON_OK);
}

static void the_lease_of_a_new_grant_counts(void **state)
{
    struct shop *shop = *state;

    grant(shop, 1, 1, UNTIL_S);
    sim_clock_advance(&shop->clock, LEASE_MS);
    ask_back(shop, SHOP_CAMPAIGN, 1);
    grant(shop, 1, 2, UNTIL_S + LEASE_S);
    assert_int_equal(show(shop, 1, false).verdict, COUPON_OK);
    assert_int_equal(shop_query(shop, "SELECT lease_until_s FROM held_right"), UNTIL_S + LEASE_S);
    assert_int_equal(till_rebuild_compare(shop->till), 0);
}

static void a_use_from_before_the_end_is_voided_after_it_and_the_right_can_be_given_back(void **state)
{
    struct shop *shop = *state;

    grant(shop, 1, 1, UNTIL_S);
    struct till_redeemed done = show(shop, 1, false);
    sim_clock_advance(&shop->clock, LEASE_MS);
    ask_back(shop, SHOP_CAMPAIGN, 1); /* it was used: its redemption answers */
    assert_int_equal(released(shop), 0);
    struct till_voided voided = shop_void(shop, done.group);

    assert_int_equal(done.verdict, COUPON_OK);
    assert_int_equal(voided.verdict, VOID_OK);
    assert_int_equal(show(shop, 1, false).verdict, COUPON_NEEDS_CONNECTION);
    ask_back(shop, SHOP_CAMPAIGN, 1);
    assert_int_equal(released(shop), 1);
    assert_int_equal(shop_query(shop, "SELECT use_no FROM held_right"), 2);
    assert_int_equal(show(shop, 1, false).verdict, COUPON_HELD_ELSEWHERE);
    assert_int_equal(till_rebuild_compare(shop->till), 0);
}

static void an_unused_right_is_given_back_after_the_end(void **state)
{
    struct shop *shop = *state;

    grant(shop, 1, 1, UNTIL_S);
    sim_clock_advance(&shop->clock, 5 * YEAR_MS);
    ask_back(shop, SHOP_CAMPAIGN, 1);
    assert_int_equal(released(shop), 1);
    assert_int_equal(shop_query(shop, "SELECT state FROM held_right"), 2);
}

/* Within the budget it would be accepted without the right; nobody else has this one, so it is not given up then. */
static void after_the_end_a_budget_may_be_spent_and_keeps_the_right_here(void **state)
{
    struct shop *shop = *state;
    struct till_redeem redeem = {.typed = false};
    const struct feed_right right = {
        .coupon = {SHOP_BUDGET, 1}, .epoch = 1, .use_no = 1, .transfer = 91, .lease_until_s = UNTIL_S};

    shop_item_right(shop, FEED_RIGHT_GRANT, &right);
    shop_give(shop);
    sim_clock_advance(&shop->clock, LEASE_MS);
    shop_coupon_text(SHOP_BUDGET, 1, SHOP_OTHER_STORE, redeem.text);
    assert_int_equal(shop_redeem(shop, &redeem, true).verdict, COUPON_NEEDS_CONNECTION);
    assert_int_equal(shop_redeem(shop, &redeem, false).verdict, COUPON_OK);
    assert_int_equal(shop_redeem(shop, &redeem, false).verdict, COUPON_ALREADY_USED);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM budget_use"), 1);
    ask_back(shop, SHOP_BUDGET, 1);
    assert_int_equal(released(shop), 0);
    assert_int_equal(till_rebuild_compare(shop->till), 0);
}

static void a_clock_that_is_years_wrong_makes_no_lease_longer(void **state)
{
    struct shop *shop = *state;

    grant(shop, 1, 1, UNTIL_S);
    grant(shop, 2, 1, UNTIL_S);
    sim_clock_set_wall(&shop->clock, SHOP_START_MS + 10 * YEAR_MS);
    assert_int_equal(show(shop, 1, false).verdict, COUPON_OK); /* counted from when it was last known */
    sim_clock_advance(&shop->clock, LEASE_MS);
    sim_clock_set_wall(&shop->clock, SHOP_START_MS - 10 * YEAR_MS);
    assert_int_equal(show(shop, 2, false).verdict, COUPON_NEEDS_CONNECTION);
}

/* Nothing is known of the time: the clerk says what day it is, and gives the right back all the same. */
static void after_a_start_without_a_clock_the_date_is_confirmed_and_counts(void **state)
{
    struct shop *shop = *state;
    struct till_redeem redeem = {.typed = false};

    grant(shop, 1, 1, UNTIL_S);
    shop_stop(shop);
    shop->boot_id = "boot-2";
    sim_clock_set_wall(&shop->clock, SHOP_START_MS + LEASE_MS);
    shop_start(shop);
    shop_coupon_text(SHOP_CAMPAIGN, 1, SHOP_OTHER_STORE, redeem.text);
    assert_int_equal(shop_redeem(shop, &redeem, false).verdict, COUPON_DATE_UNSURE);
    redeem.date_confirmed = true;
    assert_int_equal(shop_redeem(shop, &redeem, false).verdict, COUPON_NEEDS_CONNECTION);
    sim_clock_set_wall(&shop->clock, SHOP_START_MS - 3 * YEAR_MS);
    redeem.check_only = true;
    assert_int_equal(shop_redeem(shop, &redeem, false).verdict, COUPON_OK);
    ask_back(shop, SHOP_CAMPAIGN, 1);
    assert_int_equal(released(shop), 1);
    assert_int_equal(shop_redeem(shop, &redeem, false).verdict, COUPON_HELD_ELSEWHERE);
}

static void granted(struct several *s, uint64_t serial)
{
    several_live(s, 0, 1);
    grant(&s->shops[0], serial, 1, UNTIL_S);
}

static void who_is_promoted_holds_the_right_until_the_same_moment(void **state)
{
    struct several *s = *state;

    granted(s, 3);
    granted(s, 4);
    several_meet(s);
    assert_int_equal(several_promote(s, 1, true).store, STORE_OK);
    several_live(s, 1, 0);
    (void)several_alone(s, 1, true);
    shop_trust_time(&s->shops[1]);
    assert_int_equal(several_ask(s, 1, several_redeem(3)).redeemed.verdict, COUPON_OK);
    sim_clock_advance(&s->shops[1].clock, LEASE_MS);
    assert_int_equal(several_ask(s, 1, several_redeem(4)).redeemed.verdict, COUPON_NEEDS_CONNECTION);
    assert_int_equal(till_rebuild_compare(s->shops[1].till), 0);
}

#define WITH_SHOP(test) cmocka_unit_test_setup_teardown(test, open_shop, close_shop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SHOP(a_right_is_used_until_its_lease_surely_may_have_ended),
        WITH_SHOP(a_right_without_a_lease_stays),
        WITH_SHOP(the_lease_of_a_new_grant_counts),
        WITH_SHOP(a_use_from_before_the_end_is_voided_after_it_and_the_right_can_be_given_back),
        WITH_SHOP(an_unused_right_is_given_back_after_the_end),
        WITH_SHOP(after_the_end_a_budget_may_be_spent_and_keeps_the_right_here),
        WITH_SHOP(a_clock_that_is_years_wrong_makes_no_lease_longer),
        WITH_SHOP(after_a_start_without_a_clock_the_date_is_confirmed_and_counts),
        cmocka_unit_test_setup_teardown(who_is_promoted_holds_the_right_until_the_same_moment, several_open_two,
                                        several_close_all),
    };

    return cmocka_run_group_tests_name("till_lease", tests, NULL, NULL);
}
