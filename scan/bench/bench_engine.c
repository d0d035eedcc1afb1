#include "bench_engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zbar.h>

/* Of this thread alone: other work on the machine does not count. */
static double now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
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

struct ours {
    struct scan *scan;
    struct scan_result result;
};

static void ours_close(void *state)
{
    struct ours *ours = state;

    if (!ours)
        return;
    scan_close(ours->scan);
    free(ours);
}

static int ours_open(void **out_state)
{
    struct scan_options options = scan_options_default();
    struct ours *ours = calloc(1, sizeof(*ours));

    if (!ours)
        return -ENOMEM;
    options.max_width = options.max_height = 1280;
    int error = scan_open(&options, &ours->scan);
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
    bool frame = truth->sequence >= 0;

    double start = now_ms();
    int error =
        frame ? scan_frame(ours->scan, image, 30000, &ours->result) : scan_still(ours->scan, image, &ours->result);

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
    zbar_image_scanner_destroy(state);
}

static const struct bench_engine ours_engine = {"tillside", ours_open, ours_read, ours_close};
static const struct bench_engine zbar_engine = {"zbar", zbar_open, zbar_read, zbar_close};

const struct bench_engine *const bench_engines[] = {&ours_engine, &zbar_engine, NULL};
