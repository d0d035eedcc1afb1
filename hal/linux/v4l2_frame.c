#include "v4l2_frame.h"

#include <assert.h>
#include <linux/videodev2.h>
#include <stdlib.h>

#include "../jpeg.h"

static int allocate(struct pixels *pixels, int width, int height)
{
    if (width < 16 || height < 16 || width > CAMERA_SIDE_MAX || height > CAMERA_SIDE_MAX) {
        return -EINVAL;
    }
    pixels->xrgb = calloc((size_t)width * (size_t)height, sizeof(uint32_t));
    pixels->width = width;
    pixels->height = height;
    pixels->stride_bytes = width * 4;
    return pixels->xrgb ? 0 : -ENOMEM;
}

int v4l2_target_init(struct v4l2_target *target, int width, int height)
{
    int error;

    *target = (struct v4l2_target){0};
    error = allocate(&target->xrgb, width, height);
    if (!error) {
        target->grey = calloc((size_t)width, (size_t)height);
        error = target->grey ? 0 : -ENOMEM;
    }
    if (error) {
        v4l2_target_finish(target);
    }
    return error;
}

static bool fits(const struct v4l2_target *target, const struct v4l2_shape *shape)
{
    return shape->width == target->xrgb.width && shape->height == target->xrgb.height;
}

static bool stride_is_sane(const struct v4l2_shape *shape)
{
    int pixel = shape->format == V4L2_PIX_FMT_YUYV ? 2 : 1;

    return shape->format == V4L2_PIX_FMT_MJPEG || shape->stride >= shape->width * pixel;
}

int v4l2_target_fit(struct v4l2_target *target, const struct v4l2_shape *shape)
{
    int error = 0;

    assert(!target->native.xrgb && !target->jpeg);
    /* Chroma comes in pairs, and a line must be as long as it says. */
    if (shape->width % 2 || shape->height % 2 || !stride_is_sane(shape)) {
        return -EINVAL;
    }
    if (!fits(target, shape)) {
        error = allocate(&target->native, shape->width, shape->height);
    }
    if (!error && shape->format == V4L2_PIX_FMT_MJPEG) {
        error = jpeg_open((struct jpeg **)&target->jpeg);
    }
    return error;
}

void v4l2_target_finish(struct v4l2_target *target)
{
    jpeg_close(target->jpeg);
    free(target->xrgb.xrgb);
    free(target->native.xrgb);
    free(target->grey);
    *target = (struct v4l2_target){0};
}

size_t v4l2_frame_formats(int width, const uint32_t **out_formats)
{
    /* USB 2 carries 640 × 480 uncompressed at 30 frames a second, larger pictures only as JPEG. */
    static const uint32_t small[] = {V4L2_PIX_FMT_YUYV, V4L2_PIX_FMT_NV12, V4L2_PIX_FMT_GREY, V4L2_PIX_FMT_MJPEG};
    static const uint32_t large[] = {V4L2_PIX_FMT_NV12, V4L2_PIX_FMT_MJPEG, V4L2_PIX_FMT_YUYV, V4L2_PIX_FMT_GREY};

    *out_formats = width <= 640 ? small : large;
    return ARRAY_LEN(small);
}

static size_t bytes_needed(const struct v4l2_shape *shape)
{
    size_t lines = (size_t)shape->height;

    if (shape->format == V4L2_PIX_FMT_NV12) {
        lines += (lines + 1) / 2;
    }
    return shape->format == V4L2_PIX_FMT_MJPEG ? 2 : lines * (size_t)shape->stride;
}

static int to_xrgb(const struct v4l2_shape *shape, struct slice bytes, struct jpeg *jpeg,
                   const struct pixels *out_target)
{
    switch (shape->format) {
    case V4L2_PIX_FMT_YUYV:
        pixels_yuyv_to_xrgb(bytes.data, shape->stride, out_target);
        return 0;
    case V4L2_PIX_FMT_NV12:
        pixels_nv12_to_xrgb(bytes.data, shape->stride, out_target);
        return 0;
    case V4L2_PIX_FMT_GREY:
        pixels_grey_to_xrgb(bytes.data, shape->stride, out_target);
        return 0;
    default:
        return jpeg_decode(jpeg, bytes, out_target);
    }
}

/* The driver's own memory serves as it is: the usual case, without a copy but for YUYV's grey. */
static bool make_in_place(const struct v4l2_shape *shape, struct slice bytes, const struct v4l2_target *target,
                          struct camera_frame *frame)
{
    if (!fits(target, shape) || shape->format == V4L2_PIX_FMT_MJPEG) {
        return false;
    }
    frame->grey = bytes.data;
    frame->stride_bytes = shape->stride;
    if (shape->format == V4L2_PIX_FMT_YUYV) {
        struct rect size = {0, 0, shape->width, shape->height};

        pixels_yuyv_to_grey(bytes.data, shape->stride, size, target->grey, shape->width);
        frame->grey = target->grey;
        frame->stride_bytes = shape->width;
        frame->colour = CAMERA_COLOUR_YUYV;
    } else if (shape->format == V4L2_PIX_FMT_NV12) {
        frame->colour = CAMERA_COLOUR_NV12;
        frame->colour_planes[1] = bytes.data + (ptrdiff_t)shape->stride * shape->height;
        frame->colour_stride_bytes[1] = shape->stride;
    }
    if (frame->colour != CAMERA_COLOUR_NONE) {
        frame->colour_planes[0] = bytes.data;
        frame->colour_stride_bytes[0] = shape->stride;
    }
    return true;
}

int v4l2_frame_make(const struct v4l2_shape *shape, struct slice bytes, struct v4l2_target *target,
                    struct camera_frame *out_frame)
{
    struct camera_frame frame = {.width = target->xrgb.width, .height = target->xrgb.height};
    const struct pixels *decoded = target->native.xrgb ? &target->native : &target->xrgb;
    int error;

    assert(bytes.data && out_frame);
    if (shape->format != V4L2_PIX_FMT_YUYV && shape->format != V4L2_PIX_FMT_NV12 &&
        shape->format != V4L2_PIX_FMT_GREY && shape->format != V4L2_PIX_FMT_MJPEG) {
        return -ENOTSUP;
    }
    if (bytes.len < bytes_needed(shape)) {
        return -EIO;
    }
    if (!make_in_place(shape, bytes, target, &frame)) {
        error = to_xrgb(shape, bytes, target->jpeg, decoded);
        if (error) {
            return -EIO;
        }
        if (target->native.xrgb) {
            pixels_letterbox(&target->native, &target->xrgb);
        }
        pixels_xrgb_to_grey(&target->xrgb, target->grey, target->xrgb.width);
        frame.grey = target->grey;
        frame.stride_bytes = target->xrgb.width;
        frame.colour = CAMERA_COLOUR_XRGB;
        frame.colour_planes[0] = (const uint8_t *)target->xrgb.xrgb;
        frame.colour_stride_bytes[0] = target->xrgb.stride_bytes;
    }
    *out_frame = frame;
    return 0;
}
