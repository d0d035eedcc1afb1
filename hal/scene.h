#ifndef HAL_SCENE_H
#define HAL_SCENE_H

/* What a camera without a lens sees: one picture, letterboxed to the frame's size, in grey and colour. */

#include "hal/camera.h"
#include "pixels.h"

struct scene {
    struct pixels xrgb;
    uint8_t *grey;
};

/* width and height 0: 640 × 480. Starts empty: a bright wall. -EINVAL, -ENOMEM. */
MUST_CHECK int scene_init(struct scene *scene, int width, int height);
void scene_finish(struct scene *scene);

void scene_empty(struct scene *scene);
void scene_show(struct scene *scene, const struct pixels *picture);

/* Everything but sequence, time and same_scene. */
void scene_frame(const struct scene *scene, struct camera_frame *out_frame);

#endif
