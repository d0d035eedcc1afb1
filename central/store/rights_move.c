#include "central/store/rights_internal.h"

#include <string.h>

#define RETARGET_MS 60000 /* an asker that stopped asking this long ago loses its place */

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

static int journal_transfer(struct store_tx *tx, const struct coupon *coupon, const struct grant_row *grant,
                            const char *who, const char *why)
{
    struct journal_fact fact = {
        .who = who,
        .what = grant->risk ? "re-granted at risk" : "granted",
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

/* The next epoch goes to grant->store: only when nobody holds the one before, or knowingly at risk. */
static int give_right(struct store_tx *tx, struct coupon_row *row, struct grant_row *grant, const char *who,
                      const char *why)
{
    struct coupon *coupon = &row->coupon;
    grant->epoch = coupon->right_epoch + 1;
    grant->use_no = coupon->next_use_no;
    struct feed_right right = {coupon->id, grant->epoch, grant->use_no, grant->transfer};
    int rc = publish_right(tx, coupon, FEED_RIGHT_GRANT, grant->store, &right, &grant->position);
    if (rc == 0)
        rc = grant_insert(tx, coupon->id, grant);
    coupon->right_epoch = grant->epoch;
    coupon->right_store = grant->store;
    row->lost = false;
    if (rc == 0)
        rc = coupon_row_update(tx, row);
    if (rc == 0)
        rc = journal_transfer(tx, coupon, grant, who, why);
    return rc;
}

static int start_transfer(struct store_tx *tx, const struct coupon *coupon, const struct rights_asker *asker,
                          const struct authority_request *request, struct authority_answer *answer)
{
    struct transfer transfer = {
        .kind = TRANSFER_RIGHT,
        .state = TRANSFER_OPEN,
        .coupon = coupon->id,
        .epoch = coupon->right_epoch,
        .from_store = coupon->right_store,
        .to_store = asker->store,
        .to_terminal = asker->terminal,
        .asked_ms = tx->now_ms,
    };
    memcpy(transfer.request_id, request->request_id, REQUEST_ID_LEN);
    int rc = transfer_insert(tx, &transfer);
    if (rc < 0)
        return rc;
    struct feed_right right = {coupon->id, coupon->right_epoch, coupon->next_use_no, transfer.id};
    rc = publish_right(tx, coupon, FEED_RIGHT_REQUEST, transfer.from_store, &right, NULL);
    answer->verdict = AUTHORITY_WAITING;
    answer->transfer = transfer.id;
    return rc;
}

/* Somebody asks already: the same store joins, another one takes over when the first has gone quiet. */
static int join_transfer(struct store_tx *tx, struct transfer *open, const struct rights_asker *asker,
                         const struct authority_request *request, struct authority_answer *answer)
{
    answer->verdict = AUTHORITY_WAITING;
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
    if (coupon->right_store == asker->store)
        return answer_held_here(tx, coupon, answer);
    if (row->lost) {
        answer->verdict =
            AUTHORITY_WAITING; /* whoever holds it will say so in its journal, or a manager writes it off */
        return 0;
    }
    if (coupon->right_store == 0) {
        struct grant_row grant = {.store = asker->store};
        int rc = give_right(tx, row, &grant, NULL, NULL);
        answer->verdict = AUTHORITY_GRANTED;
        answer->feed_position = grant.position;
        return rc;
    }
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

/* The holder gave it up, durably, before we hear of it: only now may the next epoch go out. */
static int pass_on(struct store_tx *tx, struct coupon_row *row, const struct body_right *body,
                   struct transfer *transfer)
{
    struct coupon *coupon = &row->coupon;
    if (coupon->next_use_no < body->use_no)
        coupon->next_use_no = body->use_no;
    coupon->right_store = 0;
    int rc;
    if (coupon->revoked) {
        rc = coupon_row_update(tx, row);
        return rc < 0 ? rc : transfer_end_right(tx, coupon, TRANSFER_REVOKED);
    }
    struct grant_row grant = {.store = transfer->to_store, .transfer = transfer->id};
    rc = give_right(tx, row, &grant, NULL, NULL);
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

static int apply_released(struct store_tx *tx, const struct record *record, uint32_t store,
                          const struct body_right *body)
{
    struct coupon_row row;
    int rc = coupon_row_find(tx, body->coupon, &row);
    if (rc == -ENOENT)
        return record_note_problem(tx, record->id, record->kind, "release of an unknown coupon");
    if (rc < 0)
        return rc;
    if (row.coupon.right_store != store || row.coupon.right_epoch != body->epoch)
        return record_note_problem(tx, record->id, record->kind, "release of a right that is not held there");
    struct transfer transfer;
    rc = transfer_find(tx, body->transfer, &transfer);
    if (rc == 0 && transfer.state == TRANSFER_OPEN && transfer.from_store == store)
        return pass_on(tx, &row, body, &transfer);
    if (rc < 0 && rc != -ENOENT)
        return rc;
    row.coupon.right_store = 0;
    row.lost = rc == -ENOENT && body->transfer >> 32 != store_server_epoch(tx->store);
    return coupon_row_update(tx, &row);
}

/* Taken into the holder's books: a device that starts from nothing later must not take it again. */
static int withdraw_grant(struct store_tx *tx, struct coupon_id coupon, uint32_t store)
{
    char key[ID_TEXT_MAX];
    coupon_id_format(coupon, key, sizeof(key));
    return feed_withdraw(tx, (struct feed_target){.store = store}, FEED_RIGHT_GRANT, key);
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
    struct coupon_row row;
    rc = coupon_row_find(tx, body->coupon, &row);
    bool restored = body->transfer >> 32 != store_server_epoch(tx->store);
    if (rc == -ENOENT || (rc == 0 && !restored))
        return record_note_problem(tx, record->id, record->kind, "grant that central did not make");
    if (rc < 0)
        return rc;
    struct grant_row grant = {.epoch = body->epoch, .store = store, .use_no = body->use_no, .transfer = body->transfer};
    rc = grant_insert(tx, body->coupon, &grant);
    if (rc < 0 || body->epoch <= row.coupon.right_epoch)
        return rc;
    row.coupon.right_epoch = body->epoch;
    row.coupon.right_store = store;
    row.lost = false;
    if (row.coupon.next_use_no < body->use_no)
        row.coupon.next_use_no = body->use_no;
    return coupon_row_update(tx, &row);
}

int rights_apply_right(struct store_tx *tx, const struct record *record, uint32_t store, const struct body_right *body)
{
    return record->kind == RECORD_RIGHT_RELEASED ? apply_released(tx, record, store, body)
                                                 : apply_granted(tx, record, store, body);
}

int rights_write_off(struct store_tx *tx, struct coupon_id id, uint32_t store, const char *who, const char *why)
{
    struct coupon_row row;
    int rc = coupon_row_find(tx, id, &row);
    if (rc == 0 && (row.coupon.revoked || row.coupon.uses > 0 || row.coupon.right_store == store))
        rc = -EINVAL;
    if (rc == 0)
        rc = transfer_end_right(tx, &row.coupon, TRANSFER_REFUSED);
    if (rc < 0)
        return rc;
    struct grant_row grant = {.store = store, .risk = true};
    return give_right(tx, &row, &grant, who, why);
}
