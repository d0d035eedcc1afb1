#include "support.h"

#include "domain/coupon.h"

#define NOW_S  UINT32_C(1795255200) /* Saturday 2026-11-21 18:00 +08:00 */
#define NOW    ((int64_t)NOW_S * 1000)
#define HOUR_S 3600u
#define HOUR   INT64_C(3600000)

struct world {
    struct campaign campaign;
    struct coupon_facts facts;
};

/* A good coupon of a live `home` campaign of 5 yuan off, at home, online. */
static void world_init(struct world *w)
{
    memset(w, 0, sizeof *w);
    w->campaign.id = 1001;
    w->campaign.version = 1;
    w->campaign.state = CAMPAIGN_LIVE;
    w->campaign.mode = MODE_HOME;
    w->campaign.discount = DISCOUNT_AMOUNT;
    w->campaign.value_minor = 500;
    w->facts.campaign = &w->campaign;
    w->facts.token = TOKEN_GOOD;
    w->facts.right = RIGHT_HERE;
    w->facts.store = 12;
    w->facts.valid_from_s = NOW_S - HOUR_S;
    w->facts.expiry_s = NOW_S + HOUR_S;
    w->facts.owner_member = 99;
    w->facts.now = (struct business_time){NOW, 0};
    w->facts.online = true;
}

static void make_malformed(struct world *w)
{
    w->facts.token = TOKEN_MALFORMED;
}
static void make_other_brand(struct world *w)
{
    w->facts.token = TOKEN_OTHER_BRAND;
}
static void make_key_unknown(struct world *w)
{
    w->facts.token = TOKEN_KEY_UNKNOWN;
}
static void make_forged(struct world *w)
{
    w->facts.token = TOKEN_FORGED;
}
static void make_key_revoked(struct world *w)
{
    w->facts.token = TOKEN_KEY_REVOKED;
}
static void make_revoked(struct world *w)
{
    w->facts.revoked = true;
}
static void make_used(struct world *w)
{
    w->facts.right = RIGHT_CONSUMED;
}
static void make_campaign_unknown(struct world *w)
{
    w->facts.campaign = NULL;
}
static void make_paused(struct world *w)
{
    w->campaign.state = CAMPAIGN_PAUSED;
}
static void make_ended(struct world *w)
{
    w->campaign.state = CAMPAIGN_ENDED;
}
static void make_wrong_store(struct world *w)
{
    w->campaign.store_count = 1, w->campaign.stores[0] = 13;
}
static void make_not_yet(struct world *w)
{
    w->facts.valid_from_s = UINT32_MAX;
}
static void make_expired(struct world *w)
{
    w->facts.expiry_s = 1;
}
static void make_date_unsure(struct world *w)
{
    w->facts.now.uncertainty_ms = TIME_DATE_LIMIT_MS + 1;
}
static void make_out_of_hours(struct world *w)
{
    w->campaign.weekday_mask = 0x1f;
}
static void make_not_theirs(struct world *w)
{
    w->facts.member = 98;
}
static void make_held_elsewhere(struct world *w)
{
    w->facts.right = RIGHT_RELEASED;
}
static void make_strict_offline(struct world *w)
{
    w->campaign.mode = MODE_STRICT, w->facts.online = false;
}
static void make_member_limit(struct world *w)
{
    w->campaign.per_member_limit = 1, w->facts.member_uses = 1;
}
static void make_needs_amount(struct world *w)
{
    w->campaign.min_spend_minor = 3000;
}
static void make_below_minimum(struct world *w)
{
    w->campaign.min_spend_minor = 3000, w->facts.sale_minor = 2999;
}

static void make_budget_spent(struct world *w)
{
    w->campaign.mode = MODE_BUDGET;
    w->campaign.offline_budget_minor = 400;
    w->facts.budget_used_minor = 400;
    w->campaign.offline_budget_count = 9;
    w->facts.right = RIGHT_ELSEWHERE;
    w->facts.online = false;
}

struct cause {
    enum coupon_verdict verdict;
    unsigned touches; /* causes that speak of the same fact cannot both hold */
    void (*make)(struct world *w);
};

enum { TOKEN = 1, RIGHT = 2, CAMPAIGN = 4, STATE = 8, DATES = 16, MODE = 32, SALE = 64 };

static const struct cause causes[] = {
    {COUPON_MALFORMED, TOKEN, make_malformed},
    {COUPON_OTHER_BRAND, TOKEN, make_other_brand},
    {COUPON_KEY_UNKNOWN, TOKEN, make_key_unknown},
    {COUPON_FORGED, TOKEN, make_forged},
    {COUPON_KEY_REVOKED, TOKEN, make_key_revoked},
    {COUPON_REVOKED, 0, make_revoked},
    {COUPON_ALREADY_USED, RIGHT, make_used},
    {COUPON_CAMPAIGN_UNKNOWN, CAMPAIGN, make_campaign_unknown},
    {COUPON_CAMPAIGN_PAUSED, STATE, make_paused},
    {COUPON_CAMPAIGN_ENDED, STATE, make_ended},
    {COUPON_WRONG_STORE, 0, make_wrong_store},
    {COUPON_NOT_YET, 0, make_not_yet},
    {COUPON_EXPIRED, 0, make_expired},
    {COUPON_DATE_UNSURE, DATES, make_date_unsure},
    {COUPON_OUT_OF_HOURS, 0, make_out_of_hours},
    {COUPON_NOT_THEIRS, 0, make_not_theirs},
    {COUPON_HELD_ELSEWHERE, RIGHT | MODE, make_held_elsewhere},
    {COUPON_NEEDS_CONNECTION, MODE, make_strict_offline},
    {COUPON_BUDGET_SPENT, RIGHT | MODE, make_budget_spent},
    {COUPON_MEMBER_LIMIT, 0, make_member_limit},
    {COUPON_NEEDS_AMOUNT, SALE, make_needs_amount},
    {COUPON_BELOW_MINIMUM, SALE, make_below_minimum},
};

static enum coupon_verdict decide(const struct world *w)
{
    struct coupon_decision d = coupon_decide(&w->facts);
    if (d.verdict != COUPON_OK)
        assert_true(d.discount_minor == 0 && !d.spends_budget);
    return d.verdict;
}

static void each_cause_alone_gives_its_verdict(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    assert_int_equal(decide(&w), COUPON_OK);
    for (size_t i = 0; i < ARRAY_LEN(causes); i++) {
        world_init(&w);
        causes[i].make(&w);
        assert_string_equal(coupon_verdict_name(decide(&w)), coupon_verdict_name(causes[i].verdict));
    }
}

/* Every pair of causes that can hold together: the one that stands earlier is the answer, in whatever order they came.
 */
static void of_two_causes_the_earlier_one_answers(void **state)
{
    (void)state;
    size_t pairs = 0;
    for (size_t i = 0; i < ARRAY_LEN(causes); i++) {
        for (size_t j = i + 1; j < ARRAY_LEN(causes); j++) {
            struct world w;
            if (causes[i].touches & causes[j].touches)
                continue;
            world_init(&w);
            causes[j].make(&w);
            causes[i].make(&w);
            enum coupon_verdict got = decide(&w);
            if (got != causes[i].verdict)
                fail_msg("%s and %s: %s", coupon_verdict_name(causes[i].verdict),
                         coupon_verdict_name(causes[j].verdict), coupon_verdict_name(got));
            pairs++;
        }
    }
    assert_true(pairs > 200);
}

static void every_verdict_has_its_own_name(void **state)
{
    (void)state;
    for (int i = 0; i < COUPON_VERDICTS; i++) {
        for (int j = 0; j < i; j++)
            assert_string_not_equal(coupon_verdict_name(i), coupon_verdict_name(j));
    }
    assert_string_equal(coupon_verdict_name(COUPON_ALREADY_USED), "already_used");
    assert_string_equal(coupon_verdict_name(COUPON_BELOW_MINIMUM), "below_minimum");
}

static void a_revoked_key_passes_only_what_the_store_knows(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    make_key_revoked(&w);
    w.facts.known_here = true;
    assert_int_equal(decide(&w), COUPON_OK);
}

static void dates_count_against_the_holder(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t wall, uncertainty;
        uint32_t from, to;
        bool confirmed;
        enum coupon_verdict want;
    } rows[] = {
        {"the first moment", NOW, 0, NOW_S, 0, false, COUPON_OK},
        {"just before", NOW - 1, 0, NOW_S, 0, false, COUPON_NOT_YET},
        {"the first moment, unsure by 1 ms", NOW, 1, NOW_S, 0, false, COUPON_NOT_YET},
        {"the last moment", NOW - 1, 0, 0, NOW_S, false, COUPON_OK},
        {"just after", NOW, 0, 0, NOW_S, false, COUPON_EXPIRED},
        {"the last moment, unsure by 1 ms", NOW - 1, 1, 0, NOW_S, false, COUPON_EXPIRED},
        {"unsure by 24 h", NOW, TIME_DATE_LIMIT_MS, NOW_S - 25 * HOUR_S, NOW_S + 25 * HOUR_S, false, COUPON_OK},
        {"unsure by more", NOW, TIME_DATE_LIMIT_MS + 1, NOW_S - 99 * HOUR_S, 0, false, COUPON_DATE_UNSURE},
        {"unsure by more, and confirmed", NOW, TIME_DATE_LIMIT_MS + 1, NOW_S - 99 * HOUR_S, 0, true, COUPON_OK},
        {"confirmed, and expired by that date", NOW, TIME_UNBOUNDED, 0, NOW_S, true, COUPON_EXPIRED},
        {"no idea", NOW, TIME_UNBOUNDED, NOW_S, NOW_S, false, COUPON_DATE_UNSURE},
        {"expired whatever the clock", NOW, 48 * HOUR, 0, NOW_S - 49 * HOUR_S, false, COUPON_EXPIRED},
        {"not yet, whatever the clock", NOW, 48 * HOUR, NOW_S + 49 * HOUR_S, 0, false, COUPON_NOT_YET},
        {"undated needs no clock", NOW, TIME_UNBOUNDED, 0, 0, false, COUPON_OK},
        {"undated in 1970", 0, TIME_UNBOUNDED, 0, 0, false, COUPON_OK},
        {"a clock ten years behind", NOW - 87600 * HOUR, 0, NOW_S, 0, false, COUPON_NOT_YET},
        {"a clock at the end of numbers", INT64_MAX, 5, 0, NOW_S, false, COUPON_EXPIRED},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct world w;
        world_init(&w);
        w.facts.now = (struct business_time){rows[i].wall, rows[i].uncertainty};
        w.facts.valid_from_s = rows[i].from;
        w.facts.expiry_s = rows[i].to;
        w.facts.date_confirmed = rows[i].confirmed;
        if (decide(&w) != rows[i].want)
            fail_msg("%s: %s", rows[i].name, coupon_verdict_name(decide(&w)));
        w.facts.valid_from_s = w.facts.expiry_s = 0; /* the campaign's own dates bind the same way */
        w.campaign.valid_from_s = rows[i].from;
        w.campaign.valid_to_s = rows[i].to;
        if (decide(&w) != rows[i].want)
            fail_msg("campaign, %s: %s", rows[i].name, coupon_verdict_name(decide(&w)));
    }
}

static void hours_are_local_and_may_cross_midnight(void **state)
{
    (void)state;
    static const struct {
        int64_t wall, uncertainty;
        uint8_t days;
        uint16_t from, to;
        enum coupon_verdict want;
    } rows[] = {
        {NOW, 0, 0x20, 0, 0, COUPON_OK}, /* Saturday */
        {NOW, 0, 0x40, 0, 0, COUPON_OUT_OF_HOURS},
        {NOW, 0, 0, 1080, 1081, COUPON_OK},
        {NOW, 0, 0, 1081, 1200, COUPON_OUT_OF_HOURS},
        {NOW, 0, 0, 600, 1080, COUPON_OUT_OF_HOURS},
        {NOW, HOUR, 0, 1080, 1200, COUPON_OUT_OF_HOURS}, /* 17:00 would be outside */
        {NOW, HOUR, 0, 1020, 1141, COUPON_OK},
        {NOW + 7 * HOUR, 0, 0x20, 1320, 120, COUPON_OK}, /* Sunday 01:00 belongs to Saturday's evening */
        {NOW + 7 * HOUR, 0, 0x40, 1320, 120, COUPON_OUT_OF_HOURS},
        {NOW + 8 * HOUR, 0, 0x20, 1320, 120, COUPON_OUT_OF_HOURS},
        {NOW + 5 * HOUR, 0, 0x20, 1320, 120, COUPON_OK},
        {NOW, TIME_UNBOUNDED, 0x20, 0, 0, COUPON_DATE_UNSURE},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct world w;
        world_init(&w);
        w.facts.valid_from_s = w.facts.expiry_s = 0;
        w.facts.now = (struct business_time){rows[i].wall, rows[i].uncertainty};
        w.campaign.weekday_mask = rows[i].days;
        w.campaign.hour_from_min = rows[i].from;
        w.campaign.hour_to_min = rows[i].to;
        if (decide(&w) != rows[i].want)
            fail_msg("row %zu: %s", i, coupon_verdict_name(decide(&w)));
    }
}

static void exclusivity_ends_for_members_only_when_it_surely_ended(void **state)
{
    (void)state;
    static const struct {
        uint64_t owner, member;
        uint32_t until;
        int64_t uncertainty;
        enum coupon_verdict want;
    } rows[] = {
        {99, 0, 0, 0, COUPON_OK},          /* the bearer counts as the owner */
        {99, 99, 0, 0, COUPON_OK},         /* the owner */
        {99, 98, 0, 0, COUPON_NOT_THEIRS}, /* never released */
        {99, 98, NOW_S + 1, 0, COUPON_NOT_THEIRS},
        {99, 98, NOW_S, 0, COUPON_OK},         /* released just now */
        {99, 98, NOW_S, 1, COUPON_NOT_THEIRS}, /* perhaps not yet */
        {0, 98, 0, 0, COUPON_OK},              /* nobody knows whose it is */
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct world w;
        world_init(&w);
        w.facts.owner_member = rows[i].owner;
        w.facts.member = rows[i].member;
        w.facts.exclusive_until_s = rows[i].until;
        w.facts.now.uncertainty_ms = rows[i].uncertainty;
        if (decide(&w) != rows[i].want)
            fail_msg("row %zu: %s", i, coupon_verdict_name(decide(&w)));
    }
}

static void authority_follows_mode_right_and_connection(void **state)
{
    (void)state;
    static const struct {
        uint8_t mode;
        bool fallback;
        enum right_state right;
        bool online, agreed;
        enum coupon_verdict want;
        bool budget;
    } rows[] = {
        {MODE_STRICT, false, RIGHT_HERE, true, true, COUPON_OK, false},
        {MODE_STRICT, false, RIGHT_HERE, true, false, COUPON_NEEDS_CONNECTION, false},
        {MODE_STRICT, false, RIGHT_HERE, false, false, COUPON_NEEDS_CONNECTION, false},
        {MODE_STRICT, true, RIGHT_ELSEWHERE, false, false, COUPON_NEEDS_CONNECTION, false},
        {MODE_STRICT, false, RIGHT_ELSEWHERE, true, true, COUPON_HELD_ELSEWHERE, false},
        {MODE_STRICT, false, RIGHT_RELEASED, true, true, COUPON_HELD_ELSEWHERE, false},
        {MODE_STRICT, false, RIGHT_CONSUMED, true, true, COUPON_ALREADY_USED, false},
        {MODE_HOME, false, RIGHT_HERE, false, false, COUPON_OK, false},
        {MODE_HOME, false, RIGHT_ELSEWHERE, false, false, COUPON_HELD_ELSEWHERE, false},
        {MODE_HOME, false, RIGHT_ELSEWHERE, true, false, COUPON_HELD_ELSEWHERE, false},
        {MODE_HOME, false, RIGHT_RELEASED, true, false, COUPON_HELD_ELSEWHERE, false},
        {MODE_HOME, true, RIGHT_ELSEWHERE, false, false, COUPON_OK, true},
        {MODE_HOME, true, RIGHT_ELSEWHERE, true, false, COUPON_HELD_ELSEWHERE, false},
        {MODE_HOME, true, RIGHT_RELEASED, false, false, COUPON_HELD_ELSEWHERE, false},
        {MODE_HOME, true, RIGHT_HERE, false, false, COUPON_OK, false},
        {MODE_BUDGET, false, RIGHT_HERE, false, false, COUPON_OK, false},
        {MODE_BUDGET, false, RIGHT_ELSEWHERE, false, false, COUPON_OK, true},
        {MODE_BUDGET, false, RIGHT_ELSEWHERE, true, false, COUPON_HELD_ELSEWHERE, false},
        {MODE_BUDGET, false, RIGHT_RELEASED, false, false, COUPON_HELD_ELSEWHERE, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct world w;
        world_init(&w);
        w.campaign.mode = rows[i].mode;
        w.campaign.fallback_budget = rows[i].fallback;
        w.campaign.offline_budget_minor = 100000;
        w.campaign.offline_budget_count = 100;
        w.facts.right = rows[i].right;
        w.facts.online = rows[i].online;
        w.facts.central_agreed = rows[i].agreed;
        struct coupon_decision d = coupon_decide(&w.facts);
        if (d.verdict != rows[i].want || d.spends_budget != rows[i].budget)
            fail_msg("row %zu: %s", i, coupon_verdict_name(d.verdict));
    }
}

static void budgets_hold_in_value_count_and_staleness(void **state)
{
    (void)state;
    static const struct {
        int64_t cap, used;
        uint32_t count_cap, count, max_age, age;
        enum coupon_verdict want;
    } rows[] = {
        {1000, 500, 9, 1, 0, 0, COUPON_OK},
        {1000, 501, 9, 1, 0, 0, COUPON_BUDGET_SPENT},
        {1000, 0, 2, 1, 0, 0, COUPON_OK},
        {1000, 0, 2, 2, 0, 0, COUPON_BUDGET_SPENT},
        {0, 0, 9, 0, 0, 0, COUPON_BUDGET_SPENT}, /* left out means nothing, not everything */
        {1000, 0, 0, 0, 0, 0, COUPON_BUDGET_SPENT},
        {1000, INT64_MAX, 9, 0, 0, 0, COUPON_BUDGET_SPENT},
        {1000, 0, 9, 0, 3600, 3600, COUPON_OK},
        {1000, 0, 9, 0, 3600, 3601, COUPON_NEEDS_CONNECTION},
        {1000, 0, 9, 0, 3600, UINT32_MAX, COUPON_NEEDS_CONNECTION},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct world w;
        world_init(&w);
        w.campaign.mode = MODE_BUDGET;
        w.campaign.offline_budget_minor = rows[i].cap;
        w.campaign.offline_budget_count = rows[i].count_cap;
        w.campaign.offline_max_sync_age_s = rows[i].max_age;
        w.facts.right = RIGHT_ELSEWHERE;
        w.facts.online = false;
        w.facts.budget_used_minor = rows[i].used;
        w.facts.budget_used_count = rows[i].count;
        w.facts.sync_age_s = rows[i].age;
        if (decide(&w) != rows[i].want)
            fail_msg("row %zu: %s", i, coupon_verdict_name(decide(&w)));
    }
}

/* Its end counts against the holder like the coupon's own; with a budget the right counts as one that is elsewhere. */
static void a_lease_ends_when_it_may_have_ended(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int64_t wall, uncertainty;
        bool confirmed, online, fallback;
        enum coupon_verdict want;
        bool budget;
    } rows[] = {
        {"the last moment", NOW - 1, 0, false, false, false, COUPON_OK, false},
        {"its end", NOW, 0, false, false, false, COUPON_NEEDS_CONNECTION, false},
        {"its end, online", NOW, 0, false, true, false, COUPON_NEEDS_CONNECTION, false},
        {"the last moment, unsure by 1 ms", NOW - 1, 1, false, false, false, COUPON_NEEDS_CONNECTION, false},
        {"a day before, unsure by less", NOW - 24 * HOUR, 23 * HOUR, false, false, false, COUPON_OK, false},
        {"a day before, unsure by a day", NOW - 24 * HOUR, 24 * HOUR, false, false, false, COUPON_NEEDS_CONNECTION,
         false},
        {"unsure by years", NOW - HOUR, 99999 * HOUR, false, false, false, COUPON_DATE_UNSURE, false},
        {"unsure by years, confirmed", NOW - HOUR, 99999 * HOUR, true, false, false, COUPON_OK, false},
        {"confirmed, and over by that date", NOW + HOUR, TIME_UNBOUNDED, true, false, false, COUPON_NEEDS_CONNECTION,
         false},
        {"ten years ahead", NOW + 87600 * HOUR, 0, false, false, false, COUPON_NEEDS_CONNECTION, false},
        {"within the budget", NOW, 0, false, false, true, COUPON_OK, true},
        {"within the budget, online", NOW, 0, false, true, true, COUPON_NEEDS_CONNECTION, false},
        {"before its end no budget is spent", NOW - 1, 0, false, false, true, COUPON_OK, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct world w;
        world_init(&w);
        w.facts.valid_from_s = w.facts.expiry_s = 0;
        w.facts.right_until_s = NOW_S;
        w.facts.now = (struct business_time){rows[i].wall, rows[i].uncertainty};
        w.facts.date_confirmed = rows[i].confirmed;
        w.facts.online = rows[i].online;
        w.campaign.fallback_budget = rows[i].fallback;
        w.campaign.offline_budget_minor = 100000;
        w.campaign.offline_budget_count = 100;
        struct coupon_decision d = coupon_decide(&w.facts);
        if (d.verdict != rows[i].want || d.spends_budget != rows[i].budget)
            fail_msg("%s: %s", rows[i].name, coupon_verdict_name(d.verdict));
    }
}

static void what_a_newer_central_says_needs_a_connection(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    w.campaign.discount = 9;
    assert_int_equal(decide(&w), COUPON_CAMPAIGN_UNKNOWN);
    world_init(&w);
    w.campaign.mode = 9;
    assert_int_equal(decide(&w), COUPON_CAMPAIGN_UNKNOWN);
    world_init(&w);
    w.campaign.state = 9;
    assert_int_equal(decide(&w), COUPON_CAMPAIGN_UNKNOWN);
    world_init(&w);
    w.campaign.state = CAMPAIGN_DRAFT;
    assert_int_equal(decide(&w), COUPON_CAMPAIGN_PAUSED);
}

static void a_redemption_carries_its_discount(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    assert_int_equal(coupon_decide(&w.facts).discount_minor, 500);
    w.facts.sale_minor = 300;
    assert_int_equal(coupon_decide(&w.facts).discount_minor, 300);
    w.campaign.discount = DISCOUNT_GIFT;
    assert_int_equal(coupon_decide(&w.facts).discount_minor, 0);
    assert_int_equal(decide(&w), COUPON_OK);
}

static void what_is_given_to_anybody_is_surely_nobodys_any_more(void **state)
{
    (void)state;
    struct world w;
    world_init(&w);
    w.facts.to_public = true;
    w.facts.owner_member = 0;
    assert_int_equal(coupon_decide(&w.facts).verdict, COUPON_NOT_THEIRS); /* never public */
    w.facts.exclusive_until_s = NOW_S - 60;
    assert_int_equal(coupon_decide(&w.facts).verdict, COUPON_OK);
    w.facts.now.uncertainty_ms = 61000;
    assert_int_equal(coupon_decide(&w.facts).verdict, COUPON_NOT_THEIRS);
    w.facts.now.uncertainty_ms = 0;
    w.facts.right = RIGHT_ELSEWHERE;
    assert_int_equal(coupon_decide(&w.facts).verdict, COUPON_HELD_ELSEWHERE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_given_to_anybody_is_surely_nobodys_any_more),
        cmocka_unit_test(each_cause_alone_gives_its_verdict),
        cmocka_unit_test(of_two_causes_the_earlier_one_answers),
        cmocka_unit_test(every_verdict_has_its_own_name),
        cmocka_unit_test(a_revoked_key_passes_only_what_the_store_knows),
        cmocka_unit_test(dates_count_against_the_holder),
        cmocka_unit_test(hours_are_local_and_may_cross_midnight),
        cmocka_unit_test(exclusivity_ends_for_members_only_when_it_surely_ended),
        cmocka_unit_test(authority_follows_mode_right_and_connection),
        cmocka_unit_test(budgets_hold_in_value_count_and_staleness),
        cmocka_unit_test(a_lease_ends_when_it_may_have_ended),
        cmocka_unit_test(what_a_newer_central_says_needs_a_connection),
        cmocka_unit_test(a_redemption_carries_its_discount),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
