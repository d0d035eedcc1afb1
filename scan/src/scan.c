#include "scan/scan.h"

#include "qr_reader.h"
#include "zbar_reader.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct scan {
    struct scan_options options;
    struct zbar_reader *zbar;
    struct qr_reader *qr;
    uint8_t *packed; /* max_width * max_height: the frame without gaps, or its negative */
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

static struct scan_image pack(struct scan *scan, const struct scan_image *image, uint8_t flip)
{
    size_t width = (size_t)image->width;

    for (int y = 0; y < image->height; y++) {
        const uint8_t *from = image->grey + (size_t)y * (size_t)image->stride;
        uint8_t *to = scan->packed + (size_t)y * width;

        for (size_t x = 0; x < width; x++)
            to[x] = from[x] ^ flip;
    }
    return (struct scan_image){scan->packed, image->width, image->height, image->width};
}

static void add_hit(struct scan_result *result, const struct zbar_hit *hit, unsigned flags)
{
    if (result->count == SCAN_CODES_MAX || hit->text_len > SCAN_TEXT_MAX)
        return;
    struct scan_code *code = &result->codes[result->count++];

    code->symbology = hit->symbology;
    code->flags = flags;
    code->quality = 50;
    code->version = 0;
    code->corners[0] = hit->low;
    code->corners[1] = (struct scan_point){hit->high.x, hit->low.y};
    code->corners[2] = hit->high;
    code->corners[3] = (struct scan_point){hit->low.x, hit->high.y};
    code->append_index = code->append_total = code->append_parity = 0;
    memcpy(code->text, hit->text, hit->text_len);
    code->text[hit->text_len] = '\0';
    code->text_len = hit->text_len;
}

static void read_polarity(struct scan *scan, const struct scan_image *image, bool inverted, struct scan_result *result)
{
    struct zbar_hit hits[ZBAR_HITS_MAX];
    struct scan_image packed = pack(scan, image, inverted ? 0xff : 0);
    unsigned ask = (scan->options.qr ? ZBAR_ASK_QR : 0) | (scan->options.one_d && !inverted ? ZBAR_ASK_ONE_D : 0);
    int count = ask ? zbar_reader_read(scan->zbar, &packed, ask, 1, hits) : 0;

    for (int i = 0; i < count; i++)
        if (hits[i].symbology == SCAN_QR || hits[i].lines >= 2)
            add_hit(result, &hits[i], inverted ? SCAN_FLAG_INVERTED : 0);
}

static int scan_with(struct scan *scan, const struct scan_image *image, int64_t budget_us,
                     struct scan_result *out_result)
{
    int error = check_image(scan, image);

    if (error)
        return error;
    struct budget budget = budget_of(budget_us);
    struct plane plane = plane_of(image);

    memset(out_result, 0, offsetof(struct scan_result, codes));
    if (scan->options.qr)
        qr_reader_read(scan->qr, &plane, &budget, out_result);
    if (out_result->count == 0 && budget_allows(&budget, 8000))
        read_polarity(scan, image, false, out_result);
    if (out_result->count > 0) {
        out_result->something_seen = true;
        memcpy(out_result->seen, out_result->codes[0].corners, sizeof(out_result->seen));
    }
    return 0;
}

int scan_still(struct scan *scan, const struct scan_image *image, struct scan_result *out_result)
{
    assert(scan && image && out_result);
    return scan_with(scan, image, 0, out_result);
}

int scan_frame(struct scan *scan, const struct scan_image *image, int64_t budget_us, struct scan_result *out_result)
{
    assert(scan && image && out_result);
    return scan_with(scan, image, budget_us, out_result);
}
