#include "hal/display.h"

#include <assert.h>

#include "panel.h"
#include "png_file.h"

void display_size(const struct display *display, struct display_size *out_size)
{
    assert(display && out_size);
    *out_size = display->size;
}

void display_frame(const struct display *display, struct display_frame *out_frame)
{
    assert(display && out_frame);
    *out_frame = display->frame;
}

int display_present(struct display *display, const struct rect *damage, size_t n)
{
    struct rect clipped[DISPLAY_DAMAGE_MAX];
    struct rect all = {0, 0, 0, 0};
    size_t count = 0;

    assert(damage || n == 0);
    if (!display) {
        return -ENODEV;
    }
    for (size_t i = 0; i < n; i++) {
        struct rect part = panel_clip(damage[i], display->size.width, display->size.height);

        if (part.width > 0) {
            all = panel_union(all, part);
            clipped[count < DISPLAY_DAMAGE_MAX ? count : 0] = part;
            count++;
        }
    }
    if (count == 0) {
        return 0;
    }
    if (count > DISPLAY_DAMAGE_MAX) {
        return display->ops->present(display, &all, 1);
    }
    return display->ops->present(display, clipped, count);
}

int display_write_png(const struct display *display, const char *path)
{
    struct pixels picture;

    assert(path);
    if (!display) {
        return -ENODEV;
    }
    picture = (struct pixels){display->frame.pixels, display->frame.width, display->frame.height,
                              display->frame.stride_bytes};
    return png_file_write(&picture, path);
}

void display_from_panel(const struct display *display, int panel_x, int panel_y, int *out_x, int *out_y)
{
    assert(display && out_x && out_y);
    panel_to_upright(&display->size, panel_x, panel_y, out_x, out_y);
}

void display_close(struct display *display)
{
    if (display) {
        display->ops->close(display);
    }
}
