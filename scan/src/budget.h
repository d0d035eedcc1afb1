#ifndef SCAN_SRC_BUDGET_H
#define SCAN_SRC_BUDGET_H

/* The time one call may still take. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct budget {
    int64_t (*now_us)(void);
    int64_t end_us; /* 0: no limit */
};

static inline struct budget budget_unlimited(void)
{
    return (struct budget){NULL, 0};
}

static inline struct budget budget_of(int64_t (*now_us)(void), int64_t budget_us)
{
    return (struct budget){now_us, now_us() + budget_us};
}

/* Whether there is time for something that takes cost_us. */
static inline bool budget_allows(const struct budget *budget, int64_t cost_us)
{
    return !budget->now_us || budget->now_us() + cost_us < budget->end_us;
}

#endif
