#ifndef SCAN_SRC_BUDGET_H
#define SCAN_SRC_BUDGET_H

/* The time one call may still take. */

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct budget {
    bool limited;
    int64_t end_us; /* of the monotonic clock */
};

static inline int64_t budget_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static inline struct budget budget_of(int64_t budget_us)
{
    return (struct budget){budget_us > 0, budget_us > 0 ? budget_now_us() + budget_us : 0};
}

/* Whether there is time for something that takes cost_us. */
static inline bool budget_allows(const struct budget *budget, int64_t cost_us)
{
    return !budget->limited || budget_now_us() + cost_us < budget->end_us;
}

#endif
