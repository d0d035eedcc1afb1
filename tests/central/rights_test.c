#include "central/store/ledger.h"
#include "central/store/records.h"
#include "central/store/rights.h"
#include "domain/shortcode.h"
#include "fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define CAMPAIGN 1001
#define MEMBER   UINT64_C(4711)

struct world {
    struct fixture f;
    struct fake_terminal a, b; /* of the first and the second store */
};

static int setup(void **state)
{
    static struct world w;
    fixture_open(&w.f);
    terminal_make(&w.a, &w.f, 1);
    terminal_make(&w.b, &w.f, 2);
    terminal_enrol(&w.a, &w.f, w.f.shops[0]);
    terminal_enrol(&w.b, &w.f, w.f.shops[1]);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    fixture_close(&w->f);
    return 0;
}

struct issue {
    struct coupon coupon;
    enum campaign_mode mode;
};

static int run_issue(void *arg, struct store_tx *tx)
{
    struct issue *issue = arg;
    return rights_issue_coupon(tx, &issue->coupon, issue->mode, &issue->coupon.id);
}

/* A coupon of the first store. */
static struct coupon_id issue(struct world *w, enum campaign_mode mode)
{
    struct issue issue = {
        .coupon = {.id = {CAMPAIGN, 0}, .brand = w->f.brand, .member = MEMBER, .home_store = w->f.shops[0]},
        .mode = mode,
    };
    assert_int_equal(fixture_write(&w->f, run_issue, &issue), 0);
    return issue.coupon.id;
}

static struct body redemption(struct coupon_id coupon, uint32_t use_no, uint32_t epoch)
{
    return (struct body){
        .kind = RECORD_REDEMPTION,
        .redemption = {.coupon = coupon,
                       .use_no = use_no,
                       .epoch = epoch,
                       .mode = MODE_HOME,
                       .member = MEMBER,
                       .clerk = 3,
                       .discount_minor = 500,
                       .policy_version = 1,
                       .business_ms = START_MS},
    };
}

static struct body right(enum record_kind kind, const struct feed_right *from)
{
    return (struct body){
        .kind = kind,
        .right = {.coupon = from->coupon, .epoch = from->epoch, .use_no = from->use_no, .transfer = from->transfer},
    };
}

static struct body credit(enum record_kind kind, struct world *w, int64_t amount)
{
    return (struct body){
        .kind = kind,
        .credit = {.member = MEMBER,
                   .owner = {OWNER_STORE, w->f.shops[0]},
                   .amount_minor = amount,
                   .clerk = 3,
                   .auth = kind == RECORD_CREDIT_SPEND ? SPEND_BY_CODE : 0,
                   .business_ms = START_MS},
    };
}

static struct body voiding(struct record_id target, enum record_kind kind)
{
    struct body body = {
        .kind = RECORD_VOID,
        .voided = {.target = target, .target_kind = kind, .clerk = 3, .business_ms = START_MS},
    };
    strcpy(body.voided.reason, "wrong article");
    return body;
}

static struct authority_answer ask_right(struct fake_terminal *t, struct coupon_id coupon, uint8_t request)
{
    struct authority_request ask = {.coupon = coupon};
    struct authority_answer answer;
    memset(ask.request_id, request, sizeof(ask.request_id));
    terminal_ask(t, "right", &ask, &answer);
    return answer;
}

static struct rights_totals totals(struct world *w)
{
    struct store_tx tx;
    struct rights_totals totals;
    assert_int_equal(store_read_begin(w->f.central->store, &tx), 0);
    assert_int_equal(rights_totals(&tx, &totals), 0);
    store_read_end(&tx);
    return totals;
}

static int64_t balance(struct world *w, const char *account, enum ledger_unit unit)
{
    struct store_tx tx;
    int64_t minor = 0;
    assert_int_equal(store_read_begin(w->f.central->store, &tx), 0);
    assert_int_equal(ledger_balance(&tx, account, unit, &minor), 0);
    store_read_end(&tx);
    return minor;
}

static void books_are_whole(struct world *w)
{
    struct store_tx tx;
    char account[ACCOUNT_MAX] = "";
    int64_t cny = 1, points = 1;
    assert_int_equal(store_read_begin(w->f.central->store, &tx), 0);
    assert_int_equal(ledger_verify(&tx, account), 0);
    assert_int_equal(ledger_sums(&tx, &cny, &points), 0);
    store_read_end(&tx);
    assert_int_equal(cny, 0);
    assert_int_equal(points, 0);
    assert_int_equal(totals(w).unexplained, 0);
    fixture_equals_anew(&w->f);
}

static struct feed_right found_right(struct fake_terminal *t, enum feed_kind kind)
{
    struct feed_found found;
    struct feed_right right = {0};
    terminal_find_in_feed(t, kind, &found);
    assert_int_equal(found.count, 1);
    assert_int_equal(feed_right_decode((struct slice){found.body, found.len}, &right), 0);
    return right;
}

static void the_home_store_redeems_by_the_token_alone(void **state)
{
    struct world *w = *state;
    struct coupon_id coupon = issue(w, MODE_HOME);
    struct body body = redemption(coupon, 1, 0);
    terminal_record(&w->a, &body);
    assert_int_equal(totals(w).canonical, 1);
    assert_int_equal(totals(w).conflicts, 0);
    assert_int_equal(balance(w, "discount/1001", UNIT_CNY), 500);
    books_are_whole(w);
}

static void a_used_coupon_is_answered_with_store_and_time(void **state)
{
    struct world *w = *state;
    struct coupon_id coupon = issue(w, MODE_HOME);
    struct body body = redemption(coupon, 1, 0);
    terminal_record(&w->a, &body);
    struct authority_answer answer = ask_right(&w->b, coupon, 1);
    assert_int_equal(answer.verdict, AUTHORITY_USED);
    assert_int_equal(answer.used_store, w->f.shops[0]);
    assert_int_equal(answer.used_ms, START_MS);
}

static void a_right_moves_only_after_its_holder_let_go(void **state)
{
    struct world *w = *state;
    struct coupon_id coupon = issue(w, MODE_HOME);
    struct authority_answer answer = ask_right(&w->b, coupon, 1);
    assert_int_equal(answer.verdict, AUTHORITY_WAITING);
    struct feed_found none;
    terminal_find_in_feed(&w->b, FEED_RIGHT_GRANT, &none);
    assert_int_equal(none.count, 0);

    struct feed_right asked = found_right(&w->a, FEED_RIGHT_REQUEST);
    assert_true(coupon_id_equal(asked.coupon, coupon));
    assert_int_equal(asked.epoch, 0);
    struct body released = right(RECORD_RIGHT_RELEASED, &asked);
    terminal_record(&w->a, &released);

    struct feed_right granted = found_right(&w->b, FEED_RIGHT_GRANT);
    assert_int_equal(granted.epoch, 1);
    assert_int_equal(granted.transfer, asked.transfer);
    answer = ask_right(&w->b, coupon, 1);
    assert_int_equal(answer.verdict, AUTHORITY_GRANTED);
    assert_int_equal(answer.transfer, asked.transfer);

    struct body taken = right(RECORD_RIGHT_GRANTED, &granted);
    terminal_record(&w->b, &taken);
    struct body body = redemption(coupon, 1, 1);
    terminal_record(&w->b, &body);
    assert_int_equal(totals(w).canonical, 1);
    books_are_whole(w);
}

static void the_same_request_twice_makes_one_move(void **state)
{
    struct world *w = *state;
    struct coupon_id coupon = issue(w, MODE_HOME);
    struct authority_answer first = ask_right(&w->b, coupon, 1);
    struct authority_answer second = ask_right(&w->b, coupon, 1);
    assert_int_equal(first.transfer, second.transfer);
    struct feed_found found;
    terminal_find_in_feed(&w->a, FEED_RIGHT_REQUEST, &found);
    assert_int_equal(found.count, 1);
}

static void a_holder_that_used_the_coupon_ends_the_move(void **state)
{
    struct world *w = *state;
    struct coupon_id coupon = issue(w, MODE_HOME);
    ask_right(&w->b, coupon, 1);
    struct body body = redemption(coupon, 1, 0);
    terminal_record(&w->a, &body);
    assert_int_equal(ask_right(&w->b, coupon, 1).verdict, AUTHORITY_USED);
}

static void a_strict_coupon_is_granted_by_central_at_once(void **state)
{
    struct world *w = *state;
    struct coupon_id coupon = issue(w, MODE_STRICT);
    struct authority_answer answer = ask_right(&w->b, coupon, 1);
    assert_int_equal(answer.verdict, AUTHORITY_GRANTED);
    struct feed_right granted = found_right(&w->b, FEED_RIGHT_GRANT);
    assert_int_equal(granted.epoch, 1);
    assert_int_equal(ask_right(&w->b, coupon, 2).verdict, AUTHORITY_GRANTED);
    assert_int_equal(ask_right(&w->a, coupon, 3).verdict, AUTHORITY_WAITING);
}

static int run_revoke(void *arg, struct store_tx *tx)
{
    return rights_revoke_coupon(tx, *(struct coupon_id *)arg, "operator", "misprint");
}

static void an_unknown_coupon_is_unknown_and_a_revoked_one_revoked(void **state)
{
    struct world *w = *state;
    assert_int_equal(ask_right(&w->b, (struct coupon_id){CAMPAIGN, 999}, 1).verdict, AUTHORITY_UNKNOWN);
    struct coupon_id coupon = issue(w, MODE_HOME);
    assert_int_equal(fixture_write(&w->f, run_revoke, &coupon), 0);
    assert_int_equal(ask_right(&w->b, coupon, 2).verdict, AUTHORITY_REVOKED);
}

struct conflicts {
    unsigned count;
    struct conflict last;
};

static int keep_conflict(void *context, const struct conflict *conflict)
{
    struct conflicts *conflicts = context;
    conflicts->count++;
    conflicts->last = *conflict;
    return 0;
}

static struct conflicts conflicts_of(struct world *w)
{
    struct conflicts conflicts = {0};
    struct store_tx tx;
    assert_int_equal(store_read_begin(w->f.central->store, &tx), 0);
    assert_int_equal(rights_each_conflict(&tx, keep_conflict, &conflicts), 0);
    store_read_end(&tx);
    return conflicts;
}

static void the_second_redemption_becomes_a_conflict_at_the_risk_account(void **state)
{
    struct world *w = *state;
    struct coupon_id coupon = issue(w, MODE_HOME);
    struct body first = redemption(coupon, 1, 0);
    struct record_id canonical = terminal_record(&w->a, &first);
    struct body second = redemption(coupon, 1, 0);
    struct record_id lost = terminal_record(&w->b, &second);
    struct conflicts conflicts = conflicts_of(w);
    assert_int_equal(conflicts.count, 1);
    assert_int_equal(conflicts.last.kind, CONFLICT_NO_RIGHT);
    assert_true(record_id_equal(conflicts.last.record, lost));
    assert_true(record_id_equal(conflicts.last.canonical, canonical));
    assert_int_equal(balance(w, "discount/1001", UNIT_CNY), 500);
    assert_int_equal(balance(w, "risk/1001", UNIT_CNY), 500);
    books_are_whole(w);
}

static void a_use_within_a_budget_does_not_count_beside_the_one_with_the_right(void **state)
{
    struct world *w = *state;
    struct coupon_id early = issue(w, MODE_BUDGET), late = issue(w, MODE_BUDGET);
    struct body at_holder = redemption(early, 1, 0);
    struct body elsewhere = redemption(early, 1, 0);
    elsewhere.redemption.mode = MODE_BUDGET;
    struct record_id lost = terminal_record(&w->b, &elsewhere);
    terminal_record(&w->a, &at_holder);
    assert_int_equal(conflicts_of(w).count, 1);
    assert_int_equal(conflicts_of(w).last.kind, CONFLICT_BUDGET);
    assert_true(record_id_equal(conflicts_of(w).last.record, lost));
    at_holder.redemption.coupon = elsewhere.redemption.coupon = late;
    terminal_record(&w->a, &at_holder);
    terminal_record(&w->b, &elsewhere);
    assert_int_equal(conflicts_of(w).last.kind, CONFLICT_BUDGET);
    assert_int_equal(conflicts_of(w).last.budget_used_minor, 500);
    books_are_whole(w);
}

static void a_grant_that_was_taken_is_not_shown_to_a_fresh_device(void **state)
{
    struct world *w = *state;
    struct coupon_id coupon = issue(w, MODE_STRICT);
    ask_right(&w->b, coupon, 1);
    struct feed_right granted = found_right(&w->b, FEED_RIGHT_GRANT);
    struct body taken = right(RECORD_RIGHT_GRANTED, &granted);
    terminal_record(&w->b, &taken);
    struct feed_found found;
    w->b.cursor = (struct feed_cursor){0, 0};
    terminal_find_in_feed(&w->b, FEED_RIGHT_GRANT, &found);
    assert_int_equal(found.count, 0);
    assert_int_equal(ask_right(&w->b, coupon, 1).verdict, AUTHORITY_GRANTED);
}

static void a_void_lets_the_coupon_be_used_again_with_the_next_number(void **state)
{
    struct world *w = *state;
    struct coupon_id coupon = issue(w, MODE_HOME);
    struct body first = redemption(coupon, 1, 0);
    struct record_id target = terminal_record(&w->a, &first);
    struct body undone = voiding(target, RECORD_REDEMPTION);
    terminal_record(&w->a, &undone);
    assert_int_equal(balance(w, "discount/1001", UNIT_CNY), 0);
    struct body again = redemption(coupon, 2, 0);
    terminal_record(&w->a, &again);
    assert_int_equal(totals(w).canonical, 2);
    assert_int_equal(totals(w).conflicts, 0);
    assert_int_equal(ask_right(&w->b, coupon, 1).verdict, AUTHORITY_USED);
    books_are_whole(w);
}

static void a_void_that_comes_before_its_target_waits_for_it(void **state)
{
    struct world *w = *state;
    struct fake_terminal second;
    terminal_make(&second, &w->f, 3);
    terminal_enrol(&second, &w->f, w->f.shops[0]);
    struct coupon_id coupon = issue(w, MODE_HOME);
    struct record_id later = {w->a.id, w->a.incarnation, w->a.seq + 1};
    struct body undone = voiding(later, RECORD_REDEMPTION);
    terminal_record(&second, &undone);
    books_are_whole(w);
    struct body body = redemption(coupon, 1, 0);
    terminal_record(&w->a, &body);
    assert_int_equal(balance(w, "discount/1001", UNIT_CNY), 0);
    books_are_whole(w);
}

static void a_second_void_of_the_same_record_changes_nothing(void **state)
{
    struct world *w = *state;
    struct body earn = credit(RECORD_CREDIT_EARN, w, 300);
    struct record_id target = terminal_record(&w->a, &earn);
    struct body undone = voiding(target, RECORD_CREDIT_EARN);
    terminal_record(&w->a, &undone);
    terminal_record(&w->a, &undone);
    assert_int_equal(balance(w, "credit/s1/4711", UNIT_CREDIT), 0);
    books_are_whole(w);
}

static int64_t share_at(struct world *w, uint32_t store)
{
    struct store_tx tx;
    int64_t share = 0;
    assert_int_equal(store_read_begin(w->f.central->store, &tx), 0);
    assert_int_equal(rights_share_at(&tx, MEMBER, (struct owner){OWNER_STORE, w->f.shops[0]}, store, &share), 0);
    store_read_end(&tx);
    return share;
}

static void credit_moves_by_what_its_holder_gave(void **state)
{
    struct world *w = *state;
    struct body earn = credit(RECORD_CREDIT_EARN, w, 1000);
    terminal_record(&w->a, &earn);
    struct authority_request ask = {
        .member = MEMBER, .owner = {OWNER_STORE, w->f.shops[0]}, .amount_minor = 800, .request_id = {5}};
    struct authority_answer answer;
    terminal_ask(&w->b, "credit", &ask, &answer);
    assert_int_equal(answer.verdict, AUTHORITY_WAITING);

    struct feed_found found;
    struct feed_share asked;
    terminal_find_in_feed(&w->a, FEED_SHARE_REQUEST, &found);
    assert_int_equal(feed_share_decode((struct slice){found.body, found.len}, &asked), 0);
    assert_int_equal(asked.amount_minor, 800);
    struct body released = {
        .kind = RECORD_SHARE_RELEASED,
        .share = {.member = MEMBER, .owner = asked.owner, .amount_minor = 600, .transfer = asked.transfer},
    };
    terminal_record(&w->a, &released);
    assert_int_equal(share_at(w, w->f.shops[0]), 400);
    assert_int_equal(share_at(w, w->f.shops[1]), 600);

    terminal_find_in_feed(&w->b, FEED_SHARE_GRANT, &found);
    assert_int_equal(found.count, 1);
    assert_int_equal(feed_share_decode((struct slice){found.body, found.len}, &asked), 0);
    assert_int_equal(asked.amount_minor, 600);
    terminal_ask(&w->b, "credit", &ask, &answer);
    assert_int_equal(answer.verdict, AUTHORITY_GRANTED);
    struct body spend = credit(RECORD_CREDIT_SPEND, w, 600);
    terminal_record(&w->b, &spend);
    assert_int_equal(share_at(w, w->f.shops[1]), 0);
    assert_int_equal(balance(w, "credit/s1/4711", UNIT_CREDIT), 400);
    books_are_whole(w);
}

static void credit_that_nobody_holds_is_refused(void **state)
{
    struct world *w = *state;
    struct authority_request ask = {
        .member = MEMBER, .owner = {OWNER_STORE, w->f.shops[0]}, .amount_minor = 1, .request_id = {6}};
    struct authority_answer answer;
    terminal_ask(&w->b, "credit", &ask, &answer);
    assert_int_equal(answer.verdict, AUTHORITY_REFUSED);
}

static int run_write_off(void *arg, struct store_tx *tx)
{
    struct world *w = ((void **)arg)[0];
    struct coupon_id *coupon = ((void **)arg)[1];
    return rights_write_off(tx, *coupon, w->f.shops[1], "manager", "till burnt");
}

static void a_double_after_a_write_off_is_explained_as_one(void **state)
{
    struct world *w = *state;
    struct coupon_id coupon = issue(w, MODE_HOME);
    void *arg[] = {w, &coupon};
    assert_int_equal(fixture_write(&w->f, run_write_off, arg), 0);
    struct body at_new = redemption(coupon, 1, 1);
    terminal_record(&w->b, &at_new);
    struct body at_old = redemption(coupon, 1, 0);
    terminal_record(&w->a, &at_old);
    struct conflicts conflicts = conflicts_of(w);
    assert_int_equal(conflicts.count, 1);
    assert_int_equal(conflicts.last.kind, CONFLICT_WRITE_OFF);
    assert_int_equal(totals(w).write_offs, 1);
    books_are_whole(w);
}

/* Public release: it changes who may use a coupon, never where its right is. */
static void a_coupon_that_became_public_is_claimed_elsewhere_only_after_its_home_let_go(void **state)
{
    struct world *w = *state;
    struct issue issue = {
        .coupon = {.id = {CAMPAIGN, 0},
                   .brand = w->f.brand,
                   .member = MEMBER,
                   .home_store = w->f.shops[0],
                   .exclusive_until_s = (uint32_t)(START_MS / 1000) + 3600},
        .mode = MODE_HOME,
    };
    assert_int_equal(fixture_write(&w->f, run_issue, &issue), 0);
    struct coupon_id coupon = issue.coupon.id;
    sim_clock_advance(&w->f.clock, 2 * 3600 * 1000); /* the home is offline across the moment */
    struct authority_answer told = ask_right(&w->b, coupon, 1);
    assert_int_equal(told.verdict, AUTHORITY_WAITING);
    assert_int_equal(told.used_store, w->f.shops[0]); /* "at store X only" */
    sim_clock_advance(&w->f.clock, 30 * 24 * 3600 * INT64_C(1000));
    assert_int_equal(ask_right(&w->b, coupon, 2).verdict, AUTHORITY_WAITING);
    struct feed_found none;
    terminal_find_in_feed(&w->b, FEED_RIGHT_GRANT, &none);
    assert_int_equal(none.count, 0);

    struct body used = redemption(coupon, 1, 0); /* from its own pool, still offline; it comes up later */
    terminal_record(&w->a, &used);
    told = ask_right(&w->b, coupon, 3);
    assert_int_equal(told.verdict, AUTHORITY_USED);
    assert_int_equal(told.used_store, w->f.shops[0]);
    assert_int_equal(conflicts_of(w).count, 0);
    assert_int_equal(totals(w).canonical, 1);
    books_are_whole(w);
}

static void a_short_code_tells_which_coupon_it_is(void **state)
{
    struct world *w = *state;
    struct issue issue = {
        .coupon = {.id = {CAMPAIGN, 0}, .brand = w->f.brand, .home_store = w->f.shops[0]},
        .mode = MODE_HOME,
    };

    shortcode_from_value(123456789, issue.coupon.shortcode);
    assert_int_equal(fixture_write(&w->f, run_issue, &issue), 0);
    struct authority_request ask = {.request_id = {7}};
    strcpy(ask.shortcode, issue.coupon.shortcode);
    struct authority_answer answer;
    terminal_ask(&w->b, "code", &ask, &answer);
    assert_int_equal(answer.verdict, AUTHORITY_GRANTED);
    assert_true(coupon_id_equal(answer.coupon, issue.coupon.id));
    struct feed_found found;
    terminal_find_in_feed(&w->b, FEED_COUPON, &found);
    assert_int_equal(found.count, 1);
}

static void a_record_that_contradicts_itself_is_kept_and_noted(void **state)
{
    struct world *w = *state;
    struct body sale = {
        .kind = RECORD_SALE,
        .sale = {.clerk = 3, .gross_minor = 1000, .paid_minor = 900, .tender = TENDER_CASH, .business_ms = START_MS},
    };
    terminal_record(&w->a, &sale);
    assert_int_equal(balance(w, "sales/s1", UNIT_CNY), 0);
    books_are_whole(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_home_store_redeems_by_the_token_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(a_used_coupon_is_answered_with_store_and_time, setup, teardown),
        cmocka_unit_test_setup_teardown(a_right_moves_only_after_its_holder_let_go, setup, teardown),
        cmocka_unit_test_setup_teardown(the_same_request_twice_makes_one_move, setup, teardown),
        cmocka_unit_test_setup_teardown(a_holder_that_used_the_coupon_ends_the_move, setup, teardown),
        cmocka_unit_test_setup_teardown(a_strict_coupon_is_granted_by_central_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(an_unknown_coupon_is_unknown_and_a_revoked_one_revoked, setup, teardown),
        cmocka_unit_test_setup_teardown(the_second_redemption_becomes_a_conflict_at_the_risk_account, setup, teardown),
        cmocka_unit_test_setup_teardown(a_use_within_a_budget_does_not_count_beside_the_one_with_the_right, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_grant_that_was_taken_is_not_shown_to_a_fresh_device, setup, teardown),
        cmocka_unit_test_setup_teardown(a_void_lets_the_coupon_be_used_again_with_the_next_number, setup, teardown),
        cmocka_unit_test_setup_teardown(a_void_that_comes_before_its_target_waits_for_it, setup, teardown),
        cmocka_unit_test_setup_teardown(a_second_void_of_the_same_record_changes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(credit_moves_by_what_its_holder_gave, setup, teardown),
        cmocka_unit_test_setup_teardown(credit_that_nobody_holds_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(a_double_after_a_write_off_is_explained_as_one, setup, teardown),
        cmocka_unit_test_setup_teardown(a_coupon_that_became_public_is_claimed_elsewhere_only_after_its_home_let_go,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_short_code_tells_which_coupon_it_is, setup, teardown),
        cmocka_unit_test_setup_teardown(a_record_that_contradicts_itself_is_kept_and_noted, setup, teardown),
    };
    return crypto_start() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
