#ifndef TESTS_FAULT_DISK_H
#define TESTS_FAULT_DISK_H

/*
 * A disk in memory with a SQLite VFS on it, for faults no real disk makes on demand. It knows what is durable: a write
 * counts only after its file was synced; a power cut leaves of the rest whatever chance wants – whole writes, single
 * sectors, torn ones, in any order, or nothing. After a failed sync the writes it covered stay doomed: a later sync
 * does not save them, as on Linux. Shared memory for the write-ahead log never survives.
 *
 * Files are told apart by the last part of their path. Chance is the caller's seeded generator. Any number of
 * connections and threads of one process.
 */

#include "domain/base.h"
#include "platform/random.h"

enum disk_io {
    DISK_READ,
    DISK_WRITE,
    DISK_SYNC,
    DISK_TRUNCATE,
    DISK_OPEN,
    DISK_DELETE,
    DISK_SIZE,
    DISK_MAP, /* a piece of shared memory */
};
#define DISK_IO_COUNT 8

enum disk_fault {
    DISK_EIO,
    DISK_ENOSPC, /* also for syncs: delayed allocation */
    DISK_SHORT,  /* a write that stops half-way; other kinds: as EIO */
};
#define DISK_FAULT_COUNT 3

struct disk;

void disk_open(struct disk **out_disk);      /* registers its VFS */
void disk_close(struct disk *disk);          /* after all connections; NULL-safe */
void disk_use_one_thread(struct disk *disk); /* nobody else comes near it from now on: SQLite's calls take no lock */
const char *disk_vfs_name(const struct disk *disk);

/* Has SQLite run with synchronous=NORMAL whatever a connection asks for: the mistake that the tests must find. */
void disk_weaken_sync(struct disk *disk, bool weaken);
/* Has it say "synced" and forget to: the other one. */
void disk_lie(struct disk *disk, bool lies);

/* I/O of each kind since the last disk_faults_clear. */
uint32_t disk_count(struct disk *disk, enum disk_io io);
/* From its n-th use on (from 1, counted from now) this kind fails: once, or for as long as it lasts. */
void disk_fail(struct disk *disk, enum disk_io io, uint32_t nth, enum disk_fault fault, bool lasting);
uint32_t disk_failures(struct disk *disk); /* that were met since the last clear */
void disk_faults_clear(struct disk *disk); /* no faults planned, counts at 0 */
const char *disk_io_name(enum disk_io io);
const char *disk_fault_name(enum disk_fault fault);

/* What is left of the files after a power cut at this moment. */
struct disk_image;
enum disk_loss { DISK_LOSE_BY_CHANCE, DISK_LOSE_ALL, DISK_LOSE_NOTHING };
struct disk_image *disk_cut(struct disk *disk, struct random *random, enum disk_loss loss);
void disk_image_close(struct disk_image *image); /* NULL-safe */
/* A number that differs when what is left differs. */
uint64_t disk_image_print(const struct disk_image *image);
/* The disk holds exactly this, all of it durable. No connection may be open. */
void disk_load(struct disk *disk, const struct disk_image *image);
/* The disk holds exactly this one file, all of it durable. No connection may be open. */
void disk_file_put(struct disk *disk, const char *path, const uint8_t *data, size_t len);

/* Called before each write, sync, truncation and deletion, on its thread, with the disk standing still; may cut. */
typedef void (*disk_watch)(void *context, struct disk *disk);
void disk_watch_set(struct disk *disk, disk_watch watch, void *context);

/* A number that differs when the file's content differs; 0 when there is no such file. */
uint64_t disk_file_print(struct disk *disk, const char *path);
size_t disk_file_read(struct disk *disk, const char *path, uint8_t *out, size_t cap); /* from its beginning */
int64_t disk_file_size(struct disk *disk, const char *path);
void disk_file_flip(struct disk *disk, const char *path, int64_t offset, uint8_t mask); /* bits change by themselves */

#endif
