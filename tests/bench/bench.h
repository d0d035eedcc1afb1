#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

/* Benchmarks: one JSON object a line, compared with a peer or a physical limit in the same run where there is one. */

#include "domain/body.h"
#include "domain/crypto.h"
#include "domain/token.h"
#include "platform/keys.h"

#include <sys/types.h>

enum bench_goal {
    GOAL_AT_MOST,       /* the value */
    GOAL_RATIO_AT_MOST, /* the value's ratio to its peer */
    GOAL_AT_LEAST,      /* the value */
};

/* One figure. */
struct bench_line {
    const char *name;
    double value;
    const char *unit;
    double peer; /* NAN = none */
    double goal; /* NAN = only printed */
    enum bench_goal kind;
};

/* Prints the line; false when the goal is missed. */
bool bench_print(const struct bench_line *line);
/* Sorts values in place; p in 0..1. */
double bench_percentile(double *values, size_t count, double p);
int64_t bench_now_ns(void);
double bench_seconds_since(int64_t start_ns);
void bench_pause_ms(int ms);
/* Scatters: as good as random, the same in every run. */
uint64_t bench_scatter(uint64_t number);
/* Removes a folder with all that is in it; nothing there is fine. */
void bench_remove_tree(const char *path);

/* A terminal's data folder, enrolled and filled through the till as its feed would: no central needed. */
struct bench_store {
    char data[128];
    uint8_t root_secret[SECRET_KEY_LEN], root_public[PUBLIC_KEY_LEN];
    uint8_t coupon_secret[SECRET_KEY_LEN];
};
MUST_CHECK int bench_seed(struct bench_store *store, const char *data, uint32_t products, uint32_t members);
/* A fresh coupon of the seeded campaign, as scanned. */
MUST_CHECK int bench_coupon(const struct bench_store *store, uint64_t serial, char out_text[TOKEN_TEXT_MAX]);

/* The program of this name, which lies beside this one. */
MUST_CHECK int bench_program_path(const char *name, char *out, size_t cap);

/* A running terminal, driven through its control socket. */
struct line_client;
struct bench_terminal {
    pid_t pid;
    int64_t started_ns;
    struct line_client *client;
};
MUST_CHECK int bench_terminal_start(const char *data, struct bench_terminal *out_terminal);
void bench_terminal_stop(struct bench_terminal *terminal);
/* Sends a command; the answer's JSON, a new reference, or NULL. */
struct json_t;
struct json_t *bench_terminal_ask(struct bench_terminal *terminal, const char *line);

int bench_terminal_main(int argc, char **argv);
int bench_sync_main(int argc, char **argv);
bool bench_redemption(const struct bench_store *store);

#endif
