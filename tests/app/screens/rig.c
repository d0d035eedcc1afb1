#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "rig.h"

void rig_open(struct rig *rig, struct sample_size size)
{
    const struct ui_options options = {.width = size.width, .height = size.height, .assets_dir = SAMPLES_ASSETS_DIR};
    int error = ui_open(&options, &rig->ui, &rig->missing_font);
    assert(error == 0);
    rig->frame = (struct display_frame){calloc((size_t)size.height, (size_t)size.width * 4), size.width, size.height,
                                        size.width * 4};
    assert(rig->frame.pixels != NULL);
}

void rig_close(struct rig *rig)
{
    ui_close(rig->ui);
    free(rig->frame.pixels);
}

int rig_draw(struct rig *rig, const struct view_model *view, const struct ui_picture *picture, int64_t now_mono_ms)
{
    return ui_draw(rig->ui, view, picture, now_mono_ms, &rig->frame, rig->damage);
}

size_t rig_bytes(const struct rig *rig)
{
    return (size_t)rig->frame.height * (size_t)rig->frame.stride_bytes;
}

int64_t rig_damaged_pixels(const struct rig *rig, int count)
{
    int64_t pixels = 0;
    for (int i = 0; i < count; i++) {
        pixels += (int64_t)rig->damage[i].width * rig->damage[i].height;
    }
    return pixels;
}

const struct ui_hit *rig_hit(const struct rig *rig, const char *name)
{
    size_t count;
    const struct ui_hit *hits = ui_hits(rig->ui, &count);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(hits[i].name, name) == 0) {
            return &hits[i];
        }
    }
    return NULL;
}
