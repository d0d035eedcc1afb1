#include "drive.h"

#include "platform/buffer.h"
#include "platform/file.h"

#include <dirent.h>
#include <ftw.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static sqlite3_vfs *real_vfs;
static sqlite3_vfs router;
static struct drive *drives;

/* ---- which VFS a path belongs to */

static bool is_database(const struct drive *drive, const char *name)
{
    static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
    size_t len = strlen(drive->database);
    if (strncmp(name, drive->database, len) != 0)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        if (strcmp(name + len, ends[i]) == 0)
            return true;
    }
    return false;
}

static sqlite3_vfs *vfs_of(const char *path)
{
    for (const struct drive *drive = drives; path && drive; drive = drive->next) {
        size_t len = strlen(drive->folder);
        if (strncmp(path, drive->folder, len) == 0 && path[len] == '/' && is_database(drive, path + len + 1))
            return sqlite3_vfs_find(disk_vfs_name(drive->disk));
    }
    return real_vfs;
}

static int on_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *out_flags)
{
    (void)vfs;
    vfs = vfs_of(name);
    file->pMethods = NULL;
    return vfs->xOpen(vfs, name, file, flags, out_flags);
}

static int on_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    (void)sync_folder;
    vfs = vfs_of(name);
    return vfs->xDelete(vfs, name, 0);
}

static int on_access(sqlite3_vfs *vfs, const char *name, int flags, int *out_there)
{
    vfs = vfs_of(name);
    return vfs->xAccess(vfs, name, flags, out_there);
}

static int on_full_path(sqlite3_vfs *vfs, const char *name, int cap, char *out)
{
    (void)vfs;
    return snprintf(out, (size_t)cap, "%s", name) < cap ? SQLITE_OK : SQLITE_CANTOPEN; /* they are full already */
}

static void register_router(const struct disk *disk)
{
    if (real_vfs)
        return;
    const sqlite3_vfs *memory = sqlite3_vfs_find(disk_vfs_name(disk));
    real_vfs = sqlite3_vfs_find(NULL);
    router = *real_vfs;
    router.zName = DRIVE_VFS;
    if (router.szOsFile < memory->szOsFile)
        router.szOsFile = memory->szOsFile;
    router.mxPathname = memory->mxPathname;
    router.xOpen = on_open;
    router.xDelete = on_delete;
    router.xAccess = on_access;
    router.xFullPathname = on_full_path;
    int code = sqlite3_vfs_register(&router, 1);
    world_must(code == SQLITE_OK ? 0 : -EINVAL, "vfs");
}

/* ---- dying */

static void fail_all(struct drive *drive)
{
    drive->sick = false;
    disk_faults_clear(drive->disk);
    for (int io = 0; io < DISK_IO_COUNT; io++)
        disk_fail(drive->disk, (enum disk_io)io, 1, DISK_EIO, true);
}

void drive_kill(struct drive *drive)
{
    if (drive->dead)
        return;
    drive->dead = true;
    drive->dies_in = 0;
    drive->left = disk_cut(drive->disk, &drive->world->chance.base, DISK_LOSE_BY_CHANCE);
    fail_all(drive);
}

/* Before every change. One that comes back as done after the cut is nobody's: the sync that a commit waits for fails.
 */
static void on_change(void *context, struct disk *disk)
{
    struct drive *drive = context;
    (void)disk;
    if (drive->dies_in > 0 && --drive->dies_in == 0)
        drive_kill(drive);
}

void drive_revive(struct drive *drive)
{
    if (drive->left)
        disk_load(drive->disk, drive->left);
    disk_image_close(drive->left);
    drive->left = NULL;
    drive->dead = false;
    drive->dies_in = 0;
    drive_mend(drive);
}

void drive_break(struct drive *drive, enum disk_io io, enum disk_fault fault, uint32_t nth, bool lasting)
{
    if (drive->dead)
        return;
    drive->sick = true;
    disk_fail(drive->disk, io, nth, fault, lasting);
}

uint32_t drive_mend(struct drive *drive)
{
    uint32_t failures = drive->sick ? disk_failures(drive->disk) : 0;
    if (drive->dead)
        return 0;
    drive->sick = false;
    disk_faults_clear(drive->disk);
    return failures;
}

/* ---- life */

void drive_init(struct drive *drive, struct world *world, const char *folder, const char *database)
{
    *drive = (struct drive){.world = world};
    snprintf(drive->folder, sizeof(drive->folder), "%s", folder);
    snprintf(drive->database, sizeof(drive->database), "%s", database);
    world_must(file_make_dirs(folder, 0700), "a drive's folder");
    disk_open(&drive->disk);
    disk_use_one_thread(drive->disk);
    disk_watch_set(drive->disk, on_change, drive);
    register_router(drive->disk);
    drive->next = drives;
    drives = drive;
}

void drive_finish(struct drive *drive)
{
    struct drive **at = &drives;
    while (*at && *at != drive)
        at = &(*at)->next;
    if (*at)
        *at = drive->next;
    disk_image_close(drive->left);
    disk_close(drive->disk);
    drive->left = NULL;
    drive->disk = NULL;
}

bool drive_has_database(const struct drive *drive)
{
    return disk_file_size(drive->disk, drive->database) > 0;
}

static void read_whole(const char *path, struct buffer *out_buffer)
{
    buffer_init(out_buffer, (size_t)256 * 1024 * 1024);
    world_must(file_read(path, out_buffer), path);
}

void drive_take_database(struct drive *drive, const char *from)
{
    struct buffer buffer;
    read_whole(from, &buffer);
    disk_file_put(drive->disk, drive->database, buffer.data, buffer.len);
    buffer_finish(&buffer);
}

static void copy_file(const char *from, const char *to)
{
    struct buffer buffer;
    read_whole(from, &buffer);
    world_must(file_write_atomic(to, buffer.data, buffer.len, 0600), to);
    buffer_finish(&buffer);
}

void drive_copy(struct drive *from, struct drive *to)
{
    struct disk_image *image = disk_cut(from->disk, &from->world->chance.base, DISK_LOSE_NOTHING);
    disk_load(to->disk, image);
    disk_image_close(image);
    DIR *folder = opendir(from->folder);
    world_must(folder ? 0 : -errno, "a drive's folder");
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        char source[512], target[512];
        if (entry->d_type != DT_REG)
            continue;
        snprintf(source, sizeof(source), "%s/%s", from->folder, entry->d_name);
        snprintf(target, sizeof(target), "%s/%s", to->folder, entry->d_name);
        copy_file(source, target);
    }
    closedir(folder);
}

static int remove_entry(const char *path, const struct stat *status, int flag, struct FTW *walk)
{
    (void)status;
    (void)flag;
    (void)walk;
    return remove(path);
}

void drive_remove_folder(const char *folder)
{
    nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}
