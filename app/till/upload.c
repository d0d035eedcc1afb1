#include "books.h"

#include <stdlib.h>
#include <string.h>

struct upload {
    pthread_mutex_t mutex; /* guards everything below */
    char *path, *vfs;
    struct db *reader;      /* NULL until needed */
    uint8_t *batch_buffer;  /* BATCH_BYTES_MAX */
    uint8_t *record_buffer; /* RECORD_BODY_MAX */
};

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

void upload_release(struct upload *upload)
{
    if (upload == NULL)
        return;
    pthread_mutex_lock(&upload->mutex);
    db_close(upload->reader);
    upload->reader = NULL;
    pthread_mutex_unlock(&upload->mutex);
}

/* With the mutex held. */
static int reader_ready(struct upload *upload)
{
    const struct db_options options = {.mode = DB_READER, .vfs = upload->vfs, .cache_kib = 512};

    return upload->reader != NULL ? 0 : db_open(upload->path, &options, &upload->reader);
}

/* A reader that failed is opened anew the next time. */
static int done(struct upload *upload, int r)
{
    if (r == -EIO || r == -EUCLEAN || r == -EPROTO) {
        db_close(upload->reader);
        upload->reader = NULL;
    }
    pthread_mutex_unlock(&upload->mutex);
    return r;
}

static int last_seq_of(struct db *db, struct upload_era *era)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(db, "SELECT max(id) FROM journal WHERE id >= ? AND id < ?", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, journal_id(era->era, 0));
    db_bind_int64(stmt, 2, journal_id(era->era + 1, 0));
    r = db_stmt_step(stmt);
    if (r == DB_ROW)
        era->last_seq = journal_seq(db_column_int64(stmt, 0));
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}

static int read_era(struct db_stmt *stmt, struct db *db, struct upload_era *out_era)
{
    *out_era = (struct upload_era){.era = (uint32_t)db_column_int64(stmt, 0),
                                   .terminal = (uint32_t)db_column_int64(stmt, 1),
                                   .incarnation = (uint32_t)db_column_int64(stmt, 2),
                                   .durable_through = (uint64_t)db_column_int64(stmt, 3),
                                   .archived_through = (uint64_t)db_column_int64(stmt, 4),
                                   .pruned_through = (uint64_t)db_column_int64(stmt, 5)};
    return last_seq_of(db, out_era);
}

int upload_era_find(struct db *db, struct upload_era *out_era)
{
    struct upload_era era = {0};
    struct db_stmt *stmt;
    int step, r = db_stmt_open(db,
                               "SELECT era, terminal, incarnation, durable_through, archived_through, pruned_through"
                               " FROM era WHERE terminal = (SELECT terminal FROM era WHERE era ="
                               " (SELECT value FROM config WHERE key = 'era')) ORDER BY era",
                               &stmt);

    if (r < 0)
        return r;
    while ((step = db_stmt_step(stmt)) == DB_ROW) {
        r = read_era(stmt, db, &era);
        if (r < 0 || era.durable_through < era.last_seq)
            break;
    }
    db_stmt_close(stmt);
    if (step < 0 || r < 0)
        return step < 0 ? step : r;
    if (era.era == 0)
        return -ENOENT;
    *out_era = era;
    return 0;
}

static int backlog(struct upload *upload, struct till_backlog *out)
{
    struct upload_era era;
    struct record oldest;
    int64_t forked;
    int r = upload_era_find(upload->reader, &era);

    if (r == 0)
        r = config_get_int(upload->reader, "forked", &forked);
    if (r < 0)
        return r;
    *out = (struct till_backlog){.last_seq = era.last_seq,
                                 .durable_through = era.durable_through,
                                 .archived_through = era.archived_through,
                                 .waiting = era.last_seq - era.durable_through,
                                 .forked = forked != 0};
    if (out->waiting == 0)
        return 0;
    r = journal_read(upload->reader, journal_id(era.era, era.durable_through + 1), upload->record_buffer, &oldest);
    if (r == 0)
        out->oldest_ms = hlc_physical_ms((struct hlc){oldest.hlc});
    return r == -ENOENT ? 0 : r;
}

int upload_backlog(struct upload *upload, struct till_backlog *out_backlog)
{
    struct till_backlog result = {0};
    int r;

    pthread_mutex_lock(&upload->mutex);
    r = reader_ready(upload);
    if (r == 0)
        r = backlog(upload, &result);
    r = done(upload, r);
    if (r == 0 || r == -ENOENT)
        *out_backlog = result;
    return r == -ENOENT ? 0 : r;
}

/* -ENODATA: records that central wants again were pruned; only a person can help. */
static int fill(struct upload *upload, const struct upload_era *era, struct batch_writer *w)
{
    struct record record;
    int r = 0;

    for (uint64_t seq = era->durable_through + 1; seq <= era->last_seq && r == 0; seq++) {
        r = journal_read(upload->reader, journal_id(era->era, seq), upload->record_buffer, &record);
        if (r == -ENOENT)
            return -ENODATA;
        if (r == 0)
            r = batch_add(w, &record);
    }
    return r == -ENOSPC ? 0 : r;
}

static int next_batch(struct upload *upload, const uint8_t secret[SECRET_KEY_LEN], struct slice out, size_t *out_len)
{
    struct upload_era era;
    struct batch_writer w;
    int r = upload_era_find(upload->reader, &era);

    if (r < 0)
        return r;
    batch_writer_init(&w, upload->batch_buffer, BATCH_BYTES_MAX);
    r = fill(upload, &era, &w);
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
    r = reader_ready(upload);
    if (r == 0)
        r = next_batch(upload, secret, (struct slice){out, cap}, &len);
    r = done(upload, r);
    if (r == 0 || r == -ENOENT)
        *out_len = len;
    return r == -ENOENT ? 0 : r;
}
