#include "upload_internal.h"

#include "domain/export.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int upload_open(const char *path, const char *vfs, struct upload **out_upload)
{
    struct upload *upload = calloc(1, sizeof(*upload));

    if (upload == NULL)
        return -ENOMEM;
    pthread_mutex_init(&upload->mutex, NULL);
    upload->path = strdup(path);
    upload->vfs = vfs != NULL ? strdup(vfs) : NULL;
    upload->batch_buffer = malloc(BATCH_BYTES_MAX);
    upload->record_buffer = malloc(RECORD_BODY_MAX);
    if (upload->path == NULL || (vfs != NULL && upload->vfs == NULL) || upload->batch_buffer == NULL ||
        upload->record_buffer == NULL) {
        upload_close(upload);
        return -ENOMEM;
    }
    *out_upload = upload;
    return 0;
}

void upload_close(struct upload *upload)
{
    if (upload == NULL)
        return;
    db_close(upload->reader);
    free(upload->record_buffer);
    free(upload->batch_buffer);
    free(upload->vfs);
    free(upload->path);
    pthread_mutex_destroy(&upload->mutex);
    free(upload);
}

/* With the mutex held. */
static void drop_reader(struct upload *upload)
{
    db_close(upload->reader);
    upload->reader = NULL;
    upload->ends_mark = upload->backlog_mark = 0;
}

void upload_release(struct upload *upload)
{
    if (upload == NULL)
        return;
    pthread_mutex_lock(&upload->mutex);
    upload->admitted = false;
    drop_reader(upload);
    pthread_mutex_unlock(&upload->mutex);
}

void upload_admit(struct upload *upload)
{
    pthread_mutex_lock(&upload->mutex);
    upload->admitted = true;
    pthread_mutex_unlock(&upload->mutex);
}

atomic_ullong *upload_commits(struct upload *upload)
{
    return &upload->commits;
}

int upload_reader(struct upload *upload)
{
    const struct db_options options = {.mode = DB_READER, .vfs = upload->vfs, .cache_kib = 512};

    if (!upload->admitted)
        return -EIO;
    return upload->reader != NULL ? 0 : db_open(upload->path, &options, &upload->reader);
}

int upload_done(struct upload *upload, int r)
{
    if (r == -EIO || r == -EUCLEAN || r == -EPROTO)
        drop_reader(upload);
    pthread_mutex_unlock(&upload->mutex);
    return r;
}

static void read_era(struct db_stmt *stmt, struct upload_era *out_era)
{
    *out_era = (struct upload_era){.era = (uint32_t)db_column_int64(stmt, 0),
                                   .terminal = (uint32_t)db_column_int64(stmt, 1),
                                   .incarnation = (uint32_t)db_column_int64(stmt, 2),
                                   .durable_through = (uint64_t)db_column_int64(stmt, 3),
                                   .archived_through = (uint64_t)db_column_int64(stmt, 4),
                                   .pruned_through = (uint64_t)db_column_int64(stmt, 5),
                                   .last_seq = journal_seq(db_column_int64(stmt, 6))};
}

/* Of the era in the row e. */
#define LAST_ID "(SELECT max(id) FROM journal WHERE id >= e.era << 44 AND id < (e.era + 1) << 44)"
static_assert(JOURNAL_SEQ_BITS == 44, "the shifts above");

int upload_era_find(struct db *db, struct upload_era *out_era)
{
    struct upload_era era = {0};
    struct db_stmt *stmt;
    int step, r = db_stmt_open(db,
                               "SELECT era, terminal, incarnation, durable_through, archived_through, pruned_through,"
                               " " LAST_ID " FROM era e WHERE own = 1 AND terminal = (SELECT terminal FROM era WHERE"
                               " era = (SELECT value FROM config WHERE key = 'era')) ORDER BY incarnation",
                               &stmt);

    if (r < 0)
        return r;
    while ((step = db_stmt_step(stmt)) == DB_ROW) {
        read_era(stmt, &era);
        if (era.durable_through < era.last_seq)
            break;
    }
    db_stmt_close(stmt);
    if (step < 0)
        return step;
    if (era.era == 0)
        return -ENOENT;
    *out_era = era;
    return 0;
}

static int read_present(struct upload *upload, struct present *out)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(upload->reader,
                         "SELECT (SELECT value FROM config WHERE key = 'era'),"
                         " (SELECT value FROM config WHERE key = 'unconfirmed_from'),"
                         " (SELECT value FROM config WHERE key = 'held_back'),"
                         " (SELECT value FROM config WHERE key = 'forked')",
                         &stmt);

    if (r < 0)
        return r;
    r = db_stmt_step(stmt);
    if (r == DB_ROW)
        *out = (struct present){.era = (uint32_t)db_column_int64(stmt, 0),
                                .unconfirmed_from = (uint64_t)db_column_int64(stmt, 1),
                                .held_back = db_column_int64(stmt, 2) != 0,
                                .forked = db_column_int64(stmt, 3) != 0};
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}

/* -ENOENT. */
static int read_time(struct upload *upload, int64_t id, int64_t *out_ms)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(upload->reader, "SELECT hlc FROM journal WHERE id = ?", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, id);
    r = db_stmt_step(stmt);
    if (r == DB_ROW)
        *out_ms = hlc_physical_ms((struct hlc){(uint64_t)db_column_int64(stmt, 0)});
    db_stmt_close(stmt);
    return r < 0 ? r : r == DB_ROW ? 0 : -ENOENT;
}

/* Of a terminal that this disk was before it was enrolled as another one. */
static int read_stranded(struct upload *upload, uint32_t terminal, uint64_t *out_count)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(upload->reader,
                         "SELECT coalesce(sum(max(0, last - (era << 44) - durable_through)), 0) FROM"
                         " (SELECT e.era, e.durable_through, " LAST_ID " AS last FROM era e WHERE e.own = 1"
                         " AND e.terminal <> ?) WHERE last IS NOT NULL",
                         &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, terminal);
    r = db_stmt_step(stmt);
    if (r == DB_ROW)
        *out_count = (uint64_t)db_column_int64(stmt, 0);
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}

int upload_read_backlog(struct upload *upload, struct till_backlog *out, struct lacking *out_lacking)
{
    struct upload_era era;
    struct present present;
    uint64_t through;
    int r = upload_era_find(upload->reader, &era);

    if (r == 0)
        r = read_present(upload, &present);
    if (r < 0)
        return r;
    through = upload_ready_through(&present, &era);
    *out_lacking = (struct lacking){.era = era.era};
    *out = (struct till_backlog){.last_seq = era.last_seq,
                                 .durable_through = era.durable_through,
                                 .archived_through = era.archived_through,
                                 .waiting = upload_waiting_of(through, era.durable_through),
                                 .forked = present.forked};
    r = read_stranded(upload, era.terminal, &out->stranded);
    if (r == 0)
        r = copies_to_carry(upload->reader, &out->carried);
    if (r < 0 || era.last_seq <= era.durable_through)
        return r;
    r = read_time(upload, journal_id(era.era, era.durable_through + 1), &out_lacking->next_ms);
    out->oldest_ms = out->waiting > 0 ? out_lacking->next_ms : 0;
    return r == -ENOENT ? 0 : r;
}

/* Asked for several times with every batch, and with every call for the feed. */
static int refresh_backlog(struct upload *upload)
{
    struct till_backlog backlog = {0};
    struct lacking lacking = {0};
    unsigned long long mark = atomic_load(&upload->commits);
    int r;

    if (mark == upload->backlog_mark)
        return 0;
    r = upload_read_backlog(upload, &backlog, &lacking);
    if (r < 0 && r != -ENOENT)
        return r;
    upload->backlog = backlog;
    upload->lacking = lacking;
    upload->backlog_mark = mark;
    return 0;
}

int upload_backlog(struct upload *upload, struct till_backlog *out_backlog)
{
    int r;

    pthread_mutex_lock(&upload->mutex);
    r = upload_reader(upload);
    if (r == 0)
        r = refresh_backlog(upload);
    if (r == 0)
        *out_backlog = upload->backlog;
    return upload_done(upload, r);
}

struct filling {
    struct batch_writer *w;
    uint64_t next_seq;
};

static int add_record(void *context, const struct record *record)
{
    struct filling *filling = context;
    int r;

    if (record->id.seq != filling->next_seq++)
        return -ENODATA;
    r = batch_add(filling->w, record);
    return r == -EINVAL ? -EUCLEAN : r; /* it, or the chain, is not what was written */
}

/* -ENODATA: records that central wants again were pruned; only a person can help. */
static int fill(struct upload *upload, int64_t first_id, int64_t last_id, struct batch_writer *w)
{
    struct filling filling = {w, journal_seq(first_id)};
    int r = journal_walk(upload->reader, first_id, last_id, add_record, &filling);

    if (r == 0 && first_id <= last_id && filling.next_seq <= journal_seq(last_id))
        return -ENODATA;
    return r == -ENOSPC ? 0 : r;
}

static int next_batch(struct upload *upload, const uint8_t secret[SECRET_KEY_LEN], struct slice out, size_t *out_len)
{
    struct upload_era era;
    struct present present;
    struct batch_writer w;
    int r = upload_era_find(upload->reader, &era);

    if (r == 0)
        r = read_present(upload, &present);
    if (r < 0)
        return r;
    batch_writer_init(&w, upload->batch_buffer, BATCH_BYTES_MAX);
    r = fill(upload, journal_id(era.era, era.durable_through + 1),
             journal_id(era.era, upload_ready_through(&present, &era)), &w);
    if (r < 0)
        return r;
    if (w.head.count == 0) {
        *out_len = 0;
        return 0;
    }
    return batch_finish(&w, secret, (uint8_t *)out.data, out.len, out_len);
}

int upload_next_batch(struct upload *upload, const uint8_t secret[SECRET_KEY_LEN], uint8_t *out, size_t cap,
                      size_t *out_len)
{
    size_t len = 0;
    int r;

    pthread_mutex_lock(&upload->mutex);
    r = upload_reader(upload);
    if (r == 0)
        r = refresh_backlog(upload);
    if (r == 0 && upload->backlog.waiting > 0)
        r = next_batch(upload, secret, (struct slice){out, cap}, &len);
    r = upload_done(upload, r);
    if (r == 0 || r == -ENOENT)
        *out_len = len;
    return r == -ENOENT ? 0 : r;
}

/* An act that nobody was told of stays here once this terminal knows that it is no longer the primary. */
static bool holds_back(const struct present *present, uint32_t era)
{
    return era == present->era && present->held_back && present->unconfirmed_from > 1;
}

/* How far peers may have a journal of this terminal's own. */
static int offered_through(struct upload *upload, uint32_t era, uint64_t *out_seq)
{
    struct present present;
    struct journal_head head;
    int r = read_present(upload, &present);

    if (r < 0)
        return r;
    if (holds_back(&present, era)) {
        *out_seq = present.unconfirmed_from - 1;
        return 0;
    }
    r = journal_load_head(upload->reader, era, &head);
    if (r == 0)
        *out_seq = head.seq;
    return r;
}

/* Without its last record, since the one after it is held back. */
static int shorten_end(struct upload *upload, const struct present *present, struct lan_end *end)
{
    struct record last;
    int r = journal_read(upload->reader, journal_id(present->era, present->unconfirmed_from - 1), upload->record_buffer,
                         &last);

    if (r < 0)
        return r;
    end->through = last.id.seq;
    memcpy(end->hash, last.hash, HASH_LEN);
    return 0;
}

static int read_end(struct upload *upload, struct db_stmt *stmt, const struct present *present, struct lan_end *out)
{
    struct slice hash = db_column_blob(stmt, 5);

    *out = (struct lan_end){.terminal = (uint32_t)db_column_int64(stmt, 1),
                            .incarnation = (uint32_t)db_column_int64(stmt, 2),
                            .from = (uint64_t)db_column_int64(stmt, 3) + 1,
                            .through = (uint64_t)db_column_int64(stmt, 4)};
    if (hash.len != (out->through > 0 ? HASH_LEN : 0))
        return -EUCLEAN;
    memcpy(out->hash, hash.len > 0 ? hash.data : out->hash, hash.len);
    return holds_back(present, (uint32_t)db_column_int64(stmt, 0)) ? shorten_end(upload, present, out) : 0;
}

/* The present journal first, then the newest copies. What is held back is read with the first of them, while the
 * statement keeps to one state of the books. */
int upload_read_ends(struct upload *upload, struct lan_end ends[LAN_TERMINALS_MAX], uint32_t *out_count)
{
    struct present present = {0};
    struct db_stmt *stmt;
    uint32_t count = 0;
    int step, r = db_stmt_open(upload->reader,
                               "SELECT e.era, e.terminal, e.incarnation, e.pruned_through, j.seq, j.hash FROM era e"
                               " LEFT JOIN journal j ON j.id = " LAST_ID
                               " WHERE e.own = 0 OR e.era = (SELECT value FROM config WHERE key = 'era')"
                               " ORDER BY e.own DESC, e.era DESC LIMIT ?",
                               &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, LAN_TERMINALS_MAX);
    while (r == 0 && (step = db_stmt_step(stmt)) != DB_DONE) {
        r = step < 0 ? step : count == 0 ? read_present(upload, &present) : 0;
        if (r == 0)
            r = read_end(upload, stmt, &present, &ends[count++]);
    }
    db_stmt_close(stmt);
    if (r == 0) {
        *out_count = count;
        upload->held_back = present.held_back;
    }
    return r;
}

/* They are asked for at every turn of the talk with the others, and mostly nothing happened since the last one. */
static int refresh_ends(struct upload *upload)
{
    struct lan_end ends[LAN_TERMINALS_MAX];
    uint32_t count = 0;
    unsigned long long mark = atomic_load(&upload->commits);
    int r;

    if (mark == upload->ends_mark)
        return 0;
    r = upload_read_ends(upload, ends, &count);
    if (r < 0)
        return r;
    memcpy(upload->ends, ends, count * sizeof(ends[0]));
    upload->end_count = count;
    upload->ends_mark = mark;
    return 0;
}

int upload_ends(struct upload *upload, struct lan_end out_ends[LAN_TERMINALS_MAX], uint32_t *out_count)
{
    int r;

    pthread_mutex_lock(&upload->mutex);
    r = upload_reader(upload);
    if (r == 0)
        r = refresh_ends(upload);
    if (r == 0) {
        memcpy(out_ends, upload->ends, upload->end_count * sizeof(upload->ends[0]));
        *out_count = upload->end_count;
    }
    r = upload_done(upload, r);
    return r;
}

/* Of a copy: the widest batch that holds the next record, under the signature that it came with. No batch lies within
 * another one (copies.c), so it is the one that begins last. */
static int copied_batch(struct upload *upload, uint32_t era, uint64_t after, struct slice out, size_t *out_len)
{
    struct batch_writer w;
    struct db_stmt *stmt;
    int r = db_stmt_open(upload->reader,
                         "SELECT first_seq, last_seq, head, signature FROM (SELECT * FROM copy_batch WHERE era = ?1"
                         " AND first_seq <= ?2 ORDER BY first_seq DESC LIMIT 1) WHERE last_seq >= ?2",
                         &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, era);
    db_bind_int64(stmt, 2, (int64_t)after + 1);
    r = db_stmt_step(stmt);
    if (r == DB_ROW) {
        struct slice signature = db_column_blob(stmt, 3);
        batch_writer_init(&w, upload->batch_buffer, BATCH_BYTES_MAX);
        r = signature.len == SIGNATURE_LEN ? fill(upload, journal_id(era, (uint64_t)db_column_int64(stmt, 0)),
                                                  journal_id(era, (uint64_t)db_column_int64(stmt, 1)), &w)
                                           : -EUCLEAN;
        if (r == 0)
            r = batch_finish_signed(&w, db_column_blob(stmt, 2), signature.data, out, out_len);
    } else if (r == DB_DONE) {
        *out_len = 0;
    }
    db_stmt_close(stmt);
    return r;
}

static int own_batch(struct upload *upload, uint32_t era, uint64_t after, const uint8_t secret[SECRET_KEY_LEN],
                     struct slice out, size_t *out_len)
{
    struct batch_writer w;
    uint64_t through = 0;
    int r = offered_through(upload, era, &through);

    if (r < 0)
        return r;
    *out_len = 0;
    batch_writer_init(&w, upload->batch_buffer, EXPORT_BATCH_MAX); /* a copy can be carried to central in a file, too */
    r = fill(upload, journal_id(era, after + 1), journal_id(era, through), &w);
    return r < 0 || w.head.count == 0 ? r : batch_finish(&w, secret, (uint8_t *)out.data, out.len, out_len);
}

static int copy_next(struct upload *upload, const struct lan_end *after, const uint8_t secret[SECRET_KEY_LEN],
                     struct slice out, size_t *out_len)
{
    struct db_stmt *stmt;
    uint32_t era = 0;
    uint64_t begin = after->through;
    bool own = false;
    int r = db_stmt_open(upload->reader,
                         "SELECT era, own, pruned_through FROM era WHERE terminal = ? AND incarnation = ?", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, after->terminal);
    db_bind_int64(stmt, 2, after->incarnation);
    r = db_stmt_step(stmt);
    if (r == DB_ROW) {
        era = (uint32_t)db_column_int64(stmt, 0);
        own = db_column_int64(stmt, 1) != 0;
        if ((uint64_t)db_column_int64(stmt, 2) > begin)
            begin = (uint64_t)db_column_int64(stmt, 2);
    }
    db_stmt_close(stmt);
    if (r < 0)
        return r;
    *out_len = 0;
    if (era == 0)
        return 0;
    return own ? own_batch(upload, era, begin, secret, out, out_len) : copied_batch(upload, era, begin, out, out_len);
}

int upload_copy_next(struct upload *upload, const struct lan_end *after, const uint8_t secret[SECRET_KEY_LEN],
                     struct slice out, size_t *out_len)
{
    size_t len = 0;
    int r;

    pthread_mutex_lock(&upload->mutex);
    r = upload_reader(upload);
    if (r == 0)
        r = copy_next(upload, after, secret, out, &len);
    r = upload_done(upload, r);
    if (r == 0)
        *out_len = len;
    return r;
}
