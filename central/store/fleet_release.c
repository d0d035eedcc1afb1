#include "central/store/fleet_release.h"

#include "central/store/journal.h"
#include "central/store/query.h"

#include <stdio.h>
#include <string.h>

#define COLUMNS                                                                                                        \
    "SELECT id, compatible, version, size, sha256, checked, added_ms, state, ring, percent, store, from_min, to_min,"  \
    " failures_max, counted_ms, again_ms, reason FROM release "
#define COMPATIBLE_PREFIX "tillside-" /* what a bundle for a board says, and the board behind it */

const char *release_ring_name(uint32_t ring)
{
    static const char *const names[] = {"unknown", "canary", "early", "all"};
    return ring < ARRAY_LEN(names) ? names[ring] : names[0];
}

const char *release_state_name(uint32_t state)
{
    static const char *const names[] = {"ready", "rolling", "paused", "withdrawn"};
    return state < ARRAY_LEN(names) ? names[state] : "unknown";
}

static int read_row(struct db_stmt *stmt, struct release *out_release)
{
    struct release release = {
        .id = (uint32_t)db_column_int64(stmt, 0),
        .size = db_column_int64(stmt, 3),
        .checked = db_column_int64(stmt, 5) != 0,
        .added_ms = db_column_int64(stmt, 6),
        .state = (uint8_t)db_column_int64(stmt, 7),
        .ring = (uint8_t)db_column_int64(stmt, 8),
        .percent = (uint32_t)db_column_int64(stmt, 9),
        .store = (uint32_t)db_column_int64(stmt, 10),
        .from_min = (uint32_t)db_column_int64(stmt, 11),
        .to_min = (uint32_t)db_column_int64(stmt, 12),
        .failures_max = (uint32_t)db_column_int64(stmt, 13),
        .counted_ms = db_column_int64(stmt, 14),
        .again_ms = db_column_int64(stmt, 15),
    };
    query_column_text(stmt, 1, release.compatible, sizeof(release.compatible));
    query_column_text(stmt, 2, release.version, sizeof(release.version));
    query_column_text(stmt, 16, release.reason, sizeof(release.reason));
    int rc = query_column_fixed(stmt, 4, release.sha256, sizeof(release.sha256));
    if (rc == 0)
        *out_release = release;
    return rc;
}

int release_find(struct store_tx *tx, uint32_t id, struct release *out_release)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), COLUMNS "WHERE id = ?1", QUERY(Q_INT(id)), &stmt);
    if (rc < 0)
        return rc;
    rc = read_row(stmt, out_release);
    db_stmt_close(stmt);
    return rc;
}

int release_each(struct store_tx *tx, release_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx), COLUMNS "ORDER BY id", QUERY_NONE, &stmt);
    if (rc < 0)
        return rc;
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        struct release release;
        rc = read_row(stmt, &release);
        rc = rc ? rc : visit(context, &release);
        if (rc != 0)
            break;
    }
    db_stmt_close(stmt);
    return rc;
}

static int journal_act(struct store_tx *tx, const struct release *release, const char *what)
{
    char key[96];
    snprintf(key, sizeof(key), "release %s %s", release->compatible, release->version);
    struct journal_fact fact = {
        .key = key, .what = what, .why = release->reason[0] ? release->reason : NULL, .number = release->id};
    return journal_append_central(tx, RECORD_ADMIN, &fact);
}

int release_add(struct store_tx *tx, const struct release *release, uint32_t *out_id)
{
    int64_t id = 0;
    int rc = query_number(store_tx_db(tx), "SELECT id FROM release WHERE compatible = ?1 AND version = ?2",
                          QUERY(Q_TEXT(release->compatible), Q_TEXT(release->version)), &id);
    if (rc != -ENOENT)
        return rc ? rc : -EEXIST;
    rc = query_number(
        store_tx_write(tx),
        "INSERT INTO release (compatible, version, size, sha256, checked, added_ms, state, ring, percent,"
        " store, from_min, to_min, failures_max, counted_ms, again_ms, reason) VALUES (?1, ?2, ?3, ?4, ?5,"
        " ?6, 0, 3, 0, 0, 0, 0, 0, 0, 0, '') RETURNING id",
        QUERY(Q_TEXT(release->compatible), Q_TEXT(release->version), Q_INT(release->size),
              Q_BLOB(release->sha256, sizeof(release->sha256)), Q_INT(release->checked), Q_INT(tx->now_ms)),
        &id);
    rc = rc ? rc : journal_act(tx, release, "release added");
    if (rc == 0)
        *out_id = (uint32_t)id;
    return rc;
}

int release_set(struct store_tx *tx, const struct release *release, const char *what)
{
    struct release before;
    int rc = release_find(tx, release->id, &before);
    if (rc == 0 && before.state == RELEASE_WITHDRAWN)
        rc = -EALREADY;
    rc = rc ? rc
            : query_run(store_tx_write(tx),
                        "UPDATE release SET state = ?2, ring = ?3, percent = ?4, store = ?5, from_min = ?6, to_min ="
                        " ?7, failures_max = ?8, counted_ms = ?9, again_ms = ?10, reason = ?11 WHERE id = ?1",
                        QUERY(Q_INT(release->id), Q_INT(release->state), Q_INT(release->ring), Q_INT(release->percent),
                              Q_INT(release->store), Q_INT(release->from_min), Q_INT(release->to_min),
                              Q_INT(release->failures_max), Q_INT(release->counted_ms), Q_INT(release->again_ms),
                              Q_TEXT(release->reason)));
    rc = rc ? rc : fleet_order_restate(tx, release);
    return rc ? rc : journal_act(tx, release, what);
}

int release_ring_set(struct store_tx *tx, uint32_t store, uint32_t terminal, uint8_t ring)
{
    if (ring == 0)
        return query_run(store_tx_write(tx), "DELETE FROM fleet_ring WHERE store = ?1 AND terminal = ?2",
                         QUERY(Q_INT(store), Q_INT(terminal)));
    return query_run(store_tx_write(tx),
                     "INSERT INTO fleet_ring (store, terminal, ring) VALUES (?1, ?2, ?3)"
                     " ON CONFLICT (store, terminal) DO UPDATE SET ring = excluded.ring",
                     QUERY(Q_INT(store), Q_INT(terminal), Q_INT(ring)));
}

int release_ring_of(struct store_tx *tx, uint32_t store, uint32_t terminal, uint8_t *out_ring)
{
    int64_t ring = RING_ALL;
    int rc = query_number(store_tx_db(tx),
                          "SELECT ring FROM fleet_ring WHERE store = ?1 AND terminal IN (0, ?2) ORDER BY terminal DESC"
                          " LIMIT 1",
                          QUERY(Q_INT(store), Q_INT(terminal)), &ring);
    if (rc < 0 && rc != -ENOENT)
        return rc;
    *out_ring = (uint8_t)ring;
    return 0;
}

static int count_where(struct store_tx *tx, const char *sql, const struct release *release, uint32_t *out_count)
{
    int64_t count = 0;
    int rc =
        query_number(store_tx_db(tx), sql,
                     QUERY(Q_INT(release->id), Q_INT(tx->now_ms - FLEET_STALE_MS), Q_INT(release->counted_ms)), &count);
    if (rc == 0)
        *out_count = (uint32_t)count;
    return rc;
}

/* Installed means that it restarts into it: no word for two hours from then on is a bad sign. A device that waits for
 * its window talks to central all the same: its last contact is what counts. */
/* Each takes the same three values: release, when silence begins, from when on failures count. */
#define OF_IT "SELECT COUNT(*) FROM fleet_order o WHERE o.release = ?1 AND ?2 > 0 AND ?3 >= 0"
#define BAD   " AND o.outcome IN (2, 3, 4)"
#define MUTE                                                                                                           \
    " AND o.outcome = 0 AND o.step >= 3 AND o.changed_ms < ?2 AND EXISTS (SELECT 1 FROM terminal t WHERE t.id ="       \
    " o.terminal AND t.last_contact_ms < ?2)"
#define COUNTED " AND o.changed_ms >= ?3"

int release_count(struct store_tx *tx, const struct release *release, struct release_counts *out_counts)
{
    struct release_counts counts = {0};
    uint32_t bad = 0, mute = 0;
    int rc = count_where(tx, OF_IT, release, &counts.ordered);
    rc = rc ? rc : count_where(tx, OF_IT " AND o.outcome = 0", release, &counts.open);
    rc = rc ? rc : count_where(tx, OF_IT " AND o.outcome = 1", release, &counts.done);
    rc = rc ? rc : count_where(tx, OF_IT BAD, release, &counts.bad);
    rc = rc ? rc : count_where(tx, OF_IT MUTE, release, &counts.silent);
    rc = rc ? rc : count_where(tx, OF_IT BAD COUNTED, release, &bad);
    rc = rc ? rc : count_where(tx, OF_IT MUTE COUNTED, release, &mute);
    counts.bad_counted = bad + mute;
    if (rc == 0)
        *out_counts = counts;
    return rc;
}

static bool fits(const struct release *release, const struct fleet_device *device)
{
    const char *board = release->compatible + strlen(COMPATIBLE_PREFIX);
    return device->told && strncmp(release->compatible, COMPATIBLE_PREFIX, strlen(COMPATIBLE_PREFIX)) == 0 &&
           strcmp(board, device->status.board) == 0 && version_compare(device->status.version, release->version) < 0 &&
           (release->store == 0 || release->store == device->terminal.store) &&
           rollout_place(release->id, device->terminal.id) < release->percent * 100;
}

int release_takes(struct store_tx *tx, const struct release *release, const struct fleet_device *device,
                  bool *out_takes)
{
    uint8_t ring = RING_ALL;
    if (!fits(release, device)) {
        *out_takes = false;
        return 0;
    }
    int rc = release_ring_of(tx, device->terminal.store, device->terminal.id, &ring);
    if (rc == 0)
        *out_takes = ring <= release->ring;
    return rc;
}

/* One update at a time; the same one once more only when it was asked for, or when the device was away for as long as
 * its order lived. */
static int is_free(struct store_tx *tx, const struct release *release, uint32_t terminal, bool *out_free)
{
    int64_t orders = 0;
    int rc = query_number(store_tx_db(tx),
                          "SELECT COUNT(*) FROM fleet_order WHERE terminal = ?1 AND what = ?4 AND (outcome = 0 OR"
                          " (release = ?2 AND made_ms >= ?3 AND (outcome != ?5 OR expires_ms >= ?6)))",
                          QUERY(Q_INT(terminal), Q_INT(release->id), Q_INT(release->again_ms), Q_INT(ORDER_UPDATE),
                                Q_INT(ORDER_OVER), Q_INT(tx->now_ms)),
                          &orders);
    if (rc == 0)
        *out_free = orders == 0;
    return rc;
}

struct round {
    struct store_tx *tx;
    struct release release;
    uint32_t left;
};

static int offer(void *context, const struct fleet_device *device)
{
    struct round *round = context;
    bool takes = false;
    uint64_t id = 0;
    struct fleet_order wish = {
        .terminal = device->terminal.id, .what = ORDER_UPDATE, .expires_ms = round->tx->now_ms + FLEET_ORDER_LIFE_MS};
    int rc = release_takes(round->tx, &round->release, device, &takes);
    if (rc == 0 && takes)
        rc = is_free(round->tx, &round->release, device->terminal.id, &takes);
    if (rc < 0 || !takes)
        return rc;
    rc = fleet_order_make(round->tx, &wish, &round->release, &id);
    if (rc == -EBUSY)
        return 0; /* it has enough to do */
    return rc < 0 ? rc : --round->left == 0;
}

static int pause_when_bad(struct round *round, bool *out_goes_on)
{
    struct release *release = &round->release;
    struct release_counts counts;
    int rc = release_count(round->tx, release, &counts);
    if (rc < 0)
        return rc;
    *out_goes_on = counts.bad_counted < release->failures_max;
    if (*out_goes_on)
        return 0;
    release->state = RELEASE_PAUSED;
    snprintf(release->reason, sizeof(release->reason), "%u devices refused it, failed, fell back or fell silent",
             counts.bad_counted);
    return release_set(round->tx, release, "release paused by itself");
}

static int run_one(void *context, const struct release *release)
{
    struct round *round = context;
    bool goes_on = false;
    if (release->state != RELEASE_ROLLING)
        return 0;
    round->release = *release;
    int rc = pause_when_bad(round, &goes_on);
    if (rc < 0 || !goes_on)
        return rc;
    rc = fleet_each(round->tx, offer, round);
    return rc;
}

int release_run(struct store_tx *tx, uint32_t limit)
{
    struct round round = {.tx = tx, .left = limit};
    int rc = release_each(tx, run_one, &round);
    return rc < 0 ? rc : 0;
}

bool release_any_rolling(struct store_tx *tx)
{
    int64_t id = 0;
    return query_number(store_tx_db(tx), "SELECT id FROM release WHERE state = ?1 LIMIT 1",
                        QUERY(Q_INT(RELEASE_ROLLING)), &id) == 0;
}

int release_ordered(struct store_tx *tx, uint32_t id, uint32_t terminal, bool *out_ordered)
{
    int64_t orders = 0;
    int rc = query_number(store_tx_db(tx),
                          "SELECT COUNT(*) FROM fleet_order WHERE terminal = ?1 AND release = ?2 AND outcome = 0",
                          QUERY(Q_INT(terminal), Q_INT(id)), &orders);
    if (rc == 0)
        *out_ordered = orders > 0;
    return rc;
}
