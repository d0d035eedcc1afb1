#ifndef HAL_ESCPOS_H
#define HAL_ESCPOS_H

/*
 * Writes receipts as ESC/POS bytes into the caller's buffer. Pure but for iconv; one thread a writer.
 * The first error sticks: write the whole receipt, then ask escpos_finish once. Text is UTF-8 and leaves as GB18030
 * in the printer's Chinese mode (two-byte characters are two columns wide); ¥ leaves as ￥; control characters are
 * dropped; a character that GB18030 knows only in four bytes leaves as ？, since printers do not have it.
 * Source: shared facts "Receipt printer (ESC/POS)".
 */

#include "domain/base.h"

#define ESCPOS_COLUMNS_MAX 64

enum escpos_align {
    ESCPOS_LEFT,
    ESCPOS_CENTRE,
    ESCPOS_RIGHT,
};

enum escpos_qr_level {
    ESCPOS_QR_L,
    ESCPOS_QR_M,
    ESCPOS_QR_Q,
    ESCPOS_QR_H,
};

/* Initialised by escpos_init, ended by escpos_finish. The members are the module's own. */
struct escpos {
    uint8_t *bytes;
    size_t capacity;
    size_t length;
    int columns; /* of normal width: 48 on 80 mm, 32 on 58 mm */
    int scale_x; /* 1 or 2 … 8: what escpos_size set */
    int error;
    void *iconv;
};

/* Starts with printer initialisation and Chinese mode. columns: 1 … ESCPOS_COLUMNS_MAX. */
void escpos_init(struct escpos *e, uint8_t *buffer, size_t capacity, int columns);

/* Ends the use of e; the bytes are in the buffer. -ENOSPC it did not fit, -EILSEQ text that is no UTF-8, -EINVAL. */
MUST_CHECK int escpos_finish(struct escpos *e, size_t *out_length);

void escpos_align(struct escpos *e, enum escpos_align align);
void escpos_bold(struct escpos *e, bool on);
void escpos_size(struct escpos *e, int scale_x, int scale_y); /* 1 … 8 each */
void escpos_text(struct escpos *e, const char *utf8);         /* no line end; '\n' in it starts a line */
void escpos_line(struct escpos *e, const char *utf8);         /* text and line end */
void escpos_feed(struct escpos *e, int lines);                /* 1 … 255 */
void escpos_rule(struct escpos *e, char c);                   /* a whole line of c */

/* Left text, then right text flush right on the same line; the left one is cut when both do not fit. */
void escpos_columns(struct escpos *e, const char *left, const char *right);

/* data: 1 … 7089 bytes, as is; module_dots 1 … 16. */
void escpos_qr(struct escpos *e, const char *data, int module_dots, enum escpos_qr_level level);

/* 12 or 13 digits; of 13 the last must be the right check digit. Prints the digits below. */
void escpos_ean13(struct escpos *e, const char *digits);

/* A one-bit picture, rows of width_bytes, most significant bit left, 1 is black: prints any script anywhere. */
void escpos_raster(struct escpos *e, const uint8_t *bits, int width_bytes, int height);

void escpos_cut(struct escpos *e);                           /* feeds to the cutter and cuts, leaving a bridge */
void escpos_drawer(struct escpos *e, int pin, int pulse_ms); /* pin 0 or 1; 2 … 500 ms */

/* How many columns of normal width the text takes; -1 when it is no UTF-8. Control characters take none. */
int escpos_width(const char *utf8);

#endif
