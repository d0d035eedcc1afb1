#ifndef TESTS_SIM_RUN_H
#define TESTS_SIM_RUN_H

#include "world.h"

/* One seed from the first enrolment to the audit. The counts and the trace's hash are left in *out_world. */
void run_seed(const struct world_options *options, struct world *out_world);

#endif
