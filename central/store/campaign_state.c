#include "central/store/campaign_internal.h"
#include "central/store/campaign_message.h"
#include "domain/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- the linter's view of the plan */

/* Mass sends that other campaigns plan for the same members in that month: to everybody, or to the same segment. */
static int count_other_sends(struct store_tx *tx, const struct campaign_entry *entry,
                             const struct campaign_brief *brief, int64_t at_ms, uint32_t *out_count)
{
    struct db_stmt *stmt = NULL;
    uint32_t count = 0;
    int rc = query_open(store_tx_db(tx),
                        "SELECT m.at_ms FROM campaign_message AS m JOIN campaign_brief AS b ON b.campaign = m.campaign "
                        "JOIN campaign AS c ON c.id = m.campaign WHERE m.channel = ? AND m.campaign != ? AND c.brand = "
                        "? AND b.state IN (2, 3, 4) AND (b.segment = 0 OR ?4 = 0 OR b.segment = ?4)",
                        QUERY(Q_INT(MESSAGE_MASS), Q_INT(entry->rules.id), Q_INT(entry->brand), Q_INT(brief->segment)),
                        &stmt);
    if (rc < 0) {
        return rc;
    }
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        count += time_same_month(db_column_int64(stmt, 0), at_ms);
    }
    db_stmt_close(stmt);
    if (rc == 0) {
        *out_count = count;
    }
    return rc;
}

static int plan_message(struct store_tx *tx, const struct campaign_entry *entry, const struct campaign_brief *brief,
                        uint32_t index, struct planned_message *out)
{
    const struct campaign_message *m = &brief->messages[index];
    struct planned_message planned = {.channel = m->channel,
                                      .after = m->after,
                                      .at_ms = m->at_ms,
                                      .delay_ms = m->delay_ms,
                                      .replies = 1,
                                      .text_zh = m->text_zh,
                                      .text_en = m->text_en};
    for (uint32_t i = 0; i < index; i++) {
        const struct campaign_message *before = &brief->messages[i];
        planned.replies += before->channel == MESSAGE_CUSTOMER_SERVICE && before->after == m->after;
        planned.mass_in_month += before->channel == MESSAGE_MASS && time_same_month(before->at_ms, m->at_ms);
    }
    uint32_t others = 0;
    int rc = m->channel == MESSAGE_MASS ? count_other_sends(tx, entry, brief, m->at_ms, &others) : 0;
    planned.mass_in_month += others;
    if (rc == 0) {
        *out = planned;
    }
    return rc;
}

static int lint(struct store_tx *tx, const struct campaign_entry *entry, const struct campaign_brief *brief,
                struct compliance_report *out_report)
{
    struct planned_message messages[CAMPAIGN_MESSAGES_MAX];
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < brief->message_count; i++) {
        rc = plan_message(tx, entry, brief, i, &messages[i]);
    }
    struct campaign_plan plan = {.campaign = &entry->rules,
                                 .occasion = brief->occasion,
                                 .needs_follow = brief->needs_follow,
                                 .needs_contact = brief->needs_contact,
                                 .consent_version = brief->consent_version,
                                 .life_days = entry->life_s / TIME_DAY_S,
                                 .total_limit = brief->total_limit ? brief->total_limit : brief->stock,
                                 .budget_minor = brief->budget_minor,
                                 .terms_zh = brief->terms_zh,
                                 .terms_en = brief->terms_en,
                                 .messages = messages,
                                 .message_count = brief->message_count,
                                 .now_ms = tx->now_ms};
    if (rc == 0) {
        compliance_check(&plan, out_report);
    }
    return rc;
}

int campaign_lint(struct store_tx *tx, uint32_t id, struct compliance_report *out_report)
{
    struct campaign_entry entry;
    struct campaign_brief brief;
    int rc = catalogue_find_campaign(tx, id, &entry);
    rc = rc ? rc : campaign_find_brief(tx, id, &brief);
    return rc ? rc : lint(tx, &entry, &brief, out_report);
}

void campaign_findings_text(const struct compliance_report *report, char *out, size_t cap)
{
    size_t at = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i < report->count && at < cap; i++) {
        const struct compliance_finding *f = &report->findings[i];
        char where[80] = "", message[24] = "";
        if (f->message) {
            snprintf(message, sizeof(message), "message %" PRIu32, f->message);
        }
        if (f->detail[0] || f->message) {
            snprintf(where, sizeof(where), " (%s%s%s)", f->detail, f->detail[0] && f->message ? ", " : "", message);
        }
        int len = snprintf(out + at, cap - at, "%s%s%s", i ? ", " : "", compliance_rule_name(f->rule), where);
        at += len > 0 ? (size_t)len : 0;
    }
}

/* ---- its life */

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

struct change {
    uint8_t from;
    const char *what, *who, *why;
    const struct compliance_report *report; /* NULL: the linter was not asked */
};

static int note_change(struct store_tx *tx, const struct campaign_entry *entry, const struct change *change)
{
    char findings[CAMPAIGN_FINDINGS_CAP] = "";
    if (change->report) {
        campaign_findings_text(change->report, findings, sizeof(findings));
    }
    int rc = query_run(store_tx_write(tx),
                       "INSERT INTO campaign_change (campaign, at_ms, from_state, to_state, version, who, why, "
                       "findings) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                       QUERY(Q_INT(entry->rules.id), Q_INT(tx->now_ms), Q_INT(change->from), Q_INT(entry->rules.state),
                             Q_INT(entry->rules.version), Q_TEXT(change->who), Q_TEXT(change->why), Q_TEXT(findings)));
    rc = rc ? rc
            : query_run(store_tx_write(tx), "UPDATE campaign_brief SET state = ? WHERE campaign = ?",
                        QUERY(Q_INT(entry->rules.state), Q_INT(entry->rules.id)));
    rc = rc ? rc : campaign_touch_pool(tx, entry->rules.id); /* only a live one has a pool */
    char why[CAMPAIGN_FINDINGS_CAP + 224];
    snprintf(why, sizeof(why), "%s%s%s", change->why, change->why[0] && findings[0] ? "; " : "", findings);
    return rc ? rc : catalogue_save_campaign(tx, entry, &(struct catalogue_act){change->who, change->what, why});
}

int campaign_add(struct store_tx *tx, const struct campaign_entry *entry, const struct campaign_brief *brief,
                 const char *who, uint32_t *out_id)
{
    struct campaign_entry added = *entry;
    added.joining = brief->occasion == ISSUE_ON_JOINING;
    added.rules.state = CAMPAIGN_DRAFT;
    if (catalogue_campaign_fault(&added) || campaign_brief_fault(&added, brief)) {
        return -EINVAL;
    }
    int rc = catalogue_number_campaign(tx, &added);
    rc = rc ? rc : campaign_brief_write(tx, &added, brief);
    struct change change = {.what = "campaign added", .who = who, .why = ""};
    rc = rc ? rc : note_change(tx, &added, &change);
    if (rc == 0) {
        *out_id = added.rules.id;
    }
    return rc;
}

int campaign_change(struct store_tx *tx, const struct campaign_entry *entry, const struct campaign_brief *brief,
                    const char *who)
{
    struct campaign_entry before, after = *entry;
    int rc = catalogue_find_campaign(tx, entry->rules.id, &before);
    if (rc < 0) {
        return rc;
    }
    if (before.rules.state != CAMPAIGN_DRAFT && before.rules.state != CAMPAIGN_PAUSED) {
        return -EPERM;
    }
    after.brand = before.brand;
    after.joining = brief->occasion == ISSUE_ON_JOINING;
    after.rules.state = before.rules.state;
    after.rules.version = before.rules.version + 1;
    if (catalogue_campaign_fault(&after) || campaign_brief_fault(&after, brief)) {
        return -EINVAL;
    }
    rc = campaign_brief_write(tx, &after, brief);
    struct change change = {.from = after.rules.state, .what = "campaign changed", .who = who, .why = ""};
    return rc ? rc : note_change(tx, &after, &change);
}

/* The clockwork enters who is in the segment, within moments: a large one must not hold up the writer. */
static int open_targets(struct store_tx *tx, uint32_t id)
{
    return query_run(store_tx_write(tx),
                     "INSERT OR IGNORE INTO campaign_opening (campaign) SELECT campaign FROM campaign_brief WHERE "
                     "campaign = ? AND occasion = ?",
                     QUERY(Q_INT(id), Q_INT(ISSUE_TO_SEGMENT)));
}

static int step_messages(struct store_tx *tx, uint32_t id, enum campaign_state state)
{
    bool stops = state == CAMPAIGN_PAUSED || state == CAMPAIGN_ENDED;
    return state == CAMPAIGN_LIVE ? campaign_message_go_live(tx, id) : stops ? campaign_message_stop(tx, id) : 0;
}

int campaign_set_state(struct store_tx *tx, const struct campaign_step *step, struct compliance_report *out_report)
{
    struct campaign_entry entry;
    struct compliance_report report = {0};
    int rc = catalogue_find_campaign(tx, step->campaign, &entry);
    if (rc < 0) {
        return rc;
    }
    if (!step_allowed((enum campaign_state)entry.rules.state, step->state)) {
        return -EPERM;
    }
    bool asked = step->state == CAMPAIGN_CHECKED || step->state == CAMPAIGN_LIVE;
    if (asked) {
        rc = campaign_lint(tx, step->campaign, &report);
    }
    if (rc < 0) {
        return rc;
    }
    if (report.blocked) {
        *out_report = report;
        return -EACCES;
    }
    struct change change = {.from = entry.rules.state,
                            .what = "campaign state",
                            .who = step->who,
                            .why = step->why,
                            .report = asked ? &report : NULL};
    bool begins = entry.rules.state == CAMPAIGN_CHECKED && step->state == CAMPAIGN_LIVE;
    entry.rules.state = (uint8_t)step->state;
    entry.rules.version++;
    rc = note_change(tx, &entry, &change);
    rc = rc || !begins ? rc : open_targets(tx, step->campaign);
    rc = rc ? rc : step_messages(tx, step->campaign, step->state);
    if (rc == 0) {
        *out_report = report;
    }
    return rc;
}

int campaign_each_change(struct store_tx *tx, uint32_t id, campaign_change_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx),
                        "SELECT at_ms, from_state, to_state, version, who, why, findings FROM campaign_change WHERE "
                        "campaign = ? ORDER BY id",
                        QUERY(Q_INT(id)), &stmt);
    if (rc < 0) {
        return rc;
    }
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        struct campaign_change_row row = {.at_ms = db_column_int64(stmt, 0),
                                          .from = (uint8_t)db_column_int64(stmt, 1),
                                          .to = (uint8_t)db_column_int64(stmt, 2),
                                          .version = (uint32_t)db_column_int64(stmt, 3)};
        query_column_text(stmt, 4, row.who, sizeof(row.who));
        query_column_text(stmt, 5, row.why, sizeof(row.why));
        query_column_text(stmt, 6, row.findings, sizeof(row.findings));
        rc = visit(context, &row);
        if (rc != 0) {
            break;
        }
    }
    db_stmt_close(stmt);
    return rc;
}
