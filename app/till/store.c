#include "books.h"

#include "platform/log.h"

#include <assert.h>
#include <string.h>

/* The role of this terminal among those of its store (docs/decisions/2026-11-22-a-store-of-several-terminals.md). */

struct promotion { /* a row of the projection */
    uint32_t terminal, old_terminal, old_incarnation;
    uint64_t copy_through;
    bool complete, behind;
};

/* Promotions that count: of this store, and of no earlier incarnation of this terminal. */
#define PROMOTIONS                                                                                                     \
    " FROM promotion p JOIN era e ON e.era = p.record >> 44 WHERE e.store = ?1"                                        \
    " AND (e.terminal <> ?2 OR e.era = ?3)"

static int open_promotions(struct books *b, const char *sql, struct db_stmt **out_stmt)
{
    int r = db_stmt_open(b->db, sql, out_stmt);

    if (r < 0)
        return r;
    db_bind_int64(*out_stmt, 1, b->enrolment.answer.store);
    db_bind_int64(*out_stmt, 2, b->enrolment.answer.terminal);
    db_bind_int64(*out_stmt, 3, b->era);
    return 0;
}

/* Of two to the same epoch the lower terminal's stands, on every terminal alike. -ENOENT. */
static int promotion_to(struct books *b, uint32_t epoch, struct promotion *out)
{
    struct db_stmt *stmt;
    int r = open_promotions(b,
                            "SELECT p.terminal, p.old_terminal, p.old_incarnation, p.copy_through, p.complete,"
                            " p.behind" PROMOTIONS " AND p.store_epoch = ?4 ORDER BY p.terminal LIMIT 1",
                            &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 4, epoch);
    r = db_stmt_step(stmt);
    if (r == DB_ROW)
        *out = (struct promotion){.terminal = (uint32_t)db_column_int64(stmt, 0),
                                  .old_terminal = (uint32_t)db_column_int64(stmt, 1),
                                  .old_incarnation = (uint32_t)db_column_int64(stmt, 2),
                                  .copy_through = (uint64_t)db_column_int64(stmt, 3),
                                  .complete = db_column_int64(stmt, 4) != 0,
                                  .behind = db_column_int64(stmt, 5) != 0};
    db_stmt_close(stmt);
    return r < 0 ? r : r == DB_ROW ? 0 : -ENOENT;
}

/* The higher epoch wins; at the same one central's word stands. */
static int load_primary(struct books *b, struct store_role *role)
{
    struct db_stmt *stmt;
    int r = open_promotions(b, "SELECT p.store_epoch, p.terminal" PROMOTIONS " ORDER BY 1 DESC, 2 LIMIT 1", &stmt);

    if (r < 0)
        return r;
    role->epoch = b->settings.store_epoch;
    role->primary = b->settings.primary_terminal;
    r = db_stmt_step(stmt);
    if (r == DB_ROW && db_column_int64(stmt, 0) > role->epoch) {
        role->epoch = (uint32_t)db_column_int64(stmt, 0);
        role->primary = (uint32_t)db_column_int64(stmt, 1);
    }
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}

/* Each promotion whose copy was complete took its predecessor's rights along; what central decided begins anew. */
static int load_since(struct books *b, struct store_role *role)
{
    struct promotion promotion;
    uint32_t terminal = role->primary;
    int r;

    role->since_epoch = role->epoch;
    while ((r = promotion_to(b, role->since_epoch, &promotion)) == 0) {
        if (promotion.terminal != terminal || !promotion.complete || role->since_epoch == 0)
            return 0;
        terminal = promotion.old_terminal;
        role->since_epoch--;
    }
    return r == -ENOENT ? 0 : r;
}

/* A promotion over this very incarnation since the act that waits was begun, whoever is the primary by now: the latest
 * that asked everybody, which undoes it for the peers too (copies.c), or else the latest. Who was promoted without any
 * of its journal could not name the incarnation. */
static int load_deposed(struct books *b, struct store_role *role)
{
    struct db_stmt *stmt;
    int64_t begun;
    int r = config_get_int(b->db, "act_epoch", &begun);

    if (r < 0 || begun == 0)
        return r;
    role->act_epoch = (uint32_t)begun;
    r = open_promotions(b,
                        "SELECT p.terminal, p.copy_through, p.behind" PROMOTIONS
                        " AND p.old_terminal = ?2 AND max(p.old_incarnation, 1) = ?4 AND p.store_epoch > ?5"
                        " ORDER BY p.behind, p.store_epoch DESC LIMIT 1",
                        &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 4, b->enrolment.answer.incarnation);
    db_bind_int64(stmt, 5, begun);
    r = db_stmt_step(stmt);
    if (r == DB_ROW) {
        role->deposed = true;
        role->deposed_by = (uint32_t)db_column_int64(stmt, 0);
        role->deposed_copy_through = (uint64_t)db_column_int64(stmt, 1);
        role->deposed_behind = db_column_int64(stmt, 2) != 0;
    }
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}

#define WORD_MS 30000 /* a peer that is there says hello far more often */

static int promoted_to(struct books *b, uint32_t epoch, uint32_t terminal, bool *out_promoted)
{
    struct db_stmt *stmt;
    int r = open_promotions(b, "SELECT 1" PROMOTIONS " AND p.store_epoch = ?4 AND p.terminal = ?5", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 4, epoch);
    db_bind_int64(stmt, 5, terminal);
    r = db_stmt_step(stmt);
    if (r >= 0)
        *out_promoted = r == DB_ROW;
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}

/* Under the same epoch central's word stands, and of promotions whose records are here the rule has decided already. */
static int is_later(struct books *b, const struct store_role *role, const struct peer_word *word, bool *out_later)
{
    bool decided = role->primary != 0 && b->settings.store_epoch == role->epoch;
    int r = 0;

    if (word->epoch == role->epoch && word->primary != role->primary && word->primary != 0 && !decided)
        r = promoted_to(b, word->epoch, word->primary, &decided);
    else
        decided = word->epoch <= role->epoch;
    if (r == 0)
        *out_later = !decided;
    return r;
}

static int hear_again(struct books *b, const struct store_role *role)
{
    int r = 0;

    for (size_t i = 0; i < PEERS_REMEMBERED && r == 0; i++) {
        if (b->peers[i].peer != 0)
            r = is_later(b, role, &b->peers[i], &b->peers[i].later);
    }
    return r;
}

int store_hear(struct books *b, struct peer_word *word)
{
    return b->enrolled ? is_later(b, &b->role, word, &word->later) : 0;
}

bool store_is_behind(const struct books *b)
{
    int64_t now_ms = clock_mono_ms(b->clock);

    for (size_t i = 0; i < PEERS_REMEMBERED; i++) {
        if (b->peers[i].later && now_ms - b->peers[i].said_mono_ms < WORD_MS)
            return true;
    }
    return false;
}

bool store_is_contested(const struct books *b)
{
    bool by_promotion = books_is_primary(b) && b->role.epoch > b->settings.store_epoch;

    return by_promotion && !books_is_single(b) && store_is_behind(b);
}

static int count(struct books *b, const char *sql, uint32_t *out_count)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(b->db, sql, &stmt);

    if (r < 0)
        return r;
    r = db_stmt_step(stmt);
    if (r == DB_ROW)
        *out_count = (uint32_t)db_column_int64(stmt, 0);
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}

static int load_others(struct books *b, struct store_role *role)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(b->db, "SELECT count(*) FROM terminal WHERE terminal <> ?", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, b->enrolment.answer.terminal);
    r = db_stmt_step(stmt);
    if (r == DB_ROW)
        role->others = (uint32_t)db_column_int64(stmt, 0);
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}

int store_load(struct books *b)
{
    struct store_role role = {0};
    int64_t alone, unconfirmed, forked;
    int r = load_others(b, &role);

    b->others.known = false;
    if (r == 0)
        r = load_primary(b, &role);
    if (r == 0)
        r = load_since(b, &role);
    if (r == 0)
        r = load_deposed(b, &role);
    if (r == 0)
        r = hear_again(b, &role);
    if (r == 0)
        r = successor_load(b, &role);
    if (r == 0)
        r = count(b, "SELECT count(*) FROM authority_waiting", &role.waiting);
    if (r == 0)
        r = config_get_int(b->db, "alone", &alone);
    if (r == 0)
        r = config_get_int(b->db, "forked", &forked);
    if (r == 0)
        r = config_get_int(b->db, "unconfirmed_from", &unconfirmed);
    if (r < 0)
        return r;
    role.forked = forked != 0;
    role.went_alone = alone != 0;
    b->role = role;
    b->unconfirmed_from = (uint64_t)unconfirmed;
    if (!db_in_transaction(b->db))
        b->unconfirmed_committed = b->unconfirmed_from;
    return 0;
}

bool store_covers(const struct books *b, uint32_t store_epoch)
{
    return store_epoch <= b->role.epoch && store_epoch >= b->role.since_epoch;
}

bool store_holds(const struct books *b, uint32_t store_epoch)
{
    return books_is_primary(b) && store_covers(b, store_epoch);
}

bool store_holds_right(const struct books *b, const struct held_right *held)
{
    return books_is_primary(b) && (held->store_epoch == 0 || store_holds(b, held->store_epoch));
}

static int read_others(struct books *b)
{
    struct db_stmt *stmt;
    uint32_t gone = 0;
    int step, r = count(b, "SELECT EXISTS (SELECT 1 FROM terminal_gone)", &gone);

    if (r == 0)
        r = db_stmt_open(b->db, "SELECT body FROM terminal WHERE terminal <> ? ORDER BY terminal LIMIT ?", &stmt);
    if (r < 0)
        return r;
    memset(&b->others, 0, sizeof(b->others)); /* compared bytewise */
    db_bind_int64(stmt, 1, b->enrolment.answer.terminal);
    db_bind_int64(stmt, 2, LAN_TERMINALS_MAX);
    while (r == 0 && (step = db_stmt_step(stmt)) != DB_DONE) {
        if (step < 0)
            r = step;
        else if (feed_terminal_decode(db_column_blob(stmt, 0), &b->others.list[b->others.count]) < 0)
            r = -EUCLEAN;
        else
            b->others.count++;
    }
    db_stmt_close(stmt);
    b->others.gone = gone != 0;
    b->others.known = r == 0;
    return r;
}

int store_read(struct books *b, struct till_store *out_store)
{
    uint32_t carried = 0;
    int r = 0;

    memset(out_store, 0, sizeof(*out_store));
    if (!b->enrolled) {
        out_store->single = true;
        return 0;
    }
    if (!b->others.known)
        r = read_others(b);
    if (r == 0 && b->others.gone)
        r = copies_to_carry(b->db, &carried);
    if (r < 0)
        return r;
    out_store->enrolled = true;
    out_store->carries = carried > 0;
    out_store->single = books_is_single(b);
    out_store->primary = books_is_primary(b);
    out_store->alone = books_is_primary(b) && books_is_alone(b);
    out_store->terminal = b->enrolment.answer.terminal;
    out_store->incarnation = b->enrolment.answer.incarnation;
    out_store->store = b->enrolment.answer.store;
    out_store->store_epoch = b->role.epoch;
    out_store->primary_terminal = b->role.primary;
    out_store->unconfirmed_from = b->unconfirmed_from;
    out_store->act_epoch = b->unconfirmed_from != 0 ? b->role.act_epoch : 0;
    out_store->terminal_count = b->others.count;
    memcpy(out_store->terminals, b->others.list, sizeof(out_store->terminals));
    return 0;
}

static int is_manager(struct books *b, uint32_t clerk, bool *out_manager)
{
    struct feed_clerk row;
    int r = clerk != 0 ? clerk_row(b->db, clerk, &row) : -ENOENT;

    if (r < 0 && r != -ENOENT)
        return r;
    *out_manager = r == 0 && row.role == CLERK_MANAGER;
    return 0;
}

int alone_set(struct books *b, bool on, uint32_t clerk, const char *reason)
{
    struct body body = {.kind = RECORD_ALONE, .alone = {.on = on, .clerk = clerk}};
    uint64_t seq;
    int r = confirm_clear(b);

    if (r == 0)
        r = config_set_int(b->db, "alone", on);
    if (r < 0)
        return r;
    strncat(body.alone.reason, reason, sizeof(body.alone.reason) - 1);
    log_redact_cards(body.alone.reason);
    return journal_append(b, &body, &seq);
}

int alone_ordered(struct books *b)
{
    int r;

    if (!b->settings.alone || b->role.went_alone || books_is_single(b) || !books_is_primary(b) || confirm_undone(b))
        return 0;
    r = alone_set(b, true, 0, "");
    return r < 0 ? r : store_load(b);
}

static int change_alone(struct books *b, const struct till_request *request)
{
    char reason[REASON_MAX];
    int r = confirm_undo(b);

    if (r == 0)
        r = books_begin(b);
    if (r < 0)
        return r;
    memcpy(reason, request->alone.reason, sizeof(reason));
    reason[REASON_MAX - 1] = '\0';
    r = alone_set(b, request->alone.on, request->clerk, reason);
    if (r < 0) {
        books_abort(b);
        return r;
    }
    r = books_commit(b);
    return r < 0 ? r : store_load(b);
}

int alone_run(struct books *b, const struct till_request *request, enum store_verdict *out_verdict)
{
    bool manager;
    int r = is_manager(b, request->clerk, &manager);

    if (r < 0)
        return r;
    *out_verdict = books_is_single(b)     ? STORE_SINGLE
                   : !manager             ? STORE_NOT_ALLOWED
                   : !books_is_primary(b) ? STORE_NOT_PRIMARY
                                          : STORE_OK;
    if (*out_verdict != STORE_OK || b->role.went_alone == request->alone.on)
        return 0;
    return change_alone(b, request);
}

/* The newest journal of a terminal that is held here. */
struct held_copy {
    uint32_t era, incarnation;
    bool complete;
    struct journal_head head;
};

static int copy_of(struct books *b, uint32_t terminal, uint32_t incarnation, struct held_copy *out)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(b->db,
                         "SELECT era, incarnation, own = 1 OR pruned_through = 0 FROM era WHERE terminal = ?1"
                         " AND (?2 = 0 OR incarnation = ?2) ORDER BY incarnation DESC LIMIT 1",
                         &stmt);

    if (r < 0)
        return r;
    *out = (struct held_copy){0};
    db_bind_int64(stmt, 1, terminal);
    db_bind_int64(stmt, 2, incarnation);
    r = db_stmt_step(stmt);
    if (r == DB_ROW) {
        out->era = (uint32_t)db_column_int64(stmt, 0);
        out->incarnation = (uint32_t)db_column_int64(stmt, 1);
        out->complete = db_column_int64(stmt, 2) != 0;
    }
    db_stmt_close(stmt);
    return r == DB_ROW ? journal_load_head(b->db, out->era, &out->head) : r;
}

/* The old primary's journal from its beginning, and those of all whose rights it had taken along. */
static int covers(struct books *b, const struct held_copy *old, bool *out_complete)
{
    struct promotion promotion;
    struct held_copy copy = *old;
    int r = 0;

    *out_complete = copy.era != 0 && copy.complete;
    for (uint32_t epoch = b->role.epoch; *out_complete && epoch > b->role.since_epoch; epoch--) {
        r = promotion_to(b, epoch, &promotion);
        if (r < 0)
            break;
        r = copy_of(b, promotion.old_terminal, promotion.old_incarnation, &copy);
        if (r < 0)
            return r;
        *out_complete = copy.era != 0 && copy.complete && copy.head.seq >= promotion.copy_through;
    }
    return r == -ENOENT ? 0 : r;
}

static int shows_alone(struct books *b, const struct held_copy *old, bool *out_alone)
{
    struct body body = {0};
    struct db_stmt *stmt;
    int64_t id = 0;
    int r = db_stmt_open(b->db, "SELECT max(id) FROM journal WHERE id > ? AND id < ? AND kind = 21", &stmt);

    static_assert(RECORD_ALONE == 21, "the kind in the statement above");
    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, journal_id(old->era, 0));
    db_bind_int64(stmt, 2, journal_id(old->era + 1, 0));
    r = db_stmt_step(stmt);
    if (r == DB_ROW)
        id = db_column_int64(stmt, 0);
    db_stmt_close(stmt);
    if (r >= 0)
        r = id != 0 ? journal_read_body(b->db, id, &body) : 0;
    if (r == 0)
        *out_alone = id != 0 && body.alone.on;
    return r;
}

static int promotion_body(struct books *b, const struct till_request *request, struct body *out_body)
{
    struct held_copy old = {0};
    bool complete = false, alone = false;
    int r = copy_of(b, b->role.primary, 0, &old);

    if (r == 0)
        r = covers(b, &old, &complete);
    if (r == 0)
        r = shows_alone(b, &old, &alone);
    if (r < 0)
        return r;
    *out_body = (struct body){.kind = RECORD_PROMOTION};
    out_body->promotion = (struct body_promotion){.old_terminal = b->role.primary,
                                                  .old_incarnation = old.incarnation,
                                                  .copy_through = old.head.seq,
                                                  .copy_complete = complete,
                                                  .store_epoch = b->role.epoch + 1,
                                                  .clerk = request->clerk,
                                                  .may_be_behind = !request->promote.others_reached || alone,
                                                  .business_ms = books_now(b).wall_ms};
    memcpy(out_body->promotion.copy_hash, old.head.hash, HASH_LEN);
    return 0;
}

static int promote(struct books *b, const struct till_request *request)
{
    struct body body;
    uint64_t seq;
    int r = books_begin(b);

    if (r < 0)
        return r;
    r = promotion_body(b, request, &body);
    if (r == 0)
        r = journal_append(b, &body, &seq);
    if (r < 0) {
        books_abort(b);
        return r;
    }
    r = books_commit(b);
    b->reference_changed = true;
    return r < 0 ? r : store_load(b);
}

int promote_run(struct books *b, const struct till_request *request, enum store_verdict *out_verdict)
{
    bool manager;
    int r = is_manager(b, request->clerk, &manager);

    if (r < 0)
        return r;
    *out_verdict = books_is_single(b)             ? STORE_SINGLE
                   : !manager || b->role.forked   ? STORE_NOT_ALLOWED
                   : books_is_primary(b)          ? STORE_IS_PRIMARY
                   : !request->promote.old_is_off ? STORE_STILL_ON
                   : store_is_behind(b)           ? STORE_BEHIND
                                                  : STORE_OK;
    return *out_verdict == STORE_OK ? promote(b, request) : 0;
}

int books_remember_fork(struct books *b)
{
    int r;

    if (b->role.forked) /* every hello of a peer finds it anew */
        return 0;
    r = books_begin(b);
    if (r < 0)
        return r;
    b->touched.backlog = true;
    r = config_set_int(b->db, "forked", 1);
    if (r < 0) {
        books_abort(b);
        return r;
    }
    r = books_commit(b);
    return r < 0 ? r : store_load(b);
}
