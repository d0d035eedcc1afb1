#include "wait.h"

#include <assert.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

int64_t hal_now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000LL + now.tv_nsec;
}

int64_t hal_deadline_ns(int timeout_ms)
{
    return timeout_ms < 0 ? INT64_MAX : hal_now_ns() + timeout_ms * HAL_NS_PER_MS;
}

/* Rounded up, so that a wait never ends a moment early and spins. */
static struct timespec remaining(int64_t deadline_ns)
{
    int64_t left = deadline_ns - hal_now_ns();

    if (left < 0) {
        left = 0;
    }
    return (struct timespec){.tv_sec = (time_t)(left / 1000000000LL), .tv_nsec = (long)(left % 1000000000LL)};
}

int hal_wait_fd(int fd, short events, int cancel_fd, int64_t deadline_ns)
{
    struct pollfd polled[2] = {{.fd = fd, .events = events}, {.fd = cancel_fd, .events = POLLIN}};

    for (;;) {
        struct timespec left = remaining(deadline_ns);
        int ready = ppoll(polled, 2, deadline_ns == INT64_MAX ? NULL : &left, NULL);

        if (ready < 0 && errno != EINTR) {
            return -errno;
        }
        if (ready > 0 && polled[1].revents) {
            return -ECANCELED;
        }
        if (ready > 0 && (polled[0].revents & events)) {
            return 0;
        }
        if (ready > 0 && polled[0].revents) {
            return -ENODEV;
        }
        if (ready == 0) {
            return -ETIMEDOUT;
        }
    }
}

int hal_wake_open(int *out_fd)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    if (fd < 0) {
        return -errno;
    }
    *out_fd = fd;
    return 0;
}

void hal_wake_send(int fd)
{
    /* Fails only when the counter is full, and then the other side wakes up anyway. */
    int ignored = eventfd_write(fd, 1);

    (void)ignored;
}

void hal_wake_clear(int fd)
{
    eventfd_t count;
    int ignored = eventfd_read(fd, &count);

    (void)ignored;
}
