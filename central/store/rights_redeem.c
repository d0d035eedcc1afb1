#include "central/store/rights_displace.h"
#include "central/store/rights_internal.h"

#include <string.h>

/* The campaign's token is a grant of epoch 0 to the home store; under `strict` central keeps it and grants on request.
 */
int right_held(struct store_tx *tx, const struct coupon_row *row, uint32_t epoch, uint32_t store, bool *out_held)
{
    const struct coupon *coupon = &row->coupon;
    if (epoch == 0) {
        *out_held = row->mode == MODE_STRICT ? coupon->right_store == store : coupon->home_store == store;
        return 0;
    }
    struct grant_row grant;
    int rc = grant_find(tx, coupon->id, epoch, &grant);
    if (rc < 0 && rc != -ENOENT)
        return rc;
    *out_held = rc == 0 && grant.store == store;
    return 0;
}

int redemption_rightful(struct store_tx *tx, const struct coupon_row *row, const struct body_redemption *body,
                        uint32_t store, bool *out_rightful)
{
    if (body->mode != MODE_BUDGET)
        return right_held(tx, row, body->epoch, store, out_rightful);
    *out_rightful = false; /* it says itself that it was made without the right */
    return 0;
}

/* A coupon that these books never saw (they were restored): its redemption is what we know of it. */
static int coupon_from_redemption(struct store_tx *tx, uint32_t store, const struct body_redemption *body,
                                  struct coupon_row *out_row)
{
    struct coupon_row seed = {.coupon = {.id = body->coupon, .member = body->member},
                              .mode = (enum campaign_mode)body->mode};
    int rc = coupon_learn(tx, store, &seed, out_row);
    if (rc < 0 || body->mode == MODE_BUDGET)
        return rc;
    out_row->coupon.right_epoch = body->epoch;
    out_row->coupon.right_store = store;
    return coupon_row_update(tx, out_row);
}

/* Learned of by a later epoch: the store that used the token itself is its home. */
static void find_home(struct coupon_row *row, uint32_t store, const struct body_redemption *body)
{
    if (row->coupon.home_store == 0 && body->epoch == 0 && body->mode == MODE_HOME)
        row->coupon.home_store = store;
}

static int redemption_insert(struct store_tx *tx, struct record_id id, uint32_t store,
                             const struct body_redemption *body, bool rightful)
{
    return query_run(store_tx_write(tx),
                     "INSERT INTO redemption (campaign, serial, use_no, terminal, incarnation, seq, store, member,"
                     " discount, offline, rightful, business_ms, voided)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, 0)",
                     QUERY(Q_INT(body->coupon.campaign), Q_INT(body->coupon.serial), Q_INT(body->use_no),
                           Q_INT(id.terminal), Q_INT(id.incarnation), Q_INT(id.seq), Q_INT(store), Q_INT(body->member),
                           Q_INT(body->discount_minor), Q_INT(body->offline), Q_INT(rightful),
                           Q_INT(body->business_ms)));
}

static int budget_used(struct store_tx *tx, struct record_id id, uint32_t campaign, int64_t *out_minor)
{
    return query_number(store_tx_db(tx),
                        "SELECT coalesce((SELECT sum(discount) FROM redemption WHERE terminal = ?1 AND campaign = ?2"
                        " AND rightful = 0), 0) + coalesce((SELECT sum(discount) FROM conflict"
                        " WHERE terminal = ?1 AND campaign = ?2), 0)",
                        QUERY(Q_INT(id.terminal), Q_INT(campaign)), out_minor);
}

static enum conflict_kind kind_of(const struct body_redemption *body, bool rightful, bool explained)
{
    if (explained)
        return CONFLICT_WRITE_OFF;
    if (rightful)
        return CONFLICT_DOUBLE;
    return body->mode == MODE_BUDGET ? CONFLICT_BUDGET : CONFLICT_NO_RIGHT;
}

int conflict_insert(struct store_tx *tx, const struct conflict *conflict)
{
    return query_run(
        store_tx_write(tx),
        "INSERT INTO conflict (id, kind, campaign, serial, use_no, terminal, incarnation, seq, c_terminal,"
        " c_incarnation, c_seq, store, member, clerk, mode, policy_version, sync_age_s, discount, budget_used,"
        " found_ms, split, displaced) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16,"
        " ?17, ?18, ?19, ?20, 0, ?21)",
        QUERY(Q_INT(conflict->id), Q_INT(conflict->kind), Q_INT(conflict->coupon.campaign),
              Q_INT(conflict->coupon.serial), Q_INT(conflict->use_no), Q_INT(conflict->record.terminal),
              Q_INT(conflict->record.incarnation), Q_INT(conflict->record.seq), Q_INT(conflict->canonical.terminal),
              Q_INT(conflict->canonical.incarnation), Q_INT(conflict->canonical.seq), Q_INT(conflict->store),
              Q_INT(conflict->member), Q_INT(conflict->clerk), Q_INT(conflict->mode), Q_INT(conflict->policy_version),
              Q_INT(conflict->sync_age_s), Q_INT(conflict->discount_minor), Q_INT(conflict->budget_used_minor),
              Q_INT(conflict->found_ms), Q_INT(conflict->displaced)));
}

static int journal_conflict(struct store_tx *tx, const struct conflict *conflict, const uint8_t hash[HASH_LEN])
{
    struct journal_fact fact = conflict_fact(conflict);
    uint8_t canonical[HASH_LEN];
    int rc = journal_hash(tx, conflict->canonical, canonical);
    fact.what = "conflict";
    fact.evidence_a = hash;
    fact.evidence_b = canonical;
    return rc < 0 ? rc : journal_append_central(tx, RECORD_CONFLICT, &fact);
}

struct double_use {
    struct record_id record;
    const uint8_t *hash;
    uint32_t store;
    const struct body_redemption *body;
    bool rightful;
};

/* What is to be said of the one that does not count, before it is numbered. */
static int look_at_loser(struct store_tx *tx, const struct double_use *use, struct record_id canonical,
                         struct conflict *out_conflict)
{
    const struct body_redemption *body = use->body;
    struct conflict conflict = {
        .coupon = body->coupon,
        .use_no = body->use_no,
        .record = use->record,
        .canonical = canonical,
        .store = use->store,
        .member = body->member,
        .clerk = body->clerk,
        .mode = body->mode,
        .policy_version = body->policy_version,
        .sync_age_s = body->sync_age_s,
        .discount_minor = body->discount_minor,
        .found_ms = tx->now_ms,
    };
    bool explained = false;
    int rc = conflict_is_explained(tx, &conflict, &explained);
    if (rc == 0)
        rc = store_next_number(tx, "conflict", &conflict.id);
    if (rc == 0)
        rc = budget_used(tx, use->record, body->coupon.campaign, &conflict.budget_used_minor);
    conflict.kind = kind_of(body, use->rightful, explained);
    if (rc == 0)
        *out_conflict = conflict;
    return rc;
}

static int settle_conflict(struct store_tx *tx, const struct double_use *use, struct record_id canonical)
{
    struct conflict conflict;
    int rc = look_at_loser(tx, use, canonical, &conflict);
    if (rc == 0)
        rc = conflict_insert(tx, &conflict);
    return rc < 0 ? rc : journal_conflict(tx, &conflict, use->hash);
}

static int settle_canonical(struct store_tx *tx, struct coupon_row *row, const struct double_use *use)
{
    const struct body_redemption *body = use->body;
    int rc = redemption_insert(tx, use->record, use->store, body, use->rightful);
    if (rc < 0)
        return rc;
    row->coupon.uses = 1;
    if (row->coupon.next_use_no < body->use_no)
        row->coupon.next_use_no = body->use_no;
    rc = coupon_row_update(tx, row);
    if (rc == 0)
        rc = transfer_end_right(tx, &row->coupon, TRANSFER_USED);
    return rc;
}

static int remove_use(struct store_tx *tx, const struct redemption *use)
{
    return query_run(store_tx_write(tx), "DELETE FROM redemption WHERE terminal = ?1 AND incarnation = ?2 AND seq = ?3",
                     QUERY(Q_INT(use->record.terminal), Q_INT(use->record.incarnation), Q_INT(use->record.seq)));
}

/* The one that counted so far had no right, and this one has it. */
static int displace(struct store_tx *tx, struct coupon_row *row, const struct double_use *use,
                    const struct redemption *first)
{
    struct double_use loser = {.record = first->record, .store = first->store, .body = &first->body};
    struct conflict conflict;
    int rc = remove_use(tx, first);
    if (rc == 0)
        rc = look_at_loser(tx, &loser, use->record, &conflict);
    if (rc == 0)
        rc = displace_move(tx, &conflict);
    if (rc == 0)
        rc = conflict_insert(tx, &conflict);
    return rc < 0 ? rc : settle_canonical(tx, row, use);
}

static int settle_double(struct store_tx *tx, struct coupon_row *row, const struct double_use *use,
                         const struct redemption *first)
{
    bool prevails = false;
    int rc = use->rightful || tx->replay ? displace_prevails(tx, row, first, &prevails) : 0;
    if (rc < 0)
        return rc;
    return prevails ? displace(tx, row, use, first) : settle_conflict(tx, use, first->record);
}

int rights_apply_redemption(struct store_tx *tx, const struct record *record, uint32_t store,
                            const struct body_redemption *body)
{
    struct coupon_row row = {0};
    int rc = coupon_row_find(tx, body->coupon, &row);
    if (rc == -ENOENT)
        rc = coupon_from_redemption(tx, store, body, &row);
    struct double_use use = {record->id, record->hash, store, body, false};
    if (rc == 0)
        find_home(&row, store, body);
    if (rc == 0)
        rc = redemption_rightful(tx, &row, body, store, &use.rightful);
    if (rc < 0)
        return rc;
    struct redemption first;
    rc = rights_find_redemption(tx, body->coupon, body->use_no, &first);
    if (rc == -ENOENT)
        return settle_canonical(tx, &row, &use);
    return rc < 0 ? rc : settle_double(tx, &row, &use, &first);
}

int rights_apply_void(struct store_tx *tx, const struct body_void *body)
{
    struct db *db = store_tx_write(tx);
    struct db_stmt *stmt = NULL;
    int rc = query_first(db,
                         "SELECT campaign, serial, use_no FROM redemption"
                         " WHERE terminal = ?1 AND incarnation = ?2 AND seq = ?3",
                         QUERY(Q_INT(body->target.terminal), Q_INT(body->target.incarnation), Q_INT(body->target.seq)),
                         &stmt);
    if (rc == -ENOENT)
        return 0; /* a conflict: it never counted */
    if (rc < 0)
        return rc;
    struct coupon_id id = {(uint32_t)db_column_int64(stmt, 0), (uint64_t)db_column_int64(stmt, 1)};
    uint32_t use_no = (uint32_t)db_column_int64(stmt, 2);
    db_stmt_close(stmt);
    rc = query_run(db, "UPDATE redemption SET voided = 1 WHERE campaign = ?1 AND serial = ?2 AND use_no = ?3",
                   QUERY(Q_INT(id.campaign), Q_INT(id.serial), Q_INT(use_no)));
    struct coupon_row row = {0};
    if (rc == 0)
        rc = coupon_row_find(tx, id, &row);
    if (rc < 0)
        return rc;
    if (row.coupon.next_use_no <= use_no) {
        row.coupon.next_use_no = use_no + 1;
        row.coupon.uses = 0;
    }
    return coupon_row_update(tx, &row);
}

#define REDEMPTION_COLUMNS "campaign, serial, use_no, terminal, incarnation, seq, store, voided"

static int redemption_from_row(struct store_tx *tx, struct db_stmt *stmt, struct redemption *out_redemption)
{
    struct redemption redemption = {
        .record = {(uint32_t)db_column_int64(stmt, 3), (uint32_t)db_column_int64(stmt, 4),
                   (uint64_t)db_column_int64(stmt, 5)},
        .store = (uint32_t)db_column_int64(stmt, 6),
        .voided = db_column_int64(stmt, 7) != 0,
    };
    uint8_t buffer[RECORD_BODY_MAX];
    struct journal_entry entry;
    int rc = journal_find(tx, redemption.record, buffer, &entry);
    struct body body;
    if (rc == 0)
        rc = body_decode(RECORD_REDEMPTION, entry.record.body, &body);
    if (rc < 0)
        return rc == -ENOENT || rc == -EBADMSG ? -EUCLEAN : rc;
    redemption.body = body.redemption;
    *out_redemption = redemption;
    return 0;
}

int rights_find_redemption(struct store_tx *tx, struct coupon_id coupon, uint32_t use_no,
                           struct redemption *out_redemption)
{
    struct db_stmt *stmt = NULL;
    int rc =
        query_first(store_tx_db(tx),
                    "SELECT " REDEMPTION_COLUMNS " FROM redemption WHERE campaign = ?1 AND serial = ?2 AND use_no = ?3",
                    QUERY(Q_INT(coupon.campaign), Q_INT(coupon.serial), Q_INT(use_no)), &stmt);
    if (rc < 0)
        return rc;
    rc = redemption_from_row(tx, stmt, out_redemption);
    db_stmt_close(stmt);
    return rc;
}

int rights_each_redemption(struct store_tx *tx, uint32_t store, rights_redemption_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx), "SELECT " REDEMPTION_COLUMNS " FROM redemption WHERE ?1 = 0 OR store = ?1",
                        QUERY(Q_INT(store)), &stmt);
    if (rc < 0)
        return rc;
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        struct redemption redemption;
        rc = redemption_from_row(tx, stmt, &redemption);
        if (rc == 0)
            rc = visit(context, &redemption);
        if (rc != 0)
            break;
    }
    db_stmt_close(stmt);
    return rc;
}
