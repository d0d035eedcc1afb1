#include "central/store/acquisition.h"

#include "central/store/ledger.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const step_names[] = {"pending", "vested", "forfeited"};

static void add(struct postings *postings, const char *account, int64_t amount_minor)
{
    struct posting *posting = &postings->items[postings->count++];
    *posting = (struct posting){.unit = UNIT_CREDIT, .amount_minor = amount_minor};
    snprintf(posting->account, sizeof(posting->account), "%s", account);
}

static void compute(enum acquisition_step step, const struct acquisition *a, struct postings *out)
{
    char pending[ACCOUNT_MAX], vested[ACCOUNT_MAX], issued[ACCOUNT_MAX];
    *out = (struct postings){.count = 0};
    snprintf(pending, sizeof(pending), "acquisition/pending/s%" PRIu32 "/c%" PRIu32, a->store, a->clerk);
    snprintf(vested, sizeof(vested), "acquisition/s%" PRIu32 "/c%" PRIu32, a->store, a->clerk);
    snprintf(issued, sizeof(issued), "issued/acquisition/s%" PRIu32, a->store);
    switch (step) {
    case ACQUISITION_PENDING:
        add(out, pending, a->amount_minor);
        add(out, issued, -a->amount_minor);
        break;
    case ACQUISITION_VESTED:
        add(out, pending, -a->amount_minor);
        add(out, vested, a->amount_minor);
        break;
    case ACQUISITION_FORFEITED:
        add(out, pending, -a->amount_minor);
        add(out, issued, a->amount_minor);
        break;
    }
}

void acquisition_postings(const struct record *record, uint32_t store, struct postings *out_postings)
{
    struct journal_fact fact;
    char texts[RECORD_BODY_MAX];
    *out_postings = (struct postings){.count = 0};
    if (journal_fact_decode(record->body, &fact, texts, sizeof(texts)) < 0 || !fact.what || fact.amount_minor <= 0) {
        return;
    }
    struct acquisition a = {
        .store = store, .clerk = (uint32_t)fact.number, .member = fact.member, .amount_minor = fact.amount_minor};
    for (size_t i = 0; i < ARRAY_LEN(step_names); i++) {
        if (strcmp(fact.what, step_names[i]) == 0) {
            compute((enum acquisition_step)i, &a, out_postings);
        }
    }
}

int acquisition_book(struct store_tx *tx, enum acquisition_step step, const struct acquisition *acquisition)
{
    struct journal_fact fact = {.what = step_names[step],
                                .brand = acquisition->brand,
                                .store = acquisition->store,
                                .member = acquisition->member,
                                .number = acquisition->clerk,
                                .amount_minor = acquisition->amount_minor};
    struct journal_marks marks;
    struct postings postings;
    uint32_t incarnation = store_server_epoch(tx->store);
    int rc = journal_append_central(tx, RECORD_ACQUISITION, &fact);
    rc = rc ? rc : journal_marks_read(tx, 0, incarnation, &marks);
    if (rc < 0) {
        return rc;
    }
    compute(step, acquisition, &postings);
    return ledger_post(tx, (struct record_id){0, incarnation, marks.durable_through}, &postings);
}
