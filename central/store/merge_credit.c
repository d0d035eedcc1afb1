#include "central/store/merge_credit.h"

#include "central/store/ledger.h"
#include "central/store/rights_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define WHAT_CREDIT    "credit"
#define SHARES_A_TIME  64 /* of one member: stores times who owes */
#define RECALL_ASKED   0
#define RECALL_GIVEN   1
#define RECALL_REFUSED 2

/* ---- postings */

static void compute(struct owner owner, const struct journal_fact *fact, struct postings *out)
{
    struct posting *from = &out->items[0], *to = &out->items[1];
    *from = (struct posting){.unit = UNIT_CREDIT, .amount_minor = -fact->amount_minor};
    *to = (struct posting){.unit = UNIT_CREDIT, .amount_minor = fact->amount_minor};
    ledger_account_credit(owner, fact->number, from->account);
    ledger_account_credit(owner, fact->member, to->account);
    out->count = 2;
}

static bool is_credit(const struct journal_fact *fact, struct owner *out_owner)
{
    return fact->what && fact->key && strcmp(fact->what, WHAT_CREDIT) == 0 && fact->amount_minor > 0 &&
           owner_parse(fact->key, out_owner) == 0;
}

void merge_credit_postings(const struct record *record, struct postings *out_postings)
{
    struct journal_fact fact;
    struct owner owner;
    char texts[RECORD_BODY_MAX];
    *out_postings = (struct postings){.count = 0};
    if (journal_fact_decode(record->body, &fact, texts, sizeof(texts)) == 0 && is_credit(&fact, &owner))
        compute(owner, &fact, out_postings);
}

int merge_credit_take_fact(struct store_tx *tx, const struct journal_fact *fact)
{
    struct owner owner;
    if (!is_credit(fact, &owner))
        return 0;
    int rc = rights_share_add(tx, fact->number, owner, fact->store, -fact->amount_minor);
    return rc < 0 ? rc : rights_share_add(tx, fact->member, owner, fact->store, fact->amount_minor);
}

/* ---- asking */

struct share {
    struct owner owner;
    uint32_t store;
    int64_t amount_minor;
};

struct share_list {
    struct share items[SHARES_A_TIME];
    size_t count;
};

/* Rows of scope, owner, store, amount; at most SHARES_A_TIME. Closes stmt. */
static int read_shares(struct db_stmt *stmt, struct share_list *out)
{
    int rc;

    out->count = 0;
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        out->items[out->count++] =
            (struct share){.owner = {(uint8_t)db_column_int64(stmt, 0), (uint32_t)db_column_int64(stmt, 1)},
                           .store = (uint32_t)db_column_int64(stmt, 2),
                           .amount_minor = db_column_int64(stmt, 3)};
    }
    db_stmt_close(stmt);
    return rc;
}

/* What stores hold of a number and are not asked for yet. The rest of a longer list is asked for when these answer. */
static int list_shares(struct store_tx *tx, uint64_t member, struct share_list *out)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx),
                        "SELECT s.scope, s.owner, s.store, s.amount FROM share AS s WHERE s.member = ?1 AND s.store != "
                        "0 AND s.amount > 0 AND NOT EXISTS (SELECT 1 FROM credit_recall AS r WHERE r.from_member = ?1 "
                        "AND r.scope = s.scope AND r.owner = s.owner AND r.store = s.store AND r.state = 0) LIMIT ?2",
                        QUERY(Q_INT(member), Q_INT(SHARES_A_TIME)), &stmt);
    return rc < 0 ? rc : read_shares(stmt, out);
}

static int note_recall(struct store_tx *tx, const struct transfer *transfer, uint64_t to)
{
    return query_run(store_tx_write(tx),
                     "INSERT INTO credit_recall (transfer, from_member, to_member, scope, owner, store, amount, state)"
                     " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                     QUERY(Q_INT(transfer->id), Q_INT(transfer->member), Q_INT(to), Q_INT(transfer->owner.scope),
                           Q_INT(transfer->owner.id), Q_INT(transfer->from_store), Q_INT(transfer->amount_minor),
                           Q_INT(RECALL_ASKED)));
}

static int ask_store(struct store_tx *tx, uint64_t from, uint64_t to, const struct share *share)
{
    uint32_t brand = 0;
    struct transfer recall = {.kind = TRANSFER_RECALL,
                              .state = TRANSFER_OPEN,
                              .member = from,
                              .owner = share->owner,
                              .amount_minor = share->amount_minor,
                              .from_store = share->store,
                              .to_store = share->store,
                              .asked_ms = tx->now_ms};
    random_fill(store_random(tx->store), recall.request_id, sizeof(recall.request_id));
    int rc = share_brand_of(tx, share->store, &brand);
    if (rc == 0)
        rc = transfer_insert(tx, &recall);
    if (rc == 0)
        rc = note_recall(tx, &recall, to);
    struct share_lane lane = {FEED_SHARE_REQUEST, brand, share->store};
    return rc < 0 ? rc : share_publish(tx, &lane, &recall, NULL);
}

int merge_credit_ask(struct store_tx *tx, uint64_t from, uint64_t to)
{
    struct share_list shares;
    int rc = list_shares(tx, from, &shares);
    for (size_t i = 0; rc == 0 && i < shares.count; i++)
        rc = ask_store(tx, from, to, &shares.items[i]);
    return rc;
}

/* ---- a store answers */

struct recall {
    uint64_t from, to;
};

static int find_recall(struct store_tx *tx, uint64_t transfer, struct recall *out_recall)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), "SELECT from_member, to_member FROM credit_recall WHERE transfer = ?",
                         QUERY(Q_INT(transfer)), &stmt);
    if (rc < 0)
        return rc == -ENOENT ? -EUCLEAN : rc;
    *out_recall = (struct recall){(uint64_t)db_column_int64(stmt, 0), (uint64_t)db_column_int64(stmt, 1)};
    db_stmt_close(stmt);
    return 0;
}

static int book(struct store_tx *tx, const struct recall *recall, const struct transfer *transfer)
{
    char owner[ID_TEXT_MAX];
    struct postings postings;
    struct journal_marks marks;
    uint32_t incarnation = store_server_epoch(tx->store);
    struct journal_fact fact = {.key = owner,
                                .what = WHAT_CREDIT,
                                .store = transfer->from_store,
                                .member = recall->to,
                                .number = recall->from,
                                .transfer = transfer->id,
                                .amount_minor = transfer->amount_minor};
    owner_format(transfer->owner, owner, sizeof(owner));
    int rc = journal_append_central(tx, RECORD_MEMBER_MERGED, &fact);
    if (rc == 0)
        rc = journal_marks_read(tx, 0, incarnation, &marks);
    if (rc < 0)
        return rc;
    compute(transfer->owner, &fact, &postings);
    return ledger_post(tx, (struct record_id){0, incarnation, marks.durable_through}, &postings);
}

/* To the store that gave it up, under the number that the credit is now. */
static int give_anew(struct store_tx *tx, const struct recall *recall, const struct transfer *transfer)
{
    uint32_t brand = 0;
    struct transfer given = {.kind = TRANSFER_SHARE,
                             .state = TRANSFER_GRANTED,
                             .member = recall->to,
                             .owner = transfer->owner,
                             .amount_minor = transfer->amount_minor,
                             .from_store = transfer->from_store,
                             .to_store = transfer->from_store,
                             .asked_ms = tx->now_ms,
                             .parts = transfer->parts};
    random_fill(store_random(tx->store), given.request_id, sizeof(given.request_id));
    int rc = share_brand_of(tx, given.to_store, &brand);
    if (rc == 0)
        rc = transfer_insert(tx, &given);
    struct share_lane lane = {FEED_SHARE_GRANT, brand, given.to_store};
    if (rc == 0)
        rc = share_publish(tx, &lane, &given, &given.position);
    if (rc == 0)
        rc = rights_share_add(tx, given.member, given.owner, given.to_store, given.amount_minor);
    return rc;
}

static int withdraw_request(struct store_tx *tx, const struct transfer *transfer)
{
    char key[24];
    snprintf(key, sizeof(key), "%" PRIu64, transfer->id);
    return feed_withdraw(tx, (struct feed_target){.store = transfer->from_store}, FEED_SHARE_REQUEST, key);
}

int merge_credit_heir(struct store_tx *tx, uint64_t member, uint64_t *out_next)
{
    int64_t next = 0;
    int rc = query_number(store_tx_db(tx), "SELECT merged_into FROM member WHERE id = ?", QUERY(Q_INT(member)), &next);
    if (rc == 0 || rc == -ENOENT)
        *out_next = (uint64_t)next;
    return rc == -ENOENT ? 0 : rc;
}

/* From number to number, so that each merge can be undone by itself. */
int merge_credit_follow(struct store_tx *tx, uint64_t member)
{
    uint64_t at = member, next = 0;
    int rc = member ? merge_credit_heir(tx, at, &next) : 0;
    for (int i = 0; rc == 0 && next && i < MERGE_CHAIN_MAX; i++) {
        rc = merge_credit_ask(tx, at, next);
        at = next;
        rc = rc ? rc : merge_credit_heir(tx, at, &next);
    }
    return rc;
}

int merge_credit_arrived(struct store_tx *tx, struct transfer *transfer, const struct body_share *released)
{
    struct recall recall;
    int rc = find_recall(tx, transfer->id, &recall);
    bool gives = released->amount_minor > 0;
    transfer->amount_minor = released->amount_minor;
    transfer->parts = released->parts;
    transfer->state = gives ? TRANSFER_GRANTED : TRANSFER_REFUSED;
    if (rc == 0 && gives && recall.from != recall.to)
        rc = book(tx, &recall, transfer);
    if (rc == 0 && gives)
        rc = give_anew(tx, &recall, transfer);
    if (rc == 0)
        rc = query_run(
            store_tx_write(tx), "UPDATE credit_recall SET state = ?2, amount = ?3 WHERE transfer = ?1",
            QUERY(Q_INT(transfer->id), Q_INT(gives ? RECALL_GIVEN : RECALL_REFUSED), Q_INT(transfer->amount_minor)));
    if (rc == 0)
        rc = transfer_update(tx, transfer);
    if (rc == 0)
        rc = withdraw_request(tx, transfer);
    return rc < 0 || !gives ? rc : merge_credit_follow(tx, recall.to); /* merged, or merged again, since it was asked */
}

/* ---- back */

/* What came from the one to the other, less what went back, by store and owner; never more than is there now. */
static int list_moved(struct store_tx *tx, uint64_t from, uint64_t back_to, struct share_list *out)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx),
                        "SELECT r.scope, r.owner, r.store, min(s.amount, sum(CASE WHEN r.from_member = ?2 THEN r.amount"
                        " ELSE -r.amount END)) AS moved FROM credit_recall AS r JOIN share AS s ON s.member = ?1 AND "
                        "s.scope = r.scope AND s.owner = r.owner AND s.store = r.store WHERE r.state = 1 AND "
                        "((r.from_member = ?2 AND r.to_member = ?1) OR (r.from_member = ?1 AND r.to_member = ?2)) "
                        "GROUP BY r.scope, r.owner, r.store HAVING moved > 0 LIMIT ?3",
                        QUERY(Q_INT(from), Q_INT(back_to), Q_INT(SHARES_A_TIME)), &stmt);
    return rc < 0 ? rc : read_shares(stmt, out);
}

int merge_credit_undo(struct store_tx *tx, uint64_t from, uint64_t back_to)
{
    struct share_list shares;
    int rc = query_run(store_tx_write(tx),
                       "UPDATE credit_recall SET to_member = from_member WHERE from_member = ? AND to_member = ? AND "
                       "state = 0",
                       QUERY(Q_INT(back_to), Q_INT(from)));
    if (rc == 0)
        rc = list_moved(tx, from, back_to, &shares);
    for (size_t i = 0; rc == 0 && i < shares.count; i++)
        rc = ask_store(tx, from, back_to, &shares.items[i]);
    return rc;
}

int merge_credit_left(struct store_tx *tx, uint64_t member, int64_t *out_minor)
{
    return query_number(store_tx_db(tx), "SELECT coalesce(sum(amount), 0) FROM share WHERE member = ?",
                        QUERY(Q_INT(member)), out_minor);
}
