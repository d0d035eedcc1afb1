#ifndef TESTS_SIM_STORES_H
#define TESTS_SIM_STORES_H

/* What happens in stores of several terminals: their network, and what managers and an operator do about primaries. */

#include "world.h"

struct terminal;

/* A day's faults, from now to the end of trading. */
void stores_plan_day(struct world *world);
/* Everything plugged in and switched on; no store is ordered to go alone. */
void stores_heal(struct world *world);
/* The terminals of every store hold the same journals, and nobody waits for an answer. */
bool stores_agree(struct world *world);
/* Says of each store that does not agree what stands in the way. */
void stores_report(struct world *world);

#endif
