#include "hal/gpio.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

#include "backends.h"
#include "gpio_shared.h"
#include "wait.h"

int gpio_wait(struct gpio *gpio, int timeout_ms, struct gpio_event *out_event)
{
    assert(out_event);
    return gpio ? gpio->ops->wait(gpio, timeout_ms, out_event) : -ENODEV;
}

int gpio_lamp_set(struct gpio *gpio, const char *name, bool on)
{
    assert(name);
    return gpio ? gpio->ops->set(gpio, GPIO_LAMP, name, on) : -ENODEV;
}

static int set_shared(struct gpio *const *slot, pthread_mutex_t *lock, enum gpio_role role, bool active)
{
    int error;

    if (lock) {
        pthread_mutex_lock(lock);
    }
    error = *slot ? (*slot)->ops->set(*slot, role, "", active) : -ENODEV;
    if (lock) {
        pthread_mutex_unlock(lock);
    }
    return error;
}

int gpio_pulse_shared(struct gpio *const *slot, pthread_mutex_t *lock, enum gpio_role role, int ms)
{
    struct timespec length = {.tv_sec = 0, .tv_nsec = ms * 1000000L};
    int error;

    assert((role == GPIO_BUZZER || role == GPIO_DRAWER) && ms > 0 && ms <= GPIO_PULSE_MAX_MS);
    error = set_shared(slot, lock, role, true);
    if (error) {
        return error;
    }
    while (clock_nanosleep(CLOCK_MONOTONIC, 0, &length, &length) == EINTR) {
    }
    return set_shared(slot, lock, role, false);
}

int gpio_pulse(struct gpio *gpio, enum gpio_role role, int ms)
{
    return gpio_pulse_shared(&gpio, NULL, role, ms);
}

void gpio_close(struct gpio *gpio)
{
    if (gpio) {
        gpio->ops->close(gpio);
    }
}

/* A board without lines: its worker sleeps until the program ends. */
struct gpio_none {
    struct gpio base;
    int cancel_fd;
};

static int none_wait(struct gpio *gpio, int timeout_ms, struct gpio_event *out_event)
{
    (void)out_event;
    return hal_wait_fd(-1, 0, ((struct gpio_none *)gpio)->cancel_fd, hal_deadline_ns(timeout_ms));
}

static int none_set(struct gpio *gpio, enum gpio_role role, const char *name, bool active)
{
    (void)gpio;
    (void)role;
    (void)name;
    (void)active;
    return -ENOENT;
}

static void none_close(struct gpio *gpio)
{
    free(gpio);
}

static const struct gpio_ops none_ops = {.wait = none_wait, .set = none_set, .close = none_close};

int gpio_none_open(const struct gpio_spec *spec, struct hal_context *context, struct gpio **out_device)
{
    struct gpio_none *none = calloc(1, sizeof(*none));

    (void)spec;
    if (!none) {
        return -ENOMEM;
    }
    none->base.ops = &none_ops;
    none->cancel_fd = context->cancel_fd;
    *out_device = &none->base;
    return 0;
}
