#include "central/store/outbox.h"

/* Never change a step that was released. state: enum outbox_state; lane 0: no order. */
static const char *const steps[] = {
    "CREATE TABLE outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT NOT NULL, account TEXT NOT NULL, api TEXT "
    "NOT NULL, key TEXT NOT NULL, lane INTEGER NOT NULL, body_sealed BLOB, made_ms INTEGER NOT NULL, due_ms INTEGER "
    "NOT "
    "NULL, expires_ms INTEGER NOT NULL, attempts INTEGER NOT NULL, state INTEGER NOT NULL, reason TEXT NOT NULL, "
    "UNIQUE "
    "(channel, key)) STRICT;"
    "CREATE INDEX outbox_due ON outbox (due_ms, id) WHERE state = 0;"
    "CREATE INDEX outbox_sending ON outbox (id) WHERE state = 1;"
    "CREATE INDEX outbox_lane ON outbox (lane, id) WHERE lane != 0;"
    "CREATE INDEX outbox_ended ON outbox (state, due_ms) WHERE state > 1;"
    "CREATE TABLE outbox_hold (account TEXT NOT NULL, api TEXT NOT NULL, until_ms INTEGER NOT NULL, failures INTEGER "
    "NOT "
    "NULL, reason TEXT NOT NULL, PRIMARY KEY (account, api)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE outbox_quota (account TEXT NOT NULL, api TEXT NOT NULL, per_day INTEGER NOT NULL, day INTEGER NOT "
    "NULL, "
    "used INTEGER NOT NULL, PRIMARY KEY (account, api)) STRICT, WITHOUT ROWID;",
};

const struct store_schema store_schema_outbox = {"outbox", steps, ARRAY_LEN(steps)};
