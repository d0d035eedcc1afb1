#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../backends.h"
#include "../scan_text.h"
#include "../wait.h"
#include "tty.h"

#define SERIAL_BAUD   9600
#define SERIAL_CHUNK  256
#define SERIAL_GAP_MS 1000 /* half a code that stops for this long lost its end: the next code must not grow on it */

struct scanner_serial {
    struct scanner base;
    int fd;
    int cancel_fd;
    uint8_t chunk[SERIAL_CHUNK];
    size_t from; /* chunk[from..to) was read and not yet looked at */
    size_t to;
    int64_t last_ns;
    struct scan_text text;
};

static int fill(struct scanner_serial *serial, int64_t deadline_ns)
{
    int error = hal_wait_fd(serial->fd, POLLIN, serial->cancel_fd, deadline_ns);
    ssize_t n;

    if (error) {
        return error;
    }
    n = read(serial->fd, serial->chunk, sizeof(serial->chunk));
    if (n == 0 || (n < 0 && (errno == EIO || errno == ENXIO || errno == ENODEV))) {
        return -ENODEV;
    }
    if (n < 0) {
        return errno == EAGAIN || errno == EINTR ? 0 : -errno;
    }
    if (!scan_text_empty(&serial->text) && hal_now_ns() - serial->last_ns > SERIAL_GAP_MS * HAL_NS_PER_MS) {
        scan_text_start(&serial->text);
    }
    serial->last_ns = hal_now_ns();
    serial->from = 0;
    serial->to = (size_t)n;
    return 0;
}

static int serial_wait(struct scanner *scanner, int timeout_ms, struct scanner_text *out_text)
{
    struct scanner_serial *serial = (struct scanner_serial *)scanner;
    int64_t deadline = hal_deadline_ns(timeout_ms);

    for (;;) {
        int error;

        while (serial->from < serial->to) {
            uint8_t byte = serial->chunk[serial->from++];

            if (byte != '\r' && byte != '\n') {
                scan_text_add(&serial->text, byte);
            } else if (!scan_text_empty(&serial->text)) {
                error = scan_text_end(&serial->text, serial->last_ns, out_text);
                if (error != -ENODATA) {
                    return error;
                }
            }
        }
        error = fill(serial, deadline);
        if (error) {
            return error;
        }
    }
}

static void serial_close(struct scanner *scanner)
{
    struct scanner_serial *serial = (struct scanner_serial *)scanner;

    close(serial->fd);
    free(serial);
}

static const struct scanner_ops serial_ops = {.wait = serial_wait, .close = serial_close};

int scanner_serial_open(const struct scanner_spec *spec, struct hal_context *context, struct scanner **out_device)
{
    struct scanner_serial *serial = calloc(1, sizeof(*serial));
    int error;

    if (!serial) {
        return -ENOMEM;
    }
    serial->base.ops = &serial_ops;
    serial->cancel_fd = context->cancel_fd;
    error = tty_open(spec->device, spec->baud ? spec->baud : SERIAL_BAUD, &serial->fd);
    if (error) {
        hal_context_reason(context, "scanner %s: %s", spec->device, strerror(-error));
        free(serial);
        return error;
    }
    *out_device = &serial->base;
    return 0;
}
