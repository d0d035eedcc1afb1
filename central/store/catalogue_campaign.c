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

/* What a terminal could not carry out. What is merely not fit to go live is the linter's business (campaign.h). */
static const char *discount_fault(const struct campaign *rules)
{
    if (rules->discount < DISCOUNT_AMOUNT || rules->discount > DISCOUNT_GIFT) {
        return "discount must be amount, percent, fixed_price or gift";
    }
    if (rules->discount == DISCOUNT_FIXED_PRICE && rules->value_minor <= 0) {
        return "a fixed price needs a value above 0";
    }
    if (rules->value_minor < 0 || rules->percent_off > 100) {
        return "value cannot be negative, percent_off is at most 100";
    }
    return NULL;
}

static bool budget_incomplete(const struct campaign *rules)
{
    bool value = rules->offline_budget_minor > 0, count = rules->offline_budget_count > 0;
    bool age = rules->offline_max_sync_age_s > 0;
    return (rules->mode == MODE_BUDGET || rules->fallback_budget) && (value || count || age) &&
           !(value && count && age);
}

const char *catalogue_campaign_fault(const struct campaign_entry *campaign)
{
    const struct campaign *rules = &campaign->rules;
    const char *fault = discount_fault(rules);
    if (fault) {
        return fault;
    }
    if (rules->mode < MODE_STRICT || rules->mode > MODE_BUDGET) {
        return "mode must be strict, home or budget";
    }
    if (budget_incomplete(rules)) {
        return "a budget needs offline_budget, offline_count and offline_max_sync_age: without one of them its "
               "exposure has no bound";
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

int catalogue_number_campaign(struct store_tx *tx, struct campaign_entry *campaign)
{
    uint64_t number = 0;
    int rc = store_next_number(tx, "campaign", &number);
    if (rc == 0) {
        campaign->rules.id = (uint32_t)number + CAMPAIGN_FIRST_ID - 1;
        campaign->rules.version = 1;
    }
    return rc;
}

int catalogue_save_campaign(struct store_tx *tx, const struct campaign_entry *entry, const struct catalogue_act *act)
{
    uint8_t body[CAMPAIGN_ENCODED_MAX];
    size_t len = 0;
    struct journal_fact fact = {.key = campaign_state_name((enum campaign_state)entry->rules.state),
                                .who = act->who,
                                .what = act->what,
                                .why = act->why[0] ? act->why : NULL,
                                .brand = entry->brand,
                                .coupon.campaign = entry->rules.id,
                                .number = entry->rules.version};
    int rc = campaign_encode(&entry->rules, body, sizeof(body), &len);
    rc = rc ? rc : write_row(tx, entry, (struct slice){body, len});
    rc = rc ? rc : journal_append_central(tx, RECORD_ADMIN, &fact);
    return rc ? rc : publish(tx, entry, (struct slice){body, len});
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
