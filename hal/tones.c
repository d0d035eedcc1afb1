#include "tones.h"

#include <assert.h>
#include <math.h>

struct note {
    float hertz;
    int start_ms;
    int length_ms;
    float level;
};

#define NOTES_MAX 4

/* Pitch carries the meaning too: rising is good, level asks, falling refuses. */
static const struct note cues[SOUND_CUE_COUNT][NOTES_MAX] = {
    [SOUND_OK] = {{784.0F, 0, 140, 0.7F}, {1174.7F, 110, 320, 0.8F}},
    [SOUND_WARN] = {{659.3F, 0, 150, 0.8F}, {659.3F, 200, 220, 0.8F}},
    [SOUND_REFUSE] = {{329.6F, 0, 200, 0.9F}, {233.1F, 170, 380, 1.0F}},
    [SOUND_KEY] = {{1568.0F, 0, 28, 0.35F}},
    [SOUND_GREET] = {{523.3F, 0, 260, 0.45F}, {659.3F, 90, 300, 0.45F}, {784.0F, 180, 380, 0.5F}},
};

/* One note at a moment inside it: a fundamental, a softer octave, an attack of 6 ms and a bell's decay. */
static float note_at(const struct note *note, float seconds)
{
    float length = (float)note->length_ms / 1000.0F;
    float attack = seconds < 0.006F ? seconds / 0.006F : 1.0F;
    float left = length - seconds;
    float release = left < 0.012F ? left / 0.012F : 1.0F;
    float phase = 6.2831853F * note->hertz * seconds;

    return note->level * attack * release * expf(-4.0F * seconds / length) *
           (0.8F * sinf(phase) + 0.2F * sinf(2.0F * phase));
}

size_t tones_make(enum sound_cue cue, int volume_percent, int16_t out_samples[TONES_SAMPLES_MAX])
{
    size_t count = 0;

    assert((unsigned)cue < SOUND_CUE_COUNT && volume_percent >= 1 && volume_percent <= 100);
    for (size_t n = 0; n < NOTES_MAX; n++) {
        size_t end = (size_t)(cues[cue][n].start_ms + cues[cue][n].length_ms) * TONES_RATE / 1000;

        count = end > count ? end : count;
    }
    assert(count <= TONES_SAMPLES_MAX);
    for (size_t i = 0; i < count; i++) {
        float sum = 0.0F;

        for (size_t n = 0; n < NOTES_MAX; n++) {
            const struct note *note = &cues[cue][n];
            float seconds = (float)i / TONES_RATE - (float)note->start_ms / 1000.0F;

            if (seconds >= 0.0F && seconds < (float)note->length_ms / 1000.0F) {
                sum += note_at(note, seconds);
            }
        }
        sum = sum > 1.0F ? 1.0F : sum < -1.0F ? -1.0F : sum;
        out_samples[i] = (int16_t)(sum * 32000.0F * (float)volume_percent / 100.0F);
    }
    return count;
}
