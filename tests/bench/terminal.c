#include "bench.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define STARTS       9
#define SCANS        60
#define IDLE_S       20
#define SETTLE_TRIES 1500
#define LOOK_GAP_NS  4000000L

/* tillside-bench terminal: the whole program, from outside. */

static void pause_a_little(long ns)
{
    struct timespec gap = {ns / 1000000000L, ns % 1000000000L};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &gap, NULL);
}

/* Looks until the screen of this name is up; the answer of `view`, a new reference, or NULL. */
static json_t *wait_screen(struct bench_terminal *t, const char *screen)
{
    json_t *last = NULL;
    for (int i = 0; i < SETTLE_TRIES; i++) {
        json_t *answer = bench_terminal_ask(t, "{\"cmd\":\"view\"}");
        const char *now = json_string_value(json_object_get(json_object_get(answer, "view"), "screen"));
        if (now != NULL && strcmp(now, screen) == 0 && !json_is_true(json_object_get(answer, "waiting")))
            return answer;
        json_decref(last);
        last = answer;
        pause_a_little(LOOK_GAP_NS);
    }
    char *text = json_dumps(last, JSON_COMPACT);
    fprintf(stderr, "tillside-bench: no %s screen, but %s\n", screen, text != NULL ? text : "nothing");
    free(text);
    json_decref(last);
    return NULL;
}

static double field(const json_t *answer, const char *name)
{
    return json_number_value(json_object_get(answer, name));
}

static void tell(struct bench_terminal *t, const char *line)
{
    json_decref(bench_terminal_ask(t, line));
}

/* Times from exec to the first picture and to the attract screen, in ms. */
static int time_start(const char *data, double *out_first_ms, double *out_attract_ms)
{
    struct bench_terminal t;
    int result = bench_terminal_start(data, &t);
    if (result != 0)
        return result;
    json_t *answer = wait_screen(&t, "attract");
    *out_first_ms = (field(answer, "first_ns") - (double)t.started_ns) / 1e6;
    *out_attract_ms = (field(answer, "attract_ns") - (double)t.started_ns) / 1e6;
    result = answer != NULL ? 0 : -ETIMEDOUT;
    json_decref(answer);
    bench_terminal_stop(&t);
    return result;
}

static double rss_mb(pid_t pid)
{
    char path[64], line[256];
    double kb = NAN;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        if (strncmp(line, "VmRSS:", 6) == 0)
            kb = strtod(line + 6, NULL);
    if (file != NULL)
        fclose(file);
    return kb / 1024;
}

/* CPU time of all threads so far, in seconds. */
static double cpu_s(pid_t pid)
{
    char path[64], text[1024] = "";
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return NAN;
    size_t len = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[len] = '\0';
    char *at = strrchr(text, ')');
    unsigned long user = 0, system = 0;
    if (at == NULL || sscanf(at + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
        return NAN;
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

static double idle_cpu_percent(struct bench_terminal *t)
{
    pause_a_little(6000000000L); /* the camera falls back to change detection after 4 s */
    double before = cpu_s(t->pid);
    int64_t start = bench_now_ns();
    pause_a_little(IDLE_S * 1000000000L);
    return (cpu_s(t->pid) - before) / ((double)(bench_now_ns() - start) / 1e9) * 100;
}

static int show_coupon(struct bench_terminal *t, const struct bench_store *store, uint64_t serial)
{
    char text[TOKEN_TEXT_MAX], line[TOKEN_TEXT_MAX + 64];
    int result = bench_coupon(store, serial, text);
    snprintf(line, sizeof(line), "{\"cmd\":\"show\",\"qr\":\"%s\",\"frames\":6}", text);
    if (result == 0)
        tell(t, line);
    return result;
}

/* From the moment a code is held before an armed, idle camera to the frame that was read. */
static double wake_ms(struct bench_terminal *t, const struct bench_store *store)
{
    int64_t held = bench_now_ns();
    if (show_coupon(t, store, 1) != 0)
        return NAN;
    json_t *answer = wait_screen(t, "verdict");
    double taken = answer != NULL ? field(answer, "scan_taken_ns") : NAN;
    json_decref(answer);
    return (taken - (double)held) / 1e6;
}

/* A button that is not there yet (the one before is still being drawn) is tried again. */
static void tap(struct bench_terminal *t, const char *name)
{
    char line[64];
    bool done = false;
    snprintf(line, sizeof(line), "{\"cmd\":\"tap\",\"name\":\"%s\"}", name);
    for (int i = 0; i < SETTLE_TRIES && !done; i++) {
        json_t *answer = bench_terminal_ask(t, line);
        done = json_is_true(json_object_get(answer, "ok"));
        json_decref(answer);
        if (!done)
            pause_a_little(LOOK_GAP_NS);
    }
}

static int sign_in(struct bench_terminal *t)
{
    static const char *const steps[] = {"staff", "key_2", "key_4", "key_6", "key_8", "ok"};
    for (size_t i = 0; i < ARRAY_LEN(steps); i++)
        tap(t, steps[i]);
    json_t *answer = wait_screen(t, "counter");
    json_decref(answer);
    return answer != NULL ? 0 : -ETIMEDOUT;
}

static double verdict_p99_ms(struct bench_terminal *t, const struct bench_store *store, double *out_median_ms)
{
    double ms[SCANS];
    for (int i = 0; i < SCANS; i++) {
        if (show_coupon(t, store, 100 + (uint64_t)i) != 0)
            return NAN;
        json_t *answer = wait_screen(t, "verdict");
        if (answer == NULL)
            return NAN;
        ms[i] = field(answer, "scan_to_screen_ms");
        json_decref(answer);
        tap(t, "next");
        answer = wait_screen(t, "counter");
        json_decref(answer);
        pause_a_little(500000000L); /* the picture leaves the lens */
    }
    *out_median_ms = bench_percentile(ms, SCANS, 0.5);
    return bench_percentile(ms, SCANS, 0.99);
}

static bool measure_running(const struct bench_store *store)
{
    struct bench_terminal t;
    int result = bench_terminal_start(store->data, &t);
    if (result != 0) {
        fprintf(stderr, "tillside-bench: terminal: %s\n", strerror(-result));
        return false;
    }
    json_decref(wait_screen(&t, "attract"));
    tell(&t, "{\"cmd\":\"camera\",\"live\":true}");
    bool ok = bench_print(&(struct bench_line){"idle_cpu", idle_cpu_percent(&t), "% of a core", NAN, 1, GOAL_AT_MOST});
    ok &= bench_print(&(struct bench_line){"rss", rss_mb(t.pid), "MB", NAN, 96, GOAL_AT_MOST});
    ok &= bench_print(&(struct bench_line){"wake", wake_ms(&t, store), "ms", NAN, 300, GOAL_AT_MOST});
    tap(&t, "next");
    json_decref(wait_screen(&t, "attract"));
    double median = NAN, p99 = sign_in(&t) == 0 ? verdict_p99_ms(&t, store, &median) : NAN;
    ok &= bench_print(&(struct bench_line){"frame_to_verdict_median", median, "ms", NAN, NAN, GOAL_AT_MOST});
    ok &= bench_print(&(struct bench_line){"frame_to_verdict_p99", p99, "ms", NAN, 150, GOAL_AT_MOST});
    ok &= bench_print(&(struct bench_line){"rss_after_use", rss_mb(t.pid), "MB", NAN, 96, GOAL_AT_MOST});
    bench_terminal_stop(&t);
    return ok;
}

/* Large and small in turn, so that a busy machine slows both alike. */
static bool measure_starts(const struct bench_store *large, const struct bench_store *small)
{
    double first[STARTS], attract[STARTS], first_small[STARTS], attract_small[STARTS];
    int result = 0;
    for (int i = 0; i < STARTS && result == 0; i++) {
        result = time_start(large->data, &first[i], &attract[i]);
        if (result == 0)
            result = time_start(small->data, &first_small[i], &attract_small[i]);
    }
    if (result != 0) {
        fprintf(stderr, "tillside-bench: start: %s\n", strerror(-result));
        return false;
    }
    double median = bench_percentile(attract, STARTS, 0.5), peer = bench_percentile(attract_small, STARTS, 0.5);
    bool ok = bench_print(
        &(struct bench_line){"first_frame", bench_percentile(first, STARTS, 0.5), "ms", NAN, 400, GOAL_AT_MOST});
    ok &=
        bench_print(&(struct bench_line){"attract_20000_vs_200_products", median, "ms", peer, 1.2, GOAL_RATIO_AT_MOST});
    return ok;
}

static void clean(const char *dir)
{
    char command[192];
    snprintf(command, sizeof(command), "rm -rf -- '%s'", dir);
    if (system(command) != 0)
        fprintf(stderr, "tillside-bench: %s stays behind\n", dir);
}

int bench_terminal_main(int argc, char **argv)
{
    (void)argv;
    char base[] = "/var/tmp/tillside-bench-XXXXXX", large_dir[64], small_dir[64];
    struct bench_store large, small;
    if (argc > 1) {
        fprintf(stderr, "tillside-bench terminal takes no arguments\n");
        return 2;
    }
    if (mkdtemp(base) == NULL) {
        perror("tillside-bench: /var/tmp");
        return 1;
    }
    snprintf(large_dir, sizeof(large_dir), "%s/large", base);
    snprintf(small_dir, sizeof(small_dir), "%s/small", base);
    int result = bench_seed(&large, large_dir, 20000, 50000);
    if (result == 0)
        result = bench_seed(&small, small_dir, 200, 500);
    bool ok = result == 0;
    if (!ok)
        fprintf(stderr, "tillside-bench: seeding: %s\n", strerror(-result));
    ok = ok && measure_starts(&large, &small);
    ok = measure_running(&large) && ok;
    ok = bench_redemption(&small) && ok;
    clean(base);
    return ok ? 0 : 1;
}
