#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H

/*
 * One run: virtual time, what is to happen when, chance, and the trace. Everything runs on one thread, and every
 * choice comes from the seed, so that the same seed gives the same trace, byte for byte.
 */

#include "platform/random.h"

#include <stdio.h>

enum fault {
    FAULT_PARTITION,     /* no link, or a link that leads nowhere */
    FAULT_DROP,          /* a request that never arrives */
    FAULT_DUP,           /* one that arrives twice, the second time up to minutes later */
    FAULT_REORDER,       /* one that is overtaken by later ones */
    FAULT_DELAY,         /* seconds on the way, either way */
    FAULT_CUT,           /* an answer that breaks off */
    FAULT_CRASH,         /* a terminal dies at a write of its disk, or between two */
    FAULT_CENTRAL,       /* so does central */
    FAULT_CLOCK,         /* a terminal's wall clock jumps by up to ten years, either way */
    FAULT_RESTORE,       /* central comes back from an older backup */
    FAULT_CLONE,         /* a copy of a terminal's disk runs beside it */
    FAULT_FULL,          /* a disk, a terminal's or central's, has no room for a while */
    FAULT_EIO,           /* one of its I/Os fails, or all of a kind for a while */
    FAULT_SHORT,         /* a write stops half-way */
    FAULT_CENTRAL_CLOCK, /* central's wall clock jumps, as a terminal's */
    FAULT_WRITE_OFF,     /* an operator gives a coupon's right to another store without its holder's word */
    FAULT_REPLACE,       /* a terminal's disk is gone; another one with a blank disk takes its place */
    FAULT_LAN_PARTITION, /* a terminal is off its store's network */
    FAULT_LAN_DROP,      /* between terminals of a store: a request or an answer that never arrives */
    FAULT_LAN_DUP,       /* one that arrives twice, the second time up to a minute later */
    FAULT_LAN_REORDER,   /* one that is overtaken by later ones */
    FAULT_LAN_DELAY,     /* seconds on the way */
    FAULT_PROMOTE,       /* the primary is switched off, and a manager promotes another terminal */
    FAULT_HAND_OVER,     /* central gives the store another primary, as planned */
    FAULT_ALONE,         /* a manager lets the primary go on without a peer */
    FAULT_ALONE_CENTRAL, /* central does */
    FAULT_REVOKE,        /* the key of the coupons was stolen: another one signs, that one is revoked */
    FAULTS
};

enum mutant {
    MUTANT_NONE,
    MUTANT_LOST_SYNC,          /* the terminals' disk says "synced" and does nothing */
    MUTANT_ACK_BEFORE_COMMIT,  /* the screen says "done" though the commit failed */
    MUTANT_DOUBLE_GRANT,       /* central grants a right before its holder gave it up */
    MUTANT_FORGOTTEN_RELEASE,  /* a terminal forgets that it gave a right up */
    MUTANT_LOST_REVERSAL,      /* a void leaves the books as they were */
    MUTANT_DROPPED_DEDUP,      /* a terminal forgets which moves of credit it has taken in */
    MUTANT_UNNOTICED_RESTORE,  /* central does not see that its books are older than it */
    MUTANT_NORMAL_SYNC,        /* the terminals' SQLite runs with synchronous=NORMAL */
    MUTANT_SKIPPED_FEED,       /* a terminal starts with a feed cursor that is a few items too far */
    MUTANT_EARLY_PRUNE,        /* a terminal prunes what central does not have yet */
    MUTANT_SHARE_TWICE,        /* central grants a share of credit that nobody released */
    MUTANT_DOUBLE_EARN,        /* what a member earned counts twice */
    MUTANT_FORGOTTEN_USE,      /* a terminal forgets what was redeemed */
    MUTANT_FORGOTTEN_BUDGET,   /* a terminal forgets what it redeemed within its budget */
    MUTANT_SWALLOWED_CONFLICT, /* central drops a conflict record */
    MUTANT_HALF_POSTING,       /* central books one side of a posting */
    MUTANT_CLOCK_ORDER,        /* records are stamped by the wall clock alone */
    MUTANT_PEER_LIES,          /* a peer says that it holds what it did not store */
    MUTANT_NO_FENCE,           /* a promoted terminal takes what the old primary did beyond its copy */
    MUTANT_TWO_PRIMARIES,      /* the first primary does not believe that another one was promoted */
    MUTANT_FORGOTTEN_REQUEST,  /* the primary does not know a request that it has done already */
    MUTANT_PUBLIC_ANYWHERE,    /* the pool offers coupons whose right its store gave up or never had */
    MUTANT_LEASE_FORGOTTEN,    /* a terminal uses a right after its lease */
    MUTANT_EARLY_END,          /* a terminal takes credit to end days before it does */
    MUTANT_FIRST_COMES,        /* central counts whichever redemption came first, with or without the right */
    MUTANTS
};

const char *fault_name(enum fault fault);
const char *mutant_name(enum mutant mutant);

struct world_options {
    uint64_t seed;
    unsigned terminals, days;
    bool single;     /* no store has more than one terminal */
    unsigned faults; /* bit by enum fault */
    enum mutant mutant;
    unsigned visits;  /* of a terminal a day */
    bool offline;     /* every terminal is on its own all day, and people spend as much as they redeem */
    bool trace;       /* print it */
    const char *keep; /* a file for the auditor's tables; NULL = none */
};

/* What happened, for the summary. */
struct world_counts {
    uint64_t events, faults[FAULTS];
    uint64_t redemptions, offline, credit_moves, credit_offline, spends, voids, refused,
        retried;                   /* acknowledged at terminals */
    uint64_t given, given_offline; /* out of a store's public pool */
    uint64_t claims, claims_lost;  /* of public coupons for other stores; lost to the holder */
    uint64_t transfers, share_transfers, budget, conflicts, quarantined, restores, expired;
    uint64_t revoked;                                     /* refused, because the key they were signed with is */
    uint64_t through_primary, pending, promotions, alone; /* in stores of several terminals */
    uint64_t leases, came_home;                           /* ended; and back at home, or in central's hand */
    uint64_t problems, violations;
};

struct event;

struct world {
    struct world_options options;
    int64_t now_ms;     /* virtual, from 0 */
    int64_t skipped_ms; /* nights that were left out */
    bool healing;       /* no more faults */
    struct event *heap;
    size_t event_count, event_cap;
    uint64_t event_number;
    struct sim_random chance;  /* of shoppers, network and faults */
    struct sim_random product; /* of the code under test */
    uint64_t trace_hash;
    struct world_counts counts;
    char folder[64];
    struct center *center;
    struct terminal **terminals; /* options.terminals of them, then clones */
    unsigned terminal_count;
    struct shoppers *shoppers;
};

#define WORLD_START_MS     INT64_C(1795000000000) /* a day in November 2026 */
#define WORLD_TRADING_MS   (INT64_C(12) * 60 * 1000)
#define WORLD_NIGHT_MS     (INT64_C(24) * 60 * 60 * 1000 - WORLD_TRADING_MS)
#define WORLD_VISITS_A_DAY 168

void world_init(struct world *world, const struct world_options *options);
void world_finish(struct world *world);

/* What every correct clock of the world says. */
int64_t world_wall_ms(const struct world *world);
int64_t world_mono_ms(const struct world *world);

/* An event: run(argument, token) at a time, in order of time and then of being scheduled. */
typedef void (*world_run)(void *argument, uint64_t token);
void world_at(struct world *world, int64_t at_ms, world_run run, void *argument, uint64_t token);
/* The next event, if it is due by until_ms; false: nothing more until then, and now is until_ms. */
bool world_step(struct world *world, int64_t until_ms);

/* Whether the terminal of this place stands in the same store as the one before it. */
bool world_shares_store(const struct world *world, unsigned index);
/* Whether credit has a term of one day in this run, and midnight lies in the hours of trading. */
bool world_has_term(const struct world *world);
/* Whether another machine started from a copy of its disk. */
bool world_was_copied(const struct world *world, const struct terminal *t);

bool world_has(const struct world *world, enum fault fault);                  /* switched on, and not healing */
bool world_chance(struct world *world, unsigned permille);                    /* of the seed's own coin */
uint64_t world_below(struct world *world, uint64_t bound);                    /* uniform */
bool world_strikes(struct world *world, enum fault fault, unsigned permille); /* and counts it when it does */

/* One line of the trace, hashed and, when asked for, printed. */
void world_trace(struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Something that must never be: printed whatever was asked for. */
void world_violation(struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The simulation cannot go on: a mistake of the simulator or a call that must not fail. */
void world_must(int error, const char *what);

#endif
