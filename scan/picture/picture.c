#include "picture.h"

#include <assert.h>
#include <errno.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>

static int take_pixels(struct picture *picture, long width, long height)
{
    if (width < 1 || height < 1)
        return -EILSEQ;
    if (width > SCAN_WIDTH_MAX || height > SCAN_HEIGHT_MAX)
        return -EMSGSIZE;
    picture->pixels = malloc((size_t)width * (size_t)height);
    if (!picture->pixels)
        return -ENOMEM;
    picture->image = (struct scan_image){picture->pixels, (int)width, (int)height, (int)width};
    return 0;
}

/* ---- PGM ---- */

static int pgm_number(FILE *file, long *out_number)
{
    int c = fgetc(file);
    long value = 0;

    while (c == '#' || c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        if (c == '#')
            while (c != '\n' && c != EOF)
                c = fgetc(file);
        c = fgetc(file);
    }
    if (c < '0' || c > '9')
        return -EILSEQ;
    for (; c >= '0' && c <= '9'; c = fgetc(file)) {
        value = value * 10 + (c - '0');
        if (value > 1000000)
            return -EILSEQ;
    }
    *out_number = value;
    return 0;
}

static int load_pgm(FILE *file, struct picture *picture)
{
    long width, height, maximum;

    if (fseek(file, 2, SEEK_SET) != 0 || pgm_number(file, &width) || pgm_number(file, &height) ||
        pgm_number(file, &maximum) || maximum != 255)
        return -EILSEQ;
    int error = take_pixels(picture, width, height);
    if (error)
        return error;
    size_t size = (size_t)width * (size_t)height;
    return fread(picture->pixels, 1, size, file) == size ? 0 : -EILSEQ;
}

/* ---- JPEG ---- */

struct jpeg_trap {
    struct jpeg_error_mgr manager; /* first: libjpeg hands back a pointer to it */
    jmp_buf jump;
};

static void jpeg_failed(j_common_ptr info)
{
    longjmp(((struct jpeg_trap *)info->err)->jump, 1);
}

static void jpeg_silent(j_common_ptr info)
{
    (void)info;
}

static int load_jpeg(FILE *file, struct picture *picture)
{
    struct jpeg_decompress_struct info;
    struct jpeg_trap trap;

    info.err = jpeg_std_error(&trap.manager);
    trap.manager.error_exit = jpeg_failed;
    trap.manager.output_message = jpeg_silent;
    if (setjmp(trap.jump)) {
        jpeg_destroy_decompress(&info);
        return -EILSEQ;
    }
    jpeg_create_decompress(&info);
    jpeg_stdio_src(&info, file);
    jpeg_read_header(&info, TRUE);
    int error = take_pixels(picture, (long)info.image_width, (long)info.image_height);
    if (error) {
        jpeg_destroy_decompress(&info);
        return error;
    }
    info.out_color_space = JCS_GRAYSCALE;
    jpeg_start_decompress(&info);
    while (info.output_scanline < info.output_height) {
        JSAMPROW line = picture->pixels + (size_t)info.output_scanline * info.output_width;
        jpeg_read_scanlines(&info, &line, 1);
    }
    jpeg_finish_decompress(&info);
    jpeg_destroy_decompress(&info);
    return 0;
}

/* ---- PNG ---- */

static int load_png(FILE *file, struct picture *picture)
{
    png_image image = {.version = PNG_IMAGE_VERSION};
    png_color white = {255, 255, 255}; /* what is behind transparent parts */
    int error;

    if (!png_image_begin_read_from_stdio(&image, file))
        return -EILSEQ;
    image.format = PNG_FORMAT_GRAY;
    error = take_pixels(picture, (long)image.width, (long)image.height);
    if (!error && !png_image_finish_read(&image, &white, picture->pixels, (png_int_32)image.width, NULL))
        error = -EILSEQ;
    png_image_free(&image);
    return error;
}

static int load_kind(FILE *file, struct picture *picture)
{
    unsigned char magic[8] = {0};
    size_t got = fread(magic, 1, sizeof(magic), file);

    if (fseek(file, 0, SEEK_SET) != 0)
        return -EILSEQ;
    if (got >= 2 && magic[0] == 'P' && magic[1] == '5')
        return load_pgm(file, picture);
    if (got >= 2 && magic[0] == 0xff && magic[1] == 0xd8)
        return load_jpeg(file, picture);
    if (got == 8 && png_sig_cmp(magic, 0, 8) == 0)
        return load_png(file, picture);
    return -EILSEQ;
}

int scan_picture_load(const char *path, struct picture *out_picture)
{
    struct picture picture = {.pixels = NULL};

    assert(path && out_picture);
    FILE *file = fopen(path, "rb");
    if (!file)
        return -errno;
    int error = load_kind(file, &picture);
    fclose(file);
    if (error) {
        scan_picture_finish(&picture);
        return error;
    }
    *out_picture = picture;
    return 0;
}

void scan_picture_finish(struct picture *picture)
{
    free(picture->pixels);
    picture->pixels = NULL;
}

const char *scan_picture_error(int error)
{
    if (error == -EILSEQ)
        return "not a readable PNG, JPEG or 8-bit binary PGM picture";
    if (error == -EMSGSIZE)
        return "a side is longer than 4096 pixels";
    return strerror(-error);
}
