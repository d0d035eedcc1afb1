#include "flow/state.h"

/*
 * A technician's stick: an update from it, or the acts onto it. In a shop a manager's act, by PIN; before there are any
 * books the update is anybody's who stands there, and there is nothing to save.
 */

static void begin(struct flow *flow, struct effects *effects, enum intent act)
{
    memset(&flow->stick, 0, sizeof(flow->stick));
    flow->stick_reading = true;
    effect_add(effects, act == INTENT_ACTS ? EFFECT_ACTS : EFFECT_STICK);
}

void flow_stick(struct flow *flow, struct effects *effects, enum intent act)
{
    bool there = flow->screen == SCREEN_SERVICE || (flow->screen == SCREEN_RESET && act == INTENT_ACTS);
    if (!there || flow->stick_reading)
        return;
    if (flow->reference.enrolled && flow_staffed(flow))
        flow_protected(flow, effects, act);
    else if (flow->reference.enrolled)
        flow_open_sign_in(flow, INTENT_NONE); /* the manager signs in first, then asks again */
    else if (act == INTENT_STICK)
        begin(flow, effects, act);
}

void flow_stick_act(struct flow *flow, struct effects *effects, enum intent act)
{
    effect_add(effects, EFFECT_HEALTH);
    if (flow->clerk.role != CLERK_MANAGER) {
        flow_stick_refused(flow);
        return;
    }
    flow_go(flow, SCREEN_SERVICE, SERVICE_MS);
    begin(flow, effects, act);
}

void flow_stick_refused(struct flow *flow)
{
    flow_go(flow, SCREEN_SERVICE, SERVICE_MS);
    memset(&flow->stick, 0, sizeof(flow->stick));
    flow->stick.outcome = STICK_NOT_ALLOWED;
}

void flow_stick_read(struct flow *flow, const struct stick_result *result)
{
    flow->stick_reading = false;
    flow->stick = *result;
    if (flow->screen == SCREEN_RESET && result->outcome == STICK_SAVED)
        flow->deadline_mono_ms = flow->now.mono_ms + PAD_MS;
    else if (flow->screen == SCREEN_SERVICE || flow->screen == SCREEN_RESET)
        flow_go(flow, SCREEN_SERVICE, SERVICE_MS); /* says what came of it; time to read it */
}
