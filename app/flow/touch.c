#include "flow/state.h"

/* What a touch, a button or a key means on the screen that is up. */

static void pick_clerk(struct flow *flow, int64_t clerk)
{
    if (flow->screen != SCREEN_SIGN_IN || flow->after_pin != INTENT_NONE)
        return;
    flow_clear_entry(flow);
    flow->picked_clerk = (uint32_t)clerk;
    flow->pin_state = PIN_VIEW_ENTER;
}

static void pick_act(struct flow *flow, int64_t row)
{
    if (flow->screen != SCREEN_VOID_LIST || row < 0 || row >= flow->recent.count || flow->recent.acts[row].voided)
        return;
    flow->picked_act = (uint32_t)row;
    flow_go(flow, SCREEN_VOID_REASON, PAD_MS);
}

static void back(struct flow *flow)
{
    if (flow->screen == SCREEN_VOID_REASON) {
        flow_go(flow, SCREEN_VOID_LIST, PAD_MS);
        return;
    }
    if (flow->screen == SCREEN_SELF_TEST || flow->screen == SCREEN_RESET) {
        flow_go(flow, SCREEN_SERVICE, SERVICE_MS);
        return;
    }
    if (flow->screen == SCREEN_SIGN_IN && flow->picked_clerk != 0 && flow->after_pin == INTENT_NONE &&
        flow->reference.clerk_count > 1) {
        flow->picked_clerk = 0;
        flow_clear_entry(flow);
        return;
    }
    if (flow->screen == SCREEN_STORE && flow->store_ask != STORE_ASK_NOTHING) {
        if (flow->pending_ticket == 0)
            flow->store_ask = STORE_ASK_NOTHING;
        return;
    }
    if (flow->screen == SCREEN_COUNTER) {
        flow->sale_minor = 0;
        memset(&flow->shopper, 0, sizeof(flow->shopper));
        return;
    }
    if (flow->screen == SCREEN_MEMBER)
        memset(&flow->shopper, 0, sizeof(flow->shopper));
    flow->spending = false;
    flow_home(flow);
}

static void open_viewfinder(struct flow *flow)
{
    if (!flow->reference.enrolled || flow->pending_ticket != 0)
        return;
    flow->guidance = GUIDE_SHOW_CODE;
    flow_go(flow, SCREEN_VIEWFINDER, VIEWFINDER_MS);
}

static void open_service(struct flow *flow, struct effects *effects)
{
    effect_add(effects, EFFECT_HEALTH);
    flow_go(flow, SCREEN_SERVICE, SERVICE_MS);
}

static void open_sale(struct flow *flow, bool spending)
{
    if (!flow_staffed(flow))
        return;
    flow->spending = spending;
    flow_open_amount(flow, AMOUNT_SALE);
}

static void ok(struct flow *flow, struct effects *effects)
{
    if (flow->screen == SCREEN_COUNTER && flow->sale_minor > 0 && flow->pending_ticket == 0)
        flow_sell(flow, effects, NULL); /* without a coupon */
    else if (flow->screen == SCREEN_VERDICT)
        flow_on_intent(flow, effects, flow->verdict.action, 0);
    else if (flow->screen == SCREEN_STORE)
        flow_store_confirmed(flow, effects);
    else
        flow_pad_ok(flow, effects);
}

static void ask_again(struct flow *flow, struct effects *effects)
{
    if (flow->screen == SCREEN_VERDICT && flow->pending_ticket == 0 && flow->ask.request_id[8] != 0)
        flow_ask_central(flow, effects);
}

static void confirm_date(struct flow *flow, struct effects *effects)
{
    if (flow->screen != SCREEN_VERDICT || !flow_staffed(flow))
        return;
    struct body body = {.kind = RECORD_DATE_CONFIRMED, .date_confirmed = {flow->clerk.id, flow->now.wall_ms}};
    flow->date_confirmed = true;
    flow_note(flow, effects, &body);
    flow_redeem(flow, effects);
}

static void reprint(struct flow *flow, struct effects *effects)
{
    if (flow->last_receipt.group == 0)
        return;
    struct receipt *receipt = &effect_add(effects, EFFECT_PRINT)->receipt;
    *receipt = flow->last_receipt;
    receipt->copy = true;
    flow->verdict.receipt = RECEIPT_PRINTING;
}

static void test_device(struct flow *flow, struct effects *effects, int64_t device)
{
    bool testable = device == HAL_PRINTER || device == HAL_DRAWER || device == HAL_STORAGE || device == HAL_SOUND;
    if (flow->screen != SCREEN_SERVICE || !testable)
        return;
    /* In a shop it opens the till whatever it is called: a clerk's act, by PIN and on record. */
    if (device == HAL_DRAWER && (flow->reference.enrolled || flow->out_of_service)) {
        if (flow_staffed(flow))
            flow_protected(flow, effects, INTENT_DRAWER);
        return;
    }
    flow->device_testing[device] = true;
    effect_add(effects, EFFECT_TEST)->test = (enum hal_device)device;
}

static void pool(struct flow *flow, struct effects *effects, int64_t campaign)
{
    if (campaign != 0)
        flow_redeem_public(flow, effects, campaign);
    else if (flow->screen == SCREEN_COUNTER && flow->pending_ticket == 0)
        flow_go(flow, SCREEN_POOL, PAD_MS);
}

static void staff_intent(struct flow *flow, struct effects *effects, enum intent intent, int64_t argument)
{
    if (!flow_staffed(flow)) {
        if (intent == INTENT_ALONE || intent == INTENT_PROMOTE)
            flow_open_sign_in(flow, INTENT_NONE); /* the manager signs in first, then asks again */
        return;
    }
    switch (intent) {
    case INTENT_SALE:
    case INTENT_EARN:
        open_sale(flow, false);
        break;
    case INTENT_SPEND:
        open_sale(flow, true);
        break;
    case INTENT_VOID:
    case INTENT_DRAWER:
    case INTENT_ALONE:
    case INTENT_PROMOTE:
        flow_protected(flow, effects, intent);
        break;
    case INTENT_PICK_ACT:
        pick_act(flow, argument);
        break;
    case INTENT_POOL:
        pool(flow, effects, argument);
        break;
    case INTENT_PICK_REASON:
        if (flow->screen == SCREEN_VOID_REASON)
            flow_void_picked(flow, effects, argument);
        break;
    case INTENT_SIGN_OUT:
        flow_sign_out(flow, effects);
        break;
    case INTENT_REPRINT:
        reprint(flow, effects);
        break;
    case INTENT_FETCH_CREDIT:
        flow_fetch_credit(flow, effects);
        break;
    case INTENT_CONFIRM_DATE:
        confirm_date(flow, effects);
        break;
    case INTENT_ASK_CENTRAL:
        ask_again(flow, effects);
        break;
    default:
        break;
    }
}

static void service_intent(struct flow *flow, struct effects *effects, enum intent intent, int64_t argument)
{
    if (intent == INTENT_SERVICE)
        open_service(flow, effects);
    else if (intent == INTENT_TEST_DEVICE)
        test_device(flow, effects, argument);
    else if (intent == INTENT_SELF_TEST)
        flow_self_test_begin(flow, effects);
    else if (intent == INTENT_STICK || intent == INTENT_ACTS)
        flow_stick(flow, effects, intent);
    else if (intent == INTENT_RESET)
        flow_reset(flow, effects);
    else if (intent == INTENT_HOLD)
        flow_reset_hold(flow, effects, argument == 1);
    else if (intent == INTENT_STORE)
        flow_open_store(flow);
    else if (intent == INTENT_ANSWER)
        flow_self_test_answer(flow, effects, argument);
    else
        flow_self_test_corner(flow, effects, argument);
}

static void show_page(struct flow *flow, int64_t index)
{
    bool there = index >= 0 && index < flow_pages(flow);
    flow_turn_page(flow, there ? (uint32_t)index : flow->page_index);
}

/* One tap; whoever it was stays unknown. */
static void answer_survey(struct flow *flow, struct effects *effects, int64_t answer)
{
    const struct feed_survey *survey = &flow->reference.survey;
    struct body body = {.kind = RECORD_SURVEY_ANSWER,
                        .survey_answer = {.survey = survey->survey, .business_ms = flow->now.wall_ms}};
    bool there =
        survey->survey != 0 && answer >= 1 && answer <= SURVEY_ANSWERS_MAX && survey->answers_zh[answer - 1][0] != '\0';
    if (!there || flow->survey_thanked || flow->screen != SCREEN_ATTRACT)
        return;
    body.survey_answer.answer = (uint8_t)answer;
    flow_note(flow, effects, &body);
    flow_turn_page(flow, flow->page_index);
    flow->survey_thanked = true;
}

static void carousel_intent(struct flow *flow, struct effects *effects, enum intent intent, int64_t argument)
{
    if (intent == INTENT_SURVEY)
        answer_survey(flow, effects, argument);
    else
        show_page(flow, argument);
}

static void to_staff(struct flow *flow)
{
    if (flow_staffed(flow))
        flow_home(flow);
    else if (flow->reference.enrolled)
        flow_open_sign_in(flow, INTENT_NONE);
}

static void pad_intent(struct flow *flow, struct effects *effects, enum intent intent, int64_t argument)
{
    if (intent == INTENT_KEY)
        flow_pad_key(flow, effects, (char)argument);
    else if (intent == INTENT_OK)
        ok(flow, effects);
    else
        flow_pad_erase(flow, intent == INTENT_CLEAR);
}

static bool allowed_out_of_service(enum intent intent)
{
    return intent == INTENT_BACK || intent == INTENT_NEXT || intent == INTENT_LANGUAGE || intent == INTENT_SERVICE ||
           intent == INTENT_TEST_DEVICE || intent == INTENT_SELF_TEST || intent == INTENT_ANSWER ||
           intent == INTENT_CORNER;
}

void flow_on_intent(struct flow *flow, struct effects *effects, enum intent intent, int64_t argument)
{
    if (flow->reset.under_way || (flow->out_of_service && !allowed_out_of_service(intent)))
        return;
    switch (intent) {
    case INTENT_BACK:
    case INTENT_NEXT:
        back(flow);
        break;
    case INTENT_LANGUAGE:
        flow->language = (flow->language + 1) % LANGUAGE_COUNT;
        break;
    case INTENT_SCAN:
        open_viewfinder(flow);
        break;
    case INTENT_TYPE_CODE:
        flow_clear_entry(flow);
        flow_go(flow, SCREEN_CODE_ENTRY, PAD_MS);
        break;
    case INTENT_KEY:
    case INTENT_ERASE:
    case INTENT_CLEAR:
    case INTENT_OK:
        pad_intent(flow, effects, intent, argument);
        break;
    case INTENT_STAFF:
        to_staff(flow);
        break;
    case INTENT_PICK_CLERK:
        pick_clerk(flow, argument);
        break;
    case INTENT_SERVICE:
    case INTENT_TEST_DEVICE:
    case INTENT_SELF_TEST:
    case INTENT_STICK:
    case INTENT_ACTS:
    case INTENT_RESET:
    case INTENT_HOLD:
    case INTENT_STORE:
    case INTENT_ANSWER:
    case INTENT_CORNER:
        service_intent(flow, effects, intent, argument);
        break;
    case INTENT_PAGE:
    case INTENT_SURVEY:
        carousel_intent(flow, effects, intent, argument);
        break;
    case INTENT_SALE:
    case INTENT_SPEND:
    case INTENT_EARN:
    case INTENT_VOID:
    case INTENT_PICK_ACT:
    case INTENT_PICK_REASON:
    case INTENT_POOL:
    case INTENT_SIGN_OUT:
    case INTENT_DRAWER:
    case INTENT_REPRINT:
    case INTENT_ASK_CENTRAL:
    case INTENT_FETCH_CREDIT:
    case INTENT_CONFIRM_DATE:
    case INTENT_ALONE:
    case INTENT_PROMOTE:
        staff_intent(flow, effects, intent, argument);
        break;
    case INTENT_NONE:
    case INTENT_COUNT:
        break;
    }
}
