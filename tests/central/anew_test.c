#include "central/store/anew.h"
#include "central/store/query.h"
#include "desk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct body voiding(struct record_id target, enum record_kind kind)
{
    struct body body = {
        .kind = RECORD_VOID,
        .voided = {.target = target, .target_kind = (uint16_t)kind, .clerk = 3, .business_ms = START_MS},
    };
    strcpy(body.voided.reason, "returned");
    return body;
}

static int compare(struct desk *d, struct anew_finding *out_finding)
{
    struct store_tx tx;
    char path[128];
    snprintf(path, sizeof(path), "%s/anew.db", d->f.dir);
    assert_int_equal(store_read_begin(d->f.central->store, &tx), 0);
    int rc = anew_compare(&tx, path, out_finding);
    store_read_end(&tx);
    return rc;
}

static int run_write_off(void *arg, struct store_tx *tx)
{
    struct desk *d = ((void **)arg)[0];
    return rights_write_off(tx, *(struct coupon_id *)((void **)arg)[1], d->f.shops[1], "manager", "till burnt");
}

static int run_revoke(void *arg, struct store_tx *tx)
{
    return rights_revoke_coupon(tx, *(struct coupon_id *)arg, "operator", "misprint");
}

/* One of everything that is made anew. */
static void do_all(struct desk *d)
{
    struct fake_terminal peer = desk_join(d, 5);
    struct coupon_id moved = desk_issue(d, MODE_HOME), strict = desk_issue(d, MODE_STRICT);
    struct coupon_id displaced = desk_issue(d, MODE_BUDGET), gone = desk_issue(d, MODE_HOME);
    struct coupon_id lost = desk_issue(d, MODE_HOME);
    struct feed_right right;
    desk_ask(&d->b, moved, 1);
    assert_int_equal(desk_find_right(&d->a, FEED_RIGHT_REQUEST, &right), 1);
    struct body released = desk_right(RECORD_RIGHT_RELEASED, &right);
    desk_record(d, &d->a, &released);
    assert_int_equal(desk_find_right(&d->b, FEED_RIGHT_GRANT, &right), 1);
    struct body granted = desk_right(RECORD_RIGHT_GRANTED, &right), used = desk_redemption(moved, 1, 1);
    desk_record(d, &d->b, &granted);
    struct record_id use = desk_record(d, &d->b, &used);
    struct body undone = voiding(use, RECORD_REDEMPTION);
    desk_record(d, &d->b, &undone);
    desk_ask(&d->b, strict, 2);
    struct body budget = desk_redemption(displaced, 1, 0), home = desk_redemption(displaced, 1, 0);
    budget.redemption.mode = MODE_BUDGET;
    desk_record(d, &d->b, &budget);
    desk_record(d, &d->a, &home);
    desk_record(d, &d->b, &budget);
    assert_int_equal(fixture_write(&d->f, run_revoke, &gone), 0);
    void *arg[] = {d, &lost};
    assert_int_equal(fixture_write(&d->f, run_write_off, arg), 0);
    struct body earn = desk_credit(d, RECORD_CREDIT_EARN, 300), spent = desk_credit(d, RECORD_CREDIT_SPEND, 120);
    desk_record(d, &d->a, &earn);
    struct record_id taken = desk_record(d, &d->b, &spent); /* where there is none */
    desk_show_news(d, &d->b);
    assert_int_equal(desk_conflicts(d).last.discount_minor, 120);
    struct body returned = voiding(taken, RECORD_CREDIT_SPEND);
    desk_record(d, &d->b, &returned);
    struct feed_share asked;
    desk_ask_credit(d, &d->b, 100, 7);
    assert_int_equal(desk_find_share(&d->a, FEED_SHARE_REQUEST, &asked), 1);
    struct body let_go = desk_share(RECORD_SHARE_RELEASED, &asked, 80);
    desk_record(d, &d->a, &let_go);
    assert_int_equal(desk_share_at(d, d->f.shops[1]), 80);
    struct body waiting = voiding((struct record_id){d->a.id, d->a.incarnation, d->a.seq + 9}, RECORD_SALE);
    terminal_record(&peer, &waiting);
}

static void sound_books_equal_what_their_journal_makes(void **state)
{
    struct desk *d = *state;
    do_all(d);
    fixture_equals_anew(&d->f);
    struct anew_finding finding;
    assert_int_equal(compare(d, &finding), 0);
    assert_true(finding.rights);
}

/* ---- what is changed is found, and named */

struct change {
    const char *sql, *table, *where;
};

struct attempt {
    const struct change *change;
    struct desk *d;
    int rc;
    struct anew_finding finding;
};

static const struct change changes[] = {
    {"UPDATE coupon SET uses = 1 WHERE serial = 1", "coupon", "1001.1"},
    {"UPDATE coupon SET revoked = 0 WHERE serial = 4", "coupon", "1001.4"},
    {"DELETE FROM coupon WHERE serial = 4", "coupon", "1001-4"},
    {"UPDATE redemption SET voided = 0 WHERE serial = 1", "redemption", "1001.1.1"},
    {"UPDATE redemption SET discount = 501 WHERE serial = 3", "redemption", "1001.3.1"},
    {"UPDATE redemption SET seq = 77 WHERE serial = 3", "redemption", "1001.3.1"},
    {"DELETE FROM redemption WHERE serial = 1", "redemption", "1001.1.1"},
    {"DELETE FROM conflict WHERE id = 1", "conflict", "1"},
    {"UPDATE conflict SET displaced = 0 WHERE id = 1", "conflict", "1"},
    {"UPDATE conflict SET c_seq = c_seq + 1 WHERE id = 2", "conflict", "2"},
    {"UPDATE conflict SET discount = discount + 1 WHERE campaign = 0", "conflict", "3"},
    {"DELETE FROM voided", "voided", "2.1.2"},
    {"DELETE FROM waiting_void", "waiting_void", "1.1."},
    {"UPDATE posting SET amount = amount + 1 WHERE line = 0 AND terminal = 1 AND seq = 2", "posting", "1.1.2.0"},
    {"UPDATE balance SET amount = amount + 1 WHERE account = 'risk/1001'", "balance", "risk/1001.1"},
    {"INSERT INTO balance VALUES ('sales/s9', 1, 5)", "balance", "sales/s9.1"},
    {"UPDATE grant_log SET store = 1 WHERE serial = 1", "grant_log", "1001.1.1"},
    {"DELETE FROM grant_log WHERE serial = 2", "grant_log", "1001.2.1"},
    {"UPDATE share SET amount = amount - 1 WHERE store = 1", "share", "4711.2.1.1"},
    {"DELETE FROM share WHERE store = 2", "share", "4711.2.1.2"},
    {"UPDATE coupon SET right_store = 1 WHERE serial = 1", "coupon", "1001.1"},
    {"UPDATE coupon SET right_epoch = 2 WHERE serial = 2", "coupon", "1001.2"},
    {"UPDATE coupon SET next_use_no = 1 WHERE serial = 1", "coupon", "1001.1"},
    {"UPDATE coupon SET lost = 1 WHERE serial = 3", "coupon", "1001.3"},
    {"UPDATE coupon SET lease_until_s = 5 WHERE serial = 1", "coupon", "1001.1"},
    {"UPDATE redemption SET rightful = 0 WHERE serial = 3", "redemption", "1001.3.1"},
    {"UPDATE conflict SET budget_used = 7 WHERE id = 2", "conflict", "2"},
    {"DELETE FROM journal WHERE kind = 106 AND position = (SELECT displaced FROM conflict WHERE id = 1)", "journal",
     "1.1.2"},
    {"DELETE FROM journal WHERE kind = 106 AND position = (SELECT min(position) FROM journal WHERE kind = 106 AND"
     " position > (SELECT displaced FROM conflict WHERE id = 1))",
     "journal", "2.1.5"},
};

/* In a transaction that comes to nothing. */
static int run_change(void *arg, struct store_tx *tx)
{
    struct attempt *attempt = arg;
    char path[128];
    snprintf(path, sizeof(path), "%s/anew.db", attempt->d->f.dir);
    struct db *db = store_tx_write(tx);
    assert_int_equal(query_run(db, attempt->change->sql, QUERY_NONE), 0);
    assert_true(db_changes(db) > 0);
    attempt->rc = anew_compare(tx, path, &attempt->finding);
    return -ECANCELED;
}

static void a_changed_row_is_found_and_named(void **state)
{
    struct desk *d = *state;
    do_all(d);
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        const struct change *change = &changes[i];
        struct attempt attempt = {.change = change, .d = d};
        assert_int_equal(fixture_write(&d->f, run_change, &attempt), -ECANCELED);
        if (attempt.rc != -EUCLEAN || strcmp(attempt.finding.table, change->table) != 0 ||
            strncmp(attempt.finding.where, change->where, strlen(change->where)) != 0)
            fail_msg("%s: %d, %s at %s", change->sql, attempt.rc, attempt.finding.table, attempt.finding.where);
    }
    fixture_equals_anew(&d->f);
}

/* ---- books that were restored */

static void restored_books_equal_what_their_journal_makes(void **state)
{
    struct desk *d = *state;
    desk_back_up(d);
    do_all(d);
    desk_restore(d);
    desk_send_again(d, &d->a);
    desk_send_again(d, &d->b);
    desk_show_end(d, &d->a);
    desk_show_end(d, &d->b);
    struct anew_finding finding = {.table = ""};
    assert_int_equal(compare(d, &finding), 0);
    assert_false(finding.rights);
    assert_true(desk_totals(d).canonical > 0);
}

/* ---- settings of today */

static int set_owner(void *arg, struct store_tx *tx)
{
    const struct owner *owner = arg;
    return query_run(store_tx_write(tx), "UPDATE shop SET owner_scope = ?1, owner_id = ?2",
                     QUERY(Q_INT(owner->scope), Q_INT(owner->id)));
}

static void settings_that_changed_since_change_nothing(void **state)
{
    struct desk *d = *state;
    struct owner programme = {OWNER_PROGRAMME, 7}, brand = {OWNER_BRAND, d->f.brand};
    struct body earn = desk_credit(d, RECORD_CREDIT_EARN, 300);
    earn.credit.owner = programme;
    desk_record(d, &d->a, &earn); /* too early */
    assert_int_equal(fixture_write(&d->f, set_owner, &programme), 0);
    desk_record(d, &d->a, &earn);
    assert_int_equal(fixture_write(&d->f, set_owner, &brand), 0);
    assert_int_equal(desk_balance(d, "credit/p7/4711", UNIT_CREDIT), 300);
    fixture_equals_anew(&d->f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sound_books_equal_what_their_journal_makes, desk_setup, desk_teardown),
        cmocka_unit_test_setup_teardown(a_changed_row_is_found_and_named, desk_setup, desk_teardown),
        cmocka_unit_test_setup_teardown(restored_books_equal_what_their_journal_makes, desk_setup, desk_teardown),
        cmocka_unit_test_setup_teardown(settings_that_changed_since_change_nothing, desk_setup, desk_teardown),
    };
    return crypto_start() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
