#include "central/store/backup.h"
#include "central/server.h"
#include "platform/file.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KEPT       3
#define NAME_START "central-"
#define NAME_END   ".db"

static int is_backup(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name), end = strlen(NAME_END);
    return strncmp(entry->d_name, NAME_START, strlen(NAME_START)) == 0 && len > end &&
           strcmp(entry->d_name + len - end, NAME_END) == 0;
}

/*
 * The time of the newest backup's name, 0 without one. A name is later than all before it even when the clock went
 * back, so that names tell which backup is the oldest: what that one holds is what terminals may forget.
 */
static int last_stamp(const char *folder, int64_t *out_ms)
{
    struct dirent **entries = NULL;
    int64_t last_ms = 0;
    int count = scandir(folder, &entries, is_backup, NULL);
    if (count < 0)
        return -errno;
    for (int i = 0; i < count; i++) {
        int64_t ms = strtoll(entries[i]->d_name + strlen(NAME_START), NULL, 10);
        if (ms > last_ms)
            last_ms = ms;
        free(entries[i]);
    }
    free(entries);
    *out_ms = last_ms;
    return 0;
}

/* Removes all but the newest; the oldest that is left goes to out_path. Names sort by age. */
static int prune(const char *folder, char *out_path, size_t cap)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_backup, alphasort);
    if (count < 0)
        return -errno;
    int rc = count > 0 ? 0 : -ENOENT;
    for (int i = 0; i < count; i++) {
        char path[STORE_PATH_MAX + 256];
        snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        if (i < count - KEPT) {
            unlink(path);
        } else if (i == (count > KEPT ? count - KEPT : 0)) {
            rc = (size_t)snprintf(out_path, cap, "%s", path) < cap ? 0 : -ENAMETOOLONG;
        }
        free(entries[i]);
    }
    free(entries);
    return rc;
}

static int note_archived(void *arg, struct store_tx *tx)
{
    return journal_note_archived(tx, arg);
}

/* Any backup that is kept may be the one restored, so what the oldest of them holds is what counts as archived. */
static int raise_marks(struct central *central, const char *oldest)
{
    struct journal_mark_list list = {NULL, 0};
    int rc = store_backup_marks(oldest, &list);
    if (rc == 0)
        rc = writer_call(central->writer, note_archived, &list);
    free(list.items);
    return rc;
}

int central_backup(struct central *central, char *out_path, size_t cap)
{
    char folder[STORE_PATH_MAX], path[STORE_PATH_MAX + 64], oldest[STORE_PATH_MAX];
    int rc = central_config_path(&central->config, CENTRAL_BACKUP_DIR, folder, sizeof(folder));
    if (rc == 0)
        rc = file_make_dirs(folder, 0700);
    int64_t last_ms = 0, now_ms = clock_wall_ms(central->clock);
    if (rc == 0)
        rc = last_stamp(folder, &last_ms);
    if (rc < 0)
        return rc;
    if (now_ms <= last_ms)
        now_ms = last_ms + 1;
    snprintf(path, sizeof(path), "%s/" NAME_START "%015" PRId64 NAME_END, folder, now_ms);
    if ((size_t)snprintf(out_path, cap, "%s", path) >= cap)
        return -ENAMETOOLONG;
    rc = store_backup(central->store, path);
    if (rc == 0)
        rc = prune(folder, oldest, sizeof(oldest));
    if (rc == 0)
        rc = raise_marks(central, oldest);
    if (rc == 0)
        central->metrics.backups++;
    return rc;
}
