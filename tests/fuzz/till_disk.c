#include "doctor/chain.h"
#include "fuzz_file.h"
#include "fuzz_row.h"
#include "several.h"

/*
 * Rows of a till's database that are not as they were written: a value is replaced, cut or flipped, and then the books
 * are opened, read, sold from, copied from and rebuilt. Nothing crashes; a changed journal row is named.
 * Input: table, column, row (1 byte each), what is done (1 byte), bytes.
 */

#define TABLES_MADE_UP_MAX 7 /* that the day below leaves empty: voids, promotions and the like */

static struct several several;
static struct shop *shop;
static struct fuzz_file whole; /* the database as it was written */
static struct fuzz_tables tables;

static void close_all(void)
{
    fuzz_file_drop(&whole);
    shop_finish(shop);
    shop_finish(&several.shops[1]);
}

/* ---- a day of a store of two, at the primary */

#define ITEM(kind, name, ...)                                                                                          \
    do {                                                                                                               \
        const struct feed_##name item = {__VA_ARGS__};                                                                 \
        uint8_t body[FEED_BODY_MAX];                                                                                   \
        size_t len;                                                                                                    \
        MUST(feed_##name##_encode(&item, body, sizeof body, &len) == 0);                                               \
        shop_item(shop, kind, body, len);                                                                              \
    } while (0)

static void give_items(void)
{
    ITEM(FEED_PRODUCT, product, .ean = "6901234567892", .name_zh = "茶", .price_minor = 300);
    ITEM(FEED_TOUCHPOINT, touchpoint, .touchpoint = 31, .terminal = SHOP_TERMINAL);
    ITEM(FEED_COUPON, coupon, .coupon = {SHOP_CAMPAIGN, 55}, .member = SHOP_MEMBER, .home_store = SHOP_STORE,
         .store_epoch = SHOP_STORE_EPOCH, .expiry_s = SHOP_EXPIRY_S);
    ITEM(FEED_RIGHT_GRANT, right, .coupon = {SHOP_CAMPAIGN, 56}, .epoch = 2, .use_no = 1, .transfer = 9,
         .lease_until_s = SHOP_EXPIRY_S);
    ITEM(FEED_SHARE_GRANT, share, .member = SHOP_MEMBER, .owner = {OWNER_STORE, SHOP_STORE}, .amount_minor = 100,
         .transfer = 10, .parts = {1, {{SHOP_EXPIRY_S, 60}}});
    ITEM(FEED_GREETING, greeting, .greeting = 3, .touchpoint = 31, .member = SHOP_MEMBER,
         .made_s = SHOP_START_MS / 1000);
    ITEM(FEED_OFFER, offer, .offer = 4, .title_zh = "新茶", .title_en = "New tea");
    ITEM(FEED_POOL, pool, .campaign = SHOP_STRICT, .name_zh = "茶", .here = 3, .until_s = SHOP_EXPIRY_S);
    ITEM(FEED_SURVEY, survey, .survey = 5, .question_zh = "好吗", .answers_zh = {"好", "不好"}, .question_en = "Good?",
         .answers_en = {"yes", "no"});
    ITEM(FEED_ORDER, order, .order = 71, .terminal = SHOP_TERMINAL, .what = ORDER_UPDATE, .expires_s = SHOP_EXPIRY_S,
         .release = 1, .compatible = "sim", .version = "0.2.0", .size = 1000);
    shop_item(shop, (enum feed_kind)77, "later", 5);
    several_item_gone(&several, 0, 2);
    shop_give(shop);
}

static void sell(void)
{
    struct till_request sale = {.op = TILL_SALE, .sale = {.gross_minor = 2500, .member = SHOP_MEMBER}};
    struct till_request undo = {.op = TILL_VOID, .voided = {.reason = "wrong item"}};
    struct till_request budget = {.op = TILL_REDEEM, .sync_age_s = 30};
    for (uint64_t serial = 1; serial <= 4; serial++)
        (void)several_ask(&several, 0, several_redeem(serial)); /* waits for the peer */
    (void)several_ask(&several, 0, several_named(several_redeem(5), 9));
    shop_coupon_text(SHOP_BUDGET, 6, SHOP_OTHER_STORE, budget.redeem.text);
    (void)several_ask(&several, 0, budget);
    const struct till_answer sold = several_ask(&several, 0, sale);
    struct till_request percent = {.op = TILL_REDEEM, .redeem = {.member = SHOP_MEMBER, .sale_minor = 3000}};
    shop_coupon_text(SHOP_PERCENT, 7, SHOP_STORE, percent.redeem.text);
    (void)several_ask(&several, 0, percent);
    sale.sale.member = 0;
    shop_member_text(shop, SHOP_MEMBER, true, sale.sale.member_code);
    (void)several_ask(&several, 0, sale);
    several_meet(&several);
    undo.voided.group = sold.sold.group;
    (void)several_ask(&several, 0, undo);
    several_meet(&several);
}

/* What only a peer, or trouble, leaves behind. */
static void leave_traces(void)
{
    const struct till_pending pending = {.request_id = {1}, .since_ms = SHOP_START_MS, .act = {.op = LAN_SALE}};
    struct till_request wrong = {.op = TILL_SIGN_IN, .sign_in = {.clerk = SHOP_CLERK}};
    memcpy(wrong.sign_in.pin, "1111", 5);
    (void)several_ask(&several, 0, wrong);
    MUST(till_pending_put(shop->till, &pending) == 0);
    (void)several_ask(&several, 1, (struct till_request){.op = TILL_SALE, .sale = {.gross_minor = 100}});
    several_copy(&several, 1, 0);
}

static void open_once(void)
{
    size_t made = 0;
    several_open(&several, 2);
    shop = &several.shops[0];
    give_items();
    sell();
    leave_traces();
    for (uint32_t i = 0; i < several.count; i++)
        shop_stop(&several.shops[i]);
    fuzz_tables_read(shop->path, &tables, &made);
    MUST(made <= TABLES_MADE_UP_MAX);
    fuzz_file_keep_db(&whole, shop->path);
    atexit(close_all);
}

/* ---- what is done with the books afterwards */

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

/* What the rooms beside it ask: the other terminals, the device, central's next page. */
static void use_from_rooms(struct till *till)
{
    static uint8_t batch[BATCH_BYTES_MAX];
    static struct till_pending pending[8];
    uint8_t public_key[PUBLIC_KEY_LEN], secret[SECRET_KEY_LEN];
    struct lan_end ends[LAN_TERMINALS_MAX];
    struct feed_order orders[4];
    struct till_store store;
    uint32_t count = 0, pending_count, order_count;
    size_t len;
    shop_secret(99, public_key, secret);
    MUST(till_store_read(till, &store) <= 0);
    MUST(till_pending_list(till, pending, ARRAY_LEN(pending), &pending_count) <= 0);
    MUST(till_orders(till, orders, ARRAY_LEN(orders), &order_count) <= 0);
    if (till_ends(till, ends, &count) < 0)
        return;
    for (uint32_t i = 0; i < count; i++) {
        const struct lan_end after = {.terminal = ends[i].terminal, .incarnation = ends[i].incarnation, .from = 1};
        MUST(till_copy_next(till, &after, secret, batch, sizeof batch, &len) <= 0);
    }
}

static void look_from_outside(const struct fuzz_change *change)
{
    struct db_options options = {.mode = DB_READER};
    struct chain_finding finding;
    struct db *db;
    if (db_open(shop->path, &options, &db) != 0)
        return;
    int rc = chain_read(db, NULL, NULL, &finding);
    MUST(rc <= 0);
    if (strcmp(change->table, "journal") == 0)
        MUST(rc < 0 || (strcmp(change->column, "body") != 0 && strcmp(change->column, "hash") != 0));
    db_close(db);
}

static void try_input(const uint8_t *data, size_t size)
{
    struct till_answer last = {0};
    struct fuzz_change change;
    struct till *till = NULL;
    fuzz_file_restore(&whole);
    if (size <= 8 || !fuzz_row_change(whole.path, &tables, (struct slice){data, size}, &change))
        return;
    look_from_outside(&change);
    const struct till_options options = {.path = shop->path,
                                         .pepper_path = shop->pepper,
                                         .clock = &shop->clock.base,
                                         .boot_id = shop->boot_id,
                                         .lan = true,
                                         .inline_jobs = true,
                                         .answered = on_answer,
                                         .changed = on_nothing,
                                         .greeted = on_greeting,
                                         .appended = on_nothing,
                                         .context = &last};
    if (till_open(&options, &till) == 0) {
        use(till, &last);
        use_from_rooms(till);
        till_close(till);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (whole.data == NULL) {
        open_once();
        fuzz_tables_cut(&tables, try_input);
    }
    try_input(data, size);
    return 0;
}
