#include "sim_core.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../copy.h"
#include "../picture.h"
#include "../png_file.h"
#include "../wait.h"

static const char *const fault_names[] = {
    [SIM_FAULT_NONE] = "none",           [SIM_FAULT_UNPLUG] = "unplug",     [SIM_FAULT_ERROR] = "error",
    [SIM_FAULT_PAPER_END] = "paper_end", [SIM_FAULT_NEAR_END] = "near_end", [SIM_FAULT_COVER_OPEN] = "cover_open",
    [SIM_FAULT_FULL_DISK] = "full_disk",
};

int sim_fault_from_name(const char *name, enum sim_fault *out_fault)
{
    assert(name && out_fault);
    for (size_t i = 0; i < ARRAY_LEN(fault_names); i++) {
        if (strcmp(fault_names[i], name) == 0) {
            *out_fault = (enum sim_fault)i;
            return 0;
        }
    }
    return -ENOENT;
}

int sim_open(struct sim **out_sim)
{
    static const struct storage_identity identity = {"SIM-HW", "SIM-DISK", "SIM-DATA"};
    struct sim *sim = calloc(1, sizeof(*sim));
    int error = 0;

    assert(out_sim);
    if (!sim) {
        return -ENOMEM;
    }
    pthread_mutex_init(&sim->lock, NULL);
    for (size_t i = 0; i < HAL_DEVICE_COUNT; i++) {
        sim->wake[i] = -1;
    }
    for (size_t i = 0; i < HAL_DEVICE_COUNT && !error; i++) {
        error = hal_wake_open(&sim->wake[i]);
    }
    if (error) {
        sim_close(sim);
        return error;
    }
    sim->network_up = true;
    sim->identity = identity;
    *out_sim = sim;
    return 0;
}

void sim_close(struct sim *sim)
{
    if (!sim) {
        return;
    }
    sim_camera_clear(sim);
    for (size_t i = 0; i < HAL_DEVICE_COUNT; i++) {
        if (sim->wake[i] >= 0) {
            close(sim->wake[i]);
        }
    }
    pthread_mutex_destroy(&sim->lock);
    free(sim);
}

void sim_lock(struct sim *sim)
{
    pthread_mutex_lock(&sim->lock);
}

void sim_unlock(struct sim *sim)
{
    pthread_mutex_unlock(&sim->lock);
}

int sim_check(struct sim *sim, enum hal_device device)
{
    enum sim_fault fault = sim_fault_of(sim, device);

    return fault == SIM_FAULT_UNPLUG ? -ENODEV : fault == SIM_FAULT_ERROR ? -EIO : 0;
}

int sim_check_open(struct hal_context *context, enum hal_device device)
{
    int error;

    if (!context->sim) {
        hal_context_reason(context, "simulated %s without a simulation", hal_device_name(device));
        return -EINVAL;
    }
    error = sim_check(context->sim, device);
    if (error) {
        hal_context_reason(context, "simulated %s is %s", hal_device_name(device),
                           error == -ENODEV ? "unplugged" : "out of order");
    }
    return error;
}

void sim_note_drawer(struct sim *sim)
{
    sim->outputs.drawer_pulses++;
}

int sim_wait(struct sim *sim, enum hal_device device, int cancel_fd, int64_t deadline_ns)
{
    int error = hal_wait_fd(sim->wake[device], POLLIN, cancel_fd, deadline_ns);

    if (!error) {
        hal_wake_clear(sim->wake[device]);
    }
    return error;
}

int sim_scan(struct sim *sim, const char *text)
{
    int error = 0;

    assert(sim && text);
    if (strlen(text) >= SCANNER_TEXT_MAX) {
        return -EMSGSIZE;
    }
    sim_lock(sim);
    if (sim->scan_count == SIM_SCANS_MAX) {
        error = -ENOSPC;
    } else {
        copy_text(sim->scans[(sim->scan_from + sim->scan_count++) % SIM_SCANS_MAX], SCANNER_TEXT_MAX, text);
    }
    sim_unlock(sim);
    hal_wake_send(sim->wake[HAL_SCANNER]);
    return error;
}

/* Takes the picture over. */
static int add_scene(struct sim *sim, struct pixels *picture, int frames)
{
    int error = 0;

    sim_lock(sim);
    if (sim->scene_count == SIM_SCENES_MAX) {
        error = -ENOSPC;
        picture_finish(picture);
    } else {
        sim->scenes[(sim->scene_from + sim->scene_count++) % SIM_SCENES_MAX] =
            (struct sim_scene){*picture, frames, ++sim->scene_number};
    }
    sim_unlock(sim);
    hal_wake_send(sim->wake[HAL_CAMERA]);
    return error;
}

int sim_camera_picture(struct sim *sim, const char *path, int frames)
{
    struct pixels picture = {0};
    int error;

    assert(sim && path && frames > 0);
    error = picture_load(path, &picture);
    return error ? error : add_scene(sim, &picture, frames);
}

int sim_camera_qr(struct sim *sim, const char *text, int frames)
{
    struct pixels picture = {0};
    int error;

    assert(sim && text && frames > 0);
    error = picture_from_qr(text, &picture);
    return error ? error : add_scene(sim, &picture, frames);
}

void sim_camera_clear(struct sim *sim)
{
    sim_lock(sim);
    while (sim->scene_count > 0) {
        picture_finish(&sim->scenes[sim->scene_from].picture);
        sim->scene_from = (sim->scene_from + 1) % SIM_SCENES_MAX;
        sim->scene_count--;
    }
    sim_unlock(sim);
    hal_wake_send(sim->wake[HAL_CAMERA]);
}

void sim_camera_live(struct sim *sim, bool live)
{
    sim_lock(sim);
    sim->camera_live = live;
    sim_unlock(sim);
    hal_wake_send(sim->wake[HAL_CAMERA]);
}

size_t sim_camera_waiting(struct sim *sim)
{
    size_t count;

    sim_lock(sim);
    count = sim->scene_count;
    sim_unlock(sim);
    return count;
}

int sim_input(struct sim *sim, const struct input_event *event)
{
    int error = 0;

    assert(sim && event);
    sim_lock(sim);
    if (sim->input_count == SIM_INPUTS_MAX) {
        error = -ENOSPC;
    } else {
        sim->inputs[(sim->input_from + sim->input_count++) % SIM_INPUTS_MAX] = *event;
    }
    sim_unlock(sim);
    hal_wake_send(sim->wake[HAL_INPUT]);
    return error;
}

static int add_line_event(struct sim *sim, enum gpio_role role, const char *name, bool active)
{
    struct gpio_event event = {.role = role, .active = active, .at_ns = hal_now_ns()};
    int error = 0;

    if (strlen(name) >= sizeof(event.name)) {
        return -EINVAL;
    }
    copy_text(event.name, sizeof(event.name), name);
    sim_lock(sim);
    if (sim->button_count == SIM_BUTTONS_MAX) {
        error = -ENOSPC;
    } else {
        sim->buttons[(sim->button_from + sim->button_count++) % SIM_BUTTONS_MAX] = event;
    }
    sim_unlock(sim);
    hal_wake_send(sim->wake[HAL_GPIO]);
    return error;
}

int sim_button(struct sim *sim, const char *name, bool pressed)
{
    assert(sim && name);
    return add_line_event(sim, GPIO_BUTTON, name, pressed);
}

int sim_presence(struct sim *sim, bool somebody)
{
    assert(sim);
    return add_line_event(sim, GPIO_PRESENCE, "presence", somebody);
}

void sim_network_set(struct sim *sim, bool up)
{
    assert(sim);
    sim_lock(sim);
    sim->network_up = up;
    sim_unlock(sim);
    hal_wake_send(sim->wake[HAL_NETWORK]);
}

static bool makes_sense(enum hal_device device, enum sim_fault fault)
{
    switch (fault) {
    case SIM_FAULT_NONE:
    case SIM_FAULT_UNPLUG:
    case SIM_FAULT_ERROR:
        return true;
    case SIM_FAULT_PAPER_END:
    case SIM_FAULT_NEAR_END:
    case SIM_FAULT_COVER_OPEN:
        return device == HAL_PRINTER;
    case SIM_FAULT_FULL_DISK:
        return device == HAL_STORAGE;
    }
    return false;
}

int sim_fail(struct sim *sim, enum hal_device device, enum sim_fault fault)
{
    assert(sim && (unsigned)device < HAL_DEVICE_COUNT);
    if (!makes_sense(device, fault)) {
        return -EINVAL;
    }
    sim_lock(sim);
    sim->faults[device] = fault;
    sim_unlock(sim);
    hal_wake_send(sim->wake[device]);
    return 0;
}

void sim_restore(struct sim *sim, enum hal_device device)
{
    int always = sim_fail(sim, device, SIM_FAULT_NONE);

    assert(always == 0);
}

enum sim_fault sim_fault_of(struct sim *sim, enum hal_device device)
{
    enum sim_fault fault;

    assert(sim && (unsigned)device < HAL_DEVICE_COUNT);
    sim_lock(sim);
    fault = sim->faults[device];
    sim_unlock(sim);
    return fault;
}

void sim_outputs(struct sim *sim, struct sim_outputs *out_outputs)
{
    assert(sim && out_outputs);
    sim_lock(sim);
    *out_outputs = sim->outputs;
    sim_unlock(sim);
}

/* Copies under the lock and compresses outside it, so that the screen never waits for a file. */
int sim_display_png(struct sim *sim, const char *path)
{
    struct pixels copy = {0};
    int error = -ENODEV;

    assert(sim && path);
    sim_lock(sim);
    if (sim->screen) {
        size_t length = (size_t)sim->screen->stride_bytes * (size_t)sim->screen->height;

        copy = *sim->screen;
        copy.xrgb = malloc(length);
        error = copy.xrgb ? 0 : -ENOMEM;
        if (!error) {
            memcpy(copy.xrgb, sim->screen->xrgb, length);
        }
    }
    sim_unlock(sim);
    if (!error) {
        error = png_file_write(&copy, path);
        free(copy.xrgb);
    }
    return error;
}
