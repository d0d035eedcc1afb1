#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "../backends.h"
#include "display_window.h"

/* After SDL.h: which members of the union exist is decided there. */
#include <SDL_syswm.h>

#define PUMP_NS 20000000L /* without a connection to poll: 50 looks a second */

struct input_window {
    struct input base;
    struct display *display;
    int timer;      /* -1 under X11 */
    int connection; /* X11's, not ours to close; -1 without */
    bool down;
};

static const struct {
    SDL_Keycode code;
    enum input_key key;
} keys[] = {
    {SDLK_RETURN, INPUT_KEY_ENTER},  {SDLK_KP_ENTER, INPUT_KEY_ENTER},
    {SDLK_ESCAPE, INPUT_KEY_ESCAPE}, {SDLK_BACKSPACE, INPUT_KEY_BACKSPACE},
    {SDLK_TAB, INPUT_KEY_TAB},       {SDLK_LEFT, INPUT_KEY_LEFT},
    {SDLK_RIGHT, INPUT_KEY_RIGHT},   {SDLK_UP, INPUT_KEY_UP},
    {SDLK_DOWN, INPUT_KEY_DOWN},     {SDLK_F1, INPUT_KEY_F1},
    {SDLK_F2, INPUT_KEY_F2},         {SDLK_F3, INPUT_KEY_F3},
    {SDLK_F4, INPUT_KEY_F4},         {SDLK_F5, INPUT_KEY_F5},
    {SDLK_F6, INPUT_KEY_F6},         {SDLK_F7, INPUT_KEY_F7},
    {SDLK_F8, INPUT_KEY_F8},         {SDLK_F9, INPUT_KEY_F9},
    {SDLK_F10, INPUT_KEY_F10},       {SDLK_F11, INPUT_KEY_F11},
    {SDLK_F12, INPUT_KEY_F12},
};

static int window_fd(const struct input *input)
{
    const struct input_window *self = (const struct input_window *)input;

    return self->connection >= 0 ? self->connection : self->timer;
}

static void send_pointer(struct input_window *self, enum input_kind kind, int x, int y, input_sink *sink, void *context)
{
    struct input_event event = {.kind = kind};

    self->down = kind != INPUT_UP;
    display_from_panel(self->display, x, y, &event.x, &event.y);
    sink(context, &event);
}

static void send_key(SDL_Keycode code, input_sink *sink, void *context)
{
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        if (keys[i].code == code) {
            struct input_event event = {.kind = INPUT_KEY, .key = keys[i].key};

            sink(context, &event);
            return;
        }
    }
}

/* An input method may commit a word at once: one event a character, none of them a control character. */
static void send_text(const char *text, input_sink *sink, void *context)
{
    while (*text) {
        struct input_event event = {.kind = INPUT_TEXT};
        size_t n = 1;

        while ((text[n] & 0xC0) == 0x80 && n < INPUT_TEXT_MAX - 1) {
            n++;
        }
        memcpy(event.text, text, n);
        if ((uint8_t)text[0] >= 0x20 && text[0] != 0x7F) {
            sink(context, &event);
        }
        text += n;
    }
}

static int send_window(struct input_window *self, const SDL_WindowEvent *window)
{
    switch (window->event) {
    case SDL_WINDOWEVENT_EXPOSED:
    case SDL_WINDOWEVENT_RESTORED:
    case SDL_WINDOWEVENT_SIZE_CHANGED:
        return display_window_repaint(self->display);
    default:
        return 0;
    }
}

static int translate(struct input_window *self, const SDL_Event *from, input_sink *sink, void *context)
{
    switch (from->type) {
    case SDL_MOUSEBUTTONDOWN:
        if (from->button.button == SDL_BUTTON_LEFT) {
            send_pointer(self, INPUT_DOWN, from->button.x, from->button.y, sink, context);
        }
        return 0;
    case SDL_MOUSEBUTTONUP:
        if (from->button.button == SDL_BUTTON_LEFT && self->down) {
            send_pointer(self, INPUT_UP, from->button.x, from->button.y, sink, context);
        }
        return 0;
    case SDL_MOUSEMOTION:
        if (self->down) {
            send_pointer(self, INPUT_MOVE, from->motion.x, from->motion.y, sink, context);
        }
        return 0;
    case SDL_KEYDOWN:
        send_key(from->key.keysym.sym, sink, context);
        return 0;
    case SDL_TEXTINPUT:
        send_text(from->text.text, sink, context);
        return 0;
    case SDL_WINDOWEVENT:
        return send_window(self, &from->window);
    case SDL_QUIT:
        sink(context, &(struct input_event){.kind = INPUT_QUIT});
        return 0;
    default:
        return 0;
    }
}

/* Touches arrive as SDL's synthetic mouse too; its mapping of the first finger is what a kiosk wants. */
static int window_drain(struct input *input, input_sink *sink, void *context)
{
    struct input_window *self = (struct input_window *)input;
    SDL_Event event;
    uint64_t ticks;
    int error = 0;

    if (self->timer >= 0 && read(self->timer, &ticks, sizeof(ticks)) < 0 && errno != EAGAIN) {
        return -errno;
    }
    while (SDL_PollEvent(&event)) {
        int failed = translate(self, &event, sink, context);

        error = error ? error : failed;
    }
    return error;
}

static void window_close(struct input *input)
{
    struct input_window *self = (struct input_window *)input;

    SDL_StopTextInput();
    if (self->timer >= 0) {
        close(self->timer);
    }
    free(self);
}

static const struct input_ops window_ops = {.fd = window_fd, .drain = window_drain, .close = window_close};

static int x11_connection(SDL_Window *window)
{
    SDL_SysWMinfo info;

    SDL_VERSION(&info.version);
#ifdef SDL_VIDEO_DRIVER_X11
    if (SDL_GetWindowWMInfo(window, &info) && info.subsystem == SDL_SYSWM_X11) {
        return ConnectionNumber(info.info.x11.display);
    }
#else
    (void)window;
#endif
    return -1;
}

static int start_timer(int *out_timer)
{
    struct itimerspec period = {.it_interval = {.tv_nsec = PUMP_NS}, .it_value = {.tv_nsec = PUMP_NS}};
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

    if (timer < 0) {
        return -errno;
    }
    if (timerfd_settime(timer, 0, &period, NULL) < 0) {
        int error = -errno;

        close(timer);
        return error;
    }
    *out_timer = timer;
    return 0;
}

int input_window_open(const struct input_spec *spec, struct hal_context *context, struct input **out_device)
{
    SDL_Window *window = display_window_of(context->display);
    struct input_window *self;
    int error = 0;

    (void)spec;
    if (!window) {
        hal_context_reason(context, "input: the window's input needs the window's display");
        return -ENODEV;
    }
    self = calloc(1, sizeof(*self));
    if (!self) {
        return -ENOMEM;
    }
    self->base.ops = &window_ops;
    self->display = context->display;
    self->timer = -1;
    self->connection = x11_connection(window);
    if (self->connection < 0) {
        error = start_timer(&self->timer);
    }
    if (error) {
        free(self);
        return error;
    }
    SDL_StartTextInput();
    *out_device = &self->base;
    return 0;
}
