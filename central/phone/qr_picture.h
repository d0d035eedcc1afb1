#ifndef CENTRAL_PHONE_QR_PICTURE_H
#define CENTRAL_PHONE_QR_PICTURE_H

#include "platform/buffer.h"

#include <cairo.h>

/*
 * QR pictures for phones, paper and technicians: pure black on pure white, quiet zone of 4 modules (ISO/IEC 18004),
 * modules on whole pixels. Level Q as long as the code stays at version 8 or below, else M: a damaged or dim phone
 * screen costs more than a slightly larger code. Our own texts are QR-alphanumeric and are packed as such.
 */

enum qr_format { QR_PNG, QR_SVG };

struct qr_picture {
    const char *text;    /* what the code says, 1–1000 bytes of UTF-8 */
    const char *title;   /* a line above, or NULL */
    const char *caption; /* a line beneath in larger, fixed-width type, e.g. the short code, or NULL */
    const char *note;    /* a small line under the caption, or NULL */
    unsigned module_px;  /* 0: 8 */
    enum qr_format format;
};

#define QR_PICTURE_MAX (512 * 1024) /* a fit max for the buffer */

/* Appends the file's bytes. -EINVAL for an empty or too long text, -ENOMEM, -E2BIG (buffer). */
MUST_CHECK int qr_picture_draw(const struct qr_picture *picture, struct buffer *out_file);

/* The same code as lines on somebody's paper: white ground and black modules in a square of that side, quiet zone
 * included. *out_module: the side of one module, in the same units. -EINVAL, -ENOMEM. */
struct qr_square {
    double x, y, side;
};
MUST_CHECK int qr_picture_paint(cairo_t *cr, const char *text, const struct qr_square *square, double *out_module);

#endif
