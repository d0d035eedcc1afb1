#include <stdlib.h>

#include "../backends.h"
#include "../wait.h"
#include "sim_core.h"

struct input_sim {
    struct input base;
    struct sim *sim;
};

static int sim_fd(const struct input *input)
{
    return ((const struct input_sim *)input)->sim->wake[HAL_INPUT];
}

static bool take(struct sim *sim, struct input_event *out_event)
{
    bool found;

    sim_lock(sim);
    found = sim->input_count > 0;
    if (found) {
        *out_event = sim->inputs[sim->input_from];
        sim->input_from = (sim->input_from + 1) % SIM_INPUTS_MAX;
        sim->input_count--;
    }
    sim_unlock(sim);
    return found;
}

static int sim_drain(struct input *input, input_sink *sink, void *context)
{
    struct sim *sim = ((struct input_sim *)input)->sim;
    struct input_event event;
    int error;

    hal_wake_clear(sim->wake[HAL_INPUT]);
    error = sim_check(sim, HAL_INPUT);
    while (!error && take(sim, &event)) {
        sink(context, &event);
    }
    return error;
}

static void sim_input_close(struct input *input)
{
    free(input);
}

static const struct input_ops sim_ops = {.fd = sim_fd, .drain = sim_drain, .close = sim_input_close};

int input_sim_open(const struct input_spec *spec, struct hal_context *context, struct input **out_device)
{
    struct input_sim *self;
    int error = sim_check_open(context, HAL_INPUT);

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
    *out_device = &self->base;
    return 0;
}
