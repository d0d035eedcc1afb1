#ifndef TESTS_SIM_TERMINAL_H
#define TESTS_SIM_TERMINAL_H

/*
 * A terminal in the simulation: the real till, LAN room and sync on a disk that can die, behind a line to central and a
 * network in its store that can fail.
 */

#include "drive.h"
#include "lan/lan.h"
#include "net.h"
#include "platform/signature.h"
#include "sync/sync.h"
#include "till/till.h"
#include "wire.h"

#define TERMINAL_DB_FILE "terminal.db"
#define TERMINAL_LOOPS   3

struct coroutine;
struct terminal;

/* One loop of the sync or of the LAN room. */
struct terminal_loop {
    struct terminal *terminal;
    struct coroutine *coroutine;
    uint64_t turn; /* counts its resumptions: an older wake-up is void */
    bool waiting;  /* in the runner's wait, not in an exchange */
    bool kicked;   /* will be resumed at once */
};

/* The loops of one room. */
struct terminal_room {
    struct terminal *terminal;
    struct terminal_loop loops[TERMINAL_LOOPS];
    unsigned loop_count;
};

struct terminal {
    struct world *world;
    unsigned index; /* its place on the list of those there were at first; a clone has its original's */
    uint32_t shop;  /* its store, as central numbers it */
    bool clone;
    char name[8];
    struct clock clock;
    int64_t wall_offset_ms, booted_ms;
    struct drive drive;
    char books[160], key[160], pepper[160], boot_id[24];
    unsigned boots;
    struct till *till; /* NULL while it is down; lan and sync likewise */
    struct lan *lan;
    struct sync *sync;
    struct line line;
    struct wire talk, ask;
    bool plugged; /* in its store's network */
    uint64_t lan_sent, lan_arrived_last;
    bool has_key;
    uint8_t public_key[KEY_PUBLIC_LEN];
    struct terminal_room sync_room, lan_room;
    bool dying, retired; /* retired: never started again */
    bool switched_off;   /* a person did, and will switch it on again */
    bool
        lost; /* retired, and its disk is gone; of its journal `number` central or a peer was known to have `durable` */
    uint32_t number, incarnation; /* 0 before it is enrolled */
    uint64_t durable;
    uint32_t copied_count;
    struct lan_end copied[LAN_TERMINALS_MAX]; /* a clone's: the journals' ends on the disk that it is a copy of */
};

/* In a folder of its own; not started yet. */
void terminal_init(struct terminal *terminal, struct world *world, unsigned index);
/* A copy of the disk of another one, as it is just now. */
void terminal_init_clone(struct terminal *terminal, struct terminal *original);
void terminal_finish(struct terminal *terminal); /* stopped before */

void terminal_start(struct terminal *terminal);
void terminal_stop(struct terminal *terminal);                       /* in good order */
void terminal_crash(struct terminal *terminal, int64_t down_ms_max); /* loses what was not synced; starts again later */
bool terminal_is_up(const struct terminal *terminal);

/* Notes what it is called by now; false: it is not enrolled, or down. */
bool terminal_learn_name(struct terminal *terminal);
/* One request through the one door of the screens. The answers go to desk_answered, as events of their own. */
MUST_CHECK int terminal_ask(struct terminal *terminal, struct till_request *request);

#endif
