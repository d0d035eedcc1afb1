/* Credit with an end: what is spent first, what leaves the books when, and what a void makes of it. */
#include "platform/random.h"
#include "several.h"

#include <stdlib.h>

#define HOUR_MS   INT64_C(3600000)
#define OWNER     ((struct owner){OWNER_STORE, SHOP_STORE})
#define SHARE     "SELECT coalesce(sum(amount_minor), 0) FROM share"
#define PARTS     "SELECT coalesce(sum(amount_minor), 0) FROM share_part"
#define EXPIRED   "SELECT count(*) FROM journal WHERE kind = 22"
#define EXPIRED_S "SELECT coalesce(sum(amount_minor), 0) FROM balance WHERE account = 'expired/s3'"
#define OWED      "SELECT coalesce(sum(amount_minor), 0) FROM balance WHERE account = 'receivable/s3/700001'"
#define UNEVEN    "SELECT count(*) FROM (SELECT sum(amount_minor) AS s FROM balance GROUP BY unit) WHERE s <> 0"

static int open_shop(void **state)
{
    static struct shop shop;

    shop_init(&shop);
    shop.inline_jobs = true;
    shop.credit_term_days = 1;
    shop_start(&shop);
    shop_enrol(&shop);
    shop_trust_time(&shop);
    shop_give_basics(&shop);
    shop_give(&shop);
    *state = &shop;
    return 0;
}

static int close_shop(void **state)
{
    shop_finish(*state);
    return 0;
}

/* Central is heard all the time, so the clock is sure. */
static void hours_pass(struct shop *shop, int64_t hours)
{
    sim_clock_advance(&shop->clock, hours * HOUR_MS);
    shop_trust_time(shop);
    till_tick(shop->till);
}

static struct till_sold earn(struct shop *shop, int64_t gross_minor)
{
    struct till_sold sold = shop_sell(shop, &(struct till_sale){.gross_minor = gross_minor, .member = SHOP_MEMBER});

    assert_int_equal(sold.verdict, CREDIT_OK);
    return sold;
}

/* Paid with credit alone, so that it earns nothing. */
static struct till_sold spend(struct shop *shop, int64_t minor)
{
    return shop_sell(
        shop, &(struct till_sale){.gross_minor = minor, .credit_minor = minor, .member = SHOP_MEMBER, .pin = "1357"});
}

static int64_t ends_s(struct shop *shop)
{
    return credit_ends_s(clock_wall_ms(&shop->clock.base), shop->credit_term_days);
}

static void credit_ends_once_its_day_is_surely_over(void **state)
{
    struct shop *shop = *state;
    int64_t ends = ends_s(shop);

    earn(shop, 10000);
    assert_int_equal(shop_query(shop, "SELECT ends_s FROM share_part"), ends);
    sim_clock_advance(&shop->clock, ends * 1000 - clock_wall_ms(&shop->clock.base) - 1);
    shop_trust_time(shop);
    till_tick(shop->till);
    assert_int_equal(shop_query(shop, EXPIRED), 0);
    sim_clock_advance(&shop->clock, 120000); /* by this clock the end is past for longer than it may err */
    till_tick(shop->till);
    sim_clock_advance(&shop->clock, 120000);
    till_tick(shop->till);

    assert_int_equal(shop_query(shop, EXPIRED), 1); /* and once only */
    assert_int_equal(shop_query(shop, SHARE), 0);
    assert_int_equal(shop_query(shop, PARTS), 0);
    assert_int_equal(shop_query(shop, EXPIRED_S), 1000);
    assert_int_equal(shop_query(shop, UNEVEN), 0);
    assert_int_equal(till_rebuild_compare(shop->till), 0);
}

static void without_a_term_nothing_ends_and_no_row_is_written(void **state)
{
    struct shop *shop = *state;

    shop->credit_term_days = 0;
    shop_item_settings(shop, SHOP_TERMINAL);
    shop_give(shop);
    earn(shop, 10000);
    assert_int_equal(spend(shop, 300).verdict, CREDIT_OK);
    hours_pass(shop, 24 * 400);

    assert_int_equal(shop_query(shop, "SELECT count(*) FROM share_part"), 0);
    assert_int_equal(shop_query(shop, SHARE), 700);
}

static void a_clock_that_is_not_sure_ends_nothing(void **state)
{
    struct shop *shop = *state;

    earn(shop, 10000);
    shop_stop(shop);
    shop->boot_id = "boot-2"; /* no word from central since */
    sim_clock_advance(&shop->clock, 72 * HOUR_MS);
    shop_start(shop);
    till_tick(shop->till);
    assert_int_equal(shop_query(shop, EXPIRED), 0);
    assert_int_equal(spend(shop, 300).verdict, CREDIT_OK);
    assert_int_equal(shop_query(shop, EXPIRED), 0);
    shop_trust_time(shop);
    sim_clock_advance(&shop->clock, 120000);
    till_tick(shop->till);

    assert_int_equal(shop_query(shop, EXPIRED_S), 700);
}

static void a_spend_takes_what_ends_first_and_a_void_gives_the_same_back(void **state)
{
    struct shop *shop = *state;
    int64_t first_ends = ends_s(shop);

    earn(shop, 10000);
    hours_pass(shop, 24);
    earn(shop, 5000);
    struct till_sold sold = spend(shop, 1200);
    assert_int_equal(shop_query(shop, "SELECT amount_minor FROM share_part ORDER BY ends_s"), 0);
    assert_int_equal(shop_query(shop, PARTS), 300);
    assert_int_equal(shop_void(shop, sold.group).verdict, VOID_OK);

    assert_int_equal(shop_query(shop, PARTS), 1500);
    /* The first would have ended with this day: it stays until the end of the next. */
    assert_true(first_ends < ends_s(shop));
    assert_int_equal(shop_query(shop, "SELECT sum(amount_minor) FROM share_part WHERE amount_minor <> 0"), 1500);
    assert_int_equal(shop_query(shop, "SELECT min(ends_s) FROM share_part WHERE amount_minor <> 0"), ends_s(shop));
    assert_int_equal(till_rebuild_compare(shop->till), 0);
}

static void what_has_ended_is_neither_spent_nor_shown_nor_moved(void **state)
{
    struct shop *shop = *state;
    struct feed_share request = {.member = SHOP_MEMBER, .owner = OWNER, .amount_minor = 5000, .transfer = 13};
    struct till_request look = {.op = TILL_MEMBER, .ticket = 9};

    earn(shop, 10000);
    hours_pass(shop, 24);
    earn(shop, 5000);
    sim_clock_advance(&shop->clock, 24 * HOUR_MS); /* the first has ended, and nobody looked yet */
    shop_trust_time(shop);
    shop_member_text(shop, SHOP_MEMBER, false, look.text);
    const struct till_member shown = shop_ask(shop, &look).member;
    assert_int_equal(shown.share_minor, 500);
    assert_int_equal(shown.ends_first.amount_minor, 500);
    assert_int_equal(shown.ends_first.ends_s,
                     shop_query(shop, "SELECT max(ends_s) FROM share_part WHERE amount_minor > 0"));
    assert_int_equal(spend(shop, 501).verdict, CREDIT_NOT_ENOUGH);
    assert_int_equal(shop_query(shop, EXPIRED), 0);
    assert_int_equal(spend(shop, 200).verdict, CREDIT_OK);
    assert_int_equal(shop_query(shop, EXPIRED_S), 1000);
    sim_clock_advance(&shop->clock, 24 * HOUR_MS);
    shop_trust_time(shop);
    shop_item_share(shop, FEED_SHARE_REQUEST, &request);
    shop_give(shop);

    assert_int_equal(shop_query(shop, EXPIRED_S), 1300);
    assert_int_equal(shop_query(shop, "SELECT amount_minor FROM share_transfer WHERE kind = 12"), 0);
    assert_int_equal(shop_query(shop, UNEVEN), 0);
    assert_int_equal(till_rebuild_compare(shop->till), 0);
}

static void credit_that_moves_takes_its_ends_along(void **state)
{
    struct shop *shop = *state;
    int64_t ends = ends_s(shop);
    struct feed_share grant = {
        .member = SHOP_MEMBER, .owner = OWNER, .amount_minor = 300, .transfer = 12, .parts = {1, {{ends, 200}}}};
    struct feed_share request = {.member = SHOP_MEMBER, .owner = OWNER, .amount_minor = 150, .transfer = 13};

    shop_item_share(shop, FEED_SHARE_GRANT, &grant);
    shop_give(shop);
    assert_int_equal(shop_query(shop, PARTS), 200);
    shop_item_share(shop, FEED_SHARE_REQUEST, &request);
    shop_item_share(shop, FEED_SHARE_REQUEST, &request);
    shop_give(shop);
    assert_int_equal(shop_query(shop, PARTS), 50);
    hours_pass(shop, 49);

    assert_int_equal(shop_query(shop, EXPIRED_S), 50);
    assert_int_equal(shop_query(shop, SHARE), 100); /* this never ends */
    assert_int_equal(till_rebuild_compare(shop->till), 0);
}

static void the_void_of_an_earn_that_expired_owes_nothing(void **state)
{
    struct shop *shop = *state;

    struct till_sold sold = earn(shop, 10000);
    hours_pass(shop, 24);
    earn(shop, 5000);
    hours_pass(shop, 24);
    assert_int_equal(shop_query(shop, EXPIRED_S), 1000);
    assert_int_equal(shop_void(shop, sold.group).verdict, VOID_OK);

    assert_int_equal(shop_query(shop, OWED), 0);
    assert_int_equal(shop_query(shop, EXPIRED_S), 0);
    assert_int_equal(shop_query(shop, SHARE), 500); /* the later one is untouched */
    assert_int_equal(shop_query(shop, UNEVEN), 0);
    assert_int_equal(till_rebuild_compare(shop->till), 0);
}

static void what_was_spent_before_the_end_is_owed_when_its_earn_is_voided(void **state)
{
    struct shop *shop = *state;

    struct till_sold sold = earn(shop, 10000);
    assert_int_equal(spend(shop, 400).verdict, CREDIT_OK);
    hours_pass(shop, 49);
    assert_int_equal(shop_query(shop, EXPIRED_S), 600);
    assert_int_equal(shop_void(shop, sold.group).verdict, VOID_OK);

    assert_int_equal(shop_query(shop, OWED), -400);
    assert_int_equal(shop_query(shop, EXPIRED_S), 0);
    assert_int_equal(shop_query(shop, SHARE), 0);
    assert_int_equal(shop_query(shop, UNEVEN), 0);
    assert_int_equal(till_rebuild_compare(shop->till), 0);
}

static void the_void_of_an_earn_takes_its_own_part(void **state)
{
    struct shop *shop = *state;

    earn(shop, 10000);
    hours_pass(shop, 24);
    struct till_sold sold = earn(shop, 5000);
    assert_int_equal(shop_void(shop, sold.group).verdict, VOID_OK);

    assert_int_equal(shop_query(shop, "SELECT count(*) FROM share_part WHERE amount_minor <> 0"), 1);
    assert_int_equal(shop_query(shop, PARTS), 1000);
    hours_pass(shop, 24);
    assert_int_equal(shop_query(shop, EXPIRED_S), 1000);
}

/* A till with a thread, asked by its neighbours again and again, finds the time for it. */
static void a_till_that_is_never_idle_expires_all_the_same(void **state)
{
    struct shop *shop = *state;
    struct till_store store;

    earn(shop, 10000);
    shop_stop(shop);
    shop->inline_jobs = false;
    shop_start(shop);
    sim_clock_advance(&shop->clock, 49 * HOUR_MS);
    shop_trust_time(shop);
    for (int i = 0; i < 2; i++) /* the second comes after what followed the first */
        assert_int_equal(till_store_read(shop->till, &store), 0);

    assert_int_equal(shop_query(shop, EXPIRED_S), 1000);
}

static void more_than_one_transaction_takes_is_done_in_turns(void **state)
{
    struct shop *shop = *state;

    for (uint64_t i = 0; i < 120; i++) {
        struct feed_share grant = {.member = 900000 + i,
                                   .owner = OWNER,
                                   .amount_minor = 10,
                                   .transfer = 100 + i,
                                   .parts = {1, {{ends_s(shop), 10}}}};
        shop_item_share(shop, FEED_SHARE_GRANT, &grant);
    }
    shop_give(shop);
    hours_pass(shop, 49);
    assert_int_equal(shop_query(shop, EXPIRED), 20);
    for (int i = 0; i < 6; i++) {
        sim_clock_advance(&shop->clock, 2000);
        till_tick(shop->till);
    }

    assert_int_equal(shop_query(shop, EXPIRED), 120);
    assert_int_equal(shop_query(shop, SHARE), 0);
}

static void a_random_act(struct shop *shop, struct random *random, uint64_t *groups, uint32_t *count)
{
    uint64_t choice = random_below(random, 100);
    int64_t share = shop_query(shop, SHARE);

    if (choice < 40) {
        groups[(*count)++] = earn(shop, 1 + (int64_t)random_below(random, 9000)).group;
    } else if (choice < 60 && share > 0) {
        struct till_sold sold = spend(shop, 1 + (int64_t)random_below(random, (uint64_t)share));
        if (sold.verdict == CREDIT_OK)
            groups[(*count)++] = sold.group;
    } else if (choice < 75 && *count > 0) {
        shop_void(shop, groups[random_below(random, *count)]);
    } else if (choice < 90) {
        struct feed_share item = {.member = SHOP_MEMBER,
                                  .owner = OWNER,
                                  .amount_minor = 100 + (int64_t)random_below(random, 500),
                                  .transfer = random_u64(random) >> 1};
        bool grant = random_below(random, 2) != 0;
        if (grant)
            item.parts = (struct credit_parts){1, {{ends_s(shop), 100}}};
        shop_item_share(shop, grant ? FEED_SHARE_GRANT : FEED_SHARE_REQUEST, &item);
        shop_give(shop);
    } else {
        hours_pass(shop, (int64_t)random_below(random, 24));
    }
}

static void books_with_ends_stay_whole_through_random_weeks(void **state)
{
    struct shop *shop = *state;
    struct sim_random random;
    static uint64_t groups[1500];
    uint32_t count = 0;

    sim_random_init(&random, 20261123);
    for (int i = 0; i < 1500; i++) {
        a_random_act(shop, &random.base, groups, &count);
        if (shop_query(shop, SHARE) < shop_query(shop, PARTS))
            fail_msg("after act %d the parts are more than the share", i);
    }

    assert_true(shop_query(shop, EXPIRED) > 10);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM share WHERE amount_minor < 0"), 0);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM share_part WHERE amount_minor < 0"), 0);
    assert_int_equal(shop_query(shop, UNEVEN), 0);
    assert_int_equal(till_rebuild_compare(shop->till), 0);
}

static int open_two(void **state)
{
    int r = several_open_two(state);
    struct several *s = *state;

    for (uint32_t i = 0; i < s->count; i++) {
        struct feed_share grant = {.member = SHOP_MEMBER, .owner = OWNER, .amount_minor = 500, .transfer = 12};
        s->shops[i].credit_term_days = 1;
        grant.parts = (struct credit_parts){1, {{ends_s(&s->shops[i]), 500}}};
        shop_item_share(&s->shops[i], FEED_SHARE_GRANT, &grant);
        shop_give(&s->shops[i]);
    }
    several_meet(s);
    return r;
}

static void a_day_passes(struct several *s)
{
    for (uint32_t i = 0; i < s->count; i++) {
        sim_clock_advance(&s->shops[i].clock, 49 * HOUR_MS);
        shop_trust_time(&s->shops[i]);
    }
}

static void only_the_primary_expires_and_a_peer_has_to_hold_it(void **state)
{
    struct several *s = *state;

    a_day_passes(s);
    till_tick(s->shops[1].till);
    assert_int_equal(shop_query(&s->shops[1], EXPIRED), 0);
    several_live(s, 0, 0); /* nobody would hold it */
    till_tick(s->shops[0].till);
    assert_int_equal(shop_query(&s->shops[0], EXPIRED), 0);
    several_live(s, 0, 1);
    sim_clock_advance(&s->shops[0].clock, 120000);
    till_tick(s->shops[0].till);
    assert_int_equal(shop_query(&s->shops[0], EXPIRED), 1);
    assert_true(several_store(s, 0).unconfirmed_from != 0);
    several_meet(s);

    assert_int_equal(several_store(s, 0).unconfirmed_from, 0);
    for (uint32_t i = 0; i < s->count; i++) {
        assert_int_equal(shop_query(&s->shops[i], SHARE), 0);
        assert_int_equal(shop_query(&s->shops[i], EXPIRED_S), 500);
        assert_int_equal(till_rebuild_compare(s->shops[i].till), 0);
    }
}

static void a_promotion_undoes_what_no_peer_held(void **state)
{
    struct several *s = *state;

    a_day_passes(s);
    till_tick(s->shops[0].till);
    assert_int_equal(shop_query(&s->shops[0], EXPIRED), 1);
    assert_int_equal(several_promote(s, 1, true).store, STORE_OK);
    several_live(s, 1, 0);
    (void)several_alone(s, 1, true);
    sim_clock_advance(&s->shops[1].clock, 120000);
    till_tick(s->shops[1].till);
    assert_int_equal(shop_query(&s->shops[1], EXPIRED), 1);
    several_meet(s);

    for (uint32_t i = 0; i < s->count; i++) {
        assert_int_equal(shop_query(&s->shops[i], EXPIRED), 1); /* the successor's */
        assert_int_equal(shop_query(&s->shops[i], SHARE), 0);
        assert_int_equal(till_rebuild_compare(s->shops[i].till), 0);
    }
    char *first = several_books(s, 0), *second = several_books(s, 1);
    assert_string_equal(first, second);
    free(first);
    free(second);
}

static void books_of_another_device_expire_nothing(void **state)
{
    struct shop *shop = *state;
    static const struct body_incarnation other = {.hardware_serial = "HW-2", .disk_serial = "D-1"};

    earn(shop, 10000);
    shop_stop(shop);
    shop->device = &other;
    shop_start(shop);
    hours_pass(shop, 49);
    shop->device = NULL;

    assert_int_equal(shop_query(shop, EXPIRED), 0);
}

#define WITH_SHOP(test) cmocka_unit_test_setup_teardown(test, open_shop, close_shop)
#define WITH_TWO(test)  cmocka_unit_test_setup_teardown(test, open_two, several_close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SHOP(credit_ends_once_its_day_is_surely_over),
        WITH_SHOP(without_a_term_nothing_ends_and_no_row_is_written),
        WITH_SHOP(a_clock_that_is_not_sure_ends_nothing),
        WITH_SHOP(a_spend_takes_what_ends_first_and_a_void_gives_the_same_back),
        WITH_SHOP(what_has_ended_is_neither_spent_nor_shown_nor_moved),
        WITH_SHOP(credit_that_moves_takes_its_ends_along),
        WITH_SHOP(the_void_of_an_earn_that_expired_owes_nothing),
        WITH_SHOP(what_was_spent_before_the_end_is_owed_when_its_earn_is_voided),
        WITH_SHOP(the_void_of_an_earn_takes_its_own_part),
        WITH_SHOP(a_till_that_is_never_idle_expires_all_the_same),
        WITH_SHOP(more_than_one_transaction_takes_is_done_in_turns),
        WITH_SHOP(books_with_ends_stay_whole_through_random_weeks),
        WITH_SHOP(books_of_another_device_expire_nothing),
        WITH_TWO(only_the_primary_expires_and_a_peer_has_to_hold_it),
        WITH_TWO(a_promotion_undoes_what_no_peer_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
