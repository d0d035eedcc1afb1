#include <assert.h>
#include <SDL.h>
#include <stdlib.h>

#include "../backends.h"
#include "../tones.h"

#define VOLUME_PERCENT 60
#define BUFFER_FRAMES  512 /* 23 ms: a key's tick must feel immediate */

struct cue {
    int16_t samples[TONES_SAMPLES_MAX];
    size_t count;
};

struct sound_sdl {
    struct sound base;
    SDL_AudioDeviceID device;
    struct cue cues[SOUND_CUE_COUNT];
    const struct cue *playing; /* under SDL's device lock, as is position; NULL is silence */
    size_t position;
};

/* SDL's audio thread. */
static void fill(void *context, Uint8 *stream, int length)
{
    struct sound_sdl *self = context;
    int16_t *to = (int16_t *)(void *)stream;
    size_t wanted = (size_t)length / sizeof(*to);

    for (size_t i = 0; i < wanted; i++) {
        bool sounds = self->playing && self->position < self->playing->count;

        to[i] = sounds ? self->playing->samples[self->position++] : 0;
    }
}

static int sdl_play(struct sound *sound, enum sound_cue cue)
{
    struct sound_sdl *self = (struct sound_sdl *)sound;

    if (SDL_GetAudioDeviceStatus(self->device) == SDL_AUDIO_STOPPED) {
        return -ENODEV;
    }
    SDL_LockAudioDevice(self->device);
    self->playing = &self->cues[cue];
    self->position = 0;
    SDL_UnlockAudioDevice(self->device);
    return 0;
}

static void sdl_close(struct sound *sound)
{
    struct sound_sdl *self = (struct sound_sdl *)sound;

    if (self->device) {
        SDL_CloseAudioDevice(self->device);
    }
    SDL_QuitSubSystem(SDL_INIT_AUDIO);
    free(self);
}

static const struct sound_ops sdl_ops = {.play = sdl_play, .close = sdl_close};

int sound_sdl_open(const struct sound_spec *spec, struct hal_context *context, struct sound **out_device)
{
    SDL_AudioSpec wanted = {
        .freq = TONES_RATE, .format = AUDIO_S16SYS, .channels = 1, .samples = BUFFER_FRAMES, .callback = fill};
    struct sound_sdl *self;

    SDL_SetMainReady();
    if (SDL_InitSubSystem(SDL_INIT_AUDIO) < 0) {
        hal_context_reason(context, "no sound: %s", SDL_GetError());
        return -ENODEV;
    }
    self = calloc(1, sizeof(*self));
    if (!self) {
        SDL_QuitSubSystem(SDL_INIT_AUDIO);
        return -ENOMEM;
    }
    self->base.ops = &sdl_ops;
    for (int cue = 0; cue < SOUND_CUE_COUNT; cue++) {
        self->cues[cue].count = tones_make(
            (enum sound_cue)cue, spec->volume_percent ? spec->volume_percent : VOLUME_PERCENT, self->cues[cue].samples);
    }
    wanted.userdata = self;
    self->device = SDL_OpenAudioDevice(spec->device[0] ? spec->device : NULL, 0, &wanted, NULL, 0);
    if (!self->device) {
        hal_context_reason(context, "no sound: %s", SDL_GetError());
        sdl_close(&self->base);
        return -ENODEV;
    }
    SDL_PauseAudioDevice(self->device, 0);
    *out_device = &self->base;
    return 0;
}
