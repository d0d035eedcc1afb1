#ifndef APP_SCREENS_CANVAS_H
#define APP_SCREENS_CANVAS_H

/* Paints scenes with Cairo into the display's memory. Main thread. */

#include "screens/scene.h"

struct canvas {
    cairo_surface_t *surface; /* on the frame's pixels; NULL before the first */
    cairo_t *cairo;
    struct display_frame frame;
    struct icons *icons;
};

void canvas_init(struct canvas *canvas, struct icons *icons);
void canvas_finish(struct canvas *canvas);
/* Whether this very frame was the last target. */
bool canvas_is_on(const struct canvas *canvas, const struct display_frame *frame);
/* The frame may be another one than last time (display reopened). -ENOMEM, -EINVAL. */
MUST_CHECK int canvas_target(struct canvas *canvas, const struct display_frame *frame);
/* Paints what of the scene lies inside the clip, and nothing outside it. */
void canvas_paint(struct canvas *canvas, const struct scene *scene, struct rect clip);

#endif
