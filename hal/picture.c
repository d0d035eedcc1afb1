#include "picture.h"

#include <assert.h>
#include <fcntl.h>
#include <png.h>
#include <qrencode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "jpeg.h"

#define QR_MODULE_PIXELS 8
#define QR_QUIET_MODULES 4

static int picture_allocate(int64_t width, int64_t height, struct pixels *out_picture)
{
    if (width < 1 || height < 1 || width > PICTURE_SIDE_MAX || height > PICTURE_SIDE_MAX) {
        return -EFBIG;
    }
    out_picture->xrgb = calloc((size_t)(width * height), sizeof(uint32_t));
    if (!out_picture->xrgb) {
        return -ENOMEM;
    }
    out_picture->width = (int)width;
    out_picture->height = (int)height;
    out_picture->stride_bytes = (int)width * 4;
    return 0;
}

static int load_png(const uint8_t *bytes, size_t length, struct pixels *out_picture)
{
    static const png_color white = {255, 255, 255};
    png_image image = {.version = PNG_IMAGE_VERSION};
    struct pixels picture = {0};
    int error = -EBADMSG;

    if (!png_image_begin_read_from_memory(&image, bytes, length)) {
        goto out;
    }
    /* Four bytes a pixel with nothing in the last would be XRGB; libpng offers it only as BGRA, so alpha stays. */
    image.format = PNG_FORMAT_BGRA;
    error = picture_allocate(image.width, image.height, &picture);
    if (error) {
        goto out;
    }
    if (!png_image_finish_read(&image, NULL, picture.xrgb, picture.stride_bytes, NULL)) {
        error = -EBADMSG;
        goto out;
    }
    /* What is transparent lies on white paper. */
    for (ptrdiff_t i = 0; i < (ptrdiff_t)picture.width * picture.height; i++) {
        uint32_t p = picture.xrgb[i];
        uint32_t alpha = p >> 24;
        uint32_t paper = white.red * (255 - alpha);

        picture.xrgb[i] = ((p >> 16 & 0xFF) * alpha + paper) / 255 << 16 |
                          ((p >> 8 & 0xFF) * alpha + paper) / 255 << 8 | ((p & 0xFF) * alpha + paper) / 255;
    }
    *out_picture = picture;
    picture.xrgb = NULL;

out:
    png_image_free(&image);
    free(picture.xrgb);
    return error;
}

static int load_jpeg(const uint8_t *bytes, size_t length, struct pixels *out_picture)
{
    struct slice slice = {bytes, length};
    struct pixels picture = {0};
    struct jpeg *jpeg = NULL;
    int width = 0;
    int height = 0;
    int error = jpeg_open(&jpeg);

    if (!error) {
        error = jpeg_size(jpeg, slice, &width, &height);
    }
    if (!error) {
        error = picture_allocate(width, height, &picture);
    }
    if (!error) {
        error = jpeg_decode(jpeg, slice, &picture);
    }
    jpeg_close(jpeg);
    if (error) {
        free(picture.xrgb);
        return error;
    }
    *out_picture = picture;
    return 0;
}

static bool is_white(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* The next number of a PNM header; comments run from # to the end of the line. */
static int pnm_number(const uint8_t *bytes, size_t length, size_t *position)
{
    int value = 0;

    while (*position < length && (is_white(bytes[*position]) || bytes[*position] == '#')) {
        if (bytes[*position] == '#') {
            while (*position < length && bytes[*position] != '\n') {
                (*position)++;
            }
        } else {
            (*position)++;
        }
    }
    if (*position >= length || bytes[*position] < '0' || bytes[*position] > '9') {
        return -1;
    }
    while (*position < length && bytes[*position] >= '0' && bytes[*position] <= '9' && value < 100000) {
        value = value * 10 + (bytes[*position] - '0');
        (*position)++;
    }
    return value;
}

static int load_pnm(const uint8_t *bytes, size_t length, struct pixels *out_picture)
{
    size_t channels = bytes[1] == '6' ? 3 : 1;
    size_t position = 2;
    int width = pnm_number(bytes, length, &position);
    int height = pnm_number(bytes, length, &position);
    int most = pnm_number(bytes, length, &position);
    int error;

    position++;
    if (width < 1 || height < 1 || most != 255) {
        return -EBADMSG;
    }
    if (width > PICTURE_SIDE_MAX || height > PICTURE_SIDE_MAX) {
        return -EFBIG;
    }
    if (position > length || length - position < (size_t)width * (size_t)height * channels) {
        return -EBADMSG;
    }
    error = picture_allocate(width, height, out_picture);
    if (error) {
        return error;
    }
    for (size_t i = 0; i < (size_t)width * (size_t)height; i++) {
        const uint8_t *p = bytes + position + i * channels;

        out_picture->xrgb[i] = (uint32_t)p[0] << 16 | (uint32_t)p[channels / 2] << 8 | p[channels - 1];
    }
    return 0;
}

static int read_all(int fd, uint8_t *bytes, size_t length)
{
    size_t done = 0;

    while (done < length) {
        ssize_t n = read(fd, bytes + done, length - done);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -errno;
        }
        if (n == 0) {
            return -EBADMSG;
        }
        done += (size_t)n;
    }
    return 0;
}

static int picture_decode(const uint8_t *bytes, size_t length, struct pixels *out_picture)
{
    if (length > 8 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0) {
        return load_png(bytes, length, out_picture);
    }
    if (length > 3 && memcmp(bytes, "\xFF\xD8\xFF", 3) == 0) {
        return load_jpeg(bytes, length, out_picture);
    }
    if (length > 2 && bytes[0] == 'P' && (bytes[1] == '5' || bytes[1] == '6')) {
        return load_pnm(bytes, length, out_picture);
    }
    return -EBADMSG;
}

int picture_load(const char *path, struct pixels *out_picture)
{
    struct stat status;
    uint8_t *bytes = NULL;
    int error = 0;
    int fd;

    assert(path && out_picture);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return -errno;
    }
    if (fstat(fd, &status) < 0) {
        error = -errno;
    } else if (!S_ISREG(status.st_mode)) {
        error = -EBADMSG;
    } else if (status.st_size > PICTURE_FILE_MAX) {
        error = -EFBIG;
    }
    if (error) {
        goto out;
    }
    bytes = malloc((size_t)status.st_size + 1);
    error = bytes ? read_all(fd, bytes, (size_t)status.st_size) : -ENOMEM;
    if (!error) {
        error = picture_decode(bytes, (size_t)status.st_size, out_picture);
    }

out:
    free(bytes);
    close(fd);
    return error;
}

int picture_from_qr(const char *text, struct pixels *out_picture)
{
    QRcode *code;
    int side;
    int error;

    assert(text && out_picture);
    code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    if (!code) {
        return -EMSGSIZE;
    }
    side = (code->width + 2 * QR_QUIET_MODULES) * QR_MODULE_PIXELS;
    error = picture_allocate(side, side, out_picture);
    if (!error) {
        for (int y = 0; y < side; y++) {
            for (int x = 0; x < side; x++) {
                int column = x / QR_MODULE_PIXELS - QR_QUIET_MODULES;
                int row = y / QR_MODULE_PIXELS - QR_QUIET_MODULES;
                bool inside = column >= 0 && row >= 0 && column < code->width && row < code->width;
                bool dark = inside && (code->data[row * code->width + column] & 1);

                out_picture->xrgb[(ptrdiff_t)y * side + x] = dark ? 0 : 0xFFFFFF;
            }
        }
    }
    QRcode_free(code);
    return error;
}

void picture_finish(struct pixels *picture)
{
    free(picture->xrgb);
    *picture = (struct pixels){0};
}
