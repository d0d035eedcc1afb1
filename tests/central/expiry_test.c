/* Credit with an end, as central sees it. */
#include "central/store/identity.h"
#include "central/store/succession.h"
#include "desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ENDS_S (START_MS / 1000 + 86400)

static int64_t credit_of(struct desk *d, const char *prefix)
{
    char account[ACCOUNT_MAX];
    snprintf(account, sizeof(account), "%scredit/b%u/4711", prefix, d->f.brand);
    return desk_balance(d, account, UNIT_CREDIT);
}

static int64_t expired_of(struct desk *d)
{
    char account[ACCOUNT_MAX];
    snprintf(account, sizeof(account), "expired/b%u", d->f.brand);
    return desk_balance(d, account, UNIT_CREDIT);
}

static struct body earned(struct desk *d, int64_t amount)
{
    struct body body = desk_credit(d, RECORD_CREDIT_EARN, amount);
    body.credit.ends_s = ENDS_S;
    return body;
}

static struct body expired(struct desk *d, int64_t amount)
{
    return (struct body){
        .kind = RECORD_CREDIT_EXPIRED,
        .expired = {.member = DESK_MEMBER,
                    .owner = {OWNER_BRAND, d->f.brand},
                    .amount_minor = amount,
                    .parts = {1, {{ENDS_S, amount}}},
                    .business_ms = (ENDS_S + 60) * 1000},
    };
}

struct change {
    uint32_t shop, term_days;
};

static int run_term(void *arg, struct store_tx *tx)
{
    const struct change *change = arg;
    struct shop shop;
    int rc = identity_find_shop(tx, change->shop, &shop);
    shop.credit_term_days = change->term_days;
    return rc < 0 ? rc : identity_update_shop(tx, &shop);
}

static void set_term(struct desk *d, uint32_t shop, uint32_t term_days)
{
    struct change change = {shop, term_days};
    assert_int_equal(fixture_write(&d->f, run_term, &change), 0);
}

static void a_store_is_told_after_how_many_days_credit_ends(void **state)
{
    struct desk *d = *state;
    struct feed_found found;
    struct feed_settings settings;
    set_term(d, d->f.shops[0], 365);
    terminal_find_in_feed(&d->a, FEED_SETTINGS, &found);
    assert_int_equal(feed_settings_decode((struct slice){found.body, found.len}, &settings), 0);
    assert_int_equal(settings.credit_term_days, 365);
    terminal_find_in_feed(&d->b, FEED_SETTINGS, &found);
    assert_int_equal(feed_settings_decode((struct slice){found.body, found.len}, &settings), 0);
    assert_int_equal(settings.credit_term_days, 0);
}

static void what_expired_is_the_owners_again(void **state)
{
    struct desk *d = *state;
    struct body earn = earned(d, 1000), expire = expired(d, 700);
    desk_record(d, &d->a, &earn);
    desk_record(d, &d->a, &expire);
    assert_int_equal(desk_share_at(d, d->f.shops[0]), 300);
    assert_int_equal(credit_of(d, ""), 300);
    assert_int_equal(expired_of(d), 700);
    assert_int_equal(desk_problems(d), 0);
    desk_books_are_whole(d);
    desk_send_again(d, &d->a);
    assert_int_equal(expired_of(d), 700);
    desk_books_are_whole(d);
}

static void the_void_of_an_expired_earn_brings_it_back_from_there(void **state)
{
    struct desk *d = *state;
    struct body earn = earned(d, 1000), expire = expired(d, 700);
    struct record_id target = desk_record(d, &d->a, &earn);
    desk_record(d, &d->a, &expire);
    struct body undo = {.kind = RECORD_VOID,
                        .voided = {.target = target,
                                   .target_kind = RECORD_CREDIT_EARN,
                                   .clerk = 3,
                                   .receivable_minor = 300,
                                   .expired_minor = 700,
                                   .business_ms = START_MS}};
    desk_record(d, &d->a, &undo);
    assert_int_equal(desk_share_at(d, d->f.shops[0]), 300); /* spent by a record that is still to come */
    assert_int_equal(credit_of(d, ""), 300);
    assert_int_equal(expired_of(d), 0);
    assert_int_equal(desk_problems(d), 0);
    desk_books_are_whole(d);
}

static void a_move_carries_the_ends_along(void **state)
{
    struct desk *d = *state;
    struct feed_share asked, given;
    struct body earn = earned(d, 1000);
    desk_record(d, &d->a, &earn);
    assert_int_equal(desk_ask_credit(d, &d->b, 800, 1).verdict, AUTHORITY_WAITING);
    assert_int_equal(desk_find_share(&d->a, FEED_SHARE_REQUEST, &asked), 1);
    struct body released = desk_share(RECORD_SHARE_RELEASED, &asked, 800);
    released.share.parts = (struct credit_parts){2, {{ENDS_S, 500}, {ENDS_S + 86400, 200}}};
    desk_record(d, &d->a, &released);
    assert_int_equal(desk_find_share(&d->b, FEED_SHARE_GRANT, &given), 1);
    assert_int_equal(given.amount_minor, 800);
    assert_true(credit_parts_equal(&given.parts, &released.share.parts));
    desk_send_again(d, &d->a);
    desk_feed_over(&d->b);
    assert_int_equal(desk_find_share(&d->b, FEED_SHARE_GRANT, &given), 1);
    assert_true(credit_parts_equal(&given.parts, &released.share.parts));
    struct body granted = desk_share(RECORD_SHARE_GRANTED, &given, 800);
    granted.share.parts = given.parts;
    desk_record(d, &d->b, &granted);
    assert_int_equal(desk_share_at(d, d->f.shops[1]), 800);
    assert_int_equal(desk_problems(d), 0);
    desk_books_are_whole(d);
}

static void parts_that_contradict_their_amount_are_noted(void **state)
{
    struct desk *d = *state;
    struct feed_share asked;
    struct body earn = earned(d, 1000), odd = expired(d, 700);
    desk_record(d, &d->a, &earn);
    odd.expired.parts.items[0].amount_minor = 701;
    desk_record(d, &d->a, &odd);
    assert_int_equal(desk_problems(d), 1);
    assert_int_equal(desk_ask_credit(d, &d->b, 800, 1).verdict, AUTHORITY_WAITING);
    assert_int_equal(desk_find_share(&d->a, FEED_SHARE_REQUEST, &asked), 1);
    struct body released = desk_share(RECORD_SHARE_RELEASED, &asked, 800);
    released.share.parts = (struct credit_parts){1, {{ENDS_S, 801}}};
    desk_record(d, &d->a, &released);
    assert_int_equal(desk_problems(d), 2);
    assert_int_equal(credit_of(d, ""), 1000);
    desk_books_are_whole(d);
}

/* An old primary that went alone, and a successor that did not hold its last acts, let the same credit expire. */
static void expired_twice(struct desk *d, struct fake_terminal *peer)
{
    struct body earn = earned(d, 500), expire = expired(d, 500), taken_over = desk_promotion(&d->a, 1, 2);
    *peer = desk_join(d, 3);
    desk_record(d, &d->a, &earn);
    terminal_record(peer, &taken_over);
    terminal_record(peer, &expire);
    terminal_record(&d->a, &expire);
    assert_int_equal(desk_share_at(d, d->f.shops[0]), -500);
    desk_show_news(d, &d->a);
    desk_show_news(d, peer);
}

static void what_expired_twice_is_a_conflict_and_not_the_members_loss(void **state)
{
    struct desk *d = *state;
    struct fake_terminal peer;
    expired_twice(d, &peer);
    struct desk_conflicts found = desk_conflicts(d);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.last.kind, CONFLICT_WRITE_OFF);
    assert_int_equal(found.last.discount_minor, 500);
    assert_int_equal(credit_of(d, ""), 0);
    assert_int_equal(credit_of(d, "risk/"), -500);
    assert_int_equal(desk_share_at(d, 0), 500);
    desk_books_are_whole(d);
}

static void what_central_gives_itself_begins_its_term_anew(void **state)
{
    struct desk *d = *state;
    struct fake_terminal peer;
    struct feed_share given;
    expired_twice(d, &peer);
    set_term(d, d->f.shops[1], 90);
    int64_t now_ms = clock_wall_ms(&d->f.clock.base);
    assert_int_equal(desk_ask_credit(d, &d->b, 200, 1).verdict, AUTHORITY_GRANTED);
    assert_int_equal(desk_find_share(&d->b, FEED_SHARE_GRANT, &given), 1);
    assert_int_equal(given.amount_minor, 200);
    assert_int_equal(given.parts.count, 1);
    assert_int_equal(given.parts.items[0].amount_minor, 200);
    assert_int_equal(given.parts.items[0].ends_s, credit_ends_s(now_ms, 90));
    desk_books_are_whole(d);
    set_term(d, d->f.shops[1], 0);
    assert_int_equal(desk_ask_credit(d, &d->b, 500, 2).verdict, AUTHORITY_GRANTED);
    assert_int_equal(desk_find_share(&d->b, FEED_SHARE_GRANT, &given), 1);
    assert_int_equal(given.parts.count, 0);
}

static void a_restored_central_has_it_from_the_journals_again(void **state)
{
    struct desk *d = *state;
    struct body earn = earned(d, 1000), expire = expired(d, 700);
    desk_record(d, &d->a, &earn);
    desk_back_up(d);
    desk_record(d, &d->a, &expire);
    desk_restore(d);
    assert_int_equal(expired_of(d), 0);
    desk_send_again(d, &d->a);
    assert_int_equal(expired_of(d), 700);
    assert_int_equal(credit_of(d, ""), 300);
    assert_int_equal(desk_problems(d), 0);
    desk_books_are_whole(d);
}

#define WITH_DESK(test) cmocka_unit_test_setup_teardown(test, desk_setup, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_DESK(a_store_is_told_after_how_many_days_credit_ends),
        WITH_DESK(what_expired_is_the_owners_again),
        WITH_DESK(the_void_of_an_expired_earn_brings_it_back_from_there),
        WITH_DESK(a_move_carries_the_ends_along),
        WITH_DESK(parts_that_contradict_their_amount_are_noted),
        WITH_DESK(what_expired_twice_is_a_conflict_and_not_the_members_loss),
        WITH_DESK(what_central_gives_itself_begins_its_term_anew),
        WITH_DESK(a_restored_central_has_it_from_the_journals_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
