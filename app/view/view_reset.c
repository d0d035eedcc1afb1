#include "flow/state.h"
#include "view/internal.h"

void view_fill_reset(const struct flow *flow, struct view_reset *out_reset)
{
    const struct flow_reset *reset = &flow->reset;
    int64_t left_ms = reset->hold_until_mono_ms - flow->now.mono_ms;

    out_reset->terminal = flow->reference.terminal;
    out_reset->unsent = flow_unsent(flow);
    if (flow->sync.oldest_ms > 0 && flow->now.wall_ms > flow->sync.oldest_ms)
        out_reset->oldest_age_s = (flow->now.wall_ms - flow->sync.oldest_ms) / 1000;
    out_reset->given_up = reset->given_up;
    if (reset->hold_until_mono_ms != 0 && left_ms > 0)
        out_reset->hold_s = (uint32_t)((left_ms + 999) / 1000);
    out_reset->stick_reading = flow->stick_reading;
    out_reset->under_way = reset->under_way;
    view_put(out_reset->reason, VIEW_TEXT_MAX, reset->reason);
}
