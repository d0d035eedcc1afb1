#include "central/store/store.h"
#include "central/store/epoch.h"
#include "central/store/query.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define READERS_DEFAULT  4
#define READERS_MAX      32
#define READER_CACHE_KIB 4096
#define WRITER_CACHE_KIB 32768

struct store {
    char path[STORE_PATH_MAX];
    char vfs[32];
    enum db_sync sync;
    const struct clock *clock;
    struct random *random;
    uint32_t server_epoch;
    unsigned reader_count;
    struct db *writer; /* the writer's thread; others only while no job runs */
    pthread_mutex_t mutex;
    pthread_cond_t returned;
    struct db *readers[READERS_MAX]; /* guarded by mutex from here on; NULL: lent out or closed */
    unsigned lent;
    bool barred; /* being reopened: nobody gets a reader */
    bool failed;
};

static struct db_options connection_options(const struct store *store, enum db_mode mode)
{
    return (struct db_options){
        .mode = mode,
        .sync = store->sync,
        .vfs = store->vfs[0] ? store->vfs : NULL,
        .cache_kib = mode == DB_WRITER ? WRITER_CACHE_KIB : READER_CACHE_KIB,
    };
}

static int open_readers(struct store *store)
{
    struct db_options options = connection_options(store, DB_READER);
    for (unsigned i = 0; i < store->reader_count; i++) {
        int rc = db_open(store->path, &options, &store->readers[i]);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static void close_connections(struct store *store)
{
    for (unsigned i = 0; i < store->reader_count; i++) {
        db_close(store->readers[i]);
        store->readers[i] = NULL;
    }
    db_close(store->writer);
    store->writer = NULL;
}

static int part_steps_done(struct db *db, const char *part, size_t *out_done)
{
    int64_t done = 0;
    int rc = query_number(db, "SELECT steps FROM schema_part WHERE part = ?1", QUERY(Q_TEXT(part)), &done);
    if (rc < 0 && rc != -ENOENT)
        return rc;
    *out_done = (size_t)done;
    return 0;
}

static int part_step_note(struct db *db, const char *part, size_t done)
{
    return query_run(db, "INSERT OR REPLACE INTO schema_part (part, steps) VALUES (?1, ?2)",
                     QUERY(Q_TEXT(part), Q_INT(done)));
}

static int part_run_step(struct db *db, const struct store_schema *schema, size_t step)
{
    int rc = db_begin(db);
    if (rc < 0)
        return rc;
    rc = db_exec(db, schema->steps[step]);
    if (rc == 0)
        rc = part_step_note(db, schema->part, step + 1);
    if (rc == 0)
        rc = db_commit(db);
    if (rc < 0)
        db_rollback(db);
    return rc;
}

static int part_migrate(struct db *db, const struct store_schema *schema)
{
    size_t done = 0;
    int rc = part_steps_done(db, schema->part, &done);
    if (rc < 0)
        return rc;
    if (done > schema->count)
        return -ENOTSUP;
    for (size_t step = done; step < schema->count && rc == 0; step++)
        rc = part_run_step(db, schema, step);
    return rc;
}

int store_make_core(struct db *db)
{
    static const char *const parts_table[] = {
        "CREATE TABLE schema_part (part TEXT PRIMARY KEY, steps INTEGER NOT NULL) WITHOUT ROWID",
    };
    int rc = db_migrate(db, parts_table, ARRAY_LEN(parts_table));
    return rc < 0 ? rc : part_migrate(db, &store_schema_core);
}

static int migrate(struct db *db, const struct store_options *options)
{
    int rc = store_make_core(db);
    for (size_t i = 0; i < options->part_count && rc == 0; i++)
        rc = part_migrate(db, options->parts[i]);
    return rc;
}

static int open_connections(struct store *store, const struct store_options *options)
{
    struct db_options writer = connection_options(store, DB_WRITER);
    int rc = db_open(store->path, &writer, &store->writer);
    if (rc < 0)
        return rc;
    char finding[128];
    rc = db_check(store->writer, true, finding, sizeof(finding));
    if (rc == 0)
        rc = migrate(store->writer, options);
    if (rc == 0)
        rc = open_readers(store);
    return rc;
}

static int copy_options(struct store *store, const struct store_options *options)
{
    if (strlen(options->path) >= sizeof(store->path))
        return -ENAMETOOLONG;
    if (options->vfs && strlen(options->vfs) >= sizeof(store->vfs))
        return -ENAMETOOLONG;
    memcpy(store->path, options->path, strlen(options->path) + 1);
    if (options->vfs)
        memcpy(store->vfs, options->vfs, strlen(options->vfs) + 1);
    store->sync = options->sync;
    store->clock = options->clock ? options->clock : clock_real();
    store->random = options->random ? options->random : random_real();
    store->reader_count = options->readers ? options->readers : READERS_DEFAULT;
    if (store->reader_count > READERS_MAX)
        return -EINVAL;
    struct stat status;
    if (!options->create && stat(options->path, &status) < 0)
        return -errno;
    return 0;
}

int store_open(const struct store_options *options, struct store **out_store)
{
    struct store *store = calloc(1, sizeof(*store));
    if (!store)
        return -ENOMEM;
    pthread_mutex_init(&store->mutex, NULL);
    pthread_cond_init(&store->returned, NULL);
    int rc = copy_options(store, options);
    if (rc == 0)
        rc = open_connections(store, options);
    if (rc == 0)
        rc = epoch_read(store->writer, &store->server_epoch);
    if (rc < 0) {
        store_close(store);
        return rc;
    }
    *out_store = store;
    return 0;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    assert(store->lent == 0);
    close_connections(store);
    pthread_cond_destroy(&store->returned);
    pthread_mutex_destroy(&store->mutex);
    free(store);
}

const char *store_path(const struct store *store)
{
    return store->path;
}

const struct clock *store_clock(const struct store *store)
{
    return store->clock;
}

struct random *store_random(const struct store *store)
{
    return store->random;
}

uint32_t store_server_epoch(const struct store *store)
{
    return store->server_epoch;
}

uint32_t store_tx_epoch(const struct store_tx *tx)
{
    return tx->replay ? tx->replay->epoch : store_server_epoch(tx->store);
}

void store_epoch_changed(struct store *store, uint32_t epoch)
{
    store->server_epoch = epoch;
}

struct db *store_writer_db(struct store *store)
{
    return store->writer;
}

bool store_failed(struct store *store)
{
    pthread_mutex_lock(&store->mutex);
    bool failed = store->failed;
    pthread_mutex_unlock(&store->mutex);
    return failed;
}

static bool reader_waiting(const struct store *store)
{
    return !store->barred && store->lent < store->reader_count;
}

static struct db *reader_take(struct store *store)
{
    for (unsigned i = 0; i < store->reader_count; i++) {
        struct db *db = store->readers[i];
        if (db) {
            store->readers[i] = NULL;
            store->lent++;
            return db;
        }
    }
    return NULL;
}

static void reader_return(struct store *store, struct db *db)
{
    pthread_mutex_lock(&store->mutex);
    for (unsigned i = 0; i < store->reader_count; i++) {
        if (!store->readers[i]) {
            store->readers[i] = db;
            break;
        }
    }
    store->lent--;
    pthread_cond_broadcast(&store->returned);
    pthread_mutex_unlock(&store->mutex);
}

int store_read_begin(struct store *store, struct store_tx *out_tx)
{
    pthread_mutex_lock(&store->mutex);
    while (!store->failed && !reader_waiting(store))
        pthread_cond_wait(&store->returned, &store->mutex);
    struct db *db = store->failed ? NULL : reader_take(store);
    pthread_mutex_unlock(&store->mutex);
    if (!db)
        return -EIO;
    int rc = db_begin(db);
    if (rc < 0) {
        reader_return(store, db);
        return rc;
    }
    *out_tx = (struct store_tx){.db = db, .store = store, .now_ms = clock_wall_ms(store->clock)};
    return 0;
}

void store_read_end(struct store_tx *tx)
{
    assert(!tx->writable);
    db_rollback(tx->db);
    reader_return(tx->store, tx->db);
    tx->db = NULL;
}

struct db *store_tx_db(struct store_tx *tx)
{
    return tx->db;
}

struct db *store_tx_write(struct store_tx *tx)
{
    assert(tx->writable);
    return tx->db;
}

void store_tx_touch(struct store_tx *tx, bool brand, uint32_t id)
{
    for (size_t i = 0; i < tx->touch_count; i++) {
        if (tx->touches[i].brand == brand && tx->touches[i].id == id)
            return;
    }
    if (tx->touch_count == STORE_TOUCHES_MAX)
        tx->touched_all = true;
    else
        tx->touches[tx->touch_count++] = (struct store_touch){.brand = brand, .id = id};
}

int store_reopen(struct store *store)
{
    pthread_mutex_lock(&store->mutex);
    store->barred = true;
    while (store->lent > 0)
        pthread_cond_wait(&store->returned, &store->mutex);
    close_connections(store);
    struct db_options options = connection_options(store, DB_WRITER);
    int rc = db_open(store->path, &options, &store->writer);
    char finding[128];
    if (rc == 0)
        rc = db_check(store->writer, true, finding, sizeof(finding));
    if (rc == 0)
        rc = open_readers(store);
    store->failed = rc < 0;
    if (store->failed)
        close_connections(store);
    store->barred = false;
    pthread_cond_broadcast(&store->returned);
    pthread_mutex_unlock(&store->mutex);
    return rc;
}

int64_t store_size_bytes(const struct store *store)
{
    char wal[STORE_PATH_MAX + 8];
    snprintf(wal, sizeof(wal), "%s-wal", store->path);
    struct stat status;
    int64_t total = stat(store->path, &status) == 0 ? (int64_t)status.st_size : 0;
    if (stat(wal, &status) == 0)
        total += (int64_t)status.st_size;
    return total;
}
