#ifndef APP_SCREENS_PICTURE_H
#define APP_SCREENS_PICTURE_H

/*
 * A grey camera picture into the frame: it covers the area (the middle of it is shown when the shapes differ),
 * mirrored, because people steer by a mirror. Integer arithmetic, straight into the frame's memory. Pure.
 */

#include "hal/display.h"
#include "screens/ui.h"

/* Where the picture lies when it covers the area; for points of the picture such as the outline. */
struct picture_map {
    struct rect area;
    int source_x, source_y, source_width, source_height; /* the part that is seen */
};
struct picture_map picture_cover(const struct ui_picture *picture, struct rect area);
/* From the picture to the frame. */
void picture_point(const struct picture_map *map, double x, double y, double *out_x, double *out_y);

#define PICTURE_SIDE_MAX 8192
/* Paints the part of area that lies inside clip. */
void picture_draw(const struct ui_picture *picture, const struct picture_map *map, const struct display_frame *frame,
                  struct rect clip);

#endif
