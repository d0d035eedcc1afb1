#include <assert.h>
#include <gpiod.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../backends.h"
#include "../wait.h"

#define CHIPS_MAX   4
#define DEBOUNCE_MS 20

/* One request for a chip's inputs (waited on by the worker) and one for its outputs (set by anyone, under the lock). */
struct chip {
    char name[HAL_NAME_MAX];
    struct gpiod_line_request *inputs;
    struct gpiod_line_request *outputs;
};

struct gpio_gpiod {
    struct gpio base;
    struct gpio_spec spec;
    int cancel_fd;
    size_t chip_count;
    struct chip chips[CHIPS_MAX];
    struct gpiod_edge_event_buffer *events; /* the worker's */
    pthread_mutex_t lock;                   /* guards the outputs' requests */
};

static bool is_input(const struct gpio_line *line)
{
    return line->role == GPIO_BUTTON || line->role == GPIO_PRESENCE;
}

static const struct gpio_line *line_at(const struct gpio_gpiod *gpio, const struct chip *chip, unsigned offset)
{
    for (size_t i = 0; i < gpio->spec.line_count; i++) {
        const struct gpio_line *line = &gpio->spec.lines[i];

        if (line->offset == offset && strcmp(line->chip, chip->name) == 0) {
            return line;
        }
    }
    return NULL;
}

static int read_event(struct gpio_gpiod *gpio, const struct chip *chip, struct gpio_event *out_event)
{
    struct gpiod_edge_event *event;
    const struct gpio_line *line;

    if (gpiod_line_request_read_edge_events(chip->inputs, gpio->events, 1) != 1) {
        return errno == ENODEV || errno == EIO ? -ENODEV : -errno;
    }
    event = gpiod_edge_event_buffer_get_event(gpio->events, 0);
    line = line_at(gpio, chip, gpiod_edge_event_get_line_offset(event));
    if (!line) {
        return -EIO;
    }
    out_event->role = line->role;
    memcpy(out_event->name, line->name, sizeof(out_event->name));
    out_event->active = gpiod_edge_event_get_event_type(event) == GPIOD_EDGE_EVENT_RISING_EDGE;
    out_event->at_ns = (int64_t)gpiod_edge_event_get_timestamp_ns(event);
    return 0;
}

static int gpiod_wait(struct gpio *base, int timeout_ms, struct gpio_event *out_event)
{
    struct gpio_gpiod *gpio = (struct gpio_gpiod *)base;
    struct pollfd polled[CHIPS_MAX + 1];
    int ready;

    for (size_t i = 0; i < gpio->chip_count; i++) {
        const struct chip *chip = &gpio->chips[i];

        polled[i].fd = chip->inputs ? gpiod_line_request_get_fd(chip->inputs) : -1;
        polled[i].events = POLLIN;
    }
    polled[gpio->chip_count] = (struct pollfd){.fd = gpio->cancel_fd, .events = POLLIN};
    do {
        ready = poll(polled, gpio->chip_count + 1, timeout_ms < 0 ? -1 : timeout_ms);
    } while (ready < 0 && errno == EINTR);
    if (ready <= 0) {
        return ready < 0 ? -errno : -ETIMEDOUT;
    }
    if (polled[gpio->chip_count].revents) {
        return -ECANCELED;
    }
    for (size_t i = 0; i < gpio->chip_count; i++) {
        if (polled[i].revents) {
            return (polled[i].revents & POLLIN) ? read_event(gpio, &gpio->chips[i], out_event) : -ENODEV;
        }
    }
    return -ETIMEDOUT;
}

static int set_line(struct gpio_gpiod *gpio, const struct gpio_line *line, bool active)
{
    enum gpiod_line_value value = active ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE;

    for (size_t i = 0; i < gpio->chip_count; i++) {
        if (strcmp(gpio->chips[i].name, line->chip) == 0) {
            if (gpiod_line_request_set_value(gpio->chips[i].outputs, line->offset, value) == 0) {
                return 0;
            }
            return errno == ENODEV ? -ENODEV : -EIO;
        }
    }
    return -ENOENT;
}

static int gpiod_set(struct gpio *base, enum gpio_role role, const char *name, bool active)
{
    struct gpio_gpiod *gpio = (struct gpio_gpiod *)base;
    int error = -ENOENT;

    pthread_mutex_lock(&gpio->lock);
    for (size_t i = 0; i < gpio->spec.line_count && error == -ENOENT; i++) {
        const struct gpio_line *line = &gpio->spec.lines[i];

        if (line->role == role && (role != GPIO_LAMP || strcmp(line->name, name) == 0)) {
            error = set_line(gpio, line, active);
        }
    }
    pthread_mutex_unlock(&gpio->lock);
    return error;
}

static void gpiod_close(struct gpio *base)
{
    struct gpio_gpiod *gpio = (struct gpio_gpiod *)base;

    for (size_t i = 0; i < gpio->chip_count; i++) {
        if (gpio->chips[i].inputs) {
            gpiod_line_request_release(gpio->chips[i].inputs);
        }
        if (gpio->chips[i].outputs) {
            gpiod_line_request_release(gpio->chips[i].outputs);
        }
    }
    if (gpio->events) {
        gpiod_edge_event_buffer_free(gpio->events);
    }
    pthread_mutex_destroy(&gpio->lock);
    free(gpio);
}

static const struct gpio_ops gpiod_ops = {.wait = gpiod_wait, .set = gpiod_set, .close = gpiod_close};

static void describe(struct gpiod_line_settings *settings, const struct gpio_line *line, int debounce_ms)
{
    gpiod_line_settings_set_active_low(settings, line->active_low);
    if (!is_input(line)) {
        gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_OUTPUT);
        gpiod_line_settings_set_output_value(settings, GPIOD_LINE_VALUE_INACTIVE);
        return;
    }
    gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_INPUT);
    gpiod_line_settings_set_edge_detection(settings, GPIOD_LINE_EDGE_BOTH);
    gpiod_line_settings_set_debounce_period_us(settings, (unsigned long)debounce_ms * 1000UL);
    gpiod_line_settings_set_event_clock(settings, GPIOD_LINE_CLOCK_MONOTONIC);
    gpiod_line_settings_set_bias(settings, line->pull_up ? GPIOD_LINE_BIAS_PULL_UP : GPIOD_LINE_BIAS_AS_IS);
}

/* The lines of one direction on one chip; *out_request stays NULL when there are none. */
static int request_lines(const struct gpio_gpiod *gpio, struct gpiod_chip *opened, const struct chip *chip, bool inputs,
                         struct gpiod_line_request **out_request)
{
    struct gpiod_line_settings *settings = gpiod_line_settings_new();
    struct gpiod_request_config *request = gpiod_request_config_new();
    struct gpiod_line_config *lines = gpiod_line_config_new();
    int debounce_ms = gpio->spec.debounce_ms ? gpio->spec.debounce_ms : DEBOUNCE_MS;
    size_t count = 0;
    int error = settings && request && lines ? 0 : -ENOMEM;

    for (size_t i = 0; !error && i < gpio->spec.line_count; i++) {
        const struct gpio_line *line = &gpio->spec.lines[i];

        if (is_input(line) == inputs && strcmp(line->chip, chip->name) == 0) {
            describe(settings, line, debounce_ms);
            error = gpiod_line_config_add_line_settings(lines, &line->offset, 1, settings) < 0 ? -errno : 0;
            count++;
        }
    }
    if (!error && count > 0) {
        gpiod_request_config_set_consumer(request, "tillside");
        *out_request = gpiod_chip_request_lines(opened, request, lines);
        error = *out_request ? 0 : -errno;
    }
    gpiod_line_config_free(lines);
    gpiod_request_config_free(request);
    gpiod_line_settings_free(settings);
    return error;
}

static int open_chip(struct gpio_gpiod *gpio, const char *name)
{
    struct chip *chip = &gpio->chips[gpio->chip_count];
    struct gpiod_chip *opened;
    char path[HAL_NAME_MAX + 8];
    int error;

    snprintf(path, sizeof(path), "/dev/%s", name);
    opened = gpiod_chip_open(path);
    if (!opened) {
        return errno == ENOENT ? -ENODEV : -errno;
    }
    snprintf(chip->name, sizeof(chip->name), "%s", name);
    gpio->chip_count++;
    error = request_lines(gpio, opened, chip, true, &chip->inputs);
    if (!error) {
        error = request_lines(gpio, opened, chip, false, &chip->outputs);
    }
    gpiod_chip_close(opened);
    return error;
}

static bool chip_is_open(const struct gpio_gpiod *gpio, const char *name)
{
    for (size_t i = 0; i < gpio->chip_count; i++) {
        if (strcmp(gpio->chips[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static int open_chips(struct gpio_gpiod *gpio, struct hal_context *context)
{
    for (size_t i = 0; i < gpio->spec.line_count; i++) {
        const char *name = gpio->spec.lines[i].chip;
        int error;

        if (chip_is_open(gpio, name)) {
            continue;
        }
        if (gpio->chip_count == CHIPS_MAX) {
            hal_context_reason(context, "gpio: more than %d chips", CHIPS_MAX);
            return -EINVAL;
        }
        error = open_chip(gpio, name);
        if (error) {
            hal_context_reason(context, "gpio /dev/%s: %s", name, strerror(-error));
            return error;
        }
    }
    return 0;
}

int gpio_gpiod_open(const struct gpio_spec *spec, struct hal_context *context, struct gpio **out_device)
{
    struct gpio_gpiod *gpio = calloc(1, sizeof(*gpio));
    int error;

    if (!gpio) {
        return -ENOMEM;
    }
    gpio->base.ops = &gpiod_ops;
    gpio->spec = *spec;
    gpio->cancel_fd = context->cancel_fd;
    pthread_mutex_init(&gpio->lock, NULL);
    gpio->events = gpiod_edge_event_buffer_new(1);
    error = gpio->events ? open_chips(gpio, context) : -ENOMEM;
    if (error) {
        gpiod_close(&gpio->base);
        return error;
    }
    *out_device = &gpio->base;
    return 0;
}
