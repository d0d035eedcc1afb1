#include "doctor/doctor.h"

#include "doctor/chain.h"
#include "domain/time.h"
#include "platform/buffer.h"
#include "platform/clock.h"
#include "platform/file.h"
#include "platform/keys.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#define SEQ_BITS       44
#define FREE_ENOUGH_KB (64 * 1024) /* years of records; below: make room before the till has to refuse */
#define BOOT_ID_MAX    40

static void say_version(void)
{
    int version = db_version_number();
    bool sound = db_version_verdict(version) == DB_VERSION_SOUND;

    printf("%s SQLite %d.%d.%d%s\n", sound ? "ok  " : "note", version / 1000000, version / 1000 % 1000, version % 1000,
           sound ? "" : ": has the WAL-reset bug; the till's single writer keeps clear of it");
}

static int check_file(struct db *db)
{
    char finding[256];
    int r = db_check(db, false, finding, sizeof(finding));

    if (r == -EUCLEAN)
        printf("BAD  file: %s\n", finding);
    else if (r == 0)
        printf("ok   file: every page as SQLite left it\n");
    return r;
}

static int check_chain(struct db *db)
{
    struct chain_finding finding;
    int r = chain_read(db, NULL, NULL, &finding);

    if (r == -EUCLEAN)
        printf("BAD  journal: record %" PRIu64 " of terminal %" PRIu32 ", incarnation %" PRIu32
               " is missing or not as it was written; %" PRIu64 " before it are sound\n",
               finding.at.seq, finding.at.terminal, finding.at.incarnation, finding.records);
    else if (r == 0)
        printf("ok   journal: %" PRIu64 " records, the chain is unbroken\n", finding.records);
    return r;
}

static int64_t number(struct db *db, const char *sql, int64_t parameter)
{
    struct db_stmt *stmt;
    int64_t value = 0;

    if (db_stmt_open(db, sql, &stmt) < 0)
        return 0;
    if (parameter != 0)
        db_bind_int64(stmt, 1, parameter);
    if (db_stmt_step(stmt) == DB_ROW)
        value = db_column_int64(stmt, 0);
    db_stmt_close(stmt);
    return value;
}

static void say_age(int64_t since_ms, int64_t now_ms)
{
    char text[24];

    time_format_minute(since_ms, text, sizeof(text));
    printf(", the oldest of %s (%" PRId64 " h ago)", text, (now_ms - since_ms) / (60 * 60 * 1000));
}

static void say_era(struct db *db, struct db_stmt *era, int64_t now_ms)
{
    int64_t id = db_column_int64(era, 0), durable = db_column_int64(era, 4), archived = db_column_int64(era, 5);
    int64_t first = (int64_t)((uint64_t)id << SEQ_BITS), last;
    struct hlc oldest;

    last = number(db, "SELECT max(id) FROM journal WHERE id >= ?1 << 44 AND id < (?1 + 1) << 44", id);
    last = last > first ? last - first : 0;
    if (db_column_int64(era, 6) == 0) {
        printf("ok   copy of terminal %" PRId64 ", incarnation %" PRId64 ": through record %" PRId64 "\n",
               db_column_int64(era, 1), db_column_int64(era, 2), last);
        return;
    }
    printf("%s terminal %" PRId64 ", incarnation %" PRId64 ", store %" PRId64 ": %" PRId64 " records, %" PRId64
           " not at central, %" PRId64 " not in a backup of it",
           last > durable ? "note" : "ok  ", db_column_int64(era, 1), db_column_int64(era, 2), db_column_int64(era, 3),
           last, last - durable, last - archived);
    oldest.packed = (uint64_t)number(db, "SELECT hlc FROM journal WHERE id = ?", first + durable + 1);
    if (last > durable && oldest.packed != 0)
        say_age(hlc_physical_ms(oldest), now_ms);
    printf("\n");
}

static int say_eras(struct db *db, int64_t now_ms)
{
    struct db_stmt *stmt;
    int step, eras = 0;
    int r = db_stmt_open(db,
                         "SELECT era, terminal, incarnation, store, durable_through, archived_through, own FROM era"
                         " ORDER BY own DESC, era",
                         &stmt);

    if (r == -EPROTO) /* books of before the copies, which the till has not opened yet */
        r = db_stmt_open(db,
                         "SELECT era, terminal, incarnation, store, durable_through, archived_through, 1 FROM era"
                         " ORDER BY era",
                         &stmt);
    if (r < 0)
        return r;
    while ((step = db_stmt_step(stmt)) == DB_ROW) {
        say_era(db, stmt, now_ms);
        eras++;
    }
    db_stmt_close(stmt);
    if (step == DB_DONE && eras == 0)
        printf("note this terminal was never enrolled\n");
    if (number(db, "SELECT value FROM config WHERE key = 'unconfirmed_from'", 0) != 0)
        printf("note an act waits for another terminal of the store to hold it; it is not exported before\n");
    return step;
}

/* What central said and this version does not understand: everything else of the feed went on. */
static void say_kept(struct db *db)
{
    int64_t later = number(db, "SELECT count(*) FROM feed_kept WHERE malformed = ?", 0);
    int64_t malformed = number(db, "SELECT count(*) FROM feed_kept WHERE malformed = ?", 1);

    if (later > 0)
        printf("note %" PRId64 " of central's items are of a kind that this version does not know\n", later);
    if (malformed > 0)
        printf("note %" PRId64 " of central's items cannot be read, the first is of kind %" PRId64 "\n", malformed,
               number(db, "SELECT kind FROM feed_kept WHERE malformed = ? ORDER BY lane, position", 1));
}

static void read_boot_id(char out[BOOT_ID_MAX])
{
    struct buffer buffer;

    out[0] = '\0';
    buffer_init(&buffer, 64);
    if (file_read("/proc/sys/kernel/random/boot_id", &buffer) == 0)
        snprintf(out, BOOT_ID_MAX, "%.36s", buffer_text(&buffer));
    buffer_finish(&buffer);
}

static bool same_boot(struct db *db)
{
    char boot[BOOT_ID_MAX];
    struct db_stmt *stmt;
    bool same = false;

    read_boot_id(boot);
    if (db_stmt_open(db, "SELECT CAST(value AS TEXT) FROM config WHERE key = 'trust_boot'", &stmt) < 0)
        return false;
    if (db_stmt_step(stmt) == DB_ROW)
        same = strcmp(db_column_text(stmt, 0), boot) == 0;
    db_stmt_close(stmt);
    return same;
}

static void say_clock(struct db *db, struct clock_reading now)
{
    struct time_trust trust = {.trusted_wall_ms = number(db, "SELECT value FROM config WHERE key = 'trust_wall'", 0),
                               .trusted_mono_ms = number(db, "SELECT value FROM config WHERE key = 'trust_mono'", 0),
                               .offset_ms = number(db, "SELECT value FROM config WHERE key = 'trust_offset'", 0)};
    struct business_time time;
    char heard[24];

    if (trust.trusted_wall_ms == 0) {
        printf("note clock: central's time was never heard\n");
        return;
    }
    if (!same_boot(db))
        trust.trusted_mono_ms = -1;
    time = time_business(now, &trust);
    time_format_minute(trust.trusted_wall_ms, heard, sizeof(heard));
    if (time.uncertainty_ms == TIME_UNBOUNDED)
        printf("note clock: central's time was last heard %s, before this start: the date has to be confirmed\n",
               heard);
    else
        printf("%s clock: central's time was last heard %s, this clock is %" PRId64 " s behind, sure to %" PRId64
               " s\n",
               time.uncertainty_ms > TIME_CODE_LIMIT_MS ? "note" : "ok  ", heard, trust.offset_ms / 1000,
               time.uncertainty_ms / 1000);
}

static void say_space(const char *data)
{
    struct statvfs space;
    uint64_t free_kb;

    if (statvfs(data, &space) < 0)
        return;
    free_kb = (uint64_t)space.f_bavail * space.f_frsize / 1024;
    printf("%s space: %" PRIu64 " MB free\n", free_kb < FREE_ENOUGH_KB ? "note" : "ok  ", free_kb / 1024);
}

static void say_key(const char *data)
{
    char path[PATH_MAX];
    struct key_pair pair;
    int r;

    snprintf(path, sizeof(path), "%s/terminal.key", data);
    r = key_pair_load(&pair, path);
    if (r == 0)
        printf("ok   key: %s\n", pair.id);
    else
        printf("note key: terminal.key: %s\n", strerror(-r));
    if (r == 0)
        key_pair_finish(&pair);
}

static int worse(int a, int b)
{
    return a == -EUCLEAN || b == 0 ? a : b;
}

int doctor_check(const struct doctor_options *options)
{
    const struct db_options reader = {.mode = DB_READER};
    struct clock_reading now = {clock_wall_ms(clock_real()), clock_mono_ms(clock_real())};
    char path[PATH_MAX];
    struct db *db;
    int r;

    say_version();
    say_space(options->data);
    say_key(options->data);
    snprintf(path, sizeof(path), "%s/terminal.db", options->data);
    r = db_open(path, &reader, &db);
    if (r < 0)
        return r;
    r = check_file(db);
    r = worse(r, check_chain(db));
    if (r == 0 || r == -EUCLEAN)
        r = worse(r, say_eras(db, now.wall_ms));
    say_kept(db);
    say_clock(db, now);
    db_close(db);
    return r;
}
