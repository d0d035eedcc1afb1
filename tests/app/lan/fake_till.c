#include "fake_till.h"

#include <assert.h>
#include <string.h>

void fake_till_init(struct till *till, uint32_t terminal, const uint8_t secret[SECRET_KEY_LEN])
{
    memset(till, 0, sizeof(*till));
    till->store = (struct till_store){
        .enrolled = true, .terminal = terminal, .incarnation = 1, .store = 5, .store_epoch = 1, .primary_terminal = 1};
    till->store.primary = terminal == 1;
    memcpy(till->secret, secret, SECRET_KEY_LEN);
    till->journals[0] = (struct fake_journal){.terminal = terminal, .incarnation = 1};
    till->journal_count = 1;
}

struct fake_journal *fake_till_journal(struct till *till, uint32_t terminal, uint32_t incarnation)
{
    for (uint32_t i = 0; i < till->journal_count; i++)
        if (till->journals[i].terminal == terminal && till->journals[i].incarnation == incarnation)
            return &till->journals[i];
    assert(till->journal_count < FAKE_JOURNALS);
    till->journals[till->journal_count] = (struct fake_journal){.terminal = terminal, .incarnation = incarnation};
    return &till->journals[till->journal_count++];
}

/* The record at a seq is made from nothing but its place, so both ends have the same chain. */
static void record_at(const struct fake_journal *journal, uint64_t seq, struct record *out)
{
    static const uint8_t body[] = {0xa0};

    *out = (struct record){.version = RECORD_VERSION,
                           .id = {journal->terminal, journal->incarnation, seq},
                           .hlc = seq,
                           .kind = 1,
                           .body = {body, sizeof(body)}};
    memcpy(out->prev_hash, journal->hashes[seq - 1], HASH_LEN);
    record_seal(out);
}

static void append(struct fake_journal *journal)
{
    struct record record;

    assert(journal->through < FAKE_RECORDS);
    record_at(journal, journal->through + 1, &record);
    memcpy(journal->hashes[++journal->through], record.hash, HASH_LEN);
}

void fake_till_append(struct till *till)
{
    append(&till->journals[0]);
}

/* ---- acts */

static void answer_request(struct till *till, const struct till_request *request, int error, uint64_t group)
{
    struct till_answer answer = {.op = request->op, .ticket = request->ticket, .error = error};

    if (request->op == TILL_REDEEM)
        answer.redeemed = (struct till_redeemed){.verdict = COUPON_OK, .group = group};
    if (request->op == TILL_PROMOTE)
        answer.store = STORE_OK;
    till->answered(till->context, &answer);
}

static uint64_t group_of(struct till *till, const struct till_request *request)
{
    for (uint32_t i = 0; i < till->done_count; i++)
        if (request->via != 0 && memcmp(till->done[i], request->request_id, BODY_REQUEST_ID_LEN) == 0)
            return till->done_group[i];
    assert(till->done_count < FAKE_DONE);
    memcpy(till->done[till->done_count], request->request_id, BODY_REQUEST_ID_LEN);
    fake_till_append(till);
    return till->done_group[till->done_count++] = till->journals[0].through;
}

int till_submit(struct till *till, const struct till_request *request)
{
    uint64_t group;

    till->submits++;
    till->last = *request;
    if (till->silent)
        return 0;
    if (till->act_error != 0) {
        answer_request(till, request, till->act_error, 0);
        return 0;
    }
    group = group_of(till, request);
    answer_request(till, request, till->wait_for_peer && till->confirmed < group ? -EINPROGRESS : 0, group);
    return 0;
}

/* ---- the store */

int till_store_read(struct till *till, struct till_store *out_store)
{
    *out_store = till->store;
    return 0;
}

void till_peers_live(struct till *till, uint32_t count)
{
    till->live = count;
}

void till_tick(struct till *till)
{
    (void)till;
}

int till_ends(struct till *till, struct lan_end out_ends[LAN_TERMINALS_MAX], uint32_t *out_count)
{
    *out_count = 0;
    for (uint32_t i = 0; i < till->journal_count; i++) {
        const struct fake_journal *journal = &till->journals[i];
        struct lan_end *end = &out_ends[(*out_count)++];
        *end = (struct lan_end){journal->terminal, journal->incarnation, 1, journal->through, {0}};
        memcpy(end->hash, journal->hashes[journal->through], HASH_LEN);
    }
    return 0;
}

/* Four records a batch, so that a journal takes several. */
int till_copy_next(struct till *till, const struct lan_end *after, const uint8_t secret[SECRET_KEY_LEN], uint8_t *out,
                   size_t cap, size_t *out_len)
{
    static uint8_t buffer[BATCH_BYTES_MAX];
    const struct fake_journal *journal = fake_till_journal(till, after->terminal, after->incarnation);
    struct batch_writer w;
    struct record record;

    (void)secret;
    *out_len = 0;
    if (after->through >= journal->through)
        return 0;
    batch_writer_init(&w, buffer, sizeof(buffer));
    for (uint64_t seq = after->through + 1; seq <= journal->through && seq <= after->through + 4; seq++) {
        record_at(journal, seq, &record);
        int r = batch_add(&w, &record);
        assert(r == 0);
    }
    return batch_finish(&w, till->secret, out, cap, out_len);
}

int till_copy_store(struct till *till, struct slice batch, struct journal_answer *out_answer)
{
    struct batch_reader reader;
    struct record record;
    struct fake_journal *journal;
    int r = batch_open(batch.data, batch.len, &reader);

    if (r < 0)
        return r;
    journal = fake_till_journal(till, reader.head.terminal, reader.head.incarnation);
    *out_answer = (struct journal_answer){.status = till->refuses_copies ? JOURNAL_REFUSED : JOURNAL_GAP};
    if (!till->refuses_copies && reader.head.first_seq == journal->through + 1) {
        while (batch_next(&reader, &record) == 1)
            append(journal);
        out_answer->status = JOURNAL_STORED;
    }
    out_answer->expected_seq = journal->through + 1;
    out_answer->durable_through = journal->through;
    return 0;
}

int till_peer_holds(struct till *till, uint32_t peer, const struct lan_end *end)
{
    const struct fake_journal *own = &till->journals[0];

    (void)peer;
    if (end->through > own->through || memcmp(end->hash, own->hashes[end->through], HASH_LEN) != 0)
        return -EILSEQ;
    if (end->through > till->confirmed)
        till->confirmed = end->through;
    return 0;
}

int till_peer_deposes(struct till *till, uint32_t peer, uint32_t deposes)
{
    (void)peer;
    till->deposed = deposes > till->deposed ? deposes : till->deposed;
    return 0;
}

int till_carried(struct till *till, const struct lan_end *end)
{
    till->carried = *end;
    till->store.carries = false;
    return 0;
}

int till_peer_hello(struct till *till, const struct lan_hello *hello)
{
    (void)till;
    (void)hello;
    return 0;
}

/* ---- pending requests */

int till_pending_put(struct till *till, const struct till_pending *pending)
{
    if (till->pending_error != 0)
        return till->pending_error;
    assert(till->pending_count < LAN_PENDING_MAX);
    till->pending[till->pending_count++] = *pending;
    return 0;
}

int till_pending_drop(struct till *till, const uint8_t request_id[BODY_REQUEST_ID_LEN])
{
    for (uint32_t i = 0; i < till->pending_count; i++) {
        if (memcmp(till->pending[i].request_id, request_id, BODY_REQUEST_ID_LEN) != 0)
            continue;
        till->pending[i] = till->pending[--till->pending_count];
        return 0;
    }
    return -ENOENT;
}

int till_pending_list(struct till *till, struct till_pending *out_list, uint32_t cap, uint32_t *out_count)
{
    *out_count = till->pending_count < cap ? till->pending_count : cap;
    memcpy(out_list, till->pending, *out_count * sizeof(*out_list));
    return 0;
}
