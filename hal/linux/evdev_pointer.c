#include "evdev_pointer.h"

#include <assert.h>

#include "../panel.h"
#include "keymap.h"

void evdev_pointer_init(struct evdev_pointer *pointer, const struct display_size *display, struct evdev_range range)
{
    *pointer = (struct evdev_pointer){.display = *display, .range = range};
    panel_size(display, &pointer->x, &pointer->y);
    pointer->x /= 2;
    pointer->y /= 2;
}

static int scaled(int value, int min, int max, int size)
{
    int64_t at = max > min ? ((int64_t)value - min) * (size - 1) / ((int64_t)max - min) : value;

    return at < 0 ? 0 : at >= size ? size - 1 : (int)at;
}

static void move(struct evdev_pointer *pointer, const struct kernel_input_event *event)
{
    const struct evdev_range *range = &pointer->range;
    bool relative = event->type == EV_REL;
    int width;
    int height;

    panel_size(&pointer->display, &width, &height);
    /* REL_X and ABS_X are the same number, and so are Y's. */
    if (event->code == ABS_X) {
        pointer->x = relative ? scaled(pointer->x + event->value, 0, 0, width)
                              : scaled(event->value, range->min_x, range->max_x, width);
        pointer->moved = true;
    } else if (event->code == ABS_Y) {
        pointer->y = relative ? scaled(pointer->y + event->value, 0, 0, height)
                              : scaled(event->value, range->min_y, range->max_y, height);
        pointer->moved = true;
    }
}

static void key(struct evdev_pointer *pointer, const struct kernel_input_event *event, input_sink *sink, void *context)
{
    struct input_event out = {.kind = INPUT_KEY};
    char c = keymap_char(event->code, pointer->shift);

    if (event->code == BTN_TOUCH || event->code == BTN_LEFT) {
        pointer->touching = event->value != 0;
        return;
    }
    if (event->code == KEY_LEFTSHIFT || event->code == KEY_RIGHTSHIFT) {
        pointer->shift = event->value != 0;
        return;
    }
    if (event->code == KEY_LEFTCTRL || event->code == KEY_RIGHTCTRL || event->code == KEY_LEFTALT ||
        event->code == KEY_LEFTMETA) {
        pointer->control = event->value != 0;
        return;
    }
    /* Chords mean nothing to a kiosk: they must not type either. */
    if (event->value == 0 || pointer->control) {
        return;
    }
    out.key = keymap_key(event->code);
    if (out.key == INPUT_KEY_NONE) {
        out.kind = INPUT_TEXT;
        out.text[0] = c;
    }
    if (out.key != INPUT_KEY_NONE || c) {
        sink(context, &out);
    }
}

/* A report is complete: where the finger is now and what it did. */
static void report(struct evdev_pointer *pointer, input_sink *sink, void *context)
{
    struct input_event out = {.kind = INPUT_MOVE};

    panel_to_upright(&pointer->display, pointer->x, pointer->y, &out.x, &out.y);
    if (pointer->touching != pointer->down) {
        out.kind = pointer->touching ? INPUT_DOWN : INPUT_UP;
        pointer->down = pointer->touching;
        sink(context, &out);
    } else if (pointer->moved && pointer->down) {
        sink(context, &out);
    }
    pointer->moved = false;
}

void evdev_pointer_add(struct evdev_pointer *pointer, const struct kernel_input_event *event, input_sink *sink,
                       void *context)
{
    assert(pointer && event && sink);
    switch (event->type) {
    case EV_ABS:
    case EV_REL:
        move(pointer, event);
        break;
    case EV_KEY:
        key(pointer, event, sink, context);
        break;
    case EV_SYN:
        if (event->code == SYN_REPORT) {
            report(pointer, sink, context);
        }
        break;
    default:
        break;
    }
}
