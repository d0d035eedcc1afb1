/*
 * make_sequence TEXT DIR [NUMBER]: ten camera frames DIR/0.pgm … 9.pgm of a phone that is brought before the camera:
 * smaller, turning and smeared at first, then nearly still. Each number is another phone in another hand.
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

/* How it is held at last, by its number; 0 is a bright one held well. */
static struct render_view held(unsigned number)
{
    struct render_view view = render_view_default();
    uint32_t mixed = number * 2654435761u;

    view.module = 5.0f - 0.2f * (float)(mixed >> 4 & 7);
    view.turn = 8 + (float)(number * 37 % 360);
    view.tilt = 6 + (float)(mixed >> 8 & 15);
    view.noise = 6 + (float)(mixed >> 13 & 7);
    view.dark = (uint8_t)(40 - (mixed >> 17 & 31));
    view.light = (uint8_t)(180 - (mixed >> 21 & 63));
    view.inverted = number % 4 == 3;
    return view;
}

static int write_frame(const QRcode *code, unsigned number, int frame, const char *folder)
{
    struct render_view view = held(number);
    float come = (float)(FRAMES - 1 - frame) / (FRAMES - 1); /* 1 far and moving, 0 there */
    char path[4096];

    view.module -= 1.5f * come;
    view.turn += 10 * come;
    view.tilt += 8 * come;
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
    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: make_sequence TEXT DIR [NUMBER]\n");
        return 2;
    }
    QRcode *code = QRcode_encodeString8bit(argv[1], 0, QR_ECLEVEL_M);
    unsigned number = argc == 4 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
    int failed = code == NULL;

    for (int frame = 0; frame < FRAMES && !failed; frame++)
        failed = write_frame(code, number, frame, argv[2]);
    QRcode_free(code);
    return failed;
}
