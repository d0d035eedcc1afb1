#include "evdev_pointer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "../backends.h"
#include "../copy.h"
#include "evdev_find.h"

#define DEVICES_MAX 8

struct source {
    struct libevdev *evdev;
    int fd;
    struct evdev_pointer pointer;
};

struct input_evdev {
    struct input base;
    int epoll; /* one descriptor for all sources */
    size_t count;
    struct source sources[DEVICES_MAX];
};

static int evdev_fd(const struct input *input)
{
    return ((const struct input_evdev *)input)->epoll;
}

/* After an overflow libevdev replays the difference, so that no finger stays down for ever. */
static int drain_source(struct source *source, input_sink *sink, void *context)
{
    unsigned flags = LIBEVDEV_READ_FLAG_NORMAL;

    for (;;) {
        struct kernel_input_event event;
        int result = libevdev_next_event(source->evdev, flags, &event);

        if (result == -EAGAIN && flags == LIBEVDEV_READ_FLAG_NORMAL) {
            return 0;
        }
        if (result == -EAGAIN) {
            flags = LIBEVDEV_READ_FLAG_NORMAL;
            continue;
        }
        if (result < 0) {
            return -ENODEV;
        }
        if (result == LIBEVDEV_READ_STATUS_SYNC && event.type == EV_SYN && event.code == SYN_DROPPED) {
            flags = LIBEVDEV_READ_FLAG_SYNC;
            continue;
        }
        evdev_pointer_add(&source->pointer, &event, sink, context);
    }
}

static int evdev_drain(struct input *input, input_sink *sink, void *context)
{
    struct input_evdev *self = (struct input_evdev *)input;
    int error = 0;

    for (size_t i = 0; i < self->count; i++) {
        int failed = drain_source(&self->sources[i], sink, context);

        error = error ? error : failed;
    }
    return error;
}

static void evdev_close(struct input *input)
{
    struct input_evdev *self = (struct input_evdev *)input;

    for (size_t i = 0; i < self->count; i++) {
        libevdev_free(self->sources[i].evdev);
        close(self->sources[i].fd);
    }
    if (self->epoll >= 0) {
        close(self->epoll);
    }
    free(self);
}

static const struct input_ops evdev_ops = {.fd = evdev_fd, .drain = evdev_drain, .close = evdev_close};

static struct evdev_range range_of(struct libevdev *evdev)
{
    const struct input_absinfo *x = libevdev_get_abs_info(evdev, ABS_X);
    const struct input_absinfo *y = libevdev_get_abs_info(evdev, ABS_Y);

    if (!x || !y) {
        return (struct evdev_range){0, 0, 0, 0};
    }
    return (struct evdev_range){x->minimum, x->maximum, y->minimum, y->maximum};
}

/* Touch panels, mice and keyboards; not power buttons, lid switches, sound jacks. */
static bool is_wanted(struct libevdev *evdev)
{
    return libevdev_has_event_code(evdev, EV_KEY, BTN_TOUCH) || libevdev_has_event_code(evdev, EV_KEY, BTN_LEFT) ||
           libevdev_has_event_code(evdev, EV_KEY, KEY_A) || libevdev_has_event_code(evdev, EV_KEY, KEY_1);
}

/* Takes the descriptor over. */
static int add_source(struct input_evdev *self, int fd, const struct display_size *display, bool any)
{
    struct epoll_event watched = {.events = EPOLLIN};
    struct libevdev *evdev = NULL;
    int error = self->count < DEVICES_MAX ? libevdev_new_from_fd(fd, &evdev) : -ENOSPC;

    if (!error && !any && !is_wanted(evdev)) {
        error = -ENODEV;
    }
    if (!error && epoll_ctl(self->epoll, EPOLL_CTL_ADD, fd, &watched) < 0) {
        error = -errno;
    }
    if (error) {
        libevdev_free(evdev);
        close(fd);
        return error;
    }
    self->sources[self->count].evdev = evdev;
    self->sources[self->count].fd = fd;
    evdev_pointer_init(&self->sources[self->count].pointer, display, range_of(evdev));
    self->count++;
    return 0;
}

static int add_all(struct input_evdev *self, const struct display_size *display)
{
    for (unsigned n = 0; n < EVDEV_NUMBERS_MAX && self->count < DEVICES_MAX; n++) {
        int fd;

        if (evdev_open_nth(n, &fd) == 0) {
            /* One that is no keyboard or pointer is simply passed by. */
            int ignored = add_source(self, fd, display, false);

            (void)ignored;
        }
    }
    return self->count > 0 ? 0 : -ENODEV;
}

static int add_named(struct input_evdev *self, const char *devices, const struct display_size *display)
{
    char copy[HAL_DEVICE_MAX];
    char *rest = NULL;
    int error = 0;

    copy_text(copy, sizeof(copy), devices);
    for (char *name = strtok_r(copy, ",", &rest); name && !error; name = strtok_r(NULL, ",", &rest)) {
        int fd = -1;

        error = evdev_find(name, &fd);
        if (!error) {
            error = add_source(self, fd, display, true);
        }
    }
    return error ? error : self->count > 0 ? 0 : -ENODEV;
}

int input_evdev_open(const struct input_spec *spec, struct hal_context *context, struct input **out_device)
{
    bool automatic = spec->device[0] == '\0' || strcmp(spec->device, "auto") == 0;
    struct display_size display;
    struct input_evdev *self;
    int error;

    if (!context->display) {
        hal_context_reason(context, "input: there is no display to map touches to");
        return -ENODEV;
    }
    display_size(context->display, &display);
    self = calloc(1, sizeof(*self));
    if (!self) {
        return -ENOMEM;
    }
    self->base.ops = &evdev_ops;
    self->epoll = epoll_create1(EPOLL_CLOEXEC);
    error = self->epoll < 0 ? -errno : automatic ? add_all(self, &display) : add_named(self, spec->device, &display);
    if (error) {
        hal_context_reason(context, "input %.100s: %s", automatic ? "/dev/input/event*" : spec->device,
                           strerror(-error));
        evdev_close(&self->base);
        return error;
    }
    *out_device = &self->base;
    return 0;
}
