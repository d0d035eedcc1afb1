#include "view/internal.h"

#include <stdio.h>

/* Another store: terminals know its number, not its name. */
static void where(const struct flow *flow, uint32_t store, struct view_verdict *v)
{
    if (store != 0 && store != flow->reference.settings.store)
        snprintf(v->where, sizeof(v->where), flow->language == LANGUAGE_EN ? "store %u" : "%u号门店", store);
    else if (store != 0)
        view_put(v->where, sizeof(v->where),
                 view_localised(flow, flow->reference.settings.store_zh, flow->reference.settings.store_en));
}

/* The date that the sentence needs: used at, valid from, expired on. */
static void when(const struct till_redeemed *r, struct view_verdict *v)
{
    if (r->verdict == COUPON_ALREADY_USED && r->used_ms > 0)
        time_format_minute(r->used_ms, v->when, sizeof(v->when));
    else if (r->verdict == COUPON_EXPIRED)
        time_format_day((int64_t)r->expiry_s * 1000, v->when, sizeof(v->when));
    else if (r->verdict == COUPON_NOT_YET)
        time_format_day((int64_t)r->valid_from_s * 1000, v->when, sizeof(v->when));
}

static void of_coupon(const struct flow *flow, struct view_verdict *v)
{
    const struct till_redeemed *r = &flow->verdict.answer.redeemed;
    view_put(v->campaign, VIEW_TEXT_MAX, view_localised(flow, r->campaign_zh, r->campaign_en));
    view_put(v->gift, VIEW_TEXT_MAX, view_localised(flow, r->gift_zh, r->gift_en));
    v->discount_kind = r->discount;
    v->discount_minor = r->discount_minor;
    v->sale_minor = r->sale_minor;
    v->paid_minor = r->paid_minor;
    v->earned_minor = r->earned_minor;
    v->balance_minor = r->balance_minor;
    v->min_spend_minor = r->min_spend_minor;
    v->offline = r->offline;
    when(r, v);
    if (r->home_store != flow->reference.settings.store)
        where(flow, r->home_store, v);
}

static void of_sale(const struct flow *flow, const struct till_sold *s, struct view_verdict *v)
{
    v->offline = s->group != 0 && flow->last_receipt.offline;
    v->sale_minor = s->gross_minor;
    v->paid_minor = s->paid_minor;
    v->credit_minor = s->credit_minor;
    v->earned_minor = s->earned_minor;
    v->balance_minor = s->balance_minor;
}

static void of_void(const struct till_voided *d, struct view_verdict *v)
{
    v->discount_minor = d->discount_minor;
    v->paid_minor = d->paid_minor;
    v->earned_minor = d->earned_minor;
    v->credit_minor = d->credit_minor;
}

static void of_asked(const struct flow *flow, const struct authority_answer *a, struct view_verdict *v)
{
    if (a->used_ms > 0)
        time_format_minute(a->used_ms, v->when, sizeof(v->when));
    where(flow, a->used_store, v);
}

void view_fill_verdict(const struct flow *flow, struct view_verdict *v)
{
    const struct flow_verdict *from = &flow->verdict;
    v->tone = from->tone;
    v->subject = from->subject;
    v->code = from->code;
    v->receipt = from->receipt;
    v->drawer_open = from->drawer_open;
    v->check_only = from->check_only;
    v->action = from->action;
    switch (from->subject) {
    case SUBJECT_COUPON:
        of_coupon(flow, v);
        break;
    case SUBJECT_SALE:
        of_sale(flow, &from->answer.sold, v);
        break;
    case SUBJECT_VOID:
        of_void(&from->answer.voided, v);
        break;
    case SUBJECT_ASKED:
        of_asked(flow, &from->asked, v);
        break;
    case SUBJECT_BUSY:
        v->error = (uint32_t)from->code;
        break;
    case SUBJECT_STORE:
        v->store_ask = from->store_ask;
        break;
    case SUBJECT_MEMBER:
    case SUBJECT_BADGE:
    case SUBJECT_CODE:
    case SUBJECT_ASKING:
    case SUBJECT_CREDIT:
        break;
    }
}
