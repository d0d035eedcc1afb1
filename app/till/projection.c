#include "books.h"

#include "domain/ledger.h"

#include <assert.h>

/* Up to six integers bound in order; every projection's writes are of this shape. */
static int run(struct db *db, const char *sql, const int64_t *values, int count)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(db, sql, &stmt);

    if (r < 0)
        return r;
    for (int i = 0; i < count; i++)
        db_bind_int64(stmt, i + 1, values[i]);
    r = db_stmt_run(stmt);
    db_stmt_close(stmt);
    return r;
}

#define RUN(db, sql, ...)                                                                                              \
    run(db, sql, (const int64_t[]){__VA_ARGS__}, (int)(sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t)))

static int post(struct projection *p, const struct posting *posting)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(p->db,
                         "INSERT INTO balance(account, unit, amount_minor) VALUES(?, ?, ?) ON CONFLICT(account, unit)"
                         " DO UPDATE SET amount_minor = amount_minor + excluded.amount_minor",
                         &stmt);

    if (r < 0)
        return r;
    db_bind_text(stmt, 1, posting->account);
    db_bind_int64(stmt, 2, posting->unit);
    db_bind_int64(stmt, 3, posting->amount_minor);
    r = db_stmt_run(stmt);
    db_stmt_close(stmt);
    return r;
}

static int post_all(struct projection *p, const struct body *body, uint32_t campaign, const struct body *target)
{
    const struct ledger_context context = {.store = p->store, .campaign = campaign, .target = target};
    struct postings postings;
    int r = ledger_postings(body, &context, &postings);

    if (r < 0)
        return r;
    assert(ledger_balanced(&postings));
    for (uint32_t i = 0; i < postings.count && r == 0; i++)
        r = post(p, &postings.items[i]);
    return r;
}

static int share_add(struct projection *p, uint64_t member, struct owner owner, int64_t amount_minor)
{
    if (amount_minor == 0)
        return 0;
    if (amount_minor > 0)
        return RUN(p->db,
                   "INSERT INTO share(member, scope, owner, amount_minor) VALUES(?, ?, ?, ?) ON CONFLICT(member, scope,"
                   " owner) DO UPDATE SET amount_minor = amount_minor + excluded.amount_minor",
                   (int64_t)member, owner.scope, owner.id, amount_minor);
    return RUN(p->db,
               "UPDATE share SET amount_minor = amount_minor + ?4 WHERE member = ?1 AND scope = ?2 AND owner = ?3",
               (int64_t)member, owner.scope, owner.id, amount_minor);
}

static int member_use_add(struct projection *p, const struct body_redemption *redemption, int64_t uses)
{
    if (redemption->member == 0)
        return 0;
    return RUN(p->db,
               "INSERT INTO member_use(campaign, member, uses) VALUES(?, ?, ?)"
               " ON CONFLICT(campaign, member) DO UPDATE SET uses = uses + excluded.uses",
               redemption->coupon.campaign, (int64_t)redemption->member, uses);
}

static int apply_redemption(struct projection *p, int64_t id, const struct body *body)
{
    const struct body_redemption *redemption = &body->redemption;
    int r = RUN(p->db,
                "INSERT INTO redemption(campaign, serial, use_no, epoch, record, member, discount_minor, business_ms,"
                " by_budget, voided) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, 0)",
                redemption->coupon.campaign, (int64_t)redemption->coupon.serial, redemption->use_no, redemption->epoch,
                id, (int64_t)redemption->member, redemption->discount_minor, redemption->business_ms,
                redemption->mode == MODE_BUDGET);

    p->group_id = id;
    p->group_campaign = redemption->coupon.campaign;
    if (r == 0)
        r = member_use_add(p, redemption, 1);
    return r < 0 ? r : post_all(p, body, redemption->coupon.campaign, NULL);
}

static int apply_sale(struct projection *p, int64_t id, const struct body *body)
{
    bool follows = p->group_id == journal_id(journal_era(id), body->sale.group);

    return post_all(p, body, follows ? p->group_campaign : 0, NULL);
}

static int apply_earn(struct projection *p, const struct body *body)
{
    const struct body_credit *credit = &body->credit;
    int r = share_add(p, credit->member, credit->owner, credit->amount_minor - credit->receivable_minor);

    return r < 0 ? r : post_all(p, body, 0, NULL);
}

static int apply_spend(struct projection *p, const struct body *body)
{
    const struct body_credit *credit = &body->credit;
    int r = share_add(p, credit->member, credit->owner, -credit->amount_minor);

    if (r == 0 && credit->auth == SPEND_BY_CODE)
        r = RUN(p->db, "INSERT INTO nonce_used(nonce) VALUES(?)", (int64_t)credit->nonce);
    return r < 0 ? r : post_all(p, body, 0, NULL);
}

/* A voided sale posts its discount back where it came from: the campaign of the redemption that began its group. */
static int group_campaign(struct projection *p, int64_t group_id, uint32_t *out_campaign)
{
    struct body first;
    int r = journal_read_body(p->source, group_id, &first);

    if (r == 0)
        *out_campaign = first.kind == RECORD_REDEMPTION ? first.redemption.coupon.campaign : 0;
    return r;
}

static int undo(struct projection *p, const struct body_void *voided, const struct body *target)
{
    const struct body_redemption *redemption = &target->redemption;
    const struct body_credit *credit = &target->credit;
    int r;

    switch (target->kind) {
    case RECORD_REDEMPTION:
        r = RUN(p->db, "UPDATE redemption SET voided = 1 WHERE campaign = ? AND serial = ? AND use_no = ?",
                redemption->coupon.campaign, (int64_t)redemption->coupon.serial, redemption->use_no);
        return r < 0 ? r : member_use_add(p, redemption, -1);
    case RECORD_CREDIT_EARN:
        return share_add(p, credit->member, credit->owner,
                         -(credit->amount_minor - credit->receivable_minor - voided->receivable_minor));
    case RECORD_CREDIT_SPEND:
        return share_add(p, credit->member, credit->owner, credit->amount_minor);
    default:
        return 0;
    }
}

static int apply_void(struct projection *p, int64_t id, const struct body *body)
{
    uint32_t era = journal_era(id), campaign = 0;
    struct body target;
    int r = journal_read_body(p->source, journal_id(era, body->voided.target.seq), &target);

    if (r < 0)
        return r;
    r = undo(p, &body->voided, &target);
    if (r == 0)
        r = group_campaign(p, journal_id(era, body->voided.group), &campaign);
    if (r == 0)
        r = RUN(p->db, "INSERT OR IGNORE INTO voided(record) VALUES(?)", journal_id(era, body->voided.group));
    return r < 0 ? r : post_all(p, body, campaign, &target);
}

static int apply_right(struct projection *p, const struct body *body)
{
    const struct body_right *right = &body->right;

    return RUN(p->db,
               "INSERT INTO held_right(campaign, serial, epoch, use_no, state) VALUES(?, ?, ?, ?, ?)"
               " ON CONFLICT(campaign, serial) DO UPDATE SET epoch = excluded.epoch, use_no = excluded.use_no,"
               " state = excluded.state",
               right->coupon.campaign, (int64_t)right->coupon.serial, right->epoch, right->use_no,
               body->kind == RECORD_RIGHT_GRANTED ? HELD_HERE : HELD_RELEASED);
}

static int apply_share(struct projection *p, const struct body *body)
{
    const struct body_share *share = &body->share;
    int64_t sign = body->kind == RECORD_SHARE_GRANTED ? 1 : -1;
    int r = RUN(p->db, "INSERT INTO share_transfer(kind, transfer) VALUES(?, ?)", body->kind, (int64_t)share->transfer);

    return r < 0 ? r : share_add(p, share->member, share->owner, sign * share->amount_minor);
}

/* A new incarnation holds nothing until central says so. What was redeemed stays known. */
static int apply_incarnation(struct projection *p)
{
    return db_exec(p->db, "DELETE FROM held_right; DELETE FROM share");
}

int projection_apply(struct projection *p, int64_t id, const struct body *body)
{
    switch (body->kind) {
    case RECORD_REDEMPTION:
        return apply_redemption(p, id, body);
    case RECORD_SALE:
        return apply_sale(p, id, body);
    case RECORD_CREDIT_EARN:
        return apply_earn(p, body);
    case RECORD_CREDIT_SPEND:
        return apply_spend(p, body);
    case RECORD_VOID:
        return apply_void(p, id, body);
    case RECORD_RIGHT_GRANTED:
    case RECORD_RIGHT_RELEASED:
        return apply_right(p, body);
    case RECORD_SHARE_GRANTED:
    case RECORD_SHARE_RELEASED:
        return apply_share(p, body);
    case RECORD_INCARNATION:
        return apply_incarnation(p);
    default:
        return 0;
    }
}

int balance_get(struct db *db, const char *account, int64_t *out_amount_minor)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(db, "SELECT amount_minor FROM balance WHERE account = ? AND unit = 2", &stmt);

    if (r < 0)
        return r;
    db_bind_text(stmt, 1, account);
    r = db_stmt_step(stmt);
    if (r >= 0) {
        *out_amount_minor = r == DB_ROW ? db_column_int64(stmt, 0) : 0;
        r = 0;
    }
    db_stmt_close(stmt);
    return r;
}

int share_get(struct db *db, uint64_t member, struct owner owner, int64_t *out_amount_minor)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(db, "SELECT amount_minor FROM share WHERE member = ? AND scope = ? AND owner = ?", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, (int64_t)member);
    db_bind_int64(stmt, 2, owner.scope);
    db_bind_int64(stmt, 3, owner.id);
    r = db_stmt_step(stmt);
    if (r >= 0) {
        *out_amount_minor = r == DB_ROW ? db_column_int64(stmt, 0) : 0;
        r = 0;
    }
    db_stmt_close(stmt);
    return r;
}
