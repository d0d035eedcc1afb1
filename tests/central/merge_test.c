#include "campaign_rig.h"

#include "central/store/ledger.h"
#include "central/store/people_activity.h"
#include "central/store/people_merge.h"
#include "central/store/people_privacy.h"
#include "central/store/query.h"
#include "central/store/rights.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Two members that are one person, from the operator's command to the terminals' answers. */

static struct rig rig;
static uint64_t anna, card; /* joined by phone; entered with a card */

static int open_two(void **state)
{
    (void)state;
    rig_open(&rig, 2);
    anna = rig_member(&rig, 1);
    card = rig_member(&rig, 1);
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    rig_close(&rig);
    return 0;
}

static void admin(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void admin(const char *command, const char *format, ...)
{
    char args[512];
    va_list list;
    va_start(list, format);
    vsnprintf(args, sizeof(args), format, list);
    va_end(list);
    json_decref(admin_do(&rig.p, command, args));
}

static json_int_t merge(uint64_t survivor, uint64_t absorbed)
{
    char args[160];
    snprintf(args, sizeof(args), "{\"member\":%" PRIu64 ",\"absorbed\":%" PRIu64 ",\"evidence\":\"card shown\"}",
             survivor, absorbed);
    return number_of(admin_do(&rig.p, "member merge", args), "merge");
}

static bool refused(uint64_t survivor, uint64_t absorbed, const char *words)
{
    char args[160];
    snprintf(args, sizeof(args), "{\"member\":%" PRIu64 ",\"absorbed\":%" PRIu64 ",\"evidence\":\"card shown\"}",
             survivor, absorbed);
    return strstr(admin_refused(&rig.p, "member merge", args), words) != NULL;
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

/* ---- credit, as the store's terminal has it */

static void earn(unsigned store, uint64_t member, int64_t amount_minor)
{
    struct fake_terminal *t = &rig.terminals[store - 1];
    struct body body = {.kind = RECORD_CREDIT_EARN,
                        .credit = {.group = t->seq + 1,
                                   .member = member,
                                   .owner = {OWNER_STORE, store},
                                   .amount_minor = amount_minor,
                                   .clerk = 1,
                                   .business_ms = clock_wall_ms(&rig.f.clock.base)}};
    terminal_record(t, &body);
}

static void spend(unsigned store, uint64_t member, int64_t amount_minor)
{
    struct fake_terminal *t = &rig.terminals[store - 1];
    struct body body = {.kind = RECORD_CREDIT_SPEND,
                        .credit = {.group = t->seq + 1,
                                   .member = member,
                                   .owner = {OWNER_STORE, store},
                                   .amount_minor = amount_minor,
                                   .clerk = 1,
                                   .auth = SPEND_BY_PIN,
                                   .business_ms = clock_wall_ms(&rig.f.clock.base)}};
    terminal_record(t, &body);
}

static int64_t share_of(uint64_t member, uint32_t store)
{
    struct store_tx tx;
    int64_t minor = -1;
    assert_int_equal(store_read_begin(rig.f.central->store, &tx), 0);
    assert_int_equal(rights_share_at(&tx, member, (struct owner){OWNER_STORE, store}, store, &minor), 0);
    store_read_end(&tx);
    return minor;
}

static int64_t balance(uint64_t member, uint32_t store)
{
    char account[ACCOUNT_MAX], wrong[ACCOUNT_MAX];
    struct store_tx tx;
    int64_t minor = -1;
    ledger_account_credit((struct owner){OWNER_STORE, store}, member, account);
    assert_int_equal(store_read_begin(rig.f.central->store, &tx), 0);
    assert_int_equal(ledger_balance(&tx, account, UNIT_CREDIT, &minor), 0);
    assert_int_equal(ledger_verify(&tx, wrong), 0);
    assert_int_equal(rights_shares_verify(&tx, wrong), 0);
    store_read_end(&tx);
    fixture_equals_anew(&rig.f);
    return minor;
}

/* The last request or grant in the store's feed, as it starts over. */
static bool in_feed(unsigned store, enum feed_kind kind, struct feed_share *out)
{
    struct feed_found found = {.kind = kind};
    rig.terminals[store - 1].cursor = (struct feed_cursor){0};
    terminal_find_in_feed(&rig.terminals[store - 1], kind, &found);
    return found.count > 0 && feed_share_decode((struct slice){found.body, found.len}, out) == 0;
}

static void say(unsigned store, uint16_t kind, const struct feed_share *share, int64_t amount_minor)
{
    struct body body = {.kind = kind, .share = {share->member, share->owner, amount_minor, share->transfer, {0}}};
    terminal_record(&rig.terminals[store - 1], &body);
}

/* What a till does with a request: releases, and takes what it gets for it. */
static void answer_request(unsigned store, uint64_t from, uint64_t to, int64_t amount_minor)
{
    struct feed_share asked, given;
    assert_true(in_feed(store, FEED_SHARE_REQUEST, &asked));
    assert_int_equal(asked.member, from);
    say(store, RECORD_SHARE_RELEASED, &asked, amount_minor);
    if (amount_minor > 0) {
        assert_true(in_feed(store, FEED_SHARE_GRANT, &given));
        assert_int_equal(given.member, to);
        assert_int_equal(given.amount_minor, amount_minor);
        say(store, RECORD_SHARE_GRANTED, &given, amount_minor);
    }
}

static void credit_follows_when_its_store_has_let_go_of_it(void **state)
{
    struct feed_share share;
    (void)state;
    earn(1, anna, 100);
    earn(1, card, 500);
    merge(anna, card);
    assert_int_equal(share_of(card, 1), 500); /* the store may be spending it */
    assert_int_equal(balance(anna, 1), 100);
    answer_request(1, card, anna, 500);
    assert_int_equal(share_of(card, 1), 0);
    assert_int_equal(share_of(anna, 1), 600);
    assert_int_equal(balance(anna, 1), 600);
    assert_int_equal(balance(card, 1), 0);
    assert_false(in_feed(1, FEED_SHARE_REQUEST, &share));
    assert_false(in_feed(1, FEED_SHARE_GRANT, &share));
    assert_int_equal(count("SELECT count(*) FROM record_problem WHERE ? = 0", 0), 0);
}

static void credit_at_several_stores_follows_store_by_store(void **state)
{
    (void)state;
    earn(1, card, 500);
    earn(2, card, 70);
    merge(anna, card);
    answer_request(2, card, anna, 70);
    assert_int_equal(balance(anna, 2), 70);
    assert_int_equal(balance(card, 1), 500);
    answer_request(1, card, anna, 500);
    assert_int_equal(balance(anna, 1), 500);
}

static void what_was_spent_before_the_store_heard_of_it_is_spent(void **state)
{
    (void)state;
    earn(1, card, 500);
    merge(anna, card);
    spend(1, card, 450); /* offline, with the card */
    answer_request(1, card, anna, 50);
    assert_int_equal(balance(anna, 1), 50);
    assert_int_equal(balance(card, 1), 0);
}

static void what_comes_late_for_the_absorbed_number_is_the_survivors(void **state)
{
    struct activity activity;
    struct store_tx tx;
    (void)state;
    merge(anna, card);
    rig_sale(&rig, 1, card, 5000);
    earn(1, card, 50);
    answer_request(1, card, anna, 50);
    assert_int_equal(balance(anna, 1), 50);
    assert_int_equal(store_read_begin(rig.f.central->store, &tx), 0);
    assert_int_equal(people_find_activity(&tx, anna, &activity), 0);
    store_read_end(&tx);
    assert_int_equal(activity.purchases, 1);
    assert_int_equal(activity.spent_minor, 5000);
}

static void nothing_is_asked_for_twice(void **state)
{
    (void)state;
    earn(1, card, 500);
    merge(anna, card);
    earn(1, card, 20);
    assert_int_equal(count("SELECT count(*) FROM credit_recall WHERE from_member = ?", card), 1);
    answer_request(1, card, anna, 500);
    answer_request(1, card, anna, 20); /* what came meanwhile is asked for when it is known */
    assert_int_equal(balance(anna, 1), 520);
}

static int64_t recalls(uint64_t from)
{
    return count("SELECT count(*) FROM credit_recall WHERE from_member = ?", from);
}

/* Its own journal has the credit spent, in a record of another terminal that has not come up yet. */
static void a_store_that_has_nothing_is_asked_again_only_when_something_came(void **state)
{
    struct feed_share asked;
    (void)state;
    earn(1, card, 500);
    merge(anna, card);
    answer_request(1, card, anna, 0);
    assert_false(in_feed(1, FEED_SHARE_REQUEST, &asked));
    assert_int_equal(recalls(card), 1);
    earn(1, card, 20);
    assert_int_equal(recalls(card), 2);
    answer_request(1, card, anna, 520);
    assert_int_equal(balance(anna, 1), 520);
    assert_int_equal(recalls(card), 2);
}

static void a_chain_of_merges_ends_at_the_last(void **state)
{
    uint64_t third = rig_member(&rig, 1);
    (void)state;
    earn(1, card, 500);
    merge(anna, card);
    merge(third, anna);
    answer_request(1, card, anna, 500);
    answer_request(1, anna, third, 500);
    assert_int_equal(balance(third, 1), 500);
    rig_sale(&rig, 1, card, 100);
    assert_int_equal(count("SELECT purchases FROM member_activity WHERE member = ?", third), 1);
}

/* ---- coupons and limits */

static uint32_t by_hand(unsigned limit)
{
    char changes[160];
    snprintf(changes, sizeof(changes),
             "{\"occasion\":\"by_hand\",\"purchase_min\":\"0.00\",\"per_member_limit\":%u,\"total_limit\":1000,"
             "\"budget\":\"100000.00\"}",
             limit);
    return rig_campaign(&rig, "after-purchase", changes);
}

static void a_merge_gives_no_second_use(void **state)
{
    (void)state;
    uint32_t once = by_hand(1), twice = by_hand(2);
    assert_int_equal(rig_issue(&rig, once, card).verdict, ISSUE_GIVEN);
    assert_int_equal(rig_issue(&rig, twice, anna).verdict, ISSUE_GIVEN);
    assert_int_equal(rig_issue(&rig, twice, card).verdict, ISSUE_GIVEN);
    merge(anna, card);
    assert_int_equal(rig_issue(&rig, once, anna).verdict, ISSUE_MEMBER_LIMIT);
    assert_int_equal(rig_issue(&rig, once, card).verdict, ISSUE_MEMBER_LIMIT); /* its number goes on to hers */
    assert_int_equal(rig_issue(&rig, twice, anna).verdict, ISSUE_MEMBER_LIMIT);
}

static void find_coupon(void *context, const struct feed_item *item)
{
    struct feed_coupon *wanted = context, coupon;
    if (item->kind == FEED_COUPON && feed_coupon_decode(item->body, &coupon) == 0 &&
        coupon.coupon.serial == wanted->coupon.serial && coupon.coupon.campaign == wanted->coupon.campaign) {
        *wanted = coupon;
    }
}

static void coupons_are_the_survivors_in_their_store_too(void **state)
{
    (void)state;
    struct coupon coupon = rig_issue(&rig, by_hand(0), card).coupon;
    struct feed_coupon told = {.coupon = coupon.id};
    merge(anna, card);
    assert_int_equal(rig_coupon(&rig, coupon.id).member, anna);
    rig.terminals[0].cursor = (struct feed_cursor){0};
    terminal_read_feed(&rig.terminals[0], find_coupon, &told);
    assert_int_equal(told.member, anna);
}

static void a_redemption_that_was_made_before_the_store_heard_counts_once(void **state)
{
    (void)state;
    uint32_t campaign = by_hand(1);
    struct coupon coupon = rig_issue(&rig, campaign, card).coupon;
    merge(anna, card);
    rig_redeem(&rig, 1, coupon.id, card);
    assert_int_equal(count("SELECT redemptions FROM member_activity WHERE member = ?", anna), 1);
    assert_int_equal(rig_issue(&rig, campaign, anna).verdict, ISSUE_MEMBER_LIMIT);
    assert_int_equal(count("SELECT count(*) FROM conflict WHERE ? = 0", 0), 0);
    assert_int_equal(count("SELECT count(*) FROM campaign_given WHERE member = ? AND state = 1", anna), 1);
}

struct heard {
    uint64_t member, merged_into;
    bool gone;
};

static void find_member(void *context, const struct feed_item *item)
{
    struct heard *heard = context;
    struct feed_member member;
    if (item->kind == FEED_MEMBER && feed_member_decode(item->body, &member) == 0 && member.member == heard->member) {
        heard->merged_into = member.merged_into;
        heard->gone = member.gone;
        assert_true(!member.gone || !member.has_pin);
    }
}

static struct heard hear(unsigned store, uint64_t member)
{
    struct heard heard = {.member = member};
    rig.terminals[store - 1].cursor = (struct feed_cursor){0};
    terminal_read_feed(&rig.terminals[store - 1], find_member, &heard);
    return heard;
}

static void stores_of_both_hear_of_it(void **state)
{
    uint64_t there = rig_member(&rig, 2);
    (void)state;
    merge(anna, there);
    for (unsigned store = 1; store <= 2; store++) {
        assert_true(hear(store, there).gone);
        assert_int_equal(hear(store, there).merged_into, anna);
    }
    assert_int_equal(hear(1, anna).merged_into, 0);
}

/* ---- who may */

static void strangers_are_not_merged(void **state)
{
    (void)state;
    uint64_t foreign = rig_foreigner(&rig);
    assert_true(refused(anna, foreign, "two brands"));
    assert_true(refused(anna, anna, "same member"));
    assert_true(refused(anna, 12345, "no such member"));
    merge(anna, card);
    assert_true(refused(anna, card, "became part"));
    assert_true(refused(card, anna, "became part"));
}

static void a_programme_joins_members_of_its_brands(void **state)
{
    (void)state;
    uint64_t foreign = rig_foreigner(&rig);
    uint32_t other = (uint32_t)count("SELECT brand FROM member WHERE id = ?", foreign);
    json_int_t programme =
        number_of(admin_do(&rig.p, "programme add", "{\"zh\":\"同城\",\"en\":\"Town\"}"), "programme");
    admin("programme join", "{\"programme\":%" JSON_INTEGER_FORMAT ",\"brand\":1}", programme);
    assert_true(refused(anna, foreign, "two brands"));
    admin("programme join", "{\"programme\":%" JSON_INTEGER_FORMAT ",\"brand\":%" PRIu32 "}", programme, other);
    merge(anna, foreign);
    assert_int_equal(count("SELECT merged_into = 0 FROM member WHERE id = ?", foreign), 0);
}

static void who_said_no_to_being_chosen_is_not_chosen_after_it(void **state)
{
    (void)state;
    admin("consent personal", "{\"member\":%" PRIu64 ",\"on\":\"off\"}", card);
    assert_int_equal(count("SELECT personal FROM member WHERE id = ?", anna), 1);
    merge(anna, card);
    assert_int_equal(count("SELECT personal FROM member WHERE id = ?", anna), 0);
}

/* ---- and back */

static void undo(json_int_t id)
{
    admin("member unmerge", "{\"merge\":%" JSON_INTEGER_FORMAT ",\"why\":\"two sisters\"}", id);
}

static void an_undone_merge_gives_back_what_is_there(void **state)
{
    (void)state;
    uint32_t campaign = by_hand(1);
    struct coupon coupon = rig_issue(&rig, campaign, card).coupon;
    admin("member identify", "{\"member\":%" PRIu64 ",\"phone\":\"13800138000\"}", card);
    admin("tag add", "{\"name\":\"coffee\"}");
    admin("member tag", "{\"member\":%" PRIu64 ",\"tag\":\"coffee\"}", card);
    rig_sale(&rig, 1, card, 1000);
    earn(1, card, 500);
    json_int_t id = merge(anna, card);
    answer_request(1, card, anna, 500);
    spend(1, anna, 200);
    rig_sale(&rig, 1, card, 300);
    assert_int_equal(count("SELECT count(*) FROM contact WHERE member = ?", anna), 1);
    assert_int_equal(count("SELECT count(*) FROM member_tag WHERE member = ?", anna), 1);

    undo(id);
    answer_request(1, anna, card, 300);
    assert_int_equal(balance(card, 1), 300);
    assert_int_equal(balance(anna, 1), 0);
    assert_int_equal(rig_coupon(&rig, coupon.id).member, card);
    assert_int_equal(rig_issue(&rig, campaign, card).verdict, ISSUE_MEMBER_LIMIT);
    assert_int_equal(rig_issue(&rig, campaign, anna).verdict, ISSUE_GIVEN);
    assert_int_equal(count("SELECT count(*) FROM contact WHERE member = ?", card), 1);
    assert_int_equal(count("SELECT count(*) FROM member_tag WHERE member = ?", anna), 0);
    assert_int_equal(count("SELECT purchases FROM member_activity WHERE member = ?", anna), 0);
    assert_int_equal(count("SELECT spent FROM member_activity WHERE member = ?", card), 1300);
    assert_false(hear(1, card).gone);
    assert_int_equal(hear(1, card).merged_into, 0);
}

struct member_pin {
    uint8_t bytes[32];
    uint64_t member;
};

static int set_pin(void *arg, struct store_tx *tx)
{
    const struct member_pin *pin = arg;
    return query_run(store_tx_write(tx), "UPDATE member SET pin_salt = ?1, pin_hash = ?2 WHERE id = ?3",
                     QUERY(Q_BLOB(pin->bytes, 16), Q_BLOB(pin->bytes, 32), Q_INT(pin->member)));
}

static void a_pin_that_came_over_goes_back_and_one_that_was_set_since_stays(void **state)
{
    struct member_pin old = {{1}, card}, own = {{2}, anna};
    (void)state;
    assert_int_equal(fixture_write(&rig.f, set_pin, &old), 0);
    undo(merge(anna, card));
    assert_int_equal(count("SELECT pin_hash IS NULL FROM member WHERE id = ?", anna), 1);
    json_int_t id = merge(anna, card);
    assert_int_equal(count("SELECT pin_hash IS NULL FROM member WHERE id = ?", anna), 0);
    assert_int_equal(fixture_write(&rig.f, set_pin, &own), 0);
    undo(id);
    assert_int_equal(count("SELECT pin_hash IS NULL FROM member WHERE id = ?", anna), 0);
}

static void credit_on_its_way_when_a_merge_is_undone_stays(void **state)
{
    (void)state;
    earn(1, card, 500);
    json_int_t id = merge(anna, card);
    undo(id);
    answer_request(1, card, card, 500);
    assert_int_equal(balance(card, 1), 500);
    assert_int_equal(balance(anna, 1), 0);
}

/* Two, one, two and one again, while the store was away: it lets go of what was to go back. */
static void credit_on_its_way_back_when_they_are_merged_again_comes_after_all(void **state)
{
    (void)state;
    earn(1, card, 500);
    json_int_t id = merge(anna, card);
    answer_request(1, card, anna, 500);
    undo(id);
    merge(anna, card);
    answer_request(1, anna, card, 500);
    answer_request(1, card, anna, 500);
    assert_int_equal(balance(anna, 1), 500);
    assert_int_equal(balance(card, 1), 0);
}

static void merges_are_undone_from_the_last_one_on(void **state)
{
    char args[64];
    uint64_t third = rig_member(&rig, 1);
    (void)state;
    json_int_t first = merge(anna, card), second = merge(third, anna);
    snprintf(args, sizeof(args), "{\"merge\":%" JSON_INTEGER_FORMAT ",\"why\":\"wrong\"}", first);
    assert_non_null(strstr(admin_refused(&rig.p, "member unmerge", args), "undo that merge first"));
    undo(second);
    undo(first);
    assert_non_null(strstr(admin_refused(&rig.p, "member unmerge", args), "undone before"));
    assert_int_equal(row_count(admin_do(&rig.p, "member merges", "")), 2);
}

/* ---- the end */

static void erasing_the_survivor_erases_all_of_the_person(void **state)
{
    char args[96];
    (void)state;
    admin("member identify", "{\"member\":%" PRIu64 ",\"phone\":\"13800138000\"}", card);
    rig_sale(&rig, 1, card, 1000);
    struct coupon coupon = rig_issue(&rig, by_hand(0), card).coupon;
    json_int_t id = merge(anna, card);
    snprintf(args, sizeof(args), "{\"member\":%" PRIu64 ",\"why\":\"asked\"}", card);
    assert_non_null(strstr(admin_refused(&rig.p, "member erase", args), "became part"));
    admin("member erase", "{\"member\":%" PRIu64 ",\"why\":\"asked\"}", anna);
    assert_true(rig_coupon(&rig, coupon.id).revoked);
    assert_int_equal(count("SELECT count(*) FROM contact WHERE ? != 0", card), 0);
    assert_int_equal(count("SELECT count(*) FROM member_record WHERE member = ?", card), 0);
    assert_int_equal(count("SELECT count(*) FROM member_activity WHERE member = ?", card), 0);
    assert_int_equal(count("SELECT count(*) FROM member_merge_item WHERE ? != 0", card), 0);
    assert_int_equal(count("SELECT count(*) FROM member_merge WHERE evidence != '' AND absorbed = ?", card), 0);
    rig_sale(&rig, 1, card, 100); /* an old card at an old till */
    assert_int_equal(count("SELECT count(*) FROM member_record WHERE member = ?", card), 0);
    snprintf(args, sizeof(args), "{\"merge\":%" JSON_INTEGER_FORMAT ",\"why\":\"wrong\"}", id);
    assert_non_null(strstr(admin_refused(&rig.p, "member unmerge", args), "erased since"));
}

static size_t exported(const char *list, uint64_t member)
{
    char args[64];
    snprintf(args, sizeof(args), "{\"member\":%" PRIu64 "}", member);
    json_t *answer = admin_do(&rig.p, "member export", args);
    size_t size = json_array_size(json_object_get(json_object_get(answer, "result"), list));
    json_decref(answer);
    return size;
}

static void an_export_covers_all_of_the_person(void **state)
{
    (void)state;
    rig_sale(&rig, 1, anna, 1000);
    rig_sale(&rig, 1, card, 1000);
    earn(1, card, 500);
    size_t consents = exported("consents", anna) + exported("consents", card);
    merge(anna, card);
    assert_int_equal(exported("records", anna), 3);
    assert_int_equal(exported("consents", anna), consents);
    assert_int_equal(exported("merged_numbers", anna), 1);
    assert_true(exported("credit", anna) >= 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, open_two, close_all)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(credit_follows_when_its_store_has_let_go_of_it),
        TEST(credit_at_several_stores_follows_store_by_store),
        TEST(what_was_spent_before_the_store_heard_of_it_is_spent),
        TEST(what_comes_late_for_the_absorbed_number_is_the_survivors),
        TEST(nothing_is_asked_for_twice),
        TEST(a_store_that_has_nothing_is_asked_again_only_when_something_came),
        TEST(a_chain_of_merges_ends_at_the_last),
        TEST(a_merge_gives_no_second_use),
        TEST(coupons_are_the_survivors_in_their_store_too),
        TEST(a_redemption_that_was_made_before_the_store_heard_counts_once),
        TEST(stores_of_both_hear_of_it),
        TEST(strangers_are_not_merged),
        TEST(a_programme_joins_members_of_its_brands),
        TEST(who_said_no_to_being_chosen_is_not_chosen_after_it),
        TEST(an_undone_merge_gives_back_what_is_there),
        TEST(a_pin_that_came_over_goes_back_and_one_that_was_set_since_stays),
        TEST(credit_on_its_way_when_a_merge_is_undone_stays),
        TEST(credit_on_its_way_back_when_they_are_merged_again_comes_after_all),
        TEST(merges_are_undone_from_the_last_one_on),
        TEST(erasing_the_survivor_erases_all_of_the_person),
        TEST(an_export_covers_all_of_the_person),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
