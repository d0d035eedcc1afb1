#include "central/doctor/doctor.h"
#include "central/server.h"
#include "central/store/anew.h"
#include "central/store/epoch.h"
#include "central/store/journal.h"
#include "central/store/ledger.h"
#include "central/store/rights.h"
#include "central/store/settle.h"
#include "central/store/terminal_clock.h"
#include "domain/time.h"

#include <inttypes.h>
#include <string.h>

#define MB            INT64_C(1048576)
#define FREE_ENOUGH   (256 * MB) /* beside one more backup */
#define HOUR_MS       INT64_C(3600000)
#define BACKUP_OLD_H  48             /* twice what serve waits between two */
#define NAMED_MAX     20             /* damages that are named, a line each; the rest is counted */
#define CLOCK_BACK_MS INT64_C(60000) /* less is a clock that was set right */

struct look {
    const struct central_doctor_options *options;
    struct store_tx *tx;
    struct journal_report journals;
    uint64_t named;
    bool counted; /* journals says something */
};

static int say_file(const struct central_doctor_options *options, const char *path)
{
    struct db_options reader = {.mode = DB_READER};
    struct db *db = NULL;
    char finding[256];
    int rc = db_open(path, &reader, &db);
    if (rc < 0)
        return rc;
    rc = db_check(db, false, finding, sizeof(finding));
    db_close(db);
    if (rc == -EUCLEAN)
        fprintf(options->out, "database: DAMAGED: %s\n", finding);
    else if (rc == 0)
        fprintf(options->out, "database: sound\n");
    return rc;
}

static const char *fault_words(enum journal_fault fault)
{
    switch (fault) {
    case JOURNAL_BAD_RECORD:
        return "is missing or not as it was written";
    case JOURNAL_BAD_STORE:
        return "is sound, but the store noted beside it is another's";
    case JOURNAL_BAD_HEAD:
        return "ends its chain, but what is noted of that end says otherwise";
    case JOURNAL_BAD_SIGNATURE:
        return "ends its chain, but the signature kept of its terminal is not over that";
    }
    return "is damaged";
}

static void say_damage(void *context, const struct journal_damage *damage)
{
    struct look *look = context;
    if (look->named++ < NAMED_MAX)
        fprintf(look->options->out,
                "journals: DAMAGED at terminal %" PRIu32 ", incarnation %" PRIu32 ", record %" PRIu64 ": it %s\n",
                damage->at.terminal, damage->at.incarnation, damage->at.seq, fault_words(damage->fault));
}

static int check_chains(struct look *look)
{
    struct journal_watch watch = {say_damage, look};
    struct journal_report *report = &look->journals;
    int rc = journal_check(look->tx, &watch, report);
    look->counted = rc == 0 || rc == -EUCLEAN;
    if (look->named > NAMED_MAX)
        fprintf(look->options->out, "journals: and %" PRIu64 " more\n", look->named - NAMED_MAX);
    if (rc == 0)
        fprintf(look->options->out,
                "journals: %" PRIu64 " records, every chain unbroken, %" PRIu64 " ends signed by their terminals\n",
                report->records, report->signatures);
    else if (rc == -EUCLEAN)
        fprintf(look->options->out, "journals: %" PRIu64 " records are sound\n", report->records);
    return rc;
}

static int check_ledger(struct look *look)
{
    char account[ACCOUNT_MAX] = "";
    int64_t cny = 0, credit = 0;
    int rc = ledger_verify(look->tx, account);
    if (rc == -EUCLEAN && account[0])
        fprintf(look->options->out, "ledger: DIFFERS from the journals in account %s\n", account);
    else if (rc == -EUCLEAN)
        fprintf(look->options->out, "ledger: cannot be compared with damaged journals\n");
    if (rc == 0)
        rc = ledger_sums(look->tx, &cny, &credit);
    if (rc == 0 && (cny != 0 || credit != 0)) {
        fprintf(look->options->out, "ledger: does NOT balance: %" PRId64 " and %" PRId64 "\n", cny, credit);
        rc = -EUCLEAN;
    } else if (rc == 0) {
        fprintf(look->options->out, "ledger: equals the journals and balances\n");
    }
    return rc;
}

static int check_rights(struct look *look)
{
    struct rights_totals totals;
    int rc = rights_totals(look->tx, &totals);
    if (rc < 0)
        return rc;
    fprintf(look->options->out,
            "redemptions: %" PRIu64 " = %" PRIu64 " canonical + %" PRIu64 " conflicts + %" PRIu64
            " unreadable, unexplained %" PRId64 ", write-offs %" PRIu64 "\n",
            totals.records, totals.canonical, totals.conflicts, totals.problems, totals.unexplained, totals.write_offs);
    return totals.unexplained == 0 ? 0 : -EUCLEAN;
}

static int check_shares(struct look *look)
{
    char account[ACCOUNT_MAX] = "";
    int rc = rights_shares_verify(look->tx, account);
    if (rc == -EUCLEAN)
        fprintf(look->options->out, "shares: do NOT add up to %s\n", account);
    else if (rc == 0)
        fprintf(look->options->out, "shares: add up to the balances\n");
    return rc;
}

/* Beside the books, as a backup is: they may be larger than what a temporary folder in memory holds. */
static int check_anew(struct look *look)
{
    struct anew_finding finding = {.table = ""};
    char path[STORE_PATH_MAX];
    int rc = central_config_path(look->options->config, CENTRAL_DB_FILE ".anew", path, sizeof(path));
    if (rc == 0)
        rc = anew_compare(look->tx, path, &finding);
    if (rc == -EUCLEAN)
        fprintf(look->options->out, "made anew: DIFFERS from the books in %s at %s\n", finding.table, finding.where);
    else if (rc == 0)
        fprintf(look->options->out, "made anew: equals the books, from %" PRIu64 " records%s\n", finding.records,
                finding.rights ? "" : "; without rights, grants and shares, since these books were restored once");
    else
        fprintf(look->options->out, "made anew: not compared (%s)\n", strerror(-rc));
    return rc == -EUCLEAN ? rc : 0;
}

static int say_missing(void *context, const struct settle_missing *missing)
{
    const struct look *look = context;
    fprintf(look->options->out,
            "restore: waits for terminal %" PRIu32 " of store %" PRIu32 ", whose journal is here up to %" PRIu64 "\n",
            missing->terminal, missing->store, missing->durable_through);
    return 0;
}

/* Nothing wrong with the books: an operator should know why strict coupons are not granted. */
static int check_settled(struct look *look)
{
    struct settle_status status = {0};
    char words[SETTLE_WORDS_MAX];
    int rc = settle_status(look->tx, &status);
    if (rc < 0)
        return rc;
    settle_words(&status, words);
    fprintf(look->options->out, "restore: %s\n", words);
    return settle_each_missing(look->tx, say_missing, look);
}

/* A backup that was put in place and never served: what it will wait for does not stand in it. */
static int say_foreign(struct look *look)
{
    char path[STORE_PATH_MAX];
    bool foreign = false;
    int rc = central_config_path(look->options->config, CENTRAL_EPOCH_FILE, path, sizeof(path));
    if (rc == 0)
        rc = epoch_is_foreign(store_tx_db(look->tx), path, &foreign);
    if (rc == 0 && foreign)
        fprintf(look->options->out,
                "restore: these books come from a backup and were not served yet: from the next start on central waits "
                "for every terminal\n");
    return rc;
}

/* A clock that stands before what it dated itself will date what comes now too early. */
static void say_clock(const struct look *look)
{
    const struct journal_report *report = &look->journals;
    int64_t now_ms = look->options->now_ms;
    FILE *out = look->options->out;
    char now[24], newest[24];
    time_format_minute(now_ms, now, sizeof(now));
    time_format_minute(report->newest_ms, newest, sizeof(newest));
    if (report->newest.seq == 0)
        fprintf(out, "clock: %s, and the books hold nothing to compare it with\n", now);
    else if (now_ms >= report->newest_ms)
        fprintf(out, "clock: %s, after everything in the books\n", now);
    else
        fprintf(out,
                "clock: BEHIND, it is %s: record %" PRIu64 " of terminal %" PRIu32 ", incarnation %" PRIu32
                ", came at %s, %" PRId64 " s later than now\n",
                now, report->newest.seq, report->newest.terminal, report->newest.incarnation, newest,
                (report->newest_ms - now_ms) / 1000);
    if (report->back_ms > CLOCK_BACK_MS)
        fprintf(out,
                "clock: it went back by %" PRId64 " s before record %" PRIu64 " of terminal %" PRIu32
                ", incarnation %" PRIu32 ", came\n",
                report->back_ms / 1000, report->back.seq, report->back.terminal, report->back.incarnation);
}

static int say_off(void *context, const struct terminal_clock *clock)
{
    const struct look *look = context;
    char words[TERMINAL_CLOCK_WORDS];
    terminal_clock_words(clock, look->options->now_ms, words);
    fprintf(look->options->out, "clock: OFF at terminal %" PRIu32 ": %s\n", clock->terminal, words);
    return 0;
}

/* Nothing wrong with the books, whose records keep their order; their dates may be wrong. */
static int say_terminals_clocks(struct look *look)
{
    return terminal_clock_each_off(look->tx, look->options->now_ms, say_off, look);
}

static void say_backup(const struct look *look)
{
    int64_t last_ms = 0, age_h;
    uint64_t waiting = look->journals.not_archived;
    FILE *out = look->options->out;
    char text[24];
    int rc = central_backup_last(look->options->config, &last_ms);
    if (rc < 0) {
        fprintf(out, "backup: the folder cannot be read (%s); %" PRIu64 " records are in no verified backup\n",
                strerror(-rc), waiting);
        return;
    }
    if (last_ms == 0) {
        fprintf(out, "backup: NONE in DATA/backup; %" PRIu64 " records are in no verified backup\n", waiting);
        return;
    }
    age_h = (look->options->now_ms - last_ms) / HOUR_MS;
    time_format_minute(last_ms, text, sizeof(text));
    fprintf(out,
            "backup: %sthe newest verified one is of %s (%" PRId64 " h ago); %" PRIu64
            " records are not in all that are kept\n",
            age_h >= BACKUP_OLD_H ? "OLD, " : "", text, age_h, waiting);
}

/* A backup is as large as the books. */
static void say_space(const struct central_doctor_options *options)
{
    int64_t free_mb = options->free_bytes / MB, wanted_mb = (options->books_bytes + FREE_ENOUGH) / MB;
    if (options->free_bytes < 0)
        fprintf(options->out, "space: not known\n");
    else if (free_mb < wanted_mb)
        fprintf(options->out,
                "space: LOW, %" PRId64 " MB free: one more backup of the books and 256 MB beside it need %" PRId64
                " MB\n",
                free_mb, wanted_mb);
    else
        fprintf(options->out, "space: %" PRId64 " MB free\n", free_mb);
}

static int worse(int a, int b)
{
    return a == -EUCLEAN || b == 0 ? a : b;
}

static int check_books(const struct central_doctor_options *options, const char *path)
{
    struct store_view *view = NULL;
    int rc = store_view_open(path, &view);
    if (rc < 0)
        return rc;
    struct look look = {.options = options, .tx = store_view_tx(view)};
    static int (*const checks[])(struct look *) = {check_chains, check_ledger,  check_rights, check_shares,
                                                   check_anew,   check_settled, say_foreign,  say_terminals_clocks};
    int worst = 0;
    for (size_t i = 0; i < ARRAY_LEN(checks); i++)
        worst = worse(worst, checks[i](&look));
    if (look.counted) {
        say_backup(&look);
        say_clock(&look);
    }
    store_view_close(view);
    return worst;
}

int central_doctor_check(const struct central_doctor_options *options)
{
    char path[STORE_PATH_MAX];
    int rc = central_config_path(options->config, CENTRAL_DB_FILE, path, sizeof(path));
    say_space(options);
    if (rc == 0)
        rc = say_file(options, path);
    /* What the file's own check found hides nothing: the chains say whose record it is. */
    return rc == 0 || rc == -EUCLEAN ? worse(rc, check_books(options, path)) : rc;
}
