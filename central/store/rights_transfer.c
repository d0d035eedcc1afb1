#include "central/store/rights_internal.h"

#include <string.h>

#define TRANSFER_COLUMNS                                                                                               \
    "id, kind, state, request_id, campaign, serial, epoch, member, scope, owner, amount, from_store, to_store,"        \
    " to_terminal, made_ms, asked_ms, position"

int transfer_number(struct store_tx *tx, uint64_t *out_id)
{
    uint64_t number = 0;
    int rc = store_next_number(tx, "transfer", &number);
    if (rc == 0)
        *out_id = (uint64_t)store_server_epoch(tx->store) << 32 | number;
    return rc;
}

bool transfer_is_earlier(const struct store_tx *tx, uint64_t id)
{
    return id >> 32 != store_tx_epoch(tx);
}

int transfer_insert(struct store_tx *tx, struct transfer *transfer)
{
    int rc = transfer_number(tx, &transfer->id);
    if (rc < 0)
        return rc;
    return query_run(store_tx_write(tx),
                     "INSERT INTO transfer (" TRANSFER_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,"
                     " ?12, ?13, ?14, ?15, ?16, ?17)",
                     QUERY(Q_INT(transfer->id), Q_INT(transfer->kind), Q_INT(transfer->state),
                           Q_BLOB(transfer->request_id, REQUEST_ID_LEN), Q_INT(transfer->coupon.campaign),
                           Q_INT(transfer->coupon.serial), Q_INT(transfer->epoch), Q_INT(transfer->member),
                           Q_INT(transfer->owner.scope), Q_INT(transfer->owner.id), Q_INT(transfer->amount_minor),
                           Q_INT(transfer->from_store), Q_INT(transfer->to_store), Q_INT(transfer->to_terminal),
                           Q_INT(tx->now_ms), Q_INT(transfer->asked_ms), Q_INT(transfer->position)));
}

int transfer_update(struct store_tx *tx, const struct transfer *transfer)
{
    return query_run(store_tx_write(tx),
                     "UPDATE transfer SET state = ?2, request_id = ?3, amount = ?4, to_store = ?5, to_terminal = ?6,"
                     " asked_ms = ?7, position = ?8, from_store = ?9, epoch = ?10 WHERE id = ?1",
                     QUERY(Q_INT(transfer->id), Q_INT(transfer->state), Q_BLOB(transfer->request_id, REQUEST_ID_LEN),
                           Q_INT(transfer->amount_minor), Q_INT(transfer->to_store), Q_INT(transfer->to_terminal),
                           Q_INT(transfer->asked_ms), Q_INT(transfer->position), Q_INT(transfer->from_store),
                           Q_INT(transfer->epoch)));
}

static int find_first(struct store_tx *tx, const char *sql, struct query_values values, struct transfer *out_transfer)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), sql, values, &stmt);
    if (rc < 0)
        return rc;
    struct transfer transfer = {
        .id = (uint64_t)db_column_int64(stmt, 0),
        .kind = (enum transfer_kind)db_column_int64(stmt, 1),
        .state = (enum transfer_state)db_column_int64(stmt, 2),
        .coupon = {(uint32_t)db_column_int64(stmt, 4), (uint64_t)db_column_int64(stmt, 5)},
        .epoch = (uint32_t)db_column_int64(stmt, 6),
        .member = (uint64_t)db_column_int64(stmt, 7),
        .owner = {(uint8_t)db_column_int64(stmt, 8), (uint32_t)db_column_int64(stmt, 9)},
        .amount_minor = db_column_int64(stmt, 10),
        .from_store = (uint32_t)db_column_int64(stmt, 11),
        .to_store = (uint32_t)db_column_int64(stmt, 12),
        .to_terminal = (uint32_t)db_column_int64(stmt, 13),
        .asked_ms = db_column_int64(stmt, 15),
        .position = (uint64_t)db_column_int64(stmt, 16),
    };
    rc = query_column_fixed(stmt, 3, transfer.request_id, REQUEST_ID_LEN);
    db_stmt_close(stmt);
    if (rc == 0)
        *out_transfer = transfer;
    return rc;
}

int transfer_find(struct store_tx *tx, uint64_t id, struct transfer *out_transfer)
{
    return find_first(tx, "SELECT " TRANSFER_COLUMNS " FROM transfer WHERE id = ?1", QUERY(Q_INT(id)), out_transfer);
}

int transfer_find_request(struct store_tx *tx, uint32_t terminal, const uint8_t request_id[REQUEST_ID_LEN],
                          struct transfer *out_transfer)
{
    return find_first(tx, "SELECT " TRANSFER_COLUMNS " FROM transfer WHERE to_terminal = ?1 AND request_id = ?2",
                      QUERY(Q_INT(terminal), Q_BLOB(request_id, REQUEST_ID_LEN)), out_transfer);
}

int transfer_find_open_right(struct store_tx *tx, struct coupon_id id, struct transfer *out_transfer)
{
    return find_first(
        tx, "SELECT " TRANSFER_COLUMNS " FROM transfer WHERE campaign = ?1 AND serial = ?2 AND kind = 1 AND state = 1",
        QUERY(Q_INT(id.campaign), Q_INT(id.serial)), out_transfer);
}

int transfer_find_open_share(struct store_tx *tx, const struct transfer *like, struct transfer *out_transfer)
{
    return find_first(
        tx,
        "SELECT " TRANSFER_COLUMNS " FROM transfer WHERE member = ?1 AND scope = ?2 AND owner = ?3"
        " AND to_store = ?4 AND kind = 2 AND state = 1",
        QUERY(Q_INT(like->member), Q_INT(like->owner.scope), Q_INT(like->owner.id), Q_INT(like->to_store)),
        out_transfer);
}

int transfer_end_right(struct store_tx *tx, const struct coupon *coupon, enum transfer_state state)
{
    struct transfer transfer;
    int rc = transfer_find_open_right(tx, coupon->id, &transfer);
    if (rc < 0)
        return rc == -ENOENT ? 0 : rc;
    transfer.state = state;
    char key[ID_TEXT_MAX];
    coupon_id_format(coupon->id, key, sizeof(key));
    rc = transfer_update(tx, &transfer);
    if (rc == 0)
        rc = feed_withdraw(tx, (struct feed_target){coupon->brand, transfer.from_store}, FEED_RIGHT_REQUEST, key);
    if (rc == 0)
        store_tx_touch(tx, false, transfer.to_store); /* its asker waits for an answer */
    return rc;
}

/* The use that stands is the latest one. */
int answer_used(struct store_tx *tx, const struct coupon *coupon, struct authority_answer *answer)
{
    struct redemption redemption;
    int rc = rights_find_redemption(tx, coupon->id, coupon->next_use_no, &redemption);
    if (rc < 0)
        return rc == -ENOENT ? -EUCLEAN : rc;
    answer->verdict = AUTHORITY_USED;
    answer->used_store = redemption.store;
    answer->used_ms = redemption.body.business_ms;
    return 0;
}

int answer_for_transfer(struct store_tx *tx, const struct transfer *transfer, struct authority_answer *out_answer)
{
    struct authority_answer answer = {.transfer = transfer->id, .coupon = transfer->coupon};
    int rc = 0;
    switch (transfer->state) {
    case TRANSFER_OPEN:
        answer.verdict = AUTHORITY_WAITING;
        answer.used_store = transfer->from_store; /* that holds it, and is asked */
        break;
    case TRANSFER_GRANTED:
        answer.verdict = AUTHORITY_GRANTED;
        answer.feed_position = transfer->position;
        break;
    case TRANSFER_USED: {
        struct coupon_row row;
        rc = coupon_row_find(tx, transfer->coupon, &row);
        if (rc == 0 && row.coupon.uses > 0)
            rc = answer_used(tx, &row.coupon, &answer);
        else
            answer.verdict = AUTHORITY_REFUSED; /* voided since: ask anew */
        break;
    }
    case TRANSFER_REVOKED:
        answer.verdict = AUTHORITY_REVOKED;
        break;
    case TRANSFER_REFUSED:
        answer.verdict = AUTHORITY_REFUSED;
        break;
    }
    if (rc == 0)
        *out_answer = answer;
    return rc;
}

int rights_ask_again(struct store_tx *tx, const struct rights_asker *asker, const struct authority_request *request,
                     struct authority_answer *out_answer)
{
    struct transfer transfer;
    int rc = transfer_find_request(tx, asker->terminal, request->request_id, &transfer);
    return rc < 0 ? rc : answer_for_transfer(tx, &transfer, out_answer);
}
