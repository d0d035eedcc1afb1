#ifndef SCAN_SRC_GUIDANCE_H
#define SCAN_SRC_GUIDANCE_H

/* What would help the shopper most, from the light of the frame and from what the QR engine saw. Pure. */

#include "qr_reader.h"

void guidance_tell(const struct scan_image *image, const struct qr_seen *seen, struct scan_result *result);

#endif
