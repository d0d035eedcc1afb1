#include "central/store/journal.h"
#include "central/store/journal_row.h"
#include "central/store/query.h"

#include <string.h>

int journal_marks_read(struct store_tx *tx, uint32_t terminal, uint32_t incarnation, struct journal_marks *out_marks)
{
    struct journal_marks marks = {0};
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx),
                         "SELECT durable, archived, last_hash FROM journal_head"
                         " WHERE terminal = ?1 AND incarnation = ?2",
                         QUERY(Q_INT(terminal), Q_INT(incarnation)), &stmt);
    if (rc == 0) {
        marks.durable_through = (uint64_t)db_column_int64(stmt, 0);
        marks.archived_through = (uint64_t)db_column_int64(stmt, 1);
        rc = query_column_fixed(stmt, 2, marks.last_hash, HASH_LEN);
        db_stmt_close(stmt);
    } else if (rc == -ENOENT) {
        rc = 0;
    }
    if (rc == 0)
        *out_marks = marks;
    return rc;
}

static int marks_write(struct store_tx *tx, struct record_id last, const uint8_t hash[HASH_LEN])
{
    return query_run(store_tx_write(tx),
                     "INSERT INTO journal_head (terminal, incarnation, durable, archived, last_hash)"
                     " VALUES (?1, ?2, ?3, 0, ?4) ON CONFLICT (terminal, incarnation)"
                     " DO UPDATE SET durable = excluded.durable, last_hash = excluded.last_hash",
                     QUERY(Q_INT(last.terminal), Q_INT(last.incarnation), Q_INT(last.seq), Q_BLOB(hash, HASH_LEN)));
}

static int record_insert(struct store_tx *tx, const struct record *record, uint32_t store)
{
    return query_run(store_tx_write(tx),
                     "INSERT INTO journal (terminal, incarnation, seq, store, version, hlc, kind, received_ms, body,"
                     " hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                     QUERY(Q_INT(record->id.terminal), Q_INT(record->id.incarnation), Q_INT(record->id.seq),
                           Q_INT(store), Q_INT(record->version), Q_INT(record->hlc), Q_INT(record->kind),
                           Q_INT(tx->now_ms), Q_BLOB(record->body.data, record->body.len),
                           Q_BLOB(record->hash, HASH_LEN)));
}

int journal_hash(struct store_tx *tx, struct record_id id, uint8_t out_hash[HASH_LEN])
{
    if (id.seq == 0) {
        memset(out_hash, 0, HASH_LEN);
        return 0;
    }
    struct db_stmt *stmt = NULL;
    int rc =
        query_first(store_tx_db(tx), "SELECT hash FROM journal WHERE terminal = ?1 AND incarnation = ?2 AND seq = ?3",
                    QUERY(Q_INT(id.terminal), Q_INT(id.incarnation), Q_INT(id.seq)), &stmt);
    if (rc < 0)
        return rc;
    rc = query_column_fixed(stmt, 0, out_hash, HASH_LEN);
    db_stmt_close(stmt);
    return rc;
}

/* A record that should be stored already: the same, or a fork. */
static int compare_stored(struct store_tx *tx, const struct record *record, bool *out_same)
{
    uint8_t stored[HASH_LEN];
    int rc = journal_hash(tx, record->id, stored);
    if (rc == 0)
        *out_same = memcmp(stored, record->hash, HASH_LEN) == 0;
    return rc;
}

int journal_store_record(struct store_tx *tx, const struct record *record, uint32_t store)
{
    int rc = record_insert(tx, record, store);
    return rc < 0 ? rc : marks_write(tx, record->id, record->hash);
}

int journal_copy_record(struct store_tx *tx, const struct journal_entry *entry, uint64_t position)
{
    const struct record *record = &entry->record;
    int rc = query_run(store_tx_write(tx),
                       "INSERT INTO journal (position, terminal, incarnation, seq, store, version, hlc, kind,"
                       " received_ms, body, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                       QUERY(Q_INT(position), Q_INT(record->id.terminal), Q_INT(record->id.incarnation),
                             Q_INT(record->id.seq), Q_INT(entry->store), Q_INT(record->version), Q_INT(record->hlc),
                             Q_INT(record->kind), Q_INT(entry->received_ms),
                             Q_BLOB(record->body.data, record->body.len), Q_BLOB(record->hash, HASH_LEN)));
    return rc < 0 ? rc : marks_write(tx, record->id, record->hash);
}

static int keep_signature(struct store_tx *tx, const struct batch_reader *batch)
{
    return query_run(
        store_tx_write(tx),
        "UPDATE journal_head SET signed_head = ?3, signature = ?4 WHERE terminal = ?1 AND incarnation = ?2",
        QUERY(Q_INT(batch->head.terminal), Q_INT(batch->head.incarnation),
              Q_BLOB(batch->head_encoded.data, batch->head_encoded.len), Q_BLOB(batch->signature, SIGNATURE_LEN)));
}

int journal_signed_head(struct store_tx *tx, uint32_t terminal, uint32_t incarnation, struct journal_signed *out_signed)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx),
                         "SELECT signed_head, signature FROM journal_head WHERE terminal = ?1 AND incarnation = ?2"
                         " AND signature IS NOT NULL",
                         QUERY(Q_INT(terminal), Q_INT(incarnation)), &stmt);
    if (rc < 0)
        return rc;
    struct slice head = db_column_blob(stmt, 0);
    rc = head.len > 0 && head.len <= sizeof(out_signed->head)
             ? query_column_fixed(stmt, 1, out_signed->signature, SIGNATURE_LEN)
             : -EUCLEAN;
    if (rc == 0) {
        memcpy(out_signed->head, head.data, head.len);
        out_signed->head_len = head.len;
    }
    db_stmt_close(stmt);
    return rc;
}

static int append_record(struct store_tx *tx, const struct record *record, uint32_t store,
                         const struct journal_sink *sink)
{
    int rc = record_insert(tx, record, store);
    if (rc == 0 && sink)
        rc = sink->applied(sink->context, tx, record);
    return rc;
}

static int append_records(struct store_tx *tx, struct batch_reader *batch, uint32_t store,
                          const struct journal_sink *sink, struct journal_outcome *outcome)
{
    struct record record;
    int rc;
    while ((rc = batch_next(batch, &record)) == 1) {
        if (record.id.seq > outcome->marks.durable_through) {
            rc = append_record(tx, &record, store, sink);
            outcome->stored++;
        } else {
            bool same = false;
            rc = compare_stored(tx, &record, &same);
            if (rc == 0 && !same) {
                outcome->fit = JOURNAL_FORKED; /* found before anything new was stored */
                return 0;
            }
            outcome->duplicates++;
        }
        if (rc < 0)
            return rc;
    }
    if (rc == 0 && outcome->stored > 0)
        rc = marks_write(tx, record.id, record.hash);
    return rc == 0 && outcome->stored > 0 ? keep_signature(tx, batch) : rc;
}

int journal_append_batch(struct store_tx *tx, struct batch_reader *batch, uint32_t store,
                         const struct journal_sink *sink, struct journal_outcome *out_outcome)
{
    const struct batch_head *head = &batch->head;
    struct journal_outcome outcome = {.fit = JOURNAL_FITS};
    int rc = journal_marks_read(tx, head->terminal, head->incarnation, &outcome.marks);
    if (rc < 0)
        return rc;
    uint64_t next = outcome.marks.durable_through + 1;
    if (head->first_seq > next)
        outcome.fit = JOURNAL_AHEAD;
    else if (head->first_seq == next && memcmp(head->prev_hash, outcome.marks.last_hash, HASH_LEN) != 0)
        outcome.fit = JOURNAL_FORKED;
    else
        rc = append_records(tx, batch, store, sink, &outcome);
    if (rc == 0)
        rc = journal_marks_read(tx, head->terminal, head->incarnation, &outcome.marks);
    if (rc == 0)
        *out_outcome = outcome;
    return rc;
}

int journal_quarantine(struct store_tx *tx, const struct batch_head *head, const char *reason, struct slice batch)
{
    struct db *db = store_tx_write(tx);
    int rc = query_run(db,
                       "UPDATE quarantine SET times = times + 1 WHERE terminal = ?1 AND incarnation = ?2"
                       " AND first_seq = ?3 AND last_hash = ?4",
                       QUERY(Q_INT(head->terminal), Q_INT(head->incarnation), Q_INT(head->first_seq),
                             Q_BLOB(head->last_hash, HASH_LEN)));
    if (rc < 0 || db_changes(db) > 0)
        return rc;
    int64_t kept = 0;
    rc = query_number(db, "SELECT count(*) FROM quarantine WHERE terminal = ?1", QUERY(Q_INT(head->terminal)), &kept);
    if (rc < 0)
        return rc;
    if (kept >= JOURNAL_QUARANTINE_MAX) {
        int64_t over = 0;
        return query_number(db,
                            "INSERT INTO meta (name, value) VALUES ('quarantine_over', 1)"
                            " ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
                            QUERY_NONE, &over);
    }
    return query_run(db,
                     "INSERT INTO quarantine (terminal, incarnation, first_seq, count, last_hash, reason, received_ms,"
                     " times, batch) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, ?8)",
                     QUERY(Q_INT(head->terminal), Q_INT(head->incarnation), Q_INT(head->first_seq), Q_INT(head->count),
                           Q_BLOB(head->last_hash, HASH_LEN), Q_TEXT(reason), Q_INT(tx->now_ms),
                           Q_BLOB(batch.data, batch.len)));
}

static bool in_range(struct db_stmt *stmt, int column, int64_t from, int64_t through)
{
    int64_t value = db_column_int64(stmt, column);
    return db_column_is_int64(stmt, column) && value >= from && value <= through;
}

#define RECEIVED_MAX_MS (INT64_C(1) << 53)

/* A number that is cut off to fit would be another record's. An order stamp may be any: it came from outside. */
static bool row_is_whole(struct db_stmt *stmt, int first)
{
    return in_range(stmt, first, 0, UINT32_MAX) && in_range(stmt, first + 1, 0, UINT32_MAX) &&
           in_range(stmt, first + 2, 1, INT64_MAX) && in_range(stmt, first + 3, 0, UINT32_MAX) &&
           in_range(stmt, first + 4, 0, UINT8_MAX) && db_column_is_int64(stmt, first + 5) &&
           in_range(stmt, first + 6, 0, UINT16_MAX) && in_range(stmt, first + 7, 0, RECEIVED_MAX_MS) &&
           db_column_is_blob(stmt, first + 8) && db_column_is_blob(stmt, first + 9);
}

int journal_entry_from_row(struct db_stmt *stmt, int first, struct journal_entry *out_entry)
{
    if (!row_is_whole(stmt, first))
        return -EUCLEAN;
    struct journal_entry entry = {
        .record = {.id = {(uint32_t)db_column_int64(stmt, first), (uint32_t)db_column_int64(stmt, first + 1),
                          (uint64_t)db_column_int64(stmt, first + 2)},
                   .version = (uint8_t)db_column_int64(stmt, first + 4),
                   .hlc = (uint64_t)db_column_int64(stmt, first + 5),
                   .kind = (uint16_t)db_column_int64(stmt, first + 6),
                   .body = db_column_blob(stmt, first + 8)},
        .store = (uint32_t)db_column_int64(stmt, first + 3),
        .received_ms = db_column_int64(stmt, first + 7),
    };
    if (entry.record.body.len > RECORD_BODY_MAX)
        return -EUCLEAN;
    int rc = query_column_fixed(stmt, first + 9, entry.record.hash, HASH_LEN);
    if (rc == 0)
        *out_entry = entry;
    return rc;
}

int journal_find(struct store_tx *tx, struct record_id id, uint8_t buffer[RECORD_BODY_MAX],
                 struct journal_entry *out_entry)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx),
                         "SELECT " JOURNAL_ENTRY_COLUMNS
                         " FROM journal WHERE terminal = ?1 AND incarnation = ?2 AND seq = ?3",
                         QUERY(Q_INT(id.terminal), Q_INT(id.incarnation), Q_INT(id.seq)), &stmt);
    if (rc < 0)
        return rc;
    struct journal_entry entry = {0};
    rc = journal_entry_from_row(stmt, 0, &entry);
    if (rc == 0) {
        if (entry.record.body.len > 0)
            memcpy(buffer, entry.record.body.data, entry.record.body.len);
        entry.record.body.data = buffer;
    }
    db_stmt_close(stmt);
    if (rc == 0)
        rc = journal_hash(tx, (struct record_id){id.terminal, id.incarnation, id.seq - 1}, entry.record.prev_hash);
    if (rc == 0)
        *out_entry = entry;
    return rc;
}

int journal_at(struct store_tx *tx, uint64_t position, struct record_id *out_id)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), "SELECT terminal, incarnation, seq FROM journal WHERE position = ?1",
                         QUERY(Q_INT(position)), &stmt);
    if (rc < 0)
        return rc;
    *out_id = (struct record_id){(uint32_t)db_column_int64(stmt, 0), (uint32_t)db_column_int64(stmt, 1),
                                 (uint64_t)db_column_int64(stmt, 2)};
    db_stmt_close(stmt);
    return 0;
}

/* Closes stmt. */
static int visit_rows(struct db_stmt *stmt, journal_visit visit, void *context)
{
    int rc;
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        struct journal_entry entry = {0};
        rc = journal_entry_from_row(stmt, 1, &entry);
        if (rc == 0)
            rc = visit(context, &entry, (uint64_t)db_column_int64(stmt, 0));
        if (rc != 0)
            break;
    }
    db_stmt_close(stmt);
    return rc;
}

int journal_each(struct store_tx *tx, uint64_t after, journal_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx),
                        "SELECT position, " JOURNAL_ENTRY_COLUMNS " FROM journal WHERE position > ?1 ORDER BY position",
                        QUERY(Q_INT(after)), &stmt);
    return rc < 0 ? rc : visit_rows(stmt, visit, context);
}

struct arrival {
    int64_t position, received_ms;
};

/* Of the record at a position, or of the last one before it; position 0: there is none. */
static int arrival_at(struct store_tx *tx, int64_t upto, struct arrival *out)
{
    struct db_stmt *stmt = NULL;
    int rc =
        query_first(store_tx_db(tx),
                    "SELECT position, received_ms FROM journal WHERE position <= ?1 ORDER BY position DESC LIMIT 1",
                    QUERY(Q_INT(upto)), &stmt);
    *out = (struct arrival){0, 0};
    if (rc < 0)
        return rc == -ENOENT ? 0 : rc;
    *out = (struct arrival){db_column_int64(stmt, 0), db_column_int64(stmt, 1)};
    db_stmt_close(stmt);
    return 0;
}

int journal_before(struct store_tx *tx, int64_t received_ms, uint64_t *out_position)
{
    struct arrival at;
    int64_t low = 0, found = 0;
    int rc = arrival_at(tx, INT64_MAX, &at);
    int64_t high = at.position + 1;
    while (rc == 0 && high - low > 1) {
        int64_t middle = low + (high - low) / 2;
        rc = arrival_at(tx, middle, &at);
        bool earlier = at.position <= low || at.received_ms < received_ms; /* nothing stands between, or too early */
        found = at.position > low && earlier ? at.position : found;
        low = earlier ? middle : low;
        high = earlier ? high : at.position;
    }
    if (rc == 0)
        *out_position = (uint64_t)found;
    return rc;
}

int journal_each_newest(struct store_tx *tx, uint32_t limit, journal_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx),
                        "SELECT position, " JOURNAL_ENTRY_COLUMNS " FROM journal WHERE position IN"
                        " (SELECT position FROM journal ORDER BY position DESC LIMIT ?1) ORDER BY position",
                        QUERY(Q_INT(limit)), &stmt);
    return rc < 0 ? rc : visit_rows(stmt, visit, context);
}

int journal_note_archived(struct store_tx *tx, const struct journal_mark_list *list)
{
    int rc = 0;
    for (size_t i = 0; i < list->count && rc == 0; i++) {
        const struct journal_mark *mark = &list->items[i];
        rc = query_run(store_tx_write(tx),
                       "UPDATE journal_head SET archived = max(archived, ?3) WHERE terminal = ?1 AND incarnation = ?2",
                       QUERY(Q_INT(mark->terminal), Q_INT(mark->incarnation), Q_INT(mark->through)));
    }
    return rc;
}
