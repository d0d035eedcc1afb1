#ifndef TESTS_SIM_PATIENCE_H
#define TESTS_SIM_PATIENCE_H

/*
 * What people do who came for nothing: where the reason passes – the machine is off or has something in hand, the
 * primary or central is out of reach, the phone shows a code under a stolen key – they come again a moment later, at
 * any counter of the store, until they have had enough.
 */

#include "desk.h"

/* A request that failed with an error, or was refused. */
void patience_after_error(const struct desk_wish *wish, int error);
void patience_after_refusal(const struct desk_wish *wish, enum coupon_verdict verdict);

/* Another counter of the store, or the same one when there is no other; NULL: all are off. */
struct terminal *patience_counter(struct terminal *refused);

/* The terminal is off: somebody who stands before it comes again. */
void patience_wait(struct terminal *terminal, world_run run, uint64_t day_end_ms);

#endif
