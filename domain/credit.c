#include "domain/credit.h"

#include "domain/token.h"

#include <assert.h>

#define SECOND_MS    INT64_C(1000)
#define CODE_SKEW_MS (30 * SECOND_MS) /* between central that issued a code and central's time as it reached us */

static enum credit_verdict decide_auth(const struct credit_spend_facts *f)
{
    if (f->pin_given)
        return f->pin_right ? CREDIT_OK : CREDIT_WRONG_PIN;
    if (!f->by_code)
        return CREDIT_NEEDS_CODE;
    /* With such a clock nobody can tell whether the code is fresh: say so instead of blaming the code. */
    if (f->now.uncertainty_ms > TIME_CODE_LIMIT_MS)
        return f->code_used ? CREDIT_CODE_USED : CREDIT_CLOCK_UNSURE;
    if (!f->code_fresh)
        return CREDIT_NEEDS_CODE;
    return f->code_used ? CREDIT_CODE_USED : CREDIT_OK;
}

enum credit_verdict credit_decide_spend(const struct credit_spend_facts *facts)
{
    if (!facts->member_known)
        return CREDIT_NO_MEMBER;
    enum credit_verdict verdict = decide_auth(facts);
    if (verdict != CREDIT_OK)
        return verdict;
    if (facts->amount_minor > facts->share_minor)
        return CREDIT_NOT_ENOUGH;
    return facts->amount_minor > 0 ? CREDIT_OK : CREDIT_BAD_AMOUNT;
}

const char *credit_verdict_name(enum credit_verdict verdict)
{
    static const char *const names[] = {
        "ok", "no_member", "needs_code", "code_used", "clock_unsure", "wrong_pin", "not_enough", "bad_amount",
    };
    static_assert(ARRAY_LEN(names) == CREDIT_VERDICTS, "every verdict has a name");
    assert((unsigned)verdict < CREDIT_VERDICTS);
    return names[verdict];
}

bool credit_code_fresh(uint32_t issued_s, struct business_time now)
{
    int64_t issued = (int64_t)issued_s * SECOND_MS, latest;
    if (now.uncertainty_ms > TIME_CODE_LIMIT_MS || __builtin_add_overflow(now.wall_ms, now.uncertainty_ms, &latest))
        return false;
    return latest >= issued - CODE_SKEW_MS && latest <= issued + MEMBER_CODE_LIFE_S * SECOND_MS;
}

static int64_t smaller_part(int64_t part, int64_t whole)
{
    return part < 0 ? 0 : part < whole ? part : whole;
}

struct credit_earn_split credit_split_earn(int64_t amount_minor, int64_t receivable_minor)
{
    assert(amount_minor >= 0);
    int64_t set_off = smaller_part(receivable_minor, amount_minor);
    return (struct credit_earn_split){amount_minor - set_off, set_off};
}

struct credit_earn_split credit_split_void(int64_t amount_minor, int64_t share_minor)
{
    assert(amount_minor >= 0);
    int64_t from_share = smaller_part(share_minor, amount_minor);
    return (struct credit_earn_split){from_share, amount_minor - from_share};
}
