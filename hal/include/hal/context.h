#ifndef HAL_CONTEXT_H
#define HAL_CONTEXT_H

/*
 * What every device's open() is told besides its own specification, and the names of the devices.
 *
 * Errors that all devices share:
 *   -ENODEV     the device is gone or was never there; close it and open it again (hal_device_recover does both)
 *   -ETIMEDOUT  nothing happened in the time the caller gave
 *   -ECANCELED  the cancel descriptor became readable: the program is stopping
 *   -EIO        the device is there and answers nonsense or refuses
 * A NULL device is one that is not there: every call but close answers -ENODEV for it, so that a thread whose device
 * failed to open runs the same loop as one whose device was unplugged.
 */

#include <pthread.h>
#include <stdarg.h>

#include "domain/base.h"

#define HAL_REASON_MAX  160 /* one line for a technician, with its NUL */
#define HAL_DEVICE_MAX  192 /* a path, address or name of a device, with its NUL */
#define HAL_BACKEND_MAX 16
#define HAL_NAME_MAX    24 /* name of a line, a lamp, a button */

enum hal_device {
    HAL_DISPLAY,
    HAL_INPUT,
    HAL_CAMERA,
    HAL_SCANNER,
    HAL_GPIO,
    HAL_PRINTER,
    HAL_DRAWER,
    HAL_SOUND,
    HAL_NETWORK,
    HAL_STORAGE,
};
#define HAL_DEVICE_COUNT 10

struct sim;
struct display;
struct printer;
struct gpio;

/*
 * Owned by the caller of open() for the length of that call; devices copy what they keep.
 * The pointers must outlive the device that was opened with them.
 */
struct hal_context {
    struct sim *sim;                /* the simulated devices' other side; NULL without one */
    int cancel_fd;                  /* when readable, blocking calls return -ECANCELED; -1 for none */
    struct display *display;        /* which screen the input belongs to; read by input_open alone */
    struct printer *const *printer; /* where a drawer hangs; read by the drawer, in the printer's thread */
    struct gpio *const *gpio;
    pthread_mutex_t *swap_lock;  /* held while *gpio is used or replaced by another thread; NULL: one thread only */
    char reason[HAL_REASON_MAX]; /* why open() failed, in words; written by open() */
};

/* "display", "input", …; never NULL. */
const char *hal_device_name(enum hal_device device);

/* -ENOENT when no device has that name. */
MUST_CHECK int hal_device_from_name(const char *name, enum hal_device *out_device);

/* For back-ends: notes why open() is about to fail. Cut to HAL_REASON_MAX. */
void hal_context_reason(struct hal_context *context, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
