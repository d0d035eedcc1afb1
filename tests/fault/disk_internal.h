#ifndef TESTS_FAULT_DISK_INTERNAL_H
#define TESTS_FAULT_DISK_INTERNAL_H

#include "disk.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

#define CHUNK_LEN     4096
#define SECTOR_LEN    512
#define FILES_MAX     8
#define NAME_MAX_LEN  200
#define SHM_PAGES_MAX 16

/* File contents share their chunks until one of them writes. */
struct chunk {
    _Atomic unsigned users;
    uint8_t bytes[CHUNK_LEN];
};

struct content {
    struct chunk **chunks; /* NULL: zeros */
    size_t count;
    int64_t size;
};

void content_copy(struct content *to, const struct content *from); /* to is empty */
void content_clear(struct content *content);
void content_write(struct content *content, int64_t offset, const uint8_t *data, size_t len);
void content_truncate(struct content *content, int64_t size);
size_t content_read(const struct content *content, int64_t offset, uint8_t *out, size_t len);

/* A write (or truncation) that no sync has covered yet. */
struct change {
    struct change *next;
    int64_t offset; /* or the new size */
    size_t len;
    bool truncation;
    bool doomed; /* its sync failed */
    uint8_t data[];
};

struct file {
    char name[NAME_MAX_LEN]; /* "" = unused */
    bool exists;
    bool entry_durable; /* its name survives a cut */
    struct content now, synced;
    struct change *changes, **changes_end;
    volatile void *shm[SHM_PAGES_MAX];
};

struct handle; /* an open file, disk_vfs.c */

struct disk {
    sqlite3_vfs vfs, *real;
    char vfs_name[32];
    bool weaken, lies, one_thread;
    pthread_mutex_t mutex; /* guards all below; recursive, so that a watcher may cut */
    struct file files[FILES_MAX];
    struct handle *handles;
    uint32_t counts[DISK_IO_COUNT], fail_at[DISK_IO_COUNT];
    enum disk_fault faults[DISK_IO_COUNT];
    bool lasting[DISK_IO_COUNT];
    uint32_t failures;
    disk_watch watch;
    void *watch_context;
};

struct disk_image {
    struct {
        char name[NAME_MAX_LEN];
        struct content content;
    } files[FILES_MAX];
    size_t count;
};

/* All with the mutex held. */
struct file *file_find(struct disk *disk, const char *path); /* NULL: no such file */
struct file *file_make(struct disk *disk, const char *path);
void file_write(struct file *file, int64_t offset, const uint8_t *data, size_t len);
void file_truncate(struct file *file, int64_t size);
void file_sync(struct file *file, bool failed);
void file_delete(struct file *file);
/* Counts this I/O and says whether it fails, and how. */
bool disk_io_fails(struct disk *disk, enum disk_io io, enum disk_fault *out_fault);
void disk_about_to_change(struct disk *disk);

void disk_vfs_register(struct disk *disk);
void disk_vfs_unregister(struct disk *disk);

#endif
