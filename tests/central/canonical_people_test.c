#include "campaign_rig.h"

#include "central/store/people_activity.h"
#include "central/store/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct rig rig;

static int setup(void **state)
{
    (void)state;
    rig_open(&rig, 2);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_close(&rig);
    return 0;
}

static struct activity activity_of(uint64_t member)
{
    struct activity activity;
    struct store_tx tx;
    assert_int_equal(store_read_begin(rig.f.central->store, &tx), 0);
    assert_int_equal(people_find_activity(&tx, member, &activity), 0);
    store_read_end(&tx);
    return activity;
}

static int64_t number(const char *sql, uint32_t campaign)
{
    struct store_tx tx;
    int64_t found = -1;
    assert_int_equal(store_read_begin(rig.f.central->store, &tx), 0);
    assert_int_equal(query_number(store_tx_db(&tx), sql, QUERY(Q_INT(campaign)), &found), 0);
    store_read_end(&tx);
    return found;
}

static struct record_id redeem_within_a_budget(struct coupon_id coupon, uint64_t member, int64_t discount_minor)
{
    struct body body = {.kind = RECORD_REDEMPTION,
                        .redemption = {.coupon = coupon,
                                       .use_no = 1,
                                       .mode = MODE_BUDGET,
                                       .member = member,
                                       .clerk = 1,
                                       .discount_minor = discount_minor,
                                       .policy_version = 3,
                                       .business_ms = clock_wall_ms(&rig.f.clock.base)}};
    return terminal_record(&rig.terminals[1], &body);
}

/* Who used it, at which cost, and how often a member did are all of the redemption that counts. */
static void members_and_campaigns_follow_the_redemption_that_counts(void **state)
{
    (void)state;
    uint32_t campaign = rig_campaign(&rig, "release-with-holdout", "{\"holdout_permille\":0}");
    uint64_t owner = rig_member(&rig, 1), other = rig_member(&rig, 2);
    struct coupon_id coupon = rig_issue(&rig, campaign, owner).coupon.id;
    struct record_id first = redeem_within_a_budget(coupon, other, 700);
    assert_int_equal(activity_of(other).redemptions, 1);
    assert_int_equal(number("SELECT committed FROM campaign_count WHERE campaign = ?1", campaign), 700);
    rig_redeem(&rig, 1, coupon, owner);
    assert_int_equal(activity_of(other).redemptions, 0);
    assert_int_equal(activity_of(owner).redemptions, 1);
    assert_int_equal(number("SELECT committed FROM campaign_count WHERE campaign = ?1", campaign), 1000);
    assert_int_equal(number("SELECT count(*) FROM campaign_given WHERE campaign = ?1 AND state = 1", campaign), 1);
    rig_void(&rig, 2, first, RECORD_REDEMPTION);
    assert_int_equal(activity_of(other).redemptions, 0);
}

static void an_operator_sees_what_central_moved(void **state)
{
    (void)state;
    uint32_t campaign = rig_campaign(&rig, "release-with-holdout", "{\"holdout_permille\":0}");
    uint64_t owner = rig_member(&rig, 1);
    struct coupon_id coupon = rig_issue(&rig, campaign, owner).coupon.id;
    char account[32];
    redeem_within_a_budget(coupon, owner, 700);
    rig_redeem(&rig, 1, coupon, owner);
    json_t *shown = admin_do(&rig.p, "conflict show", "{\"conflict\":1}");
    snprintf(account, sizeof(account), "risk/%u", campaign);
    assert_true(json_is_true(json_object_get(json_object_get(shown, "result"), "counted_first")));
    assert_int_equal(rig_row(shown, "account", account, "amount_minor"), 700);
    json_decref(shown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(members_and_campaigns_follow_the_redemption_that_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(an_operator_sees_what_central_moved, setup, teardown),
    };
    return crypto_start() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
