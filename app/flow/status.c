#include "flow/state.h"

/* How this device is, for central: told at the start, when something changed, else once an hour. */

#define HOUR_MS   3600000
#define SETTLE_MS 15000 /* what fails and comes back within this is not worth a record */

void flow_status_tick(struct flow *flow, struct effects *effects)
{
    if (!flow->reference.enrolled || flow->now.mono_ms < flow->status_due_mono_ms)
        return;
    flow->status_due_mono_ms = flow->now.mono_ms + HOUR_MS;
    effect_add(effects, EFFECT_HEALTH);
}

void flow_status_changed(struct flow *flow)
{
    int64_t soon = flow->now.mono_ms + SETTLE_MS;
    if (flow->status_due_mono_ms > soon)
        flow->status_due_mono_ms = soon;
}

static void fill(const struct flow *flow, struct body_device_status *out)
{
    const struct machine_state *machine = &flow->health.machine;
    memcpy(out->version, flow->config.version, sizeof(out->version));
    memcpy(out->board, flow->config.board, sizeof(out->board));
    memcpy(out->slot, machine->slot, sizeof(out->slot));
    for (int i = 0; i < HAL_DEVICE_COUNT; i++)
        out->down |= flow->device_down[i] ? 1u << i : 0;
    out->sync_age_s = flow_sync_age_s(flow);
    out->temperature_mc = machine->temperature_mc;
    out->disk_free_mb = (uint64_t)flow->health.free_mb;
    out->disk_total_mb = (uint64_t)flow->health.total_mb;
    out->uptime_s = machine->uptime_s;
    out->boot_count = flow->config.boot_count;
}

/* Whether a technician would want to know before the hour is over. */
static bool differs(const struct body_device_status *a, const struct body_device_status *b)
{
    return a->down != b->down || strcmp(a->slot, b->slot) != 0 || strcmp(a->version, b->version) != 0;
}

/* The service screen asks for the same facts: those change nothing here unless something changed. */
void flow_status_health(struct flow *flow, struct effects *effects)
{
    struct body body = {.kind = RECORD_DEVICE_STATUS};
    struct body_device_status *status = &body.device_status;
    bool hour = flow->now.mono_ms >= flow->status_told_mono_ms + HOUR_MS;
    if (!flow->reference.enrolled)
        return;
    fill(flow, status);
    if (flow->told.why == 0)
        status->why = STATUS_BOOT;
    else if (differs(status, &flow->told))
        status->why = STATUS_CHANGE;
    else if (hour)
        status->why = STATUS_HOUR;
    else
        return;
    flow->told = *status;
    flow->status_told_mono_ms = flow->now.mono_ms;
    flow->status_due_mono_ms = flow->now.mono_ms + HOUR_MS;
    flow_note(flow, effects, &body);
}
