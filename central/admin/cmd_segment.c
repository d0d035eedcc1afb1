#include "central/admin/groups.h"
#include "central/store/identity.h"
#include "central/store/people_activity.h"
#include "central/store/people_tag.h"
#include "central/store/segment.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define OPERATOR "admin"

static uint32_t wanted_brand(const struct admin_call *call)
{
    return admin_given(call, "brand") ? admin_u32(call, "brand") : call->central->brand;
}

static int check_brand(struct admin_call *call, struct store_tx *tx, uint32_t *out_brand)
{
    struct brand brand;
    int rc = identity_find_brand(tx, wanted_brand(call), &brand);
    if (rc == -ENOENT) {
        return admin_refuse(call, rc, "there is no brand %" PRIu32, wanted_brand(call));
    }
    if (rc == 0) {
        *out_brand = brand.id;
    }
    return rc;
}

/* ---- segments */

static json_t *segment_row(const struct segment *segment)
{
    return json_pack("{s:I, s:I, s:s, s:s, s:I}", "segment", (json_int_t)segment->id, "brand",
                     (json_int_t)segment->brand, "name", segment->name, "text", segment->text, "changed_ms",
                     (json_int_t)segment->changed_ms);
}

struct listing {
    struct admin_call *call;
    struct store_tx *tx;
};

static int add_segment_row(void *context, const struct segment *segment)
{
    struct listing *listing = context;
    uint64_t count = 0;
    int rc = segment_count(listing->tx, segment->id, &count);
    if (rc == 0) {
        json_t *row = segment_row(segment);
        json_object_set_new(row, "members", json_integer((json_int_t)count));
        admin_add_row(listing->call, row);
    }
    return rc;
}

static int cmd_segment_list(struct admin_call *call, struct store_tx *tx)
{
    struct listing listing = {call, tx};
    return segment_each(tx, add_segment_row, &listing);
}

static int put(struct admin_call *call, struct store_tx *tx, struct segment *segment)
{
    struct segment_fault fault = {0};
    uint32_t id = 0;
    int rc = admin_copy_text(call, "name", segment->name, sizeof(segment->name));
    rc = rc ? rc : admin_copy_text(call, "text", segment->text, sizeof(segment->text));
    rc = rc ? rc : segment_put(tx, segment, OPERATOR, &id, &fault);
    if (rc < 0 && fault.what) {
        return admin_refuse(call, rc, "%s%s%.40s", fault.what, fault.at || rc == -EINVAL ? ", at: " : "",
                            fault.at || rc == -EINVAL ? segment->text + fault.at : "");
    }
    admin_set(call, "segment", json_integer(id));
    return rc;
}

static int cmd_segment_add(struct admin_call *call, struct store_tx *tx)
{
    struct segment segment = {.id = 0};
    int rc = check_brand(call, tx, &segment.brand);
    return rc ? rc : put(call, tx, &segment);
}

static int find(struct admin_call *call, struct store_tx *tx, struct segment *out_segment)
{
    uint32_t id = admin_u32(call, "segment");
    int rc = segment_find(tx, id, out_segment);
    rc = rc == 0 && out_segment->gone ? -ENOENT : rc;
    return rc == -ENOENT ? admin_refuse(call, rc, "there is no segment %" PRIu32, id) : rc;
}

static int cmd_segment_change(struct admin_call *call, struct store_tx *tx)
{
    struct segment segment;
    int rc = find(call, tx, &segment);
    return rc ? rc : put(call, tx, &segment);
}

static int cmd_segment_remove(struct admin_call *call, struct store_tx *tx)
{
    struct segment segment;
    int rc = find(call, tx, &segment);
    rc = rc ? rc : segment_remove(tx, segment.id, OPERATOR);
    return rc == -EBUSY ? admin_refuse(call, rc, "another segment names it") : rc;
}

static int show_count(struct admin_call *call, struct store_tx *tx, uint32_t id)
{
    uint64_t count = 0;
    int rc = segment_count(tx, id, &count);
    admin_set(call, "members", json_integer((json_int_t)count));
    return rc;
}

static int cmd_segment_show(struct admin_call *call, struct store_tx *tx)
{
    struct segment segment;
    int rc = find(call, tx, &segment);
    if (rc == 0) {
        json_t *row = segment_row(&segment);
        json_object_update(call->result, row);
        json_decref(row);
    }
    return rc ? rc : show_count(call, tx, segment.id);
}

static int cmd_segment_count(struct admin_call *call, struct store_tx *tx)
{
    struct segment segment;
    int rc = find(call, tx, &segment);
    return rc ? rc : show_count(call, tx, segment.id);
}

struct member_listing {
    struct admin_call *call;
    struct admin_limit limit;
};

static int add_member_row(void *context, uint64_t member)
{
    struct member_listing *listing = context;
    if (admin_limit_reached(&listing->limit)) {
        return 1;
    }
    admin_add_row(listing->call, json_pack("{s:I}", "member", (json_int_t)member));
    return 0;
}

static int cmd_segment_members(struct admin_call *call, struct store_tx *tx)
{
    struct segment segment;
    struct member_listing listing = {call, admin_limit_of(call)};
    int rc = find(call, tx, &segment);
    rc = rc ? rc : segment_each_member(tx, segment.id, add_member_row, &listing);
    admin_limit_tell(call, &listing.limit);
    return rc < 0 ? rc : 0;
}

/* ---- tags */

static int add_tag_row(void *context, const struct tag *tag)
{
    admin_add_row(context, json_pack("{s:I, s:I, s:s, s:b, s:I, s:I}", "tag", (json_int_t)tag->id, "brand",
                                     (json_int_t)tag->brand, "name", tag->name, "self", tag->self, "since_version",
                                     (json_int_t)tag->since_version, "gone_version", (json_int_t)tag->gone_version));
    return 0;
}

static int cmd_tag_list(struct admin_call *call, struct store_tx *tx)
{
    return people_each_tag(tx, admin_u32(call, "brand"), add_tag_row, call);
}

static int cmd_tag_add(struct admin_call *call, struct store_tx *tx)
{
    struct tag tag = {.self = admin_given(call, "self")};
    uint32_t id = 0, version = 0;
    int rc = check_brand(call, tx, &tag.brand);
    rc = rc ? rc : admin_copy_text(call, "name", tag.name, sizeof(tag.name));
    rc = rc ? rc : people_add_tag(tx, &tag, OPERATOR, &id);
    rc = rc ? rc : people_tag_version(tx, tag.brand, &version);
    if (rc == -EEXIST || rc == -EINVAL) {
        return admin_refuse(call, rc, rc == -EEXIST ? "this tag is there" : "a tag is a word without quotes");
    }
    admin_set(call, "tag", json_integer(id));
    admin_set(call, "version", json_integer(version));
    return rc;
}

static int cmd_tag_retire(struct admin_call *call, struct store_tx *tx)
{
    uint32_t id = admin_u32(call, "tag");
    int rc = people_retire_tag(tx, id, OPERATOR);
    return rc == -ENOENT ? admin_refuse(call, rc, "there is no tag %" PRIu32, id) : rc;
}

static int change_tag(struct admin_call *call, struct store_tx *tx, bool on)
{
    struct member member;
    struct tag tag;
    const char *name = admin_text(call, "tag", "");
    struct tag_change change = {
        .member = (uint64_t)admin_number(call, "member", 0), .on = on, .source = TAG_BY_OPERATOR, .who = OPERATOR};
    int rc = people_find_member(tx, change.member, &member);
    if (rc == -ENOENT) {
        return admin_refuse(call, rc, "there is no such member");
    }
    rc = rc ? rc : people_find_tag(tx, member.brand, name, &tag);
    if (rc == -ENOENT) {
        return admin_refuse(call, rc, "the vocabulary has no tag \"%s\" (tag add)", name);
    }
    change.tag = tag.id;
    rc = rc ? rc : people_change_tag(tx, &change);
    return rc == -EPERM ? admin_refuse(call, rc, "the member was erased, or the tag is retired") : rc;
}

static int cmd_member_tag(struct admin_call *call, struct store_tx *tx)
{
    return change_tag(call, tx, true);
}

static int cmd_member_untag(struct admin_call *call, struct store_tx *tx)
{
    return change_tag(call, tx, false);
}

/* ---- tiers */

static int add_privilege_row(void *context, const struct privilege *privilege)
{
    admin_add_row(context,
                  json_pack("{s:s, s:I, s:s, s:s}", "tier", tier_name(privilege->tier), "privilege",
                            (json_int_t)privilege->id, "name_zh", privilege->name_zh, "name_en", privilege->name_en));
    return 0;
}

static int cmd_tier_show(struct admin_call *call, struct store_tx *tx)
{
    struct tier_rule rule;
    uint32_t brand = 0;
    int rc = check_brand(call, tx, &brand);
    rc = rc ? rc : people_tier_rule(tx, brand, &rule);
    if (rc < 0) {
        return rc;
    }
    admin_set(call, "new_days", json_integer(rule.new_days));
    admin_set(call, "keep_days", json_integer(rule.keep_days));
    admin_set(call, "gone_days", json_integer(rule.gone_days));
    return people_each_privilege(tx, brand, TIER_NONE, add_privilege_row, call);
}

static int cmd_tier_rule(struct admin_call *call, struct store_tx *tx)
{
    struct tier_rule rule;
    uint32_t brand = 0;
    int rc = check_brand(call, tx, &brand);
    rc = rc ? rc : people_tier_rule(tx, brand, &rule);
    if (rc < 0) {
        return rc;
    }
    rule.new_days = admin_given(call, "new") ? admin_u32(call, "new") : rule.new_days;
    rule.keep_days = admin_given(call, "keep") ? admin_u32(call, "keep") : rule.keep_days;
    rule.gone_days = admin_given(call, "gone") ? admin_u32(call, "gone") : rule.gone_days;
    rc = people_set_tier_rule(tx, brand, &rule, OPERATOR);
    return rc == -ERANGE ? admin_refuse(call, rc, "days: 0 < keep < gone <= 3650, new <= 3650") : rc;
}

static int cmd_tier_privilege(struct admin_call *call, struct store_tx *tx)
{
    struct privilege privilege = {.id = 0};
    uint32_t id = 0;
    int rc = check_brand(call, tx, &privilege.brand);
    if (rc == 0 && tier_parse(admin_text(call, "tier", ""), &privilege.tier) < 0) {
        return admin_refuse(call, -EINVAL, "tiers are new, keep, activate and gone");
    }
    rc = rc ? rc : admin_copy_text(call, "zh", privilege.name_zh, sizeof(privilege.name_zh));
    rc = rc ? rc : admin_copy_text(call, "en", privilege.name_en, sizeof(privilege.name_en));
    rc = rc ? rc : people_add_privilege(tx, &privilege, OPERATOR, &id);
    admin_set(call, "privilege", json_integer(id));
    return rc;
}

static int cmd_tier_take(struct admin_call *call, struct store_tx *tx)
{
    uint32_t id = admin_u32(call, "privilege");
    int rc = people_remove_privilege(tx, id, OPERATOR);
    return rc == -ENOENT ? admin_refuse(call, rc, "there is no privilege %" PRIu32, id) : rc;
}

static const struct admin_command commands[] = {
    {.name = "segment list",
     .args = "",
     .help = "saved choices of members, and how many are in each now",
     .read = cmd_segment_list,
     .rows = true},
    {.name = "segment add",
     .args = "NAME:t TEXT:t --brand:n",
     .help = "e.g. 'tier activate and tag coffee and spent >= 100' (docs/members.md)",
     .write = cmd_segment_add},
    {.name = "segment change",
     .args = "SEGMENT:n --name:t --text:t",
     .help = "another name or another text; the journal keeps the one before",
     .write = cmd_segment_change},
    {.name = "segment remove", .args = "SEGMENT:n", .help = "it is chosen by no more", .write = cmd_segment_remove},
    {.name = "segment show", .args = "SEGMENT:n", .help = "its text, and how many are in it", .read = cmd_segment_show},
    {.name = "segment count", .args = "SEGMENT:n", .help = "how many are in it now", .read = cmd_segment_count},
    {.name = "segment members",
     .args = "SEGMENT:n --limit:n",
     .help = "who is in it now",
     .read = cmd_segment_members,
     .rows = true},
    {.name = "tag list", .args = "--brand:n", .help = "the vocabulary", .read = cmd_tag_list, .rows = true},
    {.name = "tag add",
     .args = "NAME:t --self:b --brand:n",
     .help = "another word; --self: members may take it themselves",
     .write = cmd_tag_add},
    {.name = "tag retire",
     .args = "TAG:n",
     .help = "nobody gets it any more; who has it keeps it",
     .write = cmd_tag_retire},
    {.name = "member tag", .args = "MEMBER:n TAG:t", .help = "puts a tag on a member", .write = cmd_member_tag},
    {.name = "member untag",
     .args = "MEMBER:n TAG:t",
     .help = "takes it off; what members said themselves stays",
     .write = cmd_member_untag},
    {.name = "tier show",
     .args = "--brand:n",
     .help = "after how many days a member is kept, to be activated or gone; what each tier gives",
     .read = cmd_tier_show,
     .rows = true},
    {.name = "tier rule",
     .args = "--new:n --keep:n --gone:n --brand:n",
     .help = "days since joining (new) and since the last visit (keep, gone)",
     .write = cmd_tier_rule},
    {.name = "tier privilege",
     .args = "TIER:t ZH:t EN:t --brand:n",
     .help = "what members of a tier get, as their page says it",
     .write = cmd_tier_privilege},
    {.name = "tier take", .args = "PRIVILEGE:n", .help = "they get it no more", .write = cmd_tier_take},
};

const struct admin_group admin_segment = {commands, ARRAY_LEN(commands)};
