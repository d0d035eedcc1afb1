#include "books.h"

/*
 * Who follows a primary by central's word has the store's credit by its copies, as far as they go; the other one may
 * not have heard of it, and spend of the same shares at this moment. So they are this terminal's once the other one
 * said that it knows who is primary, and its journal is here through the end that it named then; or once it is no
 * longer of the store. (The rights central grants anew: store_holds.)
 */

#define ANYBODY INT64_C(-1) /* there were primaries in between of whom nothing was heard here */

int successor_note(struct books *b, const struct store_role *before)
{
    uint32_t self = b->enrolment.answer.terminal;

    if (b->role.primary != self || before->primary == self || before->primary == 0)
        return 0;
    b->role.follows = b->role.epoch <= before->epoch + 1 ? before->primary : ANYBODY;
    return config_set_int(b->db, "follows", b->role.follows);
}

int successor_forget(struct books *b)
{
    b->role.follows = 0;
    return config_set_int(b->db, "follows", 0);
}

int successor_load(struct books *b, struct store_role *role)
{
    return config_get_int(b->db, "follows", &role->follows);
}

bool successor_holds_shares(const struct books *b)
{
    return books_is_single(b) || b->role.follows == 0;
}

/* -ENOENT: nothing of it is here. */
static int held_through(struct books *b, uint32_t terminal, uint32_t incarnation, uint64_t *out_through)
{
    struct journal_head head;
    struct db_stmt *stmt;
    uint32_t era = 0;
    int r = db_stmt_open(b->db, "SELECT era FROM era WHERE terminal = ? AND incarnation = ?", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, terminal);
    db_bind_int64(stmt, 2, incarnation);
    r = db_stmt_step(stmt);
    if (r == DB_ROW)
        era = (uint32_t)db_column_int64(stmt, 0);
    db_stmt_close(stmt);
    if (r >= 0)
        r = era != 0 ? journal_load_head(b->db, era, &head) : -ENOENT;
    if (r == 0)
        *out_through = head.seq;
    return r;
}

static int has_ended(struct books *b, uint32_t terminal, bool *out_ended)
{
    const struct lan_end *own = confirm_end_of(b, terminal, b->enrolment.answer.terminal);
    uint64_t through = 0;
    int r = own != NULL ? held_through(b, terminal, own->incarnation, &through) : 0;

    if (r == 0)
        *out_ended = own != NULL && through >= own->through;
    return r == -ENOENT ? 0 : r;
}

static int all_ended(struct books *b, bool *out_ended)
{
    struct db_stmt *stmt;
    bool ended = true;
    int step,
        r = db_stmt_open(b->db, "SELECT terminal FROM terminal WHERE terminal <> ?1 AND ?2 IN (-1, terminal)", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, b->enrolment.answer.terminal);
    db_bind_int64(stmt, 2, b->role.follows);
    while (r == 0 && ended && (step = db_stmt_step(stmt)) != DB_DONE) {
        ended = false;
        r = step < 0 ? step : has_ended(b, (uint32_t)db_column_int64(stmt, 0), &ended);
    }
    db_stmt_close(stmt);
    if (r == 0)
        *out_ended = ended;
    return r;
}

int successor_settle(struct books *b)
{
    bool ended = false;
    int r = b->role.follows != 0 && books_is_primary(b) ? all_ended(b, &ended) : 0;

    if (r < 0 || !ended)
        return r;
    r = books_begin(b);
    if (r < 0)
        return r;
    r = config_set_int(b->db, "follows", 0);
    if (r < 0) {
        books_abort(b);
        return r;
    }
    r = books_commit(b);
    return r < 0 ? r : store_load(b);
}
