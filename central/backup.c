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
#define UNDONE     ".db.part"    /* and what the database puts beside it */
#define BETWEEN    "-between.db" /* made between two of the clock's: kept until the next one */

#define HOUR_MS     INT64_C(3600000)
#define SOON_MS     INT64_C(60000)  /* many are confirmed in a row */
#define REST_MS     INT64_C(900000) /* at least, between one and the next after a confirmation */
#define REST_FACTOR 20              /* times what the last one took */

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

int central_backup_last(const struct central_config *config, int64_t *out_ms)
{
    char folder[STORE_PATH_MAX];
    int64_t last_ms = 0;
    int rc = central_config_path(config, CENTRAL_BACKUP_DIR, folder, sizeof(folder));
    if (rc == 0)
        rc = last_stamp(folder, &last_ms);
    if (rc == -ENOENT)
        rc = 0;
    if (rc == 0)
        *out_ms = last_ms;
    return rc;
}

static bool is_between(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name), end = strlen(BETWEEN);
    return len > end && strcmp(entry->d_name + len - end, BETWEEN) == 0;
}

/* Removes all but the newest of the clock's, and those between but the newest of all: however many are asked for, the
 * days before are still there. The oldest that is left goes to out_path. Names sort by age. */
static int prune(const char *folder, char *out_path, size_t cap)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_backup, alphasort), left = 0;
    if (count < 0)
        return -errno;
    int rc = count > 0 ? 0 : -ENOENT;
    for (int i = count - 1; i >= 0; i--) {
        char path[STORE_PATH_MAX + 256];
        bool between = is_between(entries[i]);
        bool keep = between ? i == count - 1 : left < KEPT;
        snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        left += keep && !between;
        if (!keep)
            unlink(path);
        else
            rc = (size_t)snprintf(out_path, cap, "%s", path) < cap ? 0 : -ENAMETOOLONG;
        free(entries[i]);
    }
    free(entries);
    return rc;
}

static int is_undone(const struct dirent *entry)
{
    return strncmp(entry->d_name, NAME_START, strlen(NAME_START)) == 0 && strstr(entry->d_name, UNDONE) != NULL;
}

/* What a backup left that was killed: each as large as the books, under a name that no later one has again. */
static int remove_undone(const char *folder)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_undone, NULL);
    if (count < 0)
        return -errno;
    for (int i = 0; i < count; i++) {
        char path[STORE_PATH_MAX + 256];
        snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
        unlink(path);
        free(entries[i]);
    }
    free(entries);
    return 0;
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

static int make_backup(struct central *central, bool between, char *out_path, size_t cap)
{
    char folder[STORE_PATH_MAX], path[STORE_PATH_MAX + 64], oldest[STORE_PATH_MAX];
    int rc = central_config_path(&central->config, CENTRAL_BACKUP_DIR, folder, sizeof(folder));
    if (rc == 0)
        rc = file_make_dirs(folder, 0700);
    if (rc == 0)
        rc = remove_undone(folder);
    int64_t last_ms = 0, now_ms = clock_wall_ms(central->clock);
    if (rc == 0)
        rc = last_stamp(folder, &last_ms);
    if (rc < 0)
        return rc;
    if (now_ms <= last_ms)
        now_ms = last_ms + 1;
    snprintf(path, sizeof(path), "%s/" NAME_START "%015" PRId64 "%s", folder, now_ms, between ? BETWEEN : NAME_END);
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

static int one_at_a_time(struct central *central, bool between, char *out_path, size_t cap)
{
    pthread_mutex_lock(&central->backup_mutex);
    int64_t begun_ms = clock_mono_ms(central->clock);
    int rc = make_backup(central, between, out_path, cap);
    int64_t ended_ms = clock_mono_ms(central->clock), rest_ms = (ended_ms - begun_ms) * REST_FACTOR;
    central->backup_rest_ms = ended_ms + (rest_ms > REST_MS ? rest_ms : REST_MS);
    pthread_mutex_unlock(&central->backup_mutex);
    return rc;
}

int central_backup(struct central *central, char *out_path, size_t cap)
{
    return one_at_a_time(central, false, out_path, cap);
}

int central_backup_between(struct central *central, char *out_path, size_t cap)
{
    /* Without the clock's the ones that are asked for are all there is. */
    return one_at_a_time(central, central->config.backup_hours != 0, out_path, cap);
}

int64_t central_backup_soon(struct central *central)
{
    int64_t now_ms = clock_mono_ms(central->clock), none = INT64_MAX;
    int64_t due_ms = now_ms + SOON_MS, rest_ms = central->backup_rest_ms;
    if (central->config.backup_hours == 0)
        return -1;
    if (due_ms < rest_ms)
        due_ms = rest_ms;
    if (!atomic_compare_exchange_strong(&central->backup_soon_ms, &none, due_ms))
        due_ms = none; /* asked for already, and not begun */
    if (due_ms > central->backup_due_ms)
        due_ms = central->backup_due_ms;
    return due_ms > now_ms ? due_ms - now_ms : 0;
}

void central_backup_when_due(struct central *central)
{
    int64_t now_ms = clock_mono_ms(central->clock);
    bool by_clock = now_ms >= central->backup_due_ms;
    char path[STORE_PATH_MAX];
    if (!by_clock && now_ms < central->backup_soon_ms)
        return;
    if (by_clock)
        central->backup_due_ms = now_ms + (int64_t)central->config.backup_hours * HOUR_MS;
    /* Who is confirmed from here on may not be in it. */
    bool asked = atomic_exchange(&central->backup_soon_ms, INT64_MAX) != INT64_MAX;
    int rc =
        by_clock ? central_backup(central, path, sizeof(path)) : central_backup_between(central, path, sizeof(path));
    if (rc == 0)
        return;
    int64_t none = INT64_MAX;
    if (asked) /* who asked is in no backup still; unless somebody asked anew meanwhile */
        atomic_compare_exchange_strong(&central->backup_soon_ms, &none, central->backup_rest_ms);
    central->metrics.backup_failures++;
    if (central->report)
        central->report("backup", rc);
}
