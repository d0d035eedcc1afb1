#include "central/store/catalogue.h"

#include "central/store/feed.h"
#include "central/store/journal.h"
#include "central/store/query.h"
#include "domain/scancode.h"

#include <stdio.h>
#include <string.h>

#define PRODUCT_COLUMNS "ean, sku, name_zh, name_en, price_minor, member_price_minor, unit, gone"

static void read_product(struct db_stmt *stmt, struct feed_product *out)
{
    *out = (struct feed_product){.price_minor = db_column_int64(stmt, 4),
                                 .member_price_minor = db_column_int64(stmt, 5),
                                 .gone = db_column_int64(stmt, 7) != 0};
    snprintf(out->ean, sizeof(out->ean), "%s", db_column_text(stmt, 0));
    snprintf(out->sku, sizeof(out->sku), "%s", db_column_text(stmt, 1));
    snprintf(out->name_zh, sizeof(out->name_zh), "%s", db_column_text(stmt, 2));
    snprintf(out->name_en, sizeof(out->name_en), "%s", db_column_text(stmt, 3));
    snprintf(out->unit, sizeof(out->unit), "%s", db_column_text(stmt, 6));
}

static int write_product(struct store_tx *tx, uint32_t brand, const struct feed_product *p)
{
    return query_run(store_tx_write(tx),
                     "INSERT OR REPLACE INTO product (brand, " PRODUCT_COLUMNS ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                     QUERY(Q_INT(brand), Q_TEXT(p->ean), Q_TEXT(p->sku), Q_TEXT(p->name_zh), Q_TEXT(p->name_en),
                           Q_INT(p->price_minor), Q_INT(p->member_price_minor), Q_TEXT(p->unit), Q_INT(p->gone)));
}

static bool same_product(const struct feed_product *a, const struct feed_product *b)
{
    return strcmp(a->sku, b->sku) == 0 && strcmp(a->name_zh, b->name_zh) == 0 && strcmp(a->name_en, b->name_en) == 0 &&
           strcmp(a->unit, b->unit) == 0 && a->price_minor == b->price_minor &&
           a->member_price_minor == b->member_price_minor && a->gone == b->gone;
}

static int publish_product(struct store_tx *tx, uint32_t brand, const struct feed_product *product)
{
    uint8_t body[FEED_BODY_MAX];
    size_t len = 0;
    int rc = feed_product_encode(product, body, sizeof(body), &len);
    if (rc < 0) {
        return rc;
    }
    struct feed_target target = {.brand = brand};
    return feed_publish(tx, target, FEED_PRODUCT, product->ean, (struct slice){body, len}, NULL);
}

static int journal_price(struct store_tx *tx, uint32_t brand, const struct feed_product *product)
{
    struct journal_fact fact = {
        .key = product->ean, .what = "price changed", .brand = brand, .amount_minor = product->price_minor};
    return journal_append_central(tx, RECORD_ADMIN, &fact);
}

int catalogue_put_product(struct store_tx *tx, uint32_t brand, const struct feed_product *product, bool *out_changed)
{
    struct feed_product put = *product, known = {0};
    if (ean_normalise(product->ean, put.ean) < 0 || !put.name_zh[0] || put.price_minor < 0 ||
        put.member_price_minor < 0) {
        return -EINVAL;
    }
    int rc = catalogue_find_product(tx, brand, put.ean, &known);
    bool changed = rc == -ENOENT || (rc == 0 && !same_product(&known, &put));
    bool repriced = rc == 0 && known.price_minor != put.price_minor;
    rc = rc == -ENOENT ? 0 : rc;
    if (rc == 0 && changed) {
        rc = write_product(tx, brand, &put);
        rc = rc ? rc : publish_product(tx, brand, &put);
        rc = rc || !repriced ? rc : journal_price(tx, brand, &put);
    }
    if (rc == 0 && out_changed) {
        *out_changed = changed;
    }
    return rc;
}

int catalogue_find_product(struct store_tx *tx, uint32_t brand, const char *ean13, struct feed_product *out_product)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), "SELECT " PRODUCT_COLUMNS " FROM product WHERE brand = ? AND ean = ?",
                         QUERY(Q_INT(brand), Q_TEXT(ean13)), &stmt);
    if (rc == 0) {
        read_product(stmt, out_product);
        db_stmt_close(stmt);
    }
    return rc;
}

int catalogue_each_product(struct store_tx *tx, const struct catalogue_range *range, catalogue_product_visit visit,
                           void *context)
{
    struct db_stmt *stmt = NULL;
    struct feed_product product;
    int rc =
        db_stmt_open(store_tx_db(tx),
                     "SELECT " PRODUCT_COLUMNS " FROM product WHERE brand = ? AND ean > ? ORDER BY ean LIMIT ?", &stmt);
    if (rc < 0) {
        return rc;
    }
    db_bind_int64(stmt, 1, range->brand);
    db_bind_text(stmt, 2, range->after);
    db_bind_int64(stmt, 3, range->limit);
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        read_product(stmt, &product);
        rc = visit(context, &product);
        if (rc != 0) {
            break;
        }
    }
    db_stmt_close(stmt);
    return rc;
}

int catalogue_count_products(struct store_tx *tx, uint32_t brand, uint64_t *out_count)
{
    int64_t count = 0;
    int rc = query_number(store_tx_db(tx), "SELECT count(*) FROM product WHERE brand = ? AND gone = 0",
                          QUERY(Q_INT(brand)), &count);
    if (rc == 0) {
        *out_count = (uint64_t)count;
    }
    return rc;
}

static int write_offer(struct store_tx *tx, const struct offer_entry *offer, struct slice body)
{
    return query_run(
        store_tx_write(tx), "INSERT OR REPLACE INTO offer (id, brand, store, body) VALUES (?, ?, ?, ?)",
        QUERY(Q_INT(offer->offer.offer), Q_INT(offer->brand), Q_INT(offer->store), Q_BLOB(body.data, body.len)));
}

int catalogue_put_offer(struct store_tx *tx, const struct offer_entry *offer, const char *who, uint32_t *out_id)
{
    struct offer_entry put = *offer;
    uint8_t body[FEED_BODY_MAX];
    size_t len = 0;
    uint64_t number = put.offer.offer;
    int rc = number ? 0 : store_next_number(tx, "offer", &number);
    put.offer.offer = (uint32_t)number;
    rc = rc ? rc : feed_offer_encode(&put.offer, body, sizeof(body), &len);
    rc = rc ? rc : write_offer(tx, &put, (struct slice){body, len});
    struct journal_fact fact = {.key = "offer",
                                .who = who,
                                .what = put.offer.gone ? "offer ended" : "offer set",
                                .brand = put.brand,
                                .store = put.store,
                                .number = number};
    rc = rc ? rc : journal_append_central(tx, RECORD_ADMIN, &fact);
    struct feed_target target = {.brand = put.brand, .store = put.store};
    rc = rc ? rc : feed_publish_number(tx, target, FEED_OFFER, number, (struct slice){body, len});
    if (rc == 0) {
        *out_id = put.offer.offer;
    }
    return rc;
}

int catalogue_each_offer(struct store_tx *tx, catalogue_offer_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = db_stmt_open(store_tx_db(tx), "SELECT brand, store, body FROM offer ORDER BY id", &stmt);
    if (rc < 0) {
        return rc;
    }
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        struct offer_entry entry = {.brand = (uint32_t)db_column_int64(stmt, 0),
                                    .store = (uint32_t)db_column_int64(stmt, 1)};
        rc = feed_offer_decode(db_column_blob(stmt, 2), &entry.offer);
        rc = rc ? rc : visit(context, &entry);
        if (rc != 0) {
            break;
        }
    }
    db_stmt_close(stmt);
    return rc;
}
