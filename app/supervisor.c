#include "supervisor.h"

#include <systemd/sd-daemon.h>

/* Errors of sd_notify mean that nobody listens; the terminal works without a listener. */
static void tell(const char *state)
{
    int ignored = sd_notify(0, state);
    (void)ignored;
}

void supervisor_ready(struct supervisor *supervisor, int64_t now_mono_ms)
{
    uint64_t limit_us = 0;

    supervisor->period_ms = 0;
    /* A third of the limit: one late turn of the loop is no reason to kill a till. */
    if (sd_watchdog_enabled(0, &limit_us) > 0)
        supervisor->period_ms = (int64_t)(limit_us / 3000) > 0 ? (int64_t)(limit_us / 3000) : 1;
    supervisor->next_mono_ms = now_mono_ms;
    tell("READY=1");
}

void supervisor_alive(struct supervisor *supervisor, int64_t now_mono_ms)
{
    if (supervisor->period_ms == 0 || now_mono_ms < supervisor->next_mono_ms)
        return;
    supervisor->next_mono_ms = now_mono_ms + supervisor->period_ms;
    tell("WATCHDOG=1");
}

int64_t supervisor_due(const struct supervisor *supervisor)
{
    return supervisor->period_ms == 0 ? INT64_MAX : supervisor->next_mono_ms;
}

void supervisor_stopping(void)
{
    tell("STOPPING=1");
}
