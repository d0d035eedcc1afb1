#ifndef HAL_LINUX_EVDEV_H
#define HAL_LINUX_EVDEV_H

/* libevdev beside hal/input.h: both the kernel and the HAL call a struct input_event; the kernel's is renamed here. */

#ifdef _UAPI_INPUT_H
#error "include evdev.h before anything that includes <linux/input.h>"
#endif

#define input_event kernel_input_event
#include <libevdev/libevdev.h>
#undef input_event

#endif
