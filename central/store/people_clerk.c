#include "central/store/people_clerk.h"

#include "central/store/feed.h"
#include "central/store/journal.h"
#include "central/store/query.h"

#include <stdio.h>
#include <string.h>

#define COLUMNS "id, brand, store, name, role, pin_salt, pin_hash, badge_serial, badge_expiry_s, gone"

static void read_row(struct db_stmt *stmt, struct clerk *out)
{
    *out = (struct clerk){.id = (uint32_t)db_column_int64(stmt, 0),
                          .brand = (uint32_t)db_column_int64(stmt, 1),
                          .store = (uint32_t)db_column_int64(stmt, 2),
                          .role = (uint8_t)db_column_int64(stmt, 4),
                          .badge_serial = (uint32_t)db_column_int64(stmt, 7),
                          .badge_expiry_s = (uint32_t)db_column_int64(stmt, 8),
                          .gone = db_column_int64(stmt, 9) != 0};
    snprintf(out->name, sizeof(out->name), "%s", db_column_text(stmt, 3));
    struct slice salt = db_column_blob(stmt, 5), hash = db_column_blob(stmt, 6);
    if (salt.len == sizeof(out->pin_salt) && hash.len == sizeof(out->pin_hash)) {
        memcpy(out->pin_salt, salt.data, salt.len);
        memcpy(out->pin_hash, hash.data, hash.len);
    }
}

static int write_row(struct store_tx *tx, const struct clerk *c)
{
    return query_run(store_tx_write(tx),
                     "INSERT INTO clerk (" COLUMNS
                     ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
                     "name = excluded.name, role = excluded.role, pin_salt = excluded.pin_salt, pin_hash = "
                     "excluded.pin_hash, badge_serial = excluded.badge_serial, badge_expiry_s = "
                     "excluded.badge_expiry_s, gone = excluded.gone",
                     QUERY(Q_INT(c->id), Q_INT(c->brand), Q_INT(c->store), Q_TEXT(c->name), Q_INT(c->role),
                           Q_BLOB(c->pin_salt, sizeof(c->pin_salt)), Q_BLOB(c->pin_hash, sizeof(c->pin_hash)),
                           Q_INT(c->badge_serial), Q_INT(c->badge_expiry_s), Q_INT(c->gone)));
}

static int publish(struct store_tx *tx, const struct clerk *clerk)
{
    struct feed_clerk item = {
        .clerk = clerk->id, .role = clerk->role, .badge_serial = clerk->badge_serial, .gone = clerk->gone};
    memcpy(item.name, clerk->name, sizeof(item.name));
    memcpy(item.pin_salt, clerk->pin_salt, sizeof(item.pin_salt));
    memcpy(item.pin_hash, clerk->pin_hash, sizeof(item.pin_hash));
    uint8_t body[FEED_BODY_MAX];
    size_t len = 0;
    int rc = feed_clerk_encode(&item, body, sizeof(body), &len);
    if (rc < 0) {
        return rc;
    }
    struct feed_target target = {.brand = clerk->brand, .store = clerk->store};
    return feed_publish_number(tx, target, FEED_CLERK, clerk->id, (struct slice){body, len});
}

static int save(struct store_tx *tx, const struct clerk *clerk, const char *who, const char *what)
{
    struct journal_fact fact = {
        .key = "clerk", .who = who, .what = what, .brand = clerk->brand, .store = clerk->store, .number = clerk->id};
    int rc = write_row(tx, clerk);
    rc = rc ? rc : journal_append_central(tx, RECORD_ADMIN, &fact);
    return rc ? rc : publish(tx, clerk);
}

int people_add_clerk(struct store_tx *tx, const struct clerk *clerk, const char *who, uint32_t *out_id)
{
    struct clerk added = *clerk;
    uint64_t number = 0;
    int rc = store_next_number(tx, "clerk", &number);
    added.id = (uint32_t)number;
    rc = rc ? rc : save(tx, &added, who, "clerk added");
    if (rc == 0) {
        *out_id = added.id;
    }
    return rc;
}

int people_update_clerk(struct store_tx *tx, const struct clerk *clerk, const char *who, const char *what)
{
    struct clerk known;
    int rc = people_find_clerk(tx, clerk->id, &known);
    return rc ? rc : save(tx, clerk, who, what);
}

int people_find_clerk(struct store_tx *tx, uint32_t id, struct clerk *out_clerk)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), "SELECT " COLUMNS " FROM clerk WHERE id = ?", QUERY(Q_INT(id)), &stmt);
    if (rc == 0) {
        read_row(stmt, out_clerk);
        db_stmt_close(stmt);
    }
    return rc;
}

int people_each_clerk(struct store_tx *tx, people_clerk_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    struct clerk clerk;
    int rc = db_stmt_open(store_tx_db(tx), "SELECT " COLUMNS " FROM clerk ORDER BY id", &stmt);
    if (rc < 0) {
        return rc;
    }
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        read_row(stmt, &clerk);
        rc = visit(context, &clerk);
        if (rc != 0) {
            break;
        }
    }
    db_stmt_close(stmt);
    return rc;
}
