#ifndef SCAN_PICTURE_PICTURE_H
#define SCAN_PICTURE_PICTURE_H

/* PNG, JPEG and PGM files as grey frames, for the tool and the bench; the terminal does not need it. */

#include "scan/scan.h"

struct picture {
    struct scan_image image; /* stride == width; grey belongs to the picture */
    uint8_t *pixels;
};

/*
 * By content, not by name. 0, or -errno: -ENOENT and the like from opening, -EILSEQ when it is none of the three kinds
 * or is damaged, -EMSGSIZE when a side is longer than SCAN_WIDTH_MAX, -ENOMEM. scan_picture_finish after success only.
 */
SCAN_MUST_CHECK int scan_picture_load(const char *path, struct picture *out_picture);
void scan_picture_finish(struct picture *picture);

/* What a -errno of scan_picture_load means to a person. */
const char *scan_picture_error(int error);

#endif
