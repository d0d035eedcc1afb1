#include <stdlib.h>

#include "../backends.h"
#include "sim_core.h"

#define TOTAL_BYTES (8ULL << 30)
#define FREE_BYTES  (6ULL << 30)

/*
 * A disk that is always the same. A mark file, when the board names one, is the real thing, so that a simulated
 * terminal that is started again finds it; without one the mark lives as long as the simulation.
 */
struct storage_sim {
    struct storage base;
    struct sim *sim;
    struct storage *marks; /* NULL: in memory */
};

static int sim_state(struct storage *storage, struct storage_state *out_state)
{
    struct sim *sim = ((struct storage_sim *)storage)->sim;
    bool full = sim_fault_of(sim, HAL_STORAGE) == SIM_FAULT_FULL_DISK;
    int error = sim_check(sim, HAL_STORAGE);

    if (!error) {
        *out_state = (struct storage_state){full ? 0 : FREE_BYTES, TOTAL_BYTES, true};
    }
    return error;
}

static int sim_identity(struct storage *storage, struct storage_identity *out_identity)
{
    struct sim *sim = ((struct storage_sim *)storage)->sim;
    int error = sim_check(sim, HAL_STORAGE);

    if (!error) {
        sim_lock(sim);
        *out_identity = sim->identity;
        sim_unlock(sim);
    }
    return error;
}

static int sim_mark_read(struct storage *storage, struct storage_mark *out_mark)
{
    struct storage_sim *self = (struct storage_sim *)storage;
    int error = sim_check(self->sim, HAL_STORAGE);

    if (!error && self->marks) {
        return storage_mark_read(self->marks, out_mark);
    }
    if (!error) {
        sim_lock(self->sim);
        error = self->sim->marked ? 0 : -ENOENT;
        if (!error) {
            *out_mark = self->sim->mark;
        }
        sim_unlock(self->sim);
    }
    return error;
}

static int sim_mark_write(struct storage *storage, const struct storage_mark *mark)
{
    struct storage_sim *self = (struct storage_sim *)storage;
    int error = sim_check(self->sim, HAL_STORAGE);

    if (!error && sim_fault_of(self->sim, HAL_STORAGE) == SIM_FAULT_FULL_DISK) {
        error = -ENOSPC;
    }
    if (!error && self->marks) {
        return storage_mark_write(self->marks, mark);
    }
    if (!error) {
        sim_lock(self->sim);
        self->sim->mark = *mark;
        self->sim->marked = true;
        sim_unlock(self->sim);
    }
    return error;
}

static void sim_storage_close(struct storage *storage)
{
    storage_close(((struct storage_sim *)storage)->marks);
    free(storage);
}

static const struct storage_ops sim_ops = {
    .state = sim_state,
    .identity = sim_identity,
    .mark_read = sim_mark_read,
    .mark_write = sim_mark_write,
    .close = sim_storage_close,
};

int storage_sim_open(const struct storage_spec *spec, struct hal_context *context, struct storage **out_device)
{
    struct storage_sim *self;
    int error = sim_check_open(context, HAL_STORAGE);

    if (error) {
        return error;
    }
    self = calloc(1, sizeof(*self));
    if (!self) {
        return -ENOMEM;
    }
    self->base.ops = &sim_ops;
    self->sim = context->sim;
    if (spec->mark_path[0] != '\0') {
        error = storage_disk_open(spec, context, &self->marks);
    }
    if (error) {
        free(self);
        return error;
    }
    *out_device = &self->base;
    return 0;
}
