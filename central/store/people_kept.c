#include "central/store/people_kept.h"

#include "central/store/query.h"

/* Each goes from few rows to the member's own ones by an index: never through all that is kept of everybody. */
const struct kept_list people_kept_lists[] = {
    {.name = "survey_answers",
     .columns = {"survey", "answer", "store", "at_ms"},
     .sql = "SELECT a.survey, a.answer, a.store, a.at_ms FROM survey AS s CROSS JOIN survey_answer AS a ON a.survey = "
            "s.id AND a.member = ?1 AND a.member != 0 ORDER BY s.id"},
    {.name = "campaign_arms",
     .columns = {"campaign", "held_out", "since_ms", "until_ms", "used", "bought"},
     .sql = "SELECT a.campaign, a.held, a.since_ms, a.until_ms, a.used, a.bought FROM campaign AS c CROSS JOIN "
            "campaign_arm AS a ON a.campaign = c.id AND a.member = ?1 ORDER BY c.id"},
    {.name = "sent_messages",
     .columns = {"window", "opened_ms", "at_ms"},
     .sql = "SELECT l.window, l.opened_ms, l.at_ms FROM channel_identity AS i CROSS JOIN message_ledger AS l ON "
            "l.identity = i.id WHERE i.member = ?1 AND i.member != 0 ORDER BY l.at_ms, l.item"},
};
const size_t people_kept_count = ARRAY_LEN(people_kept_lists);

const struct kept_list people_kept_questions = {
    .name = "questions",
    .columns = {"question", "opened_ms", "ended_ms"},
    .sql = "SELECT q.id, q.opened_ms, q.ended_ms FROM channel_identity AS i CROSS JOIN question AS q ON q.identity = "
           "i.id WHERE i.member = ?1 AND i.member != 0 ORDER BY q.id"};

int people_each_kept(struct store_tx *tx, const struct kept_list *list, uint64_t member, people_kept_visit visit,
                     void *context)
{
    int64_t values[KEPT_COLUMNS_MAX];
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx), list->sql, QUERY(Q_INT(member)), &stmt);
    while (rc == 0 && (rc = db_stmt_step(stmt)) == DB_ROW) {
        for (int i = 0; list->columns[i]; i++) {
            values[i] = db_column_int64(stmt, i);
        }
        rc = visit(context, list, values);
    }
    db_stmt_close(stmt);
    return rc;
}

int people_each_owner(struct store_tx *tx, uint64_t member, people_owner_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx), "SELECT DISTINCT scope, owner FROM share WHERE member = ? ORDER BY 1, 2",
                        QUERY(Q_INT(member)), &stmt);
    while (rc == 0 && (rc = db_stmt_step(stmt)) == DB_ROW) {
        struct owner owner = {.scope = (uint8_t)db_column_int64(stmt, 0), .id = (uint32_t)db_column_int64(stmt, 1)};
        rc = visit(context, owner);
    }
    db_stmt_close(stmt);
    return rc;
}
