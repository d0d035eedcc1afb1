#ifndef HAL_DEVICES_H
#define HAL_DEVICES_H

/*
 * All devices of a board together. A device that fails to open never stops the others: its pointer is NULL, its reason
 * is noted, and the thread that owns it tries again with hal_device_recover.
 *
 * Threads: open and close are the main thread's, while no worker runs. Afterwards each device pointer, its failure and
 * its back-off belong to the one thread that uses that device; display, input and sound to the main thread; printer
 * and drawer to the same worker. What other threads may do with a worker's device goes through the functions at the
 * end, which hold the lock under which a recover swaps the device.
 */

#include "hal/board.h"

#define HAL_BACKOFF_FIRST_MS 250
#define HAL_BACKOFF_MAX_MS   4000 /* so an unplugged device is back within 5 s of its return */

struct hal_failure {
    int error;                   /* 0: open; else the -errno of the last try */
    char reason[HAL_REASON_MAX]; /* in words; "" when open */
    int backoff_ms;              /* the next recover waits this long */
};

struct hal_devices {
    struct display *display;
    struct input *input;
    struct camera *camera;
    struct scanner *scanner;
    struct gpio *gpio;
    struct printer *printer;
    struct drawer *drawer;
    struct sound *sound;
    struct network *network;
    struct storage *storage;
    struct hal_failure failures[HAL_DEVICE_COUNT];
    struct board board;
    struct sim *sim;
    int cancel_fd;
    pthread_mutex_t swap_lock; /* guards the pointers camera and gpio against other threads, and camera_rate */
    enum camera_rate camera_rate;
};

/*
 * Opens every device; returns how many failed (0: all that the board has are there; what it names "none" answers
 * -ENOTSUP in failures and is not counted). sim may be NULL when no device is simulated;
 * cancel_fd is -1 or a descriptor that ends blocking calls when it becomes readable. out_devices must not be moved
 * or copied afterwards.
 */
MUST_CHECK int hal_devices_open(const struct board *board, struct sim *sim, int cancel_fd,
                                struct hal_devices *out_devices);

/* Closes one device and opens it at once. Owner thread. The display also reopens nothing else: recover the input too.
 */
MUST_CHECK int hal_device_reopen(struct hal_devices *devices, enum hal_device device);

/*
 * For workers: waits out the back-off (250 ms doubling to 4 s), then reopens. Blocks meanwhile; -ECANCELED at once when
 * cancelled. A success sets the back-off to its start.
 */
MUST_CHECK int hal_device_recover(struct hal_devices *devices, enum hal_device device);

/* Closes what is open, in the right order. Main thread, after the workers ended. */
void hal_devices_close(struct hal_devices *devices);

/* Any thread. -ENODEV, -ENOENT (the board has no such output), -EIO. Neither blocks beyond a system call. */
MUST_CHECK int hal_lamp_set(struct hal_devices *devices, const char *name, bool on);

/* Any thread but main: blocks for ms. */
MUST_CHECK int hal_buzz(struct hal_devices *devices, int ms);

/* Any thread. Holds for a camera that is opened later too. */
void hal_camera_rate_set(struct hal_devices *devices, enum camera_rate rate);

#endif
