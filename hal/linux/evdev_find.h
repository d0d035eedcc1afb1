#ifndef HAL_LINUX_EVDEV_FIND_H
#define HAL_LINUX_EVDEV_FIND_H

#include "domain/base.h"

/*
 * Opens an input device, non-blocking: by path, or "name:part" for the first one whose name contains part.
 * The caller closes the descriptor. -ENODEV when there is none, -EACCES when none that could be read matched.
 */
MUST_CHECK int evdev_find(const char *device, int *out_fd);

/* The n-th input device by number, for looking at all of them; -ENOENT when there are no more. */
MUST_CHECK int evdev_open_nth(unsigned n, int *out_fd);

#define EVDEV_NUMBERS_MAX 64

#endif
