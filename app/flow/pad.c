#include "flow/state.h"

#define AMOUNT_DIGITS_MAX 9 /* 9,999,999.99 */
#define CODE_TYPED_MAX    14

/* Amounts, PINs and codes under entry: one buffer of characters, read by the screen that is up. */

static size_t typed_max(const struct flow *flow)
{
    if (flow->screen == SCREEN_SIGN_IN || (flow->screen == SCREEN_AMOUNT && flow->purpose == AMOUNT_MEMBER_PIN))
        return PIN_MAX;
    return flow->screen == SCREEN_AMOUNT ? AMOUNT_DIGITS_MAX : CODE_TYPED_MAX;
}

static bool is_digit(char character)
{
    return character >= '0' && character <= '9';
}

static bool is_code_character(char character)
{
    return is_digit(character) || (character >= 'A' && character <= 'Z') || (character >= 'a' && character <= 'z');
}

static bool accepts(const struct flow *flow, char character)
{
    switch (flow->screen) {
    case SCREEN_SIGN_IN:
        return is_digit(character) && flow->picked_clerk != 0 && flow->pin_state != PIN_VIEW_LOCKED;
    case SCREEN_AMOUNT:
        return is_digit(character);
    case SCREEN_CODE_ENTRY:
        return is_code_character(character);
    case SCREEN_STARTING:
    case SCREEN_ATTRACT:
    case SCREEN_GREETING:
    case SCREEN_VIEWFINDER:
    case SCREEN_VERDICT:
    case SCREEN_MEMBER:
    case SCREEN_PRICE:
    case SCREEN_COUNTER:
    case SCREEN_VOID_LIST:
    case SCREEN_VOID_REASON:
    case SCREEN_POOL:
    case SCREEN_ENROLMENT:
    case SCREEN_SERVICE:
    case SCREEN_SELF_TEST:
    case SCREEN_STORE:
    case SCREEN_RESET:
    case SCREEN_OUT_OF_SERVICE:
    case SCREEN_COUNT:
        return false;
    }
    return false;
}

/* Somebody types on a keyboard where no pad is open: that is a code. */
static bool opens_code_entry(const struct flow *flow, char character)
{
    return (flow->screen == SCREEN_ATTRACT || flow->screen == SCREEN_COUNTER || flow->screen == SCREEN_VIEWFINDER) &&
           is_code_character(character);
}

void flow_pad_key(struct flow *flow, struct effects *effects, char character)
{
    if (opens_code_entry(flow, character)) {
        flow_clear_entry(flow);
        flow_go(flow, SCREEN_CODE_ENTRY, PAD_MS);
    }
    if (!accepts(flow, character))
        return;
    size_t len = strlen(flow->typed);
    if (len >= typed_max(flow))
        return;
    /* A leading nought says nothing in an amount. */
    if (flow->screen == SCREEN_AMOUNT && flow->purpose != AMOUNT_MEMBER_PIN && len == 0 && character == '0')
        return;
    flow->typed[len] = (character >= 'a' && character <= 'z') ? (char)(character - 'a' + 'A') : character;
    flow->typed_wrong = false;
    if (flow->pin_state == PIN_VIEW_WRONG)
        flow->pin_state = PIN_VIEW_ENTER;
    effect_add(effects, EFFECT_SOUND)->sound = SOUND_KEY;
}

void flow_pad_erase(struct flow *flow, bool all)
{
    size_t len = strlen(flow->typed);
    if (all)
        memset(flow->typed, 0, sizeof(flow->typed));
    else if (len > 0)
        flow->typed[len - 1] = '\0';
    flow->typed_wrong = false;
}

int64_t flow_typed_amount(const struct flow *flow)
{
    int64_t amount = 0;
    for (const char *c = flow->typed; *c != '\0'; c++)
        amount = amount * 10 + (*c - '0');
    return amount;
}

void flow_open_amount(struct flow *flow, enum view_amount_purpose purpose)
{
    flow_clear_entry(flow);
    flow->purpose = purpose;
    flow_go(flow, SCREEN_AMOUNT, PAD_MS);
}

void flow_sell(struct flow *flow, struct effects *effects, const char *pin)
{
    struct till_request request = {.op = TILL_SALE};
    request.sale.gross_minor = flow->sale_minor;
    request.sale.credit_minor = flow->spend_minor;
    request.sale.member = flow->shopper.member;
    if (flow->spend_minor > 0 && pin == NULL)
        memcpy(request.sale.member_code, flow->shopper.code, sizeof(request.sale.member_code));
    if (pin != NULL)
        memcpy(request.sale.pin, pin, strnlen(pin, PIN_MAX));
    flow_ask_till(flow, effects, &request);
}

static void open_spend(struct flow *flow)
{
    int64_t most = flow->shopper.share_minor < flow->sale_minor ? flow->shopper.share_minor : flow->sale_minor;
    flow_open_amount(flow, AMOUNT_SPEND);
    char digits[24];
    size_t len = 0;
    for (int64_t rest = most; rest > 0; rest /= 10)
        digits[len++] = (char)('0' + rest % 10);
    for (size_t i = 0; i < len; i++)
        flow->typed[i] = digits[len - 1 - i];
}

static void sale_entered(struct flow *flow, struct effects *effects, int64_t amount)
{
    flow->sale_minor = amount;
    flow->spend_minor = 0;
    if (flow->spending)
        open_spend(flow);
    else if (flow->shopper.member != 0)
        flow_sell(flow, effects, NULL);
    else
        flow_home(flow); /* waits at the counter for a coupon, a card, or "without member" */
}

static void spend_entered(struct flow *flow, struct effects *effects, int64_t amount)
{
    if (amount > flow->shopper.share_minor || amount > flow->sale_minor) {
        flow->typed_wrong = true;
        return;
    }
    flow->spend_minor = amount;
    if (flow->shopper.can_spend)
        flow_sell(flow, effects, NULL);
    else
        flow_open_amount(flow, AMOUNT_MEMBER_PIN);
}

static void amount_ok(struct flow *flow, struct effects *effects)
{
    int64_t amount = flow_typed_amount(flow);
    if (flow->purpose == AMOUNT_MEMBER_PIN) {
        if (strlen(flow->typed) >= PIN_MIN)
            flow_sell(flow, effects, flow->typed);
        return;
    }
    if (amount == 0)
        return;
    switch (flow->purpose) {
    case AMOUNT_SALE:
        sale_entered(flow, effects, amount);
        break;
    case AMOUNT_COUPON_SALE:
        flow->redeem.sale_minor = amount;
        flow_redeem(flow, effects);
        break;
    case AMOUNT_SPEND:
        spend_entered(flow, effects, amount);
        break;
    case AMOUNT_MEMBER_PIN:
        break;
    }
}

static void code_ok(struct flow *flow, struct effects *effects)
{
    char cleaned[SCANCODE_TEXT_MAX];
    if (scancode_clean(flow->typed, strlen(flow->typed), cleaned) != 0) {
        flow->typed_wrong = true;
        return;
    }
    enum scancode_kind kind = scancode_classify(cleaned);
    if (kind == SCANCODE_SHORTCODE || kind == SCANCODE_EAN)
        flow_on_scanned(flow, effects, SOURCE_HAND, cleaned);
    else
        flow->typed_wrong = true;
}

static void pin_ok(struct flow *flow, struct effects *effects)
{
    if (flow->picked_clerk == 0 || strlen(flow->typed) < PIN_MIN || flow->pin_state == PIN_VIEW_LOCKED)
        return;
    struct till_request request = {.op = TILL_SIGN_IN, .sign_in = {.clerk = flow->picked_clerk}};
    memcpy(request.sign_in.pin, flow->typed, strnlen(flow->typed, PIN_MAX));
    flow->pin_state = PIN_VIEW_CHECKING;
    flow_ask_till(flow, effects, &request);
    flow_clear_entry(flow);
}

void flow_pad_ok(struct flow *flow, struct effects *effects)
{
    if (flow->pending_ticket != 0)
        return;
    if (flow->screen == SCREEN_AMOUNT)
        amount_ok(flow, effects);
    else if (flow->screen == SCREEN_CODE_ENTRY)
        code_ok(flow, effects);
    else if (flow->screen == SCREEN_SIGN_IN)
        pin_ok(flow, effects);
}
