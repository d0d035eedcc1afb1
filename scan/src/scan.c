#include "scan/scan.h"

#include "guidance.h"
#include "one_d.h"
#include "qr_reader.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct scan {
    struct scan_options options;
    struct zbar_reader *zbar;
    struct qr_reader *qr;
    struct one_d one_d;
    unsigned frames;
    uint8_t *packed; /* max_width * max_height: what zbar is given */
};

static int64_t monotonic_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

struct scan_options scan_options_default(void)
{
    return (struct scan_options){
        .max_width = 1280, .max_height = 720, .qr = true, .one_d = true, .now_us = monotonic_us};
}

int scan_open(const struct scan_options *options, struct scan **out_scan)
{
    int error = -ENOMEM;

    assert(options && out_scan);
    if (options->max_width < 16 || options->max_height < 16 || options->max_width > SCAN_WIDTH_MAX ||
        options->max_height > SCAN_HEIGHT_MAX || (!options->qr && !options->one_d) || !options->now_us)
        return -EINVAL;

    struct scan *scan = calloc(1, sizeof(*scan));
    if (!scan)
        return -ENOMEM;
    scan->options = *options;
    scan->packed = malloc((size_t)options->max_width * (size_t)options->max_height);
    if (!scan->packed)
        goto fail;
    error = zbar_reader_open(&scan->zbar);
    if (error)
        goto fail;
    error = qr_reader_open(options->max_width, options->max_height, &scan->qr);
    if (error)
        goto fail;
    *out_scan = scan;
    return 0;

fail:
    scan_close(scan);
    return error;
}

void scan_close(struct scan *scan)
{
    if (!scan)
        return;
    qr_reader_close(scan->qr);
    zbar_reader_close(scan->zbar);
    free(scan->packed);
    free(scan);
}

static int check_image(const struct scan *scan, const struct scan_image *image)
{
    if (!image->grey || image->width < 1 || image->height < 1 || image->stride < image->width)
        return -EINVAL;
    if (image->width > scan->options.max_width || image->height > scan->options.max_height)
        return -EMSGSIZE;
    return 0;
}

/* The frame without gaps between its rows. */
static struct scan_image pack(struct scan *scan, const struct scan_image *image)
{
    if (image->stride == image->width)
        return *image;
    for (int y = 0; y < image->height; y++)
        memcpy(scan->packed + (size_t)y * (size_t)image->width, image->grey + (size_t)y * (size_t)image->stride,
               (size_t)image->width);
    return (struct scan_image){scan->packed, image->width, image->height, image->width};
}

/* A symbol that is that surely there leaves no room for bars. */
#define SURELY_QR 0.6f

static void try_one_d(struct scan *scan, struct one_d_look look, const struct qr_seen *seen, struct scan_result *result)
{
    if (!scan->options.one_d || result->count > 0 || seen->score >= SURELY_QR)
        return;
    struct scan_image packed = pack(scan, look.packed);
    look.packed = &packed;
    one_d_read(&scan->one_d, scan->zbar, &look, result);
}

static struct budget budget_for(const struct scan *scan, int64_t budget_us)
{
    return budget_us > 0 ? budget_of(scan->options.now_us, budget_us) : budget_unlimited();
}

/* Bars before the costlier passes: a picture has rarely both. */
static void read_still(struct scan *scan, const struct scan_image *image, struct scan_result *result,
                       struct qr_seen *seen)
{
    struct plane plane = plane_of(image);
    struct budget budget = budget_for(scan, scan->options.still_budget_us);

    if (scan->options.qr)
        qr_reader_read(scan->qr, &plane, QR_EFFORT_FIRST, &budget, result, seen);
    try_one_d(scan, (struct one_d_look){image, true, &budget}, seen, result);
    if (scan->options.qr && result->count == 0)
        qr_reader_read(scan->qr, &plane, QR_EFFORT_REST, &budget, result, seen);
}

static void read_frame(struct scan *scan, const struct scan_image *image, const struct budget *budget,
                       struct scan_result *result, struct qr_seen *seen)
{
    struct plane plane = plane_of(image);

    scan->frames++;
    if (scan->options.qr)
        qr_reader_read(scan->qr, &plane, QR_EFFORT_FRAME, budget, result, seen);
    if (scan->frames % 2 == 0 && budget_allows(budget, 5000))
        try_one_d(scan, (struct one_d_look){image, false, budget}, seen, result);
}

static void tell(const struct scan_image *image, const struct qr_seen *seen, struct scan_result *result)
{
    result->something_seen = result->count > 0 || seen->score > 0;
    if (result->something_seen)
        memcpy(result->seen, result->count > 0 ? result->codes[0].corners : seen->place, sizeof(result->seen));
    guidance_tell(image, seen, result);
}

int scan_still(struct scan *scan, const struct scan_image *image, struct scan_result *out_result)
{
    struct qr_seen seen = {.score = 0};

    assert(scan && image && out_result);
    int error = check_image(scan, image);
    if (error)
        return error;
    memset(out_result, 0, offsetof(struct scan_result, codes));
    read_still(scan, image, out_result, &seen);
    tell(image, &seen, out_result);
    return 0;
}

int scan_frame(struct scan *scan, const struct scan_image *image, int64_t budget_us, struct scan_result *out_result)
{
    struct qr_seen seen = {.score = 0};

    assert(scan && image && out_result);
    int error = check_image(scan, image);
    if (error)
        return error;
    struct budget budget = budget_for(scan, budget_us);
    memset(out_result, 0, offsetof(struct scan_result, codes));
    read_frame(scan, image, &budget, out_result, &seen);
    tell(image, &seen, out_result);
    return 0;
}
