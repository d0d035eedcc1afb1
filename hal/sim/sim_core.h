#ifndef HAL_SIM_CORE_H
#define HAL_SIM_CORE_H

/*
 * What the simulated devices share. Everything in struct sim is under its lock; the descriptors in wake are constant
 * and wake a device's one waiting thread.
 */

#include <pthread.h>

#include "../pixels.h"
#include "hal/scanner.h"
#include "hal/sim.h"

/* A picture that passes before the camera. The pixels are the scene's own. */
struct sim_scene {
    struct pixels picture;
    int frames;
    uint64_t number; /* no two are alike */
};

struct sim {
    pthread_mutex_t lock;
    int wake[HAL_DEVICE_COUNT];
    enum sim_fault faults[HAL_DEVICE_COUNT];

    char scans[SIM_SCANS_MAX][SCANNER_TEXT_MAX];
    size_t scan_from;
    size_t scan_count;

    struct input_event inputs[SIM_INPUTS_MAX];
    size_t input_from;
    size_t input_count;

    struct sim_scene scenes[SIM_SCENES_MAX]; /* [scene_from] is the one that shows */
    size_t scene_from;
    size_t scene_count;
    uint64_t scene_number;
    bool camera_live;

    struct gpio_event buttons[SIM_BUTTONS_MAX];
    size_t button_from;
    size_t button_count;

    bool network_up;
    struct storage_identity identity;
    struct storage_mark mark;
    bool marked;
    const struct pixels *screen; /* what the simulated display shows; the display's memory, NULL without one */
    struct sim_outputs outputs;
};

void sim_lock(struct sim *sim);
void sim_unlock(struct sim *sim);

/* 0, or what a call of this device answers now: -ENODEV, -EIO. Takes the lock. */
MUST_CHECK int sim_check(struct sim *sim, enum hal_device device);

/* For open(): as sim_check, with the reason in words; also when there is no sim at all. */
MUST_CHECK int sim_check_open(struct hal_context *context, enum hal_device device);

/* Under the lock: notes one more pulse of the drawer, wherever it hangs. */
void sim_note_drawer(struct sim *sim);

/* Clears the device's wake-up, waits for the next one until the deadline. -ETIMEDOUT, -ECANCELED. */
MUST_CHECK int sim_wait(struct sim *sim, enum hal_device device, int cancel_fd, int64_t deadline_ns);

#endif
