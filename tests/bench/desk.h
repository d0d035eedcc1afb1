#ifndef TESTS_BENCH_DESK_H
#define TESTS_BENCH_DESK_H

/* The real till at work without screens: one request at a time, each waited for until its commit. One thread. */

#include "bench.h"
#include "till/till.h"

struct bench_desk;

/* The books in a terminal's data folder. */
MUST_CHECK int bench_desk_open(const char *data, const struct clock *clock, struct bench_desk **out_desk);
void bench_desk_close(struct bench_desk *desk); /* NULL-safe */
struct till *bench_desk_till(struct bench_desk *desk);

/* -EPROTO when it is refused. sale_minor 0 = not stated; *out_group (may be NULL): seq of the act. */
struct bench_act {
    const char *coupon;
    int64_t sale_minor;
    uint64_t member;
};
MUST_CHECK int bench_desk_redeem(struct bench_desk *desk, const struct bench_act *act, uint64_t *out_group);
MUST_CHECK int bench_desk_note(struct bench_desk *desk, const struct body *note);

#endif
