#include "link.h"
#include "server.h"
#include "sync.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define BACKLOG    78000
#define MBIT_BYTES 125000 /* a second */
#define TRIES      30000
#define TRY_GAP_MS 4
#define LIMIT_S    30
#define START_MS   3000

/* 90 days offline at peak: the real terminal starts with its backlog, then meets a network of 1 Mbit/s. */

static bool asks_done(struct bench_terminal *terminal, const char *screen)
{
    json_t *answer = bench_terminal_ask(terminal, "{\"cmd\":\"view\"}");
    json_t *view = json_object_get(answer, "view"), *status = json_object_get(view, "status");
    const char *now = json_string_value(json_object_get(view, "screen"));
    bool done = screen != NULL
                    ? now != NULL && strcmp(now, screen) == 0 && !json_is_true(json_object_get(answer, "waiting"))
                    : json_is_true(json_object_get(status, "online")) &&
                          json_integer_value(json_object_get(status, "waiting")) == 0;
    json_decref(answer);
    return done;
}

/* Seconds from exec until the screen is up, or with screen NULL until nothing waits for central. */
static int time_terminal(const char *data, const char *screen, double *out_s)
{
    struct bench_terminal terminal;
    int result = bench_terminal_start(data, &terminal);
    if (result != 0)
        return result;
    result = -ETIMEDOUT;
    for (int i = 0; i < TRIES && result != 0; i++) {
        if (asks_done(&terminal, screen))
            result = 0;
        else
            bench_pause_ms(TRY_GAP_MS);
    }
    *out_s = bench_seconds_since(terminal.started_ns);
    bench_terminal_stop(&terminal);
    return result;
}

struct figures {
    double start_s, upload_s, bytes;
};

static int measure(const char *data, struct bench_link *link, uint16_t port, struct figures *out)
{
    bench_link_set(link, port, BENCH_LINK_DOWN);
    int result = time_terminal(data, "attract", &out->start_s);
    if (result != 0)
        return result;
    int64_t before = bench_link_carried(link);
    bench_link_set(link, port, MBIT_BYTES);
    result = time_terminal(data, NULL, &out->upload_s);
    out->bytes = (double)(bench_link_carried(link) - before);
    return result;
}

bool bench_backlog(const struct bench_sync_options *options)
{
    char central[128], data[128], url[64];
    struct bench_server server = {0};
    struct bench_link *link = NULL;
    struct figures figures = {NAN, NAN, NAN};
    snprintf(central, sizeof(central), "%s/backlog-central", options->work);
    snprintf(data, sizeof(data), "%s/backlog", options->work);
    int result = bench_link_open(&link);
    if (result != 0)
        return bench_failed("backlog", result);
    snprintf(url, sizeof(url), "https://127.0.0.1:%u", bench_link_port(link));
    result = bench_server_start(central, url, &server);
    bench_link_set(link, server.port, BENCH_LINK_FREE);
    struct bench_branch_options branch = {.server = &server, .data = data, .store = 1, .records = BACKLOG};
    if (result == 0)
        result = bench_branch_prepare(&branch);
    if (result == 0)
        result = measure(data, link, server.port, &figures);
    bench_server_stop(&server);
    bench_link_close(link);
    bool ok = result == 0 || bench_failed("backlog", result);
    ok &= bench_print(
        &(struct bench_line){"start_with_78k_waiting", figures.start_s * 1000, "ms", NAN, START_MS, GOAL_AT_MOST});
    ok &= bench_print(
        &(struct bench_line){"backlog_bytes_an_event", figures.bytes / BACKLOG, "B", NAN, NAN, GOAL_AT_MOST});
    /* the limit: as many bytes as were sent, at the speed of the line */
    ok &= bench_print(&(struct bench_line){"backlog_78k_at_1_mbit", figures.upload_s, "s", figures.bytes / MBIT_BYTES,
                                           LIMIT_S, GOAL_AT_MOST});
    return ok;
}
