#include "hal/input.h"

#include <assert.h>
#include <string.h>

static const char *const key_names[] = {
    [INPUT_KEY_NONE] = "none",     [INPUT_KEY_ENTER] = "enter",
    [INPUT_KEY_ESCAPE] = "escape", [INPUT_KEY_BACKSPACE] = "backspace",
    [INPUT_KEY_TAB] = "tab",       [INPUT_KEY_LEFT] = "left",
    [INPUT_KEY_RIGHT] = "right",   [INPUT_KEY_UP] = "up",
    [INPUT_KEY_DOWN] = "down",     [INPUT_KEY_F1] = "f1",
    [INPUT_KEY_F2] = "f2",         [INPUT_KEY_F3] = "f3",
    [INPUT_KEY_F4] = "f4",         [INPUT_KEY_F5] = "f5",
    [INPUT_KEY_F6] = "f6",         [INPUT_KEY_F7] = "f7",
    [INPUT_KEY_F8] = "f8",         [INPUT_KEY_F9] = "f9",
    [INPUT_KEY_F10] = "f10",       [INPUT_KEY_F11] = "f11",
    [INPUT_KEY_F12] = "f12",
};

int input_fd(const struct input *input)
{
    return input ? input->ops->fd(input) : -1;
}

int input_drain(struct input *input, input_sink *sink, void *context)
{
    assert(sink);
    return input ? input->ops->drain(input, sink, context) : -ENODEV;
}

void input_close(struct input *input)
{
    if (input) {
        input->ops->close(input);
    }
}

const char *input_key_name(enum input_key key)
{
    assert((unsigned)key < ARRAY_LEN(key_names));
    return key_names[key];
}

int input_key_from_name(const char *name, enum input_key *out_key)
{
    assert(name && out_key);
    for (size_t i = 0; i < ARRAY_LEN(key_names); i++) {
        if (strcmp(key_names[i], name) == 0) {
            *out_key = (enum input_key)i;
            return 0;
        }
    }
    return -ENOENT;
}
