#include "central/store/journal.h"
#include "central/api/api.h"
#include "central/store/records.h"
#include "central/store/settle.h"
#include "central/store/terminal_clock.h"
#include "domain/time.h"

#define ANSWER_MAX   128
#define LIVE_RECORDS 20 /* larger batches are catching up and let live requests pass */

static int apply_record(void *context, struct store_tx *tx, const struct record *record)
{
    struct api_call *call = context;
    uint32_t store = call->journal.of.store;
    if (record->hlc > call->journal.newest_hlc)
        call->journal.newest_hlc = record->hlc;
    int rc = records_apply(tx, record, store);
    for (size_t i = 0; i < call->central->part_count && rc == 0; i++) {
        const struct central_part *part = call->central->parts[i];
        if (part->applied)
            rc = part->applied(tx, record, store);
    }
    return rc;
}

static void count_outcome(struct central_metrics *metrics, const struct journal_outcome *outcome)
{
    metrics->batches++;
    metrics->records += outcome->stored;
    metrics->duplicates += outcome->duplicates;
    metrics->gaps += outcome->fit == JOURNAL_AHEAD;
    metrics->forks += outcome->fit == JOURNAL_FORKED;
}

static uint8_t status_of(enum journal_fit fit)
{
    switch (fit) {
    case JOURNAL_FITS:
        return JOURNAL_STORED;
    case JOURNAL_AHEAD:
        return JOURNAL_GAP;
    case JOURNAL_FORKED:
        return JOURNAL_FORK;
    }
    return JOURNAL_REFUSED;
}

/* A record is older than its arrival as long as its terminal was offline; a later one is of a clock that is ahead. */
static int note_lead(const struct api_call *call, struct store_tx *tx)
{
    int64_t lead_ms = hlc_physical_ms((struct hlc){call->journal.newest_hlc}) - tx->now_ms;
    return terminal_clock_note_lead(tx, call->journal.of.id, lead_ms);
}

static int run_journal(void *arg, struct store_tx *tx)
{
    struct api_call *call = arg;
    struct batch_reader batch = call->journal.batch;
    struct journal_sink sink = {apply_record, call};
    struct journal_outcome outcome;
    call->journal.newest_hlc = 0;
    int rc = journal_append_batch(tx, &batch, call->journal.of.store, &sink, &outcome);
    if (rc == 0 && outcome.fit == JOURNAL_FORKED)
        rc = journal_quarantine(tx, &batch.head, "fork", call->body);
    if (rc == 0)
        rc = identity_note_contact(tx, call->terminal.id);
    if (rc == 0 && outcome.stored > 0)
        rc = note_lead(call, tx);
    if (rc == 0)
        rc = settle_try(tx); /* this may have been the end that was waited for */
    if (rc < 0)
        return rc;
    call->journal.outcome = outcome;
    call->journal.answer = (struct journal_answer){
        .status = status_of(outcome.fit),
        .expected_seq = outcome.marks.durable_through + 1,
        .durable_through = outcome.marks.durable_through,
        .archived_through = outcome.marks.archived_through,
        .server_epoch = store_server_epoch(tx->store),
        .server_ms = (uint64_t)tx->now_ms,
    };
    return 0;
}

static void done_journal(void *arg, int result)
{
    struct api_call *call = arg;
    uint8_t body[ANSWER_MAX];
    size_t len = 0;
    if (result == 0)
        result = journal_answer_encode(&call->journal.answer, body, sizeof(body), &len);
    if (result < 0) {
        api_answer_error(call, result);
        return;
    }
    const struct journal_outcome *outcome = &call->journal.outcome;
    count_outcome(&call->central->metrics, outcome);
    api_answer(call, outcome->fit == JOURNAL_FORKED ? 409 : 200, (struct slice){body, len});
}

/* The sender's own, or a peer's of the same store: carried for it, signed with its own key, stored as its own upload. A
 * removed one's too: its journal is what is still missing. */
static int find_author(struct api_call *call, uint32_t id)
{
    struct terminal *of = &call->journal.of;
    struct store_tx tx;
    if (id == call->terminal.id) {
        *of = call->terminal;
        return 0;
    }
    int rc = store_read_begin(call->central->store, &tx);
    if (rc < 0)
        return rc;
    rc = identity_find_terminal(&tx, id, of);
    store_read_end(&tx);
    if (rc == 0 &&
        (of->store != call->terminal.store || (of->state != TERMINAL_CONFIRMED && of->state != TERMINAL_REMOVED)))
        rc = -ENOENT;
    return rc;
}

void api_journal(struct api_call *call)
{
    struct batch_reader *batch = &call->journal.batch;
    if (batch_open(call->body.data, call->body.len, batch) < 0) {
        api_refuse(call, 400, "malformed");
        return;
    }
    int rc = find_author(call, batch->head.terminal);
    if (rc == -ENOENT)
        api_refuse(call, 403, "not_yours");
    else if (rc < 0)
        api_answer_error(call, rc);
    else if (!batch_verify(batch, call->journal.of.public_key))
        api_refuse(call, 401, "batch_signature");
    else
        api_submit(call, batch->head.count <= LIVE_RECORDS ? WRITER_LIVE : WRITER_BULK, run_journal, done_journal);
}
