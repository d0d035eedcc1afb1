#include "books.h"

#include <string.h>

#define SOON_MS            (3 * 24 * 60 * 60 * INT64_C(1000))
#define MEMBER_ROWS_MAX    1000  /* coupons of one member that are looked at */
#define RECENT_SPAN        20000 /* records that are looked back */
#define RECENT_ROWS_LOOKED 64

int member_row(struct db *db, uint64_t member, struct feed_member *out_row)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(db, "SELECT body FROM member WHERE member = ?", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, (int64_t)member);
    r = db_stmt_step(stmt);
    if (r == DB_ROW)
        r = feed_member_decode(db_column_blob(stmt, 0), out_row) < 0 ? -EUCLEAN : 0;
    else if (r == DB_DONE)
        r = -ENOENT;
    db_stmt_close(stmt);
    return r;
}

#define MERGES_MAX 16 /* a chain of a few at most: whoever merges members sees to it that it ends */

int member_survivor(struct db *db, uint64_t member, uint64_t *out_survivor)
{
    uint64_t survivor = member;
    struct db_stmt *stmt;
    int r = DB_ROW;

    for (int i = 0; i < MERGES_MAX && r == DB_ROW && survivor != 0; i++) {
        r = db_stmt_open(db, "SELECT survivor FROM member_alias WHERE member = ?", &stmt);
        if (r < 0)
            return r;
        db_bind_int64(stmt, 1, (int64_t)survivor);
        r = db_stmt_step(stmt);
        if (r == DB_ROW)
            survivor = (uint64_t)db_column_int64(stmt, 0);
        db_stmt_close(stmt);
    }
    if (r < 0)
        return r;
    *out_survivor = survivor;
    return 0;
}

/* Still good for its member: neither used nor given up here. */
static int still_open(struct books *b, struct coupon_id coupon, bool *out_open)
{
    struct coupon_use use;
    struct held_right held;
    int r = coupon_last_use(b->db, coupon, &use);

    if (r == 0)
        r = coupon_held_right(b->db, coupon, &held);
    if (r < 0)
        return r;
    *out_open = (!use.found || use.voided || (held.state == HELD_HERE && held.use_no > use.use_no)) &&
                held.state != HELD_RELEASED;
    return 0;
}

static int add_coupon(struct books *b, const struct feed_coupon *row, int64_t now_ms, struct till_member *out)
{
    struct campaign campaign;
    struct till_member_coupon *item;
    bool open;
    int r = still_open(b, row->coupon, &open);

    if (r < 0 || !open)
        return r;
    r = coupon_campaign(b->db, row->coupon.campaign, &campaign);
    if (r == -ENOENT)
        return 0;
    if (r < 0)
        return r;
    if (campaign.state != CAMPAIGN_LIVE)
        return 0;
    if (out->coupon_count++ >= TILL_COUPONS_MAX)
        return 0;
    item = &out->coupons[out->coupon_count - 1];
    memcpy(item->name_zh, campaign.name_zh, sizeof(item->name_zh));
    memcpy(item->name_en, campaign.name_en, sizeof(item->name_en));
    item->expiry_s = row->expiry_s;
    item->soon = row->expiry_s != 0 && (int64_t)row->expiry_s * 1000 - now_ms <= SOON_MS;
    return 0;
}

/* Those that expire come first, the earliest before all; those without an end last. */
static int add_coupons(struct books *b, struct till_member *out)
{
    int64_t now_ms = books_now(b).wall_ms;
    struct db_stmt *stmt;
    int step, r = db_stmt_open(b->db,
                               "SELECT body FROM coupon WHERE member = ?1 AND (expiry_s = 0 OR expiry_s > ?2)"
                               " ORDER BY expiry_s = 0, expiry_s LIMIT ?3",
                               &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, (int64_t)out->member);
    db_bind_int64(stmt, 2, now_ms / 1000);
    db_bind_int64(stmt, 3, MEMBER_ROWS_MAX);
    while (r == 0 && (step = db_stmt_step(stmt)) != DB_DONE) {
        struct feed_coupon row;
        if (step < 0)
            r = step;
        else if (feed_coupon_decode(db_column_blob(stmt, 0), &row) < 0)
            r = -EUCLEAN;
        else if (!row.revoked)
            r = add_coupon(b, &row, now_ms, out);
    }
    db_stmt_close(stmt);
    return r;
}

int lookup_member(struct books *b, const struct till_request *request, struct till_member *out_member)
{
    struct till_member *out = out_member;
    struct member_token token = {0};
    struct feed_member row;
    int r;

    out->token = b->has_keyset ? token_member_open(request->text, &b->keyset, &token) : TOKEN_KEY_UNKNOWN;
    if (out->token != TOKEN_GOOD)
        return 0;
    r = member_survivor(b->db, token.member, &out->member);
    if (r < 0)
        return r;
    out->rotating = token.kind == MEMBER_CODE_ROTATING;
    out->fresh = out->rotating && credit_code_fresh(token.issued_s, books_now(b));
    r = member_row(b->db, out->member, &row);
    if (r == 0) {
        out->known = true;
        out->has_pin = row.has_pin;
    } else if (r != -ENOENT) {
        return r;
    }
    r = expire_spendable(b, out->member, b->settings.credit_owner, &out->share_minor);
    if (r == 0)
        r = expire_next(b, out->member, b->settings.credit_owner, &out->ends_first);
    return r < 0 ? r : add_coupons(b, out);
}

int lookup_price(struct books *b, const struct till_request *request, struct till_price *out_price)
{
    char ean[14];
    struct db_stmt *stmt;
    int r;

    if (ean_normalise(request->text, ean) < 0)
        return 0;
    r = db_stmt_open(b->db, "SELECT body FROM product WHERE ean = ?", &stmt);
    if (r < 0)
        return r;
    db_bind_text(stmt, 1, ean);
    r = db_stmt_step(stmt);
    if (r == DB_ROW) {
        r = feed_product_decode(db_column_blob(stmt, 0), &out_price->product) < 0 ? -EUCLEAN : 0;
        out_price->found = r == 0;
    }
    db_stmt_close(stmt);
    return r;
}

static int describe_act(struct books *b, uint64_t group, const struct act *act, struct till_act *out)
{
    const struct body *redemption = act_find(act, RECORD_REDEMPTION), *sale = act_find(act, RECORD_SALE);
    const struct body *earn = act_find(act, RECORD_CREDIT_EARN);
    struct campaign campaign;
    int r;

    *out = (struct till_act){.group = group, .voided = act->voided};
    if (earn != NULL)
        out->earned_minor = earn->credit.amount_minor;
    if (sale != NULL) {
        out->business_ms = sale->sale.business_ms;
        out->gross_minor = sale->sale.gross_minor;
        out->discount_minor = sale->sale.discount_minor;
        out->paid_minor = sale->sale.paid_minor;
        out->credit_minor = sale->sale.credit_minor;
        out->clerk = sale->sale.clerk;
    }
    if (redemption == NULL)
        return 0;
    out->business_ms = redemption->redemption.business_ms;
    out->discount_minor = redemption->redemption.discount_minor;
    out->clerk = redemption->redemption.clerk;
    r = coupon_campaign(b->db, redemption->redemption.coupon.campaign, &campaign);
    if (r == 0) {
        memcpy(out->campaign_zh, campaign.name_zh, sizeof(out->campaign_zh));
        memcpy(out->campaign_en, campaign.name_en, sizeof(out->campaign_en));
    }
    return r == -ENOENT ? 0 : r;
}

/* Where acts stand: this terminal's journal and the newest copy of each other one's. */
struct acts_span {
    uint32_t era, terminal;
    uint64_t floor, last;
};

struct recent_list {
    struct till_recent *out;
    uint64_t hlc[TILL_RECENT_MAX]; /* of each act's first record: wall clocks step */
};

/* Newest first; the oldest falls out when there is no room. False: older than all, and the list is full. */
static bool insert_act(struct recent_list *list, const struct till_act *act, uint64_t hlc)
{
    struct till_recent *out = list->out;
    uint32_t at = out->count;

    while (at > 0 && list->hlc[at - 1] < hlc)
        at--;
    if (at == TILL_RECENT_MAX)
        return false;
    if (out->count < TILL_RECENT_MAX)
        out->count++;
    memmove(&out->acts[at + 1], &out->acts[at], (out->count - at - 1) * sizeof(*act));
    memmove(&list->hlc[at + 1], &list->hlc[at], (out->count - at - 1) * sizeof(hlc));
    out->acts[at] = *act;
    list->hlc[at] = hlc;
    return true;
}

/* A sale within a redemption's act is not an act of its own. 1 when nothing older needs to be looked at. */
static int add_act(struct books *b, const struct acts_span *span, struct db_stmt *row, struct recent_list *list)
{
    uint64_t seq = (uint64_t)db_column_int64(row, 0);
    struct till_act described;
    struct act act;
    int r = act_load(b, journal_id(span->era, seq), &act);

    if (r == -ENOENT)
        return 0;
    if (r == 0)
        r = describe_act(b, seq, &act, &described);
    if (r < 0)
        return r;
    described.terminal = span->terminal;
    return !insert_act(list, &described, (uint64_t)db_column_int64(row, 1));
}

static int add_acts(struct books *b, const struct acts_span *span, struct recent_list *list)
{
    struct db_stmt *stmt;
    int step, r = db_stmt_open(b->db,
                               "SELECT seq, hlc FROM journal WHERE id > ? AND id <= ? AND kind IN (4, 5)"
                               " ORDER BY id DESC LIMIT ?",
                               &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, journal_id(span->era, span->floor));
    db_bind_int64(stmt, 2, journal_id(span->era, span->last));
    db_bind_int64(stmt, 3, RECENT_ROWS_LOOKED);
    while (r == 0 && (step = db_stmt_step(stmt)) != DB_DONE)
        r = step < 0 ? step : add_act(b, span, stmt, list);
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}

/* What waits for a peer is not done yet. */
static struct acts_span own_span(const struct books *b)
{
    uint64_t last = b->unconfirmed_from != 0 ? b->unconfirmed_from - 1 : b->head.seq;

    return (struct acts_span){b->era, b->enrolment.answer.terminal, last > RECENT_SPAN ? last - RECENT_SPAN : 0, last};
}

int lookup_recent(struct books *b, struct till_recent *out_recent)
{
    struct recent_list list = {.out = out_recent};
    struct acts_span span = own_span(b);
    struct db_stmt *stmt;
    int step, r = add_acts(b, &span, &list);

    if (r < 0 || books_is_single(b))
        return r;
    r = db_stmt_open(b->db, "SELECT era, terminal, max(incarnation) FROM era WHERE own = 0 GROUP BY terminal", &stmt);
    if (r < 0)
        return r;
    while (r == 0 && (step = db_stmt_step(stmt)) != DB_DONE) {
        struct journal_head head = {0};
        span = (struct acts_span){.era = (uint32_t)db_column_int64(stmt, 0),
                                  .terminal = (uint32_t)db_column_int64(stmt, 1)};
        r = step < 0 ? step : journal_load_head(b->db, span.era, &head);
        span.last = head.seq;
        span.floor = head.seq > RECENT_SPAN ? head.seq - RECENT_SPAN : 0;
        if (r == 0)
            r = add_acts(b, &span, &list);
    }
    db_stmt_close(stmt);
    return r;
}
