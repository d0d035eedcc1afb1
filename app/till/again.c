#include "books.h"

#include <string.h>

/*
 * A request whose answer was lost comes again under the same id, to the terminal that did it or to one that was
 * promoted over a copy of its journal. What was done is said once more, from the records.
 */

static int campaign_words(struct books *b, uint32_t id, struct till_redeemed *out)
{
    struct campaign campaign;
    int r = coupon_campaign(b->db, id, &campaign);

    if (r == -ENOENT)
        return 0;
    if (r < 0)
        return r;
    memcpy(out->campaign_zh, campaign.name_zh, sizeof(out->campaign_zh));
    memcpy(out->campaign_en, campaign.name_en, sizeof(out->campaign_en));
    memcpy(out->gift_zh, campaign.gift_zh, sizeof(out->gift_zh));
    memcpy(out->gift_en, campaign.gift_en, sizeof(out->gift_en));
    out->discount = campaign.discount;
    out->min_spend_minor = campaign.min_spend_minor;
    return 0;
}

static int say_redeemed(struct books *b, uint64_t group, const struct act *act, struct till_redeemed *out)
{
    const struct body_redemption *redemption = &act_find(act, RECORD_REDEMPTION)->redemption;
    const struct body *sale = act_find(act, RECORD_SALE), *earn = act_find(act, RECORD_CREDIT_EARN);
    struct feed_coupon row;
    int r = campaign_words(b, redemption->coupon.campaign, out);

    if (r < 0)
        return r;
    out->verdict = COUPON_OK;
    out->coupon = redemption->coupon;
    out->discount_minor = redemption->discount_minor;
    out->sale_minor = redemption->sale_minor;
    out->member = redemption->member;
    out->offline = redemption->offline;
    out->business_ms = redemption->business_ms;
    out->group = group;
    out->paid_minor = sale != NULL ? sale->sale.paid_minor : 0;
    out->earned_minor = earn != NULL ? earn->credit.amount_minor : 0;
    r = coupon_row(b->db, redemption->coupon, &row);
    if (r == 0) {
        out->valid_from_s = row.valid_from_s;
        out->expiry_s = row.expiry_s;
        out->home_store = row.home_store;
    }
    if (r < 0 && r != -ENOENT)
        return r;
    return out->member != 0 ? expire_spendable(b, out->member, b->settings.credit_owner, &out->balance_minor) : 0;
}

static int say_sold(struct books *b, uint64_t group, const struct act *act, struct till_sold *out)
{
    const struct body_sale *sale = &act_find(act, RECORD_SALE)->sale;
    const struct body *earn = act_find(act, RECORD_CREDIT_EARN);

    out->verdict = CREDIT_OK;
    out->member = sale->member;
    out->gross_minor = sale->gross_minor;
    out->credit_minor = sale->credit_minor;
    out->paid_minor = sale->paid_minor;
    out->earned_minor = earn != NULL ? earn->credit.amount_minor : 0;
    out->group = group;
    out->business_ms = sale->business_ms;
    return out->member != 0 ? expire_spendable(b, out->member, b->settings.credit_owner, &out->balance_minor) : 0;
}

static int say_voided(struct books *b, const struct body_void *voided, struct till_voided *out)
{
    struct db_stmt *stmt;
    struct act act;
    uint32_t era = 0;
    int r = db_stmt_open(b->db, "SELECT era FROM era WHERE terminal = ? AND incarnation = ?", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, voided->target.terminal);
    db_bind_int64(stmt, 2, voided->target.incarnation);
    r = db_stmt_step(stmt);
    if (r == DB_ROW)
        era = (uint32_t)db_column_int64(stmt, 0);
    db_stmt_close(stmt);
    out->verdict = VOID_OK;
    out->group = voided->group;
    if (r >= 0 && era != 0)
        r = act_load(b, journal_id(era, voided->group), &act);
    if (r == 0 && era != 0)
        voiding_describe(&act, out);
    return r == -ENOENT ? 0 : r;
}

/* A former primary's journal may be where it stands: 0 = this terminal's. */
static int author(struct books *b, int64_t record, uint32_t *out_terminal)
{
    struct db_stmt *stmt;
    int r;

    if (journal_era(record) == b->era)
        return 0;
    r = db_stmt_open(b->db, "SELECT terminal FROM era WHERE era = ?", &stmt);
    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, journal_era(record));
    r = db_stmt_step(stmt);
    if (r == DB_ROW)
        *out_terminal = (uint32_t)db_column_int64(stmt, 0);
    db_stmt_close(stmt);
    return r < 0 ? r : r == DB_ROW ? 0 : -EUCLEAN;
}

static int say(struct books *b, int64_t record, struct till_answer *answer)
{
    struct body body;
    struct act act = {0};
    int r = journal_read_body(b->db, record, &body);

    if (r == 0 && body.kind != RECORD_VOID)
        r = act_load(b, record, &act);
    if (r < 0)
        return r == -ENOENT ? -EUCLEAN : r;
    switch (body.kind) {
    case RECORD_REDEMPTION:
        return answer->op == TILL_REDEEM ? say_redeemed(b, journal_seq(record), &act, &answer->redeemed) : -EINVAL;
    case RECORD_SALE:
        return answer->op == TILL_SALE ? say_sold(b, journal_seq(record), &act, &answer->sold) : -EINVAL;
    case RECORD_VOID:
        return answer->op == TILL_VOID ? say_voided(b, &body.voided, &answer->voided) : -EINVAL;
    default:
        return -EUCLEAN;
    }
}

static bool may_repeat(const struct till_request *request)
{
    static const uint8_t none[BODY_REQUEST_ID_LEN];

    return (request->op == TILL_REDEEM || request->op == TILL_SALE || request->op == TILL_VOID) &&
           memcmp(request->request_id, none, sizeof(none)) != 0;
}

int again_answer(struct books *b, const struct till_request *request, struct till_answer *out_answer,
                 int64_t *out_record)
{
    struct till_answer answer = {.op = request->op, .ticket = request->ticket};
    int64_t record;
    int r = may_repeat(request) && (books_is_single(b) || books_is_primary(b))
                ? request_find(b->db, request->request_id, &record)
                : -ENOENT;

    if (r == 0)
        r = say(b, record, &answer);
    if (r == 0)
        r = author(b, record, &answer.by);
    if (r < 0)
        return r;
    *out_answer = answer;
    *out_record = record;
    return 0;
}
