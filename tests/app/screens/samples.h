#ifndef TESTS_APP_SCREENS_SAMPLES_H
#define TESTS_APP_SCREENS_SAMPLES_H

/* Hand-made view models: every screen in the states that matter, in both languages. */

#include "screens/ui.h"

struct sample {
    const char *name; /* "verdict_used" */
    void (*fill)(struct view_model *view, bool zh);
};

size_t sample_count(void);
const struct sample *sample_at(size_t i);
/* NULL when there is none. */
const struct sample *sample_named(const char *name);
void sample_make(const struct sample *sample, enum language language, struct view_model *out_view);
/* Every text of the screen filled to the last byte with the widest characters: nothing may overrun. */
void sample_stuff(struct view_model *view);

/* What a camera sees: a phone with a code. The pixels belong to the caller: 640 × 480 bytes. */
#define SAMPLE_PICTURE_WIDTH  640
#define SAMPLE_PICTURE_HEIGHT 480
void sample_picture(uint8_t *pixels, struct ui_picture *out_picture);

struct sample_size {
    int width, height;
};
#define SAMPLE_SIZES 4
extern const struct sample_size sample_sizes[SAMPLE_SIZES];

#endif
