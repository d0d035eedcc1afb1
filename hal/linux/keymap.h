#ifndef HAL_LINUX_KEYMAP_H
#define HAL_LINUX_KEYMAP_H

/* Linux key codes as a US keyboard means them, which is what scanners pretend to be. Pure. */

#include "hal/input.h"

/* The printable character of a key, 0 when it has none. */
char keymap_char(unsigned code, bool shift);

/* The named key, INPUT_KEY_NONE when it is none. */
enum input_key keymap_key(unsigned code);

#endif
