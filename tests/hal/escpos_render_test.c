#include "cases.h"

#include <zbar.h>

#include "hal/escpos.h"
#include "picture.h"
#include "pixels.h"
#include "png_file.h"
#include "sim/ean_bars.h"
#include "sim/escpos_length.h"
#include "sim/escpos_render.h"

/* What the printer did, with a copy of the last paper. */
struct record {
    struct pixels paper;
    int cuts;
    int drawers;
    int drawer_pin;
    int drawer_ms;
    int questions;
};

static void on_cut(void *context, const struct pixels *paper)
{
    struct record *record = context;
    size_t length = (size_t)paper->stride_bytes * (size_t)paper->height;

    picture_finish(&record->paper);
    record->paper = *paper;
    record->paper.xrgb = malloc(length);
    memcpy(record->paper.xrgb, paper->xrgb, length);
    record->cuts++;
}

static void on_drawer(void *context, int pin, int on_ms)
{
    struct record *record = context;

    record->drawers++;
    record->drawer_pin = pin;
    record->drawer_ms = on_ms;
}

static void on_status(void *context, int n)
{
    ((struct record *)context)->questions += n;
}

static struct escpos_render *open_render(struct record *record)
{
    struct escpos_render_sink sink = {record, on_cut, on_drawer, on_status};
    struct escpos_render *render;

    *record = (struct record){0};
    assert_int_equal(escpos_render_open(576, &sink, &render), 0);
    return render;
}

static void close_render(struct escpos_render *render, struct record *record)
{
    escpos_render_close(render);
    picture_finish(&record->paper);
}

/* Dark pixels in a rectangle of the paper. */
static int ink(const struct pixels *paper, struct rect at)
{
    int count = 0;

    for (int y = at.y; y < at.y + at.height && y < paper->height; y++) {
        for (int x = at.x; x < at.x + at.width && x < paper->width; x++) {
            count += (paper->xrgb[y * paper->width + x] & 0xFF) < 128;
        }
    }
    return count;
}

static struct rect whole(const struct pixels *paper)
{
    return (struct rect){0, 0, paper->width, paper->height};
}

static size_t sample_receipt(uint8_t *bytes, size_t capacity)
{
    struct escpos e;
    size_t length = 0;

    escpos_init(&e, bytes, capacity, 48);
    escpos_align(&e, ESCPOS_CENTRE);
    escpos_size(&e, 2, 2);
    escpos_bold(&e, true);
    escpos_line(&e, "山茶便利店");
    escpos_bold(&e, false);
    escpos_size(&e, 1, 1);
    escpos_line(&e, "人民南路 88 号 · Camellia Market");
    escpos_align(&e, ESCPOS_LEFT);
    escpos_rule(&e, '-');
    escpos_columns(&e, "2026-11-21 18:04", "收银员 03");
    escpos_rule(&e, '-');
    escpos_columns(&e, "有机苹果 500g", "￥12.80");
    escpos_columns(&e, "  会员价", "-￥2.00");
    escpos_columns(&e, "乌龙茶 500ml ×2", "￥9.00");
    escpos_columns(&e, "A very long English product name that does not fit", "¥108.00");
    escpos_rule(&e, '=');
    escpos_bold(&e, true);
    escpos_size(&e, 2, 1);
    escpos_columns(&e, "合计", "￥127.80");
    escpos_size(&e, 1, 1);
    escpos_bold(&e, false);
    escpos_columns(&e, "优惠券：满100减20", "-￥20.00");
    escpos_columns(&e, "本次积分", "+107");
    escpos_feed(&e, 1);
    escpos_align(&e, ESCPOS_CENTRE);
    escpos_qr(&e, "HTTPS://TILLSIDE.EXAMPLE/R/0123456789ABCDEF", 6, ESCPOS_QR_Q);
    escpos_feed(&e, 1);
    escpos_line(&e, "扫码关注，领取会员礼");
    escpos_feed(&e, 1);
    escpos_ean13(&e, "6901234567892");
    escpos_drawer(&e, 0, 120);
    escpos_cut(&e);
    assert_int_equal(escpos_finish(&e, &length), 0);
    return length;
}

static void a_receipt_is_a_picture_of_its_paper(void **state)
{
    static uint8_t bytes[4096];
    size_t length = sample_receipt(bytes, sizeof(bytes));
    const char *keep = getenv("TILLSIDE_KEEP_RECEIPT");
    struct record record;
    struct escpos_render *render = open_render(&record);

    (void)state;
    escpos_render_feed(render, bytes, length);
    assert_int_equal(record.cuts, 1);
    assert_int_equal(record.drawers, 1);
    assert_int_equal(record.drawer_pin, 0);
    assert_int_equal(record.drawer_ms, 120);
    assert_int_equal(escpos_render_unknown(render), 0);
    assert_int_equal(record.paper.width, 640);
    assert_in_range(record.paper.height, 600, 1200);
    assert_true(ink(&record.paper, whole(&record.paper)) > 10000);
    /* The margins stay white. */
    assert_int_equal(ink(&record.paper, (struct rect){0, 0, 32, record.paper.height}), 0);
    assert_int_equal(ink(&record.paper, (struct rect){608, 0, 32, record.paper.height}), 0);
    if (keep) {
        assert_int_equal(png_file_write(&record.paper, keep), 0);
    }
    close_render(render, &record);
}

/* An independent decoder reads the paper: every text must be among the codes it finds. */
static void expect_codes(const struct pixels *paper, const char *const *texts, size_t count)
{
    size_t length = (size_t)paper->width * (size_t)paper->height;
    zbar_image_scanner_t *scanner = zbar_image_scanner_create();
    zbar_image_t *image = zbar_image_create();
    uint8_t *grey = malloc(length);

    pixels_xrgb_to_grey(paper, grey, paper->width);
    zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
    zbar_image_set_size(image, (unsigned)paper->width, (unsigned)paper->height);
    zbar_image_set_data(image, grey, length, NULL);
    assert_true(zbar_scan_image(scanner, image) >= 0);
    for (size_t i = 0; i < count; i++) {
        bool found = false;

        for (const zbar_symbol_t *at = zbar_image_first_symbol(image); at; at = zbar_symbol_next(at)) {
            found |= strcmp(zbar_symbol_get_data(at), texts[i]) == 0;
        }
        if (!found) {
            fail_msg("'%s' is not on the paper", texts[i]);
        }
    }
    zbar_image_destroy(image);
    zbar_image_scanner_destroy(scanner);
    free(grey);
}

static void codes_on_the_paper_can_be_read(void **state)
{
    static const char *const codes[] = {"HTTPS://TILLSIDE.EXAMPLE/R/0123456789ABCDEF", "6901234567892"};
    static uint8_t bytes[4096];
    size_t length = sample_receipt(bytes, sizeof(bytes));
    struct record record;
    struct escpos_render *render = open_render(&record);

    (void)state;
    escpos_render_feed(render, bytes, length);
    expect_codes(&record.paper, codes, ARRAY_LEN(codes));
    close_render(render, &record);
}

static void what_others_encoded_prints(void **state)
{
    static const struct {
        const char *path;
        const char *codes[2];
    } streams[] = {
        {"tests/hal/streams/receiptline.bin", {"HTTPS://TILLSIDE.EXAMPLE/R/1", "6901234567892"}},
        {"tests/hal/streams/receipt-printer-encoder.bin", {"HTTPS://TILLSIDE.EXAMPLE/R/2", "6901234567892"}},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(streams); i++) {
        static uint8_t bytes[8192];
        struct record record;
        struct escpos_render *render = open_render(&record);
        FILE *file = fopen(streams[i].path, "rb");
        size_t length;

        assert_non_null(file);
        length = fread(bytes, 1, sizeof(bytes), file);
        fclose(file);
        for (size_t at = 0; at < length && record.cuts == 0; at++) {
            escpos_render_feed(render, bytes + at, 1);
        }
        assert_int_equal(record.cuts, 1);
        assert_int_equal(escpos_render_unknown(render), 0);
        expect_codes(&record.paper, streams[i].codes, 2);
        close_render(render, &record);
    }
}

static void pieces_of_any_size_print_the_same(void **state)
{
    static uint8_t bytes[4096];
    size_t length = sample_receipt(bytes, sizeof(bytes));
    struct record at_once;
    struct record in_pieces;
    struct escpos_render *a = open_render(&at_once);
    struct escpos_render *b = open_render(&in_pieces);

    (void)state;
    escpos_render_feed(a, bytes, length);
    for (size_t i = 0; i < length; i++) {
        escpos_render_feed(b, bytes + i, 1);
    }
    assert_int_equal(at_once.paper.height, in_pieces.paper.height);
    assert_memory_equal(at_once.paper.xrgb, in_pieces.paper.xrgb,
                        (size_t)at_once.paper.stride_bytes * (size_t)at_once.paper.height);
    close_render(a, &at_once);
    close_render(b, &in_pieces);
}

static void a_raster_prints_its_dots(void **state)
{
    static const uint8_t bytes[] = {0x1B, 0x40, 0x1D, 0x76, 0x30, 0x00, 0x01, 0x00,
                                    0x02, 0x00, 0xFF, 0x0F, 0x1D, 0x56, 0x00};
    struct record record;
    struct escpos_render *render = open_render(&record);

    (void)state;
    escpos_render_feed(render, bytes, sizeof(bytes));
    assert_int_equal(record.cuts, 1);
    assert_int_equal(ink(&record.paper, whole(&record.paper)), 12);
    close_render(render, &record);
}

static void status_questions_reach_the_printer(void **state)
{
    struct record record;
    struct escpos_render *render = open_render(&record);

    (void)state;
    escpos_render_feed(render, (const uint8_t *)"\x10\x04\x01\x10\x04\x04", 6);
    assert_int_equal(record.questions, 5);
    assert_int_equal(record.cuts, 0);
    close_render(render, &record);
}

static void unknown_commands_are_counted_and_the_rest_prints(void **state)
{
    struct record record;
    struct escpos_render *render = open_render(&record);

    (void)state;
    escpos_render_feed(render, (const uint8_t *)"\x1B\x7FHello\n\x1D\x56\x00", 11);
    assert_int_equal(escpos_render_unknown(render), 1);
    assert_int_equal(record.cuts, 1);
    assert_true(ink(&record.paper, whole(&record.paper)) > 100);
    close_render(render, &record);
}

static void paper_without_end_is_cut_into_bounded_pictures(void **state)
{
    struct record record;
    struct escpos_render *render = open_render(&record);

    (void)state;
    for (int i = 0; i < 600; i++) {
        escpos_render_feed(render, (const uint8_t *)"0123456789\n", 11);
    }
    assert_true(record.cuts >= 2);
    assert_true(record.paper.height <= ESCPOS_PAPER_MAX);
    close_render(render, &record);
}

static void a_barcode_without_end_does_no_harm(void **state)
{
    struct record record;
    struct escpos_render *render = open_render(&record);
    uint8_t longest[259] = {0x1D, 'k', 73, 255};

    (void)state;
    escpos_render_feed(render, (const uint8_t *)"\x1Dk\x04", 3);
    for (int i = 0; i < 2000; i++) {
        escpos_render_feed(render, (const uint8_t *)"9", 1);
    }
    escpos_render_feed(render, (const uint8_t *)"\x00\n", 2);
    memset(longest + 4, 'A', 255);
    escpos_render_feed(render, longest, sizeof(longest));
    escpos_render_feed(render, (const uint8_t *)"\x1DV\x00", 3);
    assert_int_equal(escpos_render_unknown(render), 1);
    assert_int_equal(record.cuts, 1);
    close_render(render, &record);
}

/* A small generator: the same bytes everywhere, so that a failure can be looked at. */
static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 16;
}

static void random_bytes_do_no_harm(void **state)
{
    static const uint8_t starts[] = {0x1B, 0x1D, 0x1C, 0x10, '\n', 0xC4};
    struct record record;
    struct escpos_render *render = open_render(&record);
    uint32_t seed = 20261121;

    (void)state;
    for (int i = 0; i < 60000; i++) {
        uint8_t byte = (uint8_t)next_random(&seed);

        if (next_random(&seed) % 4 == 0) {
            byte = starts[next_random(&seed) % sizeof(starts)];
        }
        escpos_render_feed(render, &byte, 1);
    }
    close_render(render, &record);
}

static void lengths_of_commands_are_known(void **state)
{
    static const struct {
        const char *bytes;
        size_t available;
        int64_t length;
    } table[] = {
        {"A", 1, 1},
        {"\x1B", 1, 0},
        {"\x1B@", 2, 2},
        {"\x1B"
         "a",
         2, 3},
        {"\x1Bp\x00", 3, 5},
        {"\x1D(k\x03", 4, 0},
        {"\x1D(k\x03\x00", 5, 8},
        {"\x1Dk\x02"
         "123",
         6, 0},
        {"\x1Dk\x02"
         "123\x00",
         7, 7},
        {"\x1DkC\x0C", 4, 16},
        {"\x1DV\x42", 3, 4},
        {"\x1DV\x00", 3, 3},
        {"\x1Dv0\x00\x02\x00\x03\x00", 8, 14},
        {"\x1B*\x21\x0A\x00", 5, 35},
        {"\x10\x04", 2, 3},
        {"\x1B\x7F", 2, -1},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        assert_int_equal(escpos_length((const uint8_t *)table[i].bytes, table[i].available), table[i].length);
    }
}

static void ean_bars_are_those_of_the_standard(void **state)
{
    char modules[EAN_MODULES_MAX + 1];
    char digits[14];

    (void)state;
    /* 5901234123457 is the example that the standard's own figures use. */
    assert_int_equal(ean_bars("590123412345", modules, digits), 95);
    assert_string_equal(modules, "101"
                                 "0001011"
                                 "0100111"
                                 "0110011"
                                 "0010011"
                                 "0111101"
                                 "0011101"
                                 "01010"
                                 "1100110"
                                 "1101100"
                                 "1000010"
                                 "1011100"
                                 "1001110"
                                 "1000100"
                                 "101");
    assert_string_equal(digits, "5901234123457");
    assert_int_equal(ean_bars("5901234123457", modules, digits), 95);
    assert_int_equal(ean_bars("5901234123458", modules, digits), 0);
    assert_int_equal(ean_bars("96385074", modules, digits), 67);
    assert_int_equal(ean_bars("96385075", modules, digits), 0);
    assert_int_equal(ean_bars("123456789", modules, digits), 0);
    assert_int_equal(ean_bars("59012341234x", modules, digits), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_receipt_is_a_picture_of_its_paper),
        cmocka_unit_test(codes_on_the_paper_can_be_read),
        cmocka_unit_test(what_others_encoded_prints),
        cmocka_unit_test(pieces_of_any_size_print_the_same),
        cmocka_unit_test(a_raster_prints_its_dots),
        cmocka_unit_test(status_questions_reach_the_printer),
        cmocka_unit_test(unknown_commands_are_counted_and_the_rest_prints),
        cmocka_unit_test(paper_without_end_is_cut_into_bounded_pictures),
        cmocka_unit_test(a_barcode_without_end_does_no_harm),
        cmocka_unit_test(random_bytes_do_no_harm),
        cmocka_unit_test(lengths_of_commands_are_known),
        cmocka_unit_test(ean_bars_are_those_of_the_standard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
