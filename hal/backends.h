#ifndef HAL_BACKENDS_H
#define HAL_BACKENDS_H

/* Every back-end's open, for the tables in backends.c alone. Contracts are those of the devices' headers. */

#include "hal/board.h"

#define HAL_DECLARE_BACKEND(device, name)                                                                              \
    int device##_##name##_open(const struct device##_spec *spec, struct hal_context *context,                          \
                               struct device **out_device)

HAL_DECLARE_BACKEND(display, window);
HAL_DECLARE_BACKEND(display, kms);
HAL_DECLARE_BACKEND(display, sim);
HAL_DECLARE_BACKEND(input, window);
HAL_DECLARE_BACKEND(input, evdev);
HAL_DECLARE_BACKEND(input, sim);
HAL_DECLARE_BACKEND(camera, v4l2);
HAL_DECLARE_BACKEND(camera, folder);
HAL_DECLARE_BACKEND(camera, auto);
HAL_DECLARE_BACKEND(camera, sim);
HAL_DECLARE_BACKEND(scanner, hid);
HAL_DECLARE_BACKEND(scanner, serial);
HAL_DECLARE_BACKEND(scanner, sim);
HAL_DECLARE_BACKEND(scanner, none);
HAL_DECLARE_BACKEND(gpio, gpiod);
HAL_DECLARE_BACKEND(gpio, sim);
HAL_DECLARE_BACKEND(gpio, none);
HAL_DECLARE_BACKEND(printer, usb);
HAL_DECLARE_BACKEND(printer, serial);
HAL_DECLARE_BACKEND(printer, tcp);
HAL_DECLARE_BACKEND(printer, file);
HAL_DECLARE_BACKEND(printer, sim);
HAL_DECLARE_BACKEND(printer, none);
HAL_DECLARE_BACKEND(drawer, printer);
HAL_DECLARE_BACKEND(drawer, gpio);
HAL_DECLARE_BACKEND(drawer, sim);
HAL_DECLARE_BACKEND(drawer, none);
HAL_DECLARE_BACKEND(sound, sdl);
HAL_DECLARE_BACKEND(sound, sim);
HAL_DECLARE_BACKEND(sound, none);
HAL_DECLARE_BACKEND(network, link);
HAL_DECLARE_BACKEND(network, sim);
HAL_DECLARE_BACKEND(storage, disk);
HAL_DECLARE_BACKEND(storage, sim);

/* Whether this build has that back-end. */
bool hal_backend_exists(enum hal_device device, const char *name);

/* The names this build has, comma separated, cut to size. */
void hal_backend_list(enum hal_device device, char *out_text, size_t size);

#endif
