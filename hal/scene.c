#include "scene.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_WIDTH  640
#define DEFAULT_HEIGHT 480

int scene_init(struct scene *scene, int width, int height)
{
    width = width ? width : DEFAULT_WIDTH;
    height = height ? height : DEFAULT_HEIGHT;
    *scene = (struct scene){0};
    if (width < 16 || height < 16 || width > CAMERA_SIDE_MAX || height > CAMERA_SIDE_MAX) {
        return -EINVAL;
    }
    scene->xrgb = (struct pixels){.width = width, .height = height, .stride_bytes = width * 4};
    scene->xrgb.xrgb = calloc((size_t)width * (size_t)height, sizeof(uint32_t));
    scene->grey = calloc((size_t)width, (size_t)height);
    if (!scene->xrgb.xrgb || !scene->grey) {
        scene_finish(scene);
        return -ENOMEM;
    }
    scene_empty(scene);
    return 0;
}

void scene_finish(struct scene *scene)
{
    free(scene->xrgb.xrgb);
    free(scene->grey);
    *scene = (struct scene){0};
}

void scene_empty(struct scene *scene)
{
    pixels_fill(&scene->xrgb, PIXELS_GROUND * 0x010101U);
    memset(scene->grey, PIXELS_GROUND, (size_t)scene->xrgb.width * (size_t)scene->xrgb.height);
}

void scene_show(struct scene *scene, const struct pixels *picture)
{
    pixels_letterbox(picture, &scene->xrgb);
    pixels_xrgb_to_grey(&scene->xrgb, scene->grey, scene->xrgb.width);
}

void scene_frame(const struct scene *scene, struct camera_frame *out_frame)
{
    *out_frame = (struct camera_frame){
        .grey = scene->grey,
        .width = scene->xrgb.width,
        .height = scene->xrgb.height,
        .stride_bytes = scene->xrgb.width,
        .colour = CAMERA_COLOUR_XRGB,
        .colour_planes = {(const uint8_t *)scene->xrgb.xrgb, NULL},
        .colour_stride_bytes = {scene->xrgb.stride_bytes, 0},
    };
}
