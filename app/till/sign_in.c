#include "books.h"

#include <string.h>

int clerk_row(struct db *db, uint32_t clerk, struct feed_clerk *out_row)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(db, "SELECT body FROM clerk WHERE clerk = ?", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, clerk);
    r = db_stmt_step(stmt);
    if (r == DB_ROW)
        r = feed_clerk_decode(db_column_blob(stmt, 0), out_row) < 0 ? -EUCLEAN : 0;
    else if (r == DB_DONE)
        r = -ENOENT;
    db_stmt_close(stmt);
    return r;
}

int clerk_known(struct books *b, uint32_t clerk, bool *out_known)
{
    struct feed_clerk row;
    int r = clerk != 0 ? clerk_row(b->db, clerk, &row) : -ENOENT;

    if (r < 0 && r != -ENOENT)
        return r;
    *out_known = r == 0;
    return 0;
}

static int append(struct books *b, uint16_t kind, uint32_t clerk, uint8_t method)
{
    struct body body = {.kind = kind, .sign_in = {.clerk = clerk, .method = method}};
    uint64_t seq;
    int r;

    /* While an act waits for a peer a manager must still be able to sign in and go alone: the record comes after. */
    if (b->unconfirmed_from != 0) {
        if (b->late_count == LATE_MAX)
            return -EBUSY;
        b->late[b->late_count++] = body;
        return 0;
    }
    r = books_begin(b);
    if (r < 0)
        return r;
    r = journal_append(b, &body, &seq);
    if (r < 0) {
        books_abort(b);
        return r;
    }
    return books_commit(b);
}

static int by_pin(struct books *b, const struct till_sign_in *sign_in, struct feed_clerk *row,
                  struct till_signed_in *out)
{
    struct pin_check check = {PIN_OF_CLERK, sign_in->clerk, sign_in->pin, row->pin_salt, row->pin_hash};
    struct pin_result result;
    int r = clerk_row(b->db, sign_in->clerk, row);

    if (r == 0)
        r = pins_check(b, &check, &result);
    if (r == -ENOENT) {
        out->verdict = PIN_WRONG;
        out->unknown = true;
        return 0;
    }
    if (r < 0)
        return r;
    out->verdict = result.verdict;
    out->tries_left = result.tries_left;
    out->locked_ms = result.locked_ms;
    return 0;
}

/* Only the badge that the store's table names counts: a lost one is replaced by a higher serial. */
static int by_badge(struct books *b, const struct till_sign_in *sign_in, struct feed_clerk *row,
                    struct till_signed_in *out)
{
    struct badge_token token;
    int r = -ENOENT;

    out->verdict = PIN_WRONG;
    out->unknown = true;
    if (b->has_keyset && token_badge_open(sign_in->badge, &b->keyset, &token) == TOKEN_GOOD &&
        token.store == b->enrolment.answer.store)
        r = clerk_row(b->db, token.clerk, row);
    if (r == -ENOENT)
        return 0;
    if (r < 0)
        return r;
    if (row->badge_serial == 0 || row->badge_serial != token.badge_serial)
        return 0;
    if (token.expiry_s != 0 && books_now(b).wall_ms >= (int64_t)token.expiry_s * 1000)
        return 0;
    out->verdict = PIN_OK;
    out->unknown = false;
    return 0;
}

int sign_in_run(struct books *b, const struct till_request *request, struct till_signed_in *out_signed_in)
{
    const struct till_sign_in *sign_in = &request->sign_in;
    struct till_signed_in *out = out_signed_in;
    struct feed_clerk row = {0};
    bool badge = sign_in->badge[0] != '\0';
    int r = badge ? by_badge(b, sign_in, &row, out) : by_pin(b, sign_in, &row, out);

    if (r < 0)
        return r;
    out->clerk = row.clerk;
    out->role = row.role;
    memcpy(out->name, row.name, sizeof(out->name));
    if (out->verdict != PIN_OK)
        return 0;
    return append(b, RECORD_SIGN_IN, row.clerk, badge ? SIGN_IN_BADGE : SIGN_IN_PIN);
}

int sign_out_run(struct books *b, const struct till_request *request)
{
    return append(b, RECORD_SIGN_OUT, request->clerk, 0);
}
