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

static int load_voided(struct books *b, uint64_t group, bool *out_voided)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(b->db, "SELECT 1 FROM voided WHERE record = ?", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, journal_id(b->era, group));
    r = db_stmt_step(stmt);
    if (r >= 0)
        *out_voided = r == DB_ROW;
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}

int act_load(struct books *b, uint64_t group, struct act *out_act)
{
    struct act act = {0};
    int r;

    if (group == 0 || group > b->head.seq)
        return -ENOENT;
    for (uint64_t seq = group; act.count < ACT_RECORDS_MAX && seq <= b->head.seq; seq++) {
        struct body *body = &act.bodies[act.count];
        r = journal_read_body(b->db, journal_id(b->era, seq), body);
        if (r == -ENOENT || r == -ENOTSUP)
            break;
        if (r < 0)
            return r;
        if (!belongs(body, group) && !(seq == group && body->kind == RECORD_REDEMPTION))
            break;
        act.seq[act.count++] = seq;
    }
    if (act.count == 0)
        return -ENOENT;
    r = load_voided(b, group, &act.voided);
    if (r == 0)
        *out_act = act;
    return r;
}

const struct body *act_find(const struct act *act, uint16_t kind)
{
    for (uint32_t i = 0; i < act->count; i++) {
        if (act->bodies[i].kind == kind)
            return &act->bodies[i];
    }
    return NULL;
}
