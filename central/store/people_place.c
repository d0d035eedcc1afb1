#include "central/store/people_place.h"

#include "central/store/journal.h"
#include "central/store/query.h"

#define ONE_E6 1000000

/* Digits up to `decimals` behind the point, without floating point. */
static int read_degrees(const char *text, int32_t limit, int32_t *out_e6)
{
    bool negative = *text == '-';
    int64_t whole = 0, scale = ONE_E6;
    bool point = false, digit = false;
    for (text += negative; *text; text++) {
        if (*text == '.' && !point) {
            point = true;
            continue;
        }
        if (*text < '0' || *text > '9' || (point && scale == 1) || whole > limit * INT64_C(1000000)) {
            return -EINVAL;
        }
        whole = whole * 10 + (*text - '0');
        scale = point ? scale / 10 : scale;
        digit = true;
    }
    whole *= scale;
    if (!digit || whole > limit * INT64_C(1000000)) {
        return -EINVAL;
    }
    *out_e6 = (int32_t)(negative ? -whole : whole);
    return 0;
}

int place_read(const char *latitude, const char *longitude, struct place *out_place)
{
    struct place place;
    int rc = read_degrees(latitude, 90, &place.latitude_e6);
    rc = rc ? rc : read_degrees(longitude, 180, &place.longitude_e6);
    if (rc == 0) {
        *out_place = place;
    }
    return rc;
}

int people_put_place(struct store_tx *tx, uint32_t shop, const struct place *place, const char *who)
{
    struct journal_fact fact = {.key = "store", .who = who, .what = "placed", .store = shop};
    int rc = query_run(store_tx_write(tx),
                       "INSERT INTO shop_place (store, latitude, longitude) VALUES (?, ?, ?) ON CONFLICT (store) DO "
                       "UPDATE SET latitude = excluded.latitude, longitude = excluded.longitude",
                       QUERY(Q_INT(shop), Q_INT(place->latitude_e6), Q_INT(place->longitude_e6)));
    return rc ? rc : journal_append_central(tx, RECORD_ADMIN, &fact);
}

int people_find_place(struct store_tx *tx, uint32_t shop, struct place *out_place)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), "SELECT latitude, longitude FROM shop_place WHERE store = ?",
                         QUERY(Q_INT(shop)), &stmt);
    if (rc == 0) {
        *out_place = (struct place){(int32_t)db_column_int64(stmt, 0), (int32_t)db_column_int64(stmt, 1)};
        db_stmt_close(stmt);
    }
    return rc;
}
