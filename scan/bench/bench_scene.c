#include "bench_scene.h"

#include <string.h>

enum {
    WIDTH = BENCH_SCENE_WIDTH,
    HEIGHT = BENCH_SCENE_HEIGHT,
    REACH = 2, /* of one softening; two of them come to a Gaussian of two pixels */
    DARKEST = 40,
};

static int held_within(int value, int limit)
{
    return value < 0 ? 0 : value >= limit ? limit - 1 : value;
}

/* The mean of so many pixels at either hand along a line of count that lie step apart. */
static void soften(uint8_t *line, int count, int step)
{
    uint8_t before[WIDTH > HEIGHT ? WIDTH : HEIGHT];

    for (int i = 0; i < count; i++)
        before[i] = line[i * step];
    for (int i = 0; i < count; i++) {
        int sum = 0;

        for (int k = -REACH; k <= REACH; k++)
            sum += before[held_within(i + k, count)];
        line[i * step] = (uint8_t)(sum / (2 * REACH + 1));
    }
}

struct scan_image bench_scene_empty(const struct scan_image *photograph, uint8_t *out_pixels)
{
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            int from_y = y * photograph->height / HEIGHT, from_x = x * photograph->width / WIDTH;
            out_pixels[y * WIDTH + x] = photograph->grey[(ptrdiff_t)from_y * photograph->stride + from_x];
        }
    for (int round = 0; round < 2; round++) {
        for (int y = 0; y < HEIGHT; y++)
            soften(out_pixels + (ptrdiff_t)y * WIDTH, WIDTH, 1);
        for (int x = 0; x < WIDTH; x++)
            soften(out_pixels + x, HEIGHT, WIDTH);
    }
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        out_pixels[i] = (uint8_t)(DARKEST + out_pixels[i] / 2);
    return (struct scan_image){out_pixels, WIDTH, HEIGHT, WIDTH};
}
