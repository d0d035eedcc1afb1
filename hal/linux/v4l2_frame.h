#ifndef HAL_LINUX_V4L2_FRAME_H
#define HAL_LINUX_V4L2_FRAME_H

/* A buffer as a driver filled it becomes a camera_frame. No devices here: tests make the bytes. */

#include "../pixels.h"
#include "hal/camera.h"

/* What the driver delivers; format is a V4L2 fourcc. */
struct v4l2_shape {
    uint32_t format;
    int width;
    int height;
    int stride; /* bytes a line of the first plane; 0 for MJPEG */
};

/* Memory for frames that cannot be handed on as they are. Init, fit once the driver's shape is known, finish. */
struct v4l2_target {
    struct pixels xrgb;   /* the frame's size */
    uint8_t *grey;        /* the frame's size */
    struct pixels native; /* the driver's size, when that differs and for MJPEG */
    void *jpeg;           /* the decoder, for MJPEG */
};

MUST_CHECK int v4l2_target_init(struct v4l2_target *target, int width, int height);
MUST_CHECK int v4l2_target_fit(struct v4l2_target *target, const struct v4l2_shape *shape);
void v4l2_target_finish(struct v4l2_target *target);

/* The fourccs that can be read, best first for a width; returns how many. */
size_t v4l2_frame_formats(int width, const uint32_t **out_formats);

/*
 * The frame points into bytes or into the target; sequence and time are the caller's. -EIO when the bytes are too few
 * or no picture, -ENOTSUP for a format not in the list.
 */
MUST_CHECK int v4l2_frame_make(const struct v4l2_shape *shape, struct slice bytes, struct v4l2_target *target,
                               struct camera_frame *out_frame);

#endif
