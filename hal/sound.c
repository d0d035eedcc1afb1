#include "hal/sound.h"

#include <assert.h>

#include "backends.h"

static const char *const cue_names[SOUND_CUE_COUNT] = {
    [SOUND_OK] = "ok", [SOUND_WARN] = "warn", [SOUND_REFUSE] = "refuse", [SOUND_KEY] = "key", [SOUND_GREET] = "greet",
};

int sound_play(struct sound *sound, enum sound_cue cue)
{
    assert((unsigned)cue < SOUND_CUE_COUNT);
    return sound ? sound->ops->play(sound, cue) : -ENODEV;
}

void sound_close(struct sound *sound)
{
    if (sound) {
        sound->ops->close(sound);
    }
}

const char *sound_cue_name(enum sound_cue cue)
{
    assert((unsigned)cue < SOUND_CUE_COUNT);
    return cue_names[cue];
}

/* A silent board plays everything, inaudibly: nothing is missing that a technician could mend. */
static int none_play(struct sound *sound, enum sound_cue cue)
{
    (void)sound;
    (void)cue;
    return 0;
}

static void none_close(struct sound *sound)
{
    (void)sound;
}

static const struct sound_ops none_ops = {.play = none_play, .close = none_close};

int sound_none_open(const struct sound_spec *spec, struct hal_context *context, struct sound **out_device)
{
    static const struct sound silent = {.ops = &none_ops};

    (void)spec;
    (void)context;
    *out_device = (struct sound *)&silent;
    return 0;
}
