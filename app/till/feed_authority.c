#include "feed_items.h"

#include <assert.h>
#include <string.h>

/*
 * Rights and shares that central moves; each change is a journal record. In a store of several terminals only the
 * primary writes them, releases only while a peer is live, and nothing while an act waits for a peer: until then the
 * item waits in authority_waiting. Peers keep what comes too, because one of them may be promoted.
 */

#define WAITING_MAX  5000 /* the oldest go: central asks again */
#define TAKE_UP_MAX  50   /* of one transaction */
#define BODY_IN_HAND 1024

/* Epochs only rise, so a grant that comes twice is known by its epoch. One that was made to a primary which this one
 * follows without its rights may be in that one's books already, and used. */
static int apply_right_grant(struct books *b, struct slice body)
{
    struct feed_right grant;
    struct held_right held;
    struct body record = {.kind = RECORD_RIGHT_GRANTED};
    uint64_t seq;
    int r = feed_right_decode(body, &grant);

    if (r < 0)
        return r;
    r = coupon_held_right(b->db, grant.coupon, &held);
    if (r < 0 || (held.state != HELD_NONE && held.epoch >= grant.epoch))
        return r;
    if (grant.store_epoch != 0 && !store_holds(b, grant.store_epoch))
        return 0;
    record.right = (struct body_right){.coupon = grant.coupon,
                                       .epoch = grant.epoch,
                                       .use_no = grant.use_no,
                                       .transfer = grant.transfer,
                                       .risk = grant.risk,
                                       .store_epoch = grant.store_epoch,
                                       .lease_until_s = grant.lease_until_s};
    return journal_append(b, &record, &seq);
}

/* Where no grant was made the token is one. Of a coupon that stands in no feed central may know the store epoch. */
static int holds_by_token(struct books *b, const struct feed_right *request, bool *out_holds)
{
    struct feed_coupon row;
    int r = coupon_row(b->db, request->coupon, &row);

    if (r < 0 && r != -ENOENT)
        return r;
    if (r == 0)
        *out_holds = row.home_store != b->settings.store || store_holds(b, row.store_epoch);
    else
        *out_holds = request->store_epoch == 0 || store_holds(b, request->store_epoch);
    return 0;
}

/* Central asks only the store of the holder in its own grant log. A right that was used is not given up: its redemption
 * is on the way up already and answers the question. What another primary of the store may be using is not this one's
 * to give: central grants it to the store anew, and asks again. */
static int apply_right_request(struct books *b, struct slice body)
{
    struct feed_right request;
    struct held_right held;
    struct coupon_use use;
    struct body record = {.kind = RECORD_RIGHT_RELEASED};
    uint32_t next_use;
    bool holds = true;
    uint64_t seq;
    int r = feed_right_decode(body, &request);

    if (r < 0)
        return r;
    r = coupon_held_right(b->db, request.coupon, &held);
    if (r == 0)
        r = coupon_last_use(b->db, request.coupon, &use);
    if (r == 0 && held.state == HELD_NONE)
        r = holds_by_token(b, &request, &holds);
    else if (r == 0)
        holds = store_holds_right(b, &held);
    if (r < 0 || !holds)
        return r;
    if (held.state == HELD_RELEASED || (held.state == HELD_HERE ? held.epoch : 0) != request.epoch)
        return 0;
    if (use.found && !use.voided && use.use_no >= held.use_no)
        return 0;
    next_use = use.found ? use.use_no + 1 : 1;
    if (held.use_no > next_use)
        next_use = held.use_no;
    record.right = (struct body_right){
        .coupon = request.coupon, .epoch = request.epoch, .use_no = next_use, .transfer = request.transfer};
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
           share->owner.scope <= OWNER_PROGRAMME && credit_parts_sane(&share->parts, share->amount_minor);
}

static int open_share(struct books *b, struct slice body, uint16_t kind, struct feed_share *out_share, bool *out_new)
{
    bool taken = true;
    int r = feed_share_decode(body, out_share);

    if (r == 0 && !sane(out_share))
        r = -EBADMSG;
    if (r == 0)
        r = transfer_taken(b, kind, out_share->transfer, &taken);
    *out_new = !taken;
    return r;
}

static int apply_share_grant(struct books *b, struct slice body)
{
    struct feed_share grant;
    struct body record = {.kind = RECORD_SHARE_GRANTED};
    struct credit_rows rows = {0};
    uint64_t seq;
    bool fresh;
    int r = open_share(b, body, RECORD_SHARE_GRANTED, &grant, &fresh);

    if (r < 0 || !fresh)
        return r;
    if (grant.parts.count > 0)
        r = share_parts(b->db, grant.member, grant.owner, &rows);
    if (r < 0)
        return r;
    record.share = (struct body_share){grant.member, grant.owner, grant.amount_minor, grant.transfer,
                                       credit_parts_placed(&rows.parts, &grant.parts)};
    return journal_append(b, &record, &seq);
}

/* Up to what was asked; of a share with more ends than a record can name no more than that says. */
static int64_t releasable(const struct credit_rows *rows, int64_t held_minor, int64_t asked_minor)
{
    int64_t parts_minor = credit_parts_sum(&rows->parts);

    if (rows->beyond_minor > 0 && parts_minor < held_minor)
        held_minor = parts_minor;
    return held_minor < asked_minor ? held_minor : asked_minor;
}

/* Gives what is there; nothing is an answer too. What ends first goes first: it is wanted to be spent. */
static int apply_share_request(struct books *b, struct slice body)
{
    struct feed_share request;
    struct body record = {.kind = RECORD_SHARE_RELEASED};
    struct credit_rows rows = {0};
    int64_t held_minor = 0;
    uint64_t seq;
    bool fresh;
    int r = open_share(b, body, RECORD_SHARE_RELEASED, &request, &fresh);

    if (r < 0 || !fresh)
        return r;
    r = expire_share(b, request.member, request.owner, books_now(b));
    if (r == 0)
        r = share_get(b->db, request.member, request.owner, &held_minor);
    if (r == 0)
        r = share_parts(b->db, request.member, request.owner, &rows);
    if (r < 0)
        return r;
    record.share = (struct body_share){
        .member = request.member,
        .owner = request.owner,
        .amount_minor = releasable(&rows, held_minor, request.amount_minor),
        .transfer = request.transfer,
    };
    credit_parts_take(&rows.parts, record.share.amount_minor, &record.share.parts);
    return journal_append(b, &record, &seq);
}

static int apply_now(struct books *b, uint16_t kind, struct slice body)
{
    switch (kind) {
    case FEED_RIGHT_GRANT:
        return apply_right_grant(b, body);
    case FEED_RIGHT_REQUEST:
        return apply_right_request(b, body);
    case FEED_SHARE_GRANT:
        return apply_share_grant(b, body);
    case FEED_SHARE_REQUEST:
        return apply_share_request(b, body);
    }
    return -ENOTSUP;
}

static int read_transfer(uint16_t kind, struct slice body, uint64_t *out_transfer)
{
    struct feed_right right;
    struct feed_share share;
    bool of_right = kind == FEED_RIGHT_GRANT || kind == FEED_RIGHT_REQUEST;
    int r = of_right ? feed_right_decode(body, &right) : feed_share_decode(body, &share);

    if (r == 0 && !of_right && !sane(&share))
        r = -EBADMSG;
    if (r == 0)
        *out_transfer = of_right ? right.transfer : share.transfer;
    return r;
}

static int wait(struct books *b, uint16_t kind, struct slice body)
{
    struct db_stmt *stmt;
    uint64_t transfer;
    int r = read_transfer(kind, body, &transfer);

    if (r == 0)
        r = db_stmt_open(b->db, "INSERT OR IGNORE INTO authority_waiting(kind, transfer, body) VALUES(?, ?, ?)", &stmt);
    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, kind);
    db_bind_int64(stmt, 2, (int64_t)transfer);
    db_bind_blob(stmt, 3, body.data, body.len);
    r = db_stmt_run(stmt);
    db_stmt_close(stmt);
    if (r < 0)
        return r;
    b->role.idle.valid = false;
    b->role.waiting += db_changes(b->db) > 0;
    if (b->role.waiting <= WAITING_MAX)
        return 0;
    b->role.waiting--;
    return db_exec(b->db, "DELETE FROM authority_waiting WHERE id = (SELECT min(id) FROM authority_waiting)");
}

/* What is given up counts only once a peer holds it, and of credit the primary before may not have shown its end. */
static bool can_release(const struct books *b, uint16_t kind)
{
    if (store_is_contested(b))
        return false;
    if (kind == FEED_SHARE_REQUEST && !successor_holds_shares(b))
        return false;
    return !books_needs_peer(b) || books_peer_live(b);
}

static bool can_do(const struct books *b, uint16_t kind)
{
    bool release = kind == FEED_RIGHT_REQUEST || kind == FEED_SHARE_REQUEST;

    return !release || can_release(b, kind);
}

/* Of a store epoch that is not known here yet: the settings that say so come behind it when central changed something
 * else in them since, because that moves them to the feed's end. */
static bool is_early(const struct books *b, uint16_t kind, struct slice body)
{
    struct feed_right grant;

    return kind == FEED_RIGHT_GRANT && feed_right_decode(body, &grant) == 0 && grant.store_epoch > b->role.epoch;
}

int feed_authority_item(struct books *b, uint16_t kind, struct slice body)
{
    uint64_t transfer;

    if (b->role.forked || is_early(b, kind, body) || b->unconfirmed_from != 0)
        return wait(b, kind, body);
    if (books_is_single(b))
        return books_is_primary(b) ? apply_now(b, kind, body) : read_transfer(kind, body, &transfer);
    if (!books_is_primary(b) || !can_do(b, kind))
        return wait(b, kind, body);
    return apply_now(b, kind, body);
}

int feed_authority_forget(struct books *b)
{
    b->role.waiting = 0;
    return db_exec(b->db, "DELETE FROM authority_waiting");
}

static int drop_waiting(struct books *b, int64_t id)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(b->db, "DELETE FROM authority_waiting WHERE id = ?", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, id);
    r = db_stmt_run(stmt);
    db_stmt_close(stmt);
    return r;
}

struct waiting {
    int64_t id;
    uint16_t kind;
    uint8_t body[BODY_IN_HAND];
    size_t len;
};

/* The next one after id that does not wait for a peer; an id of 0 when there is none. */
static int next_waiting(struct books *b, int64_t after, struct waiting *out)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(b->db,
                         "SELECT id, kind, body FROM authority_waiting WHERE id > ?1 AND (?2 OR kind <> 10) AND"
                         " (?3 OR kind <> 12) ORDER BY id LIMIT 1",
                         &stmt);

    static_assert(FEED_RIGHT_REQUEST == 10 && FEED_SHARE_REQUEST == 12, "the kinds in the statement above");
    if (r < 0)
        return r;
    out->id = 0;
    db_bind_int64(stmt, 1, after);
    db_bind_int64(stmt, 2, can_do(b, FEED_RIGHT_REQUEST));
    db_bind_int64(stmt, 3, can_do(b, FEED_SHARE_REQUEST));
    r = db_stmt_step(stmt);
    if (r == DB_ROW) {
        struct slice body = db_column_blob(stmt, 2);
        out->id = db_column_int64(stmt, 0);
        out->kind = (uint16_t)db_column_int64(stmt, 1);
        out->len = body.len <= BODY_IN_HAND ? body.len : 0; /* one that long is none of ours: refused below */
        memcpy(out->body, body.data, out->len);
    }
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}

/* And not for its store epoch. */
static int next_due(struct books *b, int64_t after, struct waiting *out)
{
    int r = next_waiting(b, after, out);

    while (r == 0 && out->id != 0 && is_early(b, out->kind, (struct slice){out->body, out->len}))
        r = next_waiting(b, out->id, out);
    return r;
}

static int take_up_some(struct books *b)
{
    struct waiting waiting = {0};
    int r = 0;

    for (int i = 0; i < TAKE_UP_MAX && r == 0; i++) {
        r = next_due(b, waiting.id, &waiting);
        if (r < 0 || waiting.id == 0)
            return r;
        r = apply_now(b, waiting.kind, (struct slice){waiting.body, waiting.len});
        if (r == 0 || r == -EBADMSG)
            r = drop_waiting(b, waiting.id);
    }
    return r;
}

static struct waiting_look look(const struct books *b)
{
    return (struct waiting_look){.valid = true,
                                 .epoch = b->role.epoch,
                                 .rights = can_do(b, FEED_RIGHT_REQUEST),
                                 .shares = can_do(b, FEED_SHARE_REQUEST)};
}

static bool same_look(const struct waiting_look *a, const struct waiting_look *b)
{
    return a->valid && b->valid && a->epoch == b->epoch && a->rights == b->rights && a->shares == b->shares;
}

/* Asked after every request and call, while hundreds may wait for a store epoch that is not known here yet. */
int feed_authority_take_up(struct books *b)
{
    struct waiting_look now;
    struct waiting first;
    int r;

    if (!b->enrolled || b->role.forked || b->role.waiting == 0 || !books_is_primary(b) || b->unconfirmed_from != 0)
        return 0;
    now = look(b);
    if (same_look(&b->role.idle, &now))
        return 0;
    r = next_due(b, 0, &first);
    if (r == 0 && first.id == 0)
        b->role.idle = now;
    if (r < 0 || first.id == 0)
        return r;
    r = books_begin(b);
    if (r < 0)
        return r;
    r = take_up_some(b);
    if (r < 0) {
        books_abort(b);
        return r;
    }
    r = books_commit(b);
    return r < 0 ? r : store_load(b);
}

int feed_authority_done(struct books *b, const struct body *body)
{
    static const uint16_t kinds[][2] = {{RECORD_RIGHT_GRANTED, FEED_RIGHT_GRANT},
                                        {RECORD_RIGHT_RELEASED, FEED_RIGHT_REQUEST},
                                        {RECORD_SHARE_GRANTED, FEED_SHARE_GRANT},
                                        {RECORD_SHARE_RELEASED, FEED_SHARE_REQUEST}};
    struct db_stmt *stmt;
    size_t i = 0;
    int r;

    while (i < ARRAY_LEN(kinds) && kinds[i][0] != body->kind)
        i++;
    if (i == ARRAY_LEN(kinds) || b->role.waiting == 0)
        return 0;
    r = db_stmt_open(b->db, "DELETE FROM authority_waiting WHERE kind = ? AND transfer = ?", &stmt);
    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, kinds[i][1]);
    db_bind_int64(stmt, 2, (int64_t)(i < 2 ? body->right.transfer : body->share.transfer));
    r = db_stmt_run(stmt);
    db_stmt_close(stmt);
    return r;
}
