#include "central/admin/sheet.h"

#include "platform/file.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_CAP   1024
#define TRIAL_SIZE (256 * 1024) /* more than most sheets have */

static cairo_status_t append_bytes(void *context, const unsigned char *data, unsigned int len)
{
    return buffer_append(context, data, len) == 0 ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

int sheet_init(struct sheet *sheet, bool svg, double width, double height, struct buffer *out_file)
{
    sheet->surface = svg ? cairo_svg_surface_create_for_stream(append_bytes, out_file, width, height)
                         : cairo_pdf_surface_create_for_stream(append_bytes, out_file, width, height);
    sheet->cr = cairo_create(sheet->surface);
    if (cairo_status(sheet->cr) != CAIRO_STATUS_SUCCESS) {
        cairo_destroy(sheet->cr);
        cairo_surface_destroy(sheet->surface);
        return -ENOMEM;
    }
    return 0;
}

int sheet_finish(struct sheet *sheet)
{
    cairo_status_t status = cairo_status(sheet->cr);
    cairo_destroy(sheet->cr);
    cairo_surface_finish(sheet->surface);
    status = status == CAIRO_STATUS_SUCCESS ? cairo_surface_status(sheet->surface) : status;
    cairo_surface_destroy(sheet->surface);
    return status == CAIRO_STATUS_SUCCESS ? 0 : -ENOMEM;
}

void sheet_pen(cairo_t *cr, bool bold, double size)
{
    cairo_select_font_face(cr, "Noto Sans CJK SC", CAIRO_FONT_SLANT_NORMAL,
                           bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cr, size);
}

/* How far the text reaches, room at most. */
static double width_of(cairo_t *cr, const char *text, double room)
{
    cairo_text_extents_t extents;
    cairo_text_extents(cr, text, &extents);
    return extents.x_advance < room ? extents.x_advance : room;
}

void sheet_line(cairo_t *cr, const char *text, double x, double y, double room)
{
    cairo_text_extents_t extents;
    cairo_text_extents(cr, text, &extents);
    cairo_save(cr);
    cairo_translate(cr, x, y);
    if (extents.x_advance > room) {
        cairo_scale(cr, room / extents.x_advance, 1);
    }
    cairo_move_to(cr, 0, 0);
    cairo_show_text(cr, text);
    cairo_restore(cr);
}

void sheet_line_centred(cairo_t *cr, const char *text, double x, double y, double room)
{
    sheet_line(cr, text, x - width_of(cr, text, room) / 2, y, room);
}

/* ---- the file */

int sheet_format_of(const char *path, enum sheet_format *out_format)
{
    size_t len = strlen(path);
    bool pdf = len > 4 && strcmp(path + len - 4, ".pdf") == 0;
    bool svg = len > 4 && strcmp(path + len - 4, ".svg") == 0;
    if (pdf || svg) {
        *out_format = svg ? SHEET_SVG : SHEET_PDF;
    }
    return pdf || svg ? 0 : -EINVAL;
}

int sheet_try_path(const char *path)
{
    char beside[PATH_CAP];
    struct stat there;
    if (stat(path, &there) == 0 && S_ISDIR(there.st_mode)) {
        return -EISDIR;
    }
    int len = snprintf(beside, sizeof(beside), "%s.trial", path);
    if (len < 0 || (size_t)len >= sizeof(beside)) {
        return -ENAMETOOLONG;
    }
    void *zeros = calloc(1, TRIAL_SIZE);
    int rc = zeros ? file_write_atomic(beside, zeros, TRIAL_SIZE, 0600) : -ENOMEM;
    free(zeros);
    if (rc == 0 && unlink(beside) < 0) {
        rc = -errno;
    }
    return rc;
}
