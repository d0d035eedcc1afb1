#include "central/store/message_plan.h"

#include "central/store/query.h"
#include "domain/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- plans */

int message_plan_begin(struct store_tx *tx, const struct message_plan *plan, uint64_t *out_id)
{
    int rc = query_run(
        store_tx_write(tx),
        "INSERT INTO message_plan (account, channel, text, audience, made_by, made_ms, until_ms, urgent, state) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        QUERY(Q_TEXT(plan->account), Q_INT(plan->channel), Q_TEXT(plan->text), Q_TEXT(plan->audience),
              Q_TEXT(plan->made_by), Q_INT(tx->now_ms), Q_INT(plan->until_ms), Q_INT(plan->urgent),
              Q_INT(PLAN_MAKING)));
    if (rc == 0) {
        *out_id = (uint64_t)db_last_rowid(store_tx_db(tx));
    }
    return rc;
}

int message_plan_set_state(struct store_tx *tx, uint64_t id, enum plan_state state)
{
    return query_run(store_tx_write(tx), "UPDATE message_plan SET state = ? WHERE id = ?",
                     QUERY(Q_INT(state), Q_INT(id)));
}

int message_plan_cancel(struct store_tx *tx, uint64_t id)
{
    int rc = message_plan_set_state(tx, id, PLAN_CANCELLED);
    return rc ? rc
              : query_run(store_tx_write(tx),
                          "UPDATE message_planned SET state = 2, reason = 'the plan was cancelled' WHERE plan = ? AND "
                          "state = 0",
                          QUERY(Q_INT(id)));
}

/* From those that wait, which are few against all that ever were: the + keeps the plans' own index out. */
int message_plan_drop_half_made(struct store_tx *tx)
{
    int rc = query_run(store_tx_write(tx), "UPDATE message_plan SET state = 2 WHERE state = 0", QUERY_NONE);
    return rc ? rc
              : query_run(store_tx_write(tx),
                          "UPDATE message_planned SET state = 2, reason = 'the plan was cancelled' WHERE state = 0 AND "
                          "+plan IN (SELECT id FROM message_plan WHERE state = 2)",
                          QUERY_NONE);
}

#define PLAN_COLUMNS "id, channel, state, made_ms, until_ms, account, text, audience, made_by, urgent"

static void read_plan(struct db_stmt *stmt, struct message_plan *out)
{
    *out = (struct message_plan){.id = (uint64_t)db_column_int64(stmt, 0),
                                 .channel = (enum plan_channel)db_column_int64(stmt, 1),
                                 .state = (enum plan_state)db_column_int64(stmt, 2),
                                 .made_ms = db_column_int64(stmt, 3),
                                 .until_ms = db_column_int64(stmt, 4),
                                 .urgent = db_column_int64(stmt, 9) != 0};
    query_column_text(stmt, 5, out->account, sizeof(out->account));
    query_column_text(stmt, 6, out->text, sizeof(out->text));
    query_column_text(stmt, 7, out->audience, sizeof(out->audience));
    query_column_text(stmt, 8, out->made_by, sizeof(out->made_by));
}

int message_plan_find(struct store_tx *tx, uint64_t id, struct message_plan *out_plan)
{
    struct db_stmt *stmt = NULL;
    int rc =
        query_first(store_tx_db(tx), "SELECT " PLAN_COLUMNS " FROM message_plan WHERE id = ?", QUERY(Q_INT(id)), &stmt);
    if (rc == 0) {
        read_plan(stmt, out_plan);
        db_stmt_close(stmt);
    }
    return rc;
}

int message_plan_each(struct store_tx *tx, message_plan_visit visit, void *context)
{
    struct message_plan plan;
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx), "SELECT " PLAN_COLUMNS " FROM message_plan ORDER BY id DESC LIMIT 200",
                        QUERY_NONE, &stmt);
    if (rc < 0) {
        return rc;
    }
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        read_plan(stmt, &plan);
        rc = visit(context, &plan);
        if (rc != 0) {
            break;
        }
    }
    db_stmt_close(stmt);
    return rc;
}

/* ---- who can get what when */

/* Mass messages of the month that are planned and have not left count as if they had, also of a plan being made. */
static int add_planned(struct store_tx *tx, uint64_t identity, int64_t at_ms, struct message_facts *facts)
{
    struct db_stmt *stmt = NULL;
    struct local_time month = time_local(at_ms);
    int rc = query_open(store_tx_db(tx),
                        "SELECT m.due_ms FROM message_planned AS m JOIN message_plan AS p ON p.id = m.plan WHERE "
                        "m.identity = ? AND m.state = 0 AND m.channel = ? AND p.state != 2",
                        QUERY(Q_INT(identity), Q_INT(MESSAGE_MASS)), &stmt);
    if (rc < 0) {
        return rc;
    }
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        struct local_time due = time_local(db_column_int64(stmt, 0));
        if (due.year == month.year && due.month == month.month) {
            facts->mass_sent++;
            facts->last_mass_ms = at_ms;
        }
    }
    db_stmt_close(stmt);
    return rc;
}

static int64_t moment_from(const struct message_wish *wish, const struct message_person *person, int64_t from_ms)
{
    int hour = wish->at_once ? -1 : activity_best_hour(&person->activity, &wish->account->quiet);
    hour = hour < 0 && !wish->at_once ? wish->usual_hour : hour;
    return activity_next_ms(&wish->account->quiet, hour, from_ms);
}

static void refuse(struct message_moment *moment, enum window_answer answer, const char *why)
{
    moment->answer = answer;
    moment->at_ms = 0;
    moment->why = why;
}

/* Their hour if the window is open then, else any hour that is not quiet. */
static void choose_reply(const struct message_wish *wish, const struct message_facts *facts,
                         const struct message_person *person, struct message_moment *out)
{
    struct window_choice choice = window_choose(facts, MESSAGE_CUSTOMER_SERVICE, wish->from_ms);
    *out = (struct message_moment){
        .answer = choice.answer, .channel = MESSAGE_CUSTOMER_SERVICE, .left = choice.left, .why = ""};
    if (choice.answer == WINDOW_USED_UP) {
        refuse(out, choice.answer, "the reply window's messages are used up");
    } else if (choice.answer != WINDOW_OPEN) {
        refuse(out, choice.answer, "no reply window is open: only after the member acts");
    } else {
        out->at_ms = wish->at_once ? wish->from_ms : moment_from(wish, person, wish->from_ms);
        if (!out->at_ms || out->at_ms > choice.until_ms) {
            out->at_ms = activity_next_ms(&wish->account->quiet, -1, wish->from_ms);
        }
        if (!out->at_ms || out->at_ms > choice.until_ms) {
            refuse(out, WINDOW_SHUT, "the reply window ends in the quiet hours");
        }
    }
}

static void choose_mass(const struct message_wish *wish, const struct message_facts *facts,
                        const struct message_person *person, struct message_moment *out)
{
    struct window_choice choice = window_choose(facts, MESSAGE_MASS, wish->from_ms);
    int64_t from_ms = choice.answer == WINDOW_MONTH_FULL ? choice.next_ms : wish->from_ms;
    *out = (struct message_moment){.answer = WINDOW_OPEN, .channel = MESSAGE_MASS, .left = choice.left, .why = ""};
    out->at_ms = moment_from(wish, person, from_ms);
    if (choice.answer == WINDOW_MONTH_FULL && wish->until_ms && out->at_ms > wish->until_ms) {
        refuse(out, WINDOW_MONTH_FULL, "has had the month's mass messages");
    }
}

int message_moment_find(struct store_tx *tx, const struct message_wish *wish, uint64_t identity,
                        struct message_moment *out_moment)
{
    struct message_facts facts;
    struct message_person person;
    struct message_moment moment = {.answer = WINDOW_SHUT, .why = ""};
    int rc = message_facts(tx, identity, &facts);
    rc = rc ? rc : message_person_load(tx, identity, &person);
    rc = rc ? rc : add_planned(tx, identity, wish->from_ms, &facts);
    if (rc < 0) {
        return rc;
    }
    if (wish->channel != PLAN_MASS) {
        choose_reply(wish, &facts, &person, &moment);
    }
    if (wish->channel == PLAN_MASS || (wish->channel == PLAN_EITHER && moment.answer != WINDOW_OPEN)) {
        choose_mass(wish, &facts, &person, &moment);
    }
    if (moment.answer == WINDOW_OPEN && (!moment.at_ms || (wish->until_ms && moment.at_ms > wish->until_ms))) {
        refuse(&moment, WINDOW_SHUT, "no moment before the end that is theirs and not quiet");
    }
    *out_moment = moment;
    return 0;
}

int message_find_follower(struct store_tx *tx, const char *account, uint64_t member, uint64_t *out_identity)
{
    int64_t id = 0;
    int rc =
        query_number(store_tx_db(tx),
                     "SELECT id FROM channel_identity WHERE member = ? AND member != 0 AND account = ? ORDER BY id "
                     "DESC LIMIT 1",
                     QUERY(Q_INT(member), Q_TEXT(account)), &id);
    if (rc == 0) {
        *out_identity = (uint64_t)id;
    }
    return rc;
}

int message_each_follower(struct store_tx *tx, const char *account, message_follower_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc =
        query_open(store_tx_db(tx), "SELECT id FROM channel_identity WHERE account = ? AND member != 0 ORDER BY id",
                   QUERY(Q_TEXT(account)), &stmt);
    if (rc < 0) {
        return rc;
    }
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        rc = visit(context, (uint64_t)db_column_int64(stmt, 0));
        if (rc != 0) {
            break;
        }
    }
    db_stmt_close(stmt);
    return rc;
}

/* ---- planned messages */

int message_plan_add(struct store_tx *tx, const struct planned_message_row *row)
{
    return query_run(store_tx_write(tx),
                     "INSERT OR IGNORE INTO message_planned (plan, identity, channel, due_ms, batch, state, reason) "
                     "VALUES (?, ?, ?, ?, 0, ?, ?)",
                     QUERY(Q_INT(row->plan), Q_INT(row->identity), Q_INT(row->channel), Q_INT(row->due_ms),
                           Q_INT(row->state), Q_TEXT(row->reason)));
}

int message_planned_settle(struct store_tx *tx, const struct planned_message_row *row)
{
    return query_run(store_tx_write(tx),
                     "UPDATE message_planned SET state = ?, reason = ?, due_ms = ?, batch = ? WHERE plan = ? AND "
                     "identity = ?",
                     QUERY(Q_INT(row->state), Q_TEXT(row->reason), Q_INT(row->due_ms), Q_INT(row->batch),
                           Q_INT(row->plan), Q_INT(row->identity)));
}

/* As in the join of message_planned_each. */
void message_planned_key(const struct planned_message_row *row, char out_key[PLAN_KEY_MAX])
{
    snprintf(out_key, PLAN_KEY_MAX, "plan/%" PRIu64 "/%d/%" PRIu64, row->plan, (int)row->channel, row->batch);
}

int message_planned_due(struct store_tx *tx, uint64_t *out_plan, enum message_channel *out_channel)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx),
                         "SELECT m.plan, m.channel FROM message_planned AS m JOIN message_plan AS p ON p.id = m.plan "
                         "WHERE m.state = 0 AND m.due_ms <= ? AND p.state = 1 ORDER BY m.due_ms LIMIT 1",
                         QUERY(Q_INT(tx->now_ms)), &stmt);
    if (rc == 0) {
        *out_plan = (uint64_t)db_column_int64(stmt, 0);
        *out_channel = (enum message_channel)db_column_int64(stmt, 1);
        db_stmt_close(stmt);
    }
    return rc;
}

int message_planned_take(struct store_tx *tx, const struct planned_message_row *which, size_t limit,
                         struct planned_message_row *out_rows, size_t *out_count)
{
    size_t count = 0;
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx),
                        "SELECT identity, due_ms FROM message_planned WHERE plan = ? AND channel = ? AND state = 0 AND "
                        "due_ms <= ? ORDER BY due_ms, identity LIMIT ?",
                        QUERY(Q_INT(which->plan), Q_INT(which->channel), Q_INT(tx->now_ms), Q_INT(limit)), &stmt);
    if (rc < 0) {
        return rc;
    }
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        out_rows[count++] = (struct planned_message_row){.plan = which->plan,
                                                         .channel = which->channel,
                                                         .identity = (uint64_t)db_column_int64(stmt, 0),
                                                         .due_ms = db_column_int64(stmt, 1)};
    }
    db_stmt_close(stmt);
    if (rc == DB_DONE) {
        *out_count = count;
    }
    return rc;
}

int message_planned_next(struct store_tx *tx, const struct planned_message_row *which, int64_t *out_due_ms)
{
    return query_number(store_tx_db(tx),
                        "SELECT due_ms FROM message_planned WHERE plan = ? AND channel = ? AND state = 0 AND due_ms > "
                        "? ORDER BY due_ms LIMIT 1",
                        QUERY(Q_INT(which->plan), Q_INT(which->channel), Q_INT(tx->now_ms)), out_due_ms);
}

enum planned_fate message_planned_fate(const struct planned_message_row *row, const char *outbox)
{
    if (row->state == PLANNED_CANNOT || strcmp(outbox, "dead") == 0) {
        return FATE_CANNOT;
    }
    return row->state == PLANNED_ORDERED && (!outbox[0] || strcmp(outbox, "sent") == 0) ? FATE_SENT : FATE_WAITS;
}

int message_planned_each(struct store_tx *tx, uint64_t plan, message_planned_visit visit, void *context)
{
    static const char *const words[] = {"waiting", "sending", "sent", "dead"};
    struct db_stmt *stmt = NULL;
    int rc = query_open(
        store_tx_db(tx),
        "SELECT m.identity, m.channel, m.state, m.due_ms, m.batch, m.reason, coalesce(i.member, 0), coalesce(o.state, "
        "-1), coalesce(o.reason, ''), l.item IS NULL FROM message_planned AS m LEFT JOIN channel_identity AS i ON i.id "
        "= m.identity "
        "LEFT JOIN outbox AS o ON m.state = 1 AND o.channel = 'wechat' AND o.key = 'plan/' || m.plan || '/' || "
        "m.channel || '/' || m.batch LEFT JOIN message_ledger AS l ON l.item = o.id AND l.identity = m.identity WHERE "
        "m.plan = ? ORDER BY m.due_ms, m.identity",
        QUERY(Q_INT(plan)), &stmt);
    if (rc < 0) {
        return rc;
    }
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        char reason[128];
        int outbox = (int)db_column_int64(stmt, 7);
        bool left_out = outbox == 2 && db_column_int64(stmt, 9) != 0; /* the list left without this one */
        struct planned_message_row row = {.plan = plan,
                                          .identity = (uint64_t)db_column_int64(stmt, 0),
                                          .channel = (enum message_channel)db_column_int64(stmt, 1),
                                          .state = (enum planned_state)db_column_int64(stmt, 2),
                                          .due_ms = db_column_int64(stmt, 3),
                                          .batch = (uint64_t)db_column_int64(stmt, 4),
                                          .member = (uint64_t)db_column_int64(stmt, 6)};
        query_column_text(stmt, 5, row.reason, sizeof(row.reason));
        query_column_text(stmt, 8, reason, sizeof(reason));
        if (left_out) {
            snprintf(reason, sizeof(reason), "has had the month's mass messages");
            outbox = 3;
        }
        rc = visit(context, &row, outbox >= 0 && outbox < 4 ? words[outbox] : "", reason);
        if (rc != 0) {
            break;
        }
    }
    db_stmt_close(stmt);
    return rc;
}
