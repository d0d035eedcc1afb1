#ifndef TESTS_APP_SCREENS_SAMPLE_SETS_H
#define TESTS_APP_SCREENS_SAMPLE_SETS_H

/* The two halves of the samples: what shoppers see (and verdicts), and what staff see. */

#include "samples.h"

#define PUT(field, text) snprintf(field, sizeof(field), "%s", text)

extern const struct sample shopper_samples[];
extern const size_t shopper_sample_count;
extern const struct sample staff_samples[];
extern const size_t staff_sample_count;

#endif
