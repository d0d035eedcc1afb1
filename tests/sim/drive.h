#ifndef TESTS_SIM_DRIVE_H
#define TESTS_SIM_DRIVE_H

/*
 * A machine's drive: a folder, in which one database lives on a fault disk in memory (tests/fault/disk.h) and
 * everything else – keys, backups, scratch files – is real. The VFS named DRIVE_VFS is SQLite's default one here, so
 * that the database is found by its path, whoever opens it. One thread.
 */

#include "disk.h"
#include "world.h"

#define DRIVE_VFS "simulated"

struct drive {
    struct world *world;
    char folder[128], database[32]; /* the database's name in the folder */
    struct disk *disk;
    struct disk_image *left; /* of a disk that died: what the power cut left */
    bool dead;               /* nothing more reaches it */
    uint32_t dies_in;        /* changes; 0 = it does not */
    bool sick;               /* some I/O fails, or will */
    struct drive *next;
};

/* Makes the folder and takes it in charge; *drive must outlive the files that are opened there. */
void drive_init(struct drive *drive, struct world *world, const char *folder, const char *database);
void drive_finish(struct drive *drive); /* the folder stays */

/* The power goes now: what was not synced may be lost, torn or kept, as chance has it. */
void drive_kill(struct drive *drive);
/* With every file closed: it comes back. */
void drive_revive(struct drive *drive);
/* From the nth I/O of a kind on it fails: once, or until it is mended. */
void drive_break(struct drive *drive, enum disk_io io, enum disk_fault fault, uint32_t nth, bool lasting);
/* No I/O fails any more, unless the drive is dead. How many did. */
uint32_t drive_mend(struct drive *drive);

bool drive_has_database(const struct drive *drive);
/* The database becomes what a real file holds, all of it durable; no file may be open. */
void drive_take_database(struct drive *drive, const char *from);
/* All files as they are just now; the other one is empty. */
void drive_copy(struct drive *from, struct drive *to);
void drive_remove_folder(const char *folder);

#endif
