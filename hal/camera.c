#include "hal/camera.h"

#include <assert.h>
#include <string.h>

#include "backends.h"
#include "copy.h"
#include "pixels.h"

int camera_wait_frame(struct camera *camera, int timeout_ms, struct camera_frame *out_frame)
{
    assert(out_frame);
    return camera ? camera->ops->wait_frame(camera, timeout_ms, out_frame) : -ENODEV;
}

void camera_set_rate(struct camera *camera, enum camera_rate rate)
{
    if (camera) {
        camera->ops->set_rate(camera, rate);
    }
}

void camera_close(struct camera *camera)
{
    if (camera) {
        camera->ops->close(camera);
    }
}

int camera_auto_open(const struct camera_spec *spec, struct hal_context *context, struct camera **out_device)
{
    struct camera_spec tried = *spec;
    int error;

    if (tried.device[0] == '\0') {
        copy_text(tried.device, sizeof(tried.device), "auto");
    }
    error = camera_v4l2_open(&tried, context, out_device);
    if (error == -ENODEV && spec->folder[0] != '\0') {
        error = camera_folder_open(spec, context, out_device);
    }
    return error;
}

static uint32_t colour_at(const struct camera_frame *frame, int x, int y)
{
    const uint8_t *row = frame->colour_planes[0] + (ptrdiff_t)y * frame->colour_stride_bytes[0];

    switch (frame->colour) {
    case CAMERA_COLOUR_XRGB:
        return ((const uint32_t *)(const void *)row)[x];
    case CAMERA_COLOUR_YUYV: {
        const uint8_t *pair = row + 4 * (ptrdiff_t)(x / 2);

        return pixels_from_yuv(row[2 * (ptrdiff_t)x], pair[1], pair[3]);
    }
    case CAMERA_COLOUR_NV12: {
        const uint8_t *uv = frame->colour_planes[1] + (ptrdiff_t)(y / 2) * frame->colour_stride_bytes[1];

        return pixels_from_yuv(row[x], uv[x & ~1], uv[x | 1]);
    }
    case CAMERA_COLOUR_NONE:
        break;
    }
    return frame->grey[(ptrdiff_t)y * frame->stride_bytes + x] * 0x010101U;
}

void camera_frame_draw(const struct camera_frame *frame, const struct camera_view *view)
{
    /* The part of the frame that has the view's proportions. */
    struct rect part;

    assert(frame && frame->grey && view && view->pixels && view->width > 0 && view->height > 0);
    part = pixels_letterbox_rect(view->width, view->height, frame->width, frame->height);
    for (int y = 0; y < view->height; y++) {
        int from_y = part.y + (int)((int64_t)y * part.height / view->height);
        uint32_t *to = (uint32_t *)(void *)((uint8_t *)view->pixels + (ptrdiff_t)y * view->stride_bytes);
        int64_t step = ((int64_t)part.width << 16) / view->width;
        int64_t from_x = (int64_t)part.x << 16;

        for (int x = 0; x < view->width; x++, from_x += step) {
            to[view->mirror ? view->width - 1 - x : x] = colour_at(frame, (int)(from_x >> 16), from_y);
        }
    }
}
