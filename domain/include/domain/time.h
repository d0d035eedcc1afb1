#ifndef DOMAIN_TIME_H
#define DOMAIN_TIME_H

#include "domain/base.h"

/*
 * Two clocks in one file: the order of records (hybrid logical clock) and business time (wall clock ± uncertainty).
 * Nothing here reads a clock; readings come in as parameters. Rules: reliability.md, "Time".
 */

#define TIME_DAY_S  86400
#define TIME_DAY_MS INT64_C(86400000)

struct clock_reading {
    int64_t wall_ms; /* Unix, as the system says */
    int64_t mono_ms; /* since boot, never steps */
};

/* Packed: 48 bits of physical milliseconds, 16 bits of logical counter. Compares as an integer. */
struct hlc {
    uint64_t packed;
};

/* What the device last trusted: set from central's answers. Persisted; mono_ms is void after a reboot. */
struct time_trust {
    int64_t trusted_wall_ms; /* central's Unix time at that moment; 0 = never */
    int64_t trusted_mono_ms; /* -1 after a reboot: elapsed time is unknown */
    int64_t offset_ms;       /* central − wall at that moment */
};

struct business_time {
    int64_t wall_ms;        /* Unix, corrected by the offset */
    int64_t uncertainty_ms; /* TIME_UNBOUNDED when unknown */
};

/* Trust gained now from an answer that said central_ms. */
struct time_trust time_trust_from(struct clock_reading now, int64_t central_ms);

#define TIME_UNBOUNDED     INT64_MAX
#define TIME_DRIFT_PPM     100
#define TIME_CODE_LIMIT_MS (INT64_C(1000) * 60 * 10)      /* above: no spending by rotating code */
#define TIME_DATE_LIMIT_MS (INT64_C(1000) * 60 * 60 * 24) /* above: the clerk confirms the date of dated coupons */
#define HLC_MAX_LEAD_MS    (INT64_C(1000) * 60 * 60 * 24)

/* The next order stamp: greater than last, and its physical part never leads trusted time + elapsed by more than 24 h
 * (then only the logical part moves; when that is full, the physical part moves by 1 ms). */
struct hlc hlc_next(struct hlc last, struct clock_reading now, const struct time_trust *trust);
int64_t hlc_physical_ms(struct hlc stamp);

struct business_time time_business(struct clock_reading now, const struct time_trust *trust);

/* Local calendar at UTC+8 (China Standard Time, no summer time); weekday 0 = Monday. */
struct local_time {
    int year, month, day, hour, minute, second;
    int weekday;
};
struct local_time time_local(int64_t wall_ms);
/* The same day as a number (1970-01-01 is 0), and the moment it begins; months count in one row over the years. */
int64_t time_local_day(int64_t wall_ms);
int64_t time_day_start_ms(int64_t local_day);
int64_t time_local_month(int64_t wall_ms);
bool time_same_month(int64_t a_ms, int64_t b_ms);
/* "2026-11-21 18:05" / "2026-11-21". Returns the length; cap ≥ 20 fits. */
size_t time_format_minute(int64_t wall_ms, char *out_text, size_t cap);
size_t time_format_day(int64_t wall_ms, char *out_text, size_t cap);
/* "YYYY-MM-DD" at local midnight → Unix seconds. */
MUST_CHECK int time_parse_day(const char *text, int64_t *out_unix_s);

#endif
