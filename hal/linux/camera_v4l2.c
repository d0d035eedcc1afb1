#include <assert.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../backends.h"
#include "../rate.h"
#include "../wait.h"
#include "v4l2_frame.h"

#define BUFFERS     4
#define NUMBERS_MAX 16 /* /dev/video0 … that "auto" looks at */
#define EARLY_NS    (20 * HAL_NS_PER_MS)

struct buffer {
    void *start;
    size_t length;
};

struct camera_v4l2 {
    struct camera base;
    struct rate rate;
    int fd;
    int cancel_fd;
    bool streaming;
    struct v4l2_shape shape; /* what the driver delivers */
    struct v4l2_target target;
    struct buffer buffers[BUFFERS];
    size_t buffer_count;
    int held; /* index of the buffer the caller's frame points into, -1 for none */
    uint64_t sequence;
};

static int control(int fd, unsigned long request, void *argument)
{
    int result;

    do {
        result = ioctl(fd, request, argument);
    } while (result < 0 && errno == EINTR);
    return result < 0 ? -errno : 0;
}

static int queue(struct camera_v4l2 *v4l2, unsigned index)
{
    struct v4l2_buffer buffer = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP, .index = index};

    return control(v4l2->fd, VIDIOC_QBUF, &buffer);
}

/* The newest of the buffers that are full; older ones go straight back. -EAGAIN when none is. */
static int take_newest(struct camera_v4l2 *v4l2, struct v4l2_buffer *out_buffer)
{
    bool found = false;

    for (;;) {
        struct v4l2_buffer buffer = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
        int error = control(v4l2->fd, VIDIOC_DQBUF, &buffer);

        if (error == -EAGAIN) {
            return found ? 0 : -EAGAIN;
        }
        if (found && queue(v4l2, out_buffer->index)) {
            return -ENODEV;
        }
        if (error) {
            return error == -EIO ? -EIO : -ENODEV;
        }
        *out_buffer = buffer;
        found = true;
    }
}

static int release_held(struct camera_v4l2 *v4l2)
{
    int error = 0;

    if (v4l2->held >= 0) {
        error = queue(v4l2, (unsigned)v4l2->held);
        v4l2->held = -1;
    }
    return error ? -ENODEV : 0;
}

/* Sleeps out the time to the next frame. A camera at its full rate sets its own pace. */
static int wait_due(struct camera_v4l2 *v4l2, int64_t deadline_ns)
{
    while (rate_fps(&v4l2->rate) == CAMERA_IDLE_FPS) {
        int64_t due = rate_due_ns(&v4l2->rate) - EARLY_NS;
        int error;

        if (hal_now_ns() >= due) {
            return 0;
        }
        error = hal_wait_fd(v4l2->rate.wake_fd, POLLIN, v4l2->cancel_fd, due < deadline_ns ? due : deadline_ns);
        hal_wake_clear(v4l2->rate.wake_fd);
        if (error == -ETIMEDOUT && due < deadline_ns) {
            return 0;
        }
        if (error) {
            return error;
        }
    }
    return 0;
}

static int give(struct camera_v4l2 *v4l2, const struct v4l2_buffer *buffer, struct camera_frame *out_frame)
{
    const struct buffer *memory = &v4l2->buffers[buffer->index];
    struct slice bytes = {memory->start, buffer->bytesused};
    struct camera_frame frame = {0};
    int error;

    v4l2->held = (int)buffer->index;
    error = (buffer->flags & V4L2_BUF_FLAG_ERROR) ? -EIO : v4l2_frame_make(&v4l2->shape, bytes, &v4l2->target, &frame);
    if (error) {
        return error;
    }
    v4l2->sequence = buffer->sequence >= v4l2->sequence ? buffer->sequence + 1ULL : v4l2->sequence + 1;
    frame.sequence = v4l2->sequence;
    frame.taken_ns = (buffer->flags & V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC)
                         ? buffer->timestamp.tv_sec * 1000000000LL + buffer->timestamp.tv_usec * 1000LL
                         : hal_now_ns();
    v4l2->rate.last_ns = hal_now_ns();
    *out_frame = frame;
    return 0;
}

static int v4l2_wait_frame(struct camera *camera, int timeout_ms, struct camera_frame *out_frame)
{
    struct camera_v4l2 *v4l2 = (struct camera_v4l2 *)camera;
    int64_t deadline = hal_deadline_ns(timeout_ms);
    struct v4l2_buffer buffer = {0};
    int error = release_held(v4l2);

    if (!error) {
        error = wait_due(v4l2, deadline);
    }
    while (!error) {
        error = hal_wait_fd(v4l2->fd, POLLIN, v4l2->cancel_fd, deadline);
        if (!error) {
            error = take_newest(v4l2, &buffer);
        }
        if (error != -EAGAIN) {
            break;
        }
        error = 0;
    }
    return error ? error : give(v4l2, &buffer, out_frame);
}

static void v4l2_set_rate(struct camera *camera, enum camera_rate rate)
{
    rate_set(&((struct camera_v4l2 *)camera)->rate, rate);
}

static void v4l2_close(struct camera *camera)
{
    struct camera_v4l2 *v4l2 = (struct camera_v4l2 *)camera;
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;

    if (v4l2->streaming) {
        (void)control(v4l2->fd, VIDIOC_STREAMOFF, &type);
    }
    for (size_t i = 0; i < v4l2->buffer_count; i++) {
        munmap(v4l2->buffers[i].start, v4l2->buffers[i].length);
    }
    if (v4l2->fd >= 0) {
        close(v4l2->fd);
    }
    v4l2_target_finish(&v4l2->target);
    rate_finish(&v4l2->rate);
    free(v4l2);
}

static const struct camera_ops v4l2_ops = {
    .wait_frame = v4l2_wait_frame,
    .set_rate = v4l2_set_rate,
    .close = v4l2_close,
};

/* -ENODEV when there is no device or it captures nothing. */
static int open_capture(const char *path, int *out_fd)
{
    struct v4l2_capability capability = {0};
    int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    uint32_t has;

    if (fd < 0) {
        return errno == ENOENT || errno == ENXIO ? -ENODEV : -errno;
    }
    if (control(fd, VIDIOC_QUERYCAP, &capability) < 0) {
        close(fd);
        return -ENODEV;
    }
    has = (capability.capabilities & V4L2_CAP_DEVICE_CAPS) ? capability.device_caps : capability.capabilities;
    if (!(has & V4L2_CAP_VIDEO_CAPTURE) || !(has & V4L2_CAP_STREAMING)) {
        close(fd);
        return -ENODEV;
    }
    *out_fd = fd;
    return 0;
}

static int find_capture(const char *device, int *out_fd)
{
    int worst = -ENODEV;

    if (device[0] != '\0' && strcmp(device, "auto") != 0) {
        return open_capture(device, out_fd);
    }
    for (int n = 0; n < NUMBERS_MAX; n++) {
        char path[24];
        int error;

        snprintf(path, sizeof(path), "/dev/video%d", n);
        error = open_capture(path, out_fd);
        if (!error) {
            return 0;
        }
        worst = error == -ENODEV ? worst : error;
    }
    return worst;
}

/* The first of the formats we read, in our order, that the device offers. */
static int choose_format(const struct camera_v4l2 *v4l2, uint32_t *out_format)
{
    const uint32_t *wanted;
    size_t count = v4l2_frame_formats(v4l2->target.xrgb.width, &wanted);

    for (size_t i = 0; i < count; i++) {
        struct v4l2_fmtdesc offer = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};

        for (offer.index = 0; control(v4l2->fd, VIDIOC_ENUM_FMT, &offer) == 0; offer.index++) {
            if (offer.pixelformat == wanted[i]) {
                *out_format = wanted[i];
                return 0;
            }
        }
    }
    return -ENOTSUP;
}

static int set_format(struct camera_v4l2 *v4l2)
{
    struct v4l2_format format = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    int error = choose_format(v4l2, &format.fmt.pix.pixelformat);

    if (error) {
        return error;
    }
    format.fmt.pix.width = (uint32_t)v4l2->target.xrgb.width;
    format.fmt.pix.height = (uint32_t)v4l2->target.xrgb.height;
    format.fmt.pix.field = V4L2_FIELD_NONE;
    error = control(v4l2->fd, VIDIOC_S_FMT, &format);
    if (error) {
        return error;
    }
    v4l2->shape = (struct v4l2_shape){
        .format = format.fmt.pix.pixelformat,
        .width = (int)format.fmt.pix.width,
        .height = (int)format.fmt.pix.height,
        .stride = (int)format.fmt.pix.bytesperline,
    };
    return v4l2_target_fit(&v4l2->target, &v4l2->shape);
}

static int map_buffers(struct camera_v4l2 *v4l2)
{
    struct v4l2_requestbuffers request = {
        .count = BUFFERS, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
    int error = control(v4l2->fd, VIDIOC_REQBUFS, &request);

    if (error || request.count < 2) {
        return error ? error : -ENOMEM;
    }
    for (unsigned i = 0; i < request.count && i < BUFFERS; i++) {
        struct v4l2_buffer buffer = {.type = request.type, .memory = request.memory, .index = i};
        void *start;

        error = control(v4l2->fd, VIDIOC_QUERYBUF, &buffer);
        if (error) {
            return error;
        }
        start = mmap(NULL, buffer.length, PROT_READ, MAP_SHARED, v4l2->fd, buffer.m.offset);
        if (start == MAP_FAILED) {
            return -errno;
        }
        v4l2->buffers[v4l2->buffer_count++] = (struct buffer){start, buffer.length};
        error = queue(v4l2, i);
        if (error) {
            return error;
        }
    }
    return 0;
}

static int v4l2_start(struct camera_v4l2 *v4l2, const struct camera_spec *spec)
{
    int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
    int error = rate_init(&v4l2->rate);

    if (!error) {
        error = find_capture(spec->device, &v4l2->fd);
    }
    if (!error) {
        error = v4l2_target_init(&v4l2->target, spec->width ? spec->width : 640, spec->height ? spec->height : 480);
    }
    if (!error) {
        error = set_format(v4l2);
    }
    if (!error) {
        error = map_buffers(v4l2);
    }
    if (!error) {
        error = control(v4l2->fd, VIDIOC_STREAMON, &type);
        v4l2->streaming = error == 0;
    }
    return error;
}

int camera_v4l2_open(const struct camera_spec *spec, struct hal_context *context, struct camera **out_device)
{
    struct camera_v4l2 *v4l2 = calloc(1, sizeof(*v4l2));
    int error;

    if (!v4l2) {
        return -ENOMEM;
    }
    v4l2->base.ops = &v4l2_ops;
    v4l2->fd = -1;
    v4l2->held = -1;
    v4l2->rate.wake_fd = -1;
    v4l2->cancel_fd = context->cancel_fd;
    error = v4l2_start(v4l2, spec);
    if (error) {
        hal_context_reason(context, "camera %.100s: %s", spec->device[0] ? spec->device : "auto",
                           error == -ENODEV ? "no device that captures pictures" : strerror(-error));
        v4l2_close(&v4l2->base);
        return error;
    }
    *out_device = &v4l2->base;
    return 0;
}
