#ifndef APP_SCREENS_UI_INSIDE_H
#define APP_SCREENS_UI_INSIDE_H

/* For tests: what stands on the display, as a list. Owned by the ui until the next draw. */

#include "screens/scene.h"

const struct scene *ui_scene(const struct ui *ui);

#endif
