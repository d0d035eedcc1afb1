#include "fault_vfs.h"

#include <assert.h>
#include <sqlite3.h>
#include <string.h>

static struct fault_vfs faults;
static sqlite3_vfs *real_vfs;
static sqlite3_vfs fault_vfs;
static sqlite3_io_methods methods;

/* Ours first, the real VFS's file right behind it. */
struct fault_file {
    sqlite3_file base;
    int flags;
};

static sqlite3_file *real_file(sqlite3_file *file)
{
    return (sqlite3_file *)((struct fault_file *)file + 1);
}

static const sqlite3_io_methods *real_methods(sqlite3_file *file)
{
    return real_file(file)->pMethods;
}

static bool is_log(sqlite3_file *file)
{
    return ((struct fault_file *)file)->flags & SQLITE_OPEN_WAL;
}

static int fault_close(sqlite3_file *file)
{
    return real_methods(file)->xClose(real_file(file));
}

static int fault_read(sqlite3_file *file, void *out, int len, sqlite3_int64 offset)
{
    return real_methods(file)->xRead(real_file(file), out, len, offset);
}

static int fault_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 offset)
{
    if (is_log(file) ? faults.fail_log_write : faults.fail_database_write)
        return SQLITE_FULL;
    faults.log_bytes += is_log(file) ? len : 0;
    return real_methods(file)->xWrite(real_file(file), data, len, offset);
}

static int fault_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    return real_methods(file)->xTruncate(real_file(file), size);
}

static int fault_sync(sqlite3_file *file, int flags)
{
    faults.database_syncs += !is_log(file);
    if (is_log(file) ? faults.fail_log_sync : faults.fail_database_sync)
        return SQLITE_IOERR_FSYNC;
    return real_methods(file)->xSync(real_file(file), flags);
}

static int fault_size(sqlite3_file *file, sqlite3_int64 *out_size)
{
    return real_methods(file)->xFileSize(real_file(file), out_size);
}

static int fault_lock(sqlite3_file *file, int level)
{
    return real_methods(file)->xLock(real_file(file), level);
}

static int fault_unlock(sqlite3_file *file, int level)
{
    return real_methods(file)->xUnlock(real_file(file), level);
}

static int fault_check_reserved(sqlite3_file *file, int *out_reserved)
{
    return real_methods(file)->xCheckReservedLock(real_file(file), out_reserved);
}

static int fault_control(sqlite3_file *file, int op, void *argument)
{
    return real_methods(file)->xFileControl(real_file(file), op, argument);
}

static int fault_sector_size(sqlite3_file *file)
{
    return real_methods(file)->xSectorSize(real_file(file));
}

static int fault_characteristics(sqlite3_file *file)
{
    return real_methods(file)->xDeviceCharacteristics(real_file(file));
}

static int fault_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out_map)
{
    return real_methods(file)->xShmMap(real_file(file), page, size, extend, out_map);
}

static int fault_shm_lock(sqlite3_file *file, int offset, int count, int flags)
{
    return real_methods(file)->xShmLock(real_file(file), offset, count, flags);
}

static void fault_shm_barrier(sqlite3_file *file)
{
    real_methods(file)->xShmBarrier(real_file(file));
}

static int fault_shm_unmap(sqlite3_file *file, int remove)
{
    return real_methods(file)->xShmUnmap(real_file(file), remove);
}

static int fault_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *out_flags)
{
    (void)vfs;
    ((struct fault_file *)file)->flags = flags;
    file->pMethods = NULL;
    int code = real_vfs->xOpen(real_vfs, name, real_file(file), flags, out_flags);
    if (code == SQLITE_OK)
        file->pMethods = &methods;
    return code;
}

struct fault_vfs *fault_vfs_reset(void)
{
    if (!real_vfs) {
        methods = (sqlite3_io_methods){
            .iVersion = 2, /* no memory mapping */
            .xClose = fault_close,
            .xRead = fault_read,
            .xWrite = fault_write,
            .xTruncate = fault_truncate,
            .xSync = fault_sync,
            .xFileSize = fault_size,
            .xLock = fault_lock,
            .xUnlock = fault_unlock,
            .xCheckReservedLock = fault_check_reserved,
            .xFileControl = fault_control,
            .xSectorSize = fault_sector_size,
            .xDeviceCharacteristics = fault_characteristics,
            .xShmMap = fault_shm_map,
            .xShmLock = fault_shm_lock,
            .xShmBarrier = fault_shm_barrier,
            .xShmUnmap = fault_shm_unmap,
        };
        real_vfs = sqlite3_vfs_find(NULL);
        fault_vfs = *real_vfs;
        fault_vfs.zName = FAULT_VFS_NAME;
        fault_vfs.szOsFile = (int)sizeof(struct fault_file) + real_vfs->szOsFile;
        fault_vfs.xOpen = fault_open;
        int code = sqlite3_vfs_register(&fault_vfs, 0);
        assert(code == SQLITE_OK);
    }
    memset(&faults, 0, sizeof(faults));
    return &faults;
}
