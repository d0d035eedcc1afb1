#include "escpos_render.h"

#include <assert.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escpos_length.h"
#include "escpos_paper.h"

#define COMMAND_MAX    131072 /* what is longer is skipped; raster (GS v 0) is streamed and knows no end */
#define QR_MAX         7089
#define RASTER_ROW_MAX 256
#define TALLEST        1400 /* dots that one command prints at most: a large QR code */

struct escpos_render {
    struct escpos_render_sink sink;
    struct paper *paper;
    struct paper_style style;
    iconv_t chinese;
    iconv_t page;
    uint8_t page_number;
    bool chinese_on;
    uint8_t command[COMMAND_MAX];
    size_t length;
    int64_t skip; /* bytes of a command that is ignored */
    unsigned unknown;
    struct {
        int64_t rows;
        size_t width;
        size_t filled;
        int scale_x;
        int scale_y;
        uint8_t row[RASTER_ROW_MAX];
    } raster;
    struct {
        int module;
        int level;
        size_t length;
        uint8_t data[QR_MAX];
    } qr;
    struct {
        int height;
        int module;
        int text; /* bit 0 above, bit 1 below */
    } barcode;
    struct {
        struct paper_bits picture; /* in memory, height 0 without one */
        uint8_t memory[COMMAND_MAX];
    } graphics;
};

static void tear(struct escpos_render *render)
{
    struct pixels picture;

    if (paper_tear(render->paper, &picture) && render->sink.cut) {
        render->sink.cut(render->sink.context, &picture);
    }
}

static void initialise(struct escpos_render *render)
{
    paper_end_line(render->paper, false);
    paper_reset(render->paper);
    render->style = (struct paper_style){.scale_x = 1, .scale_y = 1};
    render->chinese_on = false;
    render->qr.module = 3;
    render->qr.level = 0;
    render->qr.length = 0;
    render->barcode.height = 162;
    render->barcode.module = 3;
    render->barcode.text = 0;
}

static void set_page(struct escpos_render *render, uint8_t number)
{
    static const struct {
        uint8_t number;
        const char *name;
    } pages[] = {{0, "CP437"}, {2, "CP850"},   {3, "CP860"},  {4, "CP863"},
                 {5, "CP865"}, {16, "CP1252"}, {17, "CP866"}, {18, "CP852"}};
    const char *name = "CP437";

    render->page_number = number;
    for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
        name = pages[i].number == number ? pages[i].name : name;
    }
    if (render->page != (iconv_t)-1) {
        iconv_close(render->page);
    }
    render->page = iconv_open("UTF-8", name);
}

/* Page 1 is Epson's own: blocks and lines; its half-width katakana are not drawn. */
static const char *page_one(uint8_t byte)
{
    static const char *const marks[32] = {
        "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "┼",
        "┴", "┬", "┤", "├", "▔", "─", "│", "▕", "┌", "┐", "└", "┘", "╭", "╮", "╰", "╯",
    };

    return byte >= 0x80 && byte < 0xA0 ? marks[byte - 0x80] : "?";
}

/* One character of the printer's encodings; what cannot be read is a question mark, as on paper. */
static void put_text(struct escpos_render *render, const uint8_t *bytes, size_t length)
{
    iconv_t converter = length > 1 ? render->chinese : render->page;
    char utf8[8] = "?";
    char *in = (char *)bytes;
    char *out = utf8;
    size_t in_left = length;
    size_t out_left = sizeof(utf8) - 1;

    if (length == 1 && bytes[0] < 0x80) {
        utf8[0] = (char)bytes[0];
    } else if (length == 1 && render->page_number == 1) {
        snprintf(utf8, sizeof(utf8), "%s", page_one(bytes[0]));
    } else if (converter != (iconv_t)-1) {
        if (iconv(converter, &in, &in_left, &out, &out_left) == (size_t)-1) {
            iconv(converter, NULL, NULL, NULL, NULL);
            out = utf8;
            *out++ = '?';
        }
        *out = '\0';
    }
    paper_put(render->paper, utf8, length > 1 ? 2 : 1, &render->style);
}

static void print_barcode(struct escpos_render *render)
{
    const uint8_t *c = render->command;
    bool counted = c[2] > 6;
    int kind = counted ? c[2] - 65 : c[2];
    size_t length = counted ? c[3] : render->length - 4;
    char text[256];

    memcpy(text, c + (counted ? 4 : 3), length);
    text[length] = '\0';
    if (strlen(text) == length && (kind == 0 || kind == 2 || kind == 3)) {
        /* UPC-A is an EAN-13 that begins with 0. */
        char digits[32];

        if (length < 16) {
            snprintf(digits, sizeof(digits), "%s%.15s", kind == 0 ? "0" : "", text);
            paper_ean(render->paper, digits, render->barcode.module, render->barcode.height, render->barcode.text & 2);
        }
    } else {
        paper_boxed(render->paper, text, render->barcode.height);
    }
}

static void do_qr(struct escpos_render *render)
{
    const uint8_t *c = render->command;
    size_t stored = render->length - 8;

    if (c[2] != 'k' || render->length < 8 || c[5] != 49) {
        return;
    }
    switch (c[6]) {
    case 67:
        render->qr.module = c[7] >= 1 && c[7] <= 16 ? c[7] : render->qr.module;
        break;
    case 69:
        render->qr.level = c[7] >= 48 && c[7] <= 51 ? c[7] - 48 : render->qr.level;
        break;
    case 80:
        render->qr.length = stored <= QR_MAX ? stored : 0;
        memcpy(render->qr.data, c + 8, render->qr.length);
        break;
    case 81:
        if (render->qr.length > 0) {
            paper_qr(render->paper, render->qr.data, render->qr.length, render->qr.module, render->qr.level);
        }
        break;
    default:
        break;
    }
}

/* GS ( L and GS 8 L: a picture is stored (112), then printed (50). at is where their common part begins. */
static void do_graphics(struct escpos_render *render, size_t at)
{
    const uint8_t *c = render->command + at;
    size_t length = render->length - at;
    struct paper_bits *picture = &render->graphics.picture;

    if (length >= 10 && c[1] == 112) {
        int width_bytes = ((c[6] | c[7] << 8) + 7) / 8;
        int height = c[8] | c[9] << 8;

        picture->height = 0;
        if (width_bytes > 0 && length - 10 >= (size_t)width_bytes * (size_t)height) {
            memcpy(render->graphics.memory, c + 10, (size_t)width_bytes * (size_t)height);
            *picture =
                (struct paper_bits){render->graphics.memory, width_bytes, height, c[3] == 2 ? 2 : 1, c[4] == 2 ? 2 : 1};
        }
    } else if (length >= 2 && (c[1] == 50 || c[1] == 2) && picture->height > 0) {
        paper_bits(render->paper, picture);
    }
}

static void do_dle(struct escpos_render *render)
{
    const uint8_t *c = render->command;

    if (c[1] == 0x04 && render->sink.status) {
        render->sink.status(render->sink.context, c[2]);
    } else if (c[1] == 0x14 && c[2] == 1 && render->sink.drawer) {
        render->sink.drawer(render->sink.context, c[3] & 1, c[4] * 100);
    }
}

static void print_mode(struct escpos_render *render, uint8_t mode)
{
    render->style.small = mode & 0x01;
    render->style.bold = mode & 0x08;
    render->style.scale_y = mode & 0x10 ? 2 : 1;
    render->style.scale_x = mode & 0x20 ? 2 : 1;
    render->style.underline = mode & 0x80;
}

static void esc_style(struct escpos_render *render, const uint8_t *c)
{
    switch (c[1]) {
    case 'E':
    case 'G':
        render->style.bold = c[2] & 1;
        break;
    case 'M':
        render->style.small = c[2] == 1 || c[2] == 49;
        break;
    case '-':
        render->style.underline = c[2] != 0 && c[2] != 48;
        break;
    case '!':
        print_mode(render, c[2]);
        break;
    case ' ':
        render->style.spacing = c[2];
        break;
    case 't':
        set_page(render, c[2]);
        break;
    default:
        break;
    }
}

static void do_esc(struct escpos_render *render)
{
    const uint8_t *c = render->command;

    switch (c[1]) {
    case '@':
        initialise(render);
        break;
    case 'a':
        paper_align(render->paper, c[2] % 48 <= 2 ? (enum paper_align)(c[2] % 48) : PAPER_LEFT);
        break;
    case 'd':
        paper_end_line(render->paper, false);
        for (int i = 0; i < c[2] && !paper_is_nearly_full(render->paper, TALLEST); i++) {
            paper_end_line(render->paper, true);
        }
        break;
    case 'J':
        paper_feed(render->paper, c[2]);
        break;
    case '2':
        paper_line_spacing(render->paper, -1);
        break;
    case '3':
        paper_line_spacing(render->paper, c[2]);
        break;
    case '$':
        paper_move_to(render->paper, c[2] | c[3] << 8);
        break;
    case '\\':
        paper_move_to(render->paper, paper_position(render->paper) + (int16_t)(c[2] | c[3] << 8));
        break;
    case '*':
        paper_columns(render->paper, c + 5, c[3] | c[4] << 8, c[2] >= 32 ? 3 : 1);
        break;
    case 'i':
    case 'm':
        tear(render);
        break;
    case 'p':
        if (render->sink.drawer) {
            render->sink.drawer(render->sink.context, c[2] & 1, c[3] * 2);
        }
        break;
    default:
        esc_style(render, c);
        break;
    }
}

static void do_fs(struct escpos_render *render)
{
    const uint8_t *c = render->command;

    switch (c[1]) {
    case '&':
        render->chinese_on = true;
        break;
    case '.':
        render->chinese_on = false;
        break;
    case '!':
        render->style.scale_x = c[2] & 0x04 ? 2 : 1;
        render->style.scale_y = c[2] & 0x08 ? 2 : 1;
        render->style.underline = c[2] & 0x80;
        break;
    case 'W':
        render->style.scale_x = render->style.scale_y = c[2] & 1 ? 2 : 1;
        break;
    default:
        break;
    }
}

static void do_gs(struct escpos_render *render)
{
    const uint8_t *c = render->command;

    switch (c[1]) {
    case '!':
        render->style.scale_x = (c[2] >> 4 & 7) + 1;
        render->style.scale_y = (c[2] & 7) + 1;
        break;
    case 'B':
        render->style.inverse = c[2] & 1;
        break;
    case 'H':
        render->barcode.text = c[2] & 3;
        break;
    case 'h':
        render->barcode.height = c[2] ? c[2] : 1;
        break;
    case 'w':
        render->barcode.module = c[2] >= 1 && c[2] <= 6 ? c[2] : render->barcode.module;
        break;
    case 'k':
        print_barcode(render);
        break;
    case '(':
        if (c[2] == 'L') {
            do_graphics(render, 5);
        } else {
            do_qr(render);
        }
        break;
    case '8':
        do_graphics(render, 7);
        break;
    case 'L':
        paper_margin(render->paper, c[2] | c[3] << 8, -1);
        break;
    case 'W':
        paper_margin(render->paper, -1, c[2] | c[3] << 8);
        break;
    case 'V':
        tear(render);
        break;
    default:
        break;
    }
}

static void do_control(struct escpos_render *render, uint8_t byte)
{
    int cell = 12 * render->style.scale_x;

    if (byte == '\n' || byte == 0x0C) {
        paper_end_line(render->paper, true);
    } else if (byte == '\t') {
        paper_move_to(render->paper, (paper_position(render->paper) / (8 * cell) + 1) * 8 * cell);
    }
}

/* The command in render->command is whole. */
static void execute(struct escpos_render *render)
{
    const uint8_t *c = render->command;

    if (paper_is_nearly_full(render->paper, TALLEST)) {
        tear(render);
    }
    switch (c[0]) {
    case 0x10:
        do_dle(render);
        break;
    case 0x1B:
        do_esc(render);
        break;
    case 0x1C:
        do_fs(render);
        break;
    case 0x1D:
        do_gs(render);
        break;
    default:
        if (c[0] < 0x20) {
            do_control(render, c[0]);
        } else if (c[0] != 0x7F) {
            put_text(render, c, render->length);
        }
        break;
    }
}

/* GS v 0: rows come as they come, since a picture may be longer than any buffer. */
static void start_raster(struct escpos_render *render)
{
    const uint8_t *c = render->command;

    render->raster.scale_x = c[3] & 1 ? 2 : 1;
    render->raster.scale_y = c[3] & 2 ? 2 : 1;
    render->raster.width = (size_t)c[4] | (size_t)c[5] << 8;
    render->raster.rows = render->raster.width ? c[6] | c[7] << 8 : 0;
    render->raster.filled = 0;
}

static void add_raster_byte(struct escpos_render *render, uint8_t byte)
{
    if (render->raster.filled < RASTER_ROW_MAX) {
        render->raster.row[render->raster.filled] = byte;
    }
    if (++render->raster.filled == render->raster.width) {
        size_t width = render->raster.width < RASTER_ROW_MAX ? render->raster.width : RASTER_ROW_MAX;
        struct paper_bits row = {render->raster.row, (int)width, 1, render->raster.scale_x, render->raster.scale_y};

        if (paper_is_nearly_full(render->paper, TALLEST)) {
            tear(render);
        }
        paper_bits(render->paper, &row);
        render->raster.filled = 0;
        render->raster.rows--;
    }
}

/* The whole length of what stands in command, as escpos_length, with Chinese characters. */
static int64_t needed(const struct escpos_render *render)
{
    const uint8_t *c = render->command;

    if (!render->chinese_on || c[0] < 0x81) {
        return escpos_length(c, render->length);
    }
    if (render->length < 2) {
        return 0;
    }
    return c[1] >= 0x30 && c[1] <= 0x39 ? 4 : 2;
}

static void add_byte(struct escpos_render *render, uint8_t byte)
{
    int64_t length;

    render->command[render->length++] = byte;
    length = needed(render);
    if (length < 0) {
        render->unknown++;
        render->length = 0;
    } else if (render->length == 8 && render->command[0] == 0x1D && render->command[1] == 'v') {
        start_raster(render);
        render->length = 0;
    } else if (length > COMMAND_MAX) {
        render->skip = length - (int64_t)render->length;
        render->length = 0;
    } else if (length > 0 && (int64_t)render->length >= length) {
        execute(render);
        render->length = 0;
    }
}

int escpos_render_open(int dots, const struct escpos_render_sink *sink, struct escpos_render **out_render)
{
    struct escpos_render *render;
    int error;

    assert(sink && out_render && dots >= 256 && dots <= 1024);
    render = calloc(1, sizeof(*render));
    if (!render) {
        return -ENOMEM;
    }
    render->sink = *sink;
    render->page = (iconv_t)-1;
    render->chinese = iconv_open("UTF-8", "GB18030");
    set_page(render, 0);
    error = render->chinese == (iconv_t)-1 ? -ENOTSUP : paper_open(dots, &render->paper);
    if (error) {
        escpos_render_close(render);
        return error;
    }
    initialise(render);
    *out_render = render;
    return 0;
}

void escpos_render_close(struct escpos_render *render)
{
    if (!render) {
        return;
    }
    paper_close(render->paper);
    if (render->chinese != (iconv_t)-1) {
        iconv_close(render->chinese);
    }
    if (render->page != (iconv_t)-1) {
        iconv_close(render->page);
    }
    free(render);
}

void escpos_render_feed(struct escpos_render *render, const uint8_t *bytes, size_t length)
{
    assert(render && (bytes || length == 0));
    for (size_t i = 0; i < length; i++) {
        if (render->skip > 0) {
            render->skip--;
        } else if (render->raster.rows > 0) {
            add_raster_byte(render, bytes[i]);
        } else {
            add_byte(render, bytes[i]);
        }
    }
}

unsigned escpos_render_unknown(const struct escpos_render *render)
{
    return render->unknown;
}
