#ifndef HAL_TONES_H
#define HAL_TONES_H

/* The cues as samples: bell-like notes that start and end softly. Pure. */

#include "hal/sound.h"

#define TONES_RATE        22050
#define TONES_SAMPLES_MAX (TONES_RATE * 6 / 10) /* no cue is longer than 0.6 s */

/* Fills mono 16-bit samples; returns how many (≤ TONES_SAMPLES_MAX). volume_percent 1 … 100. */
size_t tones_make(enum sound_cue cue, int volume_percent, int16_t out_samples[TONES_SAMPLES_MAX]);

#endif
