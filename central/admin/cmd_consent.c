#include "central/admin/groups.h"
#include "central/phone/consent.h"
#include "central/phone/member_export.h"
#include "central/store/identity.h"
#include "central/store/people_place.h"
#include "central/store/people_privacy.h"
#include "central/wechat/work.h"

#include <inttypes.h>
#include <string.h>

#define OPERATOR "admin"

static uint64_t wanted_member(const struct admin_call *call)
{
    return (uint64_t)admin_number(call, "member", 0);
}

static int refuse_unknown(struct admin_call *call, int rc)
{
    return rc == -ENOENT ? admin_refuse(call, rc, "there is no such member") : rc;
}

/* ---- consent */

static int add_count_row(void *context, const char *version, uint64_t given, uint64_t withdrawn)
{
    admin_add_row(context, json_pack("{s:s, s:I, s:I}", "version", version, "given", (json_int_t)given, "withdrawn",
                                     (json_int_t)withdrawn));
    return 0;
}

static int cmd_consent_list(struct admin_call *call, struct store_tx *tx)
{
    admin_set(call, "current", json_string(consent_current()->version));
    return people_count_consents(tx, add_count_row, call);
}

static int cmd_consent_show(struct admin_call *call, struct store_tx *tx)
{
    (void)tx;
    const char *version = admin_text(call, "version", consent_current()->version);
    const struct consent_text *text = consent_find(version);
    if (!text) {
        return admin_refuse(call, -ENOENT, "there was never a notice \"%s\"", version);
    }
    admin_set(call, "version", json_string(text->version));
    for (size_t i = 0; i < text->point_count; i++) {
        admin_add_row(call, json_pack("{s:s, s:s}", "head", text->points[i].head, "text", text->points[i].text));
    }
    return 0;
}

static int add_consent_row(void *context, const struct consent *consent)
{
    admin_add_row(context, json_pack("{s:I, s:s, s:s}", "at_ms", (json_int_t)consent->at_ms, "version",
                                     consent->version, "what", consent->given ? "given" : "withdrawn"));
    return 0;
}

static int cmd_consent_log(struct admin_call *call, struct store_tx *tx)
{
    struct member member;
    int rc = refuse_unknown(call, people_find_member(tx, wanted_member(call), &member));
    return rc ? rc : people_each_consent(tx, member.id, add_consent_row, call);
}

static int cmd_consent_personal(struct admin_call *call, struct store_tx *tx)
{
    const char *on = admin_text(call, "on", "");
    bool given = strcmp(on, "on") == 0;
    if (!given && strcmp(on, "off") != 0) {
        return admin_refuse(call, -EINVAL, "on or off");
    }
    return refuse_unknown(call, people_change_consent(tx, wanted_member(call), CONSENT_PERSONAL, given, OPERATOR));
}

/* ---- who somebody is */

static int read_contact(struct admin_call *call, struct contact *out_contact)
{
    bool phone = admin_given(call, "phone"), card = admin_given(call, "card");
    if (phone == card) {
        return admin_refuse(call, -EINVAL, "one of --phone and --card");
    }
    int rc =
        contact_read(phone ? CONTACT_PHONE : CONTACT_CARD, admin_text(call, phone ? "phone" : "card", ""), out_contact);
    return rc == -EINVAL ? admin_refuse(call, rc, phone ? "this is no phone number" : "this is no member card's number")
                         : rc;
}

static int cmd_member_identify(struct admin_call *call, struct store_tx *tx)
{
    struct channel_keys keys;
    struct contact contact;
    uint64_t owner = 0;
    int rc = read_contact(call, &contact);
    if (rc < 0) {
        return rc;
    }
    rc = wechat_work_keys(call->central, &keys);
    rc = rc ? rc : people_add_contact(tx, &keys, &contact, wanted_member(call), &owner);
    channel_keys_finish(&keys);
    if (rc == -EEXIST) {
        return admin_refuse(call, rc, "it is member %" PRIu64 "'s", owner);
    }
    return refuse_unknown(call, rc);
}

static int cmd_member_find(struct admin_call *call, struct store_tx *tx)
{
    struct channel_keys keys;
    struct contact contact;
    uint64_t member = 0;
    int rc = read_contact(call, &contact);
    if (rc < 0) {
        return rc;
    }
    rc = wechat_work_keys(call->central, &keys);
    rc = rc ? rc : people_find_contact(tx, &keys, &contact, &member);
    channel_keys_finish(&keys);
    admin_set(call, "member", json_integer((json_int_t)member));
    return rc == -ENOENT ? admin_refuse(call, rc, "nobody is known by it") : rc;
}

/* ---- what is kept of somebody, and its end */

static int cmd_member_export(struct admin_call *call, struct store_tx *tx)
{
    struct channel_keys keys;
    json_t *all = NULL;
    int rc = wechat_work_keys(call->central, &keys);
    rc = rc ? rc : member_export(tx, &keys, wanted_member(call), &all);
    channel_keys_finish(&keys);
    if (rc == 0) {
        json_object_update(call->result, all);
        json_decref(all);
    }
    return refuse_unknown(call, rc);
}

static int cmd_member_erase(struct admin_call *call, struct store_tx *tx)
{
    int rc = people_erase_member(tx, wanted_member(call), OPERATOR, admin_text(call, "why", ""));
    if (rc == -EXDEV) {
        return admin_refuse(call, rc, "it became part of another member (admin member merges): erase that one");
    }
    return refuse_unknown(call, rc);
}

/* ---- where a store is, for its members' list */

static int cmd_store_place(struct admin_call *call, struct store_tx *tx)
{
    struct shop shop;
    struct place place;
    uint32_t id = admin_u32(call, "store");
    if (place_read(admin_text(call, "latitude", ""), admin_text(call, "longitude", ""), &place) < 0) {
        return admin_refuse(call, -EINVAL, "degrees such as 31.230416 121.473701");
    }
    int rc = identity_find_shop(tx, id, &shop);
    rc = rc ? rc : people_put_place(tx, id, &place, OPERATOR);
    return rc == -ENOENT ? admin_refuse(call, rc, "there is no store %" PRIu32, id) : rc;
}

static const struct admin_command commands[] = {
    {.name = "consent list",
     .args = "",
     .help = "how many members stand by each version of the notice",
     .read = cmd_consent_list,
     .rows = true},
    {.name = "consent show",
     .args = "[VERSION:t]",
     .help = "the notice as it was shown (default: the current one)",
     .read = cmd_consent_show,
     .rows = true},
    {.name = "consent log",
     .args = "MEMBER:n",
     .help = "what a member agreed to and took back",
     .read = cmd_consent_log,
     .rows = true},
    {.name = "consent personal",
     .args = "MEMBER:n ON:t",
     .help = "on, or off: no segment chooses this member",
     .write = cmd_consent_personal},
    {.name = "member identify",
     .args = "MEMBER:n --phone:t --card:t",
     .help = "a phone or card number by which to know the member again (\"-\" reads it from stdin); kept sealed",
     .write = cmd_member_identify},
    {.name = "member find",
     .args = "--phone:t --card:t",
     .help = "whose number it is (\"-\" reads it from stdin)",
     .read = cmd_member_find},
    {.name = "member export",
     .args = "MEMBER:n",
     .help = "everything that is kept of the member (use --json)",
     .read = cmd_member_export},
    {.name = "member erase",
     .args = "MEMBER:n --why!:t",
     .help = "everything that names the member goes; the ledger keeps a random number",
     .write = cmd_member_erase},
    {.name = "store place",
     .args = "STORE:n LATITUDE:t LONGITUDE:t",
     .help = "where it is, in degrees: the member page sorts its stores by distance",
     .write = cmd_store_place},
};

const struct admin_group admin_consent = {commands, ARRAY_LEN(commands)};
