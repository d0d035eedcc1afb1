#include "flow/state.h"

static void pick(enum language language, const char *zh, const char *en, char *out, size_t cap)
{
    const char *text = (language == LANGUAGE_EN && en[0] != '\0') || zh[0] == '\0' ? en : zh;
    size_t len = strnlen(text, cap - 1);
    memcpy(out, text, len);
    out[len] = '\0';
}

static void head(const struct flow *flow, struct receipt *r)
{
    const struct feed_settings *settings = &flow->reference.settings;
    memset(r, 0, sizeof(*r));
    r->language = flow->language;
    r->terminal = flow->reference.terminal;
    r->incarnation = flow->reference.incarnation;
    pick(flow->language, settings->brand_zh, settings->brand_en, r->brand, sizeof(r->brand));
    pick(flow->language, settings->store_zh, settings->store_en, r->store, sizeof(r->store));
    memcpy(r->address, settings->address, sizeof(r->address));
    memcpy(r->clerk, flow->clerk.name, sizeof(r->clerk));
    memcpy(r->follow_url, flow->reference.touchpoint.url, sizeof(r->follow_url));
    r->offline = !flow->sync.online;
}

static void of_redemption(const struct flow *flow, const struct till_redeemed *a, struct receipt *r)
{
    r->kind = RECEIPT_OF_REDEMPTION;
    r->group = a->group;
    r->business_ms = a->business_ms;
    r->gross_minor = a->sale_minor;
    r->discount_minor = a->discount_minor;
    r->paid_minor = a->paid_minor;
    r->earned_minor = a->earned_minor;
    r->balance_minor = a->balance_minor;
    r->member = a->member;
    pick(flow->language, a->campaign_zh, a->campaign_en, r->campaign, sizeof(r->campaign));
    pick(flow->language, a->gift_zh, a->gift_en, r->gift, sizeof(r->gift));
}

static void of_sale(const struct till_sold *a, struct receipt *r)
{
    r->kind = RECEIPT_OF_SALE;
    r->group = a->group;
    r->business_ms = a->business_ms;
    r->gross_minor = a->gross_minor;
    r->credit_minor = a->credit_minor;
    r->paid_minor = a->paid_minor;
    r->earned_minor = a->earned_minor;
    r->balance_minor = a->balance_minor;
    r->member = a->member;
}

static void of_void(const struct flow *flow, const struct till_voided *a, struct receipt *r)
{
    r->kind = RECEIPT_OF_VOID;
    r->group = a->group;
    r->business_ms = flow->now.wall_ms;
    r->discount_minor = a->discount_minor;
    r->paid_minor = a->paid_minor;
    r->earned_minor = a->earned_minor;
    r->credit_minor = a->credit_minor;
}

void flow_receipt_of(const struct flow *flow, const struct till_answer *answer, struct receipt *out_receipt)
{
    head(flow, out_receipt);
    if (answer->by != 0)
        out_receipt->terminal = answer->by; /* whose journal the receipt's number stands in */
    if (answer->op == TILL_REDEEM)
        of_redemption(flow, &answer->redeemed, out_receipt);
    else if (answer->op == TILL_SALE)
        of_sale(&answer->sold, out_receipt);
    else
        of_void(flow, &answer->voided, out_receipt);
}
