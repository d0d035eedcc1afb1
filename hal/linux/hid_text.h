#ifndef HAL_LINUX_HID_TEXT_H
#define HAL_LINUX_HID_TEXT_H

/* Key events of a scanner that pretends to be a keyboard, as text. Pure. */

#include "evdev.h"

#include "../scan_text.h"

struct hid_text {
    struct scan_text text;
    bool shift;
    bool control;
    bool caps;
};

/* Takes one event; true when it ended a code (Enter): call scan_text_end. */
bool hid_text_add(struct hid_text *hid, const struct kernel_input_event *event);

#endif
