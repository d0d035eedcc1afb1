#include "central/store/ledger.h"
#include "central/store/rights.h"
#include "fixture.h"
#include "fuzz.h"

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

static struct fixture fixture;
static struct fake_terminal terminal;

static void close_fixture(void)
{
    fixture_close(&fixture);
}

static void open_once(void)
{
    if (fixture.central)
        return;
    MUST(crypto_start() == 0);
    fixture_open(&fixture);
    atexit(close_fixture);
    terminal_make(&terminal, &fixture, 1);
    terminal_enrol(&terminal, &fixture, fixture.shops[0]);
}

static void check_books(void)
{
    struct store_tx tx;
    struct rights_totals totals;
    char account[ACCOUNT_MAX];
    int64_t cny = 1, credit = 1;
    MUST(store_read_begin(fixture.central->store, &tx) == 0);
    MUST(ledger_verify(&tx, account) == 0);
    MUST(ledger_sums(&tx, &cny, &credit) == 0);
    MUST(rights_totals(&tx, &totals) == 0);
    store_read_end(&tx);
    MUST(cny == 0 && credit == 0 && totals.unexplained == 0);
}

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
    open_once();
    uint8_t route = fuzz_take(&rest) % ARRAY_LEN(routes), how = fuzz_take(&rest);
    const char *path = routes[route].path;
    bool asks = path[strlen(path) - 1] == '?' || path[strlen(path) - 1] == '/';
    fuzz_text(asks ? fuzz_part(&rest, '\n') : (struct slice){rest.data, 0}, query, sizeof query);
    snprintf(target, sizeof target, "%s%s", path, query);
    sim_clock_advance(&fixture.clock, 1000); /* the window of nonces moves on */
    struct signature_headers headers;
    bool is_signed = (how & 1) == 0 && printable(target);
    if (is_signed)
        terminal_sign(&terminal, &(struct signature_message){routes[route].method, target, rest}, &headers);
    struct exchange exchange = {routes[route].method, target, is_signed ? &headers : NULL, (how & 2) ? "zstd" : "",
                                rest};
    transport_direct(&fixture, &exchange, &answer);
    MUST(answer.status >= 200 && answer.status < 600 && answer.status != 500);
    if (++runs % CHECK_EVERY == 0)
        check_books();
    return 0;
}
