#include "central/store/catalogue.h"

#include "central/store/feed.h"
#include "central/store/journal.h"
#include "central/store/query.h"

#include <string.h>

const char *campaign_state_name(enum campaign_state state)
{
    switch (state) {
    case CAMPAIGN_DRAFT:
        return "draft";
    case CAMPAIGN_CHECKED:
        return "checked";
    case CAMPAIGN_LIVE:
        return "live";
    case CAMPAIGN_PAUSED:
        return "paused";
    case CAMPAIGN_ENDED:
        return "ended";
    }
    return "unknown";
}

static const char *discount_fault(const struct campaign *rules)
{
    switch ((enum discount_kind)rules->discount) {
    case DISCOUNT_AMOUNT:
        return rules->value_minor > 0 ? NULL : "an amount campaign needs a value above 0";
    case DISCOUNT_PERCENT:
        return rules->percent_off >= 1 && rules->percent_off <= 100 ? NULL : "percent_off must be 1 to 100";
    case DISCOUNT_FIXED_PRICE:
        return rules->value_minor > 0 ? NULL : "a fixed price needs a value above 0";
    case DISCOUNT_GIFT:
        return rules->gift_zh[0] ? NULL : "a gift campaign must name the gift (gift_zh)";
    }
    return "discount must be amount, percent, fixed_price or gift";
}

const char *catalogue_campaign_fault(const struct campaign_entry *campaign)
{
    const struct campaign *rules = &campaign->rules;
    const char *fault = discount_fault(rules);
    if (fault) {
        return fault;
    }
    if (!rules->name_zh[0]) {
        return "name_zh is missing: shoppers read Chinese first";
    }
    if (rules->mode < MODE_STRICT || rules->mode > MODE_BUDGET) {
        return "mode must be strict, home or budget";
    }
    if ((rules->mode == MODE_BUDGET || rules->fallback_budget) &&
        (rules->offline_budget_minor <= 0 || rules->offline_budget_count == 0 || rules->offline_max_sync_age_s == 0)) {
        return "a budget needs offline_budget, offline_count and offline_max_sync_age: without them its exposure has "
               "no "
               "bound";
    }
    if (rules->valid_to_s && rules->valid_to_s <= rules->valid_from_s) {
        return "valid_to must be later than valid_from";
    }
    if (!rules->valid_to_s && !campaign->life_s) {
        return "its coupons would never end: give valid_to or life_days";
    }
    if (rules->min_spend_minor < 0 || rules->max_discount_minor < 0 || rules->holdout_permille > 1000) {
        return "min_spend, max_discount or holdout_permille is out of range";
    }
    if (campaign->joining && rules->mode == MODE_STRICT) {
        return "a welcome coupon must work in the store right away, offline too: use home or budget";
    }
    return NULL;
}

static int publish(struct store_tx *tx, const struct campaign_entry *entry, struct slice body)
{
    struct feed_target target = {.brand = entry->brand};
    return feed_publish_number(tx, target, FEED_CAMPAIGN, entry->rules.id, body);
}

static int write_row(struct store_tx *tx, const struct campaign_entry *entry, struct slice body)
{
    return query_run(store_tx_write(tx),
                     "INSERT OR REPLACE INTO campaign (id, brand, joining, life_s, body) VALUES (?, ?, ?, ?, ?)",
                     QUERY(Q_INT(entry->rules.id), Q_INT(entry->brand), Q_INT(entry->joining), Q_INT(entry->life_s),
                           Q_BLOB(body.data, body.len)));
}

static int save(struct store_tx *tx, const struct campaign_entry *entry, const char *who, const char *what)
{
    uint8_t body[CAMPAIGN_ENCODED_MAX];
    size_t len = 0;
    struct journal_fact fact = {.key = campaign_state_name((enum campaign_state)entry->rules.state),
                                .who = who,
                                .what = what,
                                .brand = entry->brand,
                                .coupon.campaign = entry->rules.id,
                                .number = entry->rules.version};
    int rc = campaign_encode(&entry->rules, body, sizeof(body), &len);
    rc = rc ? rc : write_row(tx, entry, (struct slice){body, len});
    rc = rc ? rc : journal_append_central(tx, RECORD_ADMIN, &fact);
    return rc ? rc : publish(tx, entry, (struct slice){body, len});
}

int catalogue_add_campaign(struct store_tx *tx, const struct campaign_entry *campaign, const char *who,
                           uint32_t *out_id)
{
    struct campaign_entry added = *campaign;
    uint64_t number = 0;
    if (catalogue_campaign_fault(campaign)) {
        return -EINVAL;
    }
    int rc = store_next_number(tx, "campaign", &number);
    added.rules.id = (uint32_t)number + CAMPAIGN_FIRST_ID - 1;
    added.rules.version = 1;
    rc = rc ? rc : save(tx, &added, who, "campaign added");
    if (rc == 0) {
        *out_id = added.rules.id;
    }
    return rc;
}

static bool step_allowed(enum campaign_state from, enum campaign_state to)
{
    switch (from) {
    case CAMPAIGN_DRAFT:
        return to == CAMPAIGN_CHECKED || to == CAMPAIGN_ENDED;
    case CAMPAIGN_CHECKED:
        return to == CAMPAIGN_LIVE || to == CAMPAIGN_DRAFT || to == CAMPAIGN_ENDED;
    case CAMPAIGN_LIVE:
        return to == CAMPAIGN_PAUSED || to == CAMPAIGN_ENDED;
    case CAMPAIGN_PAUSED:
        return to == CAMPAIGN_LIVE || to == CAMPAIGN_ENDED;
    case CAMPAIGN_ENDED:
        return false;
    }
    return false;
}

int catalogue_set_campaign_state(struct store_tx *tx, uint32_t id, enum campaign_state state, const char *who)
{
    struct campaign_entry entry;
    int rc = catalogue_find_campaign(tx, id, &entry);
    if (rc < 0) {
        return rc;
    }
    if (!step_allowed((enum campaign_state)entry.rules.state, state)) {
        return -EPERM;
    }
    entry.rules.state = (uint8_t)state;
    entry.rules.version++;
    return save(tx, &entry, who, "campaign state");
}

static int read_row(struct db_stmt *stmt, struct campaign_entry *out_entry)
{
    struct campaign_entry entry = {.brand = (uint32_t)db_column_int64(stmt, 0),
                                   .joining = db_column_int64(stmt, 1) != 0,
                                   .life_s = (uint32_t)db_column_int64(stmt, 2)};
    int rc = campaign_decode(db_column_blob(stmt, 3), &entry.rules);
    if (rc == 0) {
        *out_entry = entry;
    }
    return rc;
}

int catalogue_find_campaign(struct store_tx *tx, uint32_t id, struct campaign_entry *out_campaign)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), "SELECT brand, joining, life_s, body FROM campaign WHERE id = ?",
                         QUERY(Q_INT(id)), &stmt);
    if (rc == 0) {
        rc = read_row(stmt, out_campaign);
        db_stmt_close(stmt);
    }
    return rc;
}

int catalogue_each_campaign(struct store_tx *tx, catalogue_campaign_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    struct campaign_entry entry;
    int rc = db_stmt_open(store_tx_db(tx), "SELECT brand, joining, life_s, body FROM campaign ORDER BY id", &stmt);
    if (rc < 0) {
        return rc;
    }
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        rc = read_row(stmt, &entry);
        rc = rc ? rc : visit(context, &entry);
        if (rc != 0) {
            break;
        }
    }
    db_stmt_close(stmt);
    return rc;
}
