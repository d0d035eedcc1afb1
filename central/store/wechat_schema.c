#include "central/store/wechat.h"

/* What meets WeChat beside the tables of people: how pushes are sealed. Never change a step that was released. */
static const char *const steps[] = {
    "CREATE TABLE wechat_safe (account TEXT PRIMARY KEY, mode INTEGER NOT NULL, key_sealed BLOB NOT NULL) STRICT, "
    "WITHOUT ROWID;",

    "CREATE TABLE wechat_token (account TEXT PRIMARY KEY, token_sealed BLOB, expires_ms INTEGER NOT NULL, forced_ms "
    "INTEGER NOT NULL, claimed_to_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE wechat_ticket (touchpoint INTEGER PRIMARY KEY, account TEXT NOT NULL, kind INTEGER NOT NULL, "
    "given_ms "
    "INTEGER NOT NULL) STRICT;"
    "CREATE INDEX wechat_ticket_permanent ON wechat_ticket (account) WHERE kind = 0;",

    "CREATE TABLE acquisition (member INTEGER PRIMARY KEY, brand INTEGER NOT NULL, store INTEGER NOT NULL, clerk "
    "INTEGER "
    "NOT NULL, amount INTEGER NOT NULL, state INTEGER NOT NULL, due_ms INTEGER NOT NULL, by_channel INTEGER NOT NULL) "
    "STRICT;"
    "CREATE INDEX acquisition_due ON acquisition (due_ms) WHERE state = 0;",
};

const struct store_schema store_schema_wechat = {"wechat", steps, ARRAY_LEN(steps)};
