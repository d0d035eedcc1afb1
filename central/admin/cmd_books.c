#include "central/admin/groups.h"
#include "central/store/feed.h"
#include "central/store/identity.h"
#include "central/store/journal.h"
#include "central/store/ledger.h"
#include "central/store/records.h"
#include "central/store/rights.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LIST_LIMIT 100
#define TAIL_LIMIT 20
#define TAIL_MAX   500

static int add_balance_row(void *context, const char *account, enum ledger_unit unit, int64_t balance_minor)
{
    admin_add_row(context, json_pack("{s:s, s:s, s:I}", "account", account, "unit", unit == UNIT_CNY ? "CNY" : "credit",
                                     "balance_minor", (json_int_t)balance_minor));
    return 0;
}

int cmd_books(struct admin_call *call, struct store_tx *tx)
{
    int64_t cny_minor = 0, credit_minor = 0;
    char account[ACCOUNT_MAX];
    int rc = ledger_each_balance(tx, admin_text(call, "account", ""), add_balance_row, call);
    rc = rc ? rc : ledger_sums(tx, &cny_minor, &credit_minor);
    if (rc == 0 && admin_given(call, "verify")) {
        rc = ledger_verify(tx, account);
        if (rc == -EUCLEAN) {
            return admin_refuse(call, rc, "account %s differs from what the journal says", account);
        }
        admin_set(call, "verified", json_true());
    }
    admin_set(call, "sum_cny_minor", json_integer(cny_minor));
    admin_set(call, "sum_credit_minor", json_integer(credit_minor));
    admin_set(call, "balanced", json_boolean(cny_minor == 0 && credit_minor == 0));
    return rc;
}

struct limited {
    struct admin_call *call;
    int64_t left;
};

static int add_redemption_row(void *context, const struct redemption *redemption)
{
    struct limited *limited = context;
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
    return --limited->left <= 0;
}

int cmd_redemptions(struct admin_call *call, struct store_tx *tx)
{
    struct limited limited = {call, admin_number(call, "limit", LIST_LIMIT)};
    struct rights_totals totals;
    int rc = rights_each_redemption(tx, admin_u32(call, "store"), add_redemption_row, &limited);
    rc = rc < 0 ? rc : rights_totals(tx, &totals);
    if (rc == 0) {
        admin_set(call, "records", json_integer((json_int_t)totals.records));
        admin_set(call, "canonical", json_integer((json_int_t)totals.canonical));
        admin_set(call, "conflicts", json_integer((json_int_t)totals.conflicts));
        admin_set(call, "problems", json_integer((json_int_t)totals.problems));
        admin_set(call, "write_offs", json_integer((json_int_t)totals.write_offs));
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

static int add_conflict_row(void *context, const struct conflict *conflict)
{
    char coupon[ID_TEXT_MAX], record[ID_TEXT_MAX], canonical[ID_TEXT_MAX] = "none";
    coupon_id_format(conflict->coupon, coupon, sizeof(coupon));
    record_id_format(conflict->record, record, sizeof(record));
    if (conflict->canonical.terminal) {
        record_id_format(conflict->canonical, canonical, sizeof(canonical));
    }
    admin_add_row(context, json_pack("{s:I, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I}", "conflict",
                                     (json_int_t)conflict->id, "kind", conflict_name(conflict->kind), "coupon", coupon,
                                     "record", record, "canonical", canonical, "store", (json_int_t)conflict->store,
                                     "clerk", (json_int_t)conflict->clerk, "discount_minor",
                                     (json_int_t)conflict->discount_minor, "found_ms", (json_int_t)conflict->found_ms));
    return 0;
}

int cmd_conflicts(struct admin_call *call, struct store_tx *tx)
{
    return rights_each_conflict(tx, add_conflict_row, call);
}

static int add_problem_row(void *context, const struct record_problem *problem)
{
    char record[ID_TEXT_MAX];
    record_id_format(problem->id, record, sizeof(record));
    admin_add_row(context, json_pack("{s:s, s:s, s:s}", "record", record, "kind", record_kind_name(problem->kind),
                                     "reason", problem->reason));
    return 0;
}

int cmd_problems(struct admin_call *call, struct store_tx *tx)
{
    return records_each_problem(tx, add_problem_row, call);
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
