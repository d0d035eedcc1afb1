#ifndef HAL_PANEL_H
#define HAL_PANEL_H

/* From the upright picture to the panel as it is mounted, and back. Pure. */

#include "hal/display.h"
#include "pixels.h"

/* The size of the panel that shows an upright picture. */
void panel_size(const struct display_size *upright, int *out_width, int *out_height);

/* Where an upright rectangle lies on the panel. */
struct rect panel_rect(const struct display_size *upright, struct rect rect);

/* The upright point of a panel point, clamped into the picture. */
void panel_to_upright(const struct display_size *upright, int panel_x, int panel_y, int *out_x, int *out_y);

/* Copies an upright rectangle of the picture (inside it) to its place on the panel. */
void panel_copy(const struct display_frame *frame, int rotation, struct rect rect, const struct pixels *panel);

/* The part of a rectangle inside width × height; empty (width 0) when there is none. */
struct rect panel_clip(struct rect rect, int width, int height);

/* The smallest rectangle that holds both; an empty one adds nothing. */
struct rect panel_union(struct rect a, struct rect b);

/* Allocates the picture and fills in base->size and base->frame. -EINVAL, -ENOMEM. */
MUST_CHECK int panel_frame_init(struct display *base, const struct display_spec *spec, int width, int height);
void panel_frame_finish(struct display *base);

#endif
