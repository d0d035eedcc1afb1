#include "wechat.h"

#include "bench.h"
#include "server.h"

#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <math.h>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PEAK_FOLLOWS      57805
#define PEAK_INTERACTIONS 173734
#define KILLS_MAX         9

extern char **environ;

struct peak_day {
    struct bench_server server; /* its data folder; port is the terminals' */
    uint16_t public_port;
    unsigned kills, killed;
    bool failed;
};

static int spawn_central(struct peak_day *day, char *const argv[], int out)
{
    char program[PATH_MAX], log[PATH_MAX];
    int rc = bench_program_path("tillside-central", program, sizeof(program));
    if (rc != 0)
        return rc;
    snprintf(log, sizeof(log), "%s.log", day->server.data);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    if (out >= 0)
        posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    else
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    rc = -posix_spawn(&day->server.pid, program, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}

static int init(struct peak_day *day)
{
    char *argv[] = {"tillside-central", "init", "--data", day->server.data, NULL};
    int status = 0, rc = spawn_central(day, argv, -1);
    if (rc == 0 && (waitpid(day->server.pid, &status, 0) < 0 || status != 0))
        rc = -EPROTO;
    day->server.pid = 0;
    return rc;
}

/* Port 0 the first time, the same one after a kill. */
static int serve(struct peak_day *day)
{
    char public_at[32], line[128] = "";
    unsigned terminals = 0, phones = 0;
    int ends[2];
    size_t len = 0;
    snprintf(public_at, sizeof(public_at), "127.0.0.1:%u", day->public_port);
    char *argv[] = {"tillside-central", "serve",       "--data",   day->server.data,
                    "--listen",         "127.0.0.1:0", "--public", public_at,
                    "--backup-hours",   "0",           NULL};
    if (pipe2(ends, O_CLOEXEC) != 0)
        return -errno;
    int rc = spawn_central(day, argv, ends[1]);
    close(ends[1]);
    while (rc == 0 && len < sizeof(line) - 1 && read(ends[0], line + len, 1) == 1 && line[len] != '\n')
        len++;
    close(ends[0]);
    if (rc == 0 && sscanf(line, "ready %u %u", &terminals, &phones) != 2)
        rc = -EPROTO;
    day->public_port = rc == 0 ? (uint16_t)phones : day->public_port;
    return rc;
}

static int ask(const struct peak_day *day, const char *words)
{
    json_t *answer = bench_server_admin(&day->server, words);
    json_decref(answer);
    return answer != NULL ? 0 : -EPROTO;
}

static int set_up(struct peak_day *day)
{
    int rc = init(day);
    rc = rc ? rc : serve(day);
    rc = rc ? rc : ask(day, "store add Peak Peak");
    rc = rc ? rc
            : ask(day, "wechat account load --token " WECHAT_BENCH_TOKEN " --appid " WECHAT_BENCH_APPID
                       " --aes-key " WECHAT_BENCH_AES_KEY);
    for (int i = 0; rc == 0 && i < WECHAT_BENCH_SCENES; i++)
        rc = ask(day, "touchpoint add 1 --account load");
    return rc;
}

static void kill_when_due(void *context, uint64_t acknowledged, uint64_t total)
{
    struct peak_day *day = context;
    if (day->killed < day->kills && acknowledged >= total * (day->killed + 1) / (day->kills + 1)) {
        day->killed++;
        kill(day->server.pid, SIGKILL);
        waitpid(day->server.pid, NULL, 0);
        day->failed = serve(day) != 0 || day->failed;
    }
}

/* Seconds until nothing waits for its work. */
static double drain(const struct peak_day *day)
{
    int64_t start_ns = bench_now_ns();
    json_int_t waiting = 1;
    while (waiting > 0 && bench_seconds_since(start_ns) < 120) {
        json_t *answer = bench_server_admin(&day->server, "wechat inbox");
        waiting = answer ? json_integer_value(json_object_get(answer, "waiting")) : 1;
        json_decref(answer);
    }
    return bench_seconds_since(start_ns);
}

static double count_messages(const struct peak_day *day)
{
    json_t *answer = bench_server_admin(&day->server, "wechat inbox");
    double count = (double)json_integer_value(json_object_get(answer, "messages"));
    json_decref(answer);
    return count;
}

static double count_follows(const struct peak_day *day)
{
    size_t i;
    json_t *row, *answer = bench_server_admin(&day->server, "touchpoint report");
    double follows = 0;
    json_array_foreach(json_object_get(answer, "rows"), i, row) follows +=
        (double)json_integer_value(json_object_get(row, "follows"));
    json_decref(answer);
    return follows;
}

static bool print(const char *name, double value, const char *unit, double goal)
{
    return bench_print(&(struct bench_line){.name = name, .value = value, .unit = unit, .peer = NAN, .goal = goal});
}

static bool report(const struct peak_day *day, const struct wechat_load *load, const struct wechat_load_result *result)
{
    double total = (double)load->follows + load->interactions;
    bool full = load->follows == PEAK_FOLLOWS && load->interactions == PEAK_INTERACTIONS && day->kills == 0;
    bool ok = print("wechat_peak_day", result->seconds, "s", full ? 60 : NAN);
    ok &= print("wechat_pushes_a_second", total / result->seconds, "1/s", NAN);
    ok &= print("wechat_answer_p50", result->p50_ms, "ms", NAN);
    ok &= print("wechat_answer_p99", result->p99_ms, "ms", day->kills == 0 ? 1000 : NAN);
    ok &= print("wechat_answer_max", result->max_ms, "ms", day->kills == 0 ? 5000 : NAN);
    ok &= print("wechat_work_behind", drain(day), "s", NAN);
    ok &= print("wechat_sent_twice", (double)result->doubled, "", NAN);
    ok &= print("wechat_lost_or_doubled", fabs(total - count_messages(day)), "", 0);
    ok &= print("wechat_follows_lost_or_doubled", fabs(load->follows - count_follows(day)), "", 0);
    if (day->kills > 0)
        ok &= print("wechat_killed", day->killed, "", NAN);
    return ok && !day->failed && day->killed == day->kills;
}

static int usage(FILE *out, int code)
{
    fputs(
        "tillside-bench peak-day [--share N] [--kills N] [--connections N]: the peak day (57,805 follows, 173,734 "
        "other\n"
        "pushes, sealed) through the real callback, each acknowledged after it is durable. --share N: an N-th of it;\n"
        "--kills N: central is killed so often on the way.\n",
        out);
    return code;
}

int bench_wechat_main(int argc, char **argv)
{
    struct peak_day day = {.server = {.out = -1}};
    unsigned share = 1;
    struct wechat_load load = {.connections = 64, .double_every = 100, .progress = kill_when_due, .context = &day};
    if (argc == 2 && strcmp(argv[1], "--help") == 0)
        return usage(stdout, 0);
    for (int i = 1; i < argc; i += 2) {
        unsigned value = i + 1 < argc ? (unsigned)strtoul(argv[i + 1], NULL, 10) : 0;
        if (strcmp(argv[i], "--share") == 0 && value > 0)
            share = value;
        else if (strcmp(argv[i], "--kills") == 0 && value <= KILLS_MAX)
            day.kills = value;
        else if (strcmp(argv[i], "--connections") == 0 && value > 0)
            load.connections = value;
        else
            return usage(stderr, 2);
    }
    load.follows = PEAK_FOLLOWS / share;
    load.interactions = PEAK_INTERACTIONS / share;
    snprintf(day.server.data, sizeof(day.server.data), "/tmp/tillside-bench-wechat-%d", (int)getpid());
    struct wechat_load_result result;
    int rc = set_up(&day);
    load.port = day.public_port;
    rc = rc ? rc : wechat_load_run(&load, &result);
    bool ok = rc == 0 && report(&day, &load, &result);
    if (rc != 0)
        fprintf(stderr, "tillside-bench: the peak day ended early: %s, see %s.log\n", strerror(-rc), day.server.data);
    bench_server_stop(&day.server);
    if (ok) {
        char log[160];
        snprintf(log, sizeof(log), "%s.log", day.server.data);
        unlink(log);
        bench_remove_tree(day.server.data);
    }
    return ok ? 0 : 1;
}
