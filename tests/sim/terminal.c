#include "terminal.h"

#include "center.h"
#include "coroutine.h"
#include "desk.h"
#include "mutants.h"
#include "shoppers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define START_RETRY_MS 5000

struct told { /* an answer on its way to the screen */
    struct terminal *terminal;
    struct till_answer answer;
};

static const struct terminal *of_clock(const struct clock *clock)
{
    return (const struct terminal *)((const char *)clock - offsetof(struct terminal, clock));
}

static int64_t read_wall(const struct clock *clock)
{
    const struct terminal *t = of_clock(clock);
    return world_wall_ms(t->world) + t->wall_offset_ms;
}

static int64_t read_mono(const struct clock *clock)
{
    const struct terminal *t = of_clock(clock);
    return world_mono_ms(t->world) - t->booted_ms + 10000;
}

static const struct clock_ops clock_ops = {.wall_ms = read_wall, .mono_ms = read_mono};

/* ---- the loops of the rooms, each a coroutine */

static void resume(struct terminal_loop *loop)
{
    loop->turn++;
    loop->waiting = false;
    loop->kicked = false;
    coroutine_resume(loop->coroutine);
}

static void wake(void *argument, uint64_t turn)
{
    struct terminal_loop *loop = argument;
    if (loop->coroutine && loop->turn == turn && loop->waiting && !coroutine_done(loop->coroutine))
        resume(loop);
}

static struct terminal_loop *current_loop(struct terminal_room *room)
{
    for (unsigned i = 0; i < room->loop_count; i++) {
        if (room->loops[i].coroutine == coroutine_current())
            return &room->loops[i];
    }
    world_must(-EINVAL, "a wait outside of a loop");
    return NULL;
}

static void kick(struct terminal_loop *loop)
{
    struct world *world = loop->terminal->world;
    if (!loop->waiting || loop->kicked)
        return;
    loop->kicked = true;
    world_at(world, world->now_ms, wake, loop, loop->turn);
}

static int runner_start(void *self, void *(*run)(void *argument), void *argument)
{
    struct terminal_room *room = self;
    struct terminal_loop *loop = &room->loops[room->loop_count];
    int rc = coroutine_open(run, argument, &loop->coroutine);
    if (rc < 0)
        return rc;
    loop->terminal = room->terminal;
    loop->waiting = true;
    loop->kicked = false;
    room->loop_count++;
    kick(loop);
    return 0;
}

static void runner_wait(void *self, int64_t until_mono_ms)
{
    struct terminal_room *room = self;
    struct terminal *t = room->terminal;
    struct terminal_loop *loop = current_loop(room);
    loop->waiting = true;
    if (until_mono_ms != INT64_MAX) {
        int64_t left_ms = until_mono_ms - read_mono(&t->clock);
        world_at(t->world, t->world->now_ms + left_ms, wake, loop, loop->turn);
    }
    coroutine_yield();
}

static void runner_changed(void *self)
{
    struct terminal_room *room = self;
    for (unsigned i = 0; i < room->loop_count; i++)
        kick(&room->loops[i]);
}

static void runner_join(void *self)
{
    struct terminal_room *room = self;
    for (unsigned i = 0; i < room->loop_count; i++) {
        struct terminal_loop *loop = &room->loops[i];
        while (!coroutine_done(loop->coroutine))
            resume(loop);
        loop->turn++;
        coroutine_close(loop->coroutine);
        loop->coroutine = NULL;
    }
    room->loop_count = 0;
}

static const struct sync_runner_ops runner_ops = {
    .start = runner_start, .wait = runner_wait, .changed = runner_changed, .join = runner_join};

/* ---- what till, LAN room and sync call */

static void show(void *argument, uint64_t token)
{
    struct told *told = argument;
    (void)token;
    desk_answered(told->terminal, &told->answer);
    free(told);
}

/* It is on the screen from here on, whatever becomes of the machine; the till is busy, so it is heard a moment later.
 */
static void on_answered(void *context, const struct till_answer *answer)
{
    struct terminal *t = context;
    if (t->lan && lan_answered(t->lan, answer))
        return;
    struct told *told = malloc(sizeof(*told));
    world_must(told ? 0 : -ENOMEM, "an answer");
    *told = (struct told){t, *answer};
    world_at(t->world, t->world->now_ms, show, told, 0);
}

static void on_appended(void *context)
{
    struct terminal *t = context;
    if (t->sync && !t->dying)
        sync_wake(t->sync);
    if (t->lan && !t->dying)
        lan_wake(t->lan);
}

static void on_changed(void *context)
{
    struct terminal *t = context;
    if (t->lan && !t->dying)
        lan_wake(t->lan);
}

static bool on_central(void *context, uint32_t *out_age_s)
{
    const struct terminal *t = context;
    struct sync_status status = {.online = false};
    if (t->sync)
        sync_status_copy(t->sync, &status);
    if (status.last_contact_ms != 0) {
        int64_t age_ms = read_wall(&t->clock) - status.last_contact_ms;
        *out_age_s = age_ms > 0 ? (uint32_t)(age_ms / 1000) : 0;
    }
    return status.online;
}

static int on_relay(void *context, struct slice packed, struct journal_answer *out_answer)
{
    struct terminal *t = context;
    return t->sync && !t->dying ? sync_relay(t->sync, packed, out_answer) : -ENETDOWN;
}

static bool on_link_up(void *context)
{
    return ((struct terminal *)context)->line.link;
}

static void on_asked(void *context, uint32_t ticket, int error, const struct authority_answer *answer)
{
    struct terminal *t = context;
    if (!t->dying)
        desk_on_asked(t, ticket, error, answer);
}

/* ---- life */

static void name_files(struct terminal *t)
{
    snprintf(t->books, sizeof(t->books), "%s/" TERMINAL_DB_FILE, t->drive.folder);
    snprintf(t->key, sizeof(t->key), "%s/terminal.key", t->drive.folder);
    snprintf(t->pepper, sizeof(t->pepper), "%s/pepper", t->drive.folder);
}

static void init(struct terminal *t, struct world *world, unsigned index)
{
    char folder[128];
    *t = (struct terminal){.world = world, .index = index, .clock = {.ops = &clock_ops}, .name = ""};
    snprintf(t->name, sizeof(t->name), "t%u", world->terminal_count + 1);
    snprintf(folder, sizeof(folder), "%s/%s", world->folder, t->name);
    drive_init(&t->drive, world, folder, TERMINAL_DB_FILE);
    name_files(t);
    mutant_on_made(t);
    t->wall_offset_ms = (int64_t)world_below(world, 4000) - 2000;
    t->line = (struct line){.world = world, .name = t->name, .link = true, .reach = true};
    t->shop = world->center->shops[index];
    t->talk.terminal = t->ask.terminal = t->sync_room.terminal = t->lan_room.terminal = t;
    t->plugged = true;
    world->terminals[world->terminal_count++] = t;
}

void terminal_init(struct terminal *terminal, struct world *world, unsigned index)
{
    init(terminal, world, index);
}

void terminal_init_clone(struct terminal *terminal, struct terminal *original)
{
    init(terminal, original->world, original->index);
    terminal->clone = true;
    if (till_ends(original->till, terminal->copied, &terminal->copied_count) < 0)
        terminal->copied_count = 0; /* its disk is ill: nobody can tell */
    drive_copy(&original->drive, &terminal->drive);
}

static int start_till(struct terminal *t)
{
    struct till_options options = {
        .path = t->books,
        .vfs = DRIVE_VFS,
        .pepper_path = t->pepper,
        .clock = &t->clock,
        .boot_id = t->boot_id,
        .lan = true,
        .inline_jobs = true,
        .answered = on_answered,
        .changed = on_changed,
        .appended = on_appended,
        .context = t,
    };
    return till_open(&options, &t->till);
}

static int start_lan(struct terminal *t)
{
    struct sync_runner runner = {&runner_ops, &t->lan_room};
    struct lan_options options = {
        .till = t->till,
        .clock = &t->clock,
        .random = &t->world->product.base,
        .key_path = t->key,
        .talk = {&wire_transport, &t->talk},
        .ask = {&wire_transport, &t->ask},
        .runner = &runner,
        .central = on_central,
        .relay = on_relay,
        .answered = on_answered,
        .context = t,
    };
    return lan_open(&options, &t->lan);
}

static int start_sync(struct terminal *t)
{
    struct sync_runner runner = {&runner_ops, &t->sync_room};
    char address[WIRE_ADDRESS_MAX];
    struct sync_options options = {
        .till = t->till,
        .clock = &t->clock,
        .random = &t->world->product.base,
        .transport = {&line_transport, &t->line},
        .key_path = t->key,
        .incarnation = {.boot_count = t->boots},
        .runner = &runner,
        .link_up = on_link_up,
        .asked = on_asked,
        .context = t,
    };
    snprintf(options.incarnation.hardware_serial, sizeof(options.incarnation.hardware_serial), "%s", t->name);
    int rc = sync_open(&options, &t->sync);
    wire_address(t, address);
    if (rc == 0)
        sync_lan_address(t->sync, address);
    return rc;
}

static void start_again(void *argument, uint64_t boots)
{
    struct terminal *t = argument;
    if (t->boots == boots)
        terminal_start(t);
}

void terminal_start(struct terminal *terminal)
{
    struct terminal *t = terminal;
    if (t->till || t->retired || t->switched_off)
        return;
    t->boots++;
    t->booted_ms = world_mono_ms(t->world);
    snprintf(t->boot_id, sizeof(t->boot_id), "%s-%u", t->name, t->boots);
    t->line.closed = t->dying = false;
    mutant_on_start(t);
    int rc = start_till(t);
    if (rc == 0)
        rc = start_lan(t);
    if (rc == 0)
        rc = start_sync(t);
    world_trace(t->world, "%s starts: %d", t->name, rc);
    if (rc == 0)
        return;
    if (t->drive.sick || t->drive.dead) {
        terminal_stop(t);
        world_at(t->world, t->world->now_ms + START_RETRY_MS, start_again, t, t->boots);
    } else {
        world_violation(t->world, "%s does not start again: %s", t->name, strerror(-rc));
    }
}

void terminal_stop(struct terminal *terminal)
{
    struct terminal *t = terminal;
    t->dying = true;
    t->line.closed = true;
    lan_close(t->lan);
    t->lan = NULL;
    sync_close(t->sync);
    t->sync = NULL;
    till_close(t->till);
    t->till = NULL;
}

void terminal_crash(struct terminal *terminal, int64_t down_ms_max)
{
    struct terminal *t = terminal;
    if (!t->till)
        return;
    world_trace(t->world, "%s dies", t->name);
    drive_kill(&t->drive);
    terminal_stop(t);
    drive_revive(&t->drive);
    desk_forget(t);
    int64_t down_ms = 1000 + (int64_t)world_below(t->world, (uint64_t)down_ms_max);
    world_at(t->world, t->world->now_ms + down_ms, start_again, t, t->boots);
}

bool terminal_is_up(const struct terminal *terminal)
{
    return terminal->till != NULL && terminal->lan != NULL && terminal->sync != NULL;
}

void terminal_finish(struct terminal *terminal)
{
    drive_finish(&terminal->drive);
}

static void learn_key(struct terminal *t)
{
    struct key_pair key;
    if (t->has_key || key_pair_load(&key, t->key) < 0)
        return;
    memcpy(t->public_key, key.public_key, sizeof(t->public_key));
    t->has_key = true;
    key_pair_finish(&key);
}

bool terminal_learn_name(struct terminal *terminal)
{
    struct terminal *t = terminal;
    struct till_store store;
    learn_key(t);
    if (t->number != 0)
        return true;
    if (!terminal_is_up(t) || t->drive.dead || till_store_read(t->till, &store) < 0 || !store.enrolled)
        return false;
    t->number = store.terminal;
    t->incarnation = store.incarnation;
    return true;
}

/* What the flow states of a request: who is signed in, and how long ago central answered. */
static void state_sync(struct terminal *t, struct till_request *request)
{
    request->clerk = CENTER_CLERK;
    request->sync_age_s = UINT32_MAX;
    request->online = on_central(t, &request->sync_age_s);
}

int terminal_ask(struct terminal *terminal, struct till_request *request)
{
    state_sync(terminal, request);
    return lan_submit(terminal->lan, request);
}
