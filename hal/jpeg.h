#ifndef HAL_JPEG_H
#define HAL_JPEG_H

/* JPEG pictures through libjpeg-turbo, whose errors stay in here. One thread a decoder. */

#include "pixels.h"

struct jpeg;

MUST_CHECK int jpeg_open(struct jpeg **out_jpeg);
void jpeg_close(struct jpeg *jpeg); /* NULL-safe */

/* -EBADMSG no JPEG header. */
MUST_CHECK int jpeg_size(struct jpeg *jpeg, struct slice bytes, int *out_width, int *out_height);

/* The picture must have exactly the target's size. A cut-off picture is filled up grey. -EBADMSG. */
MUST_CHECK int jpeg_decode(struct jpeg *jpeg, struct slice bytes, const struct pixels *out_target);

#endif
