#include "central/phone/member_export.h"

#include "central/store/journal.h"
#include "central/store/ledger.h"
#include "central/store/people_activity.h"
#include "central/store/people_kept.h"
#include "central/store/people_merge.h"
#include "central/store/people_tag.h"
#include "central/store/rights.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define COUPONS_MAX 100000
#define MESSAGE_MAX 4160 /* of a push, with room for the buffer */

struct export
{
    struct store_tx *tx;
    const struct channel_keys *keys;
    uint64_t member;
    json_t *rows; /* of the list being filled */
};

static int append(struct export *e, json_t *row)
{
    return row && json_array_append_new(e->rows, row) == 0 ? 0 : -ENOMEM;
}

static int add_contact(void *context, const struct contact *contact, int64_t at_ms)
{
    return append(context, json_pack("{s:s, s:s, s:I}", "kind", contact_name(contact->kind), "value", contact->text,
                                     "since_ms", (json_int_t)at_ms));
}

static int list_contacts(struct export *e)
{
    return people_each_contact(e->tx, e->keys, e->member, add_contact, e);
}

/* ---- identities and what was written */

struct message_list {
    struct export *e;
    json_t *messages;
};

static int add_message(void *context, uint64_t id, int64_t received_ms)
{
    struct message_list *list = context;
    struct inbox_item item;
    struct buffer text;
    buffer_init(&text, 64 * MESSAGE_MAX);
    int rc = wechat_read_message(list->e->tx, list->e->keys, id, &item, &text);
    json_t *row = rc == 0 ? json_pack("{s:I}", "received_ms", (json_int_t)received_ms) : NULL;
    rc = rc ? rc : member_export_words(row, "message", (struct slice){text.data, text.len});
    buffer_finish(&text);
    if (rc < 0) {
        json_decref(row);
        return rc == -ENOENT ? 0 : rc;
    }
    return json_array_append_new(list->messages, row) == 0 ? 0 : -ENOMEM;
}

static int add_identity(void *context, const struct channel_identity *identity)
{
    struct export *e = context;
    char openid[OPENID_CAP];
    struct message_list list = {e, json_array()};
    int rc = wechat_open_identity(e->tx, e->keys, identity->id, openid);
    rc = rc ? rc : wechat_each_message_of(e->tx, identity, add_message, &list);
    if (rc < 0) {
        json_decref(list.messages);
        return rc;
    }
    return append(e, json_pack("{s:s, s:s, s:I, s:I, s:o}", "account", identity->account, "openid", openid,
                               "followed_ms", (json_int_t)identity->followed_ms, "touchpoint",
                               (json_int_t)identity->touchpoint, "messages", list.messages));
}

static int list_identities(struct export *e)
{
    return wechat_each_identity_of(e->tx, e->member, add_identity, e);
}

/* ---- consent, tags */

static int add_consent(void *context, const struct consent *consent)
{
    return append(context, json_pack("{s:s, s:b, s:I}", "version", consent->version, "given", consent->given, "at_ms",
                                     (json_int_t)consent->at_ms));
}

static int list_consents(struct export *e)
{
    return people_each_consent(e->tx, e->member, add_consent, e);
}

static int add_tag(void *context, const struct member_tag *tag)
{
    return append(context,
                  json_pack("{s:s, s:s, s:I}", "tag", tag->tag.name, "by",
                            tag->source == TAG_BY_SELF ? "member" : "operator", "at_ms", (json_int_t)tag->at_ms));
}

static int list_tags(struct export *e)
{
    return people_each_member_tag(e->tx, e->member, add_tag, e);
}

/* ---- coupons, credit, acts */

static int add_coupon(void *context, const struct coupon *coupon)
{
    char id[ID_TEXT_MAX];
    coupon_id_format(coupon->id, id, sizeof(id));
    return append(context,
                  json_pack("{s:s, s:s, s:I, s:I, s:I, s:b}", "coupon", id, "short_code", coupon->shortcode,
                            "issued_ms", (json_int_t)coupon->issued_ms, "expiry_s", (json_int_t)coupon->expiry_s,
                            "used", (json_int_t)coupon->uses, "revoked", coupon->revoked));
}

static int list_coupons(struct export *e)
{
    struct rights_coupon_filter filter = {.member = e->member, .limit = COUPONS_MAX};
    return rights_each_coupon(e->tx, &filter, add_coupon, e);
}

static int add_balance(struct export *e, const char *account)
{
    int64_t balance_minor = 0;
    int rc = ledger_balance(e->tx, account, UNIT_CREDIT, &balance_minor);
    return rc ? rc : append(e, json_pack("{s:s, s:I}", "account", account, "balance_minor", (json_int_t)balance_minor));
}

static int add_owner(void *context, struct owner owner)
{
    struct export *e = context;
    char account[ACCOUNT_MAX];
    ledger_account_credit(owner, e->member, account);
    int rc = add_balance(e, account);
    ledger_account_receivable(owner, e->member, account);
    return rc ? rc : add_balance(e, account);
}

static int list_credit(struct export *e)
{
    return people_each_owner(e->tx, e->member, add_owner, e);
}

static json_t *record_row(const struct journal_entry *entry, const struct body *body)
{
    char id[ID_TEXT_MAX];
    json_t *row = NULL;
    record_id_format(entry->record.id, id, sizeof(id));
    switch (entry->record.kind) {
    case RECORD_SALE:
        row = json_pack("{s:I, s:I, s:I, s:I}", "gross_minor", (json_int_t)body->sale.gross_minor, "discount_minor",
                        (json_int_t)body->sale.discount_minor, "paid_minor", (json_int_t)body->sale.paid_minor, "at_ms",
                        (json_int_t)body->sale.business_ms);
        break;
    case RECORD_REDEMPTION:
        row = json_pack("{s:I, s:I, s:I}", "campaign", (json_int_t)body->redemption.coupon.campaign, "discount_minor",
                        (json_int_t)body->redemption.discount_minor, "at_ms", (json_int_t)body->redemption.business_ms);
        break;
    case RECORD_VOID:
        row = json_pack("{s:s, s:I}", "reason", body->voided.reason, "at_ms", (json_int_t)body->voided.business_ms);
        break;
    case RECORD_CREDIT_EXPIRED:
        row = json_pack("{s:I, s:I}", "amount_minor", (json_int_t)body->expired.amount_minor, "at_ms",
                        (json_int_t)body->expired.business_ms);
        break;
    default:
        row = json_pack("{s:I, s:I}", "amount_minor", (json_int_t)body->credit.amount_minor, "at_ms",
                        (json_int_t)body->credit.business_ms);
    }
    json_object_set_new(row, "record", json_string(id));
    json_object_set_new(row, "kind", json_string(record_kind_name(entry->record.kind)));
    json_object_set_new(row, "store", json_integer((json_int_t)entry->store));
    return row;
}

static int add_record(void *context, struct record_id id)
{
    struct export *e = context;
    uint8_t buffer[RECORD_BODY_MAX];
    struct journal_entry entry;
    struct body body;
    int rc = journal_find(e->tx, id, buffer, &entry);
    rc = rc ? rc : body_decode(entry.record.kind, entry.record.body, &body);
    return rc ? rc : append(e, record_row(&entry, &body));
}

static int list_records(struct export *e)
{
    return people_each_record(e->tx, e->member, add_record, e);
}

/* ---- the member itself */

static int write_member(struct export *e, json_t *out)
{
    struct member member;
    struct activity activity = {0};
    char number[24]; /* 63 bits: more than a number of JSON holds everywhere */
    bool personal = false;
    int rc = people_find_member(e->tx, e->member, &member);
    rc = rc ? rc : people_find_activity(e->tx, e->member, &activity);
    rc = rc ? rc : people_is_personal(e->tx, e->member, &personal);
    if (rc < 0) {
        return rc;
    }
    snprintf(number, sizeof(number), "%" PRIu64, member.id);
    json_t *row = json_pack(
        "{s:s, s:s, s:I, s:b, s:I, s:b, s:b, s:{s:I, s:I, s:I, s:s, s:I, s:I}, s:{s:I, s:I, s:I, s:I, s:I, s:I}}",
        "member", number, "tier", tier_name((enum member_tier)member.tier), "home_store", (json_int_t)member.home_store,
        "has_pin", member.has_pin, "joined_ms", (json_int_t)member.joined_ms, "erased", member.erased, "may_be_chosen",
        personal, "won_by", "touchpoint", (json_int_t)member.won_by.touchpoint, "store",
        (json_int_t)member.won_by.store, "terminal", (json_int_t)member.won_by.terminal, "shelf", member.won_by.shelf,
        "clerk", (json_int_t)member.won_by.clerk, "campaign", (json_int_t)member.won_by.campaign, "activity",
        "purchases", (json_int_t)activity.purchases, "spent_minor", (json_int_t)activity.spent_minor, "redemptions",
        (json_int_t)activity.redemptions, "last_visit_ms", (json_int_t)activity.visited_ms, "last_redemption_ms",
        (json_int_t)activity.redeemed_ms, "last_act_ms", (json_int_t)activity.acted_ms);
    rc = row && json_object_update(out, row) == 0 ? 0 : -ENOMEM;
    json_decref(row);
    return rc;
}

/* ---- numbers that became part of this one */

struct formers {
    struct export *e;
    json_t *out, *numbers;
};

/* What stays under its old number: what was agreed to, what was owed, what was done. */
static int add_former(void *context, uint64_t former)
{
    static const struct {
        const char *name;
        int (*list)(struct export *e);
    } lists[] = {{"consents", list_consents}, {"credit", list_credit}, {"records", list_records}};
    const struct formers *f = context;
    struct export e = {.tx = f->e->tx, .keys = f->e->keys, .member = former};
    char number[24];
    snprintf(number, sizeof(number), "%" PRIu64, former);
    int rc = json_array_append_new(f->numbers, json_string(number)) == 0 ? 0 : -ENOMEM;
    for (size_t i = 0; rc == 0 && i < ARRAY_LEN(lists); i++) {
        e.rows = json_object_get(f->out, lists[i].name);
        rc = lists[i].list(&e);
    }
    return rc ? rc : member_export_kept(f->e->tx, former, f->out);
}

static int add_formers(struct export *e, json_t *out)
{
    struct formers formers = {e, out, json_array()};
    int rc = json_object_set_new(out, "merged_numbers", formers.numbers) == 0 ? 0 : -ENOMEM;
    return rc ? rc : people_each_former(e->tx, e->member, add_former, &formers);
}

int member_export(struct store_tx *tx, const struct channel_keys *keys, uint64_t member, json_t **out_json)
{
    static const struct {
        const char *name;
        int (*list)(struct export *e);
    } lists[] = {{"contacts", list_contacts}, {"identities", list_identities}, {"consents", list_consents},
                 {"tags", list_tags},         {"coupons", list_coupons},       {"credit", list_credit},
                 {"records", list_records}};
    struct export e = {.tx = tx, .keys = keys, .member = member};
    json_t *out = json_object();
    int rc = out ? write_member(&e, out) : -ENOMEM;
    for (size_t i = 0; rc == 0 && i < ARRAY_LEN(lists); i++) {
        e.rows = json_array();
        rc = json_object_set_new(out, lists[i].name, e.rows) == 0 ? lists[i].list(&e) : -ENOMEM;
    }
    rc = rc ? rc : member_export_rest(tx, keys, member, out);
    rc = rc ? rc : add_formers(&e, out);
    if (rc < 0) {
        json_decref(out);
        return rc;
    }
    *out_json = out;
    return 0;
}
