#include "central/admin/command.h"
#include "central/store/query.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 6
#define WORDS_MAX 160

/* Arguments that name something by its number, and where it would stand. */
static const struct {
    const char *argument, *table;
} subjects[] = {
    {"brand", "brand"},     {"store", "shop"},          {"terminal", "terminal"}, {"clerk", "clerk"},
    {"member", "member"},   {"campaign", "campaign"},   {"offer", "offer"},       {"touchpoint", "touchpoint"},
    {"segment", "segment"}, {"programme", "programme"}, {"survey", "survey"},     {"webhook", "webhook"},
    {"release", "release"}, {"conflict", "conflict"},
};

/* "there are 1, 2, 3 and 9 more" or "there is none yet": the newest, which is what somebody mistypes. */
static int what_exists(struct db *db, const char *table, char out[WORDS_MAX])
{
    char sql[128];
    struct db_stmt *stmt = NULL;
    int64_t count = 0;
    size_t len = 0, shown = 0;
    snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", table);
    int rc = query_number(db, sql, QUERY_NONE, &count);
    snprintf(sql, sizeof(sql), "SELECT id FROM %s ORDER BY id DESC LIMIT %d", table, SHOWN_MAX);
    if (rc == 0)
        rc = query_open(db, sql, QUERY_NONE, &stmt);
    if (rc < 0)
        return rc;
    len = (size_t)snprintf(out, WORDS_MAX, count > 0 ? "there are " : "there is none yet");
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        len +=
            (size_t)snprintf(out + len, WORDS_MAX - len, "%s%" PRId64, shown > 0 ? ", " : "", db_column_int64(stmt, 0));
        shown++;
    }
    db_stmt_close(stmt);
    if (rc == 0 && count > (int64_t)shown)
        snprintf(out + len, WORDS_MAX - len, " and %" PRId64 " more", count - (int64_t)shown);
    return rc;
}

/* 1 when that is what is missing, and said. */
static int explain(struct admin_call *call, struct db *db, size_t subject)
{
    char sql[64], exists[WORDS_MAX];
    int64_t number = admin_number(call, subjects[subject].argument, 0), found = 0;
    if (!admin_given(call, subjects[subject].argument))
        return 0;
    snprintf(sql, sizeof(sql), "SELECT 1 FROM %s WHERE id = ?1", subjects[subject].table);
    int rc = query_number(db, sql, QUERY(Q_INT(number)), &found);
    if (rc != -ENOENT)
        return rc;
    rc = what_exists(db, subjects[subject].table, exists);
    if (rc < 0)
        return rc;
    admin_refuse(call, -ENOENT, "not found: %s %" PRId64 " (%s)", subjects[subject].argument, number, exists);
    return 1;
}

void admin_explain_missing(struct admin_call *call)
{
    struct store_tx tx;
    int rc = store_read_begin(call->central->store, &tx);
    if (rc < 0)
        return; /* "not found" stands */
    for (size_t i = 0; rc == 0 && i < ARRAY_LEN(subjects); i++)
        rc = explain(call, store_tx_db(&tx), i);
    store_read_end(&tx);
}
