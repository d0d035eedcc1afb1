#ifndef APP_SCREENS_QR_H
#define APP_SCREENS_QR_H

/*
 * A QR symbol on the screen: whole pixels a module, pure black on pure white, four modules of quiet zone (ISO/IEC
 * 18004), so it is sharp at any size. The last symbol made is kept. Main thread.
 */

#include <cairo.h>

#include "domain/base.h"
#include "hal/rect.h"

#define QR_QUIET 4

struct qr;

MUST_CHECK int qr_open(struct qr **out_qr);
void qr_close(struct qr *qr);
/* Side in pixels of the symbol with its quiet zone when drawn into a square of this side; 0 when it does not fit. */
int qr_side(struct qr *qr, const char *text, int side);
/* Centred, white ground included. */
void qr_draw(struct qr *qr, cairo_t *cairo, const char *text, struct rect area);

#endif
