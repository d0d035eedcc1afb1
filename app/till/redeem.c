#include "books.h"

#include "domain/shortcode.h"

#include <assert.h>
#include <string.h>

#define REFUSED_QUIET_MS  (60 * 1000) /* the same code held before the camera is one refusal, not twenty a second */
#define UNKNOWN_CODES_MAX 10          /* typed codes that nobody knows, in a minute: then typing is not looked up */
#define UNKNOWN_WINDOW_MS (60 * 1000)

/* One attempt: what was read, what the books know of it, what is answered. */
struct attempt {
    struct books *b;
    const struct till_request *request;
    struct till_redeemed *out;
    struct coupon_id coupon;
    bool genuine; /* facts below were collected: the coupon is one of ours */
    bool typed;
    bool of_store; /* for what is shown: the right may be on another terminal of the store */
    uint32_t home_store;
    uint32_t store_epoch;
    uint8_t token_hash[8];
    struct feed_coupon row;
    struct campaign campaign;
    struct coupon_use use;
    struct held_right held;
    struct coupon_facts facts;
};

static void take_row(struct attempt *a)
{
    a->facts.known_here = true;
    a->facts.revoked = a->row.revoked;
    a->facts.owner_member = a->row.member;
}

static void stand_for_token(struct attempt *a)
{
    a->facts.token = TOKEN_GOOD;
    a->coupon = a->row.coupon;
    a->home_store = a->row.home_store;
    a->store_epoch = a->row.store_epoch;
    a->facts.valid_from_s = a->row.valid_from_s;
    a->facts.expiry_s = a->row.expiry_s;
    a->facts.exclusive_until_s = a->row.exclusive_until_s;
    take_row(a);
}

/* A short code stands for the coupon of the store's own table, which central vouched for. */
static int identify_typed(struct attempt *a, const char *code, enum coupon_verdict *out_verdict)
{
    struct books *b = a->b;
    int64_t mono_ms = clock_mono_ms(b->clock);
    int r;

    a->typed = true;
    if (mono_ms - b->unknown_since_mono_ms >= UNKNOWN_WINDOW_MS)
        b->unknown_codes = 0;
    *out_verdict = COUPON_UNKNOWN_CODE;
    if (b->unknown_codes >= UNKNOWN_CODES_MAX)
        return 0;
    r = coupon_row_by_code(b->db, code, &a->row);
    if (r == -ENOENT) {
        if (b->unknown_codes++ == 0)
            b->unknown_since_mono_ms = mono_ms;
        return 0;
    }
    if (r < 0)
        return r;
    *out_verdict = COUPON_OK;
    stand_for_token(a);
    return 0;
}

/* Nobody shows it: the store gives away one that it holds. Whose it was does not matter any more. */
static int identify_public(struct attempt *a, enum coupon_verdict *out_verdict)
{
    int r = public_first(a->b, a->request->redeem.pool, &a->row);

    *out_verdict = r == 0 ? COUPON_OK : COUPON_NONE_LEFT;
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    stand_for_token(a);
    a->facts.owner_member = 0;
    a->facts.to_public = true;
    return 0;
}

/* The later moment of the code and the table is the later word: a claim makes a coupon its claimer's until its end. A
 * code with the later one is the claimer's, whoever that is; one with the earlier was somebody's before. */
static void meet_claim(struct attempt *a)
{
    if (a->facts.exclusive_until_s > a->row.exclusive_until_s)
        a->facts.owner_member = 0;
    a->facts.outdated = a->facts.exclusive_until_s < a->row.exclusive_until_s;
    if (a->facts.outdated)
        a->facts.exclusive_until_s = a->row.exclusive_until_s;
}

static int identify_scanned(struct attempt *a, enum coupon_verdict *out_verdict)
{
    static const struct keyset no_keys;
    struct books *b = a->b;
    struct coupon_token token = {0};
    int r;

    *out_verdict = COUPON_OK;
    a->facts.token = token_coupon_open(a->request->redeem.text, b->has_keyset ? &b->keyset : &no_keys, &token);
    /* Without keys nothing can be told of a brand either. */
    if (!b->has_keyset && a->facts.token != TOKEN_MALFORMED)
        a->facts.token = TOKEN_KEY_UNKNOWN;
    if (a->facts.token != TOKEN_GOOD && a->facts.token != TOKEN_KEY_REVOKED) {
        *out_verdict = coupon_decide(&a->facts).verdict;
        return 0;
    }
    a->coupon = token.coupon;
    a->home_store = token.home_store;
    a->store_epoch = token.store_epoch;
    a->facts.valid_from_s = token.valid_from_s;
    a->facts.expiry_s = token.expiry_s;
    a->facts.exclusive_until_s = token.exclusive_until_s;
    r = coupon_row(b->db, token.coupon, &a->row);
    if (r == 0) {
        take_row(a);
        meet_claim(a);
    }
    return r == -ENOENT ? 0 : r;
}

/* COUPON_OK: ours as far as can be told, go on; else the verdict. Hashes of payment codes and card numbers could be
 * guessed back, so none is made. */
static int identify(struct attempt *a, enum coupon_verdict *out_verdict)
{
    char code[SHORTCODE_LEN + 1];
    uint8_t hash[HASH_LEN];
    const char *text = a->request->redeem.text;
    enum scancode_kind kind = scancode_classify(text);

    if (a->request->redeem.pool != 0)
        return identify_public(a, out_verdict);
    if (kind != SCANCODE_PAYMENT && kind != SCANCODE_CARD_LIKE) {
        crypto_sha256(text, strlen(text), hash);
        memcpy(a->token_hash, hash, sizeof(a->token_hash));
    }
    if (kind == SCANCODE_COUPON)
        return identify_scanned(a, out_verdict);
    if ((kind == SCANCODE_SHORTCODE || a->request->redeem.typed) && shortcode_parse(text, code) == 0)
        return identify_typed(a, code, out_verdict);
    *out_verdict = COUPON_NOT_OURS;
    return 0;
}

static bool covered(const struct attempt *a, uint32_t store_epoch)
{
    return a->of_store ? store_covers(a->b, store_epoch) : store_holds(a->b, store_epoch);
}

static bool granted_here(const struct attempt *a)
{
    if (!a->of_store)
        return store_holds_right(a->b, &a->held);
    return a->held.store_epoch == 0 || store_covers(a->b, a->held.store_epoch);
}

/* Where is the right? The token itself grants epoch 0 to the home store's primary of the same store epoch, or of a
 * later one that took its rights along. What a peer holds copies of is the primary's; a forked terminal holds nothing.
 */
static enum right_state right_of(const struct attempt *a)
{
    const struct books *b = a->b;
    bool used = a->use.found && !a->use.voided;
    bool home = !b->role.forked && a->home_store == b->settings.store && covered(a, a->store_epoch);

    switch (a->held.state) {
    case HELD_HERE:
        if (b->role.forked || !granted_here(a))
            return used ? RIGHT_CONSUMED : RIGHT_ELSEWHERE;
        return used && a->use.use_no >= a->held.use_no ? RIGHT_CONSUMED : RIGHT_HERE;
    case HELD_RELEASED:
        return RIGHT_RELEASED;
    case HELD_NONE:
        break;
    }
    if (used)
        return RIGHT_CONSUMED;
    return home ? RIGHT_HERE : RIGHT_ELSEWHERE;
}

enum right_state redeem_right(const struct books *b, const struct feed_coupon *row, const struct coupon_use *use,
                              const struct held_right *held, bool of_store)
{
    struct attempt a = {.b = (struct books *)b,
                        .of_store = of_store,
                        .coupon = row->coupon,
                        .home_store = row->home_store,
                        .store_epoch = row->store_epoch,
                        .use = *use,
                        .held = *held};

    return right_of(&a);
}

/* Redeemed without the right and not yet known to central: that is what the budget bounds. */
static int collect_budget(struct attempt *a)
{
    struct books *b = a->b;
    struct db_stmt *stmt;
    int r = db_stmt_open(b->db,
                         "SELECT count(*), coalesce(sum(discount_minor), 0) FROM budget_use u"
                         " WHERE campaign = ? AND record > ? AND record < ?"
                         " AND NOT EXISTS (SELECT 1 FROM record_voided v WHERE v.record = u.record)",
                         &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, a->coupon.campaign);
    db_bind_int64(stmt, 2, journal_id(b->era, b->durable_through));
    db_bind_int64(stmt, 3, journal_id(b->era + 1, 0));
    r = db_stmt_step(stmt);
    if (r == DB_ROW) {
        a->facts.budget_used_count = (uint32_t)db_column_int64(stmt, 0);
        a->facts.budget_used_minor = db_column_int64(stmt, 1);
        r = 0;
    }
    db_stmt_close(stmt);
    return r;
}

static uint64_t member_of(const struct attempt *a)
{
    return a->facts.member != 0 ? a->facts.member : a->facts.owner_member;
}

static int collect_campaign(struct attempt *a)
{
    int r = coupon_campaign(a->b->db, a->coupon.campaign, &a->campaign);

    if (r == -ENOENT)
        return 0;
    if (r < 0)
        return r;
    a->facts.campaign = &a->campaign;
    if (a->campaign.per_member_limit != 0 && member_of(a) != 0)
        r = coupon_member_uses(a->b->db, a->coupon.campaign, member_of(a), &a->facts.member_uses);
    if (r == 0 && (a->campaign.mode == MODE_BUDGET || a->campaign.fallback_budget))
        r = collect_budget(a);
    return r;
}

static int collect(struct attempt *a)
{
    const struct till_request *request = a->request;
    int r = coupon_last_use(a->b->db, a->coupon, &a->use);

    if (r == 0)
        r = coupon_held_right(a->b->db, a->coupon, &a->held);
    if (r == 0)
        r = member_survivor(a->b->db, request->redeem.member, &a->facts.member);
    if (r == 0)
        r = member_survivor(a->b->db, a->facts.owner_member, &a->facts.owner_member);
    if (r == 0)
        r = collect_campaign(a);
    if (r < 0)
        return r;
    a->genuine = true;
    a->facts.right = right_of(a);
    a->facts.right_until_s = a->held.state == HELD_HERE ? a->held.lease_until_s : 0;
    a->facts.store = a->b->enrolment.answer.store;
    a->facts.date_confirmed = request->redeem.date_confirmed;
    a->facts.online = request->online;
    a->facts.central_agreed = request->redeem.central_agreed;
    a->facts.sync_age_s = request->sync_age_s;
    a->facts.sale_minor = request->redeem.sale_minor;
    return 0;
}

static void describe(struct attempt *a)
{
    struct till_redeemed *out = a->out;

    out->offline = !a->request->online;
    out->sale_minor = a->request->redeem.sale_minor;
    out->business_ms = a->facts.now.wall_ms;
    if (!a->genuine)
        return;
    out->coupon = a->coupon;
    out->member = member_of(a);
    out->valid_from_s = a->facts.valid_from_s;
    out->expiry_s = a->facts.expiry_s;
    out->home_store = a->home_store;
    if (a->use.found && !a->use.voided)
        out->used_ms = a->use.business_ms;
    if (a->facts.campaign == NULL)
        return;
    memcpy(out->campaign_zh, a->campaign.name_zh, sizeof(out->campaign_zh));
    memcpy(out->campaign_en, a->campaign.name_en, sizeof(out->campaign_en));
    memcpy(out->gift_zh, a->campaign.gift_zh, sizeof(out->gift_zh));
    memcpy(out->gift_en, a->campaign.gift_en, sizeof(out->gift_en));
    out->discount = a->campaign.discount;
    out->min_spend_minor = a->campaign.min_spend_minor;
}

/* Under which authority it was redeemed: without the right is MODE_BUDGET, with it never. */
static uint8_t mode_of(const struct attempt *a, const struct coupon_decision *decision)
{
    if (decision->spends_budget)
        return MODE_BUDGET;
    return a->campaign.mode == MODE_BUDGET ? MODE_HOME : a->campaign.mode;
}

static struct body redemption_body(const struct attempt *a, const struct coupon_decision *decision)
{
    const struct till_request *request = a->request;
    uint32_t use_no = a->use.found ? a->use.use_no + 1 : 1;
    struct body body = {.kind = RECORD_REDEMPTION};

    if (a->held.state != HELD_NONE && a->held.use_no > use_no)
        use_no = a->held.use_no;
    body.redemption = (struct body_redemption){.coupon = a->coupon,
                                               .use_no = use_no,
                                               .epoch = a->held.state == HELD_HERE ? a->held.epoch : 0,
                                               .mode = mode_of(a, decision),
                                               .member = member_of(a),
                                               .clerk = request->clerk,
                                               .discount_minor = decision->discount_minor,
                                               .sale_minor = request->redeem.sale_minor,
                                               .policy_version = a->campaign.version,
                                               .business_ms = a->facts.now.wall_ms,
                                               .uncertainty_ms = a->facts.now.uncertainty_ms,
                                               .sync_age_s = request->sync_age_s,
                                               .offline = !request->online,
                                               .typed = a->typed,
                                               .to_public = a->facts.to_public,
                                               .via = request->via};
    memcpy(body.redemption.request_id, request->request_id, BODY_REQUEST_ID_LEN);
    memcpy(body.redemption.token_hash, a->token_hash, sizeof(a->token_hash));
    return body;
}

static int append_redemption(struct attempt *a, const struct coupon_decision *decision)
{
    struct till_redeemed *out = a->out;
    struct body body = redemption_body(a, decision);
    struct sale_act act = {.clerk = a->request->clerk,
                           .member = member_of(a),
                           .gross_minor = a->request->redeem.sale_minor,
                           .discount_minor = decision->discount_minor,
                           .business_ms = a->facts.now.wall_ms};
    struct sale_result sale = {0};
    int r = journal_append(a->b, &body, &act.group);

    if (r == 0 && act.gross_minor > 0)
        r = sale_append(a->b, &act, &sale);
    if (r == 0 && act.member != 0)
        r = expire_spendable(a->b, act.member, a->b->settings.credit_owner, &out->balance_minor);
    if (r < 0)
        return r;
    out->group = act.group;
    out->discount_minor = decision->discount_minor;
    out->paid_minor = sale.paid_minor;
    out->earned_minor = sale.earned_minor;
    return 0;
}

/* Needing an amount or a date is a question to the clerk, not a refusal; and nothing is appended while an act waits for
 * a peer. */
static bool worth_noting(struct attempt *a, enum coupon_verdict verdict)
{
    struct books *b = a->b;
    int64_t mono_ms = clock_mono_ms(b->clock);

    if (verdict == COUPON_NEEDS_AMOUNT || verdict == COUPON_DATE_UNSURE || verdict == COUPON_NONE_LEFT ||
        b->unconfirmed_from != 0)
        return false;
    for (uint32_t i = 0; i < REFUSED_REMEMBERED; i++) {
        const struct refused_scan *seen = &b->refused[i];
        if (seen->verdict != 0 && mono_ms - seen->mono_ms < REFUSED_QUIET_MS &&
            memcmp(seen->token_hash, a->token_hash, sizeof(a->token_hash)) == 0)
            return false;
    }
    return true;
}

static void remember_refused(struct attempt *a, enum coupon_verdict verdict)
{
    struct refused_scan *slot = &a->b->refused[a->b->refused_next++ % REFUSED_REMEMBERED];

    *slot = (struct refused_scan){.verdict = (uint16_t)verdict, .mono_ms = clock_mono_ms(a->b->clock)};
    memcpy(slot->token_hash, a->token_hash, sizeof(slot->token_hash));
}

/* Appends unless it would only repeat itself. */
static int note_refused(struct attempt *a, enum coupon_verdict verdict)
{
    struct body body = {.kind = RECORD_SCAN_REFUSED};
    uint64_t seq;
    int r;

    if (!worth_noting(a, verdict))
        return 0;
    body.refused.verdict = (uint16_t)verdict;
    body.refused.clerk = a->request->clerk;
    if (a->genuine)
        body.refused.coupon = a->coupon;
    memcpy(body.refused.token_hash, a->token_hash, sizeof(a->token_hash));
    r = journal_append(a->b, &body, &seq);
    if (r == 0)
        remember_refused(a, verdict);
    return r;
}

static bool central_could_help(const struct attempt *a, enum coupon_verdict verdict)
{
    if (!a->request->online || a->request->redeem.central_asked || a->request->redeem.pool != 0)
        return false;
    return verdict == COUPON_HELD_ELSEWHERE || verdict == COUPON_NEEDS_CONNECTION || verdict == COUPON_UNKNOWN_CODE;
}

static int decide_and_append(struct attempt *a)
{
    struct coupon_decision decision = {0};
    int r = identify(a, &decision.verdict);

    if (r == 0 && decision.verdict == COUPON_OK) {
        r = collect(a);
        decision = r == 0 ? coupon_decide(&a->facts) : decision;
    }
    if (r < 0)
        return r;
    describe(a);
    a->out->verdict = decision.verdict;
    a->out->may_ask_central = central_could_help(a, decision.verdict);
    if (decision.verdict != COUPON_OK)
        return note_refused(a, decision.verdict);
    if (a->request->redeem.check_only) {
        a->out->discount_minor = decision.discount_minor;
        return 0;
    }
    return append_redemption(a, &decision);
}

/* What is read and what is written stand in one transaction: the facts cannot age, and each look costs no lock. */
int redeem_run(struct books *b, const struct till_request *request, struct till_redeemed *out_redeemed)
{
    struct attempt a = {.b = b, .request = request, .out = out_redeemed, .typed = request->redeem.typed};
    uint64_t before = b->head.seq;
    int r;

    if (request->redeem.sale_minor < 0)
        return -EINVAL;
    if (request->via != 0 && !books_is_primary(b))
        return -EREMOTE;
    a.facts.now = books_now(b);
    r = books_begin(b);
    if (r < 0)
        return r;
    r = decide_and_append(&a);
    if (r == 0 && b->head.seq != before) {
        b->reference_changed |= a.facts.exclusive_until_s != 0; /* the pool may have one less */
        return books_commit(b);
    }
    books_abort(b);
    return r;
}
