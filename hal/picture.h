#ifndef HAL_PICTURE_H
#define HAL_PICTURE_H

/* Pictures from files, for cameras that are none: PNG, JPEG, PGM and PPM (binary), told apart by their first bytes. */

#include "pixels.h"

#define PICTURE_SIDE_MAX 8192
#define PICTURE_FILE_MAX (32u << 20)

/* -ENOENT and other errors of opening, -EBADMSG not such a picture or damaged, -EFBIG too large, -ENOMEM. */
MUST_CHECK int picture_load(const char *path, struct pixels *out_picture);

/* A QR code with its quiet zone. -EMSGSIZE when no QR code can hold the text. */
MUST_CHECK int picture_from_qr(const char *text, struct pixels *out_picture);

/* Frees the pixels; fine on a zeroed struct. */
void picture_finish(struct pixels *picture);

#endif
