#include "central/store/message.h"

/* Never change a step that was released. message_ledger.window: enum window_kind, or 3 for a mass message. */
static const char *const steps[] = {
    "CREATE TABLE message_person (identity INTEGER PRIMARY KEY, action_ms INTEGER NOT NULL, text_ms INTEGER NOT NULL, "
    "payment_ms INTEGER NOT NULL, hours BLOB NOT NULL, question INTEGER NOT NULL) STRICT;"
    "CREATE TABLE message_ledger (item INTEGER NOT NULL, identity INTEGER NOT NULL, window INTEGER NOT NULL, opened_ms "
    "INTEGER NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY (item, identity)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX message_ledger_person ON message_ledger (identity, window, at_ms);"
    "CREATE TABLE message_account (account TEXT PRIMARY KEY, quiet_from INTEGER NOT NULL, quiet_to INTEGER NOT NULL, "
    "replies_off INTEGER NOT NULL, off_by TEXT NOT NULL, off_why TEXT NOT NULL, off_ms INTEGER NOT NULL) STRICT, "
    "WITHOUT ROWID;"
    "CREATE TRIGGER message_person_left AFTER DELETE ON channel_identity BEGIN "
    "DELETE FROM message_person WHERE identity = OLD.id; DELETE FROM message_ledger WHERE identity = OLD.id; END;",

    "CREATE TABLE message_plan (id INTEGER PRIMARY KEY, account TEXT NOT NULL, channel INTEGER NOT NULL, text TEXT NOT "
    "NULL, audience TEXT NOT NULL, made_by TEXT NOT NULL, made_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL, state "
    "INTEGER NOT NULL) STRICT;"
    "CREATE TABLE message_planned (plan INTEGER NOT NULL, identity INTEGER NOT NULL, channel INTEGER NOT NULL, due_ms "
    "INTEGER NOT NULL, batch INTEGER NOT NULL, state INTEGER NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (plan, "
    "identity)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX message_planned_due ON message_planned (due_ms) WHERE state = 0;"
    "CREATE INDEX message_planned_person ON message_planned (identity) WHERE state = 0;"
    "CREATE TRIGGER message_planned_left AFTER DELETE ON channel_identity BEGIN UPDATE message_planned SET state = 2, "
    "reason = 'does not follow any more' WHERE identity = OLD.id AND state = 0; END;",

    "CREATE TABLE keyword (id INTEGER PRIMARY KEY, account TEXT NOT NULL, word TEXT NOT NULL, event INTEGER NOT NULL, "
    "exact INTEGER NOT NULL, version INTEGER NOT NULL, off INTEGER NOT NULL, off_by TEXT NOT NULL, off_why TEXT NOT "
    "NULL, looked_ms INTEGER NOT NULL, valid_to_ms INTEGER NOT NULL, UNIQUE (account, word)) STRICT;"
    "CREATE TABLE keyword_version (keyword INTEGER NOT NULL, version INTEGER NOT NULL, text TEXT NOT NULL, made_by "
    "TEXT "
    "NOT NULL, made_ms INTEGER NOT NULL, PRIMARY KEY (keyword, version)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE keyword_sent (id INTEGER PRIMARY KEY, keyword INTEGER NOT NULL, version INTEGER NOT NULL, identity "
    "INTEGER NOT NULL, at_ms INTEGER NOT NULL) STRICT;"
    "CREATE INDEX keyword_sent_time ON keyword_sent (keyword, at_ms);"
    "CREATE INDEX keyword_sent_person ON keyword_sent (identity);"
    "CREATE TRIGGER keyword_sent_left AFTER DELETE ON channel_identity BEGIN DELETE FROM keyword_sent WHERE identity = "
    "OLD.id; END;"
    "ALTER TABLE message_plan ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0;",

    "CREATE TABLE question (id INTEGER PRIMARY KEY, account TEXT NOT NULL, identity INTEGER NOT NULL, inbox INTEGER "
    "NOT "
    "NULL, opened_ms INTEGER NOT NULL, due_ms INTEGER NOT NULL, state INTEGER NOT NULL, escalated_ms INTEGER NOT NULL, "
    "assigned TEXT NOT NULL, answer_key TEXT NOT NULL, answer_ms INTEGER NOT NULL, ended_ms INTEGER NOT NULL, ended_by "
    "TEXT NOT NULL, reason TEXT NOT NULL) STRICT;"
    "CREATE INDEX question_open ON question (due_ms) WHERE state = 0;"
    "CREATE INDEX question_person ON question (identity);"
    "CREATE INDEX question_under_way ON question (answer_key) WHERE state = 0 AND answer_key != '';"
    "CREATE TABLE question_answer (question INTEGER NOT NULL, at_ms INTEGER NOT NULL, made_by TEXT NOT NULL, "
    "text_sealed BLOB NOT NULL) STRICT;"
    "CREATE INDEX question_answer_of ON question_answer (question);"
    "CREATE TRIGGER question_left AFTER DELETE ON channel_identity BEGIN "
    "DELETE FROM question_answer WHERE question IN (SELECT id FROM question WHERE identity = OLD.id); "
    "UPDATE question SET state = 2, reason = 'left' WHERE identity = OLD.id AND state = 0; "
    "UPDATE question SET identity = 0 WHERE identity = OLD.id; END;",
    /* the sender's last message, and the last one before the answer: the order they came in, not the sender's seconds
     */
    "ALTER TABLE question ADD COLUMN last_inbox INTEGER NOT NULL DEFAULT 0;",
    "ALTER TABLE question ADD COLUMN seen_inbox INTEGER NOT NULL DEFAULT 0;",
};

const struct store_schema store_schema_message = {"message", steps, ARRAY_LEN(steps)};
