#include "several.h"

#include "platform/buffer.h"
#include "platform/file.h"

#include <string.h>

/* One terminal takes another one's place, and what becomes of the other one's last act. */

static void a_promoted_peer_goes_on_with_what_it_copied(void **state)
{
    struct several *s = *state;
    struct till_request lost = several_named(several_redeem(1), 5);
    struct till_answer answer;

    assert_int_equal(several_ask(s, 0, lost).error, 1);
    several_carry(s, 0, 1);
    assert_int_equal(several_promote(s, 0, true).store, STORE_IS_PRIMARY);
    assert_int_equal(several_ask(s, 1, (struct till_request){.op = TILL_PROMOTE, .clerk = SEVERAL_MANAGER}).store,
                     STORE_STILL_ON);
    assert_int_equal(several_promote(s, 1, true).store, STORE_OK);

    assert_true(several_store(s, 1).primary);
    assert_int_equal(several_store(s, 1).store_epoch, SHOP_STORE_EPOCH + 1);
    several_live(s, 1, 0);
    (void)several_alone(s, 1, true);
    answer = several_ask(s, 1, lost); /* its answer never came */
    assert_int_equal(answer.error, 0);
    assert_int_equal(answer.redeemed.verdict, COUPON_OK);
    assert_int_equal(answer.by, several_terminal(0)); /* in whose journal it stands, copied here */
    assert_int_equal(several_ask(s, 1, several_redeem(1)).redeemed.verdict, COUPON_ALREADY_USED);
    assert_int_equal(several_ask(s, 1, several_redeem(2)).redeemed.verdict, COUPON_OK); /* a token of the old epoch */
    several_meet(s);
    assert_false(several_store(s, 0).primary);
    assert_int_equal(several_ask(s, 0, several_redeem(3)).redeemed.verdict, COUPON_HELD_ELSEWHERE);
    assert_int_equal(shop_query(&s->shops[0], "SELECT count(*) FROM redemption"), 2);
    assert_int_equal(till_rebuild_compare(s->shops[0].till), 0);
}

static void what_no_peer_held_is_taken_back_when_another_was_promoted(void **state)
{
    struct several *s = *state;
    int64_t before;

    several_carry(s, 0, 1);
    before = several_records(s, 0);
    struct till_answer first = several_ask(s, 0, several_redeem(1));
    assert_int_equal(several_promote(s, 1, true).store, STORE_OK);
    (void)several_alone(s, 1, true);
    assert_int_equal(several_ask(s, 1, several_redeem(1)).redeemed.verdict, COUPON_OK);
    (void)several_copy(s, 1, 0);
    assert_true(several_store(s, 0).unconfirmed_from != 0); /* until the new primary says what it holds */
    assert_int_equal(several_word(s, 1, 0), 0);

    assert_int_equal(s->shops[0].answer.ticket, first.ticket);
    assert_int_equal(s->shops[0].answer.error, -EHOSTDOWN);
    assert_int_equal(several_store(s, 0).unconfirmed_from, 0);
    assert_int_equal(shop_query(&s->shops[0], "SELECT count(*) FROM journal WHERE terminal = 11"), before);
    assert_int_equal(shop_query(&s->shops[0], "SELECT count(*) FROM journal WHERE kind = 4"), 1);
    assert_int_equal(till_rebuild_compare(s->shops[0].till), 0);
    several_restart(s, 0);
    several_meet(s);
    assert_int_equal(shop_query(&s->shops[1], "SELECT count(*) FROM journal WHERE kind = 4"), 1);
}

/* Nothing of the old primary's journal was here, so the promotion could not name its incarnation. */
static void what_nobody_held_is_taken_back_when_who_was_promoted_had_no_copy_at_all(void **state)
{
    struct several *s = *state;
    int64_t before = several_records(s, 0);
    struct till_answer first = several_ask(s, 0, several_redeem(1));

    assert_int_equal(several_promote(s, 1, true).store, STORE_OK);
    assert_int_equal(shop_query(&s->shops[1], "SELECT old_incarnation FROM promotion"), 0);
    assert_int_equal(several_copy(s, 0, 1), 0); /* the old one does not know of it yet */
    several_carry(s, 1, 0);
    several_meet(s);

    assert_int_equal(s->shops[0].answer.ticket, first.ticket);
    assert_int_equal(s->shops[0].answer.error, -EHOSTDOWN);
    assert_int_equal(shop_query(&s->shops[0], "SELECT count(*) FROM journal WHERE terminal = 11"), before);
    for (uint32_t i = 0; i < 2; i++)
        assert_int_equal(shop_query(&s->shops[i], "SELECT count(*) FROM journal WHERE kind = 4"), 0);
}

static void what_a_peer_held_after_all_stands(void **state)
{
    struct several *s = *state;

    several_carry(s, 0, 1);
    struct till_answer first = several_ask(s, 0, several_redeem(1));
    (void)several_copy(s, 0, 1); /* its word is lost */
    assert_int_equal(several_promote(s, 1, true).store, STORE_OK);
    assert_int_equal(several_ask(s, 1, several_redeem(1)).redeemed.verdict, COUPON_ALREADY_USED);
    several_meet(s);

    assert_int_equal(s->shops[0].answer.ticket, first.ticket);
    assert_int_equal(s->shops[0].answer.error, 0);
    assert_int_equal(shop_query(&s->shops[0], "SELECT count(*) FROM journal WHERE kind = 4"), 1);
}

/* A copy that was on its way since before the primary was switched off. */
static void nothing_of_the_old_primarys_is_taken_once_somebody_asked_how_much_there_is(void **state)
{
    struct several *s = *state;
    struct till *third = s->shops[2].till;

    several_meet(s);
    int64_t before = several_records(s, 2);
    (void)several_ask(s, 0, several_redeem(1)); /* nobody holds it */
    assert_int_equal(till_peer_deposes(third, several_terminal(1), several_terminal(0)), 0);
    (void)several_copy(s, 0, 2);
    assert_int_equal(several_records(s, 2), before);
    assert_int_equal(several_promote(s, 1, true).store, STORE_OK);
    several_carry(s, 1, 2);
    (void)several_copy(s, 0, 2); /* by the promotion now */
    assert_int_equal(shop_query(&s->shops[2], "SELECT count(*) FROM redemption"), 0);
    several_meet(s);
    assert_int_equal(several_store(s, 0).unconfirmed_from, 0);
    assert_int_equal(shop_query(&s->shops[0], "SELECT count(*) FROM redemption"), 0);
}

static void central_names(struct several *s, uint32_t i, uint32_t primary)
{
    several_primary(s, i, primary, SHOP_STORE_EPOCH + 1);
}

/* Central learned of the promotion first and names the new primary; what its copy held the old one does not know yet.
 */
static void that_central_names_another_primary_is_not_to_know_of_its_promotion(void **state)
{
    struct several *s = *state;

    several_meet(s);
    struct till_answer first = several_ask(s, 0, several_redeem(1)); /* nobody holds it */
    assert_int_equal(several_promote(s, 1, true).store, STORE_OK);
    (void)several_alone(s, 1, true);
    assert_int_equal(several_ask(s, 1, several_redeem(1)).redeemed.verdict, COUPON_OK);
    central_names(s, 0, 1);
    assert_int_equal(several_store(s, 0).store_epoch, SHOP_STORE_EPOCH + 1);
    assert_int_equal(several_word(s, 0, 1), 0);
    assert_int_equal(several_copy(s, 0, 1), 0);

    several_carry(s, 1, 0);
    several_meet(s);
    assert_int_equal(s->shops[0].answer.ticket, first.ticket);
    assert_int_equal(s->shops[0].answer.error, -EHOSTDOWN);
    for (uint32_t i = 0; i < 2; i++)
        assert_int_equal(shop_query(&s->shops[i], "SELECT count(*) FROM journal WHERE kind = 4"), 1);
}

/* Neither held the record of the other's promotion, and neither took what came with it. */
static void two_that_were_promoted_over_each_other_come_together(void **state)
{
    struct several *s = *state;

    several_meet(s);
    assert_int_equal(several_promote(s, 1, true).store, STORE_OK);
    (void)several_alone(s, 1, true);
    assert_int_equal(several_ask(s, 1, several_redeem(1)).redeemed.verdict, COUPON_OK);
    several_primary(s, 0, 1,
                    SHOP_STORE_EPOCH + 1); /* by central it knows of the other one, and may be promoted over it */
    assert_int_equal(several_promote(s, 0, true).store, STORE_OK);
    (void)several_alone(s, 0, true);
    assert_int_equal(several_ask(s, 0, several_redeem(5)).error, 0);

    several_meet(s);
    assert_int_equal(several_records(s, 0), several_records(s, 1));
    assert_int_equal(several_store(s, 1).primary_terminal, several_terminal(0));
}

static void the_old_primary_goes_on_when_the_promotion_was_given_up(void **state)
{
    struct several *s = *state;
    struct till *third = s->shops[2].till;

    several_meet(s);
    (void)several_ask(s, 0, several_redeem(1));
    assert_int_equal(till_peer_deposes(third, several_terminal(1), several_terminal(0)), 0);
    assert_int_equal(several_word(s, 1, 2), 0);
    assert_int_equal(till_peer_deposes(third, several_terminal(1), 0), 0);
    (void)several_copy(s, 0, 2);
    assert_int_equal(shop_query(&s->shops[2], "SELECT count(*) FROM redemption"), 1);
    assert_int_equal(till_peer_deposes(third, several_terminal(1), several_terminal(0)), 0);
    assert_int_equal(several_word(s, 2, 0), 0);
    (void)several_ask(s, 0, several_redeem(2));
    sim_clock_advance(&s->shops[2].clock, 31000); /* whoever asked died */
    (void)several_copy(s, 0, 2);
    assert_int_equal(shop_query(&s->shops[2], "SELECT count(*) FROM redemption"), 2);
}

static void a_promotion_that_may_be_behind_leaves_the_act_standing(void **state)
{
    struct several *s = *state;

    several_carry(s, 0, 1);
    assert_int_equal(several_ask(s, 0, several_redeem(1)).error, 1);
    (void)several_copy(s, 0, 2); /* the third has it and is out of reach */
    assert_int_equal(several_promote(s, 1, false).store, STORE_OK);
    (void)several_copy(s, 1, 0);
    assert_int_equal(several_word(s, 1, 0), 0);
    assert_true(several_store(s, 0).unconfirmed_from != 0);
    several_meet(s);

    assert_int_equal(several_store(s, 0).unconfirmed_from, 0);
    assert_int_equal(shop_query(&s->shops[1], "SELECT count(*) FROM journal WHERE kind = 4"), 1);
}

static void without_the_whole_copy_only_what_central_grants_is_held(void **state)
{
    struct several *s = *state;
    struct feed_right grant = {.coupon = {SHOP_CAMPAIGN, 8}, .epoch = 4, .use_no = 1, .transfer = 90};

    assert_int_equal(several_promote(s, 1, true).store, STORE_OK); /* nothing was ever copied */
    (void)several_alone(s, 1, true);
    assert_int_equal(several_ask(s, 1, several_redeem(8)).redeemed.verdict, COUPON_HELD_ELSEWHERE);
    shop_item_right(&s->shops[1], FEED_RIGHT_GRANT, &grant);
    shop_give(&s->shops[1]);
    assert_int_equal(several_ask(s, 1, several_redeem(8)).redeemed.verdict, COUPON_OK);
}

static void a_chain_of_promotions_takes_the_rights_along(void **state)
{
    struct several *s = *state;

    several_meet(s);
    assert_int_equal(several_promote(s, 1, true).store, STORE_OK);
    several_meet(s);
    assert_int_equal(several_promote(s, 2, true).store, STORE_OK);
    several_meet(s);
    (void)several_alone(s, 2, true);

    assert_int_equal(several_store(s, 0).primary_terminal, several_terminal(2));
    assert_int_equal(several_store(s, 1).primary_terminal, several_terminal(2));
    assert_int_equal(several_ask(s, 2, several_redeem(1)).redeemed.verdict, COUPON_OK);
}

static void the_feed_ends_a_promotion_with_an_equal_or_higher_epoch(void **state)
{
    struct several *s = *state;

    several_meet(s);
    assert_int_equal(several_promote(s, 1, true).store, STORE_OK);
    central_names(s, 1, 0);

    assert_false(several_store(s, 1).primary);
    assert_int_equal(several_store(s, 1).primary_terminal, SHOP_TERMINAL);
}

/* Central gave the lost primary's place to the third, which is the only one that has heard of it. */
static void who_knows_less_than_a_peer_is_not_promoted(void **state)
{
    struct several *s = *state;

    several_meet(s);
    central_names(s, 2, 2);
    assert_int_equal(several_word(s, 2, 1), 0);
    assert_int_equal(several_promote(s, 1, true).store, STORE_BEHIND);
    assert_int_equal(several_store(s, 1).store_epoch, SHOP_STORE_EPOCH);

    central_names(s, 1, 2);
    assert_int_equal(several_promote(s, 1, true).store, STORE_OK);
    assert_int_equal(several_store(s, 1).store_epoch, SHOP_STORE_EPOCH + 2);
    assert_int_equal(shop_query(&s->shops[1], "SELECT old_terminal FROM promotion"), several_terminal(2));
}

static void a_peer_that_says_nothing_any_more_stops_no_promotion(void **state)
{
    struct several *s = *state;

    several_meet(s);
    central_names(s, 2, 2);
    assert_int_equal(several_word(s, 2, 1), 0);
    sim_clock_advance(&s->shops[1].clock, 31000);
    assert_int_equal(several_promote(s, 1, false).store, STORE_OK);
}

static void asked_for(struct shop *shop, uint64_t serial, uint32_t epoch, uint32_t store_epoch)
{
    const struct feed_right request = {.coupon = {SHOP_CAMPAIGN, serial},
                                       .epoch = epoch,
                                       .use_no = 1,
                                       .transfer = 70 + serial,
                                       .store_epoch = store_epoch};

    shop_item_right(shop, FEED_RIGHT_REQUEST, &request);
}

static void granted(struct shop *shop, uint64_t serial, uint32_t store_epoch)
{
    const struct feed_right grant = {.coupon = {SHOP_CAMPAIGN, serial},
                                     .epoch = 1,
                                     .use_no = 1,
                                     .transfer = 90 + serial,
                                     .store_epoch = store_epoch};

    shop_item_right(shop, FEED_RIGHT_GRANT, &grant);
}

/* Something else in the settings was changed since, and what central says anew comes last. */
static void a_grant_that_comes_before_its_store_epoch_waits_for_it(void **state)
{
    struct several *s = *state;
    struct shop *shop = &s->shops[0];

    several_live(s, 0, 1);
    granted(shop, 4, SHOP_STORE_EPOCH + 1);
    shop_give(shop);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM held_right"), 0);
    central_names(s, 0, 0);

    (void)several_alone(s, 0, true);
    assert_int_equal(several_ask(s, 0, several_redeem(4)).redeemed.verdict, COUPON_OK);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM authority_waiting"), 0);
}

/* The old primary may not have heard of it, and use at this moment what it was granted, by token or by central. */
static void who_follows_by_centrals_word_holds_nothing_of_the_earlier_store_epoch(void **state)
{
    struct several *s = *state;
    struct shop *shop = &s->shops[1];

    several_live(s, 0, 1);
    granted(&s->shops[0], 3, SHOP_STORE_EPOCH);
    shop_give(&s->shops[0]);
    several_meet(s);
    granted(shop, 4, SHOP_STORE_EPOCH); /* the old one's, who has it in its feed too */
    central_names(s, 1, 1);
    assert_true(several_store(s, 1).primary);
    for (uint32_t epoch = SHOP_STORE_EPOCH; epoch <= SHOP_STORE_EPOCH + 1; epoch++) {
        const struct feed_coupon coupon = {
            .coupon = {SHOP_CAMPAIGN, 5 + epoch - SHOP_STORE_EPOCH}, .home_store = SHOP_STORE, .store_epoch = epoch};
        shop_item_coupon(shop, &coupon);
        asked_for(shop, coupon.coupon.serial, 0, epoch);
    }
    asked_for(shop, 3, 1, SHOP_STORE_EPOCH);
    asked_for(shop, 7, 0, SHOP_STORE_EPOCH); /* which stands in no feed */
    shop_give(shop);

    assert_int_equal(shop_query(shop, "SELECT group_concat(serial) FROM held_right WHERE state = 2"), 6);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM held_right WHERE serial = 4"), 0);
    (void)several_alone(s, 1, true);
    assert_int_equal(several_ask(s, 1, several_redeem(3)).redeemed.verdict, COUPON_HELD_ELSEWHERE);
    granted(shop, 4, SHOP_STORE_EPOCH + 1);
    shop_give(shop);
    assert_int_equal(several_ask(s, 1, several_redeem(4)).redeemed.verdict, COUPON_OK);
    assert_int_equal(till_rebuild_compare(shop->till), 0);
}

/* It was deposed once, is the primary again by central's word, and hands over as planned while a peer has its act. */
static void an_earlier_promotion_undoes_nothing_that_was_done_since_central_named_it_again(void **state)
{
    struct several *s = *state;

    several_meet(s);
    assert_int_equal(several_promote(s, 1, true).store, STORE_OK);
    several_meet(s);
    granted(&s->shops[0], 3, SHOP_STORE_EPOCH + 2);
    for (uint32_t i = 0; i < 2; i++)
        several_primary(s, i, 0, SHOP_STORE_EPOCH + 2);
    several_meet(s);
    struct till_answer first = several_ask(s, 0, several_redeem(3));
    (void)several_copy(s, 0, 1); /* its word is lost, an older one is known */
    for (uint32_t i = 0; i < 2; i++)
        several_primary(s, i, 1, SHOP_STORE_EPOCH + 3);
    (void)several_alone(s, 1, true);
    (void)several_copy(s, 1, 0);
    assert_int_equal(shop_query(&s->shops[0], "SELECT count(*) FROM journal WHERE kind = 4"), 1);

    several_meet(s);
    assert_int_equal(s->shops[0].answer.ticket, first.ticket);
    assert_int_equal(s->shops[0].answer.error, 0);
    assert_int_equal(shop_query(&s->shops[1], "SELECT count(*) FROM redemption"), 1);
    assert_int_equal(till_rebuild_compare(s->shops[0].till), 0);
}

/* It could ask nobody, and central had given the place to the third under the same store epoch. */
static void a_promotion_that_a_peer_knows_better_uses_and_releases_nothing(void **state)
{
    struct several *s = *state;
    struct shop *shop = &s->shops[1];
    static const char released[] = "SELECT count(*) FROM held_right WHERE state = 2";

    several_meet(s);
    central_names(s, 2, 2);
    assert_int_equal(several_promote(s, 1, false).store, STORE_OK);
    assert_int_equal(several_word(s, 2, 1), 0);
    assert_int_equal(several_ask(s, 1, several_redeem(1)).error, -EHOSTDOWN);
    asked_for(shop, 3, 0, SHOP_STORE_EPOCH);
    shop_give(shop);
    assert_int_equal(shop_query(shop, released), 0);
    (void)several_alone(s, 1, true);
    assert_int_equal(several_ask(s, 1, several_redeem(1)).error, -EHOSTDOWN);

    several_restart(s, 1);
    assert_int_equal(several_word(s, 2, 1), 0);
    assert_int_equal(several_ask(s, 1, several_redeem(1)).error, -EHOSTDOWN);
    sim_clock_advance(&shop->clock, 31000); /* nobody is there who knows better */
    assert_int_equal(several_ask(s, 1, several_redeem(1)).error, 0);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM redemption"), 1);
    assert_int_equal(shop_query(shop, released), 1);
}

/* Both were promoted over the same one: the lower terminal's stands, which it knows once it holds the other's record.
 */
static void a_promotion_of_the_same_epoch_is_decided_by_its_record(void **state)
{
    struct several *s = *state;

    several_meet(s);
    assert_int_equal(several_promote(s, 1, true).store, STORE_OK);
    assert_int_equal(several_promote(s, 2, true).store, STORE_OK);
    (void)several_alone(s, 1, true);
    assert_int_equal(several_word(s, 2, 1), 0);
    assert_int_equal(several_ask(s, 1, several_redeem(1)).error, -EHOSTDOWN);
    (void)several_copy(s, 2, 1);
    assert_int_equal(several_ask(s, 1, several_redeem(1)).error, 0);
    assert_int_equal(shop_query(&s->shops[1], "SELECT count(*) FROM redemption"), 1);
}

static void a_void_of_the_old_primarys_act_is_done_by_the_new_one(void **state)
{
    struct several *s = *state;
    struct till_request sale = {.op = TILL_SALE, .sale = {.gross_minor = 1000, .member = SHOP_MEMBER}};
    struct till_request voided = {.op = TILL_VOID, .voided = {.terminal = several_terminal(0)}};

    voided.voided.group = several_ask(s, 0, sale).sold.group;
    several_meet(s);
    assert_int_equal(several_promote(s, 1, true).store, STORE_OK);
    struct till_answer recent = several_ask(s, 1, (struct till_request){.op = TILL_RECENT});
    assert_int_equal(recent.recent.count, 1);
    assert_int_equal(recent.recent.acts[0].terminal, several_terminal(0));
    assert_int_equal(several_ask(s, 1, voided).voided.verdict, VOID_OK);
    assert_int_equal(several_ask(s, 1, voided).voided.verdict, VOID_ALREADY);
    several_meet(s);

    assert_int_equal(shop_query(&s->shops[0], "SELECT sum(amount_minor) FROM share"), 0);
    assert_int_equal(till_rebuild_compare(s->shops[0].till), 0);
    assert_int_equal(till_rebuild_compare(s->shops[1].till), 0);
}

/* The sale stood on a disk that was copied, or put back: here something else has its number in the end. */
static void void_of_another_history(struct several *s, struct till_request instead, int64_t voided)
{
    struct till_request sale = {.op = TILL_SALE, .sale = {.gross_minor = 1000, .member = SHOP_MEMBER}};
    struct till_request undone = {.op = TILL_VOID, .voided = {.terminal = several_terminal(0)}};
    struct buffer older;

    several_meet(s);
    shop_stop(&s->shops[0]);
    buffer_init(&older, 1 << 24);
    assert_int_equal(file_read(s->shops[0].path, &older), 0);
    shop_start(&s->shops[0]);
    undone.voided.group = several_ask(s, 0, sale).sold.group;
    several_carry(s, 0, 1);
    assert_int_equal(several_promote(s, 1, true).store, STORE_OK);
    assert_int_equal(several_ask(s, 1, undone).voided.verdict, VOID_OK);

    shop_stop(&s->shops[0]);
    assert_int_equal(file_write_atomic(s->shops[0].path, older.data, older.len, 0600), 0);
    buffer_finish(&older);
    shop_start(&s->shops[0]);
    several_live(s, 0, 1);
    (void)several_copy(s, 1, 0);
    assert_true(shop_query(&s->shops[0], "SELECT count(*) FROM void_waiting") > 0);
    assert_int_equal(several_ask(s, 0, instead).error, 0);
    assert_int_equal(shop_query(&s->shops[0], "SELECT count(*) FROM voided"), voided);
    assert_int_equal(till_rebuild_compare(s->shops[0].till), 0);
}

static void a_void_does_not_mean_what_another_history_has_in_its_targets_place(void **state)
{
    void_of_another_history(*state, several_redeem(1), 0); /* refused, which is a record */
}

static void a_void_of_another_history_moves_an_act_alike_now_and_after_a_rebuild(void **state)
{
    void_of_another_history(
        *state, (struct till_request){.op = TILL_SALE, .sale = {.gross_minor = 700, .member = SHOP_MEMBER}}, 1);
}

#define WITH_TWO(test)   cmocka_unit_test_setup_teardown(test, several_open_two, several_close_all)
#define WITH_THREE(test) cmocka_unit_test_setup_teardown(test, several_open_three, several_close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TWO(a_promoted_peer_goes_on_with_what_it_copied),
        WITH_THREE(a_chain_of_promotions_takes_the_rights_along),
        WITH_TWO(what_no_peer_held_is_taken_back_when_another_was_promoted),
        WITH_TWO(what_nobody_held_is_taken_back_when_who_was_promoted_had_no_copy_at_all),
        WITH_TWO(what_a_peer_held_after_all_stands),
        WITH_THREE(nothing_of_the_old_primarys_is_taken_once_somebody_asked_how_much_there_is),
        WITH_TWO(that_central_names_another_primary_is_not_to_know_of_its_promotion),
        WITH_THREE(two_that_were_promoted_over_each_other_come_together),
        WITH_THREE(the_old_primary_goes_on_when_the_promotion_was_given_up),
        WITH_THREE(a_promotion_that_may_be_behind_leaves_the_act_standing),
        WITH_TWO(without_the_whole_copy_only_what_central_grants_is_held),
        WITH_TWO(a_grant_that_comes_before_its_store_epoch_waits_for_it),
        WITH_TWO(the_feed_ends_a_promotion_with_an_equal_or_higher_epoch),
        WITH_TWO(who_follows_by_centrals_word_holds_nothing_of_the_earlier_store_epoch),
        WITH_TWO(an_earlier_promotion_undoes_nothing_that_was_done_since_central_named_it_again),
        WITH_TWO(a_void_of_the_old_primarys_act_is_done_by_the_new_one),
        WITH_TWO(a_void_does_not_mean_what_another_history_has_in_its_targets_place),
        WITH_TWO(a_void_of_another_history_moves_an_act_alike_now_and_after_a_rebuild),
        WITH_THREE(who_knows_less_than_a_peer_is_not_promoted),
        WITH_THREE(a_peer_that_says_nothing_any_more_stops_no_promotion),
        WITH_THREE(a_promotion_that_a_peer_knows_better_uses_and_releases_nothing),
        WITH_THREE(a_promotion_of_the_same_epoch_is_decided_by_its_record),
    };

    return cmocka_run_group_tests_name("till_promotion", tests, NULL, NULL);
}
