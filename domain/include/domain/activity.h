#ifndef DOMAIN_ACTIVITY_H
#define DOMAIN_ACTIVITY_H

#include "domain/base.h"

/*
 * When a member is awake for us: how often each hour of the day (China Standard Time) saw an act of theirs, and the
 * hours in which nobody is written to unasked. Pure.
 */

#define ACTIVITY_HOURS 24

/* Counts grow to 255; then all are halved, so that old habits fade. */
struct activity {
    uint8_t hours[ACTIVITY_HOURS];
};

/* From the beginning of hour `from` to the beginning of hour `to`, over midnight when from > to; equal: none. */
struct quiet_hours {
    uint8_t from, to;
};
#define QUIET_FROM_DEFAULT 22
#define QUIET_TO_DEFAULT   8
#define ACTIVITY_ENOUGH    3 /* acts: fewer say nothing about somebody */

void activity_note(struct activity *activity, int64_t at_ms);
uint32_t activity_total(const struct activity *activity);
bool quiet_at(const struct quiet_hours *quiet, int hour); /* hour 0 … 23 */
/* The hour with most acts that is not quiet; -1: too few are known, or every hour is quiet. Of equals the earliest. */
int activity_best_hour(const struct activity *activity, const struct quiet_hours *quiet);
/* The first moment from from_ms on in that hour of the day (-1: any) that is not quiet; 0: there is none. */
int64_t activity_next_ms(const struct quiet_hours *quiet, int hour, int64_t from_ms);

#endif
