#include "central/store/message.h"

#include "central/store/query.h"
#include "domain/time.h"

#include <stdio.h>
#include <string.h>

#define MASS_WINDOW WINDOW_KINDS /* in message_ledger.window */
#define KEEP_MS     (62 * TIME_DAY_MS)

/* ---- followers */

int message_person_load(struct store_tx *tx, uint64_t identity, struct message_person *out_person)
{
    struct message_person person = {.identity = identity};
    struct db_stmt *stmt = NULL;
    int rc =
        query_first(store_tx_db(tx),
                    "SELECT action_ms, text_ms, payment_ms, question, hours FROM message_person WHERE identity = ?",
                    QUERY(Q_INT(identity)), &stmt);
    if (rc == 0) {
        person.opened_ms[WINDOW_ACTION] = db_column_int64(stmt, 0);
        person.opened_ms[WINDOW_MESSAGE] = db_column_int64(stmt, 1);
        person.opened_ms[WINDOW_PAYMENT] = db_column_int64(stmt, 2);
        person.question = (uint64_t)db_column_int64(stmt, 3);
        rc = query_column_fixed(stmt, 4, person.activity.hours, sizeof(person.activity.hours));
        db_stmt_close(stmt);
    }
    if (rc == 0 || rc == -ENOENT) {
        *out_person = person;
    }
    return rc == -ENOENT ? 0 : rc;
}

int message_person_save(struct store_tx *tx, const struct message_person *person)
{
    return query_run(
        store_tx_write(tx),
        "INSERT OR REPLACE INTO message_person (identity, action_ms, text_ms, payment_ms, question, hours) "
        "VALUES (?, ?, ?, ?, ?, ?)",
        QUERY(Q_INT(person->identity), Q_INT(person->opened_ms[WINDOW_ACTION]),
              Q_INT(person->opened_ms[WINDOW_MESSAGE]), Q_INT(person->opened_ms[WINDOW_PAYMENT]),
              Q_INT(person->question), Q_BLOB(person->activity.hours, sizeof(person->activity.hours))));
}

void message_person_note(struct message_person *person, enum window_kind kind, int64_t at_ms, int64_t now_ms)
{
    int64_t act_ms = at_ms < now_ms ? at_ms : now_ms;
    activity_note(&person->activity, act_ms);
    if (act_ms > person->opened_ms[kind]) {
        person->opened_ms[kind] = act_ms;
    }
}

int message_note(struct store_tx *tx, uint64_t identity, enum window_kind kind, int64_t at_ms)
{
    struct message_person person;
    int rc = message_person_load(tx, identity, &person);
    if (rc < 0) {
        return rc;
    }
    message_person_note(&person, kind, at_ms, tx->now_ms);
    return message_person_save(tx, &person);
}

static int count_sent(struct store_tx *tx, uint64_t identity, int window, int64_t opened_ms, uint32_t *out_sent)
{
    int64_t sent = 0;
    int rc = query_number(store_tx_db(tx),
                          "SELECT count(*) FROM message_ledger WHERE identity = ? AND window = ? AND opened_ms = ?",
                          QUERY(Q_INT(identity), Q_INT(window), Q_INT(opened_ms)), &sent);
    if (rc == 0) {
        *out_sent = (uint32_t)sent;
    }
    return rc;
}

/* A mass message's row has its month in opened_ms, so that a month's are found by equality. */
static int load_mass(struct store_tx *tx, uint64_t identity, struct message_facts *facts)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx),
                         "SELECT count(*), coalesce(max(at_ms), 0) FROM message_ledger WHERE identity = ? AND window = "
                         "? AND opened_ms = ?",
                         QUERY(Q_INT(identity), Q_INT(MASS_WINDOW), Q_INT(time_local_month(tx->now_ms))), &stmt);
    if (rc == 0) {
        facts->mass_sent = (uint32_t)db_column_int64(stmt, 0);
        facts->last_mass_ms = db_column_int64(stmt, 1);
        db_stmt_close(stmt);
    }
    return rc;
}

int message_facts(struct store_tx *tx, uint64_t identity, struct message_facts *out_facts)
{
    struct message_facts facts = {.follows = true};
    struct message_person person;
    int64_t there = 0;
    int rc =
        query_number(store_tx_db(tx), "SELECT 1 FROM channel_identity WHERE id = ?", QUERY(Q_INT(identity)), &there);
    rc = rc ? rc : message_person_load(tx, identity, &person);
    for (int kind = 0; rc == 0 && kind < WINDOW_KINDS; kind++) {
        struct window_state *window = &facts.windows[kind];
        window->opened_ms = person.opened_ms[kind];
        rc = window->opened_ms ? count_sent(tx, identity, kind, window->opened_ms, &window->sent) : 0;
    }
    rc = rc ? rc : load_mass(tx, identity, &facts);
    if (rc == 0) {
        *out_facts = facts;
    }
    return rc;
}

/* ---- the one door */

int message_let_pass(struct store_tx *tx, const struct message_passing *passing, struct window_choice *out_choice)
{
    struct message_facts facts;
    bool mass = passing->channel == MESSAGE_MASS;
    int rc = message_facts(tx, passing->identity, &facts);
    if (rc < 0) {
        return rc;
    }
    struct window_choice choice = window_choose(&facts, passing->channel, tx->now_ms);
    if (choice.answer == WINDOW_OPEN) {
        rc = query_run(store_tx_write(tx),
                       "INSERT INTO message_ledger (item, identity, window, opened_ms, at_ms) VALUES (?, ?, ?, ?, ?)",
                       QUERY(Q_INT(passing->item), Q_INT(passing->identity), Q_INT(mass ? MASS_WINDOW : choice.window),
                             Q_INT(mass ? time_local_month(tx->now_ms) : facts.windows[choice.window].opened_ms),
                             Q_INT(tx->now_ms)));
    }
    if (rc == 0) {
        *out_choice = choice;
    }
    return rc;
}

int message_let_out(struct store_tx *tx, uint64_t item, uint64_t identity, bool *out_passed)
{
    int64_t there = 0;
    int rc = query_number(store_tx_db(tx), "SELECT 1 FROM message_ledger WHERE item = ? AND identity = ?",
                          QUERY(Q_INT(item), Q_INT(identity)), &there);
    if (rc == 0 || rc == -ENOENT) {
        *out_passed = rc == 0;
    }
    return rc == -ENOENT ? 0 : rc;
}

int message_take_back(struct store_tx *tx, uint64_t item)
{
    return query_run(store_tx_write(tx), "DELETE FROM message_ledger WHERE item = ?", QUERY(Q_INT(item)));
}

int message_forget_old(struct store_tx *tx)
{
    return query_run(store_tx_write(tx), "DELETE FROM message_ledger WHERE at_ms < ?",
                     QUERY(Q_INT(tx->now_ms - KEEP_MS)));
}

/* ---- per account */

int message_account_find(struct store_tx *tx, const char *account, struct message_account *out_account)
{
    struct message_account found = {.quiet = {QUIET_FROM_DEFAULT, QUIET_TO_DEFAULT}};
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx),
                         "SELECT quiet_from, quiet_to, replies_off, off_ms, off_by, off_why FROM message_account WHERE "
                         "account = ?",
                         QUERY(Q_TEXT(account)), &stmt);
    snprintf(found.account, sizeof(found.account), "%s", account);
    if (rc == 0) {
        found.quiet = (struct quiet_hours){(uint8_t)db_column_int64(stmt, 0), (uint8_t)db_column_int64(stmt, 1)};
        found.replies_off = db_column_int64(stmt, 2) != 0;
        found.off_ms = db_column_int64(stmt, 3);
        query_column_text(stmt, 4, found.off_by, sizeof(found.off_by));
        query_column_text(stmt, 5, found.off_why, sizeof(found.off_why));
        db_stmt_close(stmt);
    }
    if (rc == 0 || rc == -ENOENT) {
        *out_account = found;
    }
    return rc == -ENOENT ? 0 : rc;
}

int message_account_put(struct store_tx *tx, const struct message_account *account)
{
    return query_run(store_tx_write(tx),
                     "INSERT OR REPLACE INTO message_account (account, quiet_from, quiet_to, replies_off, off_ms, "
                     "off_by, off_why) VALUES (?, ?, ?, ?, ?, ?, ?)",
                     QUERY(Q_TEXT(account->account), Q_INT(account->quiet.from), Q_INT(account->quiet.to),
                           Q_INT(account->replies_off), Q_INT(account->off_ms), Q_TEXT(account->off_by),
                           Q_TEXT(account->off_why)));
}

int message_account_hours(struct store_tx *tx, const char *account, uint64_t out_hours[ACTIVITY_HOURS + 1])
{
    struct activity activity;
    uint64_t hours[ACTIVITY_HOURS + 1] = {0};
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx),
                        "SELECT p.hours FROM channel_identity AS i JOIN message_person AS p ON p.identity = i.id WHERE "
                        "i.account = ?",
                        QUERY(Q_TEXT(account)), &stmt);
    if (rc < 0) {
        return rc;
    }
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        rc = query_column_fixed(stmt, 0, activity.hours, sizeof(activity.hours));
        if (rc < 0) {
            break;
        }
        for (int i = 0; i < ACTIVITY_HOURS; i++) {
            hours[i] += activity.hours[i];
        }
        hours[ACTIVITY_HOURS]++;
    }
    db_stmt_close(stmt);
    if (rc == DB_DONE) {
        memcpy(out_hours, hours, sizeof(hours));
    }
    return rc == DB_DONE ? 0 : rc;
}
