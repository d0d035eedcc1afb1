#include "central/store/rights_internal.h"
#include "central/store/rights_lease.h"
#include "central/store/settle.h"
#include "central/store/succession.h"

#include <string.h>

#define WHAT_GRANTED "granted"
#define WHAT_AT_RISK "re-granted at risk"
#define RETARGET_MS  60000 /* an asker that stopped asking this long ago loses its place */

static struct feed_target lane_of(const struct coupon *coupon, uint32_t store)
{
    return (struct feed_target){coupon->brand, store};
}

static int publish_right(struct store_tx *tx, const struct coupon *coupon, enum feed_kind kind, uint32_t store,
                         const struct feed_right *right, uint64_t *out_position)
{
    uint8_t body[FEED_BODY_MAX];
    size_t len = 0;
    int rc = feed_right_encode(right, body, sizeof(body), &len);
    if (rc < 0)
        return rc;
    char key[ID_TEXT_MAX];
    coupon_id_format(coupon->id, key, sizeof(key));
    return feed_publish(tx, lane_of(coupon, store), kind, key, (struct slice){body, len}, out_position);
}

/* 0 of a store that is not known. */
static int shop_epoch(struct store_tx *tx, uint32_t store, uint32_t *out_epoch)
{
    int64_t epoch = 0;
    int rc = query_number(store_tx_db(tx), "SELECT store_epoch FROM shop WHERE id = ?1", QUERY(Q_INT(store)), &epoch);
    if (rc == 0)
        *out_epoch = (uint32_t)epoch;
    return rc == -ENOENT ? 0 : rc;
}

/* The holder is asked for what it holds, and may have another primary by now than the one it was given to. */
static int publish_request(struct store_tx *tx, const struct coupon *coupon, const struct transfer *transfer)
{
    struct feed_right right = {.coupon = coupon->id,
                               .epoch = coupon->right_epoch,
                               .use_no = coupon->next_use_no,
                               .transfer = transfer->id,
                               .store_epoch = coupon->store_epoch};
    struct grant_row grant;
    int rc = coupon->right_epoch != 0 ? grant_find(tx, coupon->id, coupon->right_epoch, &grant) : -ENOENT;
    if (rc == 0)
        right.store_epoch = grant.store_epoch;
    if (rc == 0 || rc == -ENOENT)
        rc = publish_right(tx, coupon, FEED_RIGHT_REQUEST, transfer->from_store, &right, NULL);
    return rc;
}

static int journal_transfer(struct store_tx *tx, const struct coupon *coupon, const struct grant_row *grant,
                            const char *who, const char *why)
{
    struct journal_fact fact = {
        .who = who,
        .what = grant->risk ? WHAT_AT_RISK : WHAT_GRANTED,
        .why = why,
        .brand = coupon->brand,
        .store = grant->store,
        .coupon = coupon->id,
        .epoch = grant->epoch,
        .use_no = grant->use_no,
        .transfer = grant->transfer,
    };
    return journal_append_central(tx, RECORD_TRANSFER, &fact);
}

int right_given(struct store_tx *tx, struct coupon_row *row, const struct grant_row *grant)
{
    struct coupon *coupon = &row->coupon;
    int rc = grant_insert(tx, coupon->id, grant);
    coupon->right_epoch = grant->epoch;
    coupon->right_store = grant->store;
    coupon->lease_until_s = grant->lease_until_s;
    row->lost = false;
    return rc < 0 ? rc : coupon_row_update(tx, row);
}

bool right_fact(const struct journal_fact *fact, struct grant_row *out_grant)
{
    bool risk = fact->what && strcmp(fact->what, WHAT_AT_RISK) == 0;
    if (!risk && (!fact->what || strcmp(fact->what, WHAT_GRANTED) != 0))
        return false;
    *out_grant = (struct grant_row){
        .epoch = fact->epoch, .store = fact->store, .use_no = fact->use_no, .transfer = fact->transfer, .risk = risk};
    return true;
}

/* The next epoch goes to grant->store: only when nobody holds the one before, or knowingly at risk. */
static int give_right(struct store_tx *tx, struct coupon_row *row, struct grant_row *grant, const char *who,
                      const char *why)
{
    struct coupon *coupon = &row->coupon;
    int rc = grant->transfer == 0 ? transfer_number(tx, &grant->transfer) : 0;
    if (rc < 0)
        return rc;
    grant->epoch = coupon->right_epoch + 1;
    grant->use_no = coupon->next_use_no;
    rc = shop_epoch(tx, grant->store, &grant->store_epoch);
    if (rc == 0)
        rc = lease_of_grant(tx, coupon, grant->store, &grant->lease_until_s);
    if (rc < 0)
        return rc;
    struct feed_right right = {.coupon = coupon->id,
                               .epoch = grant->epoch,
                               .use_no = grant->use_no,
                               .transfer = grant->transfer,
                               .risk = grant->risk,
                               .store_epoch = grant->store_epoch,
                               .lease_until_s = grant->lease_until_s};
    rc = publish_right(tx, coupon, FEED_RIGHT_GRANT, grant->store, &right, &grant->position);
    if (rc == 0)
        rc = right_given(tx, row, grant);
    if (rc == 0)
        rc = journal_transfer(tx, coupon, grant, who, why);
    return rc;
}

int right_ask_holder(struct store_tx *tx, const struct coupon *coupon, struct transfer *transfer)
{
    transfer->kind = TRANSFER_RIGHT;
    transfer->state = TRANSFER_OPEN;
    transfer->coupon = coupon->id;
    transfer->epoch = coupon->right_epoch;
    transfer->from_store = coupon->right_store;
    int rc = transfer_insert(tx, transfer);
    return rc < 0 ? rc : publish_request(tx, coupon, transfer);
}

static int start_transfer(struct store_tx *tx, const struct coupon *coupon, const struct rights_asker *asker,
                          const struct authority_request *request, struct authority_answer *answer)
{
    struct transfer transfer = {.to_store = asker->store, .to_terminal = asker->terminal, .asked_ms = tx->now_ms};
    memcpy(transfer.request_id, request->request_id, REQUEST_ID_LEN);
    int rc = right_ask_holder(tx, coupon, &transfer);
    answer->used_store = transfer.from_store; /* where it is held */
    answer->verdict = AUTHORITY_WAITING;
    answer->transfer = transfer.id;
    return rc;
}

/* Somebody asks already: the same store joins, another one takes over when the first has gone quiet. */
static int join_transfer(struct store_tx *tx, struct transfer *open, const struct rights_asker *asker,
                         const struct authority_request *request, struct authority_answer *answer)
{
    answer->verdict = AUTHORITY_WAITING;
    answer->used_store = open->from_store;
    bool same = open->to_store == asker->store;
    if (!same && tx->now_ms - open->asked_ms < RETARGET_MS)
        return 0;
    answer->transfer = open->id;
    open->to_store = asker->store;
    open->to_terminal = asker->terminal;
    open->asked_ms = tx->now_ms;
    memcpy(open->request_id, request->request_id, REQUEST_ID_LEN);
    return transfer_update(tx, open);
}

static int answer_held_here(struct store_tx *tx, const struct coupon *coupon, struct authority_answer *answer)
{
    answer->verdict = AUTHORITY_GRANTED;
    struct grant_row grant;
    int rc = grant_find(tx, coupon->id, coupon->right_epoch, &grant);
    if (rc == -ENOENT)
        return 0; /* by the token itself */
    answer->feed_position = grant.position;
    answer->transfer = grant.transfer;
    return rc;
}

/* Right after a restore somebody may hold it already, by a grant that these books lost. */
static int give_from_central(struct store_tx *tx, struct coupon_row *row, const struct rights_asker *asker,
                             struct authority_answer *answer)
{
    struct grant_row grant = {.store = asker->store};
    bool waits = false;
    int rc = settle_waits(tx, &waits);
    answer->verdict = waits ? AUTHORITY_WAITING : AUTHORITY_GRANTED;
    if (rc < 0 || waits)
        return rc;
    rc = settle_at_risk(tx, &grant.risk);
    if (rc == 0)
        rc = give_right(tx, row, &grant, NULL, NULL);
    answer->feed_position = grant.position;
    answer->transfer = grant.transfer;
    return rc;
}

static int ask_fresh(struct store_tx *tx, struct coupon_row *row, const struct rights_asker *asker,
                     const struct authority_request *request, struct authority_answer *answer)
{
    struct coupon *coupon = &row->coupon;
    answer->coupon = coupon->id;
    if (coupon->revoked) {
        answer->verdict = AUTHORITY_REVOKED;
        return 0;
    }
    if (coupon->uses > 0)
        return answer_used(tx, coupon, answer);
    if (coupon->right_store == asker->store && !lease_ends(coupon, tx->now_ms))
        return answer_held_here(tx, coupon, answer);
    if (row->lost || coupon_home_unknown(row)) {
        answer->verdict = AUTHORITY_WAITING; /* whoever holds it will say so in its journal */
        return 0;
    }
    if (coupon->right_store == 0)
        return give_from_central(tx, row, asker, answer);
    struct transfer open;
    int rc = transfer_find_open_right(tx, coupon->id, &open);
    if (rc == -ENOENT)
        return start_transfer(tx, coupon, asker, request, answer);
    return rc < 0 ? rc : join_transfer(tx, &open, asker, request, answer);
}

int rights_ask_right(struct store_tx *tx, const struct rights_asker *asker, const struct authority_request *request,
                     struct authority_answer *out_answer)
{
    struct transfer before;
    int rc = transfer_find_request(tx, asker->terminal, request->request_id, &before);
    if (rc == 0) {
        before.asked_ms = tx->now_ms;
        rc = transfer_update(tx, &before);
        return rc < 0 ? rc : answer_for_transfer(tx, &before, out_answer);
    }
    if (rc != -ENOENT)
        return rc;
    struct authority_answer answer = {.verdict = AUTHORITY_UNKNOWN, .coupon = request->coupon};
    struct coupon_row row;
    rc = coupon_row_find(tx, request->coupon, &row);
    if (rc == 0 && (row.coupon.brand == asker->brand || row.coupon.brand == 0))
        rc = ask_fresh(tx, &row, asker, request, &answer);
    if (rc == 0 || rc == -ENOENT)
        *out_answer = answer;
    return rc == -ENOENT ? 0 : rc;
}

/* The right of a coupon that nobody holds goes to the store that the move was for. */
static int grant_transfer(struct store_tx *tx, struct coupon_row *row, struct transfer *transfer, bool risk)
{
    struct coupon *coupon = &row->coupon;
    struct grant_row grant = {.store = transfer->to_store, .transfer = transfer->id, .risk = risk};
    int rc = give_right(tx, row, &grant, NULL, NULL);
    if (rc < 0)
        return rc;
    transfer->state = TRANSFER_GRANTED;
    transfer->position = grant.position;
    rc = transfer_update(tx, transfer);
    char key[ID_TEXT_MAX];
    coupon_id_format(coupon->id, key, sizeof(key));
    if (rc == 0)
        rc = feed_withdraw(tx, lane_of(coupon, transfer->from_store), FEED_RIGHT_REQUEST, key);
    return rc;
}

static int give_home(struct store_tx *tx, struct coupon_row *row, bool risk, const char *why)
{
    const struct coupon *coupon = &row->coupon;
    bool over = coupon->expiry_s != 0 && (int64_t)coupon->expiry_s * 1000 <= tx->now_ms;
    if (over || row->mode == MODE_STRICT || coupon->home_store == 0)
        return coupon_row_update(tx, row);
    struct grant_row grant = {.store = coupon->home_store, .risk = risk};
    return give_right(tx, row, &grant, NULL, why);
}

int right_place(struct store_tx *tx, struct coupon_row *row)
{
    const struct coupon *coupon = &row->coupon;
    row->coupon.right_store = 0;
    row->lost = false;
    if (tx->replay) /* where it went stands in central's next record */
        return coupon_row_update(tx, row);
    if (coupon->revoked || coupon->uses > 0) {
        int rc = coupon_row_update(tx, row);
        return rc < 0 ? rc : transfer_end_right(tx, coupon, coupon->revoked ? TRANSFER_REVOKED : TRANSFER_USED);
    }
    struct transfer open;
    bool risk = false;
    int rc = settle_at_risk(tx, &risk);
    if (rc == 0)
        rc = transfer_find_open_right(tx, coupon->id, &open);
    if (rc == -ENOENT)
        return give_home(tx, row, risk, "nobody held it");
    if (rc < 0 || open.to_store != 0)
        return rc < 0 ? rc : grant_transfer(tx, row, &open, risk);
    rc = transfer_end_right(tx, coupon, TRANSFER_GRANTED);
    return rc < 0 ? rc : give_home(tx, row, risk, "its lease was over");
}

/*
 * The holder gave it up, durably, before we hear of it: only now may the next epoch go out. What an earlier epoch of
 * this server asked for may have been granted by it, to whomever: nobody decides that before all journals have come up.
 */
static int take_back(struct store_tx *tx, struct coupon_row *row, const struct body_right *body)
{
    struct coupon *coupon = &row->coupon;
    bool waits = false;
    int rc = settle_waits(tx, &waits);
    if (rc < 0)
        return rc;
    if (coupon->next_use_no < body->use_no)
        coupon->next_use_no = body->use_no;
    if (!waits || !transfer_is_earlier(tx, body->transfer))
        return right_place(tx, row);
    coupon->right_store = 0;
    row->lost = true;
    return coupon_row_update(tx, row);
}

/* A coupon of which a restored central hears first through its right. */
static int find_or_learn(struct store_tx *tx, uint32_t store, const struct body_right *body, struct coupon_row *out_row)
{
    int rc = coupon_row_find(tx, body->coupon, out_row);
    if (rc != -ENOENT || !transfer_is_earlier(tx, body->transfer))
        return rc;
    struct coupon_row seed = {.coupon = {.id = body->coupon}, .mode = MODE_HOME};
    return coupon_learn(tx, store, &seed, out_row);
}

/* Of this epoch it was given up before: by the primary, and by the former one before it heard of the promotion. */
static int given_up_again(struct store_tx *tx, struct coupon_row *row, const struct body_right *body)
{
    if (row->coupon.next_use_no >= body->use_no)
        return 0;
    row->coupon.next_use_no = body->use_no;
    return coupon_row_update(tx, row);
}

static int apply_released(struct store_tx *tx, const struct record *record, uint32_t store,
                          const struct body_right *body)
{
    struct coupon_row row;
    int rc = find_or_learn(tx, store, body, &row);
    if (rc == -ENOENT)
        return record_note_problem(tx, record->id, record->kind, "release of an unknown coupon");
    if (rc < 0)
        return rc;
    struct coupon *coupon = &row.coupon;
    if (body->epoch == 0 && coupon_home_unknown(&row))
        coupon->home_store = coupon->right_store = store;
    bool held = false;
    rc = right_held(tx, &row, body->epoch, store, &held);
    if (rc < 0)
        return rc;
    if (body->epoch < coupon->right_epoch && (held || transfer_is_earlier(tx, body->transfer)))
        return 0; /* the grant that followed it, or a risk re-grant, is known already */
    if (body->epoch == coupon->right_epoch && held && coupon->right_store == 0)
        return given_up_again(tx, &row, body);
    if (coupon->right_store != store || coupon->right_epoch != body->epoch)
        return record_note_problem(tx, record->id, record->kind, "release of a right that is not held there");
    return take_back(tx, &row, body);
}

/* Taken into the holder's books: a device that starts from nothing later must not take it again. */
static int withdraw_grant(struct store_tx *tx, struct coupon_id coupon, uint32_t store)
{
    char key[ID_TEXT_MAX];
    coupon_id_format(coupon, key, sizeof(key));
    return feed_withdraw(tx, (struct feed_target){.store = store}, FEED_RIGHT_GRANT, key);
}

/* The right went somewhere by a grant that these books lost: who still waits for it waits for its new holder. */
static int follow_right(struct store_tx *tx, const struct coupon *coupon)
{
    struct transfer open;
    int rc = transfer_find_open_right(tx, coupon->id, &open);
    if (rc < 0)
        return rc == -ENOENT ? 0 : rc;
    if (open.to_store == coupon->right_store)
        return transfer_end_right(tx, coupon, TRANSFER_GRANTED);
    if (open.to_store == 0)
        return transfer_end_right(tx, coupon, TRANSFER_REFUSED);
    char key[ID_TEXT_MAX];
    coupon_id_format(coupon->id, key, sizeof(key));
    rc = feed_withdraw(tx, lane_of(coupon, open.from_store), FEED_RIGHT_REQUEST, key);
    open.from_store = coupon->right_store;
    open.epoch = coupon->right_epoch;
    if (rc == 0)
        rc = transfer_update(tx, &open);
    return rc < 0 ? rc : publish_request(tx, coupon, &open);
}

static int learn_grant(struct store_tx *tx, uint32_t store, const struct body_right *body, struct coupon_row *row)
{
    struct coupon *coupon = &row->coupon;
    struct grant_row grant = {.epoch = body->epoch,
                              .store = store,
                              .use_no = body->use_no,
                              .transfer = body->transfer,
                              .risk = body->risk,
                              .store_epoch = body->store_epoch,
                              .lease_until_s = body->lease_until_s};
    int rc = body->store_epoch == 0 ? shop_epoch(tx, store, &grant.store_epoch) : 0;
    if (rc == 0)
        rc = grant_insert(tx, body->coupon, &grant);
    if (rc < 0 || body->epoch < coupon->right_epoch)
        return rc;
    if (body->epoch == coupon->right_epoch) { /* a redemption, or a void, told of it first */
        coupon->lease_until_s = coupon->right_store == store ? body->lease_until_s : 0;
        return coupon_row_update(tx, row);
    }
    coupon->right_epoch = body->epoch;
    coupon->right_store = store;
    coupon->lease_until_s = body->lease_until_s;
    row->lost = false;
    if (coupon->next_use_no < body->use_no)
        coupon->next_use_no = body->use_no;
    rc = coupon_row_update(tx, row);
    return rc < 0 ? rc : follow_right(tx, coupon);
}

/* The grant is in the holder's books: known here, or – after a restore – learned from there. */
static int apply_granted(struct store_tx *tx, const struct record *record, uint32_t store,
                         const struct body_right *body)
{
    struct grant_row known;
    int rc = grant_find(tx, body->coupon, body->epoch, &known);
    if (rc == 0 && known.store != store)
        return record_note_problem(tx, record->id, record->kind, "grant of another store");
    if (rc == 0)
        return withdraw_grant(tx, body->coupon, store);
    if (rc != -ENOENT)
        return rc;
    if (!transfer_is_earlier(tx, body->transfer))
        return record_note_problem(tx, record->id, record->kind, "grant that central did not make");
    struct coupon_row row;
    rc = find_or_learn(tx, store, body, &row);
    rc = rc < 0 ? rc : learn_grant(tx, store, body, &row);
    return rc < 0 || !body->risk ? rc : conflicts_explain_late(tx, store, &body->coupon);
}

int rights_apply_right(struct store_tx *tx, const struct record *record, uint32_t store, const struct body_right *body)
{
    if (record->kind != RECORD_RIGHT_RELEASED)
        return apply_granted(tx, record, store, body);
    bool unknown = false;
    int rc = apply_released(tx, record, store, body);
    if (rc == 0)
        rc = succession_explains(tx, record->id, &unknown);
    return rc < 0 || !unknown ? rc : conflicts_explain_late(tx, store, &body->coupon);
}

int right_regrant(struct store_tx *tx, struct coupon_row *row, const struct grant_row *grant, const char *who,
                  const char *why)
{
    struct grant_row given = *grant;
    int rc = give_right(tx, row, &given, who, why);
    return rc < 0 ? rc : follow_right(tx, &row->coupon);
}

int rights_write_off(struct store_tx *tx, struct coupon_id id, uint32_t store, const char *who, const char *why)
{
    struct coupon_row row;
    int rc = coupon_row_find(tx, id, &row);
    if (rc == 0 && (row.coupon.revoked || row.coupon.uses > 0))
        rc = -EINVAL;
    if (rc == 0)
        rc = transfer_end_right(tx, &row.coupon, TRANSFER_REFUSED);
    if (rc < 0)
        return rc;
    row.coupon.right_store = 0; /* nor does its lease go on */
    const struct grant_row grant = {.store = store, .risk = true};
    return right_regrant(tx, &row, &grant, who, why);
}
