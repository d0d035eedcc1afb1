#include "books.h"

/*
 * Who follows a primary by central's word has the store's credit by its copies, as far as they go; the other one may
 * not have heard of it, and spend of the same shares at this moment. So they are this terminal's once the other one
 * said that it knows of it, and its journal is here through the end that it named then; or once it is no longer of the
 * store. (The rights central grants anew: store_holds.)
 *
 * The same goes for a request whose answer was lost: the other one may have done it. It is done here only when nothing
 * of its journal can be missing; else it stays pending with whoever asks.
 *
 * Every terminal keeps that account, not only the one that is named: it may be promoted next, or named. Where the one
 * before had not settled its own predecessor yet, as far as is known here, anybody may still be spending.
 *
 * One that is gone shows no end: what the others hold of its journal has to be here too, as long as it keeps coming.
 *
 * A restored central may name an earlier store epoch than terminals knew. Ends count from that one on then, as far as
 * they are said anew, and anybody may have been named meanwhile.
 */

#define ANYBODY     INT64_C(-1)
#define FIRST_EPOCH 1 /* of a store: nobody was before */

#define IN_VAIN_MAX 600 /* hellos of a peer, of whose copies nothing came: ten minutes and more */

/* Whose end is missing when the store's primary changed by central's word. */
static int64_t whose_end(const struct books *b, const struct store_role *before)
{
    bool first = before->primary == 0 && b->role.epoch <= FIRST_EPOCH;

    if (first || b->role.others == 0)
        return 0;
    if (before->primary == 0 || before->follows != 0 || b->role.epoch > before->epoch + 1 ||
        b->role.epoch < before->epoch)
        return ANYBODY;
    return before->primary == b->enrolment.answer.terminal ? 0 : before->primary;
}

static int keep(struct books *b)
{
    int r = config_set_int(b->db, "follows", b->role.follows);

    return r < 0 ? r : config_set_int(b->db, "follows_since", b->role.follows_since);
}

int successor_note(struct books *b, const struct store_role *before)
{
    bool back = b->role.epoch < before->epoch, same = b->role.primary == before->primary;

    if (back)
        confirm_forget_words(b);
    if (b->role.primary == 0 || (same && !(back && b->role.follows_since > b->role.epoch)))
        return 0;
    if (!same)
        b->role.follows = whose_end(b, before);
    b->role.follows_since = b->role.epoch;
    return keep(b);
}

int successor_load(struct books *b, struct store_role *role)
{
    int64_t since = 0;
    int r = config_get_int(b->db, "follows", &role->follows);

    if (r == 0)
        r = config_get_int(b->db, "follows_since", &since);
    role->follows_since = (uint32_t)since;
    return r;
}

bool successor_holds_shares(const struct books *b)
{
    return books_is_single(b) || b->role.follows == 0;
}

bool successor_may_lack(const struct books *b, const struct till_request *request)
{
    bool here = request->asked_terminal == b->enrolment.answer.terminal;

    if (successor_holds_shares(b) || request->asked_epoch == 0)
        return false;
    if (request->asked_epoch > b->role.epoch) /* central went back since */
        return !here;
    return request->asked_epoch < b->role.follows_since || (request->asked_epoch == b->role.follows_since && !here);
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

static int is_gone(struct books *b, uint32_t terminal, bool *out_gone)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(b->db, "SELECT 1 FROM terminal_gone WHERE terminal = ?", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, terminal);
    r = db_stmt_step(stmt);
    if (r >= 0)
        *out_gone = r == DB_ROW;
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}

/* How many records of those that are gone the peer holds and this terminal does not. */
static int count_lacking(struct books *b, const struct peer_word *word, uint64_t *out_lacking)
{
    uint64_t lacking = 0;
    int r = 0;

    for (uint32_t i = 0; i < word->held_count && r == 0; i++) {
        const struct lan_end *end = &word->held[i];
        uint64_t through = 0;
        bool gone = false;
        r = is_gone(b, end->terminal, &gone);
        if (r == 0 && gone)
            r = held_through(b, end->terminal, end->incarnation, &through);
        r = r == -ENOENT ? 0 : r;
        if (r == 0 && gone && end->through > through)
            lacking += end->through - through;
    }
    if (r == 0)
        *out_lacking = lacking;
    return r;
}

int successor_hear(struct books *b, struct peer_word *word)
{
    uint64_t before = word->lacking;
    int r = b->enrolled && b->role.follows != 0 ? count_lacking(b, word, &word->lacking) : 0;

    if (r == 0)
        word->in_vain = word->lacking != 0 && before != 0 && word->lacking >= before ? word->in_vain + 1 : 0;
    return r;
}

/* Whose end was shown had no predecessor that is gone and not here; a word of one that is gone itself brings nothing.
 */
static int all_came(struct books *b, bool *out_came)
{
    bool came = true, asked = b->role.follows == ANYBODY;
    int r = asked ? 0 : is_gone(b, (uint32_t)b->role.follows, &asked);

    for (size_t i = 0; i < PEERS_REMEMBERED && r == 0 && asked && came; i++) {
        const struct peer_word *word = &b->peers[i];
        uint64_t lacking = 0;
        bool gone = true;
        if (word->peer != 0 && word->in_vain < IN_VAIN_MAX)
            r = is_gone(b, word->peer, &gone);
        if (r == 0 && !gone)
            r = count_lacking(b, word, &lacking);
        came = lacking == 0;
    }
    if (r == 0)
        *out_came = came;
    return r;
}

static int has_ended(struct books *b, uint32_t terminal, bool *out_ended)
{
    const struct lan_end *own = confirm_end_of(b, terminal, b->role.follows_since);
    uint64_t through = 0;
    int r = own != NULL ? held_through(b, terminal, own->incarnation, &through) : 0;

    if (r == 0)
        *out_ended = own != NULL && through >= own->through;
    return r == -ENOENT ? 0 : r;
}

/* Not asked are the present primary, who settles its own predecessors, and those over whom somebody was promoted since:
 * that record is their end. */
static int all_ended(struct books *b, bool *out_ended)
{
    struct db_stmt *stmt;
    bool ended = true;
    int step,
        r = db_stmt_open(b->db,
                         "SELECT terminal FROM terminal AS t WHERE terminal NOT IN (?1, ?2) AND ?3 IN (-1, terminal)"
                         " AND NOT EXISTS (SELECT 1 FROM promotion AS p WHERE p.old_terminal = t.terminal AND"
                         " p.store_epoch > ?4)",
                         &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, b->enrolment.answer.terminal);
    db_bind_int64(stmt, 2, b->role.primary);
    db_bind_int64(stmt, 3, b->role.follows);
    db_bind_int64(stmt, 4, b->role.follows_since);
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
    int r = b->enrolled && b->role.follows != 0 ? all_ended(b, &ended) : 0;

    if (r == 0 && ended)
        r = all_came(b, &ended);
    if (r < 0 || !ended)
        return r;
    r = books_begin(b);
    if (r < 0)
        return r;
    b->role.follows = 0;
    r = keep(b);
    if (r < 0) {
        books_abort(b);
        return r;
    }
    r = books_commit(b);
    return r < 0 ? r : store_load(b);
}
