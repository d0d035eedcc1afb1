#ifndef PLATFORM_LOCK_H
#define PLATFORM_LOCK_H

/* One owner of a data folder: an flock that dies with its process. The file keeps the holder's pid and stays behind. */

#include "domain/base.h"

#include <sys/types.h>

struct lock {
    int fd;
};

/* Takes the lock at once or answers -EBUSY, with the holder's pid (0 if unknown) in *out_holder; else -errno. */
MUST_CHECK int lock_open(struct lock *lock, const char *path, pid_t *out_holder);
void lock_close(struct lock *lock); /* NULL-safe; also safe on a lock that was never taken if fd is -1 */

#endif
