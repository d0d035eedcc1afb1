#include "central/store/message_question.h"

#include "central/store/query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS                                                                                                        \
    "q.id, q.identity, q.inbox, q.opened_ms, q.due_ms, q.escalated_ms, q.state, q.answer_ms, q.ended_ms, "             \
    "coalesce(i.member, 0), coalesce(p.text_ms, 0), q.account, q.assigned, q.answer_key, q.ended_by, q.reason, "       \
    "q.last_inbox > q.seen_inbox"
#define FROM                                                                                                           \
    " FROM question AS q LEFT JOIN channel_identity AS i ON i.id = q.identity LEFT JOIN message_person AS p ON "       \
    "p.identity = q.identity "

static void read_row(struct db_stmt *stmt, struct question *out)
{
    *out = (struct question){.id = (uint64_t)db_column_int64(stmt, 0),
                             .identity = (uint64_t)db_column_int64(stmt, 1),
                             .inbox = (uint64_t)db_column_int64(stmt, 2),
                             .opened_ms = db_column_int64(stmt, 3),
                             .due_ms = db_column_int64(stmt, 4),
                             .escalated_ms = db_column_int64(stmt, 5),
                             .state = (enum question_state)db_column_int64(stmt, 6),
                             .answer_ms = db_column_int64(stmt, 7),
                             .ended_ms = db_column_int64(stmt, 8),
                             .member = (uint64_t)db_column_int64(stmt, 9),
                             .written_ms = db_column_int64(stmt, 10)};
    query_column_text(stmt, 11, out->account, sizeof(out->account));
    query_column_text(stmt, 12, out->assigned, sizeof(out->assigned));
    query_column_text(stmt, 13, out->answer_key, sizeof(out->answer_key));
    query_column_text(stmt, 14, out->ended_by, sizeof(out->ended_by));
    query_column_text(stmt, 15, out->reason, sizeof(out->reason));
    out->asked_again = out->answer_ms != 0 && db_column_int64(stmt, 16) != 0;
}

int question_note(struct store_tx *tx, const char *account, uint64_t inbox, struct message_person *person)
{
    if (person->question) {
        return query_run(store_tx_write(tx), "UPDATE question SET last_inbox = max(last_inbox, ?) WHERE id = ?",
                         QUERY(Q_INT(inbox), Q_INT(person->question)));
    }
    int rc = query_run(store_tx_write(tx),
                       "INSERT INTO question (account, identity, inbox, last_inbox, opened_ms, due_ms, state, "
                       "escalated_ms, assigned, answer_key, answer_ms, ended_ms, ended_by, reason) VALUES (?1, ?2, ?3, "
                       "?3, ?4, ?5, 0, 0, '', '', 0, 0, '', '')",
                       QUERY(Q_TEXT(account), Q_INT(person->identity), Q_INT(inbox), Q_INT(tx->now_ms),
                             Q_INT(tx->now_ms + QUESTION_LATE_MS)));
    if (rc == 0) {
        person->question = (uint64_t)db_last_rowid(store_tx_db(tx));
    }
    return rc;
}

int question_find(struct store_tx *tx, uint64_t id, struct question *out_question)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), "SELECT " COLUMNS FROM "WHERE q.id = ?", QUERY(Q_INT(id)), &stmt);
    if (rc == 0) {
        read_row(stmt, out_question);
        db_stmt_close(stmt);
    }
    return rc;
}

static int visit_rows(struct db_stmt *stmt, question_visit visit, void *context)
{
    struct question question;
    int rc;
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        read_row(stmt, &question);
        rc = visit(context, &question);
        if (rc != 0) {
            break;
        }
    }
    db_stmt_close(stmt);
    return rc;
}

int question_each(struct store_tx *tx, const struct question_filter *filter, question_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(
        store_tx_db(tx),
        "SELECT " COLUMNS FROM "WHERE (?1 < 0 OR q.state = ?1) AND (?2 = 0 OR (q.state = 0 AND "
        "q.escalated_ms != 0)) AND (?3 IS NULL OR q.assigned = ?3) ORDER BY "
        "q.due_ms, q.id LIMIT ?4",
        QUERY(Q_INT(filter->state), Q_INT(filter->late), Q_TEXT(filter->assigned), Q_INT(filter->limit)), &stmt);
    return rc ? rc : visit_rows(stmt, visit, context);
}

/* -ENOENT, -EALREADY. */
static int expect_open(struct store_tx *tx, uint64_t id)
{
    int64_t state = 0;
    int rc = query_number(store_tx_db(tx), "SELECT state FROM question WHERE id = ?", QUERY(Q_INT(id)), &state);
    return rc ? rc : state == QUESTION_OPEN ? 0 : -EALREADY;
}

int question_assign(struct store_tx *tx, uint64_t id, const char *who)
{
    int rc = expect_open(tx, id);
    return rc ? rc
              : query_run(store_tx_write(tx), "UPDATE question SET assigned = ? WHERE id = ?",
                          QUERY(Q_TEXT(who), Q_INT(id)));
}

static int keep_answer(struct store_tx *tx, const struct channel_keys *keys, uint64_t id,
                       const struct question_answer *answer)
{
    struct slice text = {(const uint8_t *)answer->text, strlen(answer->text)};
    uint8_t *sealed = malloc(CHANNEL_SEALED_LEN(text.len));
    if (!sealed) {
        return -ENOMEM;
    }
    channel_seal(keys, store_random(tx->store), text, sealed);
    int rc = query_run(
        store_tx_write(tx), "INSERT INTO question_answer (question, at_ms, made_by, text_sealed) VALUES (?, ?, ?, ?)",
        QUERY(Q_INT(id), Q_INT(tx->now_ms), Q_TEXT(answer->by), Q_BLOB(sealed, CHANNEL_SEALED_LEN(text.len))));
    free(sealed);
    return rc;
}

int question_answer_put(struct store_tx *tx, const struct channel_keys *keys, uint64_t id,
                        const struct question_answer *answer)
{
    struct question question;
    int rc = expect_open(tx, id);
    rc = rc ? rc : question_find(tx, id, &question);
    if (rc == 0 && question.answer_key[0]) {
        rc = -EALREADY;
    }
    rc = rc ? rc
            : query_run(store_tx_write(tx),
                        "UPDATE question SET answer_key = ?, answer_ms = ?, ended_by = ?, reason = '', seen_inbox = "
                        "last_inbox WHERE id = ?",
                        QUERY(Q_TEXT(answer->key), Q_INT(tx->now_ms), Q_TEXT(answer->by), Q_INT(id)));
    return rc ? rc : keep_answer(tx, keys, id, answer);
}

static int end_question(struct store_tx *tx, const struct question *question, enum question_state state,
                        const char *reason)
{
    int rc = query_run(
        store_tx_write(tx),
        "UPDATE question SET state = ?, ended_ms = ?, ended_by = ?, reason = ?, answer_key = '' WHERE id "
        "= ?",
        QUERY(Q_INT(state), Q_INT(tx->now_ms), Q_TEXT(question->ended_by), Q_TEXT(reason), Q_INT(question->id)));
    return rc ? rc
              : query_run(store_tx_write(tx),
                          "UPDATE message_person SET question = 0 WHERE identity = ? AND question = ?",
                          QUERY(Q_INT(question->identity), Q_INT(question->id)));
}

int question_close(struct store_tx *tx, uint64_t id, const char *by, const char *why)
{
    struct question question;
    int rc = expect_open(tx, id);
    rc = rc ? rc : question_find(tx, id, &question);
    if (rc < 0) {
        return rc;
    }
    snprintf(question.ended_by, sizeof(question.ended_by), "%s", by);
    return end_question(tx, &question, QUESTION_CLOSED, why);
}

/* ---- the clockwork */

/* From the few that are under way, never from all that the outbox ever sent. */
#define UNDER_WAY                                                                                                      \
    "CROSS JOIN outbox AS o ON o.channel = 'wechat' AND o.key = q.answer_key WHERE q.state = 0 AND q.answer_key != "   \
    "'' AND "                                                                                                          \
    "o.state >= 2 "

/* What was written after the answer was asks again: its quarter of an hour began then. */
static int reopen(struct store_tx *tx, const struct question *question)
{
    return query_run(store_tx_write(tx),
                     "UPDATE question SET answer_key = '', opened_ms = ?1, due_ms = ?1 + ?2, escalated_ms = 0 WHERE id "
                     "= ?3",
                     QUERY(Q_INT(question->written_ms), Q_INT(QUESTION_LATE_MS), Q_INT(question->id)));
}

static int settle_answer(struct store_tx *tx, uint64_t id, bool sent, const char *why)
{
    struct question question;
    int rc = question_find(tx, id, &question);
    if (rc < 0) {
        return rc;
    }
    if (sent && question.asked_again) {
        return reopen(tx, &question);
    }
    return sent ? end_question(tx, &question, QUESTION_ANSWERED, "")
                : query_run(store_tx_write(tx), "UPDATE question SET answer_key = '', reason = ? WHERE id = ?",
                            QUERY(Q_TEXT(why), Q_INT(id)));
}

/* Each one under way is looked at once: after it come those whose key is greater. */
static int settle_answers(struct store_tx *tx, uint32_t limit, struct question_round *round)
{
    struct question question = {0};
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < limit; i++) {
        char why[120];
        struct db_stmt *stmt = NULL;
        rc = query_first(store_tx_db(tx),
                         "SELECT q.id, o.state, o.reason, q.answer_key FROM question AS q " UNDER_WAY
                         "AND q.answer_key > ? ORDER BY q.answer_key LIMIT 1",
                         QUERY(Q_TEXT(question.answer_key)), &stmt);
        if (rc < 0) {
            break;
        }
        bool sent = db_column_int64(stmt, 1) == 2;
        question.id = (uint64_t)db_column_int64(stmt, 0);
        query_column_text(stmt, 2, why, sizeof(why));
        query_column_text(stmt, 3, question.answer_key, sizeof(question.answer_key));
        db_stmt_close(stmt);
        rc = settle_answer(tx, question.id, sent, why);
        round->answered += sent;
        round->failed += !sent;
    }
    return rc == -ENOENT ? 0 : rc;
}

int question_go_round(struct store_tx *tx, uint32_t limit, struct question_round *out_round)
{
    struct question_round round = {0};
    int rc = settle_answers(tx, limit, &round);
    rc =
        rc ? rc
           : query_run(store_tx_write(tx),
                       "UPDATE question SET escalated_ms = ?1 WHERE id IN (SELECT id FROM question WHERE state = 0 AND "
                       "due_ms <= ?1 AND escalated_ms = 0 ORDER BY due_ms LIMIT ?2)",
                       QUERY(Q_INT(tx->now_ms), Q_INT(limit)));
    if (rc == 0) {
        round.late = (uint64_t)db_changes(store_tx_db(tx));
        *out_round = round;
    }
    return rc;
}

int question_round_due(struct store_tx *tx, bool *out_due)
{
    int64_t due = 0;
    int rc = query_number(store_tx_db(tx),
                          "SELECT EXISTS (SELECT 1 FROM question WHERE state = 0 AND due_ms <= ? AND escalated_ms = 0) "
                          "OR EXISTS (SELECT 1 FROM question AS q " UNDER_WAY ")",
                          QUERY(Q_INT(tx->now_ms)), &due);
    if (rc == 0) {
        *out_due = due != 0;
    }
    return rc;
}

int question_count(struct store_tx *tx, uint64_t *out_open, uint64_t *out_late)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx),
                         "SELECT count(*), count(*) FILTER (WHERE escalated_ms != 0) FROM question WHERE state = 0",
                         QUERY_NONE, &stmt);
    if (rc == 0) {
        *out_open = (uint64_t)db_column_int64(stmt, 0);
        *out_late = (uint64_t)db_column_int64(stmt, 1);
        db_stmt_close(stmt);
    }
    return rc;
}
