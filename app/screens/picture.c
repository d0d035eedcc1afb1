#include <string.h>

#include "screens/geometry.h"
#include "screens/picture.h"

#define FRACTION 16 /* bits of the fixed-point positions */
#define BLEND    8  /* bits used for mixing neighbours */

struct picture_map picture_cover(const struct ui_picture *picture, struct rect area)
{
    struct picture_map map = {area, 0, 0, picture->width, picture->height};
    int64_t picture_side = (int64_t)picture->width * area.height;
    int64_t area_side = (int64_t)picture->height * area.width;
    if (picture_side > area_side) {
        map.source_width = (int)(area_side / area.height);
        map.source_x = (picture->width - map.source_width) / 2;
    } else {
        map.source_height = (int)(picture_side / area.width);
        map.source_y = (picture->height - map.source_height) / 2;
    }
    return map;
}

void picture_point(const struct picture_map *map, double x, double y, double *out_x, double *out_y)
{
    double across = (x - map->source_x) * map->area.width / map->source_width;
    *out_x = map->area.x + map->area.width - across;
    *out_y = map->area.y + (y - map->source_y) * map->area.height / map->source_height;
}

struct position { /* between two neighbours of the source */
    int first, second;
    int weight; /* of the second, 0..255 */
};

/* The middle of the i-th of n pixels that share `length` source pixels from `start` on, inside 0..limit. */
static struct position position_of(int i, int n, int start, int length, int limit)
{
    int64_t step = ((int64_t)length << FRACTION) / n;
    int64_t at = ((int64_t)start << FRACTION) + step * i + step / 2 - (1 << (FRACTION - 1));
    at = at < 0 ? 0 : at;
    int first = (int)(at >> FRACTION);
    first = first >= limit ? limit - 1 : first;
    int second = first + 1 < limit ? first + 1 : first;
    return (struct position){first, second, (int)((at >> (FRACTION - BLEND)) & 0xFF)};
}

static void mix_rows(const struct ui_picture *picture, struct position row, uint8_t *out)
{
    const uint8_t *a = picture->grey + (ptrdiff_t)row.first * picture->stride;
    const uint8_t *b = picture->grey + (ptrdiff_t)row.second * picture->stride;
    for (int x = 0; x < picture->width; x++) {
        out[x] = (uint8_t)((a[x] * (256 - row.weight) + b[x] * row.weight) >> BLEND);
    }
}

void picture_draw(const struct ui_picture *picture, const struct picture_map *map, const struct display_frame *frame,
                  struct rect clip)
{
    struct rect part = rect_intersect(rect_intersect(map->area, clip), rect_make(0, 0, frame->width, frame->height));
    if (rect_empty(part) || picture->width > PICTURE_SIDE_MAX || map->source_width <= 0 || map->source_height <= 0) {
        return;
    }
    uint8_t row[PICTURE_SIDE_MAX];
    const struct rect *area = &map->area;
    int64_t step = ((int64_t)map->source_width << FRACTION) / area->width;
    for (int y = part.y; y < rect_bottom(part); y++) {
        mix_rows(picture, position_of(y - area->y, area->height, map->source_y, map->source_height, picture->height),
                 row);
        uint32_t *out = (uint32_t *)(void *)((uint8_t *)frame->pixels + (ptrdiff_t)y * frame->stride_bytes) + part.x;
        int mirrored = area->width - 1 - (part.x - area->x);
        int64_t at = ((int64_t)map->source_x << FRACTION) + step * mirrored + step / 2 - (1 << (FRACTION - 1));
        for (int i = 0; i < part.width; i++, at -= step) {
            int64_t inside = at < 0 ? 0 : at;
            int first = (int)(inside >> FRACTION);
            first = first >= picture->width ? picture->width - 1 : first;
            int second = first + 1 < picture->width ? first + 1 : first;
            int weight = (int)((inside >> (FRACTION - BLEND)) & 0xFF);
            uint32_t grey = (uint32_t)((row[first] * (256 - weight) + row[second] * weight) >> BLEND);
            out[i] = grey << 16 | grey << 8 | grey;
        }
    }
}
