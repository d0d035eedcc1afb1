#include "world.h"

#include "terminal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct event {
    int64_t at_ms;
    uint64_t number;
    world_run run;
    void *argument;
    uint64_t token;
};

static const char *const fault_names[FAULTS] = {
    [FAULT_PARTITION] = "partition",
    [FAULT_DROP] = "drop",
    [FAULT_DUP] = "dup",
    [FAULT_REORDER] = "reorder",
    [FAULT_DELAY] = "delay",
    [FAULT_CUT] = "cut",
    [FAULT_CRASH] = "crash",
    [FAULT_CENTRAL] = "central",
    [FAULT_CLOCK] = "clock",
    [FAULT_RESTORE] = "restore",
    [FAULT_CLONE] = "clone",
    [FAULT_FULL] = "full",
    [FAULT_EIO] = "eio",
    [FAULT_SHORT] = "short",
    [FAULT_CENTRAL_CLOCK] = "central-clock",
    [FAULT_WRITE_OFF] = "write-off",
    [FAULT_REPLACE] = "replace",
    [FAULT_LAN_PARTITION] = "lan-partition",
    [FAULT_LAN_DROP] = "lan-drop",
    [FAULT_LAN_DUP] = "lan-dup",
    [FAULT_LAN_REORDER] = "lan-reorder",
    [FAULT_LAN_DELAY] = "lan-delay",
    [FAULT_PROMOTE] = "promote",
    [FAULT_HAND_OVER] = "hand-over",
    [FAULT_ALONE] = "alone",
    [FAULT_ALONE_CENTRAL] = "alone-central",
    [FAULT_REVOKE] = "revoke",
};

static const char *const mutant_names[MUTANTS] = {
    [MUTANT_NONE] = "none",
    [MUTANT_LOST_SYNC] = "lost-sync",
    [MUTANT_ACK_BEFORE_COMMIT] = "ack-before-commit",
    [MUTANT_DOUBLE_GRANT] = "double-grant",
    [MUTANT_FORGOTTEN_RELEASE] = "forgotten-release",
    [MUTANT_LOST_REVERSAL] = "lost-reversal",
    [MUTANT_DROPPED_DEDUP] = "dropped-dedup",
    [MUTANT_UNNOTICED_RESTORE] = "unnoticed-restore",
    [MUTANT_NORMAL_SYNC] = "normal-sync",
    [MUTANT_SKIPPED_FEED] = "skipped-feed",
    [MUTANT_EARLY_PRUNE] = "early-prune",
    [MUTANT_SHARE_TWICE] = "share-twice",
    [MUTANT_DOUBLE_EARN] = "double-earn",
    [MUTANT_FORGOTTEN_USE] = "forgotten-use",
    [MUTANT_FORGOTTEN_BUDGET] = "forgotten-budget",
    [MUTANT_SWALLOWED_CONFLICT] = "swallowed-conflict",
    [MUTANT_HALF_POSTING] = "half-posting",
    [MUTANT_CLOCK_ORDER] = "clock-order",
    [MUTANT_PEER_LIES] = "peer-lies",
    [MUTANT_NO_FENCE] = "no-fence",
    [MUTANT_TWO_PRIMARIES] = "two-primaries",
    [MUTANT_FORGOTTEN_REQUEST] = "forgotten-request",
    [MUTANT_PUBLIC_ANYWHERE] = "public-anywhere",
    [MUTANT_LEASE_FORGOTTEN] = "lease-forgotten",
    [MUTANT_EARLY_END] = "early-end",
    [MUTANT_FIRST_COMES] = "first-comes-canonical",
};

const char *fault_name(enum fault fault)
{
    return fault_names[fault];
}

const char *mutant_name(enum mutant mutant)
{
    return mutant_names[mutant];
}

void world_init(struct world *world, const struct world_options *options)
{
    *world = (struct world){.options = *options, .trace_hash = UINT64_C(0xcbf29ce484222325)};
    sim_random_init(&world->chance, options->seed * 2);
    sim_random_init(&world->product, options->seed * 2 + 1);
}

void world_finish(struct world *world)
{
    free(world->heap);
    world->heap = NULL;
}

int64_t world_mono_ms(const struct world *world)
{
    return world->now_ms + world->skipped_ms;
}

int64_t world_wall_ms(const struct world *world)
{
    return WORLD_START_MS + world_mono_ms(world);
}

static bool earlier(const struct event *a, const struct event *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->number < b->number;
}

static void swap(struct event *a, struct event *b)
{
    struct event c = *a;
    *a = *b;
    *b = c;
}

void world_at(struct world *world, int64_t at_ms, world_run run, void *argument, uint64_t token)
{
    if (world->event_count == world->event_cap) {
        world->event_cap = world->event_cap ? world->event_cap * 2 : 256;
        world->heap = realloc(world->heap, world->event_cap * sizeof(*world->heap));
        world_must(world->heap ? 0 : -ENOMEM, "events");
    }
    size_t i = world->event_count++;
    world->heap[i] =
        (struct event){at_ms < world->now_ms ? world->now_ms : at_ms, world->event_number++, run, argument, token};
    for (; i > 0 && earlier(&world->heap[i], &world->heap[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&world->heap[i], &world->heap[(i - 1) / 2]);
}

static struct event take(struct world *world)
{
    struct event first = world->heap[0];
    world->heap[0] = world->heap[--world->event_count];
    for (size_t i = 0;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < world->event_count; child++) {
            if (earlier(&world->heap[child], &world->heap[least]))
                least = child;
        }
        if (least == i)
            return first;
        swap(&world->heap[i], &world->heap[least]);
        i = least;
    }
}

bool world_step(struct world *world, int64_t until_ms)
{
    if (world->event_count == 0 || world->heap[0].at_ms > until_ms) {
        world->now_ms = until_ms;
        return false;
    }
    struct event event = take(world);
    world->now_ms = event.at_ms;
    world->counts.events++;
    event.run(event.argument, event.token);
    return true;
}

bool world_shares_store(const struct world *world, unsigned index)
{
    /* Stores of one, two, one and three terminals by turns. */
    static const bool shares[] = {false, false, true, false, false, true, true};
    return !world->options.single && shares[index % ARRAY_LEN(shares)];
}

bool world_has_term(const struct world *world)
{
    return world->options.seed % 2 == 1;
}

bool world_has(const struct world *world, enum fault fault)
{
    return !world->healing && (world->options.faults >> fault & 1);
}

uint64_t world_below(struct world *world, uint64_t bound)
{
    return random_below(&world->chance.base, bound);
}

bool world_chance(struct world *world, unsigned permille)
{
    return world_below(world, 1000) < permille;
}

bool world_strikes(struct world *world, enum fault fault, unsigned permille)
{
    if (!world_has(world, fault) || !world_chance(world, permille))
        return false;
    world->counts.faults[fault]++;
    return true;
}

static void say(struct world *world, FILE *out, const char *mark, const char *text)
{
    int64_t now = world->now_ms;
    fprintf(out, "%s%3" PRId64 ":%02" PRId64 ".%03" PRId64 " %s\n", mark, now / 60000, now / 1000 % 60, now % 1000,
            text);
}

static void hash_text(struct world *world, const char *text)
{
    for (const char *at = text; *at; at++)
        world->trace_hash = (world->trace_hash ^ (uint8_t)*at) * UINT64_C(0x100000001b3);
    world->trace_hash = (world->trace_hash ^ (uint64_t)world->now_ms) * UINT64_C(0x100000001b3);
}

void world_trace(struct world *world, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    hash_text(world, text);
    if (world->options.trace)
        say(world, stdout, "", text);
}

void world_violation(struct world *world, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    hash_text(world, text);
    world->counts.violations++;
    printf("seed %" PRIu64 " ", world->options.seed);
    say(world, stdout, "VIOLATION ", text);
}

void world_must(int error, const char *what)
{
    if (error >= 0)
        return;
    fprintf(stderr, "tillside-sim: %s: %s\n", what, strerror(-error));
    abort();
}

bool world_was_copied(const struct world *world, const struct terminal *t)
{
    for (unsigned i = 0; i < world->terminal_count; i++) {
        if (world->terminals[i]->clone && world->terminals[i]->index == t->index)
            return true;
    }
    return false;
}
