#include "central/store/ledger.h"
#include "central/store/query.h"
#include "central/store/records.h"
#include "domain/money.h"

#include <stdio.h>
#include <string.h>

static int posting_insert(struct store_tx *tx, struct record_id id, uint32_t line, const struct posting *posting)
{
    return query_run(store_tx_write(tx),
                     "INSERT INTO posting (terminal, incarnation, seq, line, account, unit, amount)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                     QUERY(Q_INT(id.terminal), Q_INT(id.incarnation), Q_INT(id.seq), Q_INT(line),
                           Q_TEXT(posting->account), Q_INT(posting->unit), Q_INT(posting->amount_minor)));
}

static int balance_add(struct store_tx *tx, const struct posting *posting)
{
    int64_t balance = 0;
    int rc = ledger_balance(tx, posting->account, (enum ledger_unit)posting->unit, &balance);
    if (rc == 0)
        rc = money_add(balance, posting->amount_minor, &balance);
    if (rc < 0)
        return rc;
    return query_run(store_tx_write(tx), "INSERT OR REPLACE INTO balance (account, unit, amount) VALUES (?1, ?2, ?3)",
                     QUERY(Q_TEXT(posting->account), Q_INT(posting->unit), Q_INT(balance)));
}

int ledger_post(struct store_tx *tx, struct record_id record, const struct postings *postings)
{
    for (uint32_t line = 0; line < postings->count; line++) {
        int rc = posting_insert(tx, record, line, &postings->items[line]);
        if (rc == -EEXIST && line == 0)
            return 0; /* posted before */
        if (rc == 0)
            rc = balance_add(tx, &postings->items[line]);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int ledger_balance(struct store_tx *tx, const char *account, enum ledger_unit unit, int64_t *out_minor)
{
    int64_t balance = 0;
    int rc = query_number(store_tx_db(tx), "SELECT amount FROM balance WHERE account = ?1 AND unit = ?2",
                          QUERY(Q_TEXT(account), Q_INT(unit)), &balance);
    if (rc < 0 && rc != -ENOENT)
        return rc;
    *out_minor = balance;
    return 0;
}

int ledger_list_balances(struct store_tx *tx, const struct ledger_range *range, ledger_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx),
                        "SELECT account, unit, amount FROM balance WHERE substr(account, 1, length(?1)) = ?1"
                        " AND account > ?2 ORDER BY account, unit LIMIT ?3",
                        QUERY(Q_TEXT(range->prefix), Q_TEXT(range->after), Q_INT(range->limit)), &stmt);
    if (rc < 0)
        return rc;
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        rc = visit(context, db_column_text(stmt, 0), (enum ledger_unit)db_column_int64(stmt, 1),
                   db_column_int64(stmt, 2));
        if (rc != 0)
            break;
    }
    db_stmt_close(stmt);
    return rc;
}

int ledger_each_balance(struct store_tx *tx, const char *prefix, ledger_visit visit, void *context)
{
    const struct ledger_range all = {prefix, "", INT64_MAX};
    return ledger_list_balances(tx, &all, visit, context);
}

int ledger_sums(struct store_tx *tx, int64_t *out_cny_minor, int64_t *out_credit_minor)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx),
                         "SELECT coalesce(sum(amount) FILTER (WHERE unit = 1), 0),"
                         " coalesce(sum(amount) FILTER (WHERE unit = 2), 0) FROM balance",
                         QUERY_NONE, &stmt);
    if (rc < 0)
        return rc;
    *out_cny_minor = db_column_int64(stmt, 0);
    *out_credit_minor = db_column_int64(stmt, 1);
    db_stmt_close(stmt);
    return 0;
}

static bool row_equals(struct db_stmt *stmt, const struct posting *posting)
{
    return strcmp(db_column_text(stmt, 0), posting->account) == 0 && db_column_int64(stmt, 1) == posting->unit &&
           db_column_int64(stmt, 2) == posting->amount_minor;
}

/* The stored postings of one record against what its body says today. */
static int verify_record(struct store_tx *tx, struct record_id id, const struct postings *postings,
                         char out_account[ACCOUNT_MAX])
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx),
                        "SELECT account, unit, amount FROM posting WHERE terminal = ?1 AND incarnation = ?2"
                        " AND seq = ?3 ORDER BY line",
                        QUERY(Q_INT(id.terminal), Q_INT(id.incarnation), Q_INT(id.seq)), &stmt);
    if (rc < 0)
        return rc;
    uint32_t line = 0;
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        if (line >= postings->count || !row_equals(stmt, &postings->items[line])) {
            snprintf(out_account, ACCOUNT_MAX, "%s", db_column_text(stmt, 0));
            rc = -EUCLEAN;
            break;
        }
        line++;
    }
    if (rc == 0 && line != postings->count) {
        memcpy(out_account, postings->items[line].account, ACCOUNT_MAX);
        rc = -EUCLEAN;
    }
    db_stmt_close(stmt);
    return rc;
}

struct verification {
    struct store_tx *tx;
    char *account;
};

static int verify_entry(void *context, const struct journal_entry *entry, uint64_t position)
{
    (void)position;
    struct verification *verification = context;
    struct postings postings;
    int rc = records_postings(verification->tx, &entry->record, entry->store, &postings);
    return rc < 0 ? rc : verify_record(verification->tx, entry->record.id, &postings, verification->account);
}

static int verify_balances(struct store_tx *tx, char out_account[ACCOUNT_MAX])
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx),
                         "SELECT account FROM (SELECT account, unit, sum(amount) AS amount FROM posting GROUP BY"
                         " account, unit UNION ALL SELECT account, unit, -amount FROM balance)"
                         " GROUP BY account, unit HAVING sum(amount) != 0 LIMIT 1",
                         QUERY_NONE, &stmt);
    if (rc == -ENOENT)
        return 0;
    if (rc < 0)
        return rc;
    query_column_text(stmt, 0, out_account, ACCOUNT_MAX);
    db_stmt_close(stmt);
    return -EUCLEAN;
}

int ledger_verify(struct store_tx *tx, char out_account[ACCOUNT_MAX])
{
    struct verification verification = {tx, out_account};
    int rc = journal_each(tx, 0, verify_entry, &verification);
    return rc < 0 ? rc : verify_balances(tx, out_account);
}
