#include "hid_text.h"

#include <assert.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../backends.h"
#include "../wait.h"
#include "evdev_find.h"

/*
 * A keyboard that only we hear: grabbed, so that what a scanner types can never reach a screen, a console or a chord.
 */
struct scanner_hid {
    struct scanner base;
    struct libevdev *evdev;
    int fd;
    int cancel_fd;
    struct hid_text hid;
};

/* Takes what is waiting; 0 a code ended, -EAGAIN nothing more, -ENODEV. */
static int take_events(struct scanner_hid *hid)
{
    unsigned flags = LIBEVDEV_READ_FLAG_NORMAL;

    for (;;) {
        struct kernel_input_event event;
        int result = libevdev_next_event(hid->evdev, flags, &event);

        if (result == LIBEVDEV_READ_STATUS_SYNC) {
            /* The kernel dropped events: what was typed so far is not the code any more. */
            flags = LIBEVDEV_READ_FLAG_SYNC;
            scan_text_start(&hid->hid.text);
            continue;
        }
        if (result == -EAGAIN && flags == LIBEVDEV_READ_FLAG_SYNC) {
            flags = LIBEVDEV_READ_FLAG_NORMAL;
            continue;
        }
        if (result < 0) {
            return result;
        }
        if (hid_text_add(&hid->hid, &event)) {
            return 0;
        }
    }
}

static int hid_wait(struct scanner *scanner, int timeout_ms, struct scanner_text *out_text)
{
    struct scanner_hid *hid = (struct scanner_hid *)scanner;
    int64_t deadline = hal_deadline_ns(timeout_ms);

    for (;;) {
        int error = take_events(hid);

        if (error == -EAGAIN) {
            bool begun = !scan_text_empty(&hid->hid.text);
            int64_t gap = begun ? hal_deadline_ns(SCANNER_GAP_MS) : INT64_MAX;

            error = hal_wait_fd(hid->fd, POLLIN, hid->cancel_fd, gap < deadline ? gap : deadline);
            if (!error) {
                continue;
            }
            if (error == -ETIMEDOUT && gap < deadline) {
                error = 0;
            }
        }
        if (error) {
            return error;
        }
        error = scan_text_end(&hid->hid.text, hal_now_ns(), out_text);
        if (error != -ENODATA) {
            return error;
        }
    }
}

static void hid_close(struct scanner *scanner)
{
    struct scanner_hid *hid = (struct scanner_hid *)scanner;

    if (hid->evdev) {
        libevdev_grab(hid->evdev, LIBEVDEV_UNGRAB);
        libevdev_free(hid->evdev);
    }
    if (hid->fd >= 0) {
        close(hid->fd);
    }
    free(hid);
}

static const struct scanner_ops hid_ops = {.wait = hid_wait, .close = hid_close};

static int hid_start(struct scanner_hid *hid, const struct scanner_spec *spec, struct hal_context *context)
{
    int error = evdev_find(spec->device, &hid->fd);

    if (error) {
        hal_context_reason(context, "scanner %s: %s", spec->device, strerror(-error));
        return error;
    }
    error = libevdev_new_from_fd(hid->fd, &hid->evdev);
    if (error) {
        hal_context_reason(context, "scanner %s is no input device", spec->device);
        return error;
    }
    error = libevdev_grab(hid->evdev, LIBEVDEV_GRAB);
    if (error) {
        hal_context_reason(context, "scanner %s is held by another program", spec->device);
    }
    return error;
}

int scanner_hid_open(const struct scanner_spec *spec, struct hal_context *context, struct scanner **out_device)
{
    struct scanner_hid *hid;
    int error;

    if (spec->device[0] == '\0') {
        hal_context_reason(context,
                           "scanner: the board file must name the device, or a desk's keyboard would be taken");
        return -EINVAL;
    }
    hid = calloc(1, sizeof(*hid));
    if (!hid) {
        return -ENOMEM;
    }
    hid->base.ops = &hid_ops;
    hid->fd = -1;
    hid->cancel_fd = context->cancel_fd;
    error = hid_start(hid, spec, context);
    if (error) {
        hid_close(&hid->base);
        return error;
    }
    *out_device = &hid->base;
    return 0;
}
