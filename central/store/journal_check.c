#include "central/store/identity.h"
#include "central/store/journal_row.h"
#include "central/store/query.h"

#include <stdlib.h>
#include <string.h>

#define UNREADABLE_MAX 64 /* rows that are passed over; then the rest of the file is taken for lost */
#define FACT_TEXTS_CAP (RECORD_BODY_MAX + 8)

struct chain {
    uint32_t terminal, incarnation;
    uint64_t seq; /* the last record read of it */
    uint8_t hash[HASH_LEN];
    uint32_t store;      /* of its records */
    uint32_t store_now;  /* its terminal's */
    bool damaged;        /* one of its records was named: the rest is not looked at */
    bool head, bad_head; /* one was read; it holds what no head has */
    uint64_t durable, archived;
    uint8_t last_hash[HASH_LEN];
    bool has_key, is_signed;
    uint8_t public_key[PUBLIC_KEY_LEN];
    struct journal_signed sign;
};

struct check {
    struct store_tx *tx;
    const struct journal_watch *watch; /* may be NULL */
    struct journal_report report;
    struct chain *chains; /* by terminal and incarnation */
    size_t count, cap;
    int64_t position; /* of the last row read */
    int64_t last_ms;  /* when it arrived */
    unsigned unreadable;
};

static void tell(struct check *check, enum journal_fault fault, struct record_id at)
{
    struct journal_damage damage = {fault, at};
    check->report.damages++;
    if (check->watch)
        check->watch->damaged(check->watch->context, &damage);
}

static int order(const struct chain *chain, struct record_id id)
{
    if (chain->terminal != id.terminal)
        return chain->terminal < id.terminal ? -1 : 1;
    return chain->incarnation == id.incarnation ? 0 : chain->incarnation < id.incarnation ? -1 : 1;
}

/* Where it stands, or where it would. */
static size_t place_of(const struct check *check, struct record_id id)
{
    size_t low = 0, high = check->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (order(&check->chains[middle], id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct chain *find_chain(struct check *check, struct record_id id)
{
    size_t at = place_of(check, id);
    return at < check->count && order(&check->chains[at], id) == 0 ? &check->chains[at] : NULL;
}

static int know_terminal(struct check *check, struct chain *chain)
{
    struct terminal terminal = {0};
    int rc = identity_find_terminal(check->tx, chain->terminal, &terminal);
    if (rc == 0) {
        chain->has_key = true;
        chain->store_now = terminal.store;
        memcpy(chain->public_key, terminal.public_key, PUBLIC_KEY_LEN);
    }
    return rc == -ENOENT || rc == -EUCLEAN ? 0 : rc; /* whose signatures cannot be verified then */
}

/* Pointers to other chains end here. */
static int add_chain(struct check *check, struct record_id id, struct chain **out_chain)
{
    size_t at = place_of(check, id);
    if (check->count == check->cap) {
        size_t cap = check->cap ? check->cap * 2 : 64;
        struct chain *chains = realloc(check->chains, cap * sizeof(*chains));
        if (!chains)
            return -ENOMEM;
        check->chains = chains;
        check->cap = cap;
    }
    memmove(check->chains + at + 1, check->chains + at, (check->count - at) * sizeof(*check->chains));
    check->count++;
    check->chains[at] = (struct chain){.terminal = id.terminal, .incarnation = id.incarnation};
    *out_chain = &check->chains[at];
    return know_terminal(check, *out_chain);
}

static bool is_count(struct db_stmt *stmt, int column)
{
    return db_column_is_int64(stmt, column) && db_column_int64(stmt, column) >= 0;
}

static void read_signed(struct db_stmt *stmt, struct chain *chain)
{
    bool none = db_column_is_null(stmt, 5) && db_column_is_null(stmt, 6);
    struct slice head = db_column_blob(stmt, 5), signature = db_column_blob(stmt, 6);
    if (none) /* central's own, or nothing came since signatures are kept */
        return;
    chain->is_signed = true; /* what does not fit stays zeros, which nobody signed */
    if (head.len == 0 || head.len > sizeof(chain->sign.head) || signature.len != SIGNATURE_LEN)
        return;
    memcpy(chain->sign.head, head.data, head.len);
    chain->sign.head_len = head.len;
    memcpy(chain->sign.signature, signature.data, SIGNATURE_LEN);
}

static int read_head(struct check *check, struct db_stmt *stmt)
{
    int64_t terminal = db_column_int64(stmt, 0), incarnation = db_column_int64(stmt, 1);
    struct record_id id = {(uint32_t)terminal, (uint32_t)incarnation, 0};
    struct chain *chain = find_chain(check, id);
    int rc = chain ? 0 : add_chain(check, id, &chain);
    if (rc < 0)
        return rc;
    chain->bad_head = chain->head || terminal != id.terminal || incarnation != id.incarnation || !is_count(stmt, 2) ||
                      !is_count(stmt, 3) || query_column_fixed(stmt, 4, chain->last_hash, HASH_LEN) < 0;
    chain->head = true;
    chain->durable = (uint64_t)db_column_int64(stmt, 2);
    chain->archived = (uint64_t)db_column_int64(stmt, 3);
    read_signed(stmt, chain);
    return 0;
}

static int read_heads(struct check *check)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(check->tx),
                        "SELECT terminal, incarnation, durable, archived, last_hash, signed_head, signature"
                        " FROM journal_head",
                        QUERY_NONE, &stmt);
    if (rc < 0)
        return rc;
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        rc = read_head(check, stmt);
        if (rc < 0)
            break;
    }
    db_stmt_close(stmt);
    return rc;
}

/* Whose row comes after the last one read: the index says once more what stands where. Goes on to it. -ENOENT. */
static int ask_index(struct check *check, struct record_id *out_id)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(check->tx),
                         "SELECT terminal, incarnation, seq, position FROM journal INDEXED BY journal_id"
                         " WHERE position > ?1 ORDER BY position LIMIT 1",
                         QUERY(Q_INT(check->position)), &stmt);
    if (rc < 0)
        return rc == -EUCLEAN ? -ENOENT : rc;
    *out_id = (struct record_id){(uint32_t)db_column_int64(stmt, 0), (uint32_t)db_column_int64(stmt, 1),
                                 (uint64_t)db_column_int64(stmt, 2)};
    check->position = db_column_int64(stmt, 3);
    db_stmt_close(stmt);
    return 0;
}

static int mark_damaged(struct check *check, struct record_id id)
{
    struct chain *chain = find_chain(check, id);
    int rc = chain ? 0 : add_chain(check, id, &chain);
    if (rc < 0 || chain->damaged)
        return rc;
    chain->damaged = true;
    tell(check, JOURNAL_BAD_RECORD, id);
    return 0;
}

/* A row that is not the next sound record of its chain. What it says of itself is the last to be believed; but one that
 * is itself in the right place only shows that another is missing before it. */
static int name_row(struct check *check, struct record_id claimed)
{
    struct record_id id = claimed;
    int rc = ask_index(check, &id);
    if (rc < 0 && rc != -ENOENT)
        return rc;
    const struct chain *chain = find_chain(check, id);
    uint64_t next = chain ? chain->seq + 1 : 1;
    if (record_id_equal(id, claimed) && id.seq > next)
        id.seq = next;
    return mark_damaged(check, id);
}

/* A terminal's records bear its store; what came before it was given another one, that. */
static int check_store(struct check *check, struct chain *chain, const struct journal_entry *entry)
{
    struct shop shop;
    struct journal_fact fact;
    char texts[FACT_TEXTS_CAP];
    bool right = entry->store == chain->store_now;
    int rc = 0;
    if (chain->terminal == 0) {
        rc = journal_fact_decode(entry->record.body, &fact, texts, sizeof(texts));
        right = rc < 0 || fact.store == entry->store;
        rc = 0;
    } else if (!right && entry->record.id.seq == 1) {
        rc = identity_find_shop(check->tx, entry->store, &shop);
        right = rc == 0;
        rc = rc == -ENOENT || rc == -EUCLEAN ? 0 : rc;
    } else if (!right) {
        right = entry->store == chain->store;
    }
    if (rc == 0 && !right)
        tell(check, JOURNAL_BAD_STORE, entry->record.id);
    else
        chain->store = entry->store;
    return rc;
}

static void note_arrival(struct check *check, const struct journal_entry *entry)
{
    struct journal_report *report = &check->report;
    if (report->records > 0 && check->last_ms - entry->received_ms > report->back_ms) {
        report->back_ms = check->last_ms - entry->received_ms;
        report->back = entry->record.id;
    }
    if (report->records == 0 || entry->received_ms > report->newest_ms) {
        report->newest_ms = entry->received_ms;
        report->newest = entry->record.id;
    }
    check->last_ms = entry->received_ms;
}

/* Positions are given without gaps; one alone proves nothing, but it may be that this record's number is not its own.
 */
static bool stands_elsewhere(struct check *check, struct record_id id, int64_t position)
{
    struct db_stmt *stmt = NULL;
    if (position == check->position + 1)
        return false;
    int rc = query_first(store_tx_db(check->tx),
                         "SELECT position FROM journal INDEXED BY journal_id WHERE terminal = ?1 AND incarnation = ?2"
                         " AND seq = ?3",
                         QUERY(Q_INT(id.terminal), Q_INT(id.incarnation), Q_INT(id.seq)), &stmt);
    bool elsewhere = rc == 0 && db_column_int64(stmt, 0) != position;
    if (rc == 0)
        db_stmt_close(stmt);
    return elsewhere;
}

static bool is_next(const struct chain *chain, struct journal_entry *entry)
{
    memcpy(entry->record.prev_hash, chain->hash, HASH_LEN);
    return entry->record.id.seq == chain->seq + 1 && record_check(&entry->record);
}

static int take_sound(struct check *check, struct chain *chain, struct journal_entry *entry)
{
    chain->seq = entry->record.id.seq;
    memcpy(chain->hash, entry->record.hash, HASH_LEN);
    note_arrival(check, entry);
    check->report.records++;
    return check_store(check, chain, entry);
}

static int take_row(struct check *check, struct db_stmt *stmt)
{
    static const struct chain none;
    int64_t position = db_column_int64(stmt, 0);
    struct journal_entry entry = {.record.id = {(uint32_t)db_column_int64(stmt, 1), (uint32_t)db_column_int64(stmt, 2),
                                                (uint64_t)db_column_int64(stmt, 3)}};
    struct record_id claimed = entry.record.id;
    bool whole = journal_entry_from_row(stmt, 1, &entry) == 0;
    struct chain *chain = find_chain(check, claimed);
    if (chain && chain->damaged) { /* its row is not asked for again: that reads the whole index */
        check->position = position;
        return 0;
    }
    if (!whole || !is_next(chain ? chain : &none, &entry))
        return name_row(check, claimed);
    bool elsewhere = stands_elsewhere(check, claimed, position);
    check->position = elsewhere ? check->position + 1 : position;
    if (elsewhere)
        return mark_damaged(check, claimed);
    int rc = chain ? 0 : add_chain(check, claimed, &chain);
    return rc < 0 ? rc : take_sound(check, chain, &entry);
}

static int read_rows(struct check *check)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(check->tx),
                        "SELECT position, " JOURNAL_ENTRY_COLUMNS " FROM journal NOT INDEXED WHERE position > ?1"
                        " ORDER BY position",
                        QUERY(Q_INT(check->position)), &stmt);
    if (rc < 0)
        return rc;
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        rc = take_row(check, stmt);
        if (rc < 0)
            break;
    }
    db_stmt_close(stmt);
    return rc;
}

/* A row that SQLite itself cannot read is named by the index, and the next one read. */
static int read_what_can_be(struct check *check)
{
    int rc;
    while ((rc = read_rows(check)) == -EUCLEAN && check->unreadable++ < UNREADABLE_MAX) {
        struct record_id id;
        rc = ask_index(check, &id);
        if (rc == 0)
            rc = mark_damaged(check, id);
        if (rc < 0)
            return rc == -ENOENT ? -EUCLEAN : rc;
    }
    return rc;
}

static bool signs_its_end(const struct chain *chain)
{
    struct slice encoded = {chain->sign.head, chain->sign.head_len};
    struct batch_head head;
    return batch_head_decode(encoded, &head) == 0 && head.terminal == chain->terminal &&
           head.incarnation == chain->incarnation && head.first_seq + head.count - 1 == chain->seq &&
           memcmp(head.last_hash, chain->hash, HASH_LEN) == 0 && chain->has_key &&
           crypto_verify(chain->public_key, encoded.data, encoded.len, chain->sign.signature);
}

/* When number and hash of the end both differ a record is missing; one alone was changed. */
static void check_head(struct check *check, const struct chain *chain)
{
    struct record_id last = {chain->terminal, chain->incarnation, chain->seq};
    bool readable = chain->head && !chain->bad_head;
    bool same_hash = memcmp(chain->hash, chain->last_hash, HASH_LEN) == 0;
    if (readable && !same_hash && chain->durable > chain->seq) {
        tell(check, JOURNAL_BAD_RECORD, (struct record_id){last.terminal, last.incarnation, chain->seq + 1});
        return;
    }
    if (readable && same_hash && chain->durable == chain->seq && chain->archived <= chain->durable) {
        check->report.not_archived += chain->durable - chain->archived;
    } else {
        tell(check, JOURNAL_BAD_HEAD, last);
    }
    if (chain->is_signed && !signs_its_end(chain))
        tell(check, JOURNAL_BAD_SIGNATURE, last);
    else if (chain->is_signed)
        check->report.signatures++;
}

static int look(struct check *check)
{
    int heads = read_heads(check);
    if (heads < 0 && heads != -EUCLEAN)
        return heads;
    int rc = read_what_can_be(check);
    if (rc < 0 && rc != -EUCLEAN)
        return rc;
    for (size_t i = 0; i < check->count && rc == 0; i++) {
        if (!check->chains[i].damaged)
            check_head(check, &check->chains[i]);
    }
    check->report.complete = heads == 0 && rc == 0;
    return heads < 0 || check->report.damages > 0 ? -EUCLEAN : rc;
}

int journal_check(struct store_tx *tx, const struct journal_watch *watch, struct journal_report *out_report)
{
    struct check check = {.tx = tx, .watch = watch};
    /* One bad cell must not hide the page it stands on: then the first record of the page would be named. */
    int rc = db_exec(store_tx_db(tx), "PRAGMA cell_size_check=OFF");
    if (rc == 0)
        rc = look(&check);
    int back = db_exec(store_tx_db(tx), "PRAGMA cell_size_check=ON");
    free(check.chains);
    if (rc == 0 || rc == -EUCLEAN)
        *out_report = check.report;
    return rc == 0 ? back : rc;
}

struct first {
    struct journal_finding finding;
    uint64_t beside; /* damages that are none of the chains */
};

static void keep_first(void *context, const struct journal_damage *damage)
{
    struct first *first = context;
    if (damage->fault == JOURNAL_BAD_STORE || damage->fault == JOURNAL_BAD_SIGNATURE)
        first->beside++;
    else if (first->finding.at.seq == 0)
        first->finding.at = damage->at;
}

int journal_verify_all(struct store_tx *tx, struct journal_finding *out_finding)
{
    struct first first = {0};
    struct journal_watch watch = {keep_first, &first};
    struct journal_report report = {0};
    int rc = journal_check(tx, &watch, &report);
    first.finding.records = report.records;
    if (rc == -EUCLEAN && report.complete && first.beside == report.damages)
        rc = 0;
    if (rc == 0 || rc == -EUCLEAN)
        *out_finding = first.finding;
    return rc;
}
