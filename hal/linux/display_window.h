#ifndef HAL_LINUX_DISPLAY_WINDOW_H
#define HAL_LINUX_DISPLAY_WINDOW_H

/* What the window's input needs from the window's display. Main thread. */

#include <SDL.h>

#include "hal/display.h"

/* NULL when the display is no window. */
SDL_Window *display_window_of(const struct display *display);

/* The desktop wants the whole picture again (uncovered, restored, moved to another screen). */
MUST_CHECK int display_window_repaint(struct display *display);

#endif
