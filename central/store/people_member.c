#include "central/store/people_member.h"

#include "central/store/feed.h"
#include "central/store/journal.h"
#include "central/store/people_privacy.h"
#include "central/store/query.h"

#include <stdio.h>
#include <string.h>

#define ID_ATTEMPTS 8

#define COLUMNS                                                                                                        \
    "id, brand, tier, home_store, pin_salt, pin_hash, joined_ms, touchpoint, store, terminal, shelf, clerk, "          \
    "campaign, "                                                                                                       \
    "erased, merged_into"

static void copy_fixed(uint8_t *out, size_t len, struct slice from)
{
    if (from.len == len) {
        memcpy(out, from.data, len);
    }
}

static void read_row(struct db_stmt *stmt, struct member *out)
{
    *out = (struct member){.id = (uint64_t)db_column_int64(stmt, 0),
                           .brand = (uint32_t)db_column_int64(stmt, 1),
                           .tier = (uint8_t)db_column_int64(stmt, 2),
                           .home_store = (uint32_t)db_column_int64(stmt, 3),
                           .has_pin = !db_column_is_null(stmt, 5),
                           .joined_ms = db_column_int64(stmt, 6),
                           .won_by = {.touchpoint = (uint32_t)db_column_int64(stmt, 7),
                                      .store = (uint32_t)db_column_int64(stmt, 8),
                                      .terminal = (uint32_t)db_column_int64(stmt, 9),
                                      .clerk = (uint32_t)db_column_int64(stmt, 11),
                                      .campaign = (uint32_t)db_column_int64(stmt, 12)},
                           .erased = db_column_int64(stmt, 13) != 0,
                           .merged_into = (uint64_t)db_column_int64(stmt, 14)};
    snprintf(out->won_by.shelf, sizeof(out->won_by.shelf), "%s", db_column_text(stmt, 10));
    copy_fixed(out->pin_salt, sizeof(out->pin_salt), db_column_blob(stmt, 4));
    copy_fixed(out->pin_hash, sizeof(out->pin_hash), db_column_blob(stmt, 5));
}

int people_tell_store(struct store_tx *tx, const struct member *member, uint32_t store)
{
    struct feed_member item = {.member = member->id,
                               .tier = member->tier,
                               .home_store = member->home_store,
                               .has_pin = member->has_pin && !member->erased,
                               .gone = member->erased,
                               .merged_into = member->merged_into};
    if (!member->erased) {
        memcpy(item.pin_salt, member->pin_salt, sizeof(item.pin_salt));
        memcpy(item.pin_hash, member->pin_hash, sizeof(item.pin_hash));
    }
    uint8_t body[FEED_BODY_MAX];
    size_t len = 0;
    int rc = feed_member_encode(&item, body, sizeof(body), &len);
    if (rc < 0) {
        return rc;
    }
    struct feed_target target = {.brand = member->brand, .store = store};
    return feed_publish_number(tx, target, FEED_MEMBER, member->id, (struct slice){body, len});
}

int people_publish_member(struct store_tx *tx, const struct member *member)
{
    return people_tell_store(tx, member, member->home_store);
}

static int insert_row(struct store_tx *tx, const struct member *m)
{
    const struct attribution *by = &m->won_by;
    return query_run(
        store_tx_write(tx),
        "INSERT INTO member (id, brand, tier, home_store, joined_ms, pin_salt, pin_hash, touchpoint, store, "
        "terminal, shelf, clerk, campaign) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        QUERY(Q_INT(m->id), Q_INT(m->brand), Q_INT(m->tier), Q_INT(m->home_store), Q_INT(m->joined_ms),
              m->has_pin ? Q_BLOB(m->pin_salt, sizeof(m->pin_salt)) : Q_TEXT(NULL),
              m->has_pin ? Q_BLOB(m->pin_hash, sizeof(m->pin_hash)) : Q_TEXT(NULL), Q_INT(by->touchpoint),
              Q_INT(by->store), Q_INT(by->terminal), Q_TEXT(by->shelf), Q_INT(by->clerk), Q_INT(by->campaign)));
}

static int insert_with_random_id(struct store_tx *tx, struct member *member)
{
    int rc = -EEXIST;
    for (int i = 0; rc == -EEXIST && i < ID_ATTEMPTS; i++) {
        member->id = random_u64(store_random(tx->store)) >> 1;
        rc = member->id == 0 ? -EEXIST : insert_row(tx, member);
    }
    return rc;
}

int people_log_consent(struct store_tx *tx, uint64_t member, const char *version, bool given)
{
    return query_run(store_tx_write(tx), "INSERT INTO consent (member, version, given, at_ms) VALUES (?, ?, ?, ?)",
                     QUERY(Q_INT(member), Q_TEXT(version), Q_INT(given), Q_INT(tx->now_ms)));
}

/* Texts of the fact say what its numbered fields do not: which touchpoint, shelf and clerk. */
static int journal_member(struct store_tx *tx, enum record_kind kind, const struct member *member,
                          struct journal_fact fact)
{
    char key[FEED_NAME_MAX + 64];
    snprintf(key, sizeof(key), "touchpoint %u clerk %u shelf %s", member->won_by.touchpoint, member->won_by.clerk,
             member->won_by.shelf);
    fact.key = key;
    fact.brand = member->brand;
    fact.store = member->won_by.store ? member->won_by.store : member->home_store;
    fact.terminal = member->won_by.terminal;
    fact.member = member->id;
    fact.number = member->won_by.touchpoint;
    fact.coupon.campaign = member->won_by.campaign;
    return journal_append_central(tx, kind, &fact);
}

int people_add_member(struct store_tx *tx, const struct member *member, const char *consent_version, uint64_t *out_id)
{
    struct member added = *member;
    added.joined_ms = tx->now_ms;
    int rc = insert_with_random_id(tx, &added);
    if (rc == 0 && consent_version) {
        rc = people_log_consent(tx, added.id, consent_version, true);
    }
    if (rc == 0 && consent_version && strcmp(consent_version, CONSENT_WITHOUT_PERSONAL) == 0) {
        rc = query_run(store_tx_write(tx), "UPDATE member SET personal = 0 WHERE id = ?", QUERY(Q_INT(added.id)));
    }
    rc = rc ? rc : journal_member(tx, RECORD_MEMBER_JOINED, &added, (struct journal_fact){.what = "joined"});
    rc = rc ? rc : people_publish_member(tx, &added);
    if (rc == 0) {
        *out_id = added.id;
    }
    return rc;
}

int people_find_member(struct store_tx *tx, uint64_t id, struct member *out_member)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), "SELECT " COLUMNS " FROM member WHERE id = ?", QUERY(Q_INT(id)), &stmt);
    if (rc == 0) {
        read_row(stmt, out_member);
        db_stmt_close(stmt);
    }
    return rc;
}

int people_each_member(struct store_tx *tx, uint32_t limit, people_member_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    struct member member;
    int rc = db_stmt_open(store_tx_db(tx), "SELECT " COLUMNS " FROM member ORDER BY joined_ms DESC, id LIMIT ?", &stmt);
    if (rc < 0) {
        return rc;
    }
    db_bind_int64(stmt, 1, limit);
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        read_row(stmt, &member);
        rc = visit(context, &member);
        if (rc != 0) {
            break;
        }
    }
    db_stmt_close(stmt);
    return rc;
}

int people_count_members(struct store_tx *tx, uint64_t *out_count)
{
    int64_t count = 0;
    int rc = query_number(store_tx_db(tx), "SELECT count(*) FROM member WHERE erased = 0", QUERY_NONE, &count);
    if (rc == 0) {
        *out_count = (uint64_t)count;
    }
    return rc;
}

int people_correct_attribution(struct store_tx *tx, const struct attribution_change *change)
{
    struct member member;
    const struct attribution *by = &change->won_by;
    struct journal_fact fact = {.who = change->who, .what = "corrected", .why = change->why};
    int rc = people_find_member(tx, change->member, &member);
    rc = rc ? rc
            : query_run(store_tx_write(tx),
                        "UPDATE member SET touchpoint = ?, store = ?, terminal = ?, shelf = ?, clerk = ?, campaign = ? "
                        "WHERE id = ?",
                        QUERY(Q_INT(by->touchpoint), Q_INT(by->store), Q_INT(by->terminal), Q_TEXT(by->shelf),
                              Q_INT(by->clerk), Q_INT(by->campaign), Q_INT(change->member)));
    member.won_by = change->won_by;
    return rc ? rc : journal_member(tx, RECORD_ATTRIBUTION, &member, fact);
}
