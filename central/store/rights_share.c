#include "central/store/identity.h"
#include "central/store/merge_credit.h"
#include "central/store/rights_internal.h"
#include "central/store/settle.h"
#include "central/store/uncovered.h"
#include "domain/money.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define WHAT_MOVED "credit moved"

int rights_share_at(struct store_tx *tx, uint64_t member, struct owner owner, uint32_t store, int64_t *out_share_minor)
{
    int64_t share = 0;
    int rc = query_number(store_tx_db(tx),
                          "SELECT amount FROM share WHERE member = ?1 AND scope = ?2 AND owner = ?3 AND store = ?4",
                          QUERY(Q_INT(member), Q_INT(owner.scope), Q_INT(owner.id), Q_INT(store)), &share);
    if (rc < 0 && rc != -ENOENT)
        return rc;
    *out_share_minor = share;
    return 0;
}

int rights_share_add(struct store_tx *tx, uint64_t member, struct owner owner, uint32_t store, int64_t amount_minor)
{
    int64_t share = 0;
    int rc = rights_share_at(tx, member, owner, store, &share);
    if (rc == 0)
        rc = money_add(share, amount_minor, &share);
    if (rc < 0)
        return rc;
    rc = query_run(store_tx_write(tx),
                   "INSERT OR REPLACE INTO share (member, scope, owner, store, amount) VALUES (?1, ?2, ?3, ?4, ?5)",
                   QUERY(Q_INT(member), Q_INT(owner.scope), Q_INT(owner.id), Q_INT(store), Q_INT(share)));
    bool covered = store == 0 || amount_minor >= 0 || share >= 0;
    return rc < 0 || covered || tx->replay ? rc : uncovered_ask(tx, member, owner, store);
}

int rights_shares_verify(struct store_tx *tx, char out_account[ACCOUNT_MAX])
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx),
                         "SELECT account FROM (SELECT 'credit/' || substr('sbp', scope, 1) || owner || '/' || member"
                         " AS account, amount FROM share UNION ALL SELECT account, -amount FROM balance"
                         " WHERE unit = 2 AND account >= 'credit/' AND account < 'credit0')"
                         " GROUP BY account HAVING sum(amount) != 0 LIMIT 1",
                         QUERY_NONE, &stmt);
    if (rc < 0)
        return rc == -ENOENT ? 0 : rc;
    query_column_text(stmt, 0, out_account, ACCOUNT_MAX);
    db_stmt_close(stmt);
    return -EUCLEAN;
}

/* The store with most of it, the asker's apart. */
static int find_holder(struct store_tx *tx, const struct transfer *transfer, uint32_t *out_store, int64_t *out_minor)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx),
                         "SELECT store, amount FROM share WHERE member = ?1 AND scope = ?2 AND owner = ?3"
                         " AND store != ?4 AND store != 0 AND amount > 0 ORDER BY amount DESC, store LIMIT 1",
                         QUERY(Q_INT(transfer->member), Q_INT(transfer->owner.scope), Q_INT(transfer->owner.id),
                               Q_INT(transfer->to_store)),
                         &stmt);
    if (rc < 0)
        return rc;
    *out_store = (uint32_t)db_column_int64(stmt, 0);
    *out_minor = db_column_int64(stmt, 1);
    db_stmt_close(stmt);
    return 0;
}

int share_publish(struct store_tx *tx, const struct share_lane *lane, const struct transfer *transfer,
                  uint64_t *out_position)
{
    struct feed_share share = {.member = transfer->member,
                               .owner = transfer->owner,
                               .amount_minor = transfer->amount_minor,
                               .transfer = transfer->id,
                               .parts = transfer->parts};
    uint8_t body[FEED_BODY_MAX];
    size_t len = 0;
    int rc = feed_share_encode(&share, body, sizeof(body), &len);
    if (rc < 0)
        return rc;
    char key[24];
    snprintf(key, sizeof(key), "%" PRIu64, transfer->id);
    struct feed_target target = {lane->brand, lane->store};
    return feed_publish(tx, target, lane->kind, key, (struct slice){body, len}, out_position);
}

int share_renew(struct store_tx *tx, struct transfer *transfer)
{
    struct shop shop;
    int rc = identity_find_shop(tx, transfer->to_store, &shop);
    if (rc < 0)
        return rc;
    transfer->parts.count = 0;
    credit_parts_add(&transfer->parts, credit_ends_s(tx->now_ms, shop.credit_term_days), transfer->amount_minor);
    return 0;
}

static int ask_holder(struct store_tx *tx, const struct rights_asker *asker, struct transfer *transfer,
                      struct authority_answer *answer)
{
    int64_t held = 0;
    int rc = find_holder(tx, transfer, &transfer->from_store, &held);
    if (rc == -ENOENT) {
        answer->verdict = AUTHORITY_REFUSED;
        return 0;
    }
    if (rc < 0)
        return rc;
    if (transfer->amount_minor > held)
        transfer->amount_minor = held;
    rc = transfer_insert(tx, transfer);
    struct share_lane lane = {FEED_SHARE_REQUEST, asker->brand, transfer->from_store};
    if (rc == 0)
        rc = share_publish(tx, &lane, transfer, NULL);
    answer->verdict = AUTHORITY_WAITING;
    answer->transfer = transfer->id;
    return rc;
}

int share_take_fact(struct store_tx *tx, const struct journal_fact *fact, struct owner owner)
{
    if (!fact->what || strcmp(fact->what, WHAT_MOVED) != 0)
        return 0;
    int rc = rights_share_add(tx, fact->member, owner, (uint32_t)fact->number, -fact->amount_minor);
    return rc < 0 ? rc : rights_share_add(tx, fact->member, owner, fact->store, fact->amount_minor);
}

static int journal_share(struct store_tx *tx, const struct transfer *transfer)
{
    struct journal_fact fact = {
        .what = WHAT_MOVED,
        .store = transfer->to_store,
        .member = transfer->member,
        .transfer = transfer->id,
        .number = transfer->from_store,
        .amount_minor = transfer->amount_minor,
    };
    return journal_append_central(tx, RECORD_TRANSFER, &fact);
}

/* What was written off for the member is in central's hand. */
static int give_from_hand(struct store_tx *tx, const struct rights_asker *asker, struct transfer *asked, int64_t minor)
{
    asked->amount_minor = minor;
    asked->state = TRANSFER_GRANTED;
    int rc = share_renew(tx, asked);
    if (rc == 0)
        rc = transfer_insert(tx, asked);
    struct share_lane lane = {FEED_SHARE_GRANT, asker->brand, asker->store};
    if (rc == 0)
        rc = share_publish(tx, &lane, asked, &asked->position);
    if (rc == 0)
        rc = transfer_update(tx, asked);
    if (rc == 0)
        rc = rights_share_add(tx, asked->member, asked->owner, asker->store, minor);
    return rc < 0 ? rc : journal_share(tx, asked);
}

static int ask_fresh(struct store_tx *tx, const struct rights_asker *asker, struct transfer *asked,
                     struct authority_answer *answer)
{
    const struct cover wanted = {
        .store = asker->store, .member = asked->member, .owner = asked->owner, .amount_minor = asked->amount_minor};
    int64_t minor = 0;
    int rc = uncovered_take(tx, &wanted, &minor);
    if (rc < 0)
        return rc;
    if (minor == 0)
        return ask_holder(tx, asker, asked, answer);
    rc = give_from_hand(tx, asker, asked, minor);
    return rc < 0 ? rc : answer_for_transfer(tx, asked, answer);
}

/* The store has asked for this member's credit already: that move answers this request too. */
static int join_open(struct store_tx *tx, struct transfer *open, const struct transfer *asked,
                     struct authority_answer *answer)
{
    memcpy(open->request_id, asked->request_id, REQUEST_ID_LEN);
    open->to_terminal = asked->to_terminal;
    open->asked_ms = tx->now_ms;
    answer->verdict = AUTHORITY_WAITING;
    answer->transfer = open->id;
    return transfer_update(tx, open);
}

int rights_ask_credit(struct store_tx *tx, const struct rights_asker *asker, const struct authority_request *request,
                      struct authority_answer *out_answer)
{
    struct transfer open;
    int rc = transfer_find_request(tx, asker->terminal, request->request_id, &open);
    if (rc == 0)
        return answer_for_transfer(tx, &open, out_answer);
    if (rc != -ENOENT)
        return rc;
    struct authority_answer answer = {.verdict = AUTHORITY_REFUSED};
    struct transfer asked = {
        .kind = TRANSFER_SHARE,
        .state = TRANSFER_OPEN,
        .member = request->member,
        .owner = request->owner,
        .amount_minor = request->amount_minor,
        .to_store = asker->store,
        .to_terminal = asker->terminal,
        .asked_ms = tx->now_ms,
    };
    memcpy(asked.request_id, request->request_id, REQUEST_ID_LEN);
    if (request->member != 0 && request->amount_minor > 0) {
        rc = transfer_find_open_share(tx, &asked, &open);
        if (rc == 0)
            rc = join_open(tx, &open, &asked, &answer);
        else if (rc == -ENOENT)
            rc = ask_fresh(tx, asker, &asked, &answer);
    } else {
        rc = 0;
    }
    if (rc == 0)
        *out_answer = answer;
    return rc;
}

int share_brand_of(struct store_tx *tx, uint32_t store, uint32_t *out_brand)
{
    int64_t brand = 0;
    int rc = query_number(store_tx_db(tx), "SELECT brand FROM shop WHERE id = ?1", QUERY(Q_INT(store)), &brand);
    if (rc == 0)
        *out_brand = (uint32_t)brand;
    return rc;
}

/* Taken or answered: a device that starts from nothing later must not take it again. */
static int withdraw_share(struct store_tx *tx, uint32_t store, enum feed_kind kind, uint64_t transfer)
{
    char key[24];
    snprintf(key, sizeof(key), "%" PRIu64, transfer);
    return feed_withdraw(tx, (struct feed_target){.store = store}, kind, key);
}

/* The holder may have given less than was asked for, down to nothing. */
static int pass_on(struct store_tx *tx, struct transfer *transfer, const struct body_share *body)
{
    uint32_t brand = 0;
    if (transfer->kind == TRANSFER_RECALL)
        return merge_credit_arrived(tx, transfer, body);
    int rc = share_brand_of(tx, transfer->to_store, &brand);
    transfer->amount_minor = body->amount_minor;
    transfer->parts = body->parts;
    transfer->state = body->amount_minor > 0 ? TRANSFER_GRANTED : TRANSFER_REFUSED;
    if (rc == 0 && transfer->state == TRANSFER_GRANTED) {
        struct share_lane lane = {FEED_SHARE_GRANT, brand, transfer->to_store};
        rc = share_publish(tx, &lane, transfer, &transfer->position);
        if (rc == 0)
            rc = rights_share_add(tx, body->member, body->owner, transfer->to_store, body->amount_minor);
    }
    if (rc == 0)
        rc = transfer_update(tx, transfer);
    if (rc == 0)
        rc = withdraw_share(tx, transfer->from_store, FEED_SHARE_REQUEST, transfer->id);
    if (rc == 0)
        store_tx_touch(tx, false, transfer->to_store);
    return rc;
}

static bool same_share(const struct transfer *transfer, const struct body_share *body)
{
    return transfer->kind != TRANSFER_RIGHT && transfer->member == body->member &&
           transfer->owner.scope == body->owner.scope && transfer->owner.id == body->owner.id;
}

/* To the store that asked, when these books know it; else back. */
static int share_place(struct store_tx *tx, struct share_transit *transit)
{
    struct transfer move;
    int rc = transfer_find(tx, transit->transfer, &move);
    bool asked = rc == 0 && move.state == TRANSFER_OPEN;
    if (rc < 0 && rc != -ENOENT)
        return rc;
    if (!asked)
        move = (struct transfer){.id = transit->transfer,
                                 .member = transit->member,
                                 .owner = transit->owner,
                                 .from_store = transit->from_store,
                                 .to_store = transit->from_store};
    rc = rights_share_add(tx, transit->member, transit->owner, 0, -transit->amount_minor);
    transit->to_store = move.to_store;
    struct body_share released = {.member = transit->member,
                                  .owner = transit->owner,
                                  .amount_minor = transit->amount_minor,
                                  .transfer = transit->transfer};
    move.amount_minor = transit->amount_minor;
    if (rc == 0)
        rc = share_renew(tx, &move);
    released.parts = move.parts;
    if (rc == 0)
        rc = pass_on(tx, &move, &released);
    if (rc == 0)
        rc = share_transit_write(tx, transit);
    return rc < 0 ? rc : journal_share(tx, &move);
}

int share_tell(struct store_tx *tx, uint64_t member, struct owner owner, uint32_t store)
{
    struct transfer told = {.kind = TRANSFER_SHARE,
                            .state = TRANSFER_GRANTED,
                            .member = member,
                            .owner = owner,
                            .from_store = store,
                            .to_store = store,
                            .asked_ms = tx->now_ms};
    uint32_t brand = 0;
    int rc = rights_share_at(tx, member, owner, store, &told.amount_minor);
    if (rc < 0 || told.amount_minor <= 0)
        return rc;
    rc = share_renew(tx, &told);
    if (rc < 0)
        return rc;
    random_fill(store_random(tx->store), told.request_id, sizeof(told.request_id));
    rc = share_brand_of(tx, store, &brand);
    if (rc == 0)
        rc = transfer_insert(tx, &told);
    struct share_lane lane = {FEED_SHARE_GRANT, brand, store};
    if (rc == 0)
        rc = share_publish(tx, &lane, &told, &told.position);
    return rc < 0 ? rc : journal_share(tx, &told);
}

int share_place_all(struct store_tx *tx)
{
    for (;;) {
        int64_t transfer = 0;
        struct share_transit transit;
        int rc = query_number(store_tx_db(tx), "SELECT transfer FROM share_transit WHERE to_store = 0 LIMIT 1",
                              QUERY_NONE, &transfer);
        if (rc < 0)
            return rc == -ENOENT ? 0 : rc;
        rc = share_transit_find(tx, (uint64_t)transfer, &transit);
        if (rc == 0)
            rc = share_place(tx, &transit);
        if (rc < 0)
            return rc;
    }
}

static struct share_transit transit_of(const struct body_share *body)
{
    return (struct share_transit){
        .transfer = body->transfer,
        .member = body->member,
        .owner = body->owner,
        .amount_minor = body->amount_minor,
    };
}

/* Who followed a primary in the store may have taken up a request that the other one had answered: the answer that was
 * heard first counts, and only a larger one is noted. counted_minor: what counts so far; -1: nothing of this move. */
static int released_again(struct store_tx *tx, const struct record *record, uint32_t store, int64_t counted_minor,
                          const struct body_share *body)
{
    bool risk = false;
    int rc = body->amount_minor <= counted_minor ? succession_at_risk(tx, store, &risk) : 0;
    return rc < 0 || risk ? rc
                          : record_note_problem(tx, record->id, record->kind, "credit released for no open request");
}

static bool same_credit(const struct share_transit *transit, uint32_t store, const struct body_share *body)
{
    return transit->from_store == store && transit->member == body->member &&
           transit->owner.scope == body->owner.scope && transit->owner.id == body->owner.id;
}

static int lost_release(struct store_tx *tx, const struct record *record, uint32_t store, const struct body_share *body)
{
    struct share_transit transit = transit_of(body);
    bool waits = false;
    if (body->amount_minor == 0)
        return 0;
    int rc = share_transit_find(tx, body->transfer, &transit);
    if (rc == 0 && transit.from_store != 0)
        return released_again(tx, record, store, same_credit(&transit, store, body) ? transit.amount_minor : -1, body);
    if (rc < 0 && rc != -ENOENT)
        return rc;
    transit.from_store = store;
    transit.amount_minor = body->amount_minor; /* who has it may have said another one */
    rc = share_transit_book(tx, &transit, store, -body->amount_minor);
    if (rc == 0)
        rc = share_transit_write(tx, &transit);
    if (rc == 0)
        rc = settle_waits(tx, &waits);
    return rc < 0 || waits || transit.to_store != 0 ? rc : share_place(tx, &transit);
}

/* The journal of the store that has it says so; who released it says so too, before or after. */
static int lost_grant(struct store_tx *tx, const struct record *record, uint32_t store, const struct body_share *body)
{
    struct share_transit transit = transit_of(body);
    int rc = share_transit_find(tx, body->transfer, &transit);
    if (rc < 0 && rc != -ENOENT)
        return rc;
    if (transit.to_store == store)
        return withdraw_share(tx, store, FEED_SHARE_GRANT, body->transfer);
    bool placed = transit.to_store != 0;
    transit.to_store = store;
    rc = share_transit_book(tx, &transit, store, body->amount_minor);
    if (rc == 0)
        rc = share_transit_write(tx, &transit);
    if (rc == 0)
        rc = uncovered_cover(tx, &(struct cover){record->id, store, body->member, body->owner, body->amount_minor});
    return rc < 0 || !placed ? rc : record_note_problem(tx, record->id, record->kind, "credit that was placed before");
}

static int apply_released(struct store_tx *tx, const struct record *record, uint32_t store,
                          const struct body_share *body)
{
    struct transfer transfer;
    struct share_transit seen;
    bool waits = false;
    int rc = settle_waits(tx, &waits);
    if (rc == 0)
        rc = transfer_find(tx, body->transfer, &transfer);
    if (rc < 0 && rc != -ENOENT)
        return rc;
    bool known = rc == 0;
    bool fits = known && same_share(&transfer, body) && transfer.from_store == store;
    bool open = fits && transfer.state == TRANSFER_OPEN;
    bool told = fits && share_transit_find(tx, body->transfer, &seen) == 0; /* of its grant, by who has it */
    if (transfer_is_earlier(tx, body->transfer) && (!known || told || (open && waits && body->amount_minor > 0)))
        return lost_release(tx, record, store, body);
    if (!open)
        return released_again(tx, record, store, fits ? transfer.amount_minor : -1, body);
    rc = rights_share_add(tx, body->member, body->owner, store, -body->amount_minor);
    if (rc == 0)
        rc = pass_on(tx, &transfer, body);
    return rc < 0 ? rc : journal_share(tx, &transfer);
}

/* A grant of a central that these books do not remember ends the move that they know as open. */
static int end_move(struct store_tx *tx, struct transfer *transfer, uint32_t store, int64_t amount_minor)
{
    transfer->state = transfer->to_store == store ? TRANSFER_GRANTED : TRANSFER_REFUSED;
    transfer->amount_minor = amount_minor;
    int rc = transfer_update(tx, transfer);
    return rc < 0 ? rc : withdraw_share(tx, transfer->from_store, FEED_SHARE_REQUEST, transfer->id);
}

static int apply_granted(struct store_tx *tx, const struct record *record, uint32_t store,
                         const struct body_share *body)
{
    struct transfer transfer;
    struct share_transit seen;
    int rc = transfer_find(tx, body->transfer, &transfer);
    if (rc < 0 && rc != -ENOENT)
        return rc;
    bool known = rc == 0;
    bool booked = known && transfer.state == TRANSFER_GRANTED && transfer.to_store == store;
    if (booked && share_transit_find(tx, body->transfer, &seen) == -ENOENT) /* when it was released */
        return withdraw_share(tx, store, FEED_SHARE_GRANT, body->transfer);
    if (!transfer_is_earlier(tx, body->transfer))
        return record_note_problem(tx, record->id, record->kind, "credit that central did not grant");
    rc = lost_grant(tx, record, store, body);
    return rc < 0 || !known || transfer.state != TRANSFER_OPEN ? rc
                                                               : end_move(tx, &transfer, store, body->amount_minor);
}

int rights_apply_share(struct store_tx *tx, const struct record *record, uint32_t store, const struct body_share *body)
{
    if (tx->replay) /* who asked stands in no record; what went where stands in central's next one */
        return 0;
    if (body->amount_minor < 0 || body->amount_minor > RIGHTS_AMOUNT_MAX)
        return record_note_problem(tx, record->id, record->kind, "amount out of range");
    if (!credit_parts_sane(&body->parts, body->amount_minor))
        return record_note_problem(tx, record->id, record->kind, "parts contradict the amount");
    return record->kind == RECORD_SHARE_RELEASED ? apply_released(tx, record, store, body)
                                                 : apply_granted(tx, record, store, body);
}
