#ifndef TESTS_SIM_NET_H
#define TESTS_SIM_NET_H

/*
 * The network between one terminal and central: the sync's transport, whose exchange waits in virtual time while the
 * request and its answer are on their way, are lost, doubled, delayed or overtaken.
 */

#include "sync/sync.h"
#include "world.h"

struct message;

struct line {
    struct world *world;
    const char *name; /* of the terminal, for the trace */
    bool link;        /* the device sees a network */
    bool reach;       /* and it leads to central */
    bool closed;      /* the process is going: calls end at once */
    uint64_t sent, arrived_last;
    struct message *waiting[8]; /* calls that wait for their answer */
};

extern const struct sync_transport_ops line_transport; /* self is a struct line; close leaves it */

/* Lets every call that waits end with -ECANCELED. */
void line_cancel(struct line *line);

#endif
