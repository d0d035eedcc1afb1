#ifndef TESTS_SIM_JOBS_H
#define TESTS_SIM_JOBS_H

/* Seeds on several processes. What they print and count comes in the order of the seeds, however many there are. */

#include "world.h"

struct jobs_options {
    struct world_options world; /* its seed is set here */
    uint64_t first, last;
    unsigned jobs;
    bool to_first; /* no seed after the first with a violation */
    bool demand;   /* see summary.h */
};

/* Called once a seed, in order. */
typedef void (*jobs_done)(void *context, uint64_t seed, const struct world_counts *counts, uint64_t trace_hash);

/* 0, or -ECHILD: a process died before its seed was through; it says which on stderr. */
MUST_CHECK int jobs_run(const struct jobs_options *options, jobs_done done, void *context);

#endif
