#include <stdlib.h>

#include "../backends.h"
#include "../panel.h"
#include "sim_core.h"

#define DEFAULT_WIDTH  1280
#define DEFAULT_HEIGHT 800

/* A screen in memory. It shows the upright picture; its panel is never turned, since nobody would see it. */
struct display_sim {
    struct display base;
    struct sim *sim;
    struct pixels screen; /* under the sim's lock */
};

static int sim_present(struct display *display, const struct rect *damage, size_t n)
{
    struct display_sim *self = (struct display_sim *)display;
    int error = sim_check(self->sim, HAL_DISPLAY);

    if (error) {
        return error;
    }
    sim_lock(self->sim);
    for (size_t i = 0; i < n; i++) {
        panel_copy(&self->base.frame, 0, damage[i], &self->screen);
    }
    self->sim->outputs.frames_presented++;
    sim_unlock(self->sim);
    return 0;
}

static void sim_display_close(struct display *display)
{
    struct display_sim *self = (struct display_sim *)display;

    sim_lock(self->sim);
    if (self->sim->screen == &self->screen) {
        self->sim->screen = NULL;
    }
    sim_unlock(self->sim);
    free(self->screen.xrgb);
    panel_frame_finish(&self->base);
    free(self);
}

static const struct display_ops sim_ops = {.present = sim_present, .close = sim_display_close};

int display_sim_open(const struct display_spec *spec, struct hal_context *context, struct display **out_device)
{
    int width = spec->width ? spec->width : DEFAULT_WIDTH;
    int height = spec->height ? spec->height : DEFAULT_HEIGHT;
    struct display_sim *self;
    int error = sim_check_open(context, HAL_DISPLAY);

    if (error) {
        return error;
    }
    self = calloc(1, sizeof(*self));
    if (!self) {
        return -ENOMEM;
    }
    self->base.ops = &sim_ops;
    self->sim = context->sim;
    error = panel_frame_init(&self->base, spec, width, height);
    if (!error) {
        self->screen = (struct pixels){calloc((size_t)width * (size_t)height, 4), width, height, width * 4};
        error = self->screen.xrgb ? 0 : -ENOMEM;
    }
    if (error) {
        sim_display_close(&self->base);
        return error;
    }
    sim_lock(self->sim);
    self->sim->screen = &self->screen;
    sim_unlock(self->sim);
    *out_device = &self->base;
    return 0;
}
