#include "bench.h"

#include "scan_bench.h"
#include "wechat.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} benches[] = {
    {"terminal", bench_terminal_main, "start, idle cost, memory, frame to verdict, redemption commit"},
    {"sync", bench_sync_main, "events up beside the limits and a peer, backlogs, millions of coupons (sync --help)"},
    {"peak-day", bench_wechat_main, "of an official account, through the encrypted callback (peak-day --help)"},
    {"scan", scan_bench_run, "reading rates and times beside other engines (TILLSIDE_DATA=DIR with the pictures)"},
};

static void help(void)
{
    puts("tillside-bench NAME [ARGUMENT…]: prints one JSON object a line:\n"
         "{\"name\",\"value\",\"unit\",\"peer\",\"ratio\",\"goal\",\"ok\"}; the goal is for the ratio where there is a "
         "peer.\n");
    for (size_t i = 0; i < ARRAY_LEN(benches); i++)
        printf("  %-10s %s\n", benches[i].name, benches[i].help);
    puts("\nExit codes: 0 every line is ok, 1 one is not or a measurement failed, 2 wrong usage.");
}

int main(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "--help") == 0) {
        help();
        return argc < 2 ? 2 : 0;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("tillside-bench %s\n", TILLSIDE_VERSION);
        return 0;
    }
    if (crypto_start() != 0)
        return 1;
    for (size_t i = 0; i < ARRAY_LEN(benches); i++)
        if (strcmp(argv[1], benches[i].name) == 0)
            return benches[i].run(argc - 1, argv + 1);
    fprintf(stderr, "tillside-bench: %s: no such benchmark, see --help\n", argv[1]);
    return 2;
}
