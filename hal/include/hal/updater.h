#ifndef HAL_UPDATER_H
#define HAL_UPDATER_H

/*
 * Whoever may write the other slot, restart the machine and read its journal: on a device a helper with root's rights
 * behind a Unix socket (firmware's tillside-updater), since the terminal has none. One bundle at a time lies in the
 * folder, as UPDATER_BUNDLE, and acts for a stick as UPDATER_ACTS; the helper takes no other file. One thread at a
 * time. Back-ends: socket, sim, none.
 *
 * Errors: -ENODEV nobody listens there, -EKEYREJECTED refused for good (signature, board, floor), -EIO it tried and
 * could not, -ENOENT no stick, -ECANCELED, -ETIMEDOUT. Each leaves a sentence in out_reason, which is
 * UPDATER_REASON_MAX bytes and never NULL.
 */

#include "hal/context.h"

#define UPDATER_BUNDLE     "bundle.raucb"
#define UPDATER_ACTS       "acts.tsj"
#define UPDATER_SOCKET     "/run/tillside/updater.sock"
#define UPDATER_REASON_MAX 96

struct updater_spec {
    char backend[HAL_BACKEND_MAX]; /* "" = socket */
    char device[HAL_DEVICE_MAX];   /* socket: its path, "" = UPDATER_SOCKET; sim: the folder of the bundle */
};

struct updater_state {
    char slot[8];
    bool good;        /* this start was called good */
    char version[24]; /* that runs */
    char floor[24];   /* below it nothing is installed */
    char boot[40];    /* another one at each start of the machine */
};

struct updater_bundle {
    char compatible[48], version[24];
};

struct updater {
    const struct updater_ops *ops;
};

/* All mandatory, all may block; install for minutes. */
struct updater_ops {
    int (*state)(struct updater *updater, struct updater_state *out_state, char *out_reason);
    int (*inspect)(struct updater *updater, struct updater_bundle *out_bundle, char *out_reason);
    int (*install)(struct updater *updater, char *out_reason);
    int (*reboot)(struct updater *updater, char *out_reason);
    int (*journal)(struct updater *updater, char *out_text, size_t cap, size_t *out_len);
    int (*stick_take)(struct updater *updater, char *out_folder, char *out_reason);
    int (*stick_return)(struct updater *updater, char *out_reason);
    int (*stick_save)(struct updater *updater, const char *label, char *out_reason);
    int (*reset)(struct updater *updater, char *out_reason);
    void (*close)(struct updater *updater);
};

MUST_CHECK int updater_open(const struct updater_spec *spec, int cancel_fd, struct updater **out_updater);
MUST_CHECK int updater_state(struct updater *updater, struct updater_state *out_state, char *out_reason);
/* What the bundle in the folder is, its signature checked. */
MUST_CHECK int updater_inspect(struct updater *updater, struct updater_bundle *out_bundle, char *out_reason);
/* Into the slot that does not run. Once more after a cut is harmless. */
MUST_CHECK int updater_install(struct updater *updater, char *out_reason);
/* 0: the machine goes down soon; the caller stops doing things. */
MUST_CHECK int updater_reboot(struct updater *updater, char *out_reason);
/* The system's own journal, newest lines; *out_len bytes of text without a NUL. */
MUST_CHECK int updater_journal(struct updater *updater, char *out_text, size_t cap, size_t *out_len);
/* A technician's stick: mounted to be read; out_folder takes HAL_DEVICE_MAX bytes. */
MUST_CHECK int updater_stick_take(struct updater *updater, char *out_folder, char *out_reason);
/* Journal and log are written to it, and it may be pulled. */
MUST_CHECK int updater_stick_return(struct updater *updater, char *out_reason);
/* UPDATER_ACTS to a technician's stick as acts-LABEL.tsj, read back and compared. label: digits and '-'. */
MUST_CHECK int updater_stick_save(struct updater *updater, const char *label, char *out_reason);
/* The machine starts anew as it left the factory, all of this program's data gone. 0: it goes down soon. */
MUST_CHECK int updater_reset(struct updater *updater, char *out_reason);
void updater_close(struct updater *updater); /* NULL-safe */

/*
 * The simulated one keeps two slots in `simulated-slots` beside the bundle. A bundle is taken by its first four bytes
 * and by the manifest in its end, as central takes it; nobody's signature is asked for. A version says how it behaves:
 * one with "~crash" in it never stays up, "~refuse" is refused, "~fail" fails while it is written. A folder `stick` is
 * the stick. What a restart of the machine does, updater_sim_restart does: the next start is from the slot that is due.
 * A reset leaves the file UPDATER_SIM_RESET: who starts the machine again, deletes its data first.
 */
#define UPDATER_SIM_SLOTS "simulated-slots"
#define UPDATER_SIM_STICK "stick"
#define UPDATER_SIM_RESET "factory-reset"
MUST_CHECK int updater_sim_restart(const char *folder);

#endif
