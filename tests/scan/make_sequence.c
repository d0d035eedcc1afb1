/*
 * make_sequence TEXT DIR: ten camera frames DIR/0.pgm … 9.pgm of a phone that is brought before the camera: smaller,
 * turning and smeared at first, then nearly still.
 */

#include "render.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES = 10 };

/* The mean of so many pixels along each row: what a moving hand does. */
static void smear(struct scan_image *image, int length)
{
    uint8_t *grey = (uint8_t *)(uintptr_t)image->grey, line[1024];

    for (int y = 0; y < image->height; y++) {
        uint8_t *row = grey + (size_t)y * (size_t)image->stride;

        memcpy(line, row, (size_t)image->width);
        for (int x = 0; x + length < image->width; x++) {
            int sum = 0;

            for (int k = 0; k < length; k++)
                sum += line[x + k];
            row[x] = (uint8_t)(sum / length);
        }
    }
}

static int write_frame(const QRcode *code, int frame, const char *folder)
{
    struct render_view view = render_view_default();
    float come = (float)(FRAMES - 1 - frame) / (FRAMES - 1); /* 1 far and moving, 0 there */
    char path[4096];

    view.module = 5.0f - 1.5f * come;
    view.turn = 8 + 10 * come;
    view.tilt = 6 + 8 * come;
    view.noise = 6;
    view.dark = 40;
    view.light = 180;
    struct scan_image image = render_qrcode(code, &view);
    smear(&image, 1 + (int)(2.5f * view.module * come));
    snprintf(path, sizeof(path), "%s/%d.pgm", folder, frame);
    FILE *file = fopen(path, "wb");
    int failed = !file || fprintf(file, "P5\n%d %d\n255\n", image.width, image.height) < 0 ||
                 fwrite(image.grey, (size_t)image.width, (size_t)image.height, file) != (size_t)image.height;
    failed |= file && fclose(file) != 0;
    render_finish(&image);
    return failed;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: make_sequence TEXT DIR\n");
        return 2;
    }
    QRcode *code = QRcode_encodeString8bit(argv[1], 0, QR_ECLEVEL_M);
    int failed = code == NULL;

    for (int frame = 0; frame < FRAMES && !failed; frame++)
        failed = write_frame(code, frame, argv[2]);
    QRcode_free(code);
    return failed;
}
