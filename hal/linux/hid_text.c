#include "hid_text.h"

#include "keymap.h"

static bool is_modifier(struct hid_text *hid, const struct kernel_input_event *event)
{
    switch (event->code) {
    case KEY_LEFTSHIFT:
    case KEY_RIGHTSHIFT:
        hid->shift = event->value != 0;
        return true;
    case KEY_LEFTCTRL:
    case KEY_RIGHTCTRL:
        hid->control = event->value != 0;
        return true;
    case KEY_CAPSLOCK:
        hid->caps ^= event->value == 1;
        return true;
    default:
        return false;
    }
}

bool hid_text_add(struct hid_text *hid, const struct kernel_input_event *event)
{
    char c;

    if (event->type != EV_KEY || is_modifier(hid, event) || event->value != 1) {
        return false;
    }
    if (event->code == KEY_ENTER || event->code == KEY_KPENTER) {
        return !scan_text_empty(&hid->text);
    }
    c = keymap_char(event->code, hid->shift);
    if (hid->control) {
        /* Scanners type GS as Ctrl+]; every other chord is nobody's business. */
        scan_text_add(&hid->text, c == ']' ? 0x1D : 0);
        return false;
    }
    if (hid->caps && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) {
        c ^= 0x20;
    }
    scan_text_add(&hid->text, (uint8_t)c);
    return false;
}
