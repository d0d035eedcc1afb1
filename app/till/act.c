#include "books.h"

static bool belongs(const struct body *body, uint64_t group)
{
    switch (body->kind) {
    case RECORD_SALE:
        return body->sale.group == group;
    case RECORD_CREDIT_EARN:
    case RECORD_CREDIT_SPEND:
        return body->credit.group == group;
    default:
        return false;
    }
}

static int load_voided(struct books *b, int64_t id, bool *out_voided)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(b->db, "SELECT 1 FROM voided WHERE record = ?", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, id);
    r = db_stmt_step(stmt);
    if (r >= 0)
        *out_voided = r == DB_ROW;
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}

/* A copy may end within an act. Its readable part is the act. */
int act_load(struct books *b, int64_t id, struct act *out_act)
{
    struct act act = {0};
    uint64_t group = journal_seq(id);
    int r;

    if (group == 0)
        return -ENOENT;
    for (uint64_t seq = group; act.count < ACT_RECORDS_MAX; seq++) {
        struct body *body = &act.bodies[act.count];
        r = journal_read_body(b->db, journal_id(journal_era(id), seq), body);
        if (r == -ENOENT || r == -ENOTSUP || r == -EBADMSG)
            break;
        if (r < 0)
            return r;
        if (!belongs(body, group) && !(seq == group && body->kind == RECORD_REDEMPTION))
            break;
        act.seq[act.count++] = seq;
    }
    if (act.count == 0)
        return -ENOENT;
    r = load_voided(b, id, &act.voided);
    if (r == 0)
        *out_act = act;
    return r;
}

int act_era(struct books *b, uint32_t terminal, uint32_t *out_era)
{
    struct db_stmt *stmt;
    int r;

    if (terminal == 0 || terminal == b->enrolment.answer.terminal) {
        *out_era = b->era;
        return 0;
    }
    r = db_stmt_open(b->db, "SELECT era FROM era WHERE own = 0 AND terminal = ? ORDER BY incarnation DESC LIMIT 1",
                     &stmt);
    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, terminal);
    r = db_stmt_step(stmt);
    if (r == DB_ROW)
        *out_era = (uint32_t)db_column_int64(stmt, 0);
    db_stmt_close(stmt);
    return r < 0 ? r : r == DB_ROW ? 0 : -ENOENT;
}

const struct body *act_find(const struct act *act, uint16_t kind)
{
    for (uint32_t i = 0; i < act->count; i++) {
        if (act->bodies[i].kind == kind)
            return &act->bodies[i];
    }
    return NULL;
}
