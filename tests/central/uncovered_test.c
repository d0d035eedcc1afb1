#include "central/store/succession.h"
#include "desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct answer answer;
static struct batch batch;

static int64_t balance(struct desk *d, const char *prefix)
{
    char account[ACCOUNT_MAX];
    snprintf(account, sizeof(account), "%scredit/b%u/4711", prefix, d->f.brand);
    return desk_balance(d, account, UNIT_CREDIT);
}

/* ---- the outcome is the same in whatever order journals come up */

struct outcome {
    int64_t share, hand, credit, risk;
    unsigned conflicts;
    struct record_id record;
    int64_t written_off;
};

#define EACH 3

/* order: bit i says whose record comes as the i-th. nosy: both show their ends whenever they can. */
static struct outcome play(unsigned order, bool nosy)
{
    void *state;
    assert_int_equal(desk_setup(&state), 0);
    struct desk *d = state;
    struct fake_terminal peer = desk_join(d, 3);
    const struct body of_a[EACH] = {desk_credit(d, RECORD_CREDIT_EARN, 500), desk_credit(d, RECORD_CREDIT_SPEND, 450),
                                    desk_credit(d, RECORD_CREDIT_EARN, 20)};
    const struct body of_peer[EACH] = {desk_promotion(&d->a, 1, 2), desk_credit(d, RECORD_CREDIT_SPEND, 300),
                                       desk_credit(d, RECORD_CREDIT_EARN, 15)};
    for (unsigned i = 0, a = 0, p = 0; i < 2 * EACH; i++) {
        bool first = order >> i & 1;
        terminal_record(first ? &d->a : &peer, first ? &of_a[a++] : &of_peer[p++]);
        if (nosy && p == EACH) /* the other one has not sent everything: it shows nothing */
            desk_show_news(d, &peer);
        if (nosy && a == EACH)
            desk_show_news(d, &d->a);
        desk_books_are_whole(d);
    }
    desk_show_news(d, &d->a);
    desk_show_news(d, &peer);
    desk_books_are_whole(d);
    struct desk_conflicts found = desk_conflicts(d);
    struct outcome outcome = {.share = desk_share_at(d, d->f.shops[0]),
                              .hand = desk_share_at(d, 0),
                              .credit = balance(d, ""),
                              .risk = balance(d, "risk/"),
                              .conflicts = found.count,
                              .record = found.last.record,
                              .written_off = found.last.discount_minor};
    assert_int_equal(desk_teardown(&state), 0);
    return outcome;
}

static void the_order_in_which_journals_come_changes_nothing(void **state)
{
    (void)state;
    unsigned orders = 0;
    for (unsigned order = 0; order < 1u << (2 * EACH); order++) {
        if (__builtin_popcount(order) != EACH)
            continue;
        struct outcome outcome = play(order, orders++ % 2);
        assert_int_equal(outcome.share, 500 - 450 + 20 - 300 + 15);
        assert_int_equal(outcome.hand, 215);
        assert_int_equal(outcome.credit, 0);
        assert_int_equal(outcome.risk, -215);
        assert_int_equal(outcome.conflicts, 1);
        assert_int_equal(outcome.written_off, 215);
        assert_int_equal(outcome.record.seq, 2);
    }
    assert_int_equal(orders, 20);
}

/* ---- step by step */

static void a_spend_waits_for_what_may_cover_it(void **state)
{
    struct desk *d = *state;
    struct fake_terminal peer = desk_join(d, 3);
    struct body spent = desk_credit(d, RECORD_CREDIT_SPEND, 600), earned = desk_credit(d, RECORD_CREDIT_EARN, 1000);
    terminal_record(&peer, &spent); /* a planned hand-over: nothing says that there is a journal to wait for */
    desk_show_news(d, &peer);
    assert_int_equal(desk_conflicts(d).count, 0);
    terminal_record(&d->a, &earned);
    desk_show_news(d, &d->a);
    assert_int_equal(desk_conflicts(d).count, 0);
    assert_int_equal(desk_share_at(d, d->f.shops[0]), 400);
    assert_int_equal(balance(d, ""), 400);
    desk_books_are_whole(d);
}

static void an_end_that_was_shown_before_the_question_is_no_answer(void **state)
{
    struct desk *d = *state;
    struct fake_terminal peer = desk_join(d, 3), behind = d->a;
    struct body taken_over = desk_promotion(&d->a, 1, 2), spent = desk_credit(d, RECORD_CREDIT_SPEND, 600);
    struct body earned = desk_credit(d, RECORD_CREDIT_EARN, 600);
    struct feed_found found;
    terminal_find_in_feed(&behind, FEED_SHOW_END, &found);
    terminal_record(&peer, &taken_over);
    terminal_record(&peer, &spent);
    desk_show_news(d, &peer);
    d->a.nonce += 100;
    desk_show_end(d, &behind); /* was on its way all the while */
    assert_int_equal(desk_conflicts(d).count, 0);
    terminal_record(&d->a, &earned);
    desk_show_news(d, &d->a);
    assert_int_equal(desk_conflicts(d).count, 0);
}

static int run_lost(void *arg, struct store_tx *tx)
{
    return succession_lost(tx, *(const uint32_t *)arg, "operator", "stolen");
}

/* Its journal comes in by hand a year later. */
static void what_the_successor_had_in_its_copy_covers_it_whenever_it_comes(void **state)
{
    struct desk *d = *state;
    struct fake_terminal peer = desk_join(d, 3);
    struct body taken_over = desk_promotion(&d->a, 1, 2), spent = desk_credit(d, RECORD_CREDIT_SPEND, 600);
    struct body earned = desk_credit(d, RECORD_CREDIT_EARN, 450), beyond = desk_credit(d, RECORD_CREDIT_EARN, 70);
    uint32_t lost = d->a.id;
    terminal_record(&peer, &taken_over);
    terminal_record(&peer, &spent);
    desk_show_news(d, &peer);
    assert_int_equal(desk_conflicts(d).count, 0);
    assert_int_equal(fixture_write(&d->f, run_lost, &lost), 0);
    assert_int_equal(desk_conflicts(d).count, 0); /* the peer may hold some of its journal */
    desk_show_news(d, &peer);
    assert_int_equal(desk_conflicts(d).last.discount_minor, 600);
    assert_int_equal(balance(d, "risk/"), -600);
    batch_start(&batch);
    batch_record(&batch, &d->a, &earned);
    batch_record(&batch, &d->a, &beyond);
    batch_seal(&batch, &d->a);
    terminal_send(&peer, "POST", "/v1/journal", (struct slice){batch.bytes, batch.len}, &answer);
    assert_int_equal(answer.status, 200);
    assert_int_equal(desk_conflicts(d).last.discount_minor, 150);
    assert_int_equal(balance(d, "risk/"), -150);
    assert_int_equal(balance(d, ""), 70); /* what nobody had copied is the member's */
    desk_books_are_whole(d);
}

static void what_was_written_off_is_the_members_where_it_is_asked_for(void **state)
{
    struct desk *d = *state;
    struct feed_share share;
    struct fake_terminal peer = desk_join(d, 3);
    struct body taken_over = desk_promotion(&d->a, 1, 2), spent = desk_credit(d, RECORD_CREDIT_SPEND, 500);
    struct body earned = desk_credit(d, RECORD_CREDIT_EARN, 500), more = desk_credit(d, RECORD_CREDIT_EARN, 80);
    terminal_record(&d->a, &earned);
    terminal_record(&d->a, &spent);
    terminal_record(&peer, &taken_over);
    terminal_record(&peer, &spent);
    desk_show_news(d, &d->a);
    desk_show_news(d, &peer);
    terminal_record(&peer, &more);
    assert_int_equal(balance(d, ""), 80);
    assert_int_equal(desk_share_at(d, d->f.shops[0]), -420); /* the store's terminals know of no write-off */
    struct authority_answer told = desk_ask_credit(d, &peer, 60, 1);
    assert_int_equal(told.verdict, AUTHORITY_GRANTED);
    assert_int_equal(desk_find_share(&peer, FEED_SHARE_GRANT, &share), 1);
    assert_int_equal(share.amount_minor, 480);
    struct body taken = desk_share(RECORD_SHARE_GRANTED, &share, 480);
    terminal_record(&peer, &taken);
    assert_int_equal(desk_share_at(d, d->f.shops[0]), 60);
    assert_int_equal(desk_share_at(d, 0), 20);
    assert_int_equal(desk_problems(d), 0);
    desk_books_are_whole(d);
}

/* A key that was stolen, or books that were tampered with. */
static void what_no_promotion_explains_is_a_conflict_too(void **state)
{
    struct desk *d = *state;
    struct body spent = desk_credit(d, RECORD_CREDIT_SPEND, 300);
    terminal_record(&d->b, &spent);
    assert_int_equal(desk_conflicts(d).count, 0);
    desk_show_news(d, &d->b);
    assert_int_equal(desk_conflicts(d).last.kind, CONFLICT_NO_RIGHT);
    assert_int_equal(balance(d, ""), 0);
    assert_int_equal(balance(d, "risk/"), -300);
    desk_books_are_whole(d);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_order_in_which_journals_come_changes_nothing),
        CASE(a_spend_waits_for_what_may_cover_it),
        CASE(an_end_that_was_shown_before_the_question_is_no_answer),
        CASE(what_the_successor_had_in_its_copy_covers_it_whenever_it_comes),
        CASE(what_was_written_off_is_the_members_where_it_is_asked_for),
        CASE(what_no_promotion_explains_is_a_conflict_too),
    };
    return crypto_start() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
