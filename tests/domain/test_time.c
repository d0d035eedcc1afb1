#include "support.h"

#include "domain/time.h"

#define NOW  INT64_C(1795255200000) /* 2026-11-21 18:00 +08:00 */
#define DAY  INT64_C(86400000)
#define YEAR (365 * DAY)

static const struct time_trust fresh = {NOW, 1000, 0};

static struct hlc at(int64_t ms, uint16_t logical)
{
    return (struct hlc){(uint64_t)ms << 16 | logical};
}

static void order_stamps_follow_the_rules(void **state)
{
    (void)state;
    const struct time_trust never = {0, -1, 0}, rebooted = {NOW, -1, 0}, behind = {NOW, 1000, 5000};
    const struct {
        const char *name;
        struct hlc last;
        struct clock_reading now;
        const struct time_trust *trust;
        struct hlc want;
    } rows[] = {
        {"time goes on", at(NOW - 5, 7), {NOW, 1000}, &fresh, at(NOW, 0)},
        {"the same millisecond", at(NOW, 7), {NOW, 1000}, &fresh, at(NOW, 8)},
        {"backwards by a second", at(NOW, 7), {NOW - 1000, 1000}, &fresh, at(NOW, 8)},
        {"backwards by ten years", at(NOW, 7), {NOW - 10 * YEAR, 1000}, &fresh, at(NOW, 8)},
        {"1970", at(NOW, 7), {0, 1000}, &fresh, at(NOW, 8)},
        {"before 1970", at(NOW, 7), {-YEAR, 1000}, &fresh, at(NOW, 8)},
        {"1970 and never trusted", at(0, 0), {5, 1000}, &never, at(5, 0)},
        {"forwards by ten years", at(NOW, 7), {NOW + 10 * YEAR, 1000}, &fresh, at(NOW, 8)},
        {"forwards by 24 h exactly", at(NOW, 7), {NOW + DAY, 1000}, &fresh, at(NOW + DAY, 0)},
        {"1 ms beyond 24 h", at(NOW, 7), {NOW + DAY + 1, 1000}, &fresh, at(NOW, 8)},
        {"beyond 24 h, but as much went by", at(NOW, 7), {NOW + 3 * DAY, 1000 + 2 * DAY}, &fresh, at(NOW + 3 * DAY, 0)},
        {"after a reboot, within 24 h", at(NOW, 7), {NOW + DAY, 50}, &rebooted, at(NOW + DAY, 0)},
        {"after a reboot, beyond", at(NOW, 7), {NOW + DAY + 51, 50}, &rebooted, at(NOW, 8)},
        {"a monotonic clock that began anew", at(NOW, 7), {NOW + DAY + 1, 0}, &fresh, at(NOW, 8)},
        {"the offset counts", at(NOW, 7), {NOW, 1000}, &behind, at(NOW + 5000, 0)},
        {"the logical part is full", at(NOW, 65535), {NOW, 1000}, &fresh, at(NOW + 1, 0)},
        {"full and the clock is wrong", at(NOW, 65535), {NOW + 10 * YEAR, 1000}, &fresh, at(NOW + 1, 0)},
        {"a clock at the end of numbers", at(NOW, 7), {INT64_MAX, 1000}, &behind, at(NOW, 8)},
        {"a clock at their beginning", at(NOW, 7), {INT64_MIN, 1000}, &fresh, at(NOW, 8)},
        {"never trusted, beyond 48 bits", at(NOW, 7), {INT64_MAX, 0}, &never, at(NOW, 8)},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct hlc got = hlc_next(rows[i].last, rows[i].now, rows[i].trust);
        if (got.packed != rows[i].want.packed)
            fail_msg("%s: %lld.%u", rows[i].name, (long long)hlc_physical_ms(got), (unsigned)(got.packed & 0xffff));
        assert_true(got.packed > rows[i].last.packed);
    }
}

static void order_holds_whatever_the_clock_does(void **state)
{
    (void)state;
    struct hlc last = {0};
    uint64_t random = 1;
    for (int i = 0; i < 100000; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        int64_t wild = (int64_t)(random >> 16) % (10 * YEAR) * (random & 1 ? 1 : -1);
        struct hlc next = hlc_next(last, (struct clock_reading){NOW + wild, 1000 + i}, &fresh);
        assert_true(next.packed > last.packed);
        assert_true(hlc_physical_ms(next) <= NOW + i + DAY);
        last = next;
    }
}

static void uncertainty_grows_from_the_last_trust(void **state)
{
    (void)state;
    const struct time_trust never = {0, -1, 0}, rebooted = {NOW, -1, 700};
    const struct {
        struct clock_reading now;
        const struct time_trust *trust;
        int64_t wall, uncertainty;
    } rows[] = {
        {{NOW, 1000}, &fresh, NOW, 0},
        {{NOW, 1001}, &fresh, NOW + 1, 1},
        {{NOW + DAY, 1000 + DAY}, &fresh, NOW + DAY, 8640},
        {{NOW + 10 * YEAR, 1000 + DAY}, &fresh, NOW + DAY, 8640}, /* the wall clock was set by hand */
        {{NOW, 1000 + 100 * DAY}, &fresh, NOW + 100 * DAY, 864000},
        {{NOW, 5}, &fresh, NOW, TIME_UNBOUNDED}, /* a reboot that nobody told of */
        {{NOW, 5}, &rebooted, NOW + 700, TIME_UNBOUNDED},
        {{NOW, 5}, &never, NOW, TIME_UNBOUNDED},
        {{INT64_MAX, 5}, &rebooted, INT64_MAX, TIME_UNBOUNDED},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct business_time got = time_business(rows[i].now, rows[i].trust);
        assert_true(got.wall_ms == rows[i].wall);
        assert_true(got.uncertainty_ms == rows[i].uncertainty);
    }
}

static void trust_is_gained_from_centrals_answer(void **state)
{
    (void)state;
    struct time_trust trust = time_trust_from((struct clock_reading){NOW - 4000, 90}, NOW);
    assert_true(trust.trusted_wall_ms == NOW && trust.trusted_mono_ms == 90 && trust.offset_ms == 4000);
    struct business_time now = time_business((struct clock_reading){NOW - 3000, 1090}, &trust);
    assert_true(now.wall_ms == NOW + 1000);
}

static void local_time_is_chinas(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *text;
        int weekday;
    } rows[] = {
        {0, "1970-01-01 08:00", 3},
        {NOW, "2026-11-21 18:00", 5},
        {NOW + 6 * INT64_C(3600000) - 1, "2026-11-21 23:59", 5},
        {NOW + 6 * INT64_C(3600000), "2026-11-22 00:00", 6},
        {INT64_C(1709164800000), "2024-02-29 08:00", 3},
        {INT64_C(951753600000), "2000-02-29 00:00", 1},
        {INT64_C(-28800001), "1969-12-31 23:59", 2},
        {INT64_C(4107542400000), "2100-03-01 08:00", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[20];
        assert_int_equal(time_format_minute(rows[i].ms, text, sizeof text), 16);
        assert_string_equal(text, rows[i].text);
        assert_int_equal(time_local(rows[i].ms).weekday, rows[i].weekday);
        assert_int_equal(time_format_day(rows[i].ms, text, sizeof text), 10);
        assert_memory_equal(text, rows[i].text, 10);
        int64_t start = time_day_start_ms(time_local_day(rows[i].ms));
        assert_true(start <= rows[i].ms && rows[i].ms - start < DAY);
        time_format_minute(start, text, sizeof text);
        assert_memory_equal(text, rows[i].text, 10);
        assert_string_equal(text + 10, " 00:00");
    }
    char text[20];
    assert_int_equal(time_format_minute(INT64_MAX, text, sizeof text), 16);
    assert_int_equal(time_format_minute(INT64_MIN, text, sizeof text), 16);
}

static void months_count_over_the_years(void **state)
{
    (void)state;
    const int64_t new_year = INT64_C(1798732800000); /* 2027-01-01 00:00 +08:00 */
    assert_true(time_local_month(new_year) == time_local_month(new_year - 1) + 1);
    assert_true(time_same_month(new_year, new_year + 31 * DAY - 1));
    assert_false(time_same_month(new_year, new_year + 31 * DAY));
    assert_false(time_same_month(new_year, new_year - 365 * DAY)); /* the same name, another year */
}

static void days_parse_to_local_midnight(void **state)
{
    (void)state;
    int64_t out = 0;
    assert_int_equal(time_parse_day("2026-11-21", &out), 0);
    assert_true(out == NOW / 1000 - INT64_C(64800));
    for (int64_t day = -800; day < 40000; day += 37) { /* every length of month and year, there and back */
        char text[20];
        time_format_day(day * DAY, text, sizeof text);
        assert_int_equal(time_parse_day(text, &out), 0);
        assert_true(out == day * 86400 - INT64_C(28800));
    }
    static const char *const wrong[] = {"",           "2026-11-2",  "2026-13-01", "2026-00-01",  "2026-11-00",
                                        "2026-11-31", "2025-02-29", "2026/11/21", "2026-11-21x", "+026-11-21",
                                        "2100-02-29"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_int_equal(time_parse_day(wrong[i], &out), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_stamps_follow_the_rules),
        cmocka_unit_test(order_holds_whatever_the_clock_does),
        cmocka_unit_test(uncertainty_grows_from_the_last_trust),
        cmocka_unit_test(trust_is_gained_from_centrals_answer),
        cmocka_unit_test(local_time_is_chinas),
        cmocka_unit_test(months_count_over_the_years),
        cmocka_unit_test(days_parse_to_local_midnight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
