#include "domain/shortcode.h"
#include "flow/state.h"

/* Answers: what the till, central and the printer said, and the verdict screen that tells of it. */

static void show(struct flow *flow, struct effects *effects, enum view_tone tone)
{
    flow->verdict.tone = tone;
    if (flow->verdict.action == INTENT_NONE)
        flow->verdict.action = INTENT_NEXT;
    flow_go(flow, SCREEN_VERDICT, tone == TONE_GOOD ? VERDICT_MS : tone == TONE_WAIT ? ASKING_MS : REFUSED_MS);
    flow_signal(effects, tone);
}

static void begin(struct flow *flow, enum view_subject subject, int code)
{
    memset(&flow->verdict, 0, sizeof(flow->verdict));
    flow->verdict.subject = subject;
    flow->verdict.code = code;
}

void flow_show_simple(struct flow *flow, struct effects *effects, enum view_subject subject, int code)
{
    begin(flow, subject, code);
    show(flow, effects, TONE_REFUSE);
}

void flow_show_verdict(struct flow *flow, struct effects *effects, enum view_tone tone,
                       const struct flow_verdict *verdict)
{
    flow->verdict = *verdict;
    show(flow, effects, tone);
}

void flow_show_code_verdict(struct flow *flow, struct effects *effects, enum scancode_kind kind)
{
    flow_show_simple(flow, effects, SUBJECT_CODE, (int)kind);
}

static void print_and_kick(struct flow *flow, struct effects *effects, const struct till_answer *answer,
                           int64_t cash_minor)
{
    struct receipt *receipt = &effect_add(effects, EFFECT_PRINT)->receipt;
    flow_receipt_of(flow, answer, receipt);
    flow->last_receipt = *receipt;
    flow->verdict.receipt = RECEIPT_PRINTING;
    if (cash_minor <= 0)
        return;
    effect_add(effects, EFFECT_DRAWER);
    struct body body = {.kind = RECORD_DRAWER_KICK,
                        .drawer = {.group = receipt->group, .clerk = flow->clerk.id, .terminal = answer->by}};
    flow_note(flow, effects, &body);
}

static void end_sale(struct flow *flow)
{
    flow->sale_minor = 0;
    flow->spend_minor = 0;
    flow->spending = false;
    memset(&flow->shopper, 0, sizeof(flow->shopper));
}

static void redeemed_ok(struct flow *flow, struct effects *effects, const struct till_answer *answer)
{
    const struct till_redeemed *r = &answer->redeemed;
    begin(flow, SUBJECT_COUPON, COUPON_OK);
    flow->verdict.answer = *answer;
    flow->verdict.check_only = r->group == 0;
    if (r->group != 0) {
        print_and_kick(flow, effects, answer, r->paid_minor);
        flow->last = (struct till_act){.group = r->group,
                                       .business_ms = r->business_ms,
                                       .gross_minor = r->sale_minor,
                                       .discount_minor = r->discount_minor,
                                       .paid_minor = r->paid_minor};
        memcpy(flow->last.campaign_zh, r->campaign_zh, sizeof(flow->last.campaign_zh));
        memcpy(flow->last.campaign_en, r->campaign_en, sizeof(flow->last.campaign_en));
        end_sale(flow);
    }
    show(flow, effects, TONE_GOOD);
}

void flow_ask_central(struct flow *flow, struct effects *effects)
{
    struct effect *effect = effect_add(effects, EFFECT_ASK);
    flow->pending_ticket = ++flow->next_ticket;
    effect->ask.kind = flow->ask_kind;
    effect->ask.ticket = flow->pending_ticket;
    effect->ask.request = flow->ask;
    begin(flow, SUBJECT_ASKING, flow->ask_kind == ASK_CREDIT);
    show(flow, effects, TONE_WAIT);
}

/* Request ids are made here, on the device, and stay the same when the same question is asked again. */
void flow_make_request_id(struct flow *flow, uint8_t id[REQUEST_ID_LEN])
{
    uint32_t number = ++flow->next_ticket;
    memcpy(id, &flow->config.boot_id, 8);
    memcpy(id + 8, &number, 4);
    memcpy(id + 12, &flow->reference.terminal, 4);
}

static void ask_for_coupon(struct flow *flow, struct effects *effects, const struct till_redeemed *r)
{
    memset(&flow->ask, 0, sizeof(flow->ask));
    flow_make_request_id(flow, flow->ask.request_id);
    flow->ask.coupon = r->coupon;
    flow->ask.wait_s = 20;
    flow->ask_kind = r->verdict == COUPON_UNKNOWN_CODE ? ASK_CODE : ASK_RIGHT;
    if (flow->ask_kind == ASK_CODE) {
        char code[SHORTCODE_LEN + 1];
        if (shortcode_parse(flow->redeem.text, code) == 0)
            memcpy(flow->ask.shortcode, code, sizeof(code));
    } else if (!flow->redeem.typed) {
        memcpy(flow->ask.token, flow->redeem.text, strnlen(flow->redeem.text, sizeof(flow->ask.token) - 1));
    }
    flow_ask_central(flow, effects);
}

/* The coupon's right sits on this store's own main terminal, which is away: no other store has it. */
static bool waits_for_main(const struct flow *flow, const struct till_redeemed *r)
{
    return flow_primary_away(flow) && r->verdict == COUPON_HELD_ELSEWHERE &&
           (r->home_store == 0 || r->home_store == flow->reference.settings.store);
}

static void redeem_refused(struct flow *flow, struct effects *effects, const struct till_answer *answer)
{
    const struct till_redeemed *r = &answer->redeemed;
    begin(flow, SUBJECT_COUPON, (int)r->verdict);
    flow->verdict.answer = *answer;
    if (r->verdict == COUPON_DATE_UNSURE) {
        if (flow_staffed(flow))
            flow->verdict.action = INTENT_CONFIRM_DATE;
        show(flow, effects, TONE_ASK);
        return;
    }
    bool mend = r->verdict == COUPON_BELOW_MINIMUM || r->verdict == COUPON_NOT_THEIRS;
    show(flow, effects, mend ? TONE_ASK : TONE_REFUSE);
}

static void on_redeemed(struct flow *flow, struct effects *effects, const struct till_answer *answer)
{
    const struct till_redeemed *r = &answer->redeemed;
    bool good = r->verdict == COUPON_OK;
    if (waits_for_main(flow, r)) {
        flow_show_simple(flow, effects, SUBJECT_BUSY, EHOSTDOWN);
        return;
    }
    if (good || (r->verdict == COUPON_NEEDS_AMOUNT && !flow_staffed(flow)))
        redeemed_ok(flow, effects, answer); /* a shopper's look: an amount is the clerk's business */
    else if (r->verdict == COUPON_NEEDS_AMOUNT) {
        begin(flow, SUBJECT_COUPON, COUPON_NEEDS_AMOUNT);
        flow->verdict.answer = *answer;
        flow_open_amount(flow, AMOUNT_COUPON_SALE);
    } else if (r->may_ask_central && flow->sync.online && flow_staffed(flow) && !flow->redeem.central_asked)
        ask_for_coupon(flow, effects, r);
    else
        redeem_refused(flow, effects, answer);
}

void flow_on_asked(struct flow *flow, struct effects *effects, const struct event *event)
{
    if (flow_credit_asked(flow, effects, event) || event->asked.ticket != flow->pending_ticket)
        return;
    flow->pending_ticket = 0;
    const struct authority_answer *answer = &event->asked.answer;
    flow->redeem.central_asked = true;
    if (event->asked.error == 0 && answer->verdict == AUTHORITY_GRANTED) {
        flow->redeem.central_agreed = true;
        flow_redeem(flow, effects);
        return;
    }
    begin(flow, SUBJECT_ASKED, event->asked.error == 0 ? answer->verdict : 0);
    flow->verdict.asked = *answer;
    bool again = event->asked.error != 0 || answer->verdict == AUTHORITY_WAITING;
    if (again)
        flow->verdict.action = INTENT_ASK_CENTRAL;
    show(flow, effects, again ? TONE_ASK : TONE_REFUSE);
}

static void on_sold(struct flow *flow, struct effects *effects, const struct till_answer *answer)
{
    const struct till_sold *s = &answer->sold;
    begin(flow, SUBJECT_SALE, (int)s->verdict);
    flow->verdict.answer = *answer;
    if (s->verdict != CREDIT_OK) {
        show(flow, effects, s->verdict == CREDIT_WRONG_PIN ? TONE_ASK : TONE_REFUSE);
        return;
    }
    print_and_kick(flow, effects, answer, s->paid_minor);
    flow->last = (struct till_act){.group = s->group,
                                   .business_ms = s->business_ms,
                                   .gross_minor = s->gross_minor,
                                   .paid_minor = s->paid_minor,
                                   .credit_minor = s->credit_minor};
    end_sale(flow);
    show(flow, effects, TONE_GOOD);
}

static void on_voided(struct flow *flow, struct effects *effects, const struct till_answer *answer)
{
    begin(flow, SUBJECT_VOID, (int)answer->voided.verdict);
    flow->verdict.answer = *answer;
    if (answer->voided.verdict == VOID_OK) {
        print_and_kick(flow, effects, answer, answer->voided.paid_minor);
        if (flow->last.group == answer->voided.group)
            flow->last.voided = true;
    }
    show(flow, effects, answer->voided.verdict == VOID_OK ? TONE_GOOD : TONE_REFUSE);
}

static void on_member(struct flow *flow, struct effects *effects, const struct till_member *member)
{
    if (member->token != TOKEN_GOOD) {
        flow_show_simple(flow, effects, SUBJECT_MEMBER, (int)member->token);
        return;
    }
    flow->member = *member;
    flow->shopper.member = member->member;
    flow->shopper.can_spend = member->rotating && member->fresh;
    flow->shopper.has_pin = member->has_pin;
    flow->shopper.share_minor = member->share_minor;
    effect_add(effects, EFFECT_SOUND)->sound = SOUND_OK;
    flow_go(flow, SCREEN_MEMBER, flow_staffed(flow) ? PAD_MS : LOOK_MS);
    flow_look_elsewhere(flow, effects);
}

static void on_failed(struct flow *flow, struct effects *effects, int error)
{
    bool again = error == -EAGAIN || error == -EBUSY || error == -EREMOTE;
    begin(flow, SUBJECT_BUSY, -error);
    if (error == -EINPROGRESS)
        show(flow, effects, TONE_WAIT);
    else
        show(flow, effects, again ? TONE_ASK : TONE_REFUSE);
}

/* It stands in the journal: it is shown even if somebody touched "back" while the till was writing. */
static bool committed(const struct till_answer *answer)
{
    if (answer->error != 0)
        return false;
    return (answer->op == TILL_REDEEM && answer->redeemed.verdict == COUPON_OK && answer->redeemed.group != 0) ||
           (answer->op == TILL_SALE && answer->sold.verdict == CREDIT_OK) ||
           (answer->op == TILL_VOID && answer->voided.verdict == VOID_OK);
}

static void tell(struct flow *flow, struct effects *effects, const struct till_answer *answer)
{
    switch (answer->op) {
    case TILL_REDEEM:
        on_redeemed(flow, effects, answer);
        break;
    case TILL_SALE:
        on_sold(flow, effects, answer);
        break;
    case TILL_VOID:
        on_voided(flow, effects, answer);
        break;
    case TILL_SIGN_IN:
        flow_on_signed_in(flow, effects, &answer->signed_in);
        break;
    case TILL_MEMBER:
        on_member(flow, effects, &answer->member);
        break;
    case TILL_PRICE:
        flow->price = answer->price;
        effect_add(effects, EFFECT_SOUND)->sound = answer->price.found ? SOUND_OK : SOUND_WARN;
        flow_go(flow, SCREEN_PRICE, LOOK_MS);
        break;
    case TILL_RECENT:
        flow->recent = answer->recent;
        break;
    case TILL_ALONE:
    case TILL_PROMOTE:
        flow_on_store_answer(flow, effects, answer);
        break;
    case TILL_SIGN_OUT:
    case TILL_NOTE:
        break;
    }
}

/* The customer who stands here now keeps their purchase, whatever came of an earlier one. */
static void tell_late(struct flow *flow, struct effects *effects, const struct till_answer *answer)
{
    struct flow_shopper shopper = flow->shopper;
    int64_t sale_minor = flow->sale_minor, spend_minor = flow->spend_minor;
    bool spending = flow->spending;
    if (answer->op == TILL_REDEEM && answer->redeemed.verdict == COUPON_NEEDS_AMOUNT)
        redeem_refused(flow, effects, answer); /* it belongs to a purchase that is no longer entered here */
    else
        tell(flow, effects, answer);
    flow->shopper = shopper;
    flow->sale_minor = sale_minor;
    flow->spend_minor = spend_minor;
    flow->spending = spending;
}

void flow_on_answer(struct flow *flow, struct effects *effects, const struct till_answer *answer)
{
    bool expected = answer->op != TILL_NOTE && answer->ticket != 0 && answer->ticket == flow->pending_ticket;
    bool late = flow_take_late(flow, answer);
    if (!expected && !late && !committed(answer))
        return;
    if (expected || !late)
        flow->pending_ticket = 0;
    flow->recent_loading = false;
    if (answer->error == -EINPROGRESS)
        flow_await_late(flow, answer->ticket);
    if (answer->error != 0)
        on_failed(flow, effects, answer->error);
    else if (expected || !late)
        tell(flow, effects, answer);
    else
        tell_late(flow, effects, answer);
}

/* Whose journal the group stands in; 0 = this terminal's. */
static uint32_t receipt_by(const struct flow *flow, uint64_t group)
{
    bool of_other = flow->last_receipt.group == group && flow->last_receipt.terminal != flow->reference.terminal;
    return of_other ? flow->last_receipt.terminal : 0;
}

void flow_on_printed(struct flow *flow, struct effects *effects, const struct event *event)
{
    bool done = event->printed.outcome == RECEIPT_DONE;
    if (event->printed.group == flow->last_receipt.group)
        flow->verdict.receipt = event->printed.outcome;
    if (event->printed.group == 0 || event->printed.outcome == RECEIPT_NONE)
        return;
    struct body body = {.kind = RECORD_RECEIPT,
                        .receipt = {.group = event->printed.group,
                                    .outcome = done ? RECEIPT_PRINTED : RECEIPT_FAILED,
                                    .terminal = receipt_by(flow, event->printed.group)}};
    flow_note(flow, effects, &body);
}
