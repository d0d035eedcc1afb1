#include "flow/state.h"

/*
 * The factory reset: a manager's act, by PIN, on a button that has to be held. What central does not have is counted
 * and shown first; while there is any, the first holding only brings a second question, which names the number.
 */

#define HOLD_MS 3000

uint32_t flow_unsent(const struct flow *flow)
{
    uint64_t waiting = flow->health.unsent_unknown ? 1 : flow->health.unsent; /* an ill disk does not say */

    waiting = waiting > flow->sync.waiting ? waiting : flow->sync.waiting; /* whichever is newer: rather too many */
    return waiting < UINT32_MAX ? (uint32_t)waiting : UINT32_MAX;
}

void flow_reset(struct flow *flow, struct effects *effects)
{
    if (flow->screen != SCREEN_SERVICE || !flow->reference.enrolled)
        return;
    if (flow_staffed(flow))
        flow_protected(flow, effects, INTENT_RESET);
    else
        flow_open_sign_in(flow, INTENT_NONE); /* the manager signs in first, then asks again */
}

void flow_reset_act(struct flow *flow, struct effects *effects)
{
    effect_add(effects, EFFECT_HEALTH);
    if (flow->clerk.role != CLERK_MANAGER) {
        flow_stick_refused(flow);
        return;
    }
    memset(&flow->reset, 0, sizeof(flow->reset));
    flow_go(flow, SCREEN_RESET, flow->stick_reading ? 0 : PAD_MS); /* the stick may take minutes */
}

void flow_reset_hold(struct flow *flow, struct effects *effects, bool pressed)
{
    if (flow->screen != SCREEN_RESET || flow->stick_reading) /* what is being saved first may fail */
        return;
    flow->reset.hold_until_mono_ms = pressed ? flow->now.mono_ms + HOLD_MS : 0;
    if (pressed)
        effect_add(effects, EFFECT_HEALTH); /* the number is that of this moment */
}

/* Records that came since the question was read are asked for once more. */
static void held(struct flow *flow, struct effects *effects)
{
    struct flow_reset *reset = &flow->reset;
    uint32_t unsent = flow_unsent(flow);

    if (unsent > reset->given_up) {
        reset->given_up = unsent;
        effect_add(effects, EFFECT_SOUND)->sound = SOUND_REFUSE;
        return;
    }
    memset(reset->reason, 0, sizeof(reset->reason));
    reset->under_way = true;
    flow->deadline_mono_ms = 0; /* an update may be written first: until then nothing is sold that would be lost */
    effect_add(effects, EFFECT_RESET);
}

void flow_reset_tick(struct flow *flow, struct effects *effects)
{
    int64_t until = flow->reset.hold_until_mono_ms;

    if (flow->screen != SCREEN_RESET || until == 0 || flow->now.mono_ms < until)
        return;
    flow->reset.hold_until_mono_ms = 0;
    held(flow, effects);
}

int64_t flow_reset_deadline(const struct flow *flow)
{
    int64_t until = flow->reset.hold_until_mono_ms;

    if (flow->screen != SCREEN_RESET || until == 0)
        return 0;
    int64_t left_ms = until - flow->now.mono_ms;
    return left_ms > 1000 ? until - (left_ms - 1) / 1000 * 1000 : until; /* when the shown second changes */
}

void flow_reset_failed(struct flow *flow, const char *reason)
{
    flow->reset.under_way = false;
    flow->reset.given_up = 0;
    memcpy(flow->reset.reason, reason, sizeof(flow->reset.reason));
    if (flow->screen == SCREEN_RESET)
        flow->deadline_mono_ms = flow->now.mono_ms + PAD_MS;
}
