#include <assert.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../backends.h"
#include "../wait.h"
#include "tty.h"

#define SERIAL_BAUD    115200
#define TCP_PORT       "9100"
#define TCP_CONNECT_MS 3000

/*
 * All real printers are a descriptor that takes bytes; they differ in how it is opened. One that can be read answers
 * status questions.
 */
struct printer_stream {
    struct printer base;
    int fd;
    int cancel_fd;
    bool tcp;
    char device[HAL_DEVICE_MAX]; /* tcp: where to connect again */
};

static int gone(int error)
{
    return error == -EPIPE || error == -ECONNRESET || error == -EIO || error == -ENXIO || error == -ENOTCONN ? -ENODEV
                                                                                                             : error;
}

/* "host", "host:port", "[v6]:port". */
static void split_address(const char *device, char host[HAL_DEVICE_MAX], const char **out_port)
{
    char *colon;
    char *bracket;

    snprintf(host, HAL_DEVICE_MAX, "%s", device);
    *out_port = TCP_PORT;
    bracket = host[0] == '[' ? strchr(host, ']') : NULL;
    colon = strrchr(host, ':');
    if (colon && colon > bracket && (bracket || strchr(host, ':') == colon)) {
        *out_port = device + (colon - host) + 1;
        *colon = '\0';
    }
    if (bracket) {
        *bracket = '\0';
        memmove(host, host + 1, strlen(host));
    }
}

static int connect_one(const struct addrinfo *address, int cancel_fd, int *out_fd)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int one = 1;
    int error = 0;
    socklen_t size = sizeof(error);

    if (fd < 0) {
        return -errno;
    }
    if (connect(fd, address->ai_addr, address->ai_addrlen) < 0 && errno != EINPROGRESS) {
        error = -errno;
        goto fail;
    }
    error = hal_wait_fd(fd, POLLOUT, cancel_fd, hal_deadline_ns(TCP_CONNECT_MS));
    if (error) {
        goto fail;
    }
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error) {
        error = error ? -error : -errno;
        goto fail;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
    *out_fd = fd;
    return 0;

fail:
    close(fd);
    return error == -ECANCELED ? error : -ENODEV;
}

static int tcp_connect(const char *device, int cancel_fd, int *out_fd)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct addrinfo *found = NULL;
    char host[HAL_DEVICE_MAX];
    const char *port;
    int error = -ENODEV;

    split_address(device, host, &port);
    if (getaddrinfo(host, port, &hints, &found) != 0) {
        return -ENODEV;
    }
    for (const struct addrinfo *at = found; at && error == -ENODEV; at = at->ai_next) {
        error = connect_one(at, cancel_fd, out_fd);
    }
    freeaddrinfo(found);
    return error;
}

/*
 * Network printers hang up after a while of silence. Seen before the first byte of a job, that is no failure: nothing
 * of it can be on paper.
 */
static int refresh(struct printer_stream *stream)
{
    struct pollfd polled = {.fd = stream->fd, .events = POLLRDHUP};
    int fd = -1;
    int error;

    if (!stream->tcp || poll(&polled, 1, 0) <= 0) {
        return 0;
    }
    error = tcp_connect(stream->device, stream->cancel_fd, &fd);
    if (!error) {
        close(stream->fd);
        stream->fd = fd;
    }
    return error;
}

static ssize_t send_some(const struct printer_stream *stream, const uint8_t *bytes, size_t length)
{
    return stream->tcp ? send(stream->fd, bytes, length, MSG_NOSIGNAL) : write(stream->fd, bytes, length);
}

static int write_all(struct printer_stream *stream, const uint8_t *bytes, size_t length)
{
    while (length > 0) {
        ssize_t n = send_some(stream, bytes, length);
        int error;

        if (n > 0) {
            bytes += n;
            length -= (size_t)n;
            continue;
        }
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 && errno != EAGAIN) {
            return gone(-errno);
        }
        error = hal_wait_fd(stream->fd, POLLOUT, stream->cancel_fd, hal_deadline_ns(PRINTER_WRITE_MAX_MS));
        if (error) {
            return error;
        }
    }
    return 0;
}

static int stream_write(struct printer *printer, const uint8_t *bytes, size_t length)
{
    struct printer_stream *stream = (struct printer_stream *)printer;
    int error = refresh(stream);

    return error ? error : write_all(stream, bytes, length);
}

static void drop_old_answers(const struct printer_stream *stream)
{
    uint8_t old[64];

    while (read(stream->fd, old, sizeof(old)) > 0) {
    }
}

static int ask(struct printer_stream *stream, uint8_t n, int64_t deadline_ns, struct printer_status *out_status)
{
    const uint8_t question[] = {0x10, 0x04, n};
    int error = write_all(stream, question, sizeof(question));

    while (!error) {
        uint8_t answer;
        ssize_t got;

        error = hal_wait_fd(stream->fd, POLLIN, stream->cancel_fd, deadline_ns);
        if (error) {
            break;
        }
        got = read(stream->fd, &answer, 1);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
            return -ENODEV;
        }
        /* Other bytes are the printer's own reports: not what was asked. */
        if (got == 1 && printer_status_add(n, answer, out_status) == 0) {
            return 0;
        }
    }
    return error;
}

static int stream_status(struct printer *printer, struct printer_status *out_status)
{
    struct printer_stream *stream = (struct printer_stream *)printer;
    struct printer_status status = {.known = false};
    int64_t deadline = hal_deadline_ns(PRINTER_STATUS_MAX_MS);
    int error = refresh(stream);

    if (error) {
        return error;
    }
    drop_old_answers(stream);
    for (uint8_t n = 1; n <= 4; n++) {
        error = ask(stream, n, deadline, &status);
        if (error) {
            return error;
        }
    }
    *out_status = status;
    return 0;
}

static void stream_close(struct printer *printer)
{
    struct printer_stream *stream = (struct printer_stream *)printer;

    if (stream->fd >= 0) {
        close(stream->fd);
    }
    free(stream);
}

static const struct printer_ops duplex_ops = {.write = stream_write, .status = stream_status, .close = stream_close};
static const struct printer_ops one_way_ops = {.write = stream_write, .close = stream_close};

/* Takes the descriptor over, also on failure. */
static int stream_open(int fd, const struct printer_spec *spec, const struct hal_context *context,
                       const struct printer_ops *ops, struct printer **out_device)
{
    struct printer_stream *stream = calloc(1, sizeof(*stream));

    if (!stream) {
        close(fd);
        return -ENOMEM;
    }
    stream->base.ops = ops;
    stream->fd = fd;
    stream->cancel_fd = context->cancel_fd;
    snprintf(stream->device, sizeof(stream->device), "%s", spec->device);
    *out_device = &stream->base;
    return 0;
}

static int open_failed(const struct printer_spec *spec, struct hal_context *context, int error)
{
    error = error == -ENOENT || error == -ENXIO ? -ENODEV : error;
    hal_context_reason(context, "printer %.100s: %s", spec->device, strerror(-error));
    return error;
}

int printer_usb_open(const struct printer_spec *spec, struct hal_context *context, struct printer **out_device)
{
    int fd = open(spec->device, O_RDWR | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0) {
        return open_failed(spec, context, -errno);
    }
    return stream_open(fd, spec, context, &duplex_ops, out_device);
}

int printer_serial_open(const struct printer_spec *spec, struct hal_context *context, struct printer **out_device)
{
    int fd = -1;
    int error = tty_open(spec->device, spec->baud ? spec->baud : SERIAL_BAUD, &fd);

    if (error) {
        return open_failed(spec, context, error);
    }
    return stream_open(fd, spec, context, &duplex_ops, out_device);
}

int printer_tcp_open(const struct printer_spec *spec, struct hal_context *context, struct printer **out_device)
{
    int fd = -1;
    int error = tcp_connect(spec->device, context->cancel_fd, &fd);

    if (error) {
        return open_failed(spec, context, error);
    }
    error = stream_open(fd, spec, context, &duplex_ops, out_device);
    if (!error) {
        ((struct printer_stream *)*out_device)->tcp = true;
    }
    return error;
}

int printer_file_open(const struct printer_spec *spec, struct hal_context *context, struct printer **out_device)
{
    int fd = open(spec->device, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0644);

    if (fd < 0) {
        return open_failed(spec, context, -errno);
    }
    return stream_open(fd, spec, context, &one_way_ops, out_device);
}
