#include "central/store/webhook.h"

/* Never change a step that was released. state: enum webhook_state; events: bits of webhook_events (central/webhook).
 */
static const char *const steps[] = {
    "CREATE TABLE webhook (id INTEGER PRIMARY KEY, url TEXT NOT NULL, events INTEGER NOT NULL, state INTEGER NOT NULL, "
    "secret_sealed BLOB NOT NULL, old_sealed BLOB, old_until_ms INTEGER NOT NULL, position INTEGER NOT NULL, "
    "pending_to INTEGER NOT NULL, delivered INTEGER NOT NULL, failures INTEGER NOT NULL, failing_ms INTEGER NOT NULL, "
    "due_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, last_status INTEGER NOT NULL, reason TEXT NOT NULL, made_ms "
    "INTEGER NOT NULL) STRICT;",
};

const struct store_schema store_schema_webhook = {"webhook", steps, ARRAY_LEN(steps)};
