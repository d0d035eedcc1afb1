#include "hal/devices.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "gpio_shared.h"
#include "wait.h"

/*
 * Closing: nobody else may hold the pointer while its device goes. Opening may take a while (a printer on the network):
 * the lock is held only to show the new device. Only camera and gpio are shared, but one rule for all is simpler to
 * keep.
 */
#define DEFINE_DEVICE(device)                                                                                          \
    static void device##_shut(struct hal_devices *devices)                                                             \
    {                                                                                                                  \
        struct device *closing;                                                                                        \
                                                                                                                       \
        pthread_mutex_lock(&devices->swap_lock);                                                                       \
        closing = devices->device;                                                                                     \
        devices->device = NULL;                                                                                        \
        pthread_mutex_unlock(&devices->swap_lock);                                                                     \
        device##_close(closing);                                                                                       \
    }                                                                                                                  \
                                                                                                                       \
    static int device##_start(struct hal_devices *devices, struct hal_context *context)                                \
    {                                                                                                                  \
        struct device *opened = NULL;                                                                                  \
        int error = device##_open(&devices->board.device, context, &opened);                                           \
                                                                                                                       \
        pthread_mutex_lock(&devices->swap_lock);                                                                       \
        devices->device = error ? NULL : opened;                                                                       \
        pthread_mutex_unlock(&devices->swap_lock);                                                                     \
        return error;                                                                                                  \
    }

DEFINE_DEVICE(display)
DEFINE_DEVICE(input)
DEFINE_DEVICE(camera)
DEFINE_DEVICE(scanner)
DEFINE_DEVICE(gpio)
DEFINE_DEVICE(printer)
DEFINE_DEVICE(drawer)
DEFINE_DEVICE(sound)
DEFINE_DEVICE(network)
DEFINE_DEVICE(storage)

/* A camera that comes back keeps the rate that was wanted meanwhile. */
static int camera_start_at_rate(struct hal_devices *devices, struct hal_context *context)
{
    int error = camera_start(devices, context);

    pthread_mutex_lock(&devices->swap_lock);
    camera_set_rate(devices->camera, devices->camera_rate);
    pthread_mutex_unlock(&devices->swap_lock);
    return error;
}

static const struct {
    int (*start)(struct hal_devices *devices, struct hal_context *context);
    void (*shut)(struct hal_devices *devices);
} table[HAL_DEVICE_COUNT] = {
    [HAL_DISPLAY] = {display_start, display_shut},
    [HAL_INPUT] = {input_start, input_shut},
    [HAL_CAMERA] = {camera_start_at_rate, camera_shut},
    [HAL_SCANNER] = {scanner_start, scanner_shut},
    [HAL_GPIO] = {gpio_start, gpio_shut},
    [HAL_PRINTER] = {printer_start, printer_shut},
    [HAL_DRAWER] = {drawer_start, drawer_shut},
    [HAL_SOUND] = {sound_start, sound_shut},
    [HAL_NETWORK] = {network_start, network_shut},
    [HAL_STORAGE] = {storage_start, storage_shut},
};

static int open_device(struct hal_devices *devices, enum hal_device device)
{
    struct hal_failure *failure;
    struct hal_context context = {
        .sim = devices->sim,
        .cancel_fd = devices->cancel_fd,
        .display = device == HAL_INPUT ? devices->display : NULL,
        .printer = &devices->printer,
        .gpio = &devices->gpio,
        .swap_lock = &devices->swap_lock,
    };

    assert((unsigned)device < HAL_DEVICE_COUNT);
    failure = &devices->failures[device];
    failure->error = table[device].start(devices, &context);
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
    for (unsigned device = 0; device < HAL_DEVICE_COUNT; device++) {
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
        input_shut(devices);
    }
    table[device].shut(devices);
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
        table[device].shut(devices);
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
