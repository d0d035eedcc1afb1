#include "mutants.h"

#include "center.h"
#include "central/store/feed.h"
#include "central/store/rights.h"

#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

static bool is(const struct terminal *t, enum mutant mutant)
{
    return t->world->options.mutant == mutant;
}

/* On a connection of its own, as a bug in the projections would leave the tables. */
static void change_tables(struct terminal *t, const char *sql)
{
    sqlite3 *db = NULL;
    int code = sqlite3_open_v2(t->books, &db, SQLITE_OPEN_READWRITE, DRIVE_VFS);
    if (code == SQLITE_OK)
        code = sqlite3_exec(db, sql, NULL, NULL, NULL);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_close(db);
    world_must(code == SQLITE_OK || t->drive.dead ? 0 : -EIO, "a mutant's tables");
}

struct early_grant {
    struct terminal *terminal;
    struct coupon_id coupon;
};

static int grant_early(void *argument, struct store_tx *tx)
{
    const struct early_grant *grant = argument;
    const struct center *center = grant->terminal->world->center;
    struct coupon coupon;
    uint8_t body[FEED_BODY_MAX];
    char key[ID_TEXT_MAX];
    size_t len = 0;
    int rc = rights_find_coupon(tx, grant->coupon, &coupon);
    if (rc < 0)
        return rc;
    struct feed_right right = {grant->coupon, coupon.right_epoch + 1, coupon.next_use_no, 1};
    rc = feed_right_encode(&right, body, sizeof(body), &len);
    if (rc < 0)
        return rc;
    coupon_id_format(grant->coupon, key, sizeof(key));
    return feed_publish(tx, (struct feed_target){center->brand, center->shops[grant->terminal->index]},
                        FEED_RIGHT_GRANT, key, (struct slice){body, len}, NULL);
}

void mutant_on_ask(struct terminal *terminal, struct coupon_id coupon)
{
    struct early_grant grant = {terminal, coupon};
    if (is(terminal, MUTANT_DOUBLE_GRANT) && center_write(terminal->world->center, grant_early, &grant) < 0)
        world_trace(terminal->world, "no early grant");
}

void mutant_on_void(struct terminal *terminal)
{
    if (is(terminal, MUTANT_LOST_REVERSAL))
        change_tables(terminal, "UPDATE balance SET amount_minor = amount_minor + 1 WHERE account LIKE 'sales/%'");
}

void mutant_on_visit(struct terminal *terminal)
{
    if (is(terminal, MUTANT_FORGOTTEN_RELEASE))
        change_tables(terminal, "DELETE FROM held_right WHERE state = 2");
}

void mutant_on_start(struct terminal *terminal)
{
    if (is(terminal, MUTANT_DROPPED_DEDUP) && drive_has_database(&terminal->drive))
        change_tables(terminal, "DELETE FROM share_transfer; UPDATE config SET value = 0 WHERE key = 'feed_store'");
}

void mutant_on_enrolled(struct terminal *terminal)
{
    disk_lie(terminal->drive.disk, is(terminal, MUTANT_LOST_SYNC));
}
