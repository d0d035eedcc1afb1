#ifndef HAL_INPUT_H
#define HAL_INPUT_H

/*
 * Touch, pointer and keys. Main thread only; nothing here blocks.
 *
 * The main loop polls input_fd() with its other descriptors. Some libraries read ahead, so events may wait although the
 * descriptor is silent: call input_drain() once before every poll. Under `window` the descriptor is the X connection
 * where there is one, else a timer that ticks 50 times a second (only while a window is open on such a desk).
 * Back-ends: window (SDL events; needs the window display), evdev (libevdev; touch panels and keyboards), sim.
 */

#include "hal/context.h"

#define INPUT_TEXT_MAX 8 /* one character in UTF-8 with its NUL */

struct input_spec {
    char backend[HAL_BACKEND_MAX];
    char device[HAL_DEVICE_MAX]; /* evdev: /dev/input/eventN or by-id paths, comma separated, or "auto" */
};

enum input_kind {
    INPUT_DOWN, /* a finger or the left button; x, y */
    INPUT_MOVE, /* while down only */
    INPUT_UP,
    INPUT_TEXT, /* one printable character in text */
    INPUT_KEY,  /* a key without a character */
    INPUT_QUIT, /* the desk's window was closed */
};

enum input_key {
    INPUT_KEY_NONE,
    INPUT_KEY_ENTER,
    INPUT_KEY_ESCAPE,
    INPUT_KEY_BACKSPACE,
    INPUT_KEY_TAB,
    INPUT_KEY_LEFT,
    INPUT_KEY_RIGHT,
    INPUT_KEY_UP,
    INPUT_KEY_DOWN,
    INPUT_KEY_F1,
    INPUT_KEY_F2,
    INPUT_KEY_F3,
    INPUT_KEY_F4,
    INPUT_KEY_F5,
    INPUT_KEY_F6,
    INPUT_KEY_F7,
    INPUT_KEY_F8,
    INPUT_KEY_F9,
    INPUT_KEY_F10,
    INPUT_KEY_F11,
    INPUT_KEY_F12,
};

struct input_event {
    enum input_kind kind;
    enum input_key key;
    int x; /* upright pixels of the display, clamped to it */
    int y;
    char text[INPUT_TEXT_MAX];
};

typedef void input_sink(void *context, const struct input_event *event);

struct input {
    const struct input_ops *ops;
};

struct input_ops {
    /* Mandatory. A descriptor to poll for reading, or -1 when nothing can ever come. Owned by the input. */
    int (*fd)(const struct input *input);
    /* Mandatory. Hands everything that waits to the sink, in order. -ENODEV when the device is gone. */
    int (*drain)(struct input *input, input_sink *sink, void *context);
    /* Mandatory. */
    void (*close)(struct input *input);
};

/* context->display must be set (it gives size and rotation) unless the back-end is sim. */
MUST_CHECK int input_open(const struct input_spec *spec, struct hal_context *context, struct input **out_input);
int input_fd(const struct input *input);
MUST_CHECK int input_drain(struct input *input, input_sink *sink, void *context);
void input_close(struct input *input);

/* "enter", "escape", "f1"…; "none" for INPUT_KEY_NONE. -ENOENT when no key has that name. */
const char *input_key_name(enum input_key key);
MUST_CHECK int input_key_from_name(const char *name, enum input_key *out_key);

#endif
