#include "disk_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* SQLite's side of the disk: files, locks and shared memory as unix has them, all within one process. */

struct handle {
    sqlite3_file base;
    struct disk *disk;
    struct handle *next;
    struct file *file;
    int lock;                      /* SQLITE_LOCK_… */
    unsigned shm_shared, shm_held; /* bits of the log's locks */
    bool mapped;
};

static struct handle *handle_of(sqlite3_file *file)
{
    return (struct handle *)file;
}

static void lock(struct disk *disk)
{
    if (!disk->one_thread)
        pthread_mutex_lock(&disk->mutex);
}

static struct disk *enter(sqlite3_file *file)
{
    struct disk *disk = handle_of(file)->disk;
    lock(disk);
    return disk;
}

static int leave(struct disk *disk, int code)
{
    if (!disk->one_thread)
        pthread_mutex_unlock(&disk->mutex);
    return code;
}

static void free_shm(struct file *file)
{
    for (size_t i = 0; i < SHM_PAGES_MAX; i++) {
        free((void *)file->shm[i]);
        file->shm[i] = NULL;
    }
}

static int disk_shm_unmap(sqlite3_file *base, int remove)
{
    struct disk *disk = enter(base);
    struct handle *handle = handle_of(base);
    bool others = false;
    (void)remove;
    handle->mapped = false;
    handle->shm_shared = handle->shm_held = 0;
    for (struct handle *other = disk->handles; other; other = other->next)
        others |= other->file == handle->file && other->mapped;
    if (!others)
        free_shm(handle->file);
    return leave(disk, SQLITE_OK);
}

static int disk_xclose(sqlite3_file *base)
{
    disk_shm_unmap(base, 0);
    struct disk *disk = enter(base);
    for (struct handle **link = &disk->handles; *link; link = &(*link)->next) {
        if (*link == handle_of(base)) {
            *link = (*link)->next;
            break;
        }
    }
    return leave(disk, SQLITE_OK);
}

static int disk_read(sqlite3_file *base, void *out, int len, sqlite3_int64 offset)
{
    enum disk_fault fault;
    struct disk *disk = enter(base);
    if (disk_io_fails(disk, DISK_READ, &fault))
        return leave(disk, SQLITE_IOERR_READ);
    size_t got = content_read(&handle_of(base)->file->now, offset, out, (size_t)len);
    if (got == (size_t)len)
        return leave(disk, SQLITE_OK);
    memset((uint8_t *)out + got, 0, (size_t)len - got);
    return leave(disk, SQLITE_IOERR_SHORT_READ);
}

static int disk_write(sqlite3_file *base, const void *data, int len, sqlite3_int64 offset)
{
    enum disk_fault fault;
    struct disk *disk = enter(base);
    struct file *file = handle_of(base)->file;
    if (!disk_io_fails(disk, DISK_WRITE, &fault)) {
        disk_about_to_change(disk);
        file_write(file, offset, data, (size_t)len);
        return leave(disk, SQLITE_OK);
    }
    if (fault == DISK_SHORT)
        file_write(file, offset, data, (size_t)len / 2);
    return leave(disk, fault == DISK_EIO ? SQLITE_IOERR_WRITE : SQLITE_FULL);
}

static int disk_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    enum disk_fault fault;
    struct disk *disk = enter(base);
    if (disk_io_fails(disk, DISK_TRUNCATE, &fault))
        return leave(disk, SQLITE_IOERR_TRUNCATE);
    disk_about_to_change(disk);
    file_truncate(handle_of(base)->file, size);
    return leave(disk, SQLITE_OK);
}

static int disk_sync(sqlite3_file *base, int flags)
{
    enum disk_fault fault;
    struct disk *disk = enter(base);
    (void)flags;
    disk_about_to_change(disk);
    bool failed = disk_io_fails(disk, DISK_SYNC, &fault);
    if (!disk->lies)
        file_sync(handle_of(base)->file, failed);
    return leave(disk, failed ? SQLITE_IOERR_FSYNC : SQLITE_OK);
}

static int disk_size(sqlite3_file *base, sqlite3_int64 *out_size)
{
    enum disk_fault fault;
    struct disk *disk = enter(base);
    if (disk_io_fails(disk, DISK_SIZE, &fault))
        return leave(disk, SQLITE_IOERR_FSTAT);
    *out_size = handle_of(base)->file->now.size;
    return leave(disk, SQLITE_OK);
}

static int highest_other(const struct disk *disk, const struct handle *handle)
{
    int highest = SQLITE_LOCK_NONE;
    for (const struct handle *other = disk->handles; other; other = other->next) {
        if (other != handle && other->file == handle->file && other->lock > highest)
            highest = other->lock;
    }
    return highest;
}

static int disk_lock(sqlite3_file *base, int level)
{
    struct disk *disk = enter(base);
    struct handle *handle = handle_of(base);
    int others = highest_other(disk, handle);
    if (handle->lock >= level)
        return leave(disk, SQLITE_OK);
    if (level == SQLITE_LOCK_SHARED ? others >= SQLITE_LOCK_PENDING : others >= SQLITE_LOCK_RESERVED)
        return leave(disk, SQLITE_BUSY);
    if (level == SQLITE_LOCK_EXCLUSIVE && others >= SQLITE_LOCK_SHARED) {
        handle->lock = SQLITE_LOCK_PENDING;
        return leave(disk, SQLITE_BUSY);
    }
    handle->lock = level;
    return leave(disk, SQLITE_OK);
}

static int disk_unlock(sqlite3_file *base, int level)
{
    struct disk *disk = enter(base);
    if (handle_of(base)->lock > level)
        handle_of(base)->lock = level;
    return leave(disk, SQLITE_OK);
}

static int disk_check_reserved(sqlite3_file *base, int *out_reserved)
{
    struct disk *disk = enter(base);
    *out_reserved =
        highest_other(disk, handle_of(base)) >= SQLITE_LOCK_RESERVED || handle_of(base)->lock >= SQLITE_LOCK_RESERVED;
    return leave(disk, SQLITE_OK);
}

/* The pragma's value is ours to read before SQLite does; "1" is NORMAL and never longer than what stood there. */
static int disk_control(sqlite3_file *base, int op, void *argument)
{
    char **words = argument;
    if (op == SQLITE_FCNTL_PRAGMA && handle_of(base)->disk->weaken && sqlite3_stricmp(words[1], "synchronous") == 0 &&
        words[2])
        snprintf(words[2], strlen(words[2]) + 1, "1");
    return SQLITE_NOTFOUND;
}

static int disk_sector_size(sqlite3_file *base)
{
    (void)base;
    return SECTOR_LEN;
}

static int disk_characteristics(sqlite3_file *base)
{
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static int disk_shm_map(sqlite3_file *base, int page, int size, int extend, void volatile **out_map)
{
    enum disk_fault fault;
    struct disk *disk = enter(base);
    struct handle *handle = handle_of(base);
    assert(page < SHM_PAGES_MAX);
    if (disk_io_fails(disk, DISK_MAP, &fault))
        return leave(disk, fault == DISK_ENOSPC ? SQLITE_FULL : SQLITE_IOERR_SHMMAP);
    if (!handle->file->shm[page] && extend)
        handle->file->shm[page] = calloc(1, (size_t)size);
    handle->mapped = true;
    *out_map = handle->file->shm[page];
    return leave(disk, SQLITE_OK);
}

static int disk_shm_lock(sqlite3_file *base, int offset, int count, int flags)
{
    struct disk *disk = enter(base);
    struct handle *handle = handle_of(base);
    unsigned bits = ((1u << count) - 1) << offset, shared = 0, held = 0;
    for (const struct handle *other = disk->handles; other; other = other->next) {
        if (other != handle && other->file == handle->file) {
            shared |= other->shm_shared;
            held |= other->shm_held;
        }
    }
    if (flags & SQLITE_SHM_UNLOCK) {
        handle->shm_shared &= ~bits;
        handle->shm_held &= ~bits;
        return leave(disk, SQLITE_OK);
    }
    if (flags & SQLITE_SHM_SHARED ? held & bits : (held | shared) & bits)
        return leave(disk, SQLITE_BUSY);
    if (flags & SQLITE_SHM_SHARED)
        handle->shm_shared |= bits;
    else
        handle->shm_held |= bits;
    return leave(disk, SQLITE_OK);
}

static void disk_shm_barrier(sqlite3_file *base)
{
    struct disk *disk = enter(base); /* a barrier that the thread checker understands */
    leave(disk, SQLITE_OK);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2, /* no memory mapping */
    .xClose = disk_xclose,
    .xRead = disk_read,
    .xWrite = disk_write,
    .xTruncate = disk_truncate,
    .xSync = disk_sync,
    .xFileSize = disk_size,
    .xLock = disk_lock,
    .xUnlock = disk_unlock,
    .xCheckReservedLock = disk_check_reserved,
    .xFileControl = disk_control,
    .xSectorSize = disk_sector_size,
    .xDeviceCharacteristics = disk_characteristics,
    .xShmMap = disk_shm_map,
    .xShmLock = disk_shm_lock,
    .xShmBarrier = disk_shm_barrier,
    .xShmUnmap = disk_shm_unmap,
};

static int disk_xopen(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *base, int flags, int *out_flags)
{
    struct disk *disk = vfs->pAppData;
    struct handle *handle = handle_of(base);
    enum disk_fault fault;
    assert(name); /* temporary tables stay in memory */
    memset(handle, 0, sizeof(*handle));
    lock(disk);
    struct file *file = file_find(disk, name);
    if (disk_io_fails(disk, DISK_OPEN, &fault) || (!file && !(flags & SQLITE_OPEN_CREATE)))
        return leave(disk, SQLITE_CANTOPEN);
    if (!file) {
        disk_about_to_change(disk);
        file = file_make(disk, name);
    }
    *handle = (struct handle){.base = {&methods}, .disk = disk, .next = disk->handles, .file = file};
    disk->handles = handle;
    if (out_flags)
        *out_flags = flags;
    return leave(disk, SQLITE_OK);
}

static int disk_delete(sqlite3_vfs *vfs, const char *name, int sync_folder)
{
    struct disk *disk = vfs->pAppData;
    enum disk_fault fault;
    (void)sync_folder;
    lock(disk);
    struct file *file = file_find(disk, name);
    if (disk_io_fails(disk, DISK_DELETE, &fault))
        return leave(disk, SQLITE_IOERR_DELETE);
    if (!file)
        return leave(disk, SQLITE_IOERR_DELETE_NOENT);
    disk_about_to_change(disk);
    file_delete(file);
    return leave(disk, SQLITE_OK);
}

static int disk_access(sqlite3_vfs *vfs, const char *name, int flags, int *out_there)
{
    struct disk *disk = vfs->pAppData;
    (void)flags;
    lock(disk);
    const struct file *file = file_find(disk, name);
    *out_there = file && file->now.size > 0;
    return leave(disk, SQLITE_OK);
}

static int disk_full_path(sqlite3_vfs *vfs, const char *name, int cap, char *out)
{
    (void)vfs;
    snprintf(out, (size_t)cap, "%s", name);
    return SQLITE_OK;
}

static int disk_randomness(sqlite3_vfs *vfs, int len, char *out)
{
    struct disk *disk = vfs->pAppData;
    return disk->real->xRandomness(disk->real, len, out);
}

static int disk_sleep(sqlite3_vfs *vfs, int us)
{
    struct disk *disk = vfs->pAppData;
    return disk->real->xSleep(disk->real, us);
}

static int disk_current_time(sqlite3_vfs *vfs, sqlite3_int64 *out_time)
{
    struct disk *disk = vfs->pAppData;
    return disk->real->xCurrentTimeInt64(disk->real, out_time);
}

void disk_vfs_register(struct disk *disk)
{
    disk->real = sqlite3_vfs_find(NULL);
    disk->vfs = (sqlite3_vfs){
        .iVersion = 2,
        .szOsFile = (int)sizeof(struct handle),
        .mxPathname = NAME_MAX_LEN - 1,
        .zName = disk->vfs_name,
        .pAppData = disk,
        .xOpen = disk_xopen,
        .xDelete = disk_delete,
        .xAccess = disk_access,
        .xFullPathname = disk_full_path,
        .xRandomness = disk_randomness,
        .xSleep = disk_sleep,
        .xCurrentTimeInt64 = disk_current_time,
    };
    int code = sqlite3_vfs_register(&disk->vfs, 0);
    assert(code == SQLITE_OK);
}

void disk_vfs_unregister(struct disk *disk)
{
    sqlite3_vfs_unregister(&disk->vfs);
}
