#include "workers/internal.h"

#include "platform/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void worker_push(struct workers *workers, struct event *event)
{
    event_push(workers->events, workers->clock, event);
}

void worker_tell_device(struct workers *workers, enum hal_device device, int error)
{
    struct event event = {.kind = EVENT_DEVICE, .device = {.device = device, .error = error}};
    if (error != 0) {
        const char *reason = workers->devices->failures[device].reason;
        snprintf(event.device.reason, sizeof(event.device.reason), "%s", reason[0] != '\0' ? reason : strerror(-error));
        log_warn("device", "%s failed: %s", hal_device_name(device), event.device.reason);
    } else {
        log_info("device", "%s works", hal_device_name(device));
    }
    worker_push(workers, &event);
}

bool worker_recover(struct workers *workers, enum hal_device device, int error)
{
    if (error == -ECANCELED || workers->stopping)
        return false;
    worker_tell_device(workers, device, error);
    for (;;) {
        int result = hal_device_recover(workers->devices, device);
        if (result == -ECANCELED || workers->stopping)
            return false;
        if (result == 0) {
            worker_tell_device(workers, device, 0);
            return true;
        }
    }
}

static int pictures_init(struct picture_box *box)
{
    pthread_mutex_init(&box->mutex, NULL);
    box->writing = 0;
    box->ready = 1;
    box->reading = 2;
    for (int i = 0; i < 3; i++) {
        box->buffers[i] = malloc((size_t)PICTURE_WIDTH_MAX * PICTURE_HEIGHT_MAX);
        if (box->buffers[i] == NULL)
            return -ENOMEM;
    }
    return 0;
}

int workers_init(struct workers *workers)
{
    struct queue_options options = {.item_size = sizeof(struct output), .capacity = OUTPUT_QUEUE_MAX};
    pthread_mutex_init(&workers->lamp_mutex, NULL);
    pthread_mutex_init(&workers->health_mutex, NULL);
    workers->gpio_open = workers->devices->gpio != NULL;
    int result = pictures_init(&workers->pictures);
    return result != 0 ? result : queue_init(&workers->outputs, &options);
}

int workers_start(struct workers *workers)
{
    static void *(*const loops[])(void *) = {worker_camera, worker_scanner, worker_gpio, worker_network, worker_output};
    for (size_t i = 0; i < ARRAY_LEN(loops); i++) {
        int error = pthread_create(&workers->threads[i], NULL, loops[i], workers);
        if (error != 0)
            return -error;
        workers->started++;
    }
    return 0;
}

void workers_stop(struct workers *workers)
{
    workers->stopping = true;
    queue_close(&workers->outputs);
    for (int i = 0; i < workers->started; i++)
        pthread_join(workers->threads[i], NULL);
    workers->started = 0;
}

void workers_finish(struct workers *workers)
{
    queue_finish(&workers->outputs);
    for (int i = 0; i < 3; i++)
        free(workers->pictures.buffers[i]);
}

int workers_output(struct workers *workers, const struct output *output)
{
    return queue_push(&workers->outputs, output);
}

void workers_lamp(struct workers *workers, enum lamp lamp)
{
    static const struct {
        const char *name;
        enum lamp lamp;
    } lamps[] = {{"green", LAMP_GREEN}, {"yellow", LAMP_YELLOW}, {"red", LAMP_RED}, {"white", LAMP_WHITE}};
    pthread_mutex_lock(&workers->lamp_mutex);
    for (size_t i = 0; i < ARRAY_LEN(lamps) && workers->gpio_open; i++) {
        int result = gpio_lamp_set(workers->devices->gpio, lamps[i].name, lamps[i].lamp == lamp);
        (void)result; /* a board without that lamp, or one that is being reopened: the screen says it all the same */
    }
    pthread_mutex_unlock(&workers->lamp_mutex);
}

void workers_watch(struct workers *workers, bool watched)
{
    workers->watched = watched;
}

bool workers_picture(struct workers *workers, struct ui_picture *out_picture)
{
    struct picture_box *box = &workers->pictures;
    pthread_mutex_lock(&box->mutex);
    if (box->fresh) {
        int spare = box->reading;
        box->reading = box->ready;
        box->ready = spare;
        box->fresh = false;
    }
    int i = box->reading;
    pthread_mutex_unlock(&box->mutex);
    if (box->width[i] == 0)
        return false;
    *out_picture = (struct ui_picture){.grey = box->buffers[i],
                                       .width = box->width[i],
                                       .height = box->height[i],
                                       .stride = box->width[i],
                                       .has_outline = box->has_outline[i]};
    for (int k = 0; k < 4; k++) {
        out_picture->outline[k].x = box->outline[i][k][0];
        out_picture->outline[k].y = box->outline[i][k][1];
    }
    return true;
}

void workers_health(struct workers *workers, struct health *out_health)
{
    pthread_mutex_lock(&workers->health_mutex);
    *out_health = workers->health;
    pthread_mutex_unlock(&workers->health_mutex);
}
