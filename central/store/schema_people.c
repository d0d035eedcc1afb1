#include "central/store/store.h"

/* Members, clerks, touchpoints, catalogue, WeChat. openid stands sealed in channel_identity and inbox, nowhere else. */
static const char *const steps[] = {
    "CREATE TABLE member (id INTEGER PRIMARY KEY, brand INTEGER NOT NULL, tier INTEGER NOT NULL, home_store INTEGER "
    "NOT NULL, pin_salt BLOB, pin_hash BLOB, joined_ms INTEGER NOT NULL, touchpoint INTEGER NOT NULL, store INTEGER "
    "NOT NULL, terminal INTEGER NOT NULL, shelf TEXT NOT NULL, clerk INTEGER NOT NULL, campaign INTEGER NOT NULL, "
    "erased INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE INDEX member_joined ON member (joined_ms);"
    "CREATE TABLE consent (id INTEGER PRIMARY KEY, member INTEGER NOT NULL REFERENCES member (id), version TEXT NOT "
    "NULL, given INTEGER NOT NULL, at_ms INTEGER NOT NULL) STRICT;"
    "CREATE INDEX consent_member ON consent (member);"
    "CREATE TABLE clerk (id INTEGER PRIMARY KEY, brand INTEGER NOT NULL, store INTEGER NOT NULL, name TEXT NOT NULL, "
    "role INTEGER NOT NULL, pin_salt BLOB NOT NULL, pin_hash BLOB NOT NULL, badge_serial INTEGER NOT NULL, "
    "badge_expiry_s INTEGER NOT NULL, gone INTEGER NOT NULL) STRICT;"
    "CREATE TABLE touchpoint (id INTEGER PRIMARY KEY, brand INTEGER NOT NULL, store INTEGER NOT NULL, terminal INTEGER "
    "NOT NULL, clerk INTEGER NOT NULL, campaign INTEGER NOT NULL, shelf TEXT NOT NULL, account TEXT NOT NULL, scene "
    "TEXT NOT NULL UNIQUE, url TEXT NOT NULL, valid_to_s INTEGER NOT NULL, gone INTEGER NOT NULL) STRICT;"
    "CREATE TABLE touchpoint_day (touchpoint INTEGER NOT NULL, day INTEGER NOT NULL, shown INTEGER NOT NULL, shown_s "
    "INTEGER NOT NULL, follows INTEGER NOT NULL, scans INTEGER NOT NULL, joins INTEGER NOT NULL, unfollows INTEGER NOT "
    "NULL, PRIMARY KEY (touchpoint, day)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE greeting (id INTEGER PRIMARY KEY, brand INTEGER NOT NULL, store INTEGER NOT NULL, made_s INTEGER NOT "
    "NULL) STRICT;",

    "CREATE TABLE product (brand INTEGER NOT NULL, ean TEXT NOT NULL, sku TEXT NOT NULL, name_zh TEXT NOT NULL, "
    "name_en TEXT NOT NULL, price_minor INTEGER NOT NULL, member_price_minor INTEGER NOT NULL, unit TEXT NOT NULL, "
    "gone INTEGER NOT NULL, PRIMARY KEY (brand, ean)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE campaign (id INTEGER PRIMARY KEY, brand INTEGER NOT NULL, joining INTEGER NOT NULL, life_s INTEGER "
    "NOT NULL, body BLOB NOT NULL) STRICT;"
    "CREATE TABLE offer (id INTEGER PRIMARY KEY, brand INTEGER NOT NULL, store INTEGER NOT NULL, body BLOB NOT NULL) "
    "STRICT;",

    "CREATE TABLE wechat_account (name TEXT PRIMARY KEY, brand INTEGER NOT NULL, api TEXT NOT NULL, appid TEXT NOT "
    "NULL, token_sealed BLOB NOT NULL, secret_sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE channel_identity (id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, who BLOB NOT NULL, "
    "openid_sealed BLOB NOT NULL, member INTEGER NOT NULL, touchpoint INTEGER NOT NULL, followed_ms INTEGER NOT NULL, "
    "UNIQUE (account, who)) STRICT;"
    "CREATE INDEX channel_identity_member ON channel_identity (member);"
    "CREATE TABLE inbox (id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, identity BLOB NOT NULL UNIQUE, "
    "who BLOB, kind TEXT NOT NULL, received_ms INTEGER NOT NULL, message_sealed BLOB, state INTEGER NOT NULL) STRICT;"
    "CREATE INDEX inbox_who ON inbox (who) WHERE who IS NOT NULL;"
    "CREATE INDEX inbox_waiting ON inbox (id) WHERE state = 0;",

    /* what is known of a member's doings, and who is chosen by it; times in ms, 0 = never */
    "CREATE TABLE tag (id INTEGER PRIMARY KEY, brand INTEGER NOT NULL, name TEXT NOT NULL, self INTEGER NOT NULL, "
    "since_version INTEGER NOT NULL, gone_version INTEGER NOT NULL, UNIQUE (brand, name)) STRICT;"
    "CREATE TABLE member_tag (member INTEGER NOT NULL REFERENCES member (id), tag INTEGER NOT NULL REFERENCES tag "
    "(id), source INTEGER NOT NULL, at_ms INTEGER NOT NULL, PRIMARY KEY (member, tag, source)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX member_tag_tag ON member_tag (tag, member);"
    "CREATE TABLE member_activity (member INTEGER PRIMARY KEY REFERENCES member (id), purchases INTEGER NOT NULL "
    "DEFAULT 0, spent INTEGER NOT NULL DEFAULT 0, redemptions INTEGER NOT NULL DEFAULT 0, visited_ms INTEGER NOT NULL "
    "DEFAULT 0, bought_ms INTEGER NOT NULL DEFAULT 0, redeemed_ms INTEGER NOT NULL DEFAULT 0, acted_ms INTEGER NOT "
    "NULL DEFAULT 0) STRICT;"
    "CREATE TABLE tier_rule (brand INTEGER PRIMARY KEY, new_days INTEGER NOT NULL, keep_days INTEGER NOT NULL, "
    "gone_days INTEGER NOT NULL, day INTEGER NOT NULL, cursor INTEGER NOT NULL) STRICT;"
    "CREATE TABLE privilege (id INTEGER PRIMARY KEY, brand INTEGER NOT NULL, tier INTEGER NOT NULL, name_zh TEXT NOT "
    "NULL, name_en TEXT NOT NULL) STRICT;"
    "CREATE TABLE segment (id INTEGER PRIMARY KEY, brand INTEGER NOT NULL, name TEXT NOT NULL, text TEXT NOT NULL, "
    "changed_ms INTEGER NOT NULL, gone INTEGER NOT NULL) STRICT;",

    /* other ways to know a member again (sealed like openids), their acts, and where stores are (millionths of a
       degree) */
    "CREATE TABLE contact (id INTEGER PRIMARY KEY AUTOINCREMENT, kind INTEGER NOT NULL, who BLOB NOT NULL, sealed BLOB "
    "NOT NULL, member INTEGER NOT NULL REFERENCES member (id), at_ms INTEGER NOT NULL, UNIQUE (kind, who)) STRICT;"
    "CREATE INDEX contact_member ON contact (member);"
    "CREATE TABLE member_record (member INTEGER NOT NULL REFERENCES member (id), terminal INTEGER NOT NULL, "
    "incarnation INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (member, terminal, incarnation, seq)) STRICT, "
    "WITHOUT ROWID;"
    "CREATE TABLE shop_place (store INTEGER PRIMARY KEY, latitude INTEGER NOT NULL, longitude INTEGER NOT NULL) STRICT;"
    "ALTER TABLE member ADD COLUMN personal INTEGER NOT NULL DEFAULT 1;",

    /* the first notice, 2026-11, did not speak of being chosen: who agreed to that one alone is asked */
    "UPDATE member SET personal = 0 WHERE id IN (SELECT member FROM consent WHERE version = '2026-11' AND given = 1) "
    "AND "
    "id NOT IN (SELECT member FROM consent WHERE version NOT IN ('', '2026-11') AND given = 1);",

    /* two numbers that are one person; member.erased is 2 for the one that was absorbed. item: what went over, so that
       it can go back; kind: enum merge_item */
    "ALTER TABLE member ADD COLUMN merged_into INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX member_merged ON member (merged_into) WHERE merged_into != 0;"
    "CREATE TABLE member_merge (id INTEGER PRIMARY KEY, survivor INTEGER NOT NULL, absorbed INTEGER NOT NULL, at_ms "
    "INTEGER NOT NULL, who TEXT NOT NULL, evidence TEXT NOT NULL, undone_ms INTEGER NOT NULL) STRICT;"
    "CREATE INDEX member_merge_absorbed ON member_merge (absorbed);"
    "CREATE TABLE member_merge_item (merge INTEGER NOT NULL, kind INTEGER NOT NULL, a INTEGER NOT NULL, b INTEGER NOT "
    "NULL, cause TEXT NOT NULL, PRIMARY KEY (merge, kind, a, b)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE merge_offer (identity INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, made_ms INTEGER NOT NULL, "
    "other "
    "INTEGER NOT NULL) STRICT;",
};

const struct store_schema store_schema_people = {
    .part = "people", .steps = steps, .count = sizeof(steps) / sizeof(steps[0])};
