#include "books.h"

/*
 * Truth first: the journal and what central sent. Everything after "projections" can be rebuilt from the journal.
 * Postings are not stored: they are a pure function of a record (domain/ledger.h), so a row of them would only cost a
 * page a commit. The redemption row is also the consumption of the right, for the same reason.
 */

static const char journal_tables[] =
    "CREATE TABLE config(key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE era(era INTEGER PRIMARY KEY, terminal INTEGER NOT NULL, incarnation INTEGER NOT NULL,"
    " store INTEGER NOT NULL, durable_through INTEGER NOT NULL DEFAULT 0,"
    " archived_through INTEGER NOT NULL DEFAULT 0, pruned_through INTEGER NOT NULL DEFAULT 0,"
    " UNIQUE(terminal, incarnation));"
    "CREATE TABLE journal(id INTEGER PRIMARY KEY, version INTEGER NOT NULL, terminal INTEGER NOT NULL,"
    " incarnation INTEGER NOT NULL, seq INTEGER NOT NULL, hlc INTEGER NOT NULL, kind INTEGER NOT NULL,"
    " body BLOB NOT NULL, prev_hash BLOB NOT NULL, hash BLOB NOT NULL);"
    "CREATE TABLE pin_guard(owner INTEGER NOT NULL, who INTEGER NOT NULL, failures INTEGER NOT NULL,"
    " locked_until_mono_ms INTEGER NOT NULL, PRIMARY KEY(owner, who)) WITHOUT ROWID;";

static const char feed_tables[] =
    "CREATE TABLE campaign(campaign INTEGER PRIMARY KEY, body BLOB NOT NULL);"
    "CREATE TABLE product(ean TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE clerk(clerk INTEGER PRIMARY KEY, body BLOB NOT NULL);"
    "CREATE TABLE touchpoint(touchpoint INTEGER PRIMARY KEY, terminal INTEGER NOT NULL, body BLOB NOT NULL);"
    "CREATE INDEX touchpoint_terminal ON touchpoint(terminal);"
    "CREATE TABLE member(member INTEGER PRIMARY KEY, body BLOB NOT NULL);"
    "CREATE TABLE coupon(campaign INTEGER NOT NULL, serial INTEGER NOT NULL, shortcode TEXT NOT NULL,"
    " member INTEGER NOT NULL, expiry_s INTEGER NOT NULL, body BLOB NOT NULL,"
    " PRIMARY KEY(campaign, serial)) WITHOUT ROWID;"
    "CREATE INDEX coupon_shortcode ON coupon(shortcode);"
    "CREATE INDEX coupon_member ON coupon(member, expiry_s);"
    "CREATE TABLE greeting(greeting INTEGER PRIMARY KEY);"
    "CREATE TABLE terminal(terminal INTEGER PRIMARY KEY, body BLOB NOT NULL);"
    "CREATE TABLE offer(offer INTEGER PRIMARY KEY, rank INTEGER NOT NULL, body BLOB NOT NULL);"
    "CREATE TABLE feed_kept(lane INTEGER NOT NULL, position INTEGER NOT NULL, kind INTEGER NOT NULL,"
    " malformed INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY(lane, position)) WITHOUT ROWID;";

static const char projections[] =
    "CREATE TABLE redemption(campaign INTEGER NOT NULL, serial INTEGER NOT NULL, use_no INTEGER NOT NULL,"
    " epoch INTEGER NOT NULL, record INTEGER NOT NULL, member INTEGER NOT NULL, discount_minor INTEGER NOT NULL,"
    " business_ms INTEGER NOT NULL, by_budget INTEGER NOT NULL, voided INTEGER NOT NULL,"
    " PRIMARY KEY(campaign, serial, use_no)) WITHOUT ROWID;"
    "CREATE INDEX redemption_budget ON redemption(campaign, record) WHERE by_budget = 1;"
    "CREATE TABLE held_right(campaign INTEGER NOT NULL, serial INTEGER NOT NULL, epoch INTEGER NOT NULL,"
    " use_no INTEGER NOT NULL, state INTEGER NOT NULL, PRIMARY KEY(campaign, serial)) WITHOUT ROWID;"
    "CREATE TABLE share(member INTEGER NOT NULL, scope INTEGER NOT NULL, owner INTEGER NOT NULL,"
    " amount_minor INTEGER NOT NULL CHECK(typeof(amount_minor) = 'integer' AND amount_minor >= 0),"
    " PRIMARY KEY(member, scope, owner)) WITHOUT ROWID;"
    "CREATE TABLE share_transfer(kind INTEGER NOT NULL, transfer INTEGER NOT NULL,"
    " PRIMARY KEY(kind, transfer)) WITHOUT ROWID;"
    "CREATE TABLE balance(account TEXT NOT NULL, unit INTEGER NOT NULL,"
    " amount_minor INTEGER NOT NULL CHECK(typeof(amount_minor) = 'integer'),"
    " PRIMARY KEY(account, unit)) WITHOUT ROWID;"
    "CREATE TABLE member_use(campaign INTEGER NOT NULL, member INTEGER NOT NULL, uses INTEGER NOT NULL,"
    " PRIMARY KEY(campaign, member)) WITHOUT ROWID;"
    "CREATE TABLE nonce_used(nonce INTEGER PRIMARY KEY);"
    "CREATE TABLE voided(record INTEGER PRIMARY KEY);";

/*
 * A store of several terminals. Copies of the peers' journals stand in journal and era beside this terminal's own (own
 * = 1); pruned_through of a copy is what its owner no longer had. copy_batch keeps their signed heads, so that a copy
 * can be handed on as it came. share loses its lower bound, because copies arrive in any order: own acts look first.
 * Books with records are projected anew once ('rebuild').
 */
static const char several_terminals[] =
    "ALTER TABLE era ADD COLUMN own INTEGER NOT NULL DEFAULT 1;"
    "CREATE TABLE copy_batch(era INTEGER NOT NULL, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL,"
    " head BLOB NOT NULL, signature BLOB NOT NULL, PRIMARY KEY(era, first_seq, last_seq)) WITHOUT ROWID;"
    "CREATE TABLE authority_waiting(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, transfer INTEGER NOT NULL,"
    " body BLOB NOT NULL, UNIQUE(kind, body));"
    "CREATE TABLE pending_request(request_id BLOB PRIMARY KEY, since_ms INTEGER NOT NULL, act BLOB NOT NULL)"
    " WITHOUT ROWID;"
    "DROP TABLE share;"
    "CREATE TABLE share(member INTEGER NOT NULL, scope INTEGER NOT NULL, owner INTEGER NOT NULL,"
    " amount_minor INTEGER NOT NULL CHECK(typeof(amount_minor) = 'integer'),"
    " PRIMARY KEY(member, scope, owner)) WITHOUT ROWID;"
    "DROP TABLE share_transfer;"
    "CREATE TABLE share_transfer(kind INTEGER NOT NULL, transfer INTEGER NOT NULL, record INTEGER NOT NULL,"
    " amount_minor INTEGER NOT NULL, PRIMARY KEY(kind, transfer)) WITHOUT ROWID;"
    "CREATE TABLE record_voided(record INTEGER PRIMARY KEY, void INTEGER NOT NULL);"
    "CREATE TABLE void_waiting(terminal INTEGER NOT NULL, incarnation INTEGER NOT NULL, seq INTEGER NOT NULL,"
    " void INTEGER NOT NULL, PRIMARY KEY(terminal, incarnation, seq, void)) WITHOUT ROWID;"
    "CREATE TABLE promotion(record INTEGER PRIMARY KEY, store_epoch INTEGER NOT NULL, terminal INTEGER NOT NULL,"
    " old_terminal INTEGER NOT NULL, old_incarnation INTEGER NOT NULL, copy_through INTEGER NOT NULL,"
    " complete INTEGER NOT NULL, behind INTEGER NOT NULL);"
    "CREATE TABLE request_done(request_id BLOB PRIMARY KEY, record INTEGER NOT NULL) WITHOUT ROWID;"
    "INSERT INTO config(key, value) SELECT 'rebuild', 1 WHERE EXISTS(SELECT 1 FROM journal);";

/* What anybody may have now, and what anybody is asked, from the feed. */
static const char for_everybody[] =
    "CREATE TABLE pool(campaign INTEGER PRIMARY KEY, until_s INTEGER NOT NULL, body BLOB NOT NULL);"
    "CREATE TABLE survey(survey INTEGER PRIMARY KEY, body BLOB NOT NULL);";

/*
 * What this terminal itself redeemed without the right. The redemption row cannot say so: another terminal of the store
 * may have redeemed the same use, and one of the two stands there.
 */
static const char own_budget[] =
    "DROP INDEX redemption_budget;"
    "CREATE TABLE budget_use(campaign INTEGER NOT NULL, record INTEGER NOT NULL, discount_minor INTEGER NOT NULL,"
    " PRIMARY KEY(campaign, record)) WITHOUT ROWID;"
    "INSERT OR REPLACE INTO config(key, value) SELECT 'rebuild', 1 WHERE EXISTS(SELECT 1 FROM journal);";

/*
 * Terminals that are no longer of the store, as the feed named them last: copies of their journals go on from terminal
 * to terminal, and to central. The store's lane is taken once more for those that went before.
 */
static const char gone_terminals[] = "CREATE TABLE terminal_gone(terminal INTEGER PRIMARY KEY, body BLOB NOT NULL);"
                                     "UPDATE config SET value = 0 WHERE key = 'feed_store';";

/* Members that became part of another one, as the feed says; member_use stays with the number it was counted for. */
static const char merged_members[] = "CREATE TABLE member_alias(member INTEGER PRIMARY KEY, survivor INTEGER NOT NULL);"
                                     "CREATE INDEX member_alias_survivor ON member_alias(survivor);";

/* What central asks of this device beside selling. */
static const char for_the_device[] =
    "CREATE TABLE IF NOT EXISTS device_order(id INTEGER PRIMARY KEY, expires_s INTEGER NOT NULL, body BLOB NOT NULL);";

/* Under which store epoch a right was granted: of what came by a copy a successor may hold only the later ones. */
static const char right_epochs[] =
    "ALTER TABLE held_right ADD COLUMN store_epoch INTEGER NOT NULL DEFAULT 0;"
    "INSERT OR REPLACE INTO config(key, value) SELECT 'rebuild', 1 WHERE EXISTS(SELECT 1 FROM journal);";

/*
 * From when on anybody may have a coupon, of those that are of nobody's alone one day (public.c): negative while it is
 * used or its right was given up, 0 never. What stands here already is read bit by bit ('public_unread').
 */
static const char for_the_public[] =
    "ALTER TABLE coupon ADD COLUMN public_from_s INTEGER NOT NULL DEFAULT 0;"
    "CREATE INDEX coupon_public ON coupon(campaign, expiry_s, serial, public_from_s) WHERE public_from_s > 0;"
    "CREATE INDEX coupon_away ON coupon(campaign, serial) WHERE public_from_s < 0;"
    "INSERT OR REPLACE INTO config(key, value) SELECT 'public_unread', 1 WHERE EXISTS(SELECT 1 FROM coupon);";

/* Until when a right may be used here; a copy of a newer terminal's journal may say so already. */
static const char leases[] =
    "ALTER TABLE held_right ADD COLUMN lease_until_s INTEGER NOT NULL DEFAULT 0;"
    "INSERT OR REPLACE INTO config(key, value) SELECT 'rebuild', 1 WHERE EXISTS(SELECT 1 FROM journal);";

/*
 * What of a share ends, and when. gone_minor: of that end, what expired here or was moved away: nobody spent it;
 * expired_minor: what a record let expire, ever: a void that comes back from there changes nothing of it. Sums, like
 * the shares: below nothing while a copy is missing.
 */
static const char credit_parts[] =
    "CREATE TABLE share_part(member INTEGER NOT NULL, scope INTEGER NOT NULL, owner INTEGER NOT NULL,"
    " ends_s INTEGER NOT NULL, amount_minor INTEGER NOT NULL CHECK(typeof(amount_minor) = 'integer'),"
    " gone_minor INTEGER NOT NULL CHECK(typeof(gone_minor) = 'integer'), expired_minor INTEGER NOT NULL DEFAULT 0,"
    " PRIMARY KEY(member, scope, owner, ends_s)) WITHOUT ROWID;"
    "CREATE INDEX share_part_ends ON share_part(ends_s) WHERE amount_minor > 0;";

/*
 * Steps only add, so that a version that fell back to writes books of a later one too: it knows nothing of what was
 * added. The later one then makes its projections anew, from the journal and from what central sent.
 */
static const char made_anew[] =
    "INSERT OR REPLACE INTO config(key, value) SELECT 'rebuild', 1 WHERE EXISTS(SELECT 1 FROM journal);"
    "INSERT OR REPLACE INTO config(key, value) SELECT 'public_unread', 1 WHERE EXISTS(SELECT 1 FROM coupon);";

static int note_writer(struct db *db, int64_t steps)
{
    int64_t writer;
    int r = config_get_int(db, "writer", &writer);

    if (r < 0 || writer == steps)
        return r;
    r = db_begin(db);
    if (r < 0)
        return r;
    if (writer != 0 && writer < steps)
        r = db_exec(db, made_anew);
    if (r == 0)
        r = config_set_int(db, "writer", steps);
    if (r == 0)
        return db_commit(db);
    db_rollback(db);
    return r;
}

int schema_migrate(struct db *db)
{
    static const char *const steps[] = {
        journal_tables, feed_tables,    projections,  several_terminals, for_everybody, own_budget,  gone_terminals,
        merged_members, for_the_device, right_epochs, for_the_public,    leases,        credit_parts};
    int r = db_migrate(db, steps, ARRAY_LEN(steps));

    return r < 0 && r != -ENOTSUP ? r : note_writer(db, ARRAY_LEN(steps));
}
