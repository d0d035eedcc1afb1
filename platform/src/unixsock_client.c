#include "platform/unixsock.h"

#include "unixsock_internal.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct line_client {
    int fd;
};

int unixsock_address(const char *path, struct sockaddr_un *out_address)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    if (len == 0)
        return -EINVAL;
    if (len >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    memcpy(address.sun_path, path, len + 1);
    *out_address = address;
    return 0;
}

int unixsock_connect(const char *path, int *out_fd)
{
    struct sockaddr_un address;
    int error = unixsock_address(path, &address);
    if (error)
        return error;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
        error = -errno;
        close(fd);
        return error;
    }
    *out_fd = fd;
    return 0;
}

int unixsock_send(int fd, const void *data, size_t len)
{
    const char *at = data;
    while (len > 0) {
        ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return errno == EAGAIN ? -ETIMEDOUT : -errno;
        at += sent;
        len -= (size_t)sent;
    }
    return 0;
}

int line_client_open(const char *path, struct line_client **out_client)
{
    struct line_client *client = calloc(1, sizeof(*client));
    if (!client)
        return -ENOMEM;
    int error = unixsock_connect(path, &client->fd);
    if (error) {
        free(client);
        return error;
    }
    *out_client = client;
    return 0;
}

void line_client_close(struct line_client *client)
{
    if (!client)
        return;
    close(client->fd);
    free(client);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int wait_readable(int fd, int64_t deadline_ms)
{
    for (;;) {
        int64_t left = deadline_ms - now_ms();
        struct pollfd pollfd = {.fd = fd, .events = POLLIN};
        int ready = poll(&pollfd, 1, left > 0 ? (int)left : 0);
        if (ready > 0)
            return 0;
        if (ready == 0)
            return -ETIMEDOUT;
        if (errno != EINTR)
            return -errno;
    }
}

/* Up to and without the '\n', which is the last byte of an answer: nothing follows it until the next call. */
static int receive_line(int fd, int64_t deadline_ms, struct buffer *reply)
{
    char chunk[4096];
    for (;;) {
        int error = wait_readable(fd, deadline_ms);
        if (error)
            return error;
        ssize_t got = recv(fd, chunk, sizeof(chunk), 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0 || errno == ECONNRESET ? -EPIPE : -errno;
        bool complete = chunk[got - 1] == '\n';
        error = buffer_append(reply, chunk, (size_t)got - complete);
        if (error || complete)
            return error;
    }
}

int line_client_call(struct line_client *client, const char *line, int timeout_ms, struct buffer *reply)
{
    assert(timeout_ms >= 0 && !strchr(line, '\n'));
    int64_t deadline_ms = now_ms() + timeout_ms;
    struct timeval send_timeout = {.tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000 + 1};
    setsockopt(client->fd, SOL_SOCKET, SO_SNDTIMEO, &send_timeout, sizeof(send_timeout));
    buffer_clear(reply);
    int error = unixsock_send(client->fd, line, strlen(line));
    if (!error)
        error = unixsock_send(client->fd, "\n", 1);
    if (!error)
        error = receive_line(client->fd, deadline_ms, reply);
    return error == -ECONNRESET ? -EPIPE : error;
}
