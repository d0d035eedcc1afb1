#include "bench_engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zbar.h>

/* Of this thread alone: other work on the machine does not count. */
static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static double now_ms(void)
{
    return (double)now_us() / 1e3;
}

static void count_text(const struct bench_picture *truth, const char *text, size_t len, struct bench_outcome *out)
{
    if (bench_picture_is_right(truth, text, len)) {
        out->right = true;
    } else if (!truth->has_code || truth->text_count > 0) {
        out->wrong++;
        if (getenv("SCAN_BENCH_WRONG"))
            fprintf(stderr, "wrong: %s: %.*s\n", truth->path, (int)len, text);
    }
}

/* ---- ours ---- */

/* The goals for time are 33 ms a picture up to 640x480 and 50 ms above; a stage may overrun a little. */
enum { SMALL_PIXELS = 640 * 480, SMALL_BUDGET_US = 30000, LARGE_BUDGET_US = 40000 };

struct ours {
    struct scan *scan, *large; /* for pictures of more than SMALL_PIXELS */
    struct scan_result result;
};

static void ours_close(void *state)
{
    struct ours *ours = state;

    if (!ours)
        return;
    scan_close(ours->scan);
    scan_close(ours->large);
    free(ours);
}

static int ours_open(void **out_state)
{
    struct scan_options options = scan_options_default();
    struct ours *ours = calloc(1, sizeof(*ours));

    if (!ours)
        return -ENOMEM;
    options.max_width = options.max_height = 1280;
    options.now_us = now_us;
    options.still_budget_us = SMALL_BUDGET_US;
    int error = scan_open(&options, &ours->scan);
    options.still_budget_us = LARGE_BUDGET_US;
    error = error ? error : scan_open(&options, &ours->large);
    if (error) {
        ours_close(ours);
        return error;
    }
    *out_state = ours;
    return 0;
}

static void ours_read(void *state, const struct scan_image *image, const struct bench_picture *truth,
                      struct bench_outcome *out)
{
    struct ours *ours = state;
    bool large = image->width * image->height > SMALL_PIXELS;
    struct scan *scan = large ? ours->large : ours->scan;

    double start = now_ms();
    int error = truth->sequence >= 0 ? scan_frame(scan, image, large ? LARGE_BUDGET_US : SMALL_BUDGET_US, &ours->result)
                                     : scan_still(scan, image, &ours->result);

    *out = (struct bench_outcome){.ms = now_ms() - start};
    for (int i = 0; !error && i < ours->result.count; i++)
        count_text(truth, ours->result.codes[i].text, ours->result.codes[i].text_len, out);
}

/* ---- zbar as it comes ---- */

static int zbar_open(void **out_state)
{
    zbar_image_scanner_t *scanner = zbar_image_scanner_create();

    if (!scanner)
        return -ENOMEM;
    zbar_image_scanner_set_config(scanner, ZBAR_UPCA, ZBAR_CFG_ENABLE, 1);
    *out_state = scanner;
    return 0;
}

static void zbar_read(void *state, const struct scan_image *image, const struct bench_picture *truth,
                      struct bench_outcome *out)
{
    *out = (struct bench_outcome){.ms = 0};
    zbar_image_t *picture = zbar_image_create();
    if (!picture)
        return;
    zbar_image_set_format(picture, zbar_fourcc('Y', '8', '0', '0'));
    zbar_image_set_size(picture, (unsigned)image->width, (unsigned)image->height);
    zbar_image_set_data(picture, image->grey, (unsigned long)image->width * (unsigned long)image->height, NULL);
    double start = now_ms();
    zbar_scan_image(state, picture);
    out->ms = now_ms() - start;
    const zbar_symbol_t *symbol = zbar_image_first_symbol(picture);
    for (; symbol; symbol = zbar_symbol_next(symbol))
        count_text(truth, zbar_symbol_get_data(symbol), zbar_symbol_get_data_length(symbol), out);
    zbar_image_destroy(picture);
}

static void zbar_close(void *state)
{
    if (state)
        zbar_image_scanner_destroy(state);
}

static const struct bench_engine ours_engine = {"tillside", ours_open, ours_read, ours_close};
static const struct bench_engine zbar_engine = {"zbar", zbar_open, zbar_read, zbar_close};

const struct bench_engine *const bench_engines[] = {&ours_engine, &zbar_engine, NULL};
