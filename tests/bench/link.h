#ifndef TESTS_BENCH_LINK_H
#define TESTS_BENCH_LINK_H

/* A network between a terminal and central on loopback: as fast as told, or not there. Threads of its own. */

#include "domain/base.h"

struct bench_link;

#define BENCH_LINK_FREE INT64_MAX /* as fast as it goes */
#define BENCH_LINK_DOWN 0         /* connections are refused and cut */

MUST_CHECK int bench_link_open(struct bench_link **out_link); /* down */
uint16_t bench_link_port(const struct bench_link *link);
/* Where to; bytes a second in each direction, for all connections together. */
void bench_link_set(struct bench_link *link, uint16_t target_port, int64_t bytes_per_s);
int64_t bench_link_carried(struct bench_link *link); /* bytes towards the target so far */
void bench_link_close(struct bench_link *link);      /* NULL-safe */

#endif
