#include "hal/network.h"

#include <assert.h>

int network_state(struct network *network, struct network_state *out_state)
{
    assert(out_state);
    return network ? network->ops->state(network, out_state) : -ENODEV;
}

int network_fd(const struct network *network)
{
    return network ? network->ops->fd(network) : -1;
}

void network_close(struct network *network)
{
    if (network) {
        network->ops->close(network);
    }
}
