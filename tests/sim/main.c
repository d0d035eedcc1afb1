#include "plain_memory.h"
#include "summary.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <malloc.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#define USAGE 2

static void print_names(const char *title, const char *(*name)(int), int from, int count)
{
    printf("%s", title);
    for (int i = from; i < count; i++)
        printf("%s %s", i > from ? "," : "", name(i));
    printf("\n");
}

static const char *name_of_fault(int fault)
{
    return fault_name((enum fault)fault);
}

static const char *name_of_mutant(int mutant)
{
    return mutant_name((enum mutant)mutant);
}

static void print_help(void)
{
    printf(
        "tillside-sim: many terminals and their central in one process, on virtual time, with every fault.\n\n"
        "  --seed N          one run (default 1)\n"
        "  --seeds A..B      one run a seed\n"
        "  --terminals N     in stores of one, two, one and three by turns (default 6, at most 64)\n"
        "  --single          a store for each terminal\n"
        "  --days N          trading days (default 1)\n"
        "  --visits N        of a terminal a day (default %d)\n"
        "  --offline         every terminal is on its own all day long\n"
        "  --faults LIST     all, none, or names with commas between (default all)\n"
        "  --mutant NAME     switch a known bug on\n"
        "  --jobs N          processes (default: one a core; the output is the same)\n"
        "  --to-first        stop after the first seed with a violation\n"
        "  --demand          a violation too when a terminal's day has fewer than 100 redemptions or 50 moves of\n"
        "                    credit, less than half of them offline, or when a fault, transfer, promotion, restore,\n"
        "                    write-off or conflict never happened\n"
        "  --trace           print what happens\n"
        "  --keep FILE       write the auditor's tables there, as an SQLite database\n"
        "  --help, --version\n\n",
        WORLD_VISITS_A_DAY);
    print_names("faults: ", name_of_fault, 0, FAULTS);
    print_names("mutants:", name_of_mutant, MUTANT_NONE + 1, MUTANTS);
    printf("\nThe last line sums up. Exit status: 0 all well, 1 a violation, 2 wrong usage.\n");
}

static bool read_number(const char *text, uint64_t max, uint64_t *out_number)
{
    char *end = NULL;
    errno = 0;
    unsigned long long number = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || number > max)
        return false;
    *out_number = number;
    return true;
}

static bool read_seeds(const char *text, struct jobs_options *arguments)
{
    char first[32];
    const char *dots = strstr(text, "..");
    if (!dots || (size_t)(dots - text) >= sizeof(first))
        return false;
    memcpy(first, text, (size_t)(dots - text));
    first[dots - text] = '\0';
    return read_number(first, UINT32_MAX, &arguments->first) && read_number(dots + 2, UINT32_MAX, &arguments->last) &&
           arguments->first <= arguments->last;
}

static bool read_fault(const char *name, size_t len, unsigned *faults)
{
    for (int i = 0; i < FAULTS; i++) {
        if (strlen(name_of_fault(i)) == len && strncmp(name_of_fault(i), name, len) == 0) {
            *faults |= 1u << i;
            return true;
        }
    }
    return false;
}

static bool read_faults(const char *text, unsigned *out_faults)
{
    *out_faults = strcmp(text, "all") == 0 ? (1u << FAULTS) - 1 : 0;
    if (strcmp(text, "all") == 0 || strcmp(text, "none") == 0)
        return true;
    for (const char *at = text;; at++) {
        size_t len = strcspn(at, ",");
        if (!read_fault(at, len, out_faults))
            return false;
        at += len;
        if (*at == '\0')
            return true;
    }
}

static bool read_mutant(const char *text, enum mutant *out_mutant)
{
    for (int i = MUTANT_NONE; i < MUTANTS; i++) {
        if (strcmp(text, name_of_mutant(i)) == 0) {
            *out_mutant = (enum mutant)i;
            return true;
        }
    }
    return false;
}

static bool read_option(int option, const char *value, struct jobs_options *arguments)
{
    struct world_options *world = &arguments->world;
    uint64_t number = 0;
    bool good = true;
    switch (option) {
    case 's':
        good = read_number(value, UINT32_MAX, &arguments->first);
        arguments->last = arguments->first;
        return good;
    case 'S':
        return read_seeds(value, arguments);
    case 'n':
        good = read_number(value, 64, &number) && number > 0;
        world->terminals = (unsigned)number;
        return good;
    case 'd':
        good = read_number(value, 365, &number) && number > 0;
        world->days = (unsigned)number;
        return good;
    case 'f':
        return read_faults(value, &world->faults);
    case 'm':
        return read_mutant(value, &world->mutant);
    case 'j':
        good = read_number(value, 64, &number) && number > 0;
        arguments->jobs = (unsigned)number;
        return good;
    case 'V':
        good = read_number(value, 100000, &number) && number > 0;
        world->visits = (unsigned)number;
        return good;
    case '1':
        world->single = true;
        return true;
    case 'O':
        world->offline = true;
        return true;
    case 'F':
        arguments->to_first = true;
        return true;
    case 'D':
        arguments->demand = true;
        return true;
    case 'k':
        world->keep = value;
        return true;
    case 't':
        world->trace = true;
        return true;
    default:
        return false;
    }
}

/* -1: go on; else the exit status. */
static int read_arguments(int argc, char **argv, struct jobs_options *arguments)
{
    static const struct option options[] = {{"seed", required_argument, NULL, 's'},
                                            {"seeds", required_argument, NULL, 'S'},
                                            {"terminals", required_argument, NULL, 'n'},
                                            {"days", required_argument, NULL, 'd'},
                                            {"faults", required_argument, NULL, 'f'},
                                            {"mutant", required_argument, NULL, 'm'},
                                            {"jobs", required_argument, NULL, 'j'},
                                            {"to-first", no_argument, NULL, 'F'},
                                            {"visits", required_argument, NULL, 'V'},
                                            {"offline", no_argument, NULL, 'O'},
                                            {"demand", no_argument, NULL, 'D'},
                                            {"trace", no_argument, NULL, 't'},
                                            {"keep", required_argument, NULL, 'k'},
                                            {"help", no_argument, NULL, 'h'},
                                            {"version", no_argument, NULL, 'v'},
                                            {"single", no_argument, NULL, '1'},
                                            {NULL, 0, NULL, 0}};
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'h') {
            print_help();
            return 0;
        }
        if (option == 'v') {
            printf("tillside-sim " TILLSIDE_VERSION "\n");
            return 0;
        }
        if (!read_option(option, optarg, arguments)) {
            fprintf(stderr, "tillside-sim: %s is not understood; see --help\n", optarg ? optarg : "an option");
            return USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "tillside-sim: %s is too much; see --help\n", argv[optind]);
        return USAGE;
    }
    return -1;
}

static void add(void *context, uint64_t seed, const struct world_counts *counts, uint64_t trace_hash)
{
    (void)seed;
    summary_add(context, counts, trace_hash);
}

/* SQLite calls it for every connection: books that begin here have small pages, because a commit's time is that of the
 * pages in it. There are more of them to be torn, too. */
static int use_small_pages(sqlite3 *db, char **error, const struct sqlite3_api_routines *routines)
{
    (void)error;
    (void)routines;
    return sqlite3_exec(db, "PRAGMA page_size = 1024", NULL, NULL, NULL);
}

/* SQLite without its locks and its statistics, with memory of its own; no memory back to the kernel that is wanted
 * again at once. */
static bool use_one_thread(void)
{
    mallopt(M_MMAP_THRESHOLD, 256 << 20);
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    plain_memory_use();
    return sqlite3_config(SQLITE_CONFIG_SINGLETHREAD) == SQLITE_OK &&
           sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK &&
           sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 1200, 200) == SQLITE_OK &&
           sqlite3_auto_extension((void (*)(void))use_small_pages) == SQLITE_OK;
}

int main(int argc, char **argv)
{
    struct jobs_options arguments = {
        .world = {.terminals = 6, .days = 1, .visits = WORLD_VISITS_A_DAY, .faults = (1u << FAULTS) - 1},
        .first = 1,
        .last = 1};
    struct summary sum = {.trace = 0};
    int status = read_arguments(argc, argv, &arguments);
    if (status >= 0)
        return status;
    if (sodium_init() < 0 || !use_one_thread())
        return EX_SOFTWARE;
    if (jobs_run(&arguments, add, &sum) < 0)
        return 1;
    bool met = !arguments.demand || summary_meets_demands(&sum, &arguments);
    summary_print(&sum, &arguments);
    return sum.counts.violations > 0 || !met;
}
