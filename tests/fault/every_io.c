#include "every_io.h"

#include "cmocka_all.h"
#include "platform/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATES_MAX 8
#define CUTS_MAX   2000
#define FINALS_MAX 512
#define SEEN_MAX   4096

static struct {
    const struct every_io *act;
    struct every_io_counts *counts;
    char *states[STATES_MAX]; /* all rows of the books, as each commit left them */
    size_t state_count;
    char *before, *after;        /* the act's effect */
    uint64_t finals[FINALS_MAX]; /* prints of books that were read from end to end */
    size_t final_count;
    struct {
        uint64_t print; /* of what a cut left */
        size_t state;
    } seen[SEEN_MAX];
    size_t seen_count;
    char trying[160];
} now;

static struct sim_random chance;
static struct disk_image *cuts[CUTS_MAX];
static size_t cut_count;
static char *sql_of_rows;

/* ---- the books as text */

static char *query_text(const char *path, struct disk *disk, const char *sql)
{
    const struct db_options options = {.mode = DB_READER, .vfs = disk_vfs_name(disk)};
    struct db_stmt *stmt;
    struct db *db;
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    assert_int_equal(db_open(path, &options, &db), 0);
    assert_int_equal(db_stmt_open(db, sql, &stmt), 0);
    while (db_stmt_step(stmt) == DB_ROW)
        fprintf(out, "%s\n", db_column_is_null(stmt, 0) ? "NULL" : db_column_text(stmt, 0));
    db_stmt_close(stmt);
    db_close(db);
    fclose(out);
    return text;
}

/* One statement that reads every row of every table. */
static const char make_sql[] =
    "SELECT group_concat(one, ' UNION ALL ') || ' ORDER BY 1' FROM (SELECT 'SELECT ''' || m.name || ' '' || ' ||"
    " group_concat('quote(\"' || c.name || '\")', ' || '','' || ') || ' FROM \"' || m.name || '\"' AS one"
    " FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
    " GROUP BY m.name)";

static char *left_rows(void)
{
    const struct every_io *act = now.act;

    if (sql_of_rows == NULL) {
        sql_of_rows = query_text(act->left_path, act->left, make_sql);
        sql_of_rows[strcspn(sql_of_rows, "\n")] = '\0';
    }
    return query_text(act->left_path, act->left, sql_of_rows);
}

void every_io_forget_schema(void)
{
    free(sql_of_rows);
    sql_of_rows = NULL;
}

static void show_difference(const char *a, const char *b)
{
    while (*a != '\0' && *b != '\0') {
        size_t alen = strcspn(a, "\n"), blen = strcspn(b, "\n");
        if (alen != blen || memcmp(a, b, alen) != 0)
            break;
        a += alen + 1;
        b += blen + 1;
    }
    print_message("  -%.*s\n  +%.*s\n", (int)strcspn(a, "\n"), a, (int)strcspn(b, "\n"), b);
}

/* ---- what a cut left */

static void open_left(const struct disk_image *image)
{
    disk_load(now.act->left, image);
    int r = now.act->open_left(now.act->context);
    if (r != 0)
        fail_msg("%s: the books do not open: %d", now.trying, r);
}

static size_t find_state(const char *text)
{
    size_t i = 0;

    while (i < now.state_count && strcmp(now.states[i], text) != 0)
        i++;
    return i;
}

/* Which of the act's states it is; one that was not seen yet is read from end to end, while they are collected. */
static size_t look_at(const struct disk_image *image, bool collect)
{
    open_left(image);
    char *text = left_rows();
    size_t i = find_state(text);

    if (i == now.state_count && !collect) {
        for (size_t k = 0; k < now.state_count; k++)
            show_difference(now.states[k], text);
        fail_msg("%s: the books are none that a commit left", now.trying);
    }
    if (i == now.state_count) {
        assert_true(now.state_count < STATES_MAX);
        if (now.state_count > 0 && now.state_count == now.act->states)
            show_difference(now.states[now.state_count - 1], text);
        now.act->check_left(now.act->context);
        now.counts->whole++;
        now.states[now.state_count++] = text;
        text = NULL;
    }
    now.act->close_left(now.act->context);
    free(text);
    return i;
}

/* Many cuts leave the same. */
static size_t state_of(const struct disk_image *image, bool collect)
{
    uint64_t print = disk_image_print(image);

    for (size_t i = 0; i < now.seen_count; i++) {
        if (now.seen[i].print == print)
            return now.seen[i].state;
    }
    size_t state = look_at(image, collect);
    if (now.seen_count < SEEN_MAX) {
        now.seen[now.seen_count].print = print;
        now.seen[now.seen_count++].state = state;
    }
    return state;
}

static size_t state_now(bool collect)
{
    struct disk_image *image = disk_cut(now.act->disk, NULL, DISK_LOSE_ALL);
    size_t i = state_of(image, collect);

    disk_image_close(image);
    return i;
}

static bool was_whole(uint64_t print)
{
    for (size_t i = 0; i < now.final_count; i++) {
        if (now.finals[i] == print)
            return true;
    }
    if (now.final_count < FINALS_MAX)
        now.finals[now.final_count++] = print;
    return false;
}

/* After everything: the effect is there once, and the books are whole. */
static void check_end(void)
{
    const struct every_io *act = now.act;
    struct disk_image *image = disk_cut(act->disk, NULL, DISK_LOSE_ALL);

    open_left(image);
    char *effect = query_text(act->left_path, act->left, act->effect);
    if (strcmp(effect, now.after) != 0)
        fail_msg("%s: in the end there is %s instead of %s", now.trying, effect, now.after);
    if (!was_whole(disk_file_print(act->left, act->left_path))) {
        act->check_left(act->context);
        now.counts->whole++;
    }
    act->close_left(act->context);
    disk_image_close(image);
    free(effect);
}

/* ---- power cuts */

static void cut(void *context, struct disk *disk)
{
    (void)context;
    for (int loss = DISK_LOSE_BY_CHANCE; loss <= DISK_LOSE_NOTHING; loss++) {
        assert_true(cut_count < CUTS_MAX);
        cuts[cut_count++] = disk_cut(disk, &chance.base, (enum disk_loss)loss);
    }
}

static void check_cuts(bool collect)
{
    disk_watch_set(now.act->disk, NULL, NULL);
    for (size_t i = 0; i < cut_count; i++) {
        (void)state_of(cuts[i], collect);
        disk_image_close(cuts[i]);
    }
    now.counts->cuts += (uint32_t)cut_count;
    cut_count = 0;
}

static char *effect_now(void)
{
    return query_text(now.act->path, now.act->disk, now.act->effect);
}

/* With nothing failing: which states there are, and that a power cut leaves one of them. */
static void learn_act(void)
{
    const struct every_io *act = now.act;

    act->begin(act->context);
    snprintf(now.trying, sizeof(now.trying), "%s, power cut", act->name);
    now.before = effect_now();
    assert_int_equal(state_now(true), 0);
    disk_watch_set(act->disk, cut, NULL);
    int r = act->run(act->context);
    if (r != 0)
        fail_msg("%s: without a fault it answers %d", act->name, r);
    check_cuts(true);
    now.after = effect_now();
    if (state_now(true) != act->states - 1 || now.state_count != act->states)
        fail_msg("%s: %zu states were committed, not %u", act->name, now.state_count, act->states);
    assert_string_not_equal(now.before, now.after);
    act->end(act->context);
}

/* ---- faults */

/* An open that fails says that there is no such file. */
static void check_answer(int error, enum disk_io io)
{
    size_t state = state_now(false);

    if (error != 0 && error != -EIO && error != -ENOSPC && !(error == -ENOENT && io == DISK_OPEN))
        fail_msg("%s: answered %d", now.trying, error);
    if (error == 0 && state != now.state_count - 1)
        fail_msg("%s: told \"done\", and it is not", now.trying);
    if (error == -ENOSPC && state == now.state_count - 1)
        fail_msg("%s: told \"disk full\", and it is done", now.trying);
    now.counts->done += error == 0;
    now.counts->refused += error != 0;
    now.counts->stood += error != 0 && state == now.state_count - 1;
}

static void go_on(void)
{
    int r = now.act->again(now.act->context);

    if (r != 0)
        fail_msg("%s: once the disk works it answers %d", now.trying, r);
    check_end();
}

/* False when the act has no such I/O. */
static bool fail_one(enum disk_io io, uint32_t nth, enum disk_fault fault, bool lasting)
{
    const struct every_io *act = now.act;

    act->begin(act->context);
    snprintf(now.trying, sizeof(now.trying), "%s, %s %u%s: %s", act->name, disk_io_name(io), nth,
             lasting ? " and later" : "", disk_fault_name(fault));
    if (io == DISK_SYNC)
        disk_watch_set(act->disk, cut, NULL);
    disk_faults_clear(act->disk);
    disk_fail(act->disk, io, nth, fault, lasting);
    int error = act->run(act->context);
    bool met = disk_failures(act->disk) > 0;
    disk_faults_clear(act->disk);
    check_cuts(false);
    if (met) {
        check_answer(error, io);
        go_on();
    }
    act->end(act->context);
    now.counts->runs++;
    now.counts->met += met;
    return met;
}

static bool is_tried(enum disk_io io, enum disk_fault fault, bool lasting)
{
    bool changes = io == DISK_WRITE || io == DISK_SYNC;

    if (now.act->lean)
        return (io == DISK_WRITE || fault == DISK_EIO) && !lasting;
    if (io == DISK_WRITE)
        return fault != DISK_SHORT || !lasting;
    return fault == DISK_EIO ? changes || !lasting : fault == DISK_ENOSPC && io == DISK_SYNC && !lasting;
}

static void fail_all(void)
{
    for (int io = 0; io < DISK_IO_COUNT; io++) {
        for (int way = 0; way < DISK_FAULT_COUNT * 2; way++) {
            if (!is_tried((enum disk_io)io, (enum disk_fault)(way / 2), way % 2))
                continue;
            for (uint32_t nth = 1; fail_one((enum disk_io)io, nth, (enum disk_fault)(way / 2), way % 2); nth++)
                ;
        }
    }
}

void every_io_try(const struct every_io *act, struct every_io_counts *counts)
{
    uint32_t met = counts->met, cut_before = counts->cuts;

    memset(&now, 0, sizeof(now));
    now.act = act;
    now.counts = counts;
    sim_random_init(&chance, 8);
    learn_act();
    fail_all();
    print_message("  %-34s %4u I/Os failed, %4u power cuts\n", act->name, counts->met - met, counts->cuts - cut_before);
    assert_true(counts->met - met >= 6);
    assert_true(counts->cuts - cut_before >= 12);
    counts->acts++;
    for (size_t i = 0; i < now.state_count; i++)
        free(now.states[i]);
    free(now.before);
    free(now.after);
}
