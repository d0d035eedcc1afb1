#include "domain/coupon.h"

#include <assert.h>

#define SECOND_MS INT64_C(1000)

/* The span of time in which now surely lies. */
struct span {
    int64_t earliest_ms, latest_ms;
    bool sure; /* of the date */
};

static struct span span_of(const struct coupon_facts *f)
{
    int64_t now = f->now.wall_ms, around = f->now.uncertainty_ms;
    struct span span = {now, now, true};
    if (around > TIME_DATE_LIMIT_MS && f->date_confirmed)
        return span; /* the clerk saw this date and said that it is right */
    span.sure = around <= TIME_DATE_LIMIT_MS;
    if (__builtin_sub_overflow(now, around, &span.earliest_ms))
        span.earliest_ms = INT64_MIN;
    if (__builtin_add_overflow(now, around, &span.latest_ms))
        span.latest_ms = INT64_MAX;
    return span;
}

static bool starts_later(uint32_t from_s, int64_t ms)
{
    return from_s != 0 && ms < (int64_t)from_s * SECOND_MS;
}

static bool is_over(uint32_t to_s, int64_t ms)
{
    return to_s != 0 && ms >= (int64_t)to_s * SECOND_MS;
}

/* A window over midnight belongs to the weekday on which it opened. */
static bool in_hours(const struct campaign *c, int64_t ms)
{
    struct local_time t = time_local(ms);
    int minute = t.hour * 60 + t.minute, from = c->hour_from_min, to = c->hour_to_min, weekday = t.weekday;
    bool all_day = from == 0 && to == 0;
    bool inside = all_day || (from <= to ? minute >= from && minute < to : minute >= from || minute < to);
    if (!all_day && from > to && minute < to)
        weekday = (weekday + 6) % 7;
    return inside && (c->weekday_mask == 0 || (c->weekday_mask >> weekday & 1));
}

static bool has_hours(const struct campaign *c)
{
    return c->weekday_mask != 0 || c->hour_from_min != 0 || c->hour_to_min != 0;
}

static bool is_dated(const struct coupon_facts *f)
{
    const struct campaign *c = f->campaign;
    bool leased = f->right == RIGHT_HERE && f->right_until_s;
    return f->valid_from_s || f->expiry_s || c->valid_from_s || c->valid_to_s || has_hours(c) || leased;
}

static enum coupon_verdict decide_token(const struct coupon_facts *f)
{
    switch (f->token) {
    case TOKEN_GOOD:
        return COUPON_OK;
    case TOKEN_MALFORMED:
        return COUPON_MALFORMED;
    case TOKEN_OTHER_BRAND:
        return COUPON_OTHER_BRAND;
    case TOKEN_KEY_UNKNOWN:
        return COUPON_KEY_UNKNOWN;
    case TOKEN_FORGED:
        return COUPON_FORGED;
    case TOKEN_KEY_REVOKED:
        return f->known_here ? COUPON_OK : COUPON_KEY_REVOKED;
    }
    return COUPON_MALFORMED;
}

/* What a newer central may say and this version cannot follow needs a connection as much as a missing campaign. */
static bool campaign_understood(const struct campaign *c)
{
    return c && c->discount >= DISCOUNT_AMOUNT && c->discount <= DISCOUNT_GIFT && c->mode >= MODE_STRICT &&
           c->mode <= MODE_BUDGET && c->state >= CAMPAIGN_DRAFT && c->state <= CAMPAIGN_ENDED;
}

static bool runs_here(const struct campaign *c, uint32_t store)
{
    for (uint32_t i = 0; i < c->store_count; i++) {
        if (c->stores[i] == store)
            return true;
    }
    return c->store_count == 0;
}

static enum coupon_verdict decide_campaign(const struct coupon_facts *f)
{
    const struct campaign *c = f->campaign;
    if (f->revoked)
        return COUPON_REVOKED;
    if (f->right == RIGHT_CONSUMED)
        return COUPON_ALREADY_USED;
    if (!campaign_understood(c))
        return COUPON_CAMPAIGN_UNKNOWN;
    if (c->state == CAMPAIGN_ENDED)
        return COUPON_CAMPAIGN_ENDED;
    if (c->state != CAMPAIGN_LIVE)
        return COUPON_CAMPAIGN_PAUSED;
    return runs_here(c, f->store) ? COUPON_OK : COUPON_WRONG_STORE;
}

/* Uncertainty counts against the holder, unless it is so large that only the clerk can tell the date. */
static enum coupon_verdict decide_dates(const struct coupon_facts *f, const struct span *span)
{
    const struct campaign *c = f->campaign;
    int64_t begin_ms = span->sure ? span->earliest_ms : span->latest_ms;
    int64_t end_ms = span->sure ? span->latest_ms : span->earliest_ms;
    if (starts_later(f->valid_from_s, begin_ms) || starts_later(c->valid_from_s, begin_ms))
        return COUPON_NOT_YET;
    if (is_over(f->expiry_s, end_ms) || is_over(c->valid_to_s, end_ms))
        return COUPON_EXPIRED;
    if (!is_dated(f))
        return COUPON_OK;
    if (!span->sure)
        return COUPON_DATE_UNSURE;
    bool open = in_hours(c, span->earliest_ms) && in_hours(c, f->now.wall_ms) && in_hours(c, span->latest_ms);
    return has_hours(c) && !open ? COUPON_OUT_OF_HOURS : COUPON_OK;
}

static bool is_theirs(const struct coupon_facts *f, const struct span *span)
{
    bool bearer = f->member == 0 && !f->outdated;
    if (!f->to_public && (bearer || f->owner_member == 0 || f->member == f->owner_member))
        return true;
    return is_over(f->exclusive_until_s, span->earliest_ms);
}

/* A right whose lease is over stays here until it is asked back: nobody else has it, and nothing is redeemed with it.
 */
static bool is_usable(const struct coupon_facts *f, const struct span *span)
{
    return f->right == RIGHT_HERE && !is_over(f->right_until_s, span->latest_ms);
}

/* May it be redeemed without the right, within the budget? A right that was given up is surely somewhere else. */
static bool may_use_budget(const struct coupon_facts *f)
{
    const struct campaign *c = f->campaign;
    if (f->online || (f->right != RIGHT_ELSEWHERE && f->right != RIGHT_HERE))
        return false;
    return c->mode == MODE_BUDGET || (c->mode == MODE_HOME && c->fallback_budget);
}

static enum coupon_verdict decide_authority(const struct coupon_facts *f, const struct span *span,
                                            bool *out_spends_budget)
{
    *out_spends_budget = false;
    if (f->campaign->mode == MODE_STRICT && !f->central_agreed)
        return COUPON_NEEDS_CONNECTION;
    /* Strict too: what central agreed to may have been asked back since. */
    if (is_usable(f, span))
        return COUPON_OK;
    if (!may_use_budget(f))
        return f->right == RIGHT_HERE ? COUPON_NEEDS_CONNECTION : COUPON_HELD_ELSEWHERE;
    if (f->campaign->offline_max_sync_age_s != 0 && f->sync_age_s > f->campaign->offline_max_sync_age_s)
        return COUPON_NEEDS_CONNECTION;
    *out_spends_budget = true;
    return COUPON_OK;
}

/* Both caps hold; a cap of 0 means that nothing is allowed, so that exposure is never open by omission. */
static bool budget_allows(const struct coupon_facts *f, int64_t discount_minor)
{
    const struct campaign *c = f->campaign;
    int64_t after;
    /* Before the amount is known, something must be left; a gift has no value and is bounded by its count alone. */
    if (discount_minor == 0 && c->discount != DISCOUNT_GIFT)
        discount_minor = 1;
    if (f->budget_used_count >= c->offline_budget_count)
        return false;
    if (__builtin_add_overflow(f->budget_used_minor, discount_minor, &after))
        return false;
    return after <= c->offline_budget_minor;
}

static enum coupon_verdict decide_amount(const struct coupon_facts *f, struct coupon_decision *d)
{
    const struct campaign *c = f->campaign;
    bool amount_missing = campaign_needs_sale(c) && f->sale_minor <= 0;
    int64_t discount = 0;
    if (!amount_missing && campaign_discount(c, f->sale_minor > 0 ? f->sale_minor : 0, &discount) < 0)
        return COUPON_CAMPAIGN_UNKNOWN;
    if (d->spends_budget && !budget_allows(f, discount))
        return COUPON_BUDGET_SPENT;
    if (c->per_member_limit != 0 && f->member_uses >= c->per_member_limit)
        return COUPON_MEMBER_LIMIT;
    if (amount_missing)
        return COUPON_NEEDS_AMOUNT;
    if (f->sale_minor < c->min_spend_minor)
        return COUPON_BELOW_MINIMUM;
    d->discount_minor = discount;
    return COUPON_OK;
}

static enum coupon_verdict decide(const struct coupon_facts *f, struct coupon_decision *d)
{
    enum coupon_verdict verdict = decide_token(f);
    if (verdict == COUPON_OK)
        verdict = decide_campaign(f);
    if (verdict != COUPON_OK)
        return verdict;
    struct span span = span_of(f);
    verdict = decide_dates(f, &span);
    if (verdict == COUPON_OK && !is_theirs(f, &span))
        verdict = COUPON_NOT_THEIRS;
    if (verdict == COUPON_OK)
        verdict = decide_authority(f, &span, &d->spends_budget);
    return verdict == COUPON_OK ? decide_amount(f, d) : verdict;
}

struct coupon_decision coupon_decide(const struct coupon_facts *facts)
{
    assert(facts->now.uncertainty_ms >= 0);
    struct coupon_decision d = {0};
    d.verdict = decide(facts, &d);
    if (d.verdict != COUPON_OK)
        d = (struct coupon_decision){.verdict = d.verdict};
    return d;
}

const char *coupon_verdict_name(enum coupon_verdict verdict)
{
    static const char *const names[] = {
        "ok",
        "not_ours",
        "malformed",
        "other_brand",
        "key_unknown",
        "forged",
        "key_revoked",
        "revoked",
        "unknown_code",
        "already_used",
        "campaign_unknown",
        "campaign_paused",
        "campaign_ended",
        "wrong_store",
        "not_yet",
        "expired",
        "date_unsure",
        "out_of_hours",
        "not_theirs",
        "held_elsewhere",
        "needs_connection",
        "budget_spent",
        "member_limit",
        "needs_amount",
        "below_minimum",
        "none_left",
    };
    static_assert(ARRAY_LEN(names) == COUPON_VERDICTS, "every verdict has a name");
    assert((unsigned)verdict < COUPON_VERDICTS);
    return names[verdict];
}
