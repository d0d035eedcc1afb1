#ifndef TESTS_APP_LAN_STREET_H
#define TESTS_APP_LAN_STREET_H

/*
 * Terminals of one store on one thread: each room's loops are coroutines on virtual time, the wire between them is a
 * call of lan_handle, and a test says what becomes of it.
 */

#include "fake_till.h"
#include "platform/keys.h"

#define HOUSES_MAX  3
#define ANSWERS_MAX 16

enum wire {
    WIRE_GOOD,
    WIRE_REFUSED,     /* nobody listens */
    WIRE_LOST,        /* the request is lost: a time-out */
    WIRE_ANSWER_LOST, /* it arrives; the answer does not */
};

struct street;

struct house_loop {
    struct coroutine *coroutine;
    bool waiting, kicked;
    int64_t until;
};

struct house {
    struct street *street;
    uint32_t terminal;
    struct till till;
    struct lan *lan;
    struct sim_clock clock;
    struct sim_random random;
    struct key_pair key;
    char key_path[160];
    struct house_loop loops[4];
    uint32_t loop_count;
    char target[FEED_ADDRESS_MAX + 16];
    uint8_t pin[HASH_LEN];
    enum wire wire;                     /* what becomes of requests to it */
    const char *only;                   /* of these only, when set: a path */
    uint32_t requests;                  /* that arrived */
    uint32_t last_status;               /* of the last request that it answered */
    bool relays;                        /* central can be reached from here */
    struct journal_answer relay_answer; /* durable_through: what central has; it takes what follows */
    uint32_t relay_count;
    uint32_t answer_count;
    struct till_answer answers[ANSWERS_MAX];
};

struct street {
    uint32_t count;
    struct house houses[HOUSES_MAX];
    char folder[128];
    char seen_input[512], seen_signature[256], seen_digest[128]; /* of the last request, for a replay */
    uint8_t seen_body[4096];
    size_t seen_len;
    char seen_path[64];
};

void street_open(struct street *street, uint32_t count);
void street_close(struct street *street);
void street_run(struct street *street, int64_t ms); /* virtual time goes by, everybody does what is due */
void house_start(struct house *house);
void house_stop(struct house *house);
/* The last answer under that ticket; NULL: none came. */
const struct till_answer *house_answer(const struct house *house, uint32_t ticket);
int house_redeem(struct house *house, uint32_t ticket);

#endif
