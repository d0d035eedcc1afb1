#include "central/phone/qr_picture.h"

#include <cairo-svg.h>
#include <cairo.h>
#include <qrencode.h>
#include <string.h>

#define QUIET_MODULES   4
#define VERSION_AT_Q    8
#define TEXT_MAX        1000
#define MODULE_PX       8
#define LINE_PX         40
#define TITLE_SIZE_PX   24
#define CAPTION_SIZE_PX 30
#define NOTE_SIZE_PX    18

struct layout {
    int size_px, height_px, code_top_px;
    int module_px;
};

static int encode(const char *text, QRcode **out_code)
{
    size_t len = strlen(text);
    if (len == 0 || len > TEXT_MAX) {
        return -EINVAL;
    }
    QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_Q, QR_MODE_8, 1);
    if (code && code->version > VERSION_AT_Q) {
        QRcode_free(code);
        code = NULL;
    }
    code = code ? code : QRcode_encodeString(text, 0, QR_ECLEVEL_M, QR_MODE_8, 1);
    if (!code) {
        return errno == ENOMEM ? -ENOMEM : -EINVAL;
    }
    *out_code = code;
    return 0;
}

static cairo_status_t append_bytes(void *context, const unsigned char *data, unsigned int len)
{
    return buffer_append(context, data, len) == 0 ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

/* One path, so that neighbours have no seam whatever the scale. (left, top): where the quiet zone begins. */
static void draw_modules(cairo_t *cr, const QRcode *code, double left, double top, double module)
{
    cairo_set_source_rgb(cr, 0, 0, 0);
    for (int y = 0; y < code->width; y++) {
        for (int x = 0; x < code->width; x++) {
            if (code->data[y * code->width + x] & 1) {
                cairo_rectangle(cr, left + (x + QUIET_MODULES) * module, top + (y + QUIET_MODULES) * module, module,
                                module);
            }
        }
    }
    cairo_fill(cr);
}

int qr_picture_paint(cairo_t *cr, const char *text, const struct qr_square *square, double *out_module)
{
    QRcode *code = NULL;
    int rc = encode(text, &code);
    if (rc < 0) {
        return rc;
    }
    double module = square->side / (code->width + 2 * QUIET_MODULES);
    cairo_save(cr);
    cairo_set_source_rgb(cr, 1, 1, 1);
    cairo_rectangle(cr, square->x, square->y, square->side, square->side);
    cairo_fill(cr);
    draw_modules(cr, code, square->x, square->y, module);
    cairo_restore(cr);
    QRcode_free(code);
    *out_module = module;
    return 0;
}

/* Centred on the width, shrunk when it would not fit. */
static void draw_line(cairo_t *cr, const struct layout *layout, const char *text, double baseline_px, double size_px)
{
    cairo_text_extents_t extents;
    cairo_set_font_size(cr, size_px);
    cairo_text_extents(cr, text, &extents);
    double room = layout->size_px - 2.0 * layout->module_px;
    if (extents.width > room) {
        cairo_set_font_size(cr, size_px * room / extents.width);
        cairo_text_extents(cr, text, &extents);
    }
    cairo_move_to(cr, (layout->size_px - extents.width) / 2 - extents.x_bearing, baseline_px);
    cairo_show_text(cr, text);
}

static void draw_lines(cairo_t *cr, const struct qr_picture *picture, const struct layout *layout)
{
    double below = layout->code_top_px + layout->size_px;
    cairo_set_source_rgb(cr, 0, 0, 0);
    if (picture->title) {
        cairo_select_font_face(cr, "Noto Sans CJK SC", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_BOLD);
        draw_line(cr, layout, picture->title, LINE_PX, TITLE_SIZE_PX);
    }
    if (picture->caption) {
        cairo_select_font_face(cr, "Noto Sans Mono CJK SC", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_BOLD);
        draw_line(cr, layout, picture->caption, below + LINE_PX / 4.0, CAPTION_SIZE_PX);
        below += LINE_PX;
    }
    if (picture->note) {
        cairo_select_font_face(cr, "Noto Sans CJK SC", CAIRO_FONT_SLANT_NORMAL, CAIRO_FONT_WEIGHT_NORMAL);
        draw_line(cr, layout, picture->note, below, NOTE_SIZE_PX);
    }
}

static struct layout measure(const struct qr_picture *picture, const QRcode *code)
{
    struct layout layout = {.module_px = picture->module_px ? (int)picture->module_px : MODULE_PX};
    layout.size_px = (code->width + 2 * QUIET_MODULES) * layout.module_px;
    layout.code_top_px = picture->title ? LINE_PX : 0;
    layout.height_px =
        layout.code_top_px + layout.size_px + (picture->caption ? LINE_PX : 0) + (picture->note ? LINE_PX / 2 : 0);
    return layout;
}

static cairo_surface_t *open_surface(const struct qr_picture *picture, const struct layout *layout, struct buffer *out)
{
    switch (picture->format) {
    case QR_PNG:
        return cairo_image_surface_create(CAIRO_FORMAT_RGB24, layout->size_px, layout->height_px);
    case QR_SVG:
        return cairo_svg_surface_create_for_stream(append_bytes, out, layout->size_px, layout->height_px);
    }
    return NULL;
}

int qr_picture_draw(const struct qr_picture *picture, struct buffer *out_file)
{
    QRcode *code = NULL;
    int rc = encode(picture->text, &code);
    if (rc < 0) {
        return rc;
    }
    struct layout layout = measure(picture, code);
    cairo_surface_t *surface = open_surface(picture, &layout, out_file);
    cairo_t *cr = cairo_create(surface);
    cairo_set_antialias(cr, picture->format == QR_PNG ? CAIRO_ANTIALIAS_NONE : CAIRO_ANTIALIAS_DEFAULT);
    cairo_set_source_rgb(cr, 1, 1, 1);
    cairo_paint(cr);
    draw_modules(cr, code, 0, layout.code_top_px, layout.module_px);
    draw_lines(cr, picture, &layout);
    cairo_status_t status = cairo_status(cr);
    cairo_destroy(cr);
    if (status == CAIRO_STATUS_SUCCESS && picture->format == QR_PNG) {
        status = cairo_surface_write_to_png_stream(surface, append_bytes, out_file);
    }
    cairo_surface_finish(surface);
    status = status == CAIRO_STATUS_SUCCESS ? cairo_surface_status(surface) : status;
    cairo_surface_destroy(surface);
    QRcode_free(code);
    return status == CAIRO_STATUS_SUCCESS ? 0 : status == CAIRO_STATUS_NO_MEMORY ? -ENOMEM : -E2BIG;
}
