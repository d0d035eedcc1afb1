#include "jobs.h"

#include "run.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define JOBS_MAX 64

/* What a worker says of a seed; text_len bytes that it printed follow. */
struct outcome {
    struct world_counts counts;
    uint64_t trace_hash, text_len;
};

struct worker {
    pid_t pid;
    int from; /* the reading end of its pipe */
};

static bool write_all(int fd, const void *data, size_t len)
{
    const char *at = data;
    while (len > 0) {
        ssize_t n = write(fd, at, len);
        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

static bool read_all(int fd, void *data, size_t len)
{
    char *at = data;
    while (len > 0) {
        ssize_t n = read(fd, at, len);
        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

/* ---- a worker */

/* Sends what stands in the file that stands for stdout, and empties it. */
static bool send_outcome(int to, int printed, const struct world *world)
{
    char part[4096];
    fflush(stdout);
    struct outcome outcome = {world->counts, world->trace_hash, (uint64_t)lseek(printed, 0, SEEK_END)};
    bool sent = write_all(to, &outcome, sizeof(outcome));
    lseek(printed, 0, SEEK_SET);
    for (ssize_t n; sent && (n = read(printed, part, sizeof(part))) > 0;)
        sent = write_all(to, part, (size_t)n);
    lseek(printed, 0, SEEK_SET);
    return ftruncate(printed, 0) == 0 && sent;
}

static void work(const struct jobs_options *options, unsigned place, int to)
{
    int printed = memfd_create("printed", MFD_CLOEXEC);
    world_must(printed < 0 || dup2(printed, STDOUT_FILENO) < 0 ? -errno : 0, "a worker's output");
    for (uint64_t seed = options->first + place; seed <= options->last; seed += options->jobs) {
        struct world world;
        struct world_options one = options->world;
        one.seed = seed;
        run_seed(&one, &world);
        if (!send_outcome(to, printed, &world))
            exit(1);
    }
    exit(0);
}

static int start_worker(const struct jobs_options *options, unsigned place, struct worker *out_worker)
{
    int ends[2];
    if (pipe(ends) < 0)
        return -errno;
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        work(options, place, ends[1]);
    }
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return -errno;
    }
    *out_worker = (struct worker){pid, ends[0]};
    return 0;
}

/* ---- the parent */

static bool print_text(int from, uint64_t len)
{
    char part[4096];
    while (len > 0) {
        size_t n = len < sizeof(part) ? (size_t)len : sizeof(part);
        if (!read_all(from, part, n))
            return false;
        fwrite(part, 1, n, stdout);
        len -= n;
    }
    return fflush(stdout) == 0;
}

/* 1: found, the rest is not wanted. */
static int collect(const struct jobs_options *options, const struct worker *workers, jobs_done done, void *context)
{
    for (uint64_t seed = options->first; seed <= options->last; seed++) {
        int from = workers[(seed - options->first) % options->jobs].from;
        struct outcome outcome;
        if (!read_all(from, &outcome, sizeof(outcome)) || !print_text(from, outcome.text_len)) {
            fprintf(stderr, "tillside-sim: seed %" PRIu64 " ended the process\n", seed);
            return -ECHILD;
        }
        done(context, seed, &outcome.counts, outcome.trace_hash);
        if (options->to_first && outcome.counts.violations > 0)
            return 1;
    }
    return 0;
}

static int run_workers(const struct jobs_options *options, jobs_done done, void *context)
{
    struct worker workers[JOBS_MAX];
    unsigned started = 0;
    int rc = 0;
    fflush(stdout);
    while (rc == 0 && started < options->jobs) {
        rc = start_worker(options, started, &workers[started]);
        started += rc == 0;
    }
    if (rc == 0)
        rc = collect(options, workers, done, context);
    for (unsigned i = 0; i < started; i++) {
        int status = 0;
        close(workers[i].from);
        if (rc != 0)
            kill(workers[i].pid, SIGKILL);
        if ((waitpid(workers[i].pid, &status, 0) != workers[i].pid || status != 0) && rc == 0)
            rc = -ECHILD;
    }
    return rc < 0 ? rc : 0;
}

/* In this process: what is printed is seen at once. */
static void run_here(const struct jobs_options *options, jobs_done done, void *context)
{
    for (uint64_t seed = options->first; seed <= options->last; seed++) {
        struct world world;
        struct world_options one = options->world;
        one.seed = seed;
        run_seed(&one, &world);
        fflush(stdout);
        done(context, seed, &world.counts, world.trace_hash);
        if (options->to_first && world.counts.violations > 0)
            return;
    }
}

int jobs_run(const struct jobs_options *options, jobs_done done, void *context)
{
    struct jobs_options own = *options;
    uint64_t seeds = own.last - own.first + 1;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (own.jobs == 0)
        own.jobs = cores > 0 ? (unsigned)cores : 1;
    if (own.jobs > JOBS_MAX)
        own.jobs = JOBS_MAX;
    if (own.jobs > seeds)
        own.jobs = (unsigned)seeds;
    if (own.jobs > 1)
        return run_workers(&own, done, context);
    run_here(&own, done, context);
    return 0;
}
