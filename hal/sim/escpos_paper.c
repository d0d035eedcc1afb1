#include "escpos_paper.h"

#include <assert.h>
#include <cairo.h>
#include <pango/pangocairo.h>
#include <qrencode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ean_bars.h"
#include "escpos_render.h"

#define CELL_WIDTH   12 /* font A: 12 × 24 dots, a Chinese character two cells */
#define CELL_HEIGHT  24
#define SMALL_WIDTH  9 /* font B */
#define SMALL_HEIGHT 17
#define BASELINE     20.5
#define LINE_SPACING 30
#define FOOT         40 /* white below the last line: what lies between head and cutter */
#define HEAD         24
#define WHITE        0xFFFFFFU
#define FONT         "Noto Sans Mono CJK SC, Noto Sans CJK SC, monospace"

struct glyph {
    char utf8[8];
    int x;
    int width;
    int height;
    struct paper_style style;
};

struct paper {
    int dots;
    struct pixels pixels; /* margins included; rows from clean on were never whitened */
    int clean;
    int y; /* top of the line that is being collected */
    enum paper_align align;
    int spacing;
    int margin;
    int area;
    int x; /* from the margin */
    int line_height;
    size_t glyph_count;
    struct glyph glyphs[PAPER_LINE_MAX];
    cairo_surface_t *surface;
    cairo_t *cairo;
    PangoLayout *layout;
    PangoFontDescription *plain;
    PangoFontDescription *bold;
};

int paper_open(int dots, struct paper **out_paper)
{
    struct paper *paper = calloc(1, sizeof(*paper));
    int width = dots + 2 * ESCPOS_PAPER_MARGIN;

    if (!paper) {
        return -ENOMEM;
    }
    paper->dots = dots;
    /* Zero pages: what no receipt ever reaches costs no memory. */
    paper->pixels = (struct pixels){calloc((size_t)width * ESCPOS_PAPER_MAX, 4), width, ESCPOS_PAPER_MAX, width * 4};
    if (!paper->pixels.xrgb) {
        free(paper);
        return -ENOMEM;
    }
    paper->surface = cairo_image_surface_create_for_data((uint8_t *)paper->pixels.xrgb, CAIRO_FORMAT_RGB24, width,
                                                         ESCPOS_PAPER_MAX, width * 4);
    paper->cairo = cairo_create(paper->surface);
    paper->layout = pango_cairo_create_layout(paper->cairo);
    paper->plain = pango_font_description_from_string(FONT);
    paper->bold = pango_font_description_from_string(FONT);
    pango_font_description_set_absolute_size(paper->plain, CELL_HEIGHT * PANGO_SCALE);
    pango_font_description_set_absolute_size(paper->bold, CELL_HEIGHT * PANGO_SCALE);
    pango_font_description_set_weight(paper->bold, PANGO_WEIGHT_BOLD);
    paper->y = HEAD;
    paper_reset(paper);
    if (cairo_status(paper->cairo) != CAIRO_STATUS_SUCCESS) {
        paper_close(paper);
        return -ENOMEM;
    }
    *out_paper = paper;
    return 0;
}

void paper_close(struct paper *paper)
{
    if (!paper) {
        return;
    }
    pango_font_description_free(paper->plain);
    pango_font_description_free(paper->bold);
    g_object_unref(paper->layout);
    cairo_destroy(paper->cairo);
    cairo_surface_destroy(paper->surface);
    free(paper->pixels.xrgb);
    free(paper);
}

static int clamp(int value, int min, int max)
{
    return value < min ? min : value > max ? max : value;
}

void paper_reset(struct paper *paper)
{
    paper->align = PAPER_LEFT;
    paper->spacing = LINE_SPACING;
    paper->margin = 0;
    paper->area = paper->dots;
}

void paper_align(struct paper *paper, enum paper_align align)
{
    paper->align = align;
}

void paper_line_spacing(struct paper *paper, int dots)
{
    paper->spacing = dots < 0 ? LINE_SPACING : dots;
}

void paper_margin(struct paper *paper, int left, int width)
{
    paper->margin = left < 0 ? paper->margin : clamp(left, 0, paper->dots - SMALL_WIDTH * 8);
    paper->area = clamp(width < 0 ? paper->area : width, SMALL_WIDTH * 8, paper->dots - paper->margin);
}

void paper_move_to(struct paper *paper, int x)
{
    paper->x = clamp(x, 0, paper->area);
}

int paper_position(const struct paper *paper)
{
    return paper->x;
}

bool paper_is_nearly_full(const struct paper *paper, int dots)
{
    return paper->y + dots + FOOT > ESCPOS_PAPER_MAX;
}

/* White paper down to a row, before anything is drawn there. */
static void unroll(struct paper *paper, int to)
{
    to = clamp(to, 0, ESCPOS_PAPER_MAX);
    if (to > paper->clean) {
        struct pixels fresh = paper->pixels;

        fresh.xrgb += (ptrdiff_t)paper->clean * fresh.width;
        fresh.height = to - paper->clean;
        pixels_fill(&fresh, WHITE);
        cairo_surface_mark_dirty(paper->surface);
        paper->clean = to;
    }
}

static void fill(struct paper *paper, struct rect rect, double grey)
{
    cairo_set_source_rgb(paper->cairo, grey, grey, grey);
    cairo_rectangle(paper->cairo, rect.x, rect.y, rect.width, rect.height);
    cairo_fill(paper->cairo);
}

/* The left edge of something so wide, on the picture. */
static int aligned(const struct paper *paper, int width)
{
    int room = paper->area - width;
    int shift = paper->align == PAPER_CENTRE ? room / 2 : paper->align == PAPER_RIGHT ? room : 0;

    return ESCPOS_PAPER_MARGIN + paper->margin + (shift > 0 ? shift : 0);
}

void paper_put(struct paper *paper, const char *utf8, int cells, const struct paper_style *style)
{
    int cell = style->small ? SMALL_WIDTH : CELL_WIDTH;
    int width = cells * cell * style->scale_x;
    struct glyph *glyph;

    if (paper->x + width > paper->area || paper->glyph_count == PAPER_LINE_MAX) {
        paper_end_line(paper, false);
    }
    glyph = &paper->glyphs[paper->glyph_count++];
    *glyph = (struct glyph){
        .x = paper->x,
        .width = width,
        .height = (style->small ? SMALL_HEIGHT : CELL_HEIGHT) * style->scale_y,
        .style = *style,
    };
    snprintf(glyph->utf8, sizeof(glyph->utf8), "%s", utf8);
    paper->x += width + style->spacing * style->scale_x;
    paper->line_height = glyph->height > paper->line_height ? glyph->height : paper->line_height;
}

static void draw_glyph(struct paper *paper, const struct glyph *glyph, int left)
{
    cairo_t *cairo = paper->cairo;
    struct rect cell = {left + glyph->x, paper->y + paper->line_height - glyph->height, glyph->width, glyph->height};
    double scale_x = glyph->style.scale_x * (glyph->style.small ? (double)SMALL_WIDTH / CELL_WIDTH : 1.0);
    double ink = glyph->style.inverse ? 1.0 : 0.0;

    if (glyph->style.inverse) {
        fill(paper, cell, 0.0);
    }
    if (glyph->style.underline) {
        fill(paper, (struct rect){cell.x, cell.y + cell.height, cell.width, 2}, 0.0);
    }
    if (strcmp(glyph->utf8, " ") == 0) {
        return;
    }
    cairo_save(cairo);
    cairo_rectangle(cairo, cell.x - 2, cell.y - 4, cell.width + 4, cell.height + 8);
    cairo_clip(cairo);
    cairo_translate(cairo, cell.x, cell.y);
    cairo_scale(cairo, scale_x, (double)glyph->height / CELL_HEIGHT);
    cairo_move_to(cairo, 0, BASELINE);
    cairo_set_source_rgb(cairo, ink, ink, ink);
    pango_layout_set_font_description(paper->layout, glyph->style.bold ? paper->bold : paper->plain);
    pango_layout_set_text(paper->layout, glyph->utf8, -1);
    pango_cairo_update_layout(cairo, paper->layout);
    pango_cairo_show_layout_line(cairo, pango_layout_get_line_readonly(paper->layout, 0));
    cairo_restore(cairo);
}

void paper_end_line(struct paper *paper, bool force)
{
    int height = paper->line_height > paper->spacing ? paper->line_height : paper->spacing;

    if (paper->x > 0 || paper->glyph_count > 0 || force) {
        unroll(paper, paper->y + height + FOOT);
        for (size_t i = 0; i < paper->glyph_count; i++) {
            draw_glyph(paper, &paper->glyphs[i], aligned(paper, paper->x));
        }
        paper->y += height;
    }
    paper->glyph_count = 0;
    paper->line_height = 0;
    paper->x = 0;
}

void paper_feed(struct paper *paper, int dots)
{
    paper_end_line(paper, false);
    paper->y += dots;
    unroll(paper, paper->y + FOOT);
}

void paper_qr(struct paper *paper, const uint8_t *data, size_t length, int module_dots, int level)
{
    QRcode *code = QRcode_encodeData((int)length, data, 0, (QRecLevel)level);
    int left;

    paper_end_line(paper, false);
    if (!code || code->width * module_dots > paper->area) {
        /* A real printer prints nothing either when a code does not fit. */
        QRcode_free(code);
        return;
    }
    left = aligned(paper, code->width * module_dots);
    unroll(paper, paper->y + code->width * module_dots + FOOT);
    for (int y = 0; y < code->width; y++) {
        for (int x = 0; x < code->width; x++) {
            if (code->data[y * code->width + x] & 1) {
                fill(paper, (struct rect){left + x * module_dots, paper->y + y * module_dots, module_dots, module_dots},
                     0.0);
            }
        }
    }
    paper->y += code->width * module_dots;
    QRcode_free(code);
}

void paper_ean(struct paper *paper, const char *digits, int module_dots, int height, bool text)
{
    struct paper_style style = {.scale_x = 1, .scale_y = 1};
    char modules[EAN_MODULES_MAX + 1];
    char whole[14];
    int count = ean_bars(digits, modules, whole);
    int left;

    paper_end_line(paper, false);
    if (count == 0 || count * module_dots > paper->area) {
        return;
    }
    left = aligned(paper, count * module_dots);
    unroll(paper, paper->y + height + FOOT);
    for (int i = 0; i < count; i++) {
        if (modules[i] == '1') {
            fill(paper, (struct rect){left + i * module_dots, paper->y, module_dots, height}, 0.0);
        }
    }
    paper->y += height + 4;
    if (text) {
        for (const char *at = whole; *at; at++) {
            paper_put(paper, (char[]){*at, '\0'}, 1, &style);
        }
        paper_end_line(paper, false);
    }
}

void paper_boxed(struct paper *paper, const char *text, int height)
{
    struct paper_style style = {.scale_x = 1, .scale_y = 1};
    int top;

    paper_end_line(paper, false);
    top = paper->y;
    unroll(paper, top + height + FOOT);
    paper->y += height > CELL_HEIGHT ? (height - CELL_HEIGHT) / 2 : 0;
    for (const char *at = text; *at; at++) {
        paper_put(paper, *at >= ' ' && *at < 0x7F ? (char[]){*at, '\0'} : "?", 1, &style);
    }
    paper_end_line(paper, false);
    cairo_set_source_rgb(paper->cairo, 0, 0, 0);
    cairo_set_line_width(paper->cairo, 2);
    cairo_rectangle(paper->cairo, ESCPOS_PAPER_MARGIN + paper->margin + 1, top + 1, paper->area - 2, height - 2);
    cairo_stroke(paper->cairo);
    paper->y = paper->y > top + height ? paper->y : top + height;
}

void paper_bits(struct paper *paper, const struct paper_bits *bits)
{
    int left = aligned(paper, bits->width_bytes * 8 * bits->scale_x);

    paper_end_line(paper, false);
    unroll(paper, paper->y + bits->height * bits->scale_y + FOOT);
    for (int y = 0; y < bits->height; y++) {
        for (int x = 0; x < bits->width_bytes * 8 && (x + 1) * bits->scale_x <= paper->area; x++) {
            if (bits->bits[y * bits->width_bytes + x / 8] & (0x80U >> x % 8)) {
                fill(
                    paper,
                    (struct rect){left + x * bits->scale_x, paper->y + y * bits->scale_y, bits->scale_x, bits->scale_y},
                    0.0);
            }
        }
    }
    paper->y += bits->height * bits->scale_y;
}

void paper_columns(struct paper *paper, const uint8_t *columns, int count, int bytes_a_column)
{
    int left = ESCPOS_PAPER_MARGIN + paper->margin + paper->x;
    int height = bytes_a_column * 8;

    unroll(paper, paper->y + height + FOOT);
    for (int x = 0; x < count && paper->x + x < paper->area; x++) {
        for (int y = 0; y < height; y++) {
            if (columns[x * bytes_a_column + y / 8] & (0x80U >> y % 8)) {
                fill(paper, (struct rect){left + x, paper->y + y, 1, 1}, 0.0);
            }
        }
    }
    paper->x = clamp(paper->x + count, 0, paper->area);
    paper->line_height = height > paper->line_height ? height : paper->line_height;
}

bool paper_tear(struct paper *paper, struct pixels *out_picture)
{
    bool printed;

    paper_end_line(paper, false);
    printed = paper->y > HEAD;
    unroll(paper, paper->y + FOOT);
    cairo_surface_flush(paper->surface);
    *out_picture = paper->pixels;
    out_picture->height = clamp(paper->y + FOOT, 1, ESCPOS_PAPER_MAX);
    paper->y = HEAD;
    paper->clean = 0;
    return printed;
}
