#include "several.h"

#include <sqlite3.h>

/* The store's public pool from its own books: what may be given away, to whom, and what screens show of it. */

#define DAY_MS   INT64_C(86400000)
#define PUBLIC_S ((uint32_t)(SHOP_START_MS / 1000) + 10 * 86400)
#define OWNER    UINT64_C(700002)
#define TAKER    UINT64_C(700003)

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

static struct feed_coupon coupon(uint64_t serial)
{
    return (struct feed_coupon){.coupon = {SHOP_CAMPAIGN, serial},
                                .member = OWNER,
                                .home_store = SHOP_STORE,
                                .store_epoch = SHOP_STORE_EPOCH,
                                .expiry_s = PUBLIC_S + 2 * 86400,
                                .exclusive_until_s = PUBLIC_S};
}

static void give(struct shop *shop, const struct feed_coupon *row)
{
    shop_item_coupon(shop, row);
    shop_give(shop);
}

/* Ten days on, and as sure of it as on the first. */
static void pass(struct shop *shop, int64_t ms)
{
    sim_clock_advance(&shop->clock, ms);
    shop_trust_time(shop);
}

/* The figure that screens show, counted now. */
static struct till_pool pool(struct shop *shop, uint32_t campaign)
{
    struct till_reference reference;

    shop_item_settings(shop, SHOP_TERMINAL);
    shop_give(shop);
    till_reference_copy(shop->till, &reference);
    for (uint32_t i = 0; i < reference.pool_count; i++)
        if (reference.pools[i].campaign == campaign)
            return reference.pools[i];
    return (struct till_pool){.campaign = 0};
}

static struct till_redeemed take(struct shop *shop, uint32_t campaign, uint64_t member)
{
    return shop_redeem(shop, &(struct till_redeem){.pool = campaign, .member = member, .sale_minor = 2500}, false);
}

static void nobody_takes_a_members_coupon_before_the_moment_is_surely_over(void **state)
{
    struct shop *shop = *state;
    const struct feed_coupon one = coupon(1);

    give(shop, &one);
    sim_clock_advance(&shop->clock, 10 * DAY_MS + 60000); /* over, but a clock may be 86 s wrong by now */
    assert_int_equal(pool(shop, SHOP_CAMPAIGN).here, 0);
    assert_int_equal(take(shop, SHOP_CAMPAIGN, TAKER).verdict, COUPON_NONE_LEFT);
    sim_clock_advance(&shop->clock, 60000);
    assert_int_equal(pool(shop, SHOP_CAMPAIGN).here, 1);
    struct till_redeemed done = take(shop, SHOP_CAMPAIGN, TAKER);
    assert_int_equal(done.verdict, COUPON_OK);
    assert_true(done.offline && done.coupon.serial == 1 && done.discount_minor == 500);
}

static void a_confirmed_date_brings_no_coupon_into_the_pool(void **state)
{
    struct shop *shop = *state;
    const struct feed_coupon one = coupon(1);

    give(shop, &one);
    pass(shop, 11 * DAY_MS);
    shop_stop(shop);
    shop->boot_id = "boot-2"; /* a clock without a word of central since the start: anything may be the time */
    shop_start(shop);
    const struct till_redeem redeem = {.pool = SHOP_CAMPAIGN, .member = TAKER, .date_confirmed = true};
    assert_int_equal(shop_redeem(shop, &redeem, false).verdict, COUPON_NONE_LEFT);
    shop_trust_time(shop);
    assert_int_equal(take(shop, SHOP_CAMPAIGN, TAKER).verdict, COUPON_OK);
}

static void what_ends_soon_is_surely_still_good_or_not_given(void **state)
{
    struct shop *shop = *state;
    const struct feed_coupon one = coupon(1);

    give(shop, &one);
    sim_clock_advance(&shop->clock, 12 * DAY_MS - 60000); /* a minute before its end, as far as this clock can tell */
    assert_int_equal(take(shop, SHOP_CAMPAIGN, TAKER).verdict, COUPON_NONE_LEFT);
    shop_trust_time(shop);
    assert_int_equal(take(shop, SHOP_CAMPAIGN, TAKER).verdict, COUPON_OK);
}

static struct feed_coupon revoked(void)
{
    struct feed_coupon row = coupon(1);
    row.revoked = true;
    return row;
}

static struct feed_coupon of_another_store(void)
{
    struct feed_coupon row = coupon(1);
    row.home_store = SHOP_OTHER_STORE;
    return row;
}

static struct feed_coupon of_a_primary_before(void)
{
    struct feed_coupon row = coupon(1);
    row.store_epoch = SHOP_STORE_EPOCH - 1;
    return row;
}

static struct feed_coupon never_public(void)
{
    struct feed_coupon row = coupon(1);
    row.exclusive_until_s = 0;
    return row;
}

static struct feed_coupon claimed(void)
{
    struct feed_coupon row = coupon(1);
    row.member = TAKER;
    row.exclusive_until_s = row.expiry_s;
    return row;
}

static struct feed_coupon over(void)
{
    struct feed_coupon row = coupon(1);
    row.expiry_s = PUBLIC_S + 3600;
    return row;
}

static struct feed_coupon later(void)
{
    struct feed_coupon row = coupon(1);
    row.exclusive_until_s = PUBLIC_S + 86400 + 1;
    return row;
}

static struct feed_coupon strict(void)
{
    struct feed_coupon row = coupon(1);
    row.coupon.campaign = SHOP_STRICT;
    return row;
}

static void what_the_pool_leaves_alone(void **state)
{
    static struct feed_coupon (*const rows[])(void) = {
        revoked, of_another_store, of_a_primary_before, never_public, claimed, over, later, strict};
    struct shop *shop = *state;

    pass(shop, 11 * DAY_MS);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct feed_coupon row = rows[i]();
        give(shop, &row);
        assert_int_equal(pool(shop, row.coupon.campaign).here, 0);
        assert_int_equal(take(shop, row.coupon.campaign, TAKER).verdict, COUPON_NONE_LEFT);
    }
    assert_int_equal(take(shop, 4711, TAKER).verdict, COUPON_NONE_LEFT); /* a campaign that nobody knows */
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM redemption"), 0);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM journal WHERE kind = 16"), 0);
}

static void a_right_that_was_given_up_is_not_offered_and_one_that_was_granted_is(void **state)
{
    struct shop *shop = *state;
    const struct feed_coupon two = coupon(2);
    struct feed_coupon row = of_another_store();
    struct feed_right right = {.coupon = {SHOP_CAMPAIGN, 2}, .epoch = 0, .use_no = 1, .transfer = 9};

    pass(shop, 11 * DAY_MS);
    give(shop, &two);
    assert_int_equal(pool(shop, SHOP_CAMPAIGN).here, 1);
    right.store_epoch = SHOP_STORE_EPOCH;
    shop_item_right(shop, FEED_RIGHT_REQUEST, &right);
    shop_give(shop);
    assert_int_equal(pool(shop, SHOP_CAMPAIGN).here, 0);
    assert_int_equal(shop_query(shop, "SELECT public_from_s < 0 FROM coupon"), 1); /* not even looked at */
    assert_int_equal(take(shop, SHOP_CAMPAIGN, TAKER).verdict, COUPON_NONE_LEFT);
    give(shop, &row);
    right = (struct feed_right){
        .coupon = row.coupon, .epoch = 3, .use_no = 2, .transfer = 10, .store_epoch = SHOP_STORE_EPOCH};
    shop_item_right(shop, FEED_RIGHT_GRANT, &right);
    shop_give(shop);
    assert_int_equal(pool(shop, SHOP_CAMPAIGN).here, 1);
    assert_int_equal(take(shop, SHOP_CAMPAIGN, TAKER).verdict, COUPON_OK);
    assert_int_equal(shop_query(shop, "SELECT epoch * 10 + use_no FROM redemption"), 32);
}

/* As with a scan: nothing new once the right may have gone back to central. */
static void a_right_whose_lease_may_have_ended_is_not_offered(void **state)
{
    struct shop *shop = *state;
    const struct feed_coupon row = of_another_store();
    struct feed_right right = {.coupon = row.coupon,
                               .epoch = 1,
                               .use_no = 1,
                               .transfer = 10,
                               .store_epoch = SHOP_STORE_EPOCH,
                               .lease_until_s = PUBLIC_S + 86400 + 60};

    pass(shop, 10 * DAY_MS + 60000);
    give(shop, &row);
    shop_item_right(shop, FEED_RIGHT_GRANT, &right);
    shop_give(shop);
    assert_int_equal(pool(shop, SHOP_CAMPAIGN).here, 1);
    sim_clock_advance(&shop->clock, DAY_MS - 1000); /* ± 8.6 s by now */
    assert_int_equal(pool(shop, SHOP_CAMPAIGN).here, 0);
    assert_int_equal(take(shop, SHOP_CAMPAIGN, TAKER).verdict, COUPON_NONE_LEFT);
    shop_trust_time(shop); /* and it is known again that a second is left */
    assert_int_equal(pool(shop, SHOP_CAMPAIGN).here, 1);
    assert_int_equal(take(shop, SHOP_CAMPAIGN, TAKER).verdict, COUPON_OK);
}

static void one_that_was_used_here_is_gone_and_a_void_brings_it_back(void **state)
{
    struct shop *shop = *state;
    const struct feed_coupon one = coupon(1);

    pass(shop, 11 * DAY_MS);
    give(shop, &one);
    struct till_redeemed own = shop_scan(shop, SHOP_CAMPAIGN, 1); /* its owner comes after all */
    assert_int_equal(own.verdict, COUPON_OK);
    assert_int_equal(take(shop, SHOP_CAMPAIGN, TAKER).verdict, COUPON_NONE_LEFT);
    give(shop, &one); /* said again: it stays used */
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM coupon WHERE public_from_s > 0"), 0);
    assert_int_equal(pool(shop, SHOP_CAMPAIGN).here, 0);
    assert_int_equal(shop_void(shop, own.group).verdict, VOID_OK);
    assert_int_equal(pool(shop, SHOP_CAMPAIGN).here, 1);
    struct till_redeemed second = take(shop, SHOP_CAMPAIGN, TAKER);
    assert_int_equal(second.verdict, COUPON_OK);
    assert_int_equal(shop_query(shop, "SELECT max(use_no) FROM redemption"), 2);
    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 1).verdict, COUPON_ALREADY_USED);
    assert_int_equal(shop_void(shop, second.group).verdict, VOID_OK);
    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 1).verdict, COUPON_OK);
    assert_int_equal(till_rebuild_compare(shop->till), 0);
}

static void the_first_to_end_goes_first_and_the_record_says_who_took_it(void **state)
{
    struct shop *shop = *state;
    const struct feed_coupon one = coupon(1);
    struct feed_coupon soon = coupon(2), last = coupon(3);

    soon.expiry_s -= 3600;
    last.expiry_s += 3600;
    pass(shop, 11 * DAY_MS);
    give(shop, &last);
    give(shop, &one);
    give(shop, &soon);
    struct till_pool all = pool(shop, SHOP_CAMPAIGN);
    assert_int_equal(all.here, 3);
    assert_int_equal(all.here_until_s, last.expiry_s);
    assert_string_equal(all.name_en, "5 off");
    struct till_redeemed done = take(shop, SHOP_CAMPAIGN, TAKER);
    assert_int_equal(done.coupon.serial, 2);
    assert_int_equal(done.member, TAKER);
    assert_int_equal(done.earned_minor, 200);
    assert_int_equal(take(shop, SHOP_CAMPAIGN, 0).coupon.serial, 1);
    assert_int_equal(take(shop, SHOP_CAMPAIGN, 0).coupon.serial, 3);
    assert_int_equal(take(shop, SHOP_CAMPAIGN, 0).verdict, COUPON_NONE_LEFT);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM redemption WHERE member = 700002"), 0);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM redemption WHERE member = 700003"), 1);
    /* key 19 is true, and there is no key 16: no token was seen */
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM journal WHERE kind = 4 AND instr(body, x'13f5') > 0"), 3);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM journal WHERE kind = 4 AND instr(body, x'1048') > 0"), 0);
}

static void a_members_limit_holds_in_the_pool_too(void **state)
{
    struct shop *shop = *state;
    struct feed_coupon first = coupon(1), second = coupon(2);

    first.coupon.campaign = second.coupon.campaign = SHOP_PERCENT;
    pass(shop, 11 * DAY_MS);
    give(shop, &first);
    give(shop, &second);
    assert_int_equal(take(shop, SHOP_PERCENT, TAKER).verdict, COUPON_OK);
    assert_int_equal(take(shop, SHOP_PERCENT, TAKER).verdict, COUPON_MEMBER_LIMIT);
    assert_int_equal(take(shop, SHOP_PERCENT, SHOP_MEMBER).verdict, COUPON_OK);
}

static void the_amount_is_asked_for_as_with_a_scan(void **state)
{
    struct shop *shop = *state;
    struct feed_coupon row = coupon(1);
    struct till_redeem redeem = {.pool = SHOP_PERCENT};

    row.coupon.campaign = SHOP_PERCENT;
    pass(shop, 11 * DAY_MS);
    give(shop, &row);
    assert_int_equal(shop_redeem(shop, &redeem, true).verdict, COUPON_NEEDS_AMOUNT);
    redeem.sale_minor = 1000;
    assert_int_equal(shop_redeem(shop, &redeem, true).verdict, COUPON_BELOW_MINIMUM);
    redeem.sale_minor = 3000;
    redeem.check_only = true;
    assert_int_equal(shop_redeem(shop, &redeem, true).group, 0);
    redeem.check_only = false;
    assert_int_equal(shop_redeem(shop, &redeem, true).discount_minor, 300);
}

static void a_budget_gives_away_only_what_is_held_here(void **state)
{
    struct shop *shop = *state;
    struct feed_coupon here = coupon(1), away = of_another_store();

    here.coupon.campaign = away.coupon.campaign = SHOP_BUDGET;
    away.coupon.serial = 2;
    pass(shop, 11 * DAY_MS);
    give(shop, &here);
    give(shop, &away);
    assert_int_equal(pool(shop, SHOP_BUDGET).here, 1);
    assert_int_equal(take(shop, SHOP_BUDGET, TAKER).coupon.serial, 1);
    assert_int_equal(take(shop, SHOP_BUDGET, TAKER).verdict, COUPON_NONE_LEFT);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM budget_use"), 0);
}

static void time_alone_brings_it_onto_the_screen(void **state)
{
    struct shop *shop = *state;
    const struct feed_coupon one = coupon(1);
    const struct till_request anything = {.op = TILL_RECENT};
    struct till_reference reference;

    give(shop, &one);
    till_reference_copy(shop->till, &reference);
    assert_int_equal(reference.pool_count, 0);
    sim_clock_advance(&shop->clock, 11 * DAY_MS);
    (void)shop_ask(shop, &anything); /* wakes its thread, which looks at the clock after it */
    (void)shop_ask(shop, &anything);
    till_reference_copy(shop->till, &reference);
    assert_int_equal(reference.pools[0].here, 1);
}

static void forget_what_was_read(struct shop *shop)
{
    sqlite3 *db;

    shop_stop(shop);
    assert_int_equal(sqlite3_open(shop->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "UPDATE coupon SET public_from_s = 0; INSERT INTO config VALUES('public_unread', 1)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    shop->inline_jobs = true;
    shop_start(shop);
}

static void coupons_of_an_older_version_are_read_once(void **state)
{
    struct shop *shop = *state;
    const struct feed_coupon one = coupon(1), two = coupon(2);

    pass(shop, 11 * DAY_MS);
    give(shop, &one);
    give(shop, &two);
    assert_int_equal(shop_scan(shop, SHOP_CAMPAIGN, 2).verdict, COUPON_OK);
    forget_what_was_read(shop);
    till_tick(shop->till);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM coupon WHERE public_from_s > 0 AND serial = 1"), 1);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM coupon WHERE public_from_s < 0 AND serial = 2"), 1);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM config WHERE key = 'public_unread'"), 0);
    assert_int_equal(take(shop, SHOP_CAMPAIGN, TAKER).coupon.serial, 1);
}

/* While nobody waits; who is stopped in the middle goes on where it was. */
static void many_of_them_are_read_bit_by_bit(void **state)
{
    struct shop *shop = *state;

    for (uint64_t serial = 1; serial <= 1200; serial++) {
        const struct feed_coupon one = coupon(serial);
        shop_item_coupon(shop, &one);
        if (serial % 10 == 0)
            shop_give(shop);
    }
    forget_what_was_read(shop);
    till_tick(shop->till);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM coupon WHERE public_from_s > 0"), 500);
    shop_stop(shop);
    shop_start(shop);
    till_tick(shop->till);
    till_tick(shop->till);
    till_tick(shop->till);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM coupon WHERE public_from_s > 0"), 1200);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM config WHERE key LIKE 'public_%'"), 0);
}

/* ---- a store of several terminals */

static struct till_redeem shown(const struct feed_coupon *row, uint64_t member)
{
    struct till_redeem redeem = {.member = member, .sale_minor = 2500};

    shop_row_text(row, redeem.text);
    return redeem;
}

/* Claimed while this store was away: the claimer's code says so by its moment, and the use is not put on whose it was.
 */
static void who_claimed_it_uses_it_where_nobody_heard_of_the_claim(void **state)
{
    struct shop *shop = *state;
    const struct feed_coupon theirs = claimed();
    struct feed_coupon row = coupon(1), second = coupon(2), second_theirs = coupon(2);
    struct till_redeem redeem = shown(&theirs, 0);

    second_theirs.exclusive_until_s = second.expiry_s;
    pass(shop, 11 * DAY_MS);
    give(shop, &row);
    give(shop, &second);
    assert_int_equal(shop_redeem(shop, &redeem, false).verdict, COUPON_OK);
    assert_int_equal(shop_query(shop, "SELECT member FROM redemption WHERE serial = 1"), 0);
    redeem = shown(&second_theirs, TAKER);
    assert_int_equal(shop_redeem(shop, &redeem, false).verdict, COUPON_OK);
    assert_int_equal(shop_query(shop, "SELECT member FROM redemption WHERE serial = 2"), TAKER);
    assert_int_equal(till_rebuild_compare(shop->till), 0);
}

static void an_older_code_does_not_undo_a_claim(void **state)
{
    struct shop *shop = *state;
    const struct feed_coupon before = coupon(1), row = claimed();
    struct till_redeem redeem = shown(&before, OWNER);

    pass(shop, 11 * DAY_MS);
    give(shop, &row);
    assert_int_equal(shop_redeem(shop, &redeem, false).verdict, COUPON_NOT_THEIRS);
    redeem.member = 0;
    assert_int_equal(shop_redeem(shop, &redeem, false).verdict, COUPON_NOT_THEIRS);
    redeem.member = TAKER;
    assert_int_equal(shop_redeem(shop, &redeem, false).verdict, COUPON_OK);
}

static void every_terminal_shows_it_and_the_primary_gives_it_once(void **state)
{
    struct several *s = *state;
    struct feed_coupon row = coupon(1);
    struct till_request request = {.op = TILL_REDEEM, .clerk = SHOP_CLERK, .redeem = {.pool = SHOP_CAMPAIGN}};
    struct till_reference reference;

    for (uint32_t i = 0; i < s->count; i++) {
        sim_clock_advance(&s->shops[i].clock, 11 * DAY_MS);
        shop_trust_time(&s->shops[i]);
        give(&s->shops[i], &row);
        till_reference_copy(s->shops[i].till, &reference);
        assert_int_equal(reference.pools[0].here, 1);
    }
    assert_int_equal(several_ask(s, 1, request).redeemed.verdict, COUPON_NONE_LEFT); /* asked of the wrong one */
    struct till_answer answer = several_ask(s, 0, several_named(request, 1));
    assert_int_equal(answer.error, 1); /* waits for a peer */
    several_meet(s);
    answer = several_last(s, 0);
    assert_int_equal(answer.error, 0);
    assert_int_equal(answer.redeemed.verdict, COUPON_OK);
    struct till_answer again = several_ask(s, 0, several_named(request, 1));
    assert_int_equal(again.redeemed.group, answer.redeemed.group); /* its answer was lost: the same one */
    assert_int_equal(several_ask(s, 0, several_named(request, 2)).redeemed.verdict, COUPON_NONE_LEFT);
    for (uint32_t i = 0; i < s->count; i++)
        assert_int_equal(till_rebuild_compare(s->shops[i].till), 0);
}

#define WITH_SHOP(test) cmocka_unit_test_setup_teardown(test, open_shop, close_shop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SHOP(nobody_takes_a_members_coupon_before_the_moment_is_surely_over),
        WITH_SHOP(a_confirmed_date_brings_no_coupon_into_the_pool),
        WITH_SHOP(what_ends_soon_is_surely_still_good_or_not_given),
        WITH_SHOP(what_the_pool_leaves_alone),
        WITH_SHOP(a_right_that_was_given_up_is_not_offered_and_one_that_was_granted_is),
        WITH_SHOP(a_right_whose_lease_may_have_ended_is_not_offered),
        WITH_SHOP(one_that_was_used_here_is_gone_and_a_void_brings_it_back),
        WITH_SHOP(the_first_to_end_goes_first_and_the_record_says_who_took_it),
        WITH_SHOP(a_members_limit_holds_in_the_pool_too),
        WITH_SHOP(the_amount_is_asked_for_as_with_a_scan),
        WITH_SHOP(a_budget_gives_away_only_what_is_held_here),
        WITH_SHOP(time_alone_brings_it_onto_the_screen),
        WITH_SHOP(coupons_of_an_older_version_are_read_once),
        WITH_SHOP(many_of_them_are_read_bit_by_bit),
        WITH_SHOP(who_claimed_it_uses_it_where_nobody_heard_of_the_claim),
        WITH_SHOP(an_older_code_does_not_undo_a_claim),
        cmocka_unit_test_setup_teardown(every_terminal_shows_it_and_the_primary_gives_it_once, several_open_two,
                                        several_close_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
