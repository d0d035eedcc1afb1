#include "central/store/campaign.h"

/*
 * SQLite uses an index with a condition only in a query that states the same condition, and without statistics prefers
 * the primary key even then: a member is looked up with INDEXED BY and `member = ? AND member != 0`.
 *
 * brief.state repeats the campaign's own, so that hooks find those that are live without reading every body. Campaigns
 * of books made before plans were kept get an empty one: they go on, and are asked for a plan when their state changes.
 */
static const char *const steps[] = {
    "CREATE TABLE campaign_brief (campaign INTEGER PRIMARY KEY, state INTEGER NOT NULL, occasion INTEGER NOT NULL, "
    "needs_follow INTEGER NOT NULL, needs_contact INTEGER NOT NULL, consent_version INTEGER NOT NULL, total_limit "
    "INTEGER NOT NULL, budget INTEGER NOT NULL, cost INTEGER NOT NULL, purchase_min INTEGER NOT NULL, segment INTEGER "
    "NOT NULL, ean TEXT NOT NULL, stock INTEGER NOT NULL, terms_zh TEXT NOT NULL, terms_en TEXT NOT NULL) STRICT;"
    "CREATE INDEX campaign_brief_occasion ON campaign_brief (occasion, state);"
    "CREATE TABLE campaign_message (campaign INTEGER NOT NULL, number INTEGER NOT NULL, channel INTEGER NOT NULL, "
    "after INTEGER NOT NULL, at_ms INTEGER NOT NULL, delay_ms INTEGER NOT NULL, text_zh TEXT NOT NULL, text_en TEXT "
    "NOT NULL, PRIMARY KEY (campaign, number)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE campaign_touchpoint (touchpoint INTEGER NOT NULL, campaign INTEGER NOT NULL, PRIMARY KEY "
    "(touchpoint, campaign)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE campaign_change (id INTEGER PRIMARY KEY, campaign INTEGER NOT NULL, at_ms INTEGER NOT NULL, "
    "from_state INTEGER NOT NULL, to_state INTEGER NOT NULL, version INTEGER NOT NULL, who TEXT NOT NULL, why TEXT NOT "
    "NULL, findings TEXT NOT NULL) STRICT;"
    "CREATE INDEX campaign_change_campaign ON campaign_change (campaign, id);"
    "INSERT INTO campaign_brief SELECT id, 3, joining, 0, 0, 0, 0, 0, 0, 0, 0, '', 0, '', '' FROM campaign;",

    /* what was given to whom and what became of it; state: enum given_state. cause: '' or unique for its member */
    "CREATE TABLE campaign_given (campaign INTEGER NOT NULL, serial INTEGER NOT NULL, member INTEGER NOT NULL, "
    "occasion INTEGER NOT NULL, cause TEXT NOT NULL, given_ms INTEGER NOT NULL, public_from_s INTEGER NOT NULL, "
    "expiry_s INTEGER NOT NULL, state INTEGER NOT NULL, committed INTEGER NOT NULL, used_ms INTEGER NOT NULL, "
    "released_ms INTEGER NOT NULL, claimed_by INTEGER NOT NULL, PRIMARY KEY (campaign, serial)) STRICT, WITHOUT ROWID;"
    "CREATE UNIQUE INDEX campaign_given_cause ON campaign_given (campaign, member, cause) WHERE cause != '';"
    "CREATE INDEX campaign_given_sale ON campaign_given (cause) WHERE occasion = 2;"
    "CREATE INDEX campaign_given_member ON campaign_given (member, campaign) WHERE member != 0;"
    "CREATE INDEX campaign_given_claimer ON campaign_given (claimed_by) WHERE claimed_by != 0;"
    "CREATE INDEX campaign_given_release ON campaign_given (public_from_s) WHERE state = 0 AND released_ms = 0 AND "
    "public_from_s != 0;"
    "CREATE INDEX campaign_given_expiry ON campaign_given (expiry_s) WHERE state = 0;"
    "CREATE INDEX campaign_given_pool ON campaign_given (campaign, expiry_s) WHERE state = 0 AND released_ms != 0 AND "
    "claimed_by = 0;"
    "CREATE TABLE campaign_count (campaign INTEGER PRIMARY KEY, given INTEGER NOT NULL, committed INTEGER NOT NULL, "
    "pool_dirty INTEGER NOT NULL, told_ms INTEGER NOT NULL) STRICT;"
    /* the two arms of its measurement: one row for each member that it was or would have been given to */
    "CREATE TABLE campaign_arm (campaign INTEGER NOT NULL, member INTEGER NOT NULL, held INTEGER NOT NULL, since_ms "
    "INTEGER NOT NULL, until_ms INTEGER NOT NULL, used INTEGER NOT NULL, bought INTEGER NOT NULL, PRIMARY KEY "
    "(campaign, member)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX campaign_arm_member ON campaign_arm (member) WHERE bought = 0;"
    "CREATE TABLE campaign_unmet (campaign INTEGER NOT NULL, member INTEGER NOT NULL, reason INTEGER NOT NULL, asked "
    "INTEGER NOT NULL, first_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL, PRIMARY KEY (campaign, member, reason)) "
    "STRICT, WITHOUT ROWID;"
    "CREATE TABLE campaign_target (campaign INTEGER NOT NULL, member INTEGER NOT NULL, verdict INTEGER, PRIMARY KEY "
    "(campaign, member)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX campaign_target_waiting ON campaign_target (campaign, member) WHERE verdict IS NULL;",

    "CREATE TABLE survey (id INTEGER PRIMARY KEY, brand INTEGER NOT NULL, campaign INTEGER NOT NULL, closed INTEGER "
    "NOT NULL, body BLOB NOT NULL) STRICT;"
    "CREATE TABLE survey_answer (id INTEGER PRIMARY KEY, survey INTEGER NOT NULL, member INTEGER NOT NULL, answer "
    "INTEGER NOT NULL, audience INTEGER NOT NULL, store INTEGER NOT NULL, at_ms INTEGER NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX survey_answer_member ON survey_answer (survey, member) WHERE member != 0;"
    "CREATE INDEX survey_answer_survey ON survey_answer (survey);",

    /* a pool by who holds it, as last counted: member pages are many, pools large */
    "CREATE TABLE campaign_shelf (campaign INTEGER NOT NULL, store INTEGER NOT NULL, count INTEGER NOT NULL, until_s "
    "INTEGER NOT NULL, PRIMARY KEY (campaign, store)) STRICT, WITHOUT ROWID;"
    "UPDATE campaign_count SET pool_dirty = 1;",

    /* codes that were printed together; account: whose codes they are, as it was when the batch was made */
    "CREATE TABLE touchpoint_batch (id INTEGER PRIMARY KEY, brand INTEGER NOT NULL, account TEXT NOT NULL, size TEXT "
    "NOT NULL, words TEXT NOT NULL, made_ms INTEGER NOT NULL, made_by TEXT NOT NULL, printings INTEGER NOT NULL, "
    "printed_ms INTEGER NOT NULL, retired_ms INTEGER NOT NULL, why TEXT NOT NULL) STRICT;"
    "CREATE TABLE touchpoint_printed (batch INTEGER NOT NULL, serial INTEGER NOT NULL, touchpoint INTEGER NOT NULL "
    "UNIQUE, PRIMARY KEY (batch, serial)) STRICT, WITHOUT ROWID;",

    /* messages as plans, and replies that wait for an act; what was live before is planned from now on */
    "CREATE TABLE campaign_messaging (campaign INTEGER NOT NULL, number INTEGER NOT NULL, state INTEGER NOT NULL, "
    "PRIMARY KEY (campaign, number)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX campaign_messaging_due ON campaign_messaging (state) WHERE state IN (0, 2);"
    "CREATE TABLE campaign_message_plan (plan INTEGER PRIMARY KEY, campaign INTEGER NOT NULL, number INTEGER NOT NULL, "
    "account TEXT NOT NULL) STRICT;"
    "CREATE INDEX campaign_message_plan_of ON campaign_message_plan (campaign, number);"
    "CREATE TABLE campaign_trigger (plan INTEGER PRIMARY KEY, account TEXT NOT NULL, kind INTEGER NOT NULL, delay_ms "
    "INTEGER NOT NULL, campaign INTEGER NOT NULL, number INTEGER NOT NULL) STRICT;"
    "CREATE INDEX campaign_trigger_act ON campaign_trigger (account, kind);"
    /* segments whose members are to be entered as targets of a campaign that went live */
    "CREATE TABLE campaign_opening (campaign INTEGER PRIMARY KEY) STRICT;",
    "CREATE INDEX campaign_unmet_taken ON campaign_unmet (member, last_ms) WHERE reason = 11;",
};

const struct store_schema store_schema_campaign = {"campaign", steps, ARRAY_LEN(steps)};
