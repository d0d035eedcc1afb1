#include "central/store/message_keyword.h"

#include "central/store/query.h"
#include "domain/time.h"

#include <stdio.h>
#include <string.h>

#define COLUMNS                                                                                                        \
    "k.id, k.exact, k.off, k.version, k.looked_ms, k.valid_to_ms, k.account, k.word, k.off_by, k.off_why, v.text"
#define FROM " FROM keyword AS k JOIN keyword_version AS v ON v.keyword = k.id AND v.version = k.version "

static void read_row(struct db_stmt *stmt, struct keyword *out)
{
    *out = (struct keyword){.id = (uint64_t)db_column_int64(stmt, 0),
                            .exact = db_column_int64(stmt, 1) != 0,
                            .off = db_column_int64(stmt, 2) != 0,
                            .version = (uint32_t)db_column_int64(stmt, 3),
                            .looked_ms = db_column_int64(stmt, 4),
                            .valid_to_ms = db_column_int64(stmt, 5)};
    query_column_text(stmt, 6, out->account, sizeof(out->account));
    query_column_text(stmt, 7, out->word, sizeof(out->word));
    query_column_text(stmt, 8, out->off_by, sizeof(out->off_by));
    query_column_text(stmt, 9, out->off_why, sizeof(out->off_why));
    query_column_text(stmt, 10, out->text, sizeof(out->text));
}

static int put_row(struct store_tx *tx, const struct keyword *keyword, int64_t *out_id)
{
    return query_number(
        store_tx_write(tx),
        "INSERT INTO keyword (account, word, event, exact, version, off, off_by, off_why, looked_ms, valid_to_ms) "
        "VALUES (?1, ?2, ?3, ?4, 1, 0, '', '', ?5, ?6) ON CONFLICT (account, word) DO UPDATE SET exact = "
        "excluded.exact, version = version + 1, looked_ms = excluded.looked_ms, valid_to_ms = excluded.valid_to_ms "
        "RETURNING id",
        QUERY(Q_TEXT(keyword->account), Q_TEXT(keyword->word), Q_INT(keyword->word[0] == '@'), Q_INT(keyword->exact),
              Q_INT(tx->now_ms), Q_INT(keyword->valid_to_ms)),
        out_id);
}

int keyword_set(struct store_tx *tx, const struct keyword *keyword, const char *by, uint64_t *out_id)
{
    int64_t id = 0;
    int rc = put_row(tx, keyword, &id);
    rc =
        rc ? rc
           : query_run(store_tx_write(tx),
                       "INSERT INTO keyword_version (keyword, version, text, made_by, made_ms) SELECT id, version, ?2, "
                       "?3, ?4 FROM keyword WHERE id = ?1",
                       QUERY(Q_INT(id), Q_TEXT(keyword->text), Q_TEXT(by), Q_INT(tx->now_ms)));
    if (rc == 0) {
        *out_id = (uint64_t)id;
    }
    return rc;
}

int keyword_find(struct store_tx *tx, uint64_t id, struct keyword *out_keyword)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), "SELECT " COLUMNS FROM "WHERE k.id = ?", QUERY(Q_INT(id)), &stmt);
    if (rc == 0) {
        read_row(stmt, out_keyword);
        db_stmt_close(stmt);
    }
    return rc;
}

int keyword_each(struct store_tx *tx, const char *account, keyword_visit visit, void *context)
{
    struct keyword keyword;
    struct db_stmt *stmt = NULL;
    int rc =
        query_open(store_tx_db(tx), "SELECT " COLUMNS FROM "WHERE ?1 = '' OR k.account = ?1 ORDER BY k.account, k.word",
                   QUERY(Q_TEXT(account)), &stmt);
    if (rc < 0) {
        return rc;
    }
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        read_row(stmt, &keyword);
        rc = visit(context, &keyword);
        if (rc != 0) {
            break;
        }
    }
    db_stmt_close(stmt);
    return rc;
}

int keyword_switch(struct store_tx *tx, const struct keyword *keyword)
{
    return query_run(store_tx_write(tx), "UPDATE keyword SET off = ?, off_by = ?, off_why = ? WHERE id = ?",
                     QUERY(Q_INT(keyword->off), Q_TEXT(keyword->off_by), Q_TEXT(keyword->off_why), Q_INT(keyword->id)));
}

int keyword_looked(struct store_tx *tx, uint64_t id)
{
    return query_run(store_tx_write(tx), "UPDATE keyword SET looked_ms = ? WHERE id = ?",
                     QUERY(Q_INT(tx->now_ms), Q_INT(id)));
}

const char *keyword_stale(const struct keyword *keyword, int64_t now_ms)
{
    if (keyword->valid_to_ms && keyword->valid_to_ms <= now_ms) {
        return "its validity has ended: it is not sent";
    }
    if (now_ms - keyword->looked_ms > KEYWORD_STALE_DAYS * TIME_DAY_MS) {
        return "nobody has looked at it for 30 days";
    }
    return "";
}

int keyword_count_stale(struct store_tx *tx, uint64_t *out_count)
{
    int64_t count = 0;
    int rc = query_number(store_tx_db(tx),
                          "SELECT count(*) FROM keyword WHERE off = 0 AND (looked_ms < ?1 OR (valid_to_ms != 0 AND "
                          "valid_to_ms <= ?2))",
                          QUERY(Q_INT(tx->now_ms - KEYWORD_STALE_DAYS * TIME_DAY_MS), Q_INT(tx->now_ms)), &count);
    if (rc == 0) {
        *out_count = (uint64_t)count;
    }
    return rc;
}

int keyword_each_version(struct store_tx *tx, uint64_t id, keyword_version_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx),
                        "SELECT version, made_ms, text, made_by, (SELECT count(*) FROM keyword_sent AS s WHERE "
                        "s.keyword = v.keyword AND s.version = v.version) FROM keyword_version AS v WHERE keyword = ? "
                        "ORDER BY version DESC",
                        QUERY(Q_INT(id)), &stmt);
    if (rc < 0) {
        return rc;
    }
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        struct keyword_version version = {.version = (uint32_t)db_column_int64(stmt, 0),
                                          .made_ms = db_column_int64(stmt, 1),
                                          .sent = (uint64_t)db_column_int64(stmt, 4)};
        query_column_text(stmt, 2, version.text, sizeof(version.text));
        query_column_text(stmt, 3, version.made_by, sizeof(version.made_by));
        rc = visit(context, &version);
        if (rc != 0) {
            break;
        }
    }
    db_stmt_close(stmt);
    return rc;
}

/* ---- answering */

int keyword_match(struct store_tx *tx, const struct keyword_ask *ask, struct keyword *out_keyword)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx),
                         "SELECT " COLUMNS FROM
                         "WHERE k.account = ?1 AND k.event = ?3 AND k.off = 0 AND (k.valid_to_ms = 0 OR "
                         "k.valid_to_ms > ?4) AND (k.word = ?2 OR (?3 = 0 AND k.exact = 0 AND instr(?2, k.word) "
                         "> 0)) AND NOT EXISTS (SELECT 1 FROM message_account AS a WHERE a.account = k.account "
                         "AND a.replies_off = 1) ORDER BY k.word = ?2 DESC, length(k.word) DESC LIMIT 1",
                         QUERY(Q_TEXT(ask->account), Q_TEXT(ask->text), Q_INT(ask->event), Q_INT(tx->now_ms)), &stmt);
    if (rc == 0) {
        read_row(stmt, out_keyword);
        db_stmt_close(stmt);
    }
    return rc;
}

int keyword_note_sent(struct store_tx *tx, const struct keyword *keyword, uint64_t identity)
{
    return query_run(store_tx_write(tx),
                     "INSERT INTO keyword_sent (keyword, version, identity, at_ms) VALUES (?, ?, ?, ?)",
                     QUERY(Q_INT(keyword->id), Q_INT(keyword->version), Q_INT(identity), Q_INT(tx->now_ms)));
}

/* ---- the affected */

int keyword_each_affected(struct store_tx *tx, const struct keyword_range *range, keyword_affected_visit visit,
                          void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx),
                        "SELECT identity, version, max(at_ms) FROM keyword_sent WHERE keyword = ?1 AND at_ms >= ?2 AND "
                        "(?3 = 0 OR at_ms <= ?3) AND (?4 = 0 OR version = ?4) GROUP BY identity ORDER BY identity",
                        QUERY(Q_INT(range->keyword), Q_INT(range->from_ms), Q_INT(range->to_ms), Q_INT(range->version)),
                        &stmt);
    if (rc < 0) {
        return rc;
    }
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        rc = visit(context, (uint64_t)db_column_int64(stmt, 0), (uint32_t)db_column_int64(stmt, 1),
                   db_column_int64(stmt, 2));
        if (rc != 0) {
            break;
        }
    }
    db_stmt_close(stmt);
    return rc;
}
