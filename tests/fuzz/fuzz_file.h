#ifndef TESTS_FUZZ_FUZZ_FILE_H
#define TESTS_FUZZ_FUZZ_FILE_H

/* A file as it was once, kept in memory, so that every input begins with the same. Nobody has it open. */

#include "fuzz.h"

struct fuzz_file {
    char path[160];
    uint8_t *data; /* NULL: nothing is kept */
    size_t len;
};

void fuzz_file_keep(struct fuzz_file *file, const char *path);
void fuzz_file_keep_db(struct fuzz_file *file, const char *path); /* what stands in the log goes into the file first */
void fuzz_file_restore(const struct fuzz_file *file);             /* and no log of a database beside it */
void fuzz_file_drop(struct fuzz_file *file);

#endif
