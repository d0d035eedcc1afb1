#include "central/store/backup.h"
#include "central/store/epoch.h"
#include "central/store/query.h"

#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SQL_MAX (STORE_PATH_MAX * 2 + 64)

/* A reader of its own, outside the pool: VACUUM INTO writes another file, which query_only would forbid too. */
static int copy_snapshot(const char *from, const char *to)
{
    if (strchr(to, '\'')) /* our own folder and file names; never seen in the field */
        return -EINVAL;
    struct db_options options = {.mode = DB_READER};
    struct db *db = NULL;
    int rc = db_open(from, &options, &db);
    if (rc < 0)
        return rc;
    char sql[SQL_MAX];
    snprintf(sql, sizeof(sql), "PRAGMA query_only=OFF; VACUUM INTO '%s'", to);
    rc = db_exec(db, sql);
    db_close(db);
    return rc;
}

static int mark_and_check(const char *path)
{
    struct db_options options = {.mode = DB_WRITER};
    struct db *db = NULL;
    char finding[128];
    int rc = db_open(path, &options, &db);
    if (rc == 0)
        rc = epoch_mark_copy(db);
    if (rc == 0)
        rc = db_check(db, false, finding, sizeof(finding));
    if (rc == 0)
        rc = db_checkpoint(db);
    db_close(db);
    return rc;
}

static int sync_path(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int rc = fsync(fd) < 0 ? -errno : 0;
    close(fd);
    return rc;
}

static int sync_folder_of(const char *path)
{
    char copy[STORE_PATH_MAX];
    snprintf(copy, sizeof(copy), "%s", path);
    return sync_path(dirname(copy), O_RDONLY | O_DIRECTORY);
}

static void remove_sidecars(const char *path)
{
    static const char *const suffixes[] = {"-wal", "-shm", "-journal"};
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        char name[STORE_PATH_MAX + 16];
        snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
        unlink(name);
    }
}

int store_backup(struct store *store, const char *path)
{
    char part[STORE_PATH_MAX];
    if ((size_t)snprintf(part, sizeof(part), "%s.part", path) >= sizeof(part))
        return -ENAMETOOLONG;
    if (access(path, F_OK) == 0)
        return -EEXIST;
    unlink(part);
    remove_sidecars(part);
    int rc = copy_snapshot(store_path(store), part);
    if (rc == 0)
        rc = mark_and_check(part);
    remove_sidecars(part);
    if (rc == 0)
        rc = sync_path(part, O_RDONLY);
    if (rc == 0 && rename(part, path) < 0)
        rc = -errno;
    if (rc == 0)
        rc = sync_folder_of(path);
    if (rc < 0)
        unlink(part);
    return rc;
}

static int read_marks(struct db *db, struct journal_mark_list *list)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(db, "SELECT terminal, incarnation, durable FROM journal_head", QUERY_NONE, &stmt);
    if (rc < 0)
        return rc;
    size_t cap = 0;
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        if (list->count == cap) {
            cap = cap ? cap * 2 : 64;
            struct journal_mark *items = realloc(list->items, cap * sizeof(*items));
            if (!items) {
                rc = -ENOMEM;
                break;
            }
            list->items = items;
        }
        list->items[list->count++] = (struct journal_mark){
            (uint32_t)db_column_int64(stmt, 0),
            (uint32_t)db_column_int64(stmt, 1),
            (uint64_t)db_column_int64(stmt, 2),
        };
    }
    db_stmt_close(stmt);
    return rc;
}

int store_backup_marks(const char *path, struct journal_mark_list *out_list)
{
    struct db_options options = {.mode = DB_READER};
    struct db *db = NULL;
    struct journal_mark_list list = {NULL, 0};
    int rc = db_open(path, &options, &db);
    if (rc == 0)
        rc = read_marks(db, &list);
    db_close(db);
    if (rc < 0)
        free(list.items);
    else
        *out_list = list;
    remove_sidecars(path);
    return rc;
}
