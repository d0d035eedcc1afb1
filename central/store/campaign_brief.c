#include "central/store/campaign_internal.h"

#include <string.h>

int64_t campaign_worst_cost(const struct campaign *rules, const struct campaign_brief *brief)
{
    if (brief->cost_minor) {
        return brief->cost_minor;
    }
    switch ((enum discount_kind)rules->discount) {
    case DISCOUNT_AMOUNT:
        return rules->value_minor;
    case DISCOUNT_PERCENT:
        return rules->max_discount_minor;
    case DISCOUNT_FIXED_PRICE:
    case DISCOUNT_GIFT:
        return 0;
    }
    return 0;
}

const char *campaign_brief_fault(const struct campaign_entry *entry, const struct campaign_brief *brief)
{
    if (brief->budget_minor < 0 || brief->cost_minor < 0 || brief->purchase_min_minor < 0) {
        return "budget, cost_each and purchase_min cannot be negative";
    }
    if (brief->budget_minor && !campaign_worst_cost(&entry->rules, brief)) {
        return "a budget needs cost_each here: what a gift, a fixed price or an uncapped percentage costs is not known "
               "before it is used";
    }
    if (entry->joining && brief->occasion != ISSUE_ON_JOINING) {
        return "joining and occasion contradict each other";
    }
    if (brief->occasion == ISSUE_TO_SEGMENT && !brief->segment) {
        return "a campaign to a segment must name it (segment)";
    }
    if (brief->occasion == ISSUE_AT_TOUCHPOINT && !brief->touchpoint_count) {
        return "a campaign at touchpoints must name them (touchpoints)";
    }
    if (brief->purchase_min_minor && brief->occasion != ISSUE_AFTER_PURCHASE) {
        return "purchase_min is for a campaign after a purchase";
    }
    if (!brief->ean[0] != !brief->stock) {
        return "clearance needs both the product (clearance_ean) and its stock";
    }
    return NULL;
}

static int write_touchpoints(struct store_tx *tx, uint32_t id, const struct campaign_brief *brief)
{
    int rc = query_run(store_tx_write(tx), "DELETE FROM campaign_touchpoint WHERE campaign = ?", QUERY(Q_INT(id)));
    for (uint32_t i = 0; rc == 0 && i < brief->touchpoint_count; i++) {
        int64_t there = 0;
        rc = query_number(store_tx_db(tx), "SELECT id FROM touchpoint WHERE id = ? AND gone = 0",
                          QUERY(Q_INT(brief->touchpoints[i])), &there);
        rc = rc ? rc
                : query_run(store_tx_write(tx),
                            "INSERT OR IGNORE INTO campaign_touchpoint (touchpoint, campaign) VALUES (?, ?)",
                            QUERY(Q_INT(brief->touchpoints[i]), Q_INT(id)));
    }
    return rc;
}

static int write_messages(struct store_tx *tx, uint32_t id, const struct campaign_brief *brief)
{
    int rc = query_run(store_tx_write(tx), "DELETE FROM campaign_message WHERE campaign = ?", QUERY(Q_INT(id)));
    for (uint32_t i = 0; rc == 0 && i < brief->message_count; i++) {
        const struct campaign_message *m = &brief->messages[i];
        rc = query_run(store_tx_write(tx),
                       "INSERT INTO campaign_message (campaign, number, channel, after, at_ms, delay_ms, text_zh, "
                       "text_en) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                       QUERY(Q_INT(id), Q_INT(i + 1), Q_INT(m->channel), Q_INT(m->after), Q_INT(m->at_ms),
                             Q_INT(m->delay_ms), Q_TEXT(m->text_zh), Q_TEXT(m->text_en)));
    }
    return rc;
}

static int check_product(struct store_tx *tx, uint32_t brand, const char *ean)
{
    struct feed_product product;
    return ean[0] ? catalogue_find_product(tx, brand, ean, &product) : 0;
}

int campaign_brief_write(struct store_tx *tx, const struct campaign_entry *entry, const struct campaign_brief *b)
{
    uint32_t id = entry->rules.id;
    int rc = check_product(tx, entry->brand, b->ean);
    rc = rc ? rc
            : query_run(store_tx_write(tx),
                        "INSERT OR REPLACE INTO campaign_brief (campaign, state, occasion, needs_follow, "
                        "needs_contact, consent_version, total_limit, budget, cost, purchase_min, segment, ean, stock, "
                        "terms_zh, terms_en) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                        QUERY(Q_INT(id), Q_INT(entry->rules.state), Q_INT(b->occasion), Q_INT(b->needs_follow),
                              Q_INT(b->needs_contact), Q_INT(b->consent_version), Q_INT(b->total_limit),
                              Q_INT(b->budget_minor), Q_INT(b->cost_minor), Q_INT(b->purchase_min_minor),
                              Q_INT(b->segment), Q_TEXT(b->ean), Q_INT(b->stock), Q_TEXT(b->terms_zh),
                              Q_TEXT(b->terms_en)));
    rc = rc ? rc : write_messages(tx, id, b);
    return rc ? rc : write_touchpoints(tx, id, b);
}

static int read_messages(struct store_tx *tx, uint32_t id, struct campaign_brief *brief)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx),
                        "SELECT channel, after, at_ms, delay_ms, text_zh, text_en FROM campaign_message WHERE campaign "
                        "= ? ORDER BY number",
                        QUERY(Q_INT(id)), &stmt);
    if (rc < 0) {
        return rc;
    }
    while (brief->message_count < CAMPAIGN_MESSAGES_MAX && (rc = db_stmt_step(stmt)) == DB_ROW) {
        struct campaign_message *m = &brief->messages[brief->message_count++];
        m->channel = (uint8_t)db_column_int64(stmt, 0);
        m->after = (uint8_t)db_column_int64(stmt, 1);
        m->at_ms = db_column_int64(stmt, 2);
        m->delay_ms = db_column_int64(stmt, 3);
        query_column_text(stmt, 4, m->text_zh, sizeof(m->text_zh));
        query_column_text(stmt, 5, m->text_en, sizeof(m->text_en));
    }
    db_stmt_close(stmt);
    return rc < 0 ? rc : 0;
}

static int read_touchpoints(struct store_tx *tx, uint32_t id, struct campaign_brief *brief)
{
    struct db_stmt *stmt = NULL;
    int rc =
        query_open(store_tx_db(tx), "SELECT touchpoint FROM campaign_touchpoint WHERE campaign = ? ORDER BY touchpoint",
                   QUERY(Q_INT(id)), &stmt);
    if (rc < 0) {
        return rc;
    }
    while (brief->touchpoint_count < CAMPAIGN_TOUCHPOINTS_MAX && (rc = db_stmt_step(stmt)) == DB_ROW) {
        brief->touchpoints[brief->touchpoint_count++] = (uint32_t)db_column_int64(stmt, 0);
    }
    db_stmt_close(stmt);
    return rc < 0 ? rc : 0;
}

int campaign_find_brief(struct store_tx *tx, uint32_t id, struct campaign_brief *out_brief)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx),
                         "SELECT occasion, needs_follow, needs_contact, consent_version, total_limit, budget, cost, "
                         "purchase_min, segment, ean, stock, terms_zh, terms_en FROM campaign_brief WHERE campaign = ?",
                         QUERY(Q_INT(id)), &stmt);
    if (rc < 0) {
        return rc;
    }
    struct campaign_brief brief = {.occasion = (uint8_t)db_column_int64(stmt, 0),
                                   .needs_follow = db_column_int64(stmt, 1) != 0,
                                   .needs_contact = db_column_int64(stmt, 2) != 0,
                                   .consent_version = (uint32_t)db_column_int64(stmt, 3),
                                   .total_limit = (uint32_t)db_column_int64(stmt, 4),
                                   .budget_minor = db_column_int64(stmt, 5),
                                   .cost_minor = db_column_int64(stmt, 6),
                                   .purchase_min_minor = db_column_int64(stmt, 7),
                                   .segment = (uint32_t)db_column_int64(stmt, 8),
                                   .stock = (uint32_t)db_column_int64(stmt, 10)};
    query_column_text(stmt, 9, brief.ean, sizeof(brief.ean));
    query_column_text(stmt, 11, brief.terms_zh, sizeof(brief.terms_zh));
    query_column_text(stmt, 12, brief.terms_en, sizeof(brief.terms_en));
    db_stmt_close(stmt);
    rc = read_messages(tx, id, &brief);
    rc = rc ? rc : read_touchpoints(tx, id, &brief);
    if (rc == 0) {
        *out_brief = brief;
    }
    return rc;
}
