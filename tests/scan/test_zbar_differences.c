/*
 * What zbar says of a picture ours says too, or it stands with its reason in tests/data/scan/differences.txt; a new
 * difference fails, and so does one that is listed and no longer there. That ours reads more is no difference. With
 * TILLSIDE_DATA the pictures are those of that folder.
 */

#include "bench_set.h"
#include "picture.h"
#include "render.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zbar.h>

#include <cmocka.h>

enum { LINE_MAX_LEN = 512, LISTED_MAX = 64, GENERATED = 60 };

static struct scan *scan;
static struct scan_result result;
static zbar_image_scanner_t *scanner;
static struct {
    char file[LINE_MAX_LEN];
    bool met;
} listed[LISTED_MAX];
static int listed_count;
static uint32_t seed = 1;

/* A line: the file, a tab, the reason. */
static int load_list(void)
{
    FILE *file = fopen("tests/data/scan/differences.txt", "r");
    char line[LINE_MAX_LEN];

    if (!file)
        return -1;
    while (listed_count < LISTED_MAX && fgets(line, sizeof(line), file)) {
        char *tab = strchr(line, '\t');

        if (line[0] == '#' || !tab)
            continue;
        *tab = '\0';
        snprintf(listed[listed_count++].file, LINE_MAX_LEN, "%s", line);
    }
    return fclose(file);
}

static int set_up(void **state)
{
    struct scan_options options = scan_options_default();

    (void)state;
    options.max_width = options.max_height = 1280;
    scanner = zbar_image_scanner_create();
    zbar_image_scanner_set_config(scanner, ZBAR_UPCA, ZBAR_CFG_ENABLE, 1);
    return load_list() || scan_open(&options, &scan);
}

static int tear_down(void **state)
{
    (void)state;
    scan_close(scan);
    zbar_image_scanner_destroy(scanner);
    return 0;
}

static bool ours_says(const char *text, size_t len)
{
    for (int i = 0; i < result.count; i++)
        if (result.codes[i].text_len == len && memcmp(result.codes[i].text, text, len) == 0)
            return true;
    return false;
}

/* Whether zbar says something that ours does not; *out_said takes how much it says. */
static bool differ(const struct scan_image *image, int *out_said)
{
    zbar_image_t *picture = zbar_image_create();
    bool differs = false;

    assert_int_equal(scan_still(scan, image, &result), 0);
    zbar_image_set_format(picture, zbar_fourcc('Y', '8', '0', '0'));
    zbar_image_set_size(picture, (unsigned)image->width, (unsigned)image->height);
    zbar_image_set_data(picture, image->grey, (unsigned long)image->width * (unsigned long)image->height, NULL);
    *out_said = 0;
    zbar_scan_image(scanner, picture);
    for (const zbar_symbol_t *s = zbar_image_first_symbol(picture); s; s = zbar_symbol_next(s)) {
        ++*out_said;
        differs |= !ours_says(zbar_symbol_get_data(s), zbar_symbol_get_data_length(s));
    }
    zbar_image_destroy(picture);
    return differs;
}

static bool is_listed(const char *path)
{
    size_t len = strlen(path);

    for (int i = 0; i < listed_count; i++) {
        size_t name = strlen(listed[i].file);

        if (name <= len && strcmp(path + len - name, listed[i].file) == 0)
            return listed[i].met = true;
    }
    return false;
}

static void photographs_differ_only_where_it_is_explained(void **state)
{
    const char *folder = getenv("TILLSIDE_DATA");
    struct bench_set set;
    int said, news = 0, gone = 0;

    (void)state;
    assert_int_equal(bench_set_load(folder && *folder ? folder : "tests/data/scan", NULL, 1, &set), 0);
    for (size_t i = 0; i < set.count; i++) {
        const char *path = set.pictures[i].path;
        struct picture loaded;

        assert_int_equal(scan_picture_load(path, &loaded), 0);
        bool differs = differ(&loaded.image, &said), known = is_listed(path);
        scan_picture_finish(&loaded);
        news += differs && !known;
        gone += !differs && known;
        if (differs != known)
            print_error("%s: %s\n", path, differs ? "a difference that is not listed" : "listed, but there is none");
    }
    bench_set_finish(&set);
    assert_int_equal(news, 0);
    assert_int_equal(gone, 0);
}

static int random_below(int limit)
{
    seed = seed * 1664525 + 1013904223;
    return (int)((seed >> 8) % (uint32_t)limit);
}

static void generated_symbols_never_differ(void **state)
{
    int said, both = 0;

    (void)state;
    for (int i = 0; i < GENERATED; i++) {
        struct render_view view = render_view_default();
        char text[64];

        snprintf(text, sizeof(text), "https://shop.example/c?%0*d", 1 + random_below(30), i);
        QRcode *code = QRcode_encodeString8bit(text, 0, (QRecLevel)(i % 4));
        assert_non_null(code);
        view.module = 2.5f + 0.1f * (float)random_below(30);
        view.turn = (float)random_below(360);
        view.tilt = (float)random_below(35);
        view.noise = (float)random_below(25);
        view.light = (uint8_t)(130 + random_below(100));
        struct scan_image image = render_qrcode(code, &view);
        if (differ(&image, &said))
            fail_msg("\"%s\" is read otherwise", text);
        render_finish(&image);
        QRcode_free(code);
        both += said;
    }
    assert_true(both > GENERATED / 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(photographs_differ_only_where_it_is_explained),
        cmocka_unit_test(generated_symbols_never_differ),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
