#include "books.h"

#include <stdlib.h>
#include <string.h>

#define PRUNE_AGE_MS   (30 * 24 * 60 * 60 * INT64_C(1000)) /* an older backup of central may still want them back */
#define RUN_KEEP_MS    (60 * 60 * INT64_C(1000))
#define PRUNE_STEP     2000 /* records looked at for one answer */
#define PRUNE_TAIL     64   /* the end of the journal always stays whole */
#define TRUST_KEEP_MS  (10 * 60 * 1000)
#define TRUST_DRIFT_MS 1000

int marks_load(struct books *b)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(b->db, "SELECT durable_through FROM era WHERE era = ?", &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, b->era);
    r = db_stmt_step(stmt);
    if (r >= 0)
        b->durable_through = r == DB_ROW ? (uint64_t)db_column_int64(stmt, 0) : 0;
    db_stmt_close(stmt);
    return r < 0 ? r : 0;
}

/* -ESTALE: central knows records that are not here: this disk went back in time, or another one has its name. */
static int raise(const struct journal_answer *answer, bool new_epoch, struct upload_era *era)
{
    uint64_t known = answer->status == JOURNAL_GAP ? answer->expected_seq - 1 : answer->durable_through;

    if (answer->status == JOURNAL_FORK || answer->status == JOURNAL_REFUSED)
        return 0;
    if (answer->status == JOURNAL_GAP && answer->expected_seq == 0)
        return -EBADMSG;
    if (known > era->last_seq || answer->archived_through > era->last_seq)
        return -ESTALE;
    if (new_epoch) {
        era->archived_through = answer->archived_through;
        era->durable_through = answer->archived_through < known ? answer->archived_through : known;
        /* What was pruned cannot be sent again; the backup that it was pruned for may not know of its own mark. */
        if (era->durable_through < era->pruned_through && known >= era->pruned_through)
            era->durable_through = era->pruned_through;
        return 0;
    }
    if (answer->archived_through > era->archived_through)
        era->archived_through = answer->archived_through;
    if (answer->status == JOURNAL_GAP || known > era->durable_through)
        era->durable_through = known;
    return 0;
}

static int write_marks(struct books *b, const struct upload_era *before, const struct upload_era *era)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(b->db,
                         "UPDATE era SET durable_through = ?2, archived_through = ?3, pruned_through = ?4"
                         " WHERE era = ?1",
                         &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, era->era);
    db_bind_int64(stmt, 2, (int64_t)era->durable_through);
    db_bind_int64(stmt, 3, (int64_t)era->archived_through);
    db_bind_int64(stmt, 4, (int64_t)era->pruned_through);
    r = db_stmt_run(stmt);
    db_stmt_close(stmt);
    b->touched.caught_up = era->era == b->era && era->durable_through == b->head.seq;
    b->touched.archived_through = era->archived_through;
    b->touched.backlog |= !b->touched.caught_up;
    b->touched.ends |= era->pruned_through != before->pruned_through;
    return r;
}

/* Of every era: what central lost is not known era by era. */
static int rewind_all_eras(struct books *b)
{
    b->touched.backlog = true;
    return db_exec(b->db, "UPDATE era SET durable_through = archived_through");
}

int marks_rewind(struct books *b, uint32_t server_epoch)
{
    int64_t known_epoch;
    int r = config_get_int(b->db, "server_epoch", &known_epoch);

    if (r < 0 || known_epoch == 0 || known_epoch == server_epoch)
        return r;
    r = rewind_all_eras(b);
    if (r == 0)
        r = marks_load(b);
    if (r == 0)
        b->appended = true;
    return r;
}

/* Only kinds that no projection is made from; the rest is what the books are rebuilt from. */
static int delete_old(struct books *b, const struct upload_era *era, uint64_t through)
{
    struct db_stmt *stmt;
    int r = db_stmt_open(b->db,
                         "DELETE FROM journal WHERE id > ? AND id <= ? AND kind IN (2, 3, 13, 14, 15, 16, 17, 18, 24,"
                         " 25, 26, 30, 113)",
                         &stmt);

    if (r < 0)
        return r;
    db_bind_int64(stmt, 1, journal_id(era->era, era->pruned_through));
    db_bind_int64(stmt, 2, journal_id(era->era, through));
    r = db_stmt_run(stmt);
    db_stmt_close(stmt);
    return r;
}

/* How long this machine has run with these books, all starts together. */
static int count_run(struct books *b)
{
    int64_t mono_ms = clock_mono_ms(b->clock), kept_ms;
    int r = config_get_int(b->db, "run_ms", &kept_ms);

    if (r < 0)
        return r;
    if (b->run_ms < kept_ms)
        b->run_ms = kept_ms;
    if (b->run_mono_ms != 0 && mono_ms > b->run_mono_ms)
        b->run_ms += mono_ms - b->run_mono_ms;
    b->run_mono_ms = mono_ms;
    return b->run_ms - kept_ms >= RUN_KEEP_MS ? config_set_int(b->db, "run_ms", b->run_ms) : 0;
}

/*
 * Archived for so long that no older backup will want it back. Every wall clock may be years off for a minute,
 * central's too, and order stamps follow it; so this age is counted in the time that the machine ran.
 */
static int find_ripe(struct books *b, const struct upload_era *era, uint64_t *out_through)
{
    int64_t mark_era, mark, since_ms;
    int r = count_run(b);

    *out_through = 0;
    if (r == 0)
        r = config_get_int(b->db, "ripens_era", &mark_era);
    if (r == 0)
        r = config_get_int(b->db, "ripens", &mark);
    if (r == 0)
        r = config_get_int(b->db, "ripens_since", &since_ms);
    if (r < 0)
        return r;
    if (mark_era == era->era && (uint64_t)mark > era->pruned_through) {
        if (b->run_ms - since_ms >= PRUNE_AGE_MS)
            *out_through = (uint64_t)mark;
        return 0;
    }
    if (era->archived_through <= era->pruned_through)
        return 0;
    r = config_set_int(b->db, "ripens_era", era->era);
    if (r == 0)
        r = config_set_int(b->db, "ripens", (int64_t)era->archived_through);
    return r < 0 ? r : config_set_int(b->db, "ripens_since", b->run_ms);
}

static int prune(struct books *b, struct upload_era *era)
{
    uint64_t ripe, through = era->pruned_through + PRUNE_STEP;
    int r = find_ripe(b, era, &ripe);

    if (r < 0)
        return r;
    if (through > ripe)
        through = ripe;
    if (through > era->archived_through)
        through = era->archived_through;
    if (era->last_seq < PRUNE_TAIL || through > era->last_seq - PRUNE_TAIL || through <= era->pruned_through)
        return 0;
    r = delete_old(b, era, through);
    if (r == 0)
        era->pruned_through = through;
    return r;
}

static int store(struct books *b, const struct journal_answer *answer, const struct upload_era *before,
                 struct upload_era *era)
{
    int64_t known_epoch;
    bool new_epoch;
    int r = config_get_int(b->db, "server_epoch", &known_epoch);

    if (r < 0)
        return r;
    new_epoch = known_epoch != 0 && known_epoch != answer->server_epoch;
    if (new_epoch) {
        r = rewind_all_eras(b);
        if (r < 0)
            return r;
    }
    r = raise(answer, new_epoch, era);
    if (r == 0)
        r = prune(b, era);
    if (r == 0 && (new_epoch || memcmp(before, era, sizeof(*era)) != 0))
        r = write_marks(b, before, era);
    if (r == 0 && known_epoch != answer->server_epoch)
        r = config_set_int(b->db, "server_epoch", answer->server_epoch);
    return r;
}

static int forked(struct books *b)
{
    int r = books_remember_fork(b);

    return r < 0 ? r : -ESTALE;
}

int marks_store(struct books *b, const struct journal_answer *answer)
{
    struct upload_era before, era;
    int r;

    if (answer->status == JOURNAL_FORK)
        return forked(b);
    r = upload_era_find(b->db, &before);

    if (r < 0)
        return r == -ENOENT ? -EAGAIN : r;
    era = before;
    r = books_begin(b);
    if (r < 0)
        return r;
    r = store(b, answer, &before, &era);
    if (r < 0) {
        books_abort(b);
        return r == -ESTALE ? forked(b) : r;
    }
    r = books_commit(b);
    if (r == 0)
        r = marks_load(b);
    return r < 0 ? r : confirm_settle(b);
}

int trust_load(struct books *b)
{
    char boot[sizeof(b->boot_id)] = "";
    int64_t wall_ms, mono_ms, offset_ms;
    size_t len;
    int r = config_get_int(b->db, "trust_wall", &wall_ms);

    if (r == 0)
        r = config_get_int(b->db, "trust_mono", &mono_ms);
    if (r == 0)
        r = config_get_int(b->db, "trust_offset", &offset_ms);
    if (r == 0)
        r = config_get(b->db, "trust_boot", boot, sizeof(boot) - 1, &len);
    if (r == -ENOENT)
        r = 0;
    if (r < 0)
        return r;
    /* Readings of the steady clock mean nothing in another boot. */
    if (strcmp(boot, b->boot_id) != 0)
        mono_ms = -1;
    b->trust = (struct time_trust){wall_ms, mono_ms, offset_ms};
    b->trust_kept_mono_ms = mono_ms;
    return 0;
}

static int write_trust(struct books *b, const struct time_trust *trust)
{
    int r = config_set_int(b->db, "trust_wall", trust->trusted_wall_ms);

    if (r == 0)
        r = config_set_int(b->db, "trust_mono", trust->trusted_mono_ms);
    if (r == 0)
        r = config_set_int(b->db, "trust_offset", trust->offset_ms);
    return r < 0 ? r : config_set(b->db, "trust_boot", b->boot_id, strlen(b->boot_id));
}

/* Central's time comes with every answer; the disk hears of it when it changed something, and else now and then. */
int trust_store(struct books *b, int64_t server_ms, struct clock_reading at)
{
    struct time_trust trust = time_trust_from(at, server_ms);
    bool kept = b->trust.trusted_wall_ms != 0 && b->trust_kept_mono_ms >= 0 &&
                at.mono_ms - b->trust_kept_mono_ms < TRUST_KEEP_MS &&
                llabs(trust.offset_ms - b->trust.offset_ms) < TRUST_DRIFT_MS;
    int r;

    b->trust = trust;
    if (kept)
        return 0;
    b->trust_kept_mono_ms = -1; /* what is not on the disk now is written with the next answer */
    r = books_begin(b);
    if (r < 0)
        return r;
    r = write_trust(b, &trust);
    if (r < 0) {
        books_abort(b);
        return r;
    }
    r = books_commit(b);
    if (r == 0)
        b->trust_kept_mono_ms = at.mono_ms;
    return r;
}
