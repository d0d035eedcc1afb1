#ifndef TESTS_SIM_TERMINAL_H
#define TESTS_SIM_TERMINAL_H

/* A terminal in the simulation: the real till and sync on a disk that can die, behind a line that can fail. */

#include "drive.h"
#include "net.h"
#include "platform/signature.h"
#include "sync/sync.h"
#include "till/till.h"

#define TERMINAL_DB_FILE "terminal.db"
#define TERMINAL_LOOPS   3

struct coroutine;
struct terminal;

/* One loop of the sync. */
struct terminal_loop {
    struct terminal *terminal;
    struct coroutine *coroutine;
    uint64_t turn; /* counts its resumptions: an older wake-up is void */
    bool waiting;  /* in the runner's wait, not in an exchange */
    bool kicked;   /* will be resumed at once */
};

struct terminal {
    struct world *world;
    unsigned index; /* of its store; a clone has its original's */
    bool clone;
    char name[8];
    struct clock clock;
    int64_t wall_offset_ms, booted_ms;
    struct drive drive;
    char books[160], key[160], pepper[160], boot_id[24];
    unsigned boots;
    struct till *till; /* NULL while it is down; sync likewise */
    struct sync *sync;
    struct line line;
    struct terminal_loop loops[TERMINAL_LOOPS];
    unsigned loop_count;
    bool dying, retired; /* retired: never started again */
    bool lost; /* retired, and its disk is gone; of its journal `number` central was known to have `durable` */
    uint32_t number, incarnation;
    uint64_t durable;
    struct till_answer answer;
    bool answered;
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

/* One request to the till, done when this returns. */
const struct till_answer *terminal_ask(struct terminal *terminal, struct till_request *request);

#endif
