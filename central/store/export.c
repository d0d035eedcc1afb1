#include "central/store/export.h"

#include "central/store/query.h"
#include "domain/body.h"

#include <string.h>

/* In journal order whatever the join: the position is the cursor. Columns only ever come behind the last one. */
static const struct export_table tables[] = {
    {"members",
     {"cursor", "member", "brand", "tier", "home_store", "joined_ms", "touchpoint", "store", "terminal", "shelf",
      "clerk", "campaign", "erased", "merged_into"},
     "ntnnnnnnntnnnt",
     "SELECT id, CAST(id AS TEXT), brand, tier, home_store, joined_ms, touchpoint, store, terminal, shelf, clerk, "
     "campaign, erased = 1, CASE merged_into WHEN 0 THEN '' ELSE CAST(merged_into AS TEXT) END FROM member WHERE id > "
     "?1 AND joined_ms >= ?2 ORDER BY id LIMIT ?3"},
    {"redemptions",
     {"cursor", "record", "coupon", "use_no", "store", "member", "discount_minor", "offline", "business_ms", "voided"},
     "nttnntnnnn",
     "SELECT j.position, j.terminal || '-' || j.incarnation || '-' || j.seq, r.campaign || '-' || r.serial, r.use_no, "
     "r.store, CAST(r.member AS TEXT), r.discount, r.offline, r.business_ms, r.voided FROM journal AS j CROSS JOIN "
     "redemption AS r USING (terminal, incarnation, seq) WHERE j.position > ?1 AND j.received_ms >= ?2 AND j.kind = 4 "
     "ORDER BY j.position LIMIT ?3"},
    {"ledger",
     {"cursor", "record", "line", "store", "account", "unit", "amount_minor", "at_ms", "received_ms"},
     "ntnnttnnn",
     "SELECT j.position * 16 + p.line, j.terminal || '-' || j.incarnation || '-' || j.seq, p.line, j.store, p.account, "
     "CASE p.unit WHEN 1 THEN 'CNY' ELSE 'credit' END, p.amount, j.hlc >> 16, j.received_ms FROM journal AS j CROSS "
     "JOIN posting AS p USING (terminal, incarnation, seq) WHERE j.position >= ?1 / 16 AND j.position * 16 + p.line > "
     "?1 "
     "AND j.received_ms >= ?2 ORDER BY j.position, p.line LIMIT ?3"},
    {"events",
     {"cursor", "record", "kind", "store", "at_ms", "received_ms"},
     "ntknnn",
     "SELECT position, terminal || '-' || incarnation || '-' || seq, kind, store, hlc >> 16, received_ms FROM journal "
     "WHERE position > ?1 AND received_ms >= ?2 ORDER BY position LIMIT ?3"},
};

const struct export_table *export_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        if (strcmp(tables[i].name, name) == 0)
            return &tables[i];
    }
    return NULL;
}

static struct export_value value_of(struct db_stmt *stmt, int column, char type)
{
    if (type == 't')
        return (struct export_value){.text = db_column_text(stmt, column)};
    int64_t number = db_column_int64(stmt, column);
    return (struct export_value){number, type == 'k' ? record_kind_name((uint16_t)number) : NULL};
}

int export_rows(struct store_tx *tx, const struct export_table *table, const struct export_range *range,
                export_visit visit, void *context)
{
    size_t count = strlen(table->types);
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx), table->sql,
                        QUERY(Q_INT(range->after), Q_INT(range->since_ms), Q_INT(range->limit)), &stmt);
    if (rc < 0)
        return rc;
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        struct export_value values[EXPORT_COLUMNS_MAX];
        for (size_t i = 0; i < count; i++)
            values[i] = value_of(stmt, (int)i, table->types[i]);
        rc = visit(context, values, count);
        if (rc != 0)
            break;
    }
    db_stmt_close(stmt);
    return rc;
}
