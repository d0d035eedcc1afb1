#ifndef TESTS_PLATFORM_TEMPDIR_H
#define TESTS_PLATFORM_TEMPDIR_H

/* A folder of one test's own. Both functions assert on failure. */

struct tempdir {
    char path[64];
};

void tempdir_open(struct tempdir *dir);
void tempdir_close(struct tempdir *dir); /* removes it with everything in it */

/* dir/name in a buffer that belongs to the caller. */
const char *tempdir_path(const struct tempdir *dir, const char *name, char out_path[128]);

#endif
