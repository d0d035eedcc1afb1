#include "central/admin/command.h"
#include "central/store/merge_credit.h"
#include "central/store/people_merge.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define OPERATOR   "admin"
#define LIST_LIMIT 100

static int refuse_merge(struct admin_call *call, int rc)
{
    switch (-rc) {
    case ENOENT:
        return admin_refuse(call, rc, "there is no such member");
    case EINVAL:
        return admin_refuse(call, rc, "that is the same member twice");
    case EPERM:
        return admin_refuse(call, rc, "one of them was erased, or became part of another one");
    case EXDEV:
        return admin_refuse(call, rc, "they are of two brands that no programme joins");
    default:
        return rc;
    }
}

static void add_number(struct admin_call *call, const char *name, uint64_t member)
{
    char text[24];
    snprintf(text, sizeof(text), "%" PRIu64, member);
    admin_set(call, name, json_string(text));
}

static int cmd_member_merge(struct admin_call *call, struct store_tx *tx)
{
    struct merge_order order = {.survivor = (uint64_t)admin_number(call, "member", 0),
                                .absorbed = (uint64_t)admin_number(call, "absorbed", 0),
                                .who = OPERATOR,
                                .evidence = admin_text(call, "evidence", "")};
    uint64_t merge = 0;
    int64_t left_minor = 0;
    if (!order.evidence[0] || strlen(order.evidence) >= MERGE_EVIDENCE_MAX) {
        return admin_refuse(call, -EINVAL, "evidence: why both are one person, at most %d bytes",
                            MERGE_EVIDENCE_MAX - 1);
    }
    int rc = people_merge(tx, &order, &merge);
    rc = rc ? rc : merge_credit_left(tx, order.absorbed, &left_minor);
    if (rc < 0) {
        return refuse_merge(call, rc);
    }
    admin_set(call, "merge", json_integer((json_int_t)merge));
    add_number(call, "member", order.survivor);
    add_number(call, "absorbed", order.absorbed);
    admin_set(call, "credit_under_way_minor", json_integer(left_minor));
    return 0;
}

static int cmd_member_unmerge(struct admin_call *call, struct store_tx *tx)
{
    uint64_t merge = (uint64_t)admin_number(call, "merge", 0);
    int rc = people_unmerge(tx, merge, OPERATOR, admin_text(call, "why", ""));
    switch (-rc) {
    case ENOENT:
        return admin_refuse(call, rc, "there is no merge %" PRIu64, merge);
    case EALREADY:
        return admin_refuse(call, rc, "it was undone before");
    case EBUSY:
        return admin_refuse(call, rc, "its member became part of another one since: undo that merge first");
    case EPERM:
        return admin_refuse(call, rc, "its member was erased since");
    default:
        return rc;
    }
}

static int add_merge_row(void *context, const struct merge_row *row)
{
    char survivor[24], absorbed[24];
    snprintf(survivor, sizeof(survivor), "%" PRIu64, row->survivor);
    snprintf(absorbed, sizeof(absorbed), "%" PRIu64, row->absorbed);
    admin_add_row(context, json_pack("{s:I, s:s, s:s, s:I, s:s, s:s, s:I}", "merge", (json_int_t)row->id, "member",
                                     survivor, "absorbed", absorbed, "at_ms", (json_int_t)row->at_ms, "who",
                                     row->who[0] ? row->who : "member", "evidence", row->evidence, "undone_ms",
                                     (json_int_t)row->undone_ms));
    return 0;
}

static int cmd_member_merges(struct admin_call *call, struct store_tx *tx)
{
    return people_each_merge(tx, (uint64_t)admin_number(call, "member", 0), (uint32_t)admin_rows(call, LIST_LIMIT),
                             add_merge_row, call);
}

static const struct admin_command commands[] = {
    {.name = "member merge",
     .args = "MEMBER:n ABSORBED:n --evidence!:t",
     .help = "both are one person: the second number becomes part of the first; --evidence: why, without a name",
     .write = cmd_member_merge},
    {.name = "member unmerge",
     .args = "MERGE:n --why!:t",
     .help = "they are two after all: what went over and is still there goes back",
     .write = cmd_member_unmerge},
    {.name = "member merges",
     .args = "[MEMBER:n] --limit:n",
     .help = "which numbers became part of which, newest first",
     .read = cmd_member_merges,
     .rows = true},
};

const struct admin_group admin_merge = {commands, ARRAY_LEN(commands)};
