#include "day.h"

#include <stdio.h>
#include <string.h>

void day_hash(struct disk *disk, const char *path, uint64_t seq, uint8_t out_hash[HASH_LEN])
{
    const struct db_options options = {.mode = DB_READER, .vfs = disk_vfs_name(disk)};
    struct db *db;
    struct db_stmt *stmt;

    memset(out_hash, 0, HASH_LEN);
    if (seq == 0)
        return;
    assert_int_equal(db_open(path, &options, &db), 0);
    assert_int_equal(db_stmt_open(db, "SELECT hash FROM journal WHERE seq = ? ORDER BY id DESC LIMIT 1", &stmt), 0);
    db_bind_int64(stmt, 1, (int64_t)seq);
    if (db_stmt_step(stmt) == DB_ROW) {
        struct slice hash = db_column_blob(stmt, 0);
        assert_int_equal(hash.len, HASH_LEN);
        memcpy(out_hash, hash.data, HASH_LEN);
    }
    db_stmt_close(stmt);
    db_close(db);
}

void day_known(struct day *day, struct day_known *out_known)
{
    struct till_backlog backlog;
    struct day_known known = {0};

    assert_int_equal(till_feed_cursor(day->shop.till, &known.cursor), 0); /* first: it opens the books again */
    assert_int_equal(till_backlog(day->shop.till, &backlog), 0);
    known.last_seq = backlog.last_seq;
    known.durable_through = backlog.durable_through;
    day_hash(day->disk, day->shop.path, known.last_seq, known.hash);
    *out_known = known;
}

void day_open(struct day *day, struct disk *disk, uint64_t seed)
{
    memset(day, 0, sizeof(*day));
    day->disk = disk;
    sim_random_init(&day->random, seed);
    shop_init(&day->shop);
    day->shop.vfs = disk_vfs_name(disk);
}

void day_close(struct day *day)
{
    shop_finish(&day->shop);
}

static uint64_t below(struct day *day, uint64_t bound)
{
    return random_below(&day->random.base, bound);
}

static uint64_t some_member(struct day *day)
{
    return SHOP_MEMBER + below(day, 3);
}

static void remember(struct day *day, uint64_t group)
{
    if (group != 0 && day->group_count < DAY_GROUPS_MAX)
        day->groups[day->group_count++] = group;
}

static const char *redeem(struct day *day)
{
    struct till_redeem redeem = {.member = below(day, 2) ? some_member(day) : 0,
                                 .sale_minor = (int64_t)below(day, 2) * 3000};
    uint32_t campaign = SHOP_CAMPAIGN + (uint32_t)below(day, 3);

    shop_coupon_text(campaign, 1 + below(day, 400), below(day, 6) ? SHOP_STORE : SHOP_OTHER_STORE, redeem.text);
    remember(day, shop_redeem(&day->shop, &redeem, false).group);
    return "redeem";
}

static const char *sale(struct day *day)
{
    struct till_sale sale = {.gross_minor = 1 + (int64_t)below(day, 9000), .member = some_member(day)};
    bool spend = below(day, 2);

    if (spend) {
        sale.credit_minor = 1 + (int64_t)below(day, 200);
        shop_member_text(&day->shop, sale.member, true, sale.member_code);
    }
    remember(day, shop_sell(&day->shop, &sale).group);
    return spend ? "spend" : "sale";
}

static const char *undo(struct day *day)
{
    if (day->group_count > 0)
        shop_void(&day->shop, day->groups[below(day, day->group_count)]);
    return "void";
}

static const char *feed(struct day *day)
{
    struct feed_right right = {.coupon = {SHOP_CAMPAIGN, 1 + below(day, 400)},
                               .epoch = (uint32_t)below(day, 3),
                               .use_no = 1 + (uint32_t)below(day, 3),
                               .transfer = random_u64(&day->random.base) >> 1};
    struct feed_share share = {.member = some_member(day),
                               .owner = {OWNER_STORE, SHOP_STORE},
                               .amount_minor = (int64_t)below(day, 500),
                               .transfer = random_u64(&day->random.base) >> 1};

    for (uint64_t i = below(day, 3); i < 3; i++) {
        if (below(day, 2))
            shop_item_right(&day->shop, below(day, 2) ? FEED_RIGHT_GRANT : FEED_RIGHT_REQUEST, &right);
        else
            shop_item_share(&day->shop, below(day, 2) ? FEED_SHARE_GRANT : FEED_SHARE_REQUEST, &share);
        right.coupon.serial++;
        right.transfer++;
        share.transfer++;
    }
    shop_give(&day->shop);
    return "feed";
}

/* Central has some more of the journal. */
static const char *marks(struct day *day)
{
    struct till_backlog backlog;
    struct journal_answer answer = {.status = JOURNAL_STORED, .server_epoch = 1};

    assert_int_equal(till_backlog(day->shop.till, &backlog), 0);
    answer.durable_through = backlog.durable_through + below(day, backlog.waiting + 1);
    answer.archived_through = backlog.archived_through;
    assert_int_equal(till_marks_store(day->shop.till, &answer), 0);
    return "marks";
}

static const char *note(struct day *day)
{
    struct till_request request = {.op = TILL_NOTE, .ticket = 8, .clerk = SHOP_CLERK};

    request.note.kind = RECORD_RECEIPT;
    request.note.receipt.group = 1;
    request.note.receipt.outcome = RECEIPT_PRINTED;
    assert_int_equal(shop_ask(&day->shop, &request).error, 0);
    return "note";
}

static const char *restart(struct day *day)
{
    shop_stop(&day->shop);
    shop_start(&day->shop);
    return "restart";
}

const char *day_act(struct day *day)
{
    uint64_t choice = below(day, 1000);

    sim_clock_advance(&day->shop.clock, 1000);
    if (choice < 10)
        return restart(day);
    if (choice < 30) {
        sim_clock_advance(&day->shop.clock, 11 * 60 * 1000);
        shop_trust_time(&day->shop);
        return "time";
    }
    if (choice < 400)
        return redeem(day);
    if (choice < 650)
        return sale(day);
    if (choice < 750)
        return undo(day);
    if (choice < 850)
        return feed(day);
    return choice < 950 ? marks(day) : note(day);
}
