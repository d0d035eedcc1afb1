#include "mutants.h"

#include "center.h"
#include "central/store/feed.h"
#include "central/store/rights.h"
#include "platform/compress.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

static bool clock_order, lease_forgotten, public_anywhere, first_comes; /* of everybody in this process */

static bool is(const struct terminal *t, enum mutant mutant)
{
    return t->world->options.mutant == mutant;
}

/* On a connection of its own, as a bug in the projections would leave the tables. */
static void change_tables(struct terminal *t, const char *sql)
{
    sqlite3 *db = NULL;
    int code = sqlite3_open_v2(t->books, &db, SQLITE_OPEN_READWRITE, DRIVE_VFS);
    if (code == SQLITE_OK)
        code = sqlite3_exec(db, sql, NULL, NULL, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_close(db);
    world_must(code == SQLITE_OK || t->drive.dead || t->drive.sick ? 0 : -EIO, "a mutant's tables");
}

struct early_grant {
    struct terminal *terminal;
    struct coupon_id coupon;
};

static int grant_early(void *argument, struct store_tx *tx)
{
    const struct early_grant *grant = argument;
    const struct center *center = grant->terminal->world->center;
    struct coupon coupon;
    uint8_t body[FEED_BODY_MAX];
    char key[ID_TEXT_MAX];
    size_t len = 0;
    int rc = rights_find_coupon(tx, grant->coupon, &coupon);
    if (rc < 0)
        return rc;
    struct feed_right right = {
        .coupon = grant->coupon, .epoch = coupon.right_epoch + 1, .use_no = coupon.next_use_no, .transfer = 1};
    rc = feed_right_encode(&right, body, sizeof(body), &len);
    if (rc < 0)
        return rc;
    coupon_id_format(grant->coupon, key, sizeof(key));
    return feed_publish(tx, (struct feed_target){center->brand, center->shops[grant->terminal->index]},
                        FEED_RIGHT_GRANT, key, (struct slice){body, len}, NULL);
}

/* On central's own connection, in a transaction of its writer. */
static int run_sql(void *argument, struct store_tx *tx)
{
    return db_exec(store_tx_write(tx), argument);
}

static void change_center(struct center *center, const char *sql)
{
    if (center_write(center, run_sql, (void *)sql) < 0)
        world_trace(center->world, "central is not changed");
}

void mutant_on_ask(struct terminal *terminal, struct coupon_id coupon)
{
    struct early_grant grant = {terminal, coupon};
    if (is(terminal, MUTANT_DOUBLE_GRANT) && center_write(terminal->world->center, grant_early, &grant) < 0)
        world_trace(terminal->world, "no early grant");
}

struct loose_share {
    struct terminal *terminal;
    struct feed_share share;
};

static int grant_share(void *argument, struct store_tx *tx)
{
    const struct loose_share *loose = argument;
    const struct center *center = loose->terminal->world->center;
    uint8_t body[FEED_BODY_MAX];
    char key[24];
    size_t len = 0;
    int rc = feed_share_encode(&loose->share, body, sizeof(body), &len);
    snprintf(key, sizeof(key), "%" PRIu64, loose->share.transfer);
    return rc < 0 ? rc
                  : feed_publish(tx, (struct feed_target){center->brand, center->shops[loose->terminal->index]},
                                 FEED_SHARE_GRANT, key, (struct slice){body, len}, NULL);
}

void mutant_on_ask_credit(struct terminal *terminal, const struct authority_request *request)
{
    static const uint64_t number = UINT64_C(1) << 50;
    struct loose_share loose = {terminal,
                                {.member = request->member,
                                 .owner = request->owner,
                                 .amount_minor = request->amount_minor,
                                 .transfer = number + request->member % 1000}};
    if (is(terminal, MUTANT_SHARE_TWICE) && center_write(terminal->world->center, grant_share, &loose) < 0)
        world_trace(terminal->world, "no share");
}

void mutant_on_sold(struct terminal *terminal, uint64_t member)
{
    char sql[128];
    snprintf(sql, sizeof(sql), "UPDATE share SET amount_minor = amount_minor + 50 WHERE member = %" PRIu64, member);
    if (is(terminal, MUTANT_DOUBLE_EARN))
        change_tables(terminal, sql);
}

void mutant_on_void(struct terminal *terminal)
{
    if (is(terminal, MUTANT_HALF_POSTING))
        change_center(terminal->world->center, "UPDATE balance SET amount = amount + 1 WHERE account LIKE 'sales/%'");
    if (is(terminal, MUTANT_LOST_REVERSAL))
        change_tables(terminal, "UPDATE balance SET amount_minor = amount_minor + 1 WHERE account LIKE 'sales/%'");
}

void mutant_on_visit(struct terminal *terminal)
{
    if (is(terminal, MUTANT_FORGOTTEN_RELEASE))
        change_tables(terminal, "DELETE FROM held_right WHERE state = 2");
    if (is(terminal, MUTANT_FORGOTTEN_USE))
        change_tables(terminal, "DELETE FROM redemption WHERE serial % 7 = 0");
    if (is(terminal, MUTANT_FORGOTTEN_BUDGET))
        change_tables(terminal, "DELETE FROM budget_use");
    if (is(terminal, MUTANT_EARLY_PRUNE))
        change_tables(terminal, "DELETE FROM journal WHERE kind = 13 AND seq > (SELECT max(durable_through) FROM era)");
    if (is(terminal, MUTANT_NO_FENCE))
        change_tables(terminal, "UPDATE promotion SET behind = 1");
    if (is(terminal, MUTANT_TWO_PRIMARIES))
        change_tables(terminal, "DELETE FROM promotion WHERE record >> 44 IN (SELECT era FROM era WHERE own = 0)");
    if (is(terminal, MUTANT_FORGOTTEN_REQUEST))
        change_tables(terminal, "DELETE FROM request_done");
    if (is(terminal, MUTANT_EARLY_END))
        change_tables(
            terminal,
            "UPDATE OR IGNORE share_part SET ends_s = ends_s - 345600 WHERE amount_minor > 0 AND ends_s > (SELECT"
            " max(hlc) >> 16 FROM journal) / 1000");
    if (is(terminal, MUTANT_SWALLOWED_CONFLICT))
        change_center(terminal->world->center, "DELETE FROM conflict");
}

void mutant_on_start(struct terminal *terminal)
{
    if (is(terminal, MUTANT_DROPPED_DEDUP) && drive_has_database(&terminal->drive))
        change_tables(terminal, "DELETE FROM share_transfer; UPDATE config SET value = 0 WHERE key = 'feed_store'");
    if (is(terminal, MUTANT_SKIPPED_FEED) && drive_has_database(&terminal->drive))
        change_tables(terminal, "UPDATE config SET value = value + 4 WHERE key = 'feed_store'");
}

/* "Stored", of a batch that nobody looked into. */
bool mutant_on_copy(struct terminal *terminal, const char *path, struct slice packed, struct sync_response *response)
{
    static uint8_t batch[BATCH_BYTES_MAX];
    struct compress *compress = NULL;
    struct batch_reader reader;
    struct journal_answer answer = {.status = JOURNAL_STORED, .server_ms = (uint64_t)world_wall_ms(terminal->world)};
    size_t len = 0;
    if (!is(terminal, MUTANT_PEER_LIES) || strcmp(path, "/v1/lan/journal") != 0 || world_chance(terminal->world, 700))
        return false;
    world_must(compress_open(3, &compress), "a lie");
    int rc = compress_unpack(compress, packed, batch, sizeof(batch), &len);
    compress_close(compress);
    if (rc < 0 || batch_open(batch, len, &reader) < 0)
        return false;
    answer.durable_through = reader.head.first_seq + reader.head.count - 1;
    answer.expected_seq = answer.durable_through + 1;
    response->status = 200;
    response->server_ms = answer.server_ms;
    return journal_answer_encode(&answer, response->body, response->cap, &response->len) == 0;
}

void mutant_on_enrolled(struct terminal *terminal)
{
    disk_lie(terminal->drive.disk, is(terminal, MUTANT_LOST_SYNC));
}

void mutant_on_made(struct terminal *terminal)
{
    clock_order = is(terminal, MUTANT_CLOCK_ORDER);
    public_anywhere = is(terminal, MUTANT_PUBLIC_ANYWHERE);
    lease_forgotten = is(terminal, MUTANT_LEASE_FORGOTTEN);
    first_comes = is(terminal, MUTANT_FIRST_COMES);
    disk_weaken_sync(terminal->drive.disk, is(terminal, MUTANT_NORMAL_SYNC));
}

struct hlc __real_hlc_next(struct hlc last, struct clock_reading now, const struct time_trust *trust);

struct hlc __wrap_hlc_next(struct hlc last, struct clock_reading now, const struct time_trust *trust)
{
    if (!clock_order)
        return __real_hlc_next(last, now, trust);
    return __real_hlc_next((struct hlc){0}, now, trust);
}

enum right_state __real_redeem_right(const struct books *b, const struct feed_coupon *row, const struct coupon_use *use,
                                     const struct held_right *held, bool of_store);

enum right_state __wrap_redeem_right(const struct books *b, const struct feed_coupon *row, const struct coupon_use *use,
                                     const struct held_right *held, bool of_store)
{
    enum right_state right = __real_redeem_right(b, row, use, held, of_store);
    return public_anywhere && right != RIGHT_CONSUMED ? RIGHT_HERE : right;
}

int __real_public_note_right(struct db *db, struct coupon_id coupon);

int __wrap_public_note_right(struct db *db, struct coupon_id coupon)
{
    return public_anywhere ? 0 : __real_public_note_right(db, coupon);
}

struct coupon_decision __real_coupon_decide(const struct coupon_facts *facts);

struct coupon_decision __wrap_coupon_decide(const struct coupon_facts *facts)
{
    struct coupon_facts believed = *facts;
    if (lease_forgotten)
        believed.right_until_s = 0;
    if (public_anywhere && facts->to_public && facts->right != RIGHT_CONSUMED)
        believed.right = RIGHT_HERE;
    return __real_coupon_decide(&believed);
}

int __real_displace_prevails(struct store_tx *tx, const struct coupon_row *row, const struct redemption *first,
                             bool *out_prevails);

int __wrap_displace_prevails(struct store_tx *tx, const struct coupon_row *row, const struct redemption *first,
                             bool *out_prevails)
{
    int rc = __real_displace_prevails(tx, row, first, out_prevails);
    if (first_comes)
        *out_prevails = false;
    return rc;
}
