#ifndef HAL_DISPLAY_H
#define HAL_DISPLAY_H

/*
 * The screen: a persistent picture in memory that the caller draws into (with Cairo), and a call that shows the parts
 * that changed. Rotation happens inside: the caller always draws upright. One thread (main) makes every call.
 * Back-ends: window (SDL, for desks), kms (DRM dumb buffers, for devices), sim (memory only).
 */

#include "hal/context.h"
#include "hal/rect.h"

#define DISPLAY_SIDE_MAX   8192
#define DISPLAY_DAMAGE_MAX 32 /* more rectangles than this are shown as their union */

/* From the board file. */
struct display_spec {
    char backend[HAL_BACKEND_MAX];
    char device[HAL_DEVICE_MAX]; /* kms: /dev/dri/cardN or "auto"; window: title */
    int width;                   /* upright pixels; 0: what the device has (window and sim: 1280 × 800) */
    int height;
    int rotation;    /* 0, 90, 180 or 270 degrees clockwise, from upright to the panel */
    int dpi;         /* 0: what the device says, else 96 */
    bool fullscreen; /* window only */
};

struct display_size {
    int width; /* upright pixels */
    int height;
    int rotation;
    int dpi;
};

/* The picture: XRGB8888 in native byte order, which is CAIRO_FORMAT_RGB24. Owned by the display until close. */
struct display_frame {
    uint32_t *pixels;
    int width;
    int height;
    int stride_bytes;
};

struct display {
    const struct display_ops *ops;
    struct display_size size;   /* set by open, constant */
    struct display_frame frame; /* set by open, constant */
};

struct display_ops {
    /* Mandatory. Shows the rectangles (clipped, n ≥ 1). May wait for one vertical blank. -ENODEV, -EIO. */
    int (*present)(struct display *display, const struct rect *damage, size_t n);
    /* Mandatory. Frees the display. */
    void (*close)(struct display *display);
};

/* -ENODEV no such screen, -EINVAL nonsense in the specification (context->reason says what), -ENOMEM. */
MUST_CHECK int display_open(const struct display_spec *spec, struct hal_context *context, struct display **out_display);

void display_size(const struct display *display, struct display_size *out_size);

/* The same memory for the display's whole life; what was drawn last is still in it. Black at open. */
void display_frame(const struct display *display, struct display_frame *out_frame);

/* Parts outside the picture are cut off; n = 0 shows nothing and is 0. -ENODEV when the screen is gone. */
MUST_CHECK int display_present(struct display *display, const struct rect *damage, size_t n);

/* Writes the picture, as drawn so far, to a PNG file. For screenshots; allocates. */
MUST_CHECK int display_write_png(const struct display *display, const char *path);

/* From a point on the panel (0,0 top left, as the touch panel or window reports it) to an upright one. */
void display_from_panel(const struct display *display, int panel_x, int panel_y, int *out_x, int *out_y);

/* NULL-safe. */
void display_close(struct display *display);

#endif
