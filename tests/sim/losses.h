#ifndef TESTS_SIM_LOSSES_H
#define TESTS_SIM_LOSSES_H

/* What an operator does about machines and rights that will not come back. */

#include <stdint.h>

struct terminal;
struct world;

/* A coupon that nobody has shown yet is written off where it is held and given to another store; then people show it
 * at both. */
void losses_write_off(struct world *world);
/* The terminal's disk is gone; a new machine is enrolled in its place and sells until until_ms. */
void losses_replace(struct terminal *terminal, int64_t until_ms);
/* A central that came back from a backup has only that much of a disk that is gone; what both lost is nowhere. */
void losses_look(struct world *world);

#endif
