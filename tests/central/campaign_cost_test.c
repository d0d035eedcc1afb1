#include "campaign_rig.h"

#include "central/store/campaign_pool.h"
#include "central/store/campaign_survey.h"
#include "central/store/query.h"
#include "central/store/rights.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/*
 * What is done for one member or one coupon costs the same however many the campaign gave: with 2000 coupons in it no
 * statement takes more steps of SQLite's machine than a few lookups do. Steps are counted, not time.
 */
#define GIVEN     2000
#define STEPS_MAX 1000 /* less than one for each coupon given */

static struct rig rig;
static uint32_t campaign;
static uint64_t member;
static struct {
    bool on;
    int most;
    char sql[256];
} seen;

static int note_steps(unsigned event, void *context, void *stmt, void *ns)
{
    (void)event;
    (void)context;
    (void)ns;
    int steps = sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_VM_STEP, 1);
    if (seen.on && steps > seen.most) {
        seen.most = steps;
        snprintf(seen.sql, sizeof(seen.sql), "%s", sqlite3_sql(stmt));
    }
    return 0;
}

static int watch(sqlite3 *db, const char **error, const struct sqlite3_api_routines *api)
{
    (void)error;
    (void)api;
    return sqlite3_trace_v2(db, SQLITE_TRACE_PROFILE, note_steps, NULL);
}

static void begin(void)
{
    seen.most = 0;
    seen.on = true;
}

static void was_cheap(void)
{
    seen.on = false;
    if (seen.most >= STEPS_MAX) {
        fail_msg("%d steps: %s", seen.most, seen.sql);
    }
}

/* Coupons of members who are not there; every one of them lies in the pool. */
static int fill(void *arg, struct store_tx *tx)
{
    struct query_values values = QUERY(Q_INT(campaign), Q_INT(GIVEN), Q_INT(rig.f.brand));
    (void)arg;
    int rc = query_run(store_tx_write(tx),
                       "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2) INSERT INTO "
                       "campaign_given (campaign, serial, member, occasion, cause, given_ms, public_from_s, expiry_s, "
                       "state, committed, used_ms, released_ms, claimed_by) SELECT ?1, 100000 + i, 500000 + i, 5, "
                       "'touchpoint ' || i, 0, 1, 4000000000, 0, 0, 0, 1, CASE WHEN i % 2 THEN 600000 + i ELSE 0 END "
                       "FROM n WHERE ?3",
                       values);
    return rc ? rc
              : query_run(store_tx_write(tx),
                          "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2) INSERT INTO "
                          "coupon (campaign, serial, brand, member, home_store, store_epoch, mode, valid_from_s, "
                          "expiry_s, exclusive_until_s, shortcode, revoked, issued_ms, right_epoch, right_store, lost, "
                          "uses, next_use_no) SELECT ?1, 100000 + i, ?3, 500000 + i, 1, 1, 0, 0, 4000000000, 1, NULL, "
                          "0, 0, 0, 1 + i % 2, 0, 0, 1 FROM n",
                          values);
}

static int open_filled(void **state)
{
    (void)state;
    sqlite3_auto_extension((void (*)(void))watch);
    rig_open(&rig, 2);
    campaign = rig_campaign(&rig, "release-with-holdout", "{\"holdout_permille\":0,\"per_member_limit\":3}");
    member = rig_member(&rig, 1);
    assert_int_equal(fixture_write(&rig.f, fill, NULL), 0);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    rig_close(&rig);
    sqlite3_reset_auto_extension();
    return 0;
}

static int touch(void *arg, struct store_tx *tx)
{
    (void)arg;
    return query_run(store_tx_write(tx), "INSERT INTO campaign_count VALUES (?, 1, 0, 1, 0)", QUERY(Q_INT(campaign)));
}

static int give_for_a_cause(void *arg, struct store_tx *tx)
{
    struct issue_order order = {
        .coupon = {.campaign = campaign, .member = member}, .occasion = ISSUE_AT_TOUCHPOINT, .cause = "touchpoint 1"};
    return campaign_issue(tx, &order, arg);
}

static void giving_following_and_taking_back_look_at_one_coupon(void **state)
{
    struct issued issued;
    (void)state;
    begin();
    assert_int_equal(fixture_write(&rig.f, give_for_a_cause, &issued), 0);
    was_cheap();
    assert_int_equal(issued.verdict, ISSUE_GIVEN);
    begin();
    struct record_id use = rig_redeem(&rig, 1, issued.coupon.id, member);
    was_cheap();
    begin();
    rig_void(&rig, 1, use, RECORD_REDEMPTION);
    was_cheap();
}

static int visit_offer(void *context, const struct public_offer *offer)
{
    *(struct public_offer *)context = *offer;
    return 0;
}

static struct public_offer offered(void)
{
    struct store_tx tx;
    struct public_offer offer = {.here = 0};
    assert_int_equal(store_read_begin(rig.f.central->store, &tx), 0);
    begin();
    assert_int_equal(campaign_each_public(&tx, rig.f.brand, 1, visit_offer, &offer), 0);
    store_read_end(&tx);
    was_cheap();
    return offer;
}

static int claim_one(void *arg, struct store_tx *tx)
{
    struct claim claim = {campaign, member};
    return campaign_claim(tx, &claim, arg);
}

static void a_page_and_a_claim_do_not_count_the_pool(void **state)
{
    struct claimed claimed;
    (void)state;
    assert_int_equal(fixture_write(&rig.f, touch, NULL), 0);
    rig_pass(&rig, 60000);
    struct public_offer before = offered();
    assert_int_equal(before.here, GIVEN / 2); /* the even ones */
    begin();
    assert_int_equal(fixture_write(&rig.f, claim_one, &claimed), 0);
    was_cheap();
    assert_true(claimed.verdict == ISSUE_GIVEN && claimed.ready);
    assert_int_equal(offered().here, GIVEN / 2 - 1);
}

static int visit_coupon(void *context, const struct coupon *coupon)
{
    (void)coupon;
    (*(unsigned *)context)++;
    return 0;
}

static void a_members_own_coupons_are_found_without_the_others(void **state)
{
    struct store_tx tx;
    unsigned count = 0;
    struct rights_coupon_filter filter = {.member = 500007, .limit = 10};
    (void)state;
    assert_int_equal(store_read_begin(rig.f.central->store, &tx), 0);
    begin();
    assert_int_equal(rights_each_coupon(&tx, &filter, visit_coupon, &count), 0);
    was_cheap();
    store_read_end(&tx);
    assert_int_equal(count, 1);
}

static void a_survey_asks_and_hears_one_member(void **state)
{
    char args[256];
    (void)state;
    uint64_t stranger = rig_member(&rig, 1);
    assert_int_equal(rig_issue(&rig, campaign, member).verdict, ISSUE_GIVEN);
    snprintf(args, sizeof(args), "{\"zh\":\"为什么？\",\"answers_zh\":\"忘了|太远\",\"campaign\":%u}", campaign);
    json_int_t survey = number_of(admin_do(&rig.p, "survey add", args), "survey");
    snprintf(args, sizeof(args), "{\"survey\":%lld,\"member\":%llu,\"answer\":1}", (long long)survey,
             (unsigned long long)member);
    begin();
    json_decref(admin_do(&rig.p, "survey answer", args));
    snprintf(args, sizeof(args), "{\"survey\":%lld,\"member\":%llu,\"answer\":1}", (long long)survey,
             (unsigned long long)stranger);
    assert_non_null(strstr(admin_refused(&rig.p, "survey answer", args), "not for"));
    was_cheap();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_filled, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(giving_following_and_taking_back_look_at_one_coupon),
        TEST(a_page_and_a_claim_do_not_count_the_pool),
        TEST(a_members_own_coupons_are_found_without_the_others),
        TEST(a_survey_asks_and_hears_one_member),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
