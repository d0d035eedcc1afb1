#include "projection.h"

#include <assert.h>
#include <string.h>

int projection_run(struct db *db, const char *sql, const int64_t *values, int count)
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

int projection_find(struct db *db, const char *sql, int64_t key, int64_t *out_value, bool *out_found)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(db, sql, &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, key);
    r = db_stmt_step(stmt);
    if (r >= 0) {
        *out_found = r == DB_ROW;
        *out_value = r == DB_ROW ? db_column_int64(stmt, 0) : 0;
    }
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}

static int name_of(struct projection *p, uint32_t era, int64_t *out_terminal, int64_t *out_incarnation)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(p->source, "SELECT terminal, incarnation FROM era WHERE era = ?", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, era);
    r = db_stmt_step(stmt);
    if (r >= 0) {
        *out_terminal = r == DB_ROW ? db_column_int64(stmt, 0) : 0;
        *out_incarnation = r == DB_ROW ? db_column_int64(stmt, 1) : 0;
    }
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}

/* Eras are numbered as they came, which differs between terminals: names decide. */
int projection_precedes(struct projection *p, int64_t a, int64_t b, bool *out_precedes)
{
    int64_t a_terminal, a_incarnation, b_terminal, b_incarnation;
    int r;

    if (journal_era(a) == journal_era(b)) {
        *out_precedes = a < b;
        return 0;
    }
    r = name_of(p, journal_era(a), &a_terminal, &a_incarnation);
    if (r == 0)
        r = name_of(p, journal_era(b), &b_terminal, &b_incarnation);
    if (r == 0)
        *out_precedes = a_terminal < b_terminal || (a_terminal == b_terminal && a_incarnation < b_incarnation);
    return r;
}

static int post(struct projection *p, const struct posting *posting, int sign)
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
    db_bind_int64(stmt, 3, sign * posting->amount_minor);
    r = db_stmt_run(stmt);
    db_stmt_close(stmt);
    return r;
}

/* A peer's record stands whatever it says; what contradicts itself moves nothing here. */
int projection_post(struct projection *p, const struct body *body, const struct ledger_context *context, int sign)
{
    struct postings postings;
    int r = ledger_postings(body, context, &postings);

    if (r < 0)
        return p->copy ? 0 : r;
    assert(ledger_balanced(&postings));
    for (uint32_t i = 0; i < postings.count && r == 0; i++)
        r = post(p, &postings.items[i], sign);
    return r;
}

static int post_plain(struct projection *p, const struct body *body, uint32_t campaign)
{
    return projection_post(p, body, &(struct ledger_context){.store = p->store, .campaign = campaign}, 1);
}

/* An own act never takes more than is there. Copies may, until those that brought it have come. */
int projection_share_add(struct projection *p, uint64_t member, struct owner owner, int64_t amount_minor)
{
    int64_t left_minor;
    int r;

    if (amount_minor == 0)
        return 0;
    r = RUN(p->db,
            "INSERT INTO share(member, scope, owner, amount_minor) VALUES(?, ?, ?, ?) ON CONFLICT(member, scope,"
            " owner) DO UPDATE SET amount_minor = amount_minor + excluded.amount_minor",
            (int64_t)member, owner.scope, owner.id, amount_minor);
    if (r < 0 || amount_minor > 0 || !p->guard)
        return r;
    r = share_get(p->db, member, owner, &left_minor);
    return r == 0 && left_minor < 0 ? -EINVAL : r;
}

/* What a peer says of parts that contradict themselves moves none. */
int projection_parts_move(struct projection *p, const struct part_move *move, const struct credit_parts *parts)
{
    int r = 0;

    if (!credit_parts_sane(parts, INT64_MAX))
        return p->copy ? 0 : -EINVAL;
    for (uint32_t i = 0; i < parts->count && r == 0; i++)
        r = RUN(p->db,
                "INSERT INTO share_part(member, scope, owner, ends_s, amount_minor, gone_minor, expired_minor)"
                " VALUES(?, ?, ?, ?, ?, ?, ?) ON CONFLICT(member, scope, owner, ends_s) DO UPDATE SET"
                " amount_minor = amount_minor + excluded.amount_minor, gone_minor = gone_minor + excluded.gone_minor,"
                " expired_minor = expired_minor + excluded.expired_minor",
                (int64_t)move->member, move->owner.scope, move->owner.id, parts->items[i].ends_s,
                move->sign * parts->items[i].amount_minor, move->gone * parts->items[i].amount_minor,
                move->expired * parts->items[i].amount_minor);
    return r;
}

int projection_member_use_add(struct projection *p, const struct body_redemption *redemption, int64_t uses)
{
    if (redemption->member == 0)
        return 0;
    return RUN(p->db,
               "INSERT INTO member_use(campaign, member, uses) VALUES(?, ?, ?)"
               " ON CONFLICT(campaign, member) DO UPDATE SET uses = uses + excluded.uses",
               redemption->coupon.campaign, (int64_t)redemption->member, uses);
}

int projection_group_campaign(struct projection *p, int64_t id, uint64_t group, uint32_t *out_campaign)
{
    struct body first;
    int r =
        group > journal_seq(id) ? -ENOENT : journal_read_body(p->source, journal_id(journal_era(id), group), &first);

    if (r == 0)
        *out_campaign = first.kind == RECORD_REDEMPTION ? first.redemption.coupon.campaign : 0;
    else if (r == -ENOENT || r == -ENOTSUP || (r == -EBADMSG && p->copy))
        *out_campaign = 0;
    else
        return r;
    return 0;
}

/* Which record did what was asked under this id. */
static int note_request(struct projection *p, const uint8_t request_id[BODY_REQUEST_ID_LEN], int64_t id)
{
    static const uint8_t none[BODY_REQUEST_ID_LEN];
    struct db_stmt *stmt;
    int64_t known = 0;
    bool first = true;
    int r;

    if (memcmp(request_id, none, sizeof(none)) == 0)
        return 0;
    r = request_find(p->db, request_id, &known);
    if (r == 0)
        r = projection_precedes(p, id, known, &first);
    else if (r == -ENOENT)
        r = 0;
    if (r < 0 || !first)
        return r;
    r = db_stmt_open(p->db, "INSERT OR REPLACE INTO request_done(request_id, record) VALUES(?, ?)", &stmt);
    if (r < 0)
        return r;
    db_bind_blob(stmt, 1, request_id, BODY_REQUEST_ID_LEN);
    db_bind_int64(stmt, 2, id);
    r = db_stmt_run(stmt);
    db_stmt_close(stmt);
    return r;
}

/* Another journal has the same use of the coupon: one of them was made without the right, or by a primary that was
 * alone. Central settles it; here the row is the same on every terminal. */
static int take_use_over(struct projection *p, int64_t id, const struct body_redemption *redemption, bool voided)
{
    struct db_stmt *stmt;
    int64_t known = 0;
    bool first = false;
    int r =
        db_stmt_open(p->db, "SELECT record FROM redemption WHERE campaign = ? AND serial = ? AND use_no = ?", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, redemption->coupon.campaign);
    db_bind_int64(stmt, 2, (int64_t)redemption->coupon.serial);
    db_bind_int64(stmt, 3, redemption->use_no);
    r = db_stmt_step(stmt);
    if (r == DB_ROW)
        known = db_column_int64(stmt, 0);
    db_stmt_close(stmt);
    if (r >= 0)
        r = projection_precedes(p, id, known, &first);
    if (r < 0 || !first)
        return r;
    return RUN(p->db,
               "UPDATE redemption SET epoch = ?4, record = ?5, member = ?6, discount_minor = ?7, business_ms = ?8,"
               " by_budget = ?9, voided = ?10 WHERE campaign = ?1 AND serial = ?2 AND use_no = ?3",
               redemption->coupon.campaign, (int64_t)redemption->coupon.serial, redemption->use_no, redemption->epoch,
               id, (int64_t)redemption->member, redemption->discount_minor, redemption->business_ms,
               redemption->mode == MODE_BUDGET, voided);
}

static int insert_use(struct projection *p, int64_t id, const struct body_redemption *redemption)
{
    int64_t by;
    bool voided = false;
    int r = 0;

    if (!p->guard) /* in a rebuild its void may have been seen before */
        r = projection_find(p->db, "SELECT void FROM record_voided WHERE record = ?", id, &by, &voided);
    if (r < 0)
        return r;
    r = RUN(p->db,
            "INSERT INTO redemption(campaign, serial, use_no, epoch, record, member, discount_minor, business_ms,"
            " by_budget, voided) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            redemption->coupon.campaign, (int64_t)redemption->coupon.serial, redemption->use_no, redemption->epoch, id,
            (int64_t)redemption->member, redemption->discount_minor, redemption->business_ms,
            redemption->mode == MODE_BUDGET, voided);
    if (r == 0 && !voided)
        r = public_mark(p->db, redemption->coupon, true);
    return r == -EEXIST && !p->guard ? take_use_over(p, id, redemption, voided) : r;
}

/* A peer's budget is the peer's to count. */
static int note_budget_use(struct projection *p, int64_t id, const struct body_redemption *redemption)
{
    if (p->copy || redemption->mode != MODE_BUDGET)
        return 0;
    return RUN(p->db, "INSERT INTO budget_use(campaign, record, discount_minor) VALUES(?, ?, ?)",
               redemption->coupon.campaign, id, redemption->discount_minor);
}

static int apply_redemption(struct projection *p, int64_t id, const struct body *body)
{
    const struct body_redemption *redemption = &body->redemption;
    int r = insert_use(p, id, redemption);

    p->group_id = id;
    p->group_campaign = redemption->coupon.campaign;
    if (r == 0)
        r = note_budget_use(p, id, redemption);
    if (r == 0)
        r = projection_member_use_add(p, redemption, 1);
    if (r == 0)
        r = note_request(p, redemption->request_id, id);
    return r < 0 ? r : post_plain(p, body, redemption->coupon.campaign);
}

static int apply_sale(struct projection *p, int64_t id, const struct body *body)
{
    int64_t group_id = journal_id(journal_era(id), body->sale.group);
    uint32_t campaign = 0;
    int r = 0;

    if (p->group_id == group_id)
        campaign = p->group_campaign;
    else if (group_id != id)
        r = projection_group_campaign(p, id, body->sale.group, &campaign);
    if (r == 0)
        r = note_request(p, body->sale.request_id, id);
    return r < 0 ? r : post_plain(p, body, campaign);
}

static int apply_earn(struct projection *p, const struct body *body)
{
    const struct body_credit *credit = &body->credit;
    int64_t to_share_minor = credit->amount_minor - credit->receivable_minor;
    struct credit_parts own = {1, {{credit->ends_s, to_share_minor}}};
    int r = projection_share_add(p, credit->member, credit->owner, to_share_minor);

    if (r == 0 && credit->ends_s != 0 && to_share_minor > 0)
        r = projection_parts_move(p, &(struct part_move){credit->member, credit->owner, 1, 0, 0}, &own);
    return r < 0 ? r : post_plain(p, body, 0);
}

static int apply_spend(struct projection *p, const struct body *body)
{
    const struct body_credit *credit = &body->credit;
    int r = projection_share_add(p, credit->member, credit->owner, -credit->amount_minor);

    if (r == 0)
        r = projection_parts_move(p, &(struct part_move){credit->member, credit->owner, -1, 0, 0}, &credit->parts);
    if (r == 0 && credit->auth == SPEND_BY_CODE) {
        r = RUN(p->db, "INSERT INTO nonce_used(nonce) VALUES(?)", (int64_t)credit->nonce);
        if (r == -EEXIST && !p->guard)
            r = 0;
    }
    return r < 0 ? r : post_plain(p, body, 0);
}

static int apply_expired(struct projection *p, const struct body *body)
{
    const struct body_expired *expired = &body->expired;
    struct postings postings;
    int r = ledger_postings(body, &(struct ledger_context){.store = p->store}, &postings);

    if (r < 0) /* what contradicts itself lets nothing expire */
        return p->copy ? 0 : r;
    r = projection_share_add(p, expired->member, expired->owner, -expired->amount_minor);
    if (r == 0)
        r = projection_parts_move(p, &(struct part_move){expired->member, expired->owner, -1, 1, 1}, &expired->parts);
    return r < 0 ? r : post_plain(p, body, 0);
}

/* Epochs only rise; of one epoch the release comes after the grant. */
static int apply_right(struct projection *p, const struct body *body)
{
    const struct body_right *right = &body->right;
    int r;

    r = RUN(p->db,
            "INSERT INTO held_right(campaign, serial, epoch, use_no, state, store_epoch, lease_until_s)"
            " VALUES(?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT(campaign, serial) DO UPDATE SET epoch = excluded.epoch, use_no = excluded.use_no,"
            " state = excluded.state, store_epoch = excluded.store_epoch, lease_until_s = excluded.lease_until_s"
            " WHERE (excluded.epoch, excluded.state, excluded.use_no, excluded.store_epoch, excluded.lease_until_s)"
            " > (epoch, state, use_no, store_epoch, lease_until_s)",
            right->coupon.campaign, (int64_t)right->coupon.serial, right->epoch, right->use_no,
            body->kind == RECORD_RIGHT_GRANTED ? HELD_HERE : HELD_RELEASED, right->store_epoch, right->lease_until_s);
    return r < 0 ? r : public_note_right(p->db, right->coupon);
}

/* sign: 1 applies the record, -1 takes it back. */
static int move_parts(struct projection *p, const struct body *body, int sign)
{
    const struct body_share *share = &body->share;
    int to_share = body->kind == RECORD_SHARE_GRANTED ? sign : -sign;

    return projection_parts_move(p, &(struct part_move){share->member, share->owner, to_share, -to_share, 0},
                                 &share->parts);
}

static int move_parts_over(struct projection *p, const struct body *body, int64_t known)
{
    struct body counted;
    int r = journal_read_body(p->source, known, &counted);

    if (r == 0)
        r = move_parts(p, &counted, -1);
    return r < 0 ? r : move_parts(p, body, 1);
}

/* The same transfer in two journals: a promoted terminal took up what the old primary had done. It counts once, as the
 * record that leaves the store less, because central may have passed that credit on; of two alike the first. */
static int take_transfer_over(struct projection *p, int64_t id, const struct body *body, int64_t sign)
{
    const struct body_share *share = &body->share;
    struct db_stmt *stmt;
    int64_t known = 0, counted_minor = 0;
    bool first = false;
    int r =
        db_stmt_open(p->db, "SELECT record, amount_minor FROM share_transfer WHERE kind = ? AND transfer = ?", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, body->kind);
    db_bind_int64(stmt, 2, (int64_t)share->transfer);
    r = db_stmt_step(stmt);
    if (r == DB_ROW) {
        known = db_column_int64(stmt, 0);
        counted_minor = db_column_int64(stmt, 1);
    }
    db_stmt_close(stmt);
    if (r >= 0 && share->amount_minor == counted_minor)
        r = projection_precedes(p, id, known, &first);
    else if (r >= 0)
        first = sign * share->amount_minor < sign * counted_minor;
    if (r < 0 || !first)
        return r < 0 ? r : 0;
    r = RUN(p->db, "UPDATE share_transfer SET record = ?3, amount_minor = ?4 WHERE kind = ?1 AND transfer = ?2",
            body->kind, (int64_t)share->transfer, id, share->amount_minor);
    if (r == 0)
        r = move_parts_over(p, body, known);
    return r < 0 ? r
                 : projection_share_add(p, share->member, share->owner, sign * (share->amount_minor - counted_minor));
}

static int apply_share(struct projection *p, int64_t id, const struct body *body)
{
    const struct body_share *share = &body->share;
    int64_t sign = body->kind == RECORD_SHARE_GRANTED ? 1 : -1;
    int r = RUN(p->db, "INSERT INTO share_transfer(kind, transfer, record, amount_minor) VALUES(?, ?, ?, ?)",
                body->kind, (int64_t)share->transfer, id, share->amount_minor);

    if (r == -EEXIST && !p->guard)
        return take_transfer_over(p, id, body, sign);
    if (r == 0)
        r = move_parts(p, body, 1);
    return r < 0 ? r : projection_share_add(p, share->member, share->owner, sign * share->amount_minor);
}

static int apply_promotion(struct projection *p, int64_t id, const struct body *body)
{
    const struct body_promotion *promotion = &body->promotion;
    int64_t terminal = 0, incarnation = 0;
    int r = name_of(p, journal_era(id), &terminal, &incarnation);

    return r < 0 ? r
                 : RUN(p->db,
                       "INSERT INTO promotion(record, store_epoch, terminal, old_terminal, old_incarnation,"
                       " copy_through, complete, behind) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
                       id, promotion->store_epoch, terminal, promotion->old_terminal, promotion->old_incarnation,
                       (int64_t)promotion->copy_through, promotion->copy_complete, promotion->may_be_behind);
}

/* A new incarnation of this terminal holds nothing until central says so. What was redeemed stays known. */
static int apply_incarnation(struct projection *p)
{
    return p->copy ? 0 : db_exec(p->db, "DELETE FROM held_right; DELETE FROM share; DELETE FROM share_part");
}

static int apply(struct projection *p, int64_t id, const struct body *body)
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
    case RECORD_CREDIT_EXPIRED:
        return apply_expired(p, body);
    case RECORD_VOID: {
        int r = note_request(p, body->voided.request_id, id);
        return r < 0 ? r : projection_void(p, id, body);
    }
    case RECORD_RIGHT_GRANTED:
    case RECORD_RIGHT_RELEASED:
        return apply_right(p, body);
    case RECORD_SHARE_GRANTED:
    case RECORD_SHARE_RELEASED:
        return apply_share(p, id, body);
    case RECORD_INCARNATION:
        return apply_incarnation(p);
    case RECORD_PROMOTION:
        return apply_promotion(p, id, body);
    default:
        return 0;
    }
}

/* What a void may mean. */
static bool may_wait_for(uint16_t kind)
{
    return kind == RECORD_REDEMPTION || kind == RECORD_SALE || kind == RECORD_CREDIT_EARN ||
           kind == RECORD_CREDIT_SPEND;
}

/* An own act of another history's number: that void was not meant, and counts all the same, as after a rebuild. */
static int meet_waiting(struct projection *p, int64_t id, uint16_t kind)
{
    bool guard = p->guard;
    int r;

    p->guard = false;
    r = projection_void_waiting(p, id, kind);
    p->guard = guard;
    return r;
}

int projection_apply(struct projection *p, int64_t id, const struct body *body)
{
    int r = apply(p, id, body);

    return r == 0 && (p->copy || p->guard) && may_wait_for(body->kind) ? meet_waiting(p, id, body->kind) : r;
}

int request_find(struct db *db, const uint8_t request_id[BODY_REQUEST_ID_LEN], int64_t *out_record)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(db, "SELECT record FROM request_done WHERE request_id = ?", &stmt);

    if (r < 0)
        return r;
    db_bind_blob(stmt, 1, request_id, BODY_REQUEST_ID_LEN);
    r = db_stmt_step(stmt);
    if (r == DB_ROW)
        *out_record = db_column_int64(stmt, 0);
    db_stmt_close(stmt);
    return r < 0 ? r : r == DB_ROW ? 0 : -ENOENT;
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
