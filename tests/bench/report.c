#include "bench.h"

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
    double measured = line->goal_on_ratio ? ratio : line->value;
    bool ok = !isnan(line->value) && (isnan(line->goal) || measured <= line->goal);
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
