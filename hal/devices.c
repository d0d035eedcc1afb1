#include "hal/devices.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "gpio_shared.h"
#include "wait.h"

/*
 * The worker's side of a swap: nobody else may hold the pointer while its device goes. Only camera and gpio are shared,
 * but one rule for all is simpler to keep.
 */
#define CLOSE_DEVICE(devices, device)                                                                                  \
    do {                                                                                                               \
        struct device *closing;                                                                                        \
                                                                                                                       \
        pthread_mutex_lock(&(devices)->swap_lock);                                                                     \
        closing = (devices)->device;                                                                                   \
        (devices)->device = NULL;                                                                                      \
        pthread_mutex_unlock(&(devices)->swap_lock);                                                                   \
        device##_close(closing);                                                                                       \
    } while (0)

static void close_device(struct hal_devices *devices, enum hal_device device)
{
    switch (device) {
    case HAL_DISPLAY:
        CLOSE_DEVICE(devices, display);
        break;
    case HAL_INPUT:
        CLOSE_DEVICE(devices, input);
        break;
    case HAL_CAMERA:
        CLOSE_DEVICE(devices, camera);
        break;
    case HAL_SCANNER:
        CLOSE_DEVICE(devices, scanner);
        break;
    case HAL_GPIO:
        CLOSE_DEVICE(devices, gpio);
        break;
    case HAL_PRINTER:
        CLOSE_DEVICE(devices, printer);
        break;
    case HAL_DRAWER:
        CLOSE_DEVICE(devices, drawer);
        break;
    case HAL_SOUND:
        CLOSE_DEVICE(devices, sound);
        break;
    case HAL_NETWORK:
        CLOSE_DEVICE(devices, network);
        break;
    case HAL_STORAGE:
        CLOSE_DEVICE(devices, storage);
        break;
    }
}

/* Opening may take a while (a printer on the network): the lock is held only to show the new device. */
#define OPEN_DEVICE(devices, device, context, error)                                                                   \
    do {                                                                                                               \
        struct device *opened = NULL;                                                                                  \
                                                                                                                       \
        (error) = device##_open(&(devices)->board.device, (context), &opened);                                         \
        pthread_mutex_lock(&(devices)->swap_lock);                                                                     \
        (devices)->device = (error) ? NULL : opened;                                                                   \
        pthread_mutex_unlock(&(devices)->swap_lock);                                                                   \
    } while (0)

static int open_camera(struct hal_devices *devices, struct hal_context *context)
{
    int error;

    OPEN_DEVICE(devices, camera, context, error);
    if (!error) {
        pthread_mutex_lock(&devices->swap_lock);
        camera_set_rate(devices->camera, devices->camera_rate);
        pthread_mutex_unlock(&devices->swap_lock);
    }
    return error;
}

static int open_in(struct hal_devices *devices, enum hal_device device, struct hal_context *context)
{
    int error = -EINVAL;

    switch (device) {
    case HAL_DISPLAY:
        OPEN_DEVICE(devices, display, context, error);
        break;
    case HAL_INPUT:
        OPEN_DEVICE(devices, input, context, error);
        break;
    case HAL_CAMERA:
        error = open_camera(devices, context);
        break;
    case HAL_SCANNER:
        OPEN_DEVICE(devices, scanner, context, error);
        break;
    case HAL_GPIO:
        OPEN_DEVICE(devices, gpio, context, error);
        break;
    case HAL_PRINTER:
        OPEN_DEVICE(devices, printer, context, error);
        break;
    case HAL_DRAWER:
        OPEN_DEVICE(devices, drawer, context, error);
        break;
    case HAL_SOUND:
        OPEN_DEVICE(devices, sound, context, error);
        break;
    case HAL_NETWORK:
        OPEN_DEVICE(devices, network, context, error);
        break;
    case HAL_STORAGE:
        OPEN_DEVICE(devices, storage, context, error);
        break;
    }
    return error;
}

static int open_device(struct hal_devices *devices, enum hal_device device)
{
    struct hal_failure *failure = &devices->failures[device];
    struct hal_context context = {
        .sim = devices->sim,
        .cancel_fd = devices->cancel_fd,
        .display = device == HAL_INPUT ? devices->display : NULL,
        .printer = &devices->printer,
        .gpio = &devices->gpio,
        .swap_lock = &devices->swap_lock,
    };

    failure->error = open_in(devices, device, &context);
    if (failure->error && context.reason[0] == '\0') {
        snprintf(context.reason, sizeof(context.reason), "%s: %s", hal_device_name(device), strerror(-failure->error));
    }
    memcpy(failure->reason, context.reason, sizeof(failure->reason));
    if (!failure->error) {
        failure->reason[0] = '\0';
    }
    return failure->error;
}

int hal_devices_open(const struct board *board, struct sim *sim, int cancel_fd, struct hal_devices *out_devices)
{
    int failed = 0;

    assert(board && out_devices);
    *out_devices =
        (struct hal_devices){.board = *board, .sim = sim, .cancel_fd = cancel_fd, .camera_rate = CAMERA_FULL};
    pthread_mutex_init(&out_devices->swap_lock, NULL);
    /* In this order: the input needs the display. */
    for (int device = 0; device < HAL_DEVICE_COUNT; device++) {
        int error = open_device(out_devices, (enum hal_device)device);

        out_devices->failures[device].backoff_ms = HAL_BACKOFF_FIRST_MS;
        failed += error != 0 && error != -ENOTSUP;
    }
    return failed;
}

int hal_device_reopen(struct hal_devices *devices, enum hal_device device)
{
    int error;

    assert(devices && (unsigned)device < HAL_DEVICE_COUNT);
    if (device == HAL_DISPLAY) {
        close_device(devices, HAL_INPUT);
    }
    close_device(devices, device);
    error = open_device(devices, device);
    if (device == HAL_DISPLAY && !error) {
        /* Its own failure is noted in its own place. */
        open_device(devices, HAL_INPUT);
    }
    return error;
}

int hal_device_recover(struct hal_devices *devices, enum hal_device device)
{
    struct hal_failure *failure;
    int error;

    assert(devices && (unsigned)device < HAL_DEVICE_COUNT);
    failure = &devices->failures[device];
    error = hal_wait_fd(-1, 0, devices->cancel_fd, hal_deadline_ns(failure->backoff_ms));
    if (error != -ETIMEDOUT) {
        return error;
    }
    error = hal_device_reopen(devices, device);
    failure->backoff_ms = error ? failure->backoff_ms * 2 : HAL_BACKOFF_FIRST_MS;
    if (failure->backoff_ms > HAL_BACKOFF_MAX_MS) {
        failure->backoff_ms = HAL_BACKOFF_MAX_MS;
    }
    return error;
}

void hal_devices_close(struct hal_devices *devices)
{
    /* Backwards: what hangs on another device goes first. */
    for (int device = HAL_DEVICE_COUNT - 1; device >= 0; device--) {
        close_device(devices, (enum hal_device)device);
    }
    pthread_mutex_destroy(&devices->swap_lock);
}

int hal_lamp_set(struct hal_devices *devices, const char *name, bool on)
{
    int error;

    pthread_mutex_lock(&devices->swap_lock);
    error = gpio_lamp_set(devices->gpio, name, on);
    pthread_mutex_unlock(&devices->swap_lock);
    return error;
}

int hal_buzz(struct hal_devices *devices, int ms)
{
    return gpio_pulse_shared(&devices->gpio, &devices->swap_lock, GPIO_BUZZER, ms);
}

void hal_camera_rate_set(struct hal_devices *devices, enum camera_rate rate)
{
    pthread_mutex_lock(&devices->swap_lock);
    devices->camera_rate = rate;
    camera_set_rate(devices->camera, rate);
    pthread_mutex_unlock(&devices->swap_lock);
}
