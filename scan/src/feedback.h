#ifndef SCAN_SRC_FEEDBACK_H
#define SCAN_SRC_FEEDBACK_H

/*
 * Blur undone by decisions: what each module sheds on its neighbours is fitted to the decided ones and taken away
 * before deciding again. Reads what a linear equaliser drowns in its own noise.
 */

#include "sampler.h"

/* soft holds a first decision on what sampler has taken, and is given the better one. */
void feedback_decide(struct sampler *sampler, const struct fit *fit, struct qr_soft *soft);

/*
 * What light, contrast and noise there is about each module, by the decisions in soft and not by the mean of what is
 * near, which glare throws off: sampler->middle, ->contrast and ->trust. The sampler has taken and decided plainly.
 */
void feedback_light(struct sampler *sampler, const struct qr_soft *soft);

#endif
