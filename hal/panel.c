#include "panel.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_DPI 96

static bool is_turned(int rotation)
{
    return rotation == 90 || rotation == 270;
}

void panel_size(const struct display_size *upright, int *out_width, int *out_height)
{
    *out_width = is_turned(upright->rotation) ? upright->height : upright->width;
    *out_height = is_turned(upright->rotation) ? upright->width : upright->height;
}

struct rect panel_rect(const struct display_size *upright, struct rect r)
{
    switch (upright->rotation) {
    case 90:
        return (struct rect){upright->height - r.y - r.height, r.x, r.height, r.width};
    case 180:
        return (struct rect){upright->width - r.x - r.width, upright->height - r.y - r.height, r.width, r.height};
    case 270:
        return (struct rect){r.y, upright->width - r.x - r.width, r.height, r.width};
    default:
        return r;
    }
}

static int clamp(int value, int size)
{
    return value < 0 ? 0 : value >= size ? size - 1 : value;
}

void panel_to_upright(const struct display_size *upright, int panel_x, int panel_y, int *out_x, int *out_y)
{
    int x = panel_x;
    int y = panel_y;

    switch (upright->rotation) {
    case 90:
        x = panel_y;
        y = upright->height - 1 - panel_x;
        break;
    case 180:
        x = upright->width - 1 - panel_x;
        y = upright->height - 1 - panel_y;
        break;
    case 270:
        x = upright->width - 1 - panel_y;
        y = panel_x;
        break;
    default:
        break;
    }
    *out_x = clamp(x, upright->width);
    *out_y = clamp(y, upright->height);
}

void panel_copy(const struct display_frame *frame, int rotation, struct rect rect, const struct pixels *panel)
{
    struct display_size upright = {.width = frame->width, .height = frame->height, .rotation = rotation};
    /* How far one step to the right in the picture goes on the panel, in pixels. */
    ptrdiff_t panel_stride = panel->stride_bytes / 4;
    ptrdiff_t step = rotation == 90 ? panel_stride : rotation == 180 ? -1 : rotation == 270 ? -panel_stride : 1;

    for (int y = rect.y; y < rect.y + rect.height; y++) {
        const uint32_t *from = frame->pixels + (ptrdiff_t)y * (frame->stride_bytes / 4) + rect.x;
        struct rect at = panel_rect(&upright, (struct rect){rect.x, y, 1, 1});
        uint32_t *to = panel->xrgb + at.y * panel_stride + at.x;

        if (rotation == 0) {
            memcpy(to, from, (size_t)rect.width * 4);
            continue;
        }
        for (int x = 0; x < rect.width; x++) {
            to[x * step] = from[x];
        }
    }
}

struct rect panel_clip(struct rect rect, int width, int height)
{
    int64_t left = rect.x < 0 ? 0 : rect.x;
    int64_t top = rect.y < 0 ? 0 : rect.y;
    int64_t right = (int64_t)rect.x + rect.width;
    int64_t bottom = (int64_t)rect.y + rect.height;

    right = right > width ? width : right;
    bottom = bottom > height ? height : bottom;
    if (right <= left || bottom <= top) {
        return (struct rect){0, 0, 0, 0};
    }
    return (struct rect){(int)left, (int)top, (int)(right - left), (int)(bottom - top)};
}

struct rect panel_union(struct rect a, struct rect b)
{
    int right;
    int bottom;

    if (a.width <= 0 || a.height <= 0) {
        return b;
    }
    if (b.width <= 0 || b.height <= 0) {
        return a;
    }
    right = a.x + a.width > b.x + b.width ? a.x + a.width : b.x + b.width;
    bottom = a.y + a.height > b.y + b.height ? a.y + a.height : b.y + b.height;
    a.x = a.x < b.x ? a.x : b.x;
    a.y = a.y < b.y ? a.y : b.y;
    a.width = right - a.x;
    a.height = bottom - a.y;
    return a;
}

int panel_frame_init(struct display *base, const struct display_spec *spec, int width, int height)
{
    /* Lines of a multiple of 64 bytes: what Cairo and pixman copy fastest. */
    int stride = (width * 4 + 63) & ~63;
    int rotation = spec->rotation;

    if (width < 64 || height < 64 || width > DISPLAY_SIDE_MAX || height > DISPLAY_SIDE_MAX ||
        (rotation != 0 && rotation != 90 && rotation != 180 && rotation != 270)) {
        return -EINVAL;
    }
    base->frame.pixels = aligned_alloc(64, (size_t)stride * (size_t)height);
    if (!base->frame.pixels) {
        return -ENOMEM;
    }
    memset(base->frame.pixels, 0, (size_t)stride * (size_t)height);
    base->frame.width = width;
    base->frame.height = height;
    base->frame.stride_bytes = stride;
    base->size = (struct display_size){
        .width = width, .height = height, .rotation = rotation, .dpi = spec->dpi ? spec->dpi : DEFAULT_DPI};
    return 0;
}

void panel_frame_finish(struct display *base)
{
    free(base->frame.pixels);
    base->frame.pixels = NULL;
}
