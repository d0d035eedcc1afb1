#include "central/store/epoch.h"
#include "central/store/rights_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define COUPON_COLUMNS                                                                                                 \
    "campaign, serial, brand, member, home_store, store_epoch, mode, valid_from_s, expiry_s, exclusive_until_s,"       \
    " shortcode, revoked, issued_ms, right_epoch, right_store, lost, uses, next_use_no, lease_until_s"

static void coupon_from_row(struct db_stmt *stmt, struct coupon_row *out_row)
{
    struct coupon_row row = {
        .coupon =
            {
                .id = {(uint32_t)db_column_int64(stmt, 0), (uint64_t)db_column_int64(stmt, 1)},
                .brand = (uint32_t)db_column_int64(stmt, 2),
                .member = (uint64_t)db_column_int64(stmt, 3),
                .home_store = (uint32_t)db_column_int64(stmt, 4),
                .store_epoch = (uint16_t)db_column_int64(stmt, 5),
                .valid_from_s = (uint32_t)db_column_int64(stmt, 7),
                .expiry_s = (uint32_t)db_column_int64(stmt, 8),
                .exclusive_until_s = (uint32_t)db_column_int64(stmt, 9),
                .revoked = db_column_int64(stmt, 11) != 0,
                .issued_ms = db_column_int64(stmt, 12),
                .right_epoch = (uint32_t)db_column_int64(stmt, 13),
                .right_store = (uint32_t)db_column_int64(stmt, 14),
                .lease_until_s = (uint32_t)db_column_int64(stmt, 18),
                .uses = (uint32_t)db_column_int64(stmt, 16),
                .next_use_no = (uint32_t)db_column_int64(stmt, 17),
            },
        .mode = (enum campaign_mode)db_column_int64(stmt, 6),
        .lost = db_column_int64(stmt, 15) != 0,
    };
    query_column_text(stmt, 10, row.coupon.shortcode, sizeof(row.coupon.shortcode));
    *out_row = row;
}

int coupon_row_find(struct store_tx *tx, struct coupon_id id, struct coupon_row *out_row)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), "SELECT " COUPON_COLUMNS " FROM coupon WHERE campaign = ?1 AND serial = ?2",
                         QUERY(Q_INT(id.campaign), Q_INT(id.serial)), &stmt);
    if (rc < 0)
        return rc;
    coupon_from_row(stmt, out_row);
    db_stmt_close(stmt);
    return 0;
}

int coupon_row_insert(struct store_tx *tx, const struct coupon_row *row)
{
    const struct coupon *c = &row->coupon;
    return query_run(store_tx_write(tx),
                     "INSERT INTO coupon (" COUPON_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,"
                     " ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)",
                     QUERY(Q_INT(c->id.campaign), Q_INT(c->id.serial), Q_INT(c->brand), Q_INT(c->member),
                           Q_INT(c->home_store), Q_INT(c->store_epoch), Q_INT(row->mode), Q_INT(c->valid_from_s),
                           Q_INT(c->expiry_s), Q_INT(c->exclusive_until_s),
                           Q_TEXT(c->shortcode[0] ? c->shortcode : NULL), Q_INT(c->revoked), Q_INT(c->issued_ms),
                           Q_INT(c->right_epoch), Q_INT(c->right_store), Q_INT(row->lost), Q_INT(c->uses),
                           Q_INT(c->next_use_no), Q_INT(c->lease_until_s)));
}

int coupon_row_update(struct store_tx *tx, const struct coupon_row *row)
{
    const struct coupon *c = &row->coupon;
    return query_run(store_tx_write(tx),
                     "UPDATE coupon SET right_epoch = ?3, right_store = ?4, lost = ?5, uses = ?6, next_use_no = ?7,"
                     " revoked = ?8, home_store = ?9, lease_until_s = ?10 WHERE campaign = ?1 AND serial = ?2",
                     QUERY(Q_INT(c->id.campaign), Q_INT(c->id.serial), Q_INT(c->right_epoch), Q_INT(c->right_store),
                           Q_INT(row->lost), Q_INT(c->uses), Q_INT(c->next_use_no), Q_INT(c->revoked),
                           Q_INT(c->home_store), Q_INT(c->lease_until_s)));
}

int coupon_publish(struct store_tx *tx, const struct coupon *coupon, uint32_t store, uint64_t *out_position)
{
    struct feed_coupon item = {
        .coupon = coupon->id,
        .member = coupon->member,
        .home_store = coupon->home_store,
        .store_epoch = coupon->store_epoch,
        .valid_from_s = coupon->valid_from_s,
        .expiry_s = coupon->expiry_s,
        .exclusive_until_s = coupon->exclusive_until_s,
        .revoked = coupon->revoked,
    };
    snprintf(item.shortcode, sizeof(item.shortcode), "%s", coupon->shortcode);
    uint8_t body[FEED_BODY_MAX];
    size_t len = 0;
    int rc = feed_coupon_encode(&item, body, sizeof(body), &len);
    if (rc < 0)
        return rc;
    char key[ID_TEXT_MAX];
    coupon_id_format(coupon->id, key, sizeof(key));
    struct feed_target target = {coupon->brand, store};
    return feed_publish(tx, target, FEED_COUPON, key, (struct slice){body, len}, out_position);
}

static int serial_taken(struct store_tx *tx, struct coupon_id id, bool *out_taken)
{
    struct coupon_row row;
    int rc = coupon_row_find(tx, id, &row);
    if (rc < 0 && rc != -ENOENT)
        return rc;
    *out_taken = rc == 0;
    return 0;
}

/* Books that were restored count on from the floor by themselves: the highest serial in them may be that of a coupon
 * they learned of again, and others of its time are still out there. */
static int count_serial(struct store_tx *tx, uint32_t campaign, uint64_t floor, uint64_t *out_serial)
{
    char name[64];
    uint64_t number = 0;
    bool taken = true;
    int rc = 0;
    snprintf(name, sizeof(name), "serial %" PRIu32 " above %" PRIu64, campaign, floor);
    while (rc == 0 && taken) {
        rc = store_next_number(tx, name, &number);
        if (rc == 0)
            rc = serial_taken(tx, (struct coupon_id){campaign, floor + number}, &taken);
    }
    if (rc == 0)
        *out_serial = floor + number;
    return rc;
}

static int next_serial(struct store_tx *tx, uint32_t campaign, uint64_t *out_serial)
{
    int64_t last = 0, floor = 0;
    int rc = store_meta_get(tx, META_SERIAL_FLOOR, &floor);
    if (rc == 0)
        return count_serial(tx, campaign, (uint64_t)floor, out_serial);
    if (rc != -ENOENT)
        return rc;
    rc = query_number(store_tx_db(tx), "SELECT coalesce(max(serial), 0) FROM coupon WHERE campaign = ?1",
                      QUERY(Q_INT(campaign)), &last);
    if (rc == 0)
        *out_serial = (uint64_t)last + 1;
    return rc;
}

static int journal_coupon(struct store_tx *tx, enum record_kind kind, const struct coupon *coupon, const char *who,
                          const char *why)
{
    struct journal_fact fact = {
        .who = who,
        .why = why,
        .brand = coupon->brand,
        .store = coupon->home_store,
        .member = coupon->member,
        .coupon = coupon->id,
    };
    return journal_append_central(tx, kind, &fact);
}

void coupon_row_begin(struct coupon_row *row)
{
    struct coupon *coupon = &row->coupon;
    coupon->right_epoch = 0;
    coupon->right_store = row->mode == MODE_STRICT ? 0 : coupon->home_store;
    coupon->lease_until_s = 0;
    coupon->uses = 0;
    coupon->next_use_no = 1;
    coupon->revoked = row->lost = false;
}

int rights_issue_coupon(struct store_tx *tx, const struct coupon *coupon, enum campaign_mode mode,
                        struct coupon_id *out_id)
{
    struct coupon_row row = {.coupon = *coupon, .mode = mode};
    struct coupon *issued = &row.coupon;
    issued->issued_ms = tx->now_ms;
    coupon_row_begin(&row);
    int rc = issued->id.serial == 0 ? next_serial(tx, issued->id.campaign, &issued->id.serial) : 0;
    if (rc == 0 && issued->id.serial >= (UINT64_C(1) << 40))
        rc = -ERANGE;
    if (rc == 0)
        rc = coupon_row_insert(tx, &row);
    if (rc == 0)
        rc = coupon_publish(tx, issued, issued->home_store, NULL);
    if (rc == 0)
        rc = journal_coupon(tx, RECORD_COUPON_ISSUED, issued, NULL, NULL);
    if (rc == 0 && out_id)
        *out_id = issued->id;
    return rc;
}

int rights_revoke_coupon(struct store_tx *tx, struct coupon_id id, const char *who, const char *why)
{
    struct coupon_row row;
    int rc = coupon_row_find(tx, id, &row);
    if (rc < 0 || row.coupon.revoked)
        return rc;
    row.coupon.revoked = true;
    rc = coupon_row_update(tx, &row);
    if (rc == 0)
        rc = coupon_publish(tx, &row.coupon, row.coupon.home_store, NULL);
    if (rc == 0 && row.coupon.right_store != 0 && row.coupon.right_store != row.coupon.home_store)
        rc = coupon_publish(tx, &row.coupon, row.coupon.right_store, NULL);
    if (rc == 0)
        rc = transfer_end_right(tx, &row.coupon, TRANSFER_REVOKED);
    if (rc == 0)
        rc = journal_coupon(tx, RECORD_COUPON_REVOKED, &row.coupon, who, why);
    return rc;
}

int rights_find_coupon(struct store_tx *tx, struct coupon_id id, struct coupon *out_coupon)
{
    struct coupon_row row;
    int rc = coupon_row_find(tx, id, &row);
    if (rc == 0)
        *out_coupon = row.coupon;
    return rc;
}

int rights_find_shortcode(struct store_tx *tx, const char *shortcode, struct coupon *out_coupon)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), "SELECT " COUPON_COLUMNS " FROM coupon WHERE shortcode = ?1",
                         QUERY(Q_TEXT(shortcode)), &stmt);
    if (rc < 0)
        return rc;
    struct coupon_row row;
    coupon_from_row(stmt, &row);
    db_stmt_close(stmt);
    *out_coupon = row.coupon;
    return 0;
}

int rights_each_coupon(struct store_tx *tx, const struct rights_coupon_filter *filter, rights_coupon_visit visit,
                       void *context)
{
    const char *sql = filter->member ? "SELECT " COUPON_COLUMNS
                                       " FROM coupon WHERE member = ?2 AND member != 0 AND (?1 = 0 OR"
                                       " campaign = ?1) ORDER BY issued_ms DESC, campaign, serial DESC LIMIT ?3"
                                     : "SELECT " COUPON_COLUMNS " FROM coupon WHERE (?1 = 0 OR campaign = ?1)"
                                       " AND ?2 = 0 ORDER BY issued_ms DESC, campaign, serial DESC LIMIT ?3";
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx), sql,
                        QUERY(Q_INT(filter->campaign), Q_INT(filter->member), Q_INT(filter->limit)), &stmt);
    if (rc < 0)
        return rc;
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        struct coupon_row row;
        coupon_from_row(stmt, &row);
        rc = visit(context, &row.coupon);
        if (rc != 0)
            break;
    }
    db_stmt_close(stmt);
    return rc;
}

int grant_find(struct store_tx *tx, struct coupon_id id, uint32_t epoch, struct grant_row *out_grant)
{
    struct db_stmt *stmt = NULL;
    int rc =
        query_first(store_tx_db(tx),
                    "SELECT epoch, store, use_no, transfer, risk, position, store_epoch, lease_until_s FROM grant_log"
                    " WHERE campaign = ?1 AND serial = ?2 AND epoch = ?3",
                    QUERY(Q_INT(id.campaign), Q_INT(id.serial), Q_INT(epoch)), &stmt);
    if (rc < 0)
        return rc;
    *out_grant = (struct grant_row){
        .epoch = (uint32_t)db_column_int64(stmt, 0),
        .store = (uint32_t)db_column_int64(stmt, 1),
        .use_no = (uint32_t)db_column_int64(stmt, 2),
        .transfer = (uint64_t)db_column_int64(stmt, 3),
        .risk = db_column_int64(stmt, 4) != 0,
        .position = (uint64_t)db_column_int64(stmt, 5),
        .store_epoch = (uint32_t)db_column_int64(stmt, 6),
        .lease_until_s = (uint32_t)db_column_int64(stmt, 7),
    };
    db_stmt_close(stmt);
    return 0;
}

int grant_insert(struct store_tx *tx, struct coupon_id id, const struct grant_row *grant)
{
    return query_run(store_tx_write(tx),
                     "INSERT INTO grant_log (campaign, serial, epoch, store, use_no, transfer, risk, granted_ms,"
                     " position, store_epoch, lease_until_s) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
                     QUERY(Q_INT(id.campaign), Q_INT(id.serial), Q_INT(grant->epoch), Q_INT(grant->store),
                           Q_INT(grant->use_no), Q_INT(grant->transfer), Q_INT(grant->risk), Q_INT(tx->now_ms),
                           Q_INT(grant->position), Q_INT(grant->store_epoch), Q_INT(grant->lease_until_s)));
}

int rights_ask_code(struct store_tx *tx, const struct rights_asker *asker, const struct authority_request *request,
                    struct authority_answer *out_answer)
{
    struct authority_answer answer = {.verdict = AUTHORITY_UNKNOWN};
    struct coupon coupon;
    int rc = rights_find_shortcode(tx, request->shortcode, &coupon);
    if (rc == 0 && coupon.brand == asker->brand) {
        answer.verdict = AUTHORITY_GRANTED;
        answer.coupon = coupon.id;
        rc = coupon_publish(tx, &coupon, asker->store, &answer.feed_position);
    } else if (rc == -ENOENT) {
        rc = 0;
    }
    if (rc == 0)
        *out_answer = answer;
    return rc;
}

int coupon_rules(struct store_tx *tx, uint32_t brand, uint32_t campaign, struct campaign *out_rules)
{
    uint8_t body[FEED_BODY_MAX];
    size_t len = 0;
    char key[16];
    snprintf(key, sizeof(key), "%" PRIu32, campaign);
    int rc = feed_find(tx, (struct feed_target){.brand = brand}, FEED_CAMPAIGN, key, body, sizeof(body), &len);
    return rc < 0 ? rc : campaign_decode((struct slice){body, len}, out_rules);
}

int rights_campaign_mode(struct store_tx *tx, uint32_t brand, uint32_t campaign, enum campaign_mode *out_mode)
{
    struct campaign rules;
    int rc = coupon_rules(tx, brand, campaign, &rules);
    if (rc == 0)
        *out_mode = (enum campaign_mode)rules.mode;
    return rc;
}

int coupon_learn(struct store_tx *tx, uint32_t store, const struct coupon_row *seed, struct coupon_row *out_row)
{
    struct coupon_row row = *seed;
    int64_t brand = 0;
    row.coupon.issued_ms = tx->now_ms;
    row.coupon.next_use_no = 1;
    int rc = query_number(store_tx_db(tx), "SELECT brand FROM shop WHERE id = ?1", QUERY(Q_INT(store)), &brand);
    if (rc < 0)
        return rc;
    row.coupon.brand = (uint32_t)brand;
    rc = rights_campaign_mode(tx, row.coupon.brand, row.coupon.id.campaign, &row.mode);
    if (rc == 0 || rc == -ENOENT)
        rc = coupon_row_insert(tx, &row);
    if (rc == 0)
        rc = journal_coupon(tx, RECORD_COUPON_ISSUED, &row.coupon, NULL, "learned from a store's journal");
    if (rc == 0)
        *out_row = row;
    return rc;
}

bool coupon_home_unknown(const struct coupon_row *row)
{
    const struct coupon *coupon = &row->coupon;
    return coupon->home_store == 0 && row->mode != MODE_STRICT && coupon->right_epoch == 0 && coupon->right_store == 0;
}

/* What a journal could not tell of a coupon stands in its token. */
static int complete_from_token(struct store_tx *tx, const struct coupon_row *row, const struct coupon_token *token)
{
    if (row->coupon.expiry_s != 0 || row->coupon.valid_from_s != 0)
        return 0;
    uint32_t right_store = coupon_home_unknown(row) ? token->home_store : row->coupon.right_store;
    return query_run(
        store_tx_write(tx),
        "UPDATE coupon SET brand = ?3, home_store = ?4, store_epoch = ?5, valid_from_s = ?6, expiry_s = ?7,"
        " exclusive_until_s = ?8, right_store = ?9 WHERE campaign = ?1 AND serial = ?2",
        QUERY(Q_INT(row->coupon.id.campaign), Q_INT(row->coupon.id.serial), Q_INT(token->brand),
              Q_INT(token->home_store), Q_INT(token->store_epoch), Q_INT(token->valid_from_s), Q_INT(token->expiry_s),
              Q_INT(token->exclusive_until_s), Q_INT(right_store)));
}

int rights_learn_token(struct store_tx *tx, const struct coupon_token *token, enum campaign_mode mode)
{
    struct coupon_row row;
    int rc = coupon_row_find(tx, token->coupon, &row);
    if (rc == 0)
        return complete_from_token(tx, &row, token);
    if (rc != -ENOENT)
        return rc;
    row = (struct coupon_row){
        .coupon =
            {
                .id = token->coupon,
                .brand = token->brand,
                .home_store = token->home_store,
                .store_epoch = token->store_epoch,
                .valid_from_s = token->valid_from_s,
                .expiry_s = token->expiry_s,
                .exclusive_until_s = token->exclusive_until_s,
                .issued_ms = tx->now_ms,
                .right_store = mode == MODE_STRICT ? 0 : token->home_store,
                .next_use_no = 1,
            },
        .mode = mode,
    };
    rc = coupon_row_insert(tx, &row);
    return rc < 0 ? rc : journal_coupon(tx, RECORD_COUPON_ISSUED, &row.coupon, NULL, "learned from its token");
}
