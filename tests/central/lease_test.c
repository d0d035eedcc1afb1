#include "central/store/feed.h"
#include "central/store/query.h"
#include "central/store/rights_lease.h"
#include "central/store/succession.h"
#include "desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* A right that went to another store for some hours, asked back, and home again only when it was given up. */

#define LEASE_H 3
#define HOUR_MS INT64_C(3600000)

static uint32_t lease_end_s; /* of what is granted before the clock is moved */

struct rules {
    struct desk *d;
    enum campaign_mode mode;
};

static int publish_rules(void *arg, struct store_tx *tx)
{
    const struct rules *rules = arg;
    const struct campaign campaign = {.id = DESK_CAMPAIGN,
                                      .version = 1,
                                      .state = CAMPAIGN_LIVE,
                                      .mode = (uint8_t)rules->mode,
                                      .discount = DISCOUNT_AMOUNT,
                                      .value_minor = 500,
                                      .lease_h = LEASE_H};
    uint8_t body[CAMPAIGN_ENCODED_MAX];
    size_t len = 0;
    int rc = campaign_encode(&campaign, body, sizeof(body), &len);
    return rc < 0 ? rc
                  : feed_publish_number(tx, (struct feed_target){.brand = rules->d->f.brand}, FEED_CAMPAIGN,
                                        campaign.id, (struct slice){body, len});
}

static void set_lease(struct desk *d, enum campaign_mode mode)
{
    assert_int_equal(fixture_write(&d->f, publish_rules, &(struct rules){d, mode}), 0);
    lease_end_s = (uint32_t)(clock_wall_ms(&d->f.clock.base) / 1000) + LEASE_H * 3600;
}

/* The holder answers what its lane asks; the asker takes what its lane gives. */
static void release(struct desk *d, struct fake_terminal *holder, struct feed_right *out_asked)
{
    assert_int_equal(desk_find_right(holder, FEED_RIGHT_REQUEST, out_asked), 1);
    struct body released = desk_right(RECORD_RIGHT_RELEASED, out_asked);
    desk_record(d, holder, &released);
}

static void take(struct desk *d, struct fake_terminal *asker, struct feed_right *out_granted)
{
    assert_int_equal(desk_find_right(asker, FEED_RIGHT_GRANT, out_granted), 1);
    struct body taken = desk_right(RECORD_RIGHT_GRANTED, out_granted);
    desk_record(d, asker, &taken);
}

/* From the first store to the second, under a lease. */
static struct coupon_id move(struct desk *d, struct feed_right *out_granted)
{
    struct coupon_id coupon = desk_issue(d, MODE_HOME);
    struct feed_right asked = {0};
    assert_int_equal(desk_ask(&d->b, coupon, (uint8_t)coupon.serial).verdict, AUTHORITY_WAITING);
    release(d, &d->a, &asked);
    take(d, &d->b, out_granted);
    return coupon;
}

static void pass(struct desk *d, int64_t ms)
{
    sim_clock_advance(&d->f.clock, ms);
    central_tick(d->f.central);
}

static bool asked_back(struct fake_terminal *t, struct feed_right *out_asked)
{
    return desk_find_right(t, FEED_RIGHT_REQUEST, out_asked) == 1;
}

static struct coupon coupon_of(struct desk *d, struct coupon_id id)
{
    struct store_tx tx;
    struct coupon coupon;
    assert_int_equal(store_read_begin(d->f.central->store, &tx), 0);
    assert_int_equal(rights_find_coupon(&tx, id, &coupon), 0);
    store_read_end(&tx);
    return coupon;
}

static bool metrics_say(struct desk *d, const char *line)
{
    static struct answer answer;
    const struct exchange metrics = {"GET", "/metrics", NULL, "", {NULL, 0}};
    transport_direct(&d->f, &metrics, &answer);
    answer.body[answer.len] = '\0';
    return strstr((const char *)answer.body, line) != NULL;
}

static void a_grant_away_from_home_says_until_when(void **state)
{
    struct desk *d = *state;
    struct feed_right granted = {0}, asked = {0};
    move(d, &granted);
    assert_int_equal(granted.lease_until_s, 0); /* the campaign sets none */
    set_lease(d, MODE_HOME);
    struct coupon_id coupon = move(d, &granted);
    assert_int_equal(granted.lease_until_s, lease_end_s);
    assert_int_equal(desk_ask(&d->a, coupon, 77).verdict, AUTHORITY_WAITING);
    release(d, &d->b, &asked);
    take(d, &d->a, &granted);
    assert_int_equal(granted.epoch, 2);
    assert_int_equal(granted.lease_until_s, 0); /* at home */
    pass(d, 2 * LEASE_H * HOUR_MS);
    assert_false(asked_back(&d->a, &asked));
    desk_books_are_whole(d);
}

static void after_its_end_the_holder_is_asked_once_and_the_right_comes_home_with_its_release(void **state)
{
    struct desk *d = *state;
    struct feed_right granted = {0}, asked = {0}, home = {0};
    set_lease(d, MODE_HOME);
    struct coupon_id coupon = move(d, &granted);
    pass(d, LEASE_H * HOUR_MS - 1000);
    assert_false(asked_back(&d->b, &asked));
    assert_int_equal(desk_totals(d).leases_over, 0);
    pass(d, 1000);
    assert_int_equal(desk_totals(d).leases_over, 1);
    assert_true(metrics_say(d, "\ntillside_leases_over 1\n"));
    assert_true(asked_back(&d->b, &asked));
    assert_true(coupon_id_equal(asked.coupon, coupon) && asked.epoch == 1);
    pass(d, HOUR_MS);
    struct feed_right again;
    assert_false(asked_back(&d->b, &again)); /* one request is open */
    assert_int_equal(desk_find_right(&d->a, FEED_RIGHT_GRANT, &home), 0);
    assert_int_equal(coupon_of(d, coupon).right_store, d->f.shops[1]);
    struct body released = desk_right(RECORD_RIGHT_RELEASED, &asked);
    desk_record(d, &d->b, &released);
    take(d, &d->a, &home);
    assert_true(home.epoch == 2 && home.lease_until_s == 0 && !home.risk);
    assert_int_equal(desk_totals(d).leases_over, 0);
    struct body used = desk_redemption(coupon, 1, 2);
    desk_record(d, &d->a, &used);
    assert_int_equal(desk_totals(d).canonical, 1);
    assert_int_equal(desk_problems(d), 0);
    desk_books_are_whole(d);
}

static void a_holder_that_is_away_keeps_it_and_what_it_redeemed_in_time_counts(void **state)
{
    struct desk *d = *state;
    struct feed_right granted = {0}, home = {0};
    set_lease(d, MODE_HOME);
    struct coupon_id coupon = move(d, &granted);
    pass(d, 200 * 24 * HOUR_MS);
    assert_int_equal(desk_ask(&d->a, coupon, 78).verdict, AUTHORITY_WAITING);
    pass(d, 1000);
    assert_int_equal(desk_find_right(&d->a, FEED_RIGHT_GRANT, &home), 0); /* no clock gives it to anybody */
    assert_int_equal(desk_totals(d).leases_over, 1);
    struct body used = desk_redemption(coupon, 1, 1); /* at START_MS, says its record */
    desk_record(d, &d->b, &used);
    assert_int_equal(desk_totals(d).canonical, 1);
    assert_int_equal(desk_totals(d).leases_over, 0);
    assert_int_equal(desk_conflicts(d).count, 0);
    assert_int_equal(desk_ask(&d->a, coupon, 78).verdict, AUTHORITY_USED);
    desk_books_are_whole(d);
}

static void a_use_that_is_voided_after_the_end_is_asked_for_anew(void **state)
{
    struct desk *d = *state;
    struct feed_right granted = {0}, asked = {0};
    set_lease(d, MODE_HOME);
    struct coupon_id coupon = move(d, &granted);
    struct body used = desk_redemption(coupon, 1, 1);
    struct record_id record = desk_record(d, &d->b, &used);
    pass(d, LEASE_H * HOUR_MS);
    assert_false(asked_back(&d->b, &asked)); /* there is nothing to be had back */
    struct body voided = {.kind = RECORD_VOID,
                          .voided = {.target = record, .target_kind = RECORD_REDEMPTION, .business_ms = START_MS}};
    desk_record(d, &d->b, &voided);
    pass(d, 1000);
    assert_true(asked_back(&d->b, &asked));
    assert_int_equal(asked.epoch, 1);
    desk_books_are_whole(d);
}

static int run_revoke(void *arg, struct store_tx *tx)
{
    return rights_revoke_coupon(tx, *(struct coupon_id *)arg, "manager", "misprint");
}

static int run_expire(void *arg, struct store_tx *tx)
{
    const struct coupon_id *id = arg;
    return query_run(store_tx_write(tx), "UPDATE coupon SET expiry_s = ?3 WHERE campaign = ?1 AND serial = ?2",
                     QUERY(Q_INT(id->campaign), Q_INT(id->serial), Q_INT(lease_end_s)));
}

static void nothing_is_asked_back_of_what_nobody_can_use(void **state)
{
    struct desk *d = *state;
    struct feed_right granted = {0}, asked = {0};
    set_lease(d, MODE_HOME);
    struct coupon_id revoked = move(d, &granted), expired = move(d, &granted), good = move(d, &granted);
    assert_int_equal(fixture_write(&d->f, run_revoke, &revoked), 0);
    assert_int_equal(fixture_write(&d->f, run_expire, &expired), 0);
    pass(d, LEASE_H * HOUR_MS);
    assert_true(asked_back(&d->b, &asked));
    assert_true(coupon_id_equal(asked.coupon, good));
    assert_int_equal(desk_totals(d).leases_over, 1);
}

struct write_off_order {
    struct coupon_id coupon;
    uint32_t store;
};

static int run_write_off(void *arg, struct store_tx *tx)
{
    const struct write_off_order *order = arg;
    return rights_write_off(tx, order->coupon, order->store, "manager", "its till burnt");
}

static void a_manager_writes_off_who_does_not_answer(void **state)
{
    struct desk *d = *state;
    struct feed_right granted = {0}, home = {0};
    set_lease(d, MODE_HOME);
    struct write_off_order order = {move(d, &granted), d->f.shops[0]};
    pass(d, LEASE_H * HOUR_MS);
    assert_int_equal(fixture_write(&d->f, run_write_off, &order), 0);
    take(d, &d->a, &home);
    assert_true(home.epoch == 2 && home.risk && home.lease_until_s == 0);
    assert_int_equal(desk_totals(d).leases_over, 0);
    struct body here = desk_redemption(order.coupon, 1, 2), there = desk_redemption(order.coupon, 1, 1);
    desk_record(d, &d->a, &here);
    desk_record(d, &d->b, &there);
    assert_int_equal(desk_conflicts(d).last.kind, CONFLICT_WRITE_OFF);
    desk_books_are_whole(d);
}

static void written_off_to_the_store_that_held_it_its_lease_begins_anew(void **state)
{
    struct desk *d = *state;
    struct feed_right granted = {0};
    set_lease(d, MODE_HOME);
    struct write_off_order order = {move(d, &granted), d->f.shops[1]};
    pass(d, LEASE_H * HOUR_MS);
    assert_int_equal(fixture_write(&d->f, run_write_off, &order), 0);
    assert_int_equal(desk_find_right(&d->b, FEED_RIGHT_GRANT, &granted), 1);
    assert_int_equal(granted.lease_until_s, lease_end_s + LEASE_H * 3600);
}

/* The shopper stands there: it is released and granted anew, by the same steps as to any other store. */
static void a_holder_that_asks_after_the_end_gets_it_anew(void **state)
{
    struct desk *d = *state;
    struct feed_right granted = {0}, asked = {0};
    set_lease(d, MODE_HOME);
    struct coupon_id coupon = move(d, &granted);
    assert_int_equal(desk_ask(&d->b, coupon, 80).verdict, AUTHORITY_GRANTED); /* it holds it */
    pass(d, LEASE_H * HOUR_MS);                                               /* asked back, and taken over at once */
    assert_int_equal(desk_ask(&d->b, coupon, 81).verdict, AUTHORITY_WAITING);
    release(d, &d->b, &asked);
    take(d, &d->b, &granted);
    assert_int_equal(granted.epoch, 2);
    assert_int_equal(granted.lease_until_s, lease_end_s + LEASE_H * 3600);
    assert_int_equal(desk_ask(&d->b, coupon, 81).verdict, AUTHORITY_GRANTED);
    assert_int_equal(desk_problems(d), 0);
    desk_books_are_whole(d);
}

static void under_strict_it_goes_back_into_centrals_hand(void **state)
{
    struct desk *d = *state;
    struct feed_right granted = {0}, asked = {0};
    set_lease(d, MODE_STRICT);
    struct coupon_id coupon = desk_issue(d, MODE_STRICT);
    assert_int_equal(desk_ask(&d->b, coupon, 82).verdict, AUTHORITY_GRANTED);
    take(d, &d->b, &granted);
    assert_int_equal(granted.lease_until_s, lease_end_s);
    pass(d, LEASE_H * HOUR_MS);
    release(d, &d->b, &asked);
    assert_int_equal(desk_find_right(&d->a, FEED_RIGHT_GRANT, &granted), 0);
    assert_int_equal(coupon_of(d, coupon).right_store, 0);
    assert_int_equal(desk_ask(&d->a, coupon, 83).verdict, AUTHORITY_GRANTED);
    desk_books_are_whole(d);
}

/* The backup knows of no grant: its end stands in the holder's own record. */
static void a_restored_central_learns_the_lease_from_the_holders_journal(void **state)
{
    struct desk *d = *state;
    struct feed_right granted = {0}, asked = {0};
    set_lease(d, MODE_HOME);
    desk_back_up(d);
    struct coupon_id coupon = move(d, &granted);
    desk_restore(d);
    desk_send_again(d, &d->a);
    desk_send_again(d, &d->b);
    assert_int_equal(coupon_of(d, coupon).right_store, d->f.shops[1]);
    assert_int_equal(coupon_of(d, coupon).lease_until_s, lease_end_s);
    pass(d, LEASE_H * HOUR_MS);
    desk_feed_over(&d->b);
    assert_false(asked_back(&d->b, &asked)); /* it waits for everybody's end */
    desk_show_end(d, &d->a);
    desk_show_end(d, &d->b);
    pass(d, 1000);
    assert_true(asked_back(&d->b, &asked));
    desk_books_are_whole(d);
}

static int run_issue_second(void *arg, struct store_tx *tx)
{
    struct coupon *coupon = arg;
    return rights_issue_coupon(tx, coupon, MODE_HOME, &coupon->id);
}

/* From the second store, where it is at home, to the first. */
static struct coupon_id move_to_first(struct desk *d, struct feed_right *out_granted)
{
    struct coupon coupon = {
        .id = {DESK_CAMPAIGN, 0}, .brand = d->f.brand, .member = DESK_MEMBER, .home_store = d->f.shops[1]};
    struct feed_right asked = {0};
    assert_int_equal(fixture_write(&d->f, run_issue_second, &coupon), 0);
    assert_int_equal(desk_ask(&d->a, coupon.id, 84).verdict, AUTHORITY_WAITING);
    release(d, &d->b, &asked);
    take(d, &d->a, out_granted);
    return coupon.id;
}

/* A promoted terminal's use and void come up before the former primary's record of the grant. */
static void the_lease_is_learned_also_where_a_use_told_of_the_right_first(void **state)
{
    struct desk *d = *state;
    struct feed_right granted = {0};
    struct fake_terminal peer = desk_join(d, 3);
    set_lease(d, MODE_HOME);
    desk_back_up(d);
    struct coupon_id coupon = move_to_first(d, &granted);
    desk_restore(d);
    struct body promotion = desk_promotion(&d->a, 1, 2), used = desk_redemption(coupon, 1, 1);
    terminal_record(&peer, &promotion);
    terminal_record(&peer, &used);
    struct body voided = {.kind = RECORD_VOID,
                          .voided = {.target = {peer.id, peer.incarnation, peer.seq},
                                     .target_kind = RECORD_REDEMPTION,
                                     .business_ms = START_MS}};
    terminal_record(&peer, &voided);
    assert_int_equal(coupon_of(d, coupon).right_epoch, 1);
    desk_send_again(d, &d->a);
    desk_send_again(d, &d->b);
    assert_true(coupon_of(d, coupon).right_store == d->f.shops[0] && coupon_of(d, coupon).uses == 0);
    assert_int_equal(coupon_of(d, coupon).lease_until_s, lease_end_s);
    desk_books_are_whole(d);
}

struct hand_over {
    uint32_t store, terminal;
};

static int run_hand_over(void *arg, struct store_tx *tx)
{
    const struct hand_over *order = arg;
    return succession_hand_over(tx, order->store, order->terminal, "manager");
}

static void a_planned_successor_has_what_is_left_of_the_lease(void **state)
{
    struct desk *d = *state;
    struct feed_right granted = {0};
    struct feed_found none;
    set_lease(d, MODE_HOME);
    move_to_first(d, &granted);
    struct fake_terminal peer = desk_join(d, 3);
    pass(d, HOUR_MS);
    struct hand_over order = {d->f.shops[0], peer.id};
    assert_int_equal(fixture_write(&d->f, run_hand_over, &order), 0);
    terminal_find_in_feed(&d->a, FEED_SETTINGS, &none);
    desk_show_end(d, &d->a);
    assert_int_equal(desk_find_right(&peer, FEED_RIGHT_GRANT, &granted), 1);
    assert_true(granted.epoch == 2 && granted.lease_until_s == lease_end_s);
    desk_books_are_whole(d);
}

#define WITH_DESK(test) cmocka_unit_test_setup_teardown(test, desk_setup, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DESK(a_grant_away_from_home_says_until_when),
        WITH_DESK(after_its_end_the_holder_is_asked_once_and_the_right_comes_home_with_its_release),
        WITH_DESK(a_holder_that_is_away_keeps_it_and_what_it_redeemed_in_time_counts),
        WITH_DESK(a_use_that_is_voided_after_the_end_is_asked_for_anew),
        WITH_DESK(nothing_is_asked_back_of_what_nobody_can_use),
        WITH_DESK(a_manager_writes_off_who_does_not_answer),
        WITH_DESK(written_off_to_the_store_that_held_it_its_lease_begins_anew),
        WITH_DESK(a_holder_that_asks_after_the_end_gets_it_anew),
        WITH_DESK(under_strict_it_goes_back_into_centrals_hand),
        WITH_DESK(a_restored_central_learns_the_lease_from_the_holders_journal),
        WITH_DESK(the_lease_is_learned_also_where_a_use_told_of_the_right_first),
        WITH_DESK(a_planned_successor_has_what_is_left_of_the_lease),
    };
    return cmocka_run_group_tests_name("central_lease", tests, NULL, NULL);
}
