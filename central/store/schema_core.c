#include "central/store/store.h"

/*
 * Lanes of the feed are numbered id * 2 for a store and id * 2 + 1 for a brand. journal.position is the order of
 * arrival. Never change a step that was released; add one at the end.
 */
static const char *const steps[] = {
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;"

    "CREATE TABLE brand (id INTEGER PRIMARY KEY, name_zh TEXT NOT NULL, name_en TEXT NOT NULL, accent TEXT NOT NULL);"
    "CREATE TABLE shop (id INTEGER PRIMARY KEY, brand INTEGER NOT NULL REFERENCES brand (id), name_zh TEXT NOT NULL,"
    " name_en TEXT NOT NULL, address TEXT NOT NULL, earn_permille INTEGER NOT NULL, owner_scope INTEGER NOT NULL,"
    " owner_id INTEGER NOT NULL, idle_s INTEGER NOT NULL, primary_terminal INTEGER NOT NULL,"
    " store_epoch INTEGER NOT NULL);"
    "CREATE TABLE ticket (secret_id BLOB PRIMARY KEY, secret BLOB NOT NULL, store INTEGER NOT NULL REFERENCES shop "
    "(id),"
    " role INTEGER NOT NULL, expires_ms INTEGER NOT NULL, terminal INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE terminal (id INTEGER PRIMARY KEY, store INTEGER NOT NULL REFERENCES shop (id),"
    " brand INTEGER NOT NULL REFERENCES brand (id), incarnation INTEGER NOT NULL, role INTEGER NOT NULL,"
    " state INTEGER NOT NULL, public_key BLOB NOT NULL UNIQUE, waiting_key_id TEXT NOT NULL UNIQUE,"
    " digits TEXT NOT NULL, hardware TEXT NOT NULL, enrolled_ms INTEGER NOT NULL, last_contact_ms INTEGER NOT NULL);"
    "CREATE INDEX terminal_waiting ON terminal (digits) WHERE state = 1;"

    "CREATE TABLE feed_head (lane INTEGER PRIMARY KEY, position INTEGER NOT NULL);"
    "CREATE TABLE feed (lane INTEGER NOT NULL, position INTEGER NOT NULL, kind INTEGER NOT NULL, key TEXT NOT NULL,"
    " body BLOB NOT NULL, PRIMARY KEY (lane, position)) WITHOUT ROWID;"
    "CREATE UNIQUE INDEX feed_key ON feed (lane, kind, key);"

    "CREATE TABLE journal (position INTEGER PRIMARY KEY, terminal INTEGER NOT NULL, incarnation INTEGER NOT NULL,"
    " seq INTEGER NOT NULL, store INTEGER NOT NULL, version INTEGER NOT NULL, hlc INTEGER NOT NULL,"
    " kind INTEGER NOT NULL, received_ms INTEGER NOT NULL, body BLOB NOT NULL, hash BLOB NOT NULL);"
    "CREATE UNIQUE INDEX journal_id ON journal (terminal, incarnation, seq);"
    "CREATE TABLE journal_head (terminal INTEGER NOT NULL, incarnation INTEGER NOT NULL, durable INTEGER NOT NULL,"
    " archived INTEGER NOT NULL, last_hash BLOB NOT NULL, PRIMARY KEY (terminal, incarnation)) WITHOUT ROWID;"
    "CREATE TABLE quarantine (id INTEGER PRIMARY KEY, terminal INTEGER NOT NULL, incarnation INTEGER NOT NULL,"
    " first_seq INTEGER NOT NULL, count INTEGER NOT NULL, last_hash BLOB NOT NULL, reason TEXT NOT NULL,"
    " received_ms INTEGER NOT NULL, times INTEGER NOT NULL, batch BLOB NOT NULL,"
    " UNIQUE (terminal, incarnation, first_seq, last_hash));"
    "CREATE TABLE record_problem (terminal INTEGER NOT NULL, incarnation INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " kind INTEGER NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (terminal, incarnation, seq)) WITHOUT ROWID;"
    "CREATE TABLE waiting_void (target_terminal INTEGER NOT NULL, target_incarnation INTEGER NOT NULL,"
    " target_seq INTEGER NOT NULL, terminal INTEGER NOT NULL, incarnation INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " PRIMARY KEY (target_terminal, target_incarnation, target_seq, terminal, incarnation, seq)) WITHOUT ROWID;"
    "CREATE TABLE voided (terminal INTEGER NOT NULL, incarnation INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " by_terminal INTEGER NOT NULL, by_incarnation INTEGER NOT NULL, by_seq INTEGER NOT NULL,"
    " PRIMARY KEY (terminal, incarnation, seq)) WITHOUT ROWID;"

    "CREATE TABLE coupon (campaign INTEGER NOT NULL, serial INTEGER NOT NULL, brand INTEGER NOT NULL,"
    " member INTEGER NOT NULL, home_store INTEGER NOT NULL, store_epoch INTEGER NOT NULL, mode INTEGER NOT NULL,"
    " valid_from_s INTEGER NOT NULL, expiry_s INTEGER NOT NULL, exclusive_until_s INTEGER NOT NULL, shortcode TEXT,"
    " revoked INTEGER NOT NULL, issued_ms INTEGER NOT NULL, right_epoch INTEGER NOT NULL, right_store INTEGER NOT NULL,"
    " lost INTEGER NOT NULL, uses INTEGER NOT NULL, next_use_no INTEGER NOT NULL, PRIMARY KEY (campaign, serial))"
    " WITHOUT ROWID;"
    "CREATE UNIQUE INDEX coupon_shortcode ON coupon (shortcode) WHERE shortcode IS NOT NULL;"
    "CREATE INDEX coupon_member ON coupon (member) WHERE member != 0;"
    "CREATE TABLE grant_log (campaign INTEGER NOT NULL, serial INTEGER NOT NULL, epoch INTEGER NOT NULL,"
    " store INTEGER NOT NULL, use_no INTEGER NOT NULL, transfer INTEGER NOT NULL, risk INTEGER NOT NULL,"
    " granted_ms INTEGER NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (campaign, serial, epoch)) WITHOUT ROWID;"
    "CREATE TABLE redemption (campaign INTEGER NOT NULL, serial INTEGER NOT NULL, use_no INTEGER NOT NULL,"
    " terminal INTEGER NOT NULL, incarnation INTEGER NOT NULL, seq INTEGER NOT NULL, store INTEGER NOT NULL,"
    " member INTEGER NOT NULL, discount INTEGER NOT NULL, offline INTEGER NOT NULL, rightful INTEGER NOT NULL,"
    " business_ms INTEGER NOT NULL, voided INTEGER NOT NULL, PRIMARY KEY (campaign, serial, use_no)) WITHOUT ROWID;"
    "CREATE UNIQUE INDEX redemption_record ON redemption (terminal, incarnation, seq);"
    "CREATE INDEX redemption_store ON redemption (store);"
    "CREATE INDEX redemption_member ON redemption (campaign, member) WHERE member != 0;"
    "CREATE TABLE conflict (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, campaign INTEGER NOT NULL,"
    " serial INTEGER NOT NULL, use_no INTEGER NOT NULL, terminal INTEGER NOT NULL, incarnation INTEGER NOT NULL,"
    " seq INTEGER NOT NULL, c_terminal INTEGER NOT NULL, c_incarnation INTEGER NOT NULL, c_seq INTEGER NOT NULL,"
    " store INTEGER NOT NULL, member INTEGER NOT NULL, clerk INTEGER NOT NULL, mode INTEGER NOT NULL,"
    " policy_version INTEGER NOT NULL, sync_age_s INTEGER NOT NULL, discount INTEGER NOT NULL,"
    " budget_used INTEGER NOT NULL, found_ms INTEGER NOT NULL, UNIQUE (terminal, incarnation, seq));"

    "CREATE TABLE share (member INTEGER NOT NULL, scope INTEGER NOT NULL, owner INTEGER NOT NULL,"
    " store INTEGER NOT NULL, amount INTEGER NOT NULL, PRIMARY KEY (member, scope, owner, store)) WITHOUT ROWID;"
    "CREATE TABLE transfer (id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, state INTEGER NOT NULL,"
    " request_id BLOB NOT NULL, campaign INTEGER NOT NULL, serial INTEGER NOT NULL, epoch INTEGER NOT NULL,"
    " member INTEGER NOT NULL, scope INTEGER NOT NULL, owner INTEGER NOT NULL, amount INTEGER NOT NULL,"
    " from_store INTEGER NOT NULL, to_store INTEGER NOT NULL, to_terminal INTEGER NOT NULL,"
    " made_ms INTEGER NOT NULL, asked_ms INTEGER NOT NULL, position INTEGER NOT NULL);"
    "CREATE UNIQUE INDEX transfer_request ON transfer (to_terminal, request_id);"
    "CREATE UNIQUE INDEX transfer_coupon ON transfer (campaign, serial) WHERE kind = 1 AND state = 1;"
    "CREATE UNIQUE INDEX transfer_share ON transfer (member, scope, owner, to_store) WHERE kind = 2 AND state = 1;"

    "CREATE TABLE posting (terminal INTEGER NOT NULL, incarnation INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " line INTEGER NOT NULL, account TEXT NOT NULL, unit INTEGER NOT NULL, amount INTEGER NOT NULL,"
    " PRIMARY KEY (terminal, incarnation, seq, line)) WITHOUT ROWID;"
    "CREATE TABLE balance (account TEXT NOT NULL, unit INTEGER NOT NULL, amount INTEGER NOT NULL,"
    " PRIMARY KEY (account, unit)) WITHOUT ROWID;",

    /* after a restore: who has shown the end of its journal, and credit that is neither here nor there */
    "CREATE TABLE catch_up (terminal INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " forced INTEGER NOT NULL);"
    "CREATE TABLE share_transit (transfer INTEGER PRIMARY KEY, member INTEGER NOT NULL, scope INTEGER NOT NULL,"
    " owner INTEGER NOT NULL, amount INTEGER NOT NULL, from_store INTEGER NOT NULL, to_store INTEGER NOT NULL);"
    "CREATE INDEX coupon_lost ON coupon (campaign, serial) WHERE lost = 1;",

    /* who is a store's primary, and what its predecessor's rights became */
    "ALTER TABLE shop ADD COLUMN since_epoch INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE shop ADD COLUMN alone INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE shop ADD COLUMN went_alone INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE terminal ADD COLUMN lan_address TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE terminal ADD COLUMN replaces INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE terminal ADD COLUMN written_off INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE ticket ADD COLUMN replaces INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE grant_log ADD COLUMN store_epoch INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX coupon_right ON coupon (right_store) WHERE right_store != 0 AND uses = 0;"
    "CREATE TABLE promotion (terminal INTEGER NOT NULL, incarnation INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " store INTEGER NOT NULL, store_epoch INTEGER NOT NULL, old_terminal INTEGER NOT NULL,"
    " old_incarnation INTEGER NOT NULL, copy_through INTEGER NOT NULL, complete INTEGER NOT NULL,"
    " behind INTEGER NOT NULL, PRIMARY KEY (terminal, incarnation, seq)) WITHOUT ROWID;"
    "CREATE INDEX promotion_old ON promotion (old_terminal, old_incarnation);"
    "CREATE TABLE succession (store INTEGER PRIMARY KEY, old_terminal INTEGER NOT NULL, position INTEGER NOT NULL,"
    " state INTEGER NOT NULL, risk INTEGER NOT NULL, shares INTEGER NOT NULL);",

    /* what a terminal last signed over its chain: evidence for every record before it */
    "ALTER TABLE journal_head ADD COLUMN signed_head BLOB;"
    "ALTER TABLE journal_head ADD COLUMN signature BLOB;"
    "CREATE INDEX grant_risk ON grant_log (transfer) WHERE risk = 1;",

    /* credit that goes on under another member's number: asked back from its store (0), then given anew (1) or not (2)
     */
    "CREATE TABLE credit_recall (transfer INTEGER PRIMARY KEY, from_member INTEGER NOT NULL, to_member INTEGER NOT "
    "NULL,"
    " scope INTEGER NOT NULL, owner INTEGER NOT NULL, store INTEGER NOT NULL, amount INTEGER NOT NULL,"
    " state INTEGER NOT NULL);"
    "CREATE INDEX credit_recall_from ON credit_recall (from_member, to_member);",

    /* credit that nothing covers: what is asked, who has shown its end since, what was written off; split: a conflict
     * of before, whose record's own postings were split */
    "CREATE TABLE uncovered (member INTEGER NOT NULL, scope INTEGER NOT NULL, owner INTEGER NOT NULL,"
    " store INTEGER NOT NULL, position INTEGER NOT NULL, written_off INTEGER NOT NULL, given INTEGER NOT NULL,"
    " PRIMARY KEY (member, scope, owner, store)) WITHOUT ROWID;"
    "CREATE INDEX uncovered_open ON uncovered (store) WHERE position != 0;"
    "CREATE TABLE shown_end (terminal INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, position INTEGER NOT NULL);"
    "ALTER TABLE conflict ADD COLUMN split INTEGER NOT NULL DEFAULT 1;",

    /* store epochs up to it may have been given by books that a restore lost, or by promotions they do not know */
    "ALTER TABLE shop ADD COLUMN epoch_floor INTEGER NOT NULL DEFAULT 0;",

    /* whose clock is not central's (terminal_clock.h) */
    ("CREATE TABLE terminal_clock (terminal INTEGER PRIMARY KEY, lead_ms INTEGER NOT NULL, lead_at_ms INTEGER NOT NULL,"
     " said_ms INTEGER NOT NULL, said_at_ms INTEGER NOT NULL);"),

    /* until when a right may be used where it went (rights_lease.h) */
    "ALTER TABLE grant_log ADD COLUMN lease_until_s INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE coupon ADD COLUMN lease_until_s INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX coupon_lease ON coupon (lease_until_s) WHERE lease_until_s != 0 AND right_store != 0 AND uses = 0"
    " AND revoked = 0;",

    /* days after which credit earned at the store ends; 0 = never */
    "ALTER TABLE shop ADD COLUMN credit_term INTEGER NOT NULL DEFAULT 0;",

    /* of a redemption that counted until the one with the right came: the place of central's record that moved it to
     * the risk account (rights_displace.h); 0 = it never counted */
    "ALTER TABLE conflict ADD COLUMN displaced INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX conflict_canonical ON conflict (c_terminal, c_incarnation, c_seq);",
};

const struct store_schema store_schema_core = {"core", steps, ARRAY_LEN(steps)};
