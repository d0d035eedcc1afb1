#ifndef HAL_WAIT_H
#define HAL_WAIT_H

/* Waiting as every back-end does it: for a descriptor, for the program's end, or for a moment. */

#include "domain/base.h"

#define HAL_NS_PER_MS 1000000LL

/* CLOCK_MONOTONIC. */
int64_t hal_now_ns(void);

/* The moment timeout_ms from now; INT64_MAX for a negative timeout, which never comes. */
int64_t hal_deadline_ns(int timeout_ms);

/*
 * Waits until fd is ready for events (POLLIN, POLLOUT), -1 for no descriptor. -ETIMEDOUT at the deadline, -ECANCELED
 * when cancel_fd is readable (-1: never), -ENODEV when fd has only an error or a hang-up to tell.
 */
MUST_CHECK int hal_wait_fd(int fd, short events, int cancel_fd, int64_t deadline_ns);

/* A wake-up that one thread sends and another waits for: an eventfd. */
MUST_CHECK int hal_wake_open(int *out_fd);
void hal_wake_send(int fd);
void hal_wake_clear(int fd);

#endif
