#include "sync.h"

#include <getopt.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* tillside-bench sync: the way of the books to central, beside what the machine could do at best. */

static const struct {
    const char *name;
    bool (*run)(const struct bench_sync_options *options);
    bool by_default;
} parts[] = {
    {"ingest", bench_ingest, true},   {"pouch", bench_pouch, true},      {"backlog", bench_backlog, true},
    {"coupons", bench_coupons, true}, {"reunion", bench_reunion, false},
};

static void help(void)
{
    puts("tillside-bench sync [--only PART]… [--all] [--cache DIR] [--peers DIR]\n"
         "  --only PART   ingest, pouch, backlog, coupons or reunion (default: all but reunion)\n"
         "  --all         reunion too, which takes minutes\n"
         "  --cache DIR   keep the database of five million coupons there for the next run\n"
         "  --peers DIR   where node_modules of PouchDB is: tests/bench/peers/install.sh DIR puts it there");
}

bool bench_failed(const char *what, int error)
{
    fprintf(stderr, "tillside-bench: %s: %s\n", what, strerror(-error));
    return false;
}

static bool choose(const char *name, bool chosen[ARRAY_LEN(parts)])
{
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (strcmp(parts[i].name, name) == 0) {
            chosen[i] = true;
            return true;
        }
    }
    fprintf(stderr, "tillside-bench: sync: %s: no such part\n", name);
    return false;
}

static int run(struct bench_sync_options *options, const bool chosen[ARRAY_LEN(parts)])
{
    bool ok = true;
    snprintf(options->work, sizeof(options->work), "/tmp/tillside-sync-XXXXXX");
    if (mkdtemp(options->work) == NULL)
        return bench_failed("work folder", -errno);
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (chosen[i])
            ok &= parts[i].run(options);
    bench_remove_tree(options->work);
    return ok ? 0 : 1;
}

int bench_sync_main(int argc, char **argv)
{
    static const struct option longs[] = {
        {"only", required_argument, NULL, 'o'},  {"all", no_argument, NULL, 'a'},
        {"cache", required_argument, NULL, 'c'}, {"peers", required_argument, NULL, 'p'},
        {"help", no_argument, NULL, 'h'},        {NULL, 0, NULL, 0},
    };
    struct bench_sync_options options = {0};
    bool chosen[ARRAY_LEN(parts)] = {false}, all = false, some = false;
    int option;
    while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        if (option == 'h') {
            help();
            return 0;
        }
        if (option == '?' || (option == 'o' && !choose(optarg, chosen)))
            return 2;
        some |= option == 'o';
        all |= option == 'a';
        options.cache = option == 'c' ? optarg : options.cache;
        options.peers = option == 'p' ? optarg : options.peers;
    }
    for (size_t i = 0; i < ARRAY_LEN(parts) && !some; i++)
        chosen[i] = all || parts[i].by_default;
    return run(&options, chosen);
}
