#include "central/store/anew.h"
#include "central/store/anew_tables.h"
#include "central/store/epoch.h"
#include "central/store/journal.h"
#include "central/store/journal_row.h"
#include "central/store/merge_credit.h"
#include "central/store/query.h"
#include "central/store/records.h"
#include "central/store/rights_displace.h"
#include "central/store/rights_internal.h"
#include "central/store/uncovered.h"

#include <assert.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CACHE_KIB 32768

/* A record with its own copy of the body. */
struct held {
    struct journal_entry entry;
    uint64_t position;
    uint8_t body[RECORD_BODY_MAX];
};

struct anew {
    struct store_replay replay; /* first: take() is handed its address */
    struct store_tx *books;
    struct store_tx scratch;
    struct db_stmt *rows; /* of the running journal */
    struct held now, next;
    bool ends; /* there is no next */
    struct anew_finding *finding;
};

/* ---- the journal, one record ahead */

static void look_ahead(struct anew *r)
{
    const struct record *record = &r->next.entry.record;
    r->replay.displaces = !r->ends && displace_is_told(record);
    if (!r->ends && record->id.terminal == 0)
        r->replay.epoch = record->id.incarnation;
}

static int advance(struct anew *r)
{
    struct held *next = &r->next;
    int rc = db_stmt_step(r->rows);
    r->ends = rc == DB_DONE;
    if (rc == DB_ROW)
        rc = journal_entry_from_row(r->rows, 1, &next->entry);
    if (rc < 0)
        return rc;
    if (!r->ends) {
        next->position = (uint64_t)db_column_int64(r->rows, 0);
        if (next->entry.record.body.len > 0)
            memcpy(next->body, next->entry.record.body.data, next->entry.record.body.len);
        next->entry.record.body.data = next->body;
    }
    look_ahead(r);
    return 0;
}

static int keep(struct anew *r, const struct held *held)
{
    r->finding->records++;
    return journal_copy_record(&r->scratch, &held->entry, held->position);
}

static int take(struct store_replay *replay, uint16_t kind)
{
    struct anew *r = (struct anew *)replay;
    if (r->ends || r->next.entry.record.id.terminal != 0 || r->next.entry.record.kind != kind)
        return -EUCLEAN;
    int rc = keep(r, &r->next);
    uint32_t epoch = r->replay.epoch;
    if (rc == 0)
        rc = advance(r);
    r->replay.epoch = epoch; /* the record at hand has not ended */
    return rc;
}

static int differs(struct anew *r, const char *table, const char *where)
{
    snprintf(r->finding->table, sizeof(r->finding->table), "%s", table);
    snprintf(r->finding->where, sizeof(r->finding->where), "%s", where);
    return -EUCLEAN;
}

/* ---- what central decided */

static int take_coupon(struct anew *r, const struct journal_fact *fact)
{
    struct coupon_row row;
    char key[ID_TEXT_MAX];
    int rc = coupon_row_find(&r->scratch, fact->coupon, &row);
    if (rc != -ENOENT)
        return rc; /* another record told of it before */
    rc = coupon_row_find(r->books, fact->coupon, &row);
    coupon_id_format(fact->coupon, key, sizeof(key));
    if (rc < 0)
        return rc == -ENOENT ? differs(r, "coupon", key) : rc;
    coupon_row_begin(&row);
    return coupon_row_insert(&r->scratch, &row);
}

static int take_revoked(struct anew *r, const struct journal_fact *fact)
{
    struct coupon_row row;
    int rc = coupon_row_find(&r->scratch, fact->coupon, &row);
    row.coupon.revoked = true;
    return rc < 0 ? rc : coupon_row_update(&r->scratch, &row);
}

/* Whose debt it is stands with the move that was asked for. */
static int take_share(struct anew *r, const struct journal_fact *fact)
{
    struct transfer transfer;
    char number[24];
    int rc = transfer_find(r->books, fact->transfer, &transfer);
    snprintf(number, sizeof(number), "%" PRIu64, fact->transfer);
    if (rc < 0)
        return rc == -ENOENT && r->finding->rights ? differs(r, "transfer", number) : rc == -ENOENT ? 0 : rc;
    return share_take_fact(&r->scratch, fact, transfer.owner);
}

/* An epoch that is given a second time was recalled by a restore, of which no record tells. */
static int forget_recalled(struct anew *r, struct coupon_id id, uint32_t epoch)
{
    return r->finding->rights ? 0
                              : query_run(store_tx_write(&r->scratch),
                                          "DELETE FROM grant_log WHERE campaign = ?1 AND serial = ?2 AND epoch = ?3",
                                          QUERY(Q_INT(id.campaign), Q_INT(id.serial), Q_INT(epoch)));
}

static int take_grant(struct anew *r, const struct journal_fact *fact)
{
    struct grant_row grant, running;
    struct coupon_row row;
    if (!right_fact(fact, &grant))
        return take_share(r, fact);
    int rc = coupon_row_find(&r->scratch, fact->coupon, &row);
    if (rc < 0)
        return rc;
    rc = forget_recalled(r, fact->coupon, grant.epoch);
    if (rc == 0)
        rc = grant_find(r->books, fact->coupon, grant.epoch, &running);
    if (rc == 0) { /* what central's record does not say */
        grant.position = running.position;
        grant.store_epoch = running.store_epoch;
        grant.lease_until_s = running.lease_until_s;
    }
    return rc < 0 && rc != -ENOENT ? rc : right_given(&r->scratch, &row, &grant);
}

/* The numbers of conflicts count on. */
static int take_credit_conflict(struct anew *r, const struct journal_fact *fact)
{
    int rc = query_run(store_tx_write(&r->scratch),
                       "INSERT INTO counter (name, value) VALUES ('conflict', ?1)"
                       " ON CONFLICT (name) DO UPDATE SET value = max(value, ?1)",
                       QUERY(Q_INT(fact->number)));
    return rc < 0 ? rc : uncovered_take_fact(&r->scratch, fact);
}

static int take_fact(struct anew *r, const struct journal_entry *entry)
{
    struct journal_fact fact;
    char texts[RECORD_BODY_MAX];
    int rc = journal_fact_decode(entry->record.body, &fact, texts, sizeof(texts));
    if (rc < 0)
        return rc;
    if (entry->record.kind == RECORD_COUPON_ISSUED)
        rc = take_coupon(r, &fact);
    else if (entry->record.kind == RECORD_COUPON_REVOKED)
        rc = take_revoked(r, &fact);
    else if (entry->record.kind == RECORD_TRANSFER)
        rc = take_grant(r, &fact);
    else if (entry->record.kind == RECORD_CONFLICT)
        rc = take_credit_conflict(r, &fact);
    else if (entry->record.kind == RECORD_MEMBER_MERGED)
        rc = merge_credit_take_fact(&r->scratch, &fact);
    return rc < 0 ? rc : records_post(&r->scratch, &entry->record, entry->store);
}

/* ---- all of it */

/* What no sound books lead to; anything else is the machine's trouble. */
static bool is_difference(int rc)
{
    return rc == -EUCLEAN || rc == -EEXIST || rc == -EINVAL || rc == -ENOENT || rc == -EBADMSG || rc == -EOVERFLOW;
}

static int replay_one(struct anew *r)
{
    const struct journal_entry *entry = &r->now.entry;
    char where[ID_TEXT_MAX];
    r->scratch.now_ms = entry->received_ms;
    int rc = keep(r, &r->now);
    if (rc == 0 && entry->record.id.terminal == 0)
        rc = take_fact(r, entry);
    else if (rc == 0)
        rc = records_apply(&r->scratch, &entry->record, entry->store);
    record_id_format(entry->record.id, where, sizeof(where));
    return is_difference(rc) && r->finding->table[0] == '\0' ? differs(r, "journal", where) : rc;
}

static int replay(struct anew *r)
{
    int rc =
        query_open(store_tx_db(r->books), "SELECT position, " JOURNAL_ENTRY_COLUMNS " FROM journal ORDER BY position",
                   QUERY_NONE, &r->rows);
    if (rc == 0)
        rc = advance(r);
    while (rc == 0 && !r->ends) {
        r->now = r->next;
        r->now.entry.record.body.data = r->now.body;
        rc = advance(r);
        if (rc == 0)
            rc = replay_one(r);
    }
    db_stmt_close(r->rows);
    return rc == -EUCLEAN && r->finding->table[0] == '\0' ? differs(r, "journal", "a record that cannot be read") : rc;
}

static int make_anew(struct anew *r)
{
    struct db *db = r->scratch.db;
    uint32_t epoch = 0;
    int rc = store_make_core(db);
    if (rc == 0)
        rc = epoch_read(store_tx_db(r->books), &epoch);
    if (rc == 0)
        rc = db_begin(db);
    if (rc < 0)
        return rc;
    r->finding->rights = epoch == 1;
    rc = anew_copy_facts(store_tx_db(r->books), db);
    if (rc == 0)
        rc = replay(r);
    if (rc == 0)
        rc = anew_compare_tables(store_tx_db(r->books), db, r->finding);
    db_rollback(db);
    return rc;
}

static void remove_scratch(const char *path)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char name[STORE_PATH_MAX + 16];
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        snprintf(name, sizeof(name), "%s%s", path, ends[i]);
        unlink(name);
    }
}

int anew_compare(struct store_tx *books, const char *scratch, struct anew_finding *out_finding)
{
    const struct db_options options = {.mode = DB_WRITER, .sync = DB_SYNC_NORMAL, .cache_kib = CACHE_KIB};
    static_assert(offsetof(struct anew, replay) == 0, "take() finds its struct");
    struct anew_finding finding = {.records = 0};
    struct anew *r = calloc(1, sizeof(*r));
    if (!r)
        return -ENOMEM;
    *r = (struct anew){.replay = {.take = take}, .books = books, .finding = &finding};
    r->scratch = (struct store_tx){.replay = &r->replay, .writable = true};
    remove_scratch(scratch);
    int rc = db_open(scratch, &options, &r->scratch.db);
    if (rc == 0)
        rc = make_anew(r);
    db_close(r->scratch.db);
    remove_scratch(scratch);
    free(r);
    if (rc == 0 || rc == -EUCLEAN)
        *out_finding = finding;
    return rc;
}
