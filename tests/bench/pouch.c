#include "server.h"
#include "sync.h"

#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define EVENTS 10000

extern char **environ;

/* Runs `node replicate.js` of the peers' folder; seconds of its best of several settings. */
static int time_pouch(const char *peers, double *out_s)
{
    char command[512], line[512] = "";
    snprintf(command, sizeof(command), "cd '%s' && node replicate.js %d", peers, EVENTS);
    FILE *pipe = popen(command, "r");
    if (pipe == NULL)
        return -errno;
    char *got = fgets(line, sizeof(line), pipe);
    int status = pclose(pipe);
    json_t *json = got != NULL ? json_loads(line, 0, NULL) : NULL;
    double seconds = json_number_value(json_object_get(json, "seconds"));
    bool whole = json_integer_value(json_object_get(json, "documents")) == EVENTS;
    json_decref(json);
    if (status != 0 || !whole || seconds <= 0) {
        fprintf(stderr, "tillside-bench: the peers did not run; tests/bench/peers/install.sh puts them into a folder, "
                        "--peers DIR names it\n");
        return -ENOENT;
    }
    *out_s = seconds;
    return 0;
}

bool bench_pouch(const struct bench_sync_options *options)
{
    char central[128], data[128];
    struct bench_server server = {0};
    double ours = NAN, theirs = NAN;
    snprintf(central, sizeof(central), "%s/pouch-central", options->work);
    snprintf(data, sizeof(data), "%s/pouch", options->work);
    int result = bench_server_start(central, NULL, &server);
    struct bench_branch_options branch = {.server = &server, .data = data, .store = 1, .records = EVENTS};
    if (result == 0)
        result = bench_branch_prepare(&branch);
    if (result == 0)
        result = bench_branch_upload(data, &ours);
    bench_server_stop(&server);
    if (result == 0)
        result = time_pouch(options->peers != NULL ? options->peers : "tests/bench/peers", &theirs);
    bool ok = result == 0 || bench_failed("pouch", result);
    ok &= bench_print(&(struct bench_line){"10k_events_up_beside_pouchdb", ours, "s", theirs, 0.5, GOAL_RATIO_AT_MOST});
    return ok && !isnan(theirs);
}
