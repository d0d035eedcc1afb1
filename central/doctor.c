#include "central/command.h"
#include "central/store/epoch.h"
#include "central/store/journal.h"
#include "central/store/ledger.h"
#include "central/store/rights.h"
#include "central/store/settle.h"

#include <inttypes.h>
#include <stdio.h>

/* Everything here reads only: a doctor may look while serve runs. */

static void say_version(void)
{
    int version = db_version_number();
    bool sound = db_version_verdict(version) == DB_VERSION_SOUND;
    printf("SQLite %d.%d.%d: %s\n", version / 1000000, version / 1000 % 1000, version % 1000,
           sound ? "sound" : "has the WAL-reset bug; central's single writer keeps clear of it");
}

static int check_file(const char *path)
{
    struct db_options options = {.mode = DB_READER};
    struct db *db = NULL;
    char finding[256];
    int rc = db_open(path, &options, &db);
    if (rc < 0)
        return rc;
    rc = db_check(db, false, finding, sizeof(finding));
    db_close(db);
    if (rc == -EUCLEAN)
        printf("database: DAMAGED: %s\n", finding);
    else if (rc == 0)
        printf("database: sound\n");
    return rc;
}

static int check_chains(struct store_tx *tx)
{
    struct journal_finding finding;
    int rc = journal_verify_all(tx, &finding);
    if (rc == -EUCLEAN)
        printf("journals: DAMAGED at terminal %" PRIu32 ", incarnation %" PRIu32 ", record %" PRIu64 "\n",
               finding.at.terminal, finding.at.incarnation, finding.at.seq);
    else if (rc == 0)
        printf("journals: %" PRIu64 " records, every chain unbroken\n", finding.records);
    return rc;
}

static int check_ledger(struct store_tx *tx)
{
    char account[ACCOUNT_MAX] = "";
    int64_t cny = 0, credit = 0;
    int rc = ledger_verify(tx, account);
    if (rc == -EUCLEAN)
        printf("ledger: DIFFERS from the journals in account %s\n", account);
    if (rc == 0)
        rc = ledger_sums(tx, &cny, &credit);
    if (rc == 0 && (cny != 0 || credit != 0)) {
        printf("ledger: does NOT balance: %" PRId64 " and %" PRId64 "\n", cny, credit);
        rc = -EUCLEAN;
    } else if (rc == 0) {
        printf("ledger: equals the journals and balances\n");
    }
    return rc;
}

static int check_rights(struct store_tx *tx)
{
    struct rights_totals totals;
    int rc = rights_totals(tx, &totals);
    if (rc < 0)
        return rc;
    printf("redemptions: %" PRIu64 " = %" PRIu64 " canonical + %" PRIu64 " conflicts + %" PRIu64
           " unreadable, unexplained %" PRId64 ", write-offs %" PRIu64 "\n",
           totals.records, totals.canonical, totals.conflicts, totals.problems, totals.unexplained, totals.write_offs);
    return totals.unexplained == 0 ? 0 : -EUCLEAN;
}

static int check_shares(struct store_tx *tx)
{
    char account[ACCOUNT_MAX] = "";
    int rc = rights_shares_verify(tx, account);
    if (rc == -EUCLEAN)
        printf("shares: do NOT add up to %s\n", account);
    else if (rc == 0)
        printf("shares: add up to the balances\n");
    return rc;
}

static int say_missing(void *context, const struct settle_missing *missing)
{
    (void)context;
    printf("restore: waits for terminal %" PRIu32 " of store %" PRIu32 ", whose journal is here up to %" PRIu64 "\n",
           missing->terminal, missing->store, missing->durable_through);
    return 0;
}

/* Nothing wrong with the books: an operator should know why strict coupons are not granted. */
static int check_settled(struct store_tx *tx)
{
    struct settle_status status = {0};
    char words[SETTLE_WORDS_MAX];
    int rc = settle_status(tx, &status);
    if (rc < 0)
        return rc;
    settle_words(&status, words);
    printf("restore: %s\n", words);
    return settle_each_missing(tx, say_missing, NULL);
}

/* A backup that was put in place and never served: what it will wait for does not stand in it. */
static int say_foreign(const struct central_config *config, struct store_tx *tx)
{
    char path[STORE_PATH_MAX];
    bool foreign = false;
    int rc = central_config_path(config, CENTRAL_EPOCH_FILE, path, sizeof(path));
    if (rc == 0)
        rc = epoch_is_foreign(store_tx_db(tx), path, &foreign);
    if (rc == 0 && foreign)
        printf("restore: these books come from a backup and were not served yet: from the next start on central waits "
               "for every terminal\n");
    return rc;
}

static int check_books(const struct central_config *config, const char *path)
{
    struct store_view *view = NULL;
    int rc = store_view_open(path, &view);
    if (rc < 0)
        return rc;
    static int (*const checks[])(struct store_tx *) = {check_chains, check_ledger, check_rights, check_shares,
                                                       check_settled};
    int worst = 0;
    for (size_t i = 0; i < ARRAY_LEN(checks); i++) {
        rc = checks[i](store_view_tx(view));
        if (rc < 0)
            worst = rc;
    }
    rc = say_foreign(config, store_view_tx(view));
    if (rc < 0)
        worst = rc;
    store_view_close(view);
    return worst;
}

int command_doctor(int argc, char **argv)
{
    struct command_options options;
    int code = command_parse(argc, argv, &options);
    if (code != 0)
        return code;
    char path[STORE_PATH_MAX];
    int rc = central_config_path(&options.config, CENTRAL_DB_FILE, path, sizeof(path));
    say_version();
    if (rc == 0)
        rc = check_file(path);
    if (rc == 0)
        rc = check_books(&options.config, path);
    return rc < 0 ? command_explain(&options.config, "vouch for the books", rc) : EXIT_DONE;
}
