#ifndef APP_SUPERVISOR_H
#define APP_SUPERVISOR_H

/*
 * systemd's side of the terminal on a device (sd_notify(3), sd_watchdog_enabled(3)): it learns that the terminal is up
 * and, from then on, that the main loop still turns; a loop that stands still is killed and started anew. Started by
 * hand, where no notification socket is in the environment, every call does nothing. Main thread.
 */

#include "domain/base.h"

struct supervisor {
    int64_t period_ms; /* between two signs of life; 0: nobody watches */
    int64_t next_mono_ms;
};

/* The screen stands and the loop is about to turn. */
void supervisor_ready(struct supervisor *supervisor, int64_t now_mono_ms);

/* Call once a turn; sends a sign of life when one is due. */
void supervisor_alive(struct supervisor *supervisor, int64_t now_mono_ms);

/* When the loop has to turn again at the latest; INT64_MAX when nobody watches. */
int64_t supervisor_due(const struct supervisor *supervisor);

void supervisor_stopping(void);

#endif
