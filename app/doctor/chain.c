#include "doctor/chain.h"

#include <string.h>

#define SEQ_BITS 44 /* a row's id: its era above, its seq below */
#define ERAS_MAX 64 /* enrolments of one device */

struct era {
    int64_t era;
    uint32_t terminal, incarnation;
    uint64_t durable_through, pruned_through;
};

struct chain {
    struct era eras[ERAS_MAX];
    size_t era_count, era; /* where reading stands */
    uint64_t seq;          /* the last one read of it */
    uint8_t hash[HASH_LEN];
    uint64_t records;
};

static int load_eras(struct db *db, struct chain *chain)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(db, "SELECT era, terminal, incarnation, durable_through, pruned_through FROM era ORDER BY era",
                         &stmt);

    if (r < 0)
        return r;
    while ((r = db_stmt_step(stmt)) == DB_ROW && chain->era_count < ERAS_MAX) {
        chain->eras[chain->era_count++] = (struct era){.era = db_column_int64(stmt, 0),
                                                       .terminal = (uint32_t)db_column_int64(stmt, 1),
                                                       .incarnation = (uint32_t)db_column_int64(stmt, 2),
                                                       .durable_through = (uint64_t)db_column_int64(stmt, 3),
                                                       .pruned_through = (uint64_t)db_column_int64(stmt, 4)};
    }
    db_stmt_close(stmt);
    return r == DB_ROW ? -E2BIG : r;
}

/* Ids and small numbers in a column that holds more must not pass by being cut off. */
static bool in_range(struct db_stmt *stmt, int column, uint64_t max)
{
    int64_t value = db_column_int64(stmt, column);

    return value >= 0 && (uint64_t)value <= max;
}

static bool read_row(struct db_stmt *stmt, struct record *out_record)
{
    struct slice body = db_column_blob(stmt, 7), prev = db_column_blob(stmt, 8), hash = db_column_blob(stmt, 9);
    struct record record = {.version = (uint8_t)db_column_int64(stmt, 1),
                            .id = {.terminal = (uint32_t)db_column_int64(stmt, 2),
                                   .incarnation = (uint32_t)db_column_int64(stmt, 3),
                                   .seq = (uint64_t)db_column_int64(stmt, 4)},
                            .hlc = (uint64_t)db_column_int64(stmt, 5),
                            .kind = (uint16_t)db_column_int64(stmt, 6),
                            .body = body};

    if (db_column_int64(stmt, 10) == 0 || !in_range(stmt, 1, UINT8_MAX) || !in_range(stmt, 2, UINT32_MAX) ||
        !in_range(stmt, 3, UINT32_MAX) || !in_range(stmt, 6, UINT16_MAX) || body.len > RECORD_BODY_MAX ||
        prev.len != HASH_LEN || hash.len != HASH_LEN)
        return false;
    memcpy(record.prev_hash, prev.data, HASH_LEN);
    memcpy(record.hash, hash.data, HASH_LEN);
    *out_record = record;
    return record_check(&record);
}

/* Pruned records may be missing before this one, no others. */
static bool follows(const struct chain *chain, const struct record *record)
{
    const struct era *era = &chain->eras[chain->era];
    bool next = record->id.seq == chain->seq + 1;

    if (record->id.terminal != era->terminal || record->id.incarnation != era->incarnation)
        return false;
    if (!next)
        return record->id.seq > chain->seq && record->id.seq <= era->pruned_through + 1;
    return memcmp(record->prev_hash, chain->hash, HASH_LEN) == 0;
}

static bool era_ended(const struct chain *chain)
{
    return chain->seq >= chain->eras[chain->era].durable_through;
}

/* Goes on to the era that the row says it is of, when that one comes later and the present one misses nothing. */
static void enter_era(struct chain *chain, int64_t id)
{
    for (size_t i = chain->era + 1; i < chain->era_count && era_ended(chain); i++) {
        if (chain->eras[i].era != id >> SEQ_BITS)
            continue;
        chain->era = i;
        chain->seq = 0;
        memset(chain->hash, 0, HASH_LEN);
        return;
    }
}

static int take_row(struct chain *chain, struct db_stmt *stmt, struct record *out_record)
{
    int64_t id = db_column_int64(stmt, 0);
    struct record record;

    enter_era(chain, id);
    if (!read_row(stmt, &record) || !follows(chain, &record) ||
        id != (int64_t)((uint64_t)chain->eras[chain->era].era << SEQ_BITS | record.id.seq))
        return -EUCLEAN;
    chain->seq = record.id.seq;
    chain->records++;
    memcpy(chain->hash, record.hash, HASH_LEN);
    *out_record = record;
    return 0;
}

static int read_rows(struct db *db, struct chain *chain, chain_visit visit, void *context)
{
    struct record record;
    struct db_stmt *stmt;
    int step = 0, r = db_stmt_open(db,
                                   "SELECT id, version, terminal, incarnation, seq, hlc, kind, body, prev_hash, hash,"
                                   " typeof(version) || typeof(terminal) || typeof(incarnation) || typeof(seq) ||"
                                   " typeof(hlc) || typeof(kind) || typeof(body) || typeof(prev_hash) || typeof(hash)"
                                   " = 'integerintegerintegerintegerintegerintegerblobblobblob'"
                                   " FROM journal ORDER BY id",
                                   &stmt);

    if (r < 0)
        return r;
    while (r == 0 && (step = db_stmt_step(stmt)) == DB_ROW) {
        r = chain->era_count == 0 ? -EUCLEAN : take_row(chain, stmt, &record);
        if (r == 0 && visit != NULL)
            r = visit(context, &record);
    }
    db_stmt_close(stmt);
    return r != 0 ? r : step;
}

int chain_read(struct db *db, chain_visit visit, void *context, struct chain_finding *out_finding)
{
    struct chain chain = {0};
    int back, r = load_eras(db, &chain);

    /* One bad cell must not hide the page it stands on: then the first record of the page would be named. */
    if (r == 0)
        r = db_exec(db, "PRAGMA cell_size_check=OFF");
    if (r == 0)
        r = read_rows(db, &chain, visit, context);
    back = db_exec(db, "PRAGMA cell_size_check=ON");
    if (r == 0)
        r = back;
    if (r == 0 && chain.era_count > 0 && !era_ended(&chain)) /* central has more than this disk does */
        r = -EUCLEAN;
    if (r == 0 || r == -EUCLEAN) {
        const struct era *era = &chain.eras[chain.era];
        *out_finding =
            (struct chain_finding){.at = {era->terminal, era->incarnation, chain.seq + 1}, .records = chain.records};
    }
    return r;
}
