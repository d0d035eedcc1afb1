#include "fuzz_central.h"

#include "central/people.h"
#include "central/store/ledger.h"
#include "central/store/rights.h"

struct fixture fuzz_fixture;
struct fake_terminal fuzz_terminal;

static void close_fixture(void)
{
    fixture_close(&fuzz_fixture);
}

void fuzz_central_open(void)
{
    if (fuzz_fixture.central)
        return;
    MUST(crypto_start() == 0);
    fixture_open_with(&fuzz_fixture, central_parts, central_part_count);
    atexit(close_fixture);
    terminal_make(&fuzz_terminal, &fuzz_fixture, 1);
    terminal_enrol(&fuzz_terminal, &fuzz_fixture, fuzz_fixture.shops[0]);
}

void fuzz_central_check(struct central *central)
{
    struct store_tx tx;
    struct rights_totals totals;
    char account[ACCOUNT_MAX];
    int64_t cny = 1, credit = 1;
    MUST(store_read_begin(central->store, &tx) == 0);
    MUST(ledger_verify(&tx, account) == 0);
    MUST(ledger_sums(&tx, &cny, &credit) == 0);
    MUST(rights_totals(&tx, &totals) == 0);
    store_read_end(&tx);
    MUST(cny == 0 && credit == 0 && totals.unexplained == 0);
}
