#include "central/store/people_tag.h"

#include "central/store/journal.h"
#include "central/store/query.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define COLUMNS "t.id, t.brand, t.name, t.self, t.since_version, t.gone_version"

static void read_row(struct db_stmt *stmt, struct tag *out)
{
    *out = (struct tag){.id = (uint32_t)db_column_int64(stmt, 0),
                        .brand = (uint32_t)db_column_int64(stmt, 1),
                        .self = db_column_int64(stmt, 3) != 0,
                        .since_version = (uint32_t)db_column_int64(stmt, 4),
                        .gone_version = (uint32_t)db_column_int64(stmt, 5)};
    query_column_text(stmt, 2, out->name, sizeof(out->name));
}

static void version_name(uint32_t brand, char out[40])
{
    snprintf(out, 40, "tag version %" PRIu32, brand);
}

int people_tag_version(struct store_tx *tx, uint32_t brand, uint32_t *out_version)
{
    char name[40];
    int64_t version = 0;
    version_name(brand, name);
    int rc = query_number(store_tx_db(tx), "SELECT value FROM counter WHERE name = ?", QUERY(Q_TEXT(name)), &version);
    if (rc == 0 || rc == -ENOENT) {
        *out_version = (uint32_t)version;
    }
    return rc == -ENOENT ? 0 : rc;
}

static int next_version(struct store_tx *tx, uint32_t brand, uint32_t *out_version)
{
    char name[40];
    uint64_t version = 0;
    version_name(brand, name);
    int rc = store_next_number(tx, name, &version);
    if (rc == 0) {
        *out_version = (uint32_t)version;
    }
    return rc;
}

static int save(struct store_tx *tx, const struct tag *tag, const char *who, const char *what)
{
    struct journal_fact fact = {.key = "tag",
                                .who = who,
                                .what = what,
                                .why = tag->name,
                                .brand = tag->brand,
                                .number = tag->id,
                                .use_no = tag->gone_version ? tag->gone_version : tag->since_version};
    int rc = query_run(store_tx_write(tx),
                       "INSERT INTO tag (id, brand, name, self, since_version, gone_version) VALUES (?, ?, ?, ?, ?, ?) "
                       "ON CONFLICT (id) DO UPDATE SET self = excluded.self, since_version = excluded.since_version, "
                       "gone_version = excluded.gone_version",
                       QUERY(Q_INT(tag->id), Q_INT(tag->brand), Q_TEXT(tag->name), Q_INT(tag->self),
                             Q_INT(tag->since_version), Q_INT(tag->gone_version)));
    return rc ? rc : journal_append_central(tx, RECORD_ADMIN, &fact);
}

int people_add_tag(struct store_tx *tx, const struct tag *tag, const char *who, uint32_t *out_id)
{
    struct tag added = *tag, known = {0};
    uint64_t number = 0;
    if (!tag->name[0] || strpbrk(tag->name, "\"\n\r")) {
        return -EINVAL;
    }
    int rc = people_find_tag(tx, tag->brand, tag->name, &known);
    if (rc == 0) {
        rc = known.gone_version ? 0 : -EEXIST;
        number = known.id;
    } else if (rc == -ENOENT) {
        rc = store_next_number(tx, "tag", &number);
    }
    rc = rc ? rc : next_version(tx, tag->brand, &added.since_version);
    added.id = (uint32_t)number;
    added.gone_version = 0;
    rc = rc ? rc : save(tx, &added, who, "tag added");
    if (rc == 0) {
        *out_id = added.id;
    }
    return rc;
}

static int find_one(struct store_tx *tx, const char *sql, struct query_values values, struct tag *out_tag)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), sql, values, &stmt);
    if (rc == 0) {
        read_row(stmt, out_tag);
        db_stmt_close(stmt);
    }
    return rc;
}

static int find_id(struct store_tx *tx, uint32_t id, struct tag *out_tag)
{
    return find_one(tx, "SELECT " COLUMNS " FROM tag t WHERE t.id = ?", QUERY(Q_INT(id)), out_tag);
}

int people_retire_tag(struct store_tx *tx, uint32_t id, const char *who)
{
    struct tag tag;
    int rc = find_id(tx, id, &tag);
    if (rc < 0 || tag.gone_version) {
        return rc;
    }
    rc = next_version(tx, tag.brand, &tag.gone_version);
    return rc ? rc : save(tx, &tag, who, "tag retired");
}

int people_find_tag(struct store_tx *tx, uint32_t brand, const char *name, struct tag *out_tag)
{
    return find_one(tx, "SELECT " COLUMNS " FROM tag t WHERE t.brand = ? AND t.name = ?",
                    QUERY(Q_INT(brand), Q_TEXT(name)), out_tag);
}

int people_each_tag(struct store_tx *tx, uint32_t brand, people_tag_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    struct tag tag;
    int rc = query_open(store_tx_db(tx),
                        "SELECT " COLUMNS " FROM tag t WHERE t.brand = ?1 OR ?1 = 0 ORDER BY t.brand, t.name",
                        QUERY(Q_INT(brand)), &stmt);
    while (rc == 0 && (rc = db_stmt_step(stmt)) == DB_ROW) {
        read_row(stmt, &tag);
        rc = visit(context, &tag);
    }
    db_stmt_close(stmt);
    return rc;
}

/* ---- on members */

static int check_change(struct store_tx *tx, const struct tag_change *change, struct member *out_member)
{
    struct tag tag;
    int rc = people_find_member(tx, change->member, out_member);
    rc = rc ? rc : find_id(tx, change->tag, &tag);
    if (rc < 0) {
        return rc;
    }
    if (tag.brand != out_member->brand) {
        return -EXDEV;
    }
    bool offered = change->source != TAG_BY_SELF || tag.self;
    return out_member->erased || (change->on && (tag.gone_version || !offered)) ? -EPERM : 0;
}

int people_change_tag(struct store_tx *tx, const struct tag_change *change)
{
    struct member member;
    int rc = check_change(tx, change, &member);
    if (rc < 0) {
        return rc;
    }
    struct db *db = store_tx_write(tx);
    struct query_values row =
        QUERY(Q_INT(change->member), Q_INT(change->tag), Q_INT(change->source), Q_INT(tx->now_ms));
    struct query_values key = {row.items, 3};
    rc = change->on
             ? query_run(db, "INSERT OR IGNORE INTO member_tag (member, tag, source, at_ms) VALUES (?, ?, ?, ?)", row)
             : query_run(db, "DELETE FROM member_tag WHERE member = ? AND tag = ? AND source = ?", key);
    if (rc < 0 || db_changes(db) == 0) {
        return rc;
    }
    struct journal_fact fact = {.who = change->who,
                                .what = change->on ? "tagged" : "untagged",
                                .brand = member.brand,
                                .store = member.home_store,
                                .member = member.id,
                                .number = change->tag};
    return journal_append_central(tx, RECORD_MEMBER_TAGGED, &fact);
}

int people_each_member_tag(struct store_tx *tx, uint64_t member, people_member_tag_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    struct member_tag tag;
    int rc = query_open(store_tx_db(tx),
                        "SELECT " COLUMNS ", mt.source, mt.at_ms FROM member_tag mt JOIN tag t ON t.id = mt.tag WHERE "
                        "mt.member = ? ORDER BY t.name, mt.source",
                        QUERY(Q_INT(member)), &stmt);
    while (rc == 0 && (rc = db_stmt_step(stmt)) == DB_ROW) {
        read_row(stmt, &tag.tag);
        tag.source = (enum tag_source)db_column_int64(stmt, 6);
        tag.at_ms = db_column_int64(stmt, 7);
        rc = visit(context, &tag);
    }
    db_stmt_close(stmt);
    return rc;
}
