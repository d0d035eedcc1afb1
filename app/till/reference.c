#include "books.h"

#include <string.h>

static int load_clerks(struct books *b, struct till_reference *out)
{
    struct db_stmt *stmt;
    int step, r = db_stmt_open(b->db, "SELECT body FROM clerk ORDER BY clerk LIMIT ?", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, TILL_CLERKS_MAX);
    while (r == 0 && (step = db_stmt_step(stmt)) != DB_DONE) {
        if (step < 0)
            r = step;
        else if (feed_clerk_decode(db_column_blob(stmt, 0), &out->clerks[out->clerk_count]) < 0)
            r = -EUCLEAN;
        else
            out->clerk_count++;
    }
    db_stmt_close(stmt);
    /* Screens need names, not what proves them. */
    for (uint32_t i = 0; i < out->clerk_count; i++) {
        memset(out->clerks[i].pin_hash, 0, PIN_HASH_LEN);
        memset(out->clerks[i].pin_salt, 0, PIN_SALT_LEN);
    }
    return r;
}

static int load_touchpoint(struct books *b, struct till_reference *out)
{
    struct db_stmt *stmt;
    int r =
        db_stmt_open(b->db, "SELECT body FROM touchpoint WHERE terminal = ? ORDER BY touchpoint DESC LIMIT 1", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, b->enrolment.answer.terminal);
    r = db_stmt_step(stmt);
    if (r == DB_ROW)
        r = feed_touchpoint_decode(db_column_blob(stmt, 0), &out->touchpoint) < 0 ? -EUCLEAN : 0;
    db_stmt_close(stmt);
    return r;
}

static int load_offer_price(struct books *b, struct till_reference *out, uint32_t i)
{
    struct till_request request = {.op = TILL_PRICE};
    struct till_price price = {0};
    int r;

    if (out->offers[i].ean[0] == '\0')
        return 0;
    memcpy(request.text, out->offers[i].ean, sizeof(out->offers[i].ean));
    r = lookup_price(b, &request, &price);
    if (r == 0 && price.found) {
        out->offer_price_minor[i] = price.product.price_minor;
        out->offer_member_price_minor[i] = price.product.member_price_minor;
    }
    return r;
}

static int load_offers(struct books *b, struct till_reference *out)
{
    struct db_stmt *stmt;
    int step, r = db_stmt_open(b->db, "SELECT body FROM offer ORDER BY rank, offer LIMIT ?", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, TILL_OFFERS_MAX);
    while (r == 0 && (step = db_stmt_step(stmt)) != DB_DONE) {
        if (step < 0)
            r = step;
        else if (feed_offer_decode(db_column_blob(stmt, 0), &out->offers[out->offer_count]) < 0)
            r = -EUCLEAN;
        else
            r = load_offer_price(b, out, out->offer_count++);
    }
    db_stmt_close(stmt);
    return r;
}

static int load_survey(struct books *b, struct till_reference *out)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(b->db, "SELECT body FROM survey ORDER BY survey DESC LIMIT 1", &stmt);

    if (r < 0)
        return r;
    r = db_stmt_step(stmt);
    if (r == DB_ROW)
        r = feed_survey_decode(db_column_blob(stmt, 0), &out->survey) < 0 ? -EUCLEAN : 0;
    db_stmt_close(stmt);
    return r;
}

int reference_build(struct books *b, struct till_reference *out_reference)
{
    struct till_reference *out = out_reference;
    int r;

    memset(out, 0, sizeof(*out));
    out->enrolled = b->enrolled;
    if (!b->enrolled)
        return 0;
    out->terminal = b->enrolment.answer.terminal;
    out->incarnation = b->enrolment.answer.incarnation;
    out->role = b->enrolment.answer.role;
    out->settings = b->settings;
    out->settings.primary_terminal = b->role.primary; /* a promotion may be ahead of the feed */
    out->settings.store_epoch = b->role.epoch;
    out->products = (uint32_t)b->products;
    out->members = (uint32_t)b->members;
    r = load_touchpoint(b, out);
    if (r == 0)
        r = load_offers(b, out);
    if (r == 0)
        r = public_load(b, out);
    if (r == 0)
        r = load_survey(b, out);
    return r < 0 ? r : load_clerks(b, out);
}
