#ifndef HAL_SCANNER_H
#define HAL_SCANNER_H

/*
 * The barcode scanner. One worker thread. What comes out is text that was allow-listed: printable ASCII, well-formed
 * UTF-8 where the wire can carry it (serial), and U+241D (␝) in place of the GS1 separator 0x1D; never a control
 * character. The same code twice is two scans: debouncing is the application's.
 * Back-ends: hid (a keyboard grabbed through libevdev), serial (termios, CR or LF ends a code), sim.
 */

#include "hal/context.h"

#define SCANNER_TEXT_MAX 1024 /* bytes, with the NUL; a longer code is -EMSGSIZE, wholly dropped */
#define SCANNER_GAP_MS   100  /* hid: this silence ends a code that has no Enter */

struct scanner_spec {
    char backend[HAL_BACKEND_MAX];
    char device[HAL_DEVICE_MAX]; /* hid: /dev/input/… path or "name:part of its name"; serial: /dev/ttyACM0 */
    int baud;                    /* serial; 0: 9600 */
};

struct scanner_text {
    char text[SCANNER_TEXT_MAX]; /* without the AIM identifier */
    size_t length;
    char aim[4];    /* "]Q3" when the scanner sends identifiers, else "" */
    int64_t at_ns;  /* CLOCK_MONOTONIC at the last character */
    size_t dropped; /* bytes that were not allow-listed and are missing from text */
};

struct scanner {
    const struct scanner_ops *ops;
};

struct scanner_ops {
    /* Mandatory. Blocks. */
    int (*wait)(struct scanner *scanner, int timeout_ms, struct scanner_text *out_text);
    /* Mandatory. */
    void (*close)(struct scanner *scanner);
};

MUST_CHECK int scanner_open(const struct scanner_spec *spec, struct hal_context *context, struct scanner **out_scanner);

/* Blocks until one code is complete; timeout_ms < 0 waits for ever. -ETIMEDOUT, -ECANCELED, -ENODEV, -EMSGSIZE. */
MUST_CHECK int scanner_wait(struct scanner *scanner, int timeout_ms, struct scanner_text *out_text);
void scanner_close(struct scanner *scanner);

#endif
