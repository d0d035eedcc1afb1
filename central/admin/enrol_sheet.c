#include "central/admin/enrol_sheet.h"

#include "central/admin/sheet.h"
#include "central/phone/qr_picture.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define MM          SHEET_MM
#define PAGE_WIDTH  (210 * MM)
#define PAGE_HEIGHT (297 * MM)
#define MARGIN      (10 * MM)
#define HEAD_HEIGHT (22 * MM)
#define COLUMNS     2
#define ROWS        4
#define CARD_WIDTH  ((PAGE_WIDTH - 2 * MARGIN) / COLUMNS)
#define CARD_HEIGHT ((PAGE_HEIGHT - 2 * MARGIN - HEAD_HEIGHT) / ROWS)
#define CODE_SIDE   (50 * MM)
#define PAD         (3 * MM)
#define LINE        (6.4 * MM)
#define TEXT_PT     8.5
#define SMALL_PT    7.0

_Static_assert(ROWS *COLUMNS == ENROL_SHEET_PER_PAGE, "the sheet is full");

struct enrolment {
    const char *store_zh, *store_en, *role;
    long long store;
    const json_t *rows;
    char valid_to[40];
};

struct card {
    double x, y;
    const json_t *row;
};

static const char *role_words(const char *role)
{
    if (strcmp(role, "shelf") == 0) {
        return "货架 Shelf";
    }
    return strcmp(role, "counter") == 0 ? "收银 Counter" : "货架与收银 Shelf and counter";
}

/* A label, and what was given beside it, or a line to write on. */
static void draw_blank(cairo_t *cr, const char *label, const char *given, struct card at)
{
    double room = CARD_WIDTH - CODE_SIDE - 3 * PAD;
    sheet_pen(cr, false, SMALL_PT);
    sheet_line(cr, label, at.x, at.y, room);
    if (given && given[0]) {
        sheet_pen(cr, true, TEXT_PT);
        sheet_line(cr, given, at.x, at.y + LINE * 0.75, room);
        return;
    }
    cairo_set_line_width(cr, 0.5);
    cairo_move_to(cr, at.x, at.y + LINE * 0.9);
    cairo_line_to(cr, at.x + room, at.y + LINE * 0.9);
    cairo_stroke(cr);
}

static void draw_words(cairo_t *cr, const struct enrolment *sheet, const struct card *card)
{
    char text[256];
    double x = card->x + PAD + CODE_SIDE + PAD;
    double y = card->y + PAD + LINE;
    double room = CARD_WIDTH - CODE_SIDE - 3 * PAD;
    const char *name = json_string_value(json_object_get(card->row, "name"));
    cairo_set_source_rgb(cr, 0, 0, 0);
    sheet_pen(cr, true, TEXT_PT + 3);
    snprintf(text, sizeof(text), "%lld / %zu", (long long)json_integer_value(json_object_get(card->row, "no")),
             json_array_size(sheet->rows));
    sheet_line(cr, text, x, y, room);
    sheet_pen(cr, true, TEXT_PT);
    sheet_line(cr, sheet->store_zh, x, y += LINE * 1.1, room);
    sheet_pen(cr, false, TEXT_PT);
    snprintf(text, sizeof(text), "%s · no. %lld", sheet->store_en, sheet->store);
    sheet_line(cr, text, x, y += LINE * 0.75, room);
    sheet_line(cr, role_words(sheet->role), x, y += LINE * 0.75, room);
    draw_blank(cr, "设备名称 Name", name, (struct card){.x = x, .y = y += LINE * 1.1});
    draw_blank(cr, "序列号 Serial number", NULL, (struct card){.x = x, .y = y += LINE * 1.5});
    sheet_pen(cr, false, SMALL_PT);
    sheet_line(cr, "有效期至，仅用一次 Valid once, until", x, y += LINE * 1.7, room);
    sheet_pen(cr, true, TEXT_PT);
    sheet_line(cr, sheet->valid_to, x, y + LINE * 0.7, room);
}

static int draw_card(cairo_t *cr, const struct enrolment *sheet, const struct card *card)
{
    static const double dash[] = {3, 3};
    cairo_set_source_rgb(cr, 0.6, 0.6, 0.6);
    cairo_set_line_width(cr, 0.5);
    cairo_set_dash(cr, dash, ARRAY_LEN(dash), 0);
    cairo_rectangle(cr, card->x, card->y, CARD_WIDTH, CARD_HEIGHT);
    cairo_stroke(cr);
    cairo_set_dash(cr, NULL, 0, 0);
    draw_words(cr, sheet, card);
    const char *ticket = json_string_value(json_object_get(card->row, "ticket"));
    struct qr_square square = {card->x + PAD, card->y + (CARD_HEIGHT - CODE_SIDE) / 2.0, CODE_SIDE};
    double module = 0;
    return ticket ? qr_picture_paint(cr, ticket, &square, &module) : -EINVAL;
}

static void draw_head(cairo_t *cr, size_t page, size_t pages)
{
    char text[48];
    double room = PAGE_WIDTH - 2 * MARGIN;
    cairo_set_source_rgb(cr, 0, 0, 0);
    sheet_pen(cr, true, 15);
    sheet_line(cr, "Tillside 终端注册 · Terminal enrolment", MARGIN, MARGIN + 5 * MM, room);
    sheet_pen(cr, false, TEXT_PT);
    sheet_line(cr,
               "终端开机后显示注册画面，把一张二维码对准摄像头或扫码枪；再与总部核对屏幕上的六位数字。每张只用于一台。",
               MARGIN, MARGIN + 11 * MM, room);
    sheet_line(cr,
               "Switch the terminal on, show one code to its camera or scanner, then compare the six digits on its "
               "screen with head office. One code, one device.",
               MARGIN, MARGIN + 15.5 * MM, room);
    snprintf(text, sizeof(text), "%zu / %zu", page + 1, pages);
    sheet_line(cr, text, PAGE_WIDTH - MARGIN - 12 * MM, MARGIN + 5 * MM, 12 * MM);
}

static int draw_page(cairo_t *cr, const struct enrolment *sheet, size_t page, size_t pages)
{
    size_t first = page * ENROL_SHEET_PER_PAGE;
    size_t count = json_array_size(sheet->rows);
    int rc = 0;
    draw_head(cr, page, pages);
    for (size_t i = 0; rc == 0 && i < ENROL_SHEET_PER_PAGE && first + i < count; i++) {
        size_t column = i % COLUMNS, line = i / COLUMNS;
        struct card card = {.x = MARGIN + (double)column * CARD_WIDTH,
                            .y = MARGIN + HEAD_HEIGHT + (double)line * CARD_HEIGHT,
                            .row = json_array_get(sheet->rows, first + i)};
        rc = draw_card(cr, sheet, &card);
    }
    cairo_show_page(cr);
    return rc;
}

static int read_sheet(const json_t *json, struct enrolment *out_sheet)
{
    struct enrolment sheet = {.rows = json_object_get(json, "rows"),
                              .store_zh = json_string_value(json_object_get(json, "store_zh")),
                              .store_en = json_string_value(json_object_get(json, "store_en")),
                              .role = json_string_value(json_object_get(json, "role")),
                              .store = (long long)json_integer_value(json_object_get(json, "store"))};
    time_t ends = (time_t)(json_integer_value(json_object_get(json, "valid_to_ms")) / 1000);
    struct tm local;
    if (!sheet.store_zh || !sheet.store_en || !sheet.role || json_array_size(sheet.rows) == 0 ||
        !localtime_r(&ends, &local)) {
        return -EINVAL;
    }
    strftime(sheet.valid_to, sizeof(sheet.valid_to), "%Y-%m-%d %H:%M (UTC%z)", &local);
    *out_sheet = sheet;
    return 0;
}

int enrol_sheet_draw(const json_t *json, bool svg, struct buffer *out_file)
{
    struct enrolment sheet = {0};
    int rc = read_sheet(json, &sheet);
    if (rc < 0) {
        return rc;
    }
    size_t pages = (json_array_size(sheet.rows) + ENROL_SHEET_PER_PAGE - 1) / ENROL_SHEET_PER_PAGE;
    if (svg && pages > 1) {
        return -E2BIG;
    }
    struct sheet paper;
    rc = sheet_init(&paper, svg, PAGE_WIDTH, PAGE_HEIGHT, out_file);
    if (rc < 0) {
        return rc;
    }
    for (size_t page = 0; rc == 0 && page < pages; page++) {
        rc = draw_page(paper.cr, &sheet, page, pages);
    }
    int drawn = sheet_finish(&paper);
    return rc ? rc : drawn;
}
