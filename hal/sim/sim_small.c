/* The simulated devices that are a few lines each: drawer, sound, network, storage. */

#include <stdlib.h>
#include <string.h>

#include "../backends.h"
#include "../copy.h"
#include "../wait.h"
#include "sim_core.h"

struct drawer_sim {
    struct drawer base;
    struct sim *sim;
};

static int sim_kick(struct drawer *drawer)
{
    struct sim *sim = ((struct drawer_sim *)drawer)->sim;
    int error = sim_check(sim, HAL_DRAWER);

    if (!error) {
        sim_lock(sim);
        sim_note_drawer(sim);
        sim_unlock(sim);
    }
    return error;
}

static void sim_drawer_close(struct drawer *drawer)
{
    free(drawer);
}

static const struct drawer_ops drawer_ops = {.kick = sim_kick, .close = sim_drawer_close};

int drawer_sim_open(const struct drawer_spec *spec, struct hal_context *context, struct drawer **out_device)
{
    struct drawer_sim *self;
    int error = sim_check_open(context, HAL_DRAWER);

    (void)spec;
    if (error) {
        return error;
    }
    self = calloc(1, sizeof(*self));
    if (!self) {
        return -ENOMEM;
    }
    *self = (struct drawer_sim){{&drawer_ops}, context->sim};
    *out_device = &self->base;
    return 0;
}

struct sound_sim {
    struct sound base;
    struct sim *sim;
};

static int sim_play(struct sound *sound, enum sound_cue cue)
{
    struct sim *sim = ((struct sound_sim *)sound)->sim;
    int error = sim_check(sim, HAL_SOUND);

    if (!error) {
        sim_lock(sim);
        sim->outputs.sounds[cue]++;
        sim->outputs.sound_count++;
        sim->outputs.last_sound = cue;
        sim_unlock(sim);
    }
    return error;
}

static void sim_sound_close(struct sound *sound)
{
    free(sound);
}

static const struct sound_ops sound_ops = {.play = sim_play, .close = sim_sound_close};

int sound_sim_open(const struct sound_spec *spec, struct hal_context *context, struct sound **out_device)
{
    struct sound_sim *self;
    int error = sim_check_open(context, HAL_SOUND);

    (void)spec;
    if (error) {
        return error;
    }
    self = calloc(1, sizeof(*self));
    if (!self) {
        return -ENOMEM;
    }
    *self = (struct sound_sim){{&sound_ops}, context->sim};
    *out_device = &self->base;
    return 0;
}

struct network_sim {
    struct network base;
    struct sim *sim;
};

static int sim_state(struct network *network, struct network_state *out_state)
{
    struct sim *sim = ((struct network_sim *)network)->sim;
    struct network_state state = {.up = false};
    int error = sim_check(sim, HAL_NETWORK);

    hal_wake_clear(sim->wake[HAL_NETWORK]);
    if (error) {
        return error;
    }
    sim_lock(sim);
    state.up = sim->network_up;
    sim_unlock(sim);
    if (state.up) {
        copy_text(state.interface, sizeof(state.interface), "sim0");
        copy_text(state.address, sizeof(state.address), "192.0.2.10");
    }
    *out_state = state;
    return 0;
}

static int sim_network_fd(const struct network *network)
{
    return ((const struct network_sim *)network)->sim->wake[HAL_NETWORK];
}

static void sim_network_close(struct network *network)
{
    free(network);
}

static const struct network_ops network_ops = {.state = sim_state, .fd = sim_network_fd, .close = sim_network_close};

int network_sim_open(const struct network_spec *spec, struct hal_context *context, struct network **out_device)
{
    struct network_sim *self;
    int error = sim_check_open(context, HAL_NETWORK);

    (void)spec;
    if (error) {
        return error;
    }
    self = calloc(1, sizeof(*self));
    if (!self) {
        return -ENOMEM;
    }
    *self = (struct network_sim){{&network_ops}, context->sim};
    *out_device = &self->base;
    return 0;
}
