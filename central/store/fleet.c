#include "central/store/fleet.h"

#include "central/store/fleet_order.h"
#include "central/store/query.h"

#include <string.h>

/* Never change a step that was released. */
static const char *const steps[] = {
    "CREATE TABLE device (terminal INTEGER PRIMARY KEY, hlc INTEGER NOT NULL, heard_ms INTEGER NOT NULL, status BLOB "
    "NOT NULL) STRICT;"
    "CREATE TABLE device_test (terminal INTEGER NOT NULL, hlc INTEGER NOT NULL, test BLOB NOT NULL, PRIMARY KEY "
    "(terminal, hlc)) STRICT, WITHOUT ROWID;",
    /* release.state: enum release_state; ring: enum release_ring; reason: why it stands still. Rings: terminal 0 is
     * the whole store. fleet_order: step and outcome of domain/device.h, outcome 0 = open. */
    "CREATE TABLE release (id INTEGER PRIMARY KEY AUTOINCREMENT, compatible TEXT NOT NULL, version TEXT NOT NULL, size "
    "INTEGER NOT NULL, sha256 BLOB NOT NULL, checked INTEGER NOT NULL, added_ms INTEGER NOT NULL, state INTEGER NOT "
    "NULL, ring INTEGER NOT NULL, percent INTEGER NOT NULL, store INTEGER NOT NULL, from_min INTEGER NOT NULL, to_min "
    "INTEGER NOT NULL, failures_max INTEGER NOT NULL, counted_ms INTEGER NOT NULL, again_ms INTEGER NOT NULL, reason "
    "TEXT NOT NULL, UNIQUE (compatible, version)) STRICT;"
    "CREATE TABLE fleet_ring (store INTEGER NOT NULL, terminal INTEGER NOT NULL, ring INTEGER NOT NULL, PRIMARY KEY "
    "(store, terminal)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE fleet_order (id INTEGER PRIMARY KEY, terminal INTEGER NOT NULL, store INTEGER NOT NULL, brand "
    "INTEGER NOT NULL, what INTEGER NOT NULL, release INTEGER NOT NULL, made_ms INTEGER NOT NULL, expires_ms INTEGER "
    "NOT NULL, step INTEGER NOT NULL, outcome INTEGER NOT NULL, version TEXT NOT NULL, reason TEXT NOT NULL, "
    "changed_ms INTEGER NOT NULL) STRICT;"
    "CREATE INDEX fleet_order_terminal ON fleet_order (terminal, id);"
    "CREATE INDEX fleet_order_release ON fleet_order (release, outcome) WHERE release != 0;"
    "CREATE INDEX fleet_order_open ON fleet_order (expires_ms) WHERE outcome = 0;"
    "CREATE TABLE fleet_log (terminal INTEGER NOT NULL, id INTEGER NOT NULL, heard_ms INTEGER NOT NULL, text BLOB NOT "
    "NULL, PRIMARY KEY (terminal, id)) STRICT, WITHOUT ROWID;",
};

const struct store_schema store_schema_fleet = {"fleet", steps, ARRAY_LEN(steps)};

/* Batches of one terminal may come in any order: by hand, by a peer. The newest by its own order stands. */
static int keep_status(struct store_tx *tx, const struct record *record)
{
    return query_run(store_tx_write(tx),
                     "INSERT INTO device (terminal, hlc, heard_ms, status) VALUES (?1, ?2, ?3, ?4)"
                     " ON CONFLICT (terminal) DO UPDATE SET hlc = excluded.hlc, heard_ms = excluded.heard_ms,"
                     " status = excluded.status WHERE excluded.hlc > hlc",
                     QUERY(Q_INT(record->id.terminal), Q_INT(record->hlc), Q_INT(tx->now_ms),
                           Q_BLOB(record->body.data, record->body.len)));
}

static int keep_test(struct store_tx *tx, const struct record *record)
{
    int rc =
        query_run(store_tx_write(tx),
                  "INSERT INTO device_test (terminal, hlc, test) VALUES (?1, ?2, ?3)"
                  " ON CONFLICT (terminal, hlc) DO NOTHING",
                  QUERY(Q_INT(record->id.terminal), Q_INT(record->hlc), Q_BLOB(record->body.data, record->body.len)));
    if (rc < 0)
        return rc;
    return query_run(store_tx_write(tx),
                     "DELETE FROM device_test WHERE terminal = ?1 AND hlc NOT IN (SELECT hlc FROM device_test WHERE"
                     " terminal = ?1 ORDER BY hlc DESC LIMIT ?2)",
                     QUERY(Q_INT(record->id.terminal), Q_INT(FLEET_TESTS_MAX)));
}

int fleet_note_record(struct store_tx *tx, const struct record *record)
{
    struct body body;
    bool told = record->kind == RECORD_ORDER_STEP || record->kind == RECORD_ORDER_DONE;
    bool ours = record->kind == RECORD_DEVICE_STATUS || record->kind == RECORD_SELF_TEST || told;
    if (!ours || body_decode(record->kind, record->body, &body) < 0)
        return 0; /* an unreadable one is noted as a problem by the core */
    if (told)
        return fleet_order_heard(tx, record->id.terminal, &body);
    return record->kind == RECORD_DEVICE_STATUS ? keep_status(tx, record) : keep_test(tx, record);
}

bool fleet_is_stale(const struct fleet_device *device, int64_t now_ms)
{
    int64_t last = device->heard_ms;
    if (device->terminal.last_contact_ms > last)
        last = device->terminal.last_contact_ms;
    return now_ms - last > FLEET_STALE_MS;
}

static int load_status(struct store_tx *tx, struct fleet_device *device)
{
    struct db_stmt *stmt = NULL;
    struct body body;
    int rc = query_first(store_tx_db(tx), "SELECT status, heard_ms FROM device WHERE terminal = ?1",
                         QUERY(Q_INT(device->terminal.id)), &stmt);
    if (rc < 0)
        return rc == -ENOENT ? 0 : rc;
    rc = body_decode(RECORD_DEVICE_STATUS, db_column_blob(stmt, 0), &body);
    device->heard_ms = db_column_int64(stmt, 1);
    db_stmt_close(stmt);
    if (rc < 0)
        return -EUCLEAN;
    device->status = body.device_status;
    device->told = true;
    return 0;
}

static int note_newest(void *context, const struct body_self_test *test)
{
    struct fleet_device *device = context;
    device->tested_ms = test->started_ms;
    device->test_well = self_test_all_well(test);
    return 1;
}

static int load(struct store_tx *tx, const struct terminal *terminal, struct fleet_device *out_device)
{
    struct fleet_device device = {.terminal = *terminal};
    int rc = load_status(tx, &device);
    if (rc == 0)
        rc = fleet_each_test(tx, terminal->id, note_newest, &device);
    if (rc >= 0)
        *out_device = device;
    return rc < 0 ? rc : 0;
}

int fleet_find(struct store_tx *tx, uint32_t id, struct fleet_device *out_device)
{
    struct terminal terminal;
    int rc = identity_find_terminal(tx, id, &terminal);
    return rc < 0 ? rc : load(tx, &terminal, out_device);
}

struct walk {
    struct store_tx *tx;
    fleet_visit visit;
    void *context;
};

static int visit_terminal(void *context, const struct terminal *terminal)
{
    const struct walk *walk = context;
    struct fleet_device device = {0};
    if (terminal->state != TERMINAL_CONFIRMED)
        return 0;
    int rc = load(walk->tx, terminal, &device);
    return rc < 0 ? rc : walk->visit(walk->context, &device);
}

int fleet_each(struct store_tx *tx, fleet_visit visit, void *context)
{
    struct walk walk = {tx, visit, context};
    return identity_each_terminal(tx, visit_terminal, &walk);
}

int fleet_each_test(struct store_tx *tx, uint32_t terminal, fleet_test_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx), "SELECT test FROM device_test WHERE terminal = ?1 ORDER BY hlc DESC",
                        QUERY(Q_INT(terminal)), &stmt);
    if (rc < 0)
        return rc;
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        struct body body;
        rc = body_decode(RECORD_SELF_TEST, db_column_blob(stmt, 0), &body);
        rc = rc < 0 ? -EUCLEAN : visit(context, &body.self_test);
        if (rc != 0)
            break;
    }
    db_stmt_close(stmt);
    return rc;
}
