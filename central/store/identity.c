#include "central/store/identity.h"
#include "central/store/feed.h"
#include "central/store/journal.h"
#include "central/store/query.h"

#include <string.h>

#define BRAND_MAX UINT16_MAX
#define SHOP_MAX  ((1u << 24) - 1)

static int journal_act(struct store_tx *tx, const struct shop *shop, const char *what)
{
    struct journal_fact fact = {.what = what, .brand = shop->brand, .store = shop->id};
    return journal_append_central(tx, RECORD_ADMIN, &fact);
}

int identity_add_brand(struct store_tx *tx, const struct brand *brand, uint32_t *out_id)
{
    uint64_t id = 0;
    int rc = store_next_number(tx, "brand", &id);
    if (rc < 0)
        return rc;
    if (id > BRAND_MAX)
        return -ERANGE;
    rc = query_run(store_tx_write(tx), "INSERT INTO brand (id, name_zh, name_en, accent) VALUES (?1, ?2, ?3, ?4)",
                   QUERY(Q_INT(id), Q_TEXT(brand->name_zh), Q_TEXT(brand->name_en), Q_TEXT(brand->accent)));
    if (rc == 0)
        rc = journal_act(tx, &(struct shop){.brand = (uint32_t)id}, "brand added");
    if (rc == 0)
        *out_id = (uint32_t)id;
    return rc;
}

int identity_find_brand(struct store_tx *tx, uint32_t id, struct brand *out_brand)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), "SELECT id, name_zh, name_en, accent FROM brand WHERE id = ?1",
                         QUERY(Q_INT(id)), &stmt);
    if (rc < 0)
        return rc;
    struct brand brand = {.id = (uint32_t)db_column_int64(stmt, 0)};
    query_column_text(stmt, 1, brand.name_zh, sizeof(brand.name_zh));
    query_column_text(stmt, 2, brand.name_en, sizeof(brand.name_en));
    query_column_text(stmt, 3, brand.accent, sizeof(brand.accent));
    db_stmt_close(stmt);
    *out_brand = brand;
    return 0;
}

#define SHOP_COLUMNS                                                                                                   \
    "id, brand, name_zh, name_en, address, earn_permille, owner_scope, owner_id, idle_s, primary_terminal, "           \
    "store_epoch, since_epoch, alone, credit_term"

static void shop_from_row(struct db_stmt *stmt, struct shop *out_shop)
{
    struct shop shop = {
        .id = (uint32_t)db_column_int64(stmt, 0),
        .brand = (uint32_t)db_column_int64(stmt, 1),
        .earn_permille = (uint32_t)db_column_int64(stmt, 5),
        .credit_owner = {(uint8_t)db_column_int64(stmt, 6), (uint32_t)db_column_int64(stmt, 7)},
        .idle_s = (uint32_t)db_column_int64(stmt, 8),
        .primary_terminal = (uint32_t)db_column_int64(stmt, 9),
        .store_epoch = (uint16_t)db_column_int64(stmt, 10),
        .since_epoch = (uint16_t)db_column_int64(stmt, 11),
        .alone = db_column_int64(stmt, 12) != 0,
        .credit_term_days = (uint32_t)db_column_int64(stmt, 13),
    };
    query_column_text(stmt, 2, shop.name_zh, sizeof(shop.name_zh));
    query_column_text(stmt, 3, shop.name_en, sizeof(shop.name_en));
    query_column_text(stmt, 4, shop.address, sizeof(shop.address));
    *out_shop = shop;
}

int identity_find_shop(struct store_tx *tx, uint32_t id, struct shop *out_shop)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), "SELECT " SHOP_COLUMNS " FROM shop WHERE id = ?1", QUERY(Q_INT(id)), &stmt);
    if (rc < 0)
        return rc;
    shop_from_row(stmt, out_shop);
    db_stmt_close(stmt);
    return 0;
}

int identity_each_shop(struct store_tx *tx, identity_shop_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx), "SELECT " SHOP_COLUMNS " FROM shop ORDER BY id", QUERY_NONE, &stmt);
    if (rc < 0)
        return rc;
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        struct shop shop;
        shop_from_row(stmt, &shop);
        rc = visit(context, &shop);
        if (rc != 0)
            break;
    }
    db_stmt_close(stmt);
    return rc;
}

int identity_find_house(struct store_tx *tx, uint32_t *out_brand)
{
    int64_t brand = 0;
    int rc = query_number(store_tx_db(tx), "SELECT min(id) FROM brand", QUERY_NONE, &brand);
    if (rc == 0)
        *out_brand = (uint32_t)brand;
    return rc;
}

static void settings_from(const struct shop *shop, const struct brand *brand, struct feed_settings *out_settings)
{
    *out_settings = (struct feed_settings){
        .store = shop->id,
        .earn_permille = shop->earn_permille,
        .credit_owner = shop->credit_owner,
        .idle_s = shop->idle_s,
        .primary_terminal = shop->primary_terminal,
        .store_epoch = shop->store_epoch,
        .alone = shop->alone,
        .credit_term_days = shop->credit_term_days,
    };
    memcpy(out_settings->brand_zh, brand->name_zh, FEED_NAME_MAX);
    memcpy(out_settings->brand_en, brand->name_en, FEED_NAME_MAX);
    memcpy(out_settings->store_zh, shop->name_zh, FEED_NAME_MAX);
    memcpy(out_settings->store_en, shop->name_en, FEED_NAME_MAX);
    memcpy(out_settings->address, shop->address, FEED_NAME_MAX);
    memcpy(out_settings->accent, brand->accent, sizeof(out_settings->accent));
}

static int publish_settings(struct store_tx *tx, const struct shop *shop)
{
    struct brand brand;
    int rc = identity_find_brand(tx, shop->brand, &brand);
    if (rc < 0)
        return rc;
    struct feed_settings settings;
    settings_from(shop, &brand, &settings);
    rc = identity_find_house(tx, &settings.brand);
    if (rc < 0)
        return rc;
    uint8_t body[FEED_BODY_MAX];
    size_t len = 0;
    rc = feed_settings_encode(&settings, body, sizeof(body), &len);
    if (rc < 0)
        return rc;
    struct feed_target target = {shop->brand, shop->id};
    return feed_publish(tx, target, FEED_SETTINGS, "settings", (struct slice){body, len}, NULL);
}

static int shop_write(struct store_tx *tx, const struct shop *shop)
{
    return query_run(
        store_tx_write(tx),
        "INSERT INTO shop (" SHOP_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
        " ON CONFLICT (id) DO UPDATE SET name_zh = ?3, name_en = ?4, address = ?5, earn_permille = ?6,"
        " owner_scope = ?7, owner_id = ?8, idle_s = ?9, primary_terminal = ?10, store_epoch = ?11,"
        " since_epoch = ?12, alone = ?13, credit_term = ?14",
        QUERY(Q_INT(shop->id), Q_INT(shop->brand), Q_TEXT(shop->name_zh), Q_TEXT(shop->name_en), Q_TEXT(shop->address),
              Q_INT(shop->earn_permille), Q_INT(shop->credit_owner.scope), Q_INT(shop->credit_owner.id),
              Q_INT(shop->idle_s), Q_INT(shop->primary_terminal), Q_INT(shop->store_epoch), Q_INT(shop->since_epoch),
              Q_INT(shop->alone), Q_INT(shop->credit_term_days)));
}

static int shop_save(struct store_tx *tx, const struct shop *shop, const char *what)
{
    int rc = shop_write(tx, shop);
    if (rc == 0)
        rc = publish_settings(tx, shop);
    if (rc == 0)
        rc = journal_act(tx, shop, what);
    return rc;
}

int identity_add_shop(struct store_tx *tx, const struct shop *shop, uint32_t *out_id)
{
    uint64_t id = 0;
    int rc = store_next_number(tx, "shop", &id);
    if (rc < 0)
        return rc;
    if (id > SHOP_MAX)
        return -ERANGE;
    struct shop added = *shop;
    added.id = (uint32_t)id;
    added.primary_terminal = 0;
    if (added.credit_owner.scope == 0)
        added.credit_owner = (struct owner){OWNER_STORE, added.id};
    rc = shop_save(tx, &added, "store added");
    if (rc == 0)
        *out_id = added.id;
    return rc;
}

int identity_update_shop(struct store_tx *tx, const struct shop *shop)
{
    struct shop before;
    int rc = identity_find_shop(tx, shop->id, &before);
    if (rc < 0)
        return rc;
    if (before.brand != shop->brand)
        return -EINVAL;
    return shop_save(tx, shop, "store changed");
}

struct republish {
    struct store_tx *tx;
    uint32_t brand;
};

static int republish_shop(void *context, const struct shop *shop)
{
    struct republish *republish = context;
    return shop->brand == republish->brand ? publish_settings(republish->tx, shop) : 0;
}

int identity_update_brand(struct store_tx *tx, const struct brand *brand)
{
    struct db *db = store_tx_write(tx);
    int rc = query_run(db, "UPDATE brand SET name_zh = ?2, name_en = ?3, accent = ?4 WHERE id = ?1",
                       QUERY(Q_INT(brand->id), Q_TEXT(brand->name_zh), Q_TEXT(brand->name_en), Q_TEXT(brand->accent)));
    if (rc < 0)
        return rc;
    if (db_changes(db) == 0)
        return -ENOENT;
    struct republish republish = {tx, brand->id};
    rc = identity_each_shop(tx, republish_shop, &republish);
    if (rc == 0)
        rc = journal_act(tx, &(struct shop){.brand = brand->id}, "brand changed");
    return rc;
}
