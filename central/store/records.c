#include "central/store/records.h"
#include "central/store/acquisition.h"
#include "central/store/ledger.h"
#include "central/store/merge_credit.h"
#include "central/store/programme.h"
#include "central/store/query.h"
#include "central/store/rights_displace.h"
#include "central/store/rights_internal.h"
#include "central/store/succession.h"
#include "central/store/uncovered.h"

#include <stdio.h>
#include <string.h>

/* What a record's postings depend on besides its body. */
struct surroundings {
    struct record_id of; /* that record */
    uint32_t store;
    uint32_t campaign; /* of the act's redemption; 0 = none */
    bool risk;         /* that redemption lost against another one */
    int64_t overdrawn; /* of a spend: what was written off, not the member's */
    bool split;        /* and stands so in its own postings */
    bool settled;      /* void: this record is the one that voids its target */
    struct body target;
    bool has_target;
    uint32_t target_store;
};

static int is_problem(struct store_tx *tx, struct record_id id, bool *out_problem)
{
    int64_t found = 0;
    int rc = query_number(store_tx_db(tx),
                          "SELECT 1 FROM record_problem WHERE terminal = ?1 AND incarnation = ?2 AND seq = ?3",
                          QUERY(Q_INT(id.terminal), Q_INT(id.incarnation), Q_INT(id.seq)), &found);
    if (rc < 0 && rc != -ENOENT)
        return rc;
    *out_problem = found != 0;
    return 0;
}

/* target: whose act it is. */
static int look_for_conflict(struct store_tx *tx, struct record_id redemption, struct record_id target,
                             struct surroundings *around)
{
    return displace_is_risk(tx, &(struct displace_look){redemption, around->of, target}, &around->risk);
}

/* The redemption of a sale's act, if it has one. */
static int find_act_redemption(struct store_tx *tx, struct record_id sale, uint64_t group, struct surroundings *around)
{
    if (group >= sale.seq || sale.seq - group > RECORDS_ACT_MAX)
        return 0;
    struct db_stmt *stmt = NULL;
    int rc = query_first(
        store_tx_db(tx),
        "SELECT seq, body FROM journal WHERE terminal = ?1 AND incarnation = ?2 AND seq >= ?3"
        " AND seq < ?4 AND kind = ?5 ORDER BY seq LIMIT 1",
        QUERY(Q_INT(sale.terminal), Q_INT(sale.incarnation), Q_INT(group), Q_INT(sale.seq), Q_INT(RECORD_REDEMPTION)),
        &stmt);
    if (rc < 0)
        return rc == -ENOENT ? 0 : rc;
    struct record_id id = {sale.terminal, sale.incarnation, (uint64_t)db_column_int64(stmt, 0)};
    struct body body;
    rc = body_decode(RECORD_REDEMPTION, db_column_blob(stmt, 1), &body);
    db_stmt_close(stmt);
    if (rc < 0)
        return 0; /* noted as a problem of its own */
    around->campaign = body.redemption.coupon.campaign;
    return look_for_conflict(tx, id, sale, around);
}

static int find_overdrawn(struct store_tx *tx, struct record_id id, struct surroundings *around)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx),
                         "SELECT discount, split FROM conflict WHERE terminal = ?1 AND incarnation = ?2 AND seq = ?3",
                         QUERY(Q_INT(id.terminal), Q_INT(id.incarnation), Q_INT(id.seq)), &stmt);
    if (rc < 0)
        return rc == -ENOENT ? 0 : rc;
    around->overdrawn = db_column_int64(stmt, 0);
    around->split = db_column_int64(stmt, 1) != 0;
    db_stmt_close(stmt);
    return 0;
}

static int look_at_act(struct store_tx *tx, struct record_id id, const struct body *body, struct surroundings *around)
{
    if (body->kind == RECORD_CREDIT_SPEND)
        return find_overdrawn(tx, id, around);
    if (body->kind == RECORD_SALE)
        return find_act_redemption(tx, id, body->sale.group, around);
    if (body->kind == RECORD_REDEMPTION)
        return look_for_conflict(tx, id, id, around);
    return 0;
}

static int find_target(struct store_tx *tx, const struct body_void *voided, struct surroundings *around)
{
    uint8_t buffer[RECORD_BODY_MAX];
    struct journal_entry entry;
    int rc = journal_find(tx, voided->target, buffer, &entry);
    if (rc < 0)
        return rc == -ENOENT ? 0 : rc;
    bool problem = false;
    rc = is_problem(tx, voided->target, &problem);
    if (rc < 0)
        return rc;
    rc = body_decode(entry.record.kind, entry.record.body, &around->target);
    if (rc < 0 || problem)
        around->target.kind = 0; /* not in the books: contradicts whatever the void expects */
    around->has_target = true;
    around->target_store = entry.store;
    return rc < 0 ? 0 : look_at_act(tx, voided->target, &around->target, around);
}

static int find_settled(struct store_tx *tx, struct record_id by, const struct body_void *voided,
                        struct surroundings *around)
{
    int64_t found = 0;
    int rc = query_number(store_tx_db(tx),
                          "SELECT 1 FROM voided WHERE terminal = ?1 AND incarnation = ?2 AND seq = ?3"
                          " AND by_terminal = ?4 AND by_incarnation = ?5 AND by_seq = ?6",
                          QUERY(Q_INT(voided->target.terminal), Q_INT(voided->target.incarnation),
                                Q_INT(voided->target.seq), Q_INT(by.terminal), Q_INT(by.incarnation), Q_INT(by.seq)),
                          &found);
    if (rc < 0 && rc != -ENOENT)
        return rc;
    around->settled = found != 0;
    return 0;
}

static int look_around(struct store_tx *tx, const struct record *record, const struct body *body,
                       struct surroundings *around)
{
    int rc =
        body->kind != RECORD_VOID ? look_at_act(tx, record->id, body, around) : find_target(tx, &body->voided, around);
    if (rc < 0 || body->kind == RECORD_VOID)
        return rc < 0 ? rc : find_settled(tx, record->id, &body->voided, around);
    if (!around->split)
        around->overdrawn = 0; /* the conflict was booked by itself */
    return 0;
}

static bool amounts_sane(const struct postings *postings)
{
    for (uint32_t i = 0; i < postings->count; i++) {
        int64_t amount = postings->items[i].amount_minor;
        if (amount > RIGHTS_AMOUNT_MAX || amount < -RIGHTS_AMOUNT_MAX)
            return false;
    }
    return true;
}

static void post_to_risk(struct postings *postings)
{
    static const char discount[] = "discount/";
    for (uint32_t i = 0; i < postings->count; i++) {
        char *account = postings->items[i].account;
        if (strncmp(account, discount, strlen(discount)) == 0) {
            char campaign[ACCOUNT_MAX];
            snprintf(campaign, sizeof(campaign), "%s", account + strlen(discount));
            snprintf(account, ACCOUNT_MAX, "risk/%.*s", ACCOUNT_MAX - 6, campaign);
        }
    }
}

/* credit/<owner>/<member> is debited what was there; the rest is the write-off's: risk/credit/<owner>/<member>. */
static void split_credit(struct postings *postings, int64_t overdrawn)
{
    static const char credit[] = "credit/";
    for (uint32_t i = 0; i < postings->count && postings->count < POSTINGS_MAX; i++) {
        struct posting *member = &postings->items[i];
        if (strncmp(member->account, credit, strlen(credit)) != 0)
            continue;
        struct posting risk = {.unit = member->unit, .amount_minor = member->amount_minor < 0 ? -overdrawn : overdrawn};
        snprintf(risk.account, sizeof(risk.account), "risk/%.*s", ACCOUNT_MAX - 6, member->account);
        member->amount_minor -= risk.amount_minor;
        postings->items[postings->count++] = risk;
        return;
    }
}

/* False: the body contradicts itself or its target. */
static bool compute_postings(const struct body *body, const struct surroundings *around, struct postings *out_postings)
{
    struct ledger_context context = {
        .store = around->store,
        .campaign = around->campaign,
        .target = around->has_target ? &around->target : NULL,
    };
    if (ledger_postings(body, &context, out_postings) < 0 || !amounts_sane(out_postings))
        return false;
    if (around->risk)
        post_to_risk(out_postings);
    if (around->overdrawn)
        split_credit(out_postings, around->overdrawn);
    return true;
}

int records_postings(struct store_tx *tx, const struct record *record, uint32_t store, struct postings *out_postings)
{
    struct postings none = {.count = 0};
    struct body body;
    *out_postings = none;
    if (record->kind == RECORD_ACQUISITION) {
        acquisition_postings(record, store, out_postings);
        return 0;
    }
    if (record->kind == RECORD_PROGRAMME) {
        programme_postings(record, out_postings);
        return 0;
    }
    if (record->kind == RECORD_MEMBER_MERGED) {
        merge_credit_postings(record, out_postings);
        return 0;
    }
    if (record->kind == RECORD_CONFLICT) {
        displace_postings(record, out_postings);
        if (out_postings->count == 0)
            uncovered_postings(record, out_postings);
        return 0;
    }
    if (body_decode(record->kind, record->body, &body) < 0)
        return 0;
    bool problem = false;
    if (body.kind == RECORD_CREDIT_EARN) {
        int known = is_problem(tx, record->id, &problem);
        if (known < 0 || problem)
            return known;
    }
    struct surroundings around = {.of = record->id, .store = store};
    int rc = look_around(tx, record, &body, &around);
    if (rc < 0)
        return rc;
    if (body.kind == RECORD_VOID && !around.settled)
        return 0;
    if (!compute_postings(&body, &around, out_postings))
        *out_postings = none;
    return 0;
}

int records_post(struct store_tx *tx, const struct record *record, uint32_t store)
{
    struct postings postings;
    int rc = records_postings(tx, record, store, &postings);
    return rc < 0 ? rc : ledger_post(tx, record->id, &postings);
}

static int64_t share_change(const struct body *body)
{
    if (body->kind == RECORD_CREDIT_EARN)
        return body->credit.amount_minor - body->credit.receivable_minor;
    return body->kind == RECORD_CREDIT_SPEND ? -body->credit.amount_minor : 0;
}

static int apply_expired(struct store_tx *tx, const struct body_expired *expired, uint32_t store)
{
    return rights_share_add(tx, expired->member, expired->owner, store, -expired->amount_minor);
}

static int apply_share(struct store_tx *tx, const struct body *body, uint32_t store, int64_t change)
{
    return change == 0 ? 0 : rights_share_add(tx, body->credit.member, body->credit.owner, store, change);
}

static int voided_insert(struct store_tx *tx, struct record_id by, struct record_id target)
{
    return query_run(store_tx_write(tx),
                     "INSERT INTO voided (terminal, incarnation, seq, by_terminal, by_incarnation, by_seq)"
                     " VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                     QUERY(Q_INT(target.terminal), Q_INT(target.incarnation), Q_INT(target.seq), Q_INT(by.terminal),
                           Q_INT(by.incarnation), Q_INT(by.seq)));
}

static int voided_by(struct store_tx *tx, struct record_id target, struct record_id *out_by)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx),
                         "SELECT by_terminal, by_incarnation, by_seq FROM voided WHERE terminal = ?1 AND"
                         " incarnation = ?2 AND seq = ?3",
                         QUERY(Q_INT(target.terminal), Q_INT(target.incarnation), Q_INT(target.seq)), &stmt);
    if (rc < 0)
        return rc;
    *out_by = (struct record_id){(uint32_t)db_column_int64(stmt, 0), (uint32_t)db_column_int64(stmt, 1),
                                 (uint64_t)db_column_int64(stmt, 2)};
    db_stmt_close(stmt);
    return 0;
}

/* Who followed a primary over a copy that did not hold its void may have been asked for the same: it counts once. One
 * that voids twice itself is no such case. */
static int voided_again(struct store_tx *tx, const struct record *record, struct record_id target)
{
    struct record_id first;
    bool explained = false;
    int rc = voided_by(tx, target, &first);
    bool other = rc == 0 && (first.terminal != record->id.terminal || first.incarnation != record->id.incarnation);
    if (other)
        rc = succession_explains(tx, record->id, &explained);
    if (rc == 0 && other && !explained)
        rc = succession_explains(tx, first, &explained);
    return rc < 0 || explained ? rc : record_note_problem(tx, record->id, record->kind, "voided before");
}

static int void_wait(struct store_tx *tx, struct record_id by, struct record_id target)
{
    return query_run(store_tx_write(tx),
                     "INSERT OR IGNORE INTO waiting_void (target_terminal, target_incarnation, target_seq, terminal,"
                     " incarnation, seq) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                     QUERY(Q_INT(target.terminal), Q_INT(target.incarnation), Q_INT(target.seq), Q_INT(by.terminal),
                           Q_INT(by.incarnation), Q_INT(by.seq)));
}

static int cover(struct store_tx *tx, struct record_id by, uint32_t store, const struct body_credit *credit,
                 int64_t change)
{
    return uncovered_cover(tx, &(struct cover){by, store, credit->member, credit->owner, change});
}

static int undo_effects(struct store_tx *tx, const struct body_void *voided, const struct surroundings *around,
                        int64_t *out_change)
{
    const struct body *target = &around->target;
    *out_change = 0;
    if (target->kind == RECORD_REDEMPTION)
        return rights_apply_void(tx, voided);
    /* what was spent of a voided earn stays with the member as a receivable, and what expired was no longer there: the
     * share loses only the rest */
    int64_t kept = target->kind == RECORD_CREDIT_EARN ? voided->receivable_minor + voided->expired_minor : 0;
    int64_t change = share_change(target) + (around->split ? around->overdrawn : 0);
    *out_change = change == 0 ? 0 : kept - change;
    int rc = change == 0 ? 0 : apply_share(tx, target, around->store, kept - change);
    return rc < 0 || around->split || around->overdrawn == 0
               ? rc
               : uncovered_voided(tx, around->store, &target->credit, around->overdrawn);
}

static int apply_void(struct store_tx *tx, const struct record *record, uint32_t store, const struct body *body)
{
    const struct body_void *voided = &body->voided;
    struct surroundings around = {.of = record->id, .store = store};
    int rc = look_around(tx, record, body, &around);
    if (rc < 0)
        return rc;
    if (!around.has_target)
        return void_wait(tx, record->id, voided->target);
    struct postings postings;
    if (around.target_store != store)
        return record_note_problem(tx, record->id, record->kind, "void of another store's record");
    if (!compute_postings(body, &around, &postings))
        return record_note_problem(tx, record->id, record->kind, "void that does not fit its target");
    rc = voided_insert(tx, record->id, voided->target);
    if (rc == -EEXIST)
        return voided_again(tx, record, voided->target);
    int64_t change = 0;
    if (rc == 0)
        rc = undo_effects(tx, voided, &around, &change);
    if (rc == 0)
        rc = ledger_post(tx, record->id, &postings);
    return rc < 0 ? rc : cover(tx, record->id, store, &around.target.credit, change);
}

static int apply_waiting_void(struct store_tx *tx, struct record_id by)
{
    uint8_t buffer[RECORD_BODY_MAX];
    struct journal_entry entry;
    struct body body;
    int rc = journal_find(tx, by, buffer, &entry);
    if (rc == 0)
        rc = body_decode(entry.record.kind, entry.record.body, &body);
    if (rc < 0)
        return rc == -ENOENT ? -EUCLEAN : rc;
    rc = apply_void(tx, &entry.record, entry.store, &body);
    return rc < 0 ? rc
                  : query_run(store_tx_write(tx),
                              "DELETE FROM waiting_void WHERE terminal = ?1 AND incarnation = ?2 AND seq = ?3",
                              QUERY(Q_INT(by.terminal), Q_INT(by.incarnation), Q_INT(by.seq)));
}

/* Voids by another terminal of the store may have come up before what they void. */
static int settle_waiting_voids(struct store_tx *tx, struct record_id target)
{
    for (;;) {
        struct db_stmt *stmt = NULL;
        int rc = query_first(store_tx_db(tx),
                             "SELECT terminal, incarnation, seq FROM waiting_void WHERE target_terminal = ?1"
                             " AND target_incarnation = ?2 AND target_seq = ?3",
                             QUERY(Q_INT(target.terminal), Q_INT(target.incarnation), Q_INT(target.seq)), &stmt);
        if (rc < 0)
            return rc == -ENOENT ? 0 : rc;
        struct record_id by = {(uint32_t)db_column_int64(stmt, 0), (uint32_t)db_column_int64(stmt, 1),
                               (uint64_t)db_column_int64(stmt, 2)};
        db_stmt_close(stmt);
        rc = apply_waiting_void(tx, by);
        if (rc < 0)
            return rc;
    }
}

static bool same_owner(struct owner a, struct owner b)
{
    return a.scope == b.scope && a.id == b.id;
}

/* A terminal may book what its own store or brand owes, or whoever the store's settings name: nobody else. */
static int may_owe(struct store_tx *tx, uint32_t store, struct owner owner, bool *out_may)
{
    struct shop shop;
    int rc = identity_find_shop(tx, store, &shop);
    if (rc == 0)
        *out_may = same_owner(owner, shop.credit_owner) || same_owner(owner, (struct owner){OWNER_STORE, store}) ||
                   same_owner(owner, (struct owner){OWNER_BRAND, shop.brand});
    return rc;
}

/* What the store's settings said when it came. */
static int is_in_order(struct store_tx *tx, struct record_id id, bool *out_order)
{
    bool problem = false;
    int rc = is_problem(tx, id, &problem);
    *out_order = !problem;
    return rc;
}

static int apply_value(struct store_tx *tx, const struct record *record, uint32_t store, const struct body *body)
{
    struct surroundings around = {.of = record->id, .store = store};
    struct postings postings;
    bool may = true;
    int rc = look_around(tx, record, body, &around);
    if (rc == 0 && body->kind == RECORD_CREDIT_EARN)
        rc = tx->replay ? is_in_order(tx, record->id, &may) : may_owe(tx, store, body->credit.owner, &may);
    if (rc < 0)
        return rc;
    if (!may)
        return record_note_problem(tx, record->id, record->kind, PROBLEM_OWNER);
    if (!compute_postings(body, &around, &postings))
        return record_note_problem(tx, record->id, record->kind, "amounts contradict each other");
    if (body->kind == RECORD_REDEMPTION)
        rc = rights_apply_redemption(tx, record, store, &body->redemption);
    else if (body->kind == RECORD_CREDIT_EXPIRED)
        rc = apply_expired(tx, &body->expired, store);
    else
        rc = apply_share(tx, body, store, share_change(body));
    if (rc == 0)
        rc = records_post(tx, record, store);
    if (rc == 0)
        rc = cover(tx, record->id, store, &body->credit, share_change(body));
    return rc < 0 ? rc : settle_waiting_voids(tx, record->id);
}

static int apply_promotion(struct store_tx *tx, const struct record *record, uint32_t store, const struct body *body)
{
    const char *problem = NULL;
    int rc = succession_promoted(tx, record, store, &body->promotion, &problem);
    return rc < 0 || !problem ? rc : record_note_problem(tx, record->id, record->kind, problem);
}

static int apply_body(struct store_tx *tx, const struct record *record, uint32_t store, const struct body *body)
{
    switch (record->kind) {
    case RECORD_REDEMPTION:
    case RECORD_SALE:
    case RECORD_CREDIT_EARN:
    case RECORD_CREDIT_SPEND:
    case RECORD_CREDIT_EXPIRED:
        return apply_value(tx, record, store, body);
    case RECORD_VOID:
        return apply_void(tx, record, store, body);
    case RECORD_RIGHT_GRANTED:
    case RECORD_RIGHT_RELEASED:
        return rights_apply_right(tx, record, store, &body->right);
    case RECORD_SHARE_GRANTED:
    case RECORD_SHARE_RELEASED:
        return rights_apply_share(tx, record, store, &body->share);
    case RECORD_INCARNATION:
        return succession_new_incarnation(tx, record->id, store);
    case RECORD_PROMOTION:
        return apply_promotion(tx, record, store, body);
    case RECORD_ALONE:
        return succession_went_alone(tx, store, body->alone.on);
    default:
        return 0; /* told for the books' sake, changes nothing here */
    }
}

int records_apply(struct store_tx *tx, const struct record *record, uint32_t store)
{
    struct body body;
    int rc = body_decode(record->kind, record->body, &body);
    if (rc == -ENOTSUP)
        return record_note_problem(tx, record->id, record->kind, PROBLEM_LATER_VERSION);
    if (rc < 0)
        return record_note_problem(tx, record->id, record->kind, PROBLEM_UNREADABLE);
    return apply_body(tx, record, store, &body);
}

int records_list_problems(struct store_tx *tx, const struct records_range *range, record_problem_visit visit,
                          void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = query_open(store_tx_db(tx),
                        "SELECT terminal, incarnation, seq, kind, reason FROM record_problem"
                        " WHERE (terminal, incarnation, seq) > (?1, ?2, ?3) ORDER BY terminal, incarnation, seq"
                        " LIMIT ?4",
                        QUERY(Q_INT(range->after.terminal), Q_INT(range->after.incarnation), Q_INT(range->after.seq),
                              Q_INT(range->limit)),
                        &stmt);
    if (rc < 0)
        return rc;
    while ((rc = db_stmt_step(stmt)) == DB_ROW) {
        struct record_problem problem = {
            .id = {(uint32_t)db_column_int64(stmt, 0), (uint32_t)db_column_int64(stmt, 1),
                   (uint64_t)db_column_int64(stmt, 2)},
            .kind = (uint16_t)db_column_int64(stmt, 3),
            .reason = db_column_text(stmt, 4),
        };
        rc = visit(context, &problem);
        if (rc != 0)
            break;
    }
    db_stmt_close(stmt);
    return rc;
}

int records_each_problem(struct store_tx *tx, record_problem_visit visit, void *context)
{
    const struct records_range all = {.limit = INT64_MAX};
    return records_list_problems(tx, &all, visit, context);
}

/* Only those that changed nothing at all, and that another version or another setting may understand. */
static int next_retry(struct store_tx *tx, struct record_id *id)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx),
                         "SELECT terminal, incarnation, seq FROM record_problem WHERE (terminal, incarnation, seq) >"
                         " (?1, ?2, ?3) AND reason IN (?4, ?5, ?6) ORDER BY terminal, incarnation, seq LIMIT 1",
                         QUERY(Q_INT(id->terminal), Q_INT(id->incarnation), Q_INT(id->seq),
                               Q_TEXT(PROBLEM_LATER_VERSION), Q_TEXT(PROBLEM_UNREADABLE), Q_TEXT(PROBLEM_OWNER)),
                         &stmt);
    if (rc < 0)
        return rc;
    *id = (struct record_id){(uint32_t)db_column_int64(stmt, 0), (uint32_t)db_column_int64(stmt, 1),
                             (uint64_t)db_column_int64(stmt, 2)};
    db_stmt_close(stmt);
    return 0;
}

static int retry_one(struct store_tx *tx, struct record_id id, const struct journal_sink *sink)
{
    uint8_t buffer[RECORD_BODY_MAX];
    struct journal_entry entry;
    int rc = journal_find(tx, id, buffer, &entry);
    if (rc == 0)
        rc = query_run(store_tx_write(tx),
                       "DELETE FROM record_problem WHERE terminal = ?1 AND incarnation = ?2 AND seq = ?3",
                       QUERY(Q_INT(id.terminal), Q_INT(id.incarnation), Q_INT(id.seq)));
    return rc < 0 ? rc : sink->applied(sink->context, tx, &entry.record);
}

int records_retry(struct store_tx *tx, const struct journal_sink *sink, uint64_t *out_tried)
{
    struct record_id id = {0};
    uint64_t tried = 0;
    int rc;
    while ((rc = next_retry(tx, &id)) == 0) {
        rc = retry_one(tx, id, sink);
        if (rc < 0)
            return rc;
        tried++;
    }
    if (rc != -ENOENT)
        return rc;
    *out_tried = tried;
    return 0;
}
