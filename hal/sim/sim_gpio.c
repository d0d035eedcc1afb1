#include <stdlib.h>
#include <string.h>

#include "../backends.h"
#include "../copy.h"
#include "../wait.h"
#include "sim_core.h"

struct gpio_sim {
    struct gpio base;
    struct sim *sim;
    int cancel_fd;
};

static bool take(struct sim *sim, struct gpio_event *out_event)
{
    bool found;

    sim_lock(sim);
    found = sim->button_count > 0;
    if (found) {
        *out_event = sim->buttons[sim->button_from];
        sim->button_from = (sim->button_from + 1) % SIM_BUTTONS_MAX;
        sim->button_count--;
    }
    sim_unlock(sim);
    return found;
}

static int sim_gpio_wait(struct gpio *gpio, int timeout_ms, struct gpio_event *out_event)
{
    struct gpio_sim *self = (struct gpio_sim *)gpio;
    int64_t deadline = hal_deadline_ns(timeout_ms);

    for (;;) {
        int error = sim_check(self->sim, HAL_GPIO);

        if (!error && take(self->sim, out_event)) {
            return 0;
        }
        if (!error) {
            error = sim_wait(self->sim, HAL_GPIO, self->cancel_fd, deadline);
        }
        if (error) {
            return error;
        }
    }
}

/* Under the lock. A new name is a new lamp as long as there is room. */
static int set_lamp(struct sim_outputs *outputs, const char *name, bool on)
{
    size_t i = 0;

    while (i < outputs->lamp_count && strcmp(outputs->lamps[i].name, name) != 0) {
        i++;
    }
    if (i == GPIO_LINES_MAX || strlen(name) >= HAL_NAME_MAX) {
        return -ENOENT;
    }
    if (i == outputs->lamp_count) {
        copy_text(outputs->lamps[i].name, sizeof(outputs->lamps[i].name), name);
        outputs->lamp_count++;
    }
    outputs->lamps[i].on = on;
    return 0;
}

static int sim_set(struct gpio *gpio, enum gpio_role role, const char *name, bool active)
{
    struct sim *sim = ((struct gpio_sim *)gpio)->sim;
    int error = sim_check(sim, HAL_GPIO);

    if (error) {
        return error;
    }
    sim_lock(sim);
    switch (role) {
    case GPIO_LAMP:
        error = set_lamp(&sim->outputs, name, active);
        break;
    case GPIO_BUZZER:
        sim->outputs.buzzer_pulses += active;
        break;
    case GPIO_DRAWER:
        if (active) {
            sim_note_drawer(sim);
        }
        break;
    case GPIO_BUTTON:
    case GPIO_PRESENCE:
        error = -ENOENT;
        break;
    }
    sim_unlock(sim);
    return error;
}

static void sim_gpio_close(struct gpio *gpio)
{
    free(gpio);
}

static const struct gpio_ops sim_ops = {.wait = sim_gpio_wait, .set = sim_set, .close = sim_gpio_close};

int gpio_sim_open(const struct gpio_spec *spec, struct hal_context *context, struct gpio **out_device)
{
    struct gpio_sim *self;
    int error = sim_check_open(context, HAL_GPIO);

    (void)spec;
    if (error) {
        return error;
    }
    self = calloc(1, sizeof(*self));
    if (!self) {
        return -ENOMEM;
    }
    self->base.ops = &sim_ops;
    self->sim = context->sim;
    self->cancel_fd = context->cancel_fd;
    *out_device = &self->base;
    return 0;
}
