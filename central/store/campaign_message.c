#include "central/store/campaign_message.h"

#include "central/store/query.h"
#include "central/store/segment.h"
#include "domain/lift.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define HOUR_MS     INT64_C(3600000)
#define REPLIES_MAX 32 /* live messages for one kind of act and account; those past it are not answered */

/* A pause that the clockwork has not come to yet was one all the same: those plans say what was said before it, and
 * their triggers are gone. */
int campaign_message_go_live(struct store_tx *tx, uint32_t campaign)
{
    int rc = query_run(store_tx_write(tx),
                       "UPDATE message_plan SET state = 2 WHERE state != 2 AND id IN (SELECT c.plan FROM "
                       "campaign_messaging AS m JOIN campaign_message_plan AS c ON c.campaign = m.campaign AND "
                       "c.number = m.number WHERE m.campaign = ? AND m.state = 2)",
                       QUERY(Q_INT(campaign)));
    return rc ? rc
              : query_run(store_tx_write(tx),
                          "INSERT INTO campaign_messaging (campaign, number, state) SELECT campaign, number, 0 FROM "
                          "campaign_message WHERE campaign = ? ON CONFLICT DO UPDATE SET state = 0 WHERE state IN (2, "
                          "3)",
                          QUERY(Q_INT(campaign)));
}

/* What the campaign no longer says is cancelled with the rest. */
int campaign_message_stop(struct store_tx *tx, uint32_t campaign)
{
    int rc = query_run(store_tx_write(tx), "DELETE FROM campaign_trigger WHERE campaign = ?", QUERY(Q_INT(campaign)));
    return rc ? rc
              : query_run(store_tx_write(tx),
                          "UPDATE campaign_messaging SET state = 2 WHERE campaign = ? AND state IN (0, 1)",
                          QUERY(Q_INT(campaign)));
}

int campaign_message_due(struct store_tx *tx, struct messaging *out_messaging)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx),
                         "SELECT campaign, number, state FROM campaign_messaging WHERE state IN (0, 2) ORDER BY state "
                         "DESC, campaign, number LIMIT 1",
                         QUERY_NONE, &stmt);
    if (rc == 0) {
        *out_messaging = (struct messaging){.campaign = (uint32_t)db_column_int64(stmt, 0),
                                            .number = (uint32_t)db_column_int64(stmt, 1),
                                            .state = (enum messaging_state)db_column_int64(stmt, 2)};
        db_stmt_close(stmt);
    }
    return rc;
}

int campaign_message_settle(struct store_tx *tx, const struct messaging *before, enum messaging_state after,
                            bool *out_settled)
{
    int64_t there = 0;
    int rc =
        query_number(store_tx_write(tx),
                     "UPDATE campaign_messaging SET state = ? WHERE campaign = ? AND number = ? AND state = ? "
                     "RETURNING 1",
                     QUERY(Q_INT(after), Q_INT(before->campaign), Q_INT(before->number), Q_INT(before->state)), &there);
    if (rc == 0 || rc == -ENOENT) {
        *out_settled = rc == 0;
    }
    return rc == -ENOENT ? 0 : rc;
}

int campaign_message_note_plan(struct store_tx *tx, const struct messaging *messaging, const struct message_plan *plan)
{
    return query_run(
        store_tx_write(tx), "INSERT INTO campaign_message_plan (plan, campaign, number, account) VALUES (?, ?, ?, ?)",
        QUERY(Q_INT(plan->id), Q_INT(messaging->campaign), Q_INT(messaging->number), Q_TEXT(plan->account)));
}

int campaign_message_is_planned(struct store_tx *tx, const struct messaging *messaging, const char *account,
                                bool *out_planned)
{
    int64_t there = 0;
    int rc = query_number(store_tx_db(tx),
                          "SELECT 1 FROM campaign_message_plan AS c JOIN message_plan AS p ON p.id = c.plan WHERE "
                          "c.campaign = ? AND c.number = ? AND c.account = ? AND p.state = 1 LIMIT 1",
                          QUERY(Q_INT(messaging->campaign), Q_INT(messaging->number), Q_TEXT(account)), &there);
    if (rc == 0 || rc == -ENOENT) {
        *out_planned = rc == 0;
    }
    return rc == -ENOENT ? 0 : rc;
}

int campaign_message_cancel(struct store_tx *tx, const struct messaging *messaging, unsigned limit, unsigned *out_done)
{
    int rc = query_run(store_tx_write(tx),
                       "UPDATE message_plan SET state = 2 WHERE state != 2 AND id IN (SELECT plan FROM "
                       "campaign_message_plan WHERE campaign = ? AND number = ?)",
                       QUERY(Q_INT(messaging->campaign), Q_INT(messaging->number)));
    return rc ? rc : campaign_message_sweep(tx, messaging, limit, out_done);
}

int campaign_message_sweep(struct store_tx *tx, const struct messaging *messaging, unsigned limit, unsigned *out_done)
{
    int rc = query_run(store_tx_write(tx),
                       "UPDATE message_planned SET state = 2, reason = 'the plan was cancelled' WHERE (plan, identity) "
                       "IN (SELECT m.plan, m.identity FROM campaign_message_plan AS c CROSS JOIN message_plan AS p ON "
                       "p.id = c.plan AND p.state = 2 CROSS JOIN message_planned AS m ON m.plan = c.plan WHERE "
                       "c.campaign = ? AND c.number = ? AND m.state = 0 LIMIT ?)",
                       QUERY(Q_INT(messaging->campaign), Q_INT(messaging->number), Q_INT(limit)));
    int64_t changed = 0;
    rc = rc ? rc : query_number(store_tx_db(tx), "SELECT changes()", QUERY_NONE, &changed);
    if (rc == 0) {
        *out_done = (unsigned)changed;
    }
    return rc;
}

/* ---- who is left out */

static int is_told(struct store_tx *tx, const struct messaging_sieve *sieve, uint64_t identity, bool *out_told)
{
    int64_t there = 0;
    int rc =
        query_number(store_tx_db(tx),
                     "SELECT 1 FROM campaign_message_plan AS c JOIN message_planned AS m ON m.plan = c.plan AND "
                     "m.identity = ? WHERE c.campaign = ? AND c.number = ? AND m.state = 1 LIMIT 1",
                     QUERY(Q_INT(identity), Q_INT(sieve->messaging.campaign), Q_INT(sieve->messaging.number)), &there);
    if (rc == 0 || rc == -ENOENT) {
        *out_told = rc == 0;
    }
    return rc == -ENOENT ? 0 : rc;
}

static int find_member(struct store_tx *tx, uint64_t identity, uint64_t *out_member)
{
    int64_t member = 0;
    int rc = query_number(store_tx_db(tx), "SELECT member FROM channel_identity WHERE id = ?", QUERY(Q_INT(identity)),
                          &member);
    if (rc == 0 || rc == -ENOENT) {
        *out_member = (uint64_t)member;
    }
    return rc == -ENOENT ? 0 : rc;
}

/* Whether an account of the brand that comes first has them too. */
static int is_elsewhere(struct store_tx *tx, const struct messaging_sieve *sieve, uint64_t member, bool *out_elsewhere)
{
    int64_t there = 0;
    int rc = query_number(store_tx_db(tx),
                          "SELECT 1 FROM channel_identity AS i JOIN wechat_account AS a ON a.name = i.account WHERE "
                          "i.member = ? AND i.member != 0 AND a.brand = ? AND a.name < ? LIMIT 1",
                          QUERY(Q_INT(member), Q_INT(sieve->brand), Q_TEXT(sieve->account)), &there);
    if (rc == 0 || rc == -ENOENT) {
        *out_elsewhere = rc == 0;
    }
    return rc == -ENOENT ? 0 : rc;
}

int campaign_message_sieve(void *context, struct store_tx *tx, uint64_t identity, const char **out_why)
{
    const struct messaging_sieve *sieve = context;
    uint64_t member = 0;
    bool told = false, elsewhere = false;
    int rc = is_told(tx, sieve, identity, &told);
    rc = rc ? rc : find_member(tx, identity, &member);
    rc = rc ? rc : is_elsewhere(tx, sieve, member, &elsewhere);
    if (rc < 0) {
        return rc;
    }
    bool held = sieve->held_permille && lift_held_out(sieve->messaging.campaign, member, sieve->held_permille);
    *out_why = told || elsewhere ? "" : held ? "kept out, to measure the lift" : NULL;
    return 0;
}

/* ---- replies to an act */

int campaign_message_listen(struct store_tx *tx, const struct message_plan *plan,
                            const struct campaign_message *message)
{
    return query_run(store_tx_write(tx),
                     "INSERT INTO campaign_trigger (plan, account, kind, delay_ms, campaign, number) SELECT plan, "
                     "account, ?, ?, campaign, number FROM campaign_message_plan WHERE plan = ?",
                     QUERY(Q_INT(message->after), Q_INT(message->delay_ms), Q_INT(plan->id)));
}

struct reply {
    uint64_t plan;
    uint32_t segment;
    int64_t delay_ms;
    struct messaging_sieve sieve;
};

static int collect_replies(struct store_tx *tx, const struct follower_act *act, struct reply replies[REPLIES_MAX],
                           size_t *out_count)
{
    struct db_stmt *stmt = NULL;
    size_t count = 0;
    int rc =
        query_open(store_tx_db(tx),
                   "SELECT t.plan, t.delay_ms, t.campaign, t.number, b.segment, c.brand FROM campaign_trigger AS t "
                   "JOIN campaign_brief AS b ON b.campaign = t.campaign JOIN campaign AS c ON c.id = t.campaign "
                   "WHERE t.account = ? AND t.kind = ? ORDER BY t.plan LIMIT ?",
                   QUERY(Q_TEXT(act->account), Q_INT(act->kind), Q_INT(REPLIES_MAX)), &stmt);
    if (rc < 0) {
        return rc;
    }
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        replies[count++] = (struct reply){.plan = (uint64_t)db_column_int64(stmt, 0),
                                          .delay_ms = db_column_int64(stmt, 1),
                                          .segment = (uint32_t)db_column_int64(stmt, 4),
                                          .sieve = {.messaging = {.campaign = (uint32_t)db_column_int64(stmt, 2),
                                                                  .number = (uint32_t)db_column_int64(stmt, 3)},
                                                    .brand = (uint32_t)db_column_int64(stmt, 5),
                                                    .account = act->account}};
    }
    db_stmt_close(stmt);
    if (rc == DB_DONE) {
        *out_count = count;
    }
    return rc;
}

/* Soon after the act they are awake; later the quiet hours count. */
static int due_of(struct store_tx *tx, const struct follower_act *act, int64_t delay_ms, int64_t *out_due_ms)
{
    struct message_account account;
    int64_t due_ms = act->at_ms + delay_ms;
    int rc = delay_ms < HOUR_MS ? 0 : message_account_find(tx, act->account, &account);
    if (rc == 0) {
        *out_due_ms = delay_ms < HOUR_MS ? due_ms : activity_next_ms(&account.quiet, -1, due_ms);
    }
    return rc;
}

static int plan_reply(struct store_tx *tx, const struct follower_act *act, struct reply *reply)
{
    struct campaign_entry entry;
    struct planned_message_row row = {
        .plan = reply->plan, .identity = act->identity, .channel = MESSAGE_CUSTOMER_SERVICE, .state = PLANNED_WAITS};
    const char *why = NULL;
    bool contains = true;
    int rc = reply->segment ? segment_contains(tx, reply->segment, act->member, &contains) : 0;
    if (rc < 0 || !contains) {
        return rc == -ENOENT ? 0 : rc;
    }
    rc = catalogue_find_campaign(tx, reply->sieve.messaging.campaign, &entry);
    reply->sieve.held_permille = rc || entry.rules.release != RELEASE_NONE ? 0 : entry.rules.holdout_permille;
    rc = rc ? rc : campaign_message_sieve(&reply->sieve, tx, act->identity, &why);
    rc = rc ? rc : due_of(tx, act, reply->delay_ms, &row.due_ms);
    if (rc < 0 || (why && !why[0])) {
        return rc;
    }
    if (why) {
        row.state = PLANNED_CANNOT;
        snprintf(row.reason, sizeof(row.reason), "%s", why);
    }
    return message_plan_add(tx, &row);
}

int campaign_follower_acted(struct store_tx *tx, const struct follower_act *act)
{
    struct reply replies[REPLIES_MAX];
    size_t count = 0;
    int rc = act->member ? collect_replies(tx, act, replies, &count) : 0;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        rc = plan_reply(tx, act, &replies[i]);
    }
    return rc;
}

/* ---- what became of them */

struct reckoning {
    struct messaging_row row;
    struct {
        char why[96];
        uint64_t count;
    } reasons[8];
    size_t reason_count;
};

static void count_reason(struct reckoning *r, const char *why)
{
    size_t i = 0;
    while (i < r->reason_count && strcmp(r->reasons[i].why, why) != 0) {
        i++;
    }
    if (i == ARRAY_LEN(r->reasons)) {
        return;
    }
    if (i == r->reason_count) {
        snprintf(r->reasons[r->reason_count++].why, sizeof(r->reasons[0].why), "%s", why);
    }
    r->reasons[i].count++;
}

static int reckon(void *context, const struct planned_message_row *row, const char *outbox, const char *reason)
{
    struct reckoning *r = context;
    enum planned_fate fate = message_planned_fate(row, outbox);
    r->row.people++;
    r->row.sent += fate == FATE_SENT;
    r->row.waits += fate == FATE_WAITS;
    r->row.cannot += fate == FATE_CANNOT;
    if (fate == FATE_CANNOT) {
        count_reason(r, row->reason[0] ? row->reason : reason);
    }
    return 0;
}

static void say_reasons(struct reckoning *r)
{
    size_t at = 0, cap = sizeof(r->row.why);
    for (size_t i = 0; i < r->reason_count && at < cap; i++) {
        int len = snprintf(r->row.why + at, cap - at, "%s%" PRIu64 " %s", i ? ", " : "", r->reasons[i].count,
                           r->reasons[i].why);
        at += len > 0 ? (size_t)len : 0;
    }
}

int campaign_message_each(struct store_tx *tx, uint32_t campaign, messaging_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx),
                        "SELECT m.number, c.plan, c.account, CASE WHEN p.state = 2 THEN 3 ELSE m.state END FROM "
                        "campaign_messaging AS m LEFT JOIN campaign_message_plan AS c ON c.campaign = m.campaign AND "
                        "c.number = m.number LEFT JOIN message_plan AS p ON p.id = c.plan WHERE m.campaign = ? ORDER "
                        "BY m.number, c.plan",
                        QUERY(Q_INT(campaign)), &stmt);
    if (rc < 0) {
        return rc;
    }
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        struct reckoning r = {.row = {.number = (uint32_t)db_column_int64(stmt, 0),
                                      .plan = (uint64_t)db_column_int64(stmt, 1),
                                      .state = (enum messaging_state)db_column_int64(stmt, 3)}};
        query_column_text(stmt, 2, r.row.account, sizeof(r.row.account));
        rc = r.row.plan ? message_planned_each(tx, r.row.plan, reckon, &r) : 0;
        say_reasons(&r);
        rc = rc ? rc : visit(context, &r.row);
        if (rc != 0) {
            break;
        }
    }
    db_stmt_close(stmt);
    return rc;
}
