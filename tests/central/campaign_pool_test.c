#include "campaign_rig.h"

#include "central/store/campaign_pool.h"
#include "central/store/identity.h"
#include "domain/lift.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TO_RELEASE_MS (12 * RIG_DAY_MS) /* coupons live 14 days and become public two days before their end */

static struct rig rig;
static uint32_t campaign;
static uint64_t owner, other; /* at home in store 1 and 2 */
static struct issued given;

static int open_released(void **state)
{
    (void)state;
    rig_open(&rig, 2);
    campaign = rig_campaign(&rig, "release-with-holdout", "{\"holdout_permille\":0}");
    owner = rig_member(&rig, 1);
    other = rig_member(&rig, 2);
    given = rig_issue(&rig, campaign, owner);
    assert_int_equal(given.verdict, ISSUE_GIVEN);
    rig_pass(&rig, TO_RELEASE_MS - RIG_HOUR_MS);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    rig_close(&rig);
    return 0;
}

static struct feed_pool told(unsigned store)
{
    struct feed_found found = {.kind = FEED_POOL};
    struct feed_pool pool = {.gone = true};
    rig.terminals[store - 1].cursor = (struct feed_cursor){0, 0};
    terminal_find_in_feed(&rig.terminals[store - 1], FEED_POOL, &found);
    if (found.count) {
        assert_int_equal(feed_pool_decode((struct slice){found.body, found.len}, &pool), 0);
    }
    return pool;
}

static json_t *claim(uint64_t member)
{
    char args[96];
    snprintf(args, sizeof(args), "{\"campaign\":%u,\"member\":%llu}", campaign, (unsigned long long)member);
    return admin_do(&rig.p, "campaign claim", args);
}

static void claim_is(uint64_t member, const char *verdict, bool ready)
{
    json_t *answer = claim(member);
    const json_t *result = json_object_get(answer, "result");
    assert_string_equal(json_string_value(json_object_get(result, "verdict")), verdict);
    assert_int_equal(json_is_true(json_object_get(result, "ready")), ready);
    json_decref(answer);
}

static json_int_t unmet(const char *reason)
{
    json_t *answer = rig_ask(&rig, "campaign unmet", campaign);
    json_int_t asked = rig_row(answer, "reason", reason, "asked");
    json_decref(answer);
    return asked;
}

static struct rights_totals totals(void)
{
    struct store_tx tx;
    struct rights_totals sums;
    assert_int_equal(store_read_begin(rig.f.central->store, &tx), 0);
    assert_int_equal(rights_totals(&tx, &sums), 0);
    store_read_end(&tx);
    return sums;
}

static void one_use_and_no_conflict(void)
{
    struct rights_totals sums = totals();
    assert_int_equal(sums.records, 1);
    assert_int_equal(sums.canonical, 1);
    assert_int_equal(sums.conflicts, 0);
    assert_int_equal(sums.problems, 0);
    assert_int_equal(sums.unexplained, 0);
}

static void a_coupon_is_its_owners_until_two_days_before_its_end(void **state)
{
    (void)state;
    assert_true(told(1).gone && told(2).gone);
    claim_is(other, "none_left", false);
    assert_int_equal(unmet("none_left"), 1);
    rig_pass(&rig, 2 * RIG_HOUR_MS);
    struct feed_pool one = told(1), two = told(2);
    assert_true(!one.gone && one.here == 1 && one.elsewhere == 0);
    assert_true(!two.gone && two.here == 0 && two.elsewhere == 1);
    assert_int_equal(one.until_s, given.coupon.expiry_s);
    assert_string_equal(one.name_zh, "两日前公开");
    rig_pass(&rig, 3 * RIG_DAY_MS);
    assert_true(told(1).gone);
}

static void a_day_after_its_issue_works_as_well(void **state)
{
    (void)state;
    uint32_t quick = rig_campaign(&rig, "release-with-holdout",
                                  "{\"holdout_permille\":0,\"release\":\"after_issue_24h\",\"messages\":[]}");
    rig_issue(&rig, quick, owner);
    rig_pass(&rig, 24 * RIG_HOUR_MS - 60000);
    json_t *answer = rig_ask(&rig, "campaign show", quick);
    assert_int_equal(rig_result(answer, "released"), 0);
    json_decref(answer);
    rig_pass(&rig, 120000);
    answer = rig_ask(&rig, "campaign show", quick);
    assert_int_equal(rig_result(answer, "released"), 1);
    json_decref(answer);
}

static void what_the_holdout_holds_never_becomes_public(void **state)
{
    (void)state;
    uint32_t half = rig_campaign(&rig, "release-with-holdout", "{\"holdout_permille\":500,\"messages\":[]}");
    unsigned held = 0;
    for (int i = 0; i < 20; i++) {
        uint64_t m = rig_member(&rig, 1);
        struct issued one = rig_issue(&rig, half, m);
        bool out = lift_held_out(half, m, 500);
        held += out;
        assert_int_equal(one.verdict, ISSUE_GIVEN);
        assert_int_equal(one.coupon.exclusive_until_s == 0, out);
    }
    rig_pass(&rig, TO_RELEASE_MS + RIG_HOUR_MS);
    json_t *answer = rig_ask(&rig, "campaign show", half);
    assert_int_equal(rig_result(answer, "released"), 20 - held);
    json_decref(answer);
}

static void a_claim_in_the_store_that_holds_it_is_good_at_once(void **state)
{
    (void)state;
    uint64_t neighbour = rig_member(&rig, 1);
    rig_pass(&rig, 2 * RIG_HOUR_MS);
    claim_is(owner, "has_one", false);
    claim_is(neighbour, "given", true);
    claim_is(neighbour, "has_one", false);
    assert_int_equal(rig_coupon(&rig, given.coupon.id).member, neighbour);
    struct feed_found found = {.kind = FEED_COUPON};
    struct feed_coupon item;
    rig.terminals[0].cursor = (struct feed_cursor){0, 0};
    terminal_find_in_feed(&rig.terminals[0], FEED_COUPON, &found);
    assert_int_equal(feed_coupon_decode((struct slice){found.body, found.len}, &item), 0);
    assert_int_equal(item.member, neighbour);
    assert_int_equal(item.exclusive_until_s, item.expiry_s);
    rig_pass(&rig, 60000);
    assert_true(told(1).gone);
    rig_redeem(&rig, 1, given.coupon.id, neighbour);
    one_use_and_no_conflict();
    assert_int_equal(unmet("taken"), 0);
}

/* Store 1 hears that it is asked to give it up, and does. */
static void release_it(void)
{
    struct feed_found found = {.kind = FEED_RIGHT_REQUEST};
    struct feed_right right;
    terminal_find_in_feed(&rig.terminals[0], FEED_RIGHT_REQUEST, &found);
    assert_int_equal(found.count, 1);
    assert_int_equal(feed_right_decode((struct slice){found.body, found.len}, &right), 0);
    struct body body = {
        .kind = RECORD_RIGHT_RELEASED,
        .right = {.coupon = right.coupon, .epoch = right.epoch, .use_no = right.use_no, .transfer = right.transfer}};
    terminal_record(&rig.terminals[0], &body);
}

static void a_claim_elsewhere_moves_the_right_before_it_is_good(void **state)
{
    (void)state;
    rig_pass(&rig, 2 * RIG_HOUR_MS);
    claim_is(other, "given", false);
    assert_int_equal(rig_coupon(&rig, given.coupon.id).right_store, 1);
    release_it();
    struct coupon moved = rig_coupon(&rig, given.coupon.id);
    assert_int_equal(moved.right_store, 2);
    assert_int_equal(moved.right_epoch, 1);
    rig_redeem(&rig, 2, given.coupon.id, other);
    one_use_and_no_conflict();
}

static void a_store_that_was_away_may_have_used_it_and_then_the_claim_loses(void **state)
{
    (void)state;
    rig_pass(&rig, 2 * RIG_HOUR_MS);
    claim_is(other, "given", false); /* store 1 is offline: it hears of nothing */
    rig_pass(&rig, 5 * RIG_HOUR_MS);
    assert_int_equal(rig_coupon(&rig, given.coupon.id).right_store, 1); /* asked for, never given twice */
    rig_redeem(&rig, 1, given.coupon.id, owner);                        /* what it did meanwhile comes up */
    assert_int_equal(rig_coupon(&rig, given.coupon.id).right_store, 1);
    one_use_and_no_conflict();
    assert_int_equal(unmet("taken"), 1);
    json_t *answer = rig_ask(&rig, "campaign show", campaign);
    assert_int_equal(rig_result(answer, "used"), 1);
    json_decref(answer);
    claim_is(other, "none_left", false); /* may ask for another one */
}

/* What store 1 gave away out of its own pool, to somebody unknown, comes up. */
static void give_away(struct coupon_id id)
{
    struct coupon coupon = rig_coupon(&rig, id);
    struct body body = {.kind = RECORD_REDEMPTION,
                        .redemption = {.coupon = id,
                                       .use_no = coupon.next_use_no,
                                       .mode = MODE_HOME,
                                       .clerk = 1,
                                       .discount_minor = 1000,
                                       .sale_minor = 6000,
                                       .offline = true,
                                       .to_public = true,
                                       .business_ms = clock_wall_ms(&rig.f.clock.base)}};
    terminal_record(&rig.terminals[0], &body);
}

static int count_lost(void *context, const struct public_offer *offer)
{
    *(unsigned *)context += offer->rules.id == campaign;
    return 0;
}

static unsigned lost(uint64_t member)
{
    struct store_tx tx;
    unsigned count = 0;
    assert_int_equal(store_read_begin(rig.f.central->store, &tx), 0);
    assert_int_equal(campaign_each_lost(&tx, member, tx.now_ms - RIG_DAY_MS, count_lost, &count), 0);
    store_read_end(&tx);
    return count;
}

static void a_claim_ends_when_the_store_that_was_away_has_given_it_to_somebody(void **state)
{
    (void)state;
    rig_pass(&rig, 2 * RIG_HOUR_MS);
    claim_is(other, "given", false);
    assert_int_equal(lost(other), 0);
    rig_pass(&rig, 5 * RIG_HOUR_MS);
    give_away(given.coupon.id);
    one_use_and_no_conflict();
    struct coupon coupon = rig_coupon(&rig, given.coupon.id);
    assert_int_equal(coupon.right_store, 1);
    assert_int_equal(coupon.member, owner);
    assert_int_equal(coupon.exclusive_until_s, given.coupon.exclusive_until_s);
    assert_int_equal(unmet("taken"), 1);
    assert_int_equal(lost(other), 1);
    struct feed_found found = {.kind = FEED_RIGHT_REQUEST};
    terminal_find_in_feed(&rig.terminals[0], FEED_RIGHT_REQUEST, &found);
    assert_int_equal(found.count, 0); /* nobody is asked for it any more */
    json_t *answer = rig_ask(&rig, "campaign show", campaign);
    assert_int_equal(rig_result(answer, "claimed"), 0);
    json_decref(answer);
}

static void who_lost_one_has_another_when_there_is_one(void **state)
{
    (void)state;
    campaign = rig_campaign(&rig, "release-with-holdout", "{\"holdout_permille\":0,\"messages\":[]}");
    struct issued first = rig_issue(&rig, campaign, owner), second = rig_issue(&rig, campaign, rig_member(&rig, 1));
    rig_pass(&rig, TO_RELEASE_MS + RIG_HOUR_MS);
    claim_is(other, "given", false);
    assert_int_equal(rig_coupon(&rig, first.coupon.id).member, other);
    give_away(first.coupon.id);
    assert_int_equal(rig_coupon(&rig, first.coupon.id).member, owner);
    assert_int_equal(rig_coupon(&rig, second.coupon.id).member, other);
    assert_int_equal(unmet("taken"), 1);
    assert_int_equal(unmet("none_left"), 0);
    assert_int_equal(lost(other), 0);
    one_use_and_no_conflict();
}

static void who_became_another_number_has_used_what_they_claimed(void **state)
{
    char args[96];
    (void)state;
    rig_pass(&rig, 2 * RIG_HOUR_MS);
    uint64_t survivor = rig_member(&rig, 2);
    claim_is(other, "given", false);
    snprintf(args, sizeof(args), "{\"member\":%llu,\"absorbed\":%llu,\"evidence\":\"card shown\"}",
             (unsigned long long)survivor, (unsigned long long)other);
    json_decref(admin_do(&rig.p, "member merge", args));
    rig_redeem(&rig, 1, given.coupon.id, other); /* the store has not heard of it */
    one_use_and_no_conflict();
    assert_int_equal(unmet("taken"), 0);
    assert_int_equal(rig_coupon(&rig, given.coupon.id).member, survivor);
}

static void a_void_brings_it_back_to_the_pool_that_it_came_from(void **state)
{
    (void)state;
    rig_pass(&rig, 2 * RIG_HOUR_MS);
    claim_is(other, "given", false);
    struct record_id used = rig_redeem(&rig, 1, given.coupon.id, owner);
    rig_void(&rig, 1, used, RECORD_REDEMPTION);
    rig_pass(&rig, 60000);
    struct feed_pool one = told(1);
    assert_true(!one.gone && one.here == 1);
    claim_is(other, "given", false);
}

static void who_waits_hears_which_store_has_it(void **state)
{
    (void)state;
    struct shop shop;
    struct store_tx tx;
    rig_pass(&rig, 2 * RIG_HOUR_MS);
    assert_int_equal(store_read_begin(rig.f.central->store, &tx), 0);
    assert_int_equal(identity_find_shop(&tx, 1, &shop), 0);
    store_read_end(&tx);
    assert_string_equal(told(2).only_zh, shop.name_zh);
    assert_string_equal(told(1).only_zh, "");
}

static void another_brands_member_is_nobody_to_it(void **state)
{
    (void)state;
    rig_pass(&rig, 2 * RIG_HOUR_MS);
    claim_is(rig_foreigner(&rig), "nobody", false);
    assert_int_equal(rig_coupon(&rig, given.coupon.id).member, owner);
    assert_int_equal(unmet("none_left") + unmet("over"), 0);
}

static void a_campaign_that_is_paused_has_no_pool(void **state)
{
    char args[64];
    (void)state;
    rig_pass(&rig, 2 * RIG_HOUR_MS);
    assert_false(told(1).gone);
    snprintf(args, sizeof(args), "{\"campaign\":%u,\"state\":\"paused\"}", campaign);
    json_decref(admin_do(&rig.p, "campaign set-state", args));
    rig_pass(&rig, 60000);
    assert_true(told(1).gone);
    claim_is(other, "not_live", false);
    assert_int_equal(row_count(admin_do(&rig.p, "campaign pool", "{\"store\":1}")), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_released, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_coupon_is_its_owners_until_two_days_before_its_end),
        TEST(a_day_after_its_issue_works_as_well),
        TEST(what_the_holdout_holds_never_becomes_public),
        TEST(a_claim_in_the_store_that_holds_it_is_good_at_once),
        TEST(a_claim_elsewhere_moves_the_right_before_it_is_good),
        TEST(a_store_that_was_away_may_have_used_it_and_then_the_claim_loses),
        TEST(who_became_another_number_has_used_what_they_claimed),
        TEST(a_claim_ends_when_the_store_that_was_away_has_given_it_to_somebody),
        TEST(who_lost_one_has_another_when_there_is_one),
        TEST(a_void_brings_it_back_to_the_pool_that_it_came_from),
        TEST(who_waits_hears_which_store_has_it),
        TEST(another_brands_member_is_nobody_to_it),
        TEST(a_campaign_that_is_paused_has_no_pool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
