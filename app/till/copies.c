#include "projection.h"

#include <assert.h>
#include <string.h>

/*
 * Copies of the journals of the store's other terminals: stored verbatim with the signed heads that they came under,
 * and projected like own records.
 */

struct copy {
    struct books *b;
    struct batch_reader reader;
    uint32_t era; /* 0 = not here yet */
    bool own;     /* this terminal's, of any incarnation that was on this disk */
    bool gone;    /* its author is no longer of the store */
    struct journal_head head;
    struct projection projection;
    struct journal_answer answer;
    bool promoted; /* the batch holds a promotion that was not here */
};

static int find_era(struct copy *c)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(c->b->db, "SELECT era, own FROM era WHERE terminal = ? AND incarnation = ?", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, c->reader.head.terminal);
    db_bind_int64(stmt, 2, c->reader.head.incarnation);
    r = db_stmt_step(stmt);
    if (r == DB_ROW) {
        c->era = (uint32_t)db_column_int64(stmt, 0);
        c->own = db_column_int64(stmt, 1) != 0;
    }
    db_stmt_close(stmt);
    return r == DB_ROW ? journal_load_head(c->b->db, c->era, &c->head) : r;
}

/* Signed by a terminal that the feed names as one of this store, or named: what one that is gone did stays the store's.
 */
static int verify(struct copy *c, bool *out_genuine)
{
    struct feed_terminal terminal;
    struct db_stmt *stmt;
    int r = db_stmt_open(c->b->db,
                         "SELECT body, 0 FROM terminal WHERE terminal = ?1 UNION ALL"
                         " SELECT body, 1 FROM terminal_gone WHERE terminal = ?1",
                         &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, c->reader.head.terminal);
    r = db_stmt_step(stmt);
    c->gone = r == DB_ROW && db_column_int64(stmt, 1) != 0;
    if (r == DB_ROW && feed_terminal_decode(db_column_blob(stmt, 0), &terminal) < 0)
        r = -EUCLEAN;
    db_stmt_close(stmt);
    if (r >= 0)
        *out_genuine = r == DB_ROW && batch_verify(&c->reader, terminal.public_key);
    return r < 0 ? r : 0;
}

static int insert_era(struct copy *c)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(
        c->b->db, "INSERT INTO era(terminal, incarnation, store, own, pruned_through) VALUES(?, ?, ?, 0, ?)", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, c->reader.head.terminal);
    db_bind_int64(stmt, 2, c->reader.head.incarnation);
    db_bind_int64(stmt, 3, c->b->enrolment.answer.store);
    db_bind_int64(stmt, 4, (int64_t)c->reader.head.first_seq - 1);
    r = db_stmt_run(stmt);
    db_stmt_close(stmt);
    if (r < 0)
        return r;
    books_touch(c->b);
    c->era = (uint32_t)db_last_rowid(c->b->db);
    c->head.seq = c->reader.head.first_seq - 1;
    memcpy(c->head.hash, c->reader.head.prev_hash, HASH_LEN);
    return 0;
}

/* Heads that a wider one covers are no longer needed. */
static int keep_head(struct copy *c)
{
    static const char drop[] = "DELETE FROM copy_batch WHERE era = ?1 AND first_seq >= ?2 AND last_seq <= ?3";
    static const char keep[] =
        "INSERT INTO copy_batch(era, first_seq, last_seq, head, signature) VALUES(?1, ?2, ?3, ?4, ?5)";
    const struct batch_head *head = &c->reader.head;
    int r = 0;

    for (int i = 0; i < 2 && r == 0; i++) {
        struct db_stmt *stmt;
        r = db_stmt_open(c->b->db, i == 0 ? drop : keep, &stmt);
        if (r < 0)
            return r;
        db_bind_int64(stmt, 1, c->era);
        db_bind_int64(stmt, 2, (int64_t)head->first_seq);
        db_bind_int64(stmt, 3, (int64_t)(head->first_seq + head->count - 1));
        if (i == 1) {
            db_bind_blob(stmt, 4, c->reader.head_encoded.data, c->reader.head_encoded.len);
            db_bind_blob(stmt, 5, c->reader.signature, SIGNATURE_LEN);
        }
        r = db_stmt_run(stmt);
        db_stmt_close(stmt);
    }
    return r;
}

/* What this version cannot read is kept all the same. */
static int project(struct copy *c, const struct record *record)
{
    struct body body;
    int r = body_decode(record->kind, record->body, &body);

    if (r == -ENOTSUP || r == -EBADMSG)
        return projection_void_waiting(&c->projection, journal_id(c->era, record->id.seq), record->kind);
    if (r < 0)
        return r;
    c->promoted |= body.kind == RECORD_PROMOTION;
    r = feed_authority_done(c->b, &body);
    return r < 0 ? r : projection_apply(&c->projection, journal_id(c->era, record->id.seq), &body);
}

/* -EILSEQ: another history under the same name. */
static int check_known(struct copy *c, const struct record *record)
{
    uint8_t buffer[RECORD_BODY_MAX];
    struct record known;
    int r = journal_read(c->b->db, journal_id(c->era, record->id.seq), buffer, &known);

    if (r < 0)
        return r == -ENOENT ? 0 : r; /* pruned, or before the copy's beginning */
    return memcmp(known.hash, record->hash, HASH_LEN) == 0 ? 0 : -EILSEQ;
}

static int take(struct copy *c, const struct record *record)
{
    int r;

    if (record->id.seq <= c->head.seq)
        return check_known(c, record);
    if (c->own) /* a peer knows what this disk does not */
        return -EILSEQ;
    if (memcmp(record->prev_hash, c->head.hash, HASH_LEN) != 0)
        return -EILSEQ;
    r = journal_insert(c->b->db, c->era, record);
    if (r == 0)
        r = project(c, record);
    if (r < 0)
        return r;
    c->head.seq = record->id.seq;
    memcpy(c->head.hash, record->hash, HASH_LEN);
    return 0;
}

static void grew(struct copy *c)
{
    struct lan_end *end = &c->b->touched.copy;

    *end = (struct lan_end){
        .terminal = c->reader.head.terminal, .incarnation = c->reader.head.incarnation, .through = c->head.seq};
    memcpy(end->hash, c->head.hash, HASH_LEN);
    c->b->touched.backlog |= c->gone; /* there is more to carry */
}

static int take_all(struct copy *c)
{
    uint64_t before = c->head.seq;
    struct record record;
    int r = 0, next = 0;

    if (c->era == 0) {
        r = insert_era(c);
        before = c->head.seq;
    }
    c->projection =
        (struct projection){.db = c->b->db, .source = c->b->db, .store = c->b->enrolment.answer.store, .copy = true};
    while (r == 0 && (next = batch_next(&c->reader, &record)) == 1)
        r = take(c, &record);
    if (r == 0 && next < 0)
        r = next;
    if (r == 0 && c->head.seq > before) {
        grew(c);
        r = keep_head(c);
    }
    return r;
}

/* Of this terminal's own journal: then its disk is not the only one under its name. */
static int remember_own_fork(struct copy *c)
{
    struct lan_end impossible = {.terminal = c->b->enrolment.answer.terminal,
                                 .incarnation = c->b->enrolment.answer.incarnation,
                                 .through = UINT64_MAX};
    int r = confirm_peer_holds(c->b, 0, &impossible);

    return r == -EILSEQ ? 0 : r;
}

static int store_open(struct copy *c)
{
    int r = books_begin(c->b);

    if (r < 0)
        return r;
    r = take_all(c);
    if (r == 0 && c->promoted) /* who is primary may be another one now */
        r = store_load(c->b);
    if (r == 0 && c->promoted)
        r = confirm_hold_back(c->b);
    if (r < 0)
        books_abort(c->b);
    else
        r = books_commit(c->b);
    if (r < 0 && c->promoted && books_ready(c->b) == 0 && store_load(c->b) < 0)
        return -EUCLEAN;
    if (r == -EILSEQ) {
        c->answer.status = JOURNAL_FORK;
        return c->own && c->era == c->b->era ? remember_own_fork(c) : 0;
    }
    if (r < 0)
        return r;
    c->answer.status = JOURNAL_STORED;
    c->answer.durable_through = c->head.seq;
    c->answer.expected_seq = c->head.seq + 1;
    return 0;
}

/* A later incarnation of this very terminal: its place was given to another disk. */
static bool replaced(const struct copy *c)
{
    const struct enrol_answer *self = &c->b->enrolment.answer;

    return c->reader.head.terminal == self->terminal && c->reader.head.incarnation > self->incarnation;
}

/* What peers said before a promotion was known is no answer to it. */
static void forget_ends(struct books *b)
{
    for (size_t i = 0; i < PEERS_REMEMBERED; i++)
        b->peers[i].ends = false;
    b->reference_changed = true;
}

/* A terminal that does not know yet that another one was promoted over its journal may still send an act that nobody
 * was told of, and it may still be on its way when the terminal knows. It is not taken: once the terminal knows, it
 * takes the act back, and says where its journal ends. One that is gone takes nothing back. */
static int runs_ahead(struct copy *c, bool *out_ahead)
{
    const struct batch_head *head = &c->reader.head;
    const uint64_t last = head->first_seq + head->count - 1;
    struct db_stmt *stmt;
    int r;

    if (c->gone)
        return 0;
    if (!c->own && last > c->head.seq && confirm_fences(c->b, head->terminal)) {
        *out_ahead = true;
        return 0;
    }
    r = db_stmt_open(
        c->b->db,
        "SELECT p.record, p.copy_through, e.terminal, e.incarnation, max(p.store_epoch) FROM promotion p JOIN era e"
        " ON e.era = p.record >> 44 WHERE p.old_terminal = ? AND max(p.old_incarnation, 1) = ? AND p.behind = 0"
        " AND (e.own = 0 OR e.era = ?) HAVING max(p.store_epoch) IS NOT NULL",
        &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, head->terminal);
    db_bind_int64(stmt, 2, head->incarnation);
    db_bind_int64(stmt, 3, c->b->era);
    r = db_stmt_step(stmt);
    if (r == DB_ROW) {
        int64_t record = db_column_int64(stmt, 0);
        const struct promotion_known known = {.record = {.terminal = (uint32_t)db_column_int64(stmt, 2),
                                                         .incarnation = (uint32_t)db_column_int64(stmt, 3),
                                                         .through = journal_seq(record)},
                                              .through = (uint64_t)db_column_int64(stmt, 1),
                                              .epoch = (uint32_t)db_column_int64(stmt, 4),
                                              .past = c->head.seq > (uint64_t)db_column_int64(stmt, 1)};
        *out_ahead =
            !c->own && last > c->head.seq && last > known.through && !confirm_stands_by(c->b, &c->reader, &known);
    }
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}

static void answer_gap(struct copy *c)
{
    c->answer.status = JOURNAL_GAP;
    c->answer.expected_seq = c->head.seq + 1;
    c->answer.durable_through = c->head.seq;
}

static int decide(struct copy *c)
{
    bool genuine = false, ahead = false;
    int r = verify(c, &genuine);

    if (r == 0)
        r = find_era(c);
    if (r == 0)
        r = runs_ahead(c, &ahead);
    if (r < 0)
        return r;
    if (!genuine) {
        c->answer.status = JOURNAL_REFUSED;
        return 0;
    }
    if (ahead || (c->era != 0 && !c->own && c->reader.head.first_seq > c->head.seq + 1)) {
        answer_gap(c);
        return 0;
    }
    r = store_open(c);
    if (r == 0 && replaced(c))
        r = remember_own_fork(c);
    if (r == 0 && c->promoted)
        forget_ends(c->b);
    return r < 0 ? r : confirm_settle(c->b);
}

int copies_store(struct books *b, struct slice batch, struct journal_answer *out_answer)
{
    struct copy c = {.b = b};
    int r = batch_open(batch.data, batch.len, &c.reader);

    if (r < 0)
        return r;
    if (!b->enrolled)
        return -EAGAIN;
    c.answer.server_ms = (uint64_t)books_now(b).wall_ms;
    r = decide(&c);
    if (r == 0)
        *out_answer = c.answer;
    return r;
}

/* A new incarnation takes everything from its peers again. */
int copies_drop(struct books *b, bool *out_dropped)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(b->db, "SELECT 1 FROM era WHERE own = 0", &stmt);

    if (r < 0)
        return r;
    r = db_stmt_step(stmt);
    db_stmt_close(stmt);
    if (r < 0)
        return r;
    *out_dropped = r == DB_ROW;
    if (r == DB_DONE)
        return 0;
    books_touch(b);
    return db_exec(b->db, "DELETE FROM journal WHERE id >> 44 IN (SELECT era FROM era WHERE own = 0);"
                          "DELETE FROM copy_batch; DELETE FROM era WHERE own = 0");
}

int copies_to_carry(struct db *db, uint32_t *out_count)
{
    struct db_stmt *stmt;
    int r =
        db_stmt_open(db,
                     "SELECT count(*) FROM terminal_gone g CROSS JOIN era e ON e.terminal = g.terminal WHERE e.own = 0"
                     " AND e.durable_through < (SELECT max(id) FROM journal WHERE id >= e.era << 44"
                     " AND id < (e.era + 1) << 44) - (e.era << 44)",
                     &stmt);

    static_assert(JOURNAL_SEQ_BITS == 44, "the shift in the statement above");
    if (r < 0)
        return r;
    r = db_stmt_step(stmt);
    if (r == DB_ROW)
        *out_count = (uint32_t)db_column_int64(stmt, 0);
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}

static int write_carried(struct books *b, const struct lan_end *end)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(b->db,
                         "UPDATE era SET durable_through = ?3 WHERE own = 0 AND terminal = ?1 AND incarnation = ?2"
                         " AND durable_through < ?3",
                         &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, end->terminal);
    db_bind_int64(stmt, 2, end->incarnation);
    db_bind_int64(stmt, 3, (int64_t)end->through);
    r = db_stmt_run(stmt);
    db_stmt_close(stmt);
    b->touched.backlog = true;
    return r;
}

/* A new epoch of central's, whose books may not have it any more, starts it over (marks_rewind). */
int copies_carried(struct books *b, const struct lan_end *end)
{
    int r = books_begin(b);

    if (r < 0)
        return r;
    r = write_carried(b, end);
    if (r < 0) {
        books_abort(b);
        return r;
    }
    return books_commit(b);
}
