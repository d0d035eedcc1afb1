#include <qrencode.h>
#include <stdlib.h>
#include <string.h>

#include "screens/qr.h"

#define QR_TEXT_MAX 640
#define QR_LONG     200 /* from here on a lower level keeps the modules large; base45 goes as alphanumeric */

struct qr {
    char text[QR_TEXT_MAX];
    QRcode *code; /* of text; NULL when it could not be made */
};

int qr_open(struct qr **out_qr)
{
    struct qr *qr = calloc(1, sizeof(*qr));
    if (qr == NULL) {
        return -ENOMEM;
    }
    *out_qr = qr;
    return 0;
}

void qr_close(struct qr *qr)
{
    if (qr != NULL) {
        QRcode_free(qr->code);
        free(qr);
    }
}

static const QRcode *code_of(struct qr *qr, const char *text)
{
    size_t len = strlen(text);
    if (len == 0 || len >= QR_TEXT_MAX) {
        return NULL;
    }
    if (strcmp(qr->text, text) != 0) {
        QRcode_free(qr->code);
        qr->code = len < QR_LONG ? QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M)
                                 : QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
        memcpy(qr->text, text, len + 1);
    }
    return qr->code;
}

int qr_side(struct qr *qr, const char *text, int side)
{
    const QRcode *code = code_of(qr, text);
    if (code == NULL) {
        return 0;
    }
    int modules = code->width + 2 * QR_QUIET;
    return side / modules * modules;
}

/* One rectangle a run of dark modules. */
static void add_row(cairo_t *cairo, const QRcode *code, int row, int x, int y, int pixels)
{
    const unsigned char *modules = code->data + (ptrdiff_t)row * code->width;
    for (int from = 0; from < code->width; from++) {
        int to = from;
        while (to < code->width && (modules[to] & 1) != 0) {
            to++;
        }
        if (to > from) {
            cairo_rectangle(cairo, x + from * pixels, y + row * pixels, (to - from) * pixels, pixels);
            from = to;
        }
    }
}

void qr_draw(struct qr *qr, cairo_t *cairo, const char *text, struct rect area)
{
    int room = area.width < area.height ? area.width : area.height;
    int side = qr_side(qr, text, room);
    const QRcode *code = code_of(qr, text);
    if (side == 0 || code == NULL) {
        return;
    }
    int pixels = side / (code->width + 2 * QR_QUIET);
    int x = area.x + (area.width - side) / 2;
    int y = area.y + (area.height - side) / 2;
    cairo_save(cairo);
    cairo_set_antialias(cairo, CAIRO_ANTIALIAS_NONE);
    cairo_set_source_rgb(cairo, 1, 1, 1);
    cairo_rectangle(cairo, x, y, side, side);
    cairo_fill(cairo);
    cairo_set_source_rgb(cairo, 0, 0, 0);
    for (int row = 0; row < code->width; row++) {
        add_row(cairo, code, row, x + QR_QUIET * pixels, y + QR_QUIET * pixels, pixels);
    }
    cairo_fill(cairo);
    cairo_restore(cairo);
}
