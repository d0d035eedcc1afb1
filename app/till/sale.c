#include "books.h"

#include "domain/ledger.h"
#include "domain/money.h"

#include <string.h>

/* By its end, or the next one of the share when that has as many as a record can name. */
static int place_earn(struct books *b, struct body_credit *credit)
{
    struct credit_rows rows;
    int64_t ends_s = credit_ends_s(expire_not_before_ms(b), b->settings.credit_term_days);
    int r = ends_s != 0 ? share_parts(b->db, credit->member, credit->owner, &rows) : 0;

    if (r == 0 && ends_s != 0)
        credit->ends_s = credit_parts_place(&rows.parts, ends_s);
    return r;
}

/* What was paid earns credit at the store's rate; an open receivable is set off first. */
static int append_earn(struct books *b, const struct sale_act *act, uint64_t group, struct sale_result *result)
{
    struct body body = {.kind = RECORD_CREDIT_EARN};
    struct body_credit *credit = &body.credit;
    char account[ACCOUNT_MAX];
    int64_t amount_minor, receivable_minor;
    uint64_t seq;
    int r;

    if (act->member == 0 || b->settings.earn_permille == 0 || b->settings.credit_owner.scope == 0)
        return 0;
    r = money_permille(result->paid_minor, b->settings.earn_permille, &amount_minor);
    if (r < 0 || amount_minor == 0)
        return r;
    ledger_account_receivable(b->settings.credit_owner, act->member, account);
    r = balance_get(b->db, account, &receivable_minor);
    if (r < 0)
        return r;
    *credit = (struct body_credit){.group = group,
                                   .member = act->member,
                                   .owner = b->settings.credit_owner,
                                   .amount_minor = amount_minor,
                                   .clerk = act->clerk,
                                   .business_ms = act->business_ms};
    /* The ledger keeps what a member owes as a negative balance. */
    credit->receivable_minor =
        credit_split_earn(amount_minor, receivable_minor < 0 ? -receivable_minor : 0).to_receivable_minor;
    r = place_earn(b, credit);
    if (r == 0)
        r = journal_append(b, &body, &seq);
    if (r == 0)
        result->earned_minor = amount_minor;
    return r;
}

static int append_spend(struct books *b, const struct sale_act *act, uint64_t group)
{
    struct body body = {.kind = RECORD_CREDIT_SPEND};
    struct credit_rows rows = {0};
    uint64_t seq;
    int r = share_parts(b->db, act->member, b->settings.credit_owner, &rows);

    if (r < 0)
        return r;
    body.credit = (struct body_credit){.group = group,
                                       .member = act->member,
                                       .owner = b->settings.credit_owner,
                                       .amount_minor = act->credit_minor,
                                       .clerk = act->clerk,
                                       .auth = act->auth,
                                       .nonce = act->nonce,
                                       .business_ms = act->business_ms};
    credit_rows_fold(&rows);
    credit_parts_take(&rows.parts, act->credit_minor, &body.credit.parts);
    return journal_append(b, &body, &seq);
}

int sale_append(struct books *b, const struct sale_act *act, struct sale_result *out_result)
{
    struct body body = {.kind = RECORD_SALE};
    struct sale_result result = {.group = act->group != 0 ? act->group : b->head.seq + 1};
    uint64_t seq;
    int r;

    result.paid_minor = act->gross_minor - act->discount_minor - act->credit_minor;
    body.sale = (struct body_sale){.group = result.group,
                                   .clerk = act->clerk,
                                   .member = act->member,
                                   .gross_minor = act->gross_minor,
                                   .discount_minor = act->discount_minor,
                                   .credit_minor = act->credit_minor,
                                   .paid_minor = result.paid_minor,
                                   .tender = TENDER_CASH,
                                   .business_ms = act->business_ms,
                                   .via = act->via};
    if (act->request_id != NULL)
        memcpy(body.sale.request_id, act->request_id, BODY_REQUEST_ID_LEN);
    r = journal_append(b, &body, &seq);
    if (r == 0 && act->credit_minor > 0)
        r = append_spend(b, act, result.group);
    if (r == 0 && result.paid_minor > 0)
        r = append_earn(b, act, result.group, &result);
    if (r == 0)
        *out_result = result;
    return r;
}

static int nonce_used(struct db *db, uint64_t nonce, bool *out_used)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(db, "SELECT 1 FROM nonce_used WHERE nonce = ?", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, (int64_t)nonce);
    r = db_stmt_step(stmt);
    if (r >= 0)
        *out_used = r == DB_ROW;
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}

/* One sale with credit: who pays, and by what proof. */
struct spend {
    struct sale_act *act;
    struct credit_spend_facts facts;
};

/* A rotating code of the brand names its member and its nonce; a static card or another member's code proves nothing.
 */
static int collect_code(struct books *b, const struct till_sale *sale, struct spend *spend)
{
    struct member_token token;
    uint64_t member = 0;
    int r;

    if (sale->member_code[0] == '\0' || !b->has_keyset ||
        token_member_open(sale->member_code, &b->keyset, &token) != TOKEN_GOOD)
        return 0;
    r = member_survivor(b->db, token.member, &member);
    if (r < 0)
        return r;
    if (token.kind != MEMBER_CODE_ROTATING || (spend->act->member != 0 && spend->act->member != member))
        return 0;
    spend->act->member = member;
    spend->act->auth = SPEND_BY_CODE;
    spend->act->nonce = token.nonce;
    spend->facts.by_code = true;
    spend->facts.code_fresh = credit_code_fresh(token.issued_s, spend->facts.now);
    return nonce_used(b->db, token.nonce, &spend->facts.code_used);
}

static int collect_pin(struct books *b, const struct till_sale *sale, const struct feed_member *row,
                       struct spend *spend)
{
    struct pin_check check = {PIN_OF_MEMBER, spend->act->member, sale->pin, row->pin_salt, row->pin_hash};
    struct pin_result result;
    int r;

    if (sale->pin[0] == '\0')
        return 0;
    spend->facts.pin_given = true;
    if (!row->has_pin)
        return 0;
    r = pins_check(b, &check, &result);
    if (r < 0)
        return r;
    spend->facts.pin_right = result.verdict == PIN_OK;
    if (spend->facts.pin_right)
        spend->act->auth = SPEND_BY_PIN;
    return 0;
}

static int decide_spend(struct books *b, const struct till_sale *sale, struct spend *spend,
                        enum credit_verdict *out_verdict)
{
    struct feed_member row = {0};
    int r = collect_code(b, sale, spend);

    if (r < 0)
        return r;
    r = member_row(b->db, spend->act->member, &row);
    if (r < 0 && r != -ENOENT)
        return r;
    spend->facts.member_known = r == 0;
    r = expire_spendable(b, spend->act->member, b->settings.credit_owner, &spend->facts.share_minor);
    if (b->role.forked) /* shares were this disk's only as long as there was one */
        spend->facts.share_minor = 0;
    if (r == 0)
        r = collect_pin(b, sale, &row, spend);
    if (r < 0)
        return r;
    /* The share is authority also over a member whose row is gone or was never this store's. */
    spend->facts.member_known |= spend->facts.share_minor > 0;
    *out_verdict = spend->act->member == 0 ? CREDIT_NO_MEMBER : credit_decide_spend(&spend->facts);
    return 0;
}

static int sell(struct books *b, const struct sale_act *act, struct business_time now, struct till_sold *out_sold)
{
    struct sale_result result;
    int64_t balance_minor = 0;
    int r = books_begin(b);

    if (r < 0)
        return r;
    if (act->credit_minor > 0)
        r = expire_share(b, act->member, b->settings.credit_owner, now);
    if (r == 0)
        r = sale_append(b, act, &result);
    if (r == 0 && act->member != 0)
        r = expire_spendable(b, act->member, b->settings.credit_owner, &balance_minor);
    if (r < 0) {
        books_abort(b);
        return r;
    }
    r = books_commit(b);
    if (r < 0)
        return r;
    out_sold->credit_minor = act->credit_minor;
    out_sold->paid_minor = result.paid_minor;
    out_sold->earned_minor = result.earned_minor;
    out_sold->balance_minor = balance_minor;
    out_sold->group = result.group;
    return 0;
}

/* Shares are the primary's, and nothing of them is spent, nor a PIN tried, that could not be answered. */
static int check_place(const struct books *b, const struct till_request *request)
{
    bool spends = request->sale.credit_minor > 0;

    if ((spends || request->via != 0) && !books_is_single(b) && !books_is_primary(b))
        return -EREMOTE;
    return spends && books_needs_peer(b) && !books_peer_live(b) ? -EHOSTDOWN : 0;
}

int sale_run(struct books *b, const struct till_request *request, struct till_sold *out_sold)
{
    const struct till_sale *sale = &request->sale;
    struct business_time now = books_now(b);
    struct sale_act act = {.clerk = request->clerk,
                           .gross_minor = sale->gross_minor,
                           .credit_minor = sale->credit_minor,
                           .business_ms = now.wall_ms,
                           .via = request->via,
                           .request_id = request->request_id};
    struct spend spend = {.act = &act, .facts = {.now = now, .amount_minor = sale->credit_minor}};
    int r = 0;

    out_sold->gross_minor = sale->gross_minor;
    out_sold->business_ms = now.wall_ms;
    r = check_place(b, request);
    if (r == 0)
        r = member_survivor(b->db, sale->member, &act.member);
    if (r < 0)
        return r;
    if (sale->gross_minor <= 0 || sale->credit_minor < 0 || sale->credit_minor > sale->gross_minor)
        out_sold->verdict = CREDIT_BAD_AMOUNT;
    else if (sale->credit_minor > 0)
        r = decide_spend(b, sale, &spend, &out_sold->verdict);
    out_sold->member = act.member;
    if (r < 0 || out_sold->verdict != CREDIT_OK)
        return r;
    /* A PIN is the stronger proof and leaves the code for another time. */
    if (act.auth == SPEND_BY_PIN)
        act.nonce = 0;
    return sell(b, &act, now, out_sold);
}
