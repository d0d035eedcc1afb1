#include "several.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_SEED 40

uint32_t several_terminal(uint32_t i)
{
    return SHOP_TERMINAL + i;
}

void several_secret(uint32_t i, uint8_t out_public[PUBLIC_KEY_LEN], uint8_t out_secret[SECRET_KEY_LEN])
{
    shop_secret((uint8_t)(KEY_SEED + i), out_public, out_secret);
}

void several_init(struct several *s, uint32_t count)
{
    assert_in_range(count, 1, SEVERAL_MAX);
    s->count = count;
    s->next_ticket = 1;
    for (uint32_t i = 0; i < count; i++) {
        shop_init(&s->shops[i]);
        s->shops[i].terminal = several_terminal(i);
        s->shops[i].lan = true;
        s->shops[i].inline_jobs = true;
    }
}

static void item_terminals(struct several *s, struct shop *shop)
{
    for (uint32_t i = 0; i < s->count; i++) {
        struct feed_terminal terminal = {
            .terminal = several_terminal(i), .role = ROLE_BOTH, .primary = i == 0, .lan_address = "127.0.0.1:7443"};
        uint8_t body[FEED_BODY_MAX], secret[SECRET_KEY_LEN];
        size_t len;

        several_secret(i, terminal.public_key, secret);
        assert_int_equal(feed_terminal_encode(&terminal, body, sizeof(body), &len), 0);
        shop_item(shop, FEED_TERMINAL, body, len);
    }
}

static void item_manager(struct shop *shop)
{
    struct feed_clerk clerk = {.clerk = SEVERAL_MANAGER, .name = "王经理", .role = CLERK_MANAGER};
    uint8_t body[FEED_BODY_MAX];
    size_t len;

    assert_int_equal(pin_hash("864200", clerk.pin_salt, clerk.pin_hash), 0);
    assert_int_equal(feed_clerk_encode(&clerk, body, sizeof(body), &len), 0);
    shop_item(shop, FEED_CLERK, body, len);
}

void several_begin(struct several *s, uint32_t i)
{
    struct shop *shop = &s->shops[i];

    shop_start(shop);
    shop_enrol(shop);
    shop_trust_time(shop);
    item_terminals(s, shop);
    item_manager(shop);
    shop_give_basics(shop);
    till_peers_live(shop->till, s->count - 1);
}

void several_open(struct several *s, uint32_t count)
{
    several_init(s, count);
    for (uint32_t i = 0; i < count; i++)
        several_begin(s, i);
}

void several_finish(struct several *s)
{
    for (uint32_t i = 0; i < s->count; i++)
        shop_finish(&s->shops[i]);
}

struct till_answer several_last(struct several *s, uint32_t i)
{
    return s->shops[i].answer;
}

struct till_answer several_ask(struct several *s, uint32_t i, struct till_request request)
{
    struct shop *shop = &s->shops[i];

    if (request.ticket == 0)
        request.ticket = s->next_ticket++;
    if (request.clerk == 0)
        request.clerk = SHOP_CLERK;
    shop->has_answer = false;
    assert_int_equal(till_submit(shop->till, &request), 0);
    if (!shop->has_answer)
        return (struct till_answer){.op = request.op, .ticket = request.ticket, .error = 1};
    return shop->answer;
}

struct till_request several_redeem(uint64_t serial)
{
    struct till_request request = {.op = TILL_REDEEM, .sync_age_s = 30};

    shop_coupon_text(SHOP_CAMPAIGN, serial, SHOP_STORE, request.redeem.text);
    return request;
}

struct till_request several_named(struct till_request request, uint8_t id)
{
    request.via = several_terminal(1);
    memset(request.request_id, id, sizeof(request.request_id));
    return request;
}

struct till_answer several_alone(struct several *s, uint32_t i, bool on)
{
    return several_ask(s, i, (struct till_request){.op = TILL_ALONE, .clerk = SEVERAL_MANAGER, .alone = {.on = on}});
}

struct till_answer several_promote(struct several *s, uint32_t i, bool others_reached)
{
    return several_ask(s, i,
                       (struct till_request){.op = TILL_PROMOTE,
                                             .clerk = SEVERAL_MANAGER,
                                             .promote = {.old_is_off = true, .others_reached = others_reached}});
}

static uint64_t held_through(struct several *s, uint32_t i, const struct lan_end *end, struct lan_end *out_end)
{
    struct lan_end ends[LAN_TERMINALS_MAX];
    uint32_t count = 0;

    assert_int_equal(till_ends(s->shops[i].till, ends, &count), 0);
    for (uint32_t k = 0; k < count; k++) {
        if (ends[k].terminal == end->terminal && ends[k].incarnation == end->incarnation) {
            *out_end = ends[k];
            return ends[k].through;
        }
    }
    *out_end = (struct lan_end){.terminal = end->terminal, .incarnation = end->incarnation, .from = 1};
    return 0;
}

/* One journal, batch by batch, from where the receiver is. */
static uint32_t copy_journal(struct several *s, uint32_t from, uint32_t to, const struct lan_end *offered)
{
    uint8_t *batch = malloc(BATCH_BYTES_MAX), public_key[PUBLIC_KEY_LEN], secret[SECRET_KEY_LEN];
    struct journal_answer answer;
    struct lan_end after;
    uint32_t batches = 0;
    size_t len;

    several_secret(from, public_key, secret);
    while (held_through(s, to, offered, &after) < offered->through) {
        assert_int_equal(till_copy_next(s->shops[from].till, &after, secret, batch, BATCH_BYTES_MAX, &len), 0);
        assert_true(len > 0);
        assert_int_equal(till_copy_store(s->shops[to].till, (struct slice){batch, len}, &answer), 0);
        if (answer.status == JOURNAL_GAP) /* it does not know yet that it was deposed */
            break;
        assert_int_equal(answer.status, JOURNAL_STORED);
        batches++;
    }
    free(batch);
    return batches;
}

uint32_t several_copy(struct several *s, uint32_t from, uint32_t to)
{
    struct lan_end ends[LAN_TERMINALS_MAX];
    uint32_t count = 0, batches = 0;

    assert_int_equal(till_ends(s->shops[from].till, ends, &count), 0);
    for (uint32_t k = 0; k < count; k++) {
        if (ends[k].terminal != several_terminal(to))
            batches += copy_journal(s, from, to, &ends[k]);
    }
    return batches;
}

int several_word(struct several *s, uint32_t from, uint32_t to)
{
    struct lan_hello hello = {0};
    struct till_store store;
    struct lan_end held;

    assert_int_equal(till_store_read(s->shops[from].till, &store), 0);
    hello.terminal = store.terminal;
    hello.incarnation = store.incarnation;
    hello.store_epoch = store.store_epoch;
    hello.primary = store.primary_terminal;
    hello.act_epoch = store.act_epoch;
    assert_int_equal(till_ends(s->shops[from].till, hello.ends, &hello.end_count), 0);
    assert_int_equal(till_peer_hello(s->shops[to].till, &hello), 0);
    assert_int_equal(till_store_read(s->shops[to].till, &store), 0);
    (void)held_through(s, from, &(struct lan_end){.terminal = store.terminal, .incarnation = store.incarnation}, &held);
    return till_peer_holds(s->shops[to].till, several_terminal(from), &held);
}

void several_carry(struct several *s, uint32_t from, uint32_t to)
{
    (void)several_copy(s, from, to);
    assert_int_equal(several_word(s, to, from), 0);
}

void several_meet(struct several *s)
{
    for (uint32_t round = 0; round < 4; round++) {
        for (uint32_t i = 0; i < s->count; i++) {
            for (uint32_t k = 0; k < s->count; k++) {
                if (i != k)
                    assert_int_equal(several_word(s, i, k), 0); /* the hello */
            }
        }
        for (uint32_t i = 0; i < s->count; i++) {
            for (uint32_t k = 0; k < s->count; k++) {
                if (i != k)
                    several_carry(s, i, k);
            }
        }
    }
}

/* Journal ids as names that are the same everywhere. */
#define NAME(column)                                                                                                   \
    "(SELECT e.terminal || '.' || e.incarnation || '.' || (" column " & 17592186044415) FROM era e WHERE e.era = "     \
    "" column " >> 44)"

static const char *const views[] = {
    "SELECT 'journal ' || terminal || ' ' || incarnation || ' ' || seq || ' ' || hex(hash) FROM journal",
    "SELECT 'use ' || campaign || ' ' || serial || ' ' || use_no || ' ' || " NAME(
        "record") " || ' ' || member || ' ' "
                  "|| discount_minor || ' ' || by_budget || ' ' || voided FROM redemption",
    "SELECT 'right ' || campaign || ' ' || serial || ' ' || epoch || ' ' || use_no || ' ' || state FROM held_right",
    "SELECT 'share ' || member || ' ' || scope || ' ' || owner || ' ' || amount_minor FROM share"
    " WHERE amount_minor <> 0",
    "SELECT 'part ' || member || ' ' || scope || ' ' || owner || ' ' || ends_s || ' ' || amount_minor || ' ' ||"
    " gone_minor || ' ' || expired_minor FROM share_part WHERE amount_minor <> 0 OR gone_minor <> 0 OR"
    " expired_minor <> 0",
    "SELECT 'transfer ' || kind || ' ' || transfer || ' ' || " NAME("record") " || ' ' || amount_minor"
                                                                              " FROM share_transfer",
    "SELECT 'balance ' || account || ' ' || unit || ' ' || amount_minor FROM balance WHERE amount_minor <> 0",
    "SELECT 'uses ' || campaign || ' ' || member || ' ' || uses FROM member_use WHERE uses <> 0",
    "SELECT 'nonce ' || nonce FROM nonce_used",
    "SELECT 'voided ' || " NAME("record") " FROM voided",
    "SELECT 'void ' || " NAME("record") " || ' by ' || " NAME("void") " FROM record_voided",
    "SELECT 'waiting ' || terminal || ' ' || incarnation || ' ' || seq FROM void_waiting",
    "SELECT 'promotion ' || " NAME("record") " || ' ' || store_epoch FROM promotion",
    "SELECT 'request ' || hex(request_id) || ' ' || " NAME("record") " FROM request_done",
};

static char *append_rows(struct db *db, const char *sql, char *text)
{
    char ordered[2048];
    struct db_stmt *stmt;

    snprintf(ordered, sizeof(ordered), "%s ORDER BY 1", sql);
    assert_int_equal(db_stmt_open(db, ordered, &stmt), 0);
    while (db_stmt_step(stmt) == DB_ROW) {
        char *longer;
        assert_true(asprintf(&longer, "%s%s\n", text, db_column_text(stmt, 0)) > 0);
        free(text);
        text = longer;
    }
    db_stmt_close(stmt);
    return text;
}

char *several_books(struct several *s, uint32_t i)
{
    const struct db_options options = {.mode = DB_READER, .vfs = s->shops[i].vfs};
    struct db *db;
    char *text = strdup("");

    assert_int_equal(db_open(s->shops[i].path, &options, &db), 0);
    for (size_t k = 0; k < ARRAY_LEN(views); k++)
        text = append_rows(db, views[k], text);
    db_close(db);
    return text;
}

int several_open_two(void **state)
{
    static struct several s;

    several_open(&s, 2);
    *state = &s;
    return 0;
}

int several_open_three(void **state)
{
    static struct several s;

    several_open(&s, 3);
    *state = &s;
    return 0;
}

int several_close_all(void **state)
{
    several_finish(*state);
    return 0;
}

int64_t several_records(struct several *s, uint32_t i)
{
    return shop_query(&s->shops[i], "SELECT count(*) FROM journal");
}

void several_live(struct several *s, uint32_t i, uint32_t count)
{
    till_peers_live(s->shops[i].till, count);
}

struct till_store several_store(struct several *s, uint32_t i)
{
    struct till_store store;

    assert_int_equal(till_store_read(s->shops[i].till, &store), 0);
    return store;
}

void several_restart(struct several *s, uint32_t i)
{
    shop_stop(&s->shops[i]);
    shop_start(&s->shops[i]);
    shop_trust_time(&s->shops[i]);
    several_live(s, i, s->count - 1);
}

void several_primary(struct several *s, uint32_t i, uint32_t primary, uint32_t epoch)
{
    const struct feed_settings settings = {.brand = SHOP_BRAND,
                                           .store = SHOP_STORE,
                                           .credit_owner = {OWNER_STORE, SHOP_STORE},
                                           .primary_terminal = several_terminal(primary),
                                           .store_epoch = epoch};
    uint8_t body[FEED_BODY_MAX];
    size_t len;

    assert_int_equal(feed_settings_encode(&settings, body, sizeof(body), &len), 0);
    shop_item(&s->shops[i], FEED_SETTINGS, body, len);
    shop_give(&s->shops[i]);
}

void several_item_gone(struct several *s, uint32_t to, uint32_t gone)
{
    struct feed_terminal terminal = {.terminal = several_terminal(gone), .gone = true};
    uint8_t body[FEED_BODY_MAX], secret[SECRET_KEY_LEN];
    size_t len;

    several_secret(gone, terminal.public_key, secret);
    assert_int_equal(feed_terminal_encode(&terminal, body, sizeof(body), &len), 0);
    shop_item(&s->shops[to], FEED_TERMINAL, body, len);
}

void several_gone(struct several *s, uint32_t to, uint32_t gone)
{
    several_item_gone(s, to, gone);
    shop_give(&s->shops[to]);
}
