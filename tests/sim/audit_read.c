#include "audit_read.h"

#include "audit_body.h"
#include "center.h"
#include "shoppers.h"

#include <inttypes.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>

#define DAY_MS INT64_C(86400000)

void audit_must(sqlite3 *db, int code, const char *what)
{
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW)
        return;
    fprintf(stderr, "tillside-sim: audit: %s: %s\n", what, sqlite3_errmsg(db));
    abort();
}

void audit_execute(sqlite3 *db, const char *sql)
{
    audit_must(db, sqlite3_exec(db, sql, NULL, NULL, NULL), sql);
}

sqlite3_stmt *audit_prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    audit_must(db, sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), sql);
    return stmt;
}

bool audit_readable(const char *path)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    bool sound = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
                 sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &stmt, NULL) == SQLITE_OK &&
                 sqlite3_step(stmt) == SQLITE_ROW && strcmp((const char *)sqlite3_column_text(stmt, 0), "ok") == 0 &&
                 sqlite3_exec(db, "SELECT 1 FROM journal LIMIT 1", NULL, NULL, NULL) == SQLITE_OK;
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return sound;
}

void audit_attach(sqlite3 *db, const char *path, const char *name)
{
    char sql[512];
    snprintf(sql, sizeof(sql), "ATTACH '%s' AS %s", path, name);
    audit_execute(db, sql);
}

/* hash = SHA-256(prev ‖ version ‖ terminal ‖ incarnation ‖ seq ‖ hlc ‖ kind ‖ length ‖ body), big-endian. */
struct entry {
    int64_t version, terminal, inc, seq, store, hlc, kind;
    const uint8_t *body, *hash;
    int len;
};

static size_t put(uint8_t *out, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        out[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
    return bytes;
}

static bool hash_fits(const struct entry *e, const uint8_t prev[32])
{
    uint8_t header[31], hash[32];
    size_t len = put(header, (uint64_t)e->version, 1);
    len += put(header + len, (uint64_t)e->terminal, 4);
    len += put(header + len, (uint64_t)e->inc, 4);
    len += put(header + len, (uint64_t)e->seq, 8);
    len += put(header + len, (uint64_t)e->hlc, 8);
    len += put(header + len, (uint64_t)e->kind, 2);
    len += put(header + len, (uint64_t)e->len, 4);
    struct sha256_ctx state;
    sha256_init(&state);
    sha256_update(&state, 32, prev);
    sha256_update(&state, len, header);
    sha256_update(&state, (size_t)e->len, e->body);
    sha256_digest(&state, sizeof(hash), hash);
    return memcmp(hash, e->hash, 32) == 0;
}

/* Under which request id of another terminal it was done; 0 = none. */
static int64_t request_of(const struct entry *e, const int64_t numbers[AUDIT_KEYS])
{
    return e->kind == 4 ? numbers[18] : e->kind == 5 || e->kind == 8 ? numbers[11] : 0;
}

/* A redemption: the latest that it can have been, as far as its terminal knew; a clerk saw the date of any other. */
static int64_t latest_of(const struct entry *e, const int64_t numbers[AUDIT_KEYS])
{
    if (e->kind != 4)
        return 0;
    return numbers[11] + (numbers[12] <= DAY_MS ? numbers[12] : 0);
}

/* Enough to tell two records apart. */
static int64_t hash_start(const struct entry *e)
{
    int64_t start;
    memcpy(&start, e->hash, sizeof(start));
    return start;
}

static void insert(sqlite3 *db, sqlite3_stmt *stmt, unsigned place, const struct entry *e,
                   const int64_t numbers[AUDIT_KEYS])
{
    const int64_t values[] = {place,
                              e->terminal,
                              e->inc,
                              e->seq,
                              e->store,
                              e->hlc,
                              e->kind,
                              numbers[1],
                              numbers[2],
                              numbers[3],
                              numbers[4],
                              numbers[5],
                              numbers[6],
                              numbers[7],
                              numbers[8],
                              numbers[9],
                              numbers[10],
                              request_of(e, numbers),
                              hash_start(e),
                              e->kind == 4 ? numbers[19] : 0,
                              numbers[11] - numbers[12],
                              latest_of(e, numbers),
                              numbers[11],
                              numbers[13]};
    for (int i = 0; i < (int)ARRAY_LEN(values); i++)
        sqlite3_bind_int64(stmt, i + 1, values[i]);
    audit_must(db, sqlite3_step(stmt), "insert");
    sqlite3_reset(stmt);
}

/* Of credit that ends: pairs of an end and an amount. */
static void insert_parts(sqlite3 *db, sqlite3_stmt *stmt, const struct entry *e, const struct audit_list *list)
{
    if (e->kind != 7 && e->kind != 8 && e->kind != 11 && e->kind != 12 && e->kind != 22)
        return;
    for (size_t i = 0; i + 1 < list->count; i += 2) {
        const int64_t values[] = {e->terminal, e->inc, e->seq, list->items[i], list->items[i + 1]};
        for (int k = 0; k < (int)ARRAY_LEN(values); k++)
            sqlite3_bind_int64(stmt, k + 1, values[k]);
        audit_must(db, sqlite3_step(stmt), "part");
        sqlite3_reset(stmt);
    }
}

int64_t audit_number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = audit_prepare(db, sql);
    audit_must(db, sqlite3_step(stmt), sql);
    int64_t value = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return value;
}

/* What a terminal no longer keeps, because a backup of central has it, leaves holes. */
static bool hole_is_pruned(sqlite3 *db, unsigned place, const struct entry *e)
{
    char sql[192];
    snprintf(sql, sizeof(sql),
             "SELECT max(through) FROM pruned WHERE place = %u AND terminal = %" PRId64 " AND inc = %" PRId64, place,
             e->terminal, e->inc);
    return audit_number(db, sql) >= e->seq - 1;
}

/* A journal into the auditor's own table, chain by chain. columns in the order of struct entry. */
static void read_journal(struct world *world, sqlite3 *db, const char *sql, const char *table, unsigned place)
{
    char text[192];
    uint8_t prev[32] = {0};
    int64_t last_terminal = -1, last_inc = -1, last_seq = 0, last_hlc = 0;
    snprintf(text, sizeof(text), "INSERT INTO %s VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", table);
    sqlite3_stmt *in = audit_prepare(db, sql), *out = audit_prepare(db, text);
    sqlite3_stmt *parts = audit_prepare(db, "INSERT INTO part VALUES(?, ?, ?, ?, ?)");
    while (sqlite3_step(in) == SQLITE_ROW) {
        int64_t numbers[AUDIT_KEYS];
        struct audit_list list;
        struct entry e = {.version = sqlite3_column_int64(in, 0),
                          .terminal = sqlite3_column_int64(in, 1),
                          .inc = sqlite3_column_int64(in, 2),
                          .seq = sqlite3_column_int64(in, 3),
                          .store = sqlite3_column_int64(in, 4),
                          .hlc = sqlite3_column_int64(in, 5),
                          .kind = sqlite3_column_int64(in, 6),
                          .body = sqlite3_column_blob(in, 7),
                          .len = sqlite3_column_bytes(in, 7),
                          .hash = sqlite3_column_blob(in, 8)};
        bool first = e.terminal != last_terminal || e.inc != last_inc;
        if (first)
            memset(prev, 0, sizeof(prev));
        bool hole = e.seq > (first ? 1 : last_seq + 1) && hole_is_pruned(db, place, &e);
        if (!hole && (e.seq != (first ? 1 : last_seq + 1) || !hash_fits(&e, prev)))
            world_violation(world, "broken chain in %s of %u at %" PRId64 ".%" PRId64 ".%" PRId64, table, place,
                            e.terminal, e.inc, e.seq);
        if (!first && e.seq == last_seq + 1 && e.hlc <= last_hlc)
            world_violation(world, "order stamp that does not rise in %s of %u at %" PRId64 ".%" PRId64, table, place,
                            e.terminal, e.seq);
        if (!audit_body_read(e.body, (size_t)e.len, numbers, &list))
            world_violation(world, "unreadable body in %s of %u at %" PRId64, table, place, e.seq);
        insert(db, out, place, &e, numbers);
        if (place == 0) /* central */
            insert_parts(db, parts, &e, &list);
        memcpy(prev, e.hash, sizeof(prev));
        last_terminal = e.terminal;
        last_inc = e.inc;
        last_seq = e.seq;
        last_hlc = e.hlc;
    }
    sqlite3_finalize(in);
    sqlite3_finalize(out);
    sqlite3_finalize(parts);
}

/* What the terminal keeps of the brand's keys is what central last sealed. */
static bool has_keys(const struct world *world, sqlite3 *db)
{
    uint8_t sealed[4096];
    char path[192];
    snprintf(path, sizeof(path), "%s/" CENTRAL_KEYS_DIR "/keyset.bin", world->center->drive.folder);
    FILE *file = fopen(path, "rb");
    size_t len = file ? fread(sealed, 1, sizeof(sealed), file) : 0;
    if (file)
        fclose(file);
    sqlite3_stmt *stmt = audit_prepare(db, "SELECT value FROM till.config WHERE key = 'keyset'");
    bool same = sqlite3_step(stmt) == SQLITE_ROW && (size_t)sqlite3_column_bytes(stmt, 0) == len &&
                memcmp(sqlite3_column_blob(stmt, 0), sealed, len) == 0;
    sqlite3_finalize(stmt);
    return same;
}

static void read_terminal(struct world *world, sqlite3 *db, const struct terminal *t, unsigned place)
{
    char sql[512];
    if (!audit_readable(t->books)) {
        world_violation(world, "the books of %s cannot be read", t->name);
        return;
    }
    audit_attach(db, t->books, "till");
    snprintf(sql, sizeof(sql),
             "INSERT INTO machine SELECT %u, store, %d, terminal FROM till.era WHERE own = 1 ORDER BY era DESC"
             " LIMIT 1",
             place, t->clone);
    audit_execute(db, sql);
    snprintf(sql, sizeof(sql),
             "INSERT INTO pruned SELECT %u, terminal, incarnation, pruned_through FROM till.era;"
             "INSERT INTO waits SELECT %u, e.incarnation, c.value FROM till.config c, till.era e WHERE e.own = 1"
             " AND c.key = 'unconfirmed_from' AND c.value > 0 ORDER BY e.era DESC LIMIT 1",
             place, place);
    audit_execute(db, sql);
    read_journal(world, db,
                 "SELECT version, terminal, incarnation, seq, 0, hlc, kind, body, hash FROM till.journal ORDER BY id",
                 "l", place);
    if (!t->clone && !has_keys(world, db))
        world_violation(world, "%s does not know the keys that are good", t->name);
    if (!t->clone) {
        snprintf(sql, sizeof(sql),
                 "INSERT INTO lbalance SELECT %u, account, unit, amount_minor FROM till.balance;"
                 "INSERT INTO lshare SELECT %u, member, scope, owner, amount_minor FROM till.share",
                 place, place);
        audit_execute(db, sql);
    }
    audit_execute(db, "COMMIT; DETACH till; BEGIN");
}

/* Of a disk that is gone, what nothing else can tell: which acts were voided on it. */
static void read_lost(struct world *world, sqlite3 *db, const struct terminal *t)
{
    if (!audit_readable(t->books)) {
        world_violation(world, "the lost books of %s cannot be read", t->name);
        return;
    }
    audit_attach(db, t->books, "till");
    sqlite3_stmt *in = audit_prepare(db, "SELECT seq, body FROM till.journal WHERE kind = 8 AND terminal = ?");
    sqlite3_stmt *out = audit_prepare(db, "INSERT INTO lost_void VALUES(?, ?, ?, ?, ?)");
    sqlite3_bind_int64(in, 1, t->number);
    while (sqlite3_step(in) == SQLITE_ROW) {
        int64_t numbers[AUDIT_KEYS];
        struct audit_list list;
        if (!audit_body_read(sqlite3_column_blob(in, 1), (size_t)sqlite3_column_bytes(in, 1), numbers, &list))
            world_violation(world, "unreadable body on the lost disk of %s", t->name);
        sqlite3_bind_int64(out, 1, t->number);
        sqlite3_bind_int64(out, 2, sqlite3_column_int64(in, 0));
        for (int i = 1; i <= 3; i++)
            sqlite3_bind_int64(out, i + 2, numbers[i]);
        audit_must(db, sqlite3_step(out), "lost void");
        sqlite3_reset(out);
    }
    sqlite3_finalize(in);
    sqlite3_finalize(out);
    audit_execute(db, "COMMIT; DETACH till; BEGIN");
}

static void read_copied(sqlite3 *db, const struct terminal *t, unsigned place)
{
    char sql[160];
    for (uint32_t i = 0; i < t->copied_count; i++) {
        const struct lan_end *end = &t->copied[i];
        snprintf(sql, sizeof(sql), "INSERT INTO copied VALUES(%u, %" PRIu32 ", %" PRIu32 ", %" PRIu64 ")", place,
                 end->terminal, end->incarnation, end->through);
        audit_execute(db, sql);
    }
}

static unsigned place_of(const struct world *world, const struct terminal *t)
{
    for (unsigned i = 0; i < world->terminal_count; i++) {
        if (world->terminals[i] == t)
            return i + 1;
    }
    return 0;
}

static void read_homes(const struct world *world, sqlite3 *db)
{
    sqlite3_stmt *stmt = audit_prepare(db, "INSERT INTO home VALUES(?, ?, ?)");
    for (size_t i = 0; i < world->shoppers->coupon_count; i++) {
        const struct phone_coupon *coupon = &world->shoppers->coupons[i];
        sqlite3_bind_int64(stmt, 1, coupon->id.campaign);
        sqlite3_bind_int64(stmt, 2, (int64_t)coupon->id.serial);
        sqlite3_bind_int64(stmt, 3, coupon->home_store);
        audit_must(db, sqlite3_step(stmt), "home");
        sqlite3_reset(stmt);
    }
    sqlite3_finalize(stmt);
}

static void read_losses(const struct world *world, sqlite3 *db)
{
    char sql[128];
    read_homes(world, db);
    for (size_t i = 0; i < world->shoppers->coupon_count; i++) {
        const struct phone_coupon *coupon = &world->shoppers->coupons[i];
        snprintf(sql, sizeof(sql), "INSERT INTO written_off VALUES(%" PRIu32 ", %" PRIu64 ")", coupon->id.campaign,
                 coupon->id.serial);
        if (coupon->written_off)
            audit_execute(db, sql);
        snprintf(sql, sizeof(sql), "INSERT INTO public VALUES(%" PRIu32 ", %" PRIu64 ", %" PRIu32 ", %" PRIu32 ", %d)",
                 coupon->id.campaign, coupon->id.serial, coupon->home_store, coupon->public_from_s, coupon->claimed);
        if (coupon->public_from_s != 0)
            audit_execute(db, sql);
    }
    for (unsigned i = 0; i < world->options.terminals; i++) {
        snprintf(sql, sizeof(sql), "INSERT INTO shared VALUES(%" PRIu32 ")", world->center->shops[i]);
        if (world_shares_store(world, i))
            audit_execute(db, sql);
    }
    for (unsigned i = 0; i < world->terminal_count; i++) {
        const struct terminal *t = world->terminals[i];
        snprintf(sql, sizeof(sql), "INSERT INTO lost_disk VALUES(%" PRIu32 ", %" PRIu64 ")", t->number, t->durable);
        if (t->lost)
            audit_execute(db, sql);
    }
}

static void read_acks(const struct world *world, sqlite3 *db)
{
    sqlite3_stmt *stmt = audit_prepare(db, "INSERT INTO ack VALUES(?,?,?,?,?,?,?,?,?,?,?)");
    for (size_t i = 0; i < world->shoppers->ack_count; i++) {
        const struct ack *a = &world->shoppers->acks[i];
        const int64_t values[] = {place_of(world, a->terminal),
                                  a->kind,
                                  a->terminal_id,
                                  a->incarnation,
                                  (int64_t)a->group,
                                  a->coupon.campaign,
                                  (int64_t)a->coupon.serial,
                                  a->discount_minor,
                                  a->earned_minor,
                                  a->credit_minor,
                                  (int64_t)a->durable};
        for (int v = 0; v < (int)ARRAY_LEN(values); v++)
            sqlite3_bind_int64(stmt, v + 1, values[v]);
        audit_must(db, sqlite3_step(stmt), "ack");
        sqlite3_reset(stmt);
    }
    sqlite3_finalize(stmt);
}

void audit_read(struct world *world, sqlite3 *db)
{
    audit_execute(db, "BEGIN");
    read_journal(world, db,
                 "SELECT version, terminal, incarnation, seq, store, hlc, kind, body, hash FROM central.journal"
                 " WHERE terminal != 0 ORDER BY terminal, incarnation, seq",
                 "c", 0);
    audit_execute(db, "COMMIT; BEGIN");
    for (unsigned i = 0; i < world->terminal_count; i++) {
        const struct terminal *t = world->terminals[i];
        if (t->lost)
            read_lost(world, db, t);
        else
            read_terminal(world, db, t, i + 1);
        read_copied(db, t, i + 1);
    }
    read_acks(world, db);
    read_losses(world, db);
}
