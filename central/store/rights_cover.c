#include "central/store/ledger.h"
#include "central/store/records.h"
#include "central/store/rights_internal.h"

/* A spend that was settled as a write-off: how much of it, and by which record. */
struct uncovered {
    uint64_t conflict;
    struct record_id spend;
    int64_t minor;
};

/* The store's next one of this member after `after`, by another terminal than `by`, not voided. */
static int next_uncovered(struct store_tx *tx, const struct cover *cover, uint64_t after, struct uncovered *out_next)
{
    struct db_stmt *stmt = NULL;
    int rc =
        query_first(store_tx_db(tx),
                    "SELECT k.id, k.terminal, k.incarnation, k.seq, k.discount FROM conflict k WHERE k.id > ?1"
                    " AND k.campaign = 0 AND k.store = ?2 AND k.member = ?3 AND k.terminal != ?4 AND NOT EXISTS"
                    " (SELECT 1 FROM voided v WHERE v.terminal = k.terminal AND v.incarnation = k.incarnation"
                    " AND v.seq = k.seq) ORDER BY k.id LIMIT 1",
                    QUERY(Q_INT(after), Q_INT(cover->store), Q_INT(cover->member), Q_INT(cover->by.terminal)), &stmt);
    if (rc < 0)
        return rc;
    *out_next = (struct uncovered){
        .conflict = (uint64_t)db_column_int64(stmt, 0),
        .spend = {(uint32_t)db_column_int64(stmt, 1), (uint32_t)db_column_int64(stmt, 2),
                  (uint64_t)db_column_int64(stmt, 3)},
        .minor = db_column_int64(stmt, 4),
    };
    db_stmt_close(stmt);
    return 0;
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

static int take_back_postings(struct store_tx *tx, struct record_id id)
{
    int rc = query_run(store_tx_write(tx),
                       "UPDATE balance SET amount = amount - (SELECT sum(p.amount) FROM posting p WHERE"
                       " p.terminal = ?1 AND p.incarnation = ?2 AND p.seq = ?3 AND p.account = balance.account"
                       " AND p.unit = balance.unit) WHERE (account, unit) IN (SELECT account, unit FROM posting"
                       " WHERE terminal = ?1 AND incarnation = ?2 AND seq = ?3)",
                       QUERY(Q_INT(id.terminal), Q_INT(id.incarnation), Q_INT(id.seq)));
    return rc < 0 ? rc
                  : query_run(store_tx_write(tx),
                              "DELETE FROM posting WHERE terminal = ?1 AND incarnation = ?2 AND seq = ?3",
                              QUERY(Q_INT(id.terminal), Q_INT(id.incarnation), Q_INT(id.seq)));
}

static int post_again(struct store_tx *tx, const struct journal_entry *entry)
{
    struct postings postings;
    int rc = take_back_postings(tx, entry->record.id);
    if (rc == 0)
        rc = records_postings(tx, &entry->record, entry->store, &postings);
    return rc < 0 ? rc : ledger_post(tx, entry->record.id, &postings);
}

/* What is left of the conflict; none of it: there was none. */
static int lessen(struct store_tx *tx, const struct uncovered *open, int64_t minor)
{
    if (open->minor == minor)
        return query_run(store_tx_write(tx), "DELETE FROM conflict WHERE id = ?1", QUERY(Q_INT(open->conflict)));
    return query_run(store_tx_write(tx), "UPDATE conflict SET discount = ?2 WHERE id = ?1",
                     QUERY(Q_INT(open->conflict), Q_INT(open->minor - minor)));
}

static int journal_covered(struct store_tx *tx, const struct cover *cover, const struct uncovered *open, int64_t minor)
{
    struct journal_fact fact = {
        .what = "spend covered after all",
        .store = cover->store,
        .terminal = open->spend.terminal,
        .member = cover->member,
        .number = open->conflict,
        .amount_minor = minor,
    };
    return journal_append_central(tx, RECORD_CONFLICT, &fact);
}

/* *left: what the record brought, less what it covered. */
static int cover_one(struct store_tx *tx, const struct cover *cover, const struct uncovered *open, int64_t *left)
{
    uint8_t buffer[RECORD_BODY_MAX];
    struct journal_entry entry;
    struct body body;
    int64_t share = 0;
    int rc = journal_find(tx, open->spend, buffer, &entry);
    if (rc == 0)
        rc = body_decode(entry.record.kind, entry.record.body, &body);
    if (rc < 0)
        return rc == -ENOENT || rc == -EBADMSG ? -EUCLEAN : rc;
    if (body.credit.owner.scope != cover->owner.scope || body.credit.owner.id != cover->owner.id)
        return 0;
    rc = rights_share_at(tx, cover->member, cover->owner, cover->store, &share);
    if (rc < 0)
        return rc;
    int64_t minor = open->minor < *left ? open->minor : *left;
    if (minor > share)
        minor = share;
    if (minor <= 0)
        return 0;
    rc = lessen(tx, open, minor);
    if (rc == 0)
        rc = rights_share_add(tx, cover->member, cover->owner, cover->store, -minor);
    if (rc == 0)
        rc = post_again(tx, &entry);
    *left -= minor;
    return rc < 0 ? rc : journal_covered(tx, cover, open, minor);
}

int rights_cover(struct store_tx *tx, const struct cover *cover)
{
    struct uncovered open = {0};
    bool copied = false;
    int64_t left = cover->amount_minor;
    if (left <= 0)
        return 0;
    int rc = was_copied(tx, cover, &copied);
    if (rc < 0 || !copied)
        return rc;
    while (left > 0 && (rc = next_uncovered(tx, cover, open.conflict, &open)) == 0) {
        rc = cover_one(tx, cover, &open, &left);
        if (rc < 0)
            return rc;
    }
    return rc == -ENOENT ? 0 : rc;
}
