#include "server.h"
#include "sync.h"

#include "platform/db.h"

#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TERMINALS 8
#define PARCELS   125
#define RECORDS   100
#define EVENTS    ((double)TERMINALS * PARCELS * RECORDS)

#define BARE_COMMITS 600
#define BARE_BYTES   (56 + HASH_LEN) /* a record's body, as they are on average, and its hash */
#define SYNCS        2000

/* The limits: what SQLite and the disk do when nobody looks at what is written. */

static int bare_commit(struct db *db, struct db_stmt *insert)
{
    static const uint8_t row[BARE_BYTES] = {0x5a};
    int result = db_begin(db);
    for (int i = 0; i < RECORDS && result == 0; i++) {
        db_bind_blob(insert, 1, row, sizeof(row));
        result = db_stmt_run(insert);
    }
    return result == 0 ? db_commit(db) : result;
}

static int time_bare(const char *folder, double *out_rows_per_s)
{
    char path[160];
    struct db *db = NULL;
    struct db_stmt *insert = NULL;
    snprintf(path, sizeof(path), "%s/bare.db", folder);
    struct db_options options = {.mode = DB_WRITER};
    int result = db_open(path, &options, &db);
    if (result == 0)
        result = db_exec(db, "CREATE TABLE row(id INTEGER PRIMARY KEY, body BLOB NOT NULL)");
    if (result == 0)
        result = db_stmt_open(db, "INSERT INTO row(body) VALUES(?1)", &insert);
    int64_t start = bench_now_ns();
    for (int i = 0; i < BARE_COMMITS && result == 0; i++)
        result = bare_commit(db, insert);
    double took = bench_seconds_since(start);
    db_stmt_close(insert);
    db_close(db);
    if (result == 0)
        *out_rows_per_s = BARE_COMMITS * (double)RECORDS / took;
    return result;
}

static int time_syncs(const char *folder, double *out_per_s)
{
    static const uint8_t page[4096] = {0x5a};
    char path[160];
    snprintf(path, sizeof(path), "%s/syncs", folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    int result = 0;
    int64_t start = bench_now_ns();
    for (int i = 0; i < SYNCS && result == 0; i++)
        if (write(fd, page, sizeof(page)) != sizeof(page) || fsync(fd) != 0)
            result = -errno;
    double took = bench_seconds_since(start);
    close(fd);
    if (result == 0)
        *out_per_s = SYNCS / took;
    return result;
}

/* One terminal: sends its batches one after the other, as the sync does. */
struct sender {
    struct bench_uploader uploader;
    struct bench_parcel parcels[PARCELS];
    pthread_t thread;
    int result;
};

static void *send_all(void *argument)
{
    struct sender *sender = argument;
    for (int i = 0; i < PARCELS && sender->result == 0; i++)
        sender->result = bench_parcel_send(&sender->uploader, &sender->parcels[i]);
    return NULL;
}

static int prepare(const struct bench_server *server, struct sender senders[TERMINALS])
{
    int result = 0;
    for (int i = 0; i < TERMINALS && result == 0; i++) {
        result = bench_uploader_open(server, 1 + (uint32_t)i % 2, &senders[i].uploader);
        for (int j = 0; j < PARCELS && result == 0; j++)
            result = bench_parcel_make(&senders[i].uploader, RECORDS, &senders[i].parcels[j]);
    }
    return result;
}

static int upload(struct sender senders[TERMINALS], double *out_s)
{
    int result = 0;
    int64_t start = bench_now_ns();
    for (int i = 0; i < TERMINALS; i++)
        if (pthread_create(&senders[i].thread, NULL, send_all, &senders[i]) != 0)
            abort();
    for (int i = 0; i < TERMINALS; i++) {
        pthread_join(senders[i].thread, NULL);
        result = result == 0 ? senders[i].result : result;
    }
    *out_s = bench_seconds_since(start);
    return result;
}

/* Every redemption counted once, none in conflict, and the books in balance. */
static int check_books(const struct bench_server *server)
{
    json_t *answer = bench_server_admin(server, "redemptions --limit 1");
    json_int_t canonical = json_integer_value(json_object_get(answer, "canonical"));
    json_int_t problems = json_integer_value(json_object_get(answer, "problems"));
    json_t *books = bench_server_admin(server, "books --verify");
    bool balanced =
        json_is_true(json_object_get(books, "balanced")) && json_is_true(json_object_get(books, "verified"));
    json_decref(answer);
    json_decref(books);
    if (canonical == (json_int_t)EVENTS / 4 && problems == 0 && balanced)
        return 0;
    fprintf(stderr, "tillside-bench: %lld redemptions, %lld problems, books %s\n", (long long)canonical,
            (long long)problems, balanced ? "balanced" : "not balanced");
    return -EPROTO;
}

static double parcel_bytes(const struct sender senders[TERMINALS])
{
    double bytes = 0;
    for (int i = 0; i < TERMINALS; i++)
        for (int j = 0; j < PARCELS; j++)
            bytes += (double)senders[i].parcels[j].len;
    return bytes;
}

static void finish(struct sender senders[TERMINALS])
{
    for (int i = 0; i < TERMINALS; i++) {
        bench_uploader_close(&senders[i].uploader);
        for (int j = 0; j < PARCELS; j++)
            free(senders[i].parcels[j].data);
    }
    free(senders);
}

bool bench_ingest(const struct bench_sync_options *options)
{
    char data[128];
    struct bench_server server = {0};
    struct sender *senders = calloc(TERMINALS, sizeof(*senders));
    double took = NAN, bare = NAN, syncs = NAN;
    if (senders == NULL)
        return bench_failed("ingest", -ENOMEM);
    snprintf(data, sizeof(data), "%s/ingest", options->work);
    int result = bench_server_start(data, NULL, &server);
    if (result == 0)
        result = prepare(&server, senders);
    if (result == 0)
        result = upload(senders, &took);
    if (result == 0)
        result = check_books(&server);
    bench_server_stop(&server);
    if (result == 0)
        result = time_bare(options->work, &bare);
    if (result == 0)
        result = time_syncs(options->work, &syncs);
    bool ok = result == 0 || bench_failed("ingest", result);
    double rate = ok ? EVENTS / took : NAN, bytes = ok ? parcel_bytes(senders) / EVENTS : NAN;
    ok &= bench_print(&(struct bench_line){"fsync_4k", syncs, "1/s", NAN, NAN, GOAL_AT_LEAST});
    ok &= bench_print(&(struct bench_line){"sqlite_full_rows_at_100", bare, "1/s", NAN, NAN, GOAL_AT_LEAST});
    ok &= bench_print(&(struct bench_line){"event_bytes_on_the_wire", bytes, "B", NAN, NAN, GOAL_AT_MOST});
    ok &= bench_print(&(struct bench_line){"events_up", rate, "1/s", bare, 10000, GOAL_AT_LEAST});
    finish(senders);
    return ok;
}
