#include "central/admin/command.h"
#include "central/message/door.h"
#include "central/message/plan.h"
#include "central/store/wechat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_LIMIT  200
#define MEMBERS_MAX 10000

/* ---- what is known of one member */

static json_t *window_row(const struct message_facts *facts, enum message_channel channel, int64_t now_ms)
{
    struct window_choice choice = window_choose(facts, channel, now_ms);
    json_t *row = json_pack("{s:s, s:s}", "channel", channel == MESSAGE_MASS ? "mass" : "customer service", "answer",
                            window_answer_name(choice.answer));
    if (choice.answer == WINDOW_OPEN && choice.left != UINT32_MAX) {
        json_object_set_new(row, "left", json_integer(choice.left));
    }
    if (choice.until_ms) {
        json_object_set_new(row, "until_ms", json_integer(choice.until_ms));
    }
    if (choice.next_ms) {
        json_object_set_new(row, "next_ms", json_integer(choice.next_ms));
    }
    return row;
}

static int cmd_facts(struct admin_call *call, struct store_tx *tx)
{
    static const char *const names[WINDOW_KINDS] = {"action", "message", "payment"};
    struct channel_identity identity;
    struct message_facts facts;
    int rc = wechat_find_member(tx, (uint64_t)admin_number(call, "member", 0), &identity);
    rc = rc ? rc : message_facts(tx, identity.id, &facts);
    if (rc == -ENOENT) {
        return admin_refuse(call, rc, "no account knows this member, or not any more");
    }
    if (rc < 0) {
        return rc;
    }
    admin_set(call, "account", json_string(identity.account));
    for (int kind = 0; kind < WINDOW_KINDS; kind++) {
        admin_set(call, names[kind],
                  json_pack("{s:I, s:i}", "opened_ms", (json_int_t)facts.windows[kind].opened_ms, "sent",
                            (int)facts.windows[kind].sent));
    }
    admin_set(call, "mass_this_month", json_integer(facts.mass_sent));
    admin_add_row(call, window_row(&facts, MESSAGE_CUSTOMER_SERVICE, tx->now_ms));
    admin_add_row(call, window_row(&facts, MESSAGE_MASS, tx->now_ms));
    return 0;
}

static int cmd_hours(struct admin_call *call, struct store_tx *tx)
{
    uint64_t hours[ACTIVITY_HOURS + 1];
    const char *name = admin_text(call, "account", "");
    struct message_account account;
    struct message_person person = {0};
    uint64_t member = (uint64_t)admin_number(call, "member", 0), identity = 0;
    int rc = message_account_find(tx, name, &account);
    rc = rc ? rc : message_account_hours(tx, name, hours);
    if (rc == 0 && member) {
        rc = message_find_follower(tx, name, member, &identity);
        rc = rc ? rc : message_person_load(tx, identity, &person);
        admin_set(call, "best_hour", json_integer(activity_best_hour(&person.activity, &account.quiet)));
    }
    for (int i = 0; rc == 0 && i < ACTIVITY_HOURS; i++) {
        admin_add_row(call, json_pack("{s:i, s:I, s:s}", "hour", i, "acts",
                                      (json_int_t)(member ? person.activity.hours[i] : hours[i]), "quiet",
                                      quiet_at(&account.quiet, i) ? "quiet" : ""));
    }
    admin_set(call, "followers", json_integer(rc == 0 ? (json_int_t)hours[ACTIVITY_HOURS] : 0));
    return rc;
}

static int cmd_quiet(struct admin_call *call, struct store_tx *tx)
{
    struct message_account account;
    int64_t from = admin_number(call, "from", QUIET_FROM_DEFAULT), to = admin_number(call, "to", QUIET_TO_DEFAULT);
    if (from < 0 || to < 0 || from > ACTIVITY_HOURS || to > ACTIVITY_HOURS) {
        return admin_refuse(call, -EINVAL, "hours are 0 to 24");
    }
    int rc = message_account_find(tx, admin_text(call, "account", ""), &account);
    account.quiet = (struct quiet_hours){(uint8_t)(from % ACTIVITY_HOURS), (uint8_t)(to % ACTIVITY_HOURS)};
    return rc ? rc : message_account_put(tx, &account);
}

/* ---- planning */

struct planning {
    struct admin_call *call;
    struct message_account account;
    struct message_wish wish;
    struct plan_audience audience;
    uint64_t *members; /* owned */
    struct plan_figures figures;
    int64_t now_ms, left;
    char words[96];
};

static int parse_members(struct planning *p, const char *text)
{
    p->members = calloc(MEMBERS_MAX, sizeof(*p->members));
    if (!p->members) {
        return -ENOMEM;
    }
    while (*text && p->audience.member_count < MEMBERS_MAX) {
        char *end = NULL;
        uint64_t member = strtoull(text, &end, 10);
        if (end == text) {
            return admin_refuse(p->call, -EINVAL, "MEMBERS are numbers with commas between them");
        }
        p->members[p->audience.member_count++] = member;
        text = *end == ',' ? end + 1 : end;
    }
    p->audience.members = p->members;
    return 0;
}

static int parse_channel(struct planning *p)
{
    static const struct {
        const char *name;
        enum plan_channel channel;
    } names[] = {{"window", PLAN_CUSTOMER}, {"mass", PLAN_MASS}, {"either", PLAN_EITHER}};
    const char *text = admin_text(p->call, "channel", "either");
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (strcmp(text, names[i].name) == 0) {
            p->wish.channel = names[i].channel;
            return 0;
        }
    }
    return admin_refuse(p->call, -EINVAL, "CHANNEL is window, mass or either");
}

/* Whom and when, as the operator said. planning_finish whatever it returns. */
static int planning_start(struct planning *p, struct admin_call *call, struct store_tx *tx)
{
    const char *name = admin_text(call, "account", "");
    int ways = admin_given(call, "segment") + admin_given(call, "members") + admin_given(call, "all");
    p->call = call;
    p->now_ms = tx->now_ms;
    p->left = admin_rows(call, ROWS_LIMIT);
    if (ways != 1) {
        return admin_refuse(call, -EINVAL, "say whom: --segment N, --members 1,2,3 or --all");
    }
    p->wish.from_ms = admin_moment_ms(call, "from");
    p->wish.until_ms = admin_moment_ms(call, "until");
    p->audience.segment = admin_u32(call, "segment");
    p->audience.all = admin_given(call, "all");
    snprintf(p->words, sizeof(p->words), "%s", p->audience.all ? "everybody" : admin_text(call, "members", ""));
    if (p->audience.segment) {
        snprintf(p->words, sizeof(p->words), "segment %u", p->audience.segment);
    }
    int rc = parse_channel(p);
    rc = rc || !admin_given(call, "members") ? rc : parse_members(p, admin_text(call, "members", ""));
    rc = rc ? rc : message_account_find(tx, name, &p->account);
    p->audience.account = p->account.account;
    return rc ? rc : plan_wish_complete(tx, &p->account, &p->wish);
}

static void planning_finish(struct planning *p)
{
    free(p->members);
}

static void tell_figures(struct admin_call *call, const struct plan_figures *figures)
{
    const struct {
        const char *name;
        int64_t value;
    } fields[] = {{"people", (int64_t)figures->people},   {"now", (int64_t)figures->now},
                  {"later", (int64_t)figures->later},     {"no_window", (int64_t)figures->shut},
                  {"used_up", (int64_t)figures->used_up}, {"month_full", (int64_t)figures->month_full},
                  {"left", (int64_t)figures->left},       {"unknown", (int64_t)figures->unknown},
                  {"first_ms", figures->first_ms},        {"last_ms", figures->last_ms}};
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        admin_set(call, fields[i].name, json_integer(fields[i].value));
    }
}

static const char *channel_name(enum message_channel channel)
{
    return channel == MESSAGE_MASS ? "mass" : "window";
}

struct who_row {
    struct planning *planning;
    struct store_tx *tx;
};

static int add_who(void *context, uint64_t identity, const struct message_moment *moment)
{
    struct who_row *who = context;
    struct planning *p = who->planning;
    struct channel_identity known = {0};
    plan_figures_add(&p->figures, moment, p->now_ms);
    if (!moment || p->left-- <= 0) {
        return 0;
    }
    int rc = wechat_find_identity(who->tx, identity, &known);
    bool can = moment->answer == WINDOW_OPEN;
    admin_add_row(p->call, json_pack("{s:I, s:s, s:I, s:s}", "member", (json_int_t)known.member, "channel",
                                     can ? channel_name(moment->channel) : "", "at_ms", (json_int_t)moment->at_ms,
                                     "why", moment->why));
    return rc == -ENOENT ? 0 : rc;
}

static int cmd_who(struct admin_call *call, struct store_tx *tx)
{
    struct planning p = {0};
    int rc = planning_start(&p, call, tx);
    rc = rc ? rc : plan_walk(tx, &p.audience, &p.wish, add_who, &(struct who_row){&p, tx});
    if (rc == 0) {
        tell_figures(call, &p.figures);
    }
    planning_finish(&p);
    return rc == -ENOENT ? admin_refuse(call, rc, "no such segment") : rc;
}

static int cmd_plan(struct admin_call *call)
{
    struct planning p = {0};
    struct store_tx tx;
    struct message_plan plan = {0};
    uint64_t id = 0;
    const char *text = admin_text(call, "text", "");
    if (!text[0] || strlen(text) > PLAN_TEXT_MAX) {
        return admin_refuse(call, -EINVAL, "a message has 1 to %d bytes", PLAN_TEXT_MAX);
    }
    int rc = store_read_begin(call->central->store, &tx);
    if (rc == 0) {
        rc = planning_start(&p, call, &tx);
        store_read_end(&tx);
    }
    plan.channel = p.wish.channel;
    plan.until_ms = p.wish.until_ms;
    snprintf(plan.account, sizeof(plan.account), "%s", p.account.account);
    snprintf(plan.text, sizeof(plan.text), "%s", text);
    snprintf(plan.audience, sizeof(plan.audience), "%s", p.words);
    snprintf(plan.made_by, sizeof(plan.made_by), "%s", admin_text(call, "by", "operator"));
    rc = rc ? rc : plan_make(call->central, &plan, &p.audience, &p.wish, &p.figures, &id);
    if (rc == 0) {
        admin_set(call, "plan", json_integer((json_int_t)id));
        tell_figures(call, &p.figures);
    }
    planning_finish(&p);
    return rc == -ENOENT ? admin_refuse(call, rc, "no such segment") : rc;
}

/* ---- plans that were made */

static const char *plan_state_name(enum plan_state state)
{
    switch (state) {
    case PLAN_MAKING:
        return "being made";
    case PLAN_READY:
        return "ready";
    case PLAN_CANCELLED:
        return "cancelled";
    }
    return "?";
}

static int add_plan(void *context, const struct message_plan *plan)
{
    admin_add_row(context, json_pack("{s:I, s:s, s:s, s:s, s:I, s:s, s:s}", "plan", (json_int_t)plan->id, "account",
                                     plan->account, "state", plan_state_name(plan->state), "audience", plan->audience,
                                     "made_ms", (json_int_t)plan->made_ms, "by", plan->made_by, "text", plan->text));
    return 0;
}

static int cmd_plans(struct admin_call *call, struct store_tx *tx)
{
    return message_plan_each(tx, add_plan, call);
}

struct planned_report {
    struct admin_call *call;
    int64_t left;
    json_int_t sent, waits, cannot;
};

static int add_planned(void *context, const struct planned_message_row *row, const char *outbox, const char *reason)
{
    struct planned_report *report = context;
    static const char *const words[] = {[FATE_WAITS] = "waits", [FATE_SENT] = "sent", [FATE_CANNOT] = "cannot"};
    enum planned_fate fate = message_planned_fate(row, outbox);
    report->sent += fate == FATE_SENT;
    report->cannot += fate == FATE_CANNOT;
    report->waits += fate == FATE_WAITS;
    if (report->left-- > 0) {
        admin_add_row(report->call, json_pack("{s:I, s:s, s:s, s:I, s:s}", "member", (json_int_t)row->member, "channel",
                                              channel_name(row->channel), "state", words[fate], "at_ms",
                                              (json_int_t)row->due_ms, "why", row->reason[0] ? row->reason : reason));
    }
    return 0;
}

static int cmd_plan_show(struct admin_call *call, struct store_tx *tx)
{
    struct message_plan plan;
    struct planned_report report = {.call = call, .left = admin_rows(call, ROWS_LIMIT)};
    uint64_t id = (uint64_t)admin_number(call, "plan", 0);
    int rc = message_plan_find(tx, id, &plan);
    rc = rc ? rc : message_planned_each(tx, id, add_planned, &report);
    if (rc == 0) {
        admin_set(call, "state", json_string(plan_state_name(plan.state)));
        admin_set(call, "sent", json_integer(report.sent));
        admin_set(call, "waits", json_integer(report.waits));
        admin_set(call, "cannot", json_integer(report.cannot));
    }
    return rc;
}

static int cmd_plan_cancel(struct admin_call *call, struct store_tx *tx)
{
    struct message_plan plan;
    uint64_t id = (uint64_t)admin_number(call, "plan", 0);
    int rc = message_plan_find(tx, id, &plan);
    return rc ? rc : message_plan_cancel(tx, id);
}

#define WHOM "ACCOUNT:t --segment:n --members:t --all:b --channel:t --from:d --until:d --limit:n"

static const struct admin_command commands[] = {
    {.name = "message facts",
     .args = "MEMBER:n",
     .help = "the reply windows a member has opened, what was sent on them, mass messages this month",
     .read = cmd_facts,
     .rows = true},
    {.name = "message hours",
     .args = "ACCOUNT:t --member:n",
     .help = "at which hours the followers (or one member) act",
     .read = cmd_hours,
     .rows = true},
    {.name = "message quiet",
     .args = "ACCOUNT:t --from!:n --to!:n",
     .help = "nothing planned leaves between these hours (22 and 8 unless set; equal: no such hours)",
     .write = cmd_quiet},
    {.name = "message who",
     .args = WHOM,
     .help = "who could get a message when; CHANNEL window, mass or either (the window first)",
     .read = cmd_who,
     .rows = true},
    {.name = "message plan",
     .args = WHOM " --by:t --text!:t",
     .help = "plans it: each member at their own hour, never in the quiet ones",
     .run = cmd_plan},
    {.name = "message plans", .args = "", .help = "newest first", .read = cmd_plans, .rows = true},
    {.name = "message plan-show",
     .args = "PLAN:n --limit:n",
     .help = "who got it, who will, who cannot and why",
     .read = cmd_plan_show,
     .rows = true},
    {.name = "message plan-cancel",
     .args = "PLAN:n",
     .help = "what has not gone to the outbox yet does not leave",
     .write = cmd_plan_cancel},
};

const struct admin_group admin_message = {commands, ARRAY_LEN(commands)};
