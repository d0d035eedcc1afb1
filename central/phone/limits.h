#ifndef CENTRAL_PHONE_LIMITS_H
#define CENTRAL_PHONE_LIMITS_H

/*
 * How often one person's page may do what costs central more than a look: a minute's allowance each. Kept in memory for
 * those who asked last; whoever was pushed out by PHONE_LIMITS_MAX others begins anew. Any thread.
 */

#include "domain/base.h"

#define PHONE_LIMITS_MAX 512

enum phone_effort { PHONE_EXPORT, PHONE_ACT, PHONE_JOIN, PHONE_EFFORTS }; /* 1, 12 and 3 a minute */

struct phone_limits;
MUST_CHECK int phone_limits_open(struct phone_limits **out_limits);
void phone_limits_close(struct phone_limits *limits); /* NULL-safe */
/* now_ms: of a clock that only goes forward. false: not in this minute. */
bool phone_limits_take(struct phone_limits *limits, uint64_t identity, enum phone_effort effort, int64_t now_ms);

#endif
