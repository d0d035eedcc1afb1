#ifndef TESTS_APP_SCREENS_RIG_H
#define TESTS_APP_SCREENS_RIG_H

/* A ui with a frame of its own in memory, as large as a sample size. */

#include "samples.h"
#include "screens/ui_inside.h"

struct rig {
    struct ui *ui;
    struct display_frame frame;
    bool missing_font;
    struct rect damage[UI_DAMAGE_MAX];
};

void rig_open(struct rig *rig, struct sample_size size);
void rig_close(struct rig *rig);
/* Draws and returns the number of damaged rectangles. */
int rig_draw(struct rig *rig, const struct view_model *view, const struct ui_picture *picture, int64_t now_mono_ms);
size_t rig_bytes(const struct rig *rig);
/* Pixels inside the damage of the last draw, overlaps counted twice. */
int64_t rig_damaged_pixels(const struct rig *rig, int count);
const struct ui_hit *rig_hit(const struct rig *rig, const char *name); /* NULL when it is not there */

#endif
