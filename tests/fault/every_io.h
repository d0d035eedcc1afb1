#ifndef TESTS_FAULT_EVERY_IO_H
#define TESTS_FAULT_EVERY_IO_H

/*
 * An act on books that lie on a fault disk, done once for each of its I/O and each way that it can fail, and once with
 * the power going at each change of the disk. All that the books ever hold is what one of the act's own commits left,
 * compared row by row: nothing half. "Done" is there although the power goes at once; "the disk is full" means that
 * nothing happened; and once the disk works, the act asked again is done once. Functions assert.
 */

#include "disk.h"

struct every_io {
    const char *name;
    uint32_t states;    /* that are committed on its way, from before it to its end */
    bool lean;          /* slow by itself: fewer ways to fail */
    const char *effect; /* SQL: one text that the act changes, and changes once only */
    struct disk *disk;  /* that fails */
    const char *path;   /* of the books on it */
    struct disk *left;  /* another one, where what a cut left is looked at */
    const char *left_path;
    void (*begin)(void *context);               /* opens the books as they were before the act */
    int (*run)(void *context);                  /* 0 = done; -EIO, -ENOSPC: refused */
    int (*again)(void *context);                /* later, once the disk works */
    void (*end)(void *context);                 /* closes them */
    MUST_CHECK int (*open_left)(void *context); /* with the program itself */
    void (*check_left)(void *context);          /* the open ones are whole: pages, chains, projections; else fails */
    void (*close_left)(void *context);
    void *context;
};

struct every_io_counts {
    uint32_t acts, runs;
    uint32_t met;     /* runs in which an I/O failed */
    uint32_t done;    /* of these: told "done" all the same */
    uint32_t refused; /* told that it failed */
    uint32_t stood;   /* of the refused: there after all */
    uint32_t cuts;
    uint32_t whole; /* different books that were read from end to end */
};

void every_io_try(const struct every_io *act, struct every_io_counts *counts);
void every_io_forget_schema(void); /* before books of another kind */

#endif
