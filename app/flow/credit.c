#include "flow/state.h"

/* A member's credit that other stores hold: how much there is, and having it moved here. Whether it moves, and that it
 * moves once, is central's and the holder's business; the same question keeps its request id. */

#define WAIT_S 20

static void make_request(struct flow *flow, struct authority_request *request)
{
    memset(request, 0, sizeof(*request));
    flow_make_request_id(flow, request->request_id);
    request->member = flow->member.member;
    request->owner = flow->reference.settings.credit_owner;
}

/* Credit that belongs to the store itself is nowhere else. */
static bool can_be_elsewhere(const struct flow *flow)
{
    uint8_t scope = flow->reference.settings.credit_owner.scope;
    return flow_staffed(flow) && (scope == OWNER_BRAND || scope == OWNER_PROGRAMME);
}

void flow_look_elsewhere(struct flow *flow, struct effects *effects)
{
    bool fetched = flow->elsewhere.fetched_for == flow->member.member && flow->member.member != 0;
    int64_t before_minor = flow->elsewhere.before_minor;
    memset(&flow->elsewhere, 0, sizeof(flow->elsewhere));
    if (!can_be_elsewhere(flow))
        return;
    if (fetched && flow->member.share_minor > before_minor) {
        flow->elsewhere.state = ELSEWHERE_ARRIVED;
        flow->elsewhere.arrived_minor = flow->member.share_minor - before_minor;
    }
    if (!flow->sync.online) {
        flow->elsewhere.state = ELSEWHERE_OFFLINE;
        return;
    }
    struct effect *effect = effect_add(effects, EFFECT_ASK);
    flow->elsewhere.ticket = ++flow->next_ticket;
    effect->ask.kind = ASK_BALANCE;
    effect->ask.ticket = flow->elsewhere.ticket;
    make_request(flow, &effect->ask.request);
}

void flow_fetch_credit(struct flow *flow, struct effects *effects)
{
    if (flow->screen != SCREEN_MEMBER || flow->pending_ticket != 0 || flow->elsewhere.minor <= 0)
        return;
    if (!flow->sync.online) {
        flow_show_simple(flow, effects, SUBJECT_CREDIT, 0);
        return;
    }
    make_request(flow, &flow->ask);
    flow->ask.amount_minor = flow->elsewhere.minor;
    flow->ask.wait_s = WAIT_S;
    flow->ask_kind = ASK_CREDIT;
    flow_ask_central(flow, effects);
}

static void on_balance(struct flow *flow, const struct event *event)
{
    const struct authority_answer *answer = &event->asked.answer;
    flow->elsewhere.ticket = 0;
    if (event->asked.error != 0 || answer->verdict != AUTHORITY_GRANTED || answer->amount_minor <= 0)
        return;
    flow->elsewhere.minor = answer->amount_minor;
    if (flow->elsewhere.state == ELSEWHERE_NOTHING)
        flow->elsewhere.state = ELSEWHERE_SOME;
}

static void on_credit(struct flow *flow, struct effects *effects, const struct event *event)
{
    const struct authority_answer *answer = &event->asked.answer;
    struct flow_verdict verdict = {.subject = SUBJECT_CREDIT};
    bool known = event->asked.error == 0 || event->asked.error == -ETIMEDOUT;
    if (event->asked.error == 0 && answer->verdict == AUTHORITY_GRANTED) {
        flow->elsewhere.fetched_for = flow->member.member;
        flow->elsewhere.before_minor = flow->member.share_minor;
        flow_identify(flow, effects, flow->shopper.code);
        return;
    }
    verdict.code = known ? answer->verdict : 0;
    bool again = !known || answer->verdict == AUTHORITY_WAITING;
    verdict.action = again ? INTENT_ASK_CENTRAL : INTENT_NEXT;
    flow_show_verdict(flow, effects, again || answer->verdict == AUTHORITY_GRANTED ? TONE_ASK : TONE_REFUSE, &verdict);
}

bool flow_credit_asked(struct flow *flow, struct effects *effects, const struct event *event)
{
    uint32_t ticket = event->asked.ticket;
    if (ticket != 0 && ticket == flow->elsewhere.ticket) {
        on_balance(flow, event);
        return true;
    }
    if (ticket == 0 || ticket != flow->pending_ticket || flow->ask_kind != ASK_CREDIT)
        return false;
    flow->pending_ticket = 0;
    on_credit(flow, effects, event);
    return true;
}
