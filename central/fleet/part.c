#include "central/people.h"

#include "central/fleet/fleet.h"
#include "platform/compress.h"
#include "platform/log.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROUND_MS     10000 /* between two looks at who is to be updated next */
#define ORDERS_ROUND 100   /* made in one transaction */
#define LOGS_WIRE    (64 * 1024)

static int applied(struct store_tx *tx, const struct record *record, uint32_t store)
{
    (void)store;
    return fleet_note_record(tx, record);
}

/* ---- what terminals fetch and send */

static int find_ordered(struct api_call *call, uint32_t id, struct release *out_release)
{
    struct store_tx tx;
    bool ordered = false;
    int rc = store_read_begin(call->central->store, &tx);
    if (rc < 0)
        return rc;
    rc = release_find(&tx, id, out_release);
    rc = rc ? rc : release_ordered(&tx, id, call->terminal.id, &ordered);
    store_read_end(&tx);
    return rc ? rc : ordered && out_release->state != RELEASE_WITHDRAWN ? 0 : -ENOENT;
}

static void send_part(struct api_call *call, const struct release *release, struct byte_range range)
{
    char path[STORE_PATH_MAX + 2 * HASH_LEN + 16], words[80];
    size_t len = (size_t)(range.last - range.first + 1);
    uint8_t *bytes = malloc(len);
    int rc = bytes ? release_path(call->central, release->sha256, path, sizeof(path)) : -ENOMEM;
    int fd = rc == 0 ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    ssize_t got = fd >= 0 ? pread(fd, bytes, len, range.first) : -1;
    if (fd >= 0)
        close(fd);
    if (got == (ssize_t)len) {
        snprintf(words, sizeof(words), "bytes %" PRId64 "-%" PRId64 "/%" PRId64, range.first, range.last,
                 release->size);
        api_answer_part(call, 206, words, (struct slice){bytes, len});
    } else {
        api_answer_error(call, -EIO); /* an operator finds it by `release list`, the terminal tries again */
    }
    free(bytes);
}

void fleet_send_release(struct api_call *call)
{
    struct release release;
    struct byte_range range;
    char words[48];
    char *end = NULL;
    const char *text = call->path + strlen("/v1/release/");
    unsigned long id = *text >= '1' && *text <= '9' ? strtoul(text, &end, 10) : 0;
    int rc = id > 0 && id <= UINT32_MAX && *end == '\0' ? find_ordered(call, (uint32_t)id, &release) : -ENOENT;
    if (rc == -ENOENT) {
        api_refuse(call, 404, "not_ordered");
        return;
    }
    rc = rc ? rc : release_range(call->request->range, release.size, &range);
    if (rc == 0) {
        send_part(call, &release, range);
    } else if (rc == -EINVAL) {
        api_refuse(call, 400, "range");
    } else if (rc == -ERANGE) {
        snprintf(words, sizeof(words), "bytes */%" PRId64, release.size);
        api_answer_part(call, 416, words, (struct slice){NULL, 0});
    } else {
        api_answer_error(call, rc);
    }
}

static int run_keep(void *arg, struct store_tx *tx)
{
    struct api_call *call = arg;
    return fleet_log_keep(tx, &(struct fleet_log){call->terminal.id, call->logs.order, call->body});
}

static void done_keep(void *arg, int result)
{
    struct api_call *call = arg;
    if (result == 0)
        api_answer(call, 200, (struct slice){NULL, 0});
    else if (result == -ENOENT)
        api_refuse(call, 404, "not_ordered");
    else
        api_answer_error(call, result);
}

void fleet_take_logs(struct api_call *call)
{
    if (!api_query_u64(call, "order", &call->logs.order))
        api_refuse(call, 400, "order");
    else
        api_submit(call, WRITER_BULK, run_keep, done_keep);
}

/* ---- the clockwork */

struct fleet_state {
    struct central *central;
    int64_t due_ms; /* clock_mono_ms; the clockwork's thread */
};

static int run_round(void *arg, struct store_tx *tx)
{
    (void)arg;
    int rc = fleet_order_expire(tx, ORDERS_ROUND);
    return rc ? rc : release_run(tx, ORDERS_ROUND);
}

static void tick(struct central *central)
{
    struct fleet_state *state = central_state(central, &central_fleet);
    struct store_tx tx;
    int64_t now_ms = clock_mono_ms(central->clock);
    if (!state || now_ms < state->due_ms || store_read_begin(central->store, &tx) < 0)
        return;
    bool due = release_any_rolling(&tx) || fleet_order_any_over(&tx);
    store_read_end(&tx);
    state->due_ms = now_ms + ROUND_MS;
    int rc = due ? writer_call(central->writer, run_round, NULL) : 0;
    if (rc < 0 && rc != -EPIPE)
        log_error("fleet", "the roll-out stands still errno=%d", -rc);
}

static int open_state(struct central *central, void **out_state)
{
    struct fleet_state *state = calloc(1, sizeof(*state));
    if (!state)
        return -ENOMEM;
    *state = (struct fleet_state){.central = central, .due_ms = clock_mono_ms(central->clock)};
    *out_state = state;
    return 0;
}

static void stop_state(void *state)
{
    (void)state;
}

static void close_state(void *state)
{
    free(state);
}

static const struct api_route routes[] = {
    {"GET", "/v1/release/*", API_TERMINAL, 0, fleet_send_release},
    {"POST", "/v1/logs", API_TERMINAL, LOGS_WIRE, fleet_take_logs},
};

const struct central_part central_fleet = {.name = "fleet",
                                           .schema = &store_schema_fleet,
                                           .terminal_routes = routes,
                                           .terminal_route_count = ARRAY_LEN(routes),
                                           .applied = applied,
                                           .tick = tick,
                                           .open = open_state,
                                           .stop = stop_state,
                                           .close = close_state};
