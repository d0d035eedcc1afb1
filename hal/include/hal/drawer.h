#ifndef HAL_DRAWER_H
#define HAL_DRAWER_H

/*
 * The cash drawer, behind the printer or on a pin as the board says. Called by the printer's worker thread.
 * Back-ends: printer, gpio, sim, none.
 */

#include "hal/context.h"

struct drawer_spec {
    char backend[HAL_BACKEND_MAX];
    int pin;      /* printer: connector pin 0 or 1 */
    int pulse_ms; /* 0: 120 */
};

struct drawer {
    const struct drawer_ops *ops;
};

struct drawer_ops {
    /* Mandatory. Blocks for the length of the pulse. */
    int (*kick)(struct drawer *drawer);
    /* Mandatory. */
    void (*close)(struct drawer *drawer);
};

MUST_CHECK int drawer_open(const struct drawer_spec *spec, struct hal_context *context, struct drawer **out_drawer);

/*
 * Opens the drawer once. Blocks for the pulse. -ENODEV when what it hangs on is gone. After an error the drawer may
 * have opened all the same: never repeat by itself.
 */
MUST_CHECK int drawer_kick(struct drawer *drawer);
void drawer_close(struct drawer *drawer);

#endif
