#include "members_desk.h"

#include "central/store/segment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct members_desk d;

static int setup(void **state)
{
    (void)state;
    members_open(&d, false);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    members_close(&d);
    return 0;
}

static void what_a_member_buys_is_known_and_a_void_takes_it_back(void **state)
{
    (void)state;
    json_int_t member = members_add(&d, 1);
    members_sell(&d, member, 3000);
    members_pass(&d, DAY_MS);
    struct record_id second = members_sell(&d, member, 1250);
    struct activity activity = members_activity(&d, member);
    assert_int_equal(activity.purchases, 2);
    assert_int_equal(activity.spent_minor, 4250);
    assert_int_equal(activity.bought_ms, clock_wall_ms(&d.people.clock.base));
    members_void(&d, second);
    activity = members_activity(&d, member);
    assert_int_equal(activity.purchases, 1);
    assert_int_equal(activity.spent_minor, 3000);
    assert_int_equal(activity.visited_ms, clock_wall_ms(&d.people.clock.base)); /* the visit took place */
}

static void a_till_whose_clock_is_ahead_makes_no_visit_in_the_future(void **state)
{
    (void)state;
    json_int_t member = members_add(&d, 1);
    struct body sale = {.kind = RECORD_SALE,
                        .sale = {.group = d.till.seq + 1,
                                 .clerk = 1,
                                 .member = (uint64_t)member,
                                 .gross_minor = 100,
                                 .paid_minor = 100,
                                 .tender = TENDER_CASH,
                                 .business_ms = PEOPLE_START_MS + 400 * DAY_MS}};
    terminal_record(&d.till, &sale);
    assert_true(members_activity(&d, member).visited_ms <= clock_wall_ms(&d.people.clock.base));
}

static void a_sale_that_contradicts_itself_counts_for_nobody(void **state)
{
    (void)state;
    json_int_t member = members_add(&d, 1);
    struct body sale = {.kind = RECORD_SALE,
                        .sale = {.group = d.till.seq + 1,
                                 .clerk = 1,
                                 .member = (uint64_t)member,
                                 .gross_minor = 100,
                                 .paid_minor = 900,
                                 .tender = TENDER_CASH,
                                 .business_ms = PEOPLE_START_MS}};
    terminal_record(&d.till, &sale);
    assert_int_equal(members_activity(&d, member).purchases, 0);
}

static void tags_are_words_of_a_vocabulary_with_a_version(void **state)
{
    (void)state;
    json_int_t member = members_add(&d, 1);
    assert_int_equal(number_of(admin_do(&d.people, "tag add", "{\"name\":\"咖啡\"}"), "version"), 1);
    assert_int_equal(number_of(admin_do(&d.people, "tag add", "{\"name\":\"tea\",\"self\":true}"), "version"), 2);
    assert_non_null(strstr(admin_refused(&d.people, "tag add", "{\"name\":\"tea\"}"), "is there"));
    members_admin(&d, "member tag", "{\"member\":%lld,\"tag\":\"咖啡\"}", member);
    members_admin(&d, "member tag", "{\"member\":%lld,\"tag\":\"咖啡\"}", member);
    assert_int_equal(members_count(&d, "tag 咖啡"), 1);
    char args[96];
    snprintf(args, sizeof(args), "{\"member\":%lld,\"tag\":\"cofee\"}", member);
    assert_non_null(strstr(admin_refused(&d.people, "member tag", args), "vocabulary"));
    members_admin(&d, "tag retire", "{\"tag\":1}");
    assert_int_equal(members_count(&d, "tag 咖啡"), 1); /* who has it keeps it */
    snprintf(args, sizeof(args), "{\"member\":%lld,\"tag\":\"咖啡\"}", members_add(&d, 1));
    assert_non_null(strstr(admin_refused(&d.people, "member tag", args), "retired"));
    members_admin(&d, "member untag", "{\"member\":%lld,\"tag\":\"咖啡\"}", member);
    assert_int_equal(members_count(&d, "tag 咖啡"), 0);
}

static void segments_choose_by_place_time_and_behaviour(void **state)
{
    static const struct {
        const char *text;
        int count;
    } rows[] = {
        {"store 1", 2},
        {"store 1, 2", 3},
        {"not store 1", 1},
        {"purchases >= 2", 1},
        {"purchases = 0", 1},
        {"bought never", 1},
        {"spent > 30.00", 1},
        {"spent > 70.00", 0},
        {"bought before 9d", 1},
        {"bought before 9d or bought never", 2},
        {"bought after 9d", 1},
        {"joined before 2026-11-19", 2},
        {"tag vip and store 1", 1},
        {"segment 1 and tag vip", 1},
        {"hour >= 12", 2},
        {"hour < 12", 0},
    };
    (void)state;
    json_int_t early = members_add(&d, 1), often = members_add(&d, 1);
    members_sell(&d, early, 2000);
    members_pass(&d, 10 * DAY_MS);
    members_sell(&d, often, 4000);
    members_sell(&d, often, 3000);
    members_add(&d, 2);
    members_admin(&d, "tag add", "{\"name\":\"vip\"}");
    members_admin(&d, "member tag", "{\"member\":%lld,\"tag\":\"vip\"}", often);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        json_int_t count = members_count(&d, rows[i].text);
        if (count != rows[i].count) {
            fail_msg("%s: %lld", rows[i].text, count);
        }
    }
}

static void segments_never_name_each_other_in_a_circle(void **state)
{
    (void)state;
    members_put_segment(&d, "store 1");
    members_put_segment(&d, "segment 1 and purchases > 1");
    assert_non_null(
        strstr(admin_refused(&d.people, "segment change", "{\"segment\":1,\"text\":\"segment 2\"}"), "circle"));
    assert_non_null(
        strstr(admin_refused(&d.people, "segment change", "{\"segment\":1,\"text\":\"segment 1\"}"), "circle"));
    assert_non_null(strstr(admin_refused(&d.people, "segment remove", "{\"segment\":1}"), "another segment"));
    assert_non_null(
        strstr(admin_refused(&d.people, "segment add", "{\"name\":\"x\",\"text\":\"segment 77\"}"), "not there"));
    assert_non_null(
        strstr(admin_refused(&d.people, "segment add", "{\"name\":\"x\",\"text\":\"tag none\"}"), "vocabulary"));
    assert_non_null(
        strstr(admin_refused(&d.people, "segment add", "{\"name\":\"x\",\"text\":\"store 1 or\"}"), "condition"));
    assert_int_equal(members_count(&d, "segment 2 or segment 1"), 0);
}

static int stop_at_first(void *context, uint64_t member)
{
    *(uint64_t *)context = member;
    return 7;
}

static void a_segment_is_asked_for_one_member_and_for_all(void **state)
{
    (void)state;
    struct store_tx tx;
    uint64_t found = 0;
    bool contains = false;
    json_int_t here = members_add(&d, 1), there = members_add(&d, 2);
    json_int_t segment = members_put_segment(&d, "store 2");
    assert_int_equal(store_read_begin(d.people.central->store, &tx), 0);
    assert_int_equal(segment_each_member(&tx, (uint32_t)segment, stop_at_first, &found), 7);
    assert_int_equal(found, there);
    assert_int_equal(segment_contains(&tx, (uint32_t)segment, (uint64_t)there, &contains), 0);
    assert_true(contains);
    assert_int_equal(segment_contains(&tx, (uint32_t)segment, (uint64_t)here, &contains), 0);
    assert_false(contains);
    assert_int_equal(segment_contains(&tx, 99, (uint64_t)here, &contains), -ENOENT);
    store_read_end(&tx);
}

static void tiers_follow_from_days(void **state)
{
    static const struct {
        int joined_days, visited_days; /* ago; -1: never */
        enum member_tier tier;
    } rows[] = {
        {0, -1, TIER_NEW},         {29, 0, TIER_NEW},       {30, 0, TIER_KEEP},       {200, 59, TIER_KEEP},
        {200, 60, TIER_ACTIVATE},  {30, -1, TIER_ACTIVATE}, {179, -1, TIER_ACTIVATE}, {180, -1, TIER_GONE},
        {400, 179, TIER_ACTIVATE}, {400, 180, TIER_GONE},
    };
    (void)state;
    struct tier_rule rule = TIER_RULE_DEFAULT;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t now = PEOPLE_START_MS, joined = now - rows[i].joined_days * DAY_MS;
        int64_t visited = rows[i].visited_days < 0 ? 0 : now - rows[i].visited_days * DAY_MS;
        if (people_tier_of(&rule, joined, visited, now) != rows[i].tier) {
            fail_msg("joined %d, visited %d days ago", rows[i].joined_days, rows[i].visited_days);
        }
    }
}

static void every_day_the_store_hears_of_changed_tiers(void **state)
{
    (void)state;
    json_int_t regular = members_add(&d, 1), sleeper = members_add(&d, 1);
    assert_int_equal(members_tier(&d, regular), TIER_NEW);
    members_admin(&d, "tier rule", "{\"new\":5,\"keep\":10,\"gone\":20}");
    members_pass(&d, 6 * DAY_MS);
    members_sell(&d, regular, 100);
    members_pass(&d, 2 * DAY_MS);
    assert_int_equal(members_tier(&d, regular), TIER_KEEP);
    assert_int_equal(members_tier(&d, sleeper), TIER_ACTIVATE);
    assert_int_equal(members_count(&d, "tier keep"), 1);
    members_pass(&d, 14 * DAY_MS);
    assert_int_equal(members_tier(&d, regular), TIER_ACTIVATE);
    assert_int_equal(members_tier(&d, sleeper), TIER_GONE);
    assert_non_null(strstr(admin_refused(&d.people, "tier rule", "{\"keep\":30,\"gone\":20}"), "days"));
}

struct two_nodes {
    uint32_t brand;
    bool more;
};

static int run_one_member(void *arg, struct store_tx *tx)
{
    struct two_nodes *node = arg;
    return people_run_tiers(tx, node->brand, 1, &node->more);
}

static void two_nodes_share_a_day_of_tiers(void **state)
{
    (void)state;
    struct store_tx tx;
    uint32_t brand = 0;
    for (int i = 0; i < 3; i++) {
        members_add(&d, 1);
    }
    sim_clock_advance(&d.people.clock, 40 * DAY_MS);
    struct two_nodes a = {d.people.central->brand, true}, b = a;
    for (int i = 0; i < 4 && (a.more || b.more); i++) {
        assert_int_equal(writer_call(d.people.central->writer, run_one_member, i % 2 ? &b : &a), 0);
    }
    assert_int_equal(members_count(&d, "tier activate"), 3);
    assert_int_equal(store_read_begin(d.people.central->store, &tx), 0);
    assert_int_equal(people_next_tiers(&tx, &brand), -ENOENT);
    store_read_end(&tx);
}

static void a_tier_has_its_privileges(void **state)
{
    (void)state;
    members_admin(&d, "tier privilege", "{\"tier\":\"keep\",\"zh\":\"会员日双倍积分\",\"en\":\"Double credit\"}");
    members_admin(&d, "tier privilege", "{\"tier\":\"new\",\"zh\":\"新人价\",\"en\":\"Newcomer prices\"}");
    assert_int_equal(row_count(admin_do(&d.people, "tier show", "")), 2);
    members_admin(&d, "tier take", "{\"privilege\":1}");
    assert_int_equal(row_count(admin_do(&d.people, "tier show", "")), 1);
    assert_non_null(strstr(admin_refused(&d.people, "tier take", "{\"privilege\":9}"), "no privilege"));
    assert_non_null(
        strstr(admin_refused(&d.people, "tier privilege", "{\"tier\":\"gold\",\"zh\":\"x\",\"en\":\"x\"}"), "tiers"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_a_member_buys_is_known_and_a_void_takes_it_back, setup, teardown),
        cmocka_unit_test_setup_teardown(a_till_whose_clock_is_ahead_makes_no_visit_in_the_future, setup, teardown),
        cmocka_unit_test_setup_teardown(a_sale_that_contradicts_itself_counts_for_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(tags_are_words_of_a_vocabulary_with_a_version, setup, teardown),
        cmocka_unit_test_setup_teardown(segments_choose_by_place_time_and_behaviour, setup, teardown),
        cmocka_unit_test_setup_teardown(segments_never_name_each_other_in_a_circle, setup, teardown),
        cmocka_unit_test_setup_teardown(a_segment_is_asked_for_one_member_and_for_all, setup, teardown),
        cmocka_unit_test(tiers_follow_from_days),
        cmocka_unit_test_setup_teardown(every_day_the_store_hears_of_changed_tiers, setup, teardown),
        cmocka_unit_test_setup_teardown(two_nodes_share_a_day_of_tiers, setup, teardown),
        cmocka_unit_test_setup_teardown(a_tier_has_its_privileges, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
