#ifndef TESTS_SIM_SUMMARY_H
#define TESTS_SIM_SUMMARY_H

/* What many seeds came to: the last line, and whether it was a day as demanded. */

#include "jobs.h"

struct summary {
    struct world_counts counts;
    uint64_t trace;
};

void summary_add(struct summary *summary, const struct world_counts *counts, uint64_t trace_hash);
void summary_print(const struct summary *summary, const struct jobs_options *options);

/*
 * A terminal's day has at least 100 redemptions and 50 moves of credit, half of each offline; every fault that was
 * switched on struck, and rights and credit moved, primaries were followed, central was restored, rights were written
 * off and conflicts came of it. Says what is short of that.
 */
bool summary_meets_demands(const struct summary *summary, const struct jobs_options *options);

#endif
