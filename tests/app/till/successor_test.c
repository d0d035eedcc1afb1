#include "several.h"

/* Whose the store's credit is when central names another primary. */

static struct till_answer spend(struct several *s, uint32_t i)
{
    struct till_request request = {.op = TILL_SALE, .sale = {.gross_minor = 1000, .credit_minor = 100}};

    shop_member_text(&s->shops[i], SHOP_MEMBER, true, request.sale.member_code);
    return several_ask(s, i, request);
}

/* Both would spend of the same share: the one that has not heard, and the one that follows. */
static void who_follows_by_centrals_word_spends_credit_once_the_other_one_showed_its_end(void **state)
{
    struct several *s = *state;
    struct shop *shop = &s->shops[1];
    const struct feed_share grant = {
        .member = SHOP_MEMBER, .owner = {OWNER_STORE, SHOP_STORE}, .amount_minor = 150, .transfer = 61};
    const struct feed_share request = {
        .member = SHOP_MEMBER, .owner = {OWNER_STORE, SHOP_STORE}, .amount_minor = 150, .transfer = 62};

    shop_item_share(&s->shops[0], FEED_SHARE_GRANT, &grant);
    shop_give(&s->shops[0]);
    several_meet(s);
    several_primary(s, 1, 1, SHOP_STORE_EPOCH + 1);
    (void)several_alone(s, 1, true);
    assert_int_equal(spend(s, 1).error, -EHOSTDOWN);
    shop_item_share(shop, FEED_SHARE_REQUEST, &request);
    shop_give(shop);
    (void)several_alone(s, 0, true);
    assert_int_equal(spend(s, 0).sold.verdict, CREDIT_OK); /* it has not heard */
    several_carry(s, 0, 1);
    assert_int_equal(several_word(s, 0, 1), 0);
    assert_int_equal(spend(s, 1).error, -EHOSTDOWN); /* all that it wrote is here, and it may go on */
    several_restart(s, 1);
    several_primary(s, 0, 1, SHOP_STORE_EPOCH + 1);
    several_meet(s);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM journal WHERE kind = 12 AND terminal = 12"), 1);
    assert_int_equal(shop_query(shop, "SELECT amount_minor FROM share"), 0);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM journal WHERE kind = 7"), 1);
}

static void give_share(struct several *s)
{
    const struct feed_share grant = {
        .member = SHOP_MEMBER, .owner = {OWNER_STORE, SHOP_STORE}, .amount_minor = 150, .transfer = 61};

    shop_item_share(&s->shops[0], FEED_SHARE_GRANT, &grant);
    shop_give(&s->shops[0]);
    several_meet(s);
}

/* The first has not heard of anything and goes on; whoever thinks to have its credit must not spend beside it. */
static void the_first_spends_and_not_the(struct several *s, uint32_t last)
{
    (void)several_alone(s, 0, true);
    (void)several_alone(s, last, true);
    assert_int_equal(spend(s, 0).sold.verdict, CREDIT_OK);
    assert_int_equal(spend(s, last).error, -EHOSTDOWN);
}

static void the_first_is_heard_and_the_last_goes_on(struct several *s, uint32_t last, uint32_t epoch)
{
    several_primary(s, 0, last, epoch);
    several_meet(s);
    assert_int_equal(shop_query(&s->shops[last], "SELECT sum(amount_minor) FROM share"), 150 - 100 + 90);
    assert_int_equal(spend(s, last).sold.verdict, CREDIT_OK);
}

static void a_chain_of_hand_overs_waits_for_its_first(void **state)
{
    struct several *s = *state;

    give_share(s);
    for (uint32_t plus = 1; plus <= 2; plus++) {
        several_primary(s, 1, plus, SHOP_STORE_EPOCH + plus);
        several_primary(s, 2, plus, SHOP_STORE_EPOCH + plus);
    }
    several_carry(s, 1, 2);
    assert_int_equal(several_word(s, 1, 2), 0);
    the_first_spends_and_not_the(s, 2);
    the_first_is_heard_and_the_last_goes_on(s, 2, SHOP_STORE_EPOCH + 2);
}

static void a_promotion_over_who_had_not_settled_waits_too(void **state)
{
    struct several *s = *state;

    give_share(s);
    several_primary(s, 1, 1, SHOP_STORE_EPOCH + 1);
    several_primary(s, 2, 1, SHOP_STORE_EPOCH + 1);
    several_carry(s, 1, 2);
    assert_int_equal(several_promote(s, 2, true).store, STORE_OK);
    the_first_spends_and_not_the(s, 2);
    the_first_is_heard_and_the_last_goes_on(s, 2, SHOP_STORE_EPOCH + 2);
}

/* What the peer said when this one was primary before says nothing of this time. */
static void an_earlier_word_is_no_end(void **state)
{
    struct several *s = *state;

    give_share(s);
    for (uint32_t plus = 1; plus <= 2; plus++) {
        several_primary(s, 0, plus % 2, SHOP_STORE_EPOCH + plus);
        several_primary(s, 1, plus % 2, SHOP_STORE_EPOCH + plus);
        if (plus == 1)
            several_meet(s);
    }
    several_carry(s, 1, 0);
    assert_int_equal(several_word(s, 1, 0), 0);
    several_primary(s, 1, 1, SHOP_STORE_EPOCH + 3);
    the_first_spends_and_not_the(s, 1);
}

#define WITH_TWO(test)   cmocka_unit_test_setup_teardown(test, several_open_two, several_close_all)
#define WITH_THREE(test) cmocka_unit_test_setup_teardown(test, several_open_three, several_close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TWO(who_follows_by_centrals_word_spends_credit_once_the_other_one_showed_its_end),
        WITH_THREE(a_chain_of_hand_overs_waits_for_its_first),
        WITH_THREE(a_promotion_over_who_had_not_settled_waits_too),
        WITH_TWO(an_earlier_word_is_no_end),
    };

    return cmocka_run_group_tests_name("till_successor", tests, NULL, NULL);
}
