#ifndef HAL_SOUND_H
#define HAL_SOUND_H

/*
 * Short named cues. Main thread; never blocks: a new cue replaces the one that still sounds.
 * Back-ends: sdl (SDL's audio alone; the cues are synthesised at open), sim, none.
 */

#include "hal/context.h"

enum sound_cue {
    SOUND_OK,     /* two rising notes */
    SOUND_WARN,   /* one note twice */
    SOUND_REFUSE, /* two falling low notes */
    SOUND_KEY,    /* a tick */
    SOUND_GREET,  /* a soft chord, broken upwards */
};
#define SOUND_CUE_COUNT 5

struct sound_spec {
    char backend[HAL_BACKEND_MAX];
    char device[HAL_DEVICE_MAX]; /* sdl: name of the output, "" the usual one */
    int volume_percent;          /* 0: 60 */
};

struct sound {
    const struct sound_ops *ops;
};

struct sound_ops {
    /* Mandatory. Does not block. */
    int (*play)(struct sound *sound, enum sound_cue cue);
    /* Mandatory. */
    void (*close)(struct sound *sound);
};

MUST_CHECK int sound_open(const struct sound_spec *spec, struct hal_context *context, struct sound **out_sound);
MUST_CHECK int sound_play(struct sound *sound, enum sound_cue cue);
void sound_close(struct sound *sound);

/* "ok", "warn", "refuse", "key", "greet". */
const char *sound_cue_name(enum sound_cue cue);

#endif
