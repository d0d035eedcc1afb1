#include "fuzz_central.h"

#include <stdio.h>

/*
 * Central's routes on plain bytes. First byte: the route; second: whether the request is signed by a confirmed terminal
 * (so that the bytes get as far as they can), and whether the body is declared to be zstd. A route with a query takes
 * what comes up to a newline for it.
 */

#define CHECK_EVERY 64

static const struct {
    const char *method, *path;
} routes[] = {
    {"POST", "/v1/journal"},
    {"POST", "/v1/authority/right"},
    {"POST", "/v1/authority/credit"},
    {"POST", "/v1/authority/code"},
    {"POST", "/v1/enrol"},
    {"GET", "/v1/feed?"},
    {"GET", "/v1/enrol/"},
    {"GET", "/healthz?"},
    {"GET", "/"},
    {"POST", "/v1/journal/settle?"},
    {"POST", "/v1/authority/balance"},
};

static bool printable(const char *text)
{
    for (; *text; text++)
        if (*text <= ' ' || *text >= 0x7f)
            return false;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct answer answer;
    static unsigned runs;
    struct slice rest = {data, size};
    char query[200], target[300];
    fuzz_central_open();
    uint8_t route = fuzz_take(&rest) % ARRAY_LEN(routes), how = fuzz_take(&rest);
    const char *path = routes[route].path;
    bool asks = path[strlen(path) - 1] == '?' || path[strlen(path) - 1] == '/';
    fuzz_text(asks ? fuzz_part(&rest, '\n') : (struct slice){rest.data, 0}, query, sizeof query);
    snprintf(target, sizeof target, "%s%s", path, query);
    sim_clock_advance(&fuzz_fixture.clock, 1000); /* the window of nonces moves on */
    struct signature_headers headers;
    bool is_signed = (how & 1) == 0 && printable(target);
    if (is_signed)
        terminal_sign(&fuzz_terminal, &(struct signature_message){routes[route].method, target, rest}, &headers);
    struct exchange exchange = {routes[route].method, target, is_signed ? &headers : NULL, (how & 2) ? "zstd" : "",
                                rest};
    transport_direct(&fuzz_fixture, &exchange, &answer);
    MUST(answer.status >= 200 && answer.status < 600 && answer.status != 500);
    if (++runs % CHECK_EVERY == 0)
        fuzz_central_check();
    return 0;
}
