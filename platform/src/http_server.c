#include "http_internal.h"

#include <arpa/inet.h>
#include <assert.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define THREADS_DEFAULT     2
#define CONNECTIONS_DEFAULT 1024
#define IDLE_DEFAULT_S      30
#define CLOSE_GRACE_S       2
#define LISTEN_BACKLOG      512

/* TLS 1.2 for old integrations, nothing below. */
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

struct http_server {
    struct http_server_options options;
    struct http_gate *gate;
    struct MHD_Daemon *daemon;
    int fd; /* listening; ours from first to last */
    uint16_t port;
};

struct http_gate *http_gate_open(void)
{
    pthread_condattr_t attributes;
    struct http_gate *gate = calloc(1, sizeof(*gate));
    if (!gate)
        return NULL;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&gate->idle, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&gate->mutex, NULL);
    gate->holders = 1;
    return gate;
}

void http_gate_release(struct http_gate *gate)
{
    pthread_mutex_lock(&gate->mutex);
    bool last = --gate->holders == 0;
    pthread_mutex_unlock(&gate->mutex);
    if (!last)
        return;
    pthread_cond_destroy(&gate->idle);
    pthread_mutex_destroy(&gate->mutex);
    free(gate);
}

static void *on_request_line(void *context, const char *target, struct MHD_Connection *connection)
{
    struct http_server *server = context;
    return http_request_open(server->gate, &server->options, target, connection);
}

static void on_completed(void *context, struct MHD_Connection *connection, void **request,
                         enum MHD_RequestTerminationCode why)
{
    (void)context;
    (void)connection;
    (void)why;
    if (*request)
        http_request_completed(*request);
    *request = NULL;
}

static enum MHD_Result queue_answer(struct http_request *request)
{
    pthread_mutex_lock(&request->gate->mutex);
    struct MHD_Response *response = request->response;
    int status = request->status;
    request->response = NULL;
    pthread_mutex_unlock(&request->gate->mutex);
    assert(response); /* the handler must answer or defer */
    enum MHD_Result queued = MHD_queue_response(request->connection, (unsigned)status, response);
    MHD_destroy_response(response);
    return queued;
}

/* Counts the request among those that closing waits for, or refuses it. */
static void admit(struct http_request *request)
{
    struct http_gate *gate = request->gate;
    pthread_mutex_lock(&gate->mutex);
    gate->active++;
    request->counted = true;
    if (gate->closing && !request->refusal) {
        request->refusal = 503;
        request->refusal_word = "closing";
    }
    pthread_mutex_unlock(&gate->mutex);
}

static enum MHD_Result handle(struct http_request *request)
{
    request->progress = HTTP_HANDLED;
    admit(request);
    if (request->refusal)
        http_request_refuse(request);
    else
        request->route->handler(request, request->options->context);
    return request->suspended_once ? MHD_YES : queue_answer(request);
}

/* Called at the headers, at each piece of the body, at its end, and again when a deferred request was resumed. */
// NOLINTNEXTLINE(readability-function-size): the signature is libmicrohttpd's
static enum MHD_Result on_access(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                                 const char *version, const char *data, size_t *len, void **state)
{
    (void)context;
    (void)connection;
    (void)url;
    (void)version;
    struct http_request *request = *state;
    if (!request) /* no memory for it */
        return MHD_NO;
    switch (request->progress) {
    case HTTP_STARTED:
        request->progress = HTTP_READING;
        http_request_begin(request, method);
        if (!http_request_is_hopeless(request))
            return MHD_YES;
        if (!request->refusal) { /* a body that is too large to be read to its end */
            request->refusal = 413;
            request->refusal_word = "too_large";
        }
        return handle(request);
    case HTTP_READING:
        if (*len == 0)
            return handle(request);
        bool taken = http_request_take_body(request, data, *len);
        *len = 0;
        return taken ? MHD_YES : MHD_NO;
    case HTTP_HANDLED:
        return queue_answer(request);
    }
    assert(!"progress");
    return MHD_NO;
}

union listen_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static int parse_address(const char *text, uint16_t port, union listen_address *out_address, socklen_t *out_len)
{
    union listen_address address = {.v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)}};
    if (inet_pton(AF_INET6, text, &address.v6.sin6_addr) == 1) {
        *out_address = address;
        *out_len = sizeof(address.v6);
        return 0;
    }
    address = (union listen_address){.v4 = {.sin_family = AF_INET, .sin_port = htons(port)}};
    if (inet_pton(AF_INET, text, &address.v4.sin_addr) != 1)
        return -EINVAL;
    *out_address = address;
    *out_len = sizeof(address.v4);
    return 0;
}

/*
 * The socket is made here, not by libmicrohttpd, for exact errors, and because its own address reuse would let a second
 * program share the port in silence.
 */
static int listen_on(const char *address_text, uint16_t port, int *out_fd)
{
    union listen_address address;
    socklen_t len;
    int yes = 1;
    int error = parse_address(address_text, port, &address, &len);
    if (error)
        return error;
    int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (bind(fd, &address.any, len) < 0 || listen(fd, LISTEN_BACKLOG) < 0) {
        error = -errno;
        close(fd);
        return error;
    }
    *out_fd = fd;
    return 0;
}

static uint16_t port_of(int fd)
{
    union listen_address address = {0};
    socklen_t len = sizeof(address);
    int error = getsockname(fd, &address.any, &len);
    assert(!error);
    return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

static unsigned or_default(unsigned value, unsigned otherwise)
{
    return value ? value : otherwise;
}

static int start_daemon(struct http_server *server)
{
    const struct http_server_options *options = &server->options;
    unsigned threads = or_default(options->threads, THREADS_DEFAULT);
    unsigned connections = or_default(options->max_connections, CONNECTIONS_DEFAULT);
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
    struct MHD_OptionItem items[12] = {
        {MHD_OPTION_LISTEN_SOCKET, server->fd, NULL},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)on_completed, NULL},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)on_request_line, server},
        {MHD_OPTION_CONNECTION_LIMIT, connections < threads ? threads : connections, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, or_default(options->idle_timeout_s, IDLE_DEFAULT_S), NULL},
        {MHD_OPTION_PER_IP_CONNECTION_LIMIT, options->max_connections_per_ip, NULL},
        {MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
    };
    size_t count = 7;
    if (threads > 1)
        items[count++] = (struct MHD_OptionItem){MHD_OPTION_THREAD_POOL_SIZE, threads, NULL};
    if (options->tls) {
        flags |= MHD_USE_TLS;
        items[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, options->tls->key_pem};
        items[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, options->tls->certificate_pem};
        items[count++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)TLS_PRIORITIES};
    }
    items[count] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
    server->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_access, server, MHD_OPTION_ARRAY, items, MHD_OPTION_END);
    return server->daemon ? 0 : -EINVAL;
}

int http_server_open(const struct http_server_options *options, struct http_server **out_server)
{
    struct http_server *server = calloc(1, sizeof(*server));
    if (!server)
        return -ENOMEM;
    server->options = *options;
    server->fd = -1;
    server->gate = http_gate_open();
    int error = server->gate ? 0 : -ENOMEM;
    if (!error)
        error = listen_on(options->address ? options->address : "127.0.0.1", options->port, &server->fd);
    if (!error) {
        server->port = port_of(server->fd);
        error = start_daemon(server);
    }
    if (error) {
        http_server_close(server);
        return error;
    }
    server->options.tls = NULL;
    *out_server = server;
    return 0;
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->port;
}

/* Answers what is deferred, and waits until nothing is under way or the grace is over. */
static void drain(struct http_gate *gate)
{
    struct timespec deadline;
    int waited = 0;
    clock_gettime(CLOCK_MONOTONIC, &deadline);
    deadline.tv_sec += CLOSE_GRACE_S;
    pthread_mutex_lock(&gate->mutex);
    gate->closing = true;
    while (gate->deferred) {
        struct http_request *request = gate->deferred;
        http_request_detach(request);
        MHD_resume_connection(request->connection);
    }
    while (gate->active > 0 && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&gate->idle, &gate->mutex, &deadline);
    pthread_mutex_unlock(&gate->mutex);
}

void http_server_close(struct http_server *server)
{
    if (!server)
        return;
    /* MHD_quiesce_daemon would race its own threads for the socket and abort (seen with 0.9.75). The closing gate
     * refuses what still comes in; the daemon closes the socket when it stops. */
    if (server->daemon) {
        drain(server->gate);
        MHD_stop_daemon(server->daemon);
        server->fd = -1;
    }
    if (server->fd >= 0)
        close(server->fd);
    if (server->gate)
        http_gate_release(server->gate);
    free(server);
}
