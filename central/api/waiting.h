#ifndef CENTRAL_API_WAITING_H
#define CENTRAL_API_WAITING_H

/*
 * Requests that wait for news: feeds, and authority requests whose holder was asked. One list, bounded; woken by
 * commits that touch the lanes they look at, or by their deadline. Any thread, but for waiting_run.
 */

#include "central/api/api.h"

struct waiting;

#define WAITING_DEFAULT 4096

/* What looks again: answers and returns true, or returns false to go on waiting. last: the deadline is over. */
typedef bool (*waiting_retry)(struct api_call *call, bool last);

MUST_CHECK int waiting_open(unsigned max, const struct clock *clock, struct waiting **out_waiting);
void waiting_close(struct waiting *waiting); /* answers everybody 503; NULL-safe */

/* How many touches there were: take it before looking, so that news in between wakes at once. */
uint64_t waiting_version(struct waiting *waiting);

struct waiting_entry {
    struct api_call *call;
    waiting_retry retry;
    uint32_t store, brand; /* lanes; brand 0 = only the store's */
    int64_t deadline_ms;   /* of clock_mono_ms */
    uint64_t version;      /* taken before looking */
};

/* -ENOSPC when the list is full; the call stays the caller's then. */
MUST_CHECK int waiting_add(struct waiting *waiting, const struct waiting_entry *entry);

/* These lanes have news: as writer_touched. */
void waiting_touched(struct waiting *waiting, const struct store_touch *touches, size_t count, bool all);

/* Looks again for everybody who was woken or is over time. One thread at a time. Returns how many were answered. */
size_t waiting_run(struct waiting *waiting);

/* Blocks until somebody was woken, or a deadline is over, at most max_ms; or waiting_stop was called. */
void waiting_sleep(struct waiting *waiting, int64_t max_ms);
void waiting_stop(struct waiting *waiting);

size_t waiting_count(struct waiting *waiting);

#endif
