/* Credit with an end where it is hard: more ends than a record can name, clocks that are wrong, peers that are gone. */
#include "several.h"

#include <stdlib.h>

#define HOUR_MS   INT64_C(3600000)
#define DAY_S     INT64_C(86400)
#define OWNER     ((struct owner){OWNER_STORE, SHOP_STORE})
#define SHARE     "SELECT coalesce(sum(amount_minor), 0) FROM share"
#define PARTS     "SELECT coalesce(sum(amount_minor), 0) FROM share_part"
#define ROWS      "SELECT count(*) FROM share_part WHERE amount_minor > 0"
#define EXPIRED   "SELECT count(*) FROM journal WHERE kind = 22"
#define EXPIRED_S "SELECT coalesce(sum(amount_minor), 0) FROM balance WHERE account = 'expired/s3'"
#define OWED      "SELECT coalesce(sum(amount_minor), 0) FROM balance WHERE account = 'receivable/s3/700001'"
#define MOVED     "SELECT amount_minor FROM share_transfer WHERE kind = 12 ORDER BY transfer DESC LIMIT 1"

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
    *state = &shop;
    return 0;
}

static int close_shop(void **state)
{
    shop_finish(*state);
    return 0;
}

static void hours_pass(struct shop *shop, int64_t hours)
{
    sim_clock_advance(&shop->clock, hours * HOUR_MS);
    shop_trust_time(shop);
    till_tick(shop->till);
}

static void set_term(struct shop *shop, uint32_t days)
{
    shop->credit_term_days = days;
    shop_item_settings(shop, SHOP_TERMINAL);
    shop_give(shop);
}

static struct till_sold earn(struct shop *shop, int64_t gross_minor)
{
    return shop_sell(shop, &(struct till_sale){.gross_minor = gross_minor, .member = SHOP_MEMBER});
}

static const struct till_sale *paid_with(int64_t minor)
{
    static struct till_sale sale;

    sale = (struct till_sale){.gross_minor = minor, .credit_minor = minor, .member = SHOP_MEMBER, .pin = "1357"};
    return &sale;
}

static int64_t ends_s(int64_t days)
{
    return credit_ends_s(SHOP_START_MS, 1) + days * DAY_S;
}

/* One grant of 10 for each day. */
static void give_days(struct shop *shop, uint32_t first, uint32_t count)
{
    for (uint32_t i = first; i < first + count; i++) {
        const struct feed_share grant = {.member = SHOP_MEMBER,
                                         .owner = OWNER,
                                         .amount_minor = 10,
                                         .transfer = 1000 + i,
                                         .parts = {1, {{ends_s(i), 10}}}};
        shop_item_share(shop, FEED_SHARE_GRANT, &grant);
    }
    shop_give(shop);
}

static void ask_for(struct shop *shop, uint64_t transfer, int64_t minor)
{
    const struct feed_share request = {
        .member = SHOP_MEMBER, .owner = OWNER, .amount_minor = minor, .transfer = transfer};

    shop_item_share(shop, FEED_SHARE_REQUEST, &request);
    shop_give(shop);
}

static void credit_of_many_grants_leaves_nothing_behind_that_could_end(void **state)
{
    struct shop *shop = *state;

    give_days(shop, 0, 50);
    assert_int_equal(shop_query(shop, SHARE), 500);
    assert_int_equal(shop_query(shop, ROWS), CREDIT_PARTS_MAX);
    assert_int_equal(shop_sell(shop, paid_with(500)).verdict, CREDIT_OK);
    assert_int_equal(shop_query(shop, PARTS), 0);
    set_term(shop, 0);
    earn(shop, 10000);
    hours_pass(shop, 24 * 60);

    assert_int_equal(shop_query(shop, SHARE), 1000);
    assert_int_equal(shop_query(shop, EXPIRED), 0);
    assert_int_equal(till_rebuild_compare(shop->till), 0);
}

static void an_earn_finds_its_place_among_many_ends(void **state)
{
    struct shop *shop = *state;

    give_days(shop, 5, 40);
    earn(shop, 10000); /* ends before all of them: with the first */
    assert_int_equal(shop_query(shop, ROWS), CREDIT_PARTS_MAX);
    assert_int_equal(shop_query(shop, "SELECT amount_minor FROM share_part ORDER BY ends_s LIMIT 1"), 1010);
    set_term(shop, 365);
    earn(shop, 10000); /* after all of them: never */
    assert_int_equal(shop_query(shop, ROWS), CREDIT_PARTS_MAX);
    const struct till_sold spent = shop_sell(shop, paid_with(1005));
    hours_pass(shop, 24 * 30);
    assert_int_equal(shop_void(shop, spent.group).verdict, VOID_OK);

    assert_true(shop_query(shop, ROWS) <= CREDIT_PARTS_MAX);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM share_part WHERE amount_minor < 0"), 0);
    hours_pass(shop, 24 * 400);
    assert_int_equal(shop_query(shop, SHARE), 1000); /* the second */
    assert_int_equal(till_rebuild_compare(shop->till), 0);
}

static void what_a_void_gives_back_finds_its_place_too(void **state)
{
    struct shop *shop = *state;

    give_days(shop, 5, 40);
    const struct till_sold spent = shop_sell(shop, paid_with(10));
    give_days(shop, 60, 1);
    assert_int_equal(shop_query(shop, ROWS), CREDIT_PARTS_MAX);
    assert_int_equal(shop_void(shop, spent.group).verdict, VOID_OK);

    assert_int_equal(shop_query(shop, ROWS), CREDIT_PARTS_MAX);
    assert_int_equal(shop_query(shop, PARTS), 410);
    assert_int_equal(till_rebuild_compare(shop->till), 0);
}

/* The clock of a device without a battery, before anybody told it the time. */
static void starts_in_1970(struct shop *shop)
{
    shop_stop(shop);
    shop->boot_id = "boot-2";
    sim_clock_set_wall(&shop->clock, HOUR_MS);
    shop_start(shop);
}

static void what_is_given_back_by_a_clock_of_1970_does_not_end_at_once(void **state)
{
    struct shop *shop = *state;

    earn(shop, 10000);
    const struct till_sold spent = shop_sell(shop, paid_with(300));
    hours_pass(shop, 72);
    assert_int_equal(shop_query(shop, EXPIRED_S), 700);
    int64_t right_ms = clock_wall_ms(&shop->clock.base);
    starts_in_1970(shop);
    assert_int_equal(shop_void(shop, spent.group).verdict, VOID_OK);
    sim_clock_set_wall(&shop->clock, right_ms);
    shop_trust_time(shop);
    sim_clock_advance(&shop->clock, 120000);
    till_tick(shop->till);

    assert_int_equal(shop_query(shop, SHARE), 300);
    assert_int_equal(shop_query(shop, EXPIRED_S), 700);
    assert_int_equal(till_rebuild_compare(shop->till), 0);
}

static void what_a_record_let_expire_is_not_owed_whatever_the_clock_says(void **state)
{
    struct shop *shop = *state;
    const struct till_sold sold = earn(shop, 10000);

    sim_clock_advance(&shop->clock, 49 * HOUR_MS); /* central was not heard since; the clock is sure all the same */
    till_tick(shop->till);
    assert_int_equal(shop_query(shop, EXPIRED_S), 1000);
    starts_in_1970(shop);
    assert_int_equal(shop_void(shop, sold.group).verdict, VOID_OK);

    assert_int_equal(shop_query(shop, OWED), 0);
    assert_int_equal(shop_query(shop, EXPIRED_S), 0);
    assert_int_equal(till_rebuild_compare(shop->till), 0);
}

/* It was moved away before its end, which central knows to be past. */
static void what_ended_elsewhere_by_centrals_word_is_not_owed(void **state)
{
    struct shop *shop = *state;
    const struct till_sold sold = earn(shop, 10000);

    ask_for(shop, 13, 1000);
    hours_pass(shop, 49);
    starts_in_1970(shop);
    assert_int_equal(shop_void(shop, sold.group).verdict, VOID_OK);

    assert_int_equal(shop_query(shop, OWED), 0);
}

static void what_was_moved_away_has_not_ended_because_a_clock_is_ahead(void **state)
{
    struct shop *shop = *state;
    const struct till_sold sold = earn(shop, 10000);

    ask_for(shop, 13, 1000);
    shop_stop(shop);
    shop->boot_id = "boot-2";
    sim_clock_advance(&shop->clock, 24 * 3650 * HOUR_MS);
    shop_start(shop);
    assert_int_equal(shop_void(shop, sold.group).verdict, VOID_OK);

    assert_int_equal(shop_query(shop, OWED), -1000);
    assert_int_equal(shop_query(shop, EXPIRED_S), 0);
}

static int open_two(void **state)
{
    int r = several_open_two(state);
    struct several *s = *state;

    for (uint32_t i = 0; i < s->count; i++)
        s->shops[i].credit_term_days = 1;
    return r;
}

static void give_one_day(struct several *s)
{
    for (uint32_t i = 0; i < s->count; i++)
        give_days(&s->shops[i], 0, 1);
    several_meet(s);
}

static void days_pass(struct several *s, int64_t days)
{
    for (uint32_t i = 0; i < s->count; i++) {
        sim_clock_advance(&s->shops[i].clock, 24 * days * HOUR_MS);
        shop_trust_time(&s->shops[i]);
    }
}

static struct till_answer sell(struct several *s, uint32_t i, const struct till_sale *sale)
{
    return several_ask(s, i, (struct till_request){.op = TILL_SALE, .sale = *sale});
}

static const struct till_sale in_cash = {.gross_minor = 500}, of_member = {.gross_minor = 100, .member = SHOP_MEMBER};

/* The second terminal has not heard of the first one's ends when it gives its own. */
static void ends_come_by_copies(struct several *s)
{
    struct shop *other = &s->shops[1];

    give_days(&s->shops[0], 30, 40);
    for (uint32_t i = 0; i < 10; i++) {
        set_term(other, 1 + i);
        assert_int_equal(sell(s, 1, &of_member).error, 0);
    }
    set_term(other, 0);
    several_meet(s);
    assert_int_equal(shop_query(&s->shops[0], SHARE), 500);
    assert_int_equal(shop_query(&s->shops[0], ROWS), 50);
}

static void assert_same_books(struct several *s)
{
    char *first = several_books(s, 0), *second = several_books(s, 1);

    assert_string_equal(first, second);
    free(first);
    free(second);
    for (uint32_t i = 0; i < s->count; i++)
        assert_int_equal(till_rebuild_compare(s->shops[i].till), 0);
}

static void credit_of_many_copies_is_spent_to_the_last_end(void **state)
{
    struct several *s = *state;
    struct shop *shop = &s->shops[0];

    ends_come_by_copies(s);
    (void)sell(s, 0, paid_with(420));
    several_meet(s);
    assert_int_equal(several_last(s, 0).sold.verdict, CREDIT_OK);
    assert_int_equal(shop_query(shop, PARTS), 80);
    (void)sell(s, 0, paid_with(30));
    several_meet(s);
    assert_int_equal(several_last(s, 0).sold.verdict, CREDIT_OK);
    assert_int_equal(sell(s, 0, &(struct till_sale){.gross_minor = 10000, .member = SHOP_MEMBER}).error, 0);
    days_pass(s, 67); /* the last five days are to come, and nothing else ends */
    till_tick(shop->till);
    several_meet(s);
    assert_int_equal(shop_query(shop, EXPIRED_S), 10);
    days_pass(s, 30);
    till_tick(shop->till);
    several_meet(s);

    assert_int_equal(shop_query(shop, EXPIRED_S), 50);
    assert_int_equal(shop_query(shop, SHARE), 1000);
    assert_same_books(s);
}

static void a_void_gives_back_what_no_record_could_name(void **state)
{
    struct several *s = *state;

    ends_come_by_copies(s);
    struct till_answer spent = sell(s, 0, paid_with(500));
    several_meet(s);
    spent = several_last(s, 0);
    assert_int_equal(spent.sold.verdict, CREDIT_OK);
    (void)several_ask(s, 0, (struct till_request){.op = TILL_VOID, .voided = {.group = spent.sold.group}});
    several_meet(s);

    assert_int_equal(shop_query(&s->shops[0], SHARE), 500);
    assert_int_equal(shop_query(&s->shops[0], PARTS), 500);
    assert_int_equal(shop_query(&s->shops[0], "SELECT min(amount_minor) FROM share_part"), 10);
    assert_same_books(s);
}

static void a_release_says_the_ends_of_all_that_it_gives(void **state)
{
    struct several *s = *state;
    struct shop *shop = &s->shops[0];

    ends_come_by_copies(s);
    ask_for(shop, 1, 5000);
    several_meet(s);
    assert_int_equal(shop_query(shop, MOVED), 400);
    ask_for(shop, 2, 5000);
    several_meet(s);
    assert_int_equal(shop_query(shop, MOVED), 100);
    assert_int_equal(shop_query(shop, SHARE), 0);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM share_part WHERE amount_minor <> 0"), 0);
    assert_same_books(s);
}

/* Both let the same credit expire, and it was given back: of what comes then nothing ends in its stead. */
static void credit_that_expired_twice_leaves_the_ends_of_others_alone(void **state)
{
    struct several *s = *state;
    struct shop *survivor = &s->shops[1];

    give_one_day(s);
    days_pass(s, 2);
    till_tick(s->shops[0].till);
    assert_int_equal(several_promote(s, 1, true).store, STORE_OK);
    several_live(s, 1, 0);
    (void)several_alone(s, 1, true);
    (void)several_alone(s, 0, true);
    sim_clock_advance(&survivor->clock, 120000);
    till_tick(survivor->till);
    several_meet(s);
    assert_int_equal(shop_query(survivor, SHARE), -10);
    give_days(survivor, 20, 1);
    assert_int_equal(shop_query(survivor, SHARE), 0);
    assert_int_equal(sell(s, 1, &of_member).error, 0); /* without a term */
    several_live(s, 1, 1);
    days_pass(s, 40);
    till_tick(survivor->till);
    several_meet(s);

    assert_int_equal(shop_query(survivor, SHARE), 10);
    assert_int_equal(shop_query(survivor, EXPIRED), 2);
    assert_same_books(s);
}

/* The first terminal's record of it waits for the second, which is live. */
static void let_one_expire(struct several *s)
{
    give_one_day(s);
    days_pass(s, 2);
    till_tick(s->shops[0].till);
    assert_int_equal(shop_query(&s->shops[0], EXPIRED), 1);
    assert_true(several_store(s, 0).unconfirmed_from != 0);
}

static void credit_that_ends_keeps_nobody_waiting_for_a_peer_that_is_gone(void **state)
{
    struct several *s = *state;

    let_one_expire(s);
    several_live(s, 0, 0);
    assert_int_equal(sell(s, 0, &in_cash).error, 0);
    assert_int_equal(several_store(s, 0).unconfirmed_from, 0);
    several_live(s, 0, 1);
    several_meet(s);

    assert_int_equal(shop_query(&s->shops[1], EXPIRED), 1);
    assert_same_books(s);
}

static void credit_that_ends_is_waited_for_a_moment_where_a_peer_answers(void **state)
{
    struct several *s = *state;

    let_one_expire(s);
    assert_int_equal(sell(s, 0, &in_cash).error, 1); /* no answer yet */
    several_carry(s, 0, 1);
    assert_int_equal(several_last(s, 0).error, 0);
    assert_int_equal(several_last(s, 0).op, TILL_SALE);
    several_meet(s);

    assert_same_books(s);
}

static void credit_that_ends_is_not_waited_for_long_where_a_peer_is_silent(void **state)
{
    struct several *s = *state;
    struct shop *shop = &s->shops[0];

    let_one_expire(s);
    assert_int_equal(sell(s, 0, &in_cash).error, 1);
    assert_int_equal(sell(s, 0, &in_cash).error, 1);
    uint32_t told = atomic_load(&shop->appended), answers = shop->answer_count;
    sim_clock_advance(&shop->clock, 2999);
    till_tick(shop->till);
    assert_int_equal(shop->answer_count, answers);
    sim_clock_advance(&shop->clock, 1);
    till_tick(shop->till);

    assert_int_equal(shop->answer_count, answers + 2);
    assert_int_equal(several_last(s, 0).error, 0);
    assert_true(atomic_load(&shop->appended) > told); /* the sync is told */
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM journal WHERE kind = 5"), 2);
}

/* As many as can wait do; who comes then finds the wait ended. */
static void credit_that_ends_refuses_nobody_of_a_long_queue(void **state)
{
    struct several *s = *state;
    struct shop *shop = &s->shops[0];

    let_one_expire(s);
    uint32_t answers = shop->answer_count;
    for (int i = 0; i < 16; i++)
        assert_int_equal(sell(s, 0, &in_cash).error, 1);
    assert_int_equal(sell(s, 0, &in_cash).error, 0);

    assert_int_equal(shop->answer_count, answers + 17);
    assert_int_equal(shop_query(shop, "SELECT count(*) FROM journal WHERE kind = 5"), 17);
}

static void a_redemption_waits_for_its_peer_as_ever(void **state)
{
    struct several *s = *state;

    let_one_expire(s);
    assert_int_equal(several_ask(s, 0, several_redeem(1)).error, 1);
    sim_clock_advance(&s->shops[0].clock, 3000);
    till_tick(s->shops[0].till);
    assert_true(several_store(s, 0).unconfirmed_from != 0); /* for itself now */
    assert_int_equal(sell(s, 0, &in_cash).error, 1);
    several_meet(s);

    assert_int_equal(several_last(s, 0).error, 0);
    assert_same_books(s);
}

#define WITH_SHOP(test) cmocka_unit_test_setup_teardown(test, open_shop, close_shop)
#define WITH_TWO(test)  cmocka_unit_test_setup_teardown(test, open_two, several_close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SHOP(credit_of_many_grants_leaves_nothing_behind_that_could_end),
        WITH_SHOP(an_earn_finds_its_place_among_many_ends),
        WITH_SHOP(what_a_void_gives_back_finds_its_place_too),
        WITH_SHOP(what_is_given_back_by_a_clock_of_1970_does_not_end_at_once),
        WITH_SHOP(what_a_record_let_expire_is_not_owed_whatever_the_clock_says),
        WITH_SHOP(what_ended_elsewhere_by_centrals_word_is_not_owed),
        WITH_SHOP(what_was_moved_away_has_not_ended_because_a_clock_is_ahead),
        WITH_TWO(credit_of_many_copies_is_spent_to_the_last_end),
        WITH_TWO(a_void_gives_back_what_no_record_could_name),
        WITH_TWO(a_release_says_the_ends_of_all_that_it_gives),
        WITH_TWO(credit_that_expired_twice_leaves_the_ends_of_others_alone),
        WITH_TWO(credit_that_ends_keeps_nobody_waiting_for_a_peer_that_is_gone),
        WITH_TWO(credit_that_ends_is_waited_for_a_moment_where_a_peer_answers),
        WITH_TWO(credit_that_ends_is_not_waited_for_long_where_a_peer_is_silent),
        WITH_TWO(credit_that_ends_refuses_nobody_of_a_long_queue),
        WITH_TWO(a_redemption_waits_for_its_peer_as_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
