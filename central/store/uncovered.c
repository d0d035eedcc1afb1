#include "central/store/uncovered.h"
#include "central/store/feed.h"
#include "central/store/ledger.h"
#include "central/store/rights_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define WHAT_WRITTEN_OFF "credit written off"
#define WHAT_COVERED     "spend covered after all"

struct row {
    uint64_t member;
    struct owner owner;
    uint32_t store;
    uint64_t position;   /* of the question in the store's lane; 0 = none is open */
    int64_t written_off; /* of what the store gave away */
    int64_t given;       /* of that, from central's hand to a store */
};

#define ROW_COLUMNS "member, scope, owner, store, position, written_off, given"

static struct row row_read(struct db_stmt *stmt)
{
    return (struct row){
        .member = (uint64_t)db_column_int64(stmt, 0),
        .owner = {(uint8_t)db_column_int64(stmt, 1), (uint32_t)db_column_int64(stmt, 2)},
        .store = (uint32_t)db_column_int64(stmt, 3),
        .position = (uint64_t)db_column_int64(stmt, 4),
        .written_off = db_column_int64(stmt, 5),
        .given = db_column_int64(stmt, 6),
    };
}

static int row_first(struct store_tx *tx, const char *sql, struct query_values values, struct row *out_row)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), sql, values, &stmt);
    if (rc < 0)
        return rc;
    *out_row = row_read(stmt);
    db_stmt_close(stmt);
    return 0;
}

static int row_find(struct store_tx *tx, uint64_t member, struct owner owner, uint32_t store, struct row *out_row)
{
    struct row row = {.member = member, .owner = owner, .store = store};
    int rc = row_first(tx,
                       "SELECT " ROW_COLUMNS " FROM uncovered WHERE member = ?1 AND scope = ?2 AND owner = ?3"
                       " AND store = ?4",
                       QUERY(Q_INT(member), Q_INT(owner.scope), Q_INT(owner.id), Q_INT(store)), &row);
    if (rc < 0 && rc != -ENOENT)
        return rc;
    *out_row = row;
    return 0;
}

static int row_write(struct store_tx *tx, const struct row *row)
{
    if (row->position == 0 && row->written_off == 0 && row->given == 0)
        return query_run(store_tx_write(tx),
                         "DELETE FROM uncovered WHERE member = ?1 AND scope = ?2 AND owner = ?3 AND store = ?4",
                         QUERY(Q_INT(row->member), Q_INT(row->owner.scope), Q_INT(row->owner.id), Q_INT(row->store)));
    return query_run(store_tx_write(tx),
                     "INSERT OR REPLACE INTO uncovered (" ROW_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                     QUERY(Q_INT(row->member), Q_INT(row->owner.scope), Q_INT(row->owner.id), Q_INT(row->store),
                           Q_INT(row->position), Q_INT(row->written_off), Q_INT(row->given)));
}

/* ---- asking */

static int publish_question(struct store_tx *tx, uint32_t store, uint64_t *out_position)
{
    struct feed_show_end item = {0};
    uint8_t body[FEED_BODY_MAX];
    size_t len = 0;
    int rc = store_next_number(tx, "show end", &item.question);
    if (rc == 0)
        rc = feed_show_end_encode(&item, body, sizeof(body), &len);
    return rc < 0 ? rc
                  : feed_publish(tx, (struct feed_target){.store = store}, FEED_SHOW_END, "end",
                                 (struct slice){body, len}, out_position);
}

int uncovered_ask(struct store_tx *tx, uint64_t member, struct owner owner, uint32_t store)
{
    int64_t share = 0;
    struct row row;
    int rc = row_find(tx, member, owner, store, &row);
    if (rc == 0)
        rc = rights_share_at(tx, member, owner, store, &share);
    if (rc < 0 || -share <= row.written_off)
        return rc;
    rc = publish_question(tx, store, &row.position);
    return rc < 0 ? rc : row_write(tx, &row);
}

int uncovered_ask_again(struct store_tx *tx, uint32_t store)
{
    uint64_t position = 0;
    int64_t open = 0;
    int rc = query_number(store_tx_db(tx), "SELECT count(*) FROM uncovered WHERE store = ?1 AND position != 0",
                          QUERY(Q_INT(store)), &open);
    if (rc < 0 || open == 0)
        return rc;
    rc = publish_question(tx, store, &position);
    return rc < 0
               ? rc
               : query_run(store_tx_write(tx), "UPDATE uncovered SET position = ?2 WHERE store = ?1 AND position != 0",
                           QUERY(Q_INT(store), Q_INT(position)));
}

/* ---- booking */

static void posting_add(struct postings *postings, const char *prefix, const char *account, int64_t amount_minor)
{
    struct posting *posting = &postings->items[postings->count++];
    *posting = (struct posting){.unit = UNIT_CREDIT, .amount_minor = amount_minor};
    snprintf(posting->account, sizeof(posting->account), "%s%s", prefix, account);
}

/* amount_minor: from the risk account to the member's. */
static void compute(const struct journal_fact *fact, struct postings *out)
{
    *out = (struct postings){.count = 0};
    if (!fact->what || !fact->key || strncmp(fact->key, "credit/", 7) != 0 || strlen(fact->key) + 5 >= ACCOUNT_MAX ||
        (strcmp(fact->what, WHAT_WRITTEN_OFF) != 0 && strcmp(fact->what, WHAT_COVERED) != 0))
        return;
    posting_add(out, "", fact->key, fact->amount_minor);
    posting_add(out, "risk/", fact->key, -fact->amount_minor);
}

void uncovered_postings(const struct record *record, struct postings *out_postings)
{
    struct journal_fact fact;
    char texts[RECORD_BODY_MAX];
    *out_postings = (struct postings){.count = 0};
    if (journal_fact_decode(record->body, &fact, texts, sizeof(texts)) == 0)
        compute(&fact, out_postings);
}

static int book(struct store_tx *tx, const struct row *row, const struct journal_fact *what)
{
    struct journal_fact fact = *what;
    char account[ACCOUNT_MAX];
    struct postings postings;
    struct journal_marks marks;
    uint32_t incarnation = store_server_epoch(tx->store);
    ledger_account_credit(row->owner, row->member, account);
    fact.key = account;
    fact.store = row->store;
    fact.member = row->member;
    int rc = journal_append_central(tx, RECORD_CONFLICT, &fact);
    if (rc == 0)
        rc = journal_marks_read(tx, 0, incarnation, &marks);
    if (rc < 0)
        return rc;
    compute(&fact, &postings);
    rc = ledger_post(tx, (struct record_id){0, incarnation, marks.durable_through}, &postings);
    return rc < 0 ? rc : rights_share_add(tx, row->member, row->owner, 0, fact.amount_minor);
}

/* ---- settling */

/* What the store gave away: a spend, what it let expire, or a share that it released. */
struct taking {
    struct record_id id;
    uint8_t hash[HASH_LEN];
    uint64_t hlc;
    uint32_t clerk;
    int64_t left;      /* not written off yet */
    uint64_t conflict; /* that it has already; 0 = none */
};

static bool is_of(const struct row *row, const struct body *body, struct taking *taking)
{
    bool expired = body->kind == RECORD_CREDIT_EXPIRED, spend = body->kind == RECORD_CREDIT_SPEND;
    uint64_t member = spend ? body->credit.member : expired ? body->expired.member : body->share.member;
    struct owner owner = spend ? body->credit.owner : expired ? body->expired.owner : body->share.owner;
    taking->left = spend ? body->credit.amount_minor : expired ? body->expired.amount_minor : body->share.amount_minor;
    taking->clerk = spend ? body->credit.clerk : 0;
    return member == row->member && owner.scope == row->owner.scope && owner.id == row->owner.id;
}

/* Less what was written off of it before. */
static int look_at_conflict(struct store_tx *tx, struct taking *taking)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(
        store_tx_db(tx), "SELECT id, discount FROM conflict WHERE terminal = ?1 AND incarnation = ?2 AND seq = ?3",
        QUERY(Q_INT(taking->id.terminal), Q_INT(taking->id.incarnation), Q_INT(taking->id.seq)), &stmt);
    if (rc < 0)
        return rc == -ENOENT ? 0 : rc;
    taking->conflict = (uint64_t)db_column_int64(stmt, 0);
    taking->left -= db_column_int64(stmt, 1);
    db_stmt_close(stmt);
    return 0;
}

struct search {
    const struct row *row;
    enum record_kind kind;
    struct taking found; /* left 0: nothing */
};

/* The newest of one journal that fits, unless one of another journal is newer. */
static int search_rows(struct store_tx *tx, struct search *search, struct db_stmt *stmt)
{
    int step;
    while ((step = db_stmt_step(stmt)) == DB_ROW) {
        struct body body;
        struct taking taking = {.id = {(uint32_t)db_column_int64(stmt, 0), (uint32_t)db_column_int64(stmt, 1),
                                       (uint64_t)db_column_int64(stmt, 2)},
                                .hlc = (uint64_t)db_column_int64(stmt, 3)};
        if (search->found.left > 0 && taking.hlc <= search->found.hlc)
            return 0;
        int rc = body_decode((uint16_t)search->kind, db_column_blob(stmt, 4), &body);
        if (rc < 0 || !is_of(search->row, &body, &taking))
            continue;
        rc = query_column_fixed(stmt, 5, taking.hash, HASH_LEN);
        if (rc == 0)
            rc = look_at_conflict(tx, &taking);
        if (rc < 0)
            return rc;
        if (taking.left <= 0)
            continue;
        search->found = taking;
        return 0;
    }
    return step < 0 ? step : 0;
}

static int search_journal(struct store_tx *tx, struct search *search, uint32_t terminal, uint32_t incarnation)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx),
                        "SELECT j.terminal, j.incarnation, j.seq, j.hlc, j.body, j.hash FROM journal j WHERE"
                        " j.terminal = ?1 AND j.incarnation = ?2 AND j.kind = ?3 AND NOT EXISTS (SELECT 1 FROM voided v"
                        " WHERE v.terminal = ?1 AND v.incarnation = ?2 AND v.seq = j.seq) ORDER BY j.seq DESC",
                        QUERY(Q_INT(terminal), Q_INT(incarnation), Q_INT(search->kind)), &stmt);
    if (rc < 0)
        return rc;
    rc = search_rows(tx, search, stmt);
    db_stmt_close(stmt);
    return rc;
}

static int search_store(struct store_tx *tx, struct search *search)
{
    struct db_stmt *stmt = NULL;
    int step = 0, rc = query_open(store_tx_db(tx),
                                  "SELECT h.terminal, h.incarnation FROM terminal t JOIN journal_head h"
                                  " ON h.terminal = t.id WHERE t.store = ?1 ORDER BY 1, 2",
                                  QUERY(Q_INT(search->row->store)), &stmt);
    if (rc < 0)
        return rc;
    while (rc == 0 && (step = db_stmt_step(stmt)) == DB_ROW)
        rc = search_journal(tx, search, (uint32_t)db_column_int64(stmt, 0), (uint32_t)db_column_int64(stmt, 1));
    db_stmt_close(stmt);
    return rc < 0 ? rc : step < 0 ? step : 0;
}

/* The newest spend that was not voided, or what expired later; where there is none, the newest share that was let go.
 */
static int find_taking(struct store_tx *tx, const struct row *row, struct taking *out_taking)
{
    struct search search = {.row = row, .kind = RECORD_CREDIT_SPEND};
    int rc = search_store(tx, &search);
    search.kind = RECORD_CREDIT_EXPIRED;
    if (rc == 0)
        rc = search_store(tx, &search);
    if (rc == 0 && search.found.left == 0) {
        search.kind = RECORD_SHARE_RELEASED;
        rc = search_store(tx, &search);
    }
    *out_taking = search.found;
    return rc < 0 || search.found.left > 0 ? rc : -ENOENT;
}

static int change_conflict(struct store_tx *tx, uint64_t id, int64_t minor)
{
    int rc = query_run(store_tx_write(tx), "UPDATE conflict SET discount = discount + ?2 WHERE id = ?1",
                       QUERY(Q_INT(id), Q_INT(minor)));
    return rc < 0
               ? rc
               : query_run(store_tx_write(tx), "DELETE FROM conflict WHERE id = ?1 AND discount = 0", QUERY(Q_INT(id)));
}

static int note_conflict(struct store_tx *tx, const struct row *row, struct taking *taking, int64_t minor)
{
    bool risk = false;
    if (taking->conflict)
        return change_conflict(tx, taking->conflict, minor);
    int rc = succession_at_risk(tx, row->store, &risk);
    if (rc == 0)
        rc = store_next_number(tx, "conflict", &taking->conflict);
    struct conflict conflict = {
        .id = taking->conflict,
        .kind = risk ? CONFLICT_WRITE_OFF : CONFLICT_NO_RIGHT,
        .record = taking->id,
        .store = row->store,
        .member = row->member,
        .clerk = taking->clerk,
        .discount_minor = minor,
        .found_ms = tx->now_ms,
    };
    return rc < 0 ? rc : conflict_insert(tx, &conflict);
}

static int write_off(struct store_tx *tx, struct row *row, int64_t *missing)
{
    struct taking taking;
    int rc = find_taking(tx, row, &taking);
    if (rc < 0)
        return rc;
    int64_t minor = taking.left < *missing ? taking.left : *missing;
    rc = note_conflict(tx, row, &taking, minor);
    struct journal_fact fact = {
        .what = WHAT_WRITTEN_OFF,
        .terminal = taking.id.terminal,
        .number = taking.conflict,
        .amount_minor = minor,
        .evidence_a = taking.hash,
    };
    if (rc == 0)
        rc = book(tx, row, &fact);
    row->written_off += minor;
    *missing -= minor;
    return rc;
}

static int settle(struct store_tx *tx, struct row *row)
{
    int64_t share = 0;
    int rc = rights_share_at(tx, row->member, row->owner, row->store, &share);
    int64_t missing = -share - row->written_off;
    while (rc == 0 && missing > 0)
        rc = write_off(tx, row, &missing);
    row->position = 0;
    return rc < 0 && rc != -ENOENT ? rc : row_write(tx, row); /* -ENOENT: nothing that it could have been given for */
}

/* Everybody who is there has shown its end since the question. */
static int settle_all(struct store_tx *tx, uint32_t store)
{
    struct row row;
    int rc;
    while ((rc = row_first(tx,
                           "SELECT " ROW_COLUMNS " FROM uncovered u WHERE store = ?1 AND position != 0 AND NOT EXISTS"
                           " (SELECT 1 FROM terminal t WHERE t.store = ?1 AND t.state = 2 AND NOT EXISTS (SELECT 1 FROM"
                           " shown_end s WHERE s.terminal = t.id AND s.epoch = ?2 AND s.position >= u.position))"
                           " ORDER BY member, scope, owner LIMIT 1",
                           QUERY(Q_INT(store), Q_INT(store_server_epoch(tx->store))), &row)) == 0) {
        rc = settle(tx, &row);
        if (rc < 0)
            return rc;
    }
    return rc == -ENOENT ? 0 : rc;
}

int uncovered_is_due(struct store_tx *tx, const struct succession_sign *sign, bool *out_due)
{
    int64_t due = 0;
    int rc = 0;
    if (sign->shows_end)
        rc = query_number(store_tx_db(tx),
                          "SELECT EXISTS (SELECT 1 FROM uncovered u WHERE u.store = ?1 AND u.position != 0"
                          " AND u.position <= ?2 AND NOT EXISTS (SELECT 1 FROM shown_end s WHERE s.terminal = ?3"
                          " AND s.epoch = ?4 AND s.position >= u.position))",
                          QUERY(Q_INT(sign->store), Q_INT(sign->position), Q_INT(sign->terminal),
                                Q_INT(store_server_epoch(tx->store))),
                          &due);
    if (rc == 0)
        *out_due = due != 0;
    return rc;
}

int uncovered_note_end(struct store_tx *tx, const struct succession_sign *sign)
{
    struct terminal terminal = {0};
    struct journal_marks marks = {0};
    bool due = false;
    int rc = uncovered_is_due(tx, sign, &due);
    if (rc < 0 || !due)
        return rc;
    rc = identity_find_terminal(tx, sign->terminal, &terminal);
    if (rc == 0)
        rc = journal_marks_read(tx, terminal.id, terminal.incarnation, &marks);
    if (rc < 0 || marks.durable_through < sign->seq)
        return rc;
    rc = query_run(store_tx_write(tx),
                   "INSERT OR REPLACE INTO shown_end (terminal, epoch, position) VALUES (?1, ?2, ?3)",
                   QUERY(Q_INT(sign->terminal), Q_INT(store_server_epoch(tx->store)), Q_INT(sign->position)));
    return rc < 0 ? rc : settle_all(tx, sign->store);
}

/* ---- afterwards */

/* What the risk account bore of it was never the member's: nothing of that comes back to the member. */
int uncovered_voided(struct store_tx *tx, uint32_t store, const struct body_credit *spend, int64_t written_off_minor)
{
    struct row row;
    int rc = row_find(tx, spend->member, spend->owner, store, &row);
    row.written_off -= written_off_minor;
    if (rc == 0)
        rc = row_write(tx, &row);
    return rc < 0 ? rc : rights_share_add(tx, spend->member, spend->owner, 0, -written_off_minor);
}

/* Who was promoted in the store had this record in its copy. */
static int was_copied(struct store_tx *tx, const struct cover *cover, bool *out_copied)
{
    int64_t copied = 0;
    int rc = query_number(
        store_tx_db(tx),
        "SELECT EXISTS (SELECT 1 FROM promotion WHERE store = ?1 AND old_terminal = ?2"
        " AND old_incarnation = ?3 AND copy_through >= ?4)",
        QUERY(Q_INT(cover->store), Q_INT(cover->by.terminal), Q_INT(cover->by.incarnation), Q_INT(cover->by.seq)),
        &copied);
    if (rc == 0)
        *out_copied = copied != 0;
    return rc;
}

/* The oldest conflict over this member's credit at the store, of another terminal's spend that stands. */
static int next_conflict(struct store_tx *tx, const struct cover *cover, uint64_t after, uint64_t *out_id,
                         int64_t *out_minor)
{
    struct db_stmt *stmt = NULL;
    int rc =
        query_first(store_tx_db(tx),
                    "SELECT k.id, k.discount FROM conflict k WHERE k.id > ?1 AND k.split = 0 AND k.campaign = 0 AND"
                    " k.store = ?2 AND k.member = ?3 AND k.terminal != ?4 AND NOT EXISTS (SELECT 1 FROM voided v WHERE"
                    " v.terminal = k.terminal AND v.incarnation = k.incarnation AND v.seq = k.seq) ORDER BY k.id"
                    " LIMIT 1",
                    QUERY(Q_INT(after), Q_INT(cover->store), Q_INT(cover->member), Q_INT(cover->by.terminal)), &stmt);
    if (rc < 0)
        return rc;
    *out_id = (uint64_t)db_column_int64(stmt, 0);
    *out_minor = db_column_int64(stmt, 1);
    db_stmt_close(stmt);
    return 0;
}

/* What is left of the conflict; none of it: there was none. */
static int lessen(struct store_tx *tx, struct row *row, uint64_t conflict, int64_t minor)
{
    struct journal_fact fact = {.what = WHAT_COVERED, .number = conflict, .amount_minor = -minor};
    int rc = change_conflict(tx, conflict, -minor);
    row->written_off -= minor;
    return rc < 0 ? rc : book(tx, row, &fact);
}

int uncovered_cover(struct store_tx *tx, const struct cover *cover)
{
    struct row row;
    bool copied = false;
    uint64_t conflict = 0;
    int64_t minor = 0, share = 0;
    if (cover->amount_minor <= 0)
        return 0;
    int rc = row_find(tx, cover->member, cover->owner, cover->store, &row);
    if (rc < 0 || row.written_off - row.given <= 0)
        return rc;
    rc = was_copied(tx, cover, &copied);
    if (rc == 0)
        rc = rights_share_at(tx, cover->member, cover->owner, cover->store, &share);
    if (rc < 0 || !copied)
        return rc;
    int64_t left =
        share + row.written_off < row.written_off - row.given ? share + row.written_off : row.written_off - row.given;
    if (left > cover->amount_minor)
        left = cover->amount_minor;
    while (left > 0 && (rc = next_conflict(tx, cover, conflict, &conflict, &minor)) == 0) {
        minor = minor < left ? minor : left;
        left -= minor;
        rc = lessen(tx, &row, conflict, minor);
        if (rc < 0)
            return rc;
    }
    return rc < 0 && rc != -ENOENT ? rc : row_write(tx, &row);
}

int uncovered_take(struct store_tx *tx, const struct cover *wanted, int64_t *out_minor)
{
    struct row row;
    int64_t share = 0;
    *out_minor = 0;
    int rc = row_first(tx,
                       "SELECT " ROW_COLUMNS " FROM uncovered WHERE member = ?1 AND scope = ?2 AND owner = ?3"
                       " AND written_off > given ORDER BY store LIMIT 1",
                       QUERY(Q_INT(wanted->member), Q_INT(wanted->owner.scope), Q_INT(wanted->owner.id)), &row);
    if (rc == 0)
        rc = rights_share_at(tx, wanted->member, wanted->owner, wanted->store, &share);
    if (rc < 0)
        return rc == -ENOENT ? 0 : rc;
    int64_t needs = wanted->amount_minor - share, hand = row.written_off - row.given;
    *out_minor = needs < hand ? needs : hand;
    if (*out_minor <= 0) {
        *out_minor = 0;
        return 0;
    }
    row.given += *out_minor;
    rc = row_write(tx, &row);
    return rc < 0 ? rc : rights_share_add(tx, wanted->member, wanted->owner, 0, -*out_minor);
}

/* ---- made anew */

static int find_by_hash(struct store_tx *tx, const struct journal_fact *fact, struct record_id *out_id)
{
    struct db_stmt *stmt = NULL;
    int rc =
        query_first(store_tx_db(tx), "SELECT terminal, incarnation, seq FROM journal WHERE terminal = ?1 AND hash = ?2",
                    QUERY(Q_INT(fact->terminal), Q_BLOB(fact->evidence_a, HASH_LEN)), &stmt);
    if (rc < 0)
        return rc == -ENOENT ? -EUCLEAN : rc;
    *out_id = (struct record_id){(uint32_t)db_column_int64(stmt, 0), (uint32_t)db_column_int64(stmt, 1),
                                 (uint64_t)db_column_int64(stmt, 2)};
    db_stmt_close(stmt);
    return 0;
}

static int take_conflict(struct store_tx *tx, const struct journal_fact *fact)
{
    bool off = fact->what && strcmp(fact->what, WHAT_WRITTEN_OFF) == 0;
    struct conflict conflict;
    if (!off && (!fact->what || strcmp(fact->what, WHAT_COVERED) != 0))
        return -EUCLEAN;
    int rc = rights_find_conflict(tx, fact->number, &conflict);
    if (rc == 0)
        return change_conflict(tx, fact->number, fact->amount_minor);
    if (rc != -ENOENT || !off || !fact->evidence_a)
        return rc == -ENOENT ? -EUCLEAN : rc;
    conflict = (struct conflict){.id = fact->number,
                                 .kind = CONFLICT_NO_RIGHT,
                                 .store = fact->store,
                                 .member = fact->member,
                                 .discount_minor = fact->amount_minor};
    rc = find_by_hash(tx, fact, &conflict.record);
    return rc < 0 ? rc : conflict_insert(tx, &conflict);
}

/* Between the slashes of credit/<owner>/<member>. */
static bool owner_of_account(const char *account, struct owner *out_owner)
{
    char text[ID_TEXT_MAX];
    const char *begin = account ? strchr(account, '/') : NULL, *end = begin ? strchr(begin + 1, '/') : NULL;
    if (!end || (size_t)(end - begin) > sizeof(text))
        return false;
    snprintf(text, sizeof(text), "%.*s", (int)(end - begin - 1), begin + 1);
    return owner_parse(text, out_owner) == 0;
}

int uncovered_take_fact(struct store_tx *tx, const struct journal_fact *fact)
{
    struct owner owner;
    int rc = take_conflict(tx, fact);
    if (rc == 0 && !owner_of_account(fact->key, &owner))
        rc = -EUCLEAN;
    return rc < 0 ? rc : rights_share_add(tx, fact->member, owner, 0, fact->amount_minor);
}
