/* Photographs with known texts: each of them is read, nothing is read wrong, and nothing where no code is. */

#include "bench_set.h"
#include "picture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct bench_set set;
static struct scan *scan;
static struct scan_result result;

static int set_up(void **state)
{
    struct scan_options options = scan_options_default();

    (void)state;
    options.max_width = options.max_height = 1280;
    return bench_set_load("tests/data/scan", NULL, 1, &set) || scan_open(&options, &scan);
}

static int tear_down(void **state)
{
    (void)state;
    scan_close(scan);
    bench_set_finish(&set);
    return 0;
}

static void read_picture(const struct bench_picture *picture)
{
    struct picture loaded;

    assert_int_equal(scan_picture_load(picture->path, &loaded), 0);
    assert_int_equal(scan_still(scan, &loaded.image, &result), 0);
    scan_picture_finish(&loaded);
}

static void every_picture_gives_its_text_and_no_other(void **state)
{
    (void)state;
    assert_true(set.count > 50);
    for (size_t i = 0; i < set.count; i++) {
        const struct bench_picture *picture = &set.pictures[i];

        read_picture(picture);
        if (result.count != (picture->has_code ? 1 : 0))
            fail_msg("%s: %d codes", picture->path, result.count);
        if (picture->has_code && !bench_picture_is_right(picture, result.codes[0].text, result.codes[0].text_len))
            fail_msg("%s: read \"%s\"", picture->path, result.codes[0].text);
    }
}

static void damaged_pictures_are_refused(void **state)
{
    static const char *const heads[] = {"P5\n",
                                        "P5\n10 10\n65535\n",
                                        "P5\n99999 1\n255\n",
                                        "P5\n4 4\n255\nabc",
                                        "\xff\xd8\xff\xe0 no jpeg",
                                        "\x89PNG\r\n\x1a\n no png",
                                        "BM",
                                        ""};
    char path[] = "/tmp/tillside-picture-XXXXXX";
    int file = mkstemp(path);

    (void)state;
    assert_true(file >= 0);
    FILE *stream = fdopen(file, "w");
    assert_non_null(stream);
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        struct picture picture;

        assert_non_null(freopen(path, "w", stream));
        assert_int_equal(fputs(heads[i], stream) < 0, 0);
        assert_int_equal(fflush(stream), 0);
        assert_int_not_equal(scan_picture_load(path, &picture), 0);
    }
    fclose(stream);
    remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_picture_gives_its_text_and_no_other),
        cmocka_unit_test(damaged_pictures_are_refused),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
