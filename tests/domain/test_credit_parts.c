/* What of a share ends, and when. */
#include "support.h"

#include "domain/credit_parts.h"
#include "domain/time.h"

static int64_t at(const char *day, int64_t hour)
{
    int64_t unix_s;
    assert_int_equal(time_parse_day(day, &unix_s), 0);
    return (unix_s + hour * 3600) * 1000;
}

static void credit_ends_with_the_local_day_or_month(void **state)
{
    (void)state;
    static const struct {
        const char *day, *ends;
        int64_t hour;
        uint32_t term_days;
    } rows[] = {
        {"2026-11-23", "2026-11-25", 0, 1},     {"2026-11-23", "2026-11-25", 23, 1},
        {"2026-12-31", "2027-01-02", 12, 1},    {"2026-11-23", "2026-12-24", 7, 30},
        {"2026-11-23", "2027-01-01", 7, 31},    {"2026-12-01", "2027-02-01", 0, 31},
        {"2026-11-30", "2027-01-01", 12, 31},   {"2026-01-31", "2026-04-01", 0, 31},
        {"2026-11-23", "2027-12-01", 12, 365},  {"2027-02-28", "2028-03-01", 12, 365},
        {"2026-01-29", "2026-04-01", 12, 31},   {"2026-11-23", "2029-12-01", 12, 1096},
        {"2026-11-23", "2029-12-01", 12, 9999},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t got = credit_ends_s(at(rows[i].day, rows[i].hour), rows[i].term_days);
        char text[32];
        time_format_day(got * 1000, text, sizeof text);
        if (got * 1000 != at(rows[i].ends, 0))
            fail_msg("%s + %u: %s, not %s", rows[i].day, (unsigned)rows[i].term_days, text, rows[i].ends);
    }
    assert_int_equal(credit_ends_s(at("2026-11-23", 0), 0), 0);
    assert_int_equal(credit_ends_s(-1, 30), 0);
    assert_int_equal(credit_ends_s(INT64_MAX, 30), 0);
}

/* Whatever the moment: never less than the days promised, and the next day or month begins there. */
static void no_credit_ends_before_its_days_are_over(void **state)
{
    (void)state;
    int64_t start = at("2026-01-01", 0);
    for (uint32_t term = 1; term <= CREDIT_TERM_DAYS_MAX; term += 7) {
        for (int64_t now = start; now < start + 400 * TIME_DAY_MS; now += 17 * 3600 * 1000) {
            int64_t ends = credit_ends_s(now, term) * 1000, days = (ends - now) / TIME_DAY_MS;
            struct local_time local = time_local(ends);
            assert_true(days >= term && days <= term + (term < 31 ? 1 : 31));
            assert_true(local.hour == 0 && local.minute == 0 && local.second == 0);
            assert_true(term < 31 || local.day == 1);
        }
    }
}

static void a_spend_takes_what_ends_first(void **state)
{
    (void)state;
    struct credit_parts parts = {0}, taken = {0};
    credit_parts_add(&parts, 300, 30);
    credit_parts_add(&parts, 100, 10);
    credit_parts_add(&parts, 200, 15);
    credit_parts_add(&parts, 200, 5);
    credit_parts_add(&parts, 0, 99); /* what never ends is no part */
    assert_int_equal(parts.count, 3);
    credit_parts_take(&parts, 25, &taken);
    assert_true(credit_parts_equal(&taken, &(struct credit_parts){2, {{100, 10}, {200, 15}}}));
    assert_true(credit_parts_equal(&parts, &(struct credit_parts){2, {{200, 5}, {300, 30}}}));
    taken.count = 0;
    credit_parts_take(&parts, 1000, &taken); /* the rest is of what never ends */
    assert_true(credit_parts_equal(&taken, &(struct credit_parts){2, {{200, 5}, {300, 30}}}));
    assert_int_equal(parts.count, 0);
}

static void the_void_of_an_earn_takes_its_own_part_first(void **state)
{
    (void)state;
    const struct credit_parts start = {2, {{100, 10}, {200, 20}}};
    struct credit_parts parts = start, taken = {0};
    credit_parts_take_own(&parts, (struct credit_part){200, 25}, 35, &taken);
    assert_true(credit_parts_equal(&taken, &(struct credit_parts){2, {{100, 5}, {200, 20}}}));
    parts = start, taken.count = 0;
    credit_parts_take_own(&parts, (struct credit_part){0, 4}, 35, &taken); /* five never end */
    assert_int_equal(taken.count, 0);
    credit_parts_take_own(&parts, (struct credit_part){0, 7}, 35, &taken);
    assert_true(credit_parts_equal(&taken, &(struct credit_parts){1, {{100, 2}}}));
    parts = start, taken.count = 0;
    credit_parts_take_own(&parts, (struct credit_part){150, 12}, 35, &taken); /* gone: as a spend */
    assert_true(credit_parts_equal(&taken, &(struct credit_parts){2, {{100, 10}, {200, 2}}}));
}

static void what_has_ended_goes_and_nothing_else(void **state)
{
    (void)state;
    struct credit_parts parts = {3, {{100, 10}, {200, 20}, {300, 30}}}, taken = {0};
    credit_parts_take_ended(&parts, 99, &taken);
    assert_int_equal(taken.count, 0);
    credit_parts_take_ended(&parts, 200, &taken);
    assert_true(credit_parts_equal(&taken, &(struct credit_parts){2, {{100, 10}, {200, 20}}}));
    assert_true(credit_parts_equal(&parts, &(struct credit_parts){1, {{300, 30}}}));
}

static void what_comes_back_does_not_end_at_once(void **state)
{
    (void)state;
    const struct credit_parts taken = {3, {{100, 10}, {200, 20}, {300, 30}}};
    struct credit_parts back = credit_parts_back(&taken, 250);
    assert_true(credit_parts_equal(&back, &(struct credit_parts){2, {{250, 30}, {300, 30}}}));
    back = credit_parts_back(&taken, 0);
    assert_true(credit_parts_equal(&back, &taken));
}

static void more_ends_than_fit_fall_to_later_ones(void **state)
{
    (void)state;
    struct credit_parts parts = {0};
    for (int64_t i = 1; i <= CREDIT_PARTS_MAX; i++)
        credit_parts_add(&parts, 100 * i, 1);
    assert_int_equal(parts.count, CREDIT_PARTS_MAX);
    assert_int_equal(credit_parts_place(&parts, 150), 200);
    assert_int_equal(credit_parts_place(&parts, 200), 200);
    assert_int_equal(credit_parts_place(&parts, 100 * CREDIT_PARTS_MAX + 1), 0);
    credit_parts_add(&parts, 150, 5);
    assert_int_equal(parts.count, CREDIT_PARTS_MAX);
    assert_int_equal(parts.items[1].amount_minor, 6);
    credit_parts_add(&parts, 100 * CREDIT_PARTS_MAX + 1, 5); /* never, rather than too early */
    assert_int_equal(credit_parts_sum(&parts), CREDIT_PARTS_MAX + 5);
}

static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

struct model {
    struct credit_parts parts;
    int64_t share;
};

static void change(struct model *m, uint32_t *seed)
{
    struct credit_parts taken = {0};
    int64_t amount = next(seed) % 100, ends_s = 100 * (next(seed) % 64);
    bool fits = amount <= m->share;
    switch (next(seed) % 4) {
    case 0:
    case 1:
        credit_parts_add(&m->parts, ends_s, amount);
        m->share += amount;
        break;
    case 2:
        if (fits && next(seed) % 2)
            credit_parts_take(&m->parts, amount, &taken);
        else if (fits)
            credit_parts_take_own(&m->parts, (struct credit_part){ends_s, amount}, m->share, &taken);
        m->share -= fits ? amount : 0;
        assert_true(credit_parts_sane(&taken, amount));
        break;
    default:
        credit_parts_take_ended(&m->parts, next(seed) % 800, &taken);
        m->share -= credit_parts_sum(&taken);
    }
}

static void whatever_happens_parts_stay_within_the_share(void **state)
{
    (void)state;
    uint32_t seed = 20261123;
    for (int run = 0; run < 200; run++) {
        struct model m = {0};
        for (int step = 0; step < 500; step++) {
            change(&m, &seed);
            assert_true(m.share >= 0);
            if (!credit_parts_sane(&m.parts, m.share))
                fail_msg("run %d step %d", run, step);
        }
    }
}

struct row_case {
    int64_t share_minor;
    uint32_t count;
    struct credit_part rows[4]; /* as the books have them */
    struct credit_parts parts;
};

static struct credit_rows read_rows(int64_t share_minor, const struct credit_part *items, uint32_t count)
{
    struct credit_rows rows;
    int64_t sum = 0, positive = 0;
    for (uint32_t i = 0; i < count; i++) {
        sum += items[i].amount_minor;
        positive += items[i].amount_minor > 0 ? items[i].amount_minor : 0;
    }
    credit_rows_begin(&rows, share_minor, sum, positive);
    for (uint32_t i = 0; i < count; i++) {
        if (items[i].amount_minor > 0)
            credit_rows_add(&rows, items[i]);
    }
    return rows;
}

static void rows_say_no_more_than_the_share_and_all_of_them_together(void **state)
{
    (void)state;
    static const struct row_case cases[] = {
        {30, 2, {{100, 10}, {200, 20}}, {2, {{100, 10}, {200, 20}}}},
        {40, 2, {{100, 10}, {200, 20}}, {2, {{100, 10}, {200, 20}}}}, /* 10 never end */
        {25, 2, {{100, 10}, {200, 20}}, {2, {{100, 5}, {200, 20}}}},
        {10, 2, {{100, 10}, {200, 20}}, {1, {{200, 10}}}},
        {-3, 2, {{100, 10}, {200, 20}}, {0, {{0, 0}}}},
        {50, 2, {{100, -100}, {200, 100}}, {0, {{0, 0}}}}, /* expired twice, and given back: 50 never end */
        {50, 3, {{100, -20}, {200, 30}, {300, 10}}, {2, {{200, 10}, {300, 10}}}},
        {50, 2, {{100, 30}, {200, -40}}, {0, {{0, 0}}}},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct credit_rows rows = read_rows(cases[i].share_minor, cases[i].rows, cases[i].count);
        if (!credit_parts_equal(&rows.parts, &cases[i].parts) || rows.beyond_minor != 0)
            fail_msg("case %zu", i);
    }
}

#define MANY 60 /* more than a record can name */

/* The books add up what records say. A share with more ends than a record can name is spent as if it could. */
static void what_a_record_cannot_name_is_taken_all_the_same(void **state)
{
    (void)state;
    uint32_t seed = 20261124;
    for (int run = 0; run < 300; run++) {
        struct credit_part rows[MANY];
        int64_t left = MANY * 10;
        for (uint32_t i = 0; i < MANY; i++)
            rows[i] = (struct credit_part){100 * (i + 1), 10};
        while (left > 0) {
            struct credit_rows share = read_rows(left, rows, MANY);
            struct credit_parts taken = {0};
            int64_t amount = 1 + next(&seed) % left;
            assert_int_equal(credit_parts_sum(&share.parts) + share.beyond_minor, left);
            assert_int_equal(share.parts.items[0].ends_s, rows[(MANY * 10 - left) / 10].ends_s);
            credit_rows_fold(&share);
            credit_parts_take(&share.parts, amount, &taken);
            assert_int_equal(credit_parts_sum(&taken), amount);
            assert_true(credit_parts_sane(&taken, amount));
            for (uint32_t i = 0; i < taken.count; i++)
                rows[taken.items[i].ends_s / 100 - 1].amount_minor -= taken.items[i].amount_minor;
            left -= amount;
        }
    }
}

static void what_comes_into_a_full_share_ends_with_its_later_ones(void **state)
{
    (void)state;
    struct credit_parts full = {0}, given = {3, {{150, 5}, {160, 6}, {100 * CREDIT_PARTS_MAX + 1, 7}}};
    for (int i = 1; i < CREDIT_PARTS_MAX; i++)
        credit_parts_add(&full, 100 * i, 1);
    credit_parts_add(&full, 100 * CREDIT_PARTS_MAX, 1);
    struct credit_parts placed = credit_parts_placed(&full, &given);
    assert_true(credit_parts_equal(&placed, &(struct credit_parts){1, {{200, 11}}}));
    full.count--; /* room for one */
    placed = credit_parts_placed(&full, &given);
    assert_true(credit_parts_equal(&placed, &(struct credit_parts){2, {{150, 5}, {200, 6}}}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(credit_ends_with_the_local_day_or_month),
        cmocka_unit_test(no_credit_ends_before_its_days_are_over),
        cmocka_unit_test(a_spend_takes_what_ends_first),
        cmocka_unit_test(the_void_of_an_earn_takes_its_own_part_first),
        cmocka_unit_test(what_has_ended_goes_and_nothing_else),
        cmocka_unit_test(what_comes_back_does_not_end_at_once),
        cmocka_unit_test(more_ends_than_fit_fall_to_later_ones),
        cmocka_unit_test(whatever_happens_parts_stay_within_the_share),
        cmocka_unit_test(rows_say_no_more_than_the_share_and_all_of_them_together),
        cmocka_unit_test(what_a_record_cannot_name_is_taken_all_the_same),
        cmocka_unit_test(what_comes_into_a_full_share_ends_with_its_later_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
