#include "books.h"

#include <assert.h>
#include <string.h>

int journal_insert(struct db *db, uint32_t era, const struct record *record)
{
    struct db_stmt *stmt;
    int r =
        db_stmt_open(db,
                     "INSERT INTO journal(id, version, terminal, incarnation, seq, hlc, kind, body, prev_hash, hash)"
                     " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                     &stmt);

    if (r < 0) {
        return r;
    }
    db_bind_int64(stmt, 1, journal_id(era, record->id.seq));
    db_bind_int64(stmt, 2, record->version);
    db_bind_int64(stmt, 3, record->id.terminal);
    db_bind_int64(stmt, 4, record->id.incarnation);
    db_bind_int64(stmt, 5, (int64_t)record->id.seq);
    db_bind_int64(stmt, 6, (int64_t)record->hlc);
    db_bind_int64(stmt, 7, record->kind);
    db_bind_blob(stmt, 8, record->body.data, record->body.len);
    db_bind_blob(stmt, 9, record->prev_hash, HASH_LEN);
    db_bind_blob(stmt, 10, record->hash, HASH_LEN);
    r = db_stmt_run(stmt);
    db_stmt_close(stmt);
    return r;
}

/* What is held once and is gone afterwards. */
static bool consumes_authority(uint16_t kind)
{
    return kind == RECORD_REDEMPTION || kind == RECORD_CREDIT_SPEND || kind == RECORD_RIGHT_RELEASED ||
           kind == RECORD_SHARE_RELEASED || kind == RECORD_CREDIT_EXPIRED;
}

/* Of the store's shares, all of which are the primary's. */
static bool takes_credit(uint16_t kind)
{
    return kind == RECORD_CREDIT_SPEND || kind == RECORD_SHARE_RELEASED || kind == RECORD_CREDIT_EXPIRED;
}

/* The terminal that asked for an act that consumes nothing. It may ask a successor for it again. */
static uint32_t asked_by(const struct body *body)
{
    switch (body->kind) {
    case RECORD_SALE:
        return body->sale.via;
    case RECORD_VOID:
        return body->voided.via;
    default:
        return 0;
    }
}

static int admit(struct books *b, const struct body *body)
{
    uint16_t kind = body->kind;
    bool consumes = consumes_authority(kind), asked = asked_by(body) != 0;
    bool own = asked_by(body) == b->enrolment.answer.terminal;

    if (b->unconfirmed_from != 0)
        return -EBUSY;
    if (takes_credit(kind) && !successor_holds_shares(b))
        return -EHOSTDOWN;
    if (consumes && store_is_contested(b))
        return -EHOSTDOWN;
    if ((!consumes && !asked) || !books_needs_peer(b))
        return 0;
    if (!books_peer_live(b))
        return consumes || !own ? -EHOSTDOWN : 0; /* its own, of before it was the primary, need not wait */
    b->awaits_peer = true;
    return 0;
}

int journal_append(struct books *b, const struct body *body, uint64_t *out_seq)
{
    struct record record = {.version = RECORD_VERSION, .kind = body->kind};
    size_t len;
    int r = admit(b, body);

    assert(b->era != 0 && db_in_transaction(b->db));
    if (r == 0)
        r = body_encode(body, b->scratch, sizeof(b->scratch), &len);
    if (r < 0) {
        return r;
    }
    record.id = (struct record_id){b->enrolment.answer.terminal, b->enrolment.answer.incarnation, b->head.seq + 1};
    record.hlc = hlc_next(b->head.hlc, books_clock(b), &b->trust).packed;
    record.body = (struct slice){b->scratch, len};
    memcpy(record.prev_hash, b->head.hash, HASH_LEN);
    record_seal(&record);
    r = journal_insert(b->db, b->era, &record);
    if (r < 0) {
        return r;
    }
    r = projection_apply(&b->projection, journal_id(b->era, record.id.seq), body);
    if (r < 0) {
        return r;
    }
    if (b->touched.first_ms == 0)
        b->touched.first_ms = hlc_physical_ms((struct hlc){record.hlc});
    b->head.seq = record.id.seq;
    b->head.hlc.packed = record.hlc;
    memcpy(b->head.hash, record.hash, HASH_LEN);
    *out_seq = record.id.seq;
    return 0;
}

static int read_row(struct db_stmt *stmt, uint8_t buffer[RECORD_BODY_MAX], struct record *out_record)
{
    struct slice body = db_column_blob(stmt, 6), prev = db_column_blob(stmt, 7), hash = db_column_blob(stmt, 8);
    struct record record = {.version = (uint8_t)db_column_int64(stmt, 0),
                            .id = {.terminal = (uint32_t)db_column_int64(stmt, 1),
                                   .incarnation = (uint32_t)db_column_int64(stmt, 2),
                                   .seq = (uint64_t)db_column_int64(stmt, 3)},
                            .hlc = (uint64_t)db_column_int64(stmt, 4),
                            .kind = (uint16_t)db_column_int64(stmt, 5)};

    if (body.len > RECORD_BODY_MAX || prev.len != HASH_LEN || hash.len != HASH_LEN) {
        return -EUCLEAN;
    }
    if (body.len > 0) {
        memcpy(buffer, body.data, body.len);
    }
    record.body = (struct slice){buffer, body.len};
    memcpy(record.prev_hash, prev.data, HASH_LEN);
    memcpy(record.hash, hash.data, HASH_LEN);
    *out_record = record;
    return 0;
}

#define RECORDS "SELECT version, terminal, incarnation, seq, hlc, kind, body, prev_hash, hash FROM journal"

int journal_walk(struct db *db, int64_t first_id, int64_t last_id, journal_visit visit, void *context)
{
    uint8_t buffer[RECORD_BODY_MAX];
    struct record record;
    struct db_stmt *stmt;
    int r = db_stmt_open(db, RECORDS " WHERE id BETWEEN ? AND ? ORDER BY id", &stmt);

    if (r < 0) {
        return r;
    }
    db_bind_int64(stmt, 1, first_id);
    db_bind_int64(stmt, 2, last_id);
    while ((r = db_stmt_step(stmt)) == DB_ROW) {
        r = read_row(stmt, buffer, &record);
        if (r == 0) {
            r = visit(context, &record);
        }
        if (r != 0) {
            break;
        }
    }
    db_stmt_close(stmt);
    return r;
}

/* The one record that the statement finds; closes it. -ENOENT. */
static int read_one(struct db_stmt *stmt, uint8_t buffer[RECORD_BODY_MAX], struct record *out_record)
{
    struct record record;
    int r = db_stmt_step(stmt);

    if (r == DB_ROW) {
        r = read_row(stmt, buffer, &record);
        r = r == 0 && !record_check(&record) ? -EUCLEAN : r;
    } else if (r == DB_DONE) {
        r = -ENOENT;
    }
    db_stmt_close(stmt);
    if (r == 0) {
        *out_record = record;
    }
    return r;
}

int journal_read(struct db *db, int64_t id, uint8_t buffer[RECORD_BODY_MAX], struct record *out_record)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(db, RECORDS " WHERE id = ?", &stmt);

    if (r < 0) {
        return r;
    }
    db_bind_int64(stmt, 1, id);
    return read_one(stmt, buffer, out_record);
}

int journal_read_body(struct db *db, int64_t id, struct body *out_body)
{
    uint8_t buffer[RECORD_BODY_MAX];
    struct record record;
    int r = journal_read(db, id, buffer, &record);

    return r < 0 ? r : body_decode(record.kind, record.body, out_body);
}

int journal_load_head(struct db *db, uint32_t era, struct journal_head *out_head)
{
    uint8_t buffer[RECORD_BODY_MAX];
    struct record last = {0}; /* of an empty journal */
    struct db_stmt *stmt;
    int r = db_stmt_open(db, RECORDS " WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT 1", &stmt);

    if (r < 0) {
        return r;
    }
    db_bind_int64(stmt, 1, journal_id(era, 0));
    db_bind_int64(stmt, 2, journal_id(era + 1, 0));
    r = read_one(stmt, buffer, &last);
    if (r < 0 && r != -ENOENT) {
        return r;
    }
    *out_head = (struct journal_head){.seq = last.id.seq, .hlc = {last.hlc}};
    memcpy(out_head->hash, last.hash, HASH_LEN);
    return 0;
}
