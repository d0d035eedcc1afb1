#ifndef SCAN_SRC_OVERLAY_H
#define SCAN_SRC_OVERLAY_H

/* Laying a frame over those before it: to a fraction of a module, which the patterns every symbol has cannot tell. */

#include "learn.h"

/* Moves the corners of fit to where the picture is most like the sheet. The sampler has taken fit and decided plainly.
 */
void overlay_fit(const struct learn_sheet *sheet, const struct sampler *sampler, const struct plane *plane,
                 struct fit *fit);

#endif
