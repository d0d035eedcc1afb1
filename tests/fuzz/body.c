#include "fuzz_kinds.h"
#include "support.h"

#include "domain/ledger.h"

/* What decodes, encodes; what was encoded decodes to the same; and whatever it says, its postings balance. */
static void check_kind(uint16_t kind, struct slice encoded)
{
    uint8_t bytes[RECORD_BODY_MAX], twice[RECORD_BODY_MAX];
    struct body body, again;
    struct postings postings;
    size_t len, twice_len;
    if (body_decode(kind, encoded, &body) < 0)
        return;
    MUST(body_encode(&body, bytes, sizeof bytes, &len) == 0);
    MUST(body_decode(kind, (struct slice){bytes, len}, &again) == 0);
    MUST(body_encode(&again, twice, sizeof twice, &twice_len) == 0);
    MUST(len == twice_len && memcmp(bytes, twice, len) == 0);
    const struct ledger_context context = {.store = 1, .campaign = 2};
    if (ledger_postings(&body, &context, &postings) == 0)
        MUST(ledger_balanced(&postings));
    struct body undo = {.kind = RECORD_VOID, .voided = {.target_kind = kind}};
    const struct ledger_context undo_context = {.store = 1, .campaign = 2, .target = &body};
    if (ledger_postings(&undo, &undo_context, &postings) == 0)
        MUST(ledger_balanced(&postings));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct fuzz_kinds *known = fuzz_kinds();
    for (size_t i = 0; i < known->count; i++)
        check_kind(known->kinds[i], (struct slice){data, size});
    return 0;
}
