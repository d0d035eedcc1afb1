#include "campaign_rig.h"

#include "central/store/campaign_pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct rig rig;

static int open_two(void **state)
{
    (void)state;
    rig_open(&rig, 2);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    rig_close(&rig);
    return 0;
}

static size_t coupons_of(uint64_t member)
{
    char args[64];
    snprintf(args, sizeof(args), "{\"member\":%llu}", (unsigned long long)member);
    return row_count(admin_do(&rig.p, "coupon list", args));
}

static json_int_t stand(uint32_t campaign, const char *what)
{
    json_t *answer = rig_ask(&rig, "campaign show", campaign);
    json_int_t value = rig_result(answer, what);
    json_decref(answer);
    return value;
}

static json_int_t unmet(uint32_t campaign, const char *reason, const char *what)
{
    json_t *answer = rig_ask(&rig, "campaign unmet", campaign);
    json_int_t value = rig_row(answer, "reason", reason, what);
    json_decref(answer);
    return value;
}

static void a_member_gets_no_more_than_the_campaign_allows(void **state)
{
    (void)state;
    uint32_t c = rig_campaign(&rig, "after-purchase",
                              "{\"occasion\":\"by_hand\",\"purchase_min\":\"0.00\","
                              "\"per_member_limit\":2}");
    uint64_t m = rig_member(&rig, 1);
    assert_int_equal(rig_issue(&rig, c, m).verdict, ISSUE_GIVEN);
    assert_int_equal(rig_issue(&rig, c, m).verdict, ISSUE_GIVEN);
    assert_int_equal(rig_issue(&rig, c, m).verdict, ISSUE_MEMBER_LIMIT);
    assert_int_equal(rig_issue(&rig, c, rig_member(&rig, 1)).verdict, ISSUE_GIVEN);
    assert_int_equal(stand(c, "given"), 3);
}

static void the_total_limit_ends_the_giving_and_a_revoked_one_makes_room(void **state)
{
    (void)state;
    uint32_t c = rig_campaign(&rig, "after-purchase",
                              "{\"occasion\":\"by_hand\",\"purchase_min\":\"0.00\","
                              "\"per_member_limit\":0,\"total_limit\":2}");
    uint64_t m = rig_member(&rig, 1);
    char args[96];
    struct issued first = rig_issue(&rig, c, m);
    rig_issue(&rig, c, m);
    assert_int_equal(rig_issue(&rig, c, m).verdict, ISSUE_NONE_LEFT);
    snprintf(args, sizeof(args), "{\"campaign\":%u,\"store\":1}", c);
    assert_non_null(strstr(admin_refused(&rig.p, "coupon issue", args), "all its coupons"));
    snprintf(args, sizeof(args), "{\"coupon\":\"%u-%llu\",\"why\":\"misprint\"}", c,
             (unsigned long long)first.coupon.id.serial);
    json_decref(admin_do(&rig.p, "coupon revoke", args));
    assert_int_equal(rig_issue(&rig, c, m).verdict, ISSUE_GIVEN);
}

static void the_budget_holds_what_is_out_and_what_was_used(void **state)
{
    (void)state;
    /* 30 yuan, 12 at worst for each coupon: two fit; one used for 10 and one expired leave 20 */
    uint32_t c = rig_campaign(&rig, "after-purchase",
                              "{\"occasion\":\"by_hand\",\"purchase_min\":\"0.00\",\"per_member_limit\":0,"
                              "\"budget\":\"30.00\",\"cost_each\":\"12.00\",\"life_days\":5}");
    uint64_t m = rig_member(&rig, 1);
    struct issued first = rig_issue(&rig, c, m), second = rig_issue(&rig, c, m);
    assert_int_equal(second.verdict, ISSUE_GIVEN);
    assert_int_equal(rig_issue(&rig, c, m).verdict, ISSUE_BUDGET_SPENT);
    assert_int_equal(stand(c, "committed_minor"), 2400);
    struct record_id used = rig_redeem(&rig, 1, first.coupon.id, m);
    assert_int_equal(stand(c, "committed_minor"), 2200);
    rig_void(&rig, 1, used, RECORD_REDEMPTION);
    assert_int_equal(stand(c, "committed_minor"), 2400);
    rig_redeem(&rig, 1, first.coupon.id, m);
    rig_pass(&rig, 6 * RIG_DAY_MS);
    assert_int_equal(stand(c, "committed_minor"), 1000);
    assert_int_equal(stand(c, "used"), 1);
    assert_int_equal(rig_issue(&rig, c, m).verdict, ISSUE_GIVEN);
}

static struct record_id redeem_as(struct coupon_id id, uint32_t use_no, int64_t discount_minor)
{
    struct body body = {.kind = RECORD_REDEMPTION,
                        .redemption = {.coupon = id,
                                       .use_no = use_no,
                                       .mode = MODE_HOME,
                                       .clerk = 1,
                                       .discount_minor = discount_minor,
                                       .sale_minor = discount_minor,
                                       .policy_version = 3,
                                       .business_ms = clock_wall_ms(&rig.f.clock.base)}};
    return terminal_record(&rig.terminals[0], &body);
}

/* The second use of a coupon is heard of and voided before the first one comes: its batch must be taken in. */
static void a_use_that_comes_late_is_followed_by_its_own_number(void **state)
{
    (void)state;
    uint32_t c = rig_campaign(&rig, "after-purchase",
                              "{\"occasion\":\"by_hand\",\"purchase_min\":\"0.00\",\"per_member_limit\":0,"
                              "\"budget\":\"30.00\",\"cost_each\":\"12.00\"}");
    struct issued given = rig_issue(&rig, c, rig_member(&rig, 1));
    rig_void(&rig, 1, redeem_as(given.coupon.id, 2, 700), RECORD_REDEMPTION);
    assert_int_equal(rig_coupon(&rig, given.coupon.id).next_use_no, 3);
    assert_int_equal(stand(c, "used"), 0);
    redeem_as(given.coupon.id, 1, 700);
    assert_int_equal(rig_coupon(&rig, given.coupon.id).uses, 1);
    assert_int_equal(stand(c, "used"), 1);
    assert_int_equal(stand(c, "committed_minor"), 700);
}

/* A terminal that reckons nonsense: its records are taken in, and the budget counts what a coupon costs at worst. */
static void sums_that_cannot_be_keep_no_records_out(void **state)
{
    (void)state;
    uint32_t c = rig_campaign(&rig, "after-purchase", "{\"per_member_limit\":0,\"cost_each\":\"12.00\"}");
    uint64_t m = rig_member(&rig, 1);
    struct body sale = {.kind = RECORD_SALE,
                        .sale = {.group = 1,
                                 .clerk = 1,
                                 .member = m,
                                 .paid_minor = INT64_MAX,
                                 .credit_minor = 1,
                                 .tender = TENDER_CASH,
                                 .business_ms = clock_wall_ms(&rig.f.clock.base)}};
    terminal_record(&rig.terminals[0], &sale);
    assert_int_equal(stand(c, "given"), 0);
    struct issued first = rig_issue(&rig, c, m), second = rig_issue(&rig, c, m);
    assert_int_equal(second.verdict, ISSUE_GIVEN);
    redeem_as(first.coupon.id, 1, INT64_MAX);
    redeem_as(second.coupon.id, 1, INT64_MAX);
    assert_int_equal(stand(c, "used"), 2);
    assert_int_equal(stand(c, "committed_minor"), 2400);
}

static void a_purchase_earns_one_coupon_however_often_it_is_heard_of(void **state)
{
    (void)state;
    uint32_t c = rig_campaign(&rig, "after-purchase", "{}");
    uint64_t m = rig_member(&rig, 1);
    rig_sale(&rig, 1, m, 7999);
    assert_int_equal(coupons_of(m), 0);
    struct record_id sale = rig_sale(&rig, 2, m, 8000); /* in another store than the member's */
    assert_int_equal(coupons_of(m), 1);
    rig_sale(&rig, 1, 0, 9000);
    rig_sale(&rig, 1, 424242, 9000); /* nobody central knows: the sale stands, nothing is given */
    assert_int_equal(stand(c, "given"), 1);
    rig_void(&rig, 2, sale, RECORD_SALE);
    assert_int_equal(stand(c, "given"), 0);
}

static void joining_gives_the_welcome_and_what_the_touchpoint_promises(void **state)
{
    (void)state;
    uint32_t c = rig_campaign(&rig, "welcome", "{}");
    assert_int_equal(rig_touchpoint(&rig, 1, "A3"), 1);
    uint32_t t = rig_campaign(&rig, "after-purchase",
                              "{\"occasion\":\"touchpoint\",\"purchase_min\":\"0.00\",\"touchpoints\":[1]}");
    uint64_t m = rig_join(&rig, 1, 1);
    assert_int_equal(coupons_of(m), 2);
    assert_int_equal(stand(c, "given"), 1);
    assert_int_equal(stand(t, "given"), 1);
}

struct scan {
    struct campaign_arrival arrival;
    uint32_t coupons;
};

static int run_scan(void *arg, struct store_tx *tx)
{
    struct scan *scan = arg;
    return campaign_at_touchpoint(tx, &scan->arrival, &scan->coupons);
}

static uint32_t scan_touchpoint(uint64_t member)
{
    struct scan scan = {.arrival = {rig.f.brand, 1, member}};
    assert_int_equal(fixture_write(&rig.f, run_scan, &scan), 0);
    return scan.coupons;
}

static void who_scans_a_touchpoint_in_vain_is_counted(void **state)
{
    (void)state;
    assert_int_equal(rig_touchpoint(&rig, 1, "A3"), 1);
    uint32_t c = rig_campaign(&rig, "after-purchase",
                              "{\"occasion\":\"touchpoint\",\"purchase_min\":\"0.00\",\"touchpoints\":[1],"
                              "\"total_limit\":1}");
    uint64_t first = rig_member(&rig, 1), second = rig_member(&rig, 1);
    assert_int_equal(scan_touchpoint(first), 1);
    assert_int_equal(scan_touchpoint(first), 0); /* had it already: no demand that was not met */
    assert_int_equal(scan_touchpoint(second), 0);
    assert_int_equal(scan_touchpoint(second), 0);
    assert_int_equal(unmet(c, "none_left", "members"), 1);
    assert_int_equal(unmet(c, "none_left", "asked"), 2);
    char args[64];
    snprintf(args, sizeof(args), "{\"campaign\":%u,\"state\":\"ended\"}", c);
    json_decref(admin_do(&rig.p, "campaign set-state", args));
    scan_touchpoint(second);
    assert_int_equal(unmet(c, "over", "asked"), 1);
}

static void without_a_release_rule_the_holdout_gets_nothing_and_is_measured_by_what_it_buys(void **state)
{
    (void)state;
    uint32_t c = rig_campaign(&rig, "welcome", "{\"holdout_permille\":500,\"total_limit\":1000}");
    unsigned with = 0;
    for (int i = 0; i < 40; i++) {
        with += coupons_of(rig_join(&rig, 1, 0)) == 1;
    }
    assert_true(with > 8 && with < 32);
    json_t *answer = rig_ask(&rig, "campaign report", c);
    assert_int_equal(rig_row(answer, "arm", "treated", "members"), with);
    assert_int_equal(rig_row(answer, "arm", "holdout", "members"), 40 - with);
    json_decref(answer);
}

static void a_clearance_ends_with_its_stock(void **state)
{
    (void)state;
    json_decref(admin_do(&rig.p, "product rows",
                         "{\"rows\":[[1,\"6901234567892\",\"T\",\"龙井\",\"Longjing\",\"128.00\",\"99.00\",\"1\"]]}"));
    uint32_t c = rig_campaign(&rig, "after-purchase",
                              "{\"occasion\":\"by_hand\",\"purchase_min\":\"0.00\",\"per_member_limit\":0,"
                              "\"clearance_ean\":\"6901234567892\",\"stock\":2}");
    uint64_t m = rig_member(&rig, 1);
    struct issued a = rig_issue(&rig, c, m), b = rig_issue(&rig, c, m), spare = rig_issue(&rig, c, m);
    rig_redeem(&rig, 1, a.coupon.id, m);
    rig_redeem(&rig, 1, b.coupon.id, m);
    json_t *answer = rig_ask(&rig, "campaign show", c);
    assert_string_equal(json_string_value(json_object_get(json_object_get(answer, "result"), "state")), "ended");
    json_decref(answer);
    assert_int_equal(spare.verdict, ISSUE_GIVEN);
    assert_int_equal(rig_issue(&rig, c, m).verdict, ISSUE_OVER);
    answer = rig_ask(&rig, "campaign history", c);
    assert_int_equal(rig_row(answer, "why", "the stock is gone", "version"), 4);
    json_decref(answer);
}

static bool work_is_due(void)
{
    struct store_tx tx;
    bool due = false;
    assert_int_equal(store_read_begin(rig.f.central->store, &tx), 0);
    assert_int_equal(campaign_work_due(&tx, &due), 0);
    store_read_end(&tx);
    return due;
}

static void set_state(uint32_t campaign, const char *state)
{
    char args[64];
    snprintf(args, sizeof(args), "{\"campaign\":%u,\"state\":\"%s\"}", campaign, state);
    json_decref(admin_do(&rig.p, "campaign set-state", args));
}

static uint32_t campaign_to_a_segment(void)
{
    char changes[160];
    json_int_t segment =
        number_of(admin_do(&rig.p, "segment add", "{\"name\":\"东门\",\"text\":\"store 1\"}"), "segment");
    snprintf(changes, sizeof(changes), "{\"occasion\":\"segment\",\"purchase_min\":\"0.00\",\"segment\":%lld}",
             (long long)segment);
    return rig_campaign(&rig, "after-purchase", changes);
}

static void a_segment_waits_without_work_while_paused_and_is_settled_at_the_end(void **state)
{
    (void)state;
    rig_member(&rig, 1);
    uint32_t c = campaign_to_a_segment();
    assert_true(work_is_due());
    set_state(c, "paused");
    rig_pass(&rig, 60000); /* who is in the segment is entered */
    assert_false(work_is_due());
    rig_pass(&rig, 60000);
    assert_int_equal(stand(c, "given"), 0);
    set_state(c, "ended");
    assert_true(work_is_due());
    rig_pass(&rig, 60000);
    assert_false(work_is_due());
    assert_int_equal(stand(c, "given"), 0);
}

static void a_segment_is_served_in_batches_when_the_campaign_goes_live(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        rig_member(&rig, 1);
        rig_member(&rig, 2);
    }
    uint32_t c = campaign_to_a_segment();
    rig_pass(&rig, 1000);
    rig_member(&rig, 1); /* came too late for it */
    rig_pass(&rig, 60000);
    rig_pass(&rig, 60000);
    assert_int_equal(stand(c, "given"), 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_two, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_member_gets_no_more_than_the_campaign_allows),
        TEST(the_total_limit_ends_the_giving_and_a_revoked_one_makes_room),
        TEST(the_budget_holds_what_is_out_and_what_was_used),
        TEST(a_use_that_comes_late_is_followed_by_its_own_number),
        TEST(sums_that_cannot_be_keep_no_records_out),
        TEST(a_purchase_earns_one_coupon_however_often_it_is_heard_of),
        TEST(joining_gives_the_welcome_and_what_the_touchpoint_promises),
        TEST(who_scans_a_touchpoint_in_vain_is_counted),
        TEST(without_a_release_rule_the_holdout_gets_nothing_and_is_measured_by_what_it_buys),
        TEST(a_clearance_ends_with_its_stock),
        TEST(a_segment_waits_without_work_while_paused_and_is_settled_at_the_end),
        TEST(a_segment_is_served_in_batches_when_the_campaign_goes_live),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
