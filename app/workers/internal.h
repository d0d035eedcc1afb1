#ifndef APP_WORKERS_INTERNAL_H
#define APP_WORKERS_INTERNAL_H

#include "workers/workers.h"

void *worker_camera(void *argument);
void *worker_scanner(void *argument);
void *worker_gpio(void *argument);
void *worker_network(void *argument);
void *worker_output(void *argument);

/* Stamps and pushes; an event that finds the queue full is lost, which the queue counts. */
void worker_push(struct workers *workers, struct event *event);
/* Tells the flow that a device failed or came back. */
void worker_tell_device(struct workers *workers, enum hal_device device, int error);
/* After -ENODEV and the like: tells, waits, reopens. False when the program stops. */
bool worker_recover(struct workers *workers, enum hal_device device, int error);

#endif
