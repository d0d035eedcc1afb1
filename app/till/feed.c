#include "books.h"

#include "feed_items.h"

#include <string.h>

#define KEPT_BY "feed_kept_by" /* the version that put items aside */

static const char *const tables[] = {
    "campaign", "product", "clerk",     "touchpoint",        "member",        "coupon",       "greeting",
    "terminal", "offer",   "feed_kept", "authority_waiting", "terminal_gone", "member_alias", "device_order"};

static int load_settings(struct books *b)
{
    uint8_t body[FEED_BODY_MAX];
    size_t len;
    int r = config_get(b->db, "settings", body, sizeof(body), &len);

    b->has_settings = r == 0;
    if (r == -ENOENT) {
        b->settings = (struct feed_settings){0};
        return 0;
    }
    return r == 0 && feed_settings_decode((struct slice){body, len}, &b->settings) < 0 ? -EUCLEAN : r;
}

static int load_keyset(struct books *b)
{
    uint8_t sealed[KEYSET_ENCODED_MAX + SIGNATURE_LEN];
    size_t len;
    int r = config_get(b->db, "keyset", sealed, sizeof(sealed), &len);

    b->has_keyset = r == 0;
    if (r == -ENOENT) {
        b->keyset = (struct keyset){0};
        return 0;
    }
    return r == 0 && keyset_open(sealed, len, b->enrolment.answer.root_key, &b->keyset) < 0 ? -EUCLEAN : r;
}

int feed_load(struct books *b)
{
    int64_t store, brand, epoch;
    int r = load_settings(b);

    if (r == 0)
        r = load_keyset(b);
    if (r == 0)
        r = config_get_int(b->db, "feed_store", &store);
    if (r == 0)
        r = config_get_int(b->db, "feed_brand", &brand);
    if (r == 0)
        r = config_get_int(b->db, "feed_epoch", &epoch);
    if (r == 0)
        r = config_get_int(b->db, "products", &b->products);
    if (r == 0)
        r = config_get_int(b->db, "members", &b->members);
    if (r < 0)
        return r;
    b->cursor = (struct feed_cursor){(uint64_t)store, (uint64_t)brand};
    b->feed_epoch = (uint32_t)epoch;
    return 0;
}

static int store_cursor(struct books *b, struct feed_cursor cursor, uint32_t epoch)
{
    int r = config_set_int(b->db, "feed_store", (int64_t)cursor.store);

    if (r == 0)
        r = config_set_int(b->db, "feed_brand", (int64_t)cursor.brand);
    if (r == 0)
        r = config_set_int(b->db, "feed_epoch", epoch);
    if (r < 0)
        return r;
    b->cursor = cursor;
    b->feed_epoch = epoch;
    return 0;
}

int feed_rewind(struct books *b)
{
    return store_cursor(b, (struct feed_cursor){0}, b->feed_epoch);
}

int feed_forget(struct books *b)
{
    int r = 0;

    books_touch(b);
    for (size_t i = 0; i < ARRAY_LEN(tables) && r == 0; i++) {
        char sql[48] = "DELETE FROM ";
        strncat(sql, tables[i], sizeof(sql) - strlen(sql) - 1);
        r = db_exec(b->db, sql);
    }
    if (r == 0)
        r = db_exec(b->db, "DELETE FROM pin_guard; DELETE FROM config WHERE key IN ('settings', 'keyset', 'products',"
                           " 'members', 'server_epoch')");
    if (r == 0)
        r = store_cursor(b, (struct feed_cursor){0}, 0);
    return r < 0 ? r : feed_load(b);
}

/* Whether another version put something aside; one that is not named is of before versions were noted. */
static int is_kept_by_another(struct books *b, bool *out_is)
{
    char by[32];
    size_t len = 0;
    struct db_stmt *stmt;
    int r = config_get(b->db, KEPT_BY, by, sizeof(by), &len);

    *out_is = false;
    if (r < 0 && r != -ENOENT && r != -EUCLEAN)
        return r;
    if (r == 0 && len == strlen(TILLSIDE_VERSION) && memcmp(by, TILLSIDE_VERSION, len) == 0)
        return 0;
    r = db_stmt_open(b->db, "SELECT 1 FROM feed_kept LIMIT 1", &stmt);
    if (r < 0)
        return r;
    r = db_stmt_step(stmt);
    *out_is = r == DB_ROW;
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}

int feed_ask_again(struct books *b)
{
    bool another;
    int r = is_kept_by_another(b, &another);

    if (r < 0 || !another)
        return r;
    r = db_begin(b->db);
    if (r < 0)
        return r;
    r = db_exec(b->db, "DELETE FROM feed_kept; DELETE FROM config WHERE key = '" KEPT_BY "'");
    if (r == 0)
        r = feed_rewind(b);
    if (r == 0)
        r = db_commit(b->db);
    else
        db_rollback(b->db);
    return r == -ENOSPC ? 0 : r; /* at the next start: a full disk sells on */
}

static int keep(struct books *b, const struct feed_item *item, bool malformed)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(b->db,
                         "INSERT INTO feed_kept(lane, position, kind, malformed, body) VALUES(?, ?, ?, ?, ?)"
                         " ON CONFLICT(lane, position) DO UPDATE SET kind = excluded.kind,"
                         " malformed = excluded.malformed, body = excluded.body",
                         &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, item->lane);
    db_bind_int64(stmt, 2, (int64_t)item->position);
    db_bind_int64(stmt, 3, item->kind);
    db_bind_int64(stmt, 4, malformed);
    db_bind_blob(stmt, 5, item->body.data, item->body.len);
    r = db_stmt_run(stmt);
    db_stmt_close(stmt);
    return r < 0 ? r : config_set(b->db, KEPT_BY, TILLSIDE_VERSION, strlen(TILLSIDE_VERSION));
}

/* One bad item must not stop those behind it: it is put aside. A kind of a later version too. */
static int apply_item(struct books *b, const struct feed_item *item)
{
    int r = feed_item_apply(b, item);

    if (r == -EBADMSG || r == -EKEYREJECTED)
        return keep(b, item, true);
    if (r == -ENOTSUP)
        return keep(b, item, false);
    return r;
}

static uint64_t *lane_of(struct feed_cursor *cursor, uint8_t lane)
{
    return lane == FEED_LANE_BRAND ? &cursor->brand : &cursor->store;
}

static int apply_items(struct books *b, struct feed_page_reader *reader, const struct feed_page_head *head)
{
    struct feed_cursor cursor = b->cursor;
    struct feed_item item;
    int r;

    while ((r = feed_page_next(reader, &item)) == 1) {
        uint64_t *at = lane_of(&cursor, item.lane);
        if (item.position <= *at)
            continue;
        r = apply_item(b, &item);
        if (r < 0)
            return r;
        *at = item.position;
        b->reference_changed = true;
    }
    if (r < 0)
        return r;
    if (head->through.store > cursor.store)
        cursor.store = head->through.store;
    if (head->through.brand > cursor.brand)
        cursor.brand = head->through.brand;
    r = store_cursor(b, cursor, head->server_epoch);
    if (r == 0)
        r = config_set_int(b->db, "products", b->products);
    return r < 0 ? r : config_set_int(b->db, "members", b->members);
}

static int apply_page(struct books *b, struct feed_page_reader *reader, struct feed_page_head *head)
{
    /* Another epoch: central was restored from a backup and may give positions a second time. Everything comes
     * again; applying an item twice is harmless. What waits was said by a central that is no more, and what it gave has
     * been given to somebody else by now. */
    if (b->feed_epoch != 0 && head->server_epoch != b->feed_epoch) {
        int r = marks_rewind(b, head->server_epoch);
        if (r == 0)
            r = feed_authority_forget(b);
        head->more = true;
        head->through = (struct feed_cursor){0};
        return r < 0 ? r : store_cursor(b, head->through, head->server_epoch);
    }
    return apply_items(b, reader, head);
}

static bool nothing_new(const struct books *b, const struct feed_page_head *head, const struct feed_page_reader *reader)
{
    return reader->left == 0 && head->server_epoch == b->feed_epoch && head->through.store <= b->cursor.store &&
           head->through.brand <= b->cursor.brand;
}

/* What the page changed in memory goes back with the transaction. */
static int undo_memory(struct books *b, int error)
{
    b->greeting_count = 0;
    if (books_ready(b) == 0 && books_load(b) < 0)
        return -EUCLEAN;
    return error;
}

int feed_apply(struct books *b, struct slice page, struct feed_page_head *out_head)
{
    struct feed_page_head head;
    struct feed_page_reader reader;
    int r = feed_page_open(page, &head, &reader);

    if (r < 0)
        return r;
    if (nothing_new(b, &head, &reader)) {
        *out_head = head;
        return 0;
    }
    b->greeting_count = 0;
    r = books_begin(b);
    if (r < 0)
        return r;
    r = apply_page(b, &reader, &head);
    if (r < 0)
        books_abort(b);
    else
        r = books_commit(b);
    if (r < 0)
        return undo_memory(b, r);
    *out_head = head;
    return confirm_settle(b); /* whom an act or the store's credit waits for may be gone */
}
