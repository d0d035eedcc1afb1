#ifndef HAL_SIM_ESCPOS_RENDER_H
#define HAL_SIM_ESCPOS_RENDER_H

/*
 * A receipt printer in software: takes ESC/POS bytes in pieces of any size and draws what a thermal printer with a
 * Chinese character set would print, as a picture a cut. Bytes may come from anywhere: nothing in them can do harm, and
 * paper is at most ESCPOS_PAPER_MAX dots long (what is longer is cut off there, as a picture of its own).
 *
 * Understood: initialise, line and paper feed, line spacing, tabs, print position, left margin, alignment, bold,
 * underline, inverse (not upside down), character size and fonts A and B, code pages 437, 850, 866, 1252, Chinese
 * mode (GB18030), QR codes, EAN-13, EAN-8, UPC-A (other symbologies print their text in a box), bit image (ESC *),
 * raster (GS v 0), stored graphics (GS ( L, GS 8 L), drawer, cut. Other known commands are skipped at their right
 * length; unknown ones are counted. One thread.
 */

#include "../pixels.h"

#define ESCPOS_PAPER_MAX    8192
#define ESCPOS_PAPER_MARGIN 32 /* white dots left and right of the printable width */

struct escpos_render;

/* Any may be NULL. Called from inside feed; the paper is valid for that call alone. */
struct escpos_render_sink {
    void *context;
    void (*cut)(void *context, const struct pixels *paper);
    void (*drawer)(void *context, int pin, int on_ms);
    void (*status)(void *context, int n); /* DLE EOT n was asked */
};

/* dots: the printable width, 256 … 1024. */
MUST_CHECK int escpos_render_open(int dots, const struct escpos_render_sink *sink, struct escpos_render **out_render);
void escpos_render_close(struct escpos_render *render);

/* A command that is not complete yet waits for the next piece. */
void escpos_render_feed(struct escpos_render *render, const uint8_t *bytes, size_t length);

/* Commands that were not understood since open. */
unsigned escpos_render_unknown(const struct escpos_render *render);

#endif
