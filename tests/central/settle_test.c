#include "central/store/settle.h"
#include "desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static bool waits(struct desk *d)
{
    struct store_tx tx;
    bool waits = false;
    assert_int_equal(store_read_begin(d->f.central->store, &tx), 0);
    assert_int_equal(settle_waits(&tx, &waits), 0);
    store_read_end(&tx);
    return waits;
}

static void everybody_shows_the_end(struct desk *d)
{
    desk_send_again(d, &d->a);
    desk_send_again(d, &d->b);
    desk_show_end(d, &d->a);
    assert_true(waits(d));
    desk_show_end(d, &d->b);
    assert_false(waits(d));
}

/* The first store earns 1000 and lets 600 go towards the second. */
static struct feed_share release_credit(struct desk *d)
{
    struct feed_share asked = {0};
    assert_int_equal(desk_ask_credit(d, &d->b, 600, 5).verdict, AUTHORITY_WAITING);
    assert_int_equal(desk_find_share(&d->a, FEED_SHARE_REQUEST, &asked), 1);
    struct body released = desk_share(RECORD_SHARE_RELEASED, &asked, 600);
    desk_record(d, &d->a, &released);
    return asked;
}

static void earn(struct desk *d)
{
    struct body earned = desk_credit(d, RECORD_CREDIT_EARN, 1000);
    desk_record(d, &d->a, &earned);
}

static void credit_whose_grant_nobody_took_goes_back_to_who_gave_it(void **state)
{
    struct desk *d = *state;
    struct feed_share back = {0};
    earn(d);
    desk_back_up(d);
    struct feed_share asked = release_credit(d);
    desk_restore(d);

    desk_send_again(d, &d->a);
    desk_show_end(d, &d->a);
    assert_int_equal(desk_share_at(d, d->f.shops[0]), 400);
    assert_int_equal(desk_share_at(d, 0), 600); /* neither here nor there until the second store was heard */
    desk_books_are_whole(d);
    desk_feed_over(&d->a);
    assert_int_equal(desk_find_share(&d->a, FEED_SHARE_GRANT, &back), 0);
    desk_show_end(d, &d->b);
    assert_false(waits(d));
    assert_int_equal(desk_find_share(&d->a, FEED_SHARE_GRANT, &back), 1);
    assert_true(back.transfer == asked.transfer && back.amount_minor == 600);
    struct body taken = desk_share(RECORD_SHARE_GRANTED, &back, 600);
    desk_record(d, &d->a, &taken);
    assert_int_equal(desk_share_at(d, d->f.shops[0]), 1000);
    assert_int_equal(desk_share_at(d, 0), 0);
    assert_int_equal(desk_problems(d), 0);
    desk_books_are_whole(d);
}

static void credit_that_was_taken_before_the_restore_stays_where_it_is(void **state)
{
    struct desk *d = *state;
    struct feed_share granted = {0};
    earn(d);
    desk_back_up(d);
    release_credit(d);
    assert_int_equal(desk_find_share(&d->b, FEED_SHARE_GRANT, &granted), 1);
    struct body taken = desk_share(RECORD_SHARE_GRANTED, &granted, 600);
    desk_record(d, &d->b, &taken);
    desk_restore(d);

    desk_send_again(d, &d->b); /* the grant comes before the release that it is made from */
    assert_int_equal(desk_share_at(d, d->f.shops[1]), 600);
    desk_books_are_whole(d);
    everybody_shows_the_end(d);
    assert_int_equal(desk_share_at(d, d->f.shops[0]), 400);
    assert_int_equal(desk_share_at(d, d->f.shops[1]), 600);
    assert_int_equal(desk_share_at(d, 0), 0);
    assert_int_equal(desk_problems(d), 0);
    desk_books_are_whole(d);
}

/* The backup knows the request, and only that. */
static void credit_on_its_way_during_the_backup_arrives_once(void **state)
{
    struct desk *d = *state;
    struct feed_share asked = {0}, granted = {0};
    earn(d);
    assert_int_equal(desk_ask_credit(d, &d->b, 600, 5).verdict, AUTHORITY_WAITING);
    desk_back_up(d);
    assert_int_equal(desk_find_share(&d->a, FEED_SHARE_REQUEST, &asked), 1);
    struct body released = desk_share(RECORD_SHARE_RELEASED, &asked, 600);
    desk_record(d, &d->a, &released);
    assert_int_equal(desk_find_share(&d->b, FEED_SHARE_GRANT, &granted), 1);
    struct body taken = desk_share(RECORD_SHARE_GRANTED, &granted, 600);
    desk_record(d, &d->b, &taken);
    desk_restore(d);

    desk_send_again(d, &d->b);
    everybody_shows_the_end(d);
    assert_int_equal(desk_share_at(d, d->f.shops[1]), 600);
    desk_feed_over(&d->b);
    assert_int_equal(desk_find_share(&d->b, FEED_SHARE_GRANT, &granted), 0);
    assert_int_equal(desk_problems(d), 0);
    desk_books_are_whole(d);
}

/* The home gave it up for the other store; the restored books hear of it again. */
static struct body give_up_what_the_restore_forgets(struct desk *d, struct coupon_id coupon)
{
    struct feed_right asked = {0};
    desk_back_up(d);
    assert_int_equal(desk_ask(&d->b, coupon, 1).verdict, AUTHORITY_WAITING);
    assert_int_equal(desk_find_right(&d->a, FEED_RIGHT_REQUEST, &asked), 1);
    struct body released = desk_right(RECORD_RIGHT_RELEASED, &asked);
    desk_record(d, &d->a, &released);
    desk_restore(d);
    desk_feed_over(&d->a);
    desk_send_again(d, &d->a);
    return released;
}

static void a_right_that_nobody_took_goes_home(void **state)
{
    struct desk *d = *state;
    struct feed_right granted = {0};
    struct coupon_id coupon = desk_issue(d, MODE_HOME);
    give_up_what_the_restore_forgets(d, coupon);
    assert_int_equal(desk_ask(&d->b, coupon, 2).verdict, AUTHORITY_WAITING);
    desk_show_end(d, &d->b);
    assert_int_equal(desk_find_right(&d->a, FEED_RIGHT_GRANT, &granted), 0);
    desk_show_end(d, &d->a);
    assert_int_equal(desk_find_right(&d->a, FEED_RIGHT_GRANT, &granted), 1);
    assert_int_equal(granted.epoch, 1);
    struct body taken = desk_right(RECORD_RIGHT_GRANTED, &granted), used = desk_redemption(coupon, 1, 1);
    desk_record(d, &d->a, &taken);
    desk_record(d, &d->a, &used);
    assert_int_equal(desk_totals(d).canonical, 1);
    assert_int_equal(desk_problems(d), 0);
    desk_books_are_whole(d);
}

/* The primary gave it up, and so did the former one before it heard of the promotion. */
static void a_right_that_two_terminals_of_its_home_gave_up_is_no_problem(void **state)
{
    struct desk *d = *state;
    struct feed_right granted = {0};
    struct fake_terminal peer = desk_join(d, 3);
    struct coupon_id coupon = desk_issue(d, MODE_HOME);
    struct body released = give_up_what_the_restore_forgets(d, coupon);
    struct body taken_over = desk_promotion(&d->a, 0, 2);
    terminal_record(&peer, &taken_over);
    terminal_record(&peer, &released);
    assert_int_equal(desk_problems(d), 0);
    desk_show_end(d, &peer);
    everybody_shows_the_end(d);
    assert_int_equal(desk_find_right(&d->a, FEED_RIGHT_GRANT, &granted), 1);
    assert_int_equal(granted.epoch, 1);
    desk_books_are_whole(d);
}

/* The lost central let another store take the place of the one that had asked first. */
static void a_right_that_went_to_another_asker_is_not_granted_to_the_first(void **state)
{
    struct desk *d = *state;
    struct feed_right asked = {0}, granted = {0};
    struct fake_terminal c;
    terminal_make(&c, &d->f, 3);
    terminal_enrol(&c, &d->f, d->f.shops[1]);
    struct coupon_id coupon = desk_issue(d, MODE_HOME);
    assert_int_equal(desk_ask(&d->b, coupon, 1).verdict, AUTHORITY_WAITING);
    desk_back_up(d);
    assert_int_equal(desk_find_right(&d->a, FEED_RIGHT_REQUEST, &asked), 1);
    struct body released = desk_right(RECORD_RIGHT_RELEASED, &asked);
    desk_record(d, &d->a, &released);
    desk_restore(d);

    desk_send_again(d, &d->a);
    desk_feed_over(&d->b);
    assert_int_equal(desk_find_right(&d->b, FEED_RIGHT_GRANT, &granted), 0); /* not before everybody was heard */
    desk_show_end(d, &d->a);
    desk_show_end(d, &d->b);
    assert_int_equal(desk_find_right(&d->b, FEED_RIGHT_GRANT, &granted), 0);
    desk_show_end(d, &c);
    assert_int_equal(desk_find_right(&d->b, FEED_RIGHT_GRANT, &granted), 1);
    assert_int_equal(desk_ask(&d->b, coupon, 1).verdict, AUTHORITY_GRANTED);
}

static void a_strict_coupon_is_not_granted_before_everybody_was_heard(void **state)
{
    struct desk *d = *state;
    struct feed_right granted = {0};
    struct coupon_id coupon = desk_issue(d, MODE_STRICT);
    desk_back_up(d);
    assert_int_equal(desk_ask(&d->b, coupon, 1).verdict, AUTHORITY_GRANTED);
    assert_int_equal(desk_find_right(&d->b, FEED_RIGHT_GRANT, &granted), 1);
    struct body taken = desk_right(RECORD_RIGHT_GRANTED, &granted);
    desk_record(d, &d->b, &taken);
    desk_restore(d);

    desk_show_end(d, &d->a);
    assert_int_equal(desk_ask(&d->a, coupon, 2).verdict, AUTHORITY_WAITING);
    desk_send_again(d, &d->b);
    desk_show_end(d, &d->b);
    assert_int_equal(desk_ask(&d->a, coupon, 3).verdict, AUTHORITY_WAITING);
    desk_feed_over(&d->b);
    assert_int_equal(desk_find_right(&d->b, FEED_RIGHT_REQUEST, &granted), 1); /* its holder is asked instead */
    assert_int_equal(desk_problems(d), 0);
}

static void a_coupon_that_the_backup_never_saw_is_settled_all_the_same(void **state)
{
    struct desk *d = *state;
    struct feed_right asked = {0}, granted = {0};
    desk_back_up(d);
    struct coupon_id gone = desk_issue(d, MODE_HOME), moved = desk_issue(d, MODE_HOME);
    assert_int_equal(desk_ask(&d->b, gone, 1).verdict, AUTHORITY_WAITING);
    assert_int_equal(desk_find_right(&d->a, FEED_RIGHT_REQUEST, &asked), 1);
    struct body released = desk_right(RECORD_RIGHT_RELEASED, &asked);
    desk_record(d, &d->a, &released);
    assert_int_equal(desk_find_right(&d->b, FEED_RIGHT_GRANT, &granted), 1); /* and never taken */
    assert_int_equal(desk_ask(&d->b, moved, 2).verdict, AUTHORITY_WAITING);
    assert_int_equal(desk_find_right(&d->a, FEED_RIGHT_REQUEST, &asked), 1);
    released = desk_right(RECORD_RIGHT_RELEASED, &asked);
    desk_record(d, &d->a, &released);
    assert_int_equal(desk_find_right(&d->b, FEED_RIGHT_GRANT, &granted), 1);
    struct body taken = desk_right(RECORD_RIGHT_GRANTED, &granted), used = desk_redemption(moved, 1, 1);
    desk_record(d, &d->b, &taken);
    desk_record(d, &d->b, &used);
    desk_restore(d);

    desk_send_again(d, &d->b);
    everybody_shows_the_end(d);
    desk_feed_over(&d->a);
    assert_int_equal(desk_find_right(&d->a, FEED_RIGHT_GRANT, &granted), 1);
    assert_true(coupon_id_equal(granted.coupon, gone));
    assert_int_equal(desk_ask(&d->a, moved, 3).verdict, AUTHORITY_USED);
    assert_int_equal(desk_totals(d).canonical, 1);
    assert_int_equal(desk_problems(d), 0);
    desk_books_are_whole(d);
}

/* A central between the backup and now may have given it to somebody else. */
static void what_the_backup_still_offers_is_taken_back_first(void **state)
{
    struct desk *d = *state;
    struct feed_right right = {0};
    struct feed_share share = {0};
    earn(d);
    struct coupon_id coupon = desk_issue(d, MODE_HOME);
    struct feed_share moved = release_credit(d);
    assert_int_equal(desk_ask(&d->b, coupon, 1).verdict, AUTHORITY_WAITING);
    assert_int_equal(desk_find_right(&d->a, FEED_RIGHT_REQUEST, &right), 1);
    struct body released = desk_right(RECORD_RIGHT_RELEASED, &right);
    desk_record(d, &d->a, &released);
    desk_back_up(d);
    desk_restore(d);

    assert_int_equal(desk_find_right(&d->b, FEED_RIGHT_GRANT, &right), 0);
    desk_feed_over(&d->b);
    assert_int_equal(desk_find_share(&d->b, FEED_SHARE_GRANT, &share), 0);
    assert_int_equal(desk_share_at(d, 0), 600);
    desk_books_are_whole(d);
    desk_show_end(d, &d->a);
    desk_show_end(d, &d->b);
    desk_feed_over(&d->b);
    assert_int_equal(desk_find_right(&d->b, FEED_RIGHT_GRANT, &right), 1);
    desk_feed_over(&d->b);
    assert_int_equal(desk_find_share(&d->b, FEED_SHARE_GRANT, &share), 1);
    assert_true(right.epoch == 1 && share.transfer == moved.transfer && share.amount_minor == 600);
    assert_int_equal(desk_share_at(d, d->f.shops[1]), 600);
    desk_books_are_whole(d);
}

/* Restored twice, the second time to an older backup that still knows the move as asked for. */
static void a_second_restore_does_not_undo_what_the_first_one_settled(void **state)
{
    struct desk *d = *state;
    struct feed_share asked = {0}, back = {0};
    char older[sizeof(d->backup)];
    earn(d);
    assert_int_equal(desk_ask_credit(d, &d->b, 600, 5).verdict, AUTHORITY_WAITING);
    assert_int_equal(desk_find_share(&d->a, FEED_SHARE_REQUEST, &asked), 1);
    desk_back_up(d);
    memcpy(older, d->backup, sizeof(older));
    desk_restore(d);
    struct body released = desk_share(RECORD_SHARE_RELEASED, &asked, 600);
    desk_record(d, &d->a, &released);
    struct feed_share given = asked; /* that central gave it back */
    struct body taken = desk_share(RECORD_SHARE_GRANTED, &given, 600);
    desk_record(d, &d->a, &taken);
    memcpy(d->backup, older, sizeof(older));
    desk_restore(d);

    everybody_shows_the_end(d);
    desk_feed_over(&d->b);
    assert_int_equal(desk_find_share(&d->b, FEED_SHARE_GRANT, &back), 0);
    assert_int_equal(desk_share_at(d, d->f.shops[0]), 1000);
    assert_int_equal(desk_share_at(d, 0), 0);
    desk_books_are_whole(d);
}

static void an_end_counts_only_when_the_journal_is_here_that_far(void **state)
{
    struct desk *d = *state;
    desk_back_up(d);
    earn(d);
    desk_restore(d);
    desk_show_end(d, &d->b);
    desk_show_end(d, &d->a); /* a record that these books do not have yet */
    assert_true(waits(d));
    desk_send_again(d, &d->a);
    assert_false(waits(d));
}

static int run_remove(void *arg, struct store_tx *tx)
{
    return identity_remove(tx, *(uint32_t *)arg, "manager", "stolen");
}

static void what_is_granted_without_hearing_a_removed_terminal_is_at_risk(void **state)
{
    struct desk *d = *state;
    struct feed_right granted = {0};
    struct coupon_id coupon = desk_issue(d, MODE_STRICT);
    desk_back_up(d);
    desk_restore(d);
    desk_show_end(d, &d->a);
    assert_int_equal(fixture_write(&d->f, run_remove, &d->b.id), 0);
    assert_false(waits(d));
    assert_int_equal(desk_ask(&d->a, coupon, 1).verdict, AUTHORITY_GRANTED);
    assert_int_equal(desk_find_right(&d->a, FEED_RIGHT_GRANT, &granted), 1);
    assert_int_equal(desk_totals(d).write_offs, 1);
}

static int run_force(void *arg, struct store_tx *tx)
{
    return settle_force(tx, *(uint32_t *)arg, "manager", "on holiday");
}

static void an_operator_ends_the_wait_and_the_risk_ends_when_the_terminal_comes(void **state)
{
    struct desk *d = *state;
    struct coupon_id first = desk_issue(d, MODE_STRICT), second = desk_issue(d, MODE_STRICT);
    desk_back_up(d);
    desk_restore(d);
    desk_show_end(d, &d->a);
    assert_int_equal(fixture_write(&d->f, run_force, &d->b.id), 0);
    assert_int_equal(desk_ask(&d->a, first, 1).verdict, AUTHORITY_GRANTED);
    assert_int_equal(desk_totals(d).write_offs, 1);
    desk_show_end(d, &d->b);
    assert_int_equal(desk_ask(&d->a, second, 2).verdict, AUTHORITY_GRANTED);
    assert_int_equal(desk_totals(d).write_offs, 1);
    assert_int_equal(fixture_write(&d->f, run_force, &d->b.id), -EALREADY);
}

struct write_off_order {
    struct coupon_id coupon;
    uint32_t store;
};

static int run_write_off(void *arg, struct store_tx *tx)
{
    const struct write_off_order *order = arg;
    return rights_write_off(tx, order->coupon, order->store, "manager", "till burnt");
}

/* A coupon that after the backup was given to the second store at risk, which took it. */
static struct coupon_id take_written_off(struct desk *d, struct feed_right *out_granted)
{
    struct write_off_order order = {desk_issue(d, MODE_HOME), d->f.shops[1]};
    desk_back_up(d);
    assert_int_equal(fixture_write(&d->f, run_write_off, &order), 0);
    assert_int_equal(desk_find_right(&d->b, FEED_RIGHT_GRANT, out_granted), 1);
    struct body taken = desk_right(RECORD_RIGHT_GRANTED, out_granted);
    desk_record(d, &d->b, &taken);
    return order.coupon;
}

static void a_right_given_at_risk_is_known_as_such_after_a_restore(void **state)
{
    struct desk *d = *state;
    struct feed_right granted = {0};
    struct coupon_id coupon = take_written_off(d, &granted);
    struct body at_new = desk_redemption(coupon, 1, granted.epoch), at_old = desk_redemption(coupon, 1, 0);
    desk_record(d, &d->b, &at_new);
    desk_record(d, &d->a, &at_old);
    desk_restore(d);

    desk_send_again(d, &d->a);
    desk_send_again(d, &d->b);
    assert_int_equal(desk_conflicts(d).last.kind, CONFLICT_WRITE_OFF);
    assert_int_equal(desk_totals(d).write_offs, 1);
    desk_books_are_whole(d);
}

/* Another terminal of the store used the right, and its journal comes up before the one that says that it was given. */
static void a_grant_at_risk_that_comes_up_late_explains_a_double_that_was_noted_already(void **state)
{
    struct desk *d = *state;
    struct feed_right granted = {0};
    struct fake_terminal peer;
    terminal_make(&peer, &d->f, 3);
    terminal_enrol(&peer, &d->f, d->f.shops[1]);
    struct coupon_id coupon = take_written_off(d, &granted);
    struct body at_new = desk_redemption(coupon, 1, granted.epoch), at_old = desk_redemption(coupon, 1, 0);
    desk_record(d, &d->a, &at_old);
    desk_restore(d);

    desk_send_again(d, &d->a);
    terminal_record(&peer, &at_new);
    assert_int_equal(desk_conflicts(d).last.kind, CONFLICT_NO_RIGHT);
    desk_send_again(d, &d->b);
    struct desk_conflicts found = desk_conflicts(d);
    assert_int_equal(found.count, 1);
    assert_int_equal(found.last.kind, CONFLICT_WRITE_OFF);
    desk_books_are_whole(d);
}

/* Both primaries that a store had answered a move that the restored books do not know: one release counts, and only a
 * larger one that is heard later is noted. */
static void credit_that_two_primaries_released_moves_once(void **state)
{
    struct desk *d = *state;
    struct fake_terminal peer = desk_join(d, 3);
    earn(d);
    desk_back_up(d);
    struct feed_share asked = release_credit(d);
    struct body taken_over = desk_promotion(&d->a, 1, 2), again = desk_share(RECORD_SHARE_RELEASED, &asked, 500);
    desk_restore(d);
    desk_send_again(d, &d->a);
    terminal_record(&peer, &taken_over);
    terminal_record(&peer, &again);
    assert_int_equal(desk_problems(d), 0);
    assert_int_equal(desk_share_at(d, d->f.shops[0]), 400);
    desk_books_are_whole(d);
    again.share.amount_minor = 700;
    terminal_record(&peer, &again);
    assert_int_equal(desk_problems(d), 1);
    again.share.amount_minor = 400;
    again.share.member++;
    terminal_record(&peer, &again);
    assert_int_equal(desk_problems(d), 2);
}

/* The store that has the credit is heard first, then the smaller of the two releases. */
static void a_release_that_is_less_than_what_was_granted_leaves_a_problem_for_a_person(void **state)
{
    struct desk *d = *state;
    struct fake_terminal peer = desk_join(d, 3);
    struct feed_share granted = {0};
    earn(d);
    desk_back_up(d);
    struct feed_share asked = release_credit(d);
    assert_int_equal(desk_find_share(&d->b, FEED_SHARE_GRANT, &granted), 1);
    struct body taken = desk_share(RECORD_SHARE_GRANTED, &granted, 600), taken_over = desk_promotion(&d->a, 1, 2),
                less = desk_share(RECORD_SHARE_RELEASED, &asked, 500);
    desk_record(d, &d->b, &taken);
    desk_restore(d);
    desk_send_again(d, &d->b);
    terminal_record(&peer, &taken_over);
    terminal_record(&peer, &less);
    assert_int_equal(desk_problems(d), 0);
    desk_send_again(d, &d->a);
    assert_int_equal(desk_problems(d), 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, desk_setup, desk_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(credit_whose_grant_nobody_took_goes_back_to_who_gave_it),
        CASE(credit_that_was_taken_before_the_restore_stays_where_it_is),
        CASE(credit_on_its_way_during_the_backup_arrives_once),
        CASE(credit_that_two_primaries_released_moves_once),
        CASE(a_release_that_is_less_than_what_was_granted_leaves_a_problem_for_a_person),
        CASE(a_right_that_nobody_took_goes_home),
        CASE(a_right_that_two_terminals_of_its_home_gave_up_is_no_problem),
        CASE(a_right_that_went_to_another_asker_is_not_granted_to_the_first),
        CASE(a_strict_coupon_is_not_granted_before_everybody_was_heard),
        CASE(a_coupon_that_the_backup_never_saw_is_settled_all_the_same),
        CASE(what_the_backup_still_offers_is_taken_back_first),
        CASE(a_second_restore_does_not_undo_what_the_first_one_settled),
        CASE(an_end_counts_only_when_the_journal_is_here_that_far),
        CASE(what_is_granted_without_hearing_a_removed_terminal_is_at_risk),
        CASE(a_right_given_at_risk_is_known_as_such_after_a_restore),
        CASE(a_grant_at_risk_that_comes_up_late_explains_a_double_that_was_noted_already),
        CASE(an_operator_ends_the_wait_and_the_risk_ends_when_the_terminal_comes),
    };
    return crypto_start() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
