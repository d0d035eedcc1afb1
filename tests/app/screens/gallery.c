/* screens_gallery OUTDIR [WIDTHxHEIGHT [NAME]]: every screen in every state, size and language as PNG. */

#include <cairo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "samples.h"

static const char *assets_dir(void)
{
    const char *given = getenv("TILLSIDE_ASSETS");
    return given != NULL ? given : SAMPLES_ASSETS_DIR;
}

static int write_png(const struct display_frame *frame, const char *path)
{
    cairo_surface_t *surface = cairo_image_surface_create_for_data((unsigned char *)frame->pixels, CAIRO_FORMAT_RGB24,
                                                                   frame->width, frame->height, frame->stride_bytes);
    cairo_status_t status = cairo_surface_write_to_png(surface, path);
    cairo_surface_destroy(surface);
    return status == CAIRO_STATUS_SUCCESS ? 0 : -EIO;
}

static int draw_one(struct ui *ui, const struct display_frame *frame, const struct sample *sample,
                    enum language language, const char *folder)
{
    static uint8_t pixels[SAMPLE_PICTURE_WIDTH * SAMPLE_PICTURE_HEIGHT];
    struct ui_picture picture;
    struct view_model view;
    struct rect damage[UI_DAMAGE_MAX];
    char path[512];
    sample_make(sample, language, &view);
    sample_picture(pixels, &picture);
    picture.has_outline = view.screen == SCREEN_VIEWFINDER && view.viewfinder.guidance == GUIDE_READING;
    ui_draw(ui, &view, &picture, 0, frame, damage);
    snprintf(path, sizeof(path), "%s/%s-%s-%dx%d.png", folder, sample->name, language == LANGUAGE_EN ? "en" : "zh",
             frame->width, frame->height);
    return write_png(frame, path);
}

static int draw_size(struct sample_size size, const char *folder, const char *only)
{
    struct ui_options options = {.width = size.width, .height = size.height, .assets_dir = assets_dir()};
    struct ui *ui;
    bool missing;
    int error = ui_open(&options, &ui, &missing);
    if (error != 0) {
        fprintf(stderr, "screens_gallery: %s: %s\n", options.assets_dir, strerror(-error));
        return error;
    }
    size_t stride = (size_t)size.width * 4;
    struct display_frame frame = {calloc((size_t)size.height, stride), size.width, size.height, (int)stride};
    error = frame.pixels == NULL ? -ENOMEM : 0;
    for (size_t i = 0; error == 0 && i < sample_count(); i++) {
        bool wanted = only == NULL || strncmp(sample_at(i)->name, only, strlen(only)) == 0;
        for (int language = 0; wanted && error == 0 && language < LANGUAGE_COUNT; language++) {
            error = draw_one(ui, &frame, sample_at(i), (enum language)language, folder);
        }
    }
    free(frame.pixels);
    ui_close(ui);
    return error;
}

int main(int argc, char **argv)
{
    struct sample_size only = {0, 0};
    if (argc < 2 || (argc > 2 && sscanf(argv[2], "%dx%d", &only.width, &only.height) != 2)) {
        fprintf(stderr, "usage: screens_gallery OUTDIR [WIDTHxHEIGHT [NAME]]\n");
        return 2;
    }
    mkdir(argv[1], 0777);
    for (int i = 0; i < SAMPLE_SIZES; i++) {
        bool wanted = only.width == 0 || (only.width == sample_sizes[i].width && only.height == sample_sizes[i].height);
        if (wanted && draw_size(sample_sizes[i], argv[1], argc > 3 ? argv[3] : NULL) != 0) {
            return 1;
        }
    }
    return 0;
}
