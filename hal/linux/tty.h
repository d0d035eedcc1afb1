#ifndef HAL_LINUX_TTY_H
#define HAL_LINUX_TTY_H

#include "domain/base.h"

/*
 * Opens a serial line raw, 8N1, non-blocking, without becoming its session's terminal. The caller closes it.
 * -ENODEV not there, -ENOTTY no serial line, -EINVAL a speed nobody knows, other errors of opening.
 */
MUST_CHECK int tty_open(const char *path, int baud, int *out_fd);

#endif
