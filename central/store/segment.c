#include "central/store/segment.h"

#include "central/store/journal.h"
#include "central/store/people_tag.h"
#include "central/store/query.h"
#include "platform/buffer.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SQL_MAX     (64 * 1024)
#define HOUR_MS     3600000
#define DAY_HOURS   24
#define LOCAL_HOURS 8 /* China Standard Time */

#define COLUMNS "id, brand, name, text, changed_ms, gone"

/* ---- from the tree to SQL: m is the member, a what it did, ?1 now, ?2 a member. Only numbers stand in the text. */

struct compiler {
    struct store_tx *tx;
    uint32_t brand;
    unsigned level;
    struct buffer sql;
    struct segment_fault *fault;
};

static int refuse(struct compiler *c, int rc, const char *what)
{
    *c->fault = (struct segment_fault){0, what};
    return rc;
}

static __attribute__((format(printf, 2, 3))) int emit(struct compiler *c, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return buffer_append_text(&c->sql, text);
}

static int emit_segment(struct compiler *c, uint32_t id);

static int emit_tag(struct compiler *c, const char *name)
{
    struct tag tag;
    int rc = people_find_tag(c->tx, c->brand, name, &tag);
    if (rc == -ENOENT) {
        return refuse(c, rc, "it names a tag that is not in the vocabulary");
    }
    return rc ? rc
              : emit(c, "EXISTS (SELECT 1 FROM member_tag t WHERE t.member = m.id AND t.tag = %" PRIu32 ")", tag.id);
}

static int emit_time(struct compiler *c, const struct segment_node *node)
{
    static const char *const columns[] = {"m.joined_ms", "a.visited_ms", "a.bought_ms", "a.redeemed_ms", "a.acted_ms"};
    const char *column = columns[node->field];
    const char *sign = node->compare == SEGMENT_LESS ? "<" : ">=";
    if (node->op == SEGMENT_NEVER) {
        return emit(c, "ifnull(%s, 0) = 0", column);
    }
    /* what never happened was neither before nor after */
    return emit(c, "(ifnull(%s, 0) > 0 AND %s %s %s%" PRId64 ")", column, column, sign, node->ago ? "?1 - " : "",
                node->value);
}

static int emit_number(struct compiler *c, const struct segment_node *node)
{
    static const char *const signs[] = {"<", "<=", "=", ">=", ">"};
    static const char *const columns[] = {"ifnull(a.purchases, 0)", "ifnull(a.redemptions, 0)", "ifnull(a.spent, 0)"};
    if (node->field == SEGMENT_HOUR) {
        return emit(c, "(ifnull(a.acted_ms, 0) > 0 AND (a.acted_ms / %d + %d) %% %d %s %" PRId64 ")", HOUR_MS,
                    LOCAL_HOURS, DAY_HOURS, signs[node->compare], node->value);
    }
    return emit(c, "%s %s %" PRId64, columns[node->field], signs[node->compare], node->value);
}

static int emit_node(struct compiler *c, const struct segment_query *query, uint8_t index);

static int emit_pair(struct compiler *c, const struct segment_query *query, const struct segment_node *node)
{
    int rc = emit(c, "(");
    rc = rc ? rc : emit_node(c, query, node->left);
    rc = rc ? rc : emit(c, node->op == SEGMENT_AND ? " AND " : " OR ");
    rc = rc ? rc : emit_node(c, query, node->right);
    return rc ? rc : emit(c, ")");
}

/* As deep as the tree, which is at most SEGMENT_NODES_MAX. */
static int emit_node(struct compiler *c, const struct segment_query *query, uint8_t index)
{
    const struct segment_node *node = &query->nodes[index];
    int rc = 0;
    switch ((enum segment_op)node->op) {
    case SEGMENT_AND:
    case SEGMENT_OR:
        return emit_pair(c, query, node);
    case SEGMENT_NOT:
        rc = emit(c, "NOT (");
        rc = rc ? rc : emit_node(c, query, node->left);
        return rc ? rc : emit(c, ")");
    case SEGMENT_TAG:
        return emit_tag(c, node->tag);
    case SEGMENT_TIER:
        return emit(c, "m.tier = %" PRId64, node->value);
    case SEGMENT_STORE:
        return emit(c, "m.home_store = %" PRId64, node->value);
    case SEGMENT_SEGMENT:
        return node->value > UINT32_MAX ? refuse(c, -ENOENT, "it names a segment that is not there")
                                        : emit_segment(c, (uint32_t)node->value);
    case SEGMENT_TIME:
    case SEGMENT_NEVER:
        return emit_time(c, node);
    case SEGMENT_NUMBER:
        return emit_number(c, node);
    }
    return -EINVAL;
}

static int emit_text(struct compiler *c, const char *text)
{
    struct segment_query query;
    int rc = segment_parse(text, &query, c->fault);
    return rc ? rc : emit_node(c, &query, query.root);
}

static int emit_segment(struct compiler *c, uint32_t id)
{
    struct segment segment;
    if (c->level == SEGMENT_LEVELS_MAX) {
        return refuse(c, -ELOOP, "segments name each other too many levels deep, or in a circle");
    }
    int rc = segment_find(c->tx, id, &segment);
    if (rc == -ENOENT || (rc == 0 && segment.gone)) {
        return refuse(c, -ENOENT, "it names a segment that is not there");
    }
    if (rc == 0 && c->brand && segment.brand != c->brand) {
        return refuse(c, -EXDEV, "it names another brand's segment");
    }
    c->brand = segment.brand;
    c->level++;
    rc = rc ? rc : emit(c, "(");
    rc = rc ? rc : emit_text(c, segment.text);
    rc = rc ? rc : emit(c, ")");
    c->level--;
    return rc;
}

/* head ‖ the condition ‖ tail; the caller finishes c->sql. */
static int compile(struct compiler *c, uint32_t id, const char *head, const char *tail)
{
    int rc = buffer_append_text(&c->sql, head);
    rc = rc ? rc
            : buffer_append_text(&c->sql, " FROM member m LEFT JOIN member_activity a ON a.member = m.id WHERE "
                                          "m.erased = 0 AND m.personal = 1 AND ");
    rc = rc ? rc : emit_segment(c, id);
    rc = rc ? rc : emit(c, " AND m.brand = %" PRIu32, c->brand);
    return rc ? rc : buffer_append_text(&c->sql, tail);
}

/* ---- the saved ones */

static int check(struct store_tx *tx, uint32_t id, struct segment_fault *fault)
{
    struct compiler c = {.tx = tx, .fault = fault};
    struct db_stmt *stmt = NULL;
    buffer_init(&c.sql, SQL_MAX);
    int rc = compile(&c, id, "SELECT m.id", "");
    if (rc == -E2BIG && !fault->what) {
        rc = refuse(&c, rc, "too many conditions together with the segments it names");
    }
    rc = rc ? rc : db_stmt_open(store_tx_db(tx), buffer_text(&c.sql), &stmt);
    db_stmt_close(stmt);
    buffer_finish(&c.sql);
    return rc;
}

static int write_row(struct store_tx *tx, const struct segment *s)
{
    return query_run(
        store_tx_write(tx),
        "INSERT INTO segment (" COLUMNS ") VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET name "
        "= excluded.name, text = excluded.text, changed_ms = excluded.changed_ms, gone = excluded.gone",
        QUERY(Q_INT(s->id), Q_INT(s->brand), Q_TEXT(s->name), Q_TEXT(s->text), Q_INT(s->changed_ms), Q_INT(s->gone)));
}

static int journal_segment(struct store_tx *tx, const struct segment *s, const char *who, const char *what)
{
    struct journal_fact fact = {
        .key = "segment", .who = who, .what = what, .why = s->text, .brand = s->brand, .number = s->id};
    return journal_append_central(tx, RECORD_ADMIN, &fact);
}

/* Segments that name this one are checked as well: a change of it may close a circle through them. */
static int check_all(struct store_tx *tx, uint32_t brand, struct segment_fault *fault)
{
    struct db_stmt *stmt = NULL;
    int rc =
        query_open(store_tx_db(tx), "SELECT id FROM segment WHERE brand = ? AND gone = 0", QUERY(Q_INT(brand)), &stmt);
    while (rc == 0 && (rc = db_stmt_step(stmt)) == DB_ROW) {
        rc = check(tx, (uint32_t)db_column_int64(stmt, 0), fault);
    }
    db_stmt_close(stmt);
    return rc;
}

int segment_put(struct store_tx *tx, const struct segment *segment, const char *who, uint32_t *out_id,
                struct segment_fault *out_fault)
{
    struct segment saved = *segment, known;
    struct segment_query query;
    uint64_t number = segment->id;
    struct segment_fault fault = {0};
    int rc = segment_parse(saved.text, &query, &fault);
    if (rc == 0 && segment->id) {
        rc = segment_find(tx, segment->id, &known);
        rc = rc == 0 && known.gone ? -ENOENT : rc;
        saved.brand = rc == 0 ? known.brand : 0;
    } else {
        rc = rc ? rc : store_next_number(tx, "segment", &number);
    }
    saved.id = (uint32_t)number;
    saved.changed_ms = tx->now_ms;
    rc = rc ? rc : write_row(tx, &saved);
    rc = rc ? rc : check(tx, saved.id, &fault);
    rc = rc ? rc : check_all(tx, saved.brand, &fault);
    rc = rc ? rc : journal_segment(tx, &saved, who, segment->id ? "segment changed" : "segment added");
    if (rc == 0) {
        *out_id = saved.id;
    } else {
        *out_fault = fault;
    }
    return rc;
}

int segment_remove(struct store_tx *tx, uint32_t id, const char *who)
{
    struct segment segment;
    struct segment_fault fault;
    int rc = segment_find(tx, id, &segment);
    if (rc == 0 && segment.gone) {
        return 0;
    }
    segment.gone = true;
    rc = rc ? rc : write_row(tx, &segment);
    rc = rc ? rc : check_all(tx, segment.brand, &fault);
    rc = rc == -ENOENT ? -EBUSY : rc;
    return rc ? rc : journal_segment(tx, &segment, who, "segment removed");
}

static void read_row(struct db_stmt *stmt, struct segment *out)
{
    *out = (struct segment){.id = (uint32_t)db_column_int64(stmt, 0),
                            .brand = (uint32_t)db_column_int64(stmt, 1),
                            .changed_ms = db_column_int64(stmt, 4),
                            .gone = db_column_int64(stmt, 5) != 0};
    query_column_text(stmt, 2, out->name, sizeof(out->name));
    query_column_text(stmt, 3, out->text, sizeof(out->text));
}

int segment_find(struct store_tx *tx, uint32_t id, struct segment *out_segment)
{
    struct db_stmt *stmt = NULL;
    int rc = query_first(store_tx_db(tx), "SELECT " COLUMNS " FROM segment WHERE id = ?", QUERY(Q_INT(id)), &stmt);
    if (rc == 0) {
        read_row(stmt, out_segment);
        db_stmt_close(stmt);
    }
    return rc;
}

int segment_each(struct store_tx *tx, segment_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    struct segment segment;
    int rc =
        query_open(store_tx_db(tx), "SELECT " COLUMNS " FROM segment WHERE gone = 0 ORDER BY id", QUERY_NONE, &stmt);
    while (rc == 0 && (rc = db_stmt_step(stmt)) == DB_ROW) {
        read_row(stmt, &segment);
        rc = visit(context, &segment);
    }
    db_stmt_close(stmt);
    return rc;
}

/* ---- who is in it */

/* Opens head … tail over the segment, bound to now and to one member (if the SQL asks for it). */
static int open_members(struct store_tx *tx, uint32_t segment, const char *head, const char *tail,
                        struct db_stmt **out_stmt)
{
    struct segment_fault fault;
    struct compiler c = {.tx = tx, .fault = &fault};
    struct db_stmt *stmt = NULL;
    buffer_init(&c.sql, SQL_MAX);
    int rc = compile(&c, segment, head, tail);
    rc = rc ? rc : db_stmt_open(store_tx_db(tx), buffer_text(&c.sql), &stmt);
    buffer_finish(&c.sql);
    if (rc == 0) {
        db_bind_int64(stmt, 1, tx->now_ms);
        *out_stmt = stmt;
    }
    return rc;
}

int segment_each_member(struct store_tx *tx, uint32_t segment, segment_member_visit visit, void *context)
{
    struct db_stmt *stmt = NULL;
    int rc = open_members(tx, segment, "SELECT m.id, ?1", " ORDER BY m.id", &stmt);
    while (rc == 0 && (rc = db_stmt_step(stmt)) == DB_ROW) {
        rc = visit(context, (uint64_t)db_column_int64(stmt, 0));
    }
    db_stmt_close(stmt);
    return rc;
}

int segment_contains(struct store_tx *tx, uint32_t segment, uint64_t member, bool *out_contains)
{
    struct db_stmt *stmt = NULL;
    int rc = open_members(tx, segment, "SELECT m.id, ?1", " AND m.id = ?2", &stmt);
    if (rc == 0) {
        db_bind_int64(stmt, 2, (int64_t)member);
        rc = db_stmt_step(stmt);
    }
    if (rc >= 0) {
        *out_contains = rc == DB_ROW;
    }
    db_stmt_close(stmt);
    return rc < 0 ? rc : 0;
}

int segment_count(struct store_tx *tx, uint32_t segment, uint64_t *out_count)
{
    struct db_stmt *stmt = NULL;
    int rc = open_members(tx, segment, "SELECT count(*), ?1", "", &stmt);
    rc = rc ? rc : db_stmt_step(stmt);
    if (rc == DB_ROW) {
        *out_count = (uint64_t)db_column_int64(stmt, 0);
    }
    db_stmt_close(stmt);
    return rc < 0 ? rc : 0;
}
