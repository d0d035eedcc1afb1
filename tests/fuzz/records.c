#include "fuzz_central.h"
#include "fuzz_kinds.h"

/*
 * A genuine terminal that says anything: the input is the body of one record of each kind, and of one that nobody
 * knows. Central must store every one, and its books must stay whole.
 */

#define CHECK_EVERY 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct batch batch;
    static struct answer answer;
    static unsigned runs;
    const struct fuzz_kinds *known = fuzz_kinds();
    fuzz_central_open();
    if (size > RECORD_BODY_MAX)
        return 0;
    sim_clock_advance(&fuzz_fixture.clock, 1000); /* the window of nonces moves on */
    batch_start(&batch);
    for (size_t i = 0; i < known->count; i++)
        batch_raw_record(&batch, &fuzz_terminal, known->kinds[i], (struct slice){data, size});
    batch_raw_record(&batch, &fuzz_terminal, known->unknown, (struct slice){data, size});
    batch_upload(&batch, &fuzz_terminal, &answer);
    struct journal_answer told;
    MUST(answer.status == 200 && journal_answer_decode(answer.body, answer.len, &told) == 0);
    MUST(told.status == JOURNAL_STORED && told.durable_through == fuzz_terminal.seq);
    if (++runs % CHECK_EVERY == 0)
        fuzz_central_check(fuzz_fixture.central);
    return 0;
}
