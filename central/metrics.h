#ifndef CENTRAL_METRICS_H
#define CENTRAL_METRICS_H

/* Counters behind GET /metrics; lock-free, any thread. */

#include "domain/base.h"

#include <stdatomic.h>

struct central_metrics {
    _Atomic uint64_t requests;      /* of terminals, answered */
    _Atomic uint64_t refused_401;   /* signature, skew, replay */
    _Atomic uint64_t refused_other; /* any other 4xx */
    _Atomic uint64_t busy_503;
    _Atomic uint64_t batches, records, duplicates, gaps, forks;
    _Atomic uint64_t feed_pages;
    _Atomic uint64_t authority_asked, authority_granted;
    _Atomic uint64_t backups, backup_failures;
    _Atomic uint64_t questions_open, questions_late; /* gauges, of the last look */
    _Atomic uint64_t questions_escalated;
    _Atomic uint64_t webhooks_dead; /* gave up on, since the start */
};

#endif
