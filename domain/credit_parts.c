#include "domain/credit_parts.h"

#include "domain/time.h"

#include <assert.h>
#include <string.h>

#define DAYS_BY_DAY     31                 /* terms below it end with a day, others with a month */
#define BUSINESS_MS_MAX (INT64_C(1) << 48) /* the calendar of no living clock */
#define LONGEST_MONTH   31

int64_t credit_ends_s(int64_t business_ms, uint32_t term_days)
{
    if (term_days == 0 || business_ms < 0 || business_ms > BUSINESS_MS_MAX)
        return 0;
    if (term_days > CREDIT_TERM_DAYS_MAX)
        term_days = CREDIT_TERM_DAYS_MAX;
    int64_t day = time_local_day(business_ms) + term_days;
    if (term_days < DAYS_BY_DAY)
        return time_day_start_ms(day + 1) / 1000;
    struct local_time local = time_local(time_day_start_ms(day));
    int64_t next = day - local.day + 1 + LONGEST_MONTH; /* in the next month, or the first days of the one after */
    local = time_local(time_day_start_ms(next));
    return time_day_start_ms(next - local.day + 1) / 1000;
}

bool credit_parts_sane(const struct credit_parts *parts, int64_t amount_minor)
{
    int64_t left = amount_minor, after = 0;
    if (parts->count > CREDIT_PARTS_MAX)
        return false;
    for (uint32_t i = 0; i < parts->count; i++) {
        const struct credit_part *part = &parts->items[i];
        if (part->ends_s <= after || part->amount_minor <= 0 || part->amount_minor > left)
            return false;
        after = part->ends_s;
        left -= part->amount_minor;
    }
    return true;
}

int64_t credit_parts_sum(const struct credit_parts *parts)
{
    int64_t sum = 0;
    for (uint32_t i = 0; i < parts->count; i++)
        sum += parts->items[i].amount_minor;
    return sum;
}

bool credit_parts_equal(const struct credit_parts *a, const struct credit_parts *b)
{
    return a->count == b->count && memcmp(a->items, b->items, a->count * sizeof(a->items[0])) == 0;
}

/* The first part that does not end before ends_s. */
static uint32_t find(const struct credit_parts *parts, int64_t ends_s)
{
    uint32_t i = 0;
    while (i < parts->count && parts->items[i].ends_s < ends_s)
        i++;
    return i;
}

int64_t credit_parts_place(const struct credit_parts *parts, int64_t ends_s)
{
    if (ends_s == 0 || parts->count < CREDIT_PARTS_MAX)
        return ends_s;
    uint32_t i = find(parts, ends_s);
    return i < parts->count ? parts->items[i].ends_s : 0;
}

void credit_parts_add(struct credit_parts *parts, int64_t ends_s, int64_t amount_minor)
{
    assert(amount_minor >= 0);
    ends_s = credit_parts_place(parts, ends_s);
    if (ends_s == 0 || amount_minor == 0)
        return;
    uint32_t i = find(parts, ends_s);
    if (i < parts->count && parts->items[i].ends_s == ends_s) {
        parts->items[i].amount_minor += amount_minor;
        return;
    }
    memmove(&parts->items[i + 1], &parts->items[i], (parts->count - i) * sizeof(parts->items[0]));
    parts->items[i] = (struct credit_part){ends_s, amount_minor};
    parts->count++;
}

static void remove_at(struct credit_parts *parts, uint32_t i)
{
    parts->count--;
    memmove(&parts->items[i], &parts->items[i + 1], (parts->count - i) * sizeof(parts->items[0]));
}

/* Returns what was there to take. */
static int64_t take_at(struct credit_parts *parts, uint32_t i, int64_t amount_minor, struct credit_parts *taken)
{
    struct credit_part *part = &parts->items[i];
    int64_t minor = part->amount_minor < amount_minor ? part->amount_minor : amount_minor;
    credit_parts_add(taken, part->ends_s, minor);
    part->amount_minor -= minor;
    if (part->amount_minor == 0)
        remove_at(parts, i);
    return minor;
}

void credit_parts_take(struct credit_parts *parts, int64_t amount_minor, struct credit_parts *taken)
{
    while (amount_minor > 0 && parts->count > 0)
        amount_minor -= take_at(parts, 0, amount_minor, taken);
}

struct credit_parts credit_parts_placed(const struct credit_parts *parts, const struct credit_parts *given)
{
    struct credit_parts full = *parts, placed = {0};
    for (uint32_t i = 0; i < given->count; i++) {
        int64_t ends_s = credit_parts_place(&full, given->items[i].ends_s);
        credit_parts_add(&full, ends_s, given->items[i].amount_minor);
        credit_parts_add(&placed, ends_s, given->items[i].amount_minor);
    }
    return placed;
}

void credit_rows_begin(struct credit_rows *rows, int64_t share_minor, int64_t sum_minor, int64_t positive_minor)
{
    int64_t ends_minor = sum_minor < share_minor ? sum_minor : share_minor;
    *rows = (struct credit_rows){.over_minor = positive_minor - (ends_minor > 0 ? ends_minor : 0)};
}

void credit_rows_add(struct credit_rows *rows, struct credit_part row)
{
    int64_t cut = rows->over_minor < row.amount_minor ? rows->over_minor : row.amount_minor;
    struct credit_parts *parts = &rows->parts;
    rows->over_minor -= cut;
    row.amount_minor -= cut;
    if (row.amount_minor == 0)
        return;
    if (parts->count < CREDIT_PARTS_MAX)
        parts->items[parts->count++] = row;
    else
        rows->beyond_minor += row.amount_minor;
}

void credit_rows_fold(struct credit_rows *rows)
{
    if (rows->beyond_minor > 0)
        rows->parts.items[CREDIT_PARTS_MAX - 1].amount_minor += rows->beyond_minor;
    rows->beyond_minor = 0;
}

void credit_parts_take_own(struct credit_parts *parts, struct credit_part own, int64_t share_minor,
                           struct credit_parts *taken)
{
    int64_t amount_minor = own.amount_minor;
    uint32_t i = find(parts, own.ends_s);
    if (own.ends_s == 0) {
        int64_t endless = share_minor - credit_parts_sum(parts);
        amount_minor -= endless < amount_minor ? (endless > 0 ? endless : 0) : amount_minor;
    } else if (i < parts->count && parts->items[i].ends_s == own.ends_s) {
        amount_minor -= take_at(parts, i, amount_minor, taken);
    }
    credit_parts_take(parts, amount_minor, taken);
}

void credit_parts_take_ended(struct credit_parts *parts, int64_t through_s, struct credit_parts *taken)
{
    while (parts->count > 0 && parts->items[0].ends_s <= through_s)
        (void)take_at(parts, 0, parts->items[0].amount_minor, taken);
}

struct credit_parts credit_parts_back(const struct credit_parts *taken, int64_t earliest_s)
{
    struct credit_parts back = {0};
    for (uint32_t i = 0; i < taken->count; i++) {
        int64_t ends_s = taken->items[i].ends_s;
        credit_parts_add(&back, ends_s > earliest_s ? ends_s : earliest_s, taken->items[i].amount_minor);
    }
    return back;
}
