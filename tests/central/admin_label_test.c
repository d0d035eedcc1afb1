#include "wechat_fixture.h"
#include "wechat_platform.h"

#include "central/admin/label_sheet.h"
#include "central/admin/sheet.h"
#include "central/store/journal.h"
#include "central/store/touchpoint_batch.h"
#include "central/store/wechat_budget.h"
#include "domain/record.h"
#include "scan/scan.h"

#include <librsvg/rsvg.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Printed follow codes: a batch, its sheet as a printer gets it, read back by the scanner that our own terminals use.
 */

static struct people_fixture f;
static struct platform p;

static int open_all(void **state)
{
    (void)state;
    platform_open_shop(&p, &f);
    json_decref(admin_do(&f, "store add", "{\"zh\":\"松江路店\",\"en\":\"Songjiang\"}"));
    json_decref(admin_do(&f, "store add", "{\"zh\":\"人民路店\",\"en\":\"Renmin\"}"));
    return 0;
}

static int close_all(void **state)
{
    (void)state;
    platform_close_shop(&p, &f);
    return 0;
}

/* The sheet of a new batch, as the console gets it. */
static json_t *print(const char *wish)
{
    char batch[64];
    snprintf(batch, sizeof(batch), "{\"batch\":%lld}",
             (long long)number_of(admin_do(&f, "touchpoint batch-make", wish), "batch"));
    while (number_of(admin_do(&f, "touchpoint batch-codes", batch), "left") > 0) {
    }
    return admin_do(&f, "touchpoint batch-sheet", batch);
}

/* Grey, at so many dots a millimetre. */
struct picture {
    int width, height;
    uint8_t *grey;
};

static struct picture render(const struct buffer *svg, double width_mm, double height_mm, double dots)
{
    struct picture picture = {(int)(width_mm * dots), (int)(height_mm * dots), NULL};
    RsvgHandle *handle = rsvg_handle_new_from_data(svg->data, svg->len, NULL);
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, picture.width, picture.height);
    cairo_t *cr = cairo_create(surface);
    RsvgRectangle page = {0, 0, picture.width, picture.height};
    assert_non_null(handle);
    cairo_set_source_rgb(cr, 1, 1, 1);
    cairo_paint(cr);
    assert_true(rsvg_handle_render_document(handle, cr, &page, NULL));
    cairo_surface_flush(surface);
    picture.grey = malloc((size_t)picture.width * (size_t)picture.height);
    assert_non_null(picture.grey);
    for (int y = 0; y < picture.height; y++) {
        const uint8_t *line = cairo_image_surface_get_data(surface) + y * cairo_image_surface_get_stride(surface);
        for (int x = 0; x < picture.width; x++) {
            picture.grey[y * picture.width + x] = line[4 * x + 1];
        }
    }
    cairo_destroy(cr);
    cairo_surface_destroy(surface);
    g_object_unref(handle);
    return picture;
}

/* One label of a page that is divided evenly says what its row says, and nothing else. */
static void assert_label_reads(struct scan *scan, const struct scan_image *label, const char *url)
{
    struct scan_result *result = calloc(1, sizeof(*result));
    assert_non_null(result);
    assert_int_equal(scan_still(scan, label, result), 0);
    assert_int_equal(result->count, 1);
    assert_string_equal(result->codes[0].text, url);
    free(result);
}

struct page {
    double width_mm, height_mm, dots;
    int columns, lines;
};

static void assert_sheet_reads(const char *wish, const struct page *page)
{
    struct scan_options options = scan_options_default();
    struct scan *scan = NULL;
    struct buffer svg;
    json_t *answer = print(wish);
    const json_t *sheet = json_object_get(answer, "result"), *rows = json_object_get(sheet, "rows");
    buffer_init(&svg, SHEET_MAX);
    assert_int_equal(label_sheet_draw(sheet, true, &svg), 0);
    struct picture picture = render(&svg, page->width_mm, page->height_mm, page->dots);
    options.max_width = picture.width;
    options.max_height = picture.height;
    assert_int_equal(scan_open(&options, &scan), 0);
    assert_int_equal(json_array_size(rows), page->columns * page->lines);
    for (int i = 0; i < page->columns * page->lines; i++) {
        int width = picture.width / page->columns, height = picture.height / page->lines;
        struct scan_image label = {picture.grey + (i / page->columns * height) * picture.width +
                                       i % page->columns * width,
                                   width, height, picture.width};
        assert_label_reads(scan, &label, json_string_value(json_object_get(json_array_get(rows, (size_t)i), "url")));
    }
    scan_close(scan);
    free(picture.grey);
    buffer_finish(&svg);
    json_decref(answer);
}

static void every_code_of_a_sheet_is_read_by_our_own_scanner(void **state)
{
    (void)state;
    assert_sheet_reads("{\"stores\":\"1,2\",\"size\":\"strip\",\"shelves\":\"冷饮柜,收银台,入口,洗护区,零食,出口\"}",
                       &(struct page){210, 297, 6, 2, 6});
    assert_sheet_reads("{\"stores\":\"all\",\"size\":\"card\",\"count\":2,\"shelves\":\"餐桌\"}",
                       &(struct page){210, 297, 6, 2, 2});
    assert_sheet_reads("{\"stores\":\"2\",\"size\":\"poster\"}", &(struct page){240, 327, 4, 1, 1});
    assert_int_equal(platform_saw(&p, "QR_LIMIT_STR_SCENE"), 12 + 4 + 1);
}

static void what_does_not_fit_a_page_or_a_label_is_said(void **state)
{
    char url[901];
    struct buffer svg;
    (void)state;
    buffer_init(&svg, SHEET_MAX);
    json_t *answer = print("{\"stores\":\"1\",\"size\":\"card\",\"count\":5}");
    json_t *sheet = json_object_get(answer, "result"), *rows = json_object_get(sheet, "rows");
    assert_int_equal(label_sheet_draw(sheet, true, &svg), -E2BIG);
    json_array_remove(rows, 4);
    json_object_set_new(sheet, "size", json_string("strip"));
    memset(url, 'x', sizeof(url) - 1);
    url[sizeof(url) - 1] = '\0';
    json_object_set_new(json_array_get(rows, 0), "url", json_string(url));
    assert_int_equal(label_sheet_draw(sheet, true, &svg), -ERANGE);
    json_object_set_new(sheet, "size", json_string("stamp"));
    assert_int_equal(label_sheet_draw(sheet, true, &svg), -EINVAL);
    buffer_finish(&svg);
    json_decref(answer);
    assert_non_null(strstr(
        admin_refused(&f, "touchpoint batch-make", "{\"stores\":\"1\",\"size\":\"card\",\"count\":5,\"most\":4}"),
        "one page of 4"));
}

static void a_wish_that_cannot_be_is_refused_with_its_reason(void **state)
{
    static const struct {
        const char *wish, *why;
    } wrong[] = {
        {"{\"stores\":\"1,9\",\"size\":\"card\"}", "no store 9"},
        {"{\"stores\":\"\",\"size\":\"card\"}", "--stores is"},
        {"{\"stores\":\"1;2\",\"size\":\"card\"}", "--stores is"},
        {"{\"stores\":\"1\",\"size\":\"stamp\"}", "strip, card or poster"},
        {"{\"stores\":\"1\",\"size\":\"card\",\"count\":0}", "1 to 500"},
        {"{\"stores\":\"1,2\",\"size\":\"card\",\"count\":251}", "1 to 500"},
        {"{\"stores\":\"1\",\"size\":\"card\",\"shelves\":\"A,B\",\"count\":3}", "names 2 places"},
        {"{\"stores\":\"1\",\"size\":\"card\",\"words\":\"关注送好礼\"}", "nothing may be promised"},
        {"{\"stores\":\"1\",\"size\":\"card\",\"words\":\"加我们送三元\"}", "nothing may be promised"},
        {"{\"stores\":\"1\",\"size\":\"card\",\"campaign\":77}", "no campaign 77"},
        {"{\"stores\":\"1\",\"size\":\"card\",\"clerk\":5}", "no clerk 5"},
        {"{\"stores\":\"1\",\"size\":\"card\",\"cost\":-5}", "costs something"},
        {"{\"stores\":\"1\",\"size\":\"card\",\"account\":\"nobody\"}", "no account nobody"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_non_null(strstr(admin_refused(&f, "touchpoint batch-make", wrong[i].wish), wrong[i].why));
    }
    assert_int_equal(row_count(admin_do(&f, "touchpoint batches", "")), 0);
    assert_int_equal(row_count(admin_do(&f, "touchpoint list", "")), 0);
}

static int spend_all_but_five(void *arg, struct store_tx *tx)
{
    int rc = 0;
    (void)arg;
    for (uint32_t i = 0; rc == 0 && i < BUDGET_PERMANENT - 5; i++) {
        rc = budget_note(tx, "shop", 1000000 + i, TICKET_PERMANENT);
    }
    return rc;
}

static void a_batch_that_the_budget_cannot_pay_for_is_refused_whole(void **state)
{
    (void)state;
    assert_int_equal(writer_call(f.central->writer, spend_all_but_five, NULL), 0);
    assert_non_null(
        strstr(admin_refused(&f, "touchpoint batch-make", "{\"stores\":\"1\",\"size\":\"card\",\"count\":6}"),
               "has 5 permanent QR codes left, the batch needs 6"));
    assert_int_equal(row_count(admin_do(&f, "touchpoint list", "")), 0);
    json_decref(admin_do(&f, "touchpoint batch-make", "{\"stores\":\"1\",\"size\":\"card\",\"count\":3}"));
    /* promised, not yet given: they count */
    assert_non_null(
        strstr(admin_refused(&f, "touchpoint batch-make", "{\"stores\":\"1\",\"size\":\"card\",\"count\":3}"),
               "has 2 permanent QR codes left, the batch needs 3"));
}

static void codes_that_the_platform_refused_are_asked_for_again(void **state)
{
    static const int codes[] = {0, 0, 45009};
    (void)state;
    platform_script(&p, codes, ARRAY_LEN(codes));
    json_decref(admin_do(&f, "touchpoint batch-make", "{\"stores\":\"1\",\"size\":\"card\",\"count\":4}"));
    assert_non_null(admin_refused(&f, "touchpoint batch-codes", "{\"batch\":1}"));
    assert_non_null(
        strstr(admin_refused(&f, "touchpoint batch-sheet", "{\"batch\":1}"), "2 of its codes have no ticket"));
    assert_int_equal(number_of(admin_do(&f, "touchpoint batch-codes", "{\"batch\":1}"), "left"), 0);
    json_decref(admin_do(&f, "touchpoint batch-sheet", "{\"batch\":1}"));
    assert_int_equal(platform_saw(&p, "QR_LIMIT_STR_SCENE"), 4);
}

struct search {
    const char *text;
    int count;
};

static int look(void *context, const struct journal_entry *entry, uint64_t position)
{
    const struct record *record = &entry->record;
    struct search *search = context;
    struct journal_fact fact;
    char texts[1024];
    (void)position;
    if (record->kind == RECORD_ADMIN && journal_fact_decode(record->body, &fact, texts, sizeof(texts)) == 0) {
        search->count +=
            (fact.key && strcmp(fact.key, search->text) == 0) || (fact.why && strcmp(fact.why, search->text) == 0);
    }
    return 0;
}

/* Facts in central's journal that are about it, or say it as their reason. */
static int journal_count(const char *text)
{
    struct search search = {text, 0};
    struct store_tx tx;
    assert_int_equal(store_read_begin(f.central->store, &tx), 0);
    assert_int_equal(journal_each_newest(&tx, 200, look, &search), 0);
    store_read_end(&tx);
    return search.count;
}

static void what_is_printed_is_logged_printed_again_and_taken_out_of_use(void **state)
{
    (void)state;
    json_decref(print("{\"stores\":\"1\",\"size\":\"strip\",\"count\":3,\"shelves\":\"入口\",\"cost\":1000}"));
    assert_int_equal(journal_count("batch 1-3"), 1);
    json_decref(admin_do(&f, "touchpoint batch-printed", "{\"batch\":1}"));
    assert_int_equal(journal_count("batch 1-3"), 2);
    json_decref(admin_do(&f, "touchpoint retire", "{\"batch\":1,\"serial\":3,\"why\":\"torn\"}"));
    assert_int_equal(journal_count("torn"), 1);
    assert_non_null(admin_refused(&f, "touchpoint retire", "{\"batch\":1,\"serial\":3,\"why\":\"torn\"}"));
    assert_non_null(
        strstr(admin_refused(&f, "touchpoint retire", "{\"batch\":1,\"serial\":9,\"why\":\"torn\"}"), "no code 9"));
    assert_int_equal(row_count(admin_do(&f, "touchpoint batch-sheet", "{\"batch\":1}")), 2);
    assert_int_equal(row_count(admin_do(&f, "touchpoint batch-sheet", "{\"batch\":1,\"serial\":2}")), 1);
    assert_non_null(
        strstr(admin_refused(&f, "touchpoint batch-sheet", "{\"batch\":1,\"serial\":3}"), "nothing of batch 1"));
    json_decref(admin_do(&f, "touchpoint retire", "{\"batch\":1,\"why\":\"season over\"}"));
    assert_int_equal(number_of(admin_do(&f, "touchpoint batch", "{\"batch\":1}"), "out_of_use"), 3);
    assert_non_null(strstr(admin_refused(&f, "touchpoint batch-sheet", "{\"batch\":7}"), "no batch 7"));
    /* 10.00 of print, three codes */
    json_t *answer = admin_do(&f, "touchpoint retention", "");
    const json_t *rows = json_object_get(json_object_get(answer, "result"), "rows");
    assert_int_equal(json_integer_value(json_object_get(json_array_get(rows, 0), "cost_minor")), 334);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(rows, 2), "cost_minor")), 333);
    json_decref(answer);
}

static void a_path_is_tried_before_anything_is_made(void **state)
{
    char path[128];
    enum sheet_format format = SHEET_PDF;
    (void)state;
    snprintf(path, sizeof(path), "%s/sheet.pdf", f.dir);
    assert_int_equal(sheet_try_path(path), 0);
    assert_int_not_equal(access(path, F_OK), 0);
    assert_int_equal(sheet_try_path(f.dir), -EISDIR);
    assert_int_equal(sheet_try_path("/nowhere/sheet.pdf"), -ENOENT);
    assert_int_equal(sheet_format_of("a.svg", &format), 0);
    assert_int_equal(format, SHEET_SVG);
    assert_int_equal(sheet_format_of(".pdf", &format), -EINVAL);
    assert_int_equal(sheet_format_of("sheet.png", &format), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_code_of_a_sheet_is_read_by_our_own_scanner, open_all, close_all),
        cmocka_unit_test_setup_teardown(what_does_not_fit_a_page_or_a_label_is_said, open_all, close_all),
        cmocka_unit_test_setup_teardown(a_wish_that_cannot_be_is_refused_with_its_reason, open_all, close_all),
        cmocka_unit_test_setup_teardown(a_batch_that_the_budget_cannot_pay_for_is_refused_whole, open_all, close_all),
        cmocka_unit_test_setup_teardown(codes_that_the_platform_refused_are_asked_for_again, open_all, close_all),
        cmocka_unit_test_setup_teardown(what_is_printed_is_logged_printed_again_and_taken_out_of_use, open_all,
                                        close_all),
        cmocka_unit_test_setup_teardown(a_path_is_tried_before_anything_is_made, open_all, close_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
