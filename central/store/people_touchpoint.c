#include "central/store/people_touchpoint.h"

#include "central/store/feed.h"
#include "central/store/journal.h"
#include "central/store/query.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define COLUMNS "id, brand, store, terminal, clerk, campaign, shelf, account, scene, url, valid_to_s, gone"

static void read_row(struct db_stmt *stmt, struct touchpoint *out)
{
    *out = (struct touchpoint){.id = (uint32_t)db_column_int64(stmt, 0),
                               .brand = (uint32_t)db_column_int64(stmt, 1),
                               .store = (uint32_t)db_column_int64(stmt, 2),
                               .terminal = (uint32_t)db_column_int64(stmt, 3),
                               .clerk = (uint32_t)db_column_int64(stmt, 4),
                               .campaign = (uint32_t)db_column_int64(stmt, 5),
                               .valid_to_s = (uint32_t)db_column_int64(stmt, 10),
                               .gone = db_column_int64(stmt, 11) != 0};
    snprintf(out->shelf, sizeof(out->shelf), "%s", db_column_text(stmt, 6));
    snprintf(out->account, sizeof(out->account), "%s", db_column_text(stmt, 7));
    snprintf(out->scene, sizeof(out->scene), "%s", db_column_text(stmt, 8));
    snprintf(out->url, sizeof(out->url), "%s", db_column_text(stmt, 9));
}

static int write_row(struct store_tx *tx, const struct touchpoint *t)
{
    return query_run(
        store_tx_write(tx),
        "INSERT INTO touchpoint (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO "
        "UPDATE SET terminal = excluded.terminal, clerk = excluded.clerk, campaign = excluded.campaign, "
        "shelf = excluded.shelf, url = excluded.url, valid_to_s = excluded.valid_to_s, gone = excluded.gone",
        QUERY(Q_INT(t->id), Q_INT(t->brand), Q_INT(t->store), Q_INT(t->terminal), Q_INT(t->clerk), Q_INT(t->campaign),
              Q_TEXT(t->shelf), Q_TEXT(t->account), Q_TEXT(t->scene), Q_TEXT(t->url), Q_INT(t->valid_to_s),
              Q_INT(t->gone)));
}

static int publish(struct store_tx *tx, const struct touchpoint *t)
{
    struct feed_touchpoint item = {
        .touchpoint = t->id, .terminal = t->terminal, .clerk = t->clerk, .valid_to_s = t->valid_to_s, .gone = t->gone};
    memcpy(item.shelf, t->shelf, sizeof(item.shelf));
    memcpy(item.url, t->url, sizeof(item.url));
    uint8_t body[FEED_BODY_MAX];
    size_t len = 0;
    int rc = feed_touchpoint_encode(&item, body, sizeof(body), &len);
    if (rc < 0) {
        return rc;
    }
    struct feed_target target = {.brand = t->brand, .store = t->store};
    return feed_publish_number(tx, target, FEED_TOUCHPOINT, t->id, (struct slice){body, len});
}

static int save(struct store_tx *tx, const struct touchpoint *t, const char *who, const char *what)
{
    struct journal_fact fact = {.key = t->scene,
                                .who = who,
                                .what = what,
                                .brand = t->brand,
                                .store = t->store,
                                .terminal = t->terminal,
                                .number = t->id};
    int rc = write_row(tx, t);
    rc = rc ? rc : journal_append_central(tx, RECORD_ADMIN, &fact);
    return rc || !t->url[0] ? rc : publish(tx, t);
}

int people_add_touchpoint(struct store_tx *tx, const struct touchpoint *touchpoint, const char *who, uint32_t *out_id)
{
    struct touchpoint added = *touchpoint;
    uint64_t number = 0;
    int rc = store_next_number(tx, "touchpoint", &number);
    added.id = (uint32_t)number;
    snprintf(added.scene, sizeof(added.scene), "t%" PRIu64, number);
    rc = rc ? rc : save(tx, &added, who, "touchpoint added");
    if (rc == 0) {
        *out_id = added.id;
    }
    return rc;
}

int people_update_touchpoint(struct store_tx *tx, const struct touchpoint *touchpoint, const char *who)
{
    struct touchpoint known;
    int rc = people_find_touchpoint(tx, touchpoint->id, &known);
    return rc ? rc : save(tx, touchpoint, who, "touchpoint changed");
}

static int find_one(struct store_tx *tx, const char *sql, struct query_values values, struct touchpoint *out_touchpoint)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), sql, values, &stmt);
    if (rc == 0) {
        read_row(stmt, out_touchpoint);
        db_stmt_close(stmt);
    }
    return rc;
}

int people_find_touchpoint(struct store_tx *tx, uint32_t id, struct touchpoint *out_touchpoint)
{
    return find_one(tx, "SELECT " COLUMNS " FROM touchpoint WHERE id = ?", QUERY(Q_INT(id)), out_touchpoint);
}

int people_find_scene(struct store_tx *tx, const char *scene, struct touchpoint *out_touchpoint)
{
    return find_one(tx, "SELECT " COLUMNS " FROM touchpoint WHERE scene = ?", QUERY(Q_TEXT(scene)), out_touchpoint);
}

int people_pass_touchpoints(struct store_tx *tx, uint32_t from, uint32_t to, const char *who)
{
    struct touchpoint shown;
    int rc;
    assert(from != to);
    while ((rc = find_one(tx, "SELECT " COLUMNS " FROM touchpoint WHERE terminal = ? AND gone = 0 ORDER BY id LIMIT 1",
                          QUERY(Q_INT(from)), &shown)) == 0) {
        shown.terminal = to;
        rc = save(tx, &shown, who, "touchpoint changed");
        if (rc < 0) {
            return rc;
        }
    }
    return rc == -ENOENT ? 0 : rc;
}

int people_each_touchpoint(struct store_tx *tx, people_touchpoint_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    struct touchpoint touchpoint;
    int rc = db_stmt_open(store_tx_db(tx), "SELECT " COLUMNS " FROM touchpoint ORDER BY id", &stmt);
    if (rc < 0) {
        return rc;
    }
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        read_row(stmt, &touchpoint);
        rc = visit(context, &touchpoint);
        if (rc != 0) {
            break;
        }
    }
    db_stmt_close(stmt);
    return rc;
}
