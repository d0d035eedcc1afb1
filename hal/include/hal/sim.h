#ifndef HAL_SIM_H
#define HAL_SIM_H

/*
 * The other side of the simulated devices: what the control socket, the scenarios and the story play on. Every call is
 * thread-safe and none blocks on a device. Opened before the devices, closed after them. Not in image builds.
 *
 * Queues are bounded; a full one answers -ENOSPC and the call changed nothing.
 */

#include "hal/gpio.h"
#include "hal/input.h"
#include "hal/sound.h"
#include "hal/storage.h"

#define SIM_SCANS_MAX   16
#define SIM_INPUTS_MAX  256
#define SIM_SCENES_MAX  16
#define SIM_BUTTONS_MAX 32
#define SIM_PATH_MAX    512

struct sim;

/* What can go wrong with a device. Faults that make no sense for a device are -EINVAL. */
enum sim_fault {
    SIM_FAULT_NONE,
    SIM_FAULT_UNPLUG,     /* any: calls answer -ENODEV, opening too */
    SIM_FAULT_ERROR,      /* any: calls answer -EIO */
    SIM_FAULT_PAPER_END,  /* printer: says so, prints nothing, write answers -ETIMEDOUT */
    SIM_FAULT_NEAR_END,   /* printer: says so and prints */
    SIM_FAULT_COVER_OPEN, /* printer: says so, write answers -ETIMEDOUT */
    SIM_FAULT_FULL_DISK,  /* storage: no free bytes; mark_write answers -ENOSPC */
};

/* What the devices were last told. */
struct sim_outputs {
    size_t lamp_count;
    struct {
        char name[HAL_NAME_MAX];
        bool on;
    } lamps[GPIO_LINES_MAX];
    unsigned buzzer_pulses;
    unsigned drawer_pulses;          /* through printer, pin and sim drawer together */
    unsigned receipts;               /* cut so far */
    char last_receipt[SIM_PATH_MAX]; /* PNG; "" before the first */
    unsigned sounds[SOUND_CUE_COUNT];
    unsigned sound_count;
    enum sound_cue last_sound; /* meaningful when sound_count > 0 */
    unsigned frames_presented;
};

MUST_CHECK int sim_open(struct sim **out_sim);
void sim_close(struct sim *sim);

/* Any bytes without NUL, as the scanner would send them; an AIM identifier in front is parsed. -EMSGSIZE. */
MUST_CHECK int sim_scan(struct sim *sim, const char *text);

/*
 * Something passes before the camera for that many frames (at least 1), then the empty scene returns. Scenes wait for
 * each other. The picture is loaded by the caller's thread: -ENOENT, -EBADMSG (no PNG, JPEG or PGM), -EFBIG.
 */
MUST_CHECK int sim_camera_picture(struct sim *sim, const char *path, int frames);
MUST_CHECK int sim_camera_qr(struct sim *sim, const char *text, int frames);

/* Drops waiting scenes and the present one. */
void sim_camera_clear(struct sim *sim);

/*
 * As a real sensor would: every frame carries noise, none says same_scene, and a picture waits for the next frame of
 * the present rate. Off at open, so that tests are quick and quiet; measurements switch it on.
 */
void sim_camera_live(struct sim *sim, bool live);

/* Scenes that wait or show. */
size_t sim_camera_waiting(struct sim *sim);

MUST_CHECK int sim_input(struct sim *sim, const struct input_event *event);
MUST_CHECK int sim_button(struct sim *sim, const char *name, bool pressed);
MUST_CHECK int sim_presence(struct sim *sim, bool somebody);
void sim_network_set(struct sim *sim, bool up);

/* A device has at most one fault; a new one replaces it. Devices that wait wake up and answer. */
MUST_CHECK int sim_fail(struct sim *sim, enum hal_device device, enum sim_fault fault);
void sim_restore(struct sim *sim, enum hal_device device);
enum sim_fault sim_fault_of(struct sim *sim, enum hal_device device);

void sim_outputs(struct sim *sim, struct sim_outputs *out_outputs);

/* Writes what the simulated screen shows (the presented pixels only) to a PNG. -ENODEV without such a screen. */
MUST_CHECK int sim_display_png(struct sim *sim, const char *path);

/* "unplug", "error", "paper_end", "near_end", "cover_open", "full_disk", "none". -ENOENT. */
MUST_CHECK int sim_fault_from_name(const char *name, enum sim_fault *out_fault);

#endif
