#include "central/api/api.h"
#include "fuzz_central.h"
#include "release_rig.h"

#include <stdio.h>

/*
 * Central's routes on plain bytes: the server's own tables, so that a new one is fuzzed without being listed; each
 * needs no more than a seed (make_corpus has more of them than there are routes). Byte 1: the route, or OTHER: the
 * first line says method and target. Byte 2: whether the request is signed by a confirmed terminal (so that the bytes
 * get as far as they can), whether the body is declared to be zstd. Then a line that goes behind the path; then the
 * body, or for a GET its Range. A release is there and ordered.
 */

#define CHECK_EVERY 64
#define OTHER       0xff
#define ROUTES_MAX  64

enum how { HOW_UNSIGNED = 1, HOW_ZSTD = 2 };

struct line {
    char method[8], target[300];
};

static const struct api_route *routes[ROUTES_MAX];
static size_t route_count;

static void add_routes(const struct api_route *table, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        MUST(route_count < ROUTES_MAX);
        routes[route_count++] = &table[i];
    }
}

static void close_fixture(void)
{
    close_fleet(NULL);
}

static void open_once(void)
{
    if (f.central)
        return;
    open_fleet(NULL);
    atexit(close_fixture);
    sim_clock_advance(&f.clock, 3000); /* what is signed now is later than the start */
    add_release("0.2.0");
    say("release roll", "{\"release\":1,\"store\":1}");
    a_round();
    add_routes(api_routes, api_route_count);
    for (size_t i = 0; i < f.central->part_count; i++)
        add_routes(f.central->parts[i]->terminal_routes, f.central->parts[i]->terminal_route_count);
}

static void take_line(uint8_t route, struct slice *rest, struct line *out)
{
    char text[200], *space;
    fuzz_text(fuzz_part(rest, '\n'), text, sizeof text);
    space = strchr(text, ' ');
    if (route == OTHER) {
        snprintf(out->method, sizeof out->method, "%s", strncmp(text, "GET ", 4) == 0 ? "GET" : "POST");
        snprintf(out->target, sizeof out->target, "%s", space ? space + 1 : text);
        return;
    }
    const struct api_route *known = routes[route % route_count];
    size_t len = strcspn(known->path, "*");
    snprintf(out->method, sizeof out->method, "%s", known->method);
    snprintf(out->target, sizeof out->target, "%.*s%s", (int)len, known->path, text);
}

static bool sign(const struct line *line, struct slice body, struct signature_headers *out_headers)
{
    static unsigned nonce;
    struct signature_params params = {.created_s = clock_wall_ms(&f.clock.base) / 1000, .tag = "tillside"};
    const struct signature_message message = {line->method, line->target, body};
    snprintf(params.nonce, sizeof params.nonce, "nonce-%08u", ++nonce);
    snprintf(params.key_id, sizeof params.key_id, "t1");
    return signature_sign(&message, &params, &keys[1], out_headers) == 0;
}

static void take_reply(void *context, const struct central_reply *reply)
{
    int *status = context;
    MUST(*status == 0); /* exactly once */
    *status = reply->status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned runs;
    struct slice rest = {data, size};
    struct line line;
    struct signature_headers headers = {.signature = ""};
    char range[64];
    int status = 0;
    open_once();
    uint8_t route = fuzz_take(&rest), how = fuzz_take(&rest);
    take_line(route, &rest, &line);
    sim_clock_advance(&f.clock, 1000); /* the window of nonces moves on */
    bool gets = strcmp(line.method, "GET") == 0;
    struct slice body = {rest.data, gets ? 0 : rest.len};
    fuzz_text(rest, range, sizeof range);
    if (!(how & HOW_UNSIGNED) && !sign(&line, body, &headers))
        headers = (struct signature_headers){.signature = ""};
    const struct central_request request = {.method = line.method,
                                            .target = line.target,
                                            .content_digest = headers.content_digest,
                                            .signature_input = headers.signature_input,
                                            .signature = headers.signature,
                                            .content_encoding = (how & HOW_ZSTD) ? "zstd" : "",
                                            .range = gets ? range : NULL,
                                            .body = body};
    central_handle(f.central, &request, take_reply, &status);
    if (status == 0) { /* it waits: let its time pass */
        sim_clock_advance(&f.clock, 30000);
        central_tick(f.central);
    }
    MUST(status >= 200 && status < 500); /* 5xx: the books failed, and no bytes of a terminal's make them fail */
    if (++runs % CHECK_EVERY == 0)
        fuzz_central_check(f.central);
    return 0;
}
