#include "platform/unixsock.h"

#include "unixsock_internal.h"

#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_LINE_DEFAULT    (64 << 10)
#define MAX_REPLY_DEFAULT   (1 << 20)
#define MAX_CLIENTS_DEFAULT 8
#define SEND_TIMEOUT_S      2 /* a client that does not read its answer holds the others up no longer than this */

struct line_peer {
    int fd; /* -1: free */
    struct buffer input;
};

/* After opening, everything belongs to the server's thread but stop_fd, which closing writes. */
struct line_server {
    struct line_server_options options;
    char *path;
    int listen_fd;
    int stop_fd;
    pthread_t thread;
    bool started;
    bool bound;
    struct line_peer *peers;
    struct pollfd *polls; /* stop, listen, then one for each peer */
    struct buffer reply;
};

static void peer_drop(struct line_peer *peer)
{
    close(peer->fd);
    peer->fd = -1;
    buffer_finish(&peer->input);
}

static bool peer_is_trusted(int fd)
{
    struct ucred who;
    socklen_t len = sizeof(who);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) < 0)
        return false;
    return who.uid == 0 || who.uid == geteuid();
}

static void accept_peer(struct line_server *server)
{
    struct timeval send_timeout = {.tv_sec = SEND_TIMEOUT_S};
    int fd = accept4(server->listen_fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return;
    for (unsigned i = 0; i < server->options.max_clients && peer_is_trusted(fd); i++) {
        if (server->peers[i].fd >= 0)
            continue;
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &send_timeout, sizeof(send_timeout));
        server->peers[i].fd = fd;
        buffer_init(&server->peers[i].input, server->options.max_line + 1);
        return;
    }
    close(fd);
}

static int answer_line(struct line_server *server, struct line_peer *peer, const char *line, size_t len)
{
    buffer_clear(&server->reply);
    int error = server->options.handler(server->options.context, line, len, &server->reply);
    if (error)
        return error;
    assert(!memchr(buffer_text(&server->reply), '\n', server->reply.len));
    error = unixsock_send(peer->fd, buffer_text(&server->reply), server->reply.len);
    return error ? error : unixsock_send(peer->fd, "\n", 1);
}

/* Answers the whole lines in the peer's input and keeps the rest. */
static int answer_lines(struct line_server *server, struct line_peer *peer)
{
    struct buffer *input = &peer->input;
    size_t at = 0;
    for (;;) {
        uint8_t *line = input->data + at;
        uint8_t *end = memchr(line, '\n', input->len - at);
        if (!end)
            break;
        *end = '\0';
        int error = answer_line(server, peer, (const char *)line, (size_t)(end - line));
        if (error)
            return error;
        at = (size_t)(end - input->data) + 1;
    }
    memmove(input->data, input->data + at, input->len - at + 1);
    input->len -= at;
    return input->len > server->options.max_line ? -E2BIG : 0;
}

static void serve_peer(struct line_server *server, struct line_peer *peer)
{
    char chunk[4096];
    ssize_t got = recv(peer->fd, chunk, sizeof(chunk), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    int error = got <= 0 ? -EPIPE : 0;
    for (ssize_t at = 0; at < got && !error;) { /* in pieces that fit, since a chunk may hold several lines */
        size_t room = peer->input.max - peer->input.len;
        size_t piece = (size_t)(got - at) < room ? (size_t)(got - at) : room;
        error = buffer_append(&peer->input, chunk + at, piece);
        if (!error)
            error = answer_lines(server, peer);
        at += (ssize_t)piece;
    }
    if (error)
        peer_drop(peer);
}

static void *serve(void *argument)
{
    struct line_server *server = argument;
    unsigned count = server->options.max_clients;
    for (;;) {
        for (unsigned i = 0; i < count; i++)
            server->polls[2 + i] = (struct pollfd){.fd = server->peers[i].fd, .events = POLLIN};
        if (poll(server->polls, 2 + count, -1) < 0)
            continue;
        if (server->polls[0].revents)
            return NULL;
        for (unsigned i = 0; i < count; i++)
            if (server->peers[i].fd >= 0 && server->polls[2 + i].revents)
                serve_peer(server, &server->peers[i]);
        if (server->polls[1].revents)
            accept_peer(server);
    }
}

/* Takes a socket away that nobody listens on any more; anything else at the path stays. */
static int clear_path(const char *path)
{
    struct stat status;
    int fd;
    if (lstat(path, &status) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISSOCK(status.st_mode))
        return -EEXIST;
    int error = unixsock_connect(path, &fd);
    if (!error) {
        close(fd);
        return -EADDRINUSE;
    }
    if (error != -ECONNREFUSED)
        return error;
    return unlink(path) < 0 ? -errno : 0;
}

static int listen_at(struct line_server *server)
{
    struct sockaddr_un address;
    int error = unixsock_address(server->path, &address);
    if (!error)
        error = clear_path(server->path);
    if (error)
        return error;
    server->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (server->listen_fd < 0)
        return -errno;
    /* On Linux the socket's mode before bind becomes the file's: there is no moment at which others may connect. */
    if (fchmod(server->listen_fd, 0600) < 0)
        return -errno;
    if (bind(server->listen_fd, (struct sockaddr *)&address, sizeof(address)) < 0)
        return -errno;
    server->bound = true;
    return listen(server->listen_fd, 16) < 0 ? -errno : 0;
}

static int allocate(struct line_server *server)
{
    struct line_server_options *options = &server->options;
    options->max_line = options->max_line ? options->max_line : MAX_LINE_DEFAULT;
    options->max_reply = options->max_reply ? options->max_reply : MAX_REPLY_DEFAULT;
    options->max_clients = options->max_clients ? options->max_clients : MAX_CLIENTS_DEFAULT;
    buffer_init(&server->reply, options->max_reply);
    server->path = strdup(options->path);
    server->peers = calloc(options->max_clients, sizeof(*server->peers));
    server->polls = calloc(options->max_clients + 2, sizeof(*server->polls));
    if (!server->path || !server->peers || !server->polls)
        return -ENOMEM;
    for (unsigned i = 0; i < options->max_clients; i++)
        server->peers[i].fd = -1;
    server->stop_fd = eventfd(0, EFD_CLOEXEC);
    return server->stop_fd < 0 ? -errno : 0;
}

static int start(struct line_server *server)
{
    server->polls[0] = (struct pollfd){.fd = server->stop_fd, .events = POLLIN};
    server->polls[1] = (struct pollfd){.fd = server->listen_fd, .events = POLLIN};
    int error = -pthread_create(&server->thread, NULL, serve, server);
    server->started = !error;
    return error;
}

int line_server_open(const struct line_server_options *options, struct line_server **out_server)
{
    struct line_server *server = calloc(1, sizeof(*server));
    if (!server)
        return -ENOMEM;
    server->options = *options;
    server->listen_fd = -1;
    server->stop_fd = -1;
    int error = allocate(server);
    if (!error)
        error = listen_at(server);
    if (!error)
        error = start(server);
    if (error) {
        line_server_close(server);
        return error;
    }
    *out_server = server;
    return 0;
}

void line_server_close(struct line_server *server)
{
    uint64_t one = 1;
    if (!server)
        return;
    if (server->started) {
        ssize_t put = write(server->stop_fd, &one, sizeof(one));
        assert(put == sizeof(one));
        pthread_join(server->thread, NULL);
    }
    for (unsigned i = 0; server->peers && i < server->options.max_clients; i++)
        if (server->peers[i].fd >= 0)
            peer_drop(&server->peers[i]);
    if (server->bound)
        unlink(server->path);
    if (server->listen_fd >= 0)
        close(server->listen_fd);
    if (server->stop_fd >= 0)
        close(server->stop_fd);
    buffer_finish(&server->reply);
    free(server->polls);
    free(server->peers);
    free(server->path);
    free(server);
}
