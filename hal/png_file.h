#ifndef HAL_PNG_FILE_H
#define HAL_PNG_FILE_H

#include "pixels.h"

/* Writes a PNG beside path and renames it, so that whoever watches path never sees half a picture. */
MUST_CHECK int png_file_write(const struct pixels *picture, const char *path);

#endif
