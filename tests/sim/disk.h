#ifndef TESTS_SIM_DISK_H
#define TESTS_SIM_DISK_H

/*
 * A disk under SQLite that can die: a VFS named DISK_VFS over the system's own. What was not synced when the power
 * goes may be lost from some write on, file by file. Folders name disks: a file belongs to the one that holds it.
 * One thread.
 */

#include "world.h"

#define DISK_VFS "simulated"

struct disk_file;

struct disk {
    struct world *world;
    char folder[128];
    bool dead;        /* nothing more reaches it */
    bool lying;       /* says "synced" and forgets to */
    uint32_t dies_in; /* writes; 0 = it does not */
    struct disk_file *files;
    struct disk *next;
};

/* Makes the folder and takes it in charge; *disk must outlive the files that are opened there. */
MUST_CHECK int disk_init(struct disk *disk, struct world *world, const char *folder);
void disk_finish(struct disk *disk); /* the folder stays */
/* With every file closed: the power comes back, and what had not been synced is gone in part. */
void disk_revive(struct disk *disk);
/* The files of one folder into another that is empty; whole files, as they are just now. */
MUST_CHECK int disk_copy_folder(const char *from, const char *to);
MUST_CHECK int disk_copy_file(const char *from, const char *to);
void disk_remove_folder(const char *folder);

#endif
