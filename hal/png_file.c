#include "png_file.h"

#include <assert.h>
#include <limits.h>
#include <png.h>
#include <stdio.h>
#include <stdlib.h>

static void on_error(png_structp png, png_const_charp message)
{
    (void)message;
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

/* Fast compression: screenshots are taken while a terminal works. libpng reports its failures by jumping. */
static int write_rows(FILE *file, const struct pixels *picture)
{
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, on_error, on_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;

    if (!info) {
        png_destroy_write_struct(&png, NULL);
        return -ENOMEM;
    }
    if (setjmp(png_jmpbuf(png))) {
        png_destroy_write_struct(&png, &info);
        return -EIO;
    }
    png_init_io(png, file);
    png_set_compression_level(png, 2);
    png_set_filter(png, 0, PNG_FILTER_SUB);
    png_set_IHDR(png, info, (png_uint_32)picture->width, (png_uint_32)picture->height, 8, PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    png_set_bgr(png);
    png_set_filler(png, 0, PNG_FILLER_AFTER);
    for (int y = 0; y < picture->height; y++) {
        png_write_row(png, (png_const_bytep)((const uint8_t *)picture->xrgb + (ptrdiff_t)y * picture->stride_bytes));
    }
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return 0;
}

int png_file_write(const struct pixels *picture, const char *path)
{
    char part[PATH_MAX];
    FILE *file;
    int error;

    assert(picture && picture->xrgb && path);
    if (snprintf(part, sizeof(part), "%s.part", path) >= (int)sizeof(part)) {
        return -ENAMETOOLONG;
    }
    file = fopen(part, "wbe");
    if (!file) {
        return -errno;
    }
    error = write_rows(file, picture);
    if (fclose(file) != 0 && !error) {
        error = -errno;
    }
    if (!error && rename(part, path) < 0) {
        error = -errno;
    }
    if (error) {
        remove(part);
    }
    return error;
}
