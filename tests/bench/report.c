#include "bench.h"

#include <ftw.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int64_t bench_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

double bench_seconds_since(int64_t start_ns)
{
    return (double)(bench_now_ns() - start_ns) / 1e9;
}

void bench_pause_ms(int ms)
{
    struct timespec gap = {ms / 1000, ms % 1000 * 1000000L};
    clock_nanosleep(CLOCK_MONOTONIC, 0, &gap, NULL);
}

uint64_t bench_scatter(uint64_t number)
{
    uint64_t z = number * 0x9e3779b97f4a7c15ULL;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
    return z ^ z >> 31;
}

static int remove_entry(const char *path, const struct stat *status, int flag, struct FTW *walk)
{
    (void)status;
    (void)flag;
    (void)walk;
    return remove(path);
}

void bench_remove_tree(const char *path)
{
    nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_percentile(double *values, size_t count, double p)
{
    if (count == 0)
        return NAN;
    qsort(values, count, sizeof(*values), compare);
    size_t at = (size_t)ceil(p * (double)count);
    return values[at > 0 ? at - 1 : 0];
}

static json_t *number(double value)
{
    return isnan(value) ? json_null() : json_real(round(value * 1000) / 1000);
}

bool bench_print(const struct bench_line *line)
{
    double ratio = isnan(line->peer) || line->peer == 0 ? NAN : line->value / line->peer;
    double measured = line->kind == GOAL_RATIO_AT_MOST ? ratio : line->value;
    bool reached = line->kind == GOAL_AT_LEAST ? measured >= line->goal : measured <= line->goal;
    bool ok = !isnan(line->value) && (isnan(line->goal) || reached);
    json_t *json = json_pack("{s:s, s:o, s:s, s:o, s:o, s:o, s:b}", "name", line->name, "value", number(line->value),
                             "unit", line->unit, "peer", number(line->peer), "ratio", number(ratio), "goal",
                             number(line->goal), "ok", ok ? 1 : 0);
    char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(9));
    puts(text != NULL ? text : "{}");
    fflush(stdout);
    free(text);
    json_decref(json);
    return ok;
}
