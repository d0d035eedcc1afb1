#include "backends.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* The one place that knows which back-ends a build has. */

#define BACKEND_TABLE(device)                                                                                          \
    static const struct {                                                                                              \
        const char *name;                                                                                              \
        int (*open)(const struct device##_spec *, struct hal_context *, struct device **);                             \
    } device##_backends[]

BACKEND_TABLE(display) = {
    {"kms", display_kms_open},
#ifdef TILLSIDE_SDL
    {"window", display_window_open},
#endif
#ifdef TILLSIDE_SIM
    {"sim", display_sim_open},
#endif
};

BACKEND_TABLE(input) = {
    {"evdev", input_evdev_open},
#ifdef TILLSIDE_SDL
    {"window", input_window_open},
#endif
#ifdef TILLSIDE_SIM
    {"sim", input_sim_open},
#endif
};

BACKEND_TABLE(camera) = {
    {"auto", camera_auto_open},
    {"v4l2", camera_v4l2_open},
    {"folder", camera_folder_open},
#ifdef TILLSIDE_SIM
    {"sim", camera_sim_open},
#endif
};

BACKEND_TABLE(scanner) = {
    {"none", scanner_none_open},
    {"hid", scanner_hid_open},
    {"serial", scanner_serial_open},
#ifdef TILLSIDE_SIM
    {"sim", scanner_sim_open},
#endif
};

BACKEND_TABLE(gpio) = {
    {"none", gpio_none_open},
    {"gpiod", gpio_gpiod_open},
#ifdef TILLSIDE_SIM
    {"sim", gpio_sim_open},
#endif
};

BACKEND_TABLE(printer) = {
    {"none", printer_none_open}, {"usb", printer_usb_open},   {"serial", printer_serial_open},
    {"tcp", printer_tcp_open},   {"file", printer_file_open},
#ifdef TILLSIDE_SIM
    {"sim", printer_sim_open},
#endif
};

BACKEND_TABLE(drawer) = {
    {"none", drawer_none_open},
    {"printer", drawer_printer_open},
    {"gpio", drawer_gpio_open},
#ifdef TILLSIDE_SIM
    {"sim", drawer_sim_open},
#endif
};

BACKEND_TABLE(sound) = {
    {"none", sound_none_open},
#ifdef TILLSIDE_SDL
    {"sdl", sound_sdl_open},
#endif
#ifdef TILLSIDE_SIM
    {"sim", sound_sim_open},
#endif
};

BACKEND_TABLE(network) = {
    {"linux", network_link_open},
#ifdef TILLSIDE_SIM
    {"sim", network_sim_open},
#endif
};

BACKEND_TABLE(storage) = {
    {"linux", storage_disk_open},
#ifdef TILLSIDE_SIM
    {"sim", storage_sim_open},
#endif
};

struct backend_names {
    const char *const *first;
    size_t stride;
    size_t count;
};

#define NAMES_OF(device)                                                                                               \
    {                                                                                                                  \
        &device##_backends[0].name, sizeof(device##_backends[0]), ARRAY_LEN(device##_backends)                         \
    }

static const struct backend_names backend_names[HAL_DEVICE_COUNT] = {
    [HAL_DISPLAY] = NAMES_OF(display), [HAL_INPUT] = NAMES_OF(input), [HAL_CAMERA] = NAMES_OF(camera),
    [HAL_SCANNER] = NAMES_OF(scanner), [HAL_GPIO] = NAMES_OF(gpio),   [HAL_PRINTER] = NAMES_OF(printer),
    [HAL_DRAWER] = NAMES_OF(drawer),   [HAL_SOUND] = NAMES_OF(sound), [HAL_NETWORK] = NAMES_OF(network),
    [HAL_STORAGE] = NAMES_OF(storage),
};

static const char *backend_name(enum hal_device device, size_t index)
{
    const struct backend_names *names = &backend_names[device];

    return *(const char *const *)((const char *)names->first + index * names->stride);
}

bool hal_backend_exists(enum hal_device device, const char *name)
{
    assert((unsigned)device < HAL_DEVICE_COUNT && name);
    for (size_t i = 0; i < backend_names[device].count; i++) {
        if (strcmp(backend_name(device, i), name) == 0) {
            return true;
        }
    }
    return false;
}

void hal_backend_list(enum hal_device device, char *out_text, size_t size)
{
    size_t length = 0;

    assert((unsigned)device < HAL_DEVICE_COUNT && out_text && size > 0);
    out_text[0] = '\0';
    for (size_t i = 0; i < backend_names[device].count && length < size; i++) {
        length += (size_t)snprintf(out_text + length, size - length, "%s%s", i ? ", " : "", backend_name(device, i));
    }
}

static int no_backend(enum hal_device device, const char *name, struct hal_context *context)
{
    char known[96];

    hal_backend_list(device, known, sizeof(known));
    hal_context_reason(context, "no %s back-end '%.15s'; this build has %s", hal_device_name(device), name, known);
    return -EINVAL;
}

#define DEFINE_OPEN(device, number)                                                                                    \
    int device##_open(const struct device##_spec *spec, struct hal_context *context, struct device **out_device)       \
    {                                                                                                                  \
        assert(spec &&context &&out_device);                                                                           \
        context->reason[0] = '\0';                                                                                     \
        for (size_t i = 0; i < ARRAY_LEN(device##_backends); i++) {                                                    \
            if (strcmp(device##_backends[i].name, spec->backend) == 0) {                                               \
                return device##_backends[i].open(spec, context, out_device);                                           \
            }                                                                                                          \
        }                                                                                                              \
        return no_backend(number, spec->backend, context);                                                             \
    }

DEFINE_OPEN(display, HAL_DISPLAY)
DEFINE_OPEN(input, HAL_INPUT)
DEFINE_OPEN(camera, HAL_CAMERA)
DEFINE_OPEN(scanner, HAL_SCANNER)
DEFINE_OPEN(gpio, HAL_GPIO)
DEFINE_OPEN(printer, HAL_PRINTER)
DEFINE_OPEN(drawer, HAL_DRAWER)
DEFINE_OPEN(sound, HAL_SOUND)
DEFINE_OPEN(network, HAL_NETWORK)
DEFINE_OPEN(storage, HAL_STORAGE)
