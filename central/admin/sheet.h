#ifndef CENTRAL_ADMIN_SHEET_H
#define CENTRAL_ADMIN_SHEET_H

#include "platform/buffer.h"

#include <cairo.h>

/*
 * Paper that the console draws: enrolment sheets, printed follow codes. PDF with as many pages as it takes, or one page
 * of SVG. Lengths are points, 72 to the inch; SHEET_MM is a millimetre. Text is Noto Sans CJK SC.
 */

#define SHEET_MM  (72.0 / 25.4)
#define SHEET_MAX (64 * 1024 * 1024) /* a fit max for the buffer */

struct sheet {
    cairo_t *cr;
    cairo_surface_t *surface;
};

/* The file's bytes are appended to *out_file until sheet_finish. -ENOMEM. */
MUST_CHECK int sheet_init(struct sheet *sheet, bool svg, double width, double height, struct buffer *out_file);
/* -ENOMEM when something could not be drawn or written. */
MUST_CHECK int sheet_finish(struct sheet *sheet);

void sheet_pen(cairo_t *cr, bool bold, double size);
/* From x on, or centred on x; drawn narrower when it would not fit. */
void sheet_line(cairo_t *cr, const char *text, double x, double y, double room);
void sheet_line_centred(cairo_t *cr, const char *text, double x, double y, double room);

/* ---- the file */

enum sheet_format { SHEET_PDF, SHEET_SVG };
/* By the end of its name; -EINVAL: neither .pdf nor .svg. */
MUST_CHECK int sheet_format_of(const char *path, enum sheet_format *out_format);
/* Whether it could be written: for before something is made that only the sheet can carry. -errno says why not. */
MUST_CHECK int sheet_try_path(const char *path);

#endif
