#include "central/admin/groups.h"
#include "central/store/feed.h"
#include "central/store/identity.h"
#include "central/store/journal.h"
#include "central/store/ledger.h"
#include "central/store/records.h"
#include "central/store/rights.h"
#include "central/store/rights_lease.h"
#include "platform/encoding.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIST_LIMIT 100
#define LIST_MAX   5000
#define TAIL_LIMIT 20
#define TAIL_MAX   500

struct admin_limit admin_limit_of(const struct admin_call *call)
{
    int64_t limit = admin_number(call, "limit", LIST_LIMIT);
    return (struct admin_limit){.left = limit < 1 || limit > LIST_MAX ? LIST_MAX : limit};
}

bool admin_limit_reached(struct admin_limit *limit)
{
    limit->more = limit->left == 0;
    if (!limit->more)
        limit->left--;
    return limit->more;
}

void admin_limit_tell(struct admin_call *call, const struct admin_limit *limit)
{
    if (limit->more)
        admin_set(call, "more", json_string("there is more: --after the last row, or --limit"));
}

struct limited {
    struct admin_call *call;
    struct admin_limit limit;
};

static int add_balance_row(void *context, const char *account, enum ledger_unit unit, int64_t balance_minor)
{
    struct limited *limited = context;
    if (admin_limit_reached(&limited->limit))
        return 1;
    admin_add_row(limited->call,
                  json_pack("{s:s, s:s, s:I}", "account", account, "unit", unit == UNIT_CNY ? "CNY" : "credit",
                            "balance_minor", (json_int_t)balance_minor));
    return 0;
}

static int verify(struct admin_call *call, struct store_tx *tx)
{
    char account[ACCOUNT_MAX] = "";
    int rc = ledger_verify(tx, account);
    if (rc == -EUCLEAN)
        return admin_refuse(call, rc, "account %s differs from what the journal says", account);
    rc = rc ? rc : rights_shares_verify(tx, account);
    if (rc == -EUCLEAN)
        return admin_refuse(call, rc, "the shares of %s are not its balance", account);
    admin_set(call, "verified", json_true());
    return rc;
}

int cmd_books(struct admin_call *call, struct store_tx *tx)
{
    int64_t cny_minor = 0, credit_minor = 0;
    struct limited limited = {call, admin_limit_of(call)};
    const struct ledger_range range = {admin_text(call, "account", ""), admin_text(call, "after", ""),
                                       limited.limit.left + 1};
    int rc = ledger_list_balances(tx, &range, add_balance_row, &limited);
    rc = rc < 0 ? rc : ledger_sums(tx, &cny_minor, &credit_minor);
    if (rc == 0 && admin_given(call, "verify"))
        rc = verify(call, tx);
    admin_set(call, "sum_cny_minor", json_integer(cny_minor));
    admin_set(call, "sum_credit_minor", json_integer(credit_minor));
    admin_set(call, "balanced", json_boolean(cny_minor == 0 && credit_minor == 0));
    admin_limit_tell(call, &limited.limit);
    return rc;
}

static int add_redemption_row(void *context, const struct redemption *redemption)
{
    struct limited *limited = context;
    if (admin_limit_reached(&limited->limit))
        return 1;
    const struct body_redemption *body = &redemption->body;
    char coupon[ID_TEXT_MAX], record[ID_TEXT_MAX];
    coupon_id_format(body->coupon, coupon, sizeof(coupon));
    record_id_format(redemption->record, record, sizeof(record));
    json_t *row =
        json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "record", record, "coupon", coupon, "use",
                  (json_int_t)body->use_no, "store", (json_int_t)redemption->store, "clerk", (json_int_t)body->clerk,
                  "member", (json_int_t)body->member, "sale_minor", (json_int_t)body->sale_minor, "discount_minor",
                  (json_int_t)body->discount_minor, "business_ms", (json_int_t)body->business_ms);
    json_object_set_new(row, "offline", json_boolean(body->offline));
    json_object_set_new(row, "state", json_string(redemption->voided ? "voided" : "stands"));
    admin_add_row(limited->call, row);
    return 0;
}

int cmd_redemptions(struct admin_call *call, struct store_tx *tx)
{
    struct limited limited = {call, admin_limit_of(call)};
    struct rights_totals totals;
    int rc = rights_each_redemption(tx, admin_u32(call, "store"), add_redemption_row, &limited);
    rc = rc < 0 ? rc : rights_totals(tx, &totals);
    if (rc == 0) {
        admin_set(call, "records", json_integer((json_int_t)totals.records));
        admin_set(call, "canonical", json_integer((json_int_t)totals.canonical));
        admin_set(call, "conflicts", json_integer((json_int_t)totals.conflicts));
        admin_set(call, "problems", json_integer((json_int_t)totals.problems));
        admin_set(call, "write_offs", json_integer((json_int_t)totals.write_offs));
        admin_set(call, "leases_over", json_integer((json_int_t)totals.leases_over));
        admin_set(call, "unexplained", json_integer(totals.unexplained));
    }
    return rc;
}

static const char *conflict_name(enum conflict_kind kind)
{
    switch (kind) {
    case CONFLICT_DOUBLE:
        return "double";
    case CONFLICT_NO_RIGHT:
        return "no right";
    case CONFLICT_BUDGET:
        return "offline budget";
    case CONFLICT_WRITE_OFF:
        return "write-off";
    }
    return "unknown";
}

static const char *mode_name(uint8_t mode)
{
    switch ((enum campaign_mode)mode) {
    case MODE_STRICT:
        return "strict";
    case MODE_HOME:
        return "home";
    case MODE_BUDGET:
        return "budget";
    }
    return "none";
}

static json_t *conflict_row(const struct conflict *conflict)
{
    char coupon[ID_TEXT_MAX] = "credit", record[ID_TEXT_MAX], canonical[ID_TEXT_MAX] = "none";
    if (conflict->coupon.campaign)
        coupon_id_format(conflict->coupon, coupon, sizeof(coupon));
    record_id_format(conflict->record, record, sizeof(record));
    if (conflict->canonical.terminal)
        record_id_format(conflict->canonical, canonical, sizeof(canonical));
    return json_pack(
        "{s:I, s:s, s:s, s:I, s:s, s:s, s:I, s:I, s:I, s:s, s:I, s:I, s:I, s:I, s:I, s:b}", "conflict",
        (json_int_t)conflict->id, "kind", conflict_name(conflict->kind), "coupon", coupon, "use",
        (json_int_t)conflict->use_no, "record", record, "canonical", canonical, "store", (json_int_t)conflict->store,
        "member", (json_int_t)conflict->member, "clerk", (json_int_t)conflict->clerk, "mode", mode_name(conflict->mode),
        "policy", (json_int_t)conflict->policy_version, "sync_age", (json_int_t)conflict->sync_age_s, "discount_minor",
        (json_int_t)conflict->discount_minor, "budget_used_minor", (json_int_t)conflict->budget_used_minor, "found_ms",
        (json_int_t)conflict->found_ms, "counted_first", conflict->displaced != 0);
}

static int add_conflict_row(void *context, const struct conflict *conflict)
{
    struct limited *limited = context;
    if (admin_limit_reached(&limited->limit))
        return 1;
    admin_add_row(limited->call, conflict_row(conflict));
    return 0;
}

int cmd_conflicts(struct admin_call *call, struct store_tx *tx)
{
    struct limited limited = {call, admin_limit_of(call)};
    struct rights_range range = {(uint64_t)admin_number(call, "after", 0), limited.limit.left + 1};
    uint64_t leases_over = 0;
    int rc = rights_list_conflicts(tx, range, add_conflict_row, &limited);
    rc = rc < 0 ? rc : rights_leases_over(tx, &leases_over);
    admin_limit_tell(call, &limited.limit);
    admin_set(call, "leases_over", json_integer((json_int_t)leases_over));
    return rc;
}

static json_t *hex(const void *data, size_t len)
{
    static const size_t text_max = (size_t)2 * RECORD_BODY_MAX + 1;
    char *text = malloc(text_max);
    json_t *value = NULL;
    if (text && len <= RECORD_BODY_MAX) {
        hex_encode(data, len, text, text_max);
        value = json_string(text);
    }
    free(text);
    return value;
}

/* A record as its terminal chained it, and the last head of that chain that it signed. */
static int put_evidence(struct admin_call *call, struct store_tx *tx, const char *prefix, struct record_id id)
{
    uint8_t buffer[RECORD_BODY_MAX];
    struct journal_entry entry;
    struct journal_signed head;
    char name[48], text[ID_TEXT_MAX];
    int rc = journal_find(tx, id, buffer, &entry);
    if (rc < 0)
        return rc;
    record_id_format(id, text, sizeof(text));
    const struct {
        const char *name;
        json_t *value;
    } parts[] = {
        {"", json_string(text)},
        {"_store", json_integer(entry.store)},
        {"_kind", json_string(record_kind_name(entry.record.kind))},
        {"_received_ms", json_integer(entry.received_ms)},
        {"_hlc", json_integer((json_int_t)entry.record.hlc)},
        {"_body", hex(entry.record.body.data, entry.record.body.len)},
        {"_previous", hex(entry.record.prev_hash, HASH_LEN)},
        {"_hash", hex(entry.record.hash, HASH_LEN)},
    };
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        snprintf(name, sizeof(name), "%s%s", prefix, parts[i].name);
        admin_set(call, name, parts[i].value);
    }
    rc = journal_signed_head(tx, id.terminal, id.incarnation, &head);
    if (rc < 0)
        return rc == -ENOENT ? 0 : rc;
    snprintf(name, sizeof(name), "%s_signed_head", prefix);
    admin_set(call, name, hex(head.head, head.head_len));
    snprintf(name, sizeof(name), "%s_signature", prefix);
    admin_set(call, name, hex(head.signature, SIGNATURE_LEN));
    return 0;
}

static int put_postings(struct admin_call *call, struct store_tx *tx, struct record_id id)
{
    uint8_t buffer[RECORD_BODY_MAX];
    struct journal_entry entry;
    struct postings postings;
    int rc = journal_find(tx, id, buffer, &entry);
    rc = rc ? rc : records_postings(tx, &entry.record, entry.store, &postings);
    for (uint32_t i = 0; rc == 0 && i < postings.count; i++) {
        const struct posting *posting = &postings.items[i];
        admin_add_row(call, json_pack("{s:s, s:s, s:I}", "account", posting->account, "unit",
                                      posting->unit == UNIT_CNY ? "CNY" : "credit", "amount_minor",
                                      (json_int_t)posting->amount_minor));
    }
    return rc;
}

/* How it was settled: what the record that does not count moved, account by account, and what central moved when the
 * one with the right took its place. */
static int put_settlement(struct admin_call *call, struct store_tx *tx, const struct conflict *conflict)
{
    struct record_id id = {0};
    int rc = put_postings(call, tx, conflict->record);
    if (rc < 0 || conflict->displaced == 0)
        return rc;
    rc = journal_at(tx, conflict->displaced, &id);
    return rc ? rc : put_postings(call, tx, id);
}

int cmd_conflict_show(struct admin_call *call, struct store_tx *tx)
{
    struct conflict conflict;
    int rc = rights_find_conflict(tx, (uint64_t)admin_number(call, "conflict", 0), &conflict);
    if (rc < 0)
        return rc;
    json_t *row = conflict_row(&conflict);
    json_object_update(call->result, row);
    json_decref(row);
    rc = put_evidence(call, tx, "record", conflict.record);
    if (rc == 0 && conflict.canonical.terminal)
        rc = put_evidence(call, tx, "canonical", conflict.canonical);
    return rc ? rc : put_settlement(call, tx, &conflict);
}

static int add_problem_row(void *context, const struct record_problem *problem)
{
    struct limited *limited = context;
    char record[ID_TEXT_MAX];
    if (admin_limit_reached(&limited->limit))
        return 1;
    record_id_format(problem->id, record, sizeof(record));
    admin_add_row(limited->call, json_pack("{s:s, s:s, s:s}", "record", record, "kind", record_kind_name(problem->kind),
                                           "reason", problem->reason));
    return 0;
}

int cmd_problems(struct admin_call *call, struct store_tx *tx)
{
    struct limited limited = {call, admin_limit_of(call)};
    struct records_range range = {.limit = limited.limit.left + 1};
    const char *after = admin_text(call, "after", NULL);
    if (after && sscanf(after, "%" SCNu32 ".%" SCNu32 ".%" SCNu64, &range.after.terminal, &range.after.incarnation,
                        &range.after.seq) != 3)
        return admin_refuse(call, -EINVAL, "--after takes a record as it is listed");
    int rc = records_list_problems(tx, &range, add_problem_row, &limited);
    admin_limit_tell(call, &limited.limit);
    return rc < 0 ? rc : 0;
}

static int add_tail_row(void *context, const struct journal_entry *entry, uint64_t position)
{
    char record[ID_TEXT_MAX];
    record_id_format(entry->record.id, record, sizeof(record));
    admin_add_row(context, json_pack("{s:I, s:s, s:s, s:I, s:I, s:I}", "position", (json_int_t)position, "record",
                                     record, "kind", record_kind_name(entry->record.kind), "store",
                                     (json_int_t)entry->store, "received_ms", (json_int_t)entry->received_ms, "bytes",
                                     (json_int_t)entry->record.body.len));
    return 0;
}

int cmd_journal_tail(struct admin_call *call, struct store_tx *tx)
{
    int64_t limit = admin_number(call, "limit", TAIL_LIMIT);
    return journal_each_newest(tx, limit < 1 || limit > TAIL_MAX ? TAIL_MAX : (uint32_t)limit, add_tail_row, call);
}

struct status {
    struct admin_call *call;
    struct store_tx *tx;
};

static int add_feed_row(void *context, const struct shop *shop)
{
    struct status *status = context;
    struct feed_cursor heads;
    int rc = feed_heads(status->tx, (struct feed_target){.brand = shop->brand, .store = shop->id}, &heads);
    if (rc == 0) {
        admin_add_row(status->call,
                      json_pack("{s:I, s:s, s:I, s:I}", "store", (json_int_t)shop->id, "zh", shop->name_zh,
                                "store_lane", (json_int_t)heads.store, "brand_lane", (json_int_t)heads.brand));
    }
    return rc;
}

int cmd_feed_status(struct admin_call *call, struct store_tx *tx)
{
    struct status status = {call, tx};
    return identity_each_shop(tx, add_feed_row, &status);
}

static int add_sync_row(void *context, const struct terminal *terminal)
{
    struct status *status = context;
    struct journal_marks marks = {0};
    if (terminal->state != TERMINAL_CONFIRMED) {
        return 0;
    }
    int rc = journal_marks_read(status->tx, terminal->id, terminal->incarnation, &marks);
    if (rc == 0) {
        admin_add_row(status->call,
                      json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "terminal", (json_int_t)terminal->id, "store",
                                (json_int_t)terminal->store, "incarnation", (json_int_t)terminal->incarnation,
                                "durable_through", (json_int_t)marks.durable_through, "archived_through",
                                (json_int_t)marks.archived_through, "last_contact_ms",
                                (json_int_t)terminal->last_contact_ms));
    }
    return rc;
}

int cmd_sync_status(struct admin_call *call, struct store_tx *tx)
{
    struct status status = {call, tx};
    return identity_each_terminal(tx, add_sync_row, &status);
}
