#ifndef TESTS_SIM_WIRE_H
#define TESTS_SIM_WIRE_H

/*
 * The network inside a store: a transport of the LAN room, whose exchange waits in virtual time while the request and
 * its answer are on their way to another terminal, are lost, doubled, delayed or overtaken. Its faults are its own;
 * the line to central has others.
 */

#include "sync/sync.h"
#include "world.h"

struct terminal;
struct wire_message;

struct wire {
    struct terminal *terminal;
    char url[96];
    uint8_t pin[HASH_LEN];
    struct wire_message *waiting; /* the call that waits for its answer: a loop makes one at a time */
};

extern const struct sync_transport_ops wire_transport; /* self is a struct wire; close leaves it */

/* "10.0.0.N:7443" of the world's Nth machine. */
#define WIRE_ADDRESS_MAX 32
void wire_address(const struct terminal *terminal, char out_address[WIRE_ADDRESS_MAX]);

#endif
