#include "feed_items.h"

#include "domain/shortcode.h"

#define GREETING_FRESH_MS  (2 * 60 * 1000)
#define GREETINGS_REMEMBER 200

/* Runs sql with one integer key and, when body is not NULL, a blob second. */
static int run_keyed(struct books *b, const char *sql, int64_t key, const struct slice *body)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(b->db, sql, &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, key);
    if (body != NULL)
        db_bind_blob(stmt, 2, body->data, body->len);
    r = db_stmt_run(stmt);
    db_stmt_close(stmt);
    return r;
}

/* Who is primary may have changed. */
static int follow(struct books *b)
{
    int r = confirm_hold_back(b);

    return r < 0 ? r : alone_ordered(b);
}

static int apply_settings(struct books *b, struct slice body)
{
    const struct store_role before = b->role;
    struct feed_settings settings;
    int r = feed_settings_decode(body, &settings);

    if (r < 0)
        return r;
    if (settings.store != b->enrolment.answer.store || settings.brand != b->enrolment.answer.brand)
        return -EBADMSG;
    r = config_set(b->db, "settings", body.data, body.len);
    if (r < 0)
        return r;
    b->settings = settings;
    b->has_settings = true;
    r = store_load(b);
    if (r == 0)
        r = successor_note(b, &before);
    return r < 0 ? r : follow(b);
}

/* Only what the pinned root signed, only forwards. */
static int apply_keyset(struct books *b, struct slice body)
{
    struct keyset set;
    int r = keyset_open(body.data, body.len, b->enrolment.answer.root_key, &set);

    if (r < 0)
        return r;
    if (set.brand != b->enrolment.answer.brand)
        return -EKEYREJECTED;
    if (b->has_keyset && set.version <= b->keyset.version)
        return 0;
    r = config_set(b->db, "keyset", body.data, body.len);
    if (r < 0)
        return r;
    b->keyset = set;
    b->has_keyset = true;
    return 0;
}

static int apply_campaign(struct books *b, struct slice body)
{
    struct campaign campaign;
    int r = campaign_decode(body, &campaign);

    return r < 0 ? r
                 : run_keyed(b,
                             "INSERT INTO campaign(campaign, body) VALUES(?, ?)"
                             " ON CONFLICT(campaign) DO UPDATE SET body = excluded.body",
                             campaign.id, &body);
}

static int run_product(struct books *b, const char *sql, const char *ean, struct slice body, int64_t *out_changes)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(b->db, sql, &stmt);

    if (r < 0)
        return r;
    db_bind_text(stmt, 1, ean);
    if (body.data != NULL)
        db_bind_blob(stmt, 2, body.data, body.len);
    r = db_stmt_run(stmt);
    db_stmt_close(stmt);
    if (r == 0)
        *out_changes = db_changes(b->db);
    return r;
}

static int apply_product(struct books *b, struct slice body)
{
    struct feed_product product;
    char ean[14];
    int64_t changes = 0;
    int r = feed_product_decode(body, &product);

    if (r < 0)
        return r;
    if (ean_normalise(product.ean, ean) < 0)
        return -EBADMSG;
    if (product.gone) {
        r = run_product(b, "DELETE FROM product WHERE ean = ?", ean, (struct slice){0}, &changes);
        b->products -= changes;
        return r;
    }
    r = run_product(b, "UPDATE product SET body = ?2 WHERE ean = ?1", ean, body, &changes);
    if (r < 0 || changes > 0)
        return r;
    r = run_product(b, "INSERT INTO product(ean, body) VALUES(?, ?)", ean, body, &changes);
    b->products += changes;
    return r;
}

static int apply_clerk(struct books *b, struct slice body)
{
    struct feed_clerk clerk;
    uint8_t stored[FEED_BODY_MAX];
    struct slice kept = {stored, 0};
    int r = feed_clerk_decode(body, &clerk);

    if (r < 0)
        return r;
    if (clerk.gone)
        return run_keyed(b, "DELETE FROM clerk WHERE clerk = ?", clerk.clerk, NULL);
    pin_pepper(clerk.pin_hash, b->pepper, clerk.pin_hash);
    r = feed_clerk_encode(&clerk, stored, sizeof(stored), &kept.len);
    return r < 0 ? r
                 : run_keyed(b,
                             "INSERT INTO clerk(clerk, body) VALUES(?, ?)"
                             " ON CONFLICT(clerk) DO UPDATE SET body = excluded.body",
                             clerk.clerk, &kept);
}

/* A number that is one of its own, or gone for good, is nobody else's. */
static int apply_alias(struct books *b, const struct feed_member *member)
{
    struct db_stmt *stmt;
    int r;

    if (!member->gone || member->merged_into == 0)
        return run_keyed(b, "DELETE FROM member_alias WHERE member = ?", (int64_t)member->member, NULL);
    r = db_stmt_open(b->db, "INSERT OR REPLACE INTO member_alias(member, survivor) VALUES(?, ?)", &stmt);
    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, (int64_t)member->member);
    db_bind_int64(stmt, 2, (int64_t)member->merged_into);
    r = db_stmt_run(stmt);
    db_stmt_close(stmt);
    return r;
}

static int apply_member(struct books *b, struct slice body)
{
    struct feed_member member;
    uint8_t stored[FEED_BODY_MAX];
    struct slice kept = {stored, 0};
    int r = feed_member_decode(body, &member);

    if (r == 0)
        r = apply_alias(b, &member);
    if (r < 0)
        return r;
    if (member.gone) {
        r = run_keyed(b, "DELETE FROM member WHERE member = ?", (int64_t)member.member, NULL);
        if (r == 0)
            b->members -= db_changes(b->db);
        return r;
    }
    if (member.has_pin)
        pin_pepper(member.pin_hash, b->pepper, member.pin_hash);
    r = feed_member_encode(&member, stored, sizeof(stored), &kept.len);
    if (r == 0)
        r = run_keyed(b, "UPDATE member SET body = ?2 WHERE member = ?1", (int64_t)member.member, &kept);
    if (r < 0 || db_changes(b->db) > 0)
        return r;
    r = run_keyed(b, "INSERT INTO member(member, body) VALUES(?, ?)", (int64_t)member.member, &kept);
    if (r == 0)
        b->members++;
    return r;
}

/* Three columns beside the body: key, what is looked up by, body. */
static int run_indexed(struct books *b, const char *sql, int64_t key, int64_t by, struct slice body)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(b->db, sql, &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, key);
    db_bind_int64(stmt, 2, by);
    db_bind_blob(stmt, 3, body.data, body.len);
    r = db_stmt_run(stmt);
    db_stmt_close(stmt);
    return r;
}

static int apply_touchpoint(struct books *b, struct slice body)
{
    struct feed_touchpoint touchpoint;
    int r = feed_touchpoint_decode(body, &touchpoint);

    if (r < 0)
        return r;
    if (touchpoint.gone)
        return run_keyed(b, "DELETE FROM touchpoint WHERE touchpoint = ?", touchpoint.touchpoint, NULL);
    return run_indexed(b,
                       "INSERT INTO touchpoint(touchpoint, terminal, body) VALUES(?, ?, ?) ON CONFLICT(touchpoint)"
                       " DO UPDATE SET terminal = excluded.terminal, body = excluded.body",
                       touchpoint.touchpoint, touchpoint.terminal, body);
}

static int apply_offer(struct books *b, struct slice body)
{
    struct feed_offer offer;
    int r = feed_offer_decode(body, &offer);

    if (r < 0)
        return r;
    if (offer.gone)
        return run_keyed(b, "DELETE FROM offer WHERE offer = ?", offer.offer, NULL);
    return run_indexed(b,
                       "INSERT INTO offer(offer, rank, body) VALUES(?, ?, ?) ON CONFLICT(offer)"
                       " DO UPDATE SET rank = excluded.rank, body = excluded.body",
                       offer.offer, offer.order, body);
}

static int apply_pool(struct books *b, struct slice body)
{
    struct feed_pool pool;
    int r = feed_pool_decode(body, &pool);

    if (r < 0)
        return r;
    if (pool.gone)
        return run_keyed(b, "DELETE FROM pool WHERE campaign = ?", pool.campaign, NULL);
    return run_indexed(b,
                       "INSERT INTO pool(campaign, until_s, body) VALUES(?, ?, ?) ON CONFLICT(campaign)"
                       " DO UPDATE SET until_s = excluded.until_s, body = excluded.body",
                       pool.campaign, pool.until_s, body);
}

static int apply_survey(struct books *b, struct slice body)
{
    struct feed_survey survey;
    int r = feed_survey_decode(body, &survey);

    if (r < 0)
        return r;
    return survey.gone ? run_keyed(b, "DELETE FROM survey WHERE survey = ?", survey.survey, NULL)
                       : run_keyed(b,
                                   "INSERT INTO survey(survey, body) VALUES(?, ?)"
                                   " ON CONFLICT(survey) DO UPDATE SET body = excluded.body",
                                   survey.survey, &body);
}

static int apply_terminal(struct books *b, struct slice body)
{
    struct feed_terminal terminal;
    int r = feed_terminal_decode(body, &terminal);

    if (r < 0)
        return r;
    b->touched.backlog = true; /* whose copies are to be carried */
    r = run_keyed(
        b, terminal.gone ? "DELETE FROM terminal WHERE terminal = ?" : "DELETE FROM terminal_gone WHERE terminal = ?",
        terminal.terminal, NULL);
    if (r == 0)
        r = run_keyed(b,
                      terminal.gone ? "INSERT INTO terminal_gone(terminal, body) VALUES(?, ?)"
                                      " ON CONFLICT(terminal) DO UPDATE SET body = excluded.body"
                                    : "INSERT INTO terminal(terminal, body) VALUES(?, ?)"
                                      " ON CONFLICT(terminal) DO UPDATE SET body = excluded.body",
                      terminal.terminal, &body);
    if (r == 0)
        r = store_load(b);
    return r < 0 ? r : follow(b);
}

static int apply_coupon(struct books *b, struct slice body)
{
    struct feed_coupon coupon;
    char code[SHORTCODE_LEN + 1] = "";
    struct db_stmt *stmt;
    int r = feed_coupon_decode(body, &coupon);

    if (r < 0)
        return r;
    if (coupon.shortcode[0] != '\0' && shortcode_parse(coupon.shortcode, code) < 0)
        return -EBADMSG;
    r = db_stmt_open(b->db,
                     "INSERT INTO coupon(campaign, serial, shortcode, member, expiry_s, body, public_from_s)"
                     " VALUES(?, ?, ?, ?, ?, ?, ?) ON CONFLICT(campaign, serial) DO UPDATE SET"
                     " shortcode = excluded.shortcode, member = excluded.member, expiry_s = excluded.expiry_s,"
                     " body = excluded.body, public_from_s = CASE WHEN public_from_s < 0 THEN"
                     " -excluded.public_from_s ELSE excluded.public_from_s END",
                     &stmt);
    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, coupon.coupon.campaign);
    db_bind_int64(stmt, 2, (int64_t)coupon.coupon.serial);
    db_bind_text(stmt, 3, code);
    db_bind_int64(stmt, 4, (int64_t)coupon.member);
    db_bind_int64(stmt, 5, coupon.expiry_s);
    db_bind_blob(stmt, 6, body.data, body.len);
    db_bind_int64(stmt, 7, public_from_s(&coupon));
    r = db_stmt_run(stmt);
    db_stmt_close(stmt);
    return r;
}

/* A greeting belongs on the screen whose QR was scanned, if it still shows. */
static int shown_here(struct books *b, const struct feed_greeting *greeting, bool *out_here)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(b->db, "SELECT terminal FROM touchpoint WHERE touchpoint = ?", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, greeting->touchpoint);
    r = db_stmt_step(stmt);
    if (r == DB_ROW)
        *out_here = db_column_int64(stmt, 0) == b->enrolment.answer.terminal;
    else if (r == DB_DONE)
        *out_here = greeting->touchpoint == 0;
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}

static int apply_greeting(struct books *b, struct slice body)
{
    struct feed_greeting greeting;
    int64_t age_ms;
    bool here = false;
    int r = feed_greeting_decode(body, &greeting);

    if (r == 0)
        r = run_keyed(b, "INSERT OR IGNORE INTO greeting(greeting) VALUES(?)", (int64_t)greeting.greeting, NULL);
    if (r < 0 || db_changes(b->db) == 0)
        return r;
    r = run_keyed(b,
                  "DELETE FROM greeting WHERE greeting NOT IN"
                  " (SELECT greeting FROM greeting ORDER BY greeting DESC LIMIT ?)",
                  GREETINGS_REMEMBER, NULL);
    if (r == 0)
        r = shown_here(b, &greeting, &here);
    if (r < 0)
        return r;
    age_ms = books_now(b).wall_ms - (int64_t)greeting.made_s * 1000;
    if (here && age_ms <= GREETING_FRESH_MS && b->greeting_count < GREETINGS_PENDING)
        b->greetings[b->greeting_count++] = greeting;
    return 0;
}

/* That it was taken is the answer: the next feed request shows the place in the lane, and the journal's end. */
static int apply_show_end(struct books *b, struct slice body)
{
    struct feed_show_end item;

    (void)b;
    return feed_show_end_decode(body, &item);
}

int feed_item_apply(struct books *b, const struct feed_item *item)
{
    static int (*const appliers[])(struct books *, struct slice) = {
        [FEED_SETTINGS] = apply_settings, [FEED_KEYSET] = apply_keyset,     [FEED_CAMPAIGN] = apply_campaign,
        [FEED_PRODUCT] = apply_product,   [FEED_CLERK] = apply_clerk,       [FEED_TOUCHPOINT] = apply_touchpoint,
        [FEED_MEMBER] = apply_member,     [FEED_COUPON] = apply_coupon,     [FEED_GREETING] = apply_greeting,
        [FEED_TERMINAL] = apply_terminal, [FEED_OFFER] = apply_offer,       [FEED_POOL] = apply_pool,
        [FEED_SURVEY] = apply_survey,     [FEED_SHOW_END] = apply_show_end, [FEED_ORDER] = order_apply,
    };

    if (item->kind >= FEED_RIGHT_GRANT && item->kind <= FEED_SHARE_REQUEST)
        return feed_authority_item(b, item->kind, item->body);
    if (item->kind >= ARRAY_LEN(appliers) || appliers[item->kind] == NULL)
        return -ENOTSUP;
    return appliers[item->kind](b, item->body);
}
