#include "central/admin/groups.h"
#include "central/store/identity.h"
#include "central/store/records.h"
#include "central/store/succession.h"
#include "domain/export.h"
#include "platform/encoding.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Serve's end of `journal import`: a terminal's own signed batches, brought by hand instead of over the network. */

static int apply_record(void *context, struct store_tx *tx, const struct record *record)
{
    struct admin_call *call = context;
    struct terminal terminal;
    int rc = identity_find_terminal(tx, record->id.terminal, &terminal);
    if (rc == 0)
        rc = records_apply(tx, record, terminal.store);
    for (size_t i = 0; i < call->central->part_count && rc == 0; i++) {
        const struct central_part *part = call->central->parts[i];
        if (part->applied)
            rc = part->applied(tx, record, terminal.store);
    }
    return rc;
}

int cmd_problems_retry(struct admin_call *call, struct store_tx *tx)
{
    const struct journal_sink sink = {apply_record, call};
    uint64_t tried = 0;
    int rc = records_retry(tx, &sink, &tried);
    admin_set(call, "tried", json_integer((json_int_t)tried));
    return rc;
}

/* A removed terminal's journal counts too: that is what imports are for. One that was never confirmed has none. */
static int find_sender(struct admin_call *call, struct store_tx *tx, uint32_t id, struct terminal *out_terminal)
{
    int rc = identity_find_terminal(tx, id, out_terminal);
    if (rc == -ENOENT)
        return admin_refuse(call, rc, "terminal %" PRIu32 " is not known here", id);
    if (rc == 0 && out_terminal->state != TERMINAL_CONFIRMED && out_terminal->state != TERMINAL_REMOVED)
        return admin_refuse(call, -EPERM, "terminal %" PRIu32 " was never confirmed", id);
    return rc;
}

static int take_batch(struct admin_call *call, struct store_tx *tx, struct slice bytes)
{
    const struct journal_sink sink = {apply_record, call};
    struct journal_outcome outcome;
    struct batch_reader batch;
    struct terminal terminal;
    if (batch_open(bytes.data, bytes.len, &batch) < 0)
        return admin_refuse(call, -EBADMSG, "this is not a terminal's batch");
    int rc = find_sender(call, tx, batch.head.terminal, &terminal);
    if (rc < 0)
        return rc;
    if (!batch_verify(&batch, terminal.public_key))
        return admin_refuse(call, -EKEYREJECTED, "not signed with the key of terminal %" PRIu32, terminal.id);
    struct batch_reader records = batch;
    rc = journal_append_batch(tx, &records, terminal.store, &sink, &outcome);
    if (rc == 0 && outcome.fit == JOURNAL_FORKED)
        rc = journal_quarantine(tx, &batch.head, "fork, imported", bytes);
    if (rc == -EBADMSG)
        return admin_refuse(call, rc, "its records do not meet its signed head");
    if (rc < 0)
        return rc;
    if (outcome.fit == JOURNAL_AHEAD)
        return admin_refuse(call, -ERANGE,
                            "records %" PRIu64 " to %" PRIu64 " are missing before it: export with --all",
                            outcome.marks.durable_through + 1, batch.head.first_seq - 1);
    admin_set(call, "terminal", json_integer(batch.head.terminal));
    admin_set(call, "forked", json_boolean(outcome.fit == JOURNAL_FORKED));
    admin_set(call, "stored", json_integer(outcome.fit == JOURNAL_FITS ? outcome.stored : 0));
    admin_set(call, "known", json_integer(outcome.fit == JOURNAL_FITS ? outcome.duplicates : 0));
    admin_set(call, "durable_through", json_integer((json_int_t)outcome.marks.durable_through));
    return 0;
}

int cmd_journal_batch(struct admin_call *call, struct store_tx *tx)
{
    const char *text = admin_text(call, "batch", "");
    size_t len = 0, cap = strlen(text);
    uint8_t *bytes = malloc(cap + 1);
    if (!bytes)
        return -ENOMEM;
    int rc = base64url_decode(text, strlen(text), bytes, cap, &len);
    rc = rc < 0 ? admin_refuse(call, -EBADMSG, "not base64url") : take_batch(call, tx, (struct slice){bytes, len});
    free(bytes);
    return rc;
}

/* The signed end: nothing was cut off. It is written down that this terminal's journal came in through it. */
int cmd_journal_end(struct admin_call *call, struct store_tx *tx)
{
    uint8_t hash[HASH_LEN], signature[SIGNATURE_LEN];
    size_t hash_len = 0, signature_len = 0;
    const char *hash_text = admin_text(call, "hash", ""), *signature_text = admin_text(call, "signature", "");
    struct terminal terminal;
    int rc = base64url_decode(hash_text, strlen(hash_text), hash, sizeof(hash), &hash_len);
    if (rc == 0)
        rc = base64url_decode(signature_text, strlen(signature_text), signature, sizeof(signature), &signature_len);
    if (rc < 0 || hash_len != sizeof(hash) || signature_len != sizeof(signature))
        return admin_refuse(call, -EBADMSG, "not a signed end");
    rc = find_sender(call, tx, admin_u32(call, "terminal"), &terminal);
    if (rc < 0)
        return rc;
    if (!crypto_verify(terminal.public_key, hash, sizeof(hash), signature))
        return admin_refuse(call, -EKEYREJECTED, "the end is not signed with the key of terminal %" PRIu32,
                            terminal.id);
    const struct journal_fact fact = {.who = "operator",
                                      .what = "journal imported",
                                      .terminal = terminal.id,
                                      .store = terminal.store,
                                      .number = (uint64_t)admin_number(call, "durable_through", 0),
                                      .evidence_a = hash};
    rc = journal_append_central(tx, RECORD_ADMIN, &fact);
    return rc < 0 ? rc : succession_note_ended(tx, terminal.id, fact.number);
}
