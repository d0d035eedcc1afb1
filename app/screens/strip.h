#ifndef APP_SCREENS_STRIP_H
#define APP_SCREENS_STRIP_H

/*
 * The line along the top: where one is (brand and store, or the way back and the screen's title), and at its end what
 * the device has to say (not sent yet, a device that is down, who is signed in, the time) and the language.
 */

#include "screens/widgets.h"

struct strip {
    const char *title; /* in the language of the screen; NULL = the brand and the store */
    bool back;
    bool staff;      /* the discreet way in for staff */
    bool devices;    /* names devices that are down: for staff only */
    bool bare;       /* the language alone */
    uint32_t ground; /* 0 = paper */
    uint32_t ink;    /* 0 = the theme's */
};

/* Paints the ground of the whole screen too; returns what is left for the screen itself, inside the margins. */
struct rect strip_draw(struct scene *scene, const struct view_model *view, const struct strip *strip);

#endif
