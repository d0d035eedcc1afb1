#include "central/store/message_question.h"

#include "central/store/query.h"

#include <stdio.h>

#define WORDS_MAX (64 * 1024 + 64)

/* Columns: number, time, who answered, what is sealed. */
static int open_row(struct db_stmt *stmt, const struct channel_keys *keys, struct buffer *text,
                    struct question_words *out_words)
{
    buffer_clear(text);
    int rc = channel_unseal(keys, db_column_blob(stmt, 3), text);
    *out_words = (struct question_words){.inbox = (uint64_t)db_column_int64(stmt, 0),
                                         .at_ms = db_column_int64(stmt, 1),
                                         .by = db_column_text(stmt, 2),
                                         .words = {text->data, text->len}};
    return rc;
}

static int visit_words(struct db_stmt *stmt, const struct channel_keys *keys, question_words_visit visit, void *context)
{
    struct question_words words;
    struct buffer text;
    int rc;
    buffer_init(&text, WORDS_MAX);
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        rc = open_row(stmt, keys, &text, &words);
        rc = rc ? rc : visit(context, &words);
        if (rc != 0) {
            break;
        }
    }
    buffer_finish(&text);
    db_stmt_close(stmt);
    return rc;
}

int question_each_message(struct store_tx *tx, const struct channel_keys *keys, const struct question *question,
                          question_words_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc =
        query_open(store_tx_db(tx),
                   "SELECT n.id, n.received_ms, '', n.message_sealed FROM channel_identity AS i JOIN inbox AS n ON "
                   "n.who = i.who WHERE i.id = ?1 AND n.account = i.account AND n.id >= ?2 AND (?3 = 0 OR "
                   "n.received_ms <= ?3) AND n.kind IN ('text', 'media') ORDER BY n.id LIMIT 200",
                   QUERY(Q_INT(question->identity), Q_INT(question->inbox), Q_INT(question->ended_ms)), &stmt);
    return rc ? rc : visit_words(stmt, keys, visit, context);
}

int question_each_answer(struct store_tx *tx, const struct channel_keys *keys, uint64_t id, question_words_visit visit,
                         void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx),
                        "SELECT 0, at_ms, made_by, text_sealed FROM question_answer WHERE question = ? ORDER BY rowid",
                        QUERY(Q_INT(id)), &stmt);
    return rc ? rc : visit_words(stmt, keys, visit, context);
}

int question_search_page(struct store_tx *tx, const struct channel_keys *keys, const struct inbox_page *page,
                         inbox_words_visit visit, void *context, uint64_t *out_before)
{
    struct db_stmt *stmt = NULL;
    struct question_words words = {0};
    struct buffer text;
    uint64_t before = 0;
    uint32_t count = 0;
    int rc =
        query_open(store_tx_db(tx),
                   "SELECT n.id, n.received_ms, '', n.message_sealed, i.id FROM inbox AS n JOIN channel_identity AS "
                   "i ON i.account = n.account AND i.who = n.who WHERE n.account = ?1 AND (?2 = 0 OR n.id < ?2) AND "
                   "n.received_ms >= ?3 AND n.kind = 'text' ORDER BY n.id DESC LIMIT ?4",
                   QUERY(Q_TEXT(page->account), Q_INT(page->before), Q_INT(page->since_ms), Q_INT(page->limit)), &stmt);
    if (rc < 0) {
        return rc;
    }
    buffer_init(&text, WORDS_MAX);
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        rc = open_row(stmt, keys, &text, &words);
        before = words.inbox;
        count++;
        rc = rc ? rc : visit(context, (uint64_t)db_column_int64(stmt, 4), &words);
        if (rc != 0) {
            break;
        }
    }
    buffer_finish(&text);
    db_stmt_close(stmt);
    if (rc == 0) {
        *out_before = count == page->limit ? before : 0;
    }
    return rc;
}
