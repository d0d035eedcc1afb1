#include "books.h"

#include <assert.h>
#include <string.h>

#define ANSWER_MAX 256

static int decode(const char *ticket_text, const uint8_t *answer, size_t len, struct till_enrolment *out_enrolment)
{
    if (enrol_ticket_decode(ticket_text, &out_enrolment->ticket) < 0 ||
        enrol_answer_decode(answer, len, &out_enrolment->answer) < 0)
        return -EUCLEAN;
    return 0;
}

static int load_values(struct db *db, struct till_enrolment *out_enrolment)
{
    char text[ENROL_TEXT_MAX + 1] = {0};
    uint8_t answer[ANSWER_MAX];
    size_t text_len, len;
    int r = config_get(db, "enrol_ticket", text, ENROL_TEXT_MAX, &text_len);

    if (r == 0)
        r = config_get(db, "enrol_answer", answer, sizeof(answer), &len);
    return r < 0 ? r : decode(text, answer, len, out_enrolment);
}

static int era_of(struct db *db, uint32_t terminal, uint32_t incarnation, uint32_t *out_era)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(db, "SELECT era FROM era WHERE terminal = ? AND incarnation = ? AND own = 1", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, terminal);
    db_bind_int64(stmt, 2, incarnation);
    r = db_stmt_step(stmt);
    if (r >= 0)
        *out_era = r == DB_ROW ? (uint32_t)db_column_int64(stmt, 0) : 0;
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}

int enrolment_load(struct books *b)
{
    struct till_enrolment enrolment = {0};
    int64_t era;
    int r = load_values(b->db, &enrolment);

    if (r < 0 && r != -ENOENT)
        return r;
    r = config_get_int(b->db, "era", &era);
    if (r < 0)
        return r;
    b->enrolment = enrolment;
    b->era = (uint32_t)era;
    b->enrolled = era != 0 && enrolment.answer.state == ENROL_CONFIRMED;
    return 0;
}

static int store_values(struct books *b, const struct till_enrolment *enrolment)
{
    struct till_enrolment kept = *enrolment;
    char text[ENROL_TEXT_MAX];
    uint8_t answer[ANSWER_MAX];
    size_t len;
    int r;

    /* The secret has done its work once the terminal is confirmed. */
    if (kept.answer.state == ENROL_CONFIRMED)
        memset(kept.ticket.secret, 0, sizeof(kept.ticket.secret));
    r = enrol_ticket_encode(&kept.ticket, text);
    if (r == 0)
        r = enrol_answer_encode(&kept.answer, answer, sizeof(answer), &len);
    if (r == 0)
        r = config_set(b->db, "enrol_ticket", text, strlen(text));
    return r < 0 ? r : config_set(b->db, "enrol_answer", answer, len);
}

static int insert_era(struct books *b, const struct enrol_answer *answer)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(b->db, "INSERT INTO era(terminal, incarnation, store) VALUES(?, ?, ?)", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, answer->terminal);
    db_bind_int64(stmt, 2, answer->incarnation);
    db_bind_int64(stmt, 3, answer->store);
    r = db_stmt_run(stmt);
    db_stmt_close(stmt);
    books_touch(b);
    if (r == 0)
        b->era = (uint32_t)db_last_rowid(b->db);
    return r;
}

/* A new incarnation begins: a journal of its own whose first record says what hardware this is. Nothing that another
 * store or incarnation was sent stays. */
static int begin_era(struct books *b, const struct body_incarnation *incarnation)
{
    struct body body = {.kind = RECORD_INCARNATION, .incarnation = *incarnation};
    bool dropped = false;
    uint64_t seq;
    int r = copies_drop(b, &dropped);

    if (r == 0 && dropped)
        r = rebuild_in_place(b);
    if (r == 0)
        r = insert_era(b, &b->enrolment.answer);
    if (r == 0)
        r = confirm_clear(b);
    if (r == 0)
        r = config_set_int(b->db, "alone", 0);
    if (r == 0)
        r = config_set_int(b->db, "era", b->era);
    if (r == 0)
        r = config_set_int(b->db, "forked", 0);
    if (r == 0)
        r = mark_adopt(b);
    if (r == 0)
        r = feed_forget(b);
    if (r < 0)
        return r;
    b->head.seq = 0;
    memset(b->head.hash, 0, HASH_LEN); /* the order stamp goes on rising */
    b->durable_through = 0;
    b->projection.store = b->enrolment.answer.store;
    return journal_append(b, &body, &seq);
}

static int store_confirmed(struct books *b, const struct body_incarnation *incarnation)
{
    uint32_t era;
    int r = era_of(b->db, b->enrolment.answer.terminal, b->enrolment.answer.incarnation, &era);

    if (r < 0)
        return r;
    if (era != 0 && era == b->era) {
        b->enrolled = true;
        return 0;
    }
    if (era != 0)
        return -EEXIST; /* an incarnation that was left is never taken up again */
    b->enrolled = true;
    return begin_era(b, incarnation);
}

/* Its numbers may be the same, and its central would take these records for those of its own terminal. */
static bool is_of_another_house(const struct books *b, const struct till_enrolment *enrolment)
{
    return b->enrolled && memcmp(b->enrolment.answer.root_key, enrolment->answer.root_key, PUBLIC_KEY_LEN) != 0;
}

int enrolment_store(struct books *b, const struct till_enrolment *enrolment, const struct body_incarnation *incarnation)
{
    int r = books_begin(b), reload;

    if (r < 0)
        return r;
    r = enrolment->answer.state == ENROL_CONFIRMED && is_of_another_house(b, enrolment) ? -EPERM : 0;
    if (r == 0)
        r = store_values(b, enrolment);
    b->enrolment = *enrolment;
    if (r == 0 && enrolment->answer.state == ENROL_CONFIRMED) {
        assert(incarnation != NULL);
        r = store_confirmed(b, incarnation);
    }
    if (r < 0)
        books_abort(b);
    else
        r = books_commit(b);
    /* What the terminal is changed on disk or did not: take it from there either way. */
    reload = books_ready(b);
    if (reload == 0)
        reload = books_load(b);
    b->reference_changed = true;
    return r < 0 ? r : reload;
}
