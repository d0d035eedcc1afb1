#include "books.h"

#include "platform/log.h"

#include <string.h>

/* The use being voided must be the last one, under the right that is still here. */
static int check_right(struct books *b, const struct body_redemption *redemption, int64_t id,
                       enum void_verdict *out_verdict)
{
    struct coupon_use use;
    struct held_right held;
    int r = coupon_last_use(b->db, redemption->coupon, &use);

    if (r == 0)
        r = coupon_held_right(b->db, redemption->coupon, &held);
    if (r < 0)
        return r;
    bool used_again = !use.found || use.voided || use.use_no != redemption->use_no || use.record != id;
    bool left = held.state == HELD_RELEASED || (held.state == HELD_HERE && held.epoch != redemption->epoch);
    if (used_again || left)
        *out_verdict = VOID_MOVED_ON;
    return 0;
}

/* One act, and whose it is. */
struct target {
    uint32_t era;
    struct record_id name; /* of its first record */
    struct act act;
};

static int load_name(struct books *b, struct target *target)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(b->db, "SELECT terminal, incarnation FROM era WHERE era = ?", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, target->era);
    r = db_stmt_step(stmt);
    if (r == DB_ROW) {
        target->name.terminal = (uint32_t)db_column_int64(stmt, 0);
        target->name.incarnation = (uint32_t)db_column_int64(stmt, 1);
    }
    db_stmt_close(stmt);
    return r < 0 ? r : r == DB_ROW ? 0 : -ENOENT;
}

static int load_target(struct books *b, const struct till_void *voided, struct target *target)
{
    int r = act_era(b, voided->terminal, &target->era);

    target->name.seq = voided->group;
    if (r == 0)
        r = load_name(b, target);
    return r < 0 ? r : act_load(b, journal_id(target->era, voided->group), &target->act);
}

static int decide(struct books *b, const struct till_request *request, struct target *target,
                  enum void_verdict *out_verdict)
{
    const struct body *redemption;
    bool allowed;
    int r = clerk_known(b, request->clerk, &allowed);

    if (r < 0)
        return r;
    *out_verdict = VOID_OK;
    if (!allowed) {
        *out_verdict = VOID_NOT_ALLOWED;
        return 0;
    }
    r = load_target(b, &request->voided, target);
    if (r == -ENOENT) {
        *out_verdict = VOID_UNKNOWN;
        return 0;
    }
    if (r < 0)
        return r;
    if (target->act.voided) {
        *out_verdict = VOID_ALREADY;
        return 0;
    }
    redemption = act_find(&target->act, RECORD_REDEMPTION);
    return redemption != NULL
               ? check_right(b, &redemption->redemption, journal_id(target->era, target->name.seq), out_verdict)
               : 0;
}

/* What of that end left the share unspent, and whether some of it by a record that it ended. */
static int find_gone(struct books *b, const struct body_credit *earn, int64_t *out_gone_minor, bool *out_expired)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(b->db,
                         "SELECT gone_minor, expired_minor > 0 FROM share_part WHERE member = ? AND scope = ? AND"
                         " owner = ? AND ends_s = ?",
                         &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, (int64_t)earn->member);
    db_bind_int64(stmt, 2, earn->owner.scope);
    db_bind_int64(stmt, 3, earn->owner.id);
    db_bind_int64(stmt, 4, earn->ends_s);
    r = db_stmt_step(stmt);
    if (r >= 0) {
        *out_gone_minor = r == DB_ROW ? db_column_int64(stmt, 0) : 0;
        *out_expired = r == DB_ROW && db_column_int64(stmt, 1) != 0;
    }
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}

/* What is missing of an earn that has ended was not spent as far as so much of that end expired, or was moved away and
 * ended there: the member has it no more and does not owe it. It has ended surely, or a record says so. */
static int find_expired(struct books *b, const struct body_credit *earn, const struct credit_parts *parts,
                        struct body_void *voided)
{
    int64_t missing_minor = earn->amount_minor - earn->receivable_minor, gone_minor = 0;
    bool expired = false;
    int r = 0;

    if (earn->ends_s == 0)
        return 0;
    for (uint32_t i = 0; i < parts->count; i++) {
        if (parts->items[i].ends_s == earn->ends_s)
            missing_minor -= parts->items[i].amount_minor;
    }
    if (missing_minor > 0)
        r = find_gone(b, earn, &gone_minor, &expired);
    if (r < 0 || (!expired && !expire_has_ended(b, earn->ends_s)))
        return r;
    if (gone_minor > 0 && missing_minor > 0)
        voided->expired_minor = gone_minor < missing_minor ? gone_minor : missing_minor;
    return 0;
}

/* What of a voided earn the member has spent already becomes a receivable. */
static int take_earned(struct books *b, const struct body_credit *earn, struct body_void *voided)
{
    struct credit_rows rows = {0};
    struct credit_earn_split split;
    int64_t share_minor = 0;
    int r = share_get(b->db, earn->member, earn->owner, &share_minor);

    if (r == 0)
        r = share_parts(b->db, earn->member, earn->owner, &rows);
    if (r == 0)
        r = find_expired(b, earn, &rows.parts, voided);
    if (r < 0)
        return r;
    split = credit_split_void(earn->amount_minor - earn->receivable_minor - voided->expired_minor, share_minor);
    voided->receivable_minor = split.to_receivable_minor;
    credit_rows_fold(&rows);
    credit_parts_take_own(&rows.parts, (struct credit_part){earn->ends_s, split.to_share_minor}, share_minor,
                          &voided->parts);
    return 0;
}

/* Not to end at once, by whatever clock; and placed among what is there now. */
static int give_back(struct books *b, const struct body_credit *spend, struct body_void *voided)
{
    int64_t earliest_s = credit_ends_s(expire_not_before_ms(b), CREDIT_BACK_DAYS);
    struct credit_parts back = credit_parts_back(&spend->parts, earliest_s);
    struct credit_rows rows = {0};
    int r = back.count > 0 ? share_parts(b->db, spend->member, spend->owner, &rows) : 0;

    if (r == 0)
        voided->parts = credit_parts_placed(&rows.parts, &back);
    return r;
}

static int void_record(struct books *b, const struct body *target, struct body *voided)
{
    struct body_void *to = &voided->voided;
    uint64_t seq;
    int r = 0;

    to->target_kind = target->kind;
    to->receivable_minor = to->expired_minor = 0;
    to->parts.count = 0;
    if (target->kind == RECORD_CREDIT_EARN)
        r = take_earned(b, &target->credit, to);
    else if (target->kind == RECORD_CREDIT_SPEND)
        r = give_back(b, &target->credit, to);
    return r < 0 ? r : journal_append(b, voided, &seq);
}

static int append(struct books *b, const struct till_request *request, const struct target *target)
{
    const struct act *act = &target->act;
    struct body voided = {.kind = RECORD_VOID};
    int r = 0;

    voided.voided.target = target->name;
    voided.voided.via = request->via;
    memcpy(voided.voided.request_id, request->request_id, BODY_REQUEST_ID_LEN);
    voided.voided.group = request->voided.group;
    voided.voided.clerk = request->clerk;
    voided.voided.business_ms = books_now(b).wall_ms;
    memcpy(voided.voided.reason, request->voided.reason, sizeof(voided.voided.reason));
    voided.voided.reason[REASON_MAX - 1] = '\0';
    log_redact_cards(voided.voided.reason);
    for (uint32_t i = act->count; i-- > 0 && r == 0;) {
        voided.voided.target.seq = act->seq[i];
        r = void_record(b, &act->bodies[i], &voided);
        voided.voided.via = 0; /* on the first only */
        memset(voided.voided.request_id, 0, BODY_REQUEST_ID_LEN);
    }
    return r;
}

void voiding_describe(const struct act *act, struct till_voided *out_voided)
{
    const struct body *redemption = act_find(act, RECORD_REDEMPTION), *sale = act_find(act, RECORD_SALE);
    const struct body *earn = act_find(act, RECORD_CREDIT_EARN);

    if (redemption != NULL)
        out_voided->discount_minor = redemption->redemption.discount_minor;
    if (sale != NULL) {
        out_voided->paid_minor = sale->sale.paid_minor;
        out_voided->credit_minor = sale->sale.credit_minor;
    }
    if (earn != NULL)
        out_voided->earned_minor = earn->credit.amount_minor;
}

int voiding_run(struct books *b, const struct till_request *request, struct till_voided *out_voided)
{
    struct target target = {0};
    int r;

    out_voided->group = request->voided.group;
    if (!books_is_single(b) && !books_is_primary(b))
        return -EREMOTE;
    r = decide(b, request, &target, &out_voided->verdict);
    if (r < 0)
        return r;
    voiding_describe(&target.act, out_voided);
    if (out_voided->verdict != VOID_OK)
        return 0;
    r = books_begin(b);
    if (r < 0)
        return r;
    r = append(b, request, &target);
    if (r < 0) {
        books_abort(b);
        return r;
    }
    return books_commit(b);
}

const char *void_verdict_name(enum void_verdict verdict)
{
    switch (verdict) {
    case VOID_OK:
        return "ok";
    case VOID_UNKNOWN:
        return "unknown";
    case VOID_ALREADY:
        return "already";
    case VOID_NOT_ALLOWED:
        return "not_allowed";
    case VOID_MOVED_ON:
        return "moved_on";
    }
    return "?";
}
