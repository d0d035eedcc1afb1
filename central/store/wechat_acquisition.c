#include "central/store/wechat_acquisition.h"

#include "central/store/people_member.h"
#include "central/store/query.h"

#define AMOUNT_NAME "acquisition_minor"

int vesting_set_amount(struct store_tx *tx, int64_t amount_minor)
{
    return amount_minor < 0 ? -ERANGE : store_meta_set(tx, AMOUNT_NAME, amount_minor);
}

int vesting_amount(struct store_tx *tx, int64_t *out_minor)
{
    int64_t minor = VESTING_DEFAULT_MINOR;
    int rc = store_meta_get(tx, AMOUNT_NAME, &minor);
    if (rc == 0 || rc == -ENOENT) {
        *out_minor = minor;
    }
    return rc == -ENOENT ? 0 : rc;
}

/* by_channel: whether the member came through an account, so that leaving it counts as gone. */
static int insert_row(struct store_tx *tx, const struct acquisition *a, int64_t due_ms)
{
    return query_run(store_tx_write(tx),
                     "INSERT INTO acquisition (member, brand, store, clerk, amount, state, due_ms, by_channel) VALUES "
                     "(?1, ?2, ?3, ?4, ?5, 0, ?6, EXISTS (SELECT 1 FROM channel_identity WHERE member = ?1))",
                     QUERY(Q_INT(a->member), Q_INT(a->brand), Q_INT(a->store), Q_INT(a->clerk), Q_INT(a->amount_minor),
                           Q_INT(due_ms)));
}

int vesting_begin(struct store_tx *tx, uint64_t id)
{
    struct member member;
    struct acquisition a = {.member = id};
    int rc = people_find_member(tx, id, &member);
    rc = rc ? rc : vesting_amount(tx, &a.amount_minor);
    if (rc < 0 || member.erased || !member.won_by.clerk || !a.amount_minor) {
        return rc;
    }
    a.brand = member.brand;
    a.store = member.won_by.store;
    a.clerk = member.won_by.clerk;
    rc = insert_row(tx, &a, member.joined_ms + VESTING_MS);
    if (rc == -EEXIST) {
        return 0;
    }
    return rc ? rc : acquisition_book(tx, ACQUISITION_PENDING, &a);
}

static int find_due(struct store_tx *tx, struct acquisition *out, bool *out_there)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(
        store_tx_db(tx),
        "SELECT a.member, a.brand, a.store, a.clerk, a.amount, m.erased = 0 AND (a.by_channel = 0 OR EXISTS (SELECT 1 "
        "FROM channel_identity AS c WHERE c.member = a.member)) FROM acquisition AS a JOIN member AS m ON m.id = "
        "a.member WHERE a.state = 0 AND a.due_ms <= ? ORDER BY a.due_ms, a.member LIMIT 1",
        QUERY(Q_INT(tx->now_ms)), &stmt);
    if (rc < 0) {
        return rc;
    }
    *out = (struct acquisition){.member = (uint64_t)db_column_int64(stmt, 0),
                                .brand = (uint32_t)db_column_int64(stmt, 1),
                                .store = (uint32_t)db_column_int64(stmt, 2),
                                .clerk = (uint32_t)db_column_int64(stmt, 3),
                                .amount_minor = db_column_int64(stmt, 4)};
    *out_there = db_column_int64(stmt, 5) != 0;
    db_stmt_close(stmt);
    return 0;
}

int vesting_settle(struct store_tx *tx, unsigned limit, unsigned *out_done)
{
    struct acquisition a;
    bool there = false;
    unsigned done = 0;
    int rc = 0;
    while (rc == 0 && done < limit) {
        rc = find_due(tx, &a, &there);
        enum acquisition_step step = there ? ACQUISITION_VESTED : ACQUISITION_FORFEITED;
        rc = rc ? rc : acquisition_book(tx, step, &a);
        rc = rc ? rc
                : query_run(store_tx_write(tx), "UPDATE acquisition SET state = ? WHERE member = ?",
                            QUERY(Q_INT(step), Q_INT(a.member)));
        done += rc == 0;
    }
    if (rc < 0 && rc != -ENOENT) {
        return rc;
    }
    *out_done = done;
    return 0;
}

int vesting_each(struct store_tx *tx, vesting_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc =
        query_open(store_tx_db(tx),
                   "SELECT store, clerk, count(*) FILTER (WHERE state = 0), count(*) FILTER (WHERE state = 1), "
                   "count(*) FILTER (WHERE state = 2), coalesce(sum(amount) FILTER (WHERE state = 0), 0), "
                   "coalesce(sum(amount) FILTER (WHERE state = 1), 0) FROM acquisition GROUP BY store, clerk ORDER "
                   "BY store, clerk",
                   QUERY_NONE, &stmt);
    if (rc < 0) {
        return rc;
    }
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        struct vesting_row row = {.store = (uint32_t)db_column_int64(stmt, 0),
                                  .clerk = (uint32_t)db_column_int64(stmt, 1),
                                  .pending = (uint64_t)db_column_int64(stmt, 2),
                                  .vested = (uint64_t)db_column_int64(stmt, 3),
                                  .forfeited = (uint64_t)db_column_int64(stmt, 4),
                                  .pending_minor = db_column_int64(stmt, 5),
                                  .vested_minor = db_column_int64(stmt, 6)};
        rc = visit(context, &row);
        if (rc != 0) {
            break;
        }
    }
    db_stmt_close(stmt);
    return rc;
}
