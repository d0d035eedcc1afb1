#ifndef CENTRAL_CLOCKWORK_H
#define CENTRAL_CLOCKWORK_H

/*
 * Two threads: one answers waiting requests as soon as there is news, one does the slow work (parts' ticks, backups),
 * so that a slow webhook never holds back a feed.
 */

#include "central/server.h"

struct clockwork;

MUST_CHECK int clockwork_start(struct central *central, struct clockwork **out_clockwork);
void clockwork_stop(struct clockwork *clockwork); /* waits for both; NULL-safe */

#endif
