#ifndef HAL_CAMERA_H
#define HAL_CAMERA_H

/*
 * The camera: the newest frame, as a grey plane for the decoder and, where there is one, a colour picture for the
 * viewfinder. One worker thread makes every call but camera_set_rate, which any thread may make.
 * Nothing is allocated between open and close (but for libjpeg's own bounded pools under MJPEG).
 * Back-ends: v4l2 (mmap; YUYV, NV12, GREY, MJPEG), folder (pictures dropped into a folder), sim,
 * auto (v4l2 when a capture device answers, else folder when one is named).
 */

#include "hal/context.h"

#define CAMERA_FULL_FPS 15
#define CAMERA_IDLE_FPS 5
#define CAMERA_SIDE_MAX 4096

struct camera_spec {
    char backend[HAL_BACKEND_MAX];
    char device[HAL_DEVICE_MAX]; /* v4l2: /dev/videoN or "auto" */
    char folder[HAL_DEVICE_MAX]; /* folder: the directory; made if missing */
    int width;                   /* frames are letterboxed to this; 0: 640 × 480 */
    int height;
    int show_ms; /* folder: how long each new picture stays before the lens; 0: 2000 */
};

enum camera_rate {
    CAMERA_FULL, /* as fast as the device gives, CAMERA_FULL_FPS for folder and sim */
    CAMERA_IDLE, /* CAMERA_IDLE_FPS; a frame that is not asked for costs next to nothing */
};

enum camera_colour {
    CAMERA_COLOUR_NONE, /* only the grey plane */
    CAMERA_COLOUR_YUYV, /* colour[0] */
    CAMERA_COLOUR_NV12, /* colour[0] is Y, colour[1] interleaved UV */
    CAMERA_COLOUR_XRGB, /* colour[0], 32 bits a pixel in native byte order (CAIRO_FORMAT_RGB24) */
};

/* Points into the camera's memory: valid until the next camera_wait_frame or camera_close. */
struct camera_frame {
    const uint8_t *grey;
    int width;
    int height;
    int stride_bytes;
    enum camera_colour colour;
    const uint8_t *colour_planes[2];
    int colour_stride_bytes[2];
    int64_t taken_ns;  /* CLOCK_MONOTONIC */
    uint64_t sequence; /* grows by at least 1 a frame since open; gaps are frames nobody asked for */
    bool same_scene;   /* folder and sim: nothing changed since the last frame given; false on real cameras */
};

struct camera {
    const struct camera_ops *ops;
};

struct camera_ops {
    /* Mandatory. Blocks. */
    int (*wait_frame)(struct camera *camera, int timeout_ms, struct camera_frame *out_frame);
    /* Mandatory. Any thread; does not block. */
    void (*set_rate)(struct camera *camera, enum camera_rate rate);
    /* Mandatory. */
    void (*close)(struct camera *camera);
};

MUST_CHECK int camera_open(const struct camera_spec *spec, struct hal_context *context, struct camera **out_camera);

/*
 * Blocks until a frame newer than the last one is due at the present rate. Frames that arrived meanwhile are dropped.
 * -ETIMEDOUT, -ECANCELED, -ENODEV (unplugged: hal_device_recover), -EIO (a frame that cannot be decoded; try again).
 */
MUST_CHECK int camera_wait_frame(struct camera *camera, int timeout_ms, struct camera_frame *out_frame);

/* A rate change takes effect at once, also for a wait that is under way. */
void camera_set_rate(struct camera *camera, enum camera_rate rate);
void camera_close(struct camera *camera);

/* Where and how a viewfinder wants the picture: XRGB8888, the frame scaled to cover all of it, centred. */
struct camera_view {
    uint32_t *pixels;
    int width;
    int height;
    int stride_bytes;
    bool mirror; /* as a mirror shows it: what shoppers expect when they see themselves */
};

/* Draws the frame (grey when it has no colour) into the view. Nearest neighbour; no allocation. */
void camera_frame_draw(const struct camera_frame *frame, const struct camera_view *view);

#endif
