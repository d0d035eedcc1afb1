#include "link.h"
#include "bench.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 512
#define CHUNK           1460

enum { TOWARDS, BACK, DIRECTIONS };

struct connection {
    struct bench_link *link;
    int near, far;
    pthread_t pumps[DIRECTIONS];
};

struct pump {
    struct connection *connection;
    int direction;
};

struct bench_link {
    int listener;
    uint16_t port;
    pthread_t acceptor;
    pthread_mutex_t mutex; /* guards all below */
    uint16_t target_port;
    int64_t bytes_per_s;
    int64_t free_ns[DIRECTIONS]; /* when the line can take the next byte */
    int64_t carried;
    bool closing;
    int count;
    struct connection connections[CONNECTIONS_MAX];
};

static void sleep_until(int64_t ns)
{
    struct timespec at = {ns / 1000000000LL, ns % 1000000000LL};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
        ;
}

/* Takes the line for so many bytes and waits until they have gone. False when it is down. */
static bool pass(struct bench_link *link, int direction, size_t len)
{
    pthread_mutex_lock(&link->mutex);
    int64_t rate = link->bytes_per_s, until = 0;
    if (rate != BENCH_LINK_DOWN && rate != BENCH_LINK_FREE) {
        int64_t now = bench_now_ns();
        int64_t start = link->free_ns[direction] > now ? link->free_ns[direction] : now;
        until = link->free_ns[direction] = start + (int64_t)len * 1000000000LL / rate;
    }
    if (direction == TOWARDS)
        link->carried += (int64_t)len;
    pthread_mutex_unlock(&link->mutex);
    if (until != 0)
        sleep_until(until);
    return rate != BENCH_LINK_DOWN;
}

static bool send_all(int fd, const uint8_t *data, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, data, len, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        data += sent;
        len -= (size_t)sent;
    }
    return true;
}

static void *pump_main(void *argument)
{
    struct pump pump = *(struct pump *)argument;
    struct connection *connection = pump.connection;
    int from = pump.direction == TOWARDS ? connection->near : connection->far;
    int to = pump.direction == TOWARDS ? connection->far : connection->near;
    uint8_t chunk[CHUNK];
    ssize_t len;
    free(argument);
    while ((len = recv(from, chunk, sizeof(chunk), 0)) > 0)
        if (!pass(connection->link, pump.direction, (size_t)len) || !send_all(to, chunk, (size_t)len))
            break;
    shutdown(from, SHUT_RDWR);
    shutdown(to, SHUT_RDWR);
    return NULL;
}

static int dial(uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static void start_pumps(struct connection *connection)
{
    for (int i = 0; i < DIRECTIONS; i++) {
        struct pump *pump = malloc(sizeof(*pump));
        *pump = (struct pump){connection, i};
        if (pthread_create(&connection->pumps[i], NULL, pump_main, pump) != 0)
            abort();
    }
}

static void take_connection(struct bench_link *link, int near)
{
    pthread_mutex_lock(&link->mutex);
    bool up = link->bytes_per_s != BENCH_LINK_DOWN && !link->closing && link->count < CONNECTIONS_MAX;
    int far = up ? dial(link->target_port) : -1;
    if (far >= 0) {
        struct connection *connection = &link->connections[link->count++];
        *connection = (struct connection){.link = link, .near = near, .far = far};
        start_pumps(connection);
    }
    pthread_mutex_unlock(&link->mutex);
    if (far < 0)
        close(near);
}

static void *accept_main(void *argument)
{
    struct bench_link *link = argument;
    int near;
    while ((near = accept4(link->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
        take_connection(link, near);
    return NULL;
}

int bench_link_open(struct bench_link **out_link)
{
    struct bench_link *link = calloc(1, sizeof(*link));
    if (link == NULL)
        return -ENOMEM;
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    pthread_mutex_init(&link->mutex, NULL);
    link->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (link->listener < 0 || bind(link->listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(link->listener, 256) != 0 || getsockname(link->listener, (struct sockaddr *)&address, &len) != 0 ||
        pthread_create(&link->acceptor, NULL, accept_main, link) != 0) {
        int error = errno;
        close(link->listener);
        free(link);
        return -error;
    }
    link->port = ntohs(address.sin_port);
    *out_link = link;
    return 0;
}

uint16_t bench_link_port(const struct bench_link *link)
{
    return link->port;
}

void bench_link_set(struct bench_link *link, uint16_t target_port, int64_t bytes_per_s)
{
    pthread_mutex_lock(&link->mutex);
    link->target_port = target_port;
    link->bytes_per_s = bytes_per_s;
    memset(link->free_ns, 0, sizeof(link->free_ns));
    for (int i = 0; i < link->count && bytes_per_s == BENCH_LINK_DOWN; i++)
        shutdown(link->connections[i].near, SHUT_RDWR);
    pthread_mutex_unlock(&link->mutex);
}

int64_t bench_link_carried(struct bench_link *link)
{
    pthread_mutex_lock(&link->mutex);
    int64_t carried = link->carried;
    pthread_mutex_unlock(&link->mutex);
    return carried;
}

void bench_link_close(struct bench_link *link)
{
    if (link == NULL)
        return;
    pthread_mutex_lock(&link->mutex);
    link->closing = true;
    pthread_mutex_unlock(&link->mutex);
    shutdown(link->listener, SHUT_RDWR);
    pthread_join(link->acceptor, NULL);
    close(link->listener);
    for (int i = 0; i < link->count; i++) {
        struct connection *connection = &link->connections[i];
        shutdown(connection->near, SHUT_RDWR);
        shutdown(connection->far, SHUT_RDWR);
        for (int j = 0; j < DIRECTIONS; j++)
            pthread_join(connection->pumps[j], NULL);
        close(connection->near);
        close(connection->far);
    }
    free(link);
}
