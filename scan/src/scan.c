#include "scan/scan.h"

#include "guidance.h"
#include "one_d.h"
#include "qr_reader.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct scan {
    struct scan_options options;
    struct zbar_reader *zbar;
    struct qr_reader *qr;
    struct one_d one_d;
    unsigned frames;
    uint8_t *packed; /* max_width * max_height: what zbar is given */
};

struct scan_options scan_options_default(void)
{
    return (struct scan_options){.max_width = 1280, .max_height = 720, .qr = true, .one_d = true};
}

int scan_open(const struct scan_options *options, struct scan **out_scan)
{
    int error = -ENOMEM;

    assert(options && out_scan);
    if (options->max_width < 16 || options->max_height < 16 || options->max_width > SCAN_WIDTH_MAX ||
        options->max_height > SCAN_HEIGHT_MAX || (!options->qr && !options->one_d))
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

/* A part of the frame without gaps, turned to dark on light. */
struct region {
    int left, top, right, bottom; /* the last two not included */
    uint8_t flip;
};

static struct scan_image pack(struct scan *scan, const struct scan_image *image, const struct region *region)
{
    int width = region->right - region->left, height = region->bottom - region->top;

    for (int y = 0; y < height; y++) {
        const uint8_t *restrict from =
            image->grey + (size_t)(region->top + y) * (size_t)image->stride + (size_t)region->left;
        uint8_t *restrict to = scan->packed + (size_t)y * (size_t)width;

        for (int x = 0; x < width; x++)
            to[x] = from[x] ^ region->flip;
    }
    return (struct scan_image){scan->packed, width, height, width};
}

static int clamp(float value, int low, int high)
{
    return value < (float)low ? low : value > (float)high ? high : (int)value;
}

/* The place with four modules around. */
static struct region region_of(const struct scan_image *image, const struct qr_seen *seen)
{
    float left = seen->place[0].x, top = seen->place[0].y, right = left, bottom = top, margin = 4 * seen->module;

    for (int i = 1; i < 4; i++) {
        left = fminf(left, seen->place[i].x);
        top = fminf(top, seen->place[i].y);
        right = fmaxf(right, seen->place[i].x);
        bottom = fmaxf(bottom, seen->place[i].y);
    }
    return (struct region){clamp(left - margin, 0, image->width), clamp(top - margin, 0, image->height),
                           clamp(right + margin, 0, image->width), clamp(bottom + margin, 0, image->height),
                           seen->inverted ? 0xff : 0};
}

/* zbar on what our engine saw but could not read. */
static void second_opinion(struct scan *scan, const struct scan_image *image, const struct qr_seen *seen,
                           struct scan_result *result)
{
    struct zbar_hit hits[ZBAR_HITS_MAX];
    struct region region = region_of(image, seen);

    if (region.right - region.left < 20 || region.bottom - region.top < 20)
        return;
    struct scan_image part = pack(scan, image, &region);
    int count = zbar_reader_read(scan->zbar, &part, ZBAR_ASK_QR, 1, hits);

    for (int i = 0; i < count && result->count < SCAN_CODES_MAX; i++) {
        struct scan_code *code = &result->codes[result->count];

        if (hits[i].text_len > SCAN_TEXT_MAX)
            continue;
        *code = (struct scan_code){.symbology = SCAN_QR, .quality = 50, .text_len = hits[i].text_len};
        code->flags = seen->inverted ? SCAN_FLAG_INVERTED : 0;
        memcpy(code->corners, seen->place, sizeof(code->corners));
        memcpy(code->text, hits[i].text, hits[i].text_len);
        result->count++;
    }
}

/* A symbol that is that surely there leaves no room for bars. */
#define SURELY_QR 0.6f

static void try_one_d(struct scan *scan, const struct scan_image *image, bool still, const struct qr_seen *seen,
                      struct scan_result *result)
{
    struct region whole = {0, 0, image->width, image->height, 0};

    if (!scan->options.one_d || result->count > 0 || seen->score >= SURELY_QR)
        return;
    struct scan_image packed = pack(scan, image, &whole);
    one_d_read(&scan->one_d, scan->zbar, &packed, still, result);
}

static void try_second_opinion(struct scan *scan, const struct scan_image *image, const struct qr_seen *seen,
                               struct scan_result *result)
{
    if (scan->options.qr && result->count == 0 && seen->score > 0)
        second_opinion(scan, image, seen, result);
}

/* Bars before the costlier passes: a picture has rarely both. */
static void read_still(struct scan *scan, const struct scan_image *image, struct scan_result *result,
                       struct qr_seen *seen)
{
    struct plane plane = plane_of(image);
    struct budget budget = budget_of(0);

    if (scan->options.qr)
        qr_reader_read(scan->qr, &plane, QR_EFFORT_FIRST, &budget, result, seen);
    try_one_d(scan, image, true, seen, result);
    if (scan->options.qr && result->count == 0)
        qr_reader_read(scan->qr, &plane, QR_EFFORT_REST, &budget, result, seen);
    try_second_opinion(scan, image, seen, result);
}

static void read_frame(struct scan *scan, const struct scan_image *image, const struct budget *budget,
                       struct scan_result *result, struct qr_seen *seen)
{
    struct plane plane = plane_of(image);

    scan->frames++;
    if (scan->options.qr)
        qr_reader_read(scan->qr, &plane, QR_EFFORT_FRAME, budget, result, seen);
    if (budget_allows(budget, 5000))
        try_second_opinion(scan, image, seen, result);
    if (scan->frames % 2 == 0 && budget_allows(budget, 5000))
        try_one_d(scan, image, false, seen, result);
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
    struct budget budget = budget_of(budget_us);
    memset(out_result, 0, offsetof(struct scan_result, codes));
    read_frame(scan, image, &budget, out_result, &seen);
    tell(image, &seen, out_result);
    return 0;
}
