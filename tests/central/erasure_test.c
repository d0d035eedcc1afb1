#include "campaign_rig.h"

#include "central/store/people_privacy.h"
#include "central/store/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What campaigns still hold for a member who goes. */

#define MANY 520 /* more than anybody looks through at a time */

static struct rig rig;

static int open_one(void **state)
{
    (void)state;
    rig_open(&rig, 1);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    rig_close(&rig);
    return 0;
}

static int erase(void *arg, struct store_tx *tx)
{
    return people_erase_member(tx, *(uint64_t *)arg, "test", "asked");
}

static json_int_t given(uint32_t campaign)
{
    json_t *answer = rig_ask(&rig, "campaign show", campaign);
    json_int_t value = rig_result(answer, "given");
    json_decref(answer);
    return value;
}

static int64_t count(const char *sql, uint64_t member)
{
    struct store_tx tx;
    int64_t number = -1;
    assert_int_equal(store_read_begin(rig.f.central->store, &tx), 0);
    assert_int_equal(query_number(store_tx_db(&tx), sql, QUERY(Q_INT(member)), &number), 0);
    store_read_end(&tx);
    return number;
}

static uint32_t by_hand(void)
{
    return rig_campaign(&rig, "after-purchase",
                        "{\"occasion\":\"by_hand\",\"purchase_min\":\"0.00\",\"per_member_limit\":0,"
                        "\"total_limit\":1000,\"budget\":\"100000.00\"}");
}

static void every_unused_coupon_is_revoked_and_its_campaign_hears_of_it(void **state)
{
    char args[96];
    (void)state;
    uint32_t campaign = by_hand();
    uint64_t member = rig_member(&rig, 1), other = rig_member(&rig, 1);
    for (int left = MANY; left > 0; left -= 260) {
        snprintf(args, sizeof(args), "{\"campaign\":%u,\"member\":%llu,\"count\":260}", campaign,
                 (unsigned long long)member);
        json_decref(admin_do(&rig.p, "coupon issue", args));
    }
    assert_int_equal(rig_issue(&rig, campaign, other).verdict, ISSUE_GIVEN);
    assert_int_equal(given(campaign), MANY + 1);
    assert_int_equal(fixture_write(&rig.f, erase, &member), 0);
    assert_int_equal(count("SELECT count(*) FROM coupon WHERE member = ? AND revoked = 0", member), 0);
    assert_int_equal(count("SELECT count(*) FROM coupon WHERE member = ? AND revoked = 0", other), 1);
    assert_int_equal(given(campaign), 1); /* their places are free again */
}

struct targeting {
    uint32_t campaign;
    uint64_t members[2];
};

static int target(void *arg, struct store_tx *tx)
{
    const struct targeting *targeting = arg;
    return campaign_opening_add(tx, targeting->campaign, targeting->members, ARRAY_LEN(targeting->members));
}

static void nothing_is_given_to_who_was_chosen_before(void **state)
{
    (void)state;
    struct targeting targeting = {.campaign = by_hand()};
    uint64_t member = rig_member(&rig, 1), other = rig_member(&rig, 1);
    targeting.members[0] = member;
    targeting.members[1] = other;
    assert_int_equal(fixture_write(&rig.f, target, &targeting), 0);
    assert_int_equal(count("SELECT count(*) FROM campaign_target WHERE member = ?", member), 1);
    assert_int_equal(fixture_write(&rig.f, erase, &member), 0);
    assert_int_equal(count("SELECT count(*) FROM campaign_target WHERE member = ?", member), 0);
    assert_int_equal(count("SELECT count(*) FROM campaign_target WHERE member = ?", other), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_unused_coupon_is_revoked_and_its_campaign_hears_of_it, open_one,
                                        close_all),
        cmocka_unit_test_setup_teardown(nothing_is_given_to_who_was_chosen_before, open_one, close_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
