#include "zbar_reader.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <zbar.h>

struct zbar_reader {
    zbar_image_scanner_t *scanner;
    zbar_image_t *image;
    int step;
};

static const struct {
    zbar_symbol_type_t type;
    enum scan_symbology symbology;
} kinds[] = {
    {ZBAR_EAN13, SCAN_EAN13}, {ZBAR_EAN8, SCAN_EAN8},       {ZBAR_UPCA, SCAN_UPCA},
    {ZBAR_UPCE, SCAN_UPCE},   {ZBAR_CODE128, SCAN_CODE128}, {ZBAR_CODE39, SCAN_CODE39},
    {ZBAR_I25, SCAN_ITF},     {ZBAR_DATABAR, SCAN_DATABAR}, {ZBAR_DATABAR_EXP, SCAN_DATABAR_EXPANDED},
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

int zbar_reader_open(struct zbar_reader **out_reader)
{
    struct zbar_reader *reader = calloc(1, sizeof(*reader));

    if (!reader)
        return -ENOMEM;
    reader->scanner = zbar_image_scanner_create();
    reader->image = zbar_image_create();
    if (!reader->scanner || !reader->image) {
        zbar_reader_close(reader);
        return -ENOMEM;
    }
    zbar_image_scanner_set_config(reader->scanner, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
    for (int i = 0; i < KINDS; i++)
        zbar_image_scanner_set_config(reader->scanner, kinds[i].type, ZBAR_CFG_ENABLE, 1);
    zbar_image_set_format(reader->image, zbar_fourcc('Y', '8', '0', '0'));
    *out_reader = reader;
    return 0;
}

void zbar_reader_close(struct zbar_reader *reader)
{
    if (!reader)
        return;
    if (reader->image)
        zbar_image_destroy(reader->image);
    if (reader->scanner)
        zbar_image_scanner_destroy(reader->scanner);
    free(reader);
}

static void set_step(struct zbar_reader *reader, int step)
{
    if (reader->step == step)
        return;
    zbar_image_scanner_set_config(reader->scanner, ZBAR_NONE, ZBAR_CFG_X_DENSITY, step);
    zbar_image_scanner_set_config(reader->scanner, ZBAR_NONE, ZBAR_CFG_Y_DENSITY, step);
    reader->step = step;
}

static bool kind_of(zbar_symbol_type_t type, enum scan_symbology *out_symbology)
{
    for (int i = 0; i < KINDS; i++) {
        if (kinds[i].type == type) {
            *out_symbology = kinds[i].symbology;
            return true;
        }
    }
    return false;
}

static void bounds(const zbar_symbol_t *symbol, struct zbar_hit *hit)
{
    unsigned points = zbar_symbol_get_loc_size(symbol);

    hit->low = hit->high = (struct scan_point){0, 0};
    for (unsigned i = 0; i < points; i++) {
        float x = (float)zbar_symbol_get_loc_x(symbol, i), y = (float)zbar_symbol_get_loc_y(symbol, i);

        if (i == 0)
            hit->low = hit->high = (struct scan_point){x, y};
        hit->low.x = x < hit->low.x ? x : hit->low.x;
        hit->low.y = y < hit->low.y ? y : hit->low.y;
        hit->high.x = x > hit->high.x ? x : hit->high.x;
        hit->high.y = y > hit->high.y ? y : hit->high.y;
    }
}

int zbar_reader_read(struct zbar_reader *reader, const struct scan_image *packed, int step,
                     struct zbar_hit out_hits[ZBAR_HITS_MAX])
{
    int count = 0;

    assert(packed->stride == packed->width);
    set_step(reader, step);
    zbar_image_set_size(reader->image, (unsigned)packed->width, (unsigned)packed->height);
    zbar_image_set_data(reader->image, packed->grey, (unsigned long)packed->width * (unsigned long)packed->height,
                        NULL);
    if (zbar_scan_image(reader->scanner, reader->image) < 0)
        return 0;

    const zbar_symbol_t *symbol = zbar_image_first_symbol(reader->image);
    for (; symbol && count < ZBAR_HITS_MAX; symbol = zbar_symbol_next(symbol)) {
        struct zbar_hit *hit = &out_hits[count];

        if (!kind_of(zbar_symbol_get_type(symbol), &hit->symbology) || zbar_symbol_get_data_length(symbol) == 0)
            continue;
        hit->text = zbar_symbol_get_data(symbol);
        hit->text_len = zbar_symbol_get_data_length(symbol);
        hit->lines = zbar_symbol_get_quality(symbol);
        bounds(symbol, hit);
        count++;
    }
    return count;
}
