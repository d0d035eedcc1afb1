#include "flow/state.h"

/* What a code does, wherever it came from: the camera, the hand scanner or a hand. */

void flow_redeem(struct flow *flow, struct effects *effects)
{
    struct till_request request = {.op = TILL_REDEEM, .redeem = flow->redeem};
    request.redeem.date_confirmed = flow->date_confirmed;
    request.redeem.check_only = !flow_staffed(flow);
    flow_ask_till(flow, effects, &request);
}

static void redeem_text(struct flow *flow, struct effects *effects, const char *text, bool typed)
{
    memset(&flow->redeem, 0, sizeof(flow->redeem));
    memcpy(flow->redeem.text, text, strlen(text) + 1);
    flow->redeem.typed = typed;
    flow->redeem.sale_minor = flow->sale_minor;
    flow->redeem.member = flow->shopper.member;
    flow_redeem(flow, effects);
}

void flow_redeem_public(struct flow *flow, struct effects *effects, int64_t campaign)
{
    if (flow->screen != SCREEN_POOL || flow->pending_ticket != 0 || campaign <= 0 || campaign > UINT32_MAX)
        return;
    memset(&flow->redeem, 0, sizeof(flow->redeem));
    flow->redeem.pool = (uint32_t)campaign;
    flow->redeem.sale_minor = flow->sale_minor;
    flow->redeem.member = flow->shopper.member;
    flow_redeem(flow, effects);
}

void flow_identify(struct flow *flow, struct effects *effects, const char *text)
{
    struct till_request request = {.op = TILL_MEMBER};
    size_t len = strnlen(text, SCANCODE_TEXT_MAX - 1);
    memcpy(request.text, text, len);
    memmove(flow->shopper.code, text, len); /* maybe its own: the card is read once more */
    flow->shopper.code[len] = '\0';
    flow_ask_till(flow, effects, &request);
}

static void price(struct flow *flow, struct effects *effects, const char *text)
{
    struct till_request request = {.op = TILL_PRICE};
    char ean[14];
    int error = ean_normalise(text, ean);
    assert(error == 0);
    memcpy(request.text, ean, sizeof(ean));
    flow_ask_till(flow, effects, &request);
}

static void badge(struct flow *flow, struct effects *effects, const char *text)
{
    struct till_request request = {.op = TILL_SIGN_IN};
    memcpy(request.sign_in.badge, text, strlen(text) + 1);
    flow->pin_state = PIN_VIEW_ENTER;
    flow_ask_till(flow, effects, &request);
}

static void enrol_failed(struct flow *flow, struct effects *effects, enum enrol_error error)
{
    flow->sync.enrol = ENROL_STAGE_FAILED;
    flow->sync.enrol_error = error;
    effect_add(effects, EFFECT_SOUND)->sound = SOUND_REFUSE;
}

static void enrol(struct flow *flow, struct effects *effects, const char *text)
{
    if (!flow->sync.link) {
        enrol_failed(flow, effects, ENROL_NO_NETWORK);
        return;
    }
    struct effect *effect = effect_add(effects, EFFECT_ENROL);
    size_t len = strnlen(text, sizeof(effect->enrol_text) - 1);
    memcpy(effect->enrol_text, text, len);
    flow->sync.enrol = ENROL_STAGE_CALLING;
    flow->sync.enrol_error = ENROL_OK;
    effect_add(effects, EFFECT_SOUND)->sound = SOUND_KEY;
}

/* A blank terminal knows one kind of code. */
static void scanned_blank(struct flow *flow, struct effects *effects, enum scancode_kind kind, const char *text)
{
    if (flow->sync.enrol == ENROL_STAGE_CALLING || flow->sync.enrol == ENROL_STAGE_CONFIRM)
        return;
    if (kind == SCANCODE_ENROL) {
        enrol(flow, effects, text);
        return;
    }
    enrol_failed(flow, effects, ENROL_BAD_QR);
}

/* A terminal whose history forked comes back only by a new enrolment. */
static void scanned_out_of_service(struct flow *flow, struct effects *effects, enum scancode_kind kind,
                                   const char *text)
{
    if (flow->outage != OUTAGE_FORK || kind != SCANCODE_ENROL)
        return;
    enrol(flow, effects, text);
    flow_go(flow, SCREEN_ENROLMENT, 0);
}

/* A terminal at work is enrolled anew where it stands (central came back without it) by a manager, on the service
 * screen or on the one that followed. */
static bool takes_enrolment(const struct flow *flow)
{
    bool asked = flow->screen == SCREEN_SERVICE || flow->screen == SCREEN_ENROLMENT;
    return asked && flow_staffed(flow) && flow->clerk.by_pin && flow->clerk.role == CLERK_MANAGER;
}

static void scanned_by_manager(struct flow *flow, struct effects *effects, const char *text)
{
    if (flow->screen == SCREEN_ENROLMENT && flow->sync.enrol == ENROL_STAGE_CALLING)
        return;
    enrol(flow, effects, text);
    flow_go(flow, SCREEN_ENROLMENT, ENROL_AGAIN_MS);
}

static void dispatch(struct flow *flow, struct effects *effects, enum scancode_kind kind, const char *text, bool typed)
{
    switch (kind) {
    case SCANCODE_COUPON:
    case SCANCODE_SHORTCODE:
        redeem_text(flow, effects, text, typed);
        return;
    case SCANCODE_MEMBER:
        flow_identify(flow, effects, text);
        return;
    case SCANCODE_BADGE:
        badge(flow, effects, text);
        return;
    case SCANCODE_EAN:
        price(flow, effects, text);
        return;
    case SCANCODE_EMPTY:
    case SCANCODE_ENROL:
    case SCANCODE_PAYMENT:
    case SCANCODE_URL:
    case SCANCODE_CARD_LIKE:
    case SCANCODE_UNKNOWN:
        flow_show_code_verdict(flow, effects, kind);
        return;
    }
}

void flow_on_scanned(struct flow *flow, struct effects *effects, enum scan_source source, const char *text)
{
    char cleaned[SCANCODE_TEXT_MAX] = "";
    enum scancode_kind kind = SCANCODE_EMPTY;

    /* One act at a time: whoever shows a code now hears that it was not taken. */
    if (flow->pending_ticket != 0 || flow->reset.under_way) {
        effect_add(effects, EFFECT_SOUND)->sound = SOUND_WARN;
        return;
    }
    if (scancode_clean(text, strlen(text), cleaned) == 0)
        kind = scancode_classify(cleaned);
    if (flow->out_of_service)
        scanned_out_of_service(flow, effects, kind, cleaned);
    else if (!flow->reference.enrolled)
        scanned_blank(flow, effects, kind, cleaned);
    else if (kind == SCANCODE_ENROL && takes_enrolment(flow))
        scanned_by_manager(flow, effects, cleaned);
    else
        dispatch(flow, effects, kind, cleaned, source == SOURCE_HAND);
}
