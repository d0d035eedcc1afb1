#include "flow/state.h"

/* An update from a technician's stick: a manager's act, by PIN; before there are any books, anybody's who stands there.
 */

static void begin(struct flow *flow, struct effects *effects)
{
    memset(&flow->stick, 0, sizeof(flow->stick));
    flow->stick_reading = true;
    effect_add(effects, EFFECT_STICK);
}

void flow_stick(struct flow *flow, struct effects *effects)
{
    if (flow->screen != SCREEN_SERVICE || flow->stick_reading)
        return;
    if (!flow->reference.enrolled)
        begin(flow, effects);
    else if (flow_staffed(flow))
        flow_protected(flow, effects, INTENT_STICK);
    else
        flow_open_sign_in(flow, INTENT_NONE); /* the manager signs in first, then asks again */
}

void flow_stick_act(struct flow *flow, struct effects *effects)
{
    effect_add(effects, EFFECT_HEALTH);
    flow_go(flow, SCREEN_SERVICE, SERVICE_MS);
    if (flow->clerk.role == CLERK_MANAGER) {
        begin(flow, effects);
        return;
    }
    memset(&flow->stick, 0, sizeof(flow->stick));
    flow->stick.outcome = STICK_NOT_ALLOWED;
}

void flow_stick_read(struct flow *flow, const struct stick_result *result)
{
    flow->stick_reading = false;
    flow->stick = *result;
    if (flow->screen == SCREEN_SERVICE)
        flow->deadline_mono_ms = flow->now.mono_ms + SERVICE_MS; /* time to read what came of it */
}
