#include "desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define DISCOUNT "discount/1001"
#define RISK     "risk/1001"

static struct body within_a_budget(struct coupon_id coupon)
{
    struct body body = desk_redemption(coupon, 1, 0);
    body.redemption.mode = MODE_BUDGET;
    return body;
}

static struct body sale_of(uint64_t group)
{
    return (struct body){
        .kind = RECORD_SALE,
        .sale = {.clerk = 3,
                 .group = group,
                 .gross_minor = 2000,
                 .discount_minor = 500,
                 .paid_minor = 1500,
                 .tender = TENDER_CASH,
                 .business_ms = START_MS},
    };
}

static struct body voiding(struct record_id target, enum record_kind kind)
{
    struct body body = {
        .kind = RECORD_VOID,
        .voided = {.target = target, .target_kind = (uint16_t)kind, .clerk = 3, .business_ms = START_MS},
    };
    strcpy(body.voided.reason, "returned");
    return body;
}

static void assert_canonical(struct desk *d, struct coupon_id coupon, struct record_id wanted)
{
    struct redemption found;
    struct store_tx tx;
    assert_int_equal(store_read_begin(d->f.central->store, &tx), 0);
    assert_int_equal(rights_find_redemption(&tx, coupon, 1, &found), 0);
    store_read_end(&tx);
    assert_true(record_id_equal(found.record, wanted));
}

static void assert_borne(struct desk *d, int64_t discount_minor, int64_t risk_minor)
{
    assert_int_equal(desk_balance(d, DISCOUNT, UNIT_CNY), discount_minor);
    assert_int_equal(desk_balance(d, RISK, UNIT_CNY), risk_minor);
    desk_books_are_whole(d);
}

static void the_one_with_the_right_takes_the_place_of_the_first(void **state)
{
    struct desk *d = *state;
    struct coupon_id coupon = desk_issue(d, MODE_BUDGET);
    struct body elsewhere = within_a_budget(coupon), at_home = desk_redemption(coupon, 1, 0);
    struct record_id first = desk_record(d, &d->b, &elsewhere);
    assert_canonical(d, coupon, first);
    struct record_id second = desk_record(d, &d->a, &at_home);
    assert_canonical(d, coupon, second);
    struct conflict conflict = desk_conflicts(d).last;
    assert_int_equal(desk_conflicts(d).count, 1);
    assert_true(record_id_equal(conflict.record, first));
    assert_true(record_id_equal(conflict.canonical, second));
    assert_int_equal(conflict.kind, CONFLICT_BUDGET);
    assert_int_equal(conflict.store, d->f.shops[1]);
    assert_int_equal(conflict.sync_age_s, 60);
    assert_int_equal(conflict.budget_used_minor, 0);
    assert_true(conflict.displaced > 0);
    assert_borne(d, 500, 500);
    assert_int_equal(desk_ask(&d->b, coupon, 1).used_store, d->f.shops[0]);
}

static void of_two_without_the_right_the_first_counts(void **state)
{
    struct desk *d = *state;
    struct coupon_id coupon = desk_issue(d, MODE_BUDGET);
    struct body use = within_a_budget(coupon);
    struct record_id first = desk_record(d, &d->b, &use);
    desk_record(d, &d->a, &use);
    assert_canonical(d, coupon, first);
    assert_int_equal(desk_conflicts(d).last.displaced, 0);
    assert_borne(d, 500, 500);
}

static int run_write_off(void *arg, struct store_tx *tx)
{
    struct desk *d = ((void **)arg)[0];
    return rights_write_off(tx, *(struct coupon_id *)((void **)arg)[1], d->f.shops[1], "manager", "till burnt");
}

static void of_two_with_the_right_the_first_counts(void **state)
{
    struct desk *d = *state;
    struct coupon_id coupon = desk_issue(d, MODE_HOME);
    void *arg[] = {d, &coupon};
    assert_int_equal(fixture_write(&d->f, run_write_off, arg), 0);
    struct body at_new = desk_redemption(coupon, 1, 1), at_old = desk_redemption(coupon, 1, 0);
    struct record_id first = desk_record(d, &d->b, &at_new);
    desk_record(d, &d->a, &at_old);
    assert_canonical(d, coupon, first);
    assert_int_equal(desk_conflicts(d).last.kind, CONFLICT_WRITE_OFF);
    assert_borne(d, 500, 500);
}

static void what_a_conflict_settled_does_not_flip(void **state)
{
    struct desk *d = *state;
    struct coupon_id coupon = desk_issue(d, MODE_BUDGET);
    struct body use = within_a_budget(coupon), at_home = desk_redemption(coupon, 1, 0);
    struct record_id first = desk_record(d, &d->b, &use);
    desk_record(d, &d->a, &use);
    desk_record(d, &d->a, &at_home);
    assert_canonical(d, coupon, first);
    assert_int_equal(desk_conflicts(d).count, 2);
    assert_int_equal(desk_conflicts(d).last.kind, CONFLICT_DOUBLE);
    assert_borne(d, 500, 1000);
}

static void what_took_a_place_keeps_it(void **state)
{
    struct desk *d = *state;
    struct coupon_id coupon = desk_issue(d, MODE_BUDGET);
    struct body elsewhere = within_a_budget(coupon), at_home = desk_redemption(coupon, 1, 0);
    desk_record(d, &d->b, &elsewhere);
    struct record_id second = desk_record(d, &d->a, &at_home);
    desk_record(d, &d->a, &at_home);
    desk_record(d, &d->b, &elsewhere);
    assert_canonical(d, coupon, second);
    assert_int_equal(desk_conflicts(d).count, 3);
    assert_borne(d, 500, 1500);
}

static void what_was_voided_is_settled(void **state)
{
    struct desk *d = *state;
    struct coupon_id coupon = desk_issue(d, MODE_BUDGET);
    struct body elsewhere = within_a_budget(coupon), at_home = desk_redemption(coupon, 1, 0);
    struct record_id first = desk_record(d, &d->b, &elsewhere);
    struct body undone = voiding(first, RECORD_REDEMPTION);
    desk_record(d, &d->b, &undone);
    desk_record(d, &d->a, &at_home);
    assert_canonical(d, coupon, first);
    assert_borne(d, 0, 500);
}

static void a_void_of_the_displaced_one_is_the_risk_accounts(void **state)
{
    struct desk *d = *state;
    struct coupon_id coupon = desk_issue(d, MODE_BUDGET);
    struct body elsewhere = within_a_budget(coupon), at_home = desk_redemption(coupon, 1, 0);
    struct record_id first = desk_record(d, &d->b, &elsewhere);
    desk_record(d, &d->a, &at_home);
    struct body undone = voiding(first, RECORD_REDEMPTION);
    desk_record(d, &d->b, &undone);
    assert_borne(d, 500, 0);
    assert_int_equal(desk_ask(&d->b, coupon, 1).verdict, AUTHORITY_USED);
}

static void a_void_of_the_one_that_took_the_place_opens_the_coupon(void **state)
{
    struct desk *d = *state;
    struct coupon_id coupon = desk_issue(d, MODE_BUDGET);
    struct body elsewhere = within_a_budget(coupon), at_home = desk_redemption(coupon, 1, 0);
    desk_record(d, &d->b, &elsewhere);
    struct record_id second = desk_record(d, &d->a, &at_home);
    struct body undone = voiding(second, RECORD_REDEMPTION);
    desk_record(d, &d->a, &undone);
    assert_borne(d, 0, 500);
    struct body again = desk_redemption(coupon, 2, 0);
    desk_record(d, &d->a, &again);
    assert_int_equal(desk_totals(d).canonical, 2);
    assert_borne(d, 500, 500);
}

/* The discount of an act with a sale stands in the sale's postings. */
static void the_sale_of_the_displaced_one_goes_to_risk(void **state)
{
    struct desk *d = *state;
    struct coupon_id coupon = desk_issue(d, MODE_BUDGET);
    struct body elsewhere = within_a_budget(coupon), at_home = desk_redemption(coupon, 1, 0);
    elsewhere.redemption.sale_minor = 2000;
    struct record_id first = desk_record(d, &d->b, &elsewhere);
    struct body sale = sale_of(first.seq);
    struct record_id sold = desk_record(d, &d->b, &sale);
    assert_borne(d, 500, 0);
    desk_record(d, &d->a, &at_home);
    assert_borne(d, 500, 500);
    struct body undone = voiding(sold, RECORD_SALE);
    desk_record(d, &d->b, &undone);
    assert_borne(d, 500, 0);
}

static void a_sale_that_comes_after_its_redemption_was_displaced_is_risk_itself(void **state)
{
    struct desk *d = *state;
    struct coupon_id coupon = desk_issue(d, MODE_BUDGET);
    struct body elsewhere = within_a_budget(coupon), at_home = desk_redemption(coupon, 1, 0);
    elsewhere.redemption.sale_minor = 2000;
    struct record_id first = desk_record(d, &d->b, &elsewhere);
    desk_record(d, &d->a, &at_home);
    assert_borne(d, 500, 0);
    struct body sale = sale_of(first.seq);
    desk_record(d, &d->b, &sale);
    assert_borne(d, 500, 500);
}

/* A sale's void may come before the sale, and the sale's redemption may be displaced in between. */
static void a_void_that_waited_across_it_is_booked_where_its_sale_is(void **state)
{
    struct desk *d = *state;
    struct fake_terminal peer = desk_join(d, 5);
    struct coupon_id coupon = desk_issue(d, MODE_BUDGET);
    struct body elsewhere = within_a_budget(coupon), holder = desk_redemption(coupon, 1, 1);
    void *arg[] = {d, &coupon};
    assert_int_equal(fixture_write(&d->f, run_write_off, arg), 0); /* the right is with the second store */
    elsewhere.redemption.sale_minor = 2000;
    struct record_id first = desk_record(d, &d->a, &elsewhere);
    struct body undone = voiding((struct record_id){d->a.id, d->a.incarnation, d->a.seq + 1}, RECORD_SALE);
    desk_record(d, &peer, &undone);
    struct record_id second = desk_record(d, &d->b, &holder);
    struct body sale = sale_of(first.seq);
    desk_record(d, &d->a, &sale);
    assert_canonical(d, coupon, second);
    assert_borne(d, 500, 0);
}

static void what_is_sent_again_changes_nothing(void **state)
{
    struct desk *d = *state;
    struct coupon_id coupon = desk_issue(d, MODE_BUDGET);
    struct body elsewhere = within_a_budget(coupon), at_home = desk_redemption(coupon, 1, 0);
    desk_record(d, &d->b, &elsewhere);
    struct record_id second = desk_record(d, &d->a, &at_home);
    desk_send_again(d, &d->b);
    desk_send_again(d, &d->a);
    assert_canonical(d, coupon, second);
    assert_borne(d, 500, 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_one_with_the_right_takes_the_place_of_the_first, desk_setup, desk_teardown),
        cmocka_unit_test_setup_teardown(of_two_without_the_right_the_first_counts, desk_setup, desk_teardown),
        cmocka_unit_test_setup_teardown(of_two_with_the_right_the_first_counts, desk_setup, desk_teardown),
        cmocka_unit_test_setup_teardown(what_a_conflict_settled_does_not_flip, desk_setup, desk_teardown),
        cmocka_unit_test_setup_teardown(what_took_a_place_keeps_it, desk_setup, desk_teardown),
        cmocka_unit_test_setup_teardown(what_was_voided_is_settled, desk_setup, desk_teardown),
        cmocka_unit_test_setup_teardown(a_void_of_the_displaced_one_is_the_risk_accounts, desk_setup, desk_teardown),
        cmocka_unit_test_setup_teardown(a_void_of_the_one_that_took_the_place_opens_the_coupon, desk_setup,
                                        desk_teardown),
        cmocka_unit_test_setup_teardown(the_sale_of_the_displaced_one_goes_to_risk, desk_setup, desk_teardown),
        cmocka_unit_test_setup_teardown(a_sale_that_comes_after_its_redemption_was_displaced_is_risk_itself, desk_setup,
                                        desk_teardown),
        cmocka_unit_test_setup_teardown(a_void_that_waited_across_it_is_booked_where_its_sale_is, desk_setup,
                                        desk_teardown),
        cmocka_unit_test_setup_teardown(what_is_sent_again_changes_nothing, desk_setup, desk_teardown),
    };
    return crypto_start() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
