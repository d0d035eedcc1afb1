#include "projection.h"

/* What of the earn expired was no longer the share's. */
static int undo_earn(struct projection *p, const struct body_void *voided, const struct body_credit *earn, int sign)
{
    int64_t taken_minor =
        earn->amount_minor - earn->receivable_minor - voided->receivable_minor - voided->expired_minor;
    struct credit_parts expired = {1, {{earn->ends_s, voided->expired_minor}}};
    int r = projection_share_add(p, earn->member, earn->owner, -sign * taken_minor);

    if (r == 0)
        r = projection_parts_move(p, &(struct part_move){earn->member, earn->owner, -sign, 0, 0}, &voided->parts);
    if (r == 0 && voided->expired_minor != 0)
        r = projection_parts_move(p, &(struct part_move){earn->member, earn->owner, 0, -sign, 0}, &expired);
    return r;
}

static int undo_spend(struct projection *p, const struct body_void *voided, const struct body_credit *spend, int sign)
{
    int r = projection_share_add(p, spend->member, spend->owner, sign * spend->amount_minor);

    return r < 0
               ? r
               : projection_parts_move(p, &(struct part_move){spend->member, spend->owner, sign, 0, 0}, &voided->parts);
}

/* What a void moves besides the ledger. sign: 1 undoes its target, -1 does it again. */
static int undo(struct projection *p, const struct body_void *voided, const struct body *target, int sign)
{
    switch (target->kind) {
    case RECORD_REDEMPTION:
        return projection_member_use_add(p, &target->redemption, -sign);
    case RECORD_CREDIT_EARN:
        return undo_earn(p, voided, &target->credit, sign);
    case RECORD_CREDIT_SPEND:
        return undo_spend(p, voided, &target->credit, sign);
    default:
        return 0;
    }
}

/* A copy may hold what this version cannot read: it stands, and moves nothing here. */
static int read_target(struct projection *p, int64_t id, struct body *out_body)
{
    int r = journal_read_body(p->source, id, out_body);

    if ((r == -ENOTSUP || r == -EBADMSG) && !p->guard) {
        *out_body = (struct body){.kind = 0};
        r = 0;
    }
    return r;
}

static int move(struct projection *p, const struct body *body, int64_t target_id, int sign)
{
    struct ledger_context context = {.store = p->store};
    struct body target;
    int r = read_target(p, target_id, &target);

    if (r < 0 || target.kind == 0)
        return r;
    r = projection_group_campaign(p, target_id, body->voided.group, &context.campaign);
    if (r == 0)
        r = undo(p, &body->voided, &target, sign);
    if (r == 0) {
        context.target = &target;
        r = projection_post(p, body, &context, sign);
    }
    return r;
}

/* The use is free again only if the record that stands for it was voided. */
static int mark(struct projection *p, const struct body *body, int64_t target_id)
{
    struct body target;
    int64_t group = journal_id(journal_era(target_id), body->voided.group);
    int r = RUN(p->db, "INSERT OR IGNORE INTO voided(record) VALUES(?)", group);

    if (r == 0)
        r = read_target(p, target_id, &target);
    if (r < 0 || target.kind != RECORD_REDEMPTION)
        return r;
    r = RUN(p->db, "UPDATE redemption SET voided = 1 WHERE campaign = ? AND serial = ? AND use_no = ? AND record = ?",
            target.redemption.coupon.campaign, (int64_t)target.redemption.coupon.serial, target.redemption.use_no,
            target_id);
    return r < 0 ? r : public_mark(p->db, target.redemption.coupon, false);
}

/* The same record voided in two journals counts once. */
static int take_void_over(struct projection *p, int64_t id, const struct body *body, int64_t target_id, int64_t known)
{
    struct body other;
    bool first = false;
    int r = projection_precedes(p, id, known, &first);

    if (r < 0 || !first)
        return r;
    r = journal_read_body(p->source, known, &other);
    if (r == 0)
        r = move(p, &other, target_id, -1);
    if (r == 0)
        r = move(p, body, target_id, 1);
    return r < 0 ? r : RUN(p->db, "UPDATE record_voided SET void = ?2 WHERE record = ?1", target_id, id);
}

static int count_void(struct projection *p, int64_t id, const struct body *body, int64_t target_id)
{
    int64_t known;
    bool found = false;
    int r = projection_find(p->db, "SELECT void FROM record_voided WHERE record = ?", target_id, &known, &found);

    if (r < 0)
        return r;
    if (found)
        return p->guard ? -EEXIST : take_void_over(p, id, body, target_id, known);
    r = RUN(p->db, "INSERT INTO record_voided(record, void) VALUES(?, ?)", target_id, id);
    if (r == 0)
        r = mark(p, body, target_id);
    return r < 0 ? r : move(p, body, target_id, 1);
}

/* The target's row in these books; 0 while it has not come, or is something else. */
static int find_target(struct projection *p, const struct body_void *voided, int64_t *out_id)
{
    const struct record_id *target = &voided->target;
    struct db_stmt *stmt;
    int64_t id = 0, kind = 0;
    bool found = false;
    int r = db_stmt_open(p->source, "SELECT era FROM era WHERE terminal = ? AND incarnation = ?", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, target->terminal);
    db_bind_int64(stmt, 2, target->incarnation);
    r = db_stmt_step(stmt);
    if (r == DB_ROW)
        id = journal_id((uint32_t)db_column_int64(stmt, 0), target->seq);
    db_stmt_close(stmt);
    if (r == DB_ROW)
        r = projection_find(p->source, "SELECT kind FROM journal WHERE id = ?", id, &kind, &found);
    if (r == 0)
        *out_id = found && kind == voided->target_kind ? id : 0;
    return r;
}

int projection_void(struct projection *p, int64_t id, const struct body *body)
{
    const struct record_id *target = &body->voided.target;
    int64_t target_id = 0;
    int r = find_target(p, &body->voided, &target_id);

    if (r < 0)
        return r;
    if (target_id != 0)
        return count_void(p, id, body, target_id);
    if (p->guard)
        return -ENOENT;
    return RUN(p->db, "INSERT INTO void_waiting(terminal, incarnation, seq, void) VALUES(?, ?, ?, ?)", target->terminal,
               target->incarnation, (int64_t)target->seq, id);
}

/* *void_id: the next one after it that waits for the record; 0 when there is none. */
static int next_waiting(struct projection *p, int64_t id, int64_t *void_id)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(p->db,
                         "SELECT void FROM void_waiting w JOIN era e ON e.terminal = w.terminal"
                         " AND e.incarnation = w.incarnation WHERE e.era = ? AND w.seq = ? AND void > ?"
                         " ORDER BY void LIMIT 1",
                         &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, journal_era(id));
    db_bind_int64(stmt, 2, (int64_t)journal_seq(id));
    db_bind_int64(stmt, 3, *void_id);
    r = db_stmt_step(stmt);
    *void_id = r == DB_ROW ? db_column_int64(stmt, 0) : 0;
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}

int projection_void_waiting(struct projection *p, int64_t id, uint16_t kind)
{
    int64_t void_id = 0;
    struct body body;
    int r;

    while ((r = next_waiting(p, id, &void_id)) == 0 && void_id != 0) {
        r = journal_read_body(p->source, void_id, &body);
        if (r == 0 && body.voided.target_kind != kind)
            continue;
        if (r == 0)
            r = count_void(p, void_id, &body, id);
        if (r == 0)
            r = RUN(p->db, "DELETE FROM void_waiting WHERE terminal = ? AND incarnation = ? AND seq = ? AND void = ?",
                    body.voided.target.terminal, body.voided.target.incarnation, (int64_t)body.voided.target.seq,
                    void_id);
        if (r < 0)
            return r;
    }
    return r;
}
