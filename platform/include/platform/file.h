#ifndef PLATFORM_FILE_H
#define PLATFORM_FILE_H

/* Whole files, read with a ceiling and written so that a power cut leaves the old or the new one, never a mixture. */

#include "domain/base.h"
#include "platform/buffer.h"

#include <sys/types.h>

/* Appends the file's bytes to *buffer, whose max is the ceiling (-EFBIG past it). -ENOENT, -EISDIR, … */
MUST_CHECK int file_read(const char *path, struct buffer *buffer);

/* Writes beside the target, syncs, renames over it, syncs the folder. mode is exact, whatever the umask. */
MUST_CHECK int file_write_atomic(const char *path, const void *data, size_t len, mode_t mode);

/* mkdir -p: makes path and what is missing above it with this mode. Existing folders are left as they are. */
MUST_CHECK int file_make_dirs(const char *path, mode_t mode);

#endif
