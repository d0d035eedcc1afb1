#include <stdlib.h>

#include "../backends.h"
#include "../picture.h"
#include "../rate.h"
#include "../scene.h"
#include "../wait.h"
#include "sim_core.h"

struct camera_sim {
    struct camera base;
    struct sim *sim;
    int cancel_fd;
    struct rate rate;
    struct scene scene;
    bool showing; /* the scene holds a picture */
    bool changed;
    uint32_t noise; /* state of the sensor's noise */
    int frames_left;
    uint64_t scene_number; /* which one shows */
    uint64_t sequence;
};

/* Takes the next picture over; false when none waits. The count that others see falls when its last frame was given. */
static bool start_scene(struct camera_sim *self)
{
    bool found;

    sim_lock(self->sim);
    found = self->sim->scene_count > 0;
    if (found) {
        struct sim_scene *scene = &self->sim->scenes[self->sim->scene_from];

        scene_show(&self->scene, &scene->picture);
        self->frames_left = scene->frames;
        self->scene_number = scene->number;
    }
    sim_unlock(self->sim);
    return found;
}

/* Whether the scene that shows is still there: somebody may have cleared it away. */
static bool is_there(const struct camera_sim *self)
{
    const struct sim *sim = self->sim;

    return sim->scene_count > 0 && sim->scenes[sim->scene_from].number == self->scene_number;
}

/* True when the present scene is over; it is then gone from the queue. */
static bool end_scene(struct camera_sim *self)
{
    bool over;

    sim_lock(self->sim);
    over = !is_there(self) || self->frames_left == 0;
    if (over && is_there(self)) {
        picture_finish(&self->sim->scenes[self->sim->scene_from].picture);
        self->sim->scene_from = (self->sim->scene_from + 1) % SIM_SCENES_MAX;
        self->sim->scene_count--;
    }
    sim_unlock(self->sim);
    return over;
}

/* What this frame shows: one empty frame always lies between two pictures. */
static void change_scene(struct camera_sim *self)
{
    if (self->showing && end_scene(self)) {
        scene_empty(&self->scene);
        self->showing = false;
        self->changed = true;
    } else if (!self->showing && start_scene(self)) {
        self->showing = true;
        self->changed = true;
    }
    if (self->showing) {
        self->frames_left--;
    }
}

static bool is_live(struct camera_sim *self)
{
    sim_lock(self->sim);
    bool live = self->sim->camera_live;
    sim_unlock(self->sim);
    return live;
}

/* Two grey levels up and down, as a sensor has in a lit shop. */
static void add_noise(struct camera_sim *self)
{
    uint8_t *grey = self->scene.grey;
    size_t count = (size_t)self->scene.xrgb.width * (size_t)self->scene.xrgb.height;

    for (size_t i = 0; i < count; i++) {
        self->noise = self->noise * 1664525u + 1013904223u;
        grey[i] = (uint8_t)((grey[i] & ~3u) | (self->noise >> 30));
    }
}

/* A picture before an empty scene is a frame at once; everything else keeps the rate. */
static int wait_due(struct camera_sim *self, int64_t deadline_ns)
{
    for (;;) {
        int64_t due = rate_due_ns(&self->rate);
        int error = sim_check(self->sim, HAL_CAMERA);

        if (error || hal_now_ns() >= due || (!is_live(self) && !self->showing && sim_camera_waiting(self->sim) > 0)) {
            return error;
        }
        error = sim_wait(self->sim, HAL_CAMERA, self->cancel_fd, due < deadline_ns ? due : deadline_ns);
        if (error == -ETIMEDOUT && due < deadline_ns) {
            continue;
        }
        if (error) {
            return error;
        }
    }
}

static int sim_wait_frame(struct camera *camera, int timeout_ms, struct camera_frame *out_frame)
{
    struct camera_sim *self = (struct camera_sim *)camera;
    int error = wait_due(self, hal_deadline_ns(timeout_ms));

    if (error) {
        return error;
    }
    change_scene(self);
    if (is_live(self)) {
        add_noise(self);
        self->changed = true;
    }
    scene_frame(&self->scene, out_frame);
    self->rate.last_ns = hal_now_ns();
    out_frame->taken_ns = self->rate.last_ns;
    out_frame->sequence = ++self->sequence;
    out_frame->same_scene = !self->changed && self->sequence > 1;
    self->changed = false;
    return 0;
}

static void sim_set_rate(struct camera *camera, enum camera_rate rate)
{
    struct camera_sim *self = (struct camera_sim *)camera;

    rate_set(&self->rate, rate);
    hal_wake_send(self->sim->wake[HAL_CAMERA]);
}

static void sim_camera_close(struct camera *camera)
{
    struct camera_sim *self = (struct camera_sim *)camera;

    scene_finish(&self->scene);
    rate_finish(&self->rate);
    free(self);
}

static const struct camera_ops sim_ops = {
    .wait_frame = sim_wait_frame,
    .set_rate = sim_set_rate,
    .close = sim_camera_close,
};

int camera_sim_open(const struct camera_spec *spec, struct hal_context *context, struct camera **out_device)
{
    struct camera_sim *self;
    int error = sim_check_open(context, HAL_CAMERA);

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
    error = rate_init(&self->rate);
    if (!error) {
        error = scene_init(&self->scene, spec->width, spec->height);
    }
    if (error) {
        sim_camera_close(&self->base);
        return error;
    }
    *out_device = &self->base;
    return 0;
}
