#include "disk.h"

#include "platform/buffer.h"
#include "platform/file.h"

#include <dirent.h>
#include <ftw.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One write that was not synced: what stood there before. */
struct unsynced {
    int64_t offset, size_before;
    uint32_t len; /* of old */
    uint8_t *old;
};

struct disk_file {
    char path[192];
    struct unsynced *writes;
    size_t count, cap;
    struct disk_file *next;
};

struct handle {
    sqlite3_file base;
    struct disk *disk;
    struct disk_file *file;
};

static sqlite3_vfs *real_vfs;
static sqlite3_vfs disk_vfs;
static sqlite3_io_methods methods;
static struct disk *disks;

static sqlite3_file *real_of(sqlite3_file *file)
{
    return (sqlite3_file *)((struct handle *)file + 1);
}

#define REAL(file) real_of(file)->pMethods

static struct disk *disk_of(const char *path)
{
    for (struct disk *disk = disks; disk; disk = disk->next) {
        size_t len = strlen(disk->folder);
        if (strncmp(path, disk->folder, len) == 0 && path[len] == '/')
            return disk;
    }
    return NULL;
}

static struct disk_file *file_of(struct disk *disk, const char *path)
{
    struct disk_file *file;
    for (file = disk->files; file; file = file->next) {
        if (strcmp(file->path, path) == 0)
            return file;
    }
    file = calloc(1, sizeof(*file));
    world_must(file ? 0 : -ENOMEM, "disk");
    snprintf(file->path, sizeof(file->path), "%s", path);
    file->next = disk->files;
    disk->files = file;
    return file;
}

static void forget(struct disk_file *file)
{
    for (size_t i = 0; i < file->count; i++)
        free(file->writes[i].old);
    file->count = 0;
}

/* Notes what a write or a cut at offset is about to replace. */
static void remember(sqlite3_file *file, int64_t offset, int64_t len)
{
    struct disk_file *f = ((struct handle *)file)->file;
    sqlite3_int64 size = 0;
    REAL(file)->xFileSize(real_of(file), &size);
    if (f->count == f->cap) {
        f->cap = f->cap ? f->cap * 2 : 16;
        f->writes = realloc(f->writes, f->cap * sizeof(*f->writes));
        world_must(f->writes ? 0 : -ENOMEM, "disk");
    }
    int64_t there = size > offset ? size - offset : 0;
    struct unsynced write = {.offset = offset, .size_before = size, .len = (uint32_t)(there < len ? there : len)};
    if (write.len > 0) {
        write.old = malloc(write.len);
        world_must(write.old ? 0 : -ENOMEM, "disk");
        int code = REAL(file)->xRead(real_of(file), write.old, (int)write.len, offset);
        world_must(code == SQLITE_OK ? 0 : -EIO, "disk");
    }
    f->writes[f->count++] = write;
}

static int on_close(sqlite3_file *file)
{
    return REAL(file)->xClose(real_of(file));
}

static int on_read(sqlite3_file *file, void *out, int len, sqlite3_int64 offset)
{
    return REAL(file)->xRead(real_of(file), out, len, offset);
}

static int on_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 offset)
{
    struct disk *disk = ((struct handle *)file)->disk;
    if (disk->dead)
        return SQLITE_IOERR_WRITE;
    remember(file, offset, len);
    if (disk->dies_in > 0 && --disk->dies_in == 0) {
        disk->dead = true;
        int part = (int)world_below(disk->world, (uint64_t)len + 1);
        if (part > 0)
            REAL(file)->xWrite(real_of(file), data, part, offset);
        return SQLITE_IOERR_WRITE;
    }
    return REAL(file)->xWrite(real_of(file), data, len, offset);
}

static int on_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    sqlite3_int64 before = 0;
    if (((struct handle *)file)->disk->dead)
        return SQLITE_IOERR_TRUNCATE;
    REAL(file)->xFileSize(real_of(file), &before);
    if (before > size)
        remember(file, size, before - size);
    return REAL(file)->xTruncate(real_of(file), size);
}

static int on_sync(sqlite3_file *file, int flags)
{
    struct handle *handle = (struct handle *)file;
    (void)flags; /* the process outlives the disk: only the books of what was synced matter */
    if (handle->disk->dead)
        return SQLITE_IOERR_FSYNC;
    if (!handle->disk->lying)
        forget(handle->file);
    return SQLITE_OK;
}

static int on_size(sqlite3_file *file, sqlite3_int64 *out_size)
{
    return REAL(file)->xFileSize(real_of(file), out_size);
}

static int on_lock(sqlite3_file *file, int level)
{
    return REAL(file)->xLock(real_of(file), level);
}

static int on_unlock(sqlite3_file *file, int level)
{
    return REAL(file)->xUnlock(real_of(file), level);
}

static int on_check_reserved(sqlite3_file *file, int *out_reserved)
{
    return REAL(file)->xCheckReservedLock(real_of(file), out_reserved);
}

static int on_control(sqlite3_file *file, int op, void *argument)
{
    return REAL(file)->xFileControl(real_of(file), op, argument);
}

static int on_sector_size(sqlite3_file *file)
{
    return REAL(file)->xSectorSize(real_of(file));
}

static int on_characteristics(sqlite3_file *file)
{
    return REAL(file)->xDeviceCharacteristics(real_of(file));
}

static int on_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out_map)
{
    return REAL(file)->xShmMap(real_of(file), page, size, extend, out_map);
}

static int on_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return REAL(file)->xShmLock(real_of(file), offset, count, flags);
}

static void on_shm_barrier(sqlite3_file *file)
{
    REAL(file)->xShmBarrier(real_of(file));
}

static int on_shm_unmap(sqlite3_file *file, int remove)
{
    return REAL(file)->xShmUnmap(real_of(file), remove);
}

static int on_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *out_flags)
{
    struct handle *handle = (struct handle *)file;
    struct disk *disk = name ? disk_of(name) : NULL;
    (void)vfs;
    file->pMethods = NULL;
    if (!disk || disk->dead)
        return SQLITE_CANTOPEN;
    int code = real_vfs->xOpen(real_vfs, name, real_of(file), flags, out_flags);
    if (code != SQLITE_OK)
        return code;
    handle->disk = disk;
    handle->file = file_of(disk, name);
    file->pMethods = &methods;
    return SQLITE_OK;
}

static int on_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    struct disk *disk = disk_of(name);
    (void)vfs;
    (void)sync_folder;
    if (disk && disk->dead)
        return SQLITE_IOERR_DELETE;
    if (disk)
        forget(file_of(disk, name));
    return real_vfs->xDelete(real_vfs, name, 0);
}

static void register_vfs(void)
{
    if (real_vfs)
        return;
    methods = (sqlite3_io_methods){
        .iVersion = 2, /* no memory mapping */
        .xClose = on_close,
        .xRead = on_read,
        .xWrite = on_write,
        .xTruncate = on_truncate,
        .xSync = on_sync,
        .xFileSize = on_size,
        .xLock = on_lock,
        .xUnlock = on_unlock,
        .xCheckReservedLock = on_check_reserved,
        .xFileControl = on_control,
        .xSectorSize = on_sector_size,
        .xDeviceCharacteristics = on_characteristics,
        .xShmMap = on_shm_map,
        .xShmLock = on_shm_lock,
        .xShmBarrier = on_shm_barrier,
        .xShmUnmap = on_shm_unmap,
    };
    real_vfs = sqlite3_vfs_find(NULL);
    disk_vfs = *real_vfs;
    disk_vfs.zName = DISK_VFS;
    disk_vfs.szOsFile = (int)sizeof(struct handle) + real_vfs->szOsFile;
    disk_vfs.xOpen = on_open;
    disk_vfs.xDelete = on_delete;
    int code = sqlite3_vfs_register(&disk_vfs, 0);
    world_must(code == SQLITE_OK ? 0 : -EINVAL, "vfs");
}

int disk_init(struct disk *disk, struct world *world, const char *folder)
{
    *disk = (struct disk){.world = world};
    register_vfs();
    snprintf(disk->folder, sizeof(disk->folder), "%s", folder);
    int rc = file_make_dirs(folder, 0700);
    if (rc < 0)
        return rc;
    disk->next = disks;
    disks = disk;
    return 0;
}

void disk_finish(struct disk *disk)
{
    struct disk **at = &disks;
    while (*at && *at != disk)
        at = &(*at)->next;
    if (*at)
        *at = disk->next;
    while (disk->files) {
        struct disk_file *file = disk->files;
        disk->files = file->next;
        forget(file);
        free(file->writes);
        free(file);
    }
}

static void undo(const struct disk_file *file, const struct unsynced *write)
{
    FILE *f = fopen(file->path, "r+");
    if (!f)
        return;
    if (write->len > 0 && fseek(f, write->offset, SEEK_SET) == 0)
        world_must(fwrite(write->old, 1, write->len, f) == write->len ? 0 : -EIO, "undo");
    fflush(f);
    world_must(ftruncate(fileno(f), write->size_before), "undo");
    fclose(f);
}

void disk_revive(struct disk *disk)
{
    for (struct disk_file *file = disk->files; file; file = file->next) {
        size_t keep = file->count ? world_below(disk->world, file->count + 1) : 0;
        for (size_t i = file->count; i-- > keep;)
            undo(file, &file->writes[i]);
        forget(file);
    }
    disk->dead = false;
    disk->dies_in = 0;
}

int disk_copy_file(const char *from, const char *to)
{
    struct buffer buffer;
    buffer_init(&buffer, (size_t)256 * 1024 * 1024);
    int rc = file_read(from, &buffer);
    FILE *out = rc == 0 ? fopen(to, "w") : NULL;
    if (rc == 0 && !out)
        rc = -errno;
    if (rc == 0 && fwrite(buffer.data, 1, buffer.len, out) != buffer.len)
        rc = -EIO;
    if (out && fclose(out) != 0 && rc == 0)
        rc = -EIO;
    if (rc == 0 && chmod(to, 0600) < 0)
        rc = -errno;
    buffer_finish(&buffer);
    return rc;
}

int disk_copy_folder(const char *from, const char *to)
{
    DIR *folder = opendir(from);
    if (!folder)
        return -errno;
    int rc = 0;
    const struct dirent *entry;
    while (rc == 0 && (entry = readdir(folder)) != NULL) {
        char source[512], target[512];
        if (entry->d_type != DT_REG || strstr(entry->d_name, "-shm"))
            continue;
        snprintf(source, sizeof(source), "%s/%s", from, entry->d_name);
        snprintf(target, sizeof(target), "%s/%s", to, entry->d_name);
        rc = disk_copy_file(source, target);
    }
    closedir(folder);
    return rc;
}

static int remove_entry(const char *path, const struct stat *status, int flag, struct FTW *walk)
{
    (void)status;
    (void)flag;
    (void)walk;
    return remove(path);
}

void disk_remove_folder(const char *folder)
{
    nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}
