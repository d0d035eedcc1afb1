#ifndef HAL_PRINTER_H
#define HAL_PRINTER_H

/*
 * The receipt printer as a pipe for ESC/POS bytes, with its status. One worker thread.
 * Back-ends: usb (/dev/usb/lpN), serial, tcp (port 9100), file (appends), sim (renders receipts to PNG), none.
 * Source of the status bits: shared facts "Receipt printer (ESC/POS)", DLE EOT n.
 */

#include "hal/context.h"

#define PRINTER_WRITE_MAX_MS  15000 /* a printer that takes nothing for this long is stuck */
#define PRINTER_STATUS_MAX_MS 1000

struct printer_spec {
    char backend[HAL_BACKEND_MAX];
    char device[HAL_DEVICE_MAX]; /* usb: /dev/usb/lp0; serial: tty; tcp: host[:port]; file and sim: a path */
    int baud;                    /* serial; 0: 115200 */
    int dots;                    /* printable width; 0: 576 (80 mm paper) */
};

struct printer_status {
    bool known; /* false: this transport cannot ask; the rest is then false */
    bool offline;
    bool cover_open;
    bool paper_end;
    bool paper_near_end;
    bool cutter_error;
    bool drawer_open;
};

struct printer {
    const struct printer_ops *ops;
};

struct printer_ops {
    /* Mandatory. Blocks at most PRINTER_WRITE_MAX_MS without progress. */
    int (*write)(struct printer *printer, const uint8_t *bytes, size_t length);
    /* Optional: NULL when the transport cannot read. Blocks at most PRINTER_STATUS_MAX_MS. */
    int (*status)(struct printer *printer, struct printer_status *out_status);
    /* Mandatory. */
    void (*close)(struct printer *printer);
};

MUST_CHECK int printer_open(const struct printer_spec *spec, struct hal_context *context, struct printer **out_printer);

/*
 * Hands all bytes to the transport. An error means that an unknown part of them may be on paper: never repeat by
 * itself. -ENODEV, -ETIMEDOUT (takes nothing: cover open, paper out, switched off), -ECANCELED, -ENOSPC (file).
 */
MUST_CHECK int printer_write(struct printer *printer, const uint8_t *bytes, size_t length);

/* 0 with known = false where the transport cannot ask. -ETIMEDOUT: no answer, so probably switched off. */
MUST_CHECK int printer_status(struct printer *printer, struct printer_status *out_status);
void printer_close(struct printer *printer);

/*
 * Adds the answer to DLE EOT n (n = 1 … 4) to a status. Pure. -EPROTO when the byte is no such answer (bits 0 and 7
 * clear, bits 1 and 4 set), and the status is untouched.
 */
MUST_CHECK int printer_status_add(uint8_t n, uint8_t answer, struct printer_status *out_status);

#endif
