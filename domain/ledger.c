#include "domain/ledger.h"

#include "domain/money.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static struct posting *next_posting(struct postings *p, enum ledger_unit unit, int64_t amount_minor)
{
    assert(p->count < POSTINGS_MAX);
    struct posting *item = &p->items[p->count];
    *item = (struct posting){.unit = (uint8_t)unit, .amount_minor = amount_minor};
    return item;
}

/* Adds one posting; an amount of zero leaves no trace. */
__attribute__((format(printf, 4, 5))) static void post(struct postings *p, enum ledger_unit unit, int64_t amount_minor,
                                                       const char *account, ...)
{
    if (amount_minor == 0)
        return;
    struct posting *item = next_posting(p, unit, amount_minor);
    va_list args;
    va_start(args, account);
    int len = vsnprintf(item->account, sizeof item->account, account, args);
    va_end(args);
    assert(len > 0 && (size_t)len < sizeof item->account);
    p->count++;
}

static size_t member_account(const char *kind, struct owner owner, uint64_t member, char out_account[ACCOUNT_MAX])
{
    char owner_text[ID_TEXT_MAX];
    owner_format(owner, owner_text, sizeof owner_text);
    int len = snprintf(out_account, ACCOUNT_MAX, "%s/%s/%" PRIu64, kind, owner_text, member);
    assert(len > 0 && len < ACCOUNT_MAX);
    return (size_t)len;
}

size_t ledger_account_credit(struct owner owner, uint64_t member, char out_account[ACCOUNT_MAX])
{
    return member_account("credit", owner, member, out_account);
}

size_t ledger_account_receivable(struct owner owner, uint64_t member, char out_account[ACCOUNT_MAX])
{
    return member_account("receivable", owner, member, out_account);
}

static int post_redemption(const struct body_redemption *b, const struct ledger_context *context, struct postings *p)
{
    if (b->discount_minor < 0 || b->sale_minor < 0 || (b->sale_minor > 0 && b->discount_minor > b->sale_minor))
        return -EINVAL;
    if (b->sale_minor != 0)
        return 0;
    post(p, UNIT_CNY, b->discount_minor, "discount/%" PRIu32, b->coupon.campaign);
    post(p, UNIT_CNY, -b->discount_minor, "redeemed/s%" PRIu32, context->store);
    return 0;
}

static const char *tender_name(uint8_t tender)
{
    return tender == TENDER_CASH ? "cash" : tender == TENDER_WECHAT ? "wechat" : NULL;
}

static int post_sale(const struct body_sale *b, const struct ledger_context *context, struct postings *p)
{
    int64_t sum;
    const char *tender = tender_name(b->tender);
    if (b->gross_minor < 0 || b->discount_minor < 0 || b->credit_minor < 0 || b->paid_minor < 0)
        return -EINVAL;
    if (money_add(b->discount_minor, b->credit_minor, &sum) < 0 || money_add(sum, b->paid_minor, &sum) < 0)
        return -EOVERFLOW;
    if (sum != b->gross_minor || (b->paid_minor > 0 && !tender))
        return -EINVAL;
    if (tender)
        post(p, UNIT_CNY, b->paid_minor, "tender/%s/s%" PRIu32, tender, context->store);
    post(p, UNIT_CNY, b->credit_minor, "tender/credit/s%" PRIu32, context->store);
    post(p, UNIT_CNY, b->discount_minor, "discount/%" PRIu32, context->campaign);
    post(p, UNIT_CNY, -b->gross_minor, "sales/s%" PRIu32, context->store);
    return 0;
}

static bool owner_sane(struct owner owner)
{
    return owner.scope >= OWNER_STORE && owner.scope <= OWNER_PROGRAMME;
}

static void post_member(struct postings *p, const struct body_credit *b, int64_t credit_minor, int64_t receivable_minor)
{
    char account[ACCOUNT_MAX];
    ledger_account_credit(b->owner, b->member, account);
    post(p, UNIT_CREDIT, credit_minor, "%s", account);
    ledger_account_receivable(b->owner, b->member, account);
    post(p, UNIT_CREDIT, receivable_minor, "%s", account);
}

static int post_earn(const struct body_credit *b, struct postings *p)
{
    char owner[ID_TEXT_MAX];
    if (b->amount_minor <= 0 || b->receivable_minor < 0 || b->receivable_minor > b->amount_minor || b->ends_s < 0 ||
        !owner_sane(b->owner))
        return -EINVAL;
    owner_format(b->owner, owner, sizeof owner);
    post_member(p, b, b->amount_minor - b->receivable_minor, b->receivable_minor);
    post(p, UNIT_CREDIT, -b->amount_minor, "issued/%s", owner);
    return 0;
}

static int post_spend(const struct body_credit *b, const struct ledger_context *context, struct postings *p)
{
    if (b->amount_minor <= 0 || b->receivable_minor != 0 || !owner_sane(b->owner) ||
        !credit_parts_sane(&b->parts, b->amount_minor))
        return -EINVAL;
    post_member(p, b, -b->amount_minor, 0);
    post(p, UNIT_CREDIT, b->amount_minor, "tender/credit/s%" PRIu32, context->store);
    return 0;
}

static size_t expired_account(struct owner owner, char out_account[ACCOUNT_MAX])
{
    char owner_text[ID_TEXT_MAX];
    owner_format(owner, owner_text, sizeof owner_text);
    int len = snprintf(out_account, ACCOUNT_MAX, "expired/%s", owner_text);
    assert(len > 0 && len < ACCOUNT_MAX);
    return (size_t)len;
}

/* From the member to the owner, who owes so much less; below nothing the other way. */
static void move_expired(struct postings *p, struct owner owner, uint64_t member, int64_t amount_minor)
{
    char account[ACCOUNT_MAX];
    ledger_account_credit(owner, member, account);
    post(p, UNIT_CREDIT, -amount_minor, "%s", account);
    expired_account(owner, account);
    post(p, UNIT_CREDIT, amount_minor, "%s", account);
}

static int post_expired(const struct body_expired *b, struct postings *p)
{
    if (b->amount_minor <= 0 || !owner_sane(b->owner) || !credit_parts_sane(&b->parts, b->amount_minor) ||
        credit_parts_sum(&b->parts) != b->amount_minor) /* what never ends does not expire */
        return -EINVAL;
    move_expired(p, b->owner, b->member, b->amount_minor);
    return 0;
}

static int post_value(const struct body *body, const struct ledger_context *context, struct postings *p)
{
    switch (body->kind) {
    case RECORD_REDEMPTION:
        return post_redemption(&body->redemption, context, p);
    case RECORD_SALE:
        return post_sale(&body->sale, context, p);
    case RECORD_CREDIT_EARN:
        return post_earn(&body->credit, p);
    case RECORD_CREDIT_SPEND:
        return post_spend(&body->credit, context, p);
    case RECORD_CREDIT_EXPIRED:
        return post_expired(&body->expired, p);
    default:
        return 0; /* every other kind moves no value; unknown ones are of a later version */
    }
}

/* What of a voided earn is not in the share any more: the part that was spent stays with the member and is owed back,
 * the part that expired comes back from there. What the void took or gave back fits its target. */
static int shift_gone(const struct body_void *b, const struct body *target, struct postings *p)
{
    bool earn = target->kind == RECORD_CREDIT_EARN;
    int64_t to_share = earn ? target->credit.amount_minor - target->credit.receivable_minor
                       : target->kind == RECORD_CREDIT_SPEND ? target->credit.amount_minor
                                                             : 0;
    if (b->receivable_minor < 0 || b->receivable_minor > to_share || b->expired_minor < 0 ||
        b->expired_minor > to_share - b->receivable_minor ||
        !credit_parts_sane(&b->parts, to_share - b->receivable_minor - b->expired_minor))
        return -EINVAL;
    if (!earn)
        return b->receivable_minor != 0 || b->expired_minor != 0 ? -EINVAL : 0;
    post_member(p, &target->credit, b->receivable_minor, -b->receivable_minor);
    move_expired(p, target->credit.owner, target->credit.member, -b->expired_minor);
    return 0;
}

static int post_void(const struct body_void *b, const struct ledger_context *context, struct postings *p)
{
    const struct body *target = context->target;
    if (!target || target->kind == RECORD_VOID || target->kind == RECORD_CREDIT_EXPIRED ||
        target->kind != b->target_kind)
        return -EINVAL;
    int rc = post_value(target, context, p);
    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < p->count; i++)
        p->items[i].amount_minor = -p->items[i].amount_minor;
    return shift_gone(b, target, p);
}

int ledger_postings(const struct body *body, const struct ledger_context *context, struct postings *out_postings)
{
    struct postings p = {.count = 0};
    int rc = body->kind == RECORD_VOID ? post_void(&body->voided, context, &p) : post_value(body, context, &p);
    if (rc < 0)
        return rc;
    assert(ledger_balanced(&p));
    *out_postings = p;
    return 0;
}

bool ledger_balanced(const struct postings *postings)
{
    int64_t sums[UNIT_CREDIT + 1] = {0};
    for (uint32_t i = 0; i < postings->count; i++) {
        const struct posting *item = &postings->items[i];
        if (item->unit < UNIT_CNY || item->unit > UNIT_CREDIT)
            return false;
        if (money_add(sums[item->unit], item->amount_minor, &sums[item->unit]) < 0)
            return false;
    }
    return sums[UNIT_CNY] == 0 && sums[UNIT_CREDIT] == 0;
}
