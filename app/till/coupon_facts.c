#include "books.h"

int coupon_last_use(struct db *db, struct coupon_id coupon, struct coupon_use *out_use)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(db,
                         "SELECT use_no, epoch, record, business_ms, voided FROM redemption"
                         " WHERE campaign = ? AND serial = ? ORDER BY use_no DESC LIMIT 1",
                         &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, coupon.campaign);
    db_bind_int64(stmt, 2, (int64_t)coupon.serial);
    r = db_stmt_step(stmt);
    if (r == DB_ROW)
        *out_use = (struct coupon_use){.found = true,
                                       .use_no = (uint32_t)db_column_int64(stmt, 0),
                                       .epoch = (uint32_t)db_column_int64(stmt, 1),
                                       .record = db_column_int64(stmt, 2),
                                       .business_ms = db_column_int64(stmt, 3),
                                       .voided = db_column_int64(stmt, 4) != 0};
    else if (r == DB_DONE)
        *out_use = (struct coupon_use){.found = false};
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}

int coupon_held_right(struct db *db, struct coupon_id coupon, struct held_right *out_right)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(
        db, "SELECT state, epoch, use_no, store_epoch, lease_until_s FROM held_right WHERE campaign = ? AND serial = ?",
        &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, coupon.campaign);
    db_bind_int64(stmt, 2, (int64_t)coupon.serial);
    r = db_stmt_step(stmt);
    if (r == DB_ROW)
        *out_right = (struct held_right){.state = (enum held_state)db_column_int64(stmt, 0),
                                         .epoch = (uint32_t)db_column_int64(stmt, 1),
                                         .use_no = (uint32_t)db_column_int64(stmt, 2),
                                         .store_epoch = (uint32_t)db_column_int64(stmt, 3),
                                         .lease_until_s = (uint32_t)db_column_int64(stmt, 4)};
    else if (r == DB_DONE)
        *out_right = (struct held_right){.state = HELD_NONE};
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}

static int row_from(struct db_stmt *stmt, struct feed_coupon *out_row)
{
    int r = db_stmt_step(stmt);

    if (r == DB_ROW)
        r = feed_coupon_decode(db_column_blob(stmt, 0), out_row) < 0 ? -EUCLEAN : 0;
    else if (r == DB_DONE)
        r = -ENOENT;
    db_stmt_close(stmt);
    return r;
}

int coupon_row(struct db *db, struct coupon_id coupon, struct feed_coupon *out_row)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(db, "SELECT body FROM coupon WHERE campaign = ? AND serial = ?", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, coupon.campaign);
    db_bind_int64(stmt, 2, (int64_t)coupon.serial);
    return row_from(stmt, out_row);
}

int coupon_row_by_code(struct db *db, const char *shortcode, struct feed_coupon *out_row)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(db, "SELECT body FROM coupon WHERE shortcode = ?", &stmt);

    if (r < 0)
        return r;
    db_bind_text(stmt, 1, shortcode);
    return row_from(stmt, out_row);
}

int coupon_campaign(struct db *db, uint32_t campaign, struct campaign *out_campaign)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(db, "SELECT body FROM campaign WHERE campaign = ?", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, campaign);
    r = db_stmt_step(stmt);
    if (r == DB_ROW)
        r = campaign_decode(db_column_blob(stmt, 0), out_campaign) < 0 ? -EUCLEAN : 0;
    else if (r == DB_DONE)
        r = -ENOENT;
    db_stmt_close(stmt);
    return r;
}

int coupon_member_uses(struct db *db, uint32_t campaign, uint64_t member, uint32_t *out_uses)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(db,
                         "WITH RECURSIVE own(id) AS (SELECT ?2 UNION SELECT a.member FROM own JOIN member_alias AS a"
                         " ON a.survivor = own.id) SELECT coalesce(sum(uses), 0) FROM own JOIN member_use AS u"
                         " ON u.campaign = ?1 AND u.member = own.id",
                         &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, campaign);
    db_bind_int64(stmt, 2, (int64_t)member);
    r = db_stmt_step(stmt);
    if (r >= 0)
        *out_uses = r == DB_ROW ? (uint32_t)db_column_int64(stmt, 0) : 0;
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}
