#ifndef HAL_BOARD_H
#define HAL_BOARD_H

/*
 * The board file (board/<name>/board.ini, documented in docs/hardware.md): which back-end each device has, pins,
 * rotation, role. Plain values; nothing is opened here.
 */

#include "hal/camera.h"
#include "hal/display.h"
#include "hal/drawer.h"
#include "hal/gpio.h"
#include "hal/input.h"
#include "hal/network.h"
#include "hal/printer.h"
#include "hal/scanner.h"
#include "hal/sound.h"
#include "hal/storage.h"
#include "hal/updater.h"

#define BOARD_ERROR_MAX 256

enum board_role {
    BOARD_ROLE_BOTH,
    BOARD_ROLE_SHELF,
    BOARD_ROLE_COUNTER,
};

struct board {
    char name[HAL_NAME_MAX];
    enum board_role role; /* used until the terminal's own settings say otherwise */
    char lan[48];         /* where it listens for the store's other terminals, "0.0.0.0:7443", "off"; "" = unsaid */
    struct display_spec display;
    struct input_spec input;
    struct camera_spec camera;
    struct scanner_spec scanner;
    struct gpio_spec gpio;
    struct printer_spec printer;
    struct drawer_spec drawer;
    struct sound_spec sound;
    struct network_spec network;
    struct storage_spec storage;
    struct updater_spec updater; /* no device of the screen's list: what it says it says when it is asked */
};

/*
 * Reads a board file. On failure out_error (BOARD_ERROR_MAX bytes) holds "file:line: what is wrong" in one line, also
 * for a file that cannot be read. -ENOENT, -EINVAL.
 */
MUST_CHECK int board_load(const char *path, struct board *out_board, char *out_error);

/* The same from memory; name stands for the file in messages. */
MUST_CHECK int board_parse(const char *text, const char *name, struct board *out_board, char *out_error);

/*
 * One override from the command line: "device=backend", "device=backend:where" or "device.key=value", as in
 * "camera=folder:/tmp/codes", "printer=tcp:10.0.0.9", "display.width=800". board is untouched on -EINVAL.
 */
MUST_CHECK int board_override(struct board *board, const char *text, char *out_error);

#endif
