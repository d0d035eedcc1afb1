#include "domain/activity.h"

#include "domain/time.h"

#define HOUR_MS INT64_C(3600000)

void activity_note(struct activity *activity, int64_t at_ms)
{
    uint8_t *count = &activity->hours[time_local(at_ms).hour];
    if (*count == UINT8_MAX) {
        for (int i = 0; i < ACTIVITY_HOURS; i++) {
            activity->hours[i] /= 2;
        }
    }
    (*count)++;
}

uint32_t activity_total(const struct activity *activity)
{
    uint32_t total = 0;
    for (int i = 0; i < ACTIVITY_HOURS; i++) {
        total += activity->hours[i];
    }
    return total;
}

bool quiet_at(const struct quiet_hours *quiet, int hour)
{
    if (quiet->from <= quiet->to) {
        return hour >= quiet->from && hour < quiet->to;
    }
    return hour >= quiet->from || hour < quiet->to;
}

int activity_best_hour(const struct activity *activity, const struct quiet_hours *quiet)
{
    int best = -1;
    if (activity_total(activity) < ACTIVITY_ENOUGH) {
        return -1;
    }
    for (int i = 0; i < ACTIVITY_HOURS; i++) {
        if (!quiet_at(quiet, i) && activity->hours[i] > (best < 0 ? 0 : activity->hours[best])) {
            best = i;
        }
    }
    return best;
}

int64_t activity_next_ms(const struct quiet_hours *quiet, int hour, int64_t from_ms)
{
    int64_t at_ms = from_ms;
    for (int i = 0; i <= ACTIVITY_HOURS; i++) {
        int local = time_local(at_ms).hour;
        if ((hour < 0 || local == hour) && !quiet_at(quiet, local)) {
            return at_ms;
        }
        at_ms = (at_ms / HOUR_MS + 1) * HOUR_MS;
    }
    return 0;
}
