#include "several.h"

/* A copy of the old primary's journal that comes late, with an act that a promotion undid. */

static uint8_t deliver(struct several *s, uint32_t to, struct slice batch)
{
    struct journal_answer answer;

    assert_int_equal(till_copy_store(s->shops[to].till, batch, &answer), 0);
    return answer.status;
}

/* What the first terminal would send now to whoever holds its journal through `after`. */
static struct slice on_its_way(struct several *s, const struct lan_end *after)
{
    static uint8_t late[BATCH_BYTES_MAX];
    uint8_t public_key[PUBLIC_KEY_LEN], secret[SECRET_KEY_LEN];
    size_t len = 0;

    several_secret(0, public_key, secret);
    assert_int_equal(till_copy_next(s->shops[0].till, after, secret, late, sizeof(late), &len), 0);
    assert_true(len > 0);
    return (struct slice){late, len};
}

/* A redemption of the first that nobody holds when the second is promoted over it, of which the third knows. */
static struct slice overtaken_by_a_promotion(struct several *s)
{
    struct lan_end ends[LAN_TERMINALS_MAX];
    uint32_t count = 0;

    several_meet(s);
    assert_int_equal(till_ends(s->shops[0].till, ends, &count), 0);
    (void)several_ask(s, 0, several_redeem(1));
    struct slice late = on_its_way(s, &ends[0]);
    assert_int_equal(several_promote(s, 1, true).store, STORE_OK);
    (void)several_copy(s, 1, 2);
    return late;
}

static void all_hold_the_same(struct several *s, int64_t redemptions)
{
    several_meet(s);
    for (uint32_t i = 0; i < s->count; i++) {
        assert_int_equal(shop_query(&s->shops[i], "SELECT count(*) FROM redemption"), redemptions);
        assert_int_equal(several_records(s, i), several_records(s, 0));
    }
}

/* Sent before its author heard that somebody was promoted, and read after it said that it knows. */
static void an_act_that_was_on_its_way_is_not_taken_because_its_author_knows_by_now(void **state)
{
    struct several *s = *state;
    struct slice late = overtaken_by_a_promotion(s);

    (void)several_copy(s, 1, 0);
    assert_int_equal(several_word(s, 0, 1), 0);
    assert_int_equal(several_word(s, 0, 2), 0);
    assert_int_equal(deliver(s, 1, late), JOURNAL_GAP);
    assert_int_equal(deliver(s, 2, late), JOURNAL_GAP);

    assert_int_equal(several_word(s, 1, 0), 0);
    assert_int_equal(several_store(s, 0).unconfirmed_from, 0);
    (void)several_ask(s, 0, several_redeem(5)); /* refused, which is a record in the act's place */
    assert_int_equal(several_word(s, 0, 2), 0);
    assert_int_equal(deliver(s, 2, late), JOURNAL_GAP);
    all_hold_the_same(s, 0);
}

/* Its journal is longer by now than with the act: the end that it names lies behind the batch. */
static void an_act_that_was_on_its_way_is_not_taken_for_the_beginning_of_what_followed(void **state)
{
    struct several *s = *state;
    struct slice late = overtaken_by_a_promotion(s);

    several_carry(s, 1, 0);
    assert_int_equal(several_word(s, 1, 0), 0);
    assert_int_equal(several_store(s, 0).unconfirmed_from, 0);
    for (uint64_t serial = 5; serial < 10; serial++)
        (void)several_ask(s, 0, several_redeem(serial)); /* refused, which is a record each */
    for (uint32_t i = 1; i < 3; i++) {
        assert_int_equal(several_word(s, 0, i), 0);
        assert_int_equal(deliver(s, i, late), JOURNAL_GAP);
    }
    all_hold_the_same(s, 0);
}

/* The named end is in the batch, and the act behind it; before it was taken back, and when that end is here. */
static void an_act_that_was_on_its_way_is_not_taken_along_with_what_stands(void **state)
{
    struct several *s = *state;
    struct lan_end ends[LAN_TERMINALS_MAX];
    uint32_t count = 0;

    (void)several_ask(s, 0, several_redeem(2));
    several_meet(s);
    assert_int_equal(till_ends(s->shops[0].till, ends, &count), 0);
    assert_int_equal(several_ask(s, 0, several_redeem(2)).redeemed.verdict, COUPON_ALREADY_USED);
    (void)several_ask(s, 0, several_redeem(1)); /* nobody holds it, nor the refusal before it */
    struct slice late = on_its_way(s, &ends[0]);
    assert_int_equal(several_promote(s, 1, true).store, STORE_OK);
    (void)several_copy(s, 1, 2);
    (void)several_copy(s, 1, 0);
    several_restart(s, 2);
    assert_int_equal(deliver(s, 2, late), JOURNAL_GAP); /* it has heard nothing of its author yet */
    for (uint32_t i = 1; i < 3; i++) {
        assert_int_equal(several_word(s, 0, i), 0);
        assert_int_equal(deliver(s, i, late), JOURNAL_GAP);
        assert_int_equal(several_copy(s, 0, i), 1);
        assert_int_equal(deliver(s, i, late), JOURNAL_GAP);
    }
    all_hold_the_same(s, 1);
    assert_int_equal(several_store(s, 0).unconfirmed_from, 0);
}

/* Its author's word names an end that no batch reaches. */
static void more_than_a_batch_of_the_deposed_ones_journal_is_taken(void **state)
{
    struct several *s = *state;

    several_meet(s);
    assert_int_equal(several_promote(s, 1, true).store, STORE_OK);
    (void)several_copy(s, 1, 0);
    for (uint64_t serial = 1; serial <= 2 * BATCH_RECORDS_MAX; serial++)
        (void)several_ask(s, 0, several_redeem(serial)); /* refused, which is a record each */
    assert_int_equal(several_word(s, 0, 1), 0);
    assert_true(several_copy(s, 0, 1) > 1);
    all_hold_the_same(s, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_act_that_was_on_its_way_is_not_taken_because_its_author_knows_by_now,
                                        several_open_three, several_close_all),
        cmocka_unit_test_setup_teardown(an_act_that_was_on_its_way_is_not_taken_for_the_beginning_of_what_followed,
                                        several_open_three, several_close_all),
        cmocka_unit_test_setup_teardown(an_act_that_was_on_its_way_is_not_taken_along_with_what_stands,
                                        several_open_three, several_close_all),
        cmocka_unit_test_setup_teardown(more_than_a_batch_of_the_deposed_ones_journal_is_taken, several_open_two,
                                        several_close_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
