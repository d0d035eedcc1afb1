#include "domain/time.h"

#include <assert.h>
#include <stdio.h>

#define PHYSICAL_MAX    ((INT64_C(1) << 48) - 1)
#define LOGICAL_BITS    16
#define LOCAL_OFFSET_MS (INT64_C(1000) * 60 * 60 * 8)

static int64_t add_clamped(int64_t a, int64_t b)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum))
        return b < 0 ? INT64_MIN : INT64_MAX;
    return sum;
}

struct time_trust time_trust_from(struct clock_reading now, int64_t central_ms)
{
    int64_t offset;
    if (__builtin_sub_overflow(central_ms, now.wall_ms, &offset))
        offset = 0;
    return (struct time_trust){central_ms, now.mono_ms, offset};
}

/* Monotonic time since the last trust; -1 when a reboot lies between. */
static int64_t trust_elapsed(struct clock_reading now, const struct time_trust *trust)
{
    bool same_boot = trust->trusted_mono_ms >= 0 && now.mono_ms >= trust->trusted_mono_ms;
    return same_boot ? now.mono_ms - trust->trusted_mono_ms : -1;
}

/* The latest physical part that an order stamp may have: after a reboot the time since boot is all that surely passed.
 */
static int64_t hlc_limit(struct clock_reading now, const struct time_trust *trust)
{
    if (trust->trusted_wall_ms == 0)
        return PHYSICAL_MAX;
    int64_t elapsed = trust_elapsed(now, trust);
    if (elapsed < 0)
        elapsed = now.mono_ms > 0 ? now.mono_ms : 0;
    int64_t limit = add_clamped(add_clamped(trust->trusted_wall_ms, elapsed), HLC_MAX_LEAD_MS);
    return limit < PHYSICAL_MAX ? limit : PHYSICAL_MAX;
}

struct hlc hlc_next(struct hlc last, struct clock_reading now, const struct time_trust *trust)
{
    assert(last.packed < UINT64_MAX);
    /* One more in packed form is the logical counter, carried into the physical part when it is full. */
    uint64_t next = last.packed + 1;
    int64_t physical = add_clamped(now.wall_ms, trust->trusted_wall_ms == 0 ? 0 : trust->offset_ms);
    if (physical > 0 && physical <= hlc_limit(now, trust)) {
        uint64_t stamp = (uint64_t)physical << LOGICAL_BITS;
        next = stamp > next ? stamp : next;
    }
    return (struct hlc){next};
}

int64_t hlc_physical_ms(struct hlc stamp)
{
    return (int64_t)(stamp.packed >> LOGICAL_BITS);
}

struct business_time time_business(struct clock_reading now, const struct time_trust *trust)
{
    if (trust->trusted_wall_ms == 0)
        return (struct business_time){now.wall_ms, TIME_UNBOUNDED};
    int64_t elapsed = trust_elapsed(now, trust);
    if (elapsed < 0)
        return (struct business_time){add_clamped(now.wall_ms, trust->offset_ms), TIME_UNBOUNDED};
    /* Counted from the trusted moment by the clock that never steps: a wall clock set by hand changes nothing. */
    int64_t drift = elapsed / 1000000 * TIME_DRIFT_PPM + (elapsed % 1000000 * TIME_DRIFT_PPM + 999999) / 1000000;
    return (struct business_time){add_clamped(trust->trusted_wall_ms, elapsed), drift};
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Days since 1970-01-01 of a Gregorian date, and back, counted in eras of 400 years that begin on 1 March. */
static int64_t days_from_date(int year, int month, int day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = floor_div(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static void date_from_days(int64_t days, struct local_time *out_time)
{
    days += 719468;
    int64_t era = floor_div(days, 146097);
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    out_time->day = (int)(day_of_year - (153 * month + 2) / 5 + 1);
    out_time->month = (int)(month < 10 ? month + 3 : month - 9);
    out_time->year = (int)(year_of_era + era * 400 + (out_time->month <= 2));
}

int64_t time_local_day(int64_t wall_ms)
{
    return floor_div(add_clamped(wall_ms, LOCAL_OFFSET_MS), TIME_DAY_MS);
}

int64_t time_day_start_ms(int64_t local_day)
{
    return local_day * TIME_DAY_MS - LOCAL_OFFSET_MS;
}

struct local_time time_local(int64_t wall_ms)
{
    int64_t days = time_local_day(wall_ms);
    int second = (int)((add_clamped(wall_ms, LOCAL_OFFSET_MS) - days * TIME_DAY_MS) / 1000);
    struct local_time out = {.hour = second / 3600, .minute = second / 60 % 60, .second = second % 60};
    date_from_days(days, &out);
    out.weekday = (int)((days % 7 + 7 + 3) % 7); /* 1970-01-01 was a Thursday */
    return out;
}

int64_t time_local_month(int64_t wall_ms)
{
    struct local_time local = time_local(wall_ms);
    return (int64_t)local.year * 12 + local.month;
}

bool time_same_month(int64_t a_ms, int64_t b_ms)
{
    return time_local_month(a_ms) == time_local_month(b_ms);
}

/* Years outside 0000..9999 only come from a broken clock; the text keeps its width. */
static int shown_year(int year)
{
    return year < 0 ? 0 : year > 9999 ? 9999 : year;
}

size_t time_format_minute(int64_t wall_ms, char *out_text, size_t cap)
{
    struct local_time t = time_local(wall_ms);
    int len = snprintf(out_text, cap, "%04d-%02d-%02d %02d:%02d", shown_year(t.year), t.month, t.day, t.hour, t.minute);
    assert(len > 0 && (size_t)len < cap);
    return (size_t)len;
}

size_t time_format_day(int64_t wall_ms, char *out_text, size_t cap)
{
    struct local_time t = time_local(wall_ms);
    int len = snprintf(out_text, cap, "%04d-%02d-%02d", shown_year(t.year), t.month, t.day);
    assert(len > 0 && (size_t)len < cap);
    return (size_t)len;
}

static int read_digits(const char *text, size_t count)
{
    int value = 0;
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

int time_parse_day(const char *text, int64_t *out_unix_s)
{
    static const char shape[] = "dddd-dd-dd";
    for (size_t i = 0; i < sizeof shape; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (shape[i] == 'd' ? !digit : text[i] != shape[i])
            return -EINVAL;
    }
    int year = read_digits(text, 4), month = read_digits(text + 5, 2), day = read_digits(text + 8, 2);
    if (month < 1 || month > 12 || day < 1)
        return -EINVAL;
    int64_t days = days_from_date(year, month, day);
    struct local_time back;
    date_from_days(days, &back);
    if (back.day != day || back.month != month)
        return -EINVAL;
    *out_unix_s = days * TIME_DAY_S - LOCAL_OFFSET_MS / 1000;
    return 0;
}
