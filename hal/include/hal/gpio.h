#ifndef HAL_GPIO_H
#define HAL_GPIO_H

/*
 * Buttons, the presence sensor, lamps, the buzzer and a drawer on a pin. The GPIO worker waits and owns the device;
 * other threads set outputs through hal/devices.h, since the worker may reopen the device at any time. Lines are named
 * by the board file; nothing outside it knows a pin number. Back-ends: gpiod (libgpiod 2), sim (any name is accepted
 * and recorded), none (no lines at all).
 */

#include "hal/context.h"

#define GPIO_LINES_MAX    24
#define GPIO_PULSE_MAX_MS 500

enum gpio_role {
    GPIO_BUTTON,
    GPIO_PRESENCE,
    GPIO_LAMP,
    GPIO_BUZZER,
    GPIO_DRAWER,
};

struct gpio_line {
    enum gpio_role role;
    char name[HAL_NAME_MAX]; /* "ok", "green"; the buzzer, the drawer and the sensor are called by their role */
    char chip[HAL_NAME_MAX]; /* "gpiochip0" */
    unsigned offset;
    bool active_low;
    bool pull_up; /* inputs */
};

struct gpio_spec {
    char backend[HAL_BACKEND_MAX];
    size_t line_count;
    struct gpio_line lines[GPIO_LINES_MAX];
    int debounce_ms; /* inputs; 0: 20 */
};

struct gpio_event {
    enum gpio_role role; /* GPIO_BUTTON or GPIO_PRESENCE */
    char name[HAL_NAME_MAX];
    bool active;   /* pressed, somebody is there */
    int64_t at_ns; /* CLOCK_MONOTONIC */
};

struct gpio {
    const struct gpio_ops *ops;
};

struct gpio_ops {
    /* Mandatory. Blocks. */
    int (*wait)(struct gpio *gpio, int timeout_ms, struct gpio_event *out_event);
    /* Mandatory. Does not block; any thread. -ENOENT when the board has no such output. */
    int (*set)(struct gpio *gpio, enum gpio_role role, const char *name, bool active);
    /* Mandatory. */
    void (*close)(struct gpio *gpio);
};

MUST_CHECK int gpio_open(const struct gpio_spec *spec, struct hal_context *context, struct gpio **out_gpio);

/* Blocks until an input changed. -ETIMEDOUT, -ECANCELED, -ENODEV. */
MUST_CHECK int gpio_wait(struct gpio *gpio, int timeout_ms, struct gpio_event *out_event);

/* -ENOENT: this board has no such lamp (callers that only want to please may ignore exactly that). */
MUST_CHECK int gpio_lamp_set(struct gpio *gpio, const char *name, bool on);

/* On, wait, off again: blocks for ms (1 … GPIO_PULSE_MAX_MS), so never on the main thread. */
MUST_CHECK int gpio_pulse(struct gpio *gpio, enum gpio_role role, int ms);
void gpio_close(struct gpio *gpio);

#endif
