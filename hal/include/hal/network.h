#ifndef HAL_NETWORK_H
#define HAL_NETWORK_H

/*
 * Whether there is a network at all: a link with an address. Not whether central answers. One worker thread (sync)
 * makes the calls. When state.up is false no request may be sent: that is how a simulated cut works over loopback.
 * Back-ends: linux (rtnetlink), sim.
 */

#include "hal/context.h"

struct network_spec {
    char backend[HAL_BACKEND_MAX];
    char device[HAL_DEVICE_MAX]; /* interface name, or "" for any; "lo" counts only when named */
};

struct network_state {
    bool up;                      /* a link is up and has an address */
    char interface[HAL_NAME_MAX]; /* which; "" when down */
    char address[48];             /* numeric; "" when down */
};

struct network {
    const struct network_ops *ops;
};

struct network_ops {
    /* Mandatory. Does not block. */
    int (*state)(struct network *network, struct network_state *out_state);
    /* Mandatory. Becomes readable when the state may have changed; state() clears it. Owned by the network. */
    int (*fd)(const struct network *network);
    /* Mandatory. */
    void (*close)(struct network *network);
};

MUST_CHECK int network_open(const struct network_spec *spec, struct hal_context *context, struct network **out_network);
MUST_CHECK int network_state(struct network *network, struct network_state *out_state);
int network_fd(const struct network *network);
void network_close(struct network *network);

#endif
