#include "flow/state.h"

/* The store's other terminals: what waits for them, working alone, becoming the main one. */

void flow_open_store(struct flow *flow)
{
    if (flow->lan.role == LAN_SINGLE)
        return;
    flow->store_ask = STORE_ASK_NOTHING;
    flow_go(flow, SCREEN_STORE, SERVICE_MS);
}

/* By PIN, since it changes who may sell what; then the one question. */
void flow_store_act(struct flow *flow, struct effects *effects, enum intent act)
{
    bool primary = flow->lan.role == LAN_PRIMARY;
    if (flow->lan.role == LAN_SINGLE || primary != (act == INTENT_ALONE))
        return;
    if (flow->clerk.role != CLERK_MANAGER) {
        flow_show_simple(flow, effects, SUBJECT_STORE, STORE_NOT_ALLOWED);
        return;
    }
    flow_open_store(flow);
    if (act == INTENT_PROMOTE)
        flow->store_ask = STORE_ASK_PROMOTE;
    else
        flow->store_ask = flow->lan.alone ? STORE_ASK_TOGETHER : STORE_ASK_ALONE;
}

void flow_store_confirmed(struct flow *flow, struct effects *effects)
{
    static const char reason[] = "by the manager, on the screen";
    struct till_request request = {.op = TILL_ALONE};
    if (flow->store_ask == STORE_ASK_NOTHING || flow->pending_ticket != 0)
        return;
    if (flow->store_ask == STORE_ASK_PROMOTE) {
        request.op = TILL_PROMOTE;
        request.promote.old_is_off = true;
    } else {
        request.alone.on = flow->store_ask == STORE_ASK_ALONE;
        memcpy(request.alone.reason, reason, sizeof(reason));
    }
    flow_ask_till(flow, effects, &request);
}

void flow_on_store_answer(struct flow *flow, struct effects *effects, const struct till_answer *answer)
{
    enum view_store_ask asked = flow->store_ask;
    flow->store_ask = STORE_ASK_NOTHING;
    memset(&flow->verdict, 0, sizeof(flow->verdict));
    flow->verdict.subject = SUBJECT_STORE;
    flow->verdict.code = (int)answer->store;
    flow->verdict.store_ask = asked;
    flow->verdict.tone = answer->store == STORE_OK ? TONE_GOOD : TONE_REFUSE;
    flow->verdict.action = INTENT_NEXT;
    flow_go(flow, SCREEN_VERDICT, answer->store == STORE_OK ? VERDICT_MS : REFUSED_MS);
    flow_signal(effects, flow->verdict.tone);
}

bool flow_primary_away(const struct flow *flow)
{
    return flow->lan.role == LAN_PEER && !flow->lan.primary_live;
}

void flow_await_late(struct flow *flow, uint32_t ticket)
{
    for (size_t i = 0; i < ARRAY_LEN(flow->late_tickets); i++) {
        if (flow->late_tickets[i] == ticket)
            return;
        if (flow->late_tickets[i] != 0)
            continue;
        flow->late_tickets[i] = ticket;
        return;
    }
}

bool flow_take_late(struct flow *flow, const struct till_answer *answer)
{
    /* Asked before this program started: nobody's ticket, and staff has seen it wait. */
    bool acts = answer->op == TILL_REDEEM || answer->op == TILL_SALE || answer->op == TILL_VOID;
    bool late = answer->ticket == 0 && acts;
    for (size_t i = 0; i < ARRAY_LEN(flow->late_tickets); i++) {
        if (answer->ticket == 0 || flow->late_tickets[i] != answer->ticket)
            continue;
        late = true;
        if (answer->error != -EINPROGRESS)
            flow->late_tickets[i] = 0;
    }
    return late;
}
