#include "central/admin/groups.h"
#include "central/store/feed.h"
#include "central/store/identity.h"
#include "central/store/programme.h"

#include <string.h>

#define ACCENT_DEFAULT "#1f6f54"
#define EARN_DEFAULT   10 /* permille: 1 % of what was paid */
#define EARN_MAX       1000
#define IDLE_DEFAULT_S 45
#define BRANDS_MAX     1024

static bool is_colour(const char *text)
{
    return text[0] == '#' && strlen(text) == 7 && strspn(text + 1, "0123456789abcdefABCDEF") == 6;
}

static int add_brand_row(struct admin_call *call, const struct brand *brand)
{
    admin_add_row(call, json_pack("{s:I, s:s, s:s, s:s}", "brand", (json_int_t)brand->id, "zh", brand->name_zh, "en",
                                  brand->name_en, "accent", brand->accent));
    return 0;
}

int cmd_brand_list(struct admin_call *call, struct store_tx *tx)
{
    struct brand brand;
    int rc = 0;
    for (uint32_t id = 1; rc == 0 && id < BRANDS_MAX; id++) {
        rc = identity_find_brand(tx, id, &brand);
        rc = rc ? rc : add_brand_row(call, &brand);
    }
    return rc == -ENOENT ? 0 : rc;
}

static int read_brand(struct admin_call *call, struct brand *brand)
{
    int rc = admin_copy_text(call, "zh", brand->name_zh, sizeof(brand->name_zh));
    rc = rc ? rc : admin_copy_text(call, "en", brand->name_en, sizeof(brand->name_en));
    rc = rc ? rc : admin_copy_text(call, "accent", brand->accent, sizeof(brand->accent));
    if (rc == 0 && !is_colour(brand->accent)) {
        rc = admin_refuse(call, -EINVAL, "accent is a colour like %s", ACCENT_DEFAULT);
    }
    return rc;
}

/* What the others have: a key may have been revoked since this program read its own. */
static int give_keyset(struct admin_call *call, struct store_tx *tx, uint32_t brand)
{
    uint8_t sealed[KEYSET_ENCODED_MAX];
    size_t len = 0;
    int rc = feed_find(tx, (struct feed_target){.brand = call->central->brand}, FEED_KEYSET, "keyset", sealed,
                       sizeof(sealed), &len);
    struct slice body = {sealed, len};
    return rc ? rc : feed_publish(tx, (struct feed_target){.brand = brand}, FEED_KEYSET, "keyset", body, NULL);
}

int cmd_brand_add(struct admin_call *call, struct store_tx *tx)
{
    struct brand brand = {.accent = ACCENT_DEFAULT};
    uint32_t id = 0;
    int rc = read_brand(call, &brand);
    rc = rc ? rc : identity_add_brand(tx, &brand, &id);
    rc = rc ? rc : give_keyset(call, tx, id);
    admin_set(call, "brand", json_integer(id));
    return rc;
}

int cmd_brand_set(struct admin_call *call, struct store_tx *tx)
{
    struct brand brand;
    uint32_t id = admin_given(call, "brand") ? admin_u32(call, "brand") : call->central->brand;
    int rc = identity_find_brand(tx, id, &brand);
    rc = rc ? rc : read_brand(call, &brand);
    rc = rc ? rc : identity_update_brand(tx, &brand);
    admin_set(call, "brand", json_integer(id));
    return rc;
}

static int add_store_row(void *context, const struct shop *shop)
{
    char owner[ID_TEXT_MAX] = "the store";
    if (shop->credit_owner.scope) {
        owner_format(shop->credit_owner, owner, sizeof(owner));
    }
    admin_add_row(context,
                  json_pack("{s:I, s:I, s:s, s:s, s:s, s:I, s:s, s:I, s:I, s:I}", "store", (json_int_t)shop->id,
                            "brand", (json_int_t)shop->brand, "zh", shop->name_zh, "en", shop->name_en, "address",
                            shop->address, "earn_permille", (json_int_t)shop->earn_permille, "credit_owner", owner,
                            "credit_term_days", (json_int_t)shop->credit_term_days, "primary",
                            (json_int_t)shop->primary_terminal, "epoch", (json_int_t)shop->store_epoch));
    return 0;
}

int cmd_store_list(struct admin_call *call, struct store_tx *tx)
{
    return identity_each_shop(tx, add_store_row, call);
}

static int read_store(struct admin_call *call, struct shop *shop)
{
    int rc = admin_copy_text(call, "zh", shop->name_zh, sizeof(shop->name_zh));
    rc = rc ? rc : admin_copy_text(call, "en", shop->name_en, sizeof(shop->name_en));
    rc = rc ? rc : admin_copy_text(call, "address", shop->address, sizeof(shop->address));
    const char *owner = admin_text(call, "credit_owner", NULL);
    if (rc == 0 && owner && owner_parse(owner, &shop->credit_owner) < 0) {
        rc = admin_refuse(call, -EINVAL, "credit-owner is s<store>, b<brand> or p<programme>, not \"%s\"", owner);
    }
    int64_t earn = admin_number(call, "earn_permille", shop->earn_permille);
    if (rc == 0 && (earn < 0 || earn > EARN_MAX)) {
        rc = admin_refuse(call, -ERANGE, "earn-permille is 0 to %d", EARN_MAX);
    }
    shop->earn_permille = (uint32_t)earn;
    int64_t term = admin_number(call, "credit_term_days", shop->credit_term_days);
    if (rc == 0 && (term < 0 || term > CREDIT_TERM_DAYS_MAX)) {
        rc = admin_refuse(call, -ERANGE, "credit-term-days is 0 (never ends) to %d", CREDIT_TERM_DAYS_MAX);
    }
    shop->credit_term_days = (uint32_t)term;
    shop->idle_s = admin_given(call, "idle") ? admin_u32(call, "idle") : shop->idle_s;
    return rc;
}

/* A new store of a brand in a programme owes credit for it like the others. */
static int owe_for_programme(struct store_tx *tx, struct shop *shop)
{
    uint32_t programme = 0;
    int rc = programme_of_brand(tx, shop->brand, &programme);
    if (rc == 0) {
        shop->credit_owner = (struct owner){OWNER_PROGRAMME, programme};
    }
    return rc == -ENOENT ? 0 : rc;
}

int cmd_store_add(struct admin_call *call, struct store_tx *tx)
{
    struct shop shop = {.earn_permille = EARN_DEFAULT, .idle_s = IDLE_DEFAULT_S, .store_epoch = 1};
    struct brand brand;
    uint32_t id = 0;
    shop.brand = admin_given(call, "brand") ? admin_u32(call, "brand") : call->central->brand;
    int rc = identity_find_brand(tx, shop.brand, &brand);
    rc = rc ? rc : owe_for_programme(tx, &shop);
    rc = rc ? rc : read_store(call, &shop);
    rc = rc ? rc : identity_add_shop(tx, &shop, &id);
    admin_set(call, "store", json_integer(id));
    return rc;
}

int cmd_store_set(struct admin_call *call, struct store_tx *tx)
{
    struct shop shop;
    uint32_t id = admin_u32(call, "store");
    int rc = identity_find_shop(tx, id, &shop);
    rc = rc ? rc : read_store(call, &shop);
    rc = rc ? rc : identity_update_shop(tx, &shop);
    admin_set(call, "store", json_integer(id));
    return rc;
}
