#include "central/store/succession.h"
#include "central/store/feed.h"
#include "central/store/rights_internal.h"
#include "central/store/settle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum state { WAITS_FOR_END = 1, GIVES = 2 };

/* A store's terminals are as much ahead of restored books at most; who claims more would use up the 16 bits. */
#define EPOCHS_AHEAD_MAX UINT32_C(4096)

struct row {
    uint32_t store, old_terminal;
    uint64_t position; /* of the news in the store's lane */
    enum state state;
    bool risk;
    bool shares; /* to be told as well: no terminal of the store has a copy of the old one's journal */
};

/* Rights that are in the hands of nobody who sells: of the store, held under a store epoch before ?2. ?3: now, seconds.
 */
#define HELD_BEFORE                                                                                                    \
    " FROM coupon c LEFT JOIN grant_log g ON g.campaign = c.campaign AND g.serial = c.serial"                          \
    " AND g.epoch = c.right_epoch WHERE c.right_store = ?1 AND c.right_store != 0 AND c.uses = 0 AND c.revoked = 0"    \
    " AND (c.expiry_s = 0 OR c.expiry_s > ?3)"                                                                         \
    " AND CASE WHEN c.right_epoch = 0 THEN c.store_epoch ELSE coalesce(g.store_epoch, 0) END < ?2"

static int row_find(struct store_tx *tx, uint32_t store, struct row *out_row)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx),
                         "SELECT store, old_terminal, position, state, risk, shares FROM succession WHERE store = ?1",
                         QUERY(Q_INT(store)), &stmt);
    if (rc < 0)
        return rc;
    *out_row = (struct row){
        .store = (uint32_t)db_column_int64(stmt, 0),
        .old_terminal = (uint32_t)db_column_int64(stmt, 1),
        .position = (uint64_t)db_column_int64(stmt, 2),
        .state = (enum state)db_column_int64(stmt, 3),
        .risk = db_column_int64(stmt, 4) != 0,
        .shares = db_column_int64(stmt, 5) != 0,
    };
    db_stmt_close(stmt);
    return 0;
}

static int row_write(struct store_tx *tx, const struct row *row)
{
    return query_run(store_tx_write(tx),
                     "INSERT OR REPLACE INTO succession (store, old_terminal, position, state, risk,"
                     " shares) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                     QUERY(Q_INT(row->store), Q_INT(row->old_terminal), Q_INT(row->position), Q_INT(row->state),
                           Q_INT(row->risk), Q_INT(row->shares)));
}

static int row_end(struct store_tx *tx, uint32_t store)
{
    return query_run(store_tx_write(tx), "DELETE FROM succession WHERE store = ?1", QUERY(Q_INT(store)));
}

/* ---- giving */

struct held {
    struct coupon_id ids[SUCCESSION_STEP];
    size_t count;
};

static int find_held(struct store_tx *tx, const struct shop *shop, struct held *held)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(
        store_tx_db(tx), "SELECT c.campaign, c.serial" HELD_BEFORE " LIMIT ?4",
        QUERY(Q_INT(shop->id), Q_INT(shop->since_epoch), Q_INT(tx->now_ms / 1000), Q_INT(SUCCESSION_STEP)), &stmt);
    held->count = 0;
    if (rc < 0)
        return rc;
    while ((rc = db_stmt_step(stmt)) == DB_ROW)
        held->ids[held->count++] =
            (struct coupon_id){(uint32_t)db_column_int64(stmt, 0), (uint64_t)db_column_int64(stmt, 1)};
    db_stmt_close(stmt);
    return rc;
}

static int give_step(struct store_tx *tx, const struct shop *shop, bool risk, size_t *out_given)
{
    struct held *held = malloc(sizeof(*held));
    if (!held)
        return -ENOMEM;
    int rc = find_held(tx, shop, held);
    for (size_t i = 0; i < held->count && rc == 0; i++) {
        struct coupon_row row;
        const struct grant_row grant = {.store = shop->id, .risk = risk};
        rc = coupon_row_find(tx, held->ids[i], &row);
        if (rc == 0)
            rc = right_regrant(tx, &row, &grant, NULL, "another terminal follows");
    }
    *out_given = held->count;
    free(held);
    return rc;
}

static int tell_shares(struct store_tx *tx, uint32_t store)
{
    uint64_t member = 0;
    struct owner owner = {0};
    for (;;) {
        struct db_stmt *stmt = NULL;
        int rc = query_first(store_tx_db(tx),
                             "SELECT member, scope, owner FROM share WHERE store = ?1 AND amount > 0"
                             " AND (member, scope, owner) > (?2, ?3, ?4) ORDER BY member, scope, owner LIMIT 1",
                             QUERY(Q_INT(store), Q_INT(member), Q_INT(owner.scope), Q_INT(owner.id)), &stmt);
        if (rc < 0)
            return rc == -ENOENT ? 0 : rc;
        member = (uint64_t)db_column_int64(stmt, 0);
        owner = (struct owner){(uint8_t)db_column_int64(stmt, 1), (uint32_t)db_column_int64(stmt, 2)};
        db_stmt_close(stmt);
        rc = share_tell(tx, member, owner, store);
        if (rc < 0)
            return rc;
    }
}

static int go_on(struct store_tx *tx, struct row *row)
{
    struct shop shop;
    size_t given = 0;
    int rc = identity_find_shop(tx, row->store, &shop);
    if (rc < 0 || shop.primary_terminal == 0)
        return rc; /* nobody is there to take it */
    if (row->shares) {
        rc = tell_shares(tx, row->store);
        row->shares = false;
    }
    if (rc == 0)
        rc = row_write(tx, row);
    if (rc == 0)
        rc = give_step(tx, &shop, row->risk, &given);
    return rc < 0 || given == SUCCESSION_STEP ? rc : row_end(tx, row->store);
}

/* ---- beginning */

static int news_position(struct store_tx *tx, const struct shop *shop, uint64_t *out_position)
{
    struct feed_cursor heads;
    int rc = feed_heads(tx, (struct feed_target){shop->brand, shop->id}, &heads);
    if (rc == 0)
        *out_position = heads.store;
    return rc;
}

static int raise_epoch(struct store_tx *tx, struct shop *shop)
{
    int64_t next = 0;
    int rc = query_number(store_tx_db(tx), "SELECT 1 + max(?2, epoch_floor) FROM shop WHERE id = ?1",
                          QUERY(Q_INT(shop->id), Q_INT(shop->store_epoch)), &next);
    if (rc < 0)
        return rc;
    if (next > UINT16_MAX)
        return -EOVERFLOW;
    shop->store_epoch = shop->since_epoch = (uint16_t)next;
    return 0;
}

/* The store's rights begin anew under a raised epoch. */
static int begin(struct store_tx *tx, struct shop *shop, struct row *row, const char *who, const char *what)
{
    int rc = raise_epoch(tx, shop);
    if (rc == 0)
        rc = identity_set_primary(tx, shop, who, what);
    if (rc == 0)
        rc = news_position(tx, shop, &row->position);
    return rc < 0 ? rc : row_write(tx, row);
}

int succession_hand_over(struct store_tx *tx, uint32_t store, uint32_t id, const char *who)
{
    struct terminal terminal = {0};
    struct shop shop;
    int rc = identity_find_terminal(tx, id, &terminal);
    if (rc == 0)
        rc = identity_find_shop(tx, store, &shop);
    if (rc < 0)
        return rc;
    if (terminal.state != TERMINAL_CONFIRMED || terminal.store != store)
        return -EINVAL;
    if (shop.primary_terminal == id)
        return 0;
    struct row row = {.store = store, .old_terminal = shop.primary_terminal, .state = WAITS_FOR_END};
    shop.primary_terminal = id;
    return begin(tx, &shop, &row, who, "made primary");
}

int succession_order_alone(struct store_tx *tx, uint32_t store, bool on)
{
    struct shop shop;
    int rc = identity_find_shop(tx, store, &shop);
    if (rc < 0 || shop.alone == on)
        return rc;
    shop.alone = on;
    return identity_update_shop(tx, &shop);
}

int succession_went_alone(struct store_tx *tx, uint32_t store, bool on)
{
    return query_run(store_tx_write(tx), "UPDATE shop SET went_alone = ?2 WHERE id = ?1",
                     QUERY(Q_INT(store), Q_INT(on)));
}

/* The terminals of a store keep copies of each other's journals; only where there was one starts the next from nothing.
 */
static int lose_primary(struct store_tx *tx, struct shop *shop, const struct terminal *lost, uint32_t next,
                        const char *what)
{
    int64_t ended = 0;
    uint32_t others = 0;
    int rc = identity_count_others(tx, lost, &others);
    if (rc < 0)
        return rc;
    rc =
        query_number(store_tx_db(tx), "SELECT 1 FROM meta WHERE name = 'ended ' || ?1", QUERY(Q_INT(lost->id)), &ended);
    if (rc < 0 && rc != -ENOENT)
        return rc;
    struct row row = {
        .store = shop->id, .old_terminal = lost->id, .state = GIVES, .risk = !ended, .shares = others == 0};
    shop->primary_terminal = next;
    rc = begin(tx, shop, &row, NULL, what);
    return rc < 0 || ended ? rc : identity_write_off(tx, lost->id);
}

int succession_new_incarnation(struct store_tx *tx, struct record_id id, uint32_t store)
{
    struct terminal terminal = {0};
    struct shop shop;
    int rc = identity_find_terminal(tx, id.terminal, &terminal);
    if (rc == 0)
        rc = identity_find_shop(tx, store, &shop);
    if (rc < 0 || id.incarnation <= terminal.incarnation)
        return rc == -ENOENT ? 0 : rc;
    rc = query_run(store_tx_write(tx), "UPDATE terminal SET incarnation = ?2 WHERE id = ?1",
                   QUERY(Q_INT(id.terminal), Q_INT(id.incarnation)));
    if (rc < 0 || shop.primary_terminal != id.terminal)
        return rc;
    return lose_primary(tx, &shop, &terminal, terminal.id, "its primary began anew");
}

int succession_lost(struct store_tx *tx, uint32_t id, const char *who, const char *why)
{
    struct terminal terminal = {0};
    struct shop shop;
    int rc = identity_find_terminal(tx, id, &terminal);
    if (rc == 0)
        rc = identity_find_shop(tx, terminal.store, &shop);
    if (rc == 0 && terminal.state != TERMINAL_CONFIRMED && terminal.state != TERMINAL_REMOVED)
        rc = -EINVAL;
    if (rc == 0 && terminal.state == TERMINAL_CONFIRMED)
        rc = identity_remove(tx, id, who, why);
    if (rc < 0)
        return rc;
    struct row waiting;
    rc = row_find(tx, shop.id, &waiting);
    if (rc == 0 && waiting.old_terminal == id && waiting.state == WAITS_FOR_END) {
        waiting.state = GIVES; /* it was to be followed anyway: now at risk */
        waiting.risk = true;
        rc = row_write(tx, &waiting);
        return rc < 0 ? rc : identity_write_off(tx, id);
    }
    if (rc < 0 && rc != -ENOENT)
        return rc;
    return shop.primary_terminal == id ? lose_primary(tx, &shop, &terminal, 0, "lost its primary") : 0;
}

/* ---- a promotion in the store itself */

/* Who was promoted without any of the old one's journal could not name its incarnation: the first, as the tills read
 * it. */
static int promotion_insert(struct store_tx *tx, const struct record_id *id, const struct terminal *old,
                            const struct body_promotion *body)
{
    uint32_t old_incarnation = body->old_incarnation != 0 ? body->old_incarnation : 1;
    return query_run(store_tx_write(tx),
                     "INSERT INTO promotion (terminal, incarnation, seq, store, store_epoch, old_terminal,"
                     " old_incarnation, copy_through, complete, behind)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                     QUERY(Q_INT(id->terminal), Q_INT(id->incarnation), Q_INT(id->seq), Q_INT(old->store),
                           Q_INT(body->store_epoch), Q_INT(old->id), Q_INT(old_incarnation), Q_INT(body->copy_through),
                           Q_INT(body->copy_complete), Q_INT(body->may_be_behind)));
}

/* The higher epoch stands; at the same one central's word, and of two promotions the lower terminal's. */
static int stands(struct store_tx *tx, const struct shop *shop, uint32_t terminal, uint32_t epoch, bool *out_stands)
{
    int64_t promoted = 0;
    int rc = 0;
    if (epoch == shop->store_epoch && terminal < shop->primary_terminal) {
        rc = query_number(store_tx_db(tx),
                          "SELECT 1 FROM promotion WHERE store = ?1 AND store_epoch = ?2 AND terminal = ?3",
                          QUERY(Q_INT(shop->id), Q_INT(epoch), Q_INT(shop->primary_terminal)), &promoted);
        rc = rc == -ENOENT ? 0 : rc;
    }
    if (rc == 0)
        *out_stands = epoch > shop->store_epoch || promoted != 0;
    return rc;
}

/* A peer may bring it when its author is lost already: whom central named since is followed again. */
static int promoted_and_lost(struct store_tx *tx, struct shop *shop, uint32_t promoted, uint32_t named)
{
    struct terminal terminal = {0}, next = {0};
    int rc = identity_find_terminal(tx, promoted, &terminal);
    if (rc < 0 || terminal.state != TERMINAL_REMOVED)
        return rc;
    rc = identity_find_terminal(tx, named, &next);
    if (rc < 0 && rc != -ENOENT)
        return rc;
    return lose_primary(tx, shop, &terminal, next.state == TERMINAL_CONFIRMED ? next.id : 0, "lost its primary");
}

int succession_promoted(struct store_tx *tx, const struct record *record, uint32_t store,
                        const struct body_promotion *body, const char **out_problem)
{
    struct terminal old = {0};
    struct shop shop;
    bool counts = false;
    *out_problem = NULL;
    int rc = identity_find_shop(tx, store, &shop);
    if (rc == 0)
        rc = identity_find_terminal(tx, body->old_terminal, &old);
    if (rc == -ENOENT || (rc == 0 && old.store != store)) {
        *out_problem = "promotion over a terminal of another store";
        return 0;
    }
    if (rc == 0 && (body->store_epoch > UINT16_MAX || body->store_epoch > shop.store_epoch + EPOCHS_AHEAD_MAX)) {
        *out_problem = "promotion to a store epoch that is far ahead";
        return 0;
    }
    if (rc == 0)
        rc = stands(tx, &shop, record->id.terminal, body->store_epoch, &counts);
    if (rc == 0)
        rc = promotion_insert(tx, &record->id, &old, body);
    if (rc == 0)
        rc = conflicts_explain_late(tx, store, NULL);
    if (rc < 0 || !counts)
        return rc;
    uint32_t named = shop.primary_terminal;
    shop.primary_terminal = record->id.terminal;
    shop.store_epoch = (uint16_t)body->store_epoch;
    if (!body->copy_complete)
        shop.since_epoch = shop.store_epoch;
    rc = identity_set_primary(tx, &shop, NULL, "promoted in the store");
    struct row row = {.store = store, .old_terminal = old.id, .state = WAITS_FOR_END};
    if (rc == 0 && !body->copy_complete)
        rc = news_position(tx, &shop, &row.position);
    if (rc == 0 && !body->copy_complete)
        rc = row_write(tx, &row);
    return rc < 0 ? rc : promoted_and_lost(tx, &shop, record->id.terminal, named);
}

/* ---- the old one's end */

static bool ends_it(const struct row *row, const struct succession_sign *sign)
{
    return row->state == WAITS_FOR_END && sign->terminal == row->old_terminal && sign->shows_end &&
           sign->position >= row->position;
}

int succession_is_due(struct store_tx *tx, const struct succession_sign *sign, bool *out_due)
{
    struct row row = {.state = WAITS_FOR_END};
    int rc = row_find(tx, sign->store, &row);
    if (rc < 0 && rc != -ENOENT)
        return rc;
    *out_due = rc == 0 && (row.state == GIVES || ends_it(&row, sign));
    return 0;
}

int succession_go_on(struct store_tx *tx, const struct succession_sign *sign)
{
    struct row row;
    int rc = row_find(tx, sign->store, &row);
    if (rc < 0)
        return rc == -ENOENT ? 0 : rc;
    if (row.state == WAITS_FOR_END) {
        struct terminal old = {0};
        struct journal_marks marks = {0};
        if (!ends_it(&row, sign))
            return 0;
        rc = identity_find_terminal(tx, row.old_terminal, &old);
        if (rc == 0)
            rc = journal_marks_read(tx, old.id, old.incarnation, &marks);
        if (rc < 0 || marks.durable_through < sign->seq)
            return rc;
        row.state = GIVES;
        rc = row_write(tx, &row);
    }
    return rc < 0 ? rc : go_on(tx, &row);
}

int succession_note_ended(struct store_tx *tx, uint32_t terminal, uint64_t seq)
{
    char name[32];
    snprintf(name, sizeof(name), "ended %u", terminal);
    struct row row;
    struct terminal old = {0};
    int rc = store_meta_set(tx, name, (int64_t)(seq ? seq : 1));
    if (rc == 0)
        rc = settle_note_shown(tx, terminal, seq);
    if (rc == 0)
        rc = identity_find_terminal(tx, terminal, &old);
    if (rc == 0)
        rc = row_find(tx, old.store, &row);
    if (rc < 0)
        return rc == -ENOENT ? 0 : rc;
    if (row.old_terminal != terminal)
        return 0;
    row.state = GIVES;
    row.risk = false;
    return row_write(tx, &row);
}

int succession_explains(struct store_tx *tx, struct record_id id, bool *out_explains)
{
    int64_t explains = 0;
    int rc =
        query_number(store_tx_db(tx),
                     "SELECT EXISTS (SELECT 1 FROM promotion WHERE old_terminal = ?1 AND old_incarnation = ?2"
                     " AND copy_through < ?3) OR EXISTS (SELECT 1 FROM terminal WHERE id = ?1 AND written_off = 1)",
                     QUERY(Q_INT(id.terminal), Q_INT(id.incarnation), Q_INT(id.seq)), &explains);
    if (rc == 0)
        *out_explains = explains != 0;
    return rc;
}

/* A redemption, as far as it says whose right it used. */
struct use {
    struct record_id id;
    uint32_t store;
    struct coupon_id coupon;
    uint32_t epoch;
};

static int use_read(struct store_tx *tx, struct record_id id, struct use *out_use)
{
    uint8_t buffer[RECORD_BODY_MAX];
    struct journal_entry entry;
    struct body body;
    int rc = journal_find(tx, id, buffer, &entry);
    if (rc == 0)
        rc = body_decode(RECORD_REDEMPTION, entry.record.body, &body);
    if (rc < 0)
        return rc == -ENOENT || rc == -EBADMSG ? -EUCLEAN : rc;
    *out_use = (struct use){id, entry.store, body.redemption.coupon, body.redemption.epoch};
    return 0;
}

static int releases(struct slice body, const struct use *use, bool *out_releases)
{
    struct body release;
    int rc = body_decode(RECORD_RIGHT_RELEASED, body, &release);
    if (rc < 0)
        return rc == -EBADMSG ? 0 : rc; /* kept as a problem */
    *out_releases = release.right.epoch == use->epoch && coupon_id_equal(release.right.coupon, use->coupon);
    return 0;
}

static int gave_away(struct store_tx *tx, const struct use *use, bool *out_gave)
{
    struct db_stmt *stmt = NULL;
    bool gave = false;
    int rc = query_open(
        store_tx_db(tx),
        "SELECT r.body FROM promotion p JOIN journal r ON r.terminal = p.old_terminal AND"
        " r.incarnation = p.old_incarnation AND r.seq > p.copy_through WHERE p.store = ?1"
        " AND r.kind = ?2 AND NOT (r.terminal = ?3 AND r.incarnation = ?4)",
        QUERY(Q_INT(use->store), Q_INT(RECORD_RIGHT_RELEASED), Q_INT(use->id.terminal), Q_INT(use->id.incarnation)),
        &stmt);
    if (rc < 0)
        return rc;
    while (!gave && (rc = db_stmt_step(stmt)) == DB_ROW) {
        rc = releases(db_column_blob(stmt, 0), use, &gave);
        if (rc < 0)
            break;
    }
    db_stmt_close(stmt);
    if (rc >= 0)
        *out_gave = gave;
    return rc < 0 ? rc : 0;
}

int succession_explains_double(struct store_tx *tx, struct record_id a, struct record_id b, bool *out_explains)
{
    const struct record_id ids[] = {a, b};
    bool explains = false;
    int rc = 0;
    for (size_t i = 0; i < ARRAY_LEN(ids) && rc == 0 && !explains; i++)
        rc = succession_explains(tx, ids[i], &explains);
    for (size_t i = 0; i < ARRAY_LEN(ids) && rc == 0 && !explains; i++) {
        struct use use;
        rc = use_read(tx, ids[i], &use);
        if (rc == 0)
            rc = gave_away(tx, &use, &explains);
    }
    if (rc == 0)
        *out_explains = explains;
    return rc;
}

int succession_at_risk(struct store_tx *tx, uint32_t store, bool *out_risk)
{
    int64_t risk = 0;
    int rc = query_number(store_tx_db(tx),
                          "SELECT EXISTS (SELECT 1 FROM terminal WHERE store = ?1 AND written_off = 1)"
                          " OR EXISTS (SELECT 1 FROM promotion WHERE store = ?1) OR EXISTS (SELECT 1 FROM terminal t"
                          " JOIN journal j ON j.terminal = t.id WHERE t.store = ?1 AND j.kind = ?2)",
                          QUERY(Q_INT(store), Q_INT(RECORD_ALONE)), &risk);
    if (rc == 0)
        *out_risk = risk != 0;
    return rc;
}

int succession_each(struct store_tx *tx, succession_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx),
                        "SELECT s.store, s.old_terminal, s.risk, s.state FROM succession s ORDER BY s.store",
                        QUERY_NONE, &stmt);
    if (rc < 0)
        return rc;
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        struct succession succession = {
            .store = (uint32_t)db_column_int64(stmt, 0),
            .old_terminal = (uint32_t)db_column_int64(stmt, 1),
            .risk = db_column_int64(stmt, 2) != 0,
            .waits = db_column_int64(stmt, 3) == WAITS_FOR_END,
        };
        struct shop shop;
        int64_t left = 0;
        rc = identity_find_shop(tx, succession.store, &shop);
        if (rc == 0)
            rc = query_number(store_tx_db(tx), "SELECT count(*)" HELD_BEFORE,
                              QUERY(Q_INT(shop.id), Q_INT(shop.since_epoch), Q_INT(tx->now_ms / 1000)), &left);
        succession.left = (uint64_t)left;
        if (rc == 0)
            rc = visit(context, &succession);
        if (rc != 0)
            break;
    }
    db_stmt_close(stmt);
    return rc;
}
