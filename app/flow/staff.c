#include "flow/state.h"

/* Sign-in, and the acts that need the clerk's PIN: void, drawer. */

void flow_open_sign_in(struct flow *flow, enum intent after)
{
    flow_clear_entry(flow);
    flow->after_pin = after;
    flow->pin_state = PIN_VIEW_ENTER;
    flow->picked_clerk = after == INTENT_NONE ? 0 : flow->clerk.id;
    if (flow->picked_clerk == 0 && flow->reference.clerk_count == 1)
        flow->picked_clerk = flow->reference.clerks[0].clerk;
    flow_go(flow, SCREEN_SIGN_IN, PAD_MS);
}

static void open_void_list(struct flow *flow, struct effects *effects)
{
    struct till_request request = {.op = TILL_RECENT};
    memset(&flow->recent, 0, sizeof(flow->recent));
    flow->recent_loading = true;
    flow_go(flow, SCREEN_VOID_LIST, PAD_MS);
    flow_ask_till(flow, effects, &request);
}

static void open_drawer(struct flow *flow, struct effects *effects)
{
    struct body body = {.kind = RECORD_DRAWER_KICK, .drawer = {.clerk = flow->clerk.id, .reason = "by hand"}};
    effect_add(effects, EFFECT_DRAWER);
    flow_note(flow, effects, &body);
}

void flow_protected(struct flow *flow, struct effects *effects, enum intent act)
{
    if (!flow->clerk.by_pin)
        flow_open_sign_in(flow, act);
    else if (act == INTENT_VOID)
        open_void_list(flow, effects);
    else if (act == INTENT_DRAWER)
        open_drawer(flow, effects);
    else if (act == INTENT_STICK || act == INTENT_ACTS)
        flow_stick_act(flow, effects, act);
    else if (act == INTENT_RESET)
        flow_reset_act(flow, effects);
    else
        flow_store_act(flow, effects, act);
}

static void signed_in(struct flow *flow, struct effects *effects, const struct till_signed_in *answer)
{
    bool same = flow->clerk.id == answer->clerk;
    enum intent act = flow->after_pin;
    flow->after_pin = INTENT_NONE;
    flow->clerk =
        (struct flow_clerk){.id = answer->clerk, .role = answer->role, .by_pin = flow->pin_state == PIN_VIEW_CHECKING};
    memcpy(flow->clerk.name, answer->name, sizeof(flow->clerk.name));
    flow->picked_clerk = 0;
    flow->pin_state = PIN_VIEW_ENTER;
    effect_add(effects, EFFECT_SOUND)->sound = SOUND_OK;
    if (!same)
        memset(&flow->last, 0, sizeof(flow->last));
    flow_home(flow);
    if (same && act != INTENT_NONE)
        flow_protected(flow, effects, act);
}

void flow_on_signed_in(struct flow *flow, struct effects *effects, const struct till_signed_in *answer)
{
    if (answer->verdict == PIN_OK && !answer->unknown) {
        signed_in(flow, effects, answer);
        return;
    }
    effect_add(effects, EFFECT_SOUND)->sound = SOUND_REFUSE;
    if (answer->unknown && flow->screen != SCREEN_SIGN_IN) {
        flow_show_simple(flow, effects, SUBJECT_BADGE, 0);
        return;
    }
    flow->tries_left = answer->tries_left;
    flow->locked_until_mono_ms = flow->now.mono_ms + answer->locked_ms;
    if (answer->unknown)
        flow->pin_state = PIN_VIEW_BADGE_UNKNOWN;
    else
        flow->pin_state = answer->verdict == PIN_LOCKED ? PIN_VIEW_LOCKED : PIN_VIEW_WRONG;
}

void flow_sign_out(struct flow *flow, struct effects *effects)
{
    if (!flow_staffed(flow))
        return;
    struct till_request request = {.op = TILL_SIGN_OUT};
    flow_ask_till(flow, effects, &request);
    memset(&flow->clerk, 0, sizeof(flow->clerk));
    memset(&flow->shopper, 0, sizeof(flow->shopper));
    memset(&flow->last, 0, sizeof(flow->last));
    flow->sale_minor = 0;
    flow_home(flow);
}

void flow_void_picked(struct flow *flow, struct effects *effects, int64_t reason)
{
    static const char *const reasons[REASON_COUNT] = {
        [REASON_MISTAKE] = "entered by mistake",
        [REASON_CUSTOMER_CHANGED] = "customer changed their mind",
        [REASON_WRONG_AMOUNT] = "wrong amount",
        [REASON_GOODS_RETURNED] = "goods returned",
        [REASON_TEST] = "test",
    };
    if (reason < 0 || reason >= REASON_COUNT || flow->picked_act >= flow->recent.count || flow->pending_ticket != 0)
        return;
    struct till_request request = {.op = TILL_VOID};
    request.voided.group = flow->recent.acts[flow->picked_act].group;
    request.voided.terminal = flow->recent.acts[flow->picked_act].terminal;
    memcpy(request.voided.reason, reasons[reason], strlen(reasons[reason]) + 1);
    flow_ask_till(flow, effects, &request);
}
