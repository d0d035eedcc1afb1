#include "central/webhook/event.h"

#include "domain/ids.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* One a row; its place is its bit in the books, so new ones come behind the last. what: NULL = any. */
static const struct event_kind {
    const char *name;
    uint16_t kind;
    const char *what;
} kinds[] = {
    {"redemption", RECORD_REDEMPTION, NULL},
    {"sale", RECORD_SALE, NULL},
    {"void", RECORD_VOID, NULL},
    {"credit.earned", RECORD_CREDIT_EARN, NULL},
    {"credit.spent", RECORD_CREDIT_SPEND, NULL},
    {"credit.moved", RECORD_TRANSFER, "credit moved"},
    {"credit.merged", RECORD_MEMBER_MERGED, "credit"},
    {"member.joined", RECORD_MEMBER_JOINED, NULL},
    {"member.left", RECORD_ADMIN, "member erased"},
    {"member.merged", RECORD_MEMBER_MERGED, "merged"},
    {"member.unmerged", RECORD_MEMBER_MERGED, "undone"},
    {"coupon.issued", RECORD_COUPON_ISSUED, NULL},
    {"coupon.revoked", RECORD_COUPON_REVOKED, NULL},
    {"campaign.state", RECORD_ADMIN, "campaign state"},
    {"touchpoint.follow", RECORD_FOLLOW, "followed"},
    {"touchpoint.unfollow", RECORD_FOLLOW, "unfollowed"},
    {"conflict", RECORD_CONFLICT, NULL},
    {"credit.expired", RECORD_CREDIT_EXPIRED, NULL},
};

#define ALL_EVENTS ((UINT64_C(1) << ARRAY_LEN(kinds)) - 1)

static int find_name(const char *name, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (strlen(kinds[i].name) == len && memcmp(kinds[i].name, name, len) == 0) {
            return (int)i;
        }
    }
    return -1;
}

int webhook_events_parse(const char *names, uint64_t *out_events)
{
    uint64_t events = 0;
    if (strcmp(names, "all") == 0) {
        *out_events = ALL_EVENTS;
        return 0;
    }
    for (;;) {
        size_t len = strcspn(names, ",");
        int index = find_name(names, len);
        if (index < 0) {
            return -EINVAL;
        }
        events |= UINT64_C(1) << index;
        if (!names[len]) {
            break;
        }
        names += len + 1;
    }
    *out_events = events;
    return 0;
}

void webhook_events_text(uint64_t events, char out_text[WEBHOOK_EVENTS_TEXT_MAX])
{
    size_t len = 0;
    out_text[0] = '\0';
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (events >> i & 1) {
            len +=
                (size_t)snprintf(out_text + len, WEBHOOK_EVENTS_TEXT_MAX - len, "%s%s", len ? "," : "", kinds[i].name);
        }
    }
}

/* ---- fields */

static void put_text(json_t *event, const char *name, const char *text)
{
    json_object_set_new(event, name, json_string(text));
}

static void put_number(json_t *event, const char *name, int64_t number)
{
    json_object_set_new(event, name, json_integer((json_int_t)number));
}

/* 63 bits: a text, as in every export. */
static void put_member(json_t *event, const char *name, uint64_t member)
{
    char text[24];
    if (member) {
        snprintf(text, sizeof(text), "%" PRIu64, member);
        put_text(event, name, text);
    }
}

/* As the exports name records. */
static void put_record(json_t *event, const char *name, struct record_id id)
{
    char text[ID_TEXT_MAX];
    snprintf(text, sizeof(text), "%" PRIu32 "-%" PRIu32 "-%" PRIu64, id.terminal, id.incarnation, id.seq);
    put_text(event, name, text);
}

static void put_coupon(json_t *event, struct coupon_id coupon)
{
    char text[ID_TEXT_MAX];
    if (coupon.serial) {
        coupon_id_format(coupon, text, sizeof(text));
        put_text(event, "coupon", text);
    }
    if (coupon.campaign) {
        put_number(event, "campaign", coupon.campaign);
    }
}

static void put_credit(json_t *event, const struct body_credit *credit)
{
    char owner[ID_TEXT_MAX];
    owner_format(credit->owner, owner, sizeof(owner));
    put_member(event, "member", credit->member);
    put_text(event, "owner", owner);
    put_number(event, "amount_minor", credit->amount_minor);
    put_number(event, "clerk", credit->clerk);
    put_number(event, "business_ms", credit->business_ms);
}

static void put_expired(json_t *event, const struct body_expired *expired)
{
    char owner[ID_TEXT_MAX];
    owner_format(expired->owner, owner, sizeof(owner));
    put_member(event, "member", expired->member);
    put_text(event, "owner", owner);
    put_number(event, "amount_minor", expired->amount_minor);
    put_number(event, "business_ms", expired->business_ms);
}

static void put_redemption(json_t *event, const struct body_redemption *redemption)
{
    put_member(event, "member", redemption->member);
    put_coupon(event, redemption->coupon);
    put_number(event, "use_no", redemption->use_no);
    put_number(event, "discount_minor", redemption->discount_minor);
    put_number(event, "clerk", redemption->clerk);
    json_object_set_new(event, "offline", json_boolean(redemption->offline));
    put_number(event, "business_ms", redemption->business_ms);
}

static void put_sale(json_t *event, const struct body_sale *sale)
{
    put_member(event, "member", sale->member);
    put_number(event, "gross_minor", sale->gross_minor);
    put_number(event, "discount_minor", sale->discount_minor);
    put_number(event, "credit_minor", sale->credit_minor);
    put_number(event, "paid_minor", sale->paid_minor);
    put_number(event, "clerk", sale->clerk);
    put_number(event, "business_ms", sale->business_ms);
}

static bool put_body(json_t *event, const struct body *body)
{
    switch (body->kind) {
    case RECORD_REDEMPTION:
        put_redemption(event, &body->redemption);
        return true;
    case RECORD_SALE:
        put_sale(event, &body->sale);
        return true;
    case RECORD_VOID:
        put_record(event, "target", body->voided.target);
        put_text(event, "target_kind", record_kind_name(body->voided.target_kind));
        put_number(event, "clerk", body->voided.clerk);
        put_number(event, "business_ms", body->voided.business_ms);
        return true;
    case RECORD_CREDIT_EARN:
    case RECORD_CREDIT_SPEND:
        put_credit(event, &body->credit);
        return true;
    case RECORD_CREDIT_EXPIRED:
        put_expired(event, &body->expired);
        return true;
    default:
        return false;
    }
}

/* What a fact's numbers mean in its kind; its words are for the house. */
static void put_fact(json_t *event, uint16_t kind, const struct journal_fact *fact)
{
    put_member(event, "member", fact->member);
    put_coupon(event, fact->coupon);
    if (fact->amount_minor) {
        put_number(event, "amount_minor", fact->amount_minor);
    }
    if (kind == RECORD_MEMBER_MERGED) {
        put_member(event, "absorbed", fact->number);
    } else if (kind == RECORD_MEMBER_JOINED || kind == RECORD_FOLLOW) {
        put_number(event, "touchpoint", (int64_t)fact->number);
    } else if (kind == RECORD_CONFLICT) {
        put_number(event, "conflict", (int64_t)fact->number);
    } else if (kind == RECORD_TRANSFER) {
        put_number(event, "from_store", (int64_t)fact->number);
    } else if (kind == RECORD_ADMIN && fact->coupon.campaign && fact->key) {
        put_text(event, "state", fact->key);
    }
}

/* ---- the event */

static bool is_wanted(uint16_t kind, uint64_t wanted)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (kinds[i].kind == kind && (wanted >> i & 1)) {
            return true;
        }
    }
    return false;
}

static const struct event_kind *kind_of(uint16_t kind, const char *what, uint64_t wanted)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        bool same = kinds[i].kind == kind && (!kinds[i].what || (what && strcmp(what, kinds[i].what) == 0));
        if (same && (wanted >> i & 1)) {
            return &kinds[i];
        }
    }
    return NULL;
}

static json_t *begin(const struct journal_entry *entry, uint64_t position, const char *name)
{
    json_t *event = json_object();
    put_record(event, "id", entry->record.id);
    put_text(event, "event", name);
    put_number(event, "position", (int64_t)position);
    put_number(event, "at_ms", (int64_t)(entry->record.hlc >> 16));
    if (entry->store) {
        put_number(event, "store", entry->store);
    }
    return event;
}

static json_t *fact_event(const struct journal_entry *entry, uint64_t position, uint64_t wanted)
{
    char texts[RECORD_BODY_MAX];
    struct journal_fact fact;
    if (journal_fact_decode(entry->record.body, &fact, texts, sizeof(texts)) < 0) {
        return NULL;
    }
    const struct event_kind *kind = kind_of(entry->record.kind, fact.what, wanted);
    json_t *event = kind ? begin(entry, position, kind->name) : NULL;
    if (event) {
        put_fact(event, entry->record.kind, &fact);
    }
    return event;
}

json_t *webhook_event_of(const struct journal_entry *entry, uint64_t position, uint64_t wanted)
{
    struct body body;
    uint16_t kind = entry->record.kind;
    if (!is_wanted(kind, wanted)) {
        return NULL;
    }
    if (entry->record.id.terminal == 0) {
        return fact_event(entry, position, wanted);
    }
    const struct event_kind *known = kind_of(kind, NULL, wanted);
    if (!known || body_decode(kind, entry->record.body, &body) < 0) {
        return NULL; /* unreadable: kept, and noted as a problem of its own */
    }
    json_t *event = begin(entry, position, known->name);
    if (!put_body(event, &body)) {
        json_decref(event);
        return NULL;
    }
    return event;
}
