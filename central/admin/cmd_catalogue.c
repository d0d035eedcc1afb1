#include "central/admin/groups.h"
#include "central/store/catalogue.h"
#include "central/store/catalogue_csv.h"

#include <stdio.h>
#include <string.h>

#define OPERATOR   "admin"
#define LIST_LIMIT 100

static int add_product_row(void *context, const struct feed_product *product)
{
    admin_add_row(context,
                  json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:s}", "ean", product->ean, "sku", product->sku, "zh",
                            product->name_zh, "en", product->name_en, "price_minor", (json_int_t)product->price_minor,
                            "member_price_minor", (json_int_t)product->member_price_minor, "unit", product->unit));
    return 0;
}

int cmd_product_list(struct admin_call *call, struct store_tx *tx)
{
    uint64_t count = 0;
    struct catalogue_range range = {.brand = call->central->brand,
                                    .after = admin_text(call, "after", ""),
                                    .limit = (uint32_t)admin_number(call, "limit", LIST_LIMIT)};
    int rc = catalogue_each_product(tx, &range, add_product_row, call);
    rc = rc ? rc : catalogue_count_products(tx, range.brand, &count);
    admin_set(call, "products", json_integer((json_int_t)count));
    return rc;
}

/* Rows as the client read them: [line, field…]. A row that cannot be is reported by its line and passed over. */
static void add_fault(json_t *faults, json_int_t line, const char *words)
{
    json_array_append_new(faults, json_pack("{s:I, s:s}", "line", line, "error", words));
}

static int put_row(struct admin_call *call, struct store_tx *tx, const json_t *row, json_t *faults)
{
    struct feed_product product;
    const char *fields[CSV_FIELDS] = {0};
    bool changed = false;
    json_int_t line = json_integer_value(json_array_get(row, 0));
    for (size_t i = 0; i < CSV_FIELDS; i++) {
        const char *text = json_string_value(json_array_get(row, i + 1));
        fields[i] = text ? text : "";
    }
    const char *fault = catalogue_csv_product(fields, &product);
    if (fault) {
        add_fault(faults, line, fault);
        return 0;
    }
    int rc = catalogue_put_product(tx, call->central->brand, &product, &changed);
    if (rc == -EINVAL) {
        add_fault(faults, line, "the product cannot be: EAN, name or price");
        return 0;
    }
    if (rc == 0) {
        const char *counter = changed ? "changed" : "unchanged";
        json_int_t count = json_integer_value(json_object_get(call->result, counter));
        admin_set(call, counter, json_integer(count + 1));
    }
    return rc;
}

int cmd_product_rows(struct admin_call *call, struct store_tx *tx)
{
    size_t i = 0;
    int rc = 0;
    const json_t *rows = json_object_get(call->args, "rows");
    json_t *faults = json_array();
    admin_set(call, "changed", json_integer(0));
    admin_set(call, "unchanged", json_integer(0));
    for (i = 0; rc == 0 && i < json_array_size(rows); i++) {
        rc = put_row(call, tx, json_array_get(rows, i), faults);
    }
    admin_set(call, "faults", faults);
    return rc;
}

static int add_offer_row(void *context, const struct offer_entry *entry)
{
    const struct feed_offer *offer = &entry->offer;
    admin_add_row(context, json_pack("{s:I, s:I, s:I, s:s, s:s, s:s, s:s, s:s}", "offer", (json_int_t)offer->offer,
                                     "store", (json_int_t)entry->store, "order", (json_int_t)offer->order, "zh",
                                     offer->title_zh, "en", offer->title_en, "ean", offer->ean, "tint", offer->tint,
                                     "state", offer->gone ? "ended" : "shown"));
    return 0;
}

int cmd_offer_list(struct admin_call *call, struct store_tx *tx)
{
    return catalogue_each_offer(tx, add_offer_row, call);
}

int cmd_offer_add(struct admin_call *call, struct store_tx *tx)
{
    struct offer_entry entry = {.brand = call->central->brand, .store = admin_u32(call, "store")};
    struct feed_offer *offer = &entry.offer;
    uint32_t id = 0;
    offer->order = admin_u32(call, "order");
    int rc = admin_copy_text(call, "zh", offer->title_zh, sizeof(offer->title_zh));
    rc = rc ? rc : admin_copy_text(call, "en", offer->title_en, sizeof(offer->title_en));
    rc = rc ? rc : admin_copy_text(call, "text_zh", offer->text_zh, sizeof(offer->text_zh));
    rc = rc ? rc : admin_copy_text(call, "text_en", offer->text_en, sizeof(offer->text_en));
    rc = rc ? rc : admin_copy_text(call, "ean", offer->ean, sizeof(offer->ean));
    rc = rc ? rc : admin_copy_text(call, "tint", offer->tint, sizeof(offer->tint));
    rc = rc ? rc : catalogue_put_offer(tx, &entry, OPERATOR, &id);
    admin_set(call, "offer", json_integer(id));
    return rc;
}

struct offer_search {
    uint32_t id;
    struct offer_entry found;
};

static int match_offer(void *context, const struct offer_entry *entry)
{
    struct offer_search *search = context;
    if (entry->offer.offer != search->id) {
        return 0;
    }
    search->found = *entry;
    return 1;
}

int cmd_offer_end(struct admin_call *call, struct store_tx *tx)
{
    struct offer_search search = {.id = admin_u32(call, "offer")};
    uint32_t id = 0;
    int rc = catalogue_each_offer(tx, match_offer, &search);
    if (rc != 1) {
        return rc < 0 ? rc : -ENOENT;
    }
    search.found.offer.gone = true;
    return catalogue_put_offer(tx, &search.found, OPERATOR, &id);
}
