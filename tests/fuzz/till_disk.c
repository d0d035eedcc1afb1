#include "doctor/chain.h"
#include "fuzz_file.h"
#include "shop.h"

#include <sqlite3.h>
#include <stdio.h>

/*
 * Rows of a till's database that are not as they were written: a value is replaced, cut or flipped, and then the books
 * are opened, read, sold from and rebuilt. Nothing crashes; a changed journal row is named.
 * Input: table, column, row (1 byte each), what is done (1 byte), bytes.
 */

static const struct {
    const char *table, *columns[6];
} places[] = {
    {"journal", {"body", "prev_hash", "hash", "hlc", "kind", "seq"}},
    {"config", {"value", "value", "value", "value", "value", "value"}},
    {"campaign", {"body", "campaign", "body", "body", "body", "body"}},
    {"coupon", {"body", "shortcode", "member", "expiry_s", "body", "body"}},
    {"clerk", {"body", "clerk", "body", "body", "body", "body"}},
    {"member", {"body", "member", "body", "body", "body", "body"}},
    {"product", {"body", "body", "body", "body", "body", "body"}},
    {"touchpoint", {"body", "terminal", "body", "body", "body", "body"}},
    {"offer", {"body", "rank", "body", "body", "body", "body"}},
    {"feed_kept", {"body", "kind", "malformed", "body", "body", "body"}},
    {"era", {"durable_through", "archived_through", "pruned_through", "terminal", "incarnation", "store"}},
    {"redemption", {"use_no", "epoch", "record", "voided", "discount_minor", "by_budget"}},
    {"share", {"amount_minor", "scope", "owner", "amount_minor", "amount_minor", "member"}},
    {"balance", {"amount_minor", "account", "unit", "amount_minor", "amount_minor", "amount_minor"}},
};

static struct shop shop;
static struct fuzz_file whole; /* the database as it was written */

static void close_all(void)
{
    fuzz_file_drop(&whole);
    tempdir_close(&shop.dir);
}

/* A day's books. */
static void open_once(void)
{
    if (whole.data != NULL)
        return;
    struct till_sale sale = {.gross_minor = 2500, .member = SHOP_MEMBER};
    shop_open(&shop);
    for (uint64_t serial = 1; serial <= 4; serial++)
        MUST(shop_scan(&shop, SHOP_CAMPAIGN, serial).verdict == COUPON_OK);
    MUST(shop_sell(&shop, &sale).verdict == CREDIT_OK);
    shop_item(&shop, (enum feed_kind)77, "later", 5);
    shop_give(&shop);
    shop_stop(&shop);
    fuzz_file_keep(&whole, shop.path);
    atexit(close_all);
}

struct change {
    char sql[200];
    bool journal;
};

static void plan(struct slice *input, struct change *out)
{
    size_t place = fuzz_take(input) % ARRAY_LEN(places);
    const char *table = places[place].table, *column = places[place].columns[fuzz_take(input) % 6];
    static const char *const how[] = {"?2", "substr(%s, 1, length(%s) / 2)", "?3", "-(%s)", "NULL", "%s || ?2"};
    const char *expression = how[fuzz_take(input) % ARRAY_LEN(how)];
    char value[64];
    snprintf(value, sizeof value, expression, column, column);
    snprintf(out->sql, sizeof out->sql,
             "UPDATE OR IGNORE %s SET %s = %s WHERE rowid IN (SELECT rowid FROM %s LIMIT 1 OFFSET ?1 %% max(1, (SELECT "
             "count(*) FROM %s)))",
             table, column, value, table, table);
    out->journal = place == 0;
}

/* true when the file was changed. */
static bool damage(struct slice input)
{
    struct change change;
    sqlite3 *db;
    sqlite3_stmt *stmt = NULL;
    plan(&input, &change);
    /* WITHOUT ROWID tables have no rowid: all their rows are changed */
    MUST(sqlite3_open(shop.path, &db) == SQLITE_OK);
    if (sqlite3_prepare_v2(db, change.sql, -1, &stmt, NULL) != SQLITE_OK) {
        *strstr(change.sql, " WHERE ") = '\0';
        MUST(sqlite3_prepare_v2(db, change.sql, -1, &stmt, NULL) == SQLITE_OK);
    }
    sqlite3_bind_int(stmt, 1, fuzz_take(&input));
    sqlite3_bind_blob(stmt, 2, input.len > 0 ? input.data : (const uint8_t *)"", (int)input.len, SQLITE_TRANSIENT);
    int64_t number = 0;
    memcpy(&number, input.data, input.len < sizeof number ? input.len : sizeof number);
    sqlite3_bind_int64(stmt, 3, number);
    bool changed = sqlite3_step(stmt) == SQLITE_DONE && sqlite3_changes(db) > 0;
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return changed;
}

static void on_answer(void *context, const struct till_answer *answer)
{
    *(struct till_answer *)context = *answer;
}

static void on_nothing(void *context)
{
    (void)context;
}

static void on_greeting(void *context, const struct feed_greeting *greeting)
{
    (void)context;
    (void)greeting;
}

/* Whatever it answers is an answer; a crash is not. */
static void use(struct till *till, struct till_answer *last)
{
    static uint8_t batch[BATCH_BYTES_MAX];
    uint8_t public_key[PUBLIC_KEY_LEN], secret[SECRET_KEY_LEN];
    struct till_request scan = {.op = TILL_REDEEM, .ticket = 3, .clerk = SHOP_CLERK};
    const struct till_request recent = {.op = TILL_RECENT, .ticket = 4, .clerk = SHOP_CLERK};
    struct till_backlog backlog;
    size_t len = 0;
    char text[TOKEN_TEXT_MAX];
    shop_secret(99, public_key, secret);
    shop_coupon_text(SHOP_CAMPAIGN, 900, SHOP_STORE, text);
    memcpy(scan.redeem.text, text, strlen(text) + 1);
    MUST(till_submit(till, &scan) == 0 && last->error <= 0);
    MUST(till_submit(till, &recent) == 0 && last->error <= 0);
    MUST(till_backlog(till, &backlog) <= 0);
    MUST(till_next_batch(till, secret, batch, sizeof batch, &len) <= 0);
    MUST(till_rebuild_compare(till) <= 0);
}

static void look_from_outside(void)
{
    struct db_options options = {.mode = DB_READER};
    struct chain_finding finding;
    struct db *db;
    if (db_open(shop.path, &options, &db) != 0)
        return;
    int rc = chain_read(db, NULL, NULL, &finding);
    MUST(rc <= 0);
    db_close(db);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct till_answer last = {0};
    struct till *till = NULL;
    open_once();
    fuzz_file_restore(&whole);
    if (size <= 4 || !damage((struct slice){data, size}))
        return 0;
    look_from_outside();
    const struct till_options options = {.path = shop.path,
                                         .pepper_path = shop.pepper,
                                         .clock = &shop.clock.base,
                                         .boot_id = shop.boot_id,
                                         .inline_jobs = true,
                                         .answered = on_answer,
                                         .changed = on_nothing,
                                         .greeted = on_greeting,
                                         .appended = on_nothing,
                                         .context = &last};
    if (till_open(&options, &till) == 0) {
        use(till, &last);
        till_close(till);
    }
    return 0;
}
