#include "central/store/wechat_budget.h"

#include "central/store/query.h"

int budget_note(struct store_tx *tx, const char *account, uint32_t touchpoint, enum ticket_kind kind)
{
    /* What was permanent once stays counted. */
    return query_run(store_tx_write(tx),
                     "INSERT INTO wechat_ticket (touchpoint, account, kind, given_ms) VALUES (?, ?, ?, ?) ON CONFLICT "
                     "(touchpoint) DO UPDATE SET given_ms = excluded.given_ms, kind = min(kind, excluded.kind)",
                     QUERY(Q_INT(touchpoint), Q_TEXT(account), Q_INT(kind), Q_INT(tx->now_ms)));
}

int budget_kind(struct store_tx *tx, uint32_t touchpoint, enum ticket_kind *out_kind)
{
    int64_t kind = 0;
    int rc = query_number(store_tx_db(tx), "SELECT kind FROM wechat_ticket WHERE touchpoint = ?",
                          QUERY(Q_INT(touchpoint)), &kind);
    if (rc == 0) {
        *out_kind = (enum ticket_kind)kind;
    }
    return rc;
}

int budget_permanent_used(struct store_tx *tx, const char *account, uint32_t *out_used)
{
    int64_t used = 0;
    int rc = query_number(store_tx_db(tx), "SELECT count(*) FROM wechat_ticket WHERE account = ? AND kind = 0",
                          QUERY(Q_TEXT(account)), &used);
    if (rc == 0) {
        *out_used = (uint32_t)used;
    }
    return rc;
}

int budget_choose(struct store_tx *tx, const struct budget_wish *wish, enum ticket_kind *out_kind)
{
    uint32_t used = 0;
    if (wish->ends || (wish->rotate && wish->on_screen)) {
        *out_kind = wish->ends ? TICKET_ENDING : TICKET_ROTATING;
        return 0;
    }
    int rc = budget_permanent_used(tx, wish->account, &used);
    if (rc < 0) {
        return rc;
    }
    if (wish->on_screen && used >= BUDGET_LOW) {
        *out_kind = TICKET_ROTATING;
        return 0;
    }
    if (used >= BUDGET_PERMANENT) {
        return -EDQUOT;
    }
    *out_kind = TICKET_PERMANENT;
    return 0;
}

int budget_due(struct store_tx *tx, int64_t before_s, struct ticket_due *out_due, size_t cap, size_t *out_count)
{
    struct db_stmt *stmt = NULL;
    size_t count = 0;
    int rc = query_open(store_tx_db(tx),
                        "SELECT t.id, t.valid_to_s, k.account FROM wechat_ticket AS k JOIN touchpoint AS t ON t.id = "
                        "k.touchpoint WHERE k.kind = 1 AND t.gone = 0 AND t.valid_to_s < ? ORDER BY t.valid_to_s LIMIT "
                        "?",
                        QUERY(Q_INT(before_s), Q_INT(cap)), &stmt);
    if (rc < 0) {
        return rc;
    }
    while (count < cap && (rc = db_stmt_step(stmt)) == DB_ROW) {
        struct ticket_due *due = &out_due[count++];
        due->touchpoint = (uint32_t)db_column_int64(stmt, 0);
        due->valid_to_s = (uint32_t)db_column_int64(stmt, 1);
        query_column_text(stmt, 2, due->account, sizeof(due->account));
    }
    db_stmt_close(stmt);
    if (rc < 0) {
        return rc;
    }
    *out_count = count;
    return 0;
}
