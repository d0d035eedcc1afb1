#include "central/server.h"
#include "central/api/nonces.h"
#include "central/api/waiting.h"
#include "central/clockwork.h"
#include "central/store/epoch.h"
#include "central/store/feed.h"
#include "central/store/identity.h"
#include "platform/compress.h"
#include "platform/encoding.h"
#include "platform/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PIN_PREFIX      "sha256//"
#define FIRST_BACKUP_MS INT64_C(60000) /* after the start: a restart loop must not fill the disk */

static int take_lock(struct central *central, pid_t *out_holder)
{
    char path[STORE_PATH_MAX];
    pid_t holder = 0;
    int rc = central_config_path(&central->config, CENTRAL_LOCK_FILE, path, sizeof(path));
    if (rc == 0)
        rc = lock_open(&central->lock, path, &holder);
    if (rc == -EBUSY && out_holder)
        *out_holder = holder;
    return rc;
}

static int open_books(struct central *central, const struct central_options *options)
{
    char path[STORE_PATH_MAX], epoch[STORE_PATH_MAX];
    const struct store_schema *schemas[STORE_PARTS_MAX];
    size_t count = central_part_schemas(options->parts, options->part_count, schemas);
    int rc = central_config_path(&central->config, CENTRAL_DB_FILE, path, sizeof(path));
    if (rc == 0)
        rc = central_config_path(&central->config, CENTRAL_EPOCH_FILE, epoch, sizeof(epoch));
    struct store_options store = {
        .path = path,
        .clock = central->clock,
        .random = central->random,
        .parts = schemas,
        .part_count = count,
        .vfs = options->vfs,
        .sync = options->sync,
    };
    if (rc == 0)
        rc = store_open(&store, &central->store);
    if (rc == 0)
        rc = epoch_start(central->store, epoch, &central->restored);
    return rc;
}

static int load_secrets(struct central *central)
{
    char folder[STORE_PATH_MAX], tls[STORE_PATH_MAX];
    int rc = central_config_path(&central->config, CENTRAL_KEYS_DIR, folder, sizeof(folder));
    if (rc == 0)
        rc = central_config_path(&central->config, CENTRAL_TLS_FILE, tls, sizeof(tls));
    if (rc == 0)
        rc = brand_keys_load(folder, &central->keys);
    if (rc == 0)
        rc = tls_identity_load_or_make(tls, "tillside-central", &central->tls);
    central->brand = central->keys.set.brand;
    return rc;
}

int central_publish_keyset(const struct brand_keys *keys, struct store_tx *tx)
{
    struct slice sealed = {keys->sealed, keys->sealed_len};
    struct brand brand;
    int rc = 0;
    for (uint32_t id = 1; rc == 0 && (rc = identity_find_brand(tx, id, &brand)) == 0; id++)
        rc = feed_publish(tx, (struct feed_target){.brand = id}, FEED_KEYSET, "keyset", sealed, NULL);
    return rc == -ENOENT ? 0 : rc;
}

static int publish_keyset(void *arg, struct store_tx *tx)
{
    const struct central *central = arg;
    return central_publish_keyset(&central->keys, tx);
}

static void wake_waiting(void *context, const struct store_touch *touches, size_t count, bool all)
{
    struct central *central = context;
    waiting_touched(central->waiting, touches, count, all);
}

static void report(const struct central *central, const char *what, int error)
{
    if (central->report)
        central->report(what, error);
}

static void report_commit(void *context, int error)
{
    report(context, "commit", error);
}

static int open_parts(struct central *central)
{
    int rc = 0;
    for (size_t i = 0; i < central->part_count && rc == 0; i++) {
        if (central->parts[i]->open)
            rc = central->parts[i]->open(central, &central->states[i]);
    }
    return rc;
}

static void stop_parts(struct central *central)
{
    for (size_t i = 0; i < central->part_count; i++) {
        if (central->states[i])
            central->parts[i]->stop(central->states[i]);
    }
}

static void close_parts(struct central *central)
{
    for (size_t i = 0; i < central->part_count; i++) {
        if (central->states[i])
            central->parts[i]->close(central->states[i]);
    }
}

void *central_state(const struct central *central, const struct central_part *part)
{
    for (size_t i = 0; i < central->part_count; i++) {
        if (central->parts[i] == part)
            return central->states[i];
    }
    return NULL;
}

static int start_working(struct central *central, bool inline_jobs)
{
    int rc = nonce_table_open(central->started_s, &central->nonces);
    if (rc == 0)
        rc = waiting_open(WAITING_DEFAULT, central->clock, &central->waiting);
    struct writer_options writer = {
        .store = central->store,
        .inline_jobs = inline_jobs,
        .touched = wake_waiting,
        .failed = report_commit,
        .context = central,
    };
    if (rc == 0)
        rc = writer_open(&writer, &central->writer);
    if (rc == 0)
        rc = writer_call(central->writer, publish_keyset, central);
    if (rc == 0)
        rc = open_parts(central);
    if (rc == 0 && !inline_jobs)
        rc = clockwork_start(central, &central->clockwork);
    return rc;
}

size_t central_part_schemas(const struct central_part *const *parts, size_t count,
                            const struct store_schema *out_schemas[STORE_PARTS_MAX])
{
    size_t found = 0;
    for (size_t i = 0; i < count && found < STORE_PARTS_MAX; i++) {
        if (parts[i]->schema)
            out_schemas[found++] = parts[i]->schema;
    }
    return found;
}

int central_open(const struct central_options *options, struct central **out_central, pid_t *out_holder)
{
    struct central *central = calloc(1, sizeof(*central));
    if (!central)
        return -ENOMEM;
    central->config = options->config;
    central->clock = options->clock ? options->clock : clock_real();
    central->random = options->random ? options->random : random_real();
    central->parts = options->parts;
    central->part_count = options->part_count;
    central->report = options->report;
    central->inline_jobs = options->inline_jobs;
    central->started_s = clock_wall_ms(central->clock) / 1000;
    central->lock.fd = -1;
    pthread_mutex_init(&central->backup_mutex, NULL);
    pthread_mutex_init(&central->keys_mutex, NULL);
    central->backup_soon_ms = INT64_MAX;
    uint32_t hours = options->config.backup_hours;
    central->backup_due_ms = hours ? clock_mono_ms(central->clock) + FIRST_BACKUP_MS : INT64_MAX;
    int rc = take_lock(central, out_holder);
    if (rc == 0)
        rc = open_books(central, options);
    if (rc == 0)
        rc = load_secrets(central);
    if (rc == 0)
        rc = start_working(central, options->inline_jobs);
    if (rc < 0)
        central_close(central);
    else
        *out_central = central;
    return rc;
}

void central_close(struct central *central)
{
    if (!central)
        return;
    stop_parts(central);
    clockwork_stop(central->clockwork);
    if (central->waiting)
        waiting_stop(central->waiting);
    writer_close(central->writer);
    close_parts(central);
    waiting_close(central->waiting);
    nonce_table_close(central->nonces);
    tls_identity_finish(&central->tls);
    brand_keys_finish(&central->keys);
    store_close(central->store);
    compress_close(atomic_load(&central->spare_unpacker));
    lock_close(&central->lock);
    pthread_mutex_destroy(&central->backup_mutex);
    pthread_mutex_destroy(&central->keys_mutex);
    free(central);
}

int central_fill_ticket(const struct central *central, struct enrol_ticket *ticket)
{
    const char *pin = central->tls.pin;
    size_t len = 0;
    if (strncmp(pin, PIN_PREFIX, strlen(PIN_PREFIX)) != 0)
        return -EINVAL;
    pin += strlen(PIN_PREFIX);
    int rc = base64_decode(pin, strlen(pin), ticket->server_pin, sizeof(ticket->server_pin), &len);
    if (rc < 0 || len != HASH_LEN)
        return -EINVAL;
    if ((size_t)snprintf(ticket->url, sizeof(ticket->url), "%s", central->config.url) >= sizeof(ticket->url))
        return -ENAMETOOLONG;
    crypto_sha256(central->keys.root_public, PUBLIC_KEY_LEN, ticket->root_hash);
    return 0;
}

static int look_again(void *arg, struct store_tx *tx)
{
    (void)arg;
    (void)tx;
    return 0;
}

/* Requests read before they write, so none of them would get as far as the writer, which opens failed books again. */
static void reopen_failed_books(struct central *central)
{
    if (!store_failed(central->store))
        return;
    int rc = writer_call(central->writer, look_again, NULL);
    if (rc < 0)
        report(central, "books", rc);
}

void central_work(struct central *central)
{
    reopen_failed_books(central);
    int rc = central_ask_leases_back(central);
    if (rc < 0 && rc != -EPIPE)
        report(central, "leases", rc);
    for (size_t i = 0; i < central->part_count; i++) {
        if (central->parts[i]->tick)
            central->parts[i]->tick(central);
    }
    central_backup_when_due(central);
}

void central_tick(struct central *central)
{
    waiting_run(central->waiting);
    central_work(central);
}
