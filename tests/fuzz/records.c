#include "central/store/ledger.h"
#include "central/store/rights.h"
#include "fixture.h"
#include "fuzz.h"

/*
 * A genuine terminal that says anything: the input is the body of one record of each kind. Central must store every
 * one, and its books must stay whole.
 */

#define LAST_KIND   (RECORD_REPLACED_ENROLMENT + 1) /* and one that nobody knows */
#define CHECK_EVERY 64

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct batch batch;
    static struct answer answer;
    static unsigned runs;
    open_once();
    if (size > RECORD_BODY_MAX)
        return 0;
    sim_clock_advance(&fixture.clock, 1000); /* the window of nonces moves on */
    batch_start(&batch);
    for (uint16_t kind = RECORD_INCARNATION; kind <= LAST_KIND; kind++)
        batch_raw_record(&batch, &terminal, kind, (struct slice){data, size});
    batch_upload(&batch, &terminal, &answer);
    struct journal_answer told;
    MUST(answer.status == 200 && journal_answer_decode(answer.body, answer.len, &told) == 0);
    MUST(told.status == JOURNAL_STORED && told.durable_through == terminal.seq);
    if (++runs % CHECK_EVERY == 0)
        check_books();
    return 0;
}
