#ifndef TESTS_SIM_FAULTS_H
#define TESTS_SIM_FAULTS_H

/* When what goes wrong, and how it is made good in the end. */

#include "world.h"

#define FAULT_CLONE_MS (INT64_C(6) * 60 * 1000)

/* Plans a day's faults, from now to the end of trading. */
void faults_plan_day(struct world *world);
/* What an event left dead dies now. After every event. */
void faults_bury(struct world *world);
/* No more faults: links up, clocks right, everything on. */
void faults_heal(struct world *world);

#endif
