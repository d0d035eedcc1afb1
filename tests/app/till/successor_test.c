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

static bool is_done(struct till_answer answer)
{
    return answer.error == 0 && answer.redeemed.verdict == COUPON_OK;
}

/* Of another store's coupons, within the budget; its answer was lost, and terminal 1 has been named since. */
static struct till_request asked_of_the_first(uint64_t serial)
{
    struct till_request request = {.op = TILL_REDEEM};

    shop_coupon_text(SHOP_BUDGET, serial, SHOP_OTHER_STORE, request.redeem.text);
    request = several_named(request, (uint8_t)serial);
    request.asked_terminal = several_terminal(0);
    request.asked_epoch = SHOP_STORE_EPOCH;
    return request;
}

static void name_the_second(struct several *s)
{
    several_meet(s);
    several_primary(s, 1, 1, SHOP_STORE_EPOCH + 1);
    (void)several_alone(s, 1, true);
}

static void what_the_former_primary_did_is_not_done_again_before_its_end_is_here(void **state)
{
    struct several *s = *state;
    struct till_request lost = asked_of_the_first(1);
    struct till_answer answer;

    name_the_second(s);
    (void)several_alone(s, 0, true);
    assert_true(is_done(several_ask(s, 0, lost))); /* it has not heard */
    assert_int_equal(several_ask(s, 1, lost).error, -EAGAIN);
    several_restart(s, 1);
    assert_int_equal(several_ask(s, 1, lost).error, -EAGAIN);
    several_primary(s, 0, 1, SHOP_STORE_EPOCH + 1);
    several_meet(s);
    answer = several_ask(s, 1, lost);
    assert_int_equal(answer.error, 0);
    assert_int_equal(answer.by, several_terminal(0));
    assert_int_equal(shop_query(&s->shops[1], "SELECT count(*) FROM journal WHERE kind = 4"), 1);
}

static void what_the_former_primary_did_not_do_is_done_once_its_end_is_here(void **state)
{
    struct several *s = *state;
    struct till_request lost = asked_of_the_first(1);

    name_the_second(s);
    assert_int_equal(several_ask(s, 1, lost).error, -EAGAIN);
    several_primary(s, 0, 1, SHOP_STORE_EPOCH + 1);
    several_meet(s);
    (void)several_alone(s, 1, true);
    assert_true(is_done(several_ask(s, 1, lost)));
    assert_int_equal(several_last(s, 1).by, 0);
}

/* Nobody else can have done it. */
static void what_was_asked_of_the_new_primary_first_does_not_wait_for_the_former(void **state)
{
    struct several *s = *state;
    struct till_request fresh = asked_of_the_first(1), other = asked_of_the_first(2);

    name_the_second(s);
    fresh.asked_epoch = SHOP_STORE_EPOCH + 1;
    assert_int_equal(several_ask(s, 1, fresh).error, -EAGAIN); /* promoted meanwhile, as far as is known here */
    fresh.asked_terminal = several_terminal(1);
    assert_true(is_done(several_ask(s, 1, fresh)));
    other.asked_terminal = other.asked_epoch = 0; /* one that does not say */
    assert_true(is_done(several_ask(s, 1, other)));
}

static void what_a_lost_primary_may_have_done_comes_to_an_end(void **state)
{
    struct several *s = *state;
    struct till_request lost = asked_of_the_first(1);

    name_the_second(s);
    assert_int_equal(several_ask(s, 1, lost).error, -EAGAIN);
    several_gone(s, 1, 0);
    assert_int_equal(several_word(s, 2, 1), 0);
    assert_true(is_done(several_ask(s, 1, lost)));
}

/* The first is gone; terminal 2 has all that it did, and terminal 1, which is named, has not. */
static struct till_request done_by_who_is_gone(struct several *s)
{
    struct till_request lost = asked_of_the_first(1);

    name_the_second(s);
    (void)several_alone(s, 0, true);
    assert_true(is_done(several_ask(s, 0, lost)));
    (void)several_copy(s, 0, 2);
    several_primary(s, 2, 1, SHOP_STORE_EPOCH + 1);
    assert_int_equal(several_word(s, 2, 1), 0);
    several_gone(s, 1, 0);
    several_gone(s, 2, 0);
    assert_int_equal(several_word(s, 2, 1), 0);
    assert_int_equal(several_ask(s, 1, lost).error, -EAGAIN);
    return lost;
}

static void what_a_lost_primary_did_comes_from_who_holds_it(void **state)
{
    struct several *s = *state;
    struct till_request lost = done_by_who_is_gone(s);
    struct till_answer answer;

    several_meet(s);
    answer = several_ask(s, 1, lost);
    assert_int_equal(answer.error, 0);
    assert_int_equal(answer.by, several_terminal(0));
    assert_int_equal(shop_query(&s->shops[1], "SELECT count(*) FROM journal WHERE kind = 4"), 1);
}

static void what_nobody_brings_is_not_waited_for_without_end(void **state)
{
    struct several *s = *state;
    struct till_request lost = done_by_who_is_gone(s);

    for (int i = 0; i < 500; i++)
        assert_int_equal(several_word(s, 2, 1), 0);
    assert_int_equal(several_ask(s, 1, lost).error, -EAGAIN);
    for (int i = 0; i < 100; i++)
        assert_int_equal(several_word(s, 2, 1), 0);
    (void)several_alone(s, 1, true);
    assert_true(is_done(several_ask(s, 1, lost)));
}

/* A backup of central's knew neither of the hand-over to terminal 1 nor of the one back. */
static void ends_count_under_the_epoch_that_a_restored_central_names(void **state)
{
    struct several *s = *state;
    struct till_request lost = asked_of_the_first(1);

    lost.asked_terminal = several_terminal(1);
    lost.asked_epoch = SHOP_STORE_EPOCH + 1;
    several_meet(s); /* terminal 1 says that it is not the primary: before */
    several_primary(s, 0, 1, SHOP_STORE_EPOCH + 1);
    several_primary(s, 0, 0, SHOP_STORE_EPOCH + 2);
    several_primary(s, 0, 0, SHOP_STORE_EPOCH);
    several_primary(s, 1, 1, SHOP_STORE_EPOCH + 1);
    (void)several_alone(s, 1, true);
    (void)several_copy(s, 1, 0); /* and everything that it wrote is here */
    (void)several_alone(s, 0, true);
    assert_int_equal(several_ask(s, 0, lost).error, -EAGAIN);
    several_primary(s, 1, 0, SHOP_STORE_EPOCH);
    several_meet(s);
    (void)several_alone(s, 0, true);
    assert_true(is_done(several_ask(s, 0, lost)));
}

static void whom_a_restored_central_had_named_besides_is_waited_for(void **state)
{
    struct several *s = *state;
    struct till_request lost = asked_of_the_first(1);

    lost.asked_terminal = several_terminal(1);
    lost.asked_epoch = SHOP_STORE_EPOCH + 2;
    several_meet(s);
    several_primary(s, 0, 2, SHOP_STORE_EPOCH + 1);
    several_primary(s, 1, 1, SHOP_STORE_EPOCH + 2);
    several_primary(s, 0, 0, SHOP_STORE_EPOCH);
    several_primary(s, 2, 0, SHOP_STORE_EPOCH);
    several_carry(s, 2, 0);
    assert_int_equal(several_word(s, 2, 0), 0);
    (void)several_alone(s, 0, true);
    assert_int_equal(several_ask(s, 0, lost).error, -EAGAIN);
    several_primary(s, 1, 0, SHOP_STORE_EPOCH);
    several_meet(s);
    (void)several_alone(s, 0, true);
    assert_true(is_done(several_ask(s, 0, lost)));
}

static void release_alone(struct several *s, uint32_t i, int64_t expected_minor)
{
    const struct feed_share request = {
        .member = SHOP_MEMBER, .owner = {OWNER_STORE, SHOP_STORE}, .amount_minor = 500, .transfer = 62};

    (void)several_alone(s, i, true);
    shop_item_share(&s->shops[i], FEED_SHARE_REQUEST, &request);
    shop_give(&s->shops[i]);
    assert_int_equal(shop_query(&s->shops[i], "SELECT amount_minor FROM share_transfer WHERE kind = 12"),
                     expected_minor);
}

/* Central passes on what it hears of first, and the rest stays with the store. */
static void of_two_that_released_for_one_move_the_larger_release_counts(void **state)
{
    struct several *s = *state;
    const struct feed_share more = {
        .member = SHOP_MEMBER, .owner = {OWNER_STORE, SHOP_STORE}, .amount_minor = 70, .transfer = 63};

    give_share(s);
    assert_int_equal(several_promote(s, 1, true).store, STORE_OK);
    release_alone(s, 0, 150);
    (void)several_alone(s, 1, true);
    shop_item_share(&s->shops[1], FEED_SHARE_GRANT, &more);
    shop_give(&s->shops[1]);
    release_alone(s, 1, 150 + 70);
    several_meet(s);
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(shop_query(&s->shops[i], "SELECT count(*) FROM journal WHERE kind = 12"), 2);
        assert_int_equal(shop_query(&s->shops[i], "SELECT amount_minor FROM share_transfer WHERE kind = 12"), 150 + 70);
        assert_int_equal(shop_query(&s->shops[i], "SELECT amount_minor FROM share"), 0);
    }
}

#define WITH_TWO(test)   cmocka_unit_test_setup_teardown(test, several_open_two, several_close_all)
#define WITH_THREE(test) cmocka_unit_test_setup_teardown(test, several_open_three, several_close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TWO(who_follows_by_centrals_word_spends_credit_once_the_other_one_showed_its_end),
        WITH_TWO(of_two_that_released_for_one_move_the_larger_release_counts),
        WITH_THREE(a_chain_of_hand_overs_waits_for_its_first),
        WITH_THREE(a_promotion_over_who_had_not_settled_waits_too),
        WITH_TWO(an_earlier_word_is_no_end),
        WITH_TWO(what_the_former_primary_did_is_not_done_again_before_its_end_is_here),
        WITH_TWO(what_the_former_primary_did_not_do_is_done_once_its_end_is_here),
        WITH_TWO(what_was_asked_of_the_new_primary_first_does_not_wait_for_the_former),
        WITH_THREE(what_a_lost_primary_may_have_done_comes_to_an_end),
        WITH_THREE(what_a_lost_primary_did_comes_from_who_holds_it),
        WITH_THREE(what_nobody_brings_is_not_waited_for_without_end),
        WITH_TWO(ends_count_under_the_epoch_that_a_restored_central_names),
        WITH_THREE(whom_a_restored_central_had_named_besides_is_waited_for),
    };

    return cmocka_run_group_tests_name("till_successor", tests, NULL, NULL);
}
