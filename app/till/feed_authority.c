#include "feed_items.h"

/* Epochs only rise, so a grant that comes twice is known by its epoch. */
int feed_apply_right_grant(struct books *b, struct slice body)
{
    struct feed_right grant;
    struct held_right held;
    struct body record = {.kind = RECORD_RIGHT_GRANTED};
    uint64_t seq;
    int r = feed_right_decode(body, &grant);

    if (r < 0 || !books_is_primary(b))
        return r;
    r = coupon_held_right(b->db, grant.coupon, &held);
    if (r < 0 || (held.state != HELD_NONE && held.epoch >= grant.epoch))
        return r;
    record.right = (struct body_right){grant.coupon, grant.epoch, grant.use_no, grant.transfer};
    return journal_append(b, &record, &seq);
}

/* Central asks only the holder in its own grant log. A right that was used is not given up: its redemption is on the
 * way up already and answers the question. */
int feed_apply_right_request(struct books *b, struct slice body)
{
    struct feed_right request;
    struct held_right held;
    struct coupon_use use;
    struct body record = {.kind = RECORD_RIGHT_RELEASED};
    uint32_t next_use;
    uint64_t seq;
    int r = feed_right_decode(body, &request);

    if (r < 0 || !books_is_primary(b))
        return r;
    r = coupon_held_right(b->db, request.coupon, &held);
    if (r == 0)
        r = coupon_last_use(b->db, request.coupon, &use);
    if (r < 0)
        return r;
    if (held.state == HELD_RELEASED || (held.state == HELD_HERE ? held.epoch : 0) != request.epoch)
        return 0;
    if (use.found && !use.voided && use.use_no >= held.use_no)
        return 0;
    next_use = use.found ? use.use_no + 1 : 1;
    if (held.use_no > next_use)
        next_use = held.use_no;
    record.right = (struct body_right){request.coupon, request.epoch, next_use, request.transfer};
    return journal_append(b, &record, &seq);
}

static int transfer_taken(struct books *b, uint16_t kind, uint64_t transfer, bool *out_taken)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(b->db, "SELECT 1 FROM share_transfer WHERE kind = ? AND transfer = ?", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, kind);
    db_bind_int64(stmt, 2, (int64_t)transfer);
    r = db_stmt_step(stmt);
    if (r >= 0)
        *out_taken = r == DB_ROW;
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}

static bool sane(const struct feed_share *share)
{
    return share->amount_minor >= 0 && share->member != 0 && share->owner.scope >= OWNER_STORE &&
           share->owner.scope <= OWNER_PROGRAMME;
}

static int open_share(struct books *b, struct slice body, uint16_t kind, struct feed_share *out_share, bool *out_new)
{
    bool taken = true;
    int r = feed_share_decode(body, out_share);

    if (r == 0 && !sane(out_share))
        r = -EBADMSG;
    if (r == 0 && books_is_primary(b))
        r = transfer_taken(b, kind, out_share->transfer, &taken);
    *out_new = !taken;
    return r;
}

int feed_apply_share_grant(struct books *b, struct slice body)
{
    struct feed_share grant;
    struct body record = {.kind = RECORD_SHARE_GRANTED};
    uint64_t seq;
    bool fresh;
    int r = open_share(b, body, RECORD_SHARE_GRANTED, &grant, &fresh);

    if (r < 0 || !fresh)
        return r;
    record.share = (struct body_share){grant.member, grant.owner, grant.amount_minor, grant.transfer};
    return journal_append(b, &record, &seq);
}

/* Gives what is there, up to what was asked; nothing is an answer too. */
int feed_apply_share_request(struct books *b, struct slice body)
{
    struct feed_share request;
    struct body record = {.kind = RECORD_SHARE_RELEASED};
    int64_t held_minor;
    uint64_t seq;
    bool fresh;
    int r = open_share(b, body, RECORD_SHARE_RELEASED, &request, &fresh);

    if (r < 0 || !fresh)
        return r;
    r = share_get(b->db, request.member, request.owner, &held_minor);
    if (r < 0)
        return r;
    record.share =
        (struct body_share){request.member, request.owner,
                            held_minor < request.amount_minor ? held_minor : request.amount_minor, request.transfer};
    return journal_append(b, &record, &seq);
}
