#include "central/admin/label_sheet.h"

#include "central/admin/sheet.h"
#include "central/phone/qr_picture.h"

#include <stdio.h>
#include <string.h>

#define MM         SHEET_MM
#define BLEED      (3 * MM)
#define MARK       (5 * MM) /* length of a cut mark */
#define MARK_AWAY  (4 * MM) /* from the cut: outside the bleed */
#define MODULE_MIN (0.4 * MM)
#define PAD        (3 * MM)

/* The tall label is drawn for this width and grows with it. */
#define TALL_WIDTH (90 * MM)

struct label {
    const json_t *sheet, *row;
    double x, y, width, height;
    double red, green, blue;
};

struct layout {
    struct label_size size;
    double page_width, page_height, width, height, gap;
    int columns, lines;
    int (*draw)(cairo_t *cr, const struct label *label);
};

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static long long number_of(const json_t *object, const char *name)
{
    return (long long)json_integer_value(json_object_get(object, name));
}

/* A band of the brand's colour, past the cut on the sides it touches. */
static void draw_band(cairo_t *cr, const struct label *label, double y, double height)
{
    cairo_set_source_rgb(cr, label->red, label->green, label->blue);
    cairo_rectangle(cr, label->x - BLEED, y, label->width + 2 * BLEED, height);
    cairo_fill(cr);
    cairo_set_source_rgb(cr, 0, 0, 0);
}

static int draw_code(cairo_t *cr, const struct label *label, const struct qr_square *square)
{
    double module = 0;
    int rc = qr_picture_paint(cr, text_of(label->row, "url"), square, &module);
    cairo_set_source_rgb(cr, 0, 0, 0);
    return rc ? rc : module < MODULE_MIN ? -ERANGE : 0;
}

static void number_words(const struct label *label, char *out, size_t cap)
{
    snprintf(out, cap, "No. %lld-%03lld · T%lld", number_of(label->sheet, "batch"), number_of(label->row, "serial"),
             number_of(label->row, "touchpoint"));
}

/* For the shelf's edge: the code on the left, words beside it. */
static int draw_flat(cairo_t *cr, const struct label *label)
{
    char number[64];
    double band = 3 * MM, side = label->height - band - 2 * MM;
    double x = label->x + PAD + side, room = label->width - side - 2 * PAD;
    struct qr_square square = {label->x + 1 * MM, label->y + 1 * MM, side};
    draw_band(cr, label, label->y + label->height - band, band + BLEED);
    sheet_pen(cr, true, 13);
    sheet_line(cr, text_of(label->sheet, "words"), x, label->y + 8 * MM, room);
    sheet_pen(cr, false, 7);
    sheet_line(cr, "Scan with WeChat to follow this store", x, label->y + 12 * MM, room);
    sheet_pen(cr, true, 10);
    sheet_line(cr, text_of(label->row, "store_zh"), x, label->y + 19 * MM, room);
    sheet_pen(cr, false, 9);
    sheet_line(cr, text_of(label->row, "shelf"), x, label->y + 24 * MM, room);
    number_words(label, number, sizeof(number));
    sheet_pen(cr, false, 7);
    sheet_line(cr, number, x, label->y + label->height - band - 2.5 * MM, room);
    return draw_code(cr, label, &square);
}

/* For tables and walls: words above, the code beneath. */
static int draw_tall(cairo_t *cr, const struct label *label)
{
    char number[64];
    double unit = label->width / TALL_WIDTH, middle = label->x + label->width / 2, room = label->width - 2 * PAD * unit;
    double bottom = label->y + label->height, side = 68 * MM * unit;
    struct qr_square square = {middle - side / 2, label->y + 34 * MM * unit, side};
    draw_band(cr, label, label->y - BLEED, 5 * MM * unit + BLEED);
    draw_band(cr, label, bottom - 3 * MM * unit, 3 * MM * unit + BLEED);
    sheet_pen(cr, false, 12 * unit);
    sheet_line_centred(cr, text_of(label->row, "store_zh"), middle, label->y + 14 * MM * unit, room);
    sheet_pen(cr, true, 20 * unit);
    sheet_line_centred(cr, text_of(label->sheet, "words"), middle, label->y + 25 * MM * unit, room);
    sheet_pen(cr, false, 8 * unit);
    sheet_line_centred(cr, "Scan with WeChat to follow this store", middle, label->y + 31 * MM * unit, room);
    sheet_pen(cr, false, 9 * unit);
    sheet_line_centred(cr, "自愿关注，随时可以取消", middle, label->y + 109 * MM * unit, room);
    sheet_line_centred(cr, text_of(label->row, "shelf"), middle, label->y + 115 * MM * unit, room);
    number_words(label, number, sizeof(number));
    sheet_pen(cr, false, 6.5 * unit);
    sheet_line_centred(cr, number, middle, bottom - 6 * MM * unit, room);
    return draw_code(cr, label, &square);
}

static const struct layout layouts[] = {
    {{"strip", 12}, 210 * MM, 297 * MM, 90 * MM, 38 * MM, 8 * MM, 2, 6, draw_flat},
    {{"card", 4}, 210 * MM, 297 * MM, 90 * MM, 130 * MM, 8 * MM, 2, 2, draw_tall},
    {{"poster", 1}, 240 * MM, 327 * MM, 210 * MM, 297 * MM, 0, 1, 1, draw_tall},
};

static const struct layout *find_layout(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(layouts); i++) {
        if (strcmp(layouts[i].size.name, name) == 0) {
            return &layouts[i];
        }
    }
    return NULL;
}

const struct label_size *label_size_find(const char *name)
{
    const struct layout *layout = find_layout(name);
    return layout ? &layout->size : NULL;
}

static double left_of(const struct layout *layout, int column)
{
    double all = layout->columns * layout->width + (layout->columns - 1) * layout->gap;
    return (layout->page_width - all) / 2 + column * (layout->width + layout->gap);
}

static double top_of(const struct layout *layout, int line)
{
    double all = layout->lines * layout->height + (layout->lines - 1) * layout->gap;
    return (layout->page_height - all) / 2 + line * (layout->height + layout->gap);
}

static void draw_mark(cairo_t *cr, double x, double y, double dx, double dy)
{
    cairo_move_to(cr, x, y);
    cairo_rel_line_to(cr, dx, dy);
    cairo_stroke(cr);
}

/* At the paper's edges only: one cut goes through the whole pile. */
static void draw_marks(cairo_t *cr, const struct layout *layout)
{
    double top = top_of(layout, 0) - MARK_AWAY, left = left_of(layout, 0) - MARK_AWAY;
    double bottom = top_of(layout, layout->lines - 1) + layout->height + MARK_AWAY;
    double right = left_of(layout, layout->columns - 1) + layout->width + MARK_AWAY;
    cairo_set_source_rgb(cr, 0, 0, 0);
    cairo_set_line_width(cr, 0.4);
    for (int i = 0; i < 2 * layout->columns; i++) {
        double x = left_of(layout, i / 2) + i % 2 * layout->width;
        draw_mark(cr, x, top, 0, -MARK);
        draw_mark(cr, x, bottom, 0, MARK);
    }
    for (int i = 0; i < 2 * layout->lines; i++) {
        double y = top_of(layout, i / 2) + i % 2 * layout->height;
        draw_mark(cr, left, y, -MARK, 0);
        draw_mark(cr, right, y, MARK, 0);
    }
}

static void set_colour(struct label *label)
{
    unsigned red = 0, green = 0, blue = 0;
    if (sscanf(text_of(label->sheet, "accent"), "#%2x%2x%2x", &red, &green, &blue) == 3) {
        label->red = red / 255.0;
        label->green = green / 255.0;
        label->blue = blue / 255.0;
    }
}

static int draw_page(cairo_t *cr, const struct layout *layout, const json_t *sheet, size_t first)
{
    const json_t *rows = json_object_get(sheet, "rows");
    struct label label = {.sheet = sheet, .width = layout->width, .height = layout->height};
    int rc = 0;
    set_colour(&label);
    for (int i = 0; rc == 0 && i < layout->size.per_page; i++) {
        label.row = json_array_get(rows, first + (size_t)i);
        if (!label.row) {
            break;
        }
        label.x = left_of(layout, i % layout->columns);
        label.y = top_of(layout, i / layout->columns);
        rc = layout->draw(cr, &label);
    }
    draw_marks(cr, layout);
    cairo_show_page(cr);
    return rc;
}

int label_sheet_draw(const json_t *json, bool svg, struct buffer *out_file)
{
    const struct layout *layout = find_layout(text_of(json, "size"));
    size_t count = json_array_size(json_object_get(json, "rows"));
    struct sheet paper;
    if (!layout || count == 0) {
        return -EINVAL;
    }
    if (svg && count > (size_t)layout->size.per_page) {
        return -E2BIG;
    }
    int rc = sheet_init(&paper, svg, layout->page_width, layout->page_height, out_file);
    if (rc < 0) {
        return rc;
    }
    for (size_t first = 0; rc == 0 && first < count; first += (size_t)layout->size.per_page) {
        rc = draw_page(paper.cr, layout, json, first);
    }
    int drawn = sheet_finish(&paper);
    return rc ? rc : drawn;
}
