#include "central/store/people_privacy.h"

#include "central/store/campaign_issue.h"
#include "central/store/journal.h"
#include "central/store/people_merge.h"
#include "central/store/query.h"
#include "central/store/rights.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define COUPONS_A_TIME 64
#define FORMER_A_TIME  256 /* numbers of one person */
#define SCRUB_WANTED   "scrub_wanted_ms"
#define SCRUB_DONE     "scrub_done_ms"

/* ---- consent */

int people_each_consent(struct store_tx *tx, uint64_t member, people_consent_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx), "SELECT version, given, at_ms FROM consent WHERE member = ? ORDER BY id",
                        QUERY(Q_INT(member)), &stmt);
    while (rc == 0 && (rc = db_stmt_step(stmt)) == DB_ROW) {
        struct consent consent = {.given = db_column_int64(stmt, 1) != 0, .at_ms = db_column_int64(stmt, 2)};
        query_column_text(stmt, 0, consent.version, sizeof(consent.version));
        rc = visit(context, &consent);
    }
    db_stmt_close(stmt);
    return rc;
}

int people_count_consents(struct store_tx *tx, people_consent_count_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx),
                        "SELECT version, count(*) FILTER (WHERE given = 1), count(*) FILTER (WHERE given = 0) FROM "
                        "consent WHERE id IN (SELECT max(id) FROM consent GROUP BY member, version) GROUP BY version "
                        "ORDER BY version",
                        QUERY_NONE, &stmt);
    while (rc == 0 && (rc = db_stmt_step(stmt)) == DB_ROW) {
        rc = visit(context, db_column_text(stmt, 0), (uint64_t)db_column_int64(stmt, 1),
                   (uint64_t)db_column_int64(stmt, 2));
    }
    db_stmt_close(stmt);
    return rc;
}

int people_is_personal(struct store_tx *tx, uint64_t member, bool *out_personal)
{
    int64_t personal = 0;
    int rc = query_number(store_tx_db(tx), "SELECT personal FROM member WHERE id = ?", QUERY(Q_INT(member)), &personal);
    if (rc == 0) {
        *out_personal = personal != 0;
    }
    return rc;
}

/* What the member last said of this version; nobody agreed to what was never asked. */
struct last_word {
    bool given, said;
};

static int find_last_word(struct store_tx *tx, uint64_t member, const char *version, struct last_word *out)
{
    int64_t given = 0;
    int rc = query_number(store_tx_db(tx),
                          "SELECT given FROM consent WHERE member = ? AND version = ? ORDER BY id DESC LIMIT 1",
                          QUERY(Q_INT(member), Q_TEXT(version)), &given);
    if (rc == 0 || rc == -ENOENT) {
        *out = (struct last_word){.given = given != 0, .said = rc == 0};
    }
    return rc == -ENOENT ? 0 : rc;
}

/* Choosing came with the notice: it is as the member's row says, but a no that was never said is written down. */
static int changes(struct store_tx *tx, uint64_t member, const char *version, bool given, bool *out_changes)
{
    struct last_word word;
    int rc = find_last_word(tx, member, version, &word);
    bool personal = rc == 0 && strcmp(version, CONSENT_PERSONAL) == 0;
    rc = personal ? people_is_personal(tx, member, &word.given) : rc;
    if (rc == 0) {
        *out_changes = word.given != given || (personal && !given && !word.said);
    }
    return rc;
}

int people_change_consent(struct store_tx *tx, uint64_t id, const char *version, bool given, const char *who)
{
    struct member member;
    bool change = false;
    int rc = people_find_member(tx, id, &member);
    rc = rc ? rc : changes(tx, id, version, given, &change);
    if (rc < 0 || member.erased) {
        return rc ? rc : -EPERM;
    }
    if (!change) {
        return 0;
    }
    rc = people_log_consent(tx, id, version, given);
    if (rc == 0 && strcmp(version, CONSENT_PERSONAL) == 0) {
        rc = query_run(store_tx_write(tx), "UPDATE member SET personal = ? WHERE id = ?",
                       QUERY(Q_INT(given), Q_INT(id)));
    }
    struct journal_fact fact = {.key = version,
                                .who = who,
                                .what = given ? "given" : "withdrawn",
                                .brand = member.brand,
                                .store = member.home_store,
                                .member = id};
    return rc ? rc : journal_append_central(tx, RECORD_CONSENT, &fact);
}

/* ---- acts */

int people_each_record(struct store_tx *tx, uint64_t member, people_record_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx),
                        "SELECT r.terminal, r.incarnation, r.seq FROM member_record r JOIN journal j ON j.terminal = "
                        "r.terminal AND j.incarnation = r.incarnation AND j.seq = r.seq WHERE r.member = ? ORDER BY "
                        "j.position",
                        QUERY(Q_INT(member)), &stmt);
    while (rc == 0 && (rc = db_stmt_step(stmt)) == DB_ROW) {
        rc = visit(context, (struct record_id){(uint32_t)db_column_int64(stmt, 0), (uint32_t)db_column_int64(stmt, 1),
                                               (uint64_t)db_column_int64(stmt, 2)});
    }
    db_stmt_close(stmt);
    return rc;
}

/* ---- the end */

static int forget_identities(struct store_tx *tx, uint64_t member)
{
    struct channel_identity identity;
    int rc = wechat_find_member(tx, member, &identity);
    while (rc == 0) {
        rc = wechat_forget_identity(tx, &identity);
        rc = rc ? rc : wechat_find_member(tx, member, &identity);
    }
    return rc == -ENOENT ? 0 : rc;
}

static int revoke_coupon(struct store_tx *tx, struct coupon_id id, const char *who)
{
    int rc = rights_revoke_coupon(tx, id, who, "its member has left");
    return rc ? rc : campaign_note_revoked(tx, id);
}

/* A piece at a time, because a revocation changes the rows that are read. */
static int revoke_coupons(struct store_tx *tx, uint64_t member, const char *who)
{
    struct coupon_id ids[COUPONS_A_TIME], last = {0};
    size_t count = COUPONS_A_TIME;
    int rc = 0;
    while (rc == 0 && count == COUPONS_A_TIME) {
        struct db_stmt *stmt = NULL;
        count = 0;
        rc = query_open(store_tx_db(tx),
                        "SELECT campaign, serial FROM coupon WHERE member = ? AND uses = 0 AND revoked = 0 AND "
                        "(campaign, serial) > (?, ?) ORDER BY campaign, serial LIMIT ?",
                        QUERY(Q_INT(member), Q_INT(last.campaign), Q_INT(last.serial), Q_INT(COUPONS_A_TIME)), &stmt);
        while (rc == 0 && (rc = db_stmt_step(stmt)) == DB_ROW) {
            ids[count++] = (struct coupon_id){(uint32_t)db_column_int64(stmt, 0), (uint64_t)db_column_int64(stmt, 1)};
            rc = 0;
        }
        db_stmt_close(stmt);
        for (size_t i = 0; rc == 0 && i < count; i++) {
            last = ids[i];
            rc = revoke_coupon(tx, last, who);
        }
    }
    return rc;
}

static int delete_rows(struct store_tx *tx, uint64_t member)
{
    static const char *const deletions[] = {
        "DELETE FROM contact WHERE member = ?",
        "DELETE FROM member_tag WHERE member = ?",
        "DELETE FROM member_activity WHERE member = ?",
        "DELETE FROM member_record WHERE member = ?",
        "DELETE FROM campaign_target WHERE verdict IS NULL AND member = ?",
        "UPDATE member SET pin_salt = NULL, pin_hash = NULL, tier = 0, personal = 0, erased = 1 WHERE id = ?"};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < ARRAY_LEN(deletions); i++) {
        rc = query_run(store_tx_write(tx), deletions[i], QUERY(Q_INT(member)));
    }
    return rc;
}

/* A number that became part of the one that goes: it had nothing of its own any more but what it did. */
static int erase_former(void *context, uint64_t former)
{
    struct store_tx *tx = context;
    int rc = delete_rows(tx, former);
    rc = rc ? rc
            : query_run(store_tx_write(tx),
                        "DELETE FROM member_merge_item WHERE merge IN (SELECT id FROM member_merge WHERE absorbed = ?)",
                        QUERY(Q_INT(former)));
    rc = rc ? rc
            : query_run(store_tx_write(tx), "UPDATE member_merge SET evidence = '' WHERE absorbed = ?",
                        QUERY(Q_INT(former)));
    return rc ? rc : people_log_consent(tx, former, "", false);
}

struct former_list {
    uint64_t ids[FORMER_A_TIME];
    size_t count;
};

static int keep_former(void *context, uint64_t former)
{
    struct former_list *list = context;
    list->ids[list->count++] = former;
    return list->count == ARRAY_LEN(list->ids) ? 1 : 0;
}

/* Collected first: erasing changes the rows that are read. */
static int erase_formers(struct store_tx *tx, uint64_t member)
{
    struct former_list list = {.count = 0};
    int rc = people_each_former(tx, member, keep_former, &list);
    rc = rc > 0 ? 0 : rc;
    for (size_t i = 0; rc == 0 && i < list.count; i++) {
        rc = erase_former(tx, list.ids[i]);
    }
    return rc;
}

int people_erase_member(struct store_tx *tx, uint64_t id, const char *who, const char *why)
{
    struct member member;
    int rc = people_find_member(tx, id, &member);
    if (rc == 0 && member.merged_into) {
        return -EXDEV;
    }
    if (rc < 0 || member.erased) {
        return rc;
    }
    rc = erase_formers(tx, id);
    if (rc < 0) {
        return rc;
    }
    rc = forget_identities(tx, id);
    rc = rc ? rc : revoke_coupons(tx, id, who);
    rc = rc ? rc : delete_rows(tx, id);
    rc = rc ? rc : people_log_consent(tx, id, "", false);
    rc = rc ? rc : people_scrub_want(tx);
    struct journal_fact fact = {.who = who,
                                .what = "member erased",
                                .why = why,
                                .brand = member.brand,
                                .store = member.home_store,
                                .member = id};
    rc = rc ? rc : journal_append_central(tx, RECORD_ADMIN, &fact);
    rc = rc ? rc : people_find_member(tx, id, &member);
    return rc ? rc : people_publish_member(tx, &member);
}

int people_scrub_want(struct store_tx *tx)
{
    return store_meta_set(tx, SCRUB_WANTED, tx->now_ms);
}

static int read_time(struct store_tx *tx, const char *name, int64_t *out_ms)
{
    int64_t ms = 0;
    int rc = store_meta_get(tx, name, &ms);
    if (rc == 0 || rc == -ENOENT) {
        *out_ms = ms;
    }
    return rc == -ENOENT ? 0 : rc;
}

int people_scrub_due(struct store_tx *tx, int64_t *out_since_ms)
{
    int64_t wanted_ms = 0, done_ms = 0;
    int rc = read_time(tx, SCRUB_WANTED, &wanted_ms);
    rc = rc ? rc : read_time(tx, SCRUB_DONE, &done_ms);
    if (rc == 0) {
        *out_since_ms = tx->now_ms - done_ms < SCRUB_EVERY_MS ? 0 : wanted_ms;
    }
    return rc;
}

/* The writer waits for nobody here: a till's commit waits for the writer. */
static int set_patience(struct db *db, int64_t ms)
{
    char pragma[64];
    snprintf(pragma, sizeof(pragma), "PRAGMA busy_timeout=%" PRId64, ms);
    return db_exec(db, pragma);
}

int people_scrub(struct store *store)
{
    struct db *db = store_writer_db(store);
    int64_t patience_ms = 0;
    int rc = store_failed(store) ? -EIO : query_number(db, "PRAGMA busy_timeout", QUERY_NONE, &patience_ms);
    rc = rc ? rc : set_patience(db, 0);
    if (rc < 0) {
        return rc;
    }
    rc = db_checkpoint(db);
    int restored = set_patience(db, patience_ms);
    return rc ? rc : restored;
}

/* What was erased meanwhile is wanted still. */
int people_scrubbed(struct store_tx *tx, int64_t since_ms)
{
    int64_t wanted_ms = 0;
    int rc = read_time(tx, SCRUB_WANTED, &wanted_ms);
    rc = rc ? rc : store_meta_set(tx, SCRUB_DONE, tx->now_ms);
    return rc || wanted_ms != since_ms ? rc : store_meta_set(tx, SCRUB_WANTED, 0);
}
