#include "display_window.h"

#include <assert.h>
#include <stdlib.h>

#include "../backends.h"
#include "../panel.h"

#define DEFAULT_WIDTH  1280
#define DEFAULT_HEIGHT 800

struct display_window {
    struct display base;
    SDL_Window *window;
};

static const struct display_ops window_ops;

SDL_Window *display_window_of(const struct display *display)
{
    return display && display->ops == &window_ops ? ((const struct display_window *)display)->window : NULL;
}

/* The window's surface goes stale when the window changes, so it is asked for each time; SDL caches it. */
static int show(struct display_window *self, const struct rect *damage, size_t n)
{
    SDL_Rect rects[DISPLAY_DAMAGE_MAX];
    SDL_Surface *surface = SDL_GetWindowSurface(self->window);
    size_t count = 0;

    if (!surface || surface->format->BytesPerPixel != 4) {
        return -EIO;
    }
    if (SDL_MUSTLOCK(surface) && SDL_LockSurface(surface) < 0) {
        return -EIO;
    }
    for (size_t i = 0; i < n; i++) {
        struct rect at = panel_rect(&self->base.size, damage[i]);
        struct rect inside = panel_clip(at, surface->w, surface->h);
        struct pixels panel = {surface->pixels, surface->w, surface->h, surface->pitch};

        /* A desktop may have given a smaller window than was asked for; then only whole rectangles inside are drawn. */
        if (inside.width == at.width && inside.height == at.height) {
            panel_copy(&self->base.frame, self->base.size.rotation, damage[i], &panel);
            rects[count++] = (SDL_Rect){at.x, at.y, at.width, at.height};
        }
    }
    if (SDL_MUSTLOCK(surface)) {
        SDL_UnlockSurface(surface);
    }
    return count == 0 || SDL_UpdateWindowSurfaceRects(self->window, rects, (int)count) == 0 ? 0 : -EIO;
}

static int window_present(struct display *display, const struct rect *damage, size_t n)
{
    return show((struct display_window *)display, damage, n);
}

int display_window_repaint(struct display *display)
{
    struct rect all = {0, 0, display->size.width, display->size.height};

    assert(display->ops == &window_ops);
    return show((struct display_window *)display, &all, 1);
}

static void window_close(struct display *display)
{
    struct display_window *self = (struct display_window *)display;

    if (self->window) {
        SDL_DestroyWindow(self->window);
    }
    panel_frame_finish(&self->base);
    SDL_QuitSubSystem(SDL_INIT_VIDEO);
    free(self);
}

static const struct display_ops window_ops = {.present = window_present, .close = window_close};

static int window_start(struct display_window *self, const struct display_spec *spec)
{
    int width = spec->width ? spec->width : DEFAULT_WIDTH;
    int height = spec->height ? spec->height : DEFAULT_HEIGHT;
    Uint32 flags = spec->fullscreen ? SDL_WINDOW_FULLSCREEN_DESKTOP : 0;
    const char *title = spec->device[0] ? spec->device : "Tillside";
    int panel_width;
    int panel_height;
    int error = panel_frame_init(&self->base, spec, width, height);

    if (error) {
        return error;
    }
    panel_size(&self->base.size, &panel_width, &panel_height);
    self->window =
        SDL_CreateWindow(title, SDL_WINDOWPOS_UNDEFINED, SDL_WINDOWPOS_UNDEFINED, panel_width, panel_height, flags);
    if (!self->window || !SDL_GetWindowSurface(self->window)) {
        return -ENODEV;
    }
    return 0;
}

int display_window_open(const struct display_spec *spec, struct hal_context *context, struct display **out_device)
{
    struct display_window *self;
    int error;

    /* Our pixels are finished: no GPU may stand between them and the window. A till must not go to sleep either. */
    SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");
    SDL_SetHint(SDL_HINT_VIDEO_ALLOW_SCREENSAVER, "0");
    SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
    SDL_SetMainReady();
    if (SDL_InitSubSystem(SDL_INIT_VIDEO) < 0) {
        hal_context_reason(context, "no window system: %s", SDL_GetError());
        return -ENODEV;
    }
    self = calloc(1, sizeof(*self));
    if (!self) {
        SDL_QuitSubSystem(SDL_INIT_VIDEO);
        return -ENOMEM;
    }
    self->base.ops = &window_ops;
    error = window_start(self, spec);
    if (error) {
        hal_context_reason(context, "window: %s", error == -EINVAL ? "impossible size or rotation" : SDL_GetError());
        window_close(&self->base);
        return error;
    }
    *out_device = &self->base;
    return 0;
}
