#include "central/server.h"
#include "central/store/identity.h"
#include "platform/file.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define UNFINISHED_FILE                                                                                                \
    "central.db.init" /* becomes central.db as the last step: an init that was cut off starts over */

struct paths {
    char db[STORE_PATH_MAX], unfinished[STORE_PATH_MAX], keys[STORE_PATH_MAX], tls[STORE_PATH_MAX];
    char lock[STORE_PATH_MAX];
};

static int find_paths(const struct central_config *config, struct paths *paths)
{
    int rc = central_config_path(config, CENTRAL_DB_FILE, paths->db, sizeof(paths->db));
    if (rc == 0)
        rc = central_config_path(config, UNFINISHED_FILE, paths->unfinished, sizeof(paths->unfinished));
    if (rc == 0)
        rc = central_config_path(config, CENTRAL_KEYS_DIR, paths->keys, sizeof(paths->keys));
    if (rc == 0)
        rc = central_config_path(config, CENTRAL_TLS_FILE, paths->tls, sizeof(paths->tls));
    if (rc == 0)
        rc = central_config_path(config, CENTRAL_LOCK_FILE, paths->lock, sizeof(paths->lock));
    return rc;
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

static void remove_unfinished(const struct paths *paths)
{
    static const char *const names[] = {"root.key", "root.pub", "coupon-1.key", "member-2.key", "badge-3.key"};
    char path[STORE_PATH_MAX + 32];
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        snprintf(path, sizeof(path), "%s/%s", paths->keys, names[i]);
        unlink(path);
    }
    unlink(paths->unfinished);
    snprintf(path, sizeof(path), "%s-wal", paths->unfinished);
    unlink(path);
    snprintf(path, sizeof(path), "%s-shm", paths->unfinished);
    unlink(path);
}

struct first_brand {
    struct brand brand;
    uint32_t id;
};

static int add_brand(void *arg, struct store_tx *tx)
{
    struct first_brand *first = arg;
    return identity_add_brand(tx, &first->brand, &first->id);
}

static int fill_books(struct store *store, const struct central_init_options *options, uint32_t *out_brand)
{
    struct writer *writer = NULL;
    struct writer_options writer_options = {.store = store, .inline_jobs = true};
    int rc = writer_open(&writer_options, &writer);
    if (rc < 0)
        return rc;
    struct first_brand first = {.brand = {.accent = "#c8102e"}};
    snprintf(first.brand.name_zh, sizeof(first.brand.name_zh), "%s", options->brand_zh);
    snprintf(first.brand.name_en, sizeof(first.brand.name_en), "%s", options->brand_en);
    rc = writer_call(writer, add_brand, &first);
    writer_close(writer);
    *out_brand = first.id;
    return rc;
}

static int make_books(const struct central_init_options *options, const struct paths *paths, uint32_t *out_brand)
{
    const struct store_schema *schemas[STORE_PARTS_MAX];
    struct store_options store_options = {
        .path = paths->unfinished,
        .clock = options->clock,
        .random = options->random,
        .parts = schemas,
        .part_count = central_part_schemas(options->parts, options->part_count, schemas),
        .create = true,
    };
    struct store *store = NULL;
    int rc = store_open(&store_options, &store);
    if (rc == 0)
        rc = fill_books(store, options, out_brand);
    store_close(store);
    return rc;
}

static int make_all(const struct central_init_options *options, const struct paths *paths)
{
    if (exists(paths->db))
        return -EEXIST;
    if (exists(paths->unfinished))
        remove_unfinished(paths);
    else if (exists(paths->keys))
        return -EEXIST; /* keys without books: somebody's backup belongs here, not a fresh start */
    uint32_t brand = 0;
    int rc = make_books(options, paths, &brand);
    if (rc == 0)
        rc = brand_keys_make(paths->keys, brand, options->random ? options->random : random_real());
    struct tls_identity tls = {0};
    if (rc == 0)
        rc = tls_identity_load_or_make(paths->tls, "tillside-central", &tls);
    tls_identity_finish(&tls);
    if (rc == 0 && rename(paths->unfinished, paths->db) < 0)
        rc = -errno;
    return rc;
}

int central_init_data(const struct central_init_options *options)
{
    struct paths paths;
    struct lock lock = {-1};
    pid_t holder = 0;
    int rc = find_paths(&options->config, &paths);
    if (rc == 0)
        rc = file_make_dirs(options->config.data, 0700);
    if (rc == 0)
        rc = lock_open(&lock, paths.lock, &holder);
    if (rc == 0)
        rc = make_all(options, &paths);
    lock_close(&lock);
    return rc;
}
